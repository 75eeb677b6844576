//! Recordings of a real cluster, replayed: every command typed at its recorded time, its output compared.
//!
//! `cargo test --test transcripts -- --nocapture` prints a line a recording. What is masked: `shell::masks`. Why a
//! command may differ: docs/fidelity.md, "Recordings".

#![cfg(not(target_arch = "wasm32"))]
// A test that meets what it does not expect has failed: it may panic.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod recordings;
#[path = "transcripts/steps.rs"]
mod steps;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use hellok8s_lab::api::Kind;
use hellok8s_lab::apiserver::DeleteOptions;
use hellok8s_lab::client::CallTimes;
use hellok8s_lab::cluster::ClusterConfig;
use hellok8s_lab::images::ImageReference;
use hellok8s_lab::lab::Lab;
use hellok8s_lab::shell::masks::Masks;
use hellok8s_lab::sim::SimTime;
use recordings::replay::{as_large_as_recorded, node_of};
use recordings::unseen::write_eviction;
use recordings::{Recording, Typed};
use steps::*;

/// How a command compares.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Verdict {
    /// Equal at the recorded moment.
    Equal,
    /// Equal a little earlier or later.
    Near,
    /// The recording machine's fault: not compared.
    Fault,
    Different,
}

struct Replay {
    name: String,
    begin: SimTime,
    lab: Lab,
    /// As it was when the last command had ended.
    before: Lab,
    steps: Vec<Step>,
    /// Pods of the recording, in the order in which they were created.
    recorded_pods: Vec<String>,
    /// Which of ours stand for them.
    pods: BTreeMap<String, String>,
    masks: Masks,
}

impl Replay {
    fn new(recording: Recording) -> Self {
        let seed = SEEDS.iter().find(|(name, _)| recording.name == *name).map_or(0, |(_, seed)| *seed);
        let timings = node_of(&recording);
        // When within a call the server was asked is not recorded: calls took from 50 ms to a second on the busy machine.
        let calls = CallTimes::NONE;
        let mut lab = Lab::on(ClusterConfig { seed, timings, calls, ..ClusterConfig::default() });
        // What the commands themselves have written is none of what they read.
        let is_input = |name: &Path| name.extension().is_some_and(|end| end == "yaml" || end == "sh" || end == "json");
        for (name, text) in recording.files.iter().filter(|(name, _)| is_input(Path::new(name))) {
            lab.write(name, text);
        }
        lab.write("emptydir/note.txt", "no manifest");
        // The recordings' node had them.
        let on_node = ["busybox:1.36", "nginx:1.27"].map(|image| ImageReference::parse(image).expect("an image"));
        on_node.iter().for_each(|image| lab.cluster_mut().registry.pulled(image));
        let begin = begin(&recording);
        lab.run_until(begin);
        // The recordings' cluster was no minikube: it had no class that makes volumes.
        let class = hellok8s_lab::apiserver::Key::new("", "standard");
        lab.cluster_mut().api.delete(Kind::StorageClass, &class, &DeleteOptions::default()).expect("it was there");
        as_large_as_recorded(&mut lab, &recording);
        if recording.namespace != "default" {
            lab.submit(0, &format!("kubectl create namespace {}", recording.namespace));
            lab.submit(0, &format!("kubectl config set-context --current --namespace={}", recording.namespace));
        }
        Self {
            name: recording.name.clone(),
            begin,
            before: lab.clone(),
            lab,
            steps: steps(&recording),
            recorded_pods: created_pods(&recording),
            pods: BTreeMap::new(),
            masks: Masks::default(),
        }
    }

    /// Does a step; the command, the verdict on it, and the two outputs.
    fn step(&mut self, step: &Step) -> Option<(Verdict, String, String)> {
        let at = (self.begin + step.at_ms).max(self.lab.now());
        self.lab.run_until(at);
        let typed = match &step.action {
            Action::Quiet(terminal, command) => {
                let command = self.translated(command);
                self.lab.submit(*terminal, &command);
                return None;
            }
            Action::Unseen(unseen) => {
                let command = unseen.command().map(|command| self.translated(command));
                unseen.act(&mut self.lab, command.as_deref());
                return None;
            }
            Action::Log(terminal, typed) => return Some(self.compare_log(*terminal, typed)),
            Action::Typed(typed) => typed,
        };
        if !typed.manifest.is_empty() {
            self.lab.write("deployment.yaml", &typed.manifest);
        }
        let expected = format!("# exit {}\n{}", typed.exit_code, typed.output);
        let command = self.translated(&typed.command);
        write_eviction(&mut self.lab, &command);
        let (early, late) = (self.before.clone(), self.lab.clone());
        let text = type_command(&mut self.lab, &command);
        self.before = self.lab.clone();
        self.masks = Masks::knowing(self.steady_hashes());
        let found = self.verdict(&expected, &text, Verdict::Equal);
        if is_fault(typed) {
            return Some((Verdict::Fault, found.1, found.2));
        }
        if found.0 == Verdict::Equal || !only_looks(&command) {
            return Some(found);
        }
        let commands = self.about_siblings(&command);
        for command in commands.iter().skip(1) {
            let text = type_command(&mut late.clone(), command);
            if let same @ (Verdict::Equal, ..) = self.verdict(&expected, &text, Verdict::Equal) {
                return Some(same);
            }
        }
        let mut near = commands.iter().filter_map(|command| self.nearby(command, at, &early, &late, &expected));
        let near = near.next();
        Some(near.unwrap_or(found))
    }

    /// The command, and the same command about each other pod of the ReplicaSet: which pod of the recording is which of
    /// ours nobody knows.
    fn about_siblings(&self, command: &str) -> Vec<String> {
        let mut commands = vec![command.to_owned()];
        for pod in self.pods.values().filter(|pod| command.contains(pod.as_str())) {
            let owner = pod.rsplit_once('-').map_or("", |(owner, _)| owner);
            for sibling in self.created_pods().iter().filter(|other| *other != pod && self.is_alive(other)) {
                if sibling.rsplit_once('-').map_or("", |(owner, _)| owner) == owner {
                    commands.push(command.replace(pod.as_str(), sibling));
                }
            }
        }
        commands
    }

    /// Whether it is known that a command answers differently, and why.
    fn is_known(&self, step: &Step) -> bool {
        DIFFERENT.iter().any(|(name, at_ms, _)| self.name == *name && step.at_ms == *at_ms)
    }

    fn has_drifted(&self, step: &Step) -> bool {
        DRIFTS.iter().any(|(name, from_ms)| self.name == *name && step.at_ms >= *from_ms)
    }

    fn compare_log(&mut self, terminal: usize, typed: &Typed) -> (Verdict, String, String) {
        let is_busy = self.lab.is_busy(terminal);
        let mut text: String = self.lab.take_output(terminal).into_iter().map(|chunk| chunk.text).collect();
        self.lab.interrupt(terminal);
        self.lab.take_output(terminal);
        let ended = if is_busy { "runs" } else { "ended" };
        text.insert_str(0, &format!("# {ended}\n"));
        let ended = if typed.output.contains("lost connection") { "ended" } else { "runs" };
        self.verdict(&format!("# {ended}\n{}", typed.output), &text, Verdict::Equal)
    }

    /// Tries the same command a little earlier and later.
    fn nearby(
        &self,
        command: &str,
        at: SimTime,
        early: &Lab,
        late: &Lab,
        expected: &str,
    ) -> Option<(Verdict, String, String)> {
        for (lab, from, to) in
            [(early, at.as_ms().saturating_sub(SLACK_MS), at.as_ms()), (late, at.as_ms(), at.as_ms() + SLACK_MS)]
        {
            let mut lab = lab.clone();
            let start = from.max(lab.now().as_ms());
            let mut moment = start;
            let mut seen = 0;
            while moment <= to {
                lab.run_until(SimTime::ZERO + moment);
                // The first lines of a rollout's status pass by within a few milliseconds.
                let is_first = command.contains("rollout status") && moment < start + 60;
                moment += if is_first { 2 } else { SLACK_STEP_MS };
                if std::mem::replace(&mut seen, lab.cluster().log().len()) == lab.cluster().log().len() {
                    continue;
                }
                let text = type_command(&mut lab.clone(), command);
                let found = self.verdict(expected, &text, Verdict::Near);
                if found.0 == Verdict::Near {
                    return Some(found);
                }
            }
        }
        None
    }

    fn verdict(&self, expected: &str, actual: &str, good: Verdict) -> (Verdict, String, String) {
        // The first line is the exit code. The recording's terminal has dropped carriage returns.
        let masked = |text: &str| {
            let (exit, text) = text.split_once('\n').unwrap_or((text, ""));
            format!("{exit}\n{}", self.masks.apply(&text.replace('\r', "")))
        };
        let (expected, actual) = (masked(expected), masked(actual));
        (if expected == actual { good } else { Verdict::Different }, expected, actual)
    }

    /// Hashes of templates in which no date stands.
    fn steady_hashes(&self) -> BTreeSet<String> {
        let mut hashes = BTreeSet::new();
        for event in self.lab.cluster().log().iter().filter(|event| event.object.kind() == Kind::ReplicaSet) {
            let value = event.object.to_value();
            let template = &value["spec"]["template"]["metadata"];
            if template["annotations"]["kubectl.kubernetes.io/restartedAt"].is_null() {
                hashes.extend(template["labels"]["pod-template-hash"].as_str().map(str::to_owned));
            }
        }
        hashes
    }

    /// The command with our pods' names in place of the recording's.
    fn translated(&mut self, command: &str) -> String {
        let mut command =
            command.split(" (").next().filter(|_| command.ends_with("listens)")).unwrap_or(command).to_owned();
        for name in self.recorded_pods.clone() {
            if command.contains(&name) {
                let ours = self.ours(&name);
                command = command.replace(&name, &ours);
            }
        }
        command
    }

    /// Our pod that stands for the recording's: of the same ReplicaSet, as many as before it, and still there.
    fn ours(&mut self, name: &str) -> String {
        if !is_generated(name) {
            return name.to_owned();
        }
        if let Some(ours) = self.pods.get(name) {
            return ours.clone();
        }
        let owner = |name: &str| name.rsplit_once('-').map_or(String::new(), |(owner, _)| owner.to_owned());
        let created = self.created_pods();
        let owners = |pods: &[String]| {
            let mut owners: Vec<String> = Vec::new();
            for pod in pods {
                let owner = owner(pod);
                if !owners.contains(&owner) {
                    owners.push(owner);
                }
            }
            owners
        };
        let mut wanted = owner(name);
        if !created.iter().any(|pod| owner(pod) == wanted) {
            // A template with a date in it: the same in order.
            let at = owners(&self.recorded_pods).iter().position(|other| *other == wanted).unwrap_or(0);
            wanted = owners(&created).get(at).cloned().unwrap_or_default();
        }
        let siblings: Vec<&String> = self.recorded_pods.iter().filter(|pod| owner(pod) == owner(name)).collect();
        let at = siblings.iter().position(|pod| *pod == name).unwrap_or(0);
        let candidates: Vec<&String> = created.iter().filter(|pod| owner(pod) == wanted).collect();
        let is_free = |pod: &&&String| self.is_alive(pod) && !self.pods.values().any(|taken| taken == **pod);
        let ours =
            candidates.get(at).filter(is_free).or_else(|| candidates.iter().rfind(is_free)).or(candidates.get(at));
        let ours = ours.map_or_else(|| name.to_owned(), |pod| (**pod).clone());
        self.pods.insert(name.to_owned(), ours.clone());
        ours
    }

    fn created_pods(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for event in self.lab.cluster().log().iter().filter(|event| event.object.kind() == Kind::Pod) {
            let name = event.object.metadata().name.clone();
            if event.kind.as_str() == "ADDED" && !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    fn is_alive(&self, name: &str) -> bool {
        let mut alive = false;
        for event in self.lab.cluster().log().iter().filter(|event| event.object.metadata().name == name) {
            alive = event.kind.as_str() != "DELETED" && event.object.metadata().deletion_timestamp.is_none();
        }
        alive
    }
}

/// Whether the API server has made up a pod's name: it ends with five of its letters and digits.
fn is_generated(name: &str) -> bool {
    const DRAWN: &str = "bcdfghjklmnpqrstvwxz2456789";
    name.rsplit_once('-').is_some_and(|(_, end)| end.len() == 5 && end.chars().all(|letter| DRAWN.contains(letter)))
}

/// Whether a command changes nothing and needs no time.
fn only_looks(command: &str) -> bool {
    ["get", "describe", "events", "logs", "rollout history", "rollout status", "diff"]
        .iter()
        .any(|verb| command.starts_with(&format!("kubectl {verb}")))
}

/// Types a command and waits for its end, a watch's for a while only.
fn type_command(lab: &mut Lab, command: &str) -> String {
    const LONGEST_MS: u64 = 15 * 60 * 1000;
    const LONGEST_WATCH_MS: u64 = 30 * 1000;
    lab.take_output(0);
    lab.submit(0, command);
    let watches = command.contains("-w") || command.contains("logs -f") || command.contains("--follow");
    let end = lab.now() + if watches { LONGEST_WATCH_MS } else { LONGEST_MS };
    while lab.is_busy(0) && lab.now() < end {
        lab.step();
    }
    if lab.is_busy(0) {
        lab.interrupt(0);
    }
    let mut text: String = lab.take_output(0).into_iter().map(|chunk| chunk.text).collect();
    text.insert_str(0, &format!("# exit {}\n", lab.exit_code(0)));
    text
}

/// Commands that answer differently, and why: the words are explained in docs/fidelity.md.
const DIFFERENT: [(&str, u64, &str); 17] = [
    ("a", 17_857, "passing"),
    ("b", 9_523, "passing"),
    ("b", 16_344, "passing"),
    ("d", 45_733, "order"),
    ("g", 8_106, "order"),
    ("g", 12_478, "passing"),
    ("h", 7_822, "passing"),
    ("h", 10_148, "passing"),
    ("h", 12_119, "probe"),
    ("h", 240_962, "probe"),
    ("h", 476_877, "probe"),
    ("h", 643_564, "probe"),
    ("h", 698_043, "probe"),
    ("h", 698_480, "probe"),
    ("h", 725_935, "probe"),
    ("h", 727_685, "passing"),
    ("h", 731_629, "order"),
];

/// From when on a recording's back-offs have drifted away from the plan by more than the slack ("drift").
const DRIFTS: [(&str, u64); 2] = [("g", 200_000), ("i", 240_000)];

/// Recordings of what the lab does not do yet, in part or at all, and what that is. Of these only the number of commands
/// that differ is held, as an upper bound.
const LATER: [(&str, &str); 13] = [
    ("n1", "moments at which the node reads a ConfigMap again; what exec says of a container that does not run"),
    ("n2", "hostPath types; moments of mounts"),
    ("o1", "what a node has room for, of processors, memory, disks and ports; priorities, gates and affinity"),
    ("o1-taints", "`no new claims to deallocate` in the scheduler's texts; the order of events at one moment"),
    ("o2", "texts of nodes that a script made up; which of a few equal pods goes first"),
    ("p1", "moments of a busy machine; quotas in the description of a namespace"),
    ("p1-compute", "a rollout that takes longer than recorded: what is typed after it; checks of a quota's own fields"),
    ("q2", "moments of five crash loops at once; a program that runs out of memory"),
    ("r1", "an image that answers gRPC; moments at which probes and init containers are looked at"),
    ("r1-hooks", "moments at which hooks end and pods are looked at again"),
    ("t1", "DaemonSets; events and states of a busy machine"),
    ("x1-real", "a hundred pods at once on a busy machine: which lines of a rollout's status are seen"),
    ("y1", "flags and answers of kubectl that the lab does not have yet; StatefulSets, DaemonSets and Jobs"),
];

/// How many commands of a recording compare in which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    equal: usize,
    /// Equal a little earlier or later.
    near: usize,
    different: usize,
    /// The recording machine's fault.
    fault: usize,
}

impl Counts {
    fn add(&mut self, verdict: Verdict) {
        *match verdict {
            Verdict::Equal => &mut self.equal,
            Verdict::Near => &mut self.near,
            Verdict::Different => &mut self.different,
            Verdict::Fault => &mut self.fault,
        } += 1;
    }

    fn row(self, name: &str) -> String {
        let Self { equal, near, different, fault } = self;
        let all = equal + near + different + fault;
        format!("{name}: {all} commands, {equal} equal, {near} later, {different} different, {fault} not comparable")
    }
}

/// Replays a recording; its counts, and every command that differs or does not any more against what is listed.
fn replayed(recording: Recording) -> (Counts, String) {
    let mut replay = Replay::new(recording);
    let (mut counts, mut surprises) = (Counts::default(), String::new());
    for step in std::mem::take(&mut replay.steps) {
        let Some((verdict, expected, actual)) = replay.step(&step) else { continue };
        counts.add(verdict);
        let (Action::Typed(typed) | Action::Log(_, typed)) = &step.action else { continue };
        let place = format!("{} +{} {}", replay.name, step.at_ms, typed.command);
        match (verdict == Verdict::Different, replay.is_known(&step)) {
            (true, false) if !replay.has_drifted(&step) => {
                surprises.push_str(&format!("=== {place}\n--- recorded\n{expected}--- replayed\n{actual}"));
            }
            (false, true) => surprises.push_str(&format!("=== {place}\nis listed as different, and is equal now\n")),
            _ => {}
        }
    }
    (counts, surprises)
}

/// Holds a recording against what is expected of it. Everything is drawn from seeds, so that the numbers are exact:
/// whoever changes one has changed what the lab answers.
fn check(name: &str, equal: usize, near: usize, different: usize, fault: usize) {
    if recordings::other_dir().is_some() {
        return;
    }
    let (counts, surprises) = replayed(Recording::read(name));
    println!("{}", counts.row(name));
    let Some((_, why)) = LATER.iter().find(|(known, _)| *known == name) else {
        // The numbers alone would let one difference go unnoticed where a listed one has become equal.
        assert!(surprises.is_empty(), "{name}\n{surprises}");
        assert_eq!(counts, Counts { equal, near, different, fault }, "{name}");
        return;
    };
    println!("{surprises}\n{name}: later: {why}");
    assert!(counts.different <= different, "{name}: {counts:?}, at most {different} differed before");
    if counts.different < different {
        println!("{name}: write {} in place of {different}", counts.different);
    }
}

#[test]
fn other_recordings_are_only_told_of() {
    for recording in recordings::other_dir().iter().flat_map(|dir| recordings::folder::read_all(dir)) {
        let name = recording.name.clone();
        let (counts, surprises) = replayed(recording);
        println!("{}", counts.row(&name));
        println!("{surprises}");
    }
}

macro_rules! transcripts {
    ($($test:ident $name:literal $equal:literal $near:literal $different:literal $fault:literal)*) => {
        $(#[test]
        fn $test() {
            check($name, $equal, $near, $different, $fault);
        })*
    };
}

// Recording; equal, equal later or earlier, different (of a recording in `LATER`: at most so many), not comparable.
transcripts! {
    transcript_a "a" 41 0 1 4
    transcript_b "b" 21 0 2 0
    transcript_c "c" 26 0 0 1
    transcript_d "d" 35 0 1 0
    transcript_g "g" 92 12 12 10
    transcript_h "h" 102 1 11 0
    transcript_i "i" 79 10 2 3
    transcript_j "j" 120 0 0 0
    transcript_l "l" 25 0 0 0
    transcript_m "m" 30 1 0 0
    transcript_n1 "n1" 45 10 2 0
    transcript_n2 "n2" 57 0 12 0
    transcript_o1 "o1" 82 2 23 1
    transcript_o1_taints "o1-taints" 24 4 2 1
    transcript_o2 "o2" 94 1 13 8
    transcript_p1 "p1" 44 3 3 0
    transcript_p1_compute "p1-compute" 38 1 6 0
    transcript_q2 "q2" 2 1 61 0
    transcript_r1 "r1" 37 3 26 0
    transcript_r1_hooks "r1-hooks" 29 10 34 0
    transcript_t1 "t1" 104 1 12 6
    transcript_x1_nodeless "x1-nodeless" 12 0 0 0
    transcript_x1_real "x1-real" 6 0 3 0
    transcript_y1 "y1" 300 2 50 1
}
