//! Reads an object as the API server does after a strategic merge patch: by reflection, not by the JSON decoder, so
//! that the complaints are others.
//!
//! Models apimachinery/pkg/runtime/converter.go FromUnstructuredWithValidation.

use serde_json::{Map, Value};

use super::{Decoded, decode, scalar};
use crate::api::Kind;
use crate::api::schema::{self, Shape, Type};
use crate::sorting;

/// Decodes a patched object of this kind.
///
/// # Errors
/// At the first value that does not fit, in the order of the Go structs' fields.
pub fn decode_unstructured(kind: Kind, value: &Value) -> Result<Decoded, String> {
    if kind.is_custom() {
        return decode(kind, value);
    }
    let mut converter = Converter::default();
    let mut converted = value.clone();
    match &mut converted {
        Value::Object(fields) => converter.fields(schema::of_kind(kind), fields)?,
        other => return Err(format!("cannot restore struct from: {}", go_kind(other))),
    }
    let mut decoded = decode(kind, &converted)?;
    sorting::sort(&mut converter.unknown);
    decoded.strict_errors = converter.unknown;
    Ok(decoded)
}

#[derive(Default)]
struct Converter {
    path: String,
    unknown: Vec<String>,
}

impl Converter {
    fn fields(&mut self, kind: &'static Type, fields: &mut Map<String, Value>) -> Result<(), String> {
        let known = kind.json_fields();
        let length = self.path.len();
        for field in &known {
            if let Some(value) = fields.get_mut(field.name) {
                self.push(field.name);
                self.value(&field.shape, value)?;
                self.path.truncate(length);
            }
        }
        for name in fields.keys().filter(|name| !known.iter().any(|field| field.name == *name)) {
            self.push(name);
            self.unknown.push(format!("unknown field \"{}\"", self.path));
            self.path.truncate(length);
        }
        Ok(())
    }

    fn push(&mut self, name: &str) {
        if !self.path.is_empty() {
            self.path.push('.');
        }
        self.path.push_str(name);
    }

    fn value(&mut self, shape: &Shape, value: &mut Value) -> Result<(), String> {
        match (shape, &mut *value) {
            (_, Value::Null) | (Shape::Raw, _) => Ok(()),
            (Shape::Pointer(inner), value) => self.value(inner, value),
            (Shape::Struct(id), Value::Object(fields)) => self.fields(id.get(), fields),
            (Shape::Slice(inner), Value::Array(items)) => self.items(inner, items),
            (Shape::Map(_, inner), Value::Object(entries)) => {
                entries.values_mut().try_for_each(|entry| self.value(inner, entry))
            }
            (Shape::ResourceList, Value::Object(entries)) => {
                entries.values_mut().try_for_each(|entry| self.value(&Shape::Quantity, entry))
            }
            (Shape::Bytes, Value::String(text)) => {
                scalar::check_base64(text).map_err(|error| format!("error decoding from json: {error}"))
            }
            (Shape::Quantity, value) => scalar::quantity(value).map(drop),
            (Shape::IntOrString, value) => int_or_string(value),
            (Shape::Time | Shape::MicroTime, value) => time(shape, value),
            (Shape::Struct(_), other) => Err(format!("cannot restore struct from: {}", go_kind(other))),
            (Shape::Map(..) | Shape::ResourceList, other) => Err(format!("cannot restore map from {}", go_kind(other))),
            (Shape::Slice(_) | Shape::Bytes, other) => Err(format!("cannot restore slice from {}", go_kind(other))),
            (Shape::String(_) | Shape::Bool | Shape::Int32 | Shape::Int64 | Shape::Float, _) => simple(shape, value),
        }
    }

    fn items(&mut self, shape: &Shape, items: &mut [Value]) -> Result<(), String> {
        let length = self.path.len();
        for (index, item) in items.iter_mut().enumerate() {
            self.path.push_str(&format!("[{index}]"));
            self.value(shape, item)?;
            self.path.truncate(length);
        }
        Ok(())
    }
}

/// Go converts between numbers, cutting off what does not fit, and between nothing else.
fn simple(shape: &Shape, value: &mut Value) -> Result<(), String> {
    let refused = |from: &str| Err(format!("cannot convert {from} to {}", shape.go_type()));
    match (shape, &*value) {
        (Shape::String(_), Value::String(_)) | (Shape::Bool, Value::Bool(_)) | (Shape::Float, Value::Number(_)) => {
            Ok(())
        }
        (Shape::Int32 | Shape::Int64, Value::Number(number)) => {
            let Some(whole) = whole_number(number) else { return refused("float64") };
            #[allow(clippy::cast_possible_truncation, reason = "Go's conversion keeps the lower bits")]
            let cut = if matches!(shape, Shape::Int32) { i64::from(whole as i32) } else { whole };
            *value = cut.into();
            Ok(())
        }
        (Shape::String(_), Value::Number(number)) if !number.is_f64() => refused("int64"),
        _ => Err(format!("unrecognized type: {}", kind_of_shape(shape))),
    }
}

fn whole_number(number: &serde_json::Number) -> Option<i64> {
    match (number.as_i64(), number.as_f64()) {
        (Some(whole), _) => Some(whole),
        #[allow(clippy::cast_possible_truncation, reason = "whole, and within the range of an i64")]
        (None, Some(float)) if float.fract() == 0.0 && float.abs() < 9.2e18 => Some(float as i64),
        _ => None,
    }
}

/// Models IntOrString.UnmarshalJSON, which here stands alone.
fn int_or_string(value: &Value) -> Result<(), String> {
    let found = match value {
        Value::String(_) => return Ok(()),
        Value::Number(number) if number.as_i64().is_some_and(|number| i32::try_from(number).is_ok()) => return Ok(()),
        Value::Number(number) => format!("number {}", crate::api::go_text::number(number)),
        other => super::describe(other).to_owned(),
    };
    Err(format!("json: cannot unmarshal {found} into Go value of type int32"))
}

/// Models Time.UnmarshalJSON, which here stands alone.
fn time(shape: &Shape, value: &Value) -> Result<(), String> {
    match value {
        Value::String(text) => scalar::time(text, matches!(shape, Shape::MicroTime)).map(drop),
        other => Err(format!("json: cannot unmarshal {} into Go value of type string", super::describe(other))),
    }
}

/// Go's `reflect.Kind` of a decoded value.
fn go_kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "invalid",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "slice",
        Value::Object(_) => "map",
    }
}

fn kind_of_shape(shape: &Shape) -> &'static str {
    match shape {
        Shape::Bool => "bool",
        Shape::Int32 => "int32",
        Shape::Int64 => "int64",
        Shape::Float => "float64",
        _ => "string",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(spec: Value, expected: Result<&[&str], &str>) {
        let decoded = decode_unstructured(Kind::Deployment, &json!({"metadata": {"name": "web"}, "spec": spec}));
        let ours = decoded.map(|decoded| decoded.strict_errors);
        assert_eq!(
            ours,
            expected.map(|texts| texts.iter().map(|text| (*text).to_owned()).collect()).map_err(str::to_owned)
        );
    }

    #[test]
    fn values_of_other_types_are_refused_in_gos_words() {
        check(json!({"replicas": "3"}), Err("unrecognized type: int32"));
        check(json!({"replicas": 1.5}), Err("cannot convert float64 to int32"));
        check(json!({"template": {"spec": {"restartPolicy": 5}}}), Err("cannot convert int64 to v1.RestartPolicy"));
        check(json!({"template": {"spec": {"containers": {}}}}), Err("cannot restore slice from map"));
        check(json!({"template": []}), Err("cannot restore struct from: slice"));
        check(json!({"selector": {"matchLabels": "a"}}), Err("cannot restore map from string"));
        let surge = json!({"strategy": {"rollingUpdate": {"maxSurge": true}}});
        check(surge, Err("json: cannot unmarshal bool into Go value of type int32"));
    }

    #[test]
    fn unknown_fields_are_sorted() {
        let spec = json!({"zebra": 1, "template": {"spec": {"containers": [{"imag": "x"}]}}, "replicas": null});
        let expected: &[&str] =
            &["unknown field \"spec.template.spec.containers[0].imag\"", "unknown field \"spec.zebra\""];
        check(spec, Ok(expected));
    }

    #[test]
    fn numbers_are_cut_to_size_as_go_does() {
        let decoded = decode_unstructured(Kind::Deployment, &json!({"spec": {"replicas": 4_294_967_299_i64}}));
        assert_eq!(decoded.map(|decoded| decoded.value["spec"]["replicas"].clone()), Ok(json!(3)));
    }
}
