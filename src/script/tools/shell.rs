//! `sh` and `bash`: a shell in the shell.

use std::sync::Arc;

use super::{Context, DEEPEST, syntax_error, usage};
use crate::script::environment::{Environment, Unwind};
use crate::script::language::parse;
use crate::script::run::{self, Running, exit_trap, poll_with_jobs};
use crate::script::{Io, Poll, Process, Started, World};
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
pub(super) fn start(rest: &[String], context: &Context) -> Started {
    if context.nesting >= DEEPEST {
        return Err(usage("bash: scripts stand too deep in one another\n", 1));
    }
    let mut words = rest.iter().peekable();
    let mut is_text = false;
    let mut settings: Vec<String> = Vec::new();
    while let Some(word) = words.next_if(|word| word.starts_with(['-', '+']) && word.len() > 1) {
        if word == "--" {
            break;
        }
        let letters: String = word.chars().skip(1).filter(|c| !"cils-".contains(*c)).collect();
        is_text |= word.contains('c') && !word.starts_with("--");
        if !letters.is_empty() && !word.starts_with("--") {
            let sign = word.chars().take(1);
            let needs_name = letters.ends_with('o');
            settings.push(sign.chain(letters.chars()).collect());
            settings.extend(words.next_if(|_| needs_name).cloned());
        }
    }
    let (source, name) = match words.next() {
        Some(text) if is_text => (Source::Text(text.clone()), words.next().cloned()),
        None if is_text => return Err(usage("bash: -c: option requires an argument\n", 2)),
        Some(path) => (Source::File(path.clone()), Some(path.clone())),
        None => (Source::Input, None),
    };
    let mut script = Script::new(source, context);
    script.environment.positional = words.cloned().collect();
    if let Some(name) = name {
        script.environment.name = name.into();
    }
    let mut io = Io::default();
    if !settings.is_empty() && run::set(&settings, &mut script.environment, &mut io) != 0 {
        let text: String = io.take_chunks().into_iter().map(|chunk| chunk.text).collect();
        return Err(usage(text, 2));
    }
    Ok(Box::new(script))
}

/// A shell that runs `text`.
pub(super) fn of_text(text: String, context: &Context) -> Box<dyn Process> {
    Box::new(Script::new(Source::Text(text), context))
}

impl Script {
    fn new(source: Source, context: &Context) -> Self {
        let mut environment = Environment::new(context.machine).subshell();
        environment.nesting = context.nesting + 1;
        for (name, value) in context.variables.iter() {
            // It had room in the shell that exported it.
            let _ = environment.assign(name, value.clone());
            environment.exported.insert(name.clone());
        }
        Self { source, environment, running: None }
    }

    /// The code with which it ends, unless a trap is to run first.
    fn end(&mut self, code: i32) -> Option<i32> {
        // A trap that exits says with which code.
        if matches!(self.environment.unwind, Some(Unwind::Exit(_))) {
            self.environment.leaves_with = None;
        }
        let code = match self.environment.unwind.take() {
            Some(Unwind::Exit(code) | Unwind::Return(code)) => code,
            _ => code,
        };
        if let Some(trap) = exit_trap(&mut self.environment, code) {
            self.running = Some(trap);
            return None;
        }
        Some(self.environment.leaves_with.take().unwrap_or(code))
    }
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
        self.environment.begin_poll();
        loop {
            let Some(running) = &mut self.running else { return Poll::Exited(0) };
            match poll_with_jobs(running, &mut self.environment, world, io) {
                Some(code) => {
                    if let Some(code) = self.end(code) {
                        return Poll::Exited(code);
                    }
                }
                None if self.environment.works != SimTime::NEVER => {
                    return Poll::WorksUntil(self.environment.wake.min(self.environment.works));
                }
                None if self.environment.wake != SimTime::NEVER => return Poll::SleepUntil(self.environment.wake),
                None => return Poll::Waiting,
            }
        }
    }

    fn terminate(&mut self) -> bool {
        let has_handler = self.environment.traps.get("TERM").is_some_and(|text| !text.is_empty());
        self.environment.signalled |= has_handler;
        has_handler
    }

    /// Ctrl-C: what runs ends, and then what `trap` has set for it, as far as it takes no time.
    fn interrupt(&mut self, world: &mut World<'_>, io: &mut Io) -> i32 {
        let code = self.running.as_mut().map_or(130, |running| running.interrupt(world, io));
        self.environment.leave_all();
        self.environment.unwind = None;
        let traps = ["INT", "EXIT"].into_iter().filter_map(|signal| self.environment.traps.remove(signal));
        let texts: Vec<String> = traps.filter(|text| !text.is_empty()).collect();
        for text in texts {
            let Ok(list) = parse(&text) else { continue };
            self.environment.begin_poll();
            self.environment.unwind = None;
            let mut running = Running::list(&Arc::new(list));
            if running.poll(&mut self.environment, world, io).is_none() {
                running.interrupt(world, io);
            }
        }
        code
    }
}
