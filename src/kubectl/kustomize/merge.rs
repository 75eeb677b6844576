//! Strategic merge as kustomize does it: what a patch adds to a list of named elements, or changes in it, comes first.
//! Models kyaml/yaml/merge2 and walk with MergeOptionsListPrepend.

use serde_json::{Map, Value};

use crate::api::Kind;
use crate::api::schema::{self, Field, Relation, Type};
use crate::kubectl::field::{scalar, text};

/// The object after the patch; none when the patch deletes it.
pub(super) fn merged(object: &Value, patch: &Value) -> Option<Value> {
    let kind = Kind::parse(text(object, "/apiVersion"), text(object, "/kind"));
    maps(Some(object), patch, kind.map(schema::of_kind))
}

/// What is known of a value.
type Known = Option<&'static Type>;

fn maps(before: Option<&Value>, patch: &Value, known: Known) -> Option<Value> {
    let Value::Object(changes) = patch else { return Some(patch.clone()) };
    let directive = changes.get("$patch").and_then(Value::as_str);
    if directive == Some("delete") {
        return None;
    }
    let empty = Map::new();
    let old = before.and_then(Value::as_object).filter(|_| directive != Some("replace")).unwrap_or(&empty);
    let mut fields = old.clone();
    for (name, change) in changes.iter().filter(|(name, _)| *name != "$patch") {
        let of = known.and_then(|known| known.field(name));
        match value(old.get(name), change, of) {
            Some(after) => fields.insert(name.clone(), after),
            None => fields.remove(name),
        };
    }
    Some(Value::Object(fields))
}

fn value(before: Option<&Value>, change: &Value, of: Option<&'static Field>) -> Option<Value> {
    match change {
        Value::Null => None,
        Value::Object(_) => maps(before, change, of.and_then(|of| of.shape.as_struct())),
        Value::Array(items) => list(before, items, of),
        other => Some(other.clone()),
    }
}

fn list(before: Option<&Value>, items: &[Value], of: Option<&'static Field>) -> Option<Value> {
    let old = before.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let directive = items.iter().find_map(|item| {
        let only = item.as_object().filter(|fields| fields.len() == 1)?;
        only.get("$patch").and_then(Value::as_str)
    });
    let items: Vec<&Value> = items.iter().filter(|item| item.get("$patch").is_none() || !is_alone(item)).collect();
    let merges = of.is_some_and(|of| of.patch.merges) && directive != Some("replace");
    if directive == Some("delete") {
        return None;
    }
    let known = of.and_then(|of| of.shape.as_struct());
    if !merges {
        return Some(Value::Array(items.into_iter().filter_map(|item| value(None, item, None)).collect()));
    }
    let keys = of.map(keys).unwrap_or_default();
    if keys.is_empty() {
        let mut all: Vec<Value> = Vec::new();
        for item in items.into_iter().chain(old) {
            if !all.contains(item) {
                all.push(item.clone());
            }
        }
        return Some(Value::Array(all));
    }
    let mut rest: Vec<&Value> = old.iter().collect();
    let mut all = Vec::new();
    for item in items {
        let at = rest.iter().position(|other| matches(other, item, &keys));
        let old = at.map(|at| rest.remove(at));
        all.extend(maps(old, item, known));
    }
    all.extend(rest.into_iter().cloned());
    Some(Value::Array(all))
}

fn is_alone(item: &Value) -> bool {
    item.as_object().is_some_and(|fields| fields.len() == 1)
}

/// By which fields the elements of a list are told apart. Models ResourceSchema.PatchStrategyAndKeyList.
fn keys(of: &'static Field) -> Vec<&'static str> {
    match &of.relation {
        Relation::Keys(keys) => keys.clone(),
        _ => of.patch.merge_key.into_iter().collect(),
    }
}

/// A field that one of them does not have is the same in both. Models walk's match.
fn matches(one: &Value, other: &Value, keys: &[&str]) -> bool {
    let text = |value: &Value, key: &str| value.get(key).map(scalar).unwrap_or_default();
    let pairs: Vec<(String, String)> = keys.iter().map(|key| (text(one, key), text(other, key))).collect();
    pairs.iter().any(|(a, b)| a == b && !a.is_empty())
        && pairs.iter().all(|(a, b)| a == b || a.is_empty() || b.is_empty())
}
