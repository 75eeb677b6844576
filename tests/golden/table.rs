//! Finds a table, runs every row, counts the differences.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use serde_json::Value;

/// How many differing rows are shown in full.
const SHOWN: usize = 3;

/// One row of a table.
pub struct Row {
    /// Its name.
    pub id: String,
    /// The whole row; `in` and `out` for computed tables, `test`, `key` and `case` for upstream's own cases.
    pub value: Value,
}

/// Runs `check` on every row of `dev/NAME.jsonl`; it answers `Err` with an explanation where ours differs.
pub fn run(name: &str, check: impl Fn(&Value) -> Result<(), String>) {
    report(name, &rows("dev", name), |row| check(&row.value));
}

/// As [`run`], for Kubernetes' own table tests (`upstream/NAME.jsonl`) of one Go test.
pub fn run_upstream(name: &str, test: &str, check: impl Fn(&Value) -> Result<(), String>) {
    let rows: Vec<Row> = rows("upstream", name).into_iter().filter(|row| row.value["test"] == test).collect();
    report(&format!("upstream {name} {test}"), &rows, |row| check(&row.value["case"]));
}

/// As [`run_upstream`]; `check` also gets the case's key, which some Go tests keep the expected error in.
pub fn run_upstream_keyed(name: &str, test: &str, check: impl Fn(&str, &Value) -> Result<(), String>) {
    let rows: Vec<Row> = rows("upstream", name).into_iter().filter(|row| row.value["test"] == test).collect();
    report(&format!("upstream {name} {test}"), &rows, |row| {
        check(row.value["key"].as_str().unwrap_or_default(), &row.value["case"])
    });
}

/// `Ok` when equal; else both, as JSON.
pub fn same(ours: &Value, theirs: &Value) -> Result<(), String> {
    if ours == theirs { Ok(()) } else { Err(format!("ours   {ours}\n  theirs {theirs}")) }
}

fn report(name: &str, rows: &[Row], check: impl Fn(&Row) -> Result<(), String>) {
    let mut differ = 0;
    for row in rows {
        if let Err(why) = check(row) {
            differ += 1;
            if differ <= SHOWN {
                println!("{}: {}\n  {why}", row.id, row.value.get("in").unwrap_or(&Value::Null));
            }
        }
    }
    println!("{name}: {} rows, {differ} differ", rows.len());
    assert!(!rows.is_empty(), "{name}: no rows below {}", golden_dir().display());
    assert_eq!(differ, 0, "{name}: {differ} of {} rows differ", rows.len());
}

/// The folder with the tables.
pub fn golden_dir() -> PathBuf {
    match std::env::var_os("GOLDEN_DIR") {
        Some(dir) => PathBuf::from(dir),
        None => own_dir(),
    }
}

fn own_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// A JSON file beside the tables, such as `validation_base.json`; the project's own copy where the folder has none.
#[allow(dead_code)]
pub fn base(name: &str) -> Value {
    let text = fs::read_to_string(golden_dir().join(name))
        .or_else(|_| fs::read_to_string(own_dir().join(name)))
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The rows of a table, wherever below the folder it lies (`upstream` tables share some names with the others).
fn rows(group: &str, name: &str) -> Vec<Row> {
    let mut files = Vec::new();
    find(&golden_dir(), name, group == "upstream", &mut files);
    files.sort();
    files.iter().flat_map(|file| read(file)).collect()
}

fn find(dir: &Path, name: &str, upstream: bool, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            find(&path, name, upstream, files);
            continue;
        }
        let in_upstream = path.components().any(|part| part.as_os_str() == "upstream");
        let file = path.file_name().and_then(|file| file.to_str()).unwrap_or_default();
        if in_upstream == upstream && (file == format!("{name}.jsonl") || file == format!("{name}.jsonl.gz")) {
            files.push(path);
        }
    }
}

fn read(path: &Path) -> Vec<Row> {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut text = String::new();
    if path.extension().is_some_and(|extension| extension == "gz") {
        GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).expect("a readable gzip file");
    } else {
        text = String::from_utf8(bytes).expect("UTF-8");
    }
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            let value: Value = serde_json::from_str(line).expect("a JSON row");
            Row { id: value["id"].as_str().unwrap_or_default().to_owned(), value }
        })
        .collect()
}
