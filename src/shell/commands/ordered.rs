//! `sort` and `uniq`: lines beside one another.

use std::cmp::Ordering;

use super::filter::{self, LineFilter, Options};
use super::usage;
use crate::process::{Io, Started};
use crate::sorting;

#[derive(Clone)]
struct Sort {
    reverse: bool,
    numeric: bool,
    unique: bool,
    ignore_case: bool,
    separator: Option<char>,
    /// The first and last field that count, from 1.
    key: Option<(usize, usize)>,
    lines: Vec<String>,
}

/// `sort`, with `-r`, `-n`, `-u`, `-f`, `-h`, `-V`, `-k` and `-t`
pub(super) fn sort(rest: &[String], _: u32) -> Started {
    let options =
        Options::read("sort", rest, "rnufhVbs", "kt", &[("reverse", 'r'), ("numeric-sort", 'n'), ("unique", 'u')])?;
    let mut numeric = options.has('n') || options.has('h') || options.has('V');
    let mut reverse = options.has('r');
    let key = match options.value('k') {
        None => None,
        Some(text) => {
            numeric |= text.contains('n');
            reverse |= text.contains('r');
            let number = |text: &str| {
                text.chars()
                    .take_while(char::is_ascii_digit)
                    .collect::<String>()
                    .parse::<usize>()
                    .ok()
                    .filter(|n| *n > 0)
            };
            let (first, last) = text.split_once(',').unwrap_or((text, ""));
            let Some(first) = number(first) else {
                return Err(usage(format!("sort: invalid number at field start: '{text}'\n"), 2));
            };
            Some((first, number(last).unwrap_or(usize::MAX)))
        }
    };
    let sort = Sort {
        reverse,
        numeric,
        unique: options.has('u'),
        ignore_case: options.has('f'),
        separator: options.value('t').and_then(|text| text.chars().next()),
        key,
        lines: Vec::new(),
    };
    Ok(filter::start(sort, options.operands))
}

impl Sort {
    fn key_of(&self, line: &str) -> String {
        let Some((first, last)) = self.key else { return line.to_owned() };
        let fields: Vec<&str> = match self.separator {
            Some(separator) => line.split(separator).collect(),
            None => line.split_whitespace().collect(),
        };
        let count = last.saturating_sub(first).saturating_add(1);
        fields.into_iter().skip(first - 1).take(count).collect::<Vec<_>>().join(" ")
    }

    fn compare(&self, left: &str, right: &str) -> Ordering {
        let (left_key, right_key) = (self.key_of(left), self.key_of(right));
        let order = if self.numeric {
            leading_thousandths(&left_key).cmp(&leading_thousandths(&right_key))
        } else if self.ignore_case {
            left_key.to_lowercase().cmp(&right_key.to_lowercase())
        } else {
            left_key.cmp(&right_key)
        };
        let order = if self.reverse { order.reverse() } else { order };
        if self.unique {
            order
        } else {
            order.then_with(|| if self.reverse { right.cmp(left) } else { left.cmp(right) })
        }
    }
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
pub(super) fn unique(rest: &[String], _: u32) -> Started {
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
