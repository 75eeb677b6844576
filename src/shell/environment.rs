//! What a shell remembers: variables, aliases, the last exit code, jobs.

use std::collections::{BTreeMap, BTreeSet};

use super::run::Running;
use crate::process::{Chunk, Io, World};
use crate::sim::SimTime;

/// A command that runs in the background.
#[derive(Clone, Debug)]
pub(super) struct Job {
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
pub(super) enum Unwind {
    /// `break`
    Break(u32),
    /// `continue`
    Continue(u32),
    /// `exit`
    Exit(i32),
}

/// A shell's memory.
#[derive(Clone, Debug)]
pub(super) struct Environment {
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
    /// Whether something that runs waits for changes; found anew by every poll.
    pub waits: bool,
    /// How many commands may still start within this moment: `while true; do echo; done` must not stop the page.
    pub budget: u32,
    /// How many scripts stand around what runs.
    pub nesting: u32,
    next_pid: u32,
}

/// Commands that may start within one moment.
const BUDGET: u32 = 2000;

impl Environment {
    pub fn new() -> Self {
        let variables: BTreeMap<String, String> = [
            ("HOME", "/home/learner"),
            ("PATH", "/usr/local/bin:/usr/bin:/bin"),
            ("PWD", "/home/learner"),
            ("SHELL", "/bin/bash"),
            ("USER", "learner"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        Self {
            exported: variables.keys().cloned().collect(),
            variables,
            aliases: BTreeMap::new(),
            history: Vec::new(),
            last_exit: 0,
            unwind: None,
            jobs: Vec::new(),
            interactive: true,
            wake: SimTime::NEVER,
            waits: false,
            budget: BUDGET,
            nesting: 0,
            next_pid: 4242,
        }
    }

    /// A subshell's copy: what it changes stays its own.
    pub fn subshell(&self) -> Self {
        Self { jobs: Vec::new(), interactive: false, history: Vec::new(), unwind: None, ..self.clone() }
    }

    /// Before each poll.
    pub fn begin_poll(&mut self) {
        self.wake = SimTime::NEVER;
        self.waits = false;
        self.budget = BUDGET;
    }

    /// Takes over when and for what a subshell waits.
    pub fn waits_like(&mut self, other: &Self) {
        self.wake = self.wake.min(other.wake);
        self.waits |= other.waits;
        self.budget = self.budget.min(other.budget);
    }

    /// Starts a job.
    pub fn start_job(&mut self, text: &str, running: Running) -> (usize, u32) {
        let number = self.jobs.iter().map(|job| job.number).max().unwrap_or(0) + 1;
        let pid = self.next_pid;
        self.next_pid += 1;
        let environment = self.subshell();
        self.variables.insert("!".to_owned(), pid.to_string());
        let io = Io::default();
        self.jobs.push(Job { number, pid, text: text.to_owned(), running, environment, io, ended: None });
        // It begins with the next poll, which is due at once: else it would wait for somebody to type.
        self.wake = SimTime::ZERO;
        (number, pid)
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
        for mut job in std::mem::take(&mut self.jobs) {
            if job.ended.is_none() {
                job.environment.begin_poll();
                job.ended = job.running.poll(&mut job.environment, world, &mut job.io);
                if job.ended.is_none() {
                    self.wake = self.wake.min(job.environment.wake);
                    self.waits |= job.environment.waits;
                }
                chunks.extend(job.io.take_chunks());
            }
            self.jobs.push(job);
        }
        chunks
    }

    /// What a script was given: `$1`, `$2` …
    fn positional(&self) -> impl Iterator<Item = &str> {
        (1_usize..).map_while(|at| self.variables.get(&at.to_string()).map(String::as_str))
    }

    /// Gives a script its arguments.
    pub fn set_positional(&mut self, arguments: &[String]) {
        for (at, argument) in (1_usize..).zip(arguments) {
            self.variables.insert(at.to_string(), argument.clone());
        }
    }

    /// A parameter's value, as `$name` gives it.
    pub fn value(&self, name: &str) -> Option<String> {
        match name {
            "?" => Some(self.last_exit.to_string()),
            "$" => Some("4200".to_owned()),
            "#" => Some(self.positional().count().to_string()),
            "0" => Some("bash".to_owned()),
            "@" | "*" => Some(self.positional().collect::<Vec<_>>().join(" ")),
            name => self.variables.get(name).cloned(),
        }
    }
}
