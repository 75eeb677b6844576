//! What a program is while it runs, and the machine on which it runs.

use std::any::Any;

use super::{Context, Files, Io};
use crate::sim::SimTime;

/// What a process answers when it is polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Poll {
    /// It ended with this exit code.
    Exited(i32),
    /// It has nothing to do before this moment.
    SleepUntil(SimTime),
    /// It is at work until this moment, as [`Poll::SleepUntil`]; but whoever has stopped time is answered nevertheless.
    WorksUntil(SimTime),
    /// It waits for the store's next change, and no longer than until this moment.
    ChangesUntil(SimTime),
    /// It waits for the store's next change or for input.
    Waiting,
}

/// A program that could not be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotStarted {
    /// What the shell or the program itself says.
    pub text: String,
    /// The exit code.
    pub code: i32,
}

/// A program that runs from now on, or why it does not.
pub(crate) type Started = Result<Box<dyn Process>, NotStarted>;

/// A program that runs: see [`crate::process::Process`], which is the same with a cluster.
pub(crate) trait Process: CloneProcess {
    /// Does what can be done now.
    fn poll(&mut self, world: &mut World<'_>, io: &mut Io) -> Poll;

    /// SIGTERM to the first process of a container: whether it has a handler, which runs when the process goes on.
    fn terminate(&mut self) -> bool {
        false
    }

    /// Ctrl-C: puts away what the process holds and gives its exit code.
    fn interrupt(&mut self, world: &mut World<'_>, io: &mut Io) -> i32 {
        let _ = (world, io);
        130
    }
}

/// Copies a boxed process; every `Process` that is `Clone` has it.
pub(crate) trait CloneProcess {
    /// A copy of its own.
    fn boxed_clone(&self) -> Box<dyn Process>;
}

impl<T: Process + Clone + 'static> CloneProcess for T {
    fn boxed_clone(&self) -> Box<dyn Process> {
        Box::new(self.clone())
    }
}

impl Clone for Box<dyn Process> {
    fn clone(&self) -> Self {
        self.as_ref().boxed_clone()
    }
}

impl std::fmt::Debug for dyn Process {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Process")
    }
}

/// What a program may touch.
pub(crate) struct World<'a> {
    /// The present moment.
    pub now: SimTime,
    /// The machine's files.
    pub files: &'a mut Files,
    /// What else the machine has.
    pub host: &'a mut dyn Host,
}

/// What a program asks of the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Which addresses a name has.
    Name(String),
    /// What a server answers.
    Get {
        /// A name or an address.
        host: String,
        /// Its port.
        port: u16,
        /// Path with query.
        path: String,
    },
}

/// What the network answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A name's addresses; none when there is no such name.
    Addresses(Vec<String>),
    /// The server's answer.
    Response {
        /// Status code.
        status: u16,
        /// The words behind it.
        reason: &'static str,
        /// Body.
        body: String,
        /// Milliseconds until it comes.
        latency_ms: u64,
    },
    /// Nobody listens there.
    Refused,
    /// No answer ever comes.
    Silent,
}

/// What a machine has beside files and a clock, for the programs of its own.
pub(crate) trait Host {
    /// The cluster and the ports that are forwarded, where the machine is the learner's: whoever put them in knows what
    /// they are.
    fn parts(&mut self) -> Option<(&mut dyn Any, &mut dyn Any)> {
        None
    }

    /// What the network answers; none as long as it has not, and the program is to wait.
    fn ask(&mut self, question: &Question) -> Option<Found> {
        let _ = question;
        Some(Found::Refused)
    }
}

/// A kind of machine.
#[derive(Debug)]
pub(crate) struct Machine {
    /// Programs of its own, which go before the tools that every machine has; none for a name that it does not know.
    pub start: fn(&[String], &Context) -> Option<Started>,
    /// The names of those programs.
    pub own: &'static [&'static str],
    /// Tools that it does not have.
    pub lacks: &'static [&'static str],
    /// The variables with which its shell begins, all of them exported.
    pub variables: &'static [(&'static str, &'static str)],
    /// What its shell says of a program that is not there.
    pub not_found: fn(&str) -> String,
    /// Whether the path of a file runs it as a script: the terminal's files have no modes, so each may be run.
    pub runs_files: bool,
    /// How long a shell rests that has done much without a pause, and how often it may before it is ended.
    pub patience: (u64, u32),
}
