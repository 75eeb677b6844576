//! What `-o` chooses.

pub mod go_syntax;
pub mod go_template;
pub mod json;
pub mod jsonpath;
pub mod yaml;

mod custom_columns;
mod printer;
mod sort;

pub use custom_columns::CustomColumns;
pub use printer::{Printer, name_line, name_line_of};
pub use sort::sort_by;
