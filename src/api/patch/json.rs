//! JSON patch (RFC 6902), with the complaints of the library that Kubernetes uses.

use serde_json::{Map, Value};

use super::super::go_text;

/// The object after the operations of `patch`, a list.
///
/// # Errors
/// At the first operation that does not apply, in evanphx/json-patch's words.
pub fn json_patch(original: &Value, patch: &Value) -> Result<Value, String> {
    let Value::Array(operations) = patch else {
        return Err(
            "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp".into()
        );
    };
    let mut document = original.clone();
    for operation in operations {
        let empty = Map::new();
        apply(&mut document, operation.as_object().unwrap_or(&empty))?;
    }
    Ok(document)
}

fn apply(document: &mut Value, operation: &Map<String, Value>) -> Result<(), String> {
    let kind = operation.get("op").and_then(Value::as_str).unwrap_or("unknown");
    if !matches!(kind, "add" | "remove" | "replace" | "move" | "copy" | "test") {
        return Err(format!("Unexpected kind: {kind}"));
    }
    let text = |name: &str| operation.get(name).and_then(Value::as_str);
    let from = match (kind, text("from")) {
        ("move" | "copy", None) => {
            return Err(format!(
                "{kind} operation failed to decode from: operation, missing from field: missing value"
            ));
        }
        (_, from) => from.unwrap_or_default(),
    };
    let Some(path) = text("path") else {
        let why = if matches!(kind, "add" | "remove" | "copy") { "" } else { "operation missing path field: " };
        return Err(format!("{kind} operation failed to decode path: {why}missing value"));
    };
    let value = operation.get("value").cloned().unwrap_or_default();
    match kind {
        "add" => {
            let Some((parent, key)) = container(document, path) else {
                return Err(format!("add operation does not apply: doc is missing path: \"{path}\": missing value"));
            };
            insert(parent, &key, value).map_err(|error| format!("error in add for path: '{path}': {error}"))
        }
        "remove" => {
            let Some((parent, key)) = container(document, path) else {
                return Err(format!("remove operation does not apply: doc is missing path: \"{path}\": missing value"));
            };
            let removed = remove(parent, &key);
            removed.map(|_| ()).map_err(|error| format!("error in remove for path: '{path}': {error}"))
        }
        "replace" => replace(document, path, value),
        "test" => test(document, path, &value),
        "move" => {
            let problem = |what: &str, path: &str| {
                format!("move operation does not apply: doc is missing {what} path: {path}: missing value")
            };
            let (parent, key) = container(document, from).ok_or_else(|| problem("from", from))?;
            let moved = remove(parent, &key).map_err(|error| format!("error in move for path: '{key}': {error}"))?;
            let (parent, key) = container(document, path).ok_or_else(|| problem("destination", path))?;
            insert(parent, &key, moved).map_err(|error| format!("error in move for path: '{path}': {error}"))
        }
        _ => copy(document, from, path),
    }
}

fn copy(document: &mut Value, from: &str, path: &str) -> Result<(), String> {
    let problem = |what: &str, path: &str| {
        format!("copy operation does not apply: doc is missing {what} path: {path}: missing value")
    };
    let (parent, key) = container(document, from).ok_or_else(|| problem("from", from))?;
    let copied = get(parent, &key).map_err(|error| format!("error in copy for from: '{from}': {error}"))?.cloned();
    let (parent, key) = container(document, path).ok_or_else(|| problem("destination", path))?;
    insert(parent, &key, copied.unwrap_or_default())
        .map_err(|error| format!("error while adding value during copy: {error}"))
}

fn replace(document: &mut Value, path: &str, value: Value) -> Result<(), String> {
    if path.is_empty() {
        *document = value;
        return Ok(());
    }
    let Some((parent, key)) = container(document, path) else {
        return Err(format!("replace operation does not apply: doc is missing path: {path}: missing value"));
    };
    let place = match parent {
        // A missing field is set: the library's lookup in an object finds nothing, and calls that no error.
        Value::Object(fields) => {
            fields.insert(key, value);
            return Ok(());
        }
        Value::Array(items) => {
            let length = items.len();
            array_index(&key, length).ok().and_then(|index| items.get_mut(index))
        }
        _ => None,
    };
    match place {
        Some(place) => {
            *place = value;
            Ok(())
        }
        None => Err(format!("replace operation does not apply: doc is missing key: {path}: missing value")),
    }
}

fn test(document: &mut Value, path: &str, value: &Value) -> Result<(), String> {
    let failed = || format!("testing value {path} failed: test failed");
    if path.is_empty() {
        return if document == value { Ok(()) } else { Err(failed()) };
    }
    let Some((parent, key)) = container(document, path) else {
        return Err(format!("test operation does not apply: is missing path: {path}: missing value"));
    };
    let found = get(parent, &key).map_err(|error| format!("error in test for path: '{path}': {error}"))?;
    if found.unwrap_or(&Value::Null) == value { Ok(()) } else { Err(failed()) }
}

/// What holds the value at `path`, and the last part of the path.
fn container<'a>(document: &'a mut Value, path: &str) -> Option<(&'a mut Value, String)> {
    let mut parts: Vec<String> =
        path.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")).collect();
    let last = parts.pop()?;
    let mut place = document;
    for part in parts {
        place = match place {
            Value::Object(fields) => fields.get_mut(&part)?,
            Value::Array(items) => {
                let index = array_index(&part, items.len()).ok()?;
                items.get_mut(index)?
            }
            _ => return None,
        };
    }
    if place.is_object() || place.is_array() { Some((place, last)) } else { None }
}

fn invalid_index(index: i64) -> String {
    format!("Unable to access invalid index: {index}: invalid index referenced")
}

/// An index below `length`; negative ones count from the end.
fn array_index(key: &str, length: usize) -> Result<usize, String> {
    let index = go_text::atoi(key)?;
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let absolute = if index < 0 { index + length } else { index };
    if (0..length).contains(&absolute) {
        usize::try_from(absolute).map_err(|_| invalid_index(index))
    } else {
        Err(invalid_index(index))
    }
}

fn get<'a>(parent: &'a Value, key: &str) -> Result<Option<&'a Value>, String> {
    match parent {
        Value::Array(items) => array_index(key, items.len()).map(|index| items.get(index)),
        parent => Ok(parent.get(key)),
    }
}

fn insert(parent: &mut Value, key: &str, value: Value) -> Result<(), String> {
    match parent {
        Value::Object(fields) => {
            fields.insert(key.to_owned(), value);
        }
        Value::Array(items) if key == "-" => items.push(value),
        Value::Array(items) => {
            // One more place than there are elements: behind the last one.
            let index = array_index(key, items.len() + 1).map_err(|error| match go_text::atoi(key) {
                Ok(_) => error,
                Err(error) => format!("value was not a proper array index: '{key}': {error}"),
            })?;
            items.insert(index, value);
        }
        _ => {}
    }
    Ok(())
}

fn remove(parent: &mut Value, key: &str) -> Result<Value, String> {
    match parent {
        Value::Object(fields) => {
            fields.remove(key).ok_or_else(|| format!("Unable to remove nonexistent key: {key}: missing value"))
        }
        Value::Array(items) => array_index(key, items.len()).map(|index| items.remove(index)),
        _ => Ok(Value::Null),
    }
}
