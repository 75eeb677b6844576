//! A manifest's characters that only look right, line by line, so that half-typed text is read too.

use super::characters::{is_dash, is_direction, is_invisible, is_odd_space, is_of_text, narrow, quote_for, space_for};
use super::{Finder, Odd, part};

/// What only looks right in YAML. In comments, quoted texts and texts of several lines wide characters are right, and in
/// plain values that are Chinese.
pub fn in_manifest(text: &str) -> Vec<Odd> {
    let mut finder = Finder::new();
    // The indentation of the key whose text of several lines this is.
    let mut block: Option<usize> = None;
    let mut start = 0;
    for line in text.split('\n') {
        // Most lines have nothing to look for.
        let is_plain = line.is_ascii() && !line.contains('\t');
        let is_blank = line.trim().is_empty();
        let depth = line.chars().take_while(|c| *c == ' ').count();
        if block.is_some_and(|of| !is_blank && depth <= of) && !begins_oddly(line) {
            block = None;
        }
        let mut reader = Reader { line, start, finder: &mut finder };
        if !is_plain && block.is_some() {
            reader.read_block_line();
        } else if !is_plain {
            reader.read_line();
        }
        if block.is_none() && opens_block(line) {
            block = Some(depth);
        }
        if finder.is_full() {
            break;
        }
        finder.line += 1;
        start += line.len() + 1;
    }
    finder.found
}

/// Whether the line's indentation has more than spaces.
fn begins_oddly(line: &str) -> bool {
    line.chars().find(|c| *c != ' ').is_some_and(is_odd_space)
}

fn opens_block(line: &str) -> bool {
    let content = crate::editing::without_comment(line).trim_end();
    let Some((before, head)) = content.rsplit_once(' ') else { return false };
    let mut chars = head.chars();
    matches!(chars.next(), Some('|' | '>'))
        && chars.all(|c| matches!(c, '+' | '-' | '1'..='9'))
        && before.ends_with([':', '-'])
}

/// Reads one line.
struct Reader<'a, 'f> {
    line: &'a str,
    /// Where it is in the text.
    start: usize,
    finder: &'f mut Finder,
}

impl Reader<'_, '_> {
    fn rest(&self, at: usize) -> &str {
        part(self.line, at..self.line.len())
    }

    fn add(&mut self, at: usize, character: char, instead: &str) {
        let column = part(self.line, 0..at).chars().count() + 1;
        self.finder.add(self.start + at, column, character, instead);
    }

    /// Of a text of several lines only the indentation is YAML's.
    fn read_block_line(&mut self) {
        let line = self.line;
        for (at, c) in line.char_indices().take_while(|(_, c)| *c == ' ' || is_odd_space(*c) || is_invisible(*c)) {
            match c {
                ' ' => {}
                _ if is_odd_space(c) => self.add(at, c, space_for(c)),
                _ => self.add(at, c, ""),
            }
        }
    }

    fn read_line(&mut self) {
        let at = self.read_indentation();
        let at = self.read_items(at);
        self.read_content(at);
    }

    /// The spaces at the beginning and what looks like them; answers where the content begins.
    fn read_indentation(&mut self) -> usize {
        let line = self.line;
        let is_space = |c: char| c.is_whitespace() || is_odd_space(c) || is_invisible(c);
        let end = line.find(|c: char| !is_space(c)).unwrap_or(line.len());
        // YAML lets tabs be where nothing follows.
        let is_empty = self.rest(end).is_empty() || self.rest(end).starts_with('#');
        for (at, c) in part(line, 0..end).char_indices() {
            match c {
                '\t' if !is_empty => self.add(at, c, "  "),
                _ if is_odd_space(c) => self.add(at, c, space_for(c)),
                // A byte order mark at the beginning is read as such.
                _ if is_invisible(c) && self.start + at > 0 => self.add(at, c, ""),
                _ => {}
            }
        }
        end
    }

    /// The marks of list items: `- `, or what looks like it.
    fn read_items(&mut self, from: usize) -> usize {
        let mut at = from;
        loop {
            let line = self.line;
            let mut chars = part(line, at..line.len()).chars();
            let Some(mark) = chars.next().filter(|c| *c == '-' || is_dash(*c)) else { return at };
            let behind = at + mark.len_utf8();
            let next = chars.next();
            let is_spaced = next.is_none_or(|c| c == ' ' || is_odd_space(c));
            if mark != '-' {
                let is_item = is_spaced || (mark == '－' && next != Some('－'));
                if !is_item {
                    return at;
                }
                self.add(at, mark, if is_spaced { "-" } else { "- " });
            } else if !is_spaced {
                return at;
            }
            at = behind + self.read_spaces(behind);
        }
    }

    /// Spaces within a line and what looks like them; answers how many bytes they take.
    fn read_spaces(&mut self, from: usize) -> usize {
        let rest = part(self.line, from..self.line.len());
        let length = rest.find(|c: char| c != ' ' && !is_odd_space(c) && !is_invisible(c)).unwrap_or(rest.len());
        for (at, c) in part(self.line, from..from + length).char_indices() {
            match c {
                ' ' => {}
                _ if is_odd_space(c) => self.add(from + at, c, space_for(c)),
                _ => self.add(from + at, c, ""),
            }
        }
        length
    }

    /// Key, value and comment.
    fn read_content(&mut self, from: usize) {
        let line = self.line;
        let mut quote: Option<char> = None;
        let mut flow = 0_usize;
        let mut before = ' ';
        // Where the present key or value begins.
        let mut piece = from;
        let mut has_key = false;
        let mut skip_until = from;
        for (offset, c) in part(line, from..line.len()).char_indices() {
            let at = from + offset;
            if at < skip_until {
                before = c;
                continue;
            }
            if let Some(open) = quote {
                if c == open {
                    quote = None;
                } else if is_invisible(c) && c != '\u{200d}' {
                    self.add(at, c, "");
                }
                before = c;
                continue;
            }
            let is_piece_start = part(line, piece..at).trim_matches(|c: char| c == ' ' || is_odd_space(c)).is_empty();
            match c {
                '#' if matches!(before, ' ' | '\t') => return self.read_comment(at),
                '"' | '\'' if is_piece_start => quote = Some(c),
                ':' if self.rest(at + 1).is_empty() || self.rest(at + 1).starts_with(is_space) => {
                    has_key = true;
                    piece = at + 1;
                }
                '{' | '[' if is_piece_start => (flow, piece, has_key) = (flow + 1, at + 1, false),
                '}' | ']' if flow > 0 => (flow, piece) = (flow - 1, at + 1),
                ',' if flow > 0 => (piece, has_key) = (at + 1, false),
                '：' if !has_key && is_key(part(line, piece..at).trim_matches(is_space)) => {
                    let rest = self.rest(at + c.len_utf8());
                    let instead = if rest.is_empty() || rest.starts_with(is_space) { ":" } else { ": " };
                    self.add(at, c, instead);
                    has_key = true;
                    piece = at + c.len_utf8();
                }
                '，' if flow > 0 => {
                    let is_spaced = self.rest(at + c.len_utf8()).starts_with(is_space);
                    self.add(at, c, if is_spaced { "," } else { ", " });
                    (piece, has_key) = (at + c.len_utf8(), false);
                }
                _ if is_odd_space(c) => self.add(at, c, space_for(c)),
                _ if is_invisible(c) => self.add(at, c, ""),
                _ if is_piece_start && quote_for(c).is_some() => skip_until = self.read_curly(at, c, flow > 0),
                _ => self.read_wide(piece, at, c, before),
            }
            before = c;
        }
    }

    /// A value in quotes that are none; answers where it ends.
    fn read_curly(&mut self, at: usize, c: char, is_flow: bool) -> usize {
        let quote = quote_for(c).unwrap_or_default();
        let behind = at + c.len_utf8();
        let rest = part(self.line, behind..self.line.len());
        // Between brackets others may follow.
        let mut closing = rest.char_indices().filter(|(_, c)| quote_for(*c) == Some(quote));
        let Some((offset, close)) = (if is_flow { closing.next() } else { closing.next_back() }) else { return behind };
        self.add(at, c, quote);
        self.add(behind + offset, close, quote);
        behind + offset + close.len_utf8()
    }

    /// A wide character in a key or value that begins at `piece`: right where that is a Chinese text.
    fn read_wide(&mut self, piece: usize, at: usize, c: char, before: char) {
        let is_end = |c: char| matches!(c, '#' | ',' | '[' | ']' | '{' | '}' | '"' | '\'');
        let is_text = || self.rest(piece).chars().take_while(|c| !is_end(*c)).any(is_of_text);
        let next = self.rest(at + c.len_utf8()).chars().next().unwrap_or(' ');
        if is_dash(c) {
            let joins = next.is_ascii_alphanumeric() && (before.is_ascii_alphanumeric() || before == ' ');
            if (c == '－' || joins) && !is_text() {
                self.add(at, c, "-");
            }
        } else if c == '＃' && before == ' ' {
            self.add(at, c, "#");
        } else if let Some(plain) = narrow(c).filter(|_| quote_for(c).is_none())
            && !is_text()
        {
            self.add(at, c, plain.encode_utf8(&mut [0; 4]));
        }
    }

    fn read_comment(&mut self, from: usize) {
        for (offset, c) in part(self.line, from..self.line.len()).char_indices() {
            if is_direction(c) {
                self.add(from + offset, c, "");
            }
        }
    }
}

fn is_space(c: char) -> bool {
    c == ' ' || c == '\t' || is_odd_space(c)
}

/// Whether a text can be a key that somebody has typed.
fn is_key(text: &str) -> bool {
    let is_quoted = text.len() > 1 && (text.starts_with('"') || text.starts_with('\''));
    !text.is_empty() && (is_quoted || text.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c)))
}
