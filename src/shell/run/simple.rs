//! Assignments, builtins and programs.

use std::sync::Arc;

use super::builtins::{self, Builtin};
use super::expansion::Expansion;
use super::{Environment, Running};
use crate::process::{Input, Io, MAX_UNREAD_BYTES, Poll, Process, World};
use crate::shell::commands;
use crate::shell::environment::Unwind;
use crate::shell::language::{Command, CommandKind, Word, parse};

/// A command without a shape of its own.
#[derive(Clone, Debug)]
pub(in crate::shell) struct Simple {
    assignments: Vec<(String, Word)>,
    words: Vec<Word>,
    values: Option<Vec<String>>,
    assigning: Expansion,
    expansion: Expansion,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    Starting,
    Program(Box<dyn Process>),
    Inner(Running),
    Reading(Vec<String>),
    WaitingForJobs(Vec<String>),
}

impl Simple {
    pub fn new(command: &Arc<Command>, environment: &Environment) -> Self {
        let (assignments, mut words) = match &command.kind {
            CommandKind::Simple { assignments, words } => (assignments.clone(), words.clone()),
            _ => Default::default(),
        };
        replace_aliases(&mut words, environment);
        Self {
            assignments,
            words,
            values: None,
            assigning: Expansion::default(),
            expansion: Expansion::default(),
            state: State::Starting,
        }
    }

    pub fn poll(&mut self, environment: &mut Environment, world: &mut World<'_>, io: &mut Io) -> Option<i32> {
        if let State::Starting = self.state {
            if environment.is_spent(world.cluster.now(), io) {
                return None;
            }
            if let Some(Unwind::Exit(code)) = environment.unwind {
                return Some(code);
            }
            if let Some(code) = self.start(environment, world, io)? {
                return Some(code);
            }
        }
        match &mut self.state {
            State::Starting => None,
            State::Program(process) => {
                let before = io.unread_bytes();
                let poll = process.poll(world, io);
                environment.charge(0, io.unread_bytes().saturating_sub(before));
                if io.is_cut() {
                    process.interrupt(world, &mut Io::default());
                    // What was written before it is lost: there is no room for the words either.
                    drop(io.take_chunks());
                    let why = format!("cannot allocate memory: {MAX_UNREAD_BYTES} bytes at once are the lab's limit");
                    return Some(environment.give_up(&why, io));
                }
                match poll {
                    Poll::Exited(code) => Some(code),
                    Poll::SleepUntil(at) => {
                        environment.sleeps_until(at, world.cluster.now());
                        None
                    }
                    Poll::WorksUntil(at) => {
                        environment.works_until(at, world.cluster.now());
                        None
                    }
                    Poll::Waiting => {
                        environment.waits = true;
                        None
                    }
                }
            }
            State::Inner(running) => {
                let ended = running.poll(environment, world, io)?;
                environment.nesting = environment.nesting.saturating_sub(1);
                Some(ended)
            }
            State::Reading(names) => match io.read_line() {
                Input::Line(line) => match builtins::assign_line(&line, names, environment) {
                    Ok(()) => Some(0),
                    Err(why) => Some(environment.give_up(&why, io)),
                },
                Input::Pending => {
                    environment.waits = true;
                    None
                }
                Input::End => Some(1),
            },
            State::WaitingForJobs(names) => {
                let is_waited_for = |name: &String| names.is_empty() || names.contains(name);
                let mut last = 0;
                for job in &environment.jobs {
                    if is_waited_for(&job.pid.to_string()) || is_waited_for(&format!("%{}", job.number)) {
                        last = job.ended?;
                    }
                }
                Some(if names.is_empty() { 0 } else { last })
            }
        }
    }

    /// Expands and starts. The inner value is the exit code when the command has ended already.
    #[allow(
        clippy::option_option,
        reason = "the outer one says whether the expansion has ended, the inner the command"
    )]
    fn start(&mut self, environment: &mut Environment, world: &mut World<'_>, io: &mut Io) -> Option<Option<i32>> {
        if self.values.is_none() {
            let words: Vec<&Word> = self.assignments.iter().map(|(_, word)| word).collect();
            match self.assigning.texts(&words, environment, world, io)? {
                Ok(values) => self.values = Some(values),
                Err(code) => return Some(Some(code)),
            }
        }
        let arguments = match self.expansion.fields(&self.words, environment, world, io)? {
            Ok(arguments) => arguments,
            Err(code) => return Some(Some(code)),
        };
        environment.charge(1, arguments.iter().map(String::len).sum());
        if arguments.is_empty() {
            let values = self.values.take().unwrap_or_default();
            for ((name, _), value) in self.assignments.iter().zip(values) {
                environment.charge(0, value.len());
                if let Err(why) = environment.assign(name, value) {
                    return Some(Some(environment.give_up(&why, io)));
                }
            }
            return Some(Some(self.assigning.last.or(self.expansion.last).unwrap_or(0)));
        }
        let mut arguments = arguments;
        self.name_editor(&mut arguments, environment);
        self.state = match builtins::start(&arguments, environment, world, io) {
            Builtin::Ended(code) => return Some(Some(code)),
            Builtin::Text(_) if environment.nesting >= commands::DEEPEST => {
                io.err("bash: scripts stand too deep in one another\n");
                return Some(Some(1));
            }
            Builtin::Text(text) => match parse(&text) {
                Ok(list) => {
                    environment.nesting += 1;
                    State::Inner(Running::list(&Arc::new(list)))
                }
                Err(error) => {
                    io.err(format!("bash: {}\n", commands::syntax_error(&error)));
                    return Some(Some(2));
                }
            },
            Builtin::Read(names) => State::Reading(names),
            Builtin::Wait(names) => State::WaitingForJobs(names),
            Builtin::None(arguments) => match commands::start(&arguments, environment.nesting) {
                Ok(process) => {
                    environment.charge(commands::effort(&arguments), 0);
                    State::Program(process)
                }
                Err(failure) => {
                    io.err(failure.text);
                    return Some(Some(failure.code));
                }
            },
        };
        Some(None)
    }

    /// `kubectl edit` runs the editor that the variables name.
    fn name_editor(&self, arguments: &mut Vec<String>, environment: &Environment) {
        if arguments.first().is_none_or(|name| name != "kubectl") || !arguments.iter().any(|word| word == "edit") {
            return;
        }
        let assigned = |name: &str| {
            let mut pairs = self.assignments.iter().zip(self.values.iter().flatten());
            pairs.find(|((known, _), _)| known == name).map(|(_, value)| value.clone())
        };
        let editor = ["KUBE_EDITOR", "EDITOR"]
            .into_iter()
            .find_map(|name| assigned(name).or_else(|| environment.variables.get(name).cloned()));
        if let Some(editor) = editor.filter(|editor| !editor.is_empty()) {
            arguments.push(format!("--editor={editor}"));
        }
    }

    pub fn interrupt(&mut self, world: &mut World<'_>, io: &mut Io) -> i32 {
        match &mut self.state {
            State::Program(process) => process.interrupt(world, io),
            State::Inner(running) => running.interrupt(world, io),
            State::Starting => {
                self.assigning.interrupt(world, io);
                self.expansion.interrupt(world, io);
                130
            }
            State::Reading(_) | State::WaitingForJobs(_) => 130,
        }
    }
}

/// Puts an alias's words in place of its name; an alias is not looked for in its own text.
fn replace_aliases(words: &mut Vec<Word>, environment: &Environment) {
    let mut seen: Vec<String> = Vec::new();
    while let Some(name) = words.first().and_then(Word::plain).map(str::to_owned) {
        let Some(text) = environment.aliases.get(&name).filter(|_| !seen.contains(&name)) else { return };
        let Ok(list) = parse(text) else { return };
        let replacement = list.0.into_iter().next().and_then(|entry| {
            let (_, pipeline) = entry.chain.into_iter().next()?;
            match &pipeline.commands.first()?.kind {
                CommandKind::Simple { words, .. } => Some(words.clone()),
                _ => None,
            }
        });
        let Some(replacement) = replacement else { return };
        words.splice(..1, replacement);
        seen.push(name);
    }
}
