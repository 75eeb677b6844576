//! Reads JSONPath templates. Models client-go/util/jsonpath/parser.go.

use std::borrow::Cow;

use serde_json::{Value, json};

/// A step of an action.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Text(String),
    Literal(Value),
    Field(String),
    Slice(Slice),
    Wildcard,
    Recursive,
    Union(Vec<Vec<Node>>),
    Filter { left: Vec<Node>, operator: String, right: Vec<Node> },
    Identifier(String),
}

/// `[from:to:step]`; an index is a slice of one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slice {
    from: Option<i64>,
    to: Option<i64>,
    step: Option<i64>,
    /// Whether `to` was made from `from`.
    is_index: bool,
}

struct Parser<'a> {
    rest: &'a str,
}

/// The template's actions; a text outside of braces is an action of its own.
pub(super) fn parse(template: &str) -> Result<Vec<Vec<Node>>, String> {
    let mut actions = Vec::new();
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        let (text, action) = rest.split_at(at);
        if !text.is_empty() {
            actions.push(vec![Node::Text(text.to_owned())]);
        }
        let mut parser = Parser { rest: action.get(1..).unwrap_or_default() };
        actions.push(parser.action()?);
        rest = parser.rest;
    }
    if !rest.is_empty() {
        actions.push(vec![Node::Text(rest.to_owned())]);
    }
    Ok(actions)
}

fn parse_inner(text: &str) -> Result<Vec<Node>, String> {
    Parser { rest: &format!("{text}}}") }.action()
}

impl<'a> Parser<'a> {
    /// Everything up to the closing brace, which it takes.
    fn action(&mut self) -> Result<Vec<Node>, String> {
        let mut nodes = Vec::new();
        loop {
            if self.skip("}") {
                return Ok(nodes);
            }
            if self.skip("[?(") {
                nodes.push(self.filter()?);
                continue;
            }
            if self.skip("..") {
                if matches!(nodes.last(), Some(Node::Recursive)) {
                    return Err("invalid multiple recursive descent".to_owned());
                }
                nodes.push(Node::Recursive);
                if self.rest.starts_with(is_alphanumeric) {
                    nodes.push(self.field());
                }
                continue;
            }
            match self.rest.chars().next() {
                None | Some('\n' | '\r') => return Err("unclosed action".to_owned()),
                Some(' ' | '@' | '$') => self.advance(1),
                Some('[') => self.array(&mut nodes)?,
                Some(quote @ ('"' | '\'')) => nodes.push(self.quoted(quote)?),
                Some('.') => {
                    self.advance(1);
                    nodes.push(self.field());
                }
                Some(digit) if digit == '+' || digit == '-' || digit.is_ascii_digit() => nodes.push(self.number()?),
                Some(letter) if is_alphanumeric(letter) => nodes.push(self.identifier()),
                Some(other) => {
                    return Err(format!("unrecognized character in action: U+{:04X} '{other}'", u32::from(other)));
                }
            }
        }
    }

    fn skip(&mut self, prefix: &str) -> bool {
        match self.rest.strip_prefix(prefix) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn advance(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    fn identifier(&mut self) -> Node {
        let end = self.rest.find(is_terminator).unwrap_or(self.rest.len());
        match self.take(end) {
            "true" => Node::Literal(json!(true)),
            "false" => Node::Literal(json!(false)),
            name => Node::Identifier(name.to_owned()),
        }
    }

    fn field(&mut self) -> Node {
        let mut escaped = false;
        let end = self.rest.find(|character: char| {
            let ends = !escaped && is_terminator(character);
            escaped = !escaped && character == '\\';
            ends
        });
        match self.take(end.unwrap_or(self.rest.len())) {
            "*" => Node::Wildcard,
            name => Node::Field(name.replace('\\', "")),
        }
    }

    fn number(&mut self) -> Result<Node, String> {
        let signless = self.rest.strip_prefix(['+', '-']).unwrap_or(self.rest);
        let sign = self.rest.len() - signless.len();
        let end = signless.find(|c: char| c != '.' && !c.is_ascii_digit()).unwrap_or(signless.len());
        let text = self.take(sign + end);
        let integer = text.strip_prefix('+').unwrap_or(text).parse::<i64>().ok().map(|number| json!(number));
        let number = integer.or_else(|| text.parse::<f64>().ok().map(|number| json!(number)));
        number.map(Node::Literal).ok_or_else(|| format!("cannot parse number {text}"))
    }

    fn quoted(&mut self, quote: char) -> Result<Node, String> {
        let mut previous = quote;
        let body = self.rest.get(1..).unwrap_or_default();
        for (at, character) in body.char_indices() {
            if character == '\n' {
                break;
            }
            if character == quote && previous != '\\' {
                let body = body.get(..at).unwrap_or_default();
                let text = unescape(body, quote)
                    .ok_or_else(|| format!("unquote string {quote}{body}{quote} error invalid syntax"))?;
                self.advance(at + 2);
                return Ok(Node::Text(text));
            }
            previous = character;
        }
        Err("unterminated quoted string".to_owned())
    }

    fn array(&mut self, nodes: &mut Vec<Node>) -> Result<(), String> {
        let end = self.rest.find([']', '\n']).filter(|&at| self.rest.as_bytes().get(at) == Some(&b']'));
        let end = end.ok_or("unterminated array")?;
        let text = self.take(end + 1).get(1..end).unwrap_or_default();
        if text.contains(',') {
            let lists = text.split(',').map(|part| parse_inner(&format!("[{}]", part.trim_matches(' '))));
            nodes.push(Node::Union(lists.collect::<Result<_, _>>()?));
            return Ok(());
        }
        let key = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')).filter(|key| !key.contains('\''));
        if let Some(key) = key {
            nodes.extend(parse_inner(&format!(".{key}"))?);
            return Ok(());
        }
        nodes.push(Node::Slice(slice(if text == "*" { ":" } else { text })?));
        Ok(())
    }

    fn filter(&mut self) -> Result<Node, String> {
        let end = self.filter_end().ok_or("unterminated filter")?;
        let text = self.take(end);
        self.advance(1);
        if !self.skip("]") {
            return Err("unclosed array expect ]".to_owned());
        }
        let is_operator = |character: char| matches!(character, '!' | '<' | '>' | '=');
        let split = text.find(is_operator).filter(|&at| at > 0).and_then(|at| {
            let (left, rest) = text.split_at_checked(at)?;
            let end = rest.find(|character| !is_operator(character))?;
            let (operator, right) = rest.split_at_checked(end)?;
            Some((left, operator, right))
        });
        Ok(match split {
            None => Node::Filter { left: parse_inner(text)?, operator: "exists".to_owned(), right: Vec::new() },
            Some((left, operator, right)) => {
                Node::Filter { left: parse_inner(left)?, operator: operator.to_owned(), right: parse_inner(right)? }
            }
        })
    }

    /// Where the filter's closing parenthesis stands; one within quotes does not close.
    fn filter_end(&self) -> Option<usize> {
        let mut pair = None;
        let mut ended = false;
        let mut previous = ' ';
        for (at, character) in self.rest.char_indices() {
            match character {
                '\n' => return None,
                '"' | '\'' => match pair {
                    None => pair = Some(character),
                    Some(open) if open == character && previous != '\\' => ended = true,
                    Some(_) => {}
                },
                ')' if pair.is_some() == ended => return Some(at),
                _ => {}
            }
            previous = character;
        }
        None
    }
}

fn slice(text: &str) -> Result<Slice, String> {
    let invalid = || format!("invalid array index {text}");
    let parts: Vec<&str> = text.split(':').collect();
    let fits = |part: &&str| part.strip_prefix('-').unwrap_or(part).bytes().all(|byte| byte.is_ascii_digit());
    if parts.len() > 3 || !parts.iter().all(fits) {
        return Err(invalid());
    }
    let number = |at: usize| match parts.get(at) {
        None | Some(&"") => Ok(None),
        Some(part) => part.parse::<i64>().map(Some).map_err(|_| format!("array index {part} is not a number")),
    };
    let (from, to, step) = (number(0)?, number(1)?, number(2)?);
    if parts.len() == 1 {
        let index = from.unwrap_or(0);
        return Ok(Slice { from, to: Some(index.saturating_add(1)), step: None, is_index: true });
    }
    Ok(Slice { from, to, step, is_index: false })
}

impl Slice {
    /// Models client-go JSONPath.evalArray.
    pub(super) fn apply<'a>(&self, value: Cow<'a, Value>, found: &mut Vec<Cow<'a, Value>>) -> Result<(), String> {
        let list: Vec<Cow<'a, Value>> = match value {
            Cow::Borrowed(Value::Array(list)) => list.iter().map(Cow::Borrowed).collect(),
            Cow::Owned(Value::Array(list)) => list.into_iter().map(Cow::Owned).collect(),
            value if value.is_null() => return Ok(()),
            value => return Err(format!("{} is not array or slice", go_type(&value))),
        };
        let length = i64::try_from(list.len()).unwrap_or(i64::MAX);
        let mut from = self.from.unwrap_or(0);
        if from < 0 {
            from = from.saturating_add(length);
        }
        let mut to = self.to.unwrap_or(length);
        if to < 0 || (to == 0 && self.is_index) {
            to = to.saturating_add(length);
        }
        if from == to {
            return Ok(());
        }
        let outside = |index: i64| Err(format!("array index out of bounds: index {index}, length {length}"));
        if from >= length || from < 0 {
            return outside(from);
        }
        if to > length || to < 0 {
            return outside(to - 1);
        }
        if from > to {
            return Err(format!("starting index {from} is greater than ending index {to}"));
        }
        let step = self.step.unwrap_or(1);
        if step <= 0 {
            return Err("step must be > 0".to_owned());
        }
        let size = |number: i64| usize::try_from(number).unwrap_or(0);
        found.extend(list.into_iter().take(size(to)).skip(size(from)).step_by(size(step).max(1)));
        Ok(())
    }
}

fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

fn is_alphanumeric(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}

fn is_terminator(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n' | '.' | ',' | '[' | ']' | '$' | '@' | '{' | '}')
}

/// Models UnquoteExtend, and Go's strconv.UnquoteChar; none when an escape is none of Go's.
fn unescape(text: &str, quote: char) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        rest = rest.get(character.len_utf8()..)?;
        if character != '\\' {
            bytes.extend(character.to_string().bytes());
            continue;
        }
        let escape = rest.chars().next()?;
        rest = rest.get(escape.len_utf8()..)?;
        let (digits, radix) = match escape {
            'x' => (2, 16),
            'u' => (4, 16),
            'U' => (8, 16),
            '0'..='7' => {
                rest = text.get(text.len() - rest.len() - 1..)?;
                (3, 8)
            }
            _ => (0, 10),
        };
        if digits > 0 {
            let code = u32::from_str_radix(rest.get(..digits)?, radix).ok()?;
            rest = rest.get(digits..)?;
            match u8::try_from(code) {
                // These two name bytes.
                Ok(byte) if radix == 8 || digits == 2 => bytes.push(byte),
                _ => bytes.extend(char::from_u32(code)?.to_string().bytes()),
            }
            continue;
        }
        bytes.push(match escape {
            'a' => 7,
            'b' => 8,
            'f' => 12,
            'n' => b'\n',
            'r' => b'\r',
            't' => b'\t',
            'v' => 11,
            '\\' => b'\\',
            '\'' | '"' if escape == quote => u8::try_from(escape).ok()?,
            _ => return None,
        });
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_those_of_go() {
        for (text, wanted) in [
            ("a\\tb\\n\\r", Some("a\tb\n\r")),
            ("\\a\\b\\f\\v", Some("\u{7}\u{8}\u{c}\u{b}")),
            ("\\x41\\u00e9\\U0001f600\\101", Some("A\u{e9}\u{1f600}A")),
            ("\\\\ \\\"", Some("\\ \"")),
            // A quote is escaped in its own text alone.
            ("\\'", None),
            ("\\q", None),
            ("\\", None),
            ("\\x4", None),
        ] {
            assert_eq!(unescape(text, '"').as_deref(), wanted, "{text}");
        }
        assert_eq!(unescape("\\'", '\'').as_deref(), Some("'"));
    }
}
