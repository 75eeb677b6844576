//! What a recording's script did to the cluster without writing it into the transcript: read from the watch events of
//! objects that nobody owns, at moments at which no command ran.

use std::collections::{BTreeMap, BTreeSet};

use hellok8s_lab::cluster::NodeSize;
use hellok8s_lab::lab::Lab;
use serde_json::{Value, json};

use super::Recording;
use super::folder::time_of_day_ms;

/// When an object may be written down after the command that changed it has ended.
const LATE_MS: u64 = 200;
/// Kinds that components write by themselves.
const COMPONENTS: [&str; 5] = ["ControllerRevision", "Endpoints", "EndpointSlice", "Event", "Lease"];
/// A pod that is gone so soon after the one before went in the same stroke.
const STROKE_MS: u64 = 2_000;

/// Something that the script did.
#[derive(Clone, Debug)]
pub enum Unseen {
    /// A command, typed into a terminal that nobody looks at.
    Command(String),
    /// An object that was applied.
    Applied(Value),
    /// A node that came: its object, and whether something runs the pods that it gets.
    NodeCame(Value, bool),
    /// A node that went.
    NodeWent(String),
}

impl Recording {
    /// What the script did out of sight, and when, on the transcript's clock.
    pub fn unseen(&self) -> Vec<(u64, Unseen)> {
        let events = Events::read(self);
        let mut unseen = self.remarked();
        unseen.extend(nodes_at_first(&events));
        let mut last_forced = None;
        let mut ends = BTreeSet::new();
        for (at, event) in events.0.iter().map(|(at, event)| (*at, event)) {
            if self.runs_a_command(at) {
                continue;
            }
            let (kind, name) = (event.kind(), event.name());
            match event.change() {
                "ADDED" if kind == "Node" && at < events.watch_of_nodes_ms() => {}
                "ADDED" if kind == "Node" => unseen.push((at, events.came(at, &event.object))),
                "DELETED" if kind == "Node" => unseen.push((at, Unseen::NodeWent(name.to_owned()))),
                "ADDED" if event.is_users() && kind != "Pod" && name != "kube-root-ca.crt" => {
                    unseen.extend(event.applied().map(|object| (at, Unseen::Applied(object))));
                }
                "DELETED" if event.is_users() && kind != "Pod" => {
                    unseen.push((at, Unseen::Command(format!("kubectl delete {} {name}", kind.to_lowercase()))));
                }
                "DELETED" if kind == "Pod" && event.object["metadata"]["deletionGracePeriodSeconds"] == 0 => {
                    // Nobody but the script's own force ends a pod on a node that runs nothing.
                    let node = event.object["spec"]["nodeName"].as_str().unwrap_or_default();
                    let is_forced = !node.is_empty() && !events.runs(node, at);
                    if is_forced && last_forced.is_none_or(|last| at > last + STROKE_MS) {
                        let force = "kubectl delete pods --all --force --grace-period=0 --wait=false".to_owned();
                        unseen.push((at, Unseen::Command(force)));
                        last_forced = Some(at);
                    }
                }
                "MODIFIED" if kind == "Pod" && event.is_users() => {
                    let is_ending = !event.object["metadata"]["deletionTimestamp"].is_null();
                    if is_ending && ends.insert(event.object["metadata"]["uid"].to_string()) {
                        let command = format!("kubectl delete pod {name} --wait=false");
                        unseen.push((at, Unseen::Command(command)));
                    }
                }
                _ => {}
            }
        }
        unseen.sort_by_key(|(at, _)| *at);
        unseen
    }

    fn runs_a_command(&self, at: u64) -> bool {
        self.commands().iter().any(|typed| match (typed.at_ms, typed.done_ms) {
            (Some(from), Some(to)) => {
                let looks = ["kubectl get", "kubectl describe", "kubectl events"].iter();
                let late = if looks.into_iter().any(|look| typed.command.starts_with(look)) { 0 } else { LATE_MS };
                (from..=to + late).contains(&at)
            }
            _ => false,
        })
    }

    /// What the script remarks that it did to a node.
    fn remarked(&self) -> Vec<(u64, Unseen)> {
        let mut unseen = Vec::new();
        let mut stopped = "";
        for line in self.file("transcript.txt").lines().filter_map(|line| line.strip_prefix("## ")) {
            let Some((remark, at)) = line.rsplit_once(" [+") else { continue };
            let Ok(at) = at.trim_end_matches("ms]").parse() else { continue };
            if let Some(node) = remark.strip_suffix(" stops now") {
                stopped = node;
                unseen.push((at, Unseen::Command(format!("lab node fail {node}"))));
            } else if remark == "the node comes back" {
                unseen.push((at, Unseen::Command(format!("lab node recover {stopped}"))));
            }
        }
        unseen
    }
}

/// Nodes that the watch found when it began, which was after the first commands.
fn nodes_at_first(events: &Events) -> Vec<(u64, Unseen)> {
    let until = events.watch_of_nodes_ms();
    let found =
        events.0.iter().filter(|(at, event)| *at <= until && event.kind() == "Node" && event.change() == "ADDED");
    found
        .filter(|(_, event)| event.name() != "minikube")
        .map(|(at, event)| {
            let mut object = event.object.clone();
            // Labels that the first commands gave it, it had not had before.
            if let Some(labels) = object["metadata"]["labels"].as_object_mut() {
                labels.retain(|key, _| key.contains("kubernetes.io/") && !key.starts_with("topology."));
            }
            (0, events.came(*at, &object))
        })
        .collect()
}

impl Unseen {
    /// What it types, where it is a command.
    pub fn command(&self) -> Option<&str> {
        if let Self::Command(command) = self { Some(command) } else { None }
    }

    /// Does it; a command with the names that stand for the recording's.
    pub fn act(&self, lab: &mut Lab, translated: Option<&str>) {
        const TERMINAL: usize = 6;
        // The replay may have fallen behind, and what the deed before had to bring about was brought about long ago.
        const SETTLES_MS: u64 = 50;
        lab.run_until(lab.now() + SETTLES_MS);
        match self {
            Self::Command(command) => lab.submit(TERMINAL, translated.unwrap_or(command)),
            Self::Applied(object) => {
                lab.write("unseen.json", &object.to_string());
                lab.submit(TERMINAL, "kubectl apply -f unseen.json");
            }
            Self::NodeCame(node, false) => {
                lab.write("unseen.json", &node.to_string());
                lab.submit(TERMINAL, "kubectl create -f unseen.json");
            }
            Self::NodeCame(node, true) => {
                let amount = |name: &str| node["status"]["allocatable"][name].as_str().map(str::to_owned);
                let size = NodeSize {
                    cpu: amount("cpu"),
                    memory: amount("memory"),
                    pods: amount("pods").and_then(|pods| pods.parse().ok()),
                    ..NodeSize::default()
                };
                let name = node["metadata"]["name"].as_str().unwrap_or_default().to_owned();
                lab.intervene(|cluster| cluster.add_node(&name, &size)).expect("a node");
            }
            Self::NodeWent(name) => lab.submit(TERMINAL, &format!("kubectl delete node {name} --wait=false")),
        }
    }
}

struct Event {
    change: String,
    object: Value,
}

impl Event {
    fn change(&self) -> &str {
        &self.change
    }

    fn kind(&self) -> &str {
        self.object["kind"].as_str().unwrap_or_default()
    }

    fn name(&self) -> &str {
        self.object["metadata"]["name"].as_str().unwrap_or_default()
    }

    /// Whether a user made it, and no component.
    fn is_users(&self) -> bool {
        self.object["metadata"]["ownerReferences"].is_null() && !COMPONENTS.contains(&self.kind())
    }

    /// The object as it was applied.
    fn applied(&self) -> Option<Value> {
        let annotations = &self.object["metadata"]["annotations"];
        let text = annotations["kubectl.kubernetes.io/last-applied-configuration"].as_str()?;
        serde_json::from_str(text).ok()
    }
}

/// The watch events of a recording, on the transcript's clock.
struct Events(Vec<(u64, Event)>);

impl Events {
    fn read(recording: &Recording) -> Self {
        let begin = recording.file("transcript.txt").lines().next().and_then(time_of_day_ms).unwrap_or(0);
        let timeline = recording.files.get("timeline.jsonl").map_or("", String::as_str);
        let mut events = Vec::new();
        for mut event in timeline.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            let object = event.get_mut("object").map(Value::take).unwrap_or_else(|| event["obj"].take());
            let (Some(at), Some(change)) = (event["wall"].as_str().and_then(time_of_day_ms), event["type"].as_str())
            else {
                continue;
            };
            events.push((at.saturating_sub(begin), Event { change: change.to_owned(), object }));
        }
        Self(events)
    }

    /// When the nodes began to be watched: what is there then is told as new.
    fn watch_of_nodes_ms(&self) -> u64 {
        const MOMENT_MS: u64 = 50;
        let first = self.0.iter().find(|(_, event)| event.kind() == "Node" && event.name() == "minikube");
        first.map_or(0, |(at, _)| at + MOMENT_MS)
    }

    fn came(&self, at: u64, object: &Value) -> Unseen {
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        let mut node = json!({ "apiVersion": "v1", "kind": "Node", "metadata": {}, "status": object["status"] });
        for field in ["name", "labels"] {
            node["metadata"][field] = object["metadata"][field].clone();
        }
        Unseen::NodeCame(node, self.runs(name, at))
    }

    /// Whether a pod ever ran on a node, from the time that it came last until it went.
    fn runs(&self, node: &str, at: u64) -> bool {
        let mut spans: BTreeMap<u64, bool> = BTreeMap::from([(0, false)]);
        for (moment, event) in &self.0 {
            if event.kind() == "Node" && event.name() == node && event.change() == "DELETED" {
                spans.insert(*moment, false);
            } else if event.kind() == "Pod"
                && event.object["spec"]["nodeName"] == node
                && event.object["status"]["phase"] == "Running"
                && let Some(mut last) = spans.last_entry()
            {
                *last.get_mut() = true;
            }
        }
        node == "minikube" || spans.range(..=at).next_back().is_some_and(|(_, runs)| *runs)
    }
}

/// The recording's scripts wrote each eviction that they sent into a file, which is named after its pod: ours have others.
pub fn write_eviction(lab: &mut Lab, command: &str) {
    let words: Vec<&str> = command.split_whitespace().collect();
    let after = |flag: &str| words.iter().skip_while(|word| **word != flag).nth(1).copied();
    let (Some(path), Some(file)) = (after("--raw"), after("-f")) else { return };
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    if let ["api", "v1", "namespaces", namespace, "pods", name, "eviction"] = parts.as_slice() {
        let metadata = json!({ "name": name, "namespace": namespace });
        let eviction = json!({ "apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata });
        lab.write(file, &eviction.to_string());
    }
}
