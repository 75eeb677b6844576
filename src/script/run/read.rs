//! `read` and `mapfile`.

use super::Environment;
use crate::script::environment::Array;
use crate::script::language::is_name;
use crate::script::{Input, Io, World};
use crate::sim::SimTime;

/// `read` while it waits for its line.
#[derive(Clone, Debug)]
pub(super) struct Read {
    names: Vec<String>,
    separators: Option<String>,
    /// `-r`: a backslash is a character like others.
    is_raw: bool,
    /// `-a`: all words go into an array.
    array: Option<String>,
    /// `-n`: so many characters at the most.
    most: Option<usize>,
    /// `-t`: so long it waits.
    patience_ms: Option<u64>,
    until: Option<SimTime>,
    /// `-d ''`: the whole input.
    whole: bool,
    /// `mapfile`: every line, with its line feed unless `-t` was given.
    lines: Option<(bool, Array)>,
    /// What came before a backslash at a line's end.
    begun: String,
}

/// The longest line that is read.
const LONGEST_LINE: usize = crate::script::environment::LONGEST_TEXT;

/// The most lines that `mapfile` takes.
const MOST_LINES: usize = 100_000;

impl Read {
    /// Reads the words behind `read` or `mapfile`, its name first.
    ///
    /// # Errors
    /// With the exit code when they cannot be understood; what is wrong has been said.
    pub fn new(words: &[String], separators: Option<String>, io: &mut Io) -> Result<Self, i32> {
        let mut read = Self {
            names: Vec::new(),
            separators,
            is_raw: false,
            array: None,
            most: None,
            patience_ms: None,
            until: None,
            whole: false,
            lines: None,
            begun: String::new(),
        };
        let (command, mut rest) = words.split_first().map_or(("read", words), |(name, rest)| (name.as_str(), rest));
        let is_mapfile = command != "read";
        let mut keeps_ends = true;
        while let Some((word, tail)) = rest.split_first() {
            rest = tail;
            let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) else {
                if !is_name(word) {
                    io.err(format!("bash: {command}: `{word}': not a valid identifier\n"));
                    return Err(1);
                }
                read.names.push(word.clone());
                continue;
            };
            for (at, letter) in letters.char_indices() {
                if is_mapfile && letter == 't' {
                    keeps_ends = false;
                    continue;
                }
                match letter {
                    'r' => read.is_raw = true,
                    's' | 'e' => {}
                    'p' | 'a' | 'n' | 'N' | 't' | 'd' | 'u' => {
                        let own = letters.get(at + 1..).unwrap_or_default();
                        let value = if own.is_empty() {
                            let value = rest.first().cloned().unwrap_or_default();
                            rest = rest.get(1..).unwrap_or_default();
                            value
                        } else {
                            own.to_owned()
                        };
                        read.option(letter, value);
                        break;
                    }
                    _ => {
                        io.err(format!("bash: {command}: -{letter}: invalid option\n"));
                        return Err(2);
                    }
                }
            }
        }
        if is_mapfile {
            let name = read.names.first().cloned().unwrap_or_else(|| "MAPFILE".to_owned());
            read.array = Some(name);
            read.lines = Some((keeps_ends, Array::new()));
        }
        Ok(read)
    }

    fn option(&mut self, letter: char, value: String) {
        match letter {
            'a' => self.array = Some(value),
            'n' | 'N' => self.most = value.parse().ok(),
            't' => {
                self.patience_ms = crate::script::tools::duration_ms(&value);
            }
            'd' => self.whole = value.is_empty(),
            // A prompt is for a terminal, and the input of the lab's commands is none.
            _ => {}
        }
    }

    pub fn poll(&mut self, environment: &mut Environment, world: &mut World<'_>, io: &mut Io) -> Option<i32> {
        loop {
            let (line, ended) = match io.read_line() {
                Input::Line(line) => (line, false),
                Input::End => (String::new(), true),
                Input::Pending => return self.wait(environment, world),
            };
            if let Some((keeps_ends, lines)) = &mut self.lines {
                if !ended && lines.len() < MOST_LINES {
                    environment.charge(0, line.len());
                    lines.insert(lines.len(), if *keeps_ends { line + "\n" } else { line });
                    continue;
                }
                let name = self.array.clone().unwrap_or_default();
                let lines = std::mem::take(lines);
                return Some(finish(environment.assign_array(&name, lines), 0, environment, io));
            }
            if self.whole && !ended {
                self.begun.push_str(&line);
                self.begun.push('\n');
                continue;
            }
            let continues = !self.is_raw && !ended && line.ends_with('\\') && !line.ends_with("\\\\");
            if continues && self.begun.len() < LONGEST_LINE {
                self.begun.push_str(line.trim_end_matches('\\'));
                continue;
            }
            let mut line = std::mem::take(&mut self.begun) + &line;
            if let Some(most) = self.most {
                line = line.chars().take(most).collect();
            }
            let code = i32::from(ended);
            let assigned = self.assign(&line, environment);
            return Some(finish(assigned, code, environment, io));
        }
    }

    fn wait(&mut self, environment: &mut Environment, world: &World<'_>) -> Option<i32> {
        environment.waits = true;
        let now = world.now;
        let until = *self.until.get_or_insert(self.patience_ms.map_or(SimTime::NEVER, |ms| now + ms));
        if until <= now {
            return Some(142);
        }
        environment.sleeps_until(until, now);
        None
    }

    /// Splits a line into variables; the last one takes the rest.
    fn assign(&self, line: &str, environment: &mut Environment) -> Result<(), String> {
        let separators = self.separators.clone().unwrap_or_else(|| environment.separators().to_owned());
        let mut splitter = Splitter { rest: line, separators: &separators, is_raw: self.is_raw };
        if let Some(name) = &self.array {
            let words: Array = std::iter::from_fn(|| splitter.word()).enumerate().collect();
            return environment.assign_array(name, words);
        }
        let Some((last, first)) = self.names.split_last() else {
            let text = if self.is_raw { line.to_owned() } else { line.replace('\\', "") };
            return environment.assign("REPLY", text);
        };
        for name in first {
            environment.assign(name, splitter.word().unwrap_or_default())?;
        }
        environment.assign(last, splitter.rest())
    }
}

/// The exit code after an assignment.
fn finish(assigned: Result<(), String>, code: i32, environment: &mut Environment, io: &mut Io) -> i32 {
    match assigned {
        Ok(()) => code,
        Err(why) if why.ends_with("readonly variable") => {
            io.err(format!("bash: {why}\n"));
            1
        }
        Err(why) => environment.give_up(&why, io),
    }
}

/// Takes words off a line.
struct Splitter<'a> {
    rest: &'a str,
    separators: &'a str,
    is_raw: bool,
}

impl Splitter<'_> {
    fn is_blank(&self, c: char) -> bool {
        c.is_whitespace() && self.separators.contains(c)
    }

    fn skip_blanks(&mut self) {
        let blanks = self.rest.chars().take_while(|c| self.is_blank(*c)).map(char::len_utf8).sum();
        self.rest = self.rest.get(blanks..).unwrap_or_default();
    }

    fn word(&mut self) -> Option<String> {
        self.skip_blanks();
        if self.rest.is_empty() {
            return None;
        }
        let mut word = String::new();
        let mut chars = self.rest.char_indices();
        let mut end = self.rest.len();
        while let Some((at, c)) = chars.next() {
            if c == '\\' && !self.is_raw {
                word.extend(chars.next().map(|(_, c)| c));
            } else if self.separators.contains(c) {
                end = at;
                break;
            } else {
                word.push(c);
            }
        }
        self.rest = self.rest.get(end..).unwrap_or_default();
        self.skip_blanks();
        if let Some(c) = self.rest.chars().next().filter(|c| self.separators.contains(*c)) {
            // One separator that is no blank belongs to the word.
            self.rest = self.rest.get(c.len_utf8()..).unwrap_or_default();
        }
        Some(word)
    }

    /// What is left, without blanks around it; a single separator at its end goes as well.
    fn rest(&mut self) -> String {
        self.skip_blanks();
        let mut text = self.rest;
        while let Some(c) = text.chars().next_back().filter(|c| self.is_blank(*c)) {
            text = text.get(..text.len() - c.len_utf8()).unwrap_or_default();
        }
        let last = text.chars().next_back().filter(|c| self.separators.contains(*c) && !c.is_whitespace());
        if let Some(c) = last {
            let before = text.get(..text.len() - c.len_utf8()).unwrap_or_default();
            if !before.contains(|c| self.separators.contains(c)) {
                text = before;
            }
        }
        if self.is_raw {
            return text.to_owned();
        }
        let mut plain = String::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            if c == '\\' { plain.extend(chars.next()) } else { plain.push(c) }
        }
        plain
    }
}
