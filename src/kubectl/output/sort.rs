//! `--sort-by`.

use std::cmp::Ordering;

use serde_json::Value;

use super::go_syntax::quote;
use super::jsonpath::{JsonPath, relaxed};
use crate::api::Quantity;
use crate::sorting;

/// The order of `objects` by the value at `path`; objects without it come first.
/// Models k8s.io/kubectl/pkg/cmd/get SortObjects.
///
/// # Errors
/// When the path cannot be read, or no object has the field.
pub fn sort_by(objects: &[Value], path: &str) -> Result<Vec<usize>, String> {
    let path = relaxed(path)?;
    let parsed = JsonPath::parse(&path, true)?;
    let mut keys: Vec<Option<Value>> = Vec::new();
    for object in objects {
        let found = parsed.find(object)?;
        keys.push(found.first().and_then(|results| results.first()).map(|value| value.clone().into_owned()));
    }
    if !objects.is_empty() && keys.iter().all(Option::is_none) {
        return Err(format!("couldn't find any field with path {} in the list of objects", quote(&path)));
    }
    let mut order: Vec<usize> = (0..objects.len()).collect();
    sorting::sort_by(&mut order, |a, b| {
        match (keys.get(*a).and_then(Option::as_ref), keys.get(*b).and_then(Option::as_ref)) {
            (Some(a), Some(b)) => compare(a, b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        }
    });
    Ok(order)
}

fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_i64().cmp(&b.as_i64()),
        // Texts that are both quantities are compared as such.
        (Value::String(a), Value::String(b)) => match (Quantity::parse(a), Quantity::parse(b)) {
            (Ok(a), Ok(b)) => a.cmp(&b),
            _ => a.cmp(b),
        },
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Less,
        (_, Value::Null) => Ordering::Greater,
        _ => Ordering::Equal,
    }
}
