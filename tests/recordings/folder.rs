//! Recordings as they were written down: a folder each, file by file.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use hellok8s_lab::manifest;
use serde_json::Value;

use super::{APPLY, Recording, Typed};

/// When an object may be written down after the command that changed it has ended.
const LATE_MS: u64 = 200;

/// The recordings of a folder, by name.
pub fn read_all(dir: &Path) -> Vec<Recording> {
    let entries = fs::read_dir(dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    let mut folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    folders.retain(|folder| folder.join("transcript.txt").is_file());
    folders.sort();
    folders.iter().map(|folder| read(folder)).collect()
}

fn read(folder: &Path) -> Recording {
    let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
    let mut files = BTreeMap::new();
    let mut timeline = String::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let file = entry.file_name().to_string_lossy().into_owned();
        let Ok(text) = fs::read_to_string(entry.path()) else { continue };
        if file == "timeline.jsonl" {
            timeline.clone_from(&text);
            files.insert(file, text);
        } else if !file.starts_with("snap-") {
            files.insert(file, text);
        }
    }
    let mut recording = Recording { namespace: String::new(), name, files, applied: Vec::new() };
    let changes = changes(&timeline, recording.file("transcript.txt"));
    recording.namespace = namespace(&recording, &changes);
    recording.applied = applied(&recording, &changes);
    recording
}

/// A Deployment as it was from some moment on, on the transcript's clock.
struct Change {
    at_ms: u64,
    deployment: Value,
}

fn changes(timeline: &str, transcript: &str) -> Vec<Change> {
    let begin = time_of_day_ms(transcript.lines().next().unwrap_or_default()).unwrap_or(0);
    let mut changes = Vec::new();
    for event in timeline.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        let deployment = event.get("object").unwrap_or(&event["obj"]).clone();
        let at = event["wall"].as_str().and_then(time_of_day_ms);
        if let (Some(at), "Deployment") = (at, deployment["kind"].as_str().unwrap_or_default()) {
            changes.push(Change { at_ms: at.saturating_sub(begin), deployment });
        }
    }
    changes
}

/// The milliseconds of the day in `… 2026-11-23T07:30:57.545Z`.
pub(super) fn time_of_day_ms(text: &str) -> Option<u64> {
    let (_, time) = text.trim_end_matches('Z').rsplit_once('T')?;
    let mut parts = time.split([':', '.']).map(|part| part.parse::<u64>().ok());
    let mut part = || parts.next().flatten();
    Some(((part()? * 60 + part()?) * 60 + part()?) * 1000 + part()?)
}

/// The Deployments', or the one that the answers speak of, or that of the recording's name.
fn namespace(recording: &Recording, changes: &[Change]) -> String {
    if let Some(namespace) = changes.iter().find_map(|change| change.deployment["metadata"]["namespace"].as_str()) {
        return namespace.to_owned();
    }
    let answers = recording.file("transcript.txt");
    let speaks_of = |namespace: &str| {
        let forms = [format!("{namespace} namespace"), format!("namespace: {namespace}\n"), format!("\"{namespace}\"")];
        forms.iter().map(|form| answers.matches(form.as_str()).count()).sum::<usize>()
    };
    let is_default = speaks_of("default") > speaks_of(&recording.name);
    if is_default { "default".to_owned() } else { recording.name.clone() }
}

/// What stood in `deployment.yaml` at each `kubectl apply -f deployment.yaml`: the manifest that says most of what the
/// Deployment was after it.
fn applied(recording: &Recording, changes: &[Change]) -> Vec<String> {
    let read = |text: &String| manifest::parse("", text).ok()?.into_iter().next().map(|document| document.value);
    let manifests: Vec<(&String, Value)> =
        recording.manifests().filter_map(|(_, text)| Some((text, read(text)?))).collect();
    let mut present = recording.files.get("deployment.yaml").cloned().unwrap_or_default();
    let mut applied = Vec::new();
    for Typed { at_ms, done_ms, output, .. } in recording.commands().iter().filter(|typed| typed.command == APPLY) {
        let end_ms = done_ms.or(*at_ms).unwrap_or(0) + LATE_MS;
        let after =
            changes.iter().rfind(|change| change.at_ms <= end_ms && output.contains(&shown_name(&change.deployment)));
        if let Some(after) = after.filter(|_| output.contains("created") || output.contains("configured")) {
            let fit = manifests.iter().filter_map(|(text, value)| Some((said(value, &after.deployment)?, *text)));
            // The last of several that say as much: `deployment.yaml` itself is named before the others.
            present = fit.max_by_key(|(said, _)| *said).map_or(present, |(_, text)| text.clone());
        }
        applied.push(present.clone());
    }
    applied
}

fn shown_name(deployment: &Value) -> String {
    format!("deployment.apps/{} ", deployment["metadata"]["name"].as_str().unwrap_or_default())
}

/// How many values a manifest has, when the object has them all.
fn said(manifest: &Value, object: &Value) -> Option<usize> {
    match (manifest, object) {
        (Value::Object(fields), Value::Object(_)) => {
            fields.iter().map(|(name, value)| said(value, object.get(name)?)).sum()
        }
        (Value::Array(items), Value::Array(others)) if items.len() == others.len() => {
            items.iter().zip(others).map(|(item, other)| said(item, other)).sum()
        }
        _ => (manifest == object).then_some(1),
    }
}
