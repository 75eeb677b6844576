//! `cut` and `tr`: parts of lines, and characters.

use super::filter::{self, LineFilter, Options};
use super::{Context, unescape, usage};
use crate::script::{Io, Started};

#[derive(Clone)]
struct Cut {
    by_characters: bool,
    delimiter: char,
    only_delimited: bool,
    between: String,
    complement: bool,
    ranges: Vec<(usize, usize)>,
}

const CUT_OPTIONS: [(&str, char); 6] = [
    ("delimiter", 'd'),
    ("fields", 'f'),
    ("characters", 'c'),
    ("only-delimited", 's'),
    ("output-delimiter", 'O'),
    ("complement", 'C'),
];

/// `cut -d : -f 1,3-`, `cut -c 1-5`
pub(super) fn cut(rest: &[String], _: &Context) -> Started {
    let options = Options::read("cut", rest, "sC", "dfcbO", &CUT_OPTIONS)?;
    let characters = options.value('c').or_else(|| options.value('b'));
    let Some(list) = characters.or_else(|| options.value('f')) else {
        let hint = "Try 'cut --help' for more information.";
        return Err(usage(format!("cut: you must specify a list of bytes, characters, or fields\n{hint}\n"), 1));
    };
    let mut ranges = Vec::new();
    for part in list.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let number = |text: &str, absent: usize| if text.is_empty() { Some(absent) } else { text.parse().ok() };
        match (number(first, 1), number(last, usize::MAX)) {
            (Some(first), Some(last)) if first > 0 => ranges.push((first, last)),
            _ => return Err(usage(format!("cut: invalid field value '{part}'\n"), 1)),
        }
    }
    let delimiter = options.value('d').and_then(|text| text.chars().next()).unwrap_or('\t');
    let cut = Cut {
        by_characters: characters.is_some(),
        delimiter,
        between: options.value('O').map_or_else(|| delimiter.to_string(), str::to_owned),
        complement: options.has('C'),
        only_delimited: options.has('s'),
        ranges,
    };
    Ok(filter::start(cut, options.operands))
}

impl Cut {
    fn keeps(&self, index: usize) -> bool {
        self.ranges.iter().any(|(first, last)| (*first..=*last).contains(&(index + 1))) != self.complement
    }
}

impl LineFilter for Cut {
    const NAME: &'static str = "cut";

    fn line(&mut self, line: &str, _: &str, io: &mut Io) -> bool {
        if self.by_characters {
            let kept: String =
                line.chars().enumerate().filter(|(index, _)| self.keeps(*index)).map(|(_, c)| c).collect();
            io.out(kept + "\n");
        } else if line.contains(self.delimiter) {
            let kept: Vec<&str> = line
                .split(self.delimiter)
                .enumerate()
                .filter(|(index, _)| self.keeps(*index))
                .map(|(_, f)| f)
                .collect();
            io.out(kept.join(&self.between) + "\n");
        } else if !self.only_delimited {
            io.out(format!("{line}\n"));
        }
        true
    }
}

#[derive(Clone)]
struct Translate {
    from: Vec<char>,
    to: Vec<char>,
    complement: bool,
    deletes: bool,
    squeezes: bool,
    last: Option<char>,
}

/// `tr a-z A-Z`, `tr -d X`, `tr -s ' '`
pub(super) fn translate(rest: &[String], _: &Context) -> Started {
    let options = Options::read("tr", rest, "dscC", "", &[("delete", 'd'), ("squeeze-repeats", 's')])?;
    let mut sets = options.operands.iter().map(|text| characters(text));
    let (Some(from), to) = (sets.next(), sets.next().unwrap_or_default()) else {
        return Err(usage("tr: missing operand\nTry 'tr --help' for more information.\n", 1));
    };
    let (deletes, squeezes) = (options.has('d'), options.has('s'));
    if to.is_empty() && !deletes && !squeezes {
        return Err(usage("tr: missing operand after SET1\nTry 'tr --help' for more information.\n", 1));
    }
    let complement = options.has('c') || options.has('C');
    Ok(filter::start(Translate { from, to, complement, deletes, squeezes, last: None }, Vec::new()))
}

/// A set's characters, with ranges and classes written out.
fn characters(text: &str) -> Vec<char> {
    let text = unescape(text)
        .replace("[:upper:]", "A-Z")
        .replace("[:lower:]", "a-z")
        .replace("[:digit:]", "0-9")
        .replace("[:space:]", " \t\n\u{b}\u{c}\r")
        .replace("[:blank:]", " \t")
        .replace("[:punct:]", "!-/:-@[-`{-~")
        .replace("[:alnum:]", "0-9A-Za-z")
        .replace("[:alpha:]", "A-Za-z");
    let chars: Vec<char> = text.chars().collect();
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(first) = chars.get(at) {
        match (chars.get(at + 1), chars.get(at + 2)) {
            (Some('-'), Some(last)) if first <= last && (*last as u32) < 0x250 => {
                out.extend(*first..=*last);
                at += 3;
            }
            _ => {
                out.push(*first);
                at += 1;
            }
        }
    }
    out
}

impl LineFilter for Translate {
    const NAME: &'static str = "tr";

    fn line(&mut self, line: &str, _: &str, io: &mut Io) -> bool {
        let mut out = String::new();
        for c in line.chars().chain(['\n']) {
            let place = self.from.iter().position(|from| *from == c);
            let found = place.is_some() != self.complement;
            let written = match (found, self.to.last()) {
                (false, _) => c,
                (true, _) if self.deletes => continue,
                (true, None) => c,
                (true, Some(last)) => place.and_then(|place| self.to.get(place)).copied().unwrap_or(*last),
            };
            if found && self.squeezes && self.last == Some(written) {
                continue;
            }
            self.last = Some(written);
            out.push(written);
        }
        io.out(out);
        true
    }
}
