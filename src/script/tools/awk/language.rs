//! awk's language, as far as it is known here.

use super::super::unescape;
use crate::script::pattern::Pattern;

/// `condition { statements }`
#[derive(Clone, Debug)]
pub(super) struct Rule {
    /// When it applies.
    pub condition: Condition,
    /// What it does.
    pub statements: Vec<Statement>,
}

/// When a rule applies.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    /// `BEGIN`
    Begin,
    /// `END`
    End,
    /// For every line.
    Always,
    /// For lines for which this holds.
    When(Expression),
}

/// What a rule does.
#[derive(Clone, Debug)]
pub(super) enum Statement {
    Print(Vec<Expression>),
    Printf(Vec<Expression>),
    Evaluate(Expression),
    If(Expression, Vec<Statement>, Vec<Statement>),
    Next,
    Exit,
}

/// A value.
#[derive(Clone, Debug)]
pub(super) enum Expression {
    Text(String),
    Fits(Pattern),
    Variable(String),
    Field(Box<Expression>),
    Not(Box<Expression>),
    Assign(String, Box<Expression>),
    Length(Box<Expression>),
    Match(Box<Expression>, Pattern, bool),
    /// Two values with an operator; a blank joins them.
    Binary(Box<Expression>, &'static str, Box<Expression>),
}

/// How deep things may stand in one another.
const DEEPEST: usize = 40;

const LEVELS: [&[&str]; 6] =
    [&["||"], &["&&"], &["==", "!=", "<=", ">=", "<", ">", "!~", "~"], &[" "], &["+", "-"], &["*", "/", "%"]];

/// Reads a program; an error is the text at which reading stopped.
pub(super) fn parse(text: &str) -> Result<Vec<Rule>, String> {
    let mut parser = Parser { rest: text, depth: 0 };
    let mut rules = Vec::new();
    loop {
        parser.skip_lines();
        if parser.rest.is_empty() {
            return Ok(rules);
        }
        let condition = if parser.rest.starts_with('{') {
            Condition::Always
        } else if parser.take("BEGIN") {
            Condition::Begin
        } else if parser.take("END") {
            Condition::End
        } else {
            Condition::When(parser.expression(0)?)
        };
        parser.skip();
        let statements =
            if parser.rest.starts_with('{') { parser.block()? } else { vec![Statement::Print(Vec::new())] };
        rules.push(Rule { condition, statements });
    }
}

/// A line's fields between the matches of a pattern.
pub(super) fn split(line: &str, pattern: &Pattern) -> Vec<String> {
    let chars: Vec<char> = line.chars().collect();
    let part = |from: usize, to: usize| chars.get(from..to).unwrap_or_default().iter().collect::<String>();
    let (mut fields, mut at) = (Vec::new(), 0);
    while let Some((start, end)) = pattern.find(&chars, at).and_then(|captures| captures.first().copied().flatten()) {
        if end == start {
            break;
        }
        fields.push(part(at, start));
        at = end;
    }
    fields.push(part(at, chars.len()));
    fields
}

struct Parser<'a> {
    rest: &'a str,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn skip(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }

    fn skip_lines(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', ';']);
    }

    fn take(&mut self, text: &str) -> bool {
        self.skip();
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn error<T>(&self) -> Result<T, String> {
        Err(self.rest.chars().take(20).collect())
    }

    fn expect(&mut self, text: &str) -> Result<(), String> {
        if self.take(text) { Ok(()) } else { self.error() }
    }

    fn word(&mut self) -> Option<&'a str> {
        self.skip();
        let length = self.rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        let (word, rest) = self.rest.split_at(length);
        if word.is_empty() || word.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        self.rest = rest;
        Some(word)
    }

    fn block(&mut self) -> Result<Vec<Statement>, String> {
        self.expect("{")?;
        let mut statements = Vec::new();
        loop {
            self.skip_lines();
            if self.take("}") {
                return Ok(statements);
            }
            statements.push(self.statement()?);
            self.skip();
            if !self.rest.starts_with(['}', ';', '\n']) {
                return self.error();
            }
        }
    }

    fn statement(&mut self) -> Result<Statement, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return self.error();
        }
        let before = self.rest;
        let statement = match self.word() {
            Some("print") => Statement::Print(self.values()?),
            Some("printf") => Statement::Printf(self.values()?),
            Some("next") => Statement::Next,
            Some("exit") => Statement::Exit,
            Some("if") => {
                self.expect("(")?;
                let condition = self.expression(0)?;
                self.expect(")")?;
                let then = self.branch()?;
                let here = self.rest;
                self.skip_lines();
                let otherwise = if self.take("else") {
                    self.branch()?
                } else {
                    self.rest = here;
                    Vec::new()
                };
                Statement::If(condition, then, otherwise)
            }
            _ => {
                self.rest = before;
                Statement::Evaluate(self.expression(0)?)
            }
        };
        self.depth -= 1;
        Ok(statement)
    }

    fn branch(&mut self) -> Result<Vec<Statement>, String> {
        self.skip();
        if self.rest.starts_with('{') { self.block() } else { Ok(vec![self.statement()?]) }
    }

    fn values(&mut self) -> Result<Vec<Expression>, String> {
        let mut values = Vec::new();
        self.skip();
        if self.rest.is_empty() || self.rest.starts_with(['}', ';', '\n']) {
            return Ok(values);
        }
        loop {
            values.push(self.expression(0)?);
            if !self.take(",") {
                return Ok(values);
            }
        }
    }

    fn expression(&mut self, level: usize) -> Result<Expression, String> {
        if level == 0 {
            self.depth += 1;
            if self.depth > DEEPEST {
                return self.error();
            }
            let before = self.rest;
            if let Some(assigned) = self.assignment()? {
                self.depth -= 1;
                return Ok(assigned);
            }
            self.rest = before;
        }
        let Some(operators) = LEVELS.get(level) else { return self.operand() };
        let mut left = self.expression_within(level)?;
        loop {
            self.skip();
            let found = operators.iter().copied().find(|operator| match *operator {
                " " => self.rest.starts_with(['$', '"']) || self.rest.starts_with(|c: char| c.is_ascii_alphanumeric()),
                operator => self.take(operator),
            });
            let Some(operator) = found else { break };
            if operator == "~" || operator == "!~" {
                let pattern = match self.expression_within(level)? {
                    Expression::Fits(pattern) => pattern,
                    Expression::Text(text) => Pattern::parse(&text, true, false)?,
                    _ => return self.error(),
                };
                left = Expression::Match(Box::new(left), pattern, operator == "~");
                continue;
            }
            let right = self.expression_within(level)?;
            left = Expression::Binary(Box::new(left), operator, Box::new(right));
        }
        if level == 0 {
            self.depth -= 1;
        }
        Ok(left)
    }

    fn expression_within(&mut self, level: usize) -> Result<Expression, String> {
        self.expression(level + 1)
    }

    /// `x = …`, `x += …`, `x++`
    fn assignment(&mut self) -> Result<Option<Expression>, String> {
        let Some(name) = self.word() else { return Ok(None) };
        let variable = || Box::new(Expression::Variable(name.to_owned()));
        let assign = |value| Ok(Some(Expression::Assign(name.to_owned(), Box::new(value))));
        if self.take("++") {
            return assign(Expression::Binary(variable(), "+", Box::new(Expression::Text("1".to_owned()))));
        }
        for (operator, plain) in [("+=", "+"), ("-=", "-"), ("*=", "*")] {
            if self.take(operator) {
                let value = self.expression(0)?;
                return assign(Expression::Binary(variable(), plain, Box::new(value)));
            }
        }
        self.skip();
        if self.rest.starts_with('=') && !self.rest.starts_with("==") && self.take("=") {
            let value = self.expression(0)?;
            return assign(value);
        }
        Ok(None)
    }

    fn operand(&mut self) -> Result<Expression, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return self.error();
        }
        let operand = self.operand_within()?;
        self.depth -= 1;
        Ok(operand)
    }

    fn operand_within(&mut self) -> Result<Expression, String> {
        if self.take("!") {
            return Ok(Expression::Not(Box::new(self.operand()?)));
        }
        if self.take("-") {
            let zero = Box::new(Expression::Text("0".to_owned()));
            return Ok(Expression::Binary(zero, "-", Box::new(self.operand()?)));
        }
        if self.take("(") {
            let inner = self.expression(0)?;
            self.expect(")")?;
            return Ok(inner);
        }
        if self.take("$") {
            return Ok(Expression::Field(Box::new(self.operand()?)));
        }
        for quote in ['"', '/'] {
            if self.rest.starts_with(quote) {
                let text = self.quoted(quote)?;
                return Ok(if quote == '"' {
                    Expression::Text(unescape(&text))
                } else {
                    Expression::Fits(Pattern::parse(&text, true, false)?)
                });
            }
        }
        if let Some(name) = self.word() {
            if name == "length" {
                let inner = if self.take("(") {
                    let inner = if self.take(")") { None } else { Some(self.expression(0)?) };
                    if inner.is_some() {
                        self.expect(")")?;
                    }
                    inner
                } else {
                    None
                };
                let whole = || Expression::Field(Box::new(Expression::Text("0".to_owned())));
                return Ok(Expression::Length(Box::new(inner.unwrap_or_else(whole))));
            }
            return Ok(Expression::Variable(name.to_owned()));
        }
        let length = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        if length == 0 {
            return self.error();
        }
        let (digits, rest) = self.rest.split_at(length);
        self.rest = rest;
        Ok(Expression::Text(digits.to_owned()))
    }

    fn quoted(&mut self, quote: char) -> Result<String, String> {
        let mut text = String::new();
        let mut chars = self.rest.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            if c == quote {
                self.rest = self.rest.get(at + 1..).unwrap_or_default();
                return Ok(text);
            }
            text.push(c);
            if c == '\\' {
                text.extend(chars.next().map(|(_, c)| c));
            }
        }
        self.error()
    }
}
