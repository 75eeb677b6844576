//! The shell's language: from a line to what it means.

mod compound;
mod dollar;
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
        /// Assignments before the program's name, or behind `local`, `declare`, `export` and `readonly`.
        assignments: Vec<Assignment>,
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
    /// `for ((begin; condition; step)); do …; done`
    CountedFor {
        /// The three expressions.
        parts: [Word; 3],
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
    /// `case WORD in PATTERN) …;; esac`
    Case {
        /// What is compared.
        word: Word,
        /// In order.
        arms: Vec<CaseArm>,
    },
    /// `NAME() { …; }`
    Function {
        /// How it is called.
        name: String,
        /// What it does.
        body: Arc<Command>,
    },
    /// `[[ … ]]`
    Condition(Condition),
    /// `(( … ))`
    Arithmetic(Word),
}

/// An arm of `case`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CaseArm {
    /// Any of them.
    pub patterns: Vec<Word>,
    /// What is done; may be empty.
    pub body: Arc<List>,
    /// `;;`, `;&` (the next body too) or `;;&` (the next patterns too).
    pub end: &'static str,
}

/// What `[[ … ]]` decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    /// One to three words: a text, `-f FILE`, `A == B`.
    Test(Vec<Word>),
    /// `! …`
    Not(Box<Condition>),
    /// `… && …`
    All(Vec<Condition>),
    /// `… || …`
    Any(Vec<Condition>),
}

/// `NAME=value`, `NAME[1]=value`, `NAME+=value`, `NAME=(a b)`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Assignment {
    /// The variable.
    pub name: String,
    /// Which of its values.
    pub index: Option<Word>,
    /// `+=`
    pub appends: bool,
    /// What it gets; none behind `local` and its like.
    pub value: Value,
}

/// What an assignment gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// No value: `local x`.
    None,
    /// A text.
    Text(Word),
    /// `(a b c)`
    Array(Vec<Word>),
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
        /// Which of an array's values.
        index: Index,
        /// What stands behind the name in braces.
        modifier: Option<Box<Modifier>>,
        /// In double quotes: not split.
        quoted: bool,
    },
    /// `$(…)`
    Substitution {
        /// What runs.
        list: Arc<List>,
        /// In double quotes: not split.
        quoted: bool,
        /// `<(…)`: the output is a file, and this its name.
        as_file: bool,
    },
    /// `$((…))`
    Arithmetic(Box<Word>),
    /// `(a b c)` behind `NAME=`
    Array(Vec<Word>),
}

/// Which of an array's values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Index {
    /// None is named: the first.
    None,
    /// `[1]`
    At(Box<Word>),
    /// `[@]`: each by itself.
    All,
    /// `[*]`: all in one text.
    Joined,
}

/// What is done with a variable's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Modifier {
    /// `:-`, `-`, `:+`, `#`, `%`, `/`, `:` …; `length`, `keys` and `indirect` for `${#x}`, `${!a[@]}` and `${!x}`.
    pub operator: &'static str,
    /// A word, a pattern, where a piece begins.
    pub word: Word,
    /// What is put in its place, how long a piece is.
    pub second: Option<Word>,
}

impl Assignment {
    /// The text that it gives.
    pub fn text(&self) -> Option<&Word> {
        if let Value::Text(word) = &self.value { Some(word) } else { None }
    }

    /// The words of which it makes an array.
    pub fn words(&self) -> Option<&[Word]> {
        if let Value::Array(words) = &self.value { Some(words) } else { None }
    }
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
