//! Objects as Go's encoder writes the structs that hold them.

use serde_json::{Map, Value};

use super::{Omit, Shape, Type, of_kind};
use crate::api::Kind;

/// The object with the fields that Go writes though nobody has set them: structs that are no pointers are `{}`, and what
/// is never left out has its zero. Models encoding/json's treatment of `omitempty`.
#[must_use]
pub fn as_typed(kind: Kind, value: &Value) -> Value {
    let mut value = value.clone();
    if let Value::Object(fields) = &mut value {
        fill(of_kind(kind), fields);
    }
    value
}

fn fill(of: &'static Type, fields: &mut Map<String, Value>) {
    for field in &of.fields {
        if field.name.is_empty() {
            if let Shape::Struct(inner) = &field.shape {
                fill(inner.get(), fields);
            }
            continue;
        }
        match fields.get_mut(field.name) {
            Some(value) => fill_shape(&field.shape, value),
            None => {
                if let Some(mut zero) = zero(&field.shape, field.omit) {
                    fill_shape(&field.shape, &mut zero);
                    fields.insert(field.name.to_owned(), zero);
                }
            }
        }
    }
}

fn fill_shape(shape: &Shape, value: &mut Value) {
    match (shape, value) {
        (Shape::Pointer(inner), value) if !value.is_null() => fill_shape(inner, value),
        (Shape::Struct(id), Value::Object(fields)) => fill(id.get(), fields),
        (Shape::Slice(inner), Value::Array(list)) => list.iter_mut().for_each(|one| fill_shape(inner, one)),
        (Shape::Map(_, inner), Value::Object(fields)) => fields.iter_mut().for_each(|(_, one)| fill_shape(inner, one)),
        _ => {}
    }
}

/// What Go writes for a field that is not set.
fn zero(shape: &Shape, omit: Omit) -> Option<Value> {
    match (shape, omit) {
        (Shape::Struct(_), Omit::Never | Omit::Empty) => Some(Value::Object(Map::new())),
        (Shape::Time | Shape::MicroTime | Shape::Pointer(_) | Shape::Slice(_) | Shape::Map(..), Omit::Never) => {
            Some(Value::Null)
        }
        (Shape::String(_), Omit::Never) => Some(Value::String(String::new())),
        (Shape::Bool, Omit::Never) => Some(Value::Bool(false)),
        (Shape::Int32 | Shape::Int64, Omit::Never) => Some(Value::from(0)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn structs_that_are_no_pointers_are_always_written() {
        let typed =
            as_typed(Kind::Namespace, &json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}));
        assert_eq!(
            typed,
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}, "spec": {}, "status": {}})
        );
        let containers = json!([{"name": "c", "image": "nginx", "ports": [{"containerPort": 80}]}]);
        let typed = as_typed(Kind::Pod, &json!({"metadata": {}, "spec": {"containers": containers}}));
        assert_eq!(
            typed,
            json!({
                "metadata": {},
                "spec": {"containers": [{
                    "name": "c", "image": "nginx", "ports": [{"containerPort": 80}], "resources": {}
                }]},
                "status": {},
            })
        );
    }
}
