//! What a shell remembers: variables, aliases, the last exit code, jobs.

mod variables;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use super::Machine;
use super::language::Command;
use super::run::Running;
use crate::script::{Chunk, Io, World};
use crate::sim::SimTime;
use crate::sorting;

/// A command that runs in the background.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    /// `%1`
    pub number: usize,
    /// What `$!` gives.
    pub pid: u32,
    /// As it was typed.
    pub text: String,
    /// What runs.
    pub running: Running,
    /// Its variables.
    pub environment: Environment,
    /// Its output.
    pub io: Io,
    /// Exit code, once it has ended.
    pub ended: Option<i32>,
}

/// How a command leaves what it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unwind {
    /// `break`
    Break(u32),
    /// `continue`
    Continue(u32),
    /// `return`
    Return(i32),
    /// `exit`
    Exit(i32),
}

/// What `set` and `set -o` turn on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Settings {
    /// `-e`: a failing command ends the shell.
    pub errexit: bool,
    /// `-u`: a variable that is not set is an error.
    pub nounset: bool,
    /// `-x`: commands are shown.
    pub xtrace: bool,
    /// `-o pipefail`: a pipe fails when one of its commands does.
    pub pipefail: bool,
    /// `-f`: file patterns stay as they are.
    pub noglob: bool,
}

/// What a function's call puts back at its end.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    positional: Rc<[String]>,
    locals: BTreeMap<String, Saved>,
}

/// A variable's value before it became local.
#[derive(Clone, Debug)]
struct Saved {
    value: Option<String>,
    array: Option<Array>,
    is_exported: bool,
}

/// An array's values.
pub(crate) type Array = BTreeMap<usize, String>;

/// How deep functions may call one another.
const MOST_FRAMES: usize = 60;

/// How deep what runs may stand in one another, in a shell and in one that another has started.
const DEEPEST: [u32; 2] = [400, 150];

/// The traps that scripts set.
pub(super) const SIGNALS: [&str; 4] = ["EXIT", "INT", "TERM", "ERR"];

/// A shell's memory.
#[derive(Clone, Debug)]
pub(crate) struct Environment {
    /// Where it runs.
    pub machine: &'static Machine,
    pub variables: BTreeMap<String, String>,
    pub exported: BTreeSet<String>,
    pub aliases: BTreeMap<String, String>,
    pub history: Vec<String>,
    pub last_exit: i32,
    pub unwind: Option<Unwind>,
    pub jobs: Vec<Job>,
    /// Whether jobs are announced, and whether aliases apply.
    pub interactive: bool,
    /// When something that runs wants to be polled; found anew by every poll.
    pub wake: SimTime,
    /// Until when something that runs is at work; found anew by every poll.
    pub works: SimTime,
    /// Whether something that runs waits for changes; found anew by every poll.
    pub waits: bool,
    /// How many commands may still start within this moment: `while true; do echo; done` must not stop the page.
    pub budget: u32,
    /// How often the budget was used up without a pause.
    spent: u32,
    /// How many scripts stand around what runs.
    pub nesting: u32,
    next_pid: u32,
    /// How many jobs may run at once.
    most_jobs: usize,
    /// How long the variables' names and values are together.
    variable_bytes: usize,
    /// Variables with several values.
    pub arrays: BTreeMap<String, Array>,
    /// Functions by name.
    pub functions: BTreeMap<String, Arc<Command>>,
    /// `$1`, `$2` …
    pub positional: Rc<[String]>,
    /// The functions that run.
    pub frames: Vec<Frame>,
    /// Whether SIGTERM has come and its trap has not run yet: it runs when the command of the moment has ended.
    pub signalled: bool,
    /// What `trap` has set, by signal.
    pub traps: BTreeMap<&'static str, String>,
    /// Variables that cannot be changed.
    pub readonly: BTreeSet<String>,
    pub settings: Settings,
    /// How many conditions stand around what runs: there a failure is no error for `set -e`.
    pub in_conditions: u32,
    /// How deep what runs stands in other commands.
    depth: u32,
    /// The exit codes of the last pipe's commands.
    pub pipe_codes: Vec<i32>,
    /// The exit code with which the shell ends once its trap has run.
    pub leaves_with: Option<i32>,
    /// `$0`
    pub name: Rc<str>,
}

/// What may be done within one poll, counted in commands; a script in a script may do an eighth of it.
const BUDGET: u32 = 1000;

/// A pause of this length shows that a loop waits for something.
const PAUSE_MS: u64 = 50;

/// So many bytes are as much work as a command.
const BYTES_PER_COMMAND: usize = 4096;

/// How many jobs may run at once in the terminal's own shell; a shell in a shell may have an eighth of them.
const MOST_JOBS: usize = 64;

/// How long a word, a value or the output of `$(…)` may become.
pub(super) const LONGEST_TEXT: usize = 4 << 20;

/// What a value of an array costs beside its text.
const VALUE_BYTES: usize = 32;

/// How long all variables may be together.
const MOST_VARIABLE_BYTES: usize = 16 << 20;

/// How long a word may become, in the shell's words.
pub(super) fn too_long() -> String {
    format!("cannot allocate memory: a text may have {LONGEST_TEXT} bytes")
}

impl Environment {
    pub fn new(machine: &'static Machine) -> Self {
        let variables: BTreeMap<String, String> =
            sorting::map(machine.variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Self {
            machine,
            exported: variables.keys().cloned().collect(),
            variables,
            aliases: BTreeMap::new(),
            history: Vec::new(),
            last_exit: 0,
            unwind: None,
            jobs: Vec::new(),
            interactive: true,
            wake: SimTime::NEVER,
            works: SimTime::NEVER,
            waits: false,
            budget: BUDGET,
            spent: 0,
            nesting: 0,
            next_pid: 4242,
            most_jobs: MOST_JOBS,
            variable_bytes: 0,
            arrays: BTreeMap::new(),
            functions: BTreeMap::new(),
            positional: Rc::from([]),
            frames: Vec::new(),
            signalled: false,
            traps: BTreeMap::new(),
            readonly: BTreeSet::new(),
            settings: Settings::default(),
            in_conditions: 0,
            depth: 0,
            pipe_codes: Vec::new(),
            leaves_with: None,
            name: Rc::from("bash"),
        }
    }

    /// A subshell's copy: what it changes stays its own.
    pub fn subshell(&self) -> Self {
        Self {
            variables: self.variables.clone(),
            exported: self.exported.clone(),
            aliases: self.aliases.clone(),
            history: Vec::new(),
            jobs: Vec::new(),
            interactive: false,
            unwind: None,
            most_jobs: self.most_jobs / 8,
            arrays: self.arrays.clone(),
            functions: self.functions.clone(),
            positional: Rc::clone(&self.positional),
            frames: self.frames.clone(),
            signalled: false,
            traps: BTreeMap::new(),
            readonly: self.readonly.clone(),
            pipe_codes: Vec::new(),
            name: Rc::clone(&self.name),
            ..*self
        }
    }

    /// Before each poll.
    pub fn begin_poll(&mut self) {
        self.wake = SimTime::NEVER;
        self.works = SimTime::NEVER;
        self.waits = false;
        self.budget = (BUDGET >> (3 * self.nesting.min(4))).max(8);
    }

    /// Counts work. Texts are work as well as commands.
    pub fn charge(&mut self, commands: u32, bytes: usize) {
        let more = u32::try_from(bytes / BYTES_PER_COMMAND).unwrap_or(u32::MAX);
        self.budget = self.budget.saturating_sub(commands.saturating_add(more));
    }

    /// Whether to go on after a rest, because there was enough work for one poll. A loop that never pauses is ended.
    pub fn is_spent(&mut self, now: SimTime, io: &mut Io) -> bool {
        if self.budget > 0 {
            return false;
        }
        let (rest_ms, most_spent) = self.machine.patience;
        self.spent = self.spent.saturating_add(1);
        if self.spent > most_spent && self.unwind.is_none() {
            // Of the shells in one another, the innermost says so.
            if self.spent == most_spent + 1 {
                io.err("bash: killed: the lab ends a loop that never pauses\n");
            }
            self.unwind = Some(Unwind::Exit(137));
            self.budget = 1;
            return false;
        }
        self.wake = self.wake.min(now + rest_ms);
        true
    }

    /// A program sleeps until `at`.
    pub fn sleeps_until(&mut self, at: SimTime, now: SimTime) {
        self.wake = self.wake.min(at);
        if at.ms_since(now) >= PAUSE_MS {
            self.spent = 0;
        }
    }

    /// A program is at work until `at`.
    pub fn works_until(&mut self, at: SimTime, now: SimTime) {
        self.works = self.works.min(at);
        self.sleeps_until(at, now);
    }

    /// A new line begins.
    pub fn begin_line(&mut self) {
        self.spent = 0;
    }

    /// Gives up everything that runs, as a shell without memory or processes does.
    pub fn give_up(&mut self, why: &str, io: &mut Io) -> i32 {
        io.err(format!("bash: {why}\n"));
        self.unwind = Some(Unwind::Exit(1));
        1
    }

    /// What runs was given up in the middle: whatever it stood in has ended.
    pub fn leave_all(&mut self) {
        while !self.frames.is_empty() {
            self.leave();
        }
        (self.in_conditions, self.depth) = (0, 0);
    }

    /// Something begins to stand in something else; false when that is too deep.
    pub fn descend(&mut self) -> bool {
        self.depth += 1;
        self.depth <= if self.nesting == 0 { DEEPEST[0] } else { DEEPEST[1] }
    }

    /// The opposite of [`Environment::descend`].
    pub fn ascend(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// Takes over when and for what a subshell waits.
    pub fn waits_like(&mut self, other: &Self) {
        self.wake = self.wake.min(other.wake);
        self.works = self.works.min(other.works);
        self.waits |= other.waits;
        self.budget = self.budget.min(other.budget);
        self.spent = self.spent.max(other.spent);
    }

    /// Starts a job; none when too many run.
    pub fn start_job(&mut self, text: &str, running: Running) -> Option<(usize, u32)> {
        if self.jobs.len() >= self.most_jobs {
            self.jobs.retain(|job| job.ended.is_none());
        }
        if self.jobs.len() >= self.most_jobs {
            return None;
        }
        let number = self.jobs.iter().map(|job| job.number).max().unwrap_or(0) + 1;
        let pid = self.next_pid;
        self.next_pid += 1;
        let environment = self.subshell();
        self.variables.insert("!".to_owned(), pid.to_string());
        let io = Io::default();
        self.jobs.push(Job { number, pid, text: text.to_owned(), running, environment, io, ended: None });
        // It begins with the next poll, which is due at once: else it would wait for somebody to type.
        self.wake = SimTime::ZERO;
        self.works = SimTime::ZERO;
        Some((number, pid))
    }

    /// The job that `%1`, `%%` or a process number names.
    pub fn job(&mut self, name: &str) -> Option<&mut Job> {
        match name.strip_prefix('%') {
            Some("" | "%" | "+") => self.jobs.last_mut(),
            Some(number) => {
                let number: usize = number.parse().ok()?;
                self.jobs.iter_mut().find(|job| job.number == number)
            }
            None => {
                let pid: u32 = name.parse().ok()?;
                self.jobs.iter_mut().find(|job| job.pid == pid)
            }
        }
    }

    /// Lets the jobs go on.
    pub fn poll_jobs(&mut self, world: &mut World<'_>) -> Vec<Chunk> {
        let mut chunks = Vec::new();
        let share = self.budget / u32::try_from(self.jobs.len().max(1)).unwrap_or(u32::MAX);
        for mut job in std::mem::take(&mut self.jobs) {
            if job.ended.is_none() {
                job.environment.begin_poll();
                job.environment.budget = share.max(8);
                job.ended = job.running.poll(&mut job.environment, world, &mut job.io);
                if job.ended.is_none() {
                    self.wake = self.wake.min(job.environment.wake);
                    self.works = self.works.min(job.environment.works);
                    self.waits |= job.environment.waits;
                }
                chunks.extend(job.io.take_chunks());
            }
            self.jobs.push(job);
        }
        chunks
    }
}
