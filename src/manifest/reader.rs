//! A text as the scanner sees it: read ahead in pieces, as far as somebody looked.

use super::fault::{Fault, Mark};

/// Stands for the end of the text: cannot occur in it, because control characters are refused first.
pub(super) const END: char = '\0';

/// How many bytes go-yaml takes from its input at once. Models readerc.go input_raw_buffer_size.
const PIECE_BYTES: usize = 512;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// Models go-yaml v2 readerc.go yaml_parser_update_buffer. It matters how far the text was read: a character that is
/// not allowed is a complaint only when it was, and then before all others; and a byte order mark counts as one only
/// where the buffer begins.
pub(super) struct Reader {
    text: String,
    /// How many bytes of the text are in `chars`.
    taken: usize,
    chars: Vec<char>,
    /// The character at which go-yaml's buffer begins.
    buffer_start: usize,
    at_end: bool,
    fault: Option<Fault>,
    /// Where the last character that was read stands.
    mark: Mark,
}

impl Reader {
    /// A byte order mark at the beginning names the encoding and is no character.
    pub fn new(text: &str) -> Self {
        Self {
            text: text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text).to_owned(),
            taken: 0,
            chars: Vec::new(),
            buffer_start: 0,
            at_end: false,
            fault: None,
            mark: Mark::default(),
        }
    }

    /// The character at `index`; the end's beyond what was read.
    pub fn at(&self, index: usize) -> char {
        self.chars.get(index).copied().unwrap_or(END)
    }

    /// Sees to it that `length` characters from `index` on can be looked at.
    pub fn ensure(&mut self, index: usize, length: usize) {
        if self.chars.len() >= index + length {
            return;
        }
        self.buffer_start = index;
        while self.chars.len() < index + length && !self.at_end {
            self.take_piece();
        }
    }

    /// Whether go-yaml sees a byte order mark, wherever in the text it is. Models yamlprivateh.go is_bom.
    pub fn sees_byte_order_mark(&self) -> bool {
        self.at(self.buffer_start) == BYTE_ORDER_MARK
    }

    /// What the text may not hold, once it has been read.
    pub fn fault(&self) -> Option<&Fault> {
        self.fault.as_ref()
    }

    fn take_piece(&mut self) {
        let rest = self.text.get(self.taken..).unwrap_or_default();
        let mut end = rest.len().min(PIECE_BYTES);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        if end == 0 {
            self.at_end = true;
        }
        for char in rest.get(..end).unwrap_or_default().chars() {
            if !is_allowed(char) {
                self.fault = Some(Fault::decoding("control characters are not allowed", Some(self.mark)));
                self.at_end = true;
                return;
            }
            self.chars.push(char);
            if char == '\n' {
                self.mark.line += 1;
                self.mark.column = 0;
            } else {
                self.mark.column += 1;
            }
        }
        self.taken += end;
    }
}

fn is_allowed(char: char) -> bool {
    matches!(char, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}')
        || char >= '\u{10000}'
}
