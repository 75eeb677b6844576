//! Lines of a text, and the browser's way of counting in it.

use std::ops::Range;

use super::part;

/// Where each line of a text begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lines {
    starts: Vec<usize>,
    length: usize,
    widest: usize,
}

impl Default for Lines {
    fn default() -> Self {
        Self::of("")
    }
}

impl Lines {
    /// Reads a text once.
    pub fn of(text: &str) -> Self {
        let mut starts = vec![0];
        let (mut widest, mut width) = (0, 0);
        for (at, byte) in text.bytes().enumerate() {
            match byte {
                b'\n' => {
                    starts.push(at + 1);
                    widest = widest.max(width);
                    width = 0;
                }
                b'\t' => width += 2,
                // Of a character of three bytes and more two columns are wide enough.
                0x80..0xC0 | 0xF0.. => {}
                0xE0..0xF0 => width += 2,
                _ => width += 1,
            }
        }
        Self { starts, length: text.len(), widest: widest.max(width) }
    }

    /// How many lines there are; an empty text has one.
    pub fn count(&self) -> usize {
        self.starts.len()
    }

    /// Columns of the widest line, about: a wide character takes two.
    pub fn widest(&self) -> usize {
        self.widest
    }

    /// The bytes of a line that is counted from 0, without its line feed.
    pub fn range(&self, line: usize) -> Range<usize> {
        let start = self.starts.get(line).copied().unwrap_or(self.length);
        let end = self.starts.get(line + 1).map_or(self.length, |next| next - 1);
        start..end
    }

    /// The line, counted from 0, in which a place is.
    pub fn line_of(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at).saturating_sub(1)
    }
}

/// The byte at which `units` of UTF-16, in which a browser counts, have gone by.
pub fn from_units(text: &str, units: usize) -> usize {
    let mut counted = 0;
    let mut at = 0;
    // Most of a manifest is ASCII, of which a unit is a byte.
    for chunk in text.as_bytes().chunks(256) {
        if !chunk.is_ascii() || counted + chunk.len() > units {
            break;
        }
        counted += chunk.len();
        at += chunk.len();
    }
    for c in part(text, at..text.len()).chars() {
        if counted >= units {
            return at;
        }
        counted += c.len_utf16();
        at += c.len_utf8();
    }
    at
}

/// How many units of UTF-16 stand before a byte.
pub fn units(text: &str, at: usize) -> usize {
    let before = part(text, 0..at.min(text.len()));
    if before.is_ascii() { before.len() } else { before.chars().map(char::len_utf16).sum() }
}
