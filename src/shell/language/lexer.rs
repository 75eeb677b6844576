//! From characters to words and operators.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{ParseError, Part, Target, Word, parse};

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A word.
    Word(Word),
    /// `|`, `;`, `&&`, `(` …
    Operator(&'static str),
    /// `>`, `2>>`, `<` …: the descriptor and the operator; its word follows.
    Redirect(u8, &'static str),
    /// A here-document or here-string, complete.
    HereText(Word),
    /// A line's end.
    Newline,
}

/// A token and where it ends in the text, in characters.
pub(super) type Lexed = (Token, usize);

const OPERATORS: [&str; 10] = ["&&", "||", ";;", "|&", "&", "|", ";", "(", ")", "\n"];

/// Cuts a text into tokens.
pub(super) fn lex(text: &str) -> Result<Vec<Lexed>, ParseError> {
    let mut lexer = Lexer { chars: text.chars().collect(), at: 0, tokens: Vec::new(), documents: VecDeque::new() };
    lexer.run()?;
    Ok(lexer.tokens)
}

/// A here-document whose body has not come yet.
struct Document {
    token: usize,
    end: String,
    quoted: bool,
    strips_tabs: bool,
}

struct Lexer {
    chars: Vec<char>,
    at: usize,
    tokens: Vec<Lexed>,
    documents: VecDeque<Document>,
}

impl Lexer {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek(0)?;
        self.at += 1;
        Some(next)
    }

    fn starts_with(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(index, wanted)| self.peek(index) == Some(wanted))
    }

    fn push(&mut self, token: Token) {
        self.tokens.push((token, self.at));
    }

    fn run(&mut self) -> Result<(), ParseError> {
        while let Some(next) = self.peek(0) {
            match next {
                ' ' | '\t' | '\r' => self.at += 1,
                '\\' if self.peek(1) == Some('\n') => self.at += 2,
                '#' => {
                    while self.peek(0).is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                '\n' => {
                    self.at += 1;
                    self.push(Token::Newline);
                    self.read_documents()?;
                }
                _ => self.token()?,
            }
        }
        if self.documents.is_empty() { Ok(()) } else { Err(ParseError::Incomplete) }
    }

    fn token(&mut self) -> Result<(), ParseError> {
        if let Some(redirect) = self.redirect()? {
            self.push(redirect);
            return Ok(());
        }
        if let Some(operator) = OPERATORS.into_iter().find(|operator| self.starts_with(operator)) {
            self.at += operator.len();
            self.push(Token::Operator(operator));
            return Ok(());
        }
        let word = self.word()?;
        self.push(Token::Word(word));
        Ok(())
    }

    fn redirect(&mut self) -> Result<Option<Token>, ParseError> {
        if self.starts_with("&>") {
            let append = self.peek(2) == Some('>');
            self.at += if append { 3 } else { 2 };
            return Ok(Some(Token::Redirect(3, if append { ">>" } else { ">" })));
        }
        let digit = self.peek(0).and_then(|c| c.to_digit(10)).and_then(|digit| u8::try_from(digit).ok());
        let skip = usize::from(digit.is_some());
        let operator = match (self.peek(skip), self.peek(skip + 1), self.peek(skip + 2)) {
            (Some('<'), Some('<'), Some('<')) => "<<<",
            (Some('<'), Some('<'), Some('-')) => "<<-",
            (Some('<'), Some('<'), _) => "<<",
            (Some('<'), Some('&'), _) => "<&",
            (Some('<'), ..) => "<",
            (Some('>'), Some('>'), _) => ">>",
            (Some('>'), Some('&'), _) => ">&",
            (Some('>'), Some('|'), _) => ">|",
            (Some('>'), ..) => ">",
            _ => return Ok(None),
        };
        self.at += skip + operator.len();
        let descriptor = digit.unwrap_or(u8::from(operator.starts_with('>')));
        match operator {
            "<<" | "<<-" => self.document(operator == "<<-").map(Some),
            "<<<" => {
                self.skip_blanks();
                let mut word = self.word()?;
                word.0.push(Part::Text { text: "\n".to_owned(), quoted: true });
                Ok(Some(Token::HereText(word)))
            }
            ">|" => Ok(Some(Token::Redirect(descriptor, ">"))),
            operator => Ok(Some(Token::Redirect(descriptor, operator))),
        }
    }

    fn skip_blanks(&mut self) {
        while self.peek(0).is_some_and(|c| c == ' ' || c == '\t') {
            self.at += 1;
        }
    }

    fn document(&mut self, strips_tabs: bool) -> Result<Token, ParseError> {
        self.skip_blanks();
        let word = self.word()?;
        let mut end = String::new();
        let mut is_quoted = false;
        for part in &word.0 {
            match part {
                Part::Text { text, quoted } => {
                    end.push_str(text);
                    is_quoted |= quoted;
                }
                Part::Variable { name, .. } => end.extend(["$", name]),
                _ => {}
            }
        }
        if word.0.is_empty() {
            return Err(ParseError::Syntax("syntax error near unexpected token `newline'".to_owned()));
        }
        let token = self.tokens.len();
        self.documents.push_back(Document { token, end, quoted: is_quoted, strips_tabs });
        Ok(Token::HereText(Word::default()))
    }

    /// The bodies of the here-documents that the line just ended has announced.
    fn read_documents(&mut self) -> Result<(), ParseError> {
        while let Some(document) = self.documents.pop_front() {
            let mut body = String::new();
            loop {
                if self.at >= self.chars.len() {
                    return Err(ParseError::Incomplete);
                }
                let rest = self.chars.get(self.at..).unwrap_or_default();
                let length = rest.iter().position(|c| *c == '\n').unwrap_or(rest.len());
                let line: String = rest.iter().take(length).collect();
                self.at = (self.at + length + 1).min(self.chars.len());
                let line = if document.strips_tabs { line.trim_start_matches('\t') } else { &line };
                if line == document.end {
                    break;
                }
                body.push_str(line);
                body.push('\n');
            }
            let word = if document.quoted {
                Word(vec![Part::Text { text: body, quoted: true }])
            } else {
                Lexer { chars: body.chars().collect(), at: 0, tokens: Vec::new(), documents: VecDeque::new() }
                    .quoted_until(None)?
            };
            if let Some((token, _)) = self.tokens.get_mut(document.token) {
                *token = Token::HereText(word);
            }
        }
        Ok(())
    }

    /// A word outside of quotes.
    fn word(&mut self) -> Result<Word, ParseError> {
        let mut parts = Vec::new();
        while let Some(next) = self.peek(0) {
            match next {
                ' ' | '\t' | '\r' | '\n' | '|' | '&' | ';' | '(' | ')' | '<' | '>' => break,
                '\\' => {
                    self.at += 1;
                    match self.next() {
                        Some('\n') => {}
                        Some(escaped) => push_text(&mut parts, escaped, true),
                        None => return Err(ParseError::Incomplete),
                    }
                }
                '\'' => {
                    self.at += 1;
                    parts.push(Part::Text { text: self.until_single_quote()?, quoted: true });
                }
                '"' => {
                    self.at += 1;
                    let inner = self.quoted_until(Some('"'))?;
                    if inner.0.is_empty() {
                        parts.push(Part::Text { text: String::new(), quoted: true });
                    }
                    parts.extend(inner.0);
                }
                '$' if self.peek(1) == Some('\'') => {
                    self.at += 2;
                    let text = self.until_single_quote()?;
                    parts.push(Part::Text { text: crate::shell::commands::unescape(&text), quoted: true });
                }
                '$' | '`' => self.dollar(&mut parts, false)?,
                other => {
                    self.at += 1;
                    push_text(&mut parts, other, false);
                }
            }
        }
        Ok(Word(parts))
    }

    fn until_single_quote(&mut self) -> Result<String, ParseError> {
        let mut text = String::new();
        loop {
            match self.next() {
                Some('\'') => return Ok(text),
                Some(other) => text.push(other),
                None => return Err(ParseError::Incomplete),
            }
        }
    }

    /// Text in which only `$`, `` ` `` and `\` are special, up to `end` or the end.
    fn quoted_until(&mut self, end: Option<char>) -> Result<Word, ParseError> {
        let mut parts = Vec::new();
        loop {
            let Some(next) = self.peek(0) else {
                return if end.is_none() { Ok(Word(parts)) } else { Err(ParseError::Incomplete) };
            };
            match next {
                next if Some(next) == end => {
                    self.at += 1;
                    return Ok(Word(parts));
                }
                '\\' => {
                    self.at += 1;
                    match self.next() {
                        Some('\n') => {}
                        Some(escaped) if matches!(escaped, '$' | '`' | '\\') || Some(escaped) == end => {
                            push_text(&mut parts, escaped, true);
                        }
                        other => {
                            push_text(&mut parts, '\\', true);
                            if let Some(other) = other {
                                push_text(&mut parts, other, true);
                            }
                        }
                    }
                }
                '$' | '`' => self.dollar(&mut parts, true)?,
                other => {
                    self.at += 1;
                    push_text(&mut parts, other, true);
                }
            }
        }
    }

    /// What begins with `$` or a back-quote.
    fn dollar(&mut self, parts: &mut Vec<Part>, quoted: bool) -> Result<(), ParseError> {
        if self.next() == Some('`') {
            let mut text = String::new();
            loop {
                match self.next() {
                    Some('`') => break,
                    Some('\\') if matches!(self.peek(0), Some('`' | '$' | '\\')) => text.extend(self.next()),
                    Some(other) => text.push(other),
                    None => return Err(ParseError::Incomplete),
                }
            }
            parts.push(Part::Substitution { list: Arc::new(parse(&text)?), quoted });
            return Ok(());
        }
        match self.peek(0) {
            Some('(') if self.peek(1) == Some('(') => {
                self.at += 2;
                let text = self.until_closed('(', ')')?;
                if self.next() != Some(')') {
                    return Err(ParseError::Incomplete);
                }
                parts.push(Part::Arithmetic(Box::new(quoted_word(&text)?)));
            }
            Some('(') => {
                self.at += 1;
                let text = self.until_closed('(', ')')?;
                let list = match parse(&text) {
                    Err(ParseError::Incomplete) => {
                        return Err(ParseError::Syntax("syntax error near unexpected token `)'".to_owned()));
                    }
                    parsed => Arc::new(parsed?),
                };
                parts.push(Part::Substitution { list, quoted });
            }
            Some('{') => {
                self.at += 1;
                let text = self.until_closed('{', '}')?;
                parts.push(braced(&text, quoted)?);
            }
            Some(first) if first.is_ascii_alphabetic() || first == '_' => {
                let mut name = String::new();
                while let Some(next) = self.peek(0).filter(|c| c.is_ascii_alphanumeric() || *c == '_') {
                    name.push(next);
                    self.at += 1;
                }
                parts.push(Part::Variable { name, modifier: None, quoted });
            }
            Some(first) if first.is_ascii_digit() || "?$!#@*".contains(first) => {
                self.at += 1;
                parts.push(Part::Variable { name: first.to_string(), modifier: None, quoted });
            }
            _ => push_text(parts, '$', quoted),
        }
        Ok(())
    }

    /// The text up to the bracket that closes, quotes skipped.
    fn until_closed(&mut self, open: char, close: char) -> Result<String, ParseError> {
        let mut text = String::new();
        let mut depth = 1;
        let mut quote = None;
        while let Some(next) = self.next() {
            match (quote, next) {
                (None, c) if c == open => depth += 1,
                (None, c) if c == close => {
                    depth -= 1;
                    if depth == 0 {
                        return Ok(text);
                    }
                }
                (None, '\'' | '"') => quote = Some(next),
                (Some(open_quote), c) if c == open_quote => quote = None,
                (None | Some('"'), '\\') => {
                    text.push(next);
                    text.extend(self.next());
                    continue;
                }
                _ => {}
            }
            text.push(next);
        }
        Err(ParseError::Incomplete)
    }
}

fn push_text(parts: &mut Vec<Part>, c: char, quoted: bool) {
    match parts.last_mut() {
        Some(Part::Text { text, quoted: last }) if *last == quoted => text.push(c),
        _ => parts.push(Part::Text { text: c.to_string(), quoted }),
    }
}

/// The word of a text in which quotes mean nothing.
fn quoted_word(text: &str) -> Result<Word, ParseError> {
    Lexer { chars: text.chars().collect(), at: 0, tokens: Vec::new(), documents: VecDeque::new() }.quoted_until(None)
}

/// What stands in `${…}`.
fn braced(text: &str, quoted: bool) -> Result<Part, ParseError> {
    let bad = || ParseError::Syntax(format!("${{{text}}}: bad substitution"));
    if let Some(name) = text.strip_prefix('#').filter(|name| !name.is_empty()) {
        let modifier = Some(("length".to_owned(), Box::default()));
        return Ok(Part::Variable { name: name.to_owned(), modifier, quoted });
    }
    let length = text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').count();
    let length = if length == 0 { text.chars().next().map_or(0, char::len_utf8) } else { length };
    let (name, rest) = text.split_at(length);
    if name.is_empty() {
        return Err(bad());
    }
    if rest.is_empty() {
        return Ok(Part::Variable { name: name.to_owned(), modifier: None, quoted });
    }
    let operator = [":-", ":=", ":+", ":?", "##", "%%", "-", "=", "+", "#", "%"]
        .into_iter()
        .find(|operator| rest.starts_with(operator))
        .ok_or_else(bad)?;
    let word = Lexer {
        chars: rest.chars().skip(operator.len()).collect(),
        at: 0,
        tokens: Vec::new(),
        documents: VecDeque::new(),
    }
    .quoted_until(None)?;
    Ok(Part::Variable { name: name.to_owned(), modifier: Some((operator.to_owned(), Box::new(word))), quoted })
}

impl Token {
    /// As bash names it in a syntax error.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Word(word) => word.0.iter().map(part_text).collect(),
            Self::Operator(operator) => (*operator).to_owned(),
            Self::Redirect(_, operator) => (*operator).to_owned(),
            Self::HereText(_) => "<<".to_owned(),
            Self::Newline => "newline".to_owned(),
        }
    }

    /// The redirection that this token and its word make.
    pub(super) fn target(operator: &str, word: Word) -> Option<Target> {
        match operator {
            "<" => Some(Target::From(word)),
            ">" => Some(Target::To(word)),
            ">>" => Some(Target::Append(word)),
            _ => match word.plain() {
                Some("1") => Some(Target::Descriptor(1)),
                Some("2") => Some(Target::Descriptor(2)),
                Some("-") => Some(Target::To(Word(vec![Part::Text { text: "/dev/null".to_owned(), quoted: true }]))),
                _ if operator == ">&" => Some(Target::To(word)),
                _ => None,
            },
        }
    }
}

fn part_text(part: &Part) -> String {
    match part {
        Part::Text { text, .. } => text.clone(),
        Part::Variable { name, .. } => format!("${name}"),
        Part::Substitution { .. } => "$(".to_owned(),
        Part::Arithmetic(_) => "$((".to_owned(),
    }
}
