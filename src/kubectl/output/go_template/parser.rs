//! Reads Go templates: text, actions, pipelines. Models the part of text/template/parse that kubectl's users write.

use serde_json::{Value, json};

use super::MAX_NESTING;

/// A part of a template.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Text(String),
    Print(Pipe),
    /// `if`, `with` and `range`, with what stands behind `else`.
    Block {
        word: Word,
        pipe: Pipe,
        body: Vec<Node>,
        otherwise: Vec<Node>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    If,
    With,
    Range,
}

/// `$a, $b := command | command`.
#[derive(Clone, Debug, Default)]
pub(super) struct Pipe {
    pub variables: Vec<String>,
    pub commands: Vec<Vec<Operand>>,
}

/// A value with the fields that are asked of it, and where it stands in the template.
#[derive(Clone, Debug)]
pub(super) struct Operand {
    pub root: Root,
    pub fields: Vec<String>,
    pub at: usize,
    pub text: String,
}

#[derive(Clone, Debug)]
pub(super) enum Root {
    Dot,
    Variable(String),
    Constant(Value),
    Function(String),
    Pipe(Box<Pipe>),
}

struct Parser<'t> {
    template: &'t str,
    at: usize,
    /// Text behind a `-}}` loses its leading space.
    trims: bool,
}

/// What ends a list of nodes.
enum End {
    Template,
    Block,
    Else,
    /// `{{else if …}}`
    ElseBlock(Word, String, usize),
}

/// The nodes of a template.
pub(super) fn parse(template: &str) -> Result<Vec<Node>, String> {
    let mut parser = Parser { template, at: 0, trims: false };
    match parser.nodes(0)? {
        (nodes, End::Template) => Ok(nodes),
        (_, End::Block) => Err(parser.error("unexpected {{end}}")),
        (_, _) => Err(parser.error("unexpected {{else}}")),
    }
}

impl<'t> Parser<'t> {
    fn error(&self, what: &str) -> String {
        let line = 1 + self.template.get(..self.at).unwrap_or_default().matches('\n').count();
        format!("template: output:{line}: {what}")
    }

    fn nodes(&mut self, depth: usize) -> Result<(Vec<Node>, End), String> {
        if depth > MAX_NESTING {
            return Err(self.error("blocks stand too deep in one another"));
        }
        let mut nodes = Vec::new();
        loop {
            let rest = self.template.get(self.at..).unwrap_or_default();
            let (text, action_at) = match rest.find("{{") {
                Some(open) => (rest.get(..open).unwrap_or_default(), Some(self.at + open + 2)),
                None => (rest, None),
            };
            let mut text = if self.trims { text.trim_start() } else { text };
            let Some(action_at) = action_at else {
                nodes.push(Node::Text(text.to_owned()));
                self.at = self.template.len();
                return Ok((nodes, End::Template));
            };
            let (action, at) = self.action(action_at)?;
            let inner = match action.strip_prefix('-').filter(|inner| inner.starts_with(char::is_whitespace)) {
                Some(inner) => {
                    text = text.trim_end();
                    inner
                }
                None => action,
            };
            nodes.push(Node::Text(text.to_owned()));
            let inner = match inner.strip_suffix('-').filter(|inner| inner.ends_with(char::is_whitespace)) {
                Some(inner) => {
                    self.trims = true;
                    inner
                }
                None => {
                    self.trims = false;
                    inner
                }
            };
            self.at = at;
            let inner = inner.trim();
            if inner.starts_with("/*") && inner.ends_with("*/") {
                continue;
            }
            let (word, behind) = inner.split_once(char::is_whitespace).unwrap_or((inner, ""));
            match word {
                "" => return Err(self.error("missing value for command")),
                "end" => return Ok((nodes, End::Block)),
                "else" => {
                    let behind = behind.trim();
                    let (word, pipe) = behind.split_once(char::is_whitespace).unwrap_or((behind, ""));
                    return match (block_word(word), word) {
                        (Some(word), _) => Ok((nodes, End::ElseBlock(word, pipe.to_owned(), action_at))),
                        (None, "") => Ok((nodes, End::Else)),
                        _ => Err(self.error(&format!("unexpected {behind:?} in {{{{else}}}}"))),
                    };
                }
                "template" | "define" | "block" | "break" | "continue" => {
                    return Err(self.error(&format!("the lab's kubectl has no {{{{{word}}}}}")));
                }
                _ => match block_word(word) {
                    Some(word) => nodes.push(self.block(word, behind, action_at, depth)?),
                    None => nodes.push(Node::Print(self.pipe(inner, action_at)?)),
                },
            }
        }
    }

    fn block(&mut self, word: Word, pipe: &str, at: usize, depth: usize) -> Result<Node, String> {
        let pipe = self.pipe(pipe, at)?;
        let (body, end) = self.nodes(depth + 1)?;
        let otherwise = match end {
            End::Block => Vec::new(),
            End::Template => return Err(self.error("unexpected EOF")),
            End::ElseBlock(word, pipe, at) => vec![self.block(word, &pipe, at, depth + 1)?],
            End::Else => match self.nodes(depth + 1)? {
                (nodes, End::Block) => nodes,
                (_, End::Template) => return Err(self.error("unexpected EOF")),
                _ => return Err(self.error("unexpected {{else}}")),
            },
        };
        Ok(Node::Block { word, pipe, body, otherwise })
    }

    /// The text of an action up to its `}}`, and where the template goes on.
    fn action(&self, from: usize) -> Result<(&'t str, usize), String> {
        let rest = self.template.get(from..).unwrap_or_default();
        let mut quote = None;
        let mut is_escaped = false;
        for (at, letter) in rest.char_indices() {
            match quote {
                Some(mark) => {
                    if letter == mark && !is_escaped {
                        quote = None;
                    }
                    is_escaped = letter == '\\' && mark == '"' && !is_escaped;
                }
                None if letter == '"' || letter == '`' => quote = Some(letter),
                None if rest.get(at..).is_some_and(|rest| rest.starts_with("}}")) => {
                    return Ok((rest.get(..at).unwrap_or_default(), from + at + 2));
                }
                None => {}
            }
        }
        Err(self.error(if quote.is_some() { "unterminated quoted string" } else { "unclosed action" }))
    }

    fn pipe(&self, text: &str, at: usize) -> Result<Pipe, String> {
        let mut tokens = Tokens { text, at: 0, start: at, depth: 0 };
        let pipe = tokens.pipe().map_err(|what| self.error(&what))?;
        match tokens.next() {
            None => Ok(pipe),
            Some((_, token)) => Err(self.error(&format!("unexpected {token:?} in operand"))),
        }
    }
}

fn block_word(word: &str) -> Option<Word> {
    match word {
        "if" => Some(Word::If),
        "with" => Some(Word::With),
        "range" => Some(Word::Range),
        _ => None,
    }
}

/// The words of an action.
struct Tokens<'t> {
    text: &'t str,
    at: usize,
    start: usize,
    depth: usize,
}

impl<'t> Tokens<'t> {
    fn peek(&self) -> Option<(usize, &'t str)> {
        let rest = self.text.get(self.at..)?;
        let trimmed = rest.trim_start();
        let at = self.at + rest.len() - trimmed.len();
        let first = trimmed.chars().next()?;
        let length = match first {
            '"' => quoted_length(trimmed),
            '`' => trimmed.get(1..)?.find('`').map_or(trimmed.len(), |end| end + 2),
            '(' | ')' | '|' | ',' => 1,
            ':' => 2.min(trimmed.len()),
            _ => trimmed.find(|c: char| c.is_whitespace() || "()|,:\"`".contains(c)).unwrap_or(trimmed.len()),
        };
        Some((at, trimmed.get(..length).unwrap_or(trimmed)))
    }

    fn next(&mut self) -> Option<(usize, &'t str)> {
        let (at, token) = self.peek()?;
        self.at = at + token.len();
        Some((at, token))
    }

    fn pipe(&mut self) -> Result<Pipe, String> {
        let mut pipe = Pipe { variables: self.variables(), commands: Vec::new() };
        loop {
            let mut command = Vec::new();
            while let Some((_, token)) = self.peek() {
                if token == "|" || token == ")" {
                    break;
                }
                command.push(self.operand()?);
            }
            if command.is_empty() {
                return Err("missing value for command".to_owned());
            }
            pipe.commands.push(command);
            match self.peek() {
                Some((_, "|")) => self.next(),
                _ => return Ok(pipe),
            };
        }
    }

    /// `$i, $x :=` if it stands here.
    fn variables(&mut self) -> Vec<String> {
        let before = self.at;
        let mut names = Vec::new();
        while let Some((_, name)) = self.next().filter(|(_, token)| token.starts_with('$')) {
            names.push(name.to_owned());
            match self.next() {
                Some((_, ",")) => {}
                Some((_, ":=")) => return names,
                _ => break,
            }
        }
        self.at = before;
        Vec::new()
    }

    fn operand(&mut self) -> Result<Operand, String> {
        let Some((at, token)) = self.next() else { return Err("missing value for command".to_owned()) };
        let (root, path) = if token == "(" {
            self.depth += 1;
            if self.depth > MAX_NESTING {
                return Err("parentheses stand too deep in one another".to_owned());
            }
            let pipe = self.pipe()?;
            self.depth -= 1;
            if self.next().is_none_or(|(_, token)| token != ")") {
                return Err("unclosed left paren".to_owned());
            }
            // A path may follow at once: `(index .items 0).metadata`.
            let follows = self.text.get(self.at..).is_some_and(|rest| rest.starts_with('.'));
            let path = if follows { self.next().map_or("", |(_, token)| token) } else { "" };
            (Root::Pipe(Box::new(pipe)), path)
        } else {
            read_word(token)?
        };
        let fields: Vec<String> = path.split('.').filter(|field| !field.is_empty()).map(str::to_owned).collect();
        if let Some(bad) = path.chars().find(|c| !(c.is_alphanumeric() || *c == '_' || *c == '.')) {
            return Err(format!("bad character U+{:04X} '{bad}'", u32::from(bad)));
        }
        let text = self.text.get(at..self.at).unwrap_or_default().to_owned();
        Ok(Operand { root, fields, at: self.start + at, text })
    }
}

/// A word that is no parenthesis: what it stands for, and the path behind it.
fn read_word(token: &str) -> Result<(Root, &str), String> {
    if let Some(inner) = token.strip_prefix('`') {
        return Ok((Root::Constant(json!(inner.trim_end_matches('`'))), ""));
    }
    if token.starts_with('"') {
        let text = serde_json::from_str(token).map_err(|_| "invalid syntax".to_owned())?;
        return Ok((Root::Constant(Value::String(text)), ""));
    }
    if token.starts_with('.') {
        return Ok((Root::Dot, token));
    }
    if token.starts_with('$') {
        let (name, path) = token.split_at(token.find('.').unwrap_or(token.len()));
        return Ok((Root::Variable(name.to_owned()), path));
    }
    match token {
        "true" | "false" => return Ok((Root::Constant(json!(token == "true")), "")),
        "nil" => return Ok((Root::Constant(Value::Null), "")),
        _ => {}
    }
    if token.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '+') {
        let number = token.trim_start_matches('+').parse::<i64>();
        return number
            .map(|number| (Root::Constant(json!(number)), ""))
            .map_err(|_| format!("bad number syntax: {token:?}"));
    }
    if super::FUNCTIONS.contains(&token) {
        return Ok((Root::Function(token.to_owned()), ""));
    }
    if token.chars().all(|c| c.is_alphanumeric() || c == '_') {
        return Err(format!("function {token:?} not defined"));
    }
    Err(format!("unexpected {token:?} in operand"))
}

fn quoted_length(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        if letter == '"' && !is_escaped {
            return at + 1;
        }
        is_escaped = letter == '\\' && !is_escaped;
    }
    text.len()
}
