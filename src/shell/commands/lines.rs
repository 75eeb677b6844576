//! Filters of whole lines: `cat`, `head`, `tail`, `wc`, `sort`, `uniq`, `cut`, `tr`, `tee`.

use std::cmp::Ordering;
use std::collections::VecDeque;

use super::filter::{self, LineFilter, Options, contents};
use super::{unescape, usage};
use crate::process::{Input, Io, NotStarted, Poll, Process, Started, World};
use crate::sorting;

/// `cat`: keeps a missing last line feed.
#[derive(Clone)]
struct Cat {
    files: VecDeque<String>,
    numbers: bool,
    line: usize,
    code: i32,
}

/// `cat FILE …`
pub(super) fn cat(rest: &[String], _: u32) -> Started {
    let options = Options::read("cat", rest, "nAetuv", "", &[("number", 'n')])?;
    let mut files: VecDeque<String> = options.operands.iter().cloned().collect();
    if files.is_empty() {
        files.push_back("-".to_owned());
    }
    Ok(Box::new(Cat { numbers: options.has('n'), files, line: 0, code: 0 }))
}

impl Cat {
    fn print(&mut self, text: &str, io: &mut Io) {
        if !self.numbers {
            io.out(text);
            return;
        }
        for line in text.split_inclusive('\n') {
            self.line += 1;
            io.out(format!("{:6}\t{line}", self.line));
        }
    }
}

impl Process for Cat {
    fn poll(&mut self, world: &mut World<'_>, io: &mut Io) -> Poll {
        while let Some(file) = self.files.front().cloned() {
            if file == "-" {
                loop {
                    match io.read_line() {
                        Input::Line(line) => self.print(&(line + "\n"), io),
                        Input::Pending => return Poll::Waiting,
                        Input::End => break,
                    }
                }
            } else {
                match contents("cat", &file, world) {
                    Ok(text) => self.print(&text, io),
                    Err(error) => {
                        io.err(error);
                        self.code = 1;
                    }
                }
            }
            self.files.pop_front();
        }
        Poll::Exited(self.code)
    }
}

/// `-5` as `-n 5`.
fn count_words(rest: &[String]) -> Vec<String> {
    let is_count = |word: &str| {
        word.len() > 1 && word.strip_prefix('-').is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
    };
    let mut takes_value = false;
    let mut words = Vec::new();
    for word in rest {
        words.push(if is_count(word) && !takes_value { word.replacen('-', "-n", 1) } else { word.clone() });
        takes_value = matches!(word.as_str(), "-n" | "-c" | "--lines");
    }
    words
}

fn count(program: &str, options: &Options) -> Result<(char, usize), NotStarted> {
    let Some(text) = options.value('n') else { return Ok((' ', 10)) };
    let sign = text.chars().next().filter(|c| "+-".contains(*c)).unwrap_or(' ');
    match text.trim_start_matches(['+', '-']).parse() {
        Ok(number) => Ok((sign, number)),
        Err(_) => Err(usage(format!("{program}: invalid number of lines: '{text}'\n"), 1)),
    }
}

#[derive(Clone)]
struct Head {
    /// All but the last lines, instead of the first.
    but_last: bool,
    count: usize,
    seen: usize,
    held: VecDeque<String>,
}

/// `head -n 5`, `head -5`, `head -n -1`
pub(super) fn head(rest: &[String], _: u32) -> Started {
    let options = Options::read("head", &count_words(rest), "qv", "nc", &[("lines", 'n')])?;
    let (sign, count) = count("head", &options)?;
    Ok(filter::start(Head { but_last: sign == '-', count, seen: 0, held: VecDeque::new() }, options.operands))
}

impl LineFilter for Head {
    const NAME: &'static str = "head";

    fn line(&mut self, line: &str, _: &str, io: &mut Io) -> bool {
        if self.but_last {
            self.held.push_back(line.to_owned());
            if self.held.len() > self.count {
                io.out(self.held.pop_front().unwrap_or_default() + "\n");
            }
            return true;
        }
        self.seen += 1;
        if self.seen <= self.count {
            io.out(format!("{line}\n"));
        }
        self.seen < self.count
    }
}

#[derive(Clone)]
struct Tail {
    /// From this line on, instead of the last ones.
    from: Option<usize>,
    count: usize,
    seen: usize,
    held: VecDeque<String>,
}

/// `tail -n 5`, `tail -5`, `tail -n +2`
pub(super) fn tail(rest: &[String], _: u32) -> Started {
    let options = Options::read("tail", &count_words(rest), "fFqv", "nc", &[("lines", 'n'), ("follow", 'f')])?;
    let (sign, count) = count("tail", &options)?;
    let from = (sign == '+').then_some(count);
    Ok(filter::start(Tail { from, count, seen: 0, held: VecDeque::new() }, options.operands))
}

impl LineFilter for Tail {
    const NAME: &'static str = "tail";

    fn line(&mut self, line: &str, _: &str, io: &mut Io) -> bool {
        self.seen += 1;
        match self.from {
            Some(from) if self.seen >= from => io.out(format!("{line}\n")),
            Some(_) => {}
            None => {
                self.held.push_back(line.to_owned());
                if self.held.len() > self.count {
                    self.held.pop_front();
                }
            }
        }
        true
    }

    fn end(&mut self, io: &mut Io) -> i32 {
        self.held.drain(..).for_each(|line| io.out(line + "\n"));
        0
    }
}

#[derive(Clone)]
struct WordCount {
    columns: [bool; 3],
    from_files: bool,
    counts: [usize; 3],
    totals: [usize; 3],
    files: usize,
}

/// `wc`, with `-l`, `-w` and `-c`
pub(super) fn word_count(rest: &[String], _: u32) -> Started {
    let options = Options::read("wc", rest, "lwcm", "", &[("lines", 'l'), ("words", 'w'), ("bytes", 'c')])?;
    let mut columns = [options.has('l'), options.has('w'), options.has('c') || options.has('m')];
    if columns == [false; 3] {
        columns = [true; 3];
    }
    let from_files = !options.operands.is_empty();
    let filter = WordCount { columns, from_files, counts: [0; 3], totals: [0; 3], files: 0 };
    Ok(filter::start(filter, options.operands))
}

impl WordCount {
    fn print(&self, counts: [usize; 3], name: &str, io: &mut Io) {
        let chosen: Vec<usize> =
            counts.into_iter().zip(self.columns).filter(|(_, chosen)| *chosen).map(|(count, _)| count).collect();
        let width = if chosen.len() == 1 {
            1
        } else if self.from_files {
            counts.iter().max().map_or(1, |most| most.to_string().len())
        } else {
            7
        };
        let mut text = chosen.iter().map(|count| format!("{count:>width$}")).collect::<Vec<_>>().join(" ");
        if !name.is_empty() {
            text.push(' ');
            text.push_str(name);
        }
        io.out(text + "\n");
    }
}

impl LineFilter for WordCount {
    const NAME: &'static str = "wc";

    fn line(&mut self, line: &str, _: &str, _: &mut Io) -> bool {
        let more = [1, line.split_whitespace().count(), line.len() + 1];
        for (count, more) in self.counts.iter_mut().zip(more) {
            *count += more;
        }
        true
    }

    fn end_of_file(&mut self, file: &str, io: &mut Io) {
        let counts = std::mem::take(&mut self.counts);
        self.print(counts, file, io);
        for (total, count) in self.totals.iter_mut().zip(counts) {
            *total += count;
        }
        self.files += 1;
    }

    fn end(&mut self, io: &mut Io) -> i32 {
        if self.files > 1 {
            self.print(self.totals, "total", io);
        }
        0
    }
}

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

#[derive(Clone)]
struct Cut {
    by_characters: bool,
    delimiter: char,
    only_delimited: bool,
    ranges: Vec<(usize, usize)>,
}

/// `cut -d : -f 1,3-`, `cut -c 1-5`
pub(super) fn cut(rest: &[String], _: u32) -> Started {
    let options = Options::read("cut", rest, "s", "dfcb", &[("delimiter", 'd'), ("fields", 'f'), ("characters", 'c')])?;
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
    let cut = Cut {
        by_characters: characters.is_some(),
        delimiter: options.value('d').and_then(|text| text.chars().next()).unwrap_or('\t'),
        only_delimited: options.has('s'),
        ranges,
    };
    Ok(filter::start(cut, options.operands))
}

impl Cut {
    fn keeps(&self, index: usize) -> bool {
        self.ranges.iter().any(|(first, last)| (*first..=*last).contains(&(index + 1)))
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
            io.out(kept.join(&self.delimiter.to_string()) + "\n");
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
pub(super) fn translate(rest: &[String], _: u32) -> Started {
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
        .replace("[:space:]", " \t\n")
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

#[derive(Clone)]
struct Tee {
    append: bool,
    files: Vec<String>,
    begun: bool,
}

/// `tee FILE …`
pub(super) fn tee(rest: &[String], _: u32) -> Started {
    let options = Options::read("tee", rest, "ai", "", &[("append", 'a')])?;
    Ok(Box::new(Tee { append: options.has('a'), files: options.operands, begun: false }))
}

impl Process for Tee {
    fn poll(&mut self, world: &mut World<'_>, io: &mut Io) -> Poll {
        if !self.begun && !self.append {
            for file in &self.files {
                if let Err(why) = world.files.store(file, "") {
                    io.err(format!("tee: {file}: {why}\n"));
                }
            }
        }
        self.begun = true;
        loop {
            match io.read_line() {
                Input::Line(line) => {
                    let line = line + "\n";
                    for file in &self.files {
                        if let Err(why) = world.files.append(file, &line) {
                            io.err(format!("tee: {file}: {why}\n"));
                            return Poll::Exited(1);
                        }
                    }
                    io.out(line);
                }
                Input::Pending => return Poll::Waiting,
                Input::End => return Poll::Exited(0),
            }
        }
    }
}
