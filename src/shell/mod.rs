//! The lab's terminal: a small POSIX-like shell whose commands run in simulated time.

mod files;
mod process;

pub use files::Files;
pub use process::{Chunk, Forward, Forwards, Input, Io, Poll, Process, Stream, World};
