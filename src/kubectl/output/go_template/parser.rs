//! Tokens to a template's tree. Models text/template/parse parse.go.

use serde_json::{Value, json};

use crate::api::go_text::quote;

use super::MAX_NESTING;
use super::constant::{number, unquote};
use super::functions::NAMES;
use super::lexer::{Kind, Token, tokens};
use super::tree::{NAME, Node, Operand, Pipe, Root, Templates, Word};

/// What ends a list of nodes.
#[derive(PartialEq)]
enum Close {
    End,
    Else,
}

struct Parser<'t> {
    template: &'t str,
    tokens: Vec<Token>,
    next: usize,
    variables: Vec<String>,
    depth: usize,
    /// How many `range`s stand around.
    ranges: usize,
    templates: Templates,
}

/// Reads a template and those that it defines.
///
/// # Errors
/// In Go's words.
pub(super) fn parse(template: &str) -> Result<Templates, String> {
    let mut parser = Parser {
        template,
        tokens: tokens(template),
        next: 0,
        variables: vec!["$".to_owned()],
        depth: 0,
        ranges: 0,
        templates: Templates::new(),
    };
    let mut nodes = Vec::new();
    while parser.peek().kind != Kind::End {
        if parser.begins("define") {
            parser.definition()?;
            continue;
        }
        match parser.node()? {
            Ok(node) => nodes.push(node),
            Err(Close::End) => return Err(parser.error("unexpected {{end}}")),
            Err(Close::Else) => return Err(parser.error("unexpected {{else}}")),
        }
    }
    parser.templates.insert(NAME.to_owned(), nodes);
    Ok(parser.templates)
}

impl Parser<'_> {
    fn peek(&self) -> Token {
        let end = Token { kind: Kind::End, at: self.template.len(), text: String::new() };
        self.tokens.get(self.next).or(self.tokens.last()).cloned().unwrap_or(end)
    }

    fn take(&mut self) -> Token {
        let token = self.peek();
        self.next += 1;
        token
    }

    fn skip_space(&mut self) {
        while self.peek().kind == Kind::Space {
            self.next += 1;
        }
    }

    fn peek_word(&mut self) -> Token {
        self.skip_space();
        self.peek()
    }

    fn take_word(&mut self) -> Token {
        self.skip_space();
        self.take()
    }

    /// Models parse.go errorf: the line is that of the last token.
    fn error(&self, what: &str) -> String {
        let at = self.tokens.get(self.next.saturating_sub(1)).or(self.tokens.last()).map_or(0, |token| token.at);
        let line = 1 + self.template.get(..at).unwrap_or_default().matches('\n').count();
        format!("template: {NAME}:{line}: {what}")
    }

    fn unexpected(&self, token: &Token, context: &str) -> String {
        match token.kind {
            Kind::Error => self.error(&token.text),
            Kind::End => self.error(&format!("unexpected EOF in {context}")),
            Kind::Keyword => self.error(&format!("unexpected <{}> in {context}", token.text)),
            _ if token.text.chars().count() > 10 => {
                let short: String = token.text.chars().take(10).collect();
                self.error(&format!("unexpected {}... in {context}", quote(&short)))
            }
            _ => self.error(&format!("unexpected {} in {context}", quote(&token.text))),
        }
    }

    fn expect(&mut self, kind: Kind, context: &str) -> Result<Token, String> {
        let token = self.take_word();
        if token.kind == kind { Ok(token) } else { Err(self.unexpected(&token, context)) }
    }

    /// Whether an action with this keyword stands here.
    fn begins(&self, keyword: &str) -> bool {
        let mut tokens = self.tokens.iter().skip(self.next);
        tokens.next().is_some_and(|token| token.kind == Kind::LeftDelimiter)
            && tokens
                .find(|token| token.kind != Kind::Space)
                .is_some_and(|token| token.kind == Kind::Keyword && token.text == keyword)
    }

    /// The next part, or what ends the list of them.
    fn node(&mut self) -> Result<Result<Node, Close>, String> {
        let token = self.take_word();
        match token.kind {
            Kind::Text => Ok(Ok(Node::Text(token.text))),
            Kind::LeftDelimiter => self.action(),
            _ => Err(self.unexpected(&token, "input")),
        }
    }

    fn action(&mut self) -> Result<Result<Node, Close>, String> {
        let token = self.peek_word();
        if token.kind != Kind::Keyword {
            return self.pipeline("command", Kind::RightDelimiter).map(|pipe| Ok(Node::Print(pipe)));
        }
        self.next += 1;
        match token.text.as_str() {
            "if" => self.block(Word::If).map(Ok),
            "with" => self.block(Word::With).map(Ok),
            "range" => self.block(Word::Range).map(Ok),
            "end" => self.expect(Kind::RightDelimiter, "end").map(|_| Err(Close::End)),
            "else" => match self.peek_word() {
                Token { kind: Kind::Keyword, text, .. } if text == "if" || text == "with" => Ok(Err(Close::Else)),
                _ => self.expect(Kind::RightDelimiter, "else").map(|_| Err(Close::Else)),
            },
            word @ ("break" | "continue") => {
                let ending = self.take_word();
                if ending.kind != Kind::RightDelimiter {
                    return Err(self.unexpected(&ending, &format!("{{{{{word}}}}}")));
                }
                if self.ranges == 0 {
                    return Err(self.error(&format!("{{{{{word}}}}} outside {{{{range}}}}")));
                }
                Ok(Ok(if word == "break" { Node::Break } else { Node::Continue }))
            }
            "template" => self.template_call(token.at).map(Ok),
            "block" => self.inline_block(token.at).map(Ok),
            _ => Err(self.unexpected(&token, "command")),
        }
    }

    fn list(&mut self) -> Result<(Vec<Node>, Close), String> {
        self.depth += 1;
        if self.depth > MAX_NESTING {
            return Err(self.error("blocks stand too deep in one another"));
        }
        let mut nodes = Vec::new();
        while self.peek_word().kind != Kind::End {
            match self.node()? {
                Ok(node) => nodes.push(node),
                Err(close) => {
                    self.depth -= 1;
                    return Ok((nodes, close));
                }
            }
        }
        Err(self.error("unexpected EOF"))
    }

    fn block(&mut self, word: Word) -> Result<Node, String> {
        let context = match word {
            Word::If => "if",
            Word::With => "with",
            Word::Range => "range",
        };
        let known = self.variables.len();
        let pipe = self.pipeline(context, Kind::RightDelimiter)?;
        self.ranges += usize::from(word == Word::Range);
        let (body, close) = self.list()?;
        self.ranges -= usize::from(word == Word::Range);
        let mut otherwise = Vec::new();
        if close == Close::Else {
            let follows = self.peek_word();
            let chained = match (word, follows.text.as_str()) {
                (Word::If, "if") => Some(Word::If),
                (Word::With, "with") => Some(Word::With),
                _ => None,
            };
            if let Some(chained) = chained.filter(|_| follows.kind == Kind::Keyword) {
                self.next += 1;
                otherwise.push(self.block(chained)?);
            } else {
                let (nodes, close) = self.list()?;
                if close != Close::End {
                    return Err(self.error("expected end; found {{else}}"));
                }
                otherwise = nodes;
            }
        }
        self.variables.truncate(known);
        Ok(Node::Block { word, pipe, body, otherwise })
    }

    fn template_name(&mut self, context: &str) -> Result<String, String> {
        let token = self.take_word();
        match token.kind {
            Kind::String | Kind::RawString => unquote(&token.text).map_err(|what| self.error(&what)),
            _ => Err(self.unexpected(&token, context)),
        }
    }

    fn template_call(&mut self, at: usize) -> Result<Node, String> {
        let name = self.template_name("template clause")?;
        let pipe = if self.peek_word().kind == Kind::RightDelimiter {
            self.next += 1;
            None
        } else {
            Some(self.pipeline("template clause", Kind::RightDelimiter)?)
        };
        Ok(Node::Template { name, pipe, at })
    }

    fn definition(&mut self) -> Result<(), String> {
        self.take();
        self.take_word();
        let name = self.template_name("define clause")?;
        self.expect(Kind::RightDelimiter, "define clause")?;
        self.own_scope(name, "unexpected {{else}} in define clause")
    }

    /// `{{block "name" pipeline}}` defines a template and runs it.
    fn inline_block(&mut self, at: usize) -> Result<Node, String> {
        let name = self.template_name("block clause")?;
        let pipe = self.pipeline("block clause", Kind::RightDelimiter)?;
        self.own_scope(name.clone(), "unexpected {{else}} in block clause")?;
        Ok(Node::Template { name, pipe: Some(pipe), at })
    }

    fn own_scope(&mut self, name: String, on_else: &str) -> Result<(), String> {
        let variables = std::mem::replace(&mut self.variables, vec!["$".to_owned()]);
        let ranges = std::mem::take(&mut self.ranges);
        let (nodes, close) = self.list()?;
        if close != Close::End {
            return Err(self.error(on_else));
        }
        (self.variables, self.ranges) = (variables, ranges);
        self.templates.insert(name, nodes);
        Ok(())
    }

    fn pipeline(&mut self, context: &str, end: Kind) -> Result<Pipe, String> {
        let mut pipe = Pipe::default();
        self.declarations(&mut pipe, context)?;
        loop {
            let token = self.take_word();
            match token.kind {
                kind if kind == end => {
                    self.check(&pipe, context)?;
                    return Ok(pipe);
                }
                Kind::Bool
                | Kind::CharConstant
                | Kind::Dot
                | Kind::Field
                | Kind::Identifier
                | Kind::Number
                | Kind::Nil
                | Kind::RawString
                | Kind::String
                | Kind::Variable
                | Kind::LeftParenthesis => {
                    self.next -= 1;
                    let command = self.command()?;
                    pipe.commands.push(command);
                }
                _ => return Err(self.unexpected(&token, context)),
            }
        }
    }

    /// `$i, $x :=` if it stands here.
    fn declarations(&mut self, pipe: &mut Pipe, context: &str) -> Result<(), String> {
        loop {
            let variable = self.peek_word();
            if variable.kind != Kind::Variable {
                return Ok(());
            }
            let before = self.next;
            self.next += 1;
            let follows = self.peek_word();
            match follows.kind {
                Kind::Assign | Kind::Declare => {
                    self.next += 1;
                    pipe.assigns = follows.kind == Kind::Assign;
                    pipe.variables.push(variable.text.clone());
                    self.variables.push(variable.text);
                    return Ok(());
                }
                Kind::Char if follows.text == "," => {
                    self.next += 1;
                    pipe.variables.push(variable.text.clone());
                    self.variables.push(variable.text);
                    if context != "range" || pipe.variables.len() >= 2 {
                        return Err(self.error(&format!("too many declarations in {context}")));
                    }
                    match self.peek_word().kind {
                        Kind::Variable | Kind::RightDelimiter | Kind::RightParenthesis => {}
                        _ => return Err(self.error("range can only initialize variables")),
                    }
                }
                _ => {
                    self.next = before;
                    return Ok(());
                }
            }
        }
    }

    fn check(&self, pipe: &Pipe, context: &str) -> Result<(), String> {
        if pipe.commands.is_empty() {
            return Err(self.error(&format!("missing value for {context}")));
        }
        for (at, command) in pipe.commands.iter().enumerate().skip(1) {
            let first = command.first().filter(|first| first.fields.is_empty()).map(|first| &first.root);
            if matches!(first, Some(Root::Constant(_) | Root::Nil | Root::Dot)) {
                return Err(self.error(&format!("non executable command in pipeline stage {}", at + 1)));
            }
        }
        Ok(())
    }

    fn command(&mut self) -> Result<Vec<Operand>, String> {
        let mut command = Vec::new();
        loop {
            self.skip_space();
            command.extend(self.operand()?);
            let token = self.take();
            match token.kind {
                Kind::Space => {}
                Kind::RightDelimiter | Kind::RightParenthesis => {
                    self.next -= 1;
                    break;
                }
                Kind::Pipe => break,
                _ => return Err(self.unexpected(&token, "operand")),
            }
        }
        if command.is_empty() { Err(self.error("empty command")) } else { Ok(command) }
    }

    fn operand(&mut self) -> Result<Option<Operand>, String> {
        let first = self.peek();
        let mut fields = Vec::new();
        let root = match first.kind {
            Kind::Identifier if NAMES.contains(&first.text.as_str()) => Root::Function(first.text.clone()),
            Kind::Identifier => {
                self.next += 1;
                return Err(self.error(&format!("function {} not defined", quote(&first.text))));
            }
            Kind::Dot => Root::Dot,
            Kind::Nil => Root::Nil,
            Kind::Variable if self.variables.contains(&first.text) => Root::Variable(first.text.clone()),
            Kind::Variable => {
                self.next += 1;
                return Err(self.error(&format!("undefined variable {}", quote(&first.text))));
            }
            Kind::Field => {
                fields.push(first.text.trim_start_matches('.').to_owned());
                Root::Dot
            }
            Kind::Bool => Root::Constant(json!(first.text == "true")),
            Kind::Number => Root::Constant(number(&first.text).map_err(|what| self.error(&what))?),
            Kind::CharConstant => {
                let text = unquote(&first.text).map_err(|what| self.error(&what))?;
                Root::Constant(json!(text.chars().next().map_or(0, u32::from)))
            }
            Kind::String | Kind::RawString => {
                Root::Constant(Value::String(unquote(&first.text).map_err(|what| self.error(&what))?))
            }
            Kind::LeftParenthesis => {
                self.next += 1;
                self.depth += 1;
                if self.depth > MAX_NESTING {
                    return Err(self.error("parentheses stand too deep in one another"));
                }
                let pipe = self.pipeline("parenthesized pipeline", Kind::RightParenthesis)?;
                self.depth -= 1;
                self.next -= 1;
                Root::Pipe(Box::new(pipe))
            }
            _ => return Ok(None),
        };
        self.next += 1;
        while self.peek().kind == Kind::Field {
            if matches!(root, Root::Constant(_) | Root::Nil) || (root == Root::Dot && fields.is_empty()) {
                return Err(self.error(&format!("unexpected . after term {}", quote(&first.text))));
            }
            fields.push(self.take().text.trim_start_matches('.').to_owned());
        }
        let end = self.tokens.get(self.next.saturating_sub(1)).map_or(first.at, |token| token.at + token.text.len());
        let text = self.template.get(first.at..end).unwrap_or_default().to_owned();
        Ok(Some(Operand { root, fields, at: first.at, text }))
    }
}
