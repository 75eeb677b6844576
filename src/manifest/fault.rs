//! What is wrong with a text, and where.

/// How deep collections may nest. Kubernetes' own objects need less than twenty levels.
pub(super) const MAX_DEPTH: usize = 128;

/// A place in the text, counted from zero, in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    pub index: usize,
    pub line: usize,
    pub column: usize,
}

/// What is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// go-yaml's words.
    pub problem: String,
    /// Where: `None` when go-yaml cannot say.
    pub mark: Option<Mark>,
    /// The line number that go-yaml prints; zero when it prints none.
    pub printed_line: usize,
}

impl Fault {
    /// The scanner's line numbers are right, except that it keeps silent about the first line.
    pub fn scanning(problem: impl Into<String>, mark: Mark) -> Self {
        let printed_line = if mark.line == 0 { 0 } else { mark.line + 1 };
        Self { problem: problem.into(), mark: Some(mark), printed_line }
    }

    /// The parser's line numbers are one too small, and fall back to the construct's beginning on the first line.
    pub fn parsing(problem: &str, mark: Mark, context: Option<Mark>) -> Self {
        let printed_line = if mark.line != 0 { mark.line } else { context.map_or(0, |context| context.line) };
        Self { problem: problem.to_owned(), mark: Some(mark), printed_line }
    }

    /// Without a place in go-yaml's text; `mark` is for the editor.
    pub fn decoding(problem: impl Into<String>, mark: Option<Mark>) -> Self {
        Self { problem: problem.into(), mark, printed_line: 0 }
    }

    pub fn too_deep(mark: Mark) -> Self {
        Self::scanning(format!("exceeded max depth of {MAX_DEPTH}"), mark)
    }
}
