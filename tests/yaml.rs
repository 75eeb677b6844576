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
    let documents: Result<Vec<serde_yaml::Value>, _> =
        serde_yaml::Deserializer::from_str(text).map(serde_yaml::Value::deserialize).collect();
    let read = |mut value: serde_yaml::Value| {
        value.apply_merge().ok()?;
        json_of(value)
    };
    let documents: Option<Vec<Value>> = documents.ok()?.into_iter().map(read).collect();
    // kubectl skips documents that hold nothing.
    Some(documents?.into_iter().filter(|document| !document.is_null()).collect())
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

/// What go-yaml reads otherwise than serde_yaml: a text, and what each makes of it. `None` is refused.
fn quirks() -> Vec<(&'static str, Option<Value>, Option<Value>)> {
    vec![
        // YAML 1.1 has more words for true and false, and more ways to write numbers.
        ("a: yes", Some(json!({"a": true})), Some(json!({"a": "yes"}))),
        ("a: off", Some(json!({"a": false})), Some(json!({"a": "off"}))),
        ("a: 1_000", Some(json!({"a": 1000})), Some(json!({"a": "1_000"}))),
        ("a: 0644", Some(json!({"a": 420})), Some(json!({"a": "0644"}))),
        ("a: 0b11", Some(json!({"a": 3})), Some(json!({"a": 3}))),
        // A key that stands twice: the later one counts.
        ("a: 1\na: 2", Some(json!({"a": 2})), None),
    ]
}

#[test]
fn the_quirks_of_go_yaml_are_these() {
    for (text, of_lab, of_serde) in quirks() {
        let first = |documents: Option<Vec<Value>>| documents.and_then(|documents| documents.into_iter().next());
        assert_eq!((first(ours(text)), first(theirs(text))), (of_lab, of_serde), "{text}");
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
        } else if name.ends_with(".yaml") || name.ends_with(".yml") {
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

/// Whether a text has something in it that go-yaml is known to read otherwise, and what.
fn quirk(text: &str) -> Option<&'static str> {
    let words = || text.split(|c: char| c.is_whitespace() || "[]{},:".contains(c));
    let is_word = |word: &str| {
        let word = word.to_ascii_lowercase();
        ["y", "n", "yes", "no", "on", "off"].contains(&word.as_str())
    };
    let is_number = |word: &str| {
        let digits = word.trim_start_matches(['+', '-']);
        digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
            && (digits.contains('_') || (digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.")))
    };
    if words().any(is_word) {
        return Some("words for true and false");
    }
    words().any(is_number).then_some("numbers of YAML 1.1")
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
    #[test]
    fn what_is_printed_is_read_by_both(value in value()) {
        let text = to_yaml(&json!({"value": value}));
        let expected = Some(vec![json!({"value": value})]);
        prop_assert_eq!(ours(&text), expected.clone(), "the lab's parser, of:\n{}", text);
        prop_assert_eq!(theirs(&text), expected, "serde_yaml, of:\n{}", text);
    }
}
