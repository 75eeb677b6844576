//! Commands of several parts: loops, branches, `case`, functions, `[[ … ]]`.

use std::sync::Arc;

use super::lexer::{Token, quoted_word};
use super::parser::{Parser, is_name, unexpected};
use super::{CaseArm, CommandKind, Condition, Index, List, ParseError, Part, Word};

impl Parser<'_> {
    pub(super) fn while_loop(&mut self, until: bool) -> Result<CommandKind, ParseError> {
        self.at += 1;
        let condition = self.body(&["do"])?;
        let body = self.do_done()?;
        Ok(CommandKind::While { until, condition, body })
    }

    fn do_done(&mut self) -> Result<Arc<List>, ParseError> {
        self.expect("do")?;
        let body = self.body(&["done"])?;
        self.expect("done")?;
        Ok(body)
    }

    pub(super) fn for_loop(&mut self) -> Result<CommandKind, ParseError> {
        self.at += 1;
        let name = match self.peek() {
            None => return Err(ParseError::Incomplete),
            Some(Token::Arithmetic(text)) => return self.counted_for(text),
            Some(token) => self.keyword().filter(|name| is_name(name)).ok_or_else(|| unexpected(token))?.to_owned(),
        };
        self.at += 1;
        self.skip_newlines();
        let mut words = Vec::new();
        if self.keyword() == Some("in") {
            self.at += 1;
            while let Some(Token::Word(word)) = self.peek() {
                words.push(word.clone());
                self.at += 1;
            }
        } else {
            words.push(Word(vec![Part::Variable {
                name: "@".to_owned(),
                index: Index::None,
                modifier: None,
                quoted: true,
            }]));
        }
        if self.is_operator(";") {
            self.at += 1;
        }
        self.skip_newlines();
        let body = self.do_done()?;
        Ok(CommandKind::For { name, words, body })
    }

    pub(super) fn branches(&mut self) -> Result<CommandKind, ParseError> {
        let mut arms = Vec::new();
        loop {
            self.at += 1;
            let condition = self.body(&["then"])?;
            self.expect("then")?;
            let body = self.body(&["elif", "else", "fi"])?;
            arms.push((condition, body));
            match self.keyword() {
                Some("elif") => {}
                Some("else") => {
                    self.at += 1;
                    let otherwise = Some(self.body(&["fi"])?);
                    self.expect("fi")?;
                    return Ok(CommandKind::If { arms, otherwise });
                }
                _ => {
                    self.expect("fi")?;
                    return Ok(CommandKind::If { arms, otherwise: None });
                }
            }
        }
    }

    /// `for ((begin; condition; step))`
    fn counted_for(&mut self, text: &str) -> Result<CommandKind, ParseError> {
        let bad = || ParseError::Syntax("syntax error: arithmetic expression required".to_owned());
        let [begin, condition, step] = text.split(';').collect::<Vec<_>>()[..] else { return Err(bad()) };
        let parts = [quoted_word(begin)?, quoted_word(condition)?, quoted_word(step)?];
        self.at += 1;
        if self.is_operator(";") {
            self.at += 1;
        }
        self.skip_newlines();
        let body = self.do_done()?;
        Ok(CommandKind::CountedFor { parts, body })
    }

    pub(super) fn case(&mut self) -> Result<CommandKind, ParseError> {
        self.at += 1;
        let word = self.word()?;
        self.skip_newlines();
        self.expect("in")?;
        let mut arms = Vec::new();
        loop {
            self.skip_newlines();
            if self.keyword() == Some("esac") {
                self.at += 1;
                return Ok(CommandKind::Case { word, arms });
            }
            if self.is_operator("(") {
                self.at += 1;
            }
            let mut patterns = vec![self.word()?];
            while self.is_operator("|") {
                self.at += 1;
                patterns.push(self.word()?);
            }
            if !self.is_operator(")") {
                return Err(self.peek().map_or(ParseError::Incomplete, unexpected));
            }
            self.at += 1;
            let body = Arc::new(self.list(&["esac"])?);
            let end = match self.peek() {
                Some(Token::Operator(end @ (";;" | ";&" | ";;&"))) => {
                    self.at += 1;
                    *end
                }
                None => return Err(ParseError::Incomplete),
                Some(token) if self.keyword() != Some("esac") => return Err(unexpected(token)),
                Some(_) => ";;",
            };
            arms.push(CaseArm { patterns, body, end });
        }
    }

    fn word(&mut self) -> Result<Word, ParseError> {
        match self.peek() {
            None => Err(ParseError::Incomplete),
            Some(Token::Word(word)) => {
                self.at += 1;
                Ok(word.clone())
            }
            Some(token) => Err(unexpected(token)),
        }
    }

    /// `function NAME { …; }`, with or without `()`.
    pub(super) fn function_keyword(&mut self) -> Result<CommandKind, ParseError> {
        self.at += 1;
        let name = match self.peek() {
            None => return Err(ParseError::Incomplete),
            Some(token) => self.keyword().ok_or_else(|| unexpected(token))?.to_owned(),
        };
        self.at += 1;
        if self.is_operator("(") {
            self.at += 1;
            if !self.is_operator(")") {
                return Err(self.peek().map_or(ParseError::Incomplete, unexpected));
            }
            self.at += 1;
        }
        self.function_body(name)
    }

    /// `NAME() { …; }`
    pub(super) fn function(&mut self, name: String) -> Result<CommandKind, ParseError> {
        self.at += 3;
        self.function_body(name)
    }

    fn function_body(&mut self, name: String) -> Result<CommandKind, ParseError> {
        self.skip_newlines();
        let body = self.command()?;
        match body.kind {
            CommandKind::Simple { .. } => {
                let token = self.peek().unwrap_or(&Token::Newline);
                Err(unexpected(token))
            }
            _ => Ok(CommandKind::Function { name, body: Arc::new(body) }),
        }
    }

    pub(super) fn condition_command(&mut self) -> Result<CommandKind, ParseError> {
        self.at += 1;
        let condition = self.either(0)?;
        self.expect("]]")?;
        Ok(CommandKind::Condition(condition))
    }

    fn either(&mut self, depth: usize) -> Result<Condition, ParseError> {
        let mut all = vec![self.both(depth)?];
        while self.is_operator("||") {
            self.at += 1;
            all.push(self.both(depth)?);
        }
        Ok(Condition::Any(all))
    }

    fn both(&mut self, depth: usize) -> Result<Condition, ParseError> {
        let mut all = vec![self.single(depth)?];
        while self.is_operator("&&") {
            self.at += 1;
            all.push(self.single(depth)?);
        }
        Ok(Condition::All(all))
    }

    fn single(&mut self, depth: usize) -> Result<Condition, ParseError> {
        self.skip_newlines();
        if depth > DEEPEST_CONDITION {
            return Err(ParseError::Syntax("syntax error: conditions stand too deep in one another".to_owned()));
        }
        if self.keyword() == Some("!") {
            self.at += 1;
            return Ok(Condition::Not(Box::new(self.single(depth + 1)?)));
        }
        if self.is_operator("(") {
            self.at += 1;
            let inner = self.either(depth + 1)?;
            if !self.is_operator(")") {
                return Err(self.peek().map_or(ParseError::Incomplete, unexpected));
            }
            self.at += 1;
            self.skip_newlines();
            return Ok(inner);
        }
        let mut words = Vec::new();
        while let Some(Token::Word(word)) = self.peek().filter(|_| self.keyword() != Some("]]")) {
            words.push(word.clone());
            self.at += 1;
        }
        self.skip_newlines();
        match words.len() {
            0 => Err(self.peek().map_or(ParseError::Incomplete, unexpected)),
            1..=3 => Ok(Condition::Test(words)),
            _ => Err(ParseError::Syntax("syntax error in conditional expression".to_owned())),
        }
    }
}

/// How deep brackets and `!` may stand in one another in `[[ … ]]`.
const DEEPEST_CONDITION: usize = 40;
