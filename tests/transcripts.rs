//! Recordings of a real cluster, replayed: every command typed at its recorded time, its output compared.
//!
//! `cargo test --test transcripts -- --nocapture` prints a line a recording. What is masked: `shell::masks`. Why a
//! command may differ: docs/fidelity.md, "Recordings".

#![cfg(not(target_arch = "wasm32"))]
// A test that meets what it does not expect has failed: it may panic.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod recordings;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use hellok8s_lab::api::Kind;
use hellok8s_lab::client::CallTimes;
use hellok8s_lab::cluster::ClusterConfig;
use hellok8s_lab::images::ImageReference;
use hellok8s_lab::kubelet::Timings;
use hellok8s_lab::lab::Lab;
use hellok8s_lab::shell::masks::Masks;
use hellok8s_lab::sim::SimTime;
use recordings::{Recording, Typed};

/// The cluster has been up for a while when the first command is typed.
const UP_MS: u64 = 60_000;
/// The recording machine was busy: what takes a second elsewhere took up to five. A command that only looks is compared
/// with what it would have shown within this time of its own, but never before the command in front of it.
const SLACK_MS: u64 = 15_000;
/// Which draws come closest to what happened by chance in a recording: whether a container's first look falls before or
/// after a probe's delay, how long each pod takes.
const SEEDS: [(&str, u64); 3] = [("g", 4), ("h", 4), ("i", 2)];
/// How far apart the moments are that are tried.
const SLACK_STEP_MS: u64 = 500;

/// One thing that was done.
struct Step {
    at_ms: u64,
    action: Action,
}

enum Action {
    /// A command, and what it answered.
    Typed(Box<Typed>),
    /// A command whose answer was not recorded, in another terminal.
    Quiet(usize, String),
    /// Compare what a terminal has written meanwhile, and how it ended, then press Ctrl-C in it.
    Log(usize, Box<Typed>),
}

/// What was typed in other terminals meanwhile: recording, moment, terminal, command.
const QUIET: [(&str, u64, usize, &str); 5] = [
    ("l", 7_500, 1, "kubectl port-forward hellok8s-deployment-6cbdd75c98-hmcn5 3000:3000"),
    ("l", 18_600, 1, "kubectl port-forward deployment/hellok8s-deployment 3001:3000"),
    ("l", 26_700, 1, "kubectl port-forward hellok8s-deployment-6cbdd75c98-hmcn5 3002:3001"),
    ("l", 36_900, 1, "kubectl port-forward hellok8s-deployment-6cbdd75c98-hmcn5 3003:3000"),
    (
        "j",
        131_060,
        2,
        "kubectl annotate deployment hellok8s-deployment kubectl.kubernetes.io/last-applied-configuration-",
    ),
];

/// The first terminal for commands that end with `&`, and how many there are; none runs in more of them at once.
const BESIDE: usize = 3;
const BESIDES: usize = 3;

/// When the other terminals of `l` were looked at.
const LOGS_MS: [u64; 3] = [14_000, 23_000, 30_500];

/// Up to here, each manifest of `j` met a cluster without Deployments.
const EMPTIED_UNTIL_MS: u64 = 118_592;

/// Its parts in the order of time.
fn steps(recording: &Recording) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let quiet = |at_ms, terminal, command: &str| Step { at_ms, action: Action::Quiet(terminal, command.to_owned()) };
    for (name, at_ms, terminal, command) in QUIET {
        if name == recording.name {
            steps.push(quiet(at_ms, terminal, command));
        }
    }
    let mut logs = LOGS_MS.iter();
    let mut beside = 0;
    for typed in recording.commands() {
        match typed.at_ms {
            Some(at_ms) => {
                let empties = recording.name == "j" && at_ms < EMPTIED_UNTIL_MS && typed.command.contains("apply -f");
                steps.extend(empties.then(|| quiet(at_ms - 60, 2, "kubectl delete deployment --all")));
                // What runs on in the background has a terminal of its own, and nothing to compare.
                let action = match typed.command.strip_suffix(" &") {
                    Some(command) => {
                        beside += 1;
                        Action::Quiet(BESIDE + beside % BESIDES, command.to_owned())
                    }
                    None => Action::Typed(Box::new(typed)),
                };
                steps.push(Step { at_ms, action });
            }
            None if recording.name == "l" => {
                let at_ms = *logs.next().expect("a moment");
                steps.push(Step { at_ms, action: Action::Log(1, Box::new(typed)) });
            }
            // Its connection failed by the recording machine's fault.
            None => {}
        }
    }
    steps.sort_by_key(|step| step.at_ms);
    steps
}

/// The pods of a recording, in the order in which they were created.
fn created_pods(recording: &Recording) -> Vec<String> {
    let states = recording.files.get("podstates.txt").map_or("", String::as_str);
    states.lines().filter(|line| !line.starts_with(' ') && !line.is_empty()).map(str::to_owned).collect()
}

/// A node as slow as the recording's: the median time that its pods took to run, and to go.
fn node_of(recording: &Recording) -> Timings {
    const IDLE_START_MS: u64 = 900;
    const IDLE_STOP_MS: u64 = 800;
    let states = recording.files.get("podstates.txt").map_or("", String::as_str);
    let (mut starts, mut stops) = (Vec::new(), Vec::new());
    let (mut runs, mut deleted_ms) = (false, None);
    for line in states.lines() {
        let Some(rest) = line.trim_start().strip_prefix('+') else {
            (runs, deleted_ms) = (false, None);
            continue;
        };
        let seconds = rest.trim_start().split('s').next().unwrap_or_default();
        let at_ms: u64 = seconds.replace('.', "").parse::<u64>().expect("hundredths of a second") * 10;
        if line.contains("phase=Running") && !std::mem::replace(&mut runs, true) {
            starts.push(at_ms);
        }
        if line.contains("del=True") {
            let deleted_ms = *deleted_ms.get_or_insert(at_ms);
            stops.extend(line.contains("GONE").then(|| at_ms - deleted_ms));
        }
    }
    let median = |times: &mut Vec<u64>, idle_ms| {
        times.sort_unstable();
        times.get(times.len() / 2).copied().unwrap_or(idle_ms)
    };
    let (start_ms, stop_ms) = (median(&mut starts, IDLE_START_MS), median(&mut stops, IDLE_STOP_MS));
    let idle = Timings::default();
    let starting = |(least, most): (u64, u64)| (least * start_ms / IDLE_START_MS, most * start_ms / IDLE_START_MS);
    let stopping = |ms: u64| ms * stop_ms / IDLE_STOP_MS;
    Timings {
        sandbox_ms: starting(idle.sandbox_ms),
        create_ms: starting(idle.create_ms),
        start_ms: starting(idle.start_ms),
        stop_ms: stopping(idle.stop_ms),
        sandbox_stop_ms: stopping(idle.sandbox_stop_ms),
        clean_up_ms: stopping(idle.clean_up_ms),
        ..idle
    }
}

/// When the recording begins: at its part of a second, since ages and start times count whole seconds.
fn begin(recording: &Recording) -> SimTime {
    let first = recording.file("transcript.txt").lines().next().unwrap_or_default();
    let part = first.rsplit_once('.').map_or("", |(_, part)| part).trim_end_matches('Z');
    SimTime::ZERO + UP_MS + part.parse::<u64>().unwrap_or(0)
}

/// The recording machine could not find its own node by name, and its node is not minikube's.
fn is_fault(typed: &Typed) -> bool {
    typed.output.contains("lookup minikube on") || typed.command.starts_with("kubectl get nodes")
}

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
            Action::Log(terminal, typed) => return Some(self.compare_log(*terminal, typed)),
            Action::Typed(typed) => typed,
        };
        if !typed.manifest.is_empty() {
            self.lab.write("deployment.yaml", &typed.manifest);
        }
        let expected = format!("# exit {}\n{}", typed.exit_code, typed.output);
        let command = self.translated(&typed.command);
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
        if self.is_later() {
            return Some(found);
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

    /// Whether the lab is known not to do what the recording is of.
    fn is_later(&self) -> bool {
        LATER.iter().any(|(name, _)| self.name == *name)
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
/// that differ is held, as an upper bound, and nothing is looked for a little earlier or later.
const LATER: [(&str, &str); 13] = [
    ("n1", "moments at which the node reads a ConfigMap again; what exec says of a container that does not run"),
    ("n2", "PersistentVolumeClaims that no volume fits, hostPath types"),
    ("o1", "what a node has room for, of processors, memory, disks and ports; priorities, gates and affinity"),
    ("o1-taints", "`no new claims to deallocate` in the scheduler's texts; the order of events at one moment"),
    ("o2", "several nodes"),
    ("p1", "moments of a busy machine; quotas in the description of a namespace"),
    ("p1-compute", "a rollout that takes longer than recorded: what is typed after it; checks of a quota's own fields"),
    ("q2", "moments of five crash loops at once; a program that runs out of memory"),
    ("r1", "moments at which probes and init containers are looked at"),
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
    transcript_n1 "n1" 44 0 13 0
    transcript_n2 "n2" 36 0 33 0
    transcript_o1 "o1" 65 0 42 1
    transcript_o1_taints "o1-taints" 20 0 7 1
    transcript_o2 "o2" 13 0 95 8
    transcript_p1 "p1" 44 0 6 0
    transcript_p1_compute "p1-compute" 27 0 18 0
    transcript_q2 "q2" 2 0 62 0
    transcript_r1 "r1" 27 0 39 0
    transcript_r1_hooks "r1-hooks" 29 0 44 0
    transcript_t1 "t1" 102 0 15 6
    transcript_x1_nodeless "x1-nodeless" 12 0 0 0
    transcript_x1_real "x1-real" 6 0 3 0
    transcript_y1 "y1" 262 0 90 1
}
