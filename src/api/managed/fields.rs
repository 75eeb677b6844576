//! Sets of fields. Models fieldpath/set.go.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::api::go_text::quote;

/// A plain value that tells elements of a list apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Atomic {
    /// A whole number.
    Number(i64),
    /// A text, or the JSON of what is neither.
    Text(String),
    /// Anything else, as JSON.
    Other(String),
}

impl Atomic {
    pub(super) fn of(value: &Value) -> Self {
        match value {
            Value::String(text) => Self::Text(text.clone()),
            other => other.as_i64().map_or_else(|| Self::Other(other.to_string()), Self::Number),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Number(number) => json!(number),
            Self::Text(text) => json!(text),
            Self::Other(text) => serde_json::from_str(text).unwrap_or_default(),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => quote(text),
            Self::Other(text) => text.clone(),
        }
    }
}

/// A step of a path. Models fieldpath.PathElement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// A field of a struct or an entry of a map.
    Field(String),
    /// The element of a list with these values of its keys.
    Key(Vec<(String, Atomic)>),
    /// The element of a set.
    Value(Atomic),
}

/// The way to a field.
pub type Path = Vec<Step>;

/// `.spec.containers[name="web"].image`. Models fieldpath.Path.String.
pub fn path_text(path: &[Step]) -> String {
    let step = |step: &Step| match step {
        Step::Field(name) => format!(".{name}"),
        Step::Key(keys) => {
            let keys: Vec<String> = keys.iter().map(|(name, value)| format!("{name}={}", value.text())).collect();
            format!("[{}]", keys.join(","))
        }
        Step::Value(value) => format!("[={}]", value.text()),
    };
    path.iter().map(step).collect()
}

impl Step {
    /// As a key of `fieldsV1`. Models fieldpath/serialize-pe.go.
    fn key(&self) -> String {
        match self {
            Self::Field(name) => format!("f:{name}"),
            Self::Key(keys) => {
                let keys: Map<String, Value> = keys.iter().map(|(name, value)| (name.clone(), value.json())).collect();
                format!("k:{}", Value::Object(keys))
            }
            Self::Value(value) => format!("v:{}", value.json()),
        }
    }
}

/// Fields of an object, as a tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSet(BTreeMap<Step, (bool, FieldSet)>);

impl FieldSet {
    /// Whether there is no field in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a field; the empty path is none.
    pub fn insert(&mut self, path: &[Step]) {
        let Some((first, rest)) = path.split_first() else { return };
        let (is_member, inner) = self.0.entry(first.clone()).or_default();
        if rest.is_empty() {
            *is_member = true;
        } else {
            inner.insert(rest);
        }
    }

    /// Whether this very field is in it.
    pub fn has(&self, path: &[Step]) -> bool {
        match path.split_first() {
            None => false,
            Some((first, [])) => self.0.get(first).is_some_and(|(is_member, _)| *is_member),
            Some((first, rest)) => self.0.get(first).is_some_and(|(_, inner)| inner.has(rest)),
        }
    }

    /// A set with one field, whose names these are.
    pub fn of(names: &[&str]) -> Self {
        let mut set = Self::default();
        set.insert(&names.iter().map(|name| Step::Field((*name).to_owned())).collect::<Vec<_>>());
        set
    }

    pub(super) fn put(&mut self, step: Step, is_member: bool, inner: Self) {
        if is_member || !inner.is_empty() {
            self.0.insert(step, (is_member, inner));
        }
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = (&Step, bool, &Self)> {
        self.0.iter().map(|(step, (is_member, inner))| (step, *is_member, inner))
    }

    pub(super) fn entry(&self, step: &Step) -> Option<(bool, &Self)> {
        self.0.get(step).map(|(is_member, inner)| (*is_member, inner))
    }

    /// What is in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut all = self.clone();
        for (step, (is_member, inner)) in &other.0 {
            let (known, below) = all.0.entry(step.clone()).or_default();
            *known |= is_member;
            *below = below.union(inner);
        }
        all
    }

    /// What is in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let mut both = Self::default();
        for (step, is_member, inner) in self.entries() {
            if let Some((in_other, below)) = other.entry(step) {
                both.put(step.clone(), is_member && in_other, inner.intersection(below));
            }
        }
        both
    }

    /// What is in this one alone.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let mut rest = Self::default();
        for (step, is_member, inner) in self.entries() {
            match other.entry(step) {
                None => rest.put(step.clone(), is_member, inner.clone()),
                Some((in_other, below)) => rest.put(step.clone(), is_member && !in_other, inner.difference(below)),
            }
        }
        rest
    }

    /// What is or is not at or below the fields of this name at the top.
    #[must_use]
    pub fn top(&self, is_kept: impl Fn(&str) -> bool) -> Self {
        let kept = self.0.iter().filter(|(step, _)| matches!(step, Step::Field(name) if is_kept(name)));
        Self(kept.map(|(step, inner)| (step.clone(), inner.clone())).collect())
    }

    /// Its fields; those of one level before those below. Models Set.Iterate.
    pub fn paths(&self) -> Vec<Path> {
        let mut paths = Vec::new();
        self.collect(&mut Vec::new(), &mut paths);
        paths
    }

    fn collect(&self, prefix: &mut Path, paths: &mut Vec<Path>) {
        for (step, is_member, _) in self.entries() {
            if is_member {
                paths.push(prefix.iter().chain([step]).cloned().collect());
            }
        }
        for (step, _, inner) in self.entries() {
            prefix.push(step.clone());
            inner.collect(prefix, paths);
            prefix.pop();
        }
    }

    /// `fieldsV1`. Models Set.ToJSON.
    pub fn to_value(&self) -> Value {
        let mut fields = Map::new();
        for (step, is_member, inner) in self.entries() {
            let mut value = inner.to_value();
            if let (true, Value::Object(below)) = (is_member && !inner.is_empty(), &mut value) {
                below.insert(".".to_owned(), json!({}));
            }
            fields.insert(step.key(), value);
        }
        Value::Object(fields)
    }
}
