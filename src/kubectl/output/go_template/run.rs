//! Runs a template. Models text/template exec.go.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::MAX_NESTING;
use super::functions::{Argument, call};
use super::tree::{NAME, Node, Operand, Pipe, Root, Templates, Word};
use crate::kubectl::output::go_syntax::sprint;

/// No output is longer.
const MAX_BYTES: usize = 16 << 20;

/// So many parts are run at most: templates that run one another could do without end.
const MAX_STEPS: usize = 1_000_000;

const TOO_LONG: &str = "the output is too long, or does not end";

/// A value; none where a key was missing, which is another thing than null.
pub(super) type Val<'d> = Option<Cow<'d, Value>>;

/// A template that runs on an object.
pub(super) struct Run<'t, 'd> {
    template: &'t str,
    templates: &'t Templates,
    needs_keys: bool,
    pub out: String,
    variables: Vec<(&'t str, Val<'d>)>,
    /// How many templates run in one another.
    depth: usize,
    steps: usize,
    /// The template that runs, for complaints.
    name: &'t str,
}

/// How a list of nodes ended.
enum Flow {
    On,
    Break,
    Continue,
}

impl<'t, 'd> Run<'t, 'd> {
    pub fn new(template: &'t str, templates: &'t Templates, needs_keys: bool) -> Self {
        let (out, variables) = (String::new(), Vec::new());
        Self { template, templates, needs_keys, out, variables, depth: 0, steps: 0, name: NAME }
    }

    /// Runs the text's own template.
    pub fn whole(&mut self, data: &'d Value) -> Result<(), String> {
        let Some(nodes) = self.templates.get(NAME) else { return Ok(()) };
        let dot = Some(Cow::Borrowed(data));
        self.variables.push(("$", dot.clone()));
        self.nodes(nodes, &dot).map(|_| ())
    }

    fn nodes(&mut self, nodes: &'t [Node], dot: &Val<'d>) -> Result<Flow, String> {
        for node in nodes {
            self.steps += 1;
            match node {
                Node::Text(text) => self.out.push_str(text),
                Node::Print(pipe) => {
                    let value = self.pipe(pipe, dot)?;
                    if pipe.variables.is_empty() {
                        self.out.push_str(&shown(&value));
                    }
                }
                Node::Block { word, pipe, body, otherwise } => {
                    let scope = self.variables.len();
                    let flow = self.block(*word, pipe, body, otherwise, dot)?;
                    self.variables.truncate(scope);
                    if !matches!(flow, Flow::On) {
                        return Ok(flow);
                    }
                }
                Node::Template { name, pipe, at } => self.template(name, pipe.as_ref(), *at, dot)?,
                Node::Break => return Ok(Flow::Break),
                Node::Continue => return Ok(Flow::Continue),
            }
            if self.out.len() > MAX_BYTES || self.steps > MAX_STEPS {
                return Err(TOO_LONG.to_owned());
            }
        }
        Ok(Flow::On)
    }

    fn template(&mut self, name: &'t str, pipe: Option<&'t Pipe>, at: usize, dot: &Val<'d>) -> Result<(), String> {
        let Some(nodes) = self.templates.get(name) else {
            return Err(self.error(
                at,
                &format!("{{{{template {name:?}}}}}"),
                &format!("template {name:?} not defined"),
            ));
        };
        if self.depth >= MAX_NESTING {
            let what = format!("exceeded maximum template depth ({MAX_NESTING})");
            return Err(self.error(at, &format!("{{{{template {name:?}}}}}"), &what));
        }
        let value = match pipe {
            Some(pipe) => self.pipe(pipe, dot)?,
            None => None,
        };
        let outer = std::mem::replace(&mut self.variables, vec![("$", value.clone())]);
        let outer_name = std::mem::replace(&mut self.name, name);
        self.depth += 1;
        self.nodes(nodes, &value)?;
        self.depth -= 1;
        (self.variables, self.name) = (outer, outer_name);
        Ok(())
    }

    fn block(
        &mut self,
        word: Word,
        pipe: &'t Pipe,
        body: &'t [Node],
        otherwise: &'t [Node],
        dot: &Val<'d>,
    ) -> Result<Flow, String> {
        let scope = self.variables.len();
        let value = self.pipe(pipe, dot)?;
        if word != Word::Range {
            return match (is_true(value.as_deref()), word) {
                (false, _) => self.nodes(otherwise, dot),
                (true, Word::With) => self.nodes(body, &value),
                (true, _) => self.nodes(body, dot),
            };
        }
        let Some(items) = items(&value) else {
            let first = pipe.commands.first().and_then(|command| command.first());
            let (at, text) = first.map_or((0, ""), |first| (first.at, first.text.as_str()));
            let what = format!("range can't iterate over {}", shown(&value));
            return Err(self.error(at, text, &what));
        };
        // A range's variables hold key and item, not the whole.
        if !pipe.assigns {
            self.variables.truncate(scope);
        }
        if items.is_empty() {
            return self.nodes(otherwise, dot);
        }
        for (key, item) in items {
            let within = self.variables.len();
            let (first, second) = (pipe.variables.first(), pipe.variables.get(1));
            match (first, second) {
                (Some(first), None) => self.set(pipe, first, item.clone()),
                (Some(first), Some(second)) => {
                    self.set(pipe, first, Some(Cow::Owned(key)));
                    self.set(pipe, second, item.clone());
                }
                _ => {}
            }
            self.steps += 1;
            if self.steps > MAX_STEPS {
                return Err(TOO_LONG.to_owned());
            }
            let flow = self.nodes(body, &item)?;
            self.variables.truncate(within);
            if matches!(flow, Flow::Break) {
                break;
            }
        }
        Ok(Flow::On)
    }

    /// Declares a variable, or gives a known one its value.
    fn set(&mut self, pipe: &'t Pipe, name: &'t str, value: Val<'d>) {
        if pipe.assigns
            && let Some((_, known)) = self.variables.iter_mut().rev().find(|(known, _)| *known == name)
        {
            *known = value;
            return;
        }
        self.variables.push((name, value));
    }

    /// A pipeline's value; its variables hold it from now on.
    fn pipe(&mut self, pipe: &'t Pipe, dot: &Val<'d>) -> Result<Val<'d>, String> {
        let mut last = None;
        for (at, command) in pipe.commands.iter().enumerate() {
            let piped = if at == 0 { None } else { Some(last) };
            last = self.command(command, piped, dot)?;
        }
        for name in &pipe.variables {
            self.set(pipe, name, last.clone());
        }
        Ok(last)
    }

    fn command(&mut self, words: &'t [Operand], piped: Option<Val<'d>>, dot: &Val<'d>) -> Result<Val<'d>, String> {
        self.steps += 1;
        let Some((first, rest)) = words.split_first() else { return Ok(None) };
        let Root::Function(name) = &first.root else {
            if !rest.is_empty() || piped.is_some() {
                let what = match first.fields.last() {
                    Some(field) => format!("{field} is not a method but has arguments"),
                    None => format!("can't give argument to non-function {}", first.text),
                };
                return Err(self.error(first.at, &first.text, &what));
            }
            if first.root == Root::Nil {
                return Err(self.error(first.at, "nil", "nil is not a command"));
            }
            return self.operand(first, dot);
        };
        let mut arguments: Vec<Argument<'d>> = Vec::new();
        for word in rest {
            let value = self.operand(word, dot)?;
            // `and` and `or` stop where they know.
            if (name == "and" && !is_true(value.as_deref())) || (name == "or" && is_true(value.as_deref())) {
                return Ok(value);
            }
            arguments.push(value);
        }
        arguments.extend(piped);
        let value = call(name, arguments).map_err(|what| {
            let whole: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
            let is_call = what.starts_with("error calling");
            self.error(first.at, &if is_call { whole.join(" ") } else { first.text.clone() }, &what)
        })?;
        self.fields(first, value)
    }

    fn operand(&mut self, operand: &'t Operand, dot: &Val<'d>) -> Result<Val<'d>, String> {
        let root = match &operand.root {
            Root::Dot => dot.clone(),
            Root::Nil => Some(Cow::Owned(Value::Null)),
            Root::Constant(value) => Some(Cow::Owned(value.clone())),
            Root::Variable(name) => {
                let known = self.variables.iter().rev().find(|(known, _)| known == name);
                known.and_then(|(_, value)| value.clone())
            }
            Root::Function(_) => return self.command(std::slice::from_ref(operand), None, dot),
            Root::Pipe(pipe) => self.pipe(pipe, dot)?,
        };
        self.fields(operand, root)
    }

    /// Models exec.go evalField, for objects that are maps all the way down.
    fn fields(&self, operand: &Operand, root: Val<'d>) -> Result<Val<'d>, String> {
        let mut value = root;
        for field in &operand.fields {
            let missing = |what: &str| self.error(operand.at, &operand.text, &format!("{what} for key {field:?}"));
            value = match value {
                None if self.needs_keys => return Err(missing("nil data; no entry")),
                None => None,
                Some(value) => {
                    let found = match value {
                        Cow::Borrowed(Value::Object(fields)) => fields.get(field).map(Cow::Borrowed),
                        Cow::Owned(Value::Object(mut fields)) => fields.remove(field).map(Cow::Owned),
                        other if other.is_null() => {
                            let what = format!("nil pointer evaluating interface {{}}.{field}");
                            return Err(self.error(operand.at, &operand.text, &what));
                        }
                        _ => {
                            let what = format!("can't evaluate field {field} in type interface {{}}");
                            return Err(self.error(operand.at, &operand.text, &what));
                        }
                    };
                    if found.is_none() && self.needs_keys {
                        return Err(missing("map has no entry"));
                    }
                    found
                }
            };
        }
        Ok(value)
    }

    /// Models text/template's ErrorContext.
    fn error(&self, at: usize, text: &str, what: &str) -> String {
        let before = self.template.get(..at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, str::len);
        format!("template: {NAME}:{line}:{column}: executing {:?} at <{text}>: {what}", self.name)
    }
}

/// What a `range` goes through: keys and items. Nothing for what cannot be gone through.
fn items<'d>(value: &Val<'d>) -> Option<Vec<(Value, Val<'d>)>> {
    Some(match value {
        None => Vec::new(),
        Some(Cow::Borrowed(Value::Array(items))) => {
            items.iter().enumerate().map(|(at, item)| (json!(at), Some(Cow::Borrowed(item)))).collect()
        }
        Some(Cow::Borrowed(Value::Object(fields))) => {
            fields.iter().map(|(name, item)| (json!(name), Some(Cow::Borrowed(item)))).collect()
        }
        Some(Cow::Owned(Value::Array(items))) => {
            items.iter().enumerate().map(|(at, item)| (json!(at), Some(Cow::Owned(item.clone())))).collect()
        }
        Some(Cow::Owned(Value::Object(fields))) => {
            fields.iter().map(|(name, item)| (json!(name), Some(Cow::Owned(item.clone())))).collect()
        }
        Some(value) => match value.as_ref() {
            Value::Null => Vec::new(),
            Value::Number(number) => {
                let count = number.as_i64().filter(|_| !number.is_f64())?.clamp(0, 1_000_000);
                (0..count).map(|at| (json!(at), Some(Cow::Owned(json!(at))))).collect()
            }
            _ => return None,
        },
    })
}

/// Models text/template's printValue: what is not there is told.
pub(super) fn shown(value: &Val<'_>) -> String {
    match value.as_deref() {
        None | Some(Value::Null) => "<no value>".to_owned(),
        Some(value) => sprint(value),
    }
}

/// Models text/template.IsTrue.
pub(super) fn is_true(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => false,
        Some(Value::Bool(is)) => *is,
        Some(Value::Number(number)) => number.as_f64() != Some(0.0),
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(items)) => !items.is_empty(),
        Some(Value::Object(fields)) => !fields.is_empty(),
    }
}
