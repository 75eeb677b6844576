//! Commands that run: the language's constructs as state machines over the programs' ones.

mod arithmetic;
mod builtins;
mod decide;
mod declare;
mod expansion;
mod glob;
mod loops;
mod parameter;
mod pipe;
mod read;
mod redirection;
mod settings;
mod simple;

use std::sync::Arc;

use super::environment::{Environment, Unwind};
use super::language::{Command, CommandKind, Entry, Join, List, Pipeline, parse};
use crate::script::{Io, World};

pub(crate) use builtins::NAMES as BUILTINS;
use decide::{Case, CountedLoop, Decision};
pub(super) use glob::is_pattern_match;
use loops::{Branches, ForLoop, WhileLoop};
use pipe::Pipe;
use redirection::Redirected;
pub(super) use settings::set;
use simple::Simple;

/// How many commands may feed one another.
const MOST_STAGES: usize = 100;

/// Something that runs. A poll does what can be done now and gives the exit code once it has ended.
#[derive(Clone, Debug)]
pub(crate) enum Running {
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
    /// `case`.
    Case(Box<Case>),
    /// `[[ … ]]` and `((…))`.
    Decision(Box<Decision>),
    /// `for ((…))`.
    Counted(Box<CountedLoop>),
    /// The definition of a function.
    Function(Arc<Command>),
    /// `( … )`: what it changes stays its own.
    Subshell(Box<(Environment, Running)>),
}

impl Running {
    /// A list, from its beginning.
    pub fn list(list: &Arc<List>) -> Self {
        Self::List(Sequence {
            list: Arc::clone(list),
            entry: 0,
            link: 0,
            child: None,
            last: 0,
            began_ms: 0,
            after_trap: None,
        })
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
            CommandKind::Case { .. } => Self::Case(Box::new(Case::new(command))),
            CommandKind::Condition(_) | CommandKind::Arithmetic(_) => Self::Decision(Box::new(Decision::new(command))),
            CommandKind::CountedFor { .. } => Self::Counted(Box::new(CountedLoop::new(command))),
            CommandKind::Function { .. } => Self::Function(Arc::clone(command)),
        }
    }

    /// Runs with variables of its own.
    pub fn subshell(environment: Environment, inner: Self) -> Self {
        Self::Subshell(Box::new((environment, inner)))
    }

    /// Does what can be done now. When it has not ended, it has noted in `environment` for what it waits.
    pub fn poll(&mut self, environment: &mut Environment, world: &mut World<'_>, io: &mut Io) -> Option<i32> {
        let ended = if environment.descend() {
            self.poll_within(environment, world, io)
        } else if environment.unwind.is_none() {
            Some(environment.give_up("commands stand too deep in one another", io))
        } else {
            Some(1)
        };
        environment.ascend();
        ended
    }

    fn poll_within(&mut self, environment: &mut Environment, world: &mut World<'_>, io: &mut Io) -> Option<i32> {
        match self {
            Self::List(list) => list.poll(environment, world, io),
            Self::Pipe(pipe) => pipe.poll(environment, world, io),
            Self::Simple(simple) => simple.poll(environment, world, io),
            Self::Redirected(redirected) => redirected.poll(environment, world, io),
            Self::While(turns) => turns.poll(environment, world, io),
            Self::For(turns) => turns.poll(environment, world, io),
            Self::If(branches) => branches.poll(environment, world, io),
            Self::Case(case) => case.poll(environment, world, io),
            Self::Decision(decision) => decision.poll(environment, world, io),
            Self::Counted(turns) => turns.poll(environment, world, io),
            Self::Function(command) => {
                if let CommandKind::Function { name, body } = &command.kind {
                    environment.functions.insert(name.clone(), Arc::clone(body));
                }
                Some(0)
            }
            Self::Subshell(subshell) => {
                let (inner, running) = subshell.as_mut();
                inner.begin_poll();
                inner.budget = environment.budget;
                let ended = poll_with_jobs(running, inner, world, io);
                environment.waits_like(inner);
                let code = ended?;
                let exits = matches!(inner.unwind, Some(Unwind::Exit(_)));
                let code = match inner.unwind.take() {
                    Some(Unwind::Exit(code) | Unwind::Return(code)) => code,
                    _ => code,
                };
                inner.leaves_with = inner.leaves_with.map(|left| if exits { code } else { left });
                match exit_trap(inner, code) {
                    Some(trap) => {
                        *running = trap;
                        environment.wake = environment.wake.min(world.now);
                        None
                    }
                    None => Some(inner.leaves_with.take().unwrap_or(code)),
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
            Self::Case(case) => case.interrupt(world, io),
            Self::Decision(decision) => decision.interrupt(world, io),
            Self::Counted(turns) => turns.interrupt(world, io),
            Self::Function(_) => 130,
            Self::Subshell(subshell) => subshell.1.interrupt(world, io),
        }
    }
}

/// What `trap … EXIT` has set, once, when a shell ends with this code.
pub(crate) fn exit_trap(environment: &mut Environment, code: i32) -> Option<Running> {
    let text = environment.traps.remove("EXIT").filter(|text| !text.is_empty())?;
    let list = parse(&text).ok()?;
    environment.leave_all();
    environment.last_exit = code;
    environment.leaves_with = Some(code);
    environment.settings.errexit = false;
    Some(Running::list(&Arc::new(list)))
}

/// Lets a shell's jobs go on, and then what it runs itself.
pub(crate) fn poll_with_jobs(
    running: &mut Running,
    environment: &mut Environment,
    world: &mut World<'_>,
    io: &mut Io,
) -> Option<i32> {
    for chunk in environment.poll_jobs(world) {
        io.write(chunk.stream, &chunk.text);
    }
    let ended = running.poll(environment, world, io);
    if environment.wake <= world.now {
        // A job has just begun: it goes on with the next moment, so that time does.
        environment.wake = world.now + 1;
    }
    ended
}

/// A list that runs.
#[derive(Clone, Debug)]
pub(crate) struct Sequence {
    list: Arc<List>,
    entry: usize,
    link: usize,
    child: Option<Box<Running>>,
    last: i32,
    began_ms: u64,
    /// A trap runs: after a command with this exit code, and whether because it failed.
    after_trap: Option<(i32, bool)>,
}

impl Sequence {
    fn poll(&mut self, environment: &mut Environment, world: &mut World<'_>, io: &mut Io) -> Option<i32> {
        let list = Arc::clone(&self.list);
        if let Some((code, is_error)) = self.after_trap {
            // The trap runs, and is no error itself.
            self.child.as_mut().map_or(Some(0), |trap| trap.poll(environment, world, io))?;
            environment.in_conditions = environment.in_conditions.saturating_sub(1);
            (self.child, self.after_trap) = (None, None);
            environment.last_exit = code;
            if is_error && environment.settings.errexit && environment.unwind.is_none() {
                environment.unwind = Some(Unwind::Exit(code));
            }
            if environment.unwind.is_some() {
                return Some(code);
            }
        }
        while let Some(entry) = list.0.get(self.entry) {
            if entry.background {
                if environment.is_spent(world.now, io) {
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
            let now_ms = world.now.as_ms();
            let is_decided = pipeline.negated || self.link + 1 < entry.chain.len();
            environment.in_conditions += u32::from(is_decided);
            let child = self.child.get_or_insert_with(|| {
                self.began_ms = now_ms;
                Box::new(Running::pipeline(pipeline, environment))
            });
            let ended = child.poll(environment, world, io);
            environment.in_conditions = environment.in_conditions.saturating_sub(u32::from(is_decided));
            let mut code = ended?;
            self.child = None;
            if pipeline.commands.len() == 1 {
                environment.pipe_codes = vec![code];
            }
            if pipeline.timed {
                io.err(times(world.now.as_ms().saturating_sub(self.began_ms)));
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
            if environment.signalled {
                environment.signalled = false;
                if let Some(Ok(list)) = environment.traps.get("TERM").map(|text| parse(text)) {
                    self.after_trap = Some((code, false));
                    environment.in_conditions += 1;
                    self.child = Some(Box::new(Running::list(&Arc::new(list))));
                    return self.poll(environment, world, io);
                }
            }
            if code != 0 && !is_decided && environment.in_conditions == 0 && fails_by_itself(pipeline) {
                if let Some(text) = environment.traps.get("ERR").filter(|text| !text.is_empty())
                    && environment.frames.is_empty()
                    && let Ok(list) = parse(text)
                {
                    self.after_trap = Some((code, true));
                    environment.in_conditions += 1;
                    self.child = Some(Box::new(Running::list(&Arc::new(list))));
                    return self.poll(environment, world, io);
                }
                if environment.settings.errexit {
                    environment.unwind = Some(Unwind::Exit(code));
                    return Some(code);
                }
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

/// Whether a pipeline's failure is its own, and was not one of the commands in it.
fn fails_by_itself(pipeline: &Pipeline) -> bool {
    let [only] = pipeline.commands.as_slice() else { return true };
    matches!(
        only.kind,
        CommandKind::Simple { .. } | CommandKind::Subshell(_) | CommandKind::Condition(_) | CommandKind::Arithmetic(_)
    )
}

/// What `time` says.
fn times(ms: u64) -> String {
    let (minutes, seconds, thousandths) = (ms / 60_000, ms / 1000 % 60, ms % 1000);
    format!("\nreal\t{minutes}m{seconds}.{thousandths:03}s\nuser\t0m0.000s\nsys\t0m0.000s\n")
}
