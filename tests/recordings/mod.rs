//! Recordings of a real cluster (tests/data/recordings): what was typed when, and what came of it.

// Each test that reads recordings uses its own part of this.
#![allow(dead_code)]

pub mod replay;
pub mod story;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use flate2::read::GzDecoder;
use serde_json::Value;

/// One scenario.
pub struct Recording {
    /// The scenario's letter, which is its namespace as well.
    pub name: String,
    /// Its files: `transcript.txt`, `scaling.txt`, `podstates.txt`, the manifests and what else was written down.
    pub files: BTreeMap<String, String>,
    /// Which file stood in `deployment.yaml` at the first, second … `kubectl apply -f deployment.yaml`.
    pub applied: Vec<String>,
}

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
        Self {
            name: name.to_owned(),
            files: value["files"].as_object().expect("files").iter().map(|(k, v)| (k.clone(), text(v))).collect(),
            applied: value["applied"].as_array().expect("names").iter().map(text).collect(),
        }
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
        let mut manifest = String::new();
        for line in self.file("transcript.txt").split_inclusive('\n') {
            if let Some(ms) = line.strip_prefix("#[+").and_then(|rest| rest.strip_suffix("ms]\n")) {
                at_ms = ms.parse().ok();
            } else if let Some(command) = line.strip_prefix("$ ") {
                if command.trim_end() == "kubectl apply -f deployment.yaml"
                    && let Some(file) = applied.next()
                {
                    self.file(file).clone_into(&mut manifest);
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
        } else if let Some(code) = line.strip_prefix("# exit ") {
            self.exit_code = code.trim_end().parse().unwrap_or(1);
        } else {
            self.output.push_str(line);
        }
    }
}
