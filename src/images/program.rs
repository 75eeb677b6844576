//! A running program: what a started container does with requests, commands and signals, and when it ends.

use std::sync::Arc;

use super::Declaration;
use crate::sim::SimTime;

/// An HTTP request, as far as programs look at it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST` …
    pub method: String,
    /// Path with query.
    pub path: String,
    /// Header names and values.
    pub headers: Vec<(String, String)>,
}

/// An HTTP answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Header names and values, in the order in which they are sent.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: String,
    /// Milliseconds from the request to the answer.
    pub latency_ms: u64,
}

/// What becomes of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// An answer comes after its latency.
    Answered(Response),
    /// Nobody listens on the port: `connection refused`, at once.
    Refused,
    /// The connection stands and no answer ever comes.
    Hangs,
    /// No such address: packets vanish.
    Unreachable,
}

/// What a command that was started in the container does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exec {
    /// It ends.
    Ended {
        /// Exit code.
        exit_code: i32,
        /// Standard output and error.
        output: String,
        /// Milliseconds that it took.
        latency_ms: u64,
    },
    /// There is no such program in the container.
    NotFound,
}

/// How the program ends by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    /// When.
    pub at: SimTime,
    /// Exit code.
    pub code: i32,
    /// `Completed`, `Error` or `OOMKilled`.
    pub reason: String,
}

/// A line of a container's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When it was written.
    pub at: SimTime,
    /// Without the line end.
    pub text: String,
}

/// Why a container could not be started: the runtime's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartError(pub String);

/// A running program's state.
#[derive(Clone, Debug)]
pub struct Program {
    declaration: Arc<Declaration>,
    hostname: String,
    started: SimTime,
    requests: Vec<u64>,
}
impl Program {
    /// The declaration it runs.
    pub fn declaration(&self) -> &Declaration {
        &self.declaration
    }
    /// When it started.
    pub fn started(&self) -> SimTime {
        self.started
    }
    /// Its host's name and counts; replaced below.
    pub fn hostname(&self) -> (&str, &[u64]) {
        (&self.hostname, &self.requests)
    }
}
