//! What an editor of manifests does to a text, without a browser: indentation, comments, pairs, undo, search,
//! completion, and characters that only look right.
//!
//! A text is a `&str`, a place in it a byte offset, and what is to be done an [`Edit`]. The page turns that into what its
//! text area does; tests need no page.

pub mod completion;
mod explained;
mod history;
mod indentation;
mod lines;
pub mod odd;
mod pairs;
mod search;

use std::ops::Range;

pub use history::History;
pub use indentation::{backspace, comment, indent, newline, outdent};
pub use lines::{Lines, from_units, units};
pub use pairs::{pair, unpair};
pub use search::{MOST_FOUND, find};

/// A change of a text, and what is selected after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is taken out.
    pub range: Range<usize>,
    /// What is put in its place.
    pub text: String,
    /// What is selected in the new text; empty for a caret.
    pub selection: Range<usize>,
}

impl Edit {
    /// Puts `text` in place of `range`, with the caret behind it.
    pub fn new(range: Range<usize>, text: impl Into<String>) -> Self {
        let text = text.into();
        let caret = range.start + text.len();
        Self { range, text, selection: caret..caret }
    }

    fn selecting(self, selection: Range<usize>) -> Self {
        Self { selection, ..self }
    }

    /// The text after the change.
    pub fn apply(&self, text: &str) -> String {
        let (before, behind) = (part(text, 0..self.range.start), part(text, self.range.end..text.len()));
        format!("{before}{}{behind}", self.text)
    }
}

/// A part of a text; nothing where the range is none of it.
fn part(text: &str, range: Range<usize>) -> &str {
    text.get(range).unwrap_or_default()
}

/// Where the line of `at` begins.
fn line_start(text: &str, at: usize) -> usize {
    part(text, 0..at).rfind('\n').map_or(0, |feed| feed + 1)
}

/// Where the line of `at` ends, before its line feed.
fn line_end(text: &str, at: usize) -> usize {
    part(text, at..text.len()).find('\n').map_or(text.len(), |feed| at + feed)
}

/// A line without its comment: a `#` begins one behind a space or at the beginning, outside of quotes.
fn without_comment(line: &str) -> &str {
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '"' | '\'') if !before.is_alphanumeric() => quote = Some(c),
            (None, '#') if matches!(before, ' ' | '\t') => return part(line, 0..at),
            _ => {}
        }
        before = c;
    }
    line
}

#[cfg(test)]
mod tests;
