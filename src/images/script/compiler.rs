//! From a script's text to its steps.

use std::iter::Peekable;
use std::str::Chars;

use super::{QUOTED_DOLLAR, Step, SyntaxError};

/// Words and the operators between commands.
fn tokens(text: &str) -> Result<Vec<(bool, String)>, SyntaxError> {
    let mut tokens: Vec<(bool, String)> = Vec::new();
    let mut word: Option<String> = None;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\'' | '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match characters.next() {
                        Some(end) if end == character => break,
                        Some('$') if character == '\'' => word.push_str(QUOTED_DOLLAR),
                        Some('\\') if character == '"' && characters.peek() == Some(&'$') => {
                            characters.next();
                            word.push_str(QUOTED_DOLLAR);
                        }
                        Some('$') if characters.peek() == Some(&'(') => substitution(&mut characters, word)?,
                        Some(inner) => word.push(inner),
                        None => return Err(SyntaxError("sh: syntax error: unterminated quoted string".to_owned())),
                    }
                }
            }
            '\\' => match characters.next() {
                Some('$') => word.get_or_insert_default().push_str(QUOTED_DOLLAR),
                other => word.get_or_insert_default().extend(other),
            },
            '$' if characters.peek() == Some(&'(') => {
                substitution(&mut characters, word.get_or_insert_default())?;
            }
            ';' | '\n' | '&' | '|' => {
                let inside_redirection = character == '&' && word.as_ref().is_some_and(|word| word.ends_with('>'));
                if inside_redirection {
                    word.get_or_insert_default().push('&');
                    continue;
                }
                tokens.extend(word.take().map(|word| (false, word)));
                let doubled = (character == '&' || character == '|') && characters.peek() == Some(&character);
                if doubled {
                    characters.next();
                    tokens.push((true, format!("{character}{character}")));
                } else {
                    tokens.push((true, ";".to_owned()));
                }
            }
            '#' if word.is_none() => {
                while characters.peek().is_some_and(|next| *next != '\n') {
                    characters.next();
                }
            }
            space if space.is_whitespace() => tokens.extend(word.take().map(|word| (false, word))),
            other => word.get_or_insert_default().push(other),
        }
    }
    tokens.extend(word.take().map(|word| (false, word)));
    Ok(tokens)
}

/// Takes `$(…)` over as it stands.
fn substitution(characters: &mut Peekable<Chars<'_>>, word: &mut String) -> Result<(), SyntaxError> {
    word.push('$');
    let mut depth = 0_usize;
    for character in characters.by_ref() {
        word.push(character);
        match character {
            '(' => depth += 1,
            ')' if depth == 1 => return Ok(()),
            ')' => depth -= 1,
            _ => {}
        }
    }
    Err(SyntaxError("sh: syntax error: unexpected end of file (expecting \")\")".to_owned()))
}

/// What stands in the brackets at the beginning of a text, and what follows them.
pub(super) fn bracketed(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('(')?;
    let mut depth = 1_usize;
    for (at, letter) in inner.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some((inner.get(..at)?, inner.get(at + 1..)?));
        }
    }
    None
}

struct Compiler {
    tokens: Vec<(bool, String)>,
    at: usize,
    steps: Vec<Step>,
}

pub(super) fn compile(text: &str) -> Result<Vec<Step>, SyntaxError> {
    let mut compiler = Compiler { tokens: tokens(text)?, at: 0, steps: Vec::new() };
    compiler.list(&[])?;
    match compiler.tokens.get(compiler.at) {
        None => Ok(compiler.steps),
        Some((_, token)) => Err(unexpected(token)),
    }
}

fn unexpected(token: &str) -> SyntaxError {
    SyntaxError(format!("sh: syntax error: unexpected \"{token}\""))
}

impl Compiler {
    fn word(&self) -> Option<&str> {
        self.tokens.get(self.at).filter(|(is_operator, _)| !is_operator).map(|(_, word)| word.as_str())
    }

    fn operator(&self) -> Option<&str> {
        self.tokens.get(self.at).filter(|(is_operator, _)| *is_operator).map(|(_, word)| word.as_str())
    }

    /// Commands up to one of the words in `ends`.
    fn list(&mut self, ends: &[&str]) -> Result<(), SyntaxError> {
        loop {
            while self.operator() == Some(";") {
                self.at += 1;
            }
            match self.word() {
                None if self.at < self.tokens.len() => return Err(unexpected(self.operator().unwrap_or(""))),
                None => return Ok(()),
                Some(word) if ends.contains(&word) => return Ok(()),
                Some(_) => self.and_or()?,
            }
        }
    }

    fn and_or(&mut self) -> Result<(), SyntaxError> {
        self.command()?;
        while let Some(operator) = self.operator().filter(|operator| *operator != ";").map(str::to_owned) {
            self.at += 1;
            let jump = self.steps.len();
            self.steps.push(Step::Jump(0));
            self.command()?;
            let end = self.steps.len();
            self.set(jump, if operator == "&&" { Step::JumpIfFailed(end) } else { Step::JumpIfOk(end) });
        }
        Ok(())
    }

    fn command(&mut self) -> Result<(), SyntaxError> {
        match self.word() {
            Some("while") => self.repeat(false),
            Some("until") => self.repeat(true),
            Some("for") => self.each(),
            Some("!") => {
                self.at += 1;
                self.command()?;
                self.steps.push(Step::Negate);
                Ok(())
            }
            Some("if") => self.branch(),
            Some(_) => {
                let mut words = Vec::new();
                while let Some(word) = self.word() {
                    words.push(word.to_owned());
                    self.at += 1;
                }
                self.steps.push(Step::Run(words));
                Ok(())
            }
            None => Err(unexpected(self.operator().unwrap_or("end of file"))),
        }
    }

    fn repeat(&mut self, until: bool) -> Result<(), SyntaxError> {
        self.at += 1;
        let start = self.steps.len();
        self.list(&["do"])?;
        self.expect("do")?;
        let jump = self.steps.len();
        self.steps.push(Step::Jump(0));
        self.list(&["done"])?;
        self.expect("done")?;
        self.steps.push(Step::Jump(start));
        let end = self.steps.len();
        self.set(jump, if until { Step::JumpIfOk(end) } else { Step::JumpIfFailed(end) });
        Ok(())
    }

    /// `for NAME in …; do …; done`
    fn each(&mut self) -> Result<(), SyntaxError> {
        self.at += 1;
        let name = self.word().unwrap_or_default().to_owned();
        self.at += 1;
        self.expect("in")?;
        let mut words = Vec::new();
        while let Some(word) = self.word() {
            words.push(word.to_owned());
            self.at += 1;
        }
        while self.operator() == Some(";") {
            self.at += 1;
        }
        self.expect("do")?;
        self.steps.push(Step::Begin(words));
        let next = self.steps.len();
        self.steps.push(Step::Jump(0));
        self.list(&["done"])?;
        self.expect("done")?;
        self.steps.push(Step::Jump(next));
        let end = self.steps.len();
        self.set(next, Step::Next(name, end));
        Ok(())
    }

    fn branch(&mut self) -> Result<(), SyntaxError> {
        self.at += 1;
        self.list(&["then"])?;
        self.expect("then")?;
        let to_else = self.steps.len();
        self.steps.push(Step::Jump(0));
        self.list(&["elif", "else", "fi"])?;
        let to_end = self.steps.len();
        self.steps.push(Step::Jump(0));
        self.set(to_else, Step::JumpIfFailed(to_end + 1));
        match self.word() {
            // Another `if` stands in place of `else`, and takes the `fi`.
            Some("elif") => self.branch()?,
            Some("else") => {
                self.at += 1;
                self.list(&["fi"])?;
                self.expect("fi")?;
            }
            _ => self.expect("fi")?,
        }
        let end = self.steps.len();
        self.set(to_end, Step::Jump(end));
        Ok(())
    }

    fn expect(&mut self, word: &str) -> Result<(), SyntaxError> {
        if self.word() == Some(word) {
            self.at += 1;
            return Ok(());
        }
        Err(unexpected(self.word().or(self.operator()).unwrap_or("end of file")))
    }

    fn set(&mut self, at: usize, step: Step) {
        if let Some(place) = self.steps.get_mut(at) {
            *place = step;
        }
    }
}
