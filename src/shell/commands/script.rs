//! `sh` and `bash`: a shell in the shell.

use std::sync::Arc;

use super::{DEEPEST, syntax_error, usage};
use crate::process::{Io, Poll, Process, Started, World};
use crate::shell::environment::{Environment, Unwind};
use crate::shell::language::parse;
use crate::shell::run::{Running, poll_with_jobs};
use crate::sim::SimTime;

#[derive(Clone, Debug)]
enum Source {
    Text(String),
    File(String),
    Input,
}

#[derive(Clone)]
struct Script {
    source: Source,
    environment: Environment,
    running: Option<Running>,
}

/// `sh -c TEXT`, `sh FILE`, or commands from the input.
pub(super) fn start(rest: &[String], nesting: u32) -> Started {
    if nesting >= DEEPEST {
        return Err(usage("bash: scripts stand too deep in one another\n", 1));
    }
    let mut words = rest.iter().skip_while(|word| word.starts_with('-') && !word.ends_with('c'));
    let source = match words.next() {
        Some(word) if word.starts_with('-') => match words.next() {
            Some(text) => {
                // The first word behind the text is `$0`.
                words.next();
                Source::Text(text.clone())
            }
            None => return Err(usage("bash: -c: option requires an argument\n", 2)),
        },
        Some(path) => Source::File(path.clone()),
        None => Source::Input,
    };
    let arguments: Vec<String> = words.cloned().collect();
    Ok(text_process(source, &arguments, nesting))
}

/// A shell that runs `text`.
pub(super) fn of_text(text: String, nesting: u32) -> Box<dyn Process> {
    text_process(Source::Text(text), &[], nesting)
}

fn text_process(source: Source, arguments: &[String], nesting: u32) -> Box<dyn Process> {
    let mut environment = Environment::new().subshell();
    environment.set_positional(arguments);
    environment.nesting = nesting + 1;
    Box::new(Script { source, environment, running: None })
}

impl Process for Script {
    fn poll(&mut self, world: &mut World<'_>, io: &mut Io) -> Poll {
        if self.running.is_none() {
            let text = match &self.source {
                Source::Text(text) => text.clone(),
                Source::File(path) => match world.files.read(path) {
                    Some(text) => text.to_owned(),
                    None => {
                        io.err(format!("bash: {path}: No such file or directory\n"));
                        return Poll::Exited(127);
                    }
                },
                Source::Input => match io.read_all() {
                    Some(text) => text,
                    None => return Poll::Waiting,
                },
            };
            match parse(&text) {
                Ok(list) => self.running = Some(Running::list(&Arc::new(list))),
                Err(error) => {
                    io.err(format!("bash: {}\n", syntax_error(&error)));
                    return Poll::Exited(2);
                }
            }
        }
        let Some(running) = &mut self.running else { return Poll::Exited(0) };
        self.environment.begin_poll();
        match poll_with_jobs(running, &mut self.environment, world, io) {
            Some(code) => Poll::Exited(match self.environment.unwind.take() {
                Some(Unwind::Exit(code)) => code,
                _ => code,
            }),
            None if self.environment.works != SimTime::NEVER => {
                Poll::WorksUntil(self.environment.wake.min(self.environment.works))
            }
            None if self.environment.wake != SimTime::NEVER => Poll::SleepUntil(self.environment.wake),
            None => Poll::Waiting,
        }
    }

    fn interrupt(&mut self, world: &mut World<'_>, io: &mut Io) -> i32 {
        self.running.as_mut().map_or(130, |running| running.interrupt(world, io))
    }
}
