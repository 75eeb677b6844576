//! What a template is once it has been read. Models text/template/parse node.go.

use std::collections::BTreeMap;

use serde_json::Value;

/// A part of a template.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Text(String),
    Print(Pipe),
    /// `if`, `with` and `range`, with what stands behind `else`.
    Block {
        word: Word,
        pipe: Pipe,
        body: Vec<Node>,
        otherwise: Vec<Node>,
    },
    /// `{{template "name" pipeline}}`, and where it stands.
    Template {
        name: String,
        pipe: Option<Pipe>,
        at: usize,
    },
    Break,
    Continue,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    If,
    With,
    Range,
}

/// `$a, $b := command | command`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Pipe {
    pub variables: Vec<String>,
    /// `=`, not `:=`.
    pub assigns: bool,
    pub commands: Vec<Vec<Operand>>,
}

/// A value with the fields that are asked of it, and where it stands in the template.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Operand {
    pub root: Root,
    pub fields: Vec<String>,
    pub at: usize,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Root {
    Dot,
    Nil,
    Variable(String),
    Constant(Value),
    Function(String),
    Pipe(Box<Pipe>),
}

/// The templates of a text, by name; the text's own has the name that it was given.
pub(super) type Templates = BTreeMap<String, Vec<Node>>;

/// kubectl's name for a template.
pub(super) const NAME: &str = "output";
