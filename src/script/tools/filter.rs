//! What all line-wise filters share: their options, their files, and the reading of lines as they come.

use std::collections::VecDeque;

use super::usage;
use crate::script::{Input, Io, NotStarted, Poll, Process, World};

/// What a filter does with lines.
pub(crate) trait LineFilter: Clone + 'static {
    /// The program's name, for errors.
    const NAME: &'static str;
    /// Exit code when a file could not be read.
    const TROUBLE: i32 = 1;

    /// Takes a line of `file` (empty for the input); answers whether it wants more.
    fn line(&mut self, line: &str, file: &str, io: &mut Io) -> bool;

    /// A file has ended.
    fn end_of_file(&mut self, file: &str, io: &mut Io) {
        let _ = (file, io);
    }

    /// All have ended. Gives the exit code.
    fn end(&mut self, io: &mut Io) -> i32 {
        let _ = io;
        0
    }
}

/// A filter at work.
#[derive(Clone)]
pub(crate) struct Filtering<F> {
    filter: F,
    files: VecDeque<String>,
    trouble: bool,
}

/// Starts a filter over these files; without files, over the input.
pub(crate) fn start<F: LineFilter>(filter: F, mut files: Vec<String>) -> Box<dyn Process> {
    if files.is_empty() {
        files.push("-".to_owned());
    }
    Box::new(Filtering { filter, files: files.into(), trouble: false })
}

impl<F: LineFilter> Process for Filtering<F> {
    fn poll(&mut self, world: &mut World<'_>, io: &mut Io) -> Poll {
        let mut wants_more = true;
        while let Some(file) = self.files.front().cloned().filter(|_| wants_more) {
            if file == "-" {
                loop {
                    match io.read_line() {
                        Input::Line(line) => wants_more = self.filter.line(&line, "", io),
                        Input::Pending => return Poll::Waiting,
                        Input::End => break,
                    }
                    if !wants_more {
                        break;
                    }
                }
                self.filter.end_of_file("", io);
            } else {
                match contents(F::NAME, &file, world) {
                    Ok(text) => {
                        wants_more = text.lines().all(|line| self.filter.line(line, &file, io));
                        self.filter.end_of_file(&file, io);
                    }
                    Err(error) => {
                        io.err(error);
                        self.trouble = true;
                    }
                }
            }
            self.files.pop_front();
        }
        let code = self.filter.end(io);
        Poll::Exited(if self.trouble { F::TROUBLE } else { code })
    }
}

/// A file's text, or the program's complaint.
pub(crate) fn contents(program: &str, path: &str, world: &World<'_>) -> Result<String, String> {
    match world.files.read(path) {
        Some(text) => Ok(text.to_owned()),
        None if path == "/dev/null" => Ok(String::new()),
        None if world.files.is_directory(path) => Err(format!("{program}: {path}: Is a directory\n")),
        None => Err(format!("{program}: {path}: No such file or directory\n")),
    }
}

/// A program's options, by letter, and its operands.
pub(crate) struct Options {
    /// Letters with their values; empty for switches.
    pub given: Vec<(char, String)>,
    /// The other words.
    pub operands: Vec<String>,
}

impl Options {
    /// Reads options. `switches` and `valued` are their letters; `long` gives the letters of long names.
    pub fn read(
        program: &str,
        rest: &[String],
        switches: &str,
        valued: &str,
        long: &[(&str, char)],
    ) -> Result<Self, NotStarted> {
        let mut options = Self { given: Vec::new(), operands: Vec::new() };
        let mut words = rest.iter();
        while let Some(word) = words.next() {
            if word == "--" {
                options.operands.extend(words.cloned());
                break;
            }
            if let Some(name) = word.strip_prefix("--") {
                let (name, value) = name.split_once('=').map_or((name, None), |(name, value)| (name, Some(value)));
                let Some((_, letter)) = long.iter().find(|(known, _)| *known == name) else {
                    let hint = format!("Try '{program} --help' for more information.");
                    return Err(usage(format!("{program}: unrecognized option '--{name}'\n{hint}\n"), 2));
                };
                let value = match value {
                    Some(value) => value.to_owned(),
                    None if valued.contains(*letter) => words.next().cloned().unwrap_or_default(),
                    None => String::new(),
                };
                options.given.push((*letter, value));
                continue;
            }
            let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) else {
                options.operands.push(word.clone());
                continue;
            };
            for (at, letter) in letters.char_indices() {
                if valued.contains(letter) {
                    let tail = word.get(1 + at + letter.len_utf8()..).unwrap_or_default();
                    let value = if tail.is_empty() { words.next().cloned() } else { Some(tail.to_owned()) };
                    let Some(value) = value else {
                        return Err(usage(format!("{program}: option requires an argument -- '{letter}'\n"), 2));
                    };
                    options.given.push((letter, value));
                    break;
                }
                if !switches.contains(letter) {
                    let hint = format!("Try '{program} --help' for more information.");
                    return Err(usage(format!("{program}: invalid option -- '{letter}'\n{hint}\n"), 2));
                }
                options.given.push((letter, String::new()));
            }
        }
        Ok(options)
    }

    /// Whether a switch was given.
    pub fn has(&self, letter: char) -> bool {
        self.given.iter().any(|(given, _)| *given == letter)
    }

    /// The value that was given last.
    pub fn value(&self, letter: char) -> Option<&str> {
        self.given.iter().rev().find(|(given, _)| *given == letter).map(|(_, value)| value.as_str())
    }
}
