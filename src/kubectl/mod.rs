//! kubectl: one verb a file, with the real one's words.

pub mod describe;
pub mod duration;
mod field;
pub mod output;
pub mod printers;
pub mod rollout;
mod tab_writer;

pub use tab_writer::TabWriter;
