//! `grep`

use std::collections::VecDeque;

use super::filter::{self, LineFilter, Options};
use super::{Context, usage};
use crate::script::pattern::Pattern;
use crate::script::{Io, NotStarted, Started};

#[derive(Clone)]
struct Grep {
    patterns: Vec<Pattern>,
    inverted: bool,
    counts: bool,
    quiet: bool,
    only_matching: bool,
    lists_files: bool,
    /// `-L`: the files in which nothing is found.
    lists_others: bool,
    whole_words: bool,
    whole_lines: bool,
    numbers: bool,
    names: bool,
    before: usize,
    after: usize,
    most: usize,
    line: usize,
    found: usize,
    total: usize,
    held: VecDeque<(usize, String)>,
    to_come: usize,
    last_printed: usize,
}

const LONG: [(&str, char); 13] = [
    ("ignore-case", 'i'),
    ("invert-match", 'v'),
    ("extended-regexp", 'E'),
    ("fixed-strings", 'F'),
    ("count", 'c'),
    ("only-matching", 'o'),
    ("line-number", 'n'),
    ("quiet", 'q'),
    ("after-context", 'A'),
    ("before-context", 'B'),
    ("context", 'C'),
    ("line-buffered", 'U'),
    ("color", 'U'),
];

/// Starts `grep`, or `egrep` and `fgrep` by their options.
pub(super) fn start(rest: &[String], _: &Context) -> Started {
    let mut options = Options::read("grep", rest, "ivcoqnEFGPwxhHlLrRsUaz", "ABCem", &LONG)?;
    let mut texts: Vec<String> =
        options.given.iter().filter(|(letter, _)| *letter == 'e').map(|(_, value)| value.clone()).collect();
    if texts.is_empty() {
        if options.operands.is_empty() {
            let usage_text = "Usage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.\n";
            return Err(usage(usage_text, 2));
        }
        texts.push(options.operands.remove(0));
    }
    let extended = options.has('E') || options.has('P');
    let mut patterns = Vec::new();
    for text in texts.iter().flat_map(|text| text.split('\n')) {
        patterns.push(if options.has('F') {
            Pattern::fixed(text, options.has('i'))
        } else {
            Pattern::parse(text, extended, options.has('i')).map_err(|why| usage(format!("grep: {why}\n"), 2))?
        });
    }
    let number = |letter: char| -> Result<Option<usize>, NotStarted> {
        match options.value(letter) {
            None => Ok(None),
            Some(text) => match text.parse() {
                Ok(number) => Ok(Some(number)),
                Err(_) => Err(usage(format!("grep: {text}: invalid context length argument\n"), 2)),
            },
        }
    };
    let around = number('C')?.unwrap_or(0);
    let grep = Grep {
        patterns,
        inverted: options.has('v'),
        counts: options.has('c'),
        quiet: options.has('q'),
        only_matching: options.has('o'),
        lists_files: options.has('l'),
        lists_others: options.has('L'),
        whole_words: options.has('w'),
        whole_lines: options.has('x'),
        numbers: options.has('n'),
        names: (options.operands.len() > 1 || options.has('H')) && !options.has('h'),
        before: number('B')?.unwrap_or(around),
        after: number('A')?.unwrap_or(around),
        most: number('m')?.unwrap_or(usize::MAX),
        line: 0,
        found: 0,
        total: 0,
        held: VecDeque::new(),
        to_come: 0,
        last_printed: 0,
    };
    Ok(filter::start(grep, options.operands))
}

impl Grep {
    /// Where the patterns are found in a line, from `from` on.
    fn find(&self, chars: &[char], from: usize) -> Option<(usize, usize)> {
        let is_word =
            |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(|c| c.is_alphanumeric() || *c == '_');
        let fits = |(start, end): (usize, usize)| {
            (!self.whole_words || (!is_word(start.checked_sub(1)) && !is_word(Some(end))))
                && (!self.whole_lines || (start == 0 && end == chars.len()))
        };
        let mut best: Option<(usize, usize)> = None;
        for pattern in &self.patterns {
            let mut at = from;
            while let Some(span) = pattern.find(chars, at).and_then(|captures| captures.first().copied().flatten()) {
                if fits(span) {
                    if best.is_none_or(|best| span.0 < best.0) {
                        best = Some(span);
                    }
                    break;
                }
                at = span.0 + 1;
                if at > chars.len() {
                    break;
                }
            }
        }
        best
    }

    fn print(&mut self, number: usize, text: &str, file: &str, mark: char, io: &mut Io) {
        if (self.before > 0 || self.after > 0) && self.last_printed > 0 && number > self.last_printed + 1 {
            io.out("--\n");
        }
        self.last_printed = number;
        let name = if file.is_empty() { "(standard input)" } else { file };
        if self.names {
            io.out(format!("{name}{mark}"));
        }
        if self.numbers {
            io.out(format!("{number}{mark}"));
        }
        io.out(format!("{text}\n"));
    }
}

impl LineFilter for Grep {
    const NAME: &'static str = "grep";
    const TROUBLE: i32 = 2;

    fn line(&mut self, line: &str, file: &str, io: &mut Io) -> bool {
        self.line += 1;
        let chars: Vec<char> = line.chars().collect();
        let span = self.find(&chars, 0);
        if span.is_some() == self.inverted {
            if self.to_come > 0 {
                self.to_come -= 1;
                self.print(self.line, line, file, '-', io);
            } else if self.before > 0 {
                self.held.push_back((self.line, line.to_owned()));
                if self.held.len() > self.before {
                    self.held.pop_front();
                }
            }
            return true;
        }
        self.found += 1;
        self.total += 1;
        if self.quiet {
            return false;
        }
        if self.counts || self.lists_files || self.lists_others {
            return true;
        }
        if self.only_matching {
            let mut at = 0;
            while let Some((start, end)) = self.find(&chars, at).filter(|_| !self.inverted) {
                if end > start {
                    let text: String = chars.get(start..end).unwrap_or_default().iter().collect();
                    self.print(self.line, &text, file, ':', io);
                }
                at = end.max(start + 1);
                if at > chars.len() {
                    break;
                }
            }
            return true;
        }
        for (number, text) in std::mem::take(&mut self.held) {
            self.print(number, &text, file, '-', io);
        }
        self.print(self.line, line, file, ':', io);
        self.to_come = self.after;
        self.found < self.most
    }

    fn end_of_file(&mut self, file: &str, io: &mut Io) {
        let name = if file.is_empty() { "(standard input)" } else { file };
        if self.counts {
            let prefix = if self.names { format!("{name}:") } else { String::new() };
            io.out(format!("{prefix}{}\n", self.found));
        }
        if (self.lists_files && self.found > 0) || (self.lists_others && self.found == 0) {
            io.out(format!("{name}\n"));
        }
        self.found = 0;
        self.line = 0;
        self.to_come = 0;
        self.last_printed = 0;
        self.held.clear();
    }

    fn end(&mut self, _: &mut Io) -> i32 {
        i32::from(self.total == 0)
    }
}
