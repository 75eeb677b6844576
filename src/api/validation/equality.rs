//! Whether two objects say the same, though one may spell out what the other leaves to Go's zero values.
//!
//! Models apiequality.Semantic.DeepEqual on what the API's types make of JSON.

use serde_json::{Map, Value};

use crate::api::Quantity;

/// Numbers whose 0 is the same as their absence, because Go holds them without a pointer.
const ZERO_IS_ABSENT: [&str; 5] =
    ["minReadySeconds", "initialDelaySeconds", "hostPort", "nodePort", "healthCheckNodePort"];

/// Truths whose `false` is the same as their absence.
const FALSE_IS_ABSENT: [&str; 9] = [
    "paused",
    "stdin",
    "stdinOnce",
    "tty",
    "hostNetwork",
    "hostPID",
    "hostIPC",
    "readOnly",
    "publishNotReadyAddresses",
];

/// Maps: an empty one is the same as none. Other empty objects stand for pointers, which differ from none.
const MAPS: [&str; 11] = [
    "labels",
    "annotations",
    "matchLabels",
    "nodeSelector",
    "limits",
    "requests",
    "overhead",
    "data",
    "binaryData",
    "selector",
    "options",
];

/// Maps of quantities, which are equal when they are the same amount.
const QUANTITIES: [&str; 3] = ["limits", "requests", "overhead"];

/// Whether two values say the same.
pub(super) fn is_equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let holds = |mine: &Map<String, Value>, theirs: &Map<String, Value>| {
                mine.iter().all(|(key, value)| is_equal_below(key, value, theirs.get(key).unwrap_or(&Value::Null)))
            };
            holds(one, other) && other.iter().all(|(key, value)| one.contains_key(key) || is_absent(key, value))
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_equal(one, other))
        }
        (Value::Null, Value::Array(items)) | (Value::Array(items), Value::Null) => items.is_empty(),
        _ => one == other,
    }
}

fn is_equal_below(key: &str, one: &Value, other: &Value) -> bool {
    if QUANTITIES.contains(&key) {
        return is_equal_amounts(one, other);
    }
    (is_absent(key, one) && is_absent(key, other)) || is_equal(one, other)
}

fn is_absent(key: &str, value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(flag) => !flag && FALSE_IS_ABSENT.contains(&key),
        Value::Number(number) => number.as_i64() == Some(0) && ZERO_IS_ABSENT.contains(&key),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty() && MAPS.contains(&key),
    }
}

fn is_equal_amounts(one: &Value, other: &Value) -> bool {
    let amounts = |value: &Value| -> Vec<(String, Option<Quantity>)> {
        let entries = value.as_object().into_iter().flatten();
        entries.map(|(name, amount)| (name.clone(), super::resources::amount(amount))).collect()
    };
    amounts(one) == amounts(other)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn zero_values_are_absences_where_go_has_no_pointer() {
        assert!(is_equal(&json!({"paused": false, "labels": {}, "args": []}), &json!({})));
        assert!(is_equal(&json!({"value": ""}), &json!({"value": null})));
        assert!(!is_equal(&json!({"hostUsers": false}), &json!({})));
        assert!(!is_equal(&json!({"securityContext": {}}), &json!({})));
        assert!(!is_equal(&json!({}), &json!({"a": "b"})));
    }

    #[test]
    fn amounts_are_equal_however_written() {
        assert!(is_equal(&json!({"limits": {"cpu": "0.1"}}), &json!({"limits": {"cpu": "100m"}})));
        assert!(!is_equal(&json!({"limits": {"cpu": 1}}), &json!({"limits": {"cpu": "100m"}})));
    }
}
