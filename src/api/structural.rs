//! The schema of a user's kind: what of an object it knows, what it fills in, and what it refuses.
//!
//! Models apiextensions-apiserver/pkg/apiserver/schema (pruning, defaulting) and validation.go. Formats, patterns, `allOf` and
//! its sisters and rules in CEL are not looked at.

use serde_json::{Map, Value};

use super::validation::{BadValue, FieldError, FieldErrorKind};

/// Takes out what the schema does not know, and says what that was: `spec.foo`. Models schema/pruning/algorithm.go.
pub fn prune(schema: &Value, object: &mut Value) -> Vec<String> {
    let mut unknown = Vec::new();
    prune_below(schema, object, "", true, &mut unknown);
    unknown
}

/// What every object has, whatever its schema says.
const OF_OBJECTS: [&str; 3] = ["apiVersion", "kind", "metadata"];

fn prune_below(schema: &Value, value: &mut Value, path: &str, is_object: bool, unknown: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            let is_object = is_object || flag(schema, "x-kubernetes-embedded-resource");
            let keeps = flag(schema, "x-kubernetes-preserve-unknown-fields");
            let others = schema.get("additionalProperties");
            fields.retain(|name, value| {
                if is_object && OF_OBJECTS.contains(&name.as_str()) {
                    return true;
                }
                let path = below(path, name);
                if let Some(known) = property(schema, name).or(others.filter(|others| others.is_object())) {
                    prune_below(known, value, &path, false, unknown);
                    return true;
                }
                let stays = keeps || others.and_then(Value::as_bool) == Some(true);
                if !stays {
                    unknown.push(path);
                }
                stays
            });
        }
        Value::Array(items) => {
            let Some(of_items) = schema.get("items") else { return };
            for (at, item) in items.iter_mut().enumerate() {
                prune_below(of_items, item, &format!("{path}[{at}]"), false, unknown);
            }
        }
        _ => {}
    }
}

/// Fills in what is not set and has a default. Models schema/defaulting/algorithm.go.
pub fn fill(schema: &Value, value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, known) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
                let is_absent = fields.get(name).is_none_or(|value| value.is_null() && !flag(known, "nullable"));
                if let (true, Some(default)) = (is_absent, known.get("default")) {
                    fields.insert(name.clone(), default.clone());
                }
                if let Some(value) = fields.get_mut(name) {
                    fill(known, value);
                }
            }
            if let Some(others) = schema.get("additionalProperties").filter(|others| others.is_object()) {
                let rest = fields.iter_mut().filter(|(name, _)| property(schema, name).is_none());
                rest.for_each(|(_, value)| fill(others, value));
            }
        }
        Value::Array(items) => {
            if let Some(of_items) = schema.get("items") {
                items.iter_mut().for_each(|item| fill(of_items, item));
            }
        }
        _ => {}
    }
}

/// What the schema refuses. Models apiextensions-apiserver/pkg/apiserver/validation ValidateCustomResource.
pub fn validate(schema: &Value, object: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    check(schema, object, "", &mut errors);
    errors
}

fn check(schema: &Value, value: &Value, path: &str, errors: &mut Vec<FieldError>) {
    if value.is_null() && flag(schema, "nullable") {
        return;
    }
    let mut refuse = |kind, bad_value, detail: String| {
        errors.push(FieldError { field: root(path), kind, bad_value, detail });
    };
    let wanted = schema.get("type").and_then(Value::as_str).unwrap_or_default();
    if !is_of_type(schema, wanted, value) {
        let found = type_of(value);
        let detail = format!("{} in body must be of type {wanted}: \"{found}\"", root(path));
        refuse(FieldErrorKind::Invalid, BadValue::Text(found.to_owned()), detail);
        return;
    }
    let amount = |name: &str| schema.get(name).and_then(Value::as_u64).and_then(|bound| usize::try_from(bound).ok());
    let says = |what: String| format!("{} in body should {what}", root(path));
    if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
        && !allowed.contains(value)
    {
        let texts: Vec<String> = allowed.iter().map(Value::to_string).collect();
        let detail = format!("supported values: {}", texts.join(", "));
        refuse(FieldErrorKind::NotSupported, value.into(), detail);
    }
    match value {
        Value::Number(number) => {
            for (bound, refuses, words) in [
                ("minimum", is_less as fn(&Value, &Value) -> bool, "greater"),
                ("maximum", |value, bound| is_less(bound, value), "less"),
            ] {
                let Some(limit) = schema.get(bound).filter(|limit| limit.is_number()) else { continue };
                if refuses(value, limit) {
                    let detail = says(format!("be {words} than or equal to {limit}"));
                    refuse(FieldErrorKind::Invalid, BadValue::Json(number.to_string()), detail);
                }
            }
        }
        Value::String(text) => {
            let length = text.chars().count();
            if let Some(most) = amount("maxLength").filter(|most| length > *most) {
                let detail = format!("may not be more than {most} bytes");
                refuse(FieldErrorKind::TooLong, BadValue::Hidden, detail);
            }
            if let Some(least) = amount("minLength").filter(|least| length < *least) {
                let detail = says(format!("be at least {least} chars long"));
                refuse(FieldErrorKind::Invalid, text.as_str().into(), detail);
            }
        }
        Value::Array(items) => {
            if let Some(most) = amount("maxItems").filter(|most| items.len() > *most) {
                let count = items.len();
                let detail = format!("must have at most {most} items");
                refuse(FieldErrorKind::TooMany, BadValue::Json(count.to_string()), detail);
            }
            if let Some(least) = amount("minItems").filter(|least| items.len() < *least) {
                let detail = says(format!("have at least {least} items"));
                let count = i64::try_from(items.len()).unwrap_or_default();
                refuse(FieldErrorKind::Invalid, count.into(), detail);
            }
            if let Some(of_items) = schema.get("items") {
                for (at, item) in items.iter().enumerate() {
                    check(of_items, item, &format!("{path}[{at}]"), errors);
                }
            }
        }
        Value::Object(fields) => check_fields(schema, fields, path, errors),
        _ => {}
    }
}

fn check_fields(schema: &Value, fields: &Map<String, Value>, path: &str, errors: &mut Vec<FieldError>) {
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    for name in required.filter(|name| !fields.contains_key(*name)) {
        let field = below(path, name);
        let (kind, bad_value) = (FieldErrorKind::Required, BadValue::Hidden);
        errors.push(FieldError { field, kind, bad_value, detail: String::new() });
    }
    let others = schema.get("additionalProperties").filter(|others| others.is_object());
    for (name, value) in fields {
        if path.is_empty() && name == "metadata" {
            continue;
        }
        if let Some(known) = property(schema, name).or(others) {
            check(known, value, &below(path, name), errors);
        }
    }
}

fn is_of_type(schema: &Value, wanted: &str, value: &Value) -> bool {
    match wanted {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64() || is_whole(value),
        _ if flag(schema, "x-kubernetes-int-or-string") => value.is_string() || value.is_i64() || value.is_u64(),
        _ => true,
    }
}

/// `3.0` is an integer.
fn is_whole(value: &Value) -> bool {
    value.as_f64().is_some_and(|number| number.fract() == 0.0)
}

fn is_less(left: &Value, right: &Value) -> bool {
    match (left.as_i64(), right.as_i64()) {
        (Some(left), Some(right)) => left < right,
        _ => left.as_f64() < right.as_f64(),
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn property<'a>(schema: &'a Value, name: &str) -> Option<&'a Value> {
    schema.get("properties")?.get(name)
}

fn flag(schema: &Value, name: &str) -> bool {
    schema.get(name).and_then(Value::as_bool) == Some(true)
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// The whole object's place has a name too.
fn root(path: &str) -> String {
    if path.is_empty() { "<nil>".to_owned() } else { path.to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> Value {
        json!({"type": "object", "required": ["spec"], "properties": {
            "spec": {"type": "object", "required": ["colour"], "properties": {
                "colour": {"type": "string", "enum": ["red", "blue"]},
                "cups": {"type": "integer", "minimum": 1, "maximum": 8, "default": 2},
                "lids": {"type": "array", "items": {"type": "object", "properties": {"size": {"type": "string"}}}},
                "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}
            }}
        }})
    }

    #[test]
    fn what_the_schema_does_not_know_goes() {
        let mut teapot = json!({"apiVersion": "a/v1", "kind": "Teapot", "metadata": {"name": "x"}, "extra": 1,
            "spec": {"colour": "red", "lids": [{"size": "s", "colour": "red"}], "free": {"a": {"b": 1}}}});
        assert_eq!(prune(&schema(), &mut teapot), ["extra", "spec.lids[0].colour"]);
        let spec = json!({"colour": "red", "lids": [{"size": "s"}], "free": {"a": {"b": 1}}});
        assert_eq!(teapot.get("spec"), Some(&spec));
    }

    #[test]
    fn defaults_are_filled_in_below_what_is_there() {
        let mut teapot = json!({"spec": {"colour": "red"}});
        fill(&schema(), &mut teapot);
        assert_eq!(teapot, json!({"spec": {"colour": "red", "cups": 2}}));
        let mut empty = json!({});
        fill(&schema(), &mut empty);
        assert_eq!(empty, json!({}));
    }

    #[test]
    fn refusals_are_in_the_servers_words() {
        let texts =
            |object: Value| -> Vec<String> { validate(&schema(), &object).iter().map(FieldError::text).collect() };
        assert_eq!(texts(json!({})), ["spec: Required value"]);
        assert_eq!(texts(json!({"spec": {}})), ["spec.colour: Required value"]);
        assert_eq!(
            texts(json!({"spec": {"colour": "green", "cups": 0}})),
            [
                "spec.colour: Unsupported value: \"green\": supported values: \"red\", \"blue\"",
                "spec.cups: Invalid value: 0: spec.cups in body should be greater than or equal to 1"
            ]
        );
        assert_eq!(
            texts(json!({"spec": {"colour": "red", "cups": "two"}})),
            ["spec.cups: Invalid value: \"string\": spec.cups in body must be of type integer: \"string\""]
        );
    }
}
