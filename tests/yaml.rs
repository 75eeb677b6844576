//! serde_yaml as a second reader: what the lab's parser and its printer read and write, another library reads alike, but for
//! the quirks of go-yaml that are listed here. kubectl reads with go-yaml, so where the two differ the lab is right.

#![cfg(not(target_arch = "wasm32"))]
// A test that meets what it does not expect has failed: it may panic.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use hellok8s_lab::kubectl::output::yaml::to_yaml;
use hellok8s_lab::manifest;
use proptest::prelude::*;
use serde::Deserialize as _;
use serde_json::{Map, Value, json};

/// The documents of a text that hold anything, as the lab reads them; none where it is refused.
fn ours(text: &str) -> Option<Vec<Value>> {
    let documents = manifest::parse("f.yaml", text).ok()?;
    Some(documents.into_iter().map(|document| document.value).collect())
}

/// The same, as serde_yaml reads them.
fn theirs(text: &str) -> Option<Vec<Value>> {
    read_by_serde(text).ok()
}

fn read_by_serde(text: &str) -> Result<Vec<Value>, String> {
    let mut documents = Vec::new();
    for document in serde_yaml::Deserializer::from_str(text) {
        let mut value = serde_yaml::Value::deserialize(document).map_err(|error| error.to_string())?;
        value.apply_merge().map_err(|error| error.to_string())?;
        documents.push(json_of(value).ok_or("a key that is no text")?);
    }
    // kubectl skips documents that hold nothing.
    documents.retain(|document| !document.is_null());
    Ok(documents)
}

/// As JSON has it: a mapping's keys are texts there.
fn json_of(value: serde_yaml::Value) -> Option<Value> {
    Some(match value {
        serde_yaml::Value::Mapping(fields) => {
            let mut object = Map::new();
            for (key, value) in fields {
                let key = match key {
                    serde_yaml::Value::String(key) => key,
                    serde_yaml::Value::Bool(key) => key.to_string(),
                    serde_yaml::Value::Number(key) => key.to_string(),
                    _ => return None,
                };
                object.insert(key, json_of(value)?);
            }
            Value::Object(object)
        }
        serde_yaml::Value::Sequence(items) => Value::Array(items.into_iter().map(json_of).collect::<Option<_>>()?),
        serde_yaml::Value::Tagged(tagged) => json_of(tagged.value)?,
        plain => serde_json::to_value(plain).ok()?,
    })
}

/// What go-yaml reads otherwise than serde_yaml: a text, and the documents that each reads. `None` is refused.
fn quirks() -> Vec<(&'static str, Option<Value>, Option<Value>)> {
    vec![
        // YAML 1.1 has more words for true and false, and more ways to write numbers.
        ("a: yes", Some(json!([{"a": true}])), Some(json!([{"a": "yes"}]))),
        ("a: off", Some(json!([{"a": false}])), Some(json!([{"a": "off"}]))),
        ("a: 1_000", Some(json!([{"a": 1000}])), Some(json!([{"a": "1_000"}]))),
        ("a: 0644", Some(json!([{"a": 420}])), Some(json!([{"a": "0644"}]))),
        ("1e3: a", Some(json!([{"1000": "a"}])), Some(json!([{"1000.0": "a"}]))),
        // A key that stands twice: the later one counts.
        ("a: 1\na: 2", Some(json!([{"a": 2}])), None),
        // A quoted `<<` is a key like others; serde_yaml no longer knows that it was quoted.
        ("a: {\"<<\": {b: 1}}", Some(json!([{"a": {"<<": {"b": 1}}}])), Some(json!([{"a": {"b": 1}}]))),
        // The tag `!` makes a text.
        ("a: ! 12", Some(json!([{"a": "12"}])), Some(json!([{"a": 12}]))),
        // A mark of the byte order is text behind a document that is JSON.
        ("{\"a\":1}\n---\n\u{feff}b", Some(json!([{"a": 1}, "\u{feff}b"])), Some(json!([{"a": 1}, "b"]))),
        // A colon before a bracket belongs to the word.
        ("a: {b:}", Some(json!([{"a": {"b:": null}}])), None),
        // kubectl itself looks for the lines that part documents, and what stands behind a document's end is not read.
        ("a: 1\n--- &x\nb: 2", None, Some(json!([{"a": 1}, {"b": 2}]))),
        ("a: 1\n... x\nb: 2", Some(json!([{"a": 1}])), None),
        ("a:\n%YAML 1.1\n  b: 1", Some(json!([{"a": null}])), None),
    ]
}

#[test]
fn the_quirks_of_go_yaml_are_these() {
    for (text, of_lab, of_serde) in quirks() {
        assert_eq!((ours(text).map(Value::from), theirs(text).map(Value::from)), (of_lab, of_serde), "{text}");
    }
}

/// Every YAML file of the project.
fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            if !name.starts_with('.') && !["node_modules", "target", "dist"].contains(&name) {
                files(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            found.push(path);
        }
    }
}

#[test]
fn the_projects_own_files_are_read_alike() {
    let mut paths = Vec::new();
    files(Path::new(env!("CARGO_MANIFEST_DIR")), &mut paths);
    assert!(paths.len() > 50, "{}", paths.len());
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(ours(&text), theirs(&text), "{}", path.display());
    }
}

/// What in a text go-yaml is known to read otherwise: of each there is an example in [`quirks`].
fn quirk(text: &str) -> Option<&'static str> {
    let words =
        || text.split(|c: char| c.is_whitespace() || "[]{},".contains(c)).map(|word| word.trim_end_matches(':'));
    let is_truth = |word: &str| ["y", "n", "yes", "no", "on", "off"].contains(&word.to_ascii_lowercase().as_str());
    let is_odd_number = |word: &str| {
        let digits = word.trim_start_matches(['+', '-']);
        digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
            && digits.parse::<f64>().is_ok_and(|_| digits.contains(['e', 'E']) || digits.len() > 18)
            || digits.starts_with(|c: char| c.is_ascii_digit()) && digits.contains('_')
            || digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.")
    };
    if read_by_serde(text).is_err_and(|error| error.contains("duplicate entry")) {
        return Some("a key that stands twice");
    }
    if words().any(is_truth) {
        return Some("words for true and false");
    }
    if words().any(is_odd_number) {
        return Some("numbers");
    }
    let marks =
        [("<<", "merging"), ("!", "tags"), ("\u{feff}", "byte order marks"), (":}", "colons"), (":]", "colons")];
    let more = [(":,", "colons"), ("\n---", "documents"), ("\n...", "documents"), ("\n%", "directives")];
    marks.into_iter().chain(more).find(|(mark, _)| text.contains(mark)).map(|(_, name)| name)
}

#[test]
fn what_go_yaml_was_recorded_to_read_is_read_alike() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/dev/yaml_read.jsonl.gz");
    let mut table = String::new();
    flate2::read::GzDecoder::new(fs::File::open(path).unwrap()).read_to_string(&mut table).unwrap();
    let (mut rows, mut equal, mut odd) = (0, 0, Vec::new());
    for row in table.lines() {
        let row: Value = serde_json::from_str(row).unwrap();
        let text = row["in"]["text"].as_str().unwrap();
        // Manifests, as they are and with a mistake or an oddity in them; the other rows are hardly YAML.
        if !text.starts_with("apiVersion") {
            continue;
        }
        rows += 1;
        let (ours, theirs) = (ours(text), theirs(text));
        if ours == theirs {
            equal += 1;
        } else if quirk(text).is_none() {
            odd.push(format!("{text:?}\n  go-yaml:    {ours:?}\n  serde_yaml: {theirs:?}"));
        }
    }
    println!("{rows} rows, {equal} read alike, {} not listed", odd.len());
    assert!(odd.is_empty(), "{}\n{rows} rows, {equal} read alike, {} not listed", odd.join("\n"), odd.len());
}

/// Any value that YAML and JSON both have, with texts that are hard to write.
fn value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        "[a-z]{0,6}",
        "[ -~]{0,20}",
        "[\\PC\n\t]{0,20}",
        "( |\n|a|:|#|-|'|\"|\\\\){0,12}",
        Just("yes".to_owned()),
        Just("0644".to_owned()),
        Just("1e3".to_owned()),
        Just("~".to_owned()),
        Just("2026-01-02".to_owned()),
        "(lorem ipsum ){0,20}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(text.clone(), inner, 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn what_is_printed_is_read_by_both(value in value()) {
        let text = to_yaml(&json!({"value": value}));
        let expected = Some(vec![json!({"value": value})]);
        prop_assert_eq!(ours(&text), expected.clone(), "the lab's parser, of:\n{}", text);
        prop_assert_eq!(theirs(&text), expected, "serde_yaml, of:\n{}", text);
    }
}
