//! Coloured pieces of a manifest for the editor. Reads line by line and never gives up, whatever is typed.

use std::ops::Range;

use super::resolve::{Scalar, resolve_untagged};

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A mapping's key.
    Key,
    /// A text.
    String,
    /// A number.
    Number,
    /// A boolean or null.
    Constant,
    /// From `#` to the end of the line.
    Comment,
    /// Dashes, colons, brackets, `---`, block scalar headers.
    Punctuation,
    /// Anchors, aliases and tags.
    Anchor,
    /// What cannot stand there: a tab in the indentation, a reserved character.
    Error,
}

/// A piece of text and what it is. Pieces do not overlap; blanks are in none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// In bytes.
    pub range: Range<usize>,
    /// See [`Class`].
    pub class: Class,
}

/// The pieces of `text`, in order.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut lexer = Lexer::default();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        lexer.line(line.trim_end_matches(['\n', '\r']), start);
        start += line.len();
    }
    lexer.tokens
}

#[derive(Default)]
struct Lexer {
    tokens: Vec<Token>,
    /// How many brackets are open.
    flow_depth: usize,
    /// The quote of a scalar that goes on from line to line.
    quote: Option<u8>,
    /// The column that the lines of a block scalar must be right of.
    block_scalar: Option<usize>,
    /// The column of the innermost key or item on the current line.
    column: usize,
}

impl Lexer {
    fn push(&mut self, range: Range<usize>, class: Class) {
        if !range.is_empty() {
            self.tokens.push(Token { range, class });
        }
    }

    fn line(&mut self, line: &str, start: usize) {
        let bytes = line.as_bytes();
        let spaces = bytes.iter().take_while(|byte| **byte == b' ').count();
        if let Some(column) = self.block_scalar {
            if spaces == bytes.len() || spaces > column || (spaces == 0 && column == 0 && bytes.first() == Some(&b' '))
            {
                self.push(start + spaces..start + line.len(), Class::String);
                return;
            }
            self.block_scalar = None;
        }
        let mut at = 0;
        if let Some(quote) = self.quote {
            at = self.quoted(bytes, 0, quote, start);
        } else if self.flow_depth == 0 {
            if (line.starts_with("---") || line.starts_with("...")) && bytes.get(3).is_none_or(|byte| is_blank(*byte)) {
                self.push(start..start + 3, Class::Punctuation);
                at = 3;
            } else {
                at = bytes.iter().take_while(|byte| is_blank(**byte)).count();
                let is_content = bytes.get(at).is_some_and(|byte| *byte != b'#');
                if is_content && at > spaces {
                    self.push(start + spaces..start + at, Class::Error);
                }
            }
            self.column = at;
        }
        while at < bytes.len() {
            at = self.piece(line, at, start);
        }
    }

    /// Takes one piece of `line` at `at`; where the next one begins.
    fn piece(&mut self, line: &str, at: usize, start: usize) -> usize {
        let bytes = line.as_bytes();
        let byte = bytes.get(at).copied().unwrap_or_default();
        let ends = bytes.get(at + 1).is_none_or(|next| is_blank(*next));
        match byte {
            byte if is_blank(byte) => at + 1,
            b'#' if at == 0 || bytes.get(at - 1).is_some_and(|before| is_blank(*before)) => {
                self.push(start + at..start + line.len(), Class::Comment);
                line.len()
            }
            b'-' | b'?' | b':' if ends || (byte == b':' && self.flow_depth > 0) => {
                self.push(start + at..start + at + 1, Class::Punctuation);
                if byte == b'-' {
                    self.column = at;
                }
                at + 1
            }
            b'[' | b'{' => {
                self.flow_depth += 1;
                self.push(start + at..start + at + 1, Class::Punctuation);
                at + 1
            }
            b']' | b'}' => {
                let class = if self.flow_depth > 0 { Class::Punctuation } else { Class::Error };
                self.flow_depth = self.flow_depth.saturating_sub(1);
                self.push(start + at..start + at + 1, class);
                at + 1
            }
            b',' if self.flow_depth > 0 => {
                self.push(start + at..start + at + 1, Class::Punctuation);
                at + 1
            }
            b'&' | b'*' | b'!' => {
                let length =
                    bytes.iter().skip(at).take_while(|byte| !is_blank(**byte) && !b",]}".contains(byte)).count();
                self.push(start + at..start + at + length.max(1), Class::Anchor);
                at + length.max(1)
            }
            b'|' | b'>' if self.flow_depth == 0 => {
                let length = bytes.iter().skip(at).take_while(|byte| !is_blank(**byte)).count();
                self.push(start + at..start + at + length, Class::Punctuation);
                self.block_scalar = Some(self.column);
                at + length
            }
            b'"' | b'\'' => self.quoted(bytes, at, byte, start),
            _ => self.plain(line, at, start),
        }
    }

    /// A quoted scalar, or what this line holds of it.
    fn quoted(&mut self, bytes: &[u8], from: usize, quote: u8, start: usize) -> usize {
        let mut at = if self.quote.is_some() { from } else { from + 1 };
        self.quote = Some(quote);
        while let Some(byte) = bytes.get(at) {
            at += 1;
            let is_escape = *byte == b'\\' && quote == b'"';
            if is_escape || (*byte == quote && quote == b'\'' && bytes.get(at) == Some(&quote)) {
                at += 1;
            } else if *byte == quote {
                self.quote = None;
                break;
            }
        }
        let at = at.min(bytes.len());
        let blanks = bytes.iter().skip(at).take_while(|byte| is_blank(**byte)).count();
        let is_key = self.quote.is_none() && bytes.get(at + blanks) == Some(&b':');
        if is_key && self.flow_depth == 0 {
            self.column = from;
        }
        self.push(start + from..start + at, if is_key { Class::Key } else { Class::String });
        at
    }

    fn plain(&mut self, line: &str, from: usize, start: usize) -> usize {
        let bytes = line.as_bytes();
        let mut end = from;
        let mut is_key = false;
        while let Some(byte) = bytes.get(end) {
            let before_blank = bytes.get(end + 1).is_none_or(|next| is_blank(*next));
            let in_flow = self.flow_depth > 0;
            if *byte == b':'
                && (before_blank || (in_flow && bytes.get(end + 1).is_some_and(|next| b",]}".contains(next))))
            {
                is_key = true;
                break;
            }
            if in_flow && b",[]{}".contains(byte) {
                break;
            }
            if *byte == b'#' && end > from && bytes.get(end - 1).is_some_and(|before| is_blank(*before)) {
                break;
            }
            end += 1;
        }
        let end = end.max(from + 1).min(bytes.len());
        let text = line.get(from..end).unwrap_or_default().trim_end();
        if text.starts_with(['@', '`']) || (text.starts_with('%') && from > 0) {
            self.push(start + from..start + from + text.len(), Class::Error);
            return end;
        }
        if is_key && self.flow_depth == 0 {
            self.column = from;
        }
        let class = match resolve_untagged(text) {
            _ if is_key => Class::Key,
            Scalar::Null | Scalar::Bool(_) => Class::Constant,
            Scalar::Int(_) | Scalar::Unsigned(_) | Scalar::Float(_) => Class::Number,
            Scalar::Text(_) => Class::String,
        };
        self.push(start + from..start + from + text.len(), class);
        end
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}
