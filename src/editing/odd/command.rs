//! A command line's characters that only look right.

use super::characters::{is_dash, is_invisible, is_odd_space, is_of_text, narrow, quote_for, space_for};
use super::{Finder, Odd, part};

/// What only looks right in a command. Within the shell's own quotes, and in words that are Chinese, wide characters are
/// right.
pub fn in_command(line: &str) -> Vec<Odd> {
    if line.is_ascii() {
        return Vec::new();
    }
    let mut reader = Reader { line, finder: Finder::new(), quote: None, curly: None, is_word: false, column: 0 };
    let mut chars = line.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        reader.column += 1;
        if c == '\\' && reader.quote != Some('\'') {
            reader.is_word = true;
            reader.column += usize::from(chars.next().is_some());
        } else {
            reader.read(at, c);
        }
        if reader.finder.is_full() {
            break;
        }
    }
    reader.finder.found
}

struct Reader<'a> {
    line: &'a str,
    finder: Finder,
    /// The shell's quote that is open.
    quote: Option<char>,
    /// What a curly quote that is open stands for.
    curly: Option<&'static str>,
    /// Whether a word has begun.
    is_word: bool,
    column: usize,
}

impl Reader<'_> {
    fn read(&mut self, at: usize, c: char) {
        if c == '\n' {
            self.finder.line += 1;
            (self.column, self.is_word) = (0, false);
        } else if let Some(open) = self.quote {
            if c == open {
                self.quote = None;
            }
        } else if let Some(open) = self.curly {
            if quote_for(c) == Some(open) {
                self.curly = None;
                self.finder.add(at, self.column, c, open);
            }
        } else {
            self.read_bare(at, c);
        }
    }

    fn read_bare(&mut self, at: usize, c: char) {
        let rest = part(self.line, at + c.len_utf8()..self.line.len());
        let column = self.column;
        match c {
            '"' | '\'' => self.quote = Some(c),
            ' ' | '\t' | ';' | '|' | '&' | '<' | '>' | '(' | ')' => return self.is_word = false,
            _ if is_odd_space(c) => {
                self.finder.add(at, column, c, space_for(c));
                return self.is_word = false;
            }
            _ if is_invisible(c) => return self.finder.add(at, column, c, ""),
            _ if quote_for(c).is_some() && (!self.is_word || part(self.line, 0..at).ends_with('=')) => {
                let quote = quote_for(c).unwrap_or_default();
                // One that is never closed is no quote.
                if rest.chars().any(|c| quote_for(c) == Some(quote)) {
                    self.finder.add(at, column, c, quote);
                    self.curly = Some(quote);
                }
            }
            _ if is_dash(c) && !self.is_word_of_text(at) => self.read_dash(at, c, rest),
            _ => {
                if let Some(plain) = narrow(c).filter(|_| !self.is_word_of_text(at)) {
                    self.finder.add(at, column, c, plain.encode_utf8(&mut [0; 4]));
                }
            }
        }
        self.is_word = true;
    }

    /// A dash at a word's beginning is a flag's: a long one is what a word processor makes of two hyphens.
    fn read_dash(&mut self, at: usize, c: char, rest: &str) {
        let is_flag = rest.starts_with(|c: char| c.is_ascii_alphanumeric() || is_dash(c) || c == '-');
        let is_long = rest.starts_with(|c: char| c.is_ascii_alphabetic())
            && rest.chars().nth(1).is_some_and(|c| c.is_ascii_alphabetic());
        if c == '－' || (self.is_word && rest.starts_with(|c: char| c.is_ascii_alphanumeric())) {
            self.finder.add(at, self.column, c, "-");
        } else if !self.is_word && is_flag {
            self.finder.add(at, self.column, c, if is_long { "--" } else { "-" });
        } else if part(self.line, 0..at).ends_with(|c: char| is_dash(c) || c == '-') {
            self.finder.add(at, self.column, c, "-");
        }
    }

    /// Whether the word around `at` is of a language that writes wide.
    fn is_word_of_text(&self, at: usize) -> bool {
        let is_end = |c: char| c.is_whitespace() || is_odd_space(c) || "\"';|&<>()=".contains(c);
        let (before, behind) = (part(self.line, 0..at), part(self.line, at..self.line.len()));
        let before = before.chars().rev().take_while(|c| !is_end(*c));
        before.chain(behind.chars().take_while(|c| !is_end(*c))).any(is_of_text)
    }
}
