//! Characters to YAML tokens, by the rules of go-yaml, which `kubectl` reads manifests with.
//!
//! An own scanner, because the texts and line numbers of go-yaml's complaints are what a learner must see, and they
//! follow from the order in which its scanner notices things: when a simple key turns out to be none, whether a tab
//! is skipped, where the indentation is unrolled.

use std::collections::VecDeque;

/// How deep collections may nest. Kubernetes' own objects need less than twenty levels.
pub(super) const MAX_DEPTH: usize = 128;

/// How far behind its start a simple key's `:` may stand.
const MAX_SIMPLE_KEY: usize = 1024;

/// Stands for the end of the text: cannot occur in it, because control characters are refused first.
pub(super) const END: char = '\0';

/// A place in the text, counted from zero, in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    pub index: usize,
    pub line: usize,
    pub column: usize,
}

/// What is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// go-yaml's words.
    pub problem: String,
    /// Where: `None` when go-yaml cannot say.
    pub mark: Option<Mark>,
    /// The line number that go-yaml prints; zero when it prints none.
    pub printed_line: usize,
}

impl Fault {
    /// The scanner's line numbers are right, except that it keeps silent about the first line.
    pub fn scanning(problem: impl Into<String>, mark: Mark) -> Self {
        let printed_line = if mark.line == 0 { 0 } else { mark.line + 1 };
        Self { problem: problem.into(), mark: Some(mark), printed_line }
    }

    /// The parser's line numbers are one too small, and fall back to the construct's beginning on the first line.
    pub fn parsing(problem: &str, mark: Mark, context: Option<Mark>) -> Self {
        let printed_line = if mark.line != 0 { mark.line } else { context.map_or(0, |context| context.line) };
        Self { problem: problem.to_owned(), mark: Some(mark), printed_line }
    }

    /// Without a place in go-yaml's text; `mark` is for the editor.
    pub fn decoding(problem: impl Into<String>, mark: Option<Mark>) -> Self {
        Self { problem: problem.into(), mark, printed_line: 0 }
    }
}

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
    chars: Vec<char>,
    pub(super) mark: Mark,
    tokens: VecDeque<Token>,
    tokens_parsed: usize,
    pub(super) flow_level: usize,
    /// The current block's column; `None` outside of all blocks.
    pub(super) indent: Option<usize>,
    indents: Vec<Option<usize>>,
    /// One for each flow level, beginning with the block context's.
    simple_keys: Vec<SimpleKey>,
    pub(super) simple_key_allowed: bool,
    ended: bool,
}

impl Scanner {
    pub fn new(text: &str) -> Self {
        Self {
            chars: text.chars().collect(),
            mark: Mark::default(),
            tokens: VecDeque::new(),
            tokens_parsed: 0,
            flow_level: 0,
            indent: None,
            indents: Vec::new(),
            simple_keys: vec![SimpleKey::default()],
            simple_key_allowed: true,
            ended: false,
        }
    }

    /// The next token, which stays where it is.
    pub fn peek(&mut self) -> Result<Token, Fault> {
        self.fetch_more_tokens()?;
        Ok(self.tokens.front().cloned().unwrap_or(Token { kind: Kind::StreamEnd, start: self.mark, end: self.mark }))
    }

    /// Goes past the token that `peek` gave.
    pub fn skip_token(&mut self) {
        self.tokens.pop_front();
        self.tokens_parsed += 1;
    }

    pub(super) fn at(&self, offset: usize) -> char {
        self.chars.get(self.mark.index + offset).copied().unwrap_or(END)
    }

    pub(super) fn skip(&mut self) {
        self.mark.index += 1;
        self.mark.column += 1;
    }

    pub(super) fn read(&mut self, text: &mut String) {
        text.push(self.at(0));
        self.skip();
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

    fn fetch_more_tokens(&mut self) -> Result<(), Fault> {
        while !self.ended {
            if !self.tokens.is_empty() {
                // The first token may yet turn out to be a key, which is announced before it.
                let head = self.tokens_parsed;
                match self.simple_keys.iter().position(|key| key.possible && key.token_number == head) {
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

    fn save_simple_key(&mut self) -> Result<(), Fault> {
        if !self.simple_key_allowed {
            return Ok(());
        }
        let required = self.flow_level == 0 && self.indent == Some(self.mark.column);
        self.remove_simple_key()?;
        let token_number = self.tokens_parsed + self.tokens.len();
        if let Some(key) = self.simple_keys.last_mut() {
            *key = SimpleKey { possible: true, required, token_number, mark: self.mark };
        }
        Ok(())
    }

    fn remove_simple_key(&mut self) -> Result<(), Fault> {
        let now = self.mark;
        if let Some(key) = self.simple_keys.last_mut().filter(|key| key.possible) {
            if key.required {
                return Err(Fault::scanning("could not find expected ':'", now));
            }
            key.possible = false;
        }
        Ok(())
    }

    fn push(&mut self, kind: Kind, start: Mark) {
        self.tokens.push_back(Token { kind, start, end: self.mark });
    }

    fn insert(&mut self, token_number: usize, kind: Kind, mark: Mark) {
        let place = token_number.saturating_sub(self.tokens_parsed).min(self.tokens.len());
        self.tokens.insert(place, Token { kind, start: mark, end: mark });
    }

    /// Begins a block when `column` is deeper than the current one.
    fn roll_indent(&mut self, column: usize, token_number: Option<usize>, kind: Kind, mark: Mark) -> Result<(), Fault> {
        if self.flow_level > 0 || self.indent.is_some_and(|indent| indent >= column) {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = Some(column);
        if self.indents.len() > MAX_DEPTH {
            return Err(too_deep(self.mark));
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
        self.scan_to_next_token();
        self.unroll_indent(Some(self.mark.column));
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
            if self.mark.column == 0 && self.at(0) == '\u{feff}' {
                self.skip();
            }
            while self.at(0) == ' ' || (self.at(0) == '\t' && (self.flow_level > 0 || !self.simple_key_allowed)) {
                self.skip();
            }
            if self.at(0) == '#' {
                while !is_break_or_end(self.at(0)) {
                    self.skip();
                }
            }
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
        self.simple_keys.push(SimpleKey::default());
        self.flow_level += 1;
        if self.flow_level > MAX_DEPTH {
            return Err(too_deep(self.mark));
        }
        self.simple_key_allowed = true;
        self.fetch_indicator(kind);
        Ok(())
    }

    fn fetch_flow_end(&mut self, kind: Kind) -> Result<(), Fault> {
        self.remove_simple_key()?;
        if self.flow_level > 0 {
            self.flow_level -= 1;
            self.simple_keys.pop();
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

    fn fetch_anchor(&mut self) -> Result<(), Fault> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let start = self.mark;
        let is_alias = self.at(0) == '*';
        self.skip();
        let name = self.scan_word();
        let follows = self.at(0);
        if name.is_empty()
            || !(is_blank_or_end(follows) || matches!(follows, '?' | ':' | ',' | ']' | '}' | '%' | '@' | '`'))
        {
            return Err(Fault::scanning("did not find expected alphabetic or numeric character", self.mark));
        }
        self.push(if is_alias { Kind::Alias(name) } else { Kind::Anchor(name) }, start);
        Ok(())
    }

    /// Letters, digits, `_` and `-`.
    pub(super) fn scan_word(&mut self) -> String {
        let mut word = String::new();
        while self.at(0).is_ascii_alphanumeric() || matches!(self.at(0), '_' | '-') {
            self.read(&mut word);
        }
        word
    }
}

pub(super) fn too_deep(mark: Mark) -> Fault {
    Fault::scanning(format!("exceeded max depth of {MAX_DEPTH}"), mark)
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
