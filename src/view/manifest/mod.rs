//! The manifest panel: the files, the editor, and what applying would do.

mod comparison;
pub mod document;
pub mod editor;
pub mod files;
pub mod forecast;
mod notices;
mod problems;
mod shelf;
mod text;
