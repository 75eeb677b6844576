//! Filters of whole lines: `cat`, `head`, `tail`, `wc`, `tee`.

use std::collections::VecDeque;

use super::filter::{self, LineFilter, Options, contents};
use super::{Context, usage};
use crate::script::{Input, Io, NotStarted, Poll, Process, Started, World};

/// `cat`: keeps a missing last line feed.
#[derive(Clone)]
struct Cat {
    files: VecDeque<String>,
    numbers: bool,
    line: usize,
    code: i32,
}

/// `cat FILE …`
pub(super) fn cat(rest: &[String], _: &Context) -> Started {
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
                    match io.read_line_as_it_is() {
                        Input::Line(line) => self.print(&line, io),
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
    titles: Titles,
}

/// `head -n 5`, `head -5`, `head -n -1`, `head -c 3`
pub(super) fn head(rest: &[String], _: &Context) -> Started {
    let options = Options::read("head", &count_words(rest), "qv", "nc", &[("lines", 'n'), ("bytes", 'c')])?;
    if let Some(bytes) = bytes("head", &options)? {
        return Ok(Box::new(Piece { from_end: false, bytes, files: options.operands }));
    }
    let (sign, count) = count("head", &options)?;
    let titles = Titles::new(&options);
    Ok(filter::start(Head { but_last: sign == '-', count, seen: 0, held: VecDeque::new(), titles }, options.operands))
}

impl LineFilter for Head {
    const NAME: &'static str = "head";

    fn line(&mut self, line: &str, file: &str, io: &mut Io) -> bool {
        self.titles.show(file, io);
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
        self.seen < self.count || self.titles.many
    }

    fn end_of_file(&mut self, _: &str, _: &mut Io) {
        self.seen = 0;
        self.held.clear();
    }
}

/// What `head` and `tail` say before each of several files.
#[derive(Clone)]
struct Titles {
    many: bool,
    shown: bool,
    last: Option<String>,
}

impl Titles {
    fn new(options: &Options) -> Self {
        let many = options.operands.len() > 1;
        Self { many, shown: (many && !options.has('q')) || options.has('v'), last: None }
    }

    fn show(&mut self, file: &str, io: &mut Io) {
        if !self.shown || self.last.as_deref() == Some(file) {
            return;
        }
        let name = if file.is_empty() { "standard input" } else { file };
        io.out(format!("{}==> {name} <==\n", if self.last.is_some() { "\n" } else { "" }));
        self.last = Some(file.to_owned());
    }
}

#[derive(Clone)]
struct Tail {
    /// From this line on, instead of the last ones.
    from: Option<usize>,
    count: usize,
    seen: usize,
    held: VecDeque<String>,
    titles: Titles,
}

/// `tail -n 5`, `tail -5`, `tail -n +2`
pub(super) fn tail(rest: &[String], _: &Context) -> Started {
    let long = [("lines", 'n'), ("follow", 'f'), ("bytes", 'c')];
    let options = Options::read("tail", &count_words(rest), "fFqv", "nc", &long)?;
    if let Some(bytes) = bytes("tail", &options)? {
        return Ok(Box::new(Piece { from_end: true, bytes, files: options.operands }));
    }
    if options.has('f') || options.has('F') {
        return Ok(Box::new(Follow {
            count: count("tail", &options)?.1,
            file: options.operands.first().cloned(),
            seen: None,
        }));
    }
    let (sign, count) = count("tail", &options)?;
    let from = (sign == '+').then_some(count);
    let titles = Titles::new(&options);
    Ok(filter::start(Tail { from, count, seen: 0, held: VecDeque::new(), titles }, options.operands))
}

impl LineFilter for Tail {
    const NAME: &'static str = "tail";

    fn line(&mut self, line: &str, file: &str, io: &mut Io) -> bool {
        self.titles.show(file, io);
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

    fn end_of_file(&mut self, _: &str, io: &mut Io) {
        self.seen = 0;
        self.held.drain(..).for_each(|line| io.out(line + "\n"));
    }
}

fn bytes(program: &str, options: &Options) -> Result<Option<usize>, NotStarted> {
    match options.value('c') {
        None => Ok(None),
        Some(text) => match text.parse() {
            Ok(bytes) => Ok(Some(bytes)),
            Err(_) => Err(usage(format!("{program}: invalid number of bytes: '{text}'\n"), 1)),
        },
    }
}

/// `head -c` and `tail -c`: the first or last bytes, as far as they are whole characters.
#[derive(Clone)]
struct Piece {
    from_end: bool,
    bytes: usize,
    files: Vec<String>,
}

impl Process for Piece {
    fn poll(&mut self, world: &mut World<'_>, io: &mut Io) -> Poll {
        let text = match self.files.first().filter(|file| *file != "-") {
            Some(file) => match contents(if self.from_end { "tail" } else { "head" }, file, world) {
                Ok(text) => text,
                Err(error) => {
                    io.err(error);
                    return Poll::Exited(1);
                }
            },
            None => match io.read_all() {
                Some(text) => text,
                None => return Poll::Waiting,
            },
        };
        let length = text.len();
        let mut cut = self.bytes.min(length);
        if self.from_end {
            cut = length - cut;
        }
        while !text.is_char_boundary(cut) {
            cut += 1;
        }
        let (head, tail) = text.split_at(cut);
        io.out(if self.from_end { tail } else { head });
        Poll::Exited(0)
    }
}

/// `tail -f`: the last lines of a file, and what is added to it.
#[derive(Clone)]
struct Follow {
    count: usize,
    file: Option<String>,
    /// How long the file was.
    seen: Option<usize>,
}

/// How often a file is looked at that is followed.
const FOLLOW_MS: u64 = 1000;

impl Process for Follow {
    fn poll(&mut self, world: &mut World<'_>, io: &mut Io) -> Poll {
        let Some(file) = self.file.clone().filter(|file| file != "-") else {
            loop {
                match io.read_line() {
                    Input::Line(line) => io.out(line + "\n"),
                    Input::Pending => return Poll::Waiting,
                    Input::End => return Poll::Exited(0),
                }
            }
        };
        if file == "/dev/null" {
            // Nothing is ever added to it.
            return Poll::Waiting;
        }
        let text = match contents("tail", &file, world) {
            Ok(text) => text,
            Err(error) => {
                io.err(error);
                return Poll::Exited(1);
            }
        };
        let from = match self.seen {
            Some(seen) if seen <= text.len() && text.is_char_boundary(seen) => seen,
            Some(_) => 0,
            None => {
                let lines = text.lines().count();
                let skipped: usize =
                    text.split_inclusive('\n').take(lines.saturating_sub(self.count)).map(str::len).sum();
                skipped
            }
        };
        io.out(text.get(from..).unwrap_or_default());
        self.seen = Some(text.len());
        Poll::SleepUntil(world.now + FOLLOW_MS)
    }
}

#[derive(Clone)]
struct WordCount {
    columns: [bool; 3],
    from_files: bool,
    characters: bool,
    totals: [usize; 3],
    files: Vec<String>,
    counted: usize,
    code: i32,
}

/// `wc`, with `-l`, `-w` and `-c`
pub(super) fn word_count(rest: &[String], _: &Context) -> Started {
    let options = Options::read("wc", rest, "lwcm", "", &[("lines", 'l'), ("words", 'w'), ("bytes", 'c')])?;
    let mut columns = [options.has('l'), options.has('w'), options.has('c') || options.has('m')];
    if columns == [false; 3] {
        columns = [true; 3];
    }
    let from_files = !options.operands.is_empty();
    let files = if from_files { options.operands.clone() } else { vec!["-".to_owned()] };
    let characters = options.has('m');
    Ok(Box::new(WordCount { columns, from_files, characters, totals: [0; 3], files, counted: 0, code: 0 }))
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

impl Process for WordCount {
    fn poll(&mut self, world: &mut World<'_>, io: &mut Io) -> Poll {
        while let Some(file) = self.files.get(self.counted).cloned() {
            let text = if file == "-" {
                match io.read_all() {
                    Some(text) => Ok(text),
                    None => return Poll::Waiting,
                }
            } else {
                contents("wc", &file, world)
            };
            self.counted += 1;
            match text {
                Ok(text) => {
                    let bytes = if self.characters { text.chars().count() } else { text.len() };
                    let counts = [text.matches('\n').count(), text.split_whitespace().count(), bytes];
                    self.print(counts, if file == "-" && !self.from_files { "" } else { &file }, io);
                    for (total, count) in self.totals.iter_mut().zip(counts) {
                        *total += count;
                    }
                }
                Err(error) => {
                    io.err(error);
                    self.code = 1;
                }
            }
        }
        if self.files.len() > 1 {
            self.print(self.totals, "total", io);
        }
        Poll::Exited(self.code)
    }
}

#[derive(Clone)]
struct Tee {
    append: bool,
    files: Vec<String>,
    begun: bool,
}

/// `tee FILE …`
pub(super) fn tee(rest: &[String], _: &Context) -> Started {
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
            match io.read_line_as_it_is() {
                Input::Line(line) => {
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
