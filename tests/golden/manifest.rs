//! How files are read: documents, and the words for what cannot be read.

use hellok8s_lab::kubectl::output::json;
use hellok8s_lab::manifest;
use serde_json::{Value, json};

use crate::table::{run, same};

#[test]
fn yaml_read() {
    run("yaml_read", |row| {
        let text = row["in"]["text"].as_str().unwrap_or_default();
        let (documents, error) = match manifest::parse("f.yaml", text) {
            Ok(documents) => (documents, Value::Null),
            Err(error) => (error.documents, Value::from(error.text)),
        };
        let documents: Vec<String> = documents.iter().map(|document| json::compact(&document.value)).collect();
        let expected: Vec<String> = row["out"]["documents"].as_array().into_iter().flatten().map(canonical).collect();
        same(
            &json!({"documents": documents, "error": error}),
            &json!({"documents": expected, "error": row["out"]["error"]}),
        )
    });
}

/// The table escapes other characters than Go does. Not with serde_json, which rounds the last digit of some floats.
fn canonical(document: &Value) -> String {
    let value: Value = document.as_str().and_then(|text| manifest::unmarshal(text).ok()).unwrap_or_default();
    json::compact(&value)
}
