//! YAML text to objects, every value with its line and column.
//!
//! Reads what `kubectl` reads, as it reads it: documents split at `---`, JSON where the text begins with a brace,
//! scalars with go-yaml's meanings, and its complaints word for word. Limits come first: a text that is too large,
//! too deep or mostly aliases is refused at once.

mod decode;
mod fault;
mod go_syntax;
mod json;
mod node;
mod parser;
mod positions;
mod properties;
mod reader;
mod resolve;
mod scalar;
mod scanner;
mod stream;
mod tokens;

#[cfg(test)]
mod tests;

pub use json::unmarshal;
pub use positions::{Position, Positions};
pub use stream::{Document, MAX_BYTES, ManifestError, parse, text_of};
pub use tokens::{Class, Token, tokens};
