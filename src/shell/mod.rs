//! The lab's terminal: a small POSIX-like shell whose commands run in simulated time.

mod commands;
mod completion;
mod endless;
pub mod masks;
mod terminal;

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;

use crate::process::Programs;
pub use endless::{is_service, never_ends};
pub use terminal::Terminal;

/// The programs that the shell knows, for those among them that start others.
pub const PROGRAMS: Programs = Programs { start: commands::start, in_container: commands::start_within };
