//! Characters that only look right: spaces that are none, quotes and colons of an input method, what cannot be seen.
//!
//! They come with what is pasted from web pages and with Chinese punctuation that was left on. Where they stand in a text
//! or a comment they are left alone; where YAML or the shell means an ASCII character, they are found, named, and can be
//! mended.

mod characters;
mod command;
mod manifest;

use std::ops::Range;

pub use command::in_command;
pub use manifest::in_manifest;

use super::{Edit, part};
use crate::lang::Lang;

/// More are not looked for at once.
pub const MOST_FOUND: usize = 500;

/// Characters of one kind that stand side by side and only look right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Odd {
    /// Where they are.
    pub range: Range<usize>,
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1, in characters.
    pub column: usize,
    /// The first of them.
    pub character: char,
    /// How many.
    pub count: usize,
    /// What is to stand there.
    pub instead: String,
}

impl Odd {
    /// What they are and what is meant, as a sentence without an end: `no-break space (U+00A0) instead of a space`.
    pub fn describe(&self, lang: Lang) -> String {
        let (name_zh, name_en) = characters::name(self.character);
        let code = format!("U+{:04X}", u32::from(self.character));
        let seen = if characters::is_seen(self.character) { self.character.to_string() } else { String::new() };
        let (zh, en) = match self.instead.as_str() {
            "" => ("看不见，应删去".to_owned(), "which cannot be seen and should not be here".to_owned()),
            instead if instead.trim().is_empty() && self.character == '\t' => {
                ("缩进应使用空格".to_owned(), "where YAML wants spaces".to_owned())
            }
            instead if instead.trim().is_empty() => ("应为普通空格".to_owned(), "instead of a plain space".to_owned()),
            instead => (format!("应为 {}", instead.trim()), format!("instead of {}", instead.trim())),
        };
        let times = if self.count > 1 { format!("{} × ", self.count) } else { String::new() };
        match lang {
            Lang::Zh if seen.is_empty() => format!("{times}{name_zh}（{code}），{zh}"),
            Lang::Zh => format!("{times}{name_zh} {seen}（{code}），{zh}"),
            Lang::En if seen.is_empty() => format!("{times}{name_en} ({code}) {en}"),
            Lang::En => format!("{times}{name_en} {seen} ({code}) {en}"),
        }
    }
}

/// Puts right what was found, which may be one of them or all; the caret stays where it is in what it is in.
pub fn mend(text: &str, found: &[Odd], caret: usize) -> Option<Edit> {
    let range = found.first()?.range.start..found.last()?.range.end;
    let mut mended = String::new();
    let mut at = range.start;
    let mut moved = caret;
    for odd in found {
        mended.push_str(part(text, at..odd.range.start));
        mended.push_str(&odd.instead);
        at = odd.range.end;
        if odd.range.end <= caret {
            moved = (moved + odd.instead.len()).saturating_sub(odd.range.len());
        } else if odd.range.start < caret {
            moved = moved.saturating_sub(caret - odd.range.start);
        }
    }
    Some(Edit { range, text: mended, selection: moved..moved })
}

/// Where findings are gathered: a place in a text, its line and column.
struct Finder {
    found: Vec<Odd>,
    line: usize,
}

impl Finder {
    fn new() -> Self {
        Self { found: Vec::new(), line: 1 }
    }

    fn is_full(&self) -> bool {
        self.found.len() >= MOST_FOUND
    }

    /// Notes a character; one that goes on with the last one is counted with it.
    fn add(&mut self, at: usize, column: usize, character: char, instead: &str) {
        if let Some(last) = self.found.last_mut()
            && last.range.end == at
            && last.character == character
            && last.line == self.line
        {
            last.range.end += character.len_utf8();
            last.count += 1;
            last.instead.push_str(instead);
        } else if !self.is_full() {
            let range = at..at + character.len_utf8();
            let instead = instead.to_owned();
            self.found.push(Odd { range, line: self.line, column, character, count: 1, instead });
        }
    }
}
