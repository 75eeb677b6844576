//! The lab's terminal: a small POSIX-like shell whose commands run in simulated time.

mod commands;
mod completion;
mod environment;
mod files;
mod language;
pub mod masks;
mod process;
mod run;
mod terminal;

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;

pub(crate) use commands::http_client;
pub use files::{Complaint, Files};
pub use process::{Chunk, Connection, Forward, Forwards, Input, Io, Poll, Process, Stream, World};
pub use terminal::Terminal;

/// Starts a program by its words, outside of any shell.
///
/// # Errors
/// With what the shell would say when there is no such program.
pub(crate) fn start_program(words: &[String]) -> Result<Box<dyn Process>, String> {
    commands::start(words, 0).map_err(|failure| failure.text)
}
