//! JSON as Go's encoder writes it.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::api::schema::{self, Shape, Type};
use crate::api::{Kind, go_text};

/// With an indentation of four spaces and a line break at the end. Models json.MarshalIndent(obj, "", "    ").
pub fn pretty(value: &Value) -> String {
    let mut out = String::new();
    write(value, None, Some(0), &mut out);
    out.push('\n');
    out
}

/// As [`pretty`], with the fields in the order of the kind's Go struct: what kubectl made or got as such, and not as a
/// map.
pub fn pretty_typed(kind: Kind, value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(fields) => write_fields(fields, Some(&Order::Type(schema::of_kind(kind))), Some(0), &mut out),
        other => write(other, None, Some(0), &mut out),
    }
    out.push('\n');
    out
}

/// On one line. Models json.Marshal.
pub fn compact(value: &Value) -> String {
    let mut out = String::new();
    write(value, None, None, &mut out);
    out
}

/// As [`compact`], in the order of the kind's Go struct.
pub fn compact_typed(kind: Kind, value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(fields) => write_fields(fields, Some(&Order::Type(schema::of_kind(kind))), None, &mut out),
        other => write(other, None, None, &mut out),
    }
    out
}

/// What says in which order fields stand; without it they are sorted, as a map's are.
enum Order {
    Type(&'static Type),
    Each(&'static Shape),
}

impl Order {
    fn of(shape: &'static Shape) -> Option<Self> {
        match shape {
            Shape::Pointer(inner) => Self::of(inner),
            Shape::Struct(id) => Some(Self::Type(id.get())),
            Shape::Slice(inner) | Shape::Map(_, inner) => Some(Self::Each(inner)),
            _ => None,
        }
    }
}

/// `depth` is the indentation; none writes on one line.
fn write(value: &Value, order: Option<&Order>, depth: Option<usize>, out: &mut String) {
    match value {
        Value::String(text) => write_text(text, out),
        Value::Array(list) if list.is_empty() => out.push_str("[]"),
        Value::Object(fields) if fields.is_empty() => out.push_str("{}"),
        Value::Array(list) => {
            let inner = order.and_then(|order| match order {
                Order::Each(shape) => Order::of(shape),
                Order::Type(_) => None,
            });
            out.push('[');
            for (at, item) in list.iter().enumerate() {
                separate(at > 0, depth, out);
                write(item, inner.as_ref(), depth.map(|depth| depth + 1), out);
            }
            close(']', depth, out);
        }
        Value::Object(fields) => write_fields(fields, order, depth, out),
        Value::Number(number) => out.push_str(&go_text::number(number)),
        scalar => out.push_str(&scalar.to_string()),
    }
}

fn write_fields(fields: &Map<String, Value>, order: Option<&Order>, depth: Option<usize>, out: &mut String) {
    let mut entries: Vec<(&str, &Value, Option<Order>)> = Vec::with_capacity(fields.len());
    if let Some(Order::Type(kind)) = order {
        for field in kind.json_fields() {
            entries.extend(fields.get(field.name).map(|value| (field.name, value, Order::of(&field.shape))));
        }
    }
    for (name, value) in fields {
        if !entries.iter().any(|(known, ..)| known == name) {
            let inner = match order {
                Some(Order::Each(shape)) => Order::of(shape),
                _ => None,
            };
            entries.push((name, value, inner));
        }
    }
    out.push('{');
    for (at, (name, value, inner)) in entries.into_iter().enumerate() {
        separate(at > 0, depth, out);
        write_text(name, out);
        out.push_str(if depth.is_some() { ": " } else { ":" });
        write(value, inner.as_ref(), depth.map(|depth| depth + 1), out);
    }
    close('}', depth, out);
}

fn separate(comma: bool, depth: Option<usize>, out: &mut String) {
    if comma {
        out.push(',');
    }
    if let Some(depth) = depth {
        indent(depth + 1, out);
    }
}

fn close(bracket: char, depth: Option<usize>, out: &mut String) {
    if let Some(depth) = depth {
        indent(depth, out);
    }
    out.push(bracket);
}

fn indent(depth: usize, out: &mut String) {
    out.push('\n');
    out.extend(std::iter::repeat_n("    ", depth));
}

/// Go's encoder also escapes what HTML would act on.
fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{compact, pretty, pretty_typed};
    use crate::api::Kind;

    #[test]
    fn typed_objects_have_the_order_of_their_struct() {
        let value = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"labels": {"b": "1", "a": "2"}, "name": "x"},
            "spec": {"template": {"spec": {"containers": [{"image": "nginx", "name": "c", "args": ["x"]}]}}, "replicas": 1}});
        let text = pretty_typed(Kind::Deployment, &value);
        let names: Vec<&str> = text.split('"').skip(1).step_by(2).collect();
        assert_eq!(
            names,
            [
                "kind",
                "Deployment",
                "apiVersion",
                "apps/v1",
                "metadata",
                "name",
                "x",
                "labels",
                "a",
                "2",
                "b",
                "1",
                "spec",
                "replicas",
                "template",
                "spec",
                "containers",
                "name",
                "c",
                "image",
                "nginx",
                "args",
                "x"
            ]
        );
    }

    #[test]
    fn writes_as_go_does() {
        let value = json!({"b": [], "a": {"x": [1, "<&>"]}});
        assert_eq!(
            pretty(&value),
            "{\n    \"a\": {\n        \"x\": [\n            1,\n            \"\\u003c\\u0026\\u003e\"\n        ]\n    },\n    \"b\": []\n}\n"
        );
        assert_eq!(compact(&value), "{\"a\":{\"x\":[1,\"\\u003c\\u0026\\u003e\"]},\"b\":[]}");
    }
}
