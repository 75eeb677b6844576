//! kubectl: one verb a file, with the real one's words.

mod answer;
mod command;
mod completion;
mod config;
mod connection;
pub mod describe;
mod discovery;
mod document;
pub mod drain;
pub mod duration;
mod failure;
mod field;
mod flags;
mod help;
mod kustomize;
mod manifest_file;
pub mod output;
mod pods_of;
pub mod printers;
mod program;
mod raw;
mod resource_type;
pub mod rollout;
mod selection;
mod tab_writer;
#[cfg(test)]
mod tests;
mod verbs;

pub(crate) use verbs::diff::{Change, changes, hunks};

pub use completion::complete;
pub use flags::DryRun;
pub use program::start;
pub use tab_writer::TabWriter;
