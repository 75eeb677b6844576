//! What a command is while it runs, and what it works with: its input and output, the files, the cluster.
//!
//! A command is a state machine that the terminal polls whenever time or the store has moved.

mod bridge;
mod forwards;

use crate::client::Client;
use crate::cluster::Cluster;

pub use crate::script::{
    Chunk, Complaint, Files, Input, Io, MAX_FILE_BYTES, MAX_FILES, MAX_FILES_BYTES, MAX_UNREAD_BYTES, NotStarted, Poll,
    Stream,
};
pub(crate) use bridge::{lowered, raised};
pub use forwards::{Connection, Forward, Forwards};

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

impl World<'_> {
    /// The cluster as kubectl reaches it.
    pub fn client(&self) -> &dyn Client {
        self.cluster
    }

    /// As [`World::client`], to change something.
    pub fn client_mut(&mut self) -> &mut dyn Client {
        self.cluster
    }
}

/// A program that runs from now on, or why it does not.
pub type Started = Result<Box<dyn Process>, NotStarted>;

/// A container that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InContainer {
    /// Its pod's uid.
    pub pod_uid: String,
    /// Its pod's address.
    pub pod_ip: String,
    /// Its pod's namespace.
    pub namespace: String,
    /// Its name.
    pub container: String,
    /// Whether what runs there reads what its caller would read.
    pub reads_input: bool,
}

/// The programs of the learner's machine, for a command that starts others.
#[derive(Clone, Copy, Debug)]
pub struct Programs {
    /// Starts a program by its words.
    pub start: fn(words: &[String]) -> Started,
    /// Starts a program in a container; none when the container has to be asked what it does.
    pub in_container: fn(words: &[String], world: &mut World<'_>, place: InContainer) -> Option<Started>,
}
