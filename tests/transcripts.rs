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
use hellok8s_lab::cluster::ClusterConfig;
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
const SEEDS: [(char, u64); 3] = [('g', 4), ('h', 4), ('i', 2)];
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
    for typed in recording.commands() {
        match typed.at_ms {
            Some(at_ms) => {
                let empties = recording.name == "j" && at_ms < EMPTIED_UNTIL_MS && typed.command.contains("apply -f");
                steps.extend(empties.then(|| quiet(at_ms - 60, 2, "kubectl delete deployment --all")));
                steps.push(Step { at_ms, action: Action::Typed(Box::new(typed)) });
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
    SimTime::ZERO + UP_MS + part.parse::<u64>().expect("milliseconds")
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
        let seed = SEEDS.iter().find(|(name, _)| recording.name == name.to_string()).map_or(0, |(_, seed)| *seed);
        let timings = node_of(&recording);
        let mut lab = Lab::on(ClusterConfig { seed, timings, ..ClusterConfig::default() });
        for (name, text) in &recording.files {
            if Path::new(name).extension().is_some_and(|extension| extension == "yaml") {
                lab.write(name, text);
            }
        }
        lab.write("emptydir/note.txt", "no manifest");
        let begin = begin(&recording);
        lab.run_until(begin);
        // The first four ran in the namespace default.
        if !"abcd".contains(&recording.name) {
            lab.submit(0, &format!("kubectl create namespace {}", recording.name));
            lab.submit(0, &format!("kubectl config set-context --current --namespace={}", recording.name));
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
        if self.is_known(step) {
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
        DIFFERENT.iter().any(|(name, at_ms, _)| self.name == name.to_string() && step.at_ms == *at_ms)
    }

    fn has_drifted(&self, step: &Step) -> bool {
        DRIFTS.iter().any(|(name, from_ms)| self.name == name.to_string() && step.at_ms >= *from_ms)
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

fn type_command(lab: &mut Lab, command: &str) -> String {
    const LONGEST_MS: u64 = 15 * 60 * 1000;
    lab.take_output(0);
    lab.submit(0, command);
    let end = lab.now() + LONGEST_MS;
    while lab.is_busy(0) && lab.now() < end {
        lab.step();
    }
    let mut text: String = lab.take_output(0).into_iter().map(|chunk| chunk.text).collect();
    text.insert_str(0, &format!("# exit {}\n", lab.exit_code(0)));
    text
}

/// Commands that answer differently, and why: the words are explained in docs/fidelity.md.
const DIFFERENT: [(char, u64, &str); 17] = [
    ('a', 17_857, "passing"),
    ('b', 9_523, "passing"),
    ('b', 16_344, "passing"),
    ('d', 45_733, "order"),
    ('g', 8_106, "order"),
    ('g', 12_478, "passing"),
    ('h', 7_822, "passing"),
    ('h', 10_148, "passing"),
    ('h', 12_119, "probe"),
    ('h', 240_962, "probe"),
    ('h', 476_877, "probe"),
    ('h', 643_564, "probe"),
    ('h', 698_043, "probe"),
    ('h', 698_480, "probe"),
    ('h', 725_935, "probe"),
    ('h', 727_685, "passing"),
    ('h', 731_629, "order"),
];

/// From when on a recording's back-offs have drifted away from the plan by more than the slack ("drift").
const DRIFTS: [(char, u64); 2] = [('g', 200_000), ('i', 240_000)];

/// Of a hundred commands, at least so many are equal. One less than now: lots that fall otherwise are no defect.
const LEAST_EQUAL_PERCENT: usize = 94;

#[test]
fn commands_answer_as_they_were_recorded() {
    let mut table = String::from("recording  commands  equal  equal within 15 s  different  not comparable\n");
    let mut surprises = String::new();
    let mut sums: BTreeMap<Verdict, usize> = BTreeMap::new();
    for name in "abcdghijlm".chars() {
        let mut replay = Replay::new(Recording::read(&name.to_string()));
        let mut counts: BTreeMap<Verdict, usize> = BTreeMap::new();
        for step in std::mem::take(&mut replay.steps) {
            let Some((verdict, expected, actual)) = replay.step(&step) else { continue };
            *counts.entry(verdict).or_default() += 1;
            let (Action::Typed(typed) | Action::Log(_, typed)) = &step.action else { continue };
            if verdict == Verdict::Different && !replay.is_known(&step) && !replay.has_drifted(&step) {
                surprises.push_str(&format!(
                    "=== {name} +{} {}\n--- recorded\n{expected}--- replayed\n{actual}",
                    step.at_ms, typed.command
                ));
            }
        }
        table.push_str(&row(&name.to_string(), &counts));
        counts.into_iter().for_each(|(verdict, count)| *sums.entry(verdict).or_default() += count);
    }
    table.push_str(&row("all", &sums));
    println!("{table}");
    assert!(surprises.is_empty(), "{surprises}");
    let count = |verdict| sums.get(&verdict).copied().unwrap_or(0);
    let equal = count(Verdict::Equal) + count(Verdict::Near);
    let share = 100 * equal / (equal + count(Verdict::Different));
    assert!(share >= LEAST_EQUAL_PERCENT, "only {share}% are equal");
}

fn row(name: &str, counts: &BTreeMap<Verdict, usize>) -> String {
    let count = |verdict| counts.get(&verdict).copied().unwrap_or(0);
    format!(
        "{name:<11}{:<10}{:<7}{:<19}{:<11}{}\n",
        counts.values().sum::<usize>(),
        count(Verdict::Equal),
        count(Verdict::Near),
        count(Verdict::Different),
        count(Verdict::Fault)
    )
}
