//! What happened in a scenario, as far as it can be compared: recorded, or in a lab.

use std::collections::BTreeMap;

use hellok8s_lab::apiserver::ChangeType;
use hellok8s_lab::lab::Lab;
use serde_json::Value;

use super::Recording;

/// The names of pods by ReplicaSet, both in the order in which they appeared.
pub type Groups = Vec<Vec<String>>;

/// What happened.
#[derive(Default)]
pub struct Story {
    /// The Deployments' specs: generation, replicas, image, paused.
    pub deployments: Vec<String>,
    /// What became of ReplicaSets: the number of the set in the order of appearance, its replicas before and after.
    pub decisions: Vec<String>,
    /// The pods in the order of their appearance.
    pub pods: Vec<PodStory>,
}

/// What happened to a pod.
#[derive(Clone)]
pub struct PodStory {
    /// Its name.
    pub name: String,
    /// Each state with the moment at which it was reached, in milliseconds from the pod's appearance.
    pub states: Vec<(u64, String)>,
}

impl PodStory {
    /// The states without their times.
    pub fn sequence(&self) -> Vec<&str> {
        self.states.iter().map(|(_, state)| state.as_str()).collect()
    }

    fn owner(&self) -> &str {
        self.name.rsplit_once('-').map_or(&self.name, |(owner, _)| owner)
    }
}

impl Story {
    /// The recorded story.
    pub fn recorded(recording: &Recording) -> Self {
        let mut story = Self::default();
        let mut sets = Numbers::default();
        for line in recording.files.get("scaling.txt").map_or("", String::as_str).lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            let value = |key: &str| {
                let found = words.iter().find_map(|word| word.strip_prefix(key));
                found.unwrap_or_default().trim_start_matches("None").to_owned()
            };
            match words.as_slice() {
                ["==", kind, "deployment", name, ..] => {
                    let paused = if value("paused=") == "True" { " paused" } else { "" };
                    let (generation, replicas, image) = (value("gen="), value("replicas="), value("image="));
                    story.deployments.push(format!("{kind} {name} {generation}: {replicas} of {image}{paused}"));
                }
                [_, _, "RS", hash, _, from, "->", to, ..] | [_, "RS", hash, _, from, "->", to, ..] => {
                    let from = if *from == "deleted" { "None" } else { from };
                    story.decisions.push(format!("{} {from} -> {to}", sets.of(hash)));
                }
                _ => {}
            }
        }
        for line in recording.files.get("podstates.txt").map_or("", String::as_str).lines() {
            match line.strip_prefix("  +") {
                None => story.pods.push(PodStory { name: line.trim().to_owned(), states: Vec::new() }),
                Some(rest) => {
                    let (at, state) = recorded_state(rest);
                    story.pods.last_mut().expect("a pod").states.push((at, state));
                }
            }
        }
        story.tidy()
    }

    /// The lab's story so far.
    pub fn of_lab(lab: &Lab) -> Self {
        let mut story = Self::default();
        let mut sets = Numbers::default();
        let mut replicas: BTreeMap<String, String> = BTreeMap::new();
        let mut generations: BTreeMap<String, Value> = BTreeMap::new();
        let mut began: BTreeMap<String, u64> = BTreeMap::new();
        for event in lab.cluster().log().iter() {
            let name = event.object.metadata().name.clone();
            let kind = event.object.kind().as_str();
            if !matches!(kind, "Deployment" | "ReplicaSet" | "Pod") {
                continue;
            }
            let object = event.object.to_value();
            let spec = &object["spec"];
            match kind {
                "Deployment" => {
                    let generation = object["metadata"]["generation"].clone();
                    let is_deleted = event.kind == ChangeType::Deleted;
                    let is_new = generations.get(&name) != Some(&generation);
                    // A deletion in the foreground raises the generation without a change of the spec.
                    if is_deleted || (is_new && object["metadata"]["deletionTimestamp"].is_null()) {
                        let paused = if spec["paused"] == true { " paused" } else { "" };
                        let image = spec["template"]["spec"]["containers"][0]["image"].as_str().unwrap_or_default();
                        let kind = event.kind.as_str();
                        let text = format!("{kind} {name} {generation}: {} of {image}{paused}", spec["replicas"]);
                        story.deployments.push(text);
                    }
                    generations.insert(name, generation);
                }
                "ReplicaSet" => {
                    let before = replicas.get(&name).cloned().unwrap_or_else(|| "None".to_owned());
                    let number = sets.of(&name);
                    if event.kind == ChangeType::Deleted {
                        story.decisions.push(format!("{number} {before} -> deleted"));
                        replicas.remove(&name);
                    } else {
                        let now = spec["replicas"].to_string();
                        if now != before {
                            story.decisions.push(format!("{number} {before} -> {now}"));
                        }
                        replicas.insert(name, now);
                    }
                }
                _ => {
                    let at = event.at.as_ms();
                    let start = *began.entry(name.clone()).or_insert(at);
                    if !story.pods.iter().any(|pod| pod.name == name) {
                        story.pods.push(PodStory { name: name.clone(), states: Vec::new() });
                    }
                    let pod = story.pods.iter_mut().find(|pod| pod.name == name).expect("just added");
                    let state = pod_state(&object, event.kind == ChangeType::Deleted);
                    if pod.states.last().is_none_or(|(_, last)| *last != state) {
                        pod.states.push((at - start, state));
                    }
                }
            }
        }
        story.tidy()
    }

    /// The pods' names by ReplicaSet.
    pub fn groups(&self) -> Groups {
        let mut numbers = Numbers::default();
        let mut groups = Groups::new();
        for pod in &self.pods {
            let number = numbers.of(pod.owner());
            groups.resize(groups.len().max(number + 1), Vec::new());
            groups[number].push(pod.name.clone());
        }
        groups
    }

    /// The pods with the number of their ReplicaSet.
    pub fn numbered_pods(&self) -> Vec<(usize, &PodStory)> {
        let mut numbers = Numbers::default();
        self.pods.iter().map(|pod| (numbers.of(pod.owner()), pod)).collect()
    }

    /// The garbage collector deletes in no particular order.
    fn tidy(mut self) -> Self {
        let is_deletion = |text: &String| text.ends_with("deleted");
        for part in self.decisions.chunk_by_mut(|a, b| is_deletion(a) && is_deletion(b)) {
            part.sort();
        }
        self
    }
}

/// Numbers for names, in the order in which they appear.
#[derive(Default)]
struct Numbers(Vec<String>);

impl Numbers {
    fn of(&mut self, name: &str) -> usize {
        // A name shorter than ten characters was recorded with the dash before it.
        let name = name.rsplit('-').next().unwrap_or(name);
        self.0.iter().position(|known| known == name).unwrap_or_else(|| {
            self.0.push(name.to_owned());
            self.0.len() - 1
        })
    }
}

fn recorded_state(line: &str) -> (u64, String) {
    let words: Vec<&str> = line.split_whitespace().collect();
    let seconds = words[0].trim_end_matches('s').replace('.', "");
    let at = seconds.parse::<u64>().expect("hundredths of a second") * 10;
    let value = |key: &str| words.iter().find_map(|word| word.strip_prefix(key)).unwrap_or_default();
    let (ready, restarts) = (value("ready="), value("restarts="));
    let mut message = line.split_once(" del=").map_or("", |(_, rest)| rest.split_once(' ').map_or("", |(_, m)| m));
    let is_gone = message.starts_with("GONE");
    message = message.trim_start_matches("GONE").trim();
    let state = format!(
        "{} ready={ready} restarts={restarts} {} {} exit={}{}{} {}",
        value("phase="),
        words[4],
        value("reason="),
        value("exit="),
        if value("del=") == "True" { " deleting" } else { "" },
        if is_gone { " gone" } else { "" },
        short(message)
    );
    (at, state)
}

fn pod_state(pod: &Value, is_gone: bool) -> String {
    let status = &pod["status"]["containerStatuses"][0];
    let text = |value: &Value| match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let state = status["state"].as_object().and_then(|state| state.iter().next());
    let (word, detail) = state.map_or(("-", &Value::Null), |(word, detail)| (word.as_str(), detail));
    format!(
        "{} ready={} restarts={} {word} {} exit={}{}{} {}",
        text(&pod["status"]["phase"]),
        text(&status["ready"]),
        text(&status["restartCount"]),
        text(&detail["reason"]),
        text(&detail["exitCode"]),
        if pod["metadata"]["deletionTimestamp"].is_null() { "" } else { " deleting" },
        if is_gone { " gone" } else { "" },
        short(detail["message"].as_str().unwrap_or_default())
    )
}

/// A message without what differs from run to run: names, and what was cut off when it was written down.
fn short(message: &str) -> String {
    let message = message.split(" pod=").next().unwrap_or_default();
    message.chars().take(80).collect()
}
