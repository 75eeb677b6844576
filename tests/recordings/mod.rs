//! Recordings of a real cluster (tests/data/recordings): what was typed when, and what came of it.

// Each test that reads recordings uses its own part of this.
#![allow(dead_code)]

pub mod folder;
pub mod replay;
pub mod story;
pub mod unseen;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use serde_json::Value;

/// The recordings that the tests bring along, in their order.
pub const NAMES: [&str; 24] = [
    "a",
    "b",
    "c",
    "d",
    "g",
    "h",
    "i",
    "j",
    "l",
    "m",
    "n1",
    "n2",
    "o1",
    "o1-taints",
    "o2",
    "p1",
    "p1-compute",
    "q2",
    "r1",
    "r1-hooks",
    "t1",
    "x1-nodeless",
    "x1-real",
    "y1",
];

/// The folder with other recordings, `$RECORDINGS_DIR`: each of its folders holds one, file by file. They are replayed in
/// place of the tests' own, and nothing is expected of them.
#[allow(clippy::disallowed_methods, reason = "which recordings are replayed is nothing that the engine reads")]
pub fn other_dir() -> Option<PathBuf> {
    std::env::var_os("RECORDINGS_DIR").map(PathBuf::from)
}

/// One scenario.
pub struct Recording {
    /// The scenario's name.
    pub name: String,
    /// The namespace in which it ran.
    pub namespace: String,
    /// Its files: `transcript.txt`, `scaling.txt`, `podstates.txt`, the manifests and what else was written down.
    pub files: BTreeMap<String, String>,
    /// What stood in `deployment.yaml` at the first, second … `kubectl apply -f deployment.yaml`.
    pub applied: Vec<String>,
}

/// The command that reads `deployment.yaml`.
const APPLY: &str = "kubectl apply -f deployment.yaml";

/// A command of a transcript.
#[derive(Clone, Debug)]
pub struct Typed {
    /// When it was typed, in milliseconds; none for a command that ran in another terminal.
    pub at_ms: Option<u64>,
    /// When it had ended.
    pub done_ms: Option<u64>,
    /// What was typed.
    pub command: String,
    /// What it printed, standard error included.
    pub output: String,
    /// Its exit code.
    pub exit_code: i32,
    /// What `deployment.yaml` held then.
    pub manifest: String,
}

impl Recording {
    /// Reads a scenario.
    pub fn read(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/recordings/{name}.json.gz"));
        let file = File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let value: Value = serde_json::from_reader(GzDecoder::new(file)).expect("a recording");
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let files: BTreeMap<_, _> =
            value["files"].as_object().expect("files").iter().map(|(name, file)| (name.clone(), text(file))).collect();
        let applied =
            value["applied"].as_array().expect("names").iter().map(|name| files[&text(name)].clone()).collect();
        // The first four ran in the namespace default.
        let namespace = if "abcd".contains(name) { "default" } else { name }.to_owned();
        Self { name: name.to_owned(), namespace, files, applied }
    }

    /// The text of one of its files.
    pub fn file(&self, name: &str) -> &str {
        self.files.get(name).unwrap_or_else(|| panic!("{} has no {name}", self.name))
    }

    /// Its manifests, with their names.
    pub fn manifests(&self) -> impl Iterator<Item = (&String, &String)> {
        self.files.iter().filter(|(name, _)| name.rsplit('.').next() == Some("yaml"))
    }

    /// The commands of `transcript.txt`, in their order.
    pub fn commands(&self) -> Vec<Typed> {
        let mut commands: Vec<Typed> = Vec::new();
        let mut at_ms = None;
        let mut applied = self.applied.iter();
        let mut manifest = self.files.get("deployment.yaml").cloned().unwrap_or_default();
        for line in self.file("transcript.txt").split_inclusive('\n') {
            if let Some(ms) = line.strip_prefix("#[+").and_then(|rest| rest.strip_suffix("ms]\n")) {
                at_ms = ms.parse().ok();
            } else if let Some(command) = line.strip_prefix("$ ") {
                if command.trim_end() == APPLY
                    && let Some(next) = applied.next()
                {
                    manifest.clone_from(next);
                }
                commands.push(Typed {
                    at_ms: at_ms.take(),
                    done_ms: None,
                    command: command.trim_end_matches('\n').to_owned(),
                    output: String::new(),
                    exit_code: 0,
                    manifest: manifest.clone(),
                });
            } else if let Some(last) = commands.last_mut() {
                last.read_line(line);
            }
        }
        for command in &mut commands {
            // The empty line between two commands belongs to neither.
            if command.done_ms.is_none() && command.output.ends_with("\n\n") {
                command.output.pop();
            }
        }
        commands
    }
}

impl Typed {
    fn read_line(&mut self, line: &str) {
        if self.done_ms.is_some() || line.starts_with("## ") {
            return;
        }
        // The end may stand behind an output without a line end.
        let end = line.find("#[done +").filter(|_| line.ends_with("ms]\n"));
        if let Some(at) = end {
            let (output, done) = line.split_at(at);
            self.output.push_str(output);
            self.done_ms = done.trim_start_matches("#[done +").trim_end_matches("ms]\n").parse().ok();
        } else if line == "# (no newline at the end)\n" {
            self.output.pop();
        } else if let Some(code) = line.strip_prefix("# exit ") {
            self.exit_code = code.trim_end().parse().unwrap_or(1);
        } else {
            self.output.push_str(line);
        }
    }
}
