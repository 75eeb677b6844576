//! `xargs`

use std::collections::VecDeque;

use super::filter::Options;
use super::{Context, start as start_program, usage};
use crate::script::{Io, Poll, Process, Started, World};

/// How many commands it starts before it lets others go on.
const BATCHES_AT_ONCE: usize = 100;

#[derive(Clone)]
struct Xargs {
    command: Vec<String>,
    /// `-I {}`: what the line takes the place of.
    place: Option<String>,
    most: usize,
    skips_empty: bool,
    /// `-0` and `-d`: what parts the words, instead of blanks.
    separator: Option<char>,
    /// `-t`: shows each command.
    shows: bool,
    context: Context,
    batches: Option<VecDeque<Vec<String>>>,
    inner: Option<Box<dyn Process>>,
    code: i32,
}

/// `xargs COMMAND …`, with `-n`, `-I` and `-r`
pub(super) fn start(rest: &[String], context: &Context) -> Started {
    let mut own = 0;
    while let Some(word) = rest.get(own).filter(|word| word.starts_with('-')) {
        own += if matches!(word.as_str(), "-n" | "-I" | "-P" | "-L" | "-d") { 2 } else { 1 };
    }
    let (own, command) = rest.split_at(own.min(rest.len()));
    let options = Options::read("xargs", own, "rt0", "nIPLd", &[("no-run-if-empty", 'r')])?;
    let most = match options.value('n').or_else(|| options.value('L')) {
        None => usize::MAX,
        Some(text) => match text.parse() {
            Ok(most) if most > 0 => most,
            _ => return Err(usage(format!("xargs: invalid number \"{text}\" for -n option\n"), 1)),
        },
    };
    let separator = options.value('d').and_then(|text| super::unescape(text).chars().next());
    let command = if command.is_empty() { vec!["echo".to_owned()] } else { command.to_vec() };
    Ok(Box::new(Xargs {
        command,
        place: options.value('I').map(str::to_owned),
        most,
        skips_empty: options.has('r'),
        separator: if options.has('0') { Some('\0') } else { separator },
        shows: options.has('t'),
        context: context.clone(),
        batches: None,
        inner: None,
        code: 0,
    }))
}

impl Xargs {
    fn batches(&self, text: &str) -> VecDeque<Vec<String>> {
        if let Some(place) = &self.place {
            return text
                .lines()
                .map(str::trim)
                .filter(|line| !line.is_empty())
                .map(|line| self.command.iter().map(|word| word.replace(place.as_str(), line)).collect())
                .collect();
        }
        let separated = |separator| text.strip_suffix(separator).unwrap_or(text).split(separator).map(str::to_owned);
        let words: Vec<String> = match self.separator {
            Some(_) if text.is_empty() => Vec::new(),
            Some(separator) => separated(separator).collect(),
            None => text.split_whitespace().map(|word| word.trim_matches(['\'', '"']).to_owned()).collect(),
        };
        if words.is_empty() {
            return if self.skips_empty { VecDeque::new() } else { VecDeque::from([self.command.clone()]) };
        }
        words.chunks(self.most.min(words.len())).map(|words| [self.command.as_slice(), words].concat()).collect()
    }
}

impl Process for Xargs {
    fn poll(&mut self, world: &mut World<'_>, io: &mut Io) -> Poll {
        if self.batches.is_none() {
            let Some(text) = io.read_all() else { return Poll::Waiting };
            self.batches = Some(self.batches(&text));
        }
        for _ in 0..BATCHES_AT_ONCE {
            if let Some(inner) = &mut self.inner {
                match inner.poll(world, io) {
                    Poll::Exited(0) => {}
                    Poll::Exited(_) => self.code = 123,
                    waiting => return waiting,
                }
                self.inner = None;
            }
            let Some(words) = self.batches.as_mut().and_then(VecDeque::pop_front) else {
                return Poll::Exited(self.code);
            };
            if self.shows {
                io.err(words.join(" ") + "\n");
            }
            match start_program(&words, &self.context) {
                Ok(inner) => self.inner = Some(inner),
                Err(failure) if failure.code == 127 => {
                    let name = words.first().map_or("", String::as_str);
                    io.err(format!("xargs: {name}: No such file or directory\n"));
                    return Poll::Exited(127);
                }
                Err(failure) => {
                    io.err(failure.text);
                    self.code = 123;
                }
            }
        }
        Poll::SleepUntil(world.now + 1)
    }

    fn interrupt(&mut self, world: &mut World<'_>, io: &mut Io) -> i32 {
        self.inner.as_mut().map_or(130, |inner| inner.interrupt(world, io))
    }
}
