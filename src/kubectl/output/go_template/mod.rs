//! `-o go-template`: Go's text/template, as far as kubectl's users write it.
//!
//! Fields, variables, `index`, `len`, comparisons, `and`, `or`, `not`, `printf` and its like; `if`, `with`, `range`,
//! `else`, trimming, comments. Templates within templates are refused.

mod parser;

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::go_syntax::{quote, sprint};
use parser::{Node, Operand, Pipe, Root, Word, parse};

/// Blocks and parentheses deeper than this are refused, so that no template can exhaust the stack.
const MAX_NESTING: usize = 32;
/// No output is longer.
const MAX_BYTES: usize = 16 << 20;
const FUNCTIONS: &[&str] = &[
    "and",
    "base64decode",
    "eq",
    "exists",
    "ge",
    "gt",
    "index",
    "le",
    "len",
    "lt",
    "ne",
    "not",
    "or",
    "print",
    "printf",
    "println",
];

/// A template that has been read.
#[derive(Clone, Debug)]
pub struct GoTemplate {
    template: String,
    nodes: Vec<Node>,
}

struct Run<'t> {
    template: &'t str,
    out: String,
    variables: Vec<(String, Value)>,
}

impl GoTemplate {
    /// Reads a template.
    ///
    /// # Errors
    /// With kubectl's and Go's words.
    pub fn parse(template: &str) -> Result<Self, String> {
        let nodes = parse(template).map_err(|error| format!("error parsing template {template}, {error}\n"))?;
        Ok(Self { template: template.to_owned(), nodes })
    }

    /// The filled-in template.
    ///
    /// # Errors
    /// With kubectl's and Go's words, when the template does not fit the object.
    pub fn execute(&self, data: &Value) -> Result<String, String> {
        let variables = vec![("$".to_owned(), data.clone())];
        let mut run = Run { template: &self.template, out: String::new(), variables };
        match run.nodes(&self.nodes, data) {
            Ok(()) => Ok(run.out),
            Err(error) => Err(format!("error executing template {}: {error}", quote(&self.template))),
        }
    }
}

impl Run<'_> {
    fn nodes(&mut self, nodes: &[Node], dot: &Value) -> Result<(), String> {
        for node in nodes {
            match node {
                Node::Text(text) => self.out.push_str(text),
                Node::Print(pipe) => {
                    let value = self.pipe(pipe, dot)?;
                    if pipe.variables.is_empty() {
                        self.out.push_str(&shown(&value));
                    }
                }
                Node::Block { word, pipe, body, otherwise } => {
                    let scope = self.variables.len();
                    self.block(*word, pipe, body, otherwise, dot)?;
                    self.variables.truncate(scope);
                }
            }
            if self.out.len() > MAX_BYTES {
                return Err("the output is too long".to_owned());
            }
        }
        Ok(())
    }

    fn block(&mut self, word: Word, pipe: &Pipe, body: &[Node], otherwise: &[Node], dot: &Value) -> Result<(), String> {
        let value = self.pipe(pipe, dot)?;
        if word != Word::Range {
            return match (is_true(&value), word) {
                (false, _) => self.nodes(otherwise, dot),
                (true, Word::With) => self.nodes(body, &value),
                (true, _) => self.nodes(body, dot),
            };
        }
        let items: Vec<(Value, Value)> = match value {
            Value::Array(items) => items.into_iter().enumerate().map(|(at, item)| (json!(at), item)).collect(),
            Value::Object(fields) => fields.into_iter().map(|(name, value)| (json!(name), value)).collect(),
            Value::Null => Vec::new(),
            other => {
                let what = format!("range can't iterate over {}", sprint(&other));
                return Err(self.error(pipe.commands.first().and_then(|command| command.first()), &what));
            }
        };
        if items.is_empty() {
            return self.nodes(otherwise, dot);
        }
        let scope = self.variables.len();
        for (key, item) in items {
            self.variables.truncate(scope);
            match pipe.variables.as_slice() {
                [one] => self.variables.push((one.clone(), item.clone())),
                [first, second] => {
                    self.variables.push((first.clone(), key));
                    self.variables.push((second.clone(), item.clone()));
                }
                _ => {}
            }
            self.nodes(body, &item)?;
        }
        Ok(())
    }

    /// A pipeline's value; its variables hold it from now on.
    fn pipe(&mut self, pipe: &Pipe, dot: &Value) -> Result<Value, String> {
        let mut last = None;
        for command in &pipe.commands {
            last = Some(self.command(command, last, dot)?);
        }
        let value = last.unwrap_or_default();
        if let [name] = pipe.variables.as_slice() {
            self.variables.push((name.clone(), value.clone()));
        }
        Ok(value)
    }

    fn command(&mut self, words: &[Operand], piped: Option<Value>, dot: &Value) -> Result<Value, String> {
        let Some((first, rest)) = words.split_first() else { return Ok(Value::Null) };
        let Root::Function(name) = &first.root else {
            if !rest.is_empty() || piped.is_some() {
                return Err(self.error(Some(first), &format!("can't give argument to non-function {}", first.text)));
            }
            return self.operand(first, dot);
        };
        let mut arguments = Vec::new();
        for word in rest {
            let value = self.operand(word, dot)?;
            // `and` and `or` stop where they know.
            if (name == "and" && !is_true(&value)) || (name == "or" && is_true(&value)) {
                return Ok(value);
            }
            arguments.push(value);
        }
        arguments.extend(piped);
        call(name, &arguments).map_err(|what| self.error(Some(first), &format!("error calling {name}: {what}")))
    }

    fn operand(&mut self, operand: &Operand, dot: &Value) -> Result<Value, String> {
        let root = match &operand.root {
            Root::Dot => dot.clone(),
            Root::Constant(value) => value.clone(),
            Root::Variable(name) => {
                let known = self.variables.iter().rev().find(|(known, _)| known == name);
                let undefined = || format!("template: output:1: undefined variable {name:?}");
                known.map(|(_, value)| value.clone()).ok_or_else(undefined)?
            }
            Root::Function(_) => return self.command(std::slice::from_ref(operand), None, dot),
            Root::Pipe(pipe) => {
                let scope = self.variables.len();
                let value = self.pipe(pipe, dot)?;
                self.variables.truncate(scope);
                value
            }
        };
        let mut value = root;
        for (at, field) in operand.fields.iter().enumerate() {
            value = match value {
                Value::Object(mut fields) => fields.remove(field).unwrap_or_default(),
                // The first step into nothing gives nothing, a further one fails.
                Value::Null if at == 0 => Value::Null,
                Value::Null => {
                    let what = format!("nil pointer evaluating interface {{}}.{field}");
                    return Err(self.error(Some(operand), &what));
                }
                _ => {
                    let what = format!("can't evaluate field {field} in type interface {{}}");
                    return Err(self.error(Some(operand), &what));
                }
            };
        }
        Ok(value)
    }

    /// Models text/template's ErrorContext.
    fn error(&self, operand: Option<&Operand>, what: &str) -> String {
        let (at, text) = operand.map_or((0, ""), |operand| (operand.at, operand.text.as_str()));
        let before = self.template.get(..at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, str::len);
        format!("template: output:{line}:{column}: executing \"output\" at <{text}>: {what}")
    }
}

/// Models text/template's printValue: what is not there is told.
fn shown(value: &Value) -> String {
    if value.is_null() { "<no value>".to_owned() } else { sprint(value) }
}

/// Models text/template.IsTrue.
fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(is) => *is,
        Value::Number(number) => number.to_string() != "0",
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
    }
}

fn call(name: &str, arguments: &[Value]) -> Result<Value, String> {
    let first = arguments.first();
    let wanted = |count: usize| {
        let given = arguments.len();
        if given < count {
            return Err(format!("wrong number of args for {name}: want at least {count} got {given}"));
        }
        Ok(())
    };
    match name {
        "and" | "or" => {
            wanted(1)?;
            Ok(arguments.last().cloned().unwrap_or_default())
        }
        "not" => {
            wanted(1)?;
            Ok(json!(!first.is_some_and(is_true)))
        }
        "len" => match first {
            Some(Value::Array(items)) => Ok(json!(items.len())),
            Some(Value::Object(fields)) => Ok(json!(fields.len())),
            Some(Value::String(text)) => Ok(json!(text.len())),
            _ => Err("len of nil pointer".to_owned()),
        },
        "index" | "exists" => {
            wanted(1)?;
            let found = index(arguments);
            if name == "exists" { Ok(json!(found.is_ok_and(|found| !found.is_null()))) } else { found }
        }
        "eq" | "ne" => {
            wanted(2)?;
            let is_equal = arguments.iter().skip(1).any(|other| Some(other) == first);
            Ok(json!(is_equal == (name == "eq")))
        }
        "lt" | "le" | "gt" | "ge" => {
            wanted(2)?;
            let order = arguments.first().zip(arguments.get(1)).and_then(|(a, b)| compare(a, b));
            let order = order.ok_or("incompatible types for comparison")?;
            Ok(json!(match name {
                "lt" => order == Ordering::Less,
                "le" => order != Ordering::Greater,
                "gt" => order == Ordering::Greater,
                _ => order != Ordering::Less,
            }))
        }
        "print" => Ok(json!(arguments.iter().map(sprint).collect::<String>())),
        "println" => Ok(json!(arguments.iter().map(sprint).collect::<Vec<_>>().join(" ") + "\n")),
        "printf" => match arguments {
            [Value::String(format), rest @ ..] => Ok(json!(printf(format, rest))),
            _ => Err("the format must be a string".to_owned()),
        },
        // base64decode
        _ => decode(first.and_then(Value::as_str).unwrap_or_default()).map(|text| json!(text)),
    }
}

fn index(arguments: &[Value]) -> Result<Value, String> {
    let Some((value, keys)) = arguments.split_first() else { return Ok(Value::Null) };
    let mut value = value;
    for key in keys {
        value = match (value, key) {
            (Value::Array(items), Value::Number(number)) => {
                let at = number.as_u64().and_then(|at| usize::try_from(at).ok());
                at.and_then(|at| items.get(at)).ok_or_else(|| format!("index out of range: {number}"))?
            }
            (Value::Object(fields), Value::String(name)) => fields.get(name).unwrap_or(&Value::Null),
            (Value::Null, _) => return Err("index of untyped nil".to_owned()),
            _ => return Err(format!("can't index item of type interface {{}} with {}", sprint(key))),
        };
    }
    Ok(value.clone())
}

fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => Some(a.as_i64()?.cmp(&b.as_i64()?)),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

/// Models fmt.Sprintf for `%s`, `%v`, `%d`, `%q` and `%t`, with widths.
fn printf(format: &str, arguments: &[Value]) -> String {
    let mut out = String::new();
    let mut arguments = arguments.iter();
    let mut rest = format;
    while let Some((text, behind)) = rest.split_once('%') {
        out.push_str(text);
        let end = behind.find(|c: char| c != '-' && !c.is_ascii_digit()).unwrap_or(behind.len());
        let (width, behind) = behind.split_at(end);
        let mut letters = behind.chars();
        let verb = letters.next();
        rest = letters.as_str();
        let text = match verb {
            Some('%') => "%".to_owned(),
            None => "%!(NOVERB)".to_owned(),
            Some(verb) => match arguments.next() {
                None => format!("%!{verb}(MISSING)"),
                Some(value) if verb == 'q' => quote(&sprint(value)),
                Some(value) => sprint(value),
            },
        };
        let columns: usize = width.trim_start_matches('-').parse().unwrap_or(0).min(1000);
        let space = " ".repeat(columns.saturating_sub(text.chars().count()));
        out.push_str(&if width.starts_with('-') { text + &space } else { space + &text });
    }
    out + rest
}

/// Models base64.StdEncoding.DecodeString.
fn decode(text: &str) -> Result<String, String> {
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for (at, letter) in text.trim_end_matches('=').bytes().enumerate() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return Err(format!("illegal base64 data at input byte {at}")),
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).unwrap_or(0));
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(template: &str) -> String {
        let data = json!({
            "metadata": {"name": "web", "labels": {"app": "web", "a/b": "c"}},
            "items": [{"n": 1, "s": "x"}, {"n": 2}], "empty": [], "data": {"k": "aGVsbG8="},
        });
        GoTemplate::parse(template).and_then(|template| template.execute(&data)).unwrap_or_else(|error| error)
    }

    #[test]
    fn templates_are_filled_in() {
        assert_eq!(filled("{{.metadata.name}}!"), "web!");
        assert_eq!(filled("{{ .nothing }}"), "<no value>");
        assert_eq!(filled("{{range .items}}{{.n}},{{end}}"), "1,2,");
        assert_eq!(filled("{{range $i, $x := .items}}{{$i}}={{$x.n}}{{\"\\n\"}}{{end}}"), "0=1\n1=2\n");
        assert_eq!(filled("{{range .empty}}x{{else}}none{{end}}"), "none");
        assert_eq!(filled("{{if .metadata.labels}}yes{{else}}no{{end}}"), "yes");
        assert_eq!(filled("{{if eq .metadata.name \"api\"}}a{{else if eq .metadata.name \"web\"}}b{{end}}"), "b");
        assert_eq!(filled("{{index .metadata.labels \"a/b\"}} {{(index .items 0).s}}"), "c x");
        assert_eq!(filled("{{with .metadata}}{{.name}} {{$.items | len}}{{end}}"), "web 2");
        assert_eq!(filled("a {{- .metadata.name -}} b"), "awebb");
        assert_eq!(filled("{{printf \"%-5s|%3d|%q\" .metadata.name 7 \"x\"}}"), "web  |  7|\"x\"");
        assert_eq!(filled("{{.data.k | base64decode}}"), "hello");
        assert_eq!(filled("{{.metadata.labels}}"), "map[a/b:c app:web]");
        assert_eq!(filled("{{/* nothing */}}{{and true .metadata.name}}{{or .nothing \"else\"}}"), "webelse");
    }

    #[test]
    fn what_does_not_fit_is_told_in_gos_words() {
        assert_eq!(filled("{{.metadata"), "error parsing template {{.metadata, template: output:1: unclosed action\n");
        assert_eq!(
            filled("{{range .items}}"),
            "error parsing template {{range .items}}, template: output:1: unexpected EOF\n"
        );
        assert_eq!(filled("{{end}}"), "error parsing template {{end}}, template: output:1: unexpected {{end}}\n");
        assert_eq!(
            filled("{{foo .x}}"),
            "error parsing template {{foo .x}}, template: output:1: function \"foo\" not defined\n"
        );
        assert_eq!(
            filled("{{.nothing.at.all}}"),
            "error executing template \"{{.nothing.at.all}}\": template: output:1:2: executing \"output\" at \
             <.nothing.at.all>: nil pointer evaluating interface {}.at"
        );
        assert!(filled("{{index .items 5}}").contains("error calling index: index out of range: 5"));
        assert!(filled("{{.metadata.name.x}}").contains("can't evaluate field x in type interface {}"));
        for wrong in [
            "{{",
            "{{}}",
            "{{|}}",
            "{{(}}",
            "{{\"}}",
            "{{$}}{{$x}}",
            "{{if}}{{end}}",
            "{{else}}",
            "{{- -}}",
            "{{:}}",
            "{{.a b}}",
        ] {
            let _answered = filled(wrong);
        }
    }
}
