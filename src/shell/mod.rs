//! The lab's terminal: a small POSIX-like shell whose commands run in simulated time.

mod commands;
mod completion;
mod environment;
mod files;
mod language;
mod process;
mod run;
mod terminal;

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;

pub use files::Files;
pub use process::{Chunk, Forward, Forwards, Input, Io, Poll, Process, Stream, World};
pub use terminal::Terminal;
