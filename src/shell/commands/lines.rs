//! Filters of whole lines: `cat`, `head`, `tail`, `wc`, `tee`.

use std::collections::VecDeque;

use super::filter::{self, LineFilter, Options, contents};
use super::usage;
use crate::process::{Input, Io, NotStarted, Poll, Process, Started, World};

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
