//! Characters to YAML tokens, by the rules of go-yaml, which `kubectl` reads manifests with.
//!
//! An own scanner, because the texts and line numbers of go-yaml's complaints are what a learner must see, and they
//! follow from the order in which its scanner notices things: when a simple key turns out to be none, whether a tab
//! is skipped, where the indentation is unrolled.

use std::collections::{BTreeMap, VecDeque};

use super::fault::{Fault, MAX_DEPTH, Mark};
use super::reader::{END, Reader};

/// How far behind its start a simple key's `:` may stand.
const MAX_SIMPLE_KEY: usize = 1024;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    StreamEnd,
    VersionDirective { major: u8, minor: u8 },
    TagDirective { handle: String, prefix: String },
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias(String),
    Anchor(String),
    Tag { handle: String, suffix: String },
    Scalar { text: String, plain: bool },
}

#[derive(Clone, Debug)]
pub(super) struct Token {
    pub kind: Kind,
    pub start: Mark,
    pub end: Mark,
}

/// A token that becomes a mapping key if a `:` follows in time.
#[derive(Clone, Copy, Debug, Default)]
struct SimpleKey {
    possible: bool,
    /// In block context at the mapping's own indentation nothing but a key can stand.
    required: bool,
    token_number: usize,
    mark: Mark,
}

pub(super) struct Scanner {
    reader: Reader,
    pub(super) mark: Mark,
    tokens: VecDeque<Token>,
    tokens_parsed: usize,
    pub(super) flow_level: usize,
    /// The current block's column; `None` outside of all blocks.
    pub(super) indent: Option<usize>,
    indents: Vec<Option<usize>>,
    /// One for each flow level, beginning with the block context's.
    simple_keys: Vec<SimpleKey>,
    /// By the number of the token that may be a key: its flow level. Not always up to date: an empty flow collection
    /// takes its own entry away, and is a key only when nobody asked for its tokens before.
    levels_by_token: BTreeMap<usize, usize>,
    pub(super) simple_key_allowed: bool,
    ended: bool,
}

impl Scanner {
    pub fn new(text: &str) -> Self {
        Self {
            reader: Reader::new(text),
            mark: Mark::default(),
            tokens: VecDeque::new(),
            tokens_parsed: 0,
            flow_level: 0,
            indent: None,
            indents: Vec::new(),
            simple_keys: vec![SimpleKey::default()],
            levels_by_token: BTreeMap::new(),
            simple_key_allowed: true,
            ended: false,
        }
    }

    /// The next token, which stays where it is.
    pub fn peek(&mut self) -> Result<Token, Fault> {
        let fetched = self.fetch_more_tokens();
        if let Some(fault) = self.reader.fault() {
            return Err(fault.clone());
        }
        fetched?;
        Ok(self.tokens.front().cloned().unwrap_or(Token { kind: Kind::StreamEnd, start: self.mark, end: self.mark }))
    }

    /// Goes past the token that `peek` gave.
    pub fn skip_token(&mut self) {
        self.tokens.pop_front();
        self.tokens_parsed += 1;
    }

    pub(super) fn at(&self, offset: usize) -> char {
        self.reader.at(self.mark.index + offset)
    }

    /// Reads ahead, so that `length` characters can be looked at.
    pub(super) fn ensure(&mut self, length: usize) {
        self.reader.ensure(self.mark.index, length);
    }

    pub(super) fn skip(&mut self) {
        self.mark.index += 1;
        self.mark.column += 1;
    }

    pub(super) fn read(&mut self, text: &mut String) {
        text.push(self.at(0));
        self.skip();
        self.ensure(1);
    }

    /// Goes past a line break; the character that it stands for in a scalar.
    pub(super) fn skip_line(&mut self) -> Option<char> {
        let (width, meaning) = match (self.at(0), self.at(1)) {
            ('\r', '\n') => (2, '\n'),
            ('\r' | '\n' | '\u{85}', _) => (1, '\n'),
            (separator @ ('\u{2028}' | '\u{2029}'), _) => (1, separator),
            _ => return None,
        };
        self.mark.index += width;
        self.mark.column = 0;
        self.mark.line += 1;
        Some(meaning)
    }

    /// `---` or `...` at the beginning of a line.
    pub(super) fn at_document_indicator(&self) -> bool {
        self.mark.column == 0
            && matches!((self.at(0), self.at(1), self.at(2)), ('-', '-', '-') | ('.', '.', '.'))
            && is_blank_or_end(self.at(3))
    }

    /// Models scannerc.go yaml_parser_fetch_more_tokens.
    fn fetch_more_tokens(&mut self) -> Result<(), Fault> {
        // Behind the end there is nothing; before it is taken, a key of an open flow collection may yet be missed.
        while !(self.ended && self.tokens.is_empty()) {
            if !self.tokens.is_empty() {
                // The first token may yet turn out to be a key, which is announced before it.
                match self.levels_by_token.get(&self.tokens_parsed).copied() {
                    Some(level) if self.is_simple_key_valid(level)? => {}
                    _ => break,
                }
            }
            self.fetch_next_token()?;
        }
        Ok(())
    }

    fn is_simple_key_valid(&mut self, level: usize) -> Result<bool, Fault> {
        let now = self.mark;
        let Some(key) = self.simple_keys.get_mut(level).filter(|key| key.possible) else { return Ok(false) };
        if key.mark.line < now.line || key.mark.index + MAX_SIMPLE_KEY < now.index {
            if key.required {
                return Err(Fault::scanning("could not find expected ':'", now));
            }
            key.possible = false;
            return Ok(false);
        }
        Ok(true)
    }

    pub(super) fn save_simple_key(&mut self) -> Result<(), Fault> {
        if !self.simple_key_allowed {
            return Ok(());
        }
        let required = self.flow_level == 0 && self.indent == Some(self.mark.column);
        self.remove_simple_key()?;
        let token_number = self.tokens_parsed + self.tokens.len();
        if let Some(key) = self.simple_keys.last_mut() {
            *key = SimpleKey { possible: true, required, token_number, mark: self.mark };
        }
        self.levels_by_token.insert(token_number, self.simple_keys.len().saturating_sub(1));
        Ok(())
    }

    fn remove_simple_key(&mut self) -> Result<(), Fault> {
        let now = self.mark;
        if let Some(key) = self.simple_keys.last_mut().filter(|key| key.possible) {
            if key.required {
                return Err(Fault::scanning("could not find expected ':'", now));
            }
            key.possible = false;
            self.levels_by_token.remove(&key.token_number);
        }
        Ok(())
    }

    pub(super) fn push(&mut self, kind: Kind, start: Mark) {
        self.tokens.push_back(Token { kind, start, end: self.mark });
    }

    /// Puts a token before that of a number; behind all where that one was given away already.
    fn insert(&mut self, token_number: usize, kind: Kind, mark: Mark) {
        let token = Token { kind, start: mark, end: mark };
        match token_number.checked_sub(self.tokens_parsed) {
            Some(place) => self.tokens.insert(place.min(self.tokens.len()), token),
            None => self.tokens.push_back(token),
        }
    }

    /// Begins a block when `column` is deeper than the current one.
    fn roll_indent(&mut self, column: usize, token_number: Option<usize>, kind: Kind, mark: Mark) -> Result<(), Fault> {
        if self.flow_level > 0 || self.indent.is_some_and(|indent| indent >= column) {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = Some(column);
        if self.indents.len() > MAX_DEPTH {
            return Err(Fault::too_deep(self.mark));
        }
        let number = token_number.unwrap_or(self.tokens_parsed + self.tokens.len());
        self.insert(number, kind, mark);
        Ok(())
    }

    /// Ends the blocks that are deeper than `column`; all of them for `None`.
    fn unroll_indent(&mut self, column: Option<usize>) {
        if self.flow_level > 0 {
            return;
        }
        while self.indent > column {
            self.push(Kind::BlockEnd, self.mark);
            self.indent = self.indents.pop().flatten();
        }
    }

    fn fetch_next_token(&mut self) -> Result<(), Fault> {
        self.ensure(1);
        self.scan_to_next_token();
        self.unroll_indent(Some(self.mark.column));
        self.ensure(4);
        let next = self.at(1);
        let in_flow = self.flow_level > 0;
        match self.at(0) {
            END => self.fetch_stream_end(),
            '%' if self.mark.column == 0 => self.fetch_directive(),
            indicator @ ('-' | '.') if self.at_document_indicator() => {
                self.fetch_document_indicator(if indicator == '-' { Kind::DocumentStart } else { Kind::DocumentEnd })
            }
            '[' => self.fetch_flow_start(Kind::FlowSequenceStart),
            '{' => self.fetch_flow_start(Kind::FlowMappingStart),
            ']' => self.fetch_flow_end(Kind::FlowSequenceEnd),
            '}' => self.fetch_flow_end(Kind::FlowMappingEnd),
            ',' => {
                self.remove_simple_key()?;
                self.simple_key_allowed = true;
                self.fetch_indicator(Kind::FlowEntry);
                Ok(())
            }
            '-' if is_blank_or_end(next) => self.fetch_block_entry(),
            '?' if in_flow || is_blank_or_end(next) => self.fetch_key(),
            ':' if in_flow || is_blank_or_end(next) => self.fetch_value(),
            '*' | '&' => self.fetch_anchor(),
            '!' => {
                self.save_simple_key()?;
                self.simple_key_allowed = false;
                let start = self.mark;
                let (handle, suffix) = self.scan_tag()?;
                self.push(Kind::Tag { handle, suffix }, start);
                Ok(())
            }
            style @ ('|' | '>') if !in_flow => {
                self.remove_simple_key()?;
                self.simple_key_allowed = true;
                let start = self.mark;
                let text = self.scan_block_scalar(style == '|')?;
                self.push(Kind::Scalar { text, plain: false }, start);
                Ok(())
            }
            quote @ ('\'' | '"') => {
                self.save_simple_key()?;
                self.simple_key_allowed = false;
                let start = self.mark;
                let text = self.scan_quoted_scalar(quote == '\'')?;
                self.push(Kind::Scalar { text, plain: false }, start);
                Ok(())
            }
            first if self.can_start_plain(first, next) => {
                self.save_simple_key()?;
                self.simple_key_allowed = false;
                let start = self.mark;
                let (text, end) = self.scan_plain_scalar()?;
                self.tokens.push_back(Token { kind: Kind::Scalar { text, plain: true }, start, end });
                Ok(())
            }
            _ => Err(Fault::scanning("found character that cannot start any token", self.mark)),
        }
    }

    fn can_start_plain(&self, first: char, next: char) -> bool {
        match first {
            '-' => !is_blank(next),
            '?' | ':' => self.flow_level == 0 && !is_blank_or_end(next),
            ',' | '[' | ']' | '{' | '}' | '#' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => false,
            first => !is_blank_or_end(first),
        }
    }

    /// Goes past blanks, comments and line breaks. A tab counts as a blank only where no key may start: go-yaml
    /// therefore stumbles over a tab in the indentation and accepts one behind a colon.
    fn scan_to_next_token(&mut self) {
        loop {
            self.ensure(1);
            if self.mark.column == 0 && self.reader.sees_byte_order_mark() {
                self.skip();
            }
            self.ensure(1);
            while self.at(0) == ' ' || (self.at(0) == '\t' && (self.flow_level > 0 || !self.simple_key_allowed)) {
                self.skip();
                self.ensure(1);
            }
            self.skip_comment();
            self.ensure(2);
            if self.skip_line().is_none() {
                return;
            }
            if self.flow_level == 0 {
                self.simple_key_allowed = true;
            }
        }
    }

    fn fetch_indicator(&mut self, kind: Kind) {
        let start = self.mark;
        self.skip();
        self.push(kind, start);
    }

    fn fetch_stream_end(&mut self) -> Result<(), Fault> {
        if self.mark.column != 0 {
            self.mark.column = 0;
            self.mark.line += 1;
        }
        self.unroll_indent(None);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        self.push(Kind::StreamEnd, self.mark);
        self.ended = true;
        Ok(())
    }

    fn fetch_directive(&mut self) -> Result<(), Fault> {
        self.unroll_indent(None);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        let start = self.mark;
        let kind = self.scan_directive()?;
        self.push(kind, start);
        Ok(())
    }

    fn fetch_document_indicator(&mut self, kind: Kind) -> Result<(), Fault> {
        self.unroll_indent(None);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        let start = self.mark;
        for _ in 0..3 {
            self.skip();
        }
        self.push(kind, start);
        Ok(())
    }

    fn fetch_flow_start(&mut self, kind: Kind) -> Result<(), Fault> {
        self.save_simple_key()?;
        let token_number = self.tokens_parsed + self.tokens.len();
        self.simple_keys.push(SimpleKey { token_number, mark: self.mark, ..SimpleKey::default() });
        self.flow_level += 1;
        if self.flow_level > MAX_DEPTH {
            return Err(Fault::too_deep(self.mark));
        }
        self.simple_key_allowed = true;
        self.fetch_indicator(kind);
        Ok(())
    }

    fn fetch_flow_end(&mut self, kind: Kind) -> Result<(), Fault> {
        self.remove_simple_key()?;
        if self.flow_level > 0 {
            self.flow_level -= 1;
            if let Some(key) = self.simple_keys.pop() {
                self.levels_by_token.remove(&key.token_number);
            }
        }
        self.simple_key_allowed = false;
        self.fetch_indicator(kind);
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Result<(), Fault> {
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                return Err(Fault::scanning("block sequence entries are not allowed in this context", self.mark));
            }
            self.roll_indent(self.mark.column, None, Kind::BlockSequenceStart, self.mark)?;
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        self.fetch_indicator(Kind::BlockEntry);
        Ok(())
    }

    fn fetch_key(&mut self) -> Result<(), Fault> {
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                return Err(Fault::scanning("mapping keys are not allowed in this context", self.mark));
            }
            self.roll_indent(self.mark.column, None, Kind::BlockMappingStart, self.mark)?;
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = self.flow_level == 0;
        self.fetch_indicator(Kind::Key);
        Ok(())
    }

    fn fetch_value(&mut self) -> Result<(), Fault> {
        let level = self.simple_keys.len().saturating_sub(1);
        if self.is_simple_key_valid(level)? {
            let key = self.simple_keys.get(level).copied().unwrap_or_default();
            self.insert(key.token_number, Kind::Key, key.mark);
            self.roll_indent(key.mark.column, Some(key.token_number), Kind::BlockMappingStart, key.mark)?;
            if let Some(key) = self.simple_keys.get_mut(level) {
                key.possible = false;
            }
            self.levels_by_token.remove(&key.token_number);
            self.simple_key_allowed = false;
        } else {
            if self.flow_level == 0 {
                if !self.simple_key_allowed {
                    return Err(Fault::scanning("mapping values are not allowed in this context", self.mark));
                }
                self.roll_indent(self.mark.column, None, Kind::BlockMappingStart, self.mark)?;
            }
            self.simple_key_allowed = self.flow_level == 0;
        }
        self.fetch_indicator(Kind::Value);
        Ok(())
    }
}

pub(super) fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

pub(super) fn is_break_or_end(c: char) -> bool {
    is_break(c) || c == END
}

pub(super) fn is_blank_or_end(c: char) -> bool {
    is_blank(c) || is_break_or_end(c)
}
