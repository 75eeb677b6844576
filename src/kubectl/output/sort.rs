//! `--sort-by`.

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
    sorting::go::sort(&mut order, |a, b| {
        let [a, b] = [a, b].map(|at| keys.get(*at).and_then(Option::as_ref));
        match (a, b) {
            (None, _) => true,
            (_, None) => false,
            (Some(a), Some(b)) => is_less(a, b),
        }
    });
    Ok(order)
}

/// Models isLess of values that were read from JSON.
fn is_less(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => a < b,
            _ => a.as_f64() < b.as_f64(),
        },
        // Texts that are both quantities are compared as such.
        (Value::String(a), Value::String(b)) => match (Quantity::parse(a), Quantity::parse(b)) {
            (Ok(a), Ok(b)) => a < b,
            _ => a < b,
        },
        (Value::Array(a), Value::Array(b)) => a.iter().zip(b).all(|(a, b)| is_less(a, b)),
        (Value::Null, other) => !other.is_null(),
        _ => false,
    }
}
