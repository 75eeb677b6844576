//! What the lab accepts, stores and shows, and does not act on.

mod consequences;
#[cfg(test)]
mod tests;

use serde_json::Value;

use super::schema::{self, Shape, Type};
use super::{Kind, defaults};

use consequences::WITHOUT_EFFECT;
pub use consequences::{Consequence, consequence};

/// Paths in `object` that have no effect here, in the order of the schema. Values that are empty or the default are
/// not listed: pass the object as the user gave it, or as it is stored.
pub fn not_simulated(kind: Kind, object: &Value) -> Vec<String> {
    let mut paths = Vec::new();
    match whole(kind) {
        Some(field) => paths.extend(object.get(field).map(|_| field.to_owned())),
        None => collect(schema::of_kind(kind), object, "", &mut paths),
    }
    paths
}

/// The field that stands for all of an object of a kind that nobody acts on.
fn whole(kind: Kind) -> Option<&'static str> {
    consequences::of_kind(kind).map(|(field, _)| field)
}

fn collect(kind: &'static Type, object: &Value, path: &str, paths: &mut Vec<String>) {
    let without_effect =
        WITHOUT_EFFECT.iter().find(|(name, _)| *name == kind.name).map_or(&[][..], |(_, fields)| *fields);
    for field in kind.json_fields() {
        let Some(value) = object.get(field.name) else { continue };
        let path = if path.is_empty() { field.name.to_owned() } else { format!("{path}.{}", field.name) };
        if !without_effect.iter().any(|(name, _)| *name == field.name) {
            descend(&field.shape, value, &path, paths);
        } else if !is_empty(value)
            && defaults::of_type(kind.name, field.name) != Some(value)
            && !is_filled_in(field.name, value)
        {
            paths.push(path);
        }
    }
}

fn descend(shape: &Shape, value: &Value, path: &str, paths: &mut Vec<String>) {
    match (shape.pointee(), value) {
        (Shape::Struct(id), _) => collect(id.get(), value, path, paths),
        (Shape::Slice(inner), Value::Array(elements)) => {
            for (index, element) in elements.iter().enumerate() {
                descend(inner, element, &format!("{path}[{index}]"), paths);
            }
        }
        _ => {}
    }
}

/// Whether a Service's field says what the API server fills in where nobody says anything.
fn is_filled_in(field: &str, value: &Value) -> bool {
    match field {
        "internalTrafficPolicy" | "externalTrafficPolicy" => value == "Cluster",
        "allocateLoadBalancerNodePorts" => value == true,
        "ipFamilyPolicy" => value == "SingleStack",
        "ipFamilies" => value.as_array().is_some_and(|families| families.iter().all(|family| family == "IPv4")),
        _ => false,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        Value::Object(fields) => fields.values().all(is_empty),
        _ => false,
    }
}
