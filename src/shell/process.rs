//! What a command is while it runs: a state machine that the terminal polls whenever time or the store moved.

use std::collections::BTreeMap;

use super::Files;
use crate::cluster::Cluster;
use crate::sim::SimTime;

/// What a process answers when it is polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Poll {
    /// It ended with this exit code.
    Exited(i32),
    /// It has nothing to do before this moment.
    SleepUntil(SimTime),
    /// It waits for the store's next change or for input.
    Waiting,
}

/// A command that runs. It is polled once when it starts, then after every change of the store, after new input and
/// when its time has come; a poll that comes too early must be harmless.
///
/// Processes are plain values like everything else (`Clone` gives `boxed_clone`), so that a checkpoint holds them.
pub trait Process: CloneProcess {
    /// Does what can be done now.
    fn poll(&mut self, world: &mut World<'_>, io: &mut Io) -> Poll;

    /// Ctrl-C: puts away what the process holds and gives its exit code.
    fn interrupt(&mut self, world: &mut World<'_>, io: &mut Io) -> i32 {
        let _ = (world, io);
        130
    }
}

/// Copies a boxed process; every `Process` that is `Clone` has it.
pub trait CloneProcess {
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

/// What a process may touch.
#[derive(Debug)]
pub struct World<'a> {
    /// The simulated cluster, with the time.
    pub cluster: &'a mut Cluster,
    /// The lab's files.
    pub files: &'a mut Files,
    /// The ports of localhost that `kubectl port-forward` has opened.
    pub forwards: &'a mut Forwards,
}

/// Where a port of localhost leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forward {
    /// The pod's namespace.
    pub namespace: String,
    /// The pod's name.
    pub pod: String,
    /// The port in the pod.
    pub port: u16,
    /// Connections that kubectl has not spoken of yet.
    pub connections: Vec<Connection>,
}

/// How a connection to a forwarded port went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connection {
    /// Something listens in the pod.
    Open,
    /// Nothing listens there.
    Refused,
    /// The pod is gone.
    Lost,
}

/// Open ports of localhost.
pub type Forwards = BTreeMap<u16, Forward>;

/// Where a text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// A piece of output, in the order in which it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Where it goes.
    pub stream: Stream,
    /// What was written; not necessarily whole lines.
    pub text: String,
}

/// What reading gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A line, without its line feed.
    Line(String),
    /// Nothing yet: return [`Poll::Waiting`] and try again.
    Pending,
    /// There will be no more.
    End,
}

/// A process's standard input, output and error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Io {
    input: String,
    /// How many bytes of `input` have been read.
    consumed: usize,
    input_open: bool,
    chunks: Vec<Chunk>,
}

impl Io {
    /// An input that holds all of `text`.
    pub fn with_input(text: impl Into<String>) -> Self {
        Self { input: text.into(), ..Self::default() }
    }

    /// An input that may still grow by [`Io::feed`], until [`Io::close_input`].
    pub fn with_open_input() -> Self {
        Self { input_open: true, ..Self::default() }
    }

    /// Adds to the input.
    pub fn feed(&mut self, text: &str) {
        if self.consumed == self.input.len() {
            self.input.clear();
            self.consumed = 0;
        }
        self.input.push_str(text);
    }

    /// Says that the input is complete.
    pub fn close_input(&mut self) {
        self.input_open = false;
    }

    /// Whether the input may still grow.
    pub fn is_input_open(&self) -> bool {
        self.input_open
    }

    /// Exchanges the inputs of two: a command inside of another reads what that one would read.
    pub(super) fn swap_input(&mut self, other: &mut Self) {
        std::mem::swap(&mut self.input, &mut other.input);
        std::mem::swap(&mut self.consumed, &mut other.consumed);
        std::mem::swap(&mut self.input_open, &mut other.input_open);
    }

    /// Whether something has not been read yet.
    pub(super) fn has_input(&self) -> bool {
        self.consumed < self.input.len()
    }

    /// Takes the next line of the input; the last one need not end with a line feed.
    pub fn read_line(&mut self) -> Input {
        let rest = self.input.get(self.consumed..).unwrap_or_default();
        let (line, taken) = match rest.split_once('\n') {
            Some((line, _)) => (line, line.len() + 1),
            None if self.input_open => return Input::Pending,
            None if rest.is_empty() => return Input::End,
            None => (rest, rest.len()),
        };
        let line = line.to_owned();
        self.consumed += taken;
        Input::Line(line)
    }

    /// Takes the whole rest of the input, or nothing while it may still grow.
    pub fn read_all(&mut self) -> Option<String> {
        if self.input_open {
            return None;
        }
        let rest = self.input.split_off(self.consumed.min(self.input.len()));
        self.input.clear();
        self.consumed = 0;
        Some(rest)
    }

    /// Writes to standard output.
    pub fn out(&mut self, text: impl AsRef<str>) {
        self.write(Stream::Out, text.as_ref());
    }

    /// Writes to standard error.
    pub fn err(&mut self, text: impl AsRef<str>) {
        self.write(Stream::Err, text.as_ref());
    }

    /// Writes to `stream`.
    pub fn write(&mut self, stream: Stream, text: &str) {
        if text.is_empty() {
            return;
        }
        match self.chunks.last_mut() {
            Some(last) if last.stream == stream => last.text.push_str(text),
            _ => self.chunks.push(Chunk { stream, text: text.to_owned() }),
        }
    }

    /// Takes what was written so far.
    pub fn take_chunks(&mut self) -> Vec<Chunk> {
        std::mem::take(&mut self.chunks)
    }
}
