//! Finds the mutants in the source: the kinds that cargo-mutants makes, and those written by hand.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::{fmt, fs};

use proc_macro2::Span;
use serde_json::Value;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, BinOp, Block, Expr, Pat, Signature, UnOp};

use crate::{Outcome, values};

/// In an edit's text: whether this mutant is at work.
pub const SWITCH: &str = "MUTANT";

/// A change of one place of a file. All mutants of a place are put around it, one around the other.
#[derive(Clone, Debug)]
pub struct Edit {
    /// Bytes of the file; empty where something is only put in.
    pub range: Range<usize>,
    pub before: String,
    pub after: String,
    /// Whether the text of the range stays, between `before` and `after`.
    pub keeps: bool,
}

/// One fault that the tests are to notice.
#[derive(Clone, Debug)]
pub struct Mutant {
    /// From 1, by which the switch knows it.
    pub id: u32,
    /// From the root of the repository, with `/`.
    pub file: String,
    pub line: usize,
    pub function: String,
    pub what: String,
    pub edit: Edit,
    /// Whether somebody wrote it by hand.
    pub named: bool,
}

impl Mutant {
    /// The same while only lines before it come and go.
    pub fn key(&self) -> String {
        format!("{}: {}: {}", self.file, self.function, self.what)
    }
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}:{}: {}: {}", self.file, self.line, self.function, self.what)
    }
}

/// Those that somebody wrote: the text to find, which stands there once, and what takes its place, with [`SWITCH`] in it.
pub fn named(root: &Path, list: &Path) -> Outcome<Vec<Mutant>> {
    let text = read(list)?;
    let list: Vec<Value> = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", list.display()))?;
    list.iter()
        .map(|named| {
            let of = |name: &str| named[name].as_str().unwrap_or_default().to_owned();
            let (file, find, replace) = (of("file"), of("find"), of("replace"));
            let source = read(&root.join(&file))?;
            let mut found = source.match_indices(&find);
            let (Some((start, _)), None) = (found.next(), found.next()) else {
                return Err(format!("{file}: not there exactly once: {find}"));
            };
            if !replace.contains(SWITCH) {
                return Err(format!("{file}: nothing switches it: {replace}"));
            }
            Ok(Mutant {
                id: 0,
                line: line_of(&source, start),
                file,
                function: "by hand".to_owned(),
                what: of("what"),
                edit: Edit { range: start..start + find.len(), before: replace, after: String::new(), keeps: false },
                named: true,
            })
        })
        .collect()
}

/// All mutants in the Rust files of these folders, in the order of files and places. Files of tests have none.
pub fn in_folders(root: &Path, folders: &[&str]) -> Outcome<Vec<Mutant>> {
    let mut files = Vec::new();
    for folder in folders {
        collect(&root.join(folder), &mut files)?;
    }
    files.sort();
    let mut mutants = Vec::new();
    for path in files {
        let source = read(&path)?;
        let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        let syntax = syn::parse_file(&source).map_err(|error| format!("{name}: {error}"))?;
        let mut finder = Finder { file: name, source: &source, functions: Vec::new(), mutants: Vec::new() };
        finder.visit_file(&syntax);
        mutants.append(&mut finder.mutants);
    }
    Ok(mutants)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Outcome<()> {
    for entry in fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))? {
        let path = entry.map_err(|error| error.to_string())?.path();
        if path.file_stem().is_some_and(|name| name == "tests") {
            continue;
        }
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|name| name == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

fn read(path: &Path) -> Outcome<String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn line_of(source: &str, at: usize) -> usize {
    source[..at].matches('\n').count() + 1
}

struct Finder<'a> {
    file: String,
    source: &'a str,
    /// The names of what surrounds this place: modules, implementations, functions.
    functions: Vec<String>,
    mutants: Vec<Mutant>,
}

impl Finder<'_> {
    fn text(&self, span: Span) -> &str {
        self.source.get(span.byte_range()).unwrap_or_default()
    }

    /// On one line, shortened.
    fn short(&self, span: Span) -> String {
        let text = self.text(span).split_whitespace().collect::<Vec<_>>().join(" ");
        match text.char_indices().nth(70) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        }
    }

    fn push(&mut self, what: String, range: Range<usize>, before: String, after: &str) {
        self.mutants.push(Mutant {
            id: 0,
            file: self.file.clone(),
            line: line_of(self.source, range.start),
            function: self.functions.join("::"),
            what,
            edit: Edit { range, before, after: after.to_owned(), keeps: true },
            named: false,
        });
    }

    fn inside(&mut self, name: String, visit: impl FnOnce(&mut Self)) {
        self.functions.push(name);
        visit(self);
        self.functions.pop();
    }

    /// A function whose body is given: replaced by values of the type it returns, and what is in it.
    fn function(&mut self, attributes: &[Attribute], signature: &Signature, body: &Block) {
        let left_out = is_of_tests(attributes) || signature.constness.is_some() || signature.unsafety.is_some();
        if left_out {
            return;
        }
        let name = signature.ident.to_string();
        // A default that is its own default does not end.
        let has_values = name != "default" && !body.stmts.is_empty();
        self.inside(name, |finder| {
            let start = body.brace_token.span.open().byte_range().end;
            let own = finder.text(body.span()).trim_matches(['{', '}', ' ', '\n']).to_owned();
            let values = if has_values { values::of_return(&signature.output) } else { Vec::new() };
            for value in values.into_iter().filter(|value| *value != own) {
                let what = format!("replace the body by {value}");
                finder.push(what, start..start, format!(" if {SWITCH} {{ return {value}; }}"), "");
            }
            visit::visit_block(finder, body);
        });
    }

    fn negates(&mut self, what: String, range: Range<usize>) {
        self.push(what, range, "((".to_owned(), &format!(") != {SWITCH})"));
    }

    /// Instead of the range this text, where the mutant is at work.
    fn instead(&mut self, what: String, range: Range<usize>, text: &str) {
        self.push(what, range, format!("(if {SWITCH} {{ {text} }} else {{ "), " })");
    }
}

/// `#[test]` and `#[cfg(test)]`.
fn is_of_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || (attribute.path().is_ident("cfg")
                && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test")))
    })
}

/// What stands for an operator instead of it. The table is cargo-mutants'.
fn others(operator: &BinOp) -> &'static [&'static str] {
    match operator {
        BinOp::And(_) => &["||"],
        BinOp::Or(_) => &["&&"],
        BinOp::Lt(_) => &["==", ">", "<="],
        BinOp::Gt(_) => &["==", "<", ">="],
        BinOp::Le(_) => &[">"],
        BinOp::Ge(_) => &["<"],
        BinOp::Add(_) => &["-", "*"],
        BinOp::Sub(_) => &["+", "/"],
        BinOp::Mul(_) => &["+", "/"],
        BinOp::Div(_) => &["%", "*"],
        BinOp::Rem(_) => &["/", "+"],
        BinOp::Shl(_) => &[">>"],
        BinOp::Shr(_) => &["<<"],
        BinOp::BitAnd(_) => &["|", "^"],
        BinOp::BitOr(_) => &["&", "^"],
        BinOp::BitXor(_) => &["|", "&"],
        BinOp::AddAssign(_) => &["-=", "*="],
        BinOp::SubAssign(_) => &["+=", "/="],
        BinOp::MulAssign(_) => &["+=", "/="],
        BinOp::DivAssign(_) => &["%=", "*="],
        _ => &[],
    }
}

/// Whether `let` stands in a condition's chain, which is no expression of its own.
fn has_let(expr: &Expr) -> bool {
    match expr {
        Expr::Let(_) => true,
        Expr::Binary(binary) => has_let(&binary.left) || has_let(&binary.right),
        _ => false,
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    // What is computed when it is compiled cannot have a switch.
    fn visit_item_const(&mut self, _: &'ast syn::ItemConst) {}
    fn visit_item_static(&mut self, _: &'ast syn::ItemStatic) {}
    fn visit_item_enum(&mut self, _: &'ast syn::ItemEnum) {}
    fn visit_impl_item_const(&mut self, _: &'ast syn::ImplItemConst) {}
    fn visit_trait_item_const(&mut self, _: &'ast syn::TraitItemConst) {}
    fn visit_type(&mut self, _: &'ast syn::Type) {}
    fn visit_pat(&mut self, _: &'ast Pat) {}
    fn visit_attribute(&mut self, _: &'ast Attribute) {}
    fn visit_path_arguments(&mut self, _: &'ast syn::PathArguments) {}
    fn visit_expr_const(&mut self, _: &'ast syn::ExprConst) {}

    fn visit_expr_repeat(&mut self, repeat: &'ast syn::ExprRepeat) {
        self.visit_expr(&repeat.expr);
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if !is_of_tests(&module.attrs) {
            self.inside(module.ident.to_string(), |finder| visit::visit_item_mod(finder, module));
        }
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        let is_debug = item.trait_.as_ref().is_some_and(|(_, path, _)| path.is_ident("Debug"));
        if !is_debug && !is_of_tests(&item.attrs) {
            let name = self.short(item.self_ty.span());
            self.inside(name, |finder| visit::visit_item_impl(finder, item));
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(&item.attrs, &item.sig, &item.block);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(&item.attrs, &item.sig, &item.block);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(body) = &item.default {
            self.function(&item.attrs, &item.sig, body);
        }
    }

    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        let range = binary.span().byte_range();
        let short = self.short(binary.span());
        match binary.op {
            BinOp::Eq(_) => self.negates(format!("replace == by != in `{short}`"), range),
            BinOp::Ne(_) => self.negates(format!("replace != by == in `{short}`"), range),
            _ if has_let(&binary.left) || has_let(&binary.right) => {}
            operator => {
                let sign = self.text(operator.span()).to_owned();
                let (left, right) = (self.text(binary.left.span()), self.text(binary.right.span()));
                let (left, right) = (left.to_owned(), right.to_owned());
                for other in others(&operator) {
                    let what = format!("replace {sign} by {other} in `{short}`");
                    self.instead(what, range.clone(), &format!("{left} {other} {right}"));
                }
            }
        }
        visit::visit_expr_binary(self, binary);
    }

    fn visit_expr_unary(&mut self, unary: &'ast syn::ExprUnary) {
        let short = self.short(unary.span());
        match unary.op {
            UnOp::Not(_) => self.negates(format!("delete ! in `{short}`"), unary.span().byte_range()),
            UnOp::Neg(_) => {
                let operand = self.text(unary.expr.span()).to_owned();
                self.instead(format!("delete - in `{short}`"), unary.span().byte_range(), &operand);
            }
            _ => {}
        }
        visit::visit_expr_unary(self, unary);
    }

    fn visit_expr_match(&mut self, item: &'ast syn::ExprMatch) {
        let has_rest = item.arms.iter().any(|arm| matches!(arm.pat, Pat::Wild(_)) && arm.guard.is_none());
        for arm in &item.arms {
            let pattern = self.short(arm.pat.span());
            if let Some((_, guard)) = &arm.guard {
                let (range, short) = (guard.span().byte_range(), self.short(guard.span()));
                self.push(
                    format!("replace the guard `{short}` by true"),
                    range.clone(),
                    "((".to_owned(),
                    &format!(") || {SWITCH})"),
                );
                self.push(
                    format!("replace the guard `{short}` by false"),
                    range,
                    "((".to_owned(),
                    &format!(") && !{SWITCH})"),
                );
            } else if has_rest && !matches!(arm.pat, Pat::Wild(_)) {
                let end = arm.pat.span().byte_range().end;
                self.push(format!("delete the arm `{pattern}`"), end..end, format!(" if !{SWITCH}"), "");
            }
        }
        visit::visit_expr_match(self, item);
    }

    fn visit_expr_struct(&mut self, item: &'ast syn::ExprStruct) {
        if let Some(rest) = &item.rest {
            let path = self.text(item.path.span()).to_owned();
            let base = match self.text(rest.span()) {
                "Default::default()" => format!("{path}::default()"),
                other => other.to_owned(),
            };
            for field in &item.fields {
                let syn::Member::Named(name) = &field.member else { continue };
                if field.colon_token.is_some() {
                    let range = field.expr.span().byte_range();
                    self.instead(format!("delete the field {name} of {path}"), range, &format!("({base}).{name}"));
                }
            }
        }
        visit::visit_expr_struct(self, item);
    }
}
