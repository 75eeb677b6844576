//! Merging a configuration into an object, and taking fields out of one. Models typed/merge.go and typed/remove.go.

use serde_json::{Map, Value};

use super::place::{Atom, Entries, Items, Place};
use super::{FieldSet, Step};
use crate::api::Kind;

/// `live` with what `config` says.
pub fn merge(kind: Kind, live: &Value, config: &Value) -> Value {
    merged(Place::of_kind(kind), Some(live), Some(config)).unwrap_or_default()
}

/// `value` without these fields.
pub fn without(kind: Kind, value: &Value, fields: &FieldSet) -> Value {
    removed(Place::of_kind(kind), value, fields)
}

fn merged(place: Place, live: Option<&Value>, config: Option<&Value>) -> Option<Value> {
    let Some(config) = config else { return live.cloned() };
    match (place.atom(config), live) {
        (Atom::Map { is_atomic: false, entries }, Some(Value::Object(old))) => {
            let Some(new) = config.as_object() else {
                // Null says nothing of what is in it.
                return if old.is_empty() { Some(config.clone()) } else { live.cloned() };
            };
            let mut fields = old.clone();
            for (name, value) in new {
                if let Some(value) = merged(entries.place(name), old.get(name), Some(value)) {
                    fields.insert(name.clone(), value);
                }
            }
            Some(Value::Object(fields))
        }
        (Atom::List { items: items @ (Items::Set | Items::Keys(_)), element }, Some(Value::Array(old)))
            if !old.is_empty() =>
        {
            let new = config.as_array().map(Vec::as_slice).unwrap_or_default();
            Some(Value::Array(merged_lists(items, element, old, new)))
        }
        _ => Some(config.clone()),
    }
}

/// The elements of both; those of both in the order of the configuration. Models mergingWalker.visitListItems.
fn merged_lists(items: Items, element: Place, old: &[Value], new: &[Value]) -> Vec<Value> {
    let steps = |list: &[Value]| list.iter().map(|item| items.step(item)).collect::<Vec<_>>();
    let (old_steps, new_steps) = (steps(old), steps(new));
    let in_old = |step: &Option<Step>| old_steps.iter().position(|other| other == step).and_then(|at| old.get(at));
    let mut shared = new_steps.iter().filter(|step| old_steps.contains(step)).peekable();
    let mut out = Vec::new();
    let mut done: Vec<&Option<Step>> = Vec::new();
    let (mut at_old, mut at_new) = (0, 0);
    loop {
        let (left, right) = (old_steps.get(at_old), new_steps.get(at_new));
        if left.is_none() && right.is_none() {
            return out;
        }
        if let (Some(left), Some(right)) = (left, right)
            && left != right
            && new_steps.contains(left)
            && shared.peek().is_some_and(|next| *next != left)
        {
            at_old += 1;
            continue;
        }
        if let Some(left) = left {
            if !new_steps.contains(left) {
                out.extend(old.get(at_old).cloned());
                at_old += 1;
                continue;
            }
            if right == Some(left) || done.contains(&left) {
                at_old += 1;
            }
        }
        if let Some(right) = right {
            out.extend(merged(element, in_old(right), new.get(at_new)));
            done.push(right);
            at_new += 1;
            if shared.peek().is_some_and(|next| *next == right) {
                shared.next();
            }
        }
    }
}

fn removed(place: Place, value: &Value, fields: &FieldSet) -> Value {
    match (place.atom(value), value) {
        (Atom::List { items: Items::Atomic, .. } | Atom::Map { is_atomic: true, .. }, _) => Value::Null,
        (Atom::List { items, element }, Value::Array(list)) => {
            let kept = list.iter().filter_map(|item| {
                let Some((is_member, inner)) = items.step(item).as_ref().and_then(|step| fields.entry(step)) else {
                    return Some(item.clone());
                };
                (!is_member).then(|| removed_inside(element, item, inner))
            });
            let kept: Vec<Value> = kept.collect();
            let has_inner = fields.entries().any(|(_, is_member, inner)| !is_member && !inner.is_empty());
            if kept.is_empty() && !has_inner { Value::Null } else { Value::Array(kept) }
        }
        (Atom::Map { entries, .. }, Value::Object(old)) => removed_fields(entries, old, fields),
        (Atom::Scalar, scalar) => scalar.clone(),
        _ => Value::Null,
    }
}

fn removed_fields(entries: Entries, old: &Map<String, Value>, fields: &FieldSet) -> Value {
    let mut kept = Map::new();
    let mut has_matches = false;
    for (name, value) in old {
        match fields.entry(&Step::Field(name.clone())) {
            Some((true, _)) => {}
            Some((false, inner)) => {
                has_matches = true;
                kept.insert(name.clone(), removed_inside(entries.place(name), value, inner));
            }
            None => {
                kept.insert(name.clone(), value.clone());
            }
        }
    }
    if kept.is_empty() && !has_matches { Value::Null } else { Value::Object(kept) }
}

/// What was a map or a list stays one, if an empty one.
fn removed_inside(place: Place, value: &Value, fields: &FieldSet) -> Value {
    match (removed(place, value, fields), value) {
        (Value::Null, Value::Object(_)) => Value::Object(Map::new()),
        (Value::Null, Value::Array(_)) => Value::Array(Vec::new()),
        (rest, _) => rest,
    }
}
