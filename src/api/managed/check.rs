//! Whether a configuration fits the schema. Models typed/validate.go.

use serde_json::Value;

use super::place::{Atom, Entries, Items, Place};
use super::{Step, path_text};
use crate::api::Kind;
use crate::api::go_text::quote;
use crate::api::schema::Shape;

/// What is wrong with a configuration, in structured-merge-diff's words; none when it fits.
pub fn undeclared(kind: Kind, config: &Value) -> Option<String> {
    let mut errors = Vec::new();
    check(Place::of_kind(kind), config, "", &mut errors);
    match errors.as_slice() {
        [] => None,
        [error] => Some(error.clone()),
        errors => Some(format!("errors:\n  {}", errors.join("\n  "))),
    }
}

fn check(place: Place, value: &Value, path: &str, errors: &mut Vec<String>) {
    if value.is_null() {
        return;
    }
    let mut wrong = |why: String| errors.push(if path.is_empty() { why } else { format!("{path}: {why}") });
    match (place.atom(value), value) {
        (Atom::Scalar, _) => {
            if let Some(why) = place.scalar().and_then(|shape| wrong_scalar(shape, value)) {
                wrong(why);
            }
        }
        (Atom::List { items, element }, Value::Array(list)) => {
            let mut seen = Vec::new();
            for (at, item) in list.iter().enumerate() {
                let place = match (items, items.step(item)) {
                    (Items::Atomic, _) => format!("{path}[{at}]"),
                    (_, Some(step)) => {
                        let text = path_text(std::slice::from_ref(&step));
                        if seen.contains(&step) {
                            errors.push(format!("{path}: duplicate entries for key {text}"));
                            continue;
                        }
                        seen.push(step);
                        format!("{path}{text}")
                    }
                    (items, None) => {
                        errors.push(format!("{path}: element {at}: {}", without_key(items, item)));
                        continue;
                    }
                };
                check(element, item, &place, errors);
            }
        }
        (Atom::List { .. }, _) => wrong(format!("expected list, got {}", shown(value))),
        (Atom::Map { entries, .. }, Value::Object(fields)) => {
            for (name, value) in fields {
                let inner = path_text(&[Step::Field(name.clone())]);
                if matches!(entries, Entries::Fields(of) if of.field(name).is_none()) {
                    errors.push(format!("{path}{inner}: field not declared in schema"));
                } else {
                    check(entries.place(name), value, &format!("{path}{inner}"), errors);
                }
            }
        }
        (Atom::Map { .. }, _) => wrong(format!("expected map, got {}", shown(value))),
    }
}

fn without_key(items: Items, item: &Value) -> String {
    let Items::Keys(keys) = items else { return "invalid element".to_owned() };
    if !item.is_object() {
        return "associative list with keys may not have non-map elements".to_owned();
    }
    let missing = keys.iter().find(|key| item.get(**key).is_none()).copied().unwrap_or_default();
    let missing = quote(missing);
    format!("associative list with keys has an element that omits key field {missing} (and doesn't have default value)")
}

/// Models validateScalar.
fn wrong_scalar(shape: &Shape, value: &Value) -> Option<String> {
    match shape {
        Shape::String(_) | Shape::Bytes if !value.is_string() => {
            Some(format!("expected string, got {}", detail(value)))
        }
        Shape::Bool if !value.is_boolean() => Some(format!("expected boolean, got {}", shown(value))),
        Shape::Int32 | Shape::Int64 | Shape::Float if !value.is_number() => {
            Some(format!("expected numeric (int or float), got {}", go_type(value)))
        }
        _ if value.is_object() || value.is_array() => Some(format!("expected any scalar, got {}", shown(value))),
        _ => None,
    }
}

fn shown(value: &Value) -> String {
    crate::api::patch::text(value)
}

/// As Go's `%#v` writes it.
fn detail(value: &Value) -> String {
    match value {
        Value::Object(_) | Value::Array(_) => format!("{}{value}", go_type(value)),
        other => shown(other),
    }
}

fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::String(_) => "string",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}
