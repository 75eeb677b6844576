//! The language of shells, and the small programs that its scripts use. It needs no cluster: whoever runs it says which
//! machine it runs on, the learner's ([`crate::shell`]) or a container ([`crate::images`]).

mod environment;
mod files;
mod io;
mod language;
mod machine;
mod pattern;
mod run;
mod tools;

pub(crate) use environment::{Environment, Unwind};
pub use files::{Complaint, Files, MAX_FILE_BYTES, MAX_FILES, MAX_FILES_BYTES};
pub use io::{Chunk, Input, Io, MAX_UNREAD_BYTES, Stream};
pub(crate) use language::{ParseError, parse};
pub use machine::{Found, NotStarted, Poll, Question};
pub(crate) use machine::{Host, Machine, Process, Started, World};
pub(crate) use pattern::Pattern;
pub(crate) use run::{BUILTINS, Running};
pub(crate) use tools::filter::Options;
pub(crate) use tools::network;
pub(crate) use tools::{Context, names, start, syntax_error, unescape, usage};
