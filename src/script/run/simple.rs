//! Assignments, builtins and programs.

use std::sync::Arc;

use super::builtins::{self, Builtin};
use super::declare;
use super::expansion::Expansion;
use super::read::Read;
use super::{Environment, Running};
use crate::script::environment::Unwind;
use crate::script::language::{Assignment, Command, CommandKind, Word, parse};
use crate::script::tools;
use crate::script::{Io, MAX_UNREAD_BYTES, Poll, Process, World};

/// A command without a shape of its own.
#[derive(Clone, Debug)]
pub(crate) struct Simple {
    assignments: Vec<Assignment>,
    words: Vec<Word>,
    values: Option<Vec<String>>,
    /// The values of the assignments that give several.
    arrays: Vec<Vec<String>>,
    assigning: Expansion,
    listing: Expansion,
    expansion: Expansion,
    state: State,
    /// It is `source`.
    sources: bool,
}

#[derive(Clone, Debug)]
enum State {
    Starting,
    Program(Box<dyn Process>),
    Inner(Running),
    Function(Running),
    Reading(Read),
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
            arrays: Vec::new(),
            assigning: Expansion::default(),
            listing: Expansion::default(),
            expansion: Expansion::default(),
            state: State::Starting,
            sources: false,
        }
    }

    pub fn poll(&mut self, environment: &mut Environment, world: &mut World<'_>, io: &mut Io) -> Option<i32> {
        let ended = self.poll_within(environment, world, io)?;
        self.expansion.release(world);
        Some(ended)
    }

    fn poll_within(&mut self, environment: &mut Environment, world: &mut World<'_>, io: &mut Io) -> Option<i32> {
        if let State::Starting = self.state {
            if environment.is_spent(world.now, io) {
                return None;
            }
            if let Some(Unwind::Exit(code) | Unwind::Return(code)) = environment.unwind {
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
                        environment.sleeps_until(at, world.now);
                        None
                    }
                    Poll::WorksUntil(at) => {
                        environment.works_until(at, world.now);
                        None
                    }
                    Poll::ChangesUntil(at) => {
                        environment.waits = true;
                        environment.sleeps_until(at, world.now);
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
                // `return` ends a script that was read by `source`.
                if let (Some(Unwind::Return(code)), true) = (environment.unwind, self.sources) {
                    environment.unwind = None;
                    return Some(code);
                }
                Some(ended)
            }
            State::Function(running) => {
                let ended = running.poll(environment, world, io)?;
                environment.leave();
                match environment.unwind {
                    Some(Unwind::Return(code)) => {
                        environment.unwind = None;
                        Some(code)
                    }
                    // A loop around the call is not the function's.
                    Some(Unwind::Break(_) | Unwind::Continue(_)) => {
                        environment.unwind = None;
                        Some(ended)
                    }
                    _ => Some(ended),
                }
            }
            State::Reading(read) => read.poll(environment, world, io),
            State::WaitingForJobs(names) => {
                if environment.signalled {
                    return Some(128 + 15);
                }
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
            let words: Vec<&Word> = self
                .assignments
                .iter()
                .flat_map(|assignment| assignment.index.iter().chain(assignment.text()))
                .collect();
            match self.assigning.texts(&words, environment, world, io)? {
                Ok(values) => self.values = Some(values),
                Err(code) => return Some(Some(code)),
            }
        }
        for assignment in
            self.assignments.iter().filter(|assignment| assignment.words().is_some()).skip(self.arrays.len())
        {
            match self.listing.fields(assignment.words().unwrap_or_default(), environment, world, io)? {
                Ok(values) => self.arrays.push(values),
                Err(code) => return Some(Some(code)),
            }
        }
        let arguments = match self.expansion.fields(&self.words, environment, world, io)? {
            Ok(arguments) => arguments,
            Err(code) => return Some(Some(code)),
        };
        environment.charge(1, arguments.iter().map(String::len).sum());
        let values = self.values.take().unwrap_or_default();
        let arrays = std::mem::take(&mut self.arrays);
        let given = declare::Given::new(&self.assignments, values, arrays);
        if environment.settings.xtrace {
            io.err(declare::trace(&given, &arguments));
        }
        if arguments.is_empty() {
            for given in given {
                environment.charge(0, given.bytes());
                if let Err(why) = given.assign(environment) {
                    return Some(Some(environment.give_up(&why, io)));
                }
            }
            return Some(Some(self.assigning.last.or(self.listing.last).or(self.expansion.last).unwrap_or(0)));
        }
        if declare::is_declaring(&arguments) {
            return Some(Some(declare::run(&arguments, given, environment, io)));
        }
        if let Some(body) = arguments.first().and_then(|name| environment.functions.get(name)).cloned() {
            return Some(self.call(&body, &arguments, given, environment, io));
        }
        // A variable before a program is the program's own.
        let own: Vec<(String, String)> = given.into_iter().filter_map(declare::Given::into_text).collect();
        let mut arguments = arguments;
        if arguments.first().is_some_and(|name| name == "env") {
            arguments.splice(1..1, own.iter().map(|(name, value)| format!("{name}={value}")));
        }
        self.sources = arguments.first().is_some_and(|name| name == "source" || name == ".");
        name_editor(&mut arguments, &own, environment);
        let separators = own.iter().find(|(name, _)| name == "IFS").map(|(_, value)| value.clone());
        self.state = match builtins::start(&arguments, environment, world, io) {
            Builtin::Ended(code) => return Some(Some(code)),
            Builtin::Text(_) if environment.nesting >= tools::DEEPEST => {
                io.err("bash: scripts stand too deep in one another\n");
                return Some(Some(1));
            }
            Builtin::Text(text) => match parse(&text) {
                Ok(list) => {
                    environment.nesting += 1;
                    State::Inner(Running::list(&Arc::new(list)))
                }
                Err(error) => {
                    io.err(format!("bash: {}\n", tools::syntax_error(&error)));
                    return Some(Some(2));
                }
            },
            Builtin::Read(words) => match Read::new(&words, separators, io) {
                Ok(read) => State::Reading(read),
                Err(code) => return Some(Some(code)),
            },
            Builtin::Wait(names) => State::WaitingForJobs(names),
            Builtin::None(arguments, assigned) => {
                match tools::start(&arguments, &context(environment, [own, assigned].concat())) {
                    Ok(process) => {
                        environment.charge(tools::effort(&arguments), 0);
                        State::Program(process)
                    }
                    Err(failure) => {
                        io.err(failure.text);
                        return Some(Some(failure.code));
                    }
                }
            }
        };
        Some(None)
    }

    /// Calls a function.
    fn call(
        &mut self,
        body: &Arc<Command>,
        arguments: &[String],
        given: Vec<declare::Given>,
        environment: &mut Environment,
        io: &mut Io,
    ) -> Option<i32> {
        let (name, rest) = arguments.split_first()?;
        if !environment.enter(rest) {
            return Some(environment.give_up(&format!("{name}: maximum function nesting level exceeded"), io));
        }
        for given in given {
            environment.make_local(given.name());
            if let Err(why) = given.assign(environment) {
                environment.leave();
                return Some(environment.give_up(&why, io));
            }
        }
        self.state = State::Function(Running::command(body, environment));
        None
    }

    pub fn interrupt(&mut self, world: &mut World<'_>, io: &mut Io) -> i32 {
        self.expansion.release(world);
        match &mut self.state {
            State::Program(process) => process.interrupt(world, io),
            State::Inner(running) | State::Function(running) => running.interrupt(world, io),
            State::Starting => {
                self.assigning.interrupt(world, io);
                self.listing.interrupt(world, io);
                self.expansion.interrupt(world, io);
                130
            }
            State::Reading(_) | State::WaitingForJobs(_) => 130,
        }
    }
}

/// What a program finds around it.
fn context(environment: &Environment, own: Vec<(String, String)>) -> tools::Context {
    let mut variables = environment.exported_values();
    variables.extend(own);
    tools::Context { machine: environment.machine, nesting: environment.nesting, variables: Arc::new(variables) }
}

/// `kubectl edit` runs the editor that the variables name.
fn name_editor(arguments: &mut Vec<String>, own: &[(String, String)], environment: &Environment) {
    if arguments.first().is_none_or(|name| name != "kubectl") || !arguments.iter().any(|word| word == "edit") {
        return;
    }
    let assigned = |name: &str| own.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let editor =
        ["KUBE_EDITOR", "EDITOR"].into_iter().find_map(|name| assigned(name).or_else(|| environment.value(name)));
    if let Some(editor) = editor.filter(|editor| !editor.is_empty()) {
        arguments.push(format!("--editor={editor}"));
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
