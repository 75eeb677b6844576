//! The text of the open file, as it is typed: a plain text area, so that input methods, screen readers and phones work,
//! over its coloured double.
//!
//! What a key does to the text is decided by the library's `editing`; here it is carried out. A browser's own undo does
//! not survive another text in the same text area, so undo is the editor's own, one history a file.

mod area;
mod completion;
mod double;
mod finder;
mod keys;
mod sheet;
mod yaml;

pub use area::{Area, Marks};
pub use completion::Completion;
pub use finder::FindBar;
pub use sheet::Sheet;
