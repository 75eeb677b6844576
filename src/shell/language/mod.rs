//! The shell's language: from a line to what it means.

mod lexer;
mod parser;

pub(crate) use parser::{is_name, parse};

use std::sync::Arc;

/// Why a text is no complete command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ParseError {
    /// More lines are needed: a quote, a here-document or a compound command is open.
    Incomplete,
    /// What bash says about it, without `bash: `.
    Syntax(String),
}

/// Commands one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct List(pub Vec<Entry>);

/// One command of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Pipelines joined by `&&` and `||`; the first one's operator is of no account.
    pub chain: Vec<(Join, Pipeline)>,
    /// Ends with `&`.
    pub background: bool,
    /// As it was typed.
    pub text: String,
}

/// How a pipeline hangs on the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Join {
    /// `&&`
    And,
    /// `||`
    Or,
}

/// Commands joined by `|`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pipeline {
    /// Begins with `!`.
    pub negated: bool,
    /// Begins with `time`.
    pub timed: bool,
    /// At least one.
    pub commands: Vec<Arc<Command>>,
}

/// A command with its redirections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Command {
    /// What it is.
    pub kind: CommandKind,
    /// In the order in which they were written.
    pub redirects: Vec<Redirect>,
}

/// What a command is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CommandKind {
    /// `NAME=value … program argument …`
    Simple {
        /// Assignments before the program's name.
        assignments: Vec<(String, Word)>,
        /// Program and arguments; may be empty.
        words: Vec<Word>,
    },
    /// `{ …; }`
    Group(Arc<List>),
    /// `( … )`
    Subshell(Arc<List>),
    /// `while …; do …; done`
    While {
        /// `until` instead.
        until: bool,
        /// Decides whether there is another turn.
        condition: Arc<List>,
        /// A turn.
        body: Arc<List>,
    },
    /// `for NAME in …; do …; done`
    For {
        /// The variable.
        name: String,
        /// Its values.
        words: Vec<Word>,
        /// A turn.
        body: Arc<List>,
    },
    /// `if …; then …; elif …; else …; fi`
    If {
        /// Conditions and what follows.
        arms: Vec<(Arc<List>, Arc<List>)>,
        /// `else`
        otherwise: Option<Arc<List>>,
    },
}

/// A redirection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Redirect {
    /// 0, 1 or 2; 3 stands for both outputs (`&>`).
    pub descriptor: u8,
    /// From or to where.
    pub target: Target,
}

/// The other side of a redirection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// `< file`
    From(Word),
    /// `> file`
    To(Word),
    /// `>> file`
    Append(Word),
    /// `>&1`
    Descriptor(u8),
    /// `<<EOF`, `<<<word`
    Text(Word),
}

/// A word before its expansion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Word(pub Vec<Part>);

/// A piece of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// As it stands; `*` and braces in unquoted text are expanded.
    Text {
        /// The characters.
        text: String,
        /// In quotes.
        quoted: bool,
    },
    /// `$NAME`, `${NAME:-default}`
    Variable {
        /// Name, or `?`, `$`, `!`, `#`, `@`, a digit.
        name: String,
        /// What stands behind the name in braces: `:-`, `-`, `:+`, `#`, `%` … with its word.
        modifier: Option<(String, Box<Word>)>,
        /// In double quotes: not split.
        quoted: bool,
    },
    /// `$(…)`
    Substitution {
        /// What runs.
        list: Arc<List>,
        /// In double quotes: not split.
        quoted: bool,
    },
    /// `$((…))`
    Arithmetic(Box<Word>),
}

impl Word {
    /// The word, when it is plain unquoted text.
    pub fn plain(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Part::Text { text, quoted: false }] => Some(text),
            _ => None,
        }
    }
}
