//! `sort` and `uniq`: lines beside one another.

use std::cmp::Ordering;

use super::filter::{self, LineFilter, Options};
use super::{Context, usage};
use crate::script::{Io, Started};
use crate::sorting;

/// How texts are compared.
#[derive(Clone, Copy, PartialEq)]
enum By {
    Letters,
    Number,
    /// `-h`: `1K` is less than `2M`.
    Size,
    /// `-V`: numbers within texts count as numbers.
    Version,
}

/// A part of a line that counts.
#[derive(Clone)]
struct Key {
    /// The first and last field, from 1.
    fields: Option<(usize, usize)>,
    by: By,
    reverse: bool,
    ignore_case: bool,
}

#[derive(Clone)]
struct Sort {
    unique: bool,
    stable: bool,
    reverse: bool,
    separator: Option<char>,
    keys: Vec<Key>,
    lines: Vec<String>,
}

const SORT_OPTIONS: [(&str, char); 7] = [
    ("reverse", 'r'),
    ("numeric-sort", 'n'),
    ("unique", 'u'),
    ("version-sort", 'V'),
    ("human-numeric-sort", 'h'),
    ("key", 'k'),
    ("stable", 's'),
];

fn by(letters: &str) -> Option<By> {
    letters.chars().find_map(|letter| match letter {
        'n' | 'g' => Some(By::Number),
        'h' => Some(By::Size),
        'V' => Some(By::Version),
        _ => None,
    })
}

/// `sort`, with `-r`, `-n`, `-u`, `-f`, `-h`, `-V`, `-s`, `-k` and `-t`
pub(super) fn sort(rest: &[String], _: &Context) -> Started {
    let options = Options::read("sort", rest, "rnufhVbsg", "kt", &SORT_OPTIONS)?;
    let letters: String = options.given.iter().map(|(letter, _)| *letter).filter(|letter| *letter != 'k').collect();
    let whole = Key {
        fields: None,
        by: by(&letters).unwrap_or(By::Letters),
        reverse: options.has('r'),
        ignore_case: options.has('f'),
    };
    let mut keys = Vec::new();
    for (_, text) in options.given.iter().filter(|(letter, _)| *letter == 'k') {
        let number = |text: &str| {
            let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
            digits.parse::<usize>().ok().filter(|number| *number > 0)
        };
        let (first, last) = text.split_once(',').unwrap_or((text, ""));
        let Some(first) = number(first) else {
            return Err(usage(format!("sort: invalid number at field start: '{text}'\n"), 2));
        };
        let own = text.contains(|c: char| c.is_ascii_alphabetic());
        keys.push(Key {
            fields: Some((first, number(last).unwrap_or(usize::MAX))),
            by: if own { by(text).unwrap_or(By::Letters) } else { whole.by },
            reverse: if own { text.contains('r') } else { whole.reverse },
            ignore_case: if own { text.contains('f') } else { whole.ignore_case },
        });
    }
    let reverse = whole.reverse;
    if keys.is_empty() {
        keys.push(whole);
    }
    let sort = Sort {
        unique: options.has('u'),
        stable: options.has('s'),
        reverse,
        separator: options.value('t').and_then(|text| text.chars().next()),
        keys,
        lines: Vec::new(),
    };
    Ok(filter::start(sort, options.operands))
}

impl Key {
    fn of(&self, line: &str, separator: Option<char>) -> String {
        let Some((first, last)) = self.fields else { return line.to_owned() };
        let fields: Vec<&str> = match separator {
            Some(separator) => line.split(separator).collect(),
            None => line.split_whitespace().collect(),
        };
        let count = last.saturating_sub(first).saturating_add(1);
        fields.into_iter().skip(first - 1).take(count).collect::<Vec<_>>().join(" ")
    }

    fn compare(&self, left: &str, right: &str, separator: Option<char>) -> Ordering {
        let (left, right) = (self.of(left, separator), self.of(right, separator));
        let order = match self.by {
            By::Number => leading_thousandths(&left).cmp(&leading_thousandths(&right)),
            By::Size => size(&left).cmp(&size(&right)),
            By::Version => versions(&left).cmp(&versions(&right)),
            By::Letters if self.ignore_case => left.to_uppercase().cmp(&right.to_uppercase()),
            By::Letters => left.cmp(&right),
        };
        if self.reverse { order.reverse() } else { order }
    }
}

impl Sort {
    fn compare(&self, left: &str, right: &str) -> Ordering {
        let orders = self.keys.iter().map(|key| key.compare(left, right, self.separator));
        let order = orders.fold(Ordering::Equal, Ordering::then);
        if self.unique || self.stable {
            return order;
        }
        order.then_with(|| if self.reverse { right.cmp(left) } else { left.cmp(right) })
    }
}

/// Unit and number of `10K`.
fn size(text: &str) -> (usize, i64) {
    let unit = text.trim().chars().next_back().and_then(|unit| "KMGTPE".find(unit.to_ascii_uppercase()));
    let number = leading_thousandths(text);
    (if number == 0 { 0 } else { unit.map_or(0, |unit| unit + 1) }, number)
}

/// A text's parts, its numbers as numbers.
fn versions(text: &str) -> Vec<(String, u64)> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let letters = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (word, tail) = rest.split_at(letters);
        let digits = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
        let (number, tail) = tail.split_at(digits);
        parts.push((word.to_owned(), number.parse().unwrap_or(0)));
        rest = tail;
    }
    parts
}

/// The number at a text's start, in thousandths.
fn leading_thousandths(text: &str) -> i64 {
    let text = text.trim_start();
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let whole: String = digits.chars().take_while(char::is_ascii_digit).take(15).collect();
    let fraction: String = digits
        .get(whole.len()..)
        .and_then(|rest| rest.strip_prefix('.'))
        .map_or_else(String::new, |rest| rest.chars().take_while(char::is_ascii_digit).take(3).collect());
    sign * format!("{whole}{fraction:0<3}").parse::<i64>().unwrap_or(0)
}

impl LineFilter for Sort {
    const NAME: &'static str = "sort";
    const TROUBLE: i32 = 2;

    fn line(&mut self, line: &str, _: &str, _: &mut Io) -> bool {
        self.lines.push(line.to_owned());
        true
    }

    fn end(&mut self, io: &mut Io) -> i32 {
        let mut lines = std::mem::take(&mut self.lines);
        sorting::sort_by(&mut lines, |left, right| self.compare(left, right));
        if self.unique {
            lines.dedup_by(|left, right| self.compare(left, right) == Ordering::Equal);
        }
        lines.into_iter().for_each(|line| io.out(line + "\n"));
        0
    }
}

#[derive(Clone)]
struct Unique {
    counts: bool,
    only_repeated: bool,
    only_single: bool,
    current: Option<(String, usize)>,
}

/// `uniq`, with `-c`, `-d` and `-u`
pub(super) fn unique(rest: &[String], _: &Context) -> Started {
    let options = Options::read("uniq", rest, "cdui", "", &[("count", 'c'), ("repeated", 'd'), ("unique", 'u')])?;
    let filter = Unique {
        counts: options.has('c'),
        only_repeated: options.has('d'),
        only_single: options.has('u'),
        current: None,
    };
    Ok(filter::start(filter, options.operands))
}

impl Unique {
    fn print(&mut self, io: &mut Io) {
        let Some((line, count)) = self.current.take() else { return };
        if (self.only_repeated && count < 2) || (self.only_single && count > 1) {
            return;
        }
        io.out(if self.counts { format!("{count:7} {line}\n") } else { line + "\n" });
    }
}

impl LineFilter for Unique {
    const NAME: &'static str = "uniq";

    fn line(&mut self, line: &str, _: &str, io: &mut Io) -> bool {
        match &mut self.current {
            Some((current, count)) if current == line => *count += 1,
            _ => {
                self.print(io);
                self.current = Some((line.to_owned(), 1));
            }
        }
        true
    }

    fn end(&mut self, io: &mut Io) -> i32 {
        self.print(io);
        0
    }
}
