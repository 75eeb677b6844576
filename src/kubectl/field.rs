//! Reading fields of objects that are kept as JSON; what is absent reads as Go's zero value.

use serde_json::{Map, Value};

use crate::api::StringMap;
use crate::sorting;

/// The text at a JSON pointer.
pub fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The whole number at a JSON pointer.
pub fn number(value: &Value, pointer: &str) -> i64 {
    value.pointer(pointer).and_then(Value::as_i64).unwrap_or_default()
}

/// The truth value at a JSON pointer.
pub fn flag(value: &Value, pointer: &str) -> bool {
    value.pointer(pointer).and_then(Value::as_bool).unwrap_or_default()
}

/// The list at a JSON pointer.
pub fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The keys and values of the object at a JSON pointer.
pub fn entries<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    value.pointer(pointer).and_then(Value::as_object).into_iter().flatten()
}

/// The map of texts at a JSON pointer.
pub fn string_map(value: &Value, pointer: &str) -> StringMap {
    sorting::map(entries(value, pointer).filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))))
        .into()
}

/// A number or text as it is written: ports, percentages, quantities.
pub fn scalar(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The fields as one value, for [`Value::pointer`].
pub fn as_value(fields: &Map<String, Value>) -> Value {
    Value::Object(fields.clone())
}

/// Puts a value where the names lead to; what is in the way becomes an object.
pub fn set(value: &mut Value, names: &[&str], new: Value) {
    let mut place = value;
    for name in names {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        let Some(fields) = place.as_object_mut() else { return };
        place = fields.entry(*name).or_insert(Value::Null);
    }
    *place = new;
}
