//! What a terminal shows: what was typed and written, in parts, so that a page lays out only the part that changes. The
//! oldest goes when there is too much.

use std::sync::Arc;

use leptos::prelude::*;

/// More of it than this many bytes, or pieces, is not held.
const MOST_BYTES: usize = 256 << 10;
const MOST_ENTRIES: usize = 600;
/// A part of more bytes is closed at the next line feed.
const PART_BYTES: usize = 8 << 10;

/// What a piece of the terminal's log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// A command, as typed.
    Command,
    /// Its output.
    Out,
    /// Its errors.
    Err,
}

/// A piece of the terminal's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Counts the pieces.
    pub number: u64,
    /// What it is.
    pub said: Said,
    /// Its text.
    pub text: Arc<str>,
}

/// Pieces that are laid out together: of one command, and not too many.
#[derive(Clone, Debug)]
pub struct Part {
    /// The number of its first piece.
    pub number: u64,
    /// Its pieces.
    pub entries: ArcRwSignal<Vec<Entry>>,
    bytes: usize,
    is_open: bool,
}

/// The log of a terminal.
#[derive(Clone, Debug, Default)]
pub struct Transcript {
    parts: Vec<Part>,
    /// Whether its beginning is not held any more.
    pub is_thinned: bool,
    next: u64,
}

impl Transcript {
    /// Its parts, the oldest first.
    pub fn parts(&self) -> Vec<Part> {
        self.parts.clone()
    }

    /// Whether nothing was said.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Adds what was said.
    pub fn say(&mut self, said: Said, text: &str) {
        // Of more than is held only the end would stay.
        let begin = text.len().saturating_sub(MOST_BYTES);
        let begin = (begin..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        self.is_thinned |= begin > 0;
        let mut rest = text.get(begin..).unwrap_or_default();
        while !rest.is_empty() || said == Said::Command {
            let (piece, behind) = rest.split_at(piece_end(rest));
            self.add(said, piece);
            rest = behind;
            if said == Said::Command && rest.is_empty() {
                break;
            }
        }
        self.thin_out();
    }

    /// What was written since the last command goes; the command too, with all before it, when it asked for just that.
    pub fn erase(&mut self) {
        let first = |part: &Part| part.entries.with_untracked(|entries| entries.first().cloned());
        let command = self.parts.iter().rposition(|part| first(part).is_some_and(|entry| entry.said == Said::Command));
        let kept = command.and_then(|at| Some((at, first(self.parts.get(at)?)?)));
        match kept.filter(|(_, command)| command.text.trim() != "clear") {
            Some((at, _)) => {
                self.parts.truncate(at + 1);
                if let Some(part) = self.parts.last() {
                    part.entries.update(|entries| entries.truncate(1));
                }
            }
            None => self.parts.clear(),
        }
    }

    fn add(&mut self, said: Said, text: &str) {
        self.next += 1;
        let entry = Entry { number: self.next, said, text: text.into() };
        let is_open = self.parts.last().is_some_and(|part| part.is_open) && said != Said::Command;
        if !is_open {
            let entries = ArcRwSignal::new(Vec::new());
            self.parts.push(Part { number: entry.number, entries, bytes: 0, is_open: true });
        }
        if let Some(part) = self.parts.last_mut() {
            part.bytes += text.len();
            part.is_open = part.bytes < PART_BYTES || !text.ends_with('\n');
            part.entries.update(|entries| entries.push(entry));
        }
    }

    fn thin_out(&mut self) {
        let count = |part: &Part| part.entries.with_untracked(Vec::len);
        let mut bytes: usize = self.parts.iter().map(|part| part.bytes).sum();
        let mut entries: usize = self.parts.iter().map(count).sum();
        let mut dropped = 0;
        for part in self.parts.iter().take(self.parts.len().saturating_sub(1)) {
            if bytes <= MOST_BYTES && entries <= MOST_ENTRIES {
                break;
            }
            bytes -= part.bytes;
            entries -= count(part);
            dropped += 1;
        }
        self.is_thinned |= dropped > 0;
        self.parts.drain(..dropped);
    }
}

/// Where the first piece of a text ends: behind the line feed that fills a part, if there is one.
fn piece_end(text: &str) -> usize {
    let from = (PART_BYTES.min(text.len())..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    text.get(from..).and_then(|behind| behind.find('\n')).map_or(text.len(), |at| from + at + 1)
}
