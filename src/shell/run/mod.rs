//! Commands that run: the language's constructs as state machines over the programs' ones.

mod arithmetic;
mod builtins;
mod expansion;
mod loops;
mod pipe;
mod redirection;
mod simple;

use std::sync::Arc;

use super::environment::{Environment, Unwind};
use super::language::{Command, CommandKind, Entry, Join, List, Pipeline};
use crate::process::{Io, World};

pub(super) use builtins::NAMES as BUILTINS;
pub(super) use expansion::is_pattern_match;
use loops::{Branches, ForLoop, WhileLoop};
use pipe::Pipe;
use redirection::Redirected;
use simple::Simple;

/// How many commands may feed one another.
const MOST_STAGES: usize = 100;

/// Something that runs. A poll does what can be done now and gives the exit code once it has ended.
#[derive(Clone, Debug)]
pub(super) enum Running {
    /// One command after the other.
    List(Sequence),
    /// Commands that feed one another.
    Pipe(Box<Pipe>),
    /// A program, builtin or assignment.
    Simple(Box<Simple>),
    /// Inputs and outputs that lead elsewhere.
    Redirected(Box<Redirected>),
    /// `while` and `until`.
    While(Box<WhileLoop>),
    /// `for`.
    For(Box<ForLoop>),
    /// `if`.
    If(Box<Branches>),
    /// `( … )`: what it changes stays its own.
    Subshell(Box<(Environment, Running)>),
}

impl Running {
    /// A list, from its beginning.
    pub fn list(list: &Arc<List>) -> Self {
        Self::List(Sequence { list: Arc::clone(list), entry: 0, link: 0, child: None, last: 0, began_ms: 0 })
    }

    fn pipeline(pipeline: &Pipeline, environment: &Environment) -> Self {
        match pipeline.commands.as_slice() {
            [only] => Self::command(only, environment),
            commands => Self::Pipe(Box::new(Pipe::new(commands, environment))),
        }
    }

    /// A command with its redirections.
    fn command(command: &Arc<Command>, environment: &Environment) -> Self {
        if command.redirects.is_empty() {
            Self::bare(command, environment)
        } else {
            Self::Redirected(Box::new(Redirected::new(command)))
        }
    }

    /// A command without its redirections.
    fn bare(command: &Arc<Command>, environment: &Environment) -> Self {
        match &command.kind {
            CommandKind::Simple { .. } => Self::Simple(Box::new(Simple::new(command, environment))),
            CommandKind::Group(list) => Self::list(list),
            CommandKind::Subshell(list) => Self::subshell(environment.subshell(), Self::list(list)),
            CommandKind::While { until, condition, body } => {
                Self::While(Box::new(WhileLoop::new(*until, condition, body)))
            }
            CommandKind::For { .. } => Self::For(Box::new(ForLoop::new(command))),
            CommandKind::If { .. } => Self::If(Box::new(Branches::new(command))),
        }
    }

    /// Runs with variables of its own.
    pub fn subshell(environment: Environment, inner: Self) -> Self {
        Self::Subshell(Box::new((environment, inner)))
    }

    /// Does what can be done now. When it has not ended, it has noted in `environment` for what it waits.
    pub fn poll(&mut self, environment: &mut Environment, world: &mut World<'_>, io: &mut Io) -> Option<i32> {
        match self {
            Self::List(list) => list.poll(environment, world, io),
            Self::Pipe(pipe) => pipe.poll(environment, world, io),
            Self::Simple(simple) => simple.poll(environment, world, io),
            Self::Redirected(redirected) => redirected.poll(environment, world, io),
            Self::While(turns) => turns.poll(environment, world, io),
            Self::For(turns) => turns.poll(environment, world, io),
            Self::If(branches) => branches.poll(environment, world, io),
            Self::Subshell(subshell) => {
                let (inner, running) = subshell.as_mut();
                inner.begin_poll();
                inner.budget = environment.budget;
                let ended = poll_with_jobs(running, inner, world, io);
                environment.waits_like(inner);
                let code = ended?;
                match inner.unwind.take() {
                    Some(Unwind::Exit(code)) => Some(code),
                    _ => Some(code),
                }
            }
        }
    }

    /// Ctrl-C: ends the programs that run.
    pub fn interrupt(&mut self, world: &mut World<'_>, io: &mut Io) -> i32 {
        match self {
            Self::List(list) => list.child.as_mut().map_or(130, |child| child.interrupt(world, io)),
            Self::Pipe(pipe) => pipe.interrupt(world, io),
            Self::Simple(simple) => simple.interrupt(world, io),
            Self::Redirected(redirected) => redirected.interrupt(world, io),
            Self::While(turns) => turns.interrupt(world, io),
            Self::For(turns) => turns.interrupt(world, io),
            Self::If(branches) => branches.interrupt(world, io),
            Self::Subshell(subshell) => subshell.1.interrupt(world, io),
        }
    }
}

/// Lets a shell's jobs go on, and then what it runs itself.
pub(super) fn poll_with_jobs(
    running: &mut Running,
    environment: &mut Environment,
    world: &mut World<'_>,
    io: &mut Io,
) -> Option<i32> {
    for chunk in environment.poll_jobs(world) {
        io.write(chunk.stream, &chunk.text);
    }
    let ended = running.poll(environment, world, io);
    if environment.wake <= world.cluster.now() {
        // A job has just begun: it goes on with the next moment, so that time does.
        environment.wake = world.cluster.now() + 1;
    }
    ended
}

/// A list that runs.
#[derive(Clone, Debug)]
pub(super) struct Sequence {
    list: Arc<List>,
    entry: usize,
    link: usize,
    child: Option<Box<Running>>,
    last: i32,
    began_ms: u64,
}

impl Sequence {
    fn poll(&mut self, environment: &mut Environment, world: &mut World<'_>, io: &mut Io) -> Option<i32> {
        let list = Arc::clone(&self.list);
        while let Some(entry) = list.0.get(self.entry) {
            if entry.background {
                if environment.is_spent(world.cluster.now(), io) {
                    return None;
                }
                if environment.unwind.is_some() {
                    return Some(self.last);
                }
                environment.charge(1, 0);
                if !self.start_job(entry, environment, io) {
                    return Some(environment.give_up("fork: retry: Resource temporarily unavailable", io));
                }
                continue;
            }
            let Some((join, pipeline)) = entry.chain.get(self.link) else {
                self.entry += 1;
                self.link = 0;
                continue;
            };
            let skipped = self.link > 0 && (*join == Join::And) != (self.last == 0);
            if skipped && self.child.is_none() {
                self.link += 1;
                continue;
            }
            if pipeline.commands.len() > MOST_STAGES {
                return Some(environment.give_up("fork: retry: Resource temporarily unavailable", io));
            }
            let now_ms = world.cluster.now().as_ms();
            let child = self.child.get_or_insert_with(|| {
                self.began_ms = now_ms;
                Box::new(Running::pipeline(pipeline, environment))
            });
            let mut code = child.poll(environment, world, io)?;
            self.child = None;
            if pipeline.timed {
                io.err(times(world.cluster.now().as_ms().saturating_sub(self.began_ms)));
            }
            if pipeline.negated {
                code = i32::from(code == 0);
            }
            self.last = code;
            environment.last_exit = code;
            self.link += 1;
            if environment.unwind.is_some() {
                return Some(code);
            }
        }
        Some(self.last)
    }

    /// Whether there is room for another job.
    fn start_job(&mut self, entry: &Entry, environment: &mut Environment, io: &mut Io) -> bool {
        let foreground = Entry { background: false, ..entry.clone() };
        let running = Running::list(&Arc::new(List(vec![foreground])));
        let Some((number, pid)) = environment.start_job(&entry.text, running) else { return false };
        if environment.interactive {
            io.err(format!("[{number}] {pid}\n"));
        }
        self.last = 0;
        environment.last_exit = 0;
        self.entry += 1;
        self.link = 0;
        true
    }
}

/// What `time` says.
fn times(ms: u64) -> String {
    let (minutes, seconds, thousandths) = (ms / 60_000, ms / 1000 % 60, ms % 1000);
    format!("\nreal\t{minutes}m{seconds}.{thousandths:03}s\nuser\t0m0.000s\nsys\t0m0.000s\n")
}
