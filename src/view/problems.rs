//! What is wrong with a manifest while it is being typed.

/// Something wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1.
    pub column: usize,
    /// What.
    pub message: String,
}

/// The first thing that keeps `text` from being YAML.
pub fn find(text: &str) -> Option<Problem> {
    use saphyr_parser::Parser;
    let error = Parser::new_from_str(text).find_map(Result::err)?;
    let marker = error.marker();
    Some(Problem { line: marker.line().max(1), column: marker.col() + 1, message: error.info().to_owned() })
}
