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
