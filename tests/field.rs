//! What people asked and reported in public: their files, what they typed, and what a real cluster answers.
//!
//! `tests/field/cases.jsonl.gz` has a row for each: `files`, `session` (a line each), and texts that its output `holds` or
//! `lacks`. Of the `ways` of a text one is enough; `*` stands for anything within a line, runs of blanks count as one, and
//! a line's beginning and end are line breaks. `source` is the report.

// A test that meets what it does not expect has failed: it may panic.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]
#![cfg(not(target_arch = "wasm32"))]

use std::io::Read as _;

use flate2::read::GzDecoder;
use hellok8s_lab::api::KubernetesVersion;
use hellok8s_lab::lab::{Lab, LabOptions};
use hellok8s_lab::sim::SimTime;
use serde_json::Value;

/// The longest that a line may take, in simulated milliseconds.
const LONGEST_MS: u64 = 600_000;

/// Those that differ, and why.
const DIFFERENT: [(&str, &str); 2] = [
    // Models go-yaml's is_bom, which looks at the beginning of its buffer: a mark before a later line is part of the word.
    ("41-byte-order-marks-between-documents", "deployment.apps/m created"),
    // The lab's 1.22 knows the fields of 1.36.
    ("62-the-profile-1.22-takes-sidecars", "unknown field \"restartPolicy\" in io.k8s.api.core.v1.Container"),
];

fn typed(lab: &mut Lab, line: &str) -> String {
    lab.submit(0, line);
    let end = lab.now() + LONGEST_MS;
    while lab.is_busy(0) {
        if lab.next_at() == SimTime::NEVER || lab.now() >= end {
            lab.interrupt(0);
            break;
        }
        lab.step();
    }
    lab.take_output(0).into_iter().map(|chunk| chunk.text).collect()
}

/// With one blank for each run of them, and a line break before all.
fn squeezed(text: &str) -> String {
    let mut squeezed = String::from("\n");
    for line in text.lines() {
        let mut was_blank = false;
        for character in line.chars() {
            let is_blank = matches!(character, ' ' | '\t');
            if !(is_blank && was_blank) {
                squeezed.push(if is_blank { ' ' } else { character });
            }
            was_blank = is_blank;
        }
        squeezed.push('\n');
    }
    squeezed
}

/// How often `text` has what `way` says; the parts between stars stand in one line.
fn count(text: &str, way: &str) -> usize {
    let (first, rest) = way.split_once('*').map_or((way, None), |(first, rest)| (first, Some(rest)));
    let follows = |at: usize| {
        let line = text.get(at + first.len()..).unwrap_or_default().split('\n').next().unwrap_or_default();
        let mut line = line;
        rest.into_iter().flat_map(|rest| rest.split('*')).all(|part| {
            let found = line.find(part);
            line = found.and_then(|at| line.get(at + part.len()..)).unwrap_or_default();
            found.is_some()
        })
    };
    text.match_indices(first).filter(|(at, _)| follows(*at)).count()
}

fn has(text: &str, check: &Value) -> bool {
    let times = usize::try_from(check["times"].as_u64().unwrap_or(1)).expect("a small number");
    check["ways"].as_array().expect("ways").iter().any(|way| count(text, way.as_str().expect("a text")) >= times)
}

#[test]
fn what_people_reported_comes_out_as_in_their_clusters() {
    let packed: &[u8] = include_bytes!("field/cases.jsonl.gz");
    let mut table = String::new();
    GzDecoder::new(packed).read_to_string(&mut table).expect("a readable gzip file");
    let mut wrong = Vec::new();
    let rows: Vec<Value> = table.lines().map(|row| serde_json::from_str(row).expect("a row")).collect();
    for row in &rows {
        let name = row["name"].as_str().expect("a name");
        let version = if row["version"] == "1.22" { KubernetesVersion::V1_22 } else { KubernetesVersion::V1_36 };
        let mut lab = Lab::new(&LabOptions { seed: 1, version });
        let begin = lab.now() + 2000;
        lab.run_until(begin);
        for (file, text) in row["files"].as_object().expect("files") {
            lab.write(file, text.as_str().expect("a text"));
        }
        let session = row["session"].as_str().expect("a session");
        let printed: String = session.lines().map(|line| typed(&mut lab, line)).collect();
        let text = squeezed(&printed);
        let mut complain = |check: &Value, what: &str| {
            let way = check["ways"][0].as_str().unwrap_or_default();
            wrong.push((
                name.to_owned(),
                way.to_owned(),
                format!("{name} ({}): {what} {way:?}\n{printed}", row["about"]),
            ));
        };
        for check in row["holds"].as_array().expect("checks").iter().filter(|check| !has(&text, check)) {
            complain(check, "lacks");
        }
        for check in row["lacks"].as_array().expect("checks").iter().filter(|check| has(&text, check)) {
            complain(check, "has");
        }
    }
    println!("{} reports, {} checks differ", rows.len(), wrong.len());
    let known = |name: &str, way: &str| DIFFERENT.contains(&(name, way));
    let unknown: Vec<&str> =
        wrong.iter().filter(|(name, way, _)| !known(name, way)).map(|(.., told)| told.as_str()).collect();
    assert!(unknown.is_empty(), "\n{}", unknown.join("\n"));
    assert_eq!(wrong.len(), DIFFERENT.len(), "what differed before is equal now");
}
