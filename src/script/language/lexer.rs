//! From characters to words and operators.

use std::collections::VecDeque;

use super::{ParseError, Part, Target, Word};

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
    /// `((…))`: what stands inside.
    Arithmetic(String),
    /// A line's end.
    Newline,
}

/// A token and where it ends in the text, in characters.
pub(super) type Lexed = (Token, usize);

const OPERATORS: [&str; 12] = [";;&", ";&", "&&", "||", ";;", "|&", "&", "|", ";", "(", ")", "\n"];

/// Words behind which a command begins.
const BEFORE_COMMANDS: [&str; 11] = ["if", "then", "elif", "else", "while", "until", "do", "for", "!", "time", "{"];

/// Cuts a text into tokens.
pub(super) fn lex(text: &str) -> Result<Vec<Lexed>, ParseError> {
    let mut lexer = Lexer::new(text);
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

pub(super) struct Lexer {
    chars: Vec<char>,
    pub(super) at: usize,
    tokens: Vec<Lexed>,
    documents: VecDeque<Document>,
    /// Between `[[` and `]]`.
    in_condition: bool,
    /// Behind `=~` in there.
    at_pattern: bool,
}

impl Lexer {
    pub(super) fn new(text: &str) -> Self {
        Self {
            chars: text.chars().collect(),
            at: 0,
            tokens: Vec::new(),
            documents: VecDeque::new(),
            in_condition: false,
            at_pattern: false,
        }
    }

    pub(super) fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let next = self.peek(0)?;
        self.at += 1;
        Some(next)
    }

    pub(super) fn starts_with(&self, text: &str) -> bool {
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
        if self.in_condition {
            return self.condition_token();
        }
        if self.starts_with("<(") || self.starts_with(">(") {
            let word = self.word()?;
            self.push(Token::Word(word));
            return Ok(());
        }
        if self.starts_with("((") && self.at_command() {
            let begin = self.at;
            self.at += 2;
            let text = self.until_closed('(', ')')?;
            if self.next() == Some(')') {
                self.push(Token::Arithmetic(text));
                return Ok(());
            }
            // Two subshells, one in the other.
            self.at = begin;
        }
        if let Some(redirect) = self.redirect()? {
            self.push(redirect);
            return Ok(());
        }
        if let Some(operator) = OPERATORS.into_iter().find(|operator| self.starts_with(operator)) {
            self.at += operator.len();
            self.push(Token::Operator(operator));
            return Ok(());
        }
        let begins_condition = self.starts_with("[[") && self.peek(2).is_none_or(char::is_whitespace);
        self.in_condition = begins_condition && self.at_command();
        let word = self.word()?;
        self.push(Token::Word(word));
        Ok(())
    }

    /// Whether a command may begin here.
    fn at_command(&self) -> bool {
        match self.tokens.last() {
            None | Some((Token::Newline | Token::Operator(_), _)) => true,
            Some((Token::Word(word), _)) => word.plain().is_some_and(|word| BEFORE_COMMANDS.contains(&word)),
            Some(_) => false,
        }
    }

    /// A token between `[[` and `]]`, where `<` and `(` mean something else.
    fn condition_token(&mut self) -> Result<(), ParseError> {
        if std::mem::take(&mut self.at_pattern) {
            let word = self.regular_expression()?;
            self.push(Token::Word(word));
            return Ok(());
        }
        for operator in ["&&", "||", "(", ")"] {
            if self.starts_with(operator) {
                self.at += operator.len();
                self.push(Token::Operator(operator));
                return Ok(());
            }
        }
        if let Some(c) = self.peek(0).filter(|c| matches!(c, '<' | '>')) {
            self.at += 1;
            self.push(Token::Word(Word(vec![Part::Text { text: c.to_string(), quoted: false }])));
            return Ok(());
        }
        let begin = self.at;
        let word = self.word()?;
        if self.at == begin {
            let token = self.peek(0).unwrap_or_default();
            return Err(ParseError::Syntax(format!("syntax error near unexpected token `{token}'")));
        }
        self.in_condition = word.plain() != Some("]]");
        self.at_pattern = word.plain() == Some("=~");
        self.push(Token::Word(word));
        Ok(())
    }

    /// What stands behind `=~`: brackets and bars belong to it.
    fn regular_expression(&mut self) -> Result<Word, ParseError> {
        let mut parts = Vec::new();
        let mut depth = 0_usize;
        loop {
            let before = self.at;
            parts.extend(self.word()?.0);
            match self.peek(0) {
                Some(c @ ('(' | ')' | '|' | '<' | '>' | '&' | ';')) => {
                    match c {
                        '(' => depth += 1,
                        ')' => depth = depth.saturating_sub(1),
                        _ => {}
                    }
                    self.at += 1;
                    push_text(&mut parts, c, false);
                }
                Some(c @ (' ' | '\t')) if depth > 0 => {
                    self.at += 1;
                    push_text(&mut parts, c, false);
                }
                None => return Err(ParseError::Incomplete),
                _ if self.at == before => return Ok(Word(parts)),
                _ => {}
            }
        }
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
                Lexer::new(&body).quoted_until(None)?
            };
            if let Some((token, _)) = self.tokens.get_mut(document.token) {
                *token = Token::HereText(word);
            }
        }
        Ok(())
    }

    /// A word outside of quotes.
    pub(super) fn word(&mut self) -> Result<Word, ParseError> {
        let mut parts = Vec::new();
        while let Some(next) = self.peek(0) {
            match next {
                '<' if self.peek(1) == Some('(') && !self.in_condition => {
                    self.at += 2;
                    let list = self.substituted()?;
                    parts.push(Part::Substitution { list, quoted: true, as_file: true });
                }
                '>' if self.peek(1) == Some('(') && !self.in_condition => {
                    return Err(ParseError::Syntax("process substitution `>(' is not in this lab's shell".to_owned()));
                }
                '(' if is_array_head(&parts) => {
                    self.at += 1;
                    parts.push(Part::Array(self.array()?));
                    break;
                }
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
                    parts.push(Part::Text { text: crate::script::tools::unescape(&text), quoted: true });
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

    /// What stands in `NAME=(…)`.
    fn array(&mut self) -> Result<Vec<Word>, ParseError> {
        let text = self.until_closed('(', ')')?;
        lex(&text)?
            .into_iter()
            .filter(|(token, _)| *token != Token::Newline)
            .map(|(token, _)| match token {
                Token::Word(word) => Ok(word),
                token => Err(ParseError::Syntax(format!("syntax error near unexpected token `{}'", token.name()))),
            })
            .collect()
    }

    pub(super) fn until_single_quote(&mut self) -> Result<String, ParseError> {
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
    pub(super) fn quoted_until(&mut self, end: Option<char>) -> Result<Word, ParseError> {
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
}

/// Whether what was read of a word is `NAME=` or `NAME+=`.
fn is_array_head(parts: &[Part]) -> bool {
    match parts {
        [Part::Text { text, quoted: false }] => {
            text.strip_suffix('=').is_some_and(|name| super::is_name(name.strip_suffix('+').unwrap_or(name)))
        }
        _ => false,
    }
}

pub(super) fn push_text(parts: &mut Vec<Part>, c: char, quoted: bool) {
    match parts.last_mut() {
        Some(Part::Text { text, quoted: last }) if *last == quoted => text.push(c),
        _ => parts.push(Part::Text { text: c.to_string(), quoted }),
    }
}

/// The word of a text in which quotes mean nothing.
pub(super) fn quoted_word(text: &str) -> Result<Word, ParseError> {
    Lexer::new(text).quoted_until(None)
}

impl Token {
    /// As bash names it in a syntax error.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Word(word) => word.0.iter().map(part_text).collect(),
            Self::Operator(operator) => (*operator).to_owned(),
            Self::Redirect(_, operator) => (*operator).to_owned(),
            Self::HereText(_) => "<<".to_owned(),
            Self::Arithmetic(_) => "((".to_owned(),
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
        Part::Array(_) => "(".to_owned(),
    }
}
