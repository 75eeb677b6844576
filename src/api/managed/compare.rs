//! What changed between two versions of an object. Models typed/compare.go.

use std::collections::BTreeMap;

use serde_json::Value;

use super::place::{Atom, Items, Place};
use super::{FieldSet, Path, Step};
use crate::api::Kind;

/// The fields in which two versions differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Those that the new one has and the old one has not.
    pub added: FieldSet,
    /// Those that the old one has and the new one has not.
    pub removed: FieldSet,
    /// Those with another value.
    pub modified: FieldSet,
}

impl Comparison {
    /// What the new version says otherwise, and what it says anew.
    pub fn written(&self) -> FieldSet {
        self.modified.union(&self.added)
    }

    /// All three, of the fields at the top that `is_kept` names.
    #[must_use]
    pub fn top(&self, is_kept: impl Fn(&str) -> bool + Copy) -> Self {
        let [added, removed, modified] = [&self.added, &self.removed, &self.modified].map(|fields| fields.top(is_kept));
        Self { added, removed, modified }
    }
}

/// Compares two versions of an object.
pub fn compare(kind: Kind, old: &Value, new: &Value) -> Comparison {
    let mut walk = Walk { found: Comparison::default(), path: Vec::new() };
    walk.compare(Place::of_kind(kind), Some(old), Some(new));
    walk.found
}

struct Walk {
    found: Comparison,
    path: Path,
}

fn is_empty(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Array(list)) => list.is_empty(),
        Some(Value::Object(fields)) => fields.is_empty(),
        _ => true,
    }
}

impl Walk {
    fn compare(&mut self, place: Place, old: Option<&Value>, new: Option<&Value>) {
        let shown = new.filter(|value| !value.is_null()).or(old).unwrap_or(&Value::Null);
        match place.atom(shown) {
            Atom::Scalar | Atom::List { items: Items::Atomic, .. } | Atom::Map { is_atomic: true, .. } => {
                return self.leaf(old, new);
            }
            // So that what is empty and what is null stay apart.
            Atom::List { .. } | Atom::Map { .. } if is_empty(old) && is_empty(new) => return self.leaf(old, new),
            Atom::List { items, element } => self.elements(items, element, old, new),
            Atom::Map { entries, .. } => {
                let (old, new) = (old.and_then(Value::as_object), new.and_then(Value::as_object));
                let names = |fields: Option<&serde_json::Map<String, Value>>| {
                    fields.into_iter().flat_map(serde_json::Map::keys).cloned().collect::<Vec<_>>()
                };
                let mut all = names(old);
                all.extend(names(new).into_iter().filter(|name| old.is_none_or(|old| !old.contains_key(name))));
                for name in all {
                    let (before, after) =
                        (old.and_then(|fields| fields.get(&name)), new.and_then(|fields| fields.get(&name)));
                    let place = entries.place(&name);
                    self.at(Step::Field(name), |walk| walk.compare(place, before, after));
                }
            }
        }
        match (old, new) {
            (None, _) => self.found.added.insert(&self.path),
            (_, None) => self.found.removed.insert(&self.path),
            _ => {}
        }
    }

    fn elements(&mut self, items: Items, element: Place, old: Option<&Value>, new: Option<&Value>) {
        let by_step = |value: Option<&'_ Value>| {
            let mut found = BTreeMap::new();
            for item in value.and_then(Value::as_array).into_iter().flatten() {
                if let Some(step) = items.step(item) {
                    found.entry(step).or_insert_with(|| item.clone());
                }
            }
            found
        };
        let (old, new) = (by_step(old), by_step(new));
        for (step, before) in &old {
            self.at(step.clone(), |walk| walk.compare(element, Some(before), new.get(step)));
        }
        for (step, after) in new.iter().filter(|(step, _)| !old.contains_key(step)) {
            self.at(step.clone(), |walk| walk.compare(element, None, Some(after)));
        }
    }

    fn at(&mut self, step: Step, inner: impl FnOnce(&mut Self)) {
        self.path.push(step);
        inner(self);
        self.path.pop();
    }

    fn leaf(&mut self, old: Option<&Value>, new: Option<&Value>) {
        match (old, new) {
            (None, Some(_)) => self.found.added.insert(&self.path),
            (Some(_), None) => self.found.removed.insert(&self.path),
            (Some(old), Some(new)) if old != new => self.found.modified.insert(&self.path),
            _ => {}
        }
    }
}
