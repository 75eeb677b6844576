//! JSON as Go's encoder writes it.

use std::fmt::Write as _;

use serde_json::Value;

use crate::api::go_text;

/// With an indentation of four spaces and a line break at the end. Models json.MarshalIndent(obj, "", "    ").
pub fn pretty(value: &Value) -> String {
    let mut out = String::new();
    write(value, Some(0), &mut out);
    out.push('\n');
    out
}

/// On one line. Models json.Marshal.
pub fn compact(value: &Value) -> String {
    let mut out = String::new();
    write(value, None, &mut out);
    out
}

/// `depth` is the indentation; none writes on one line.
fn write(value: &Value, depth: Option<usize>, out: &mut String) {
    match value {
        Value::String(text) => write_text(text, out),
        Value::Array(list) if list.is_empty() => out.push_str("[]"),
        Value::Object(fields) if fields.is_empty() => out.push_str("{}"),
        Value::Array(list) => {
            out.push('[');
            for (at, item) in list.iter().enumerate() {
                separate(at > 0, depth, out);
                write(item, depth.map(|depth| depth + 1), out);
            }
            close(']', depth, out);
        }
        Value::Object(fields) => {
            out.push('{');
            for (at, (name, value)) in fields.iter().enumerate() {
                separate(at > 0, depth, out);
                write_text(name, out);
                out.push_str(if depth.is_some() { ": " } else { ":" });
                write(value, depth.map(|depth| depth + 1), out);
            }
            close('}', depth, out);
        }
        Value::Number(number) => out.push_str(&go_text::number(number)),
        scalar => out.push_str(&scalar.to_string()),
    }
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

    use super::{compact, pretty};

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
