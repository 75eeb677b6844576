//! From tokens to commands.

use std::sync::Arc;

use super::lexer::{Lexed, Token, lex, quoted_word};
use super::{
    Assignment, Command, CommandKind, Entry, Join, List, ParseError, Part, Pipeline, Redirect, Target, Value, Word,
};

/// How deep commands may stand in one another.
const DEEPEST: usize = 40;

const RESERVED: [&str; 8] = ["then", "else", "elif", "fi", "do", "done", "esac", "}"];

/// Builtins whose operands are assignments.
const DECLARING: [&str; 5] = ["declare", "export", "local", "readonly", "typeset"];

/// Reads a text as the shell does: a list of commands.
pub(crate) fn parse(text: &str) -> Result<List, ParseError> {
    let mut depth = 0_usize;
    for c in text.chars() {
        match c {
            '(' | '{' => depth += 1,
            ')' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return Err(ParseError::Syntax("syntax error: commands stand too deep in one another".to_owned()));
        }
    }
    let tokens = lex(text)?;
    let mut parser = Parser { tokens: &tokens, at: 0, text: text.chars().collect(), depth: 0 };
    let list = parser.list(&[])?;
    match parser.peek() {
        None => Ok(list),
        Some(token) => Err(unexpected(token)),
    }
}

pub(super) fn unexpected(token: &Token) -> ParseError {
    ParseError::Syntax(format!("syntax error near unexpected token `{}'", token.name()))
}

pub(super) struct Parser<'a> {
    tokens: &'a [Lexed],
    pub(super) at: usize,
    text: Vec<char>,
    depth: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.at).map(|(token, _)| token)
    }

    /// The next token as an unquoted word.
    pub(super) fn keyword(&self) -> Option<&'a str> {
        match self.peek()? {
            Token::Word(word) => word.plain(),
            _ => None,
        }
    }

    pub(super) fn is_operator(&self, operator: &str) -> bool {
        matches!(self.peek(), Some(Token::Operator(found)) if *found == operator)
    }

    pub(super) fn skip_newlines(&mut self) {
        while matches!(self.peek(), Some(Token::Newline)) {
            self.at += 1;
        }
    }

    pub(super) fn expect(&mut self, keyword: &str) -> Result<(), ParseError> {
        if self.keyword() == Some(keyword) {
            self.at += 1;
            return Ok(());
        }
        Err(self.peek().map_or(ParseError::Incomplete, unexpected))
    }

    fn position(&self, token: usize) -> usize {
        self.tokens.get(token).map_or(self.text.len(), |(_, end)| *end)
    }

    pub(super) fn list(&mut self, ends: &[&str]) -> Result<List, ParseError> {
        let mut entries = Vec::new();
        loop {
            self.skip_newlines();
            let Some(token) = self.peek() else { break };
            if matches!(token, Token::Operator(")" | ";;" | ";&" | ";;&"))
                || self.keyword().is_some_and(|word| ends.contains(&word))
            {
                break;
            }
            let start = self.at.checked_sub(1).map_or(0, |before| self.position(before));
            let chain = self.chain()?;
            let end = self.at.checked_sub(1).map_or(0, |last| self.position(last));
            let text: String = self.text.get(start..end).unwrap_or_default().iter().collect();
            let background = self.is_operator("&");
            entries.push(Entry { chain, background, text: text.trim().to_owned() });
            if background || self.is_operator(";") {
                self.at += 1;
            } else if !matches!(self.peek(), Some(Token::Newline)) {
                break;
            }
        }
        Ok(List(entries))
    }

    fn chain(&mut self) -> Result<Vec<(Join, Pipeline)>, ParseError> {
        let mut chain = vec![(Join::And, self.pipeline()?)];
        loop {
            let join = match self.peek() {
                Some(Token::Operator("&&")) => Join::And,
                Some(Token::Operator("||")) => Join::Or,
                _ => return Ok(chain),
            };
            self.at += 1;
            self.skip_newlines();
            chain.push((join, self.pipeline()?));
        }
    }

    fn pipeline(&mut self) -> Result<Pipeline, ParseError> {
        let (mut negated, mut timed) = (false, false);
        loop {
            match self.keyword() {
                Some("!") => negated = !negated,
                Some("time") => timed = true,
                _ => break,
            }
            self.at += 1;
        }
        let mut commands = vec![Arc::new(self.command()?)];
        loop {
            match self.peek() {
                Some(Token::Operator("|")) => {}
                Some(Token::Operator("|&")) => {
                    if let Some(last) = commands.last_mut() {
                        let redirect = Redirect { descriptor: 2, target: Target::Descriptor(1) };
                        Arc::make_mut(last).redirects.push(redirect);
                    }
                }
                _ => return Ok(Pipeline { negated, timed, commands }),
            }
            self.at += 1;
            self.skip_newlines();
            commands.push(Arc::new(self.command()?));
        }
    }

    pub(super) fn command(&mut self) -> Result<Command, ParseError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(ParseError::Syntax("syntax error: commands stand too deep in one another".to_owned()));
        }
        let command = self.command_within();
        self.depth -= 1;
        command
    }

    fn command_within(&mut self) -> Result<Command, ParseError> {
        let kind = match self.peek() {
            None => return Err(ParseError::Incomplete),
            Some(Token::Operator("(")) => {
                self.at += 1;
                let list = self.body(&[])?;
                if !self.is_operator(")") {
                    return Err(self.peek().map_or(ParseError::Incomplete, unexpected));
                }
                self.at += 1;
                CommandKind::Subshell(list)
            }
            Some(token @ (Token::Operator(_) | Token::Newline)) => return Err(unexpected(token)),
            Some(Token::Arithmetic(text)) => {
                self.at += 1;
                CommandKind::Arithmetic(quoted_word(text)?)
            }
            Some(token) => match self.keyword() {
                Some("{") => {
                    self.at += 1;
                    let list = self.body(&["}"])?;
                    self.expect("}")?;
                    CommandKind::Group(list)
                }
                Some(word @ ("while" | "until")) => self.while_loop(word == "until")?,
                Some("for") => self.for_loop()?,
                Some("if") => self.branches()?,
                Some("case") => self.case()?,
                Some("[[") => self.condition_command()?,
                Some("function") => self.function_keyword()?,
                Some(name) if self.is_function_head(name) => self.function(name.to_owned())?,
                Some(word) if RESERVED.contains(&word) => return Err(unexpected(token)),
                _ => return self.simple(),
            },
        };
        let mut redirects = Vec::new();
        while let Some(redirect) = self.redirect()? {
            redirects.push(redirect);
        }
        Ok(Command { kind, redirects })
    }

    /// A list that must not be empty.
    pub(super) fn body(&mut self, ends: &[&str]) -> Result<Arc<List>, ParseError> {
        let list = self.list(ends)?;
        if list.0.is_empty() {
            return Err(self.peek().map_or(ParseError::Incomplete, unexpected));
        }
        Ok(Arc::new(list))
    }

    fn simple(&mut self) -> Result<Command, ParseError> {
        let (mut assignments, mut words, mut redirects) = (Vec::new(), Vec::new(), Vec::new());
        loop {
            if let Some(redirect) = self.redirect()? {
                redirects.push(redirect);
                continue;
            }
            let Some(Token::Word(word)) = self.peek() else { break };
            self.at += 1;
            let declares = words.first().and_then(Word::plain).is_some_and(|name| DECLARING.contains(&name));
            match assignment(word).filter(|_| words.is_empty() || declares) {
                Some(assignment) => assignments.push(assignment),
                None => match word.plain().filter(|name| declares && is_name(name)) {
                    Some(name) => assignments.push(Assignment {
                        name: name.to_owned(),
                        index: None,
                        appends: false,
                        value: Value::None,
                    }),
                    None => words.push(word.clone()),
                },
            }
        }
        if self.is_operator("(") {
            return Err(unexpected(&Token::Operator("(")));
        }
        Ok(Command { kind: CommandKind::Simple { assignments, words }, redirects })
    }

    /// Whether `NAME ()` stands here.
    fn is_function_head(&self, name: &str) -> bool {
        let is = |ahead: usize, operator: &str| matches!(self.tokens.get(self.at + ahead), Some((Token::Operator(found), _)) if *found == operator);
        is(1, "(") && is(2, ")") && !RESERVED.contains(&name)
    }

    pub(super) fn redirect(&mut self) -> Result<Option<Redirect>, ParseError> {
        match self.peek() {
            Some(Token::HereText(word)) => {
                self.at += 1;
                Ok(Some(Redirect { descriptor: 0, target: Target::Text(word.clone()) }))
            }
            Some(Token::Redirect(descriptor, operator)) => {
                self.at += 1;
                match self.peek() {
                    Some(token @ Token::Word(word)) => {
                        self.at += 1;
                        let target = Token::target(operator, word.clone()).ok_or_else(|| unexpected(token))?;
                        Ok(Some(Redirect { descriptor: *descriptor, target }))
                    }
                    token => Err(unexpected(token.unwrap_or(&Token::Newline))),
                }
            }
            _ => Ok(None),
        }
    }
}

/// Whether a variable can be called so.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// `NAME=value`, `NAME[INDEX]+=value` apart.
fn assignment(word: &Word) -> Option<Assignment> {
    let (Part::Text { text, quoted: false }, rest) = word.0.split_first()? else { return None };
    let length = text.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
    let (name, tail) = text.split_at(length);
    if !is_name(name) {
        return None;
    }
    let text_part = |text: &str| Part::Text { text: text.to_owned(), quoted: false };
    let mut parts: Vec<Part> = Vec::new();
    parts.extend((!tail.is_empty()).then(|| text_part(tail)));
    parts.extend(rest.iter().cloned());
    let mut index = None;
    if let Some(inner) = tail.strip_prefix('[') {
        if let Some(first) = parts.first_mut() {
            *first = text_part(inner);
        }
        let (at, before, after) = parts.iter().enumerate().find_map(|(at, part)| match part {
            Part::Text { text, quoted: false } => text.split_once(']').map(|(before, after)| (at, before, after)),
            _ => None,
        })?;
        let mut within: Vec<Part> = parts.iter().take(at).cloned().collect();
        within.push(text_part(before));
        let mut rest: Vec<Part> = vec![text_part(after)];
        rest.extend(parts.iter().skip(at + 1).cloned());
        index = Some(Word(within));
        parts = rest;
    }
    let Some(Part::Text { text, quoted: false }) = parts.first() else { return None };
    let (appends, value) = match text.strip_prefix("+=") {
        Some(value) => (true, value.to_owned()),
        None => (false, text.strip_prefix('=')?.to_owned()),
    };
    parts.remove(0);
    if let [Part::Array(words)] = parts.as_slice()
        && value.is_empty()
    {
        return Some(Assignment { name: name.to_owned(), index, appends, value: Value::Array(words.clone()) });
    }
    if !value.is_empty() {
        parts.insert(0, text_part(&value));
    }
    Some(Assignment { name: name.to_owned(), index, appends, value: Value::Text(Word(parts)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> ParseError {
        parse(text).unwrap_err()
    }

    #[test]
    fn says_what_bash_says() {
        for (text, token) in [("| x", "|"), ("echo ;; x", ";;"), ("for 1 in a", "1"), ("done", "done"), ("a (", "(")] {
            assert_eq!(error(text), ParseError::Syntax(format!("syntax error near unexpected token `{token}'")));
        }
        assert_eq!(error("echo >"), ParseError::Syntax("syntax error near unexpected token `newline'".to_owned()));
    }

    #[test]
    fn waits_for_the_rest() {
        for text in ["echo 'a", "echo \"a", "cat <<EOF\na", "while true; do", "if true", "( true", "a &&", "a |", "$(a"]
        {
            assert_eq!(error(text), ParseError::Incomplete, "{text}");
        }
    }

    #[test]
    fn reads_lists() {
        let list = parse("a=1 b c | d && ! e || f & g # h").unwrap();
        let [first, second] = list.0.as_slice() else { panic!("two entries") };
        assert!(first.background && !second.background);
        assert_eq!(first.text, "a=1 b c | d && ! e || f");
        assert_eq!(first.chain.iter().map(|(join, _)| *join).collect::<Vec<_>>(), [Join::And, Join::And, Join::Or]);
        assert_eq!(first.chain[0].1.commands.len(), 2);
        assert!(first.chain[1].1.negated);
    }
}
