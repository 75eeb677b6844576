//! A template's text to tokens. Models text/template/parse lex.go.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A complaint, which ends the template.
    Error,
    End,
    /// Outside of actions.
    Text,
    LeftDelimiter,
    RightDelimiter,
    Space,
    Pipe,
    LeftParenthesis,
    RightParenthesis,
    Assign,
    Declare,
    /// A comma, or another character that stands for itself.
    Char,
    String,
    RawString,
    CharConstant,
    Number,
    Bool,
    Nil,
    Dot,
    /// `.name`
    Field,
    /// `$name`
    Variable,
    Identifier,
    Keyword,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: Kind,
    /// Where it begins, in bytes.
    pub at: usize,
    /// Its text, or the complaint.
    pub text: String,
}

const KEYWORDS: [&str; 10] = ["block", "break", "continue", "define", "else", "end", "if", "range", "template", "with"];

struct Lexer<'t> {
    template: &'t str,
    at: usize,
    tokens: Vec<Token>,
    parentheses: usize,
}

/// The tokens of a template; after a complaint there are no more.
pub(super) fn tokens(template: &str) -> Vec<Token> {
    let mut lexer = Lexer { template, at: 0, tokens: Vec::new(), parentheses: 0 };
    match lexer.template() {
        Ok(()) => lexer.push(Kind::End, lexer.template.len(), lexer.template.len()),
        Err(complaint) => {
            let at = lexer.at;
            lexer.tokens.push(Token { kind: Kind::Error, at, text: complaint });
        }
    }
    lexer.tokens
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        self.template.get(self.at..).unwrap_or_default()
    }

    fn push(&mut self, kind: Kind, from: usize, to: usize) {
        let text = self.template.get(from..to).unwrap_or_default().to_owned();
        self.tokens.push(Token { kind, at: from, text });
    }

    /// Takes `length` bytes as a token.
    fn take(&mut self, kind: Kind, length: usize) {
        let from = self.at;
        self.at += length;
        self.push(kind, from, self.at);
    }

    fn template(&mut self) -> Result<(), String> {
        let mut trims = false;
        loop {
            let rest = self.rest();
            let open = rest.find("{{");
            let text = rest.get(..open.unwrap_or(rest.len())).unwrap_or_default();
            let shown = if trims { text.trim_start_matches(is_space) } else { text };
            let from = self.at + text.len() - shown.len();
            let Some(open) = open else {
                if !shown.is_empty() {
                    self.push(Kind::Text, from, self.template.len());
                }
                self.at = self.template.len();
                return Ok(());
            };
            let delimiter = self.at + open;
            let behind = self.template.get(delimiter + 2..).unwrap_or_default();
            let trims_left = has_left_trim(behind);
            let shown = if trims_left { shown.trim_end_matches(is_space) } else { shown };
            if !shown.is_empty() {
                self.push(Kind::Text, from, from + shown.len());
            }
            self.at = delimiter + 2 + if trims_left { 2 } else { 0 };
            trims = if self.rest().starts_with("/*") {
                self.comment()?
            } else {
                self.tokens.push(Token { kind: Kind::LeftDelimiter, at: delimiter, text: "{{".to_owned() });
                self.action()?
            };
        }
    }

    /// Goes past a comment; whether the text behind it loses its blanks.
    fn comment(&mut self) -> Result<bool, String> {
        let end = self.rest().find("*/").ok_or("unclosed comment")?;
        self.at += end + 2;
        self.right_delimiter().ok_or_else(|| "comment ends before closing delimiter".to_owned())
    }

    /// Goes past `}}` or ` -}}` if one stands here; whether it trims.
    fn right_delimiter(&mut self) -> Option<bool> {
        let rest = self.rest();
        if rest.starts_with("}}") {
            self.at += 2;
            return Some(false);
        }
        let mut chars = rest.chars();
        if chars.next().is_some_and(is_space) && chars.as_str().starts_with("-}}") {
            self.at += 4;
            return Some(true);
        }
        None
    }

    fn action(&mut self) -> Result<bool, String> {
        self.parentheses = 0;
        loop {
            let from = self.at;
            if let Some(trims) = self.right_delimiter() {
                if self.parentheses > 0 {
                    return Err("unclosed left paren".to_owned());
                }
                self.tokens.push(Token { kind: Kind::RightDelimiter, at: from, text: "}}".to_owned() });
                return Ok(trims);
            }
            let Some(first) = self.rest().chars().next() else { return Err("unclosed action".to_owned()) };
            self.token(first)?;
        }
    }

    fn token(&mut self, first: char) -> Result<(), String> {
        let rest = self.rest();
        match first {
            first if is_space(first) => {
                let blanks = rest.len() - rest.trim_start_matches(is_space).len();
                // The blank before ` -}}` belongs to it.
                let ends = rest.get(blanks..).is_some_and(|behind| behind.starts_with("-}}"));
                let length = if ends { blanks - 1 } else { blanks };
                self.take(Kind::Space, length.max(1));
            }
            '=' => self.take(Kind::Assign, 1),
            ':' if rest.starts_with(":=") => self.take(Kind::Declare, 2),
            ':' => return Err("expected :=".to_owned()),
            '|' => self.take(Kind::Pipe, 1),
            '"' => self.quoted('"', Kind::String, "unterminated quoted string")?,
            '\'' => self.quoted('\'', Kind::CharConstant, "unterminated character constant")?,
            '`' => {
                let end = rest.get(1..).and_then(|rest| rest.find('`')).ok_or("unterminated raw quoted string")?;
                self.take(Kind::RawString, end + 2);
            }
            '$' => {
                let length = 1 + word_length(rest.get(1..).unwrap_or_default());
                self.check_end(length)?;
                self.take(Kind::Variable, length);
            }
            '.' if !rest.get(1..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) => {
                let length = 1 + word_length(rest.get(1..).unwrap_or_default());
                self.check_end(length)?;
                self.take(if length == 1 { Kind::Dot } else { Kind::Field }, length);
            }
            '.' | '+' | '-' | '0'..='9' => {
                let length = rest.find(|c: char| !(c.is_alphanumeric() || "+-._".contains(c))).unwrap_or(rest.len());
                self.take(Kind::Number, length);
            }
            '(' => {
                self.parentheses += 1;
                self.take(Kind::LeftParenthesis, 1);
            }
            ')' => {
                self.parentheses = self.parentheses.checked_sub(1).ok_or("unexpected right paren")?;
                self.take(Kind::RightParenthesis, 1);
            }
            first if first.is_alphanumeric() || first == '_' => {
                let length = word_length(rest);
                self.check_end(length)?;
                let kind = match rest.get(..length).unwrap_or_default() {
                    "true" | "false" => Kind::Bool,
                    "nil" => Kind::Nil,
                    word if KEYWORDS.contains(&word) => Kind::Keyword,
                    _ => Kind::Identifier,
                };
                self.take(kind, length);
            }
            first if first.is_ascii_graphic() => self.take(Kind::Char, 1),
            first => return Err(format!("unrecognized character in action: U+{:04X} '{first}'", u32::from(first))),
        }
        Ok(())
    }

    fn quoted(&mut self, mark: char, kind: Kind, complaint: &str) -> Result<(), String> {
        let mut is_escaped = false;
        for (at, letter) in self.rest().char_indices().skip(1) {
            match letter {
                '\n' => break,
                letter if letter == mark && !is_escaped => {
                    self.take(kind, at + 1);
                    return Ok(());
                }
                letter => is_escaped = letter == '\\' && !is_escaped,
            }
        }
        Err(complaint.to_owned())
    }

    /// What may stand behind a word. Models lex.go atTerminator.
    fn check_end(&self, length: usize) -> Result<(), String> {
        let behind = self.rest().get(length..).unwrap_or_default();
        match behind.chars().next() {
            None | Some('.' | ',' | '|' | ':' | '(' | ')') => Ok(()),
            Some(c) if is_space(c) || behind.starts_with("}}") => Ok(()),
            Some(c) => Err(format!("bad character U+{:04X} '{c}'", u32::from(c))),
        }
    }
}

fn has_left_trim(behind: &str) -> bool {
    let mut chars = behind.chars();
    chars.next() == Some('-') && chars.next().is_some_and(is_space)
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

fn word_length(text: &str) -> usize {
    text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len())
}
