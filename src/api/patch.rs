//! Patches: Kubernetes' strategic merge, JSON merge (RFC 7386), JSON patch (RFC 6902), and the three-way patch that
//! `kubectl apply` sends.
//!
//! Models staging/src/k8s.io/apimachinery/pkg/util/strategicpatch. Which lists are merged, and by which key, is in
//! [`super::schema`].

mod diff;
mod json;
mod list;
mod merge;
mod strategic;

#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use super::Kind;
use super::go_text;
use super::schema::{self, Field, Type};

pub use json::json_patch;

const DIRECTIVE: &str = "$patch";
const DELETE: &str = "delete";
const REPLACE: &str = "replace";
const RETAIN_KEYS: &str = "$retainKeys";
const DELETE_FROM_PRIMITIVE_LIST: &str = "$deleteFromPrimitiveList";
const SET_ELEMENT_ORDER: &str = "$setElementOrder";

type Fields = Map<String, Value>;

/// The object after a strategic merge patch. Models patch.go StrategicMergePatch.
///
/// # Errors
/// When the patch does not fit the kind, in the API server's words.
pub fn strategic_merge(original: &Value, patch: &Value, kind: Kind) -> Result<Value, String> {
    let options = strategic::Options { merges_parallel_lists: true, ignores_unmatched_nulls: true };
    strategic::merge(document(original)?, document(patch)?, Some(schema::of_kind(kind)), options).map(Value::Object)
}

/// The strategic merge patch that turns `original` into `modified`; the JSON merge patch where a user has defined the
/// kind. Models patch.go CreateTwoWayMergePatch.
///
/// # Errors
/// As [`strategic_merge`].
pub fn two_way(original: &Value, modified: &Value, kind: Kind) -> Result<Value, String> {
    if kind.is_plain_to_kubectl() {
        return Ok(merge::two_way(original, modified));
    }
    let options = diff::Options { ignores_changes: false, ignores_deletions: false, retains_keys: false };
    diff::maps(&document(original)?, &document(modified)?, Some(schema::of_kind(kind)), options).map(Value::Object)
}

/// What `kubectl apply` sends: the strategic merge patch that brings `current` to what `modified` says, and removes
/// what `original` (the last applied configuration; null when there is none) had and `modified` has not. Fields that
/// others have set stay. Models patch.go CreateThreeWayMergePatch with `overwrite`.
///
/// # Errors
/// As [`strategic_merge`].
pub fn three_way(original: &Value, modified: &Value, current: &Value, kind: Kind) -> Result<Value, String> {
    if kind.is_plain_to_kubectl() {
        return Ok(merge::three_way(original, modified, current));
    }
    let schema = Some(schema::of_kind(kind));
    let modified = document(modified)?;
    let additions = diff::Options { ignores_changes: false, ignores_deletions: true, retains_keys: false };
    let additions = diff::maps(&document(current)?, &modified, schema, additions)?;
    let deletions = diff::Options { ignores_changes: true, ignores_deletions: false, retains_keys: false };
    let deletions = diff::maps(&document(original)?, &modified, schema, deletions)?;
    let options = strategic::Options { merges_parallel_lists: false, ignores_unmatched_nulls: false };
    strategic::merge(deletions, additions, schema, options).map(Value::Object)
}

/// The object after a JSON merge patch (RFC 7386): null removes, objects are merged, everything else replaces.
pub fn json_merge_patch(original: &Value, patch: &Value) -> Value {
    let Value::Object(changes) = patch else { return patch.clone() };
    let mut fields = original.as_object().cloned().unwrap_or_default();
    for (key, change) in changes {
        if change.is_null() {
            fields.remove(key);
        } else {
            let before = fields.get(key).unwrap_or(&Value::Null);
            let after = json_merge_patch(before, change);
            fields.insert(key.clone(), after);
        }
    }
    Value::Object(fields)
}

/// Two JSON merge patches in one: the later one wins, and nulls stay.
fn json_merge_patch_of_patches(first: &Value, second: &Value) -> Value {
    let (Value::Object(first), Value::Object(second)) = (first, second) else { return second.clone() };
    let mut fields = first.clone();
    for (key, change) in second {
        let both = first.get(key).map(|before| json_merge_patch_of_patches(before, change));
        fields.insert(key.clone(), both.unwrap_or_else(|| change.clone()));
    }
    Value::Object(fields)
}

fn document(value: &Value) -> Result<Fields, String> {
    match value {
        Value::Null => Ok(Fields::new()),
        Value::Object(fields) => Ok(fields.clone()),
        _ => Err("invalid JSON document".to_owned()),
    }
}

/// Models patch/meta.go LookupPatchMetadataForStruct and its sister for lists.
fn lookup(owner: Option<&'static Type>, key: &str) -> Result<&'static Field, String> {
    let name = owner.map_or("", |owner| owner.name);
    owner
        .and_then(|owner| owner.field(key))
        .ok_or_else(|| format!("unable to find api field in struct {name} for the json field {}", go_text::quote(key)))
}

/// Whether Go holds both values in the same type.
fn same_type(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.is_f64() == right.is_f64(),
        _ => std::mem::discriminant(left) == std::mem::discriminant(right),
    }
}

fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "%!s(<nil>)",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

fn bad_type(expected: &str, actual: &Value) -> String {
    format!("expected a {expected}, but received a {}", go_type(actual))
}

fn no_merge_key(item: &Fields, merge_key: &str) -> String {
    let item = text(&Value::Object(item.clone()));
    format!("map: {item} does not contain declared merge key: {merge_key}")
}

/// A value as Go's `%v` writes it.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => go_text::number(number),
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(text).collect::<Vec<_>>().join(" ")),
        Value::Object(fields) => {
            let fields: Vec<String> = fields.iter().map(|(key, value)| format!("{key}:{}", text(value))).collect();
            format!("map[{}]", fields.join(" "))
        }
    }
}
