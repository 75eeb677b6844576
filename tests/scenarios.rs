//! Recorded scenarios, typed again into the lab: what the simulated cluster does is what the real one did.
//!
//! Each test prints a line of the table in docs/fidelity.md, section "Scenarios". Orders, decisions, states and counts
//! are compared exactly; latencies are not (the recordings' machine was busy).

// A test that meets what it does not expect has failed: it may panic.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod recordings;

use recordings::replay::Replay;
use recordings::story::{PodStory, Story};
use recordings::{Recording, Typed};

const SEED: u64 = 1;
/// Worlds that are searched for a pod whose draws (when it is synced again) led where the recorded pod's draws led.
const OTHER_SEEDS: std::ops::RangeInclusive<u64> = 2..=3;

/// How much of a scenario is different, and why (docs/fidelity.md says it at length).
const EXPLAINED: [(&str, usize, &str); 4] = [
    ("d", 2, "a pod was wanted for 58 ms only: the lab's controllers are faster, and do not create it"),
    ("g", 1, "how often a pod was synced, and thus asked, in ten minutes is drawn"),
    ("i", 1, "the real kubelet looked at a crashed pod once more than there was something to see"),
    ("h", 2, "how often a pod was synced, and thus asked, in ten minutes is drawn"),
];

/// Scenarios of what the lab does not do yet, in part or at all, and what that is. Of these, at most so much may be
/// different.
const LATER: [(&str, usize, &str); 12] = [
    ("n1", 4, "a ConfigMap is read again at other moments"),
    ("n2", 4, "PersistentVolumeClaims and hostPath types"),
    ("o1", 99, "what a node has room for; priorities, gates and affinity"),
    ("o2", 102, "the replay makes the Deployment anew in another way"),
    ("p1", 1, "how long a pod of a busy machine lived"),
    ("q2", 10, "images that the hub does not have: a program that runs out of memory"),
    ("r1", 27, "the moments at which probes and init containers are looked at"),
    ("r1-hooks", 7, "the moments at which hooks end"),
    ("t1", 16, "a DaemonSet's pod: the ReplicaSets after it have other numbers; a pod deleted before it ran"),
    ("x1-nodeless", 200, "the batches of a hundred pods"),
    ("x1-real", 89, "how many pods of a busy node become ready at one moment"),
    ("y1", 239, "flags of kubectl that the lab does not have yet"),
];

/// Counts what is equal, and tells what is not.
struct Comparison {
    name: String,
    columns: Vec<String>,
    different: usize,
}

impl Comparison {
    fn new(name: &str) -> Self {
        Self { name: name.to_owned(), columns: Vec::new(), different: 0 }
    }

    /// Two lists, entry by entry.
    fn lists(&mut self, what: &str, recorded: &[String], ours: &[String]) {
        let equal = recorded.iter().zip(ours).filter(|(a, b)| a == b).count();
        let total = recorded.len().max(ours.len());
        if equal < total {
            let at = recorded.iter().zip(ours).position(|(a, b)| a != b).unwrap_or(recorded.len().min(ours.len()));
            println!("{}: {what} differ from entry {at} on", self.name);
            let end = |list: &[String]| list[at..list.len().min(at + 6)].join("\n    ");
            println!("  recorded\n    {}\n  ours\n    {}", end(recorded), end(ours));
        }
        self.count(what, equal, total);
    }

    fn count(&mut self, what: &str, equal: usize, total: usize) {
        self.columns.push(format!("{what} {equal}/{total}"));
        self.different += total - equal;
    }

    /// Prints the scenario's line.
    fn report(&self, why: &str) {
        println!("scenario {}: {}; {} differ {why}", self.name, self.columns.join(", "), self.different);
    }

    /// Holds it against what is known of the scenario.
    fn end(self) {
        if let Some((_, most, why)) = LATER.iter().find(|(name, ..)| *name == self.name) {
            self.report(&format!("(later: {why})"));
            assert!(self.different <= *most, "scenario {}: at most {most} differed before", self.name);
            if self.different < *most {
                println!("scenario {}: write {} in place of {most}", self.name, self.different);
            }
            return;
        }
        let explained = EXPLAINED.iter().find(|(name, ..)| *name == self.name);
        let (expected, why) = explained.map_or((0, ""), |(_, count, why)| (*count, *why));
        self.report(why);
        assert_eq!(self.different, expected, "scenario {} differs", self.name);
    }
}

/// Everything that every scenario is compared by.
fn compare(name: &str) -> (Recording, Replay) {
    let recording = Recording::read(name);
    let (comparison, replay) = compared(&recording);
    comparison.end();
    (recording, replay)
}

/// Replays a recording and compares.
fn compared(recording: &Recording) -> (Comparison, Replay) {
    let name = recording.name.as_str();
    let mut comparison = Comparison::new(name);
    let mut replay = Replay::new(recording, SEED);
    let mut described: Vec<Described> = Vec::new();
    replay.run(recording, is_describe_pod, |typed, outputs| described.push(Described::new(typed, outputs)));
    let (recorded, ours) = (Story::recorded(recording), Story::of_lab(&replay.lab));
    comparison.lists("Deployments", &recorded.deployments, &ours.deployments);
    comparison.lists("decisions", &recorded.decisions, &ours.decisions);
    let mut unmatched = unmatched_pods(&recorded, &ours);
    described.retain(|described| !described.recorded.is_empty());
    let describes = described.len();
    described.retain(|described| !described.is_equal());
    for seed in OTHER_SEEDS {
        let is_later = LATER.iter().any(|(later, ..)| *later == name);
        if is_later || (unmatched.is_empty() && described.is_empty()) {
            break;
        }
        let mut replay = Replay::new(recording, seed);
        let missing: Vec<_> = described.iter().map(|missing| missing.at_ms).collect();
        replay.run(
            recording,
            |typed| missing.contains(&typed.at_ms),
            |typed, outputs| {
                described.retain(|missing| missing.at_ms != typed.at_ms || !Described::new(typed, outputs).is_equal());
            },
        );
        let other = Story::of_lab(&replay.lab);
        let pods = other.numbered_pods();
        unmatched.retain(|(set, pod)| !pods.iter().any(|(of, ours)| of == set && ours.sequence() == pod.sequence()));
    }
    for (set, pod) in &unmatched {
        println!("{name}: no pod of ours is like {} (set {set}): {:#?}", pod.name, pod.states);
    }
    for described in &described {
        println!("{name}: events of pods at {:?} ms: {:#?}", described.at_ms, described);
    }
    comparison.count("pods", recorded.pods.len() - unmatched.len(), recorded.pods.len());
    comparison.count("pods here", recorded.pods.len().min(ours.pods.len()), recorded.pods.len().max(ours.pods.len()));
    comparison.count("described events", describes - described.len(), describes);
    (comparison, replay)
}

/// Other recordings are told of; nothing is expected of them.
#[test]
fn other_recordings_are_only_told_of() {
    for recording in recordings::other_dir().iter().flat_map(|dir| recordings::folder::read_all(dir)) {
        compared(&recording).0.report("");
    }
}

fn is_describe_pod(typed: &Typed) -> bool {
    typed.command.starts_with("kubectl describe pod") && !typed.command.contains('|')
}

/// The events in what `kubectl describe pod` printed.
#[derive(Debug)]
struct Described {
    at_ms: Option<u64>,
    recorded: Vec<String>,
    ours: Vec<Vec<String>>,
}

impl Described {
    fn new(typed: &Typed, outputs: &[String]) -> Self {
        let events = |output: &str| {
            let mut rows: Vec<String> = output.lines().filter_map(pod_event).collect();
            rows.sort();
            rows
        };
        let recorded = if is_describe_pod(typed) { events(&typed.output) } else { Vec::new() };
        Self { at_ms: typed.at_ms, recorded, ours: outputs.iter().map(|output| events(output)).collect() }
    }

    fn is_equal(&self) -> bool {
        self.ours.contains(&self.recorded)
    }
}

/// The recorded pods of which none of ours, in this world, went through the same states.
fn unmatched_pods<'a>(recorded: &'a Story, ours: &Story) -> Vec<(usize, &'a PodStory)> {
    let mut left = ours.numbered_pods();
    let mut unmatched = recorded.numbered_pods();
    unmatched.retain(|(set, pod)| {
        let found = left.iter().position(|(other, ours)| other == set && ours.sequence() == pod.sequence());
        found.map(|at| left.remove(at)).is_none()
    });
    unmatched
}

/// Reason, count and message of an event in the output of `kubectl describe pod`.
fn pod_event(line: &str) -> Option<String> {
    let rest = line.strip_prefix("  Normal ").or_else(|| line.strip_prefix("  Warning "))?;
    let columns: Vec<&str> = rest.split("  ").map(str::trim).filter(|column| !column.is_empty()).collect();
    let [reason, age, _, message] = columns.as_slice() else { return None };
    if *reason == "Scheduled" {
        return None;
    }
    let count = age.split_once("(x").and_then(|(_, rest)| rest.split(' ').next()).unwrap_or("1");
    Some(format!("{reason} x{count} {}", without_names(message)))
}

/// A message without pods' names and addresses, which differ from world to world.
fn without_names(message: &str) -> String {
    let words = message.split(' ').map(|word| match word {
        _ if word.contains("10.244.") => "ADDRESS",
        _ if word.contains("-deployment-") || word.starts_with("crash-") => "POD",
        _ => word,
    });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn every_recording_can_be_read() {
    for name in recordings::NAMES {
        let recording = Recording::read(name);
        let commands = recording.commands();
        assert!(commands.len() >= 10, "{name}: {} commands", commands.len());
        assert!(commands.iter().all(|typed| !typed.output.contains("#[")), "{name}");
    }
}

macro_rules! scenarios {
    ($($test:ident $name:literal)*) => {
        $(#[test]
        fn $test() {
            compare($name);
        })*
    };
}

scenarios! {
    scenario_a "a"
    scenario_b "b"
    scenario_c "c"
    scenario_d "d"
    scenario_l "l"
    scenario_m "m"
    scenario_n1 "n1"
    scenario_n2 "n2"
    scenario_o1 "o1"
    scenario_o1_taints "o1-taints"
    scenario_o2 "o2"
    scenario_p1 "p1"
    scenario_p1_compute "p1-compute"
    scenario_q2 "q2"
    scenario_r1 "r1"
    scenario_r1_hooks "r1-hooks"
    scenario_t1 "t1"
    scenario_x1_nodeless "x1-nodeless"
    scenario_x1_real "x1-real"
    scenario_y1 "y1"
}

/// When each restart of a pod was seen, in milliseconds, and how long the waits were that it was told of.
fn restarts_and_waits(pod: &PodStory) -> (Vec<u64>, Vec<String>) {
    let starts = pod.states.iter().filter(|(_, state)| state.contains(" running ") && !state.contains("deleting"));
    let waits = pod.states.iter().filter(|(_, state)| !state.contains("deleting")).filter_map(|(_, state)| {
        Some(state.split_once("back-off ")?.1.split(' ').next().unwrap_or_default().to_owned())
    });
    (starts.map(|(at, _)| *at).collect(), waits.collect())
}

#[test]
fn scenario_g() {
    let (recording, replay) = compare("g");
    let (recorded, ours) = (Story::recorded(&recording), Story::of_lab(&replay.lab));
    for pod in recorded.pods.iter().chain(&ours.pods).filter(|pod| pod.states.len() > 10) {
        let (starts, waits) = restarts_and_waits(pod);
        for pair in starts.windows(2).take(4) {
            assert!((22_500..=25_500).contains(&(pair[1] - pair[0])), "{}: {starts:?}", pod.name);
        }
        let all = ["40s", "1m20s", "2m40s", "5m0s"];
        let known: Vec<usize> =
            waits.iter().map(|wait| all.iter().position(|known| known == wait).expect("a wait")).collect();
        assert!(known.len() >= 4 && known[0] == 0 && known.is_sorted(), "{}: {waits:?}", pod.name);
    }
}

#[test]
fn scenario_h() {
    let (recording, replay) = compare("h");
    let events = replay.lab.cluster().log();
    let deployments = events.iter().filter_map(|event| match &event.object {
        hellok8s_lab::api::Object::Deployment(deployment) => Some((event.at.as_ms(), deployment)),
        _ => None,
    });
    let progressing = deployments.filter_map(|(at, deployment)| {
        let condition = deployment.status.conditions.iter().find(|condition| condition.kind == "Progressing")?;
        Some((at, condition.reason.clone()))
    });
    let seen: Vec<(u64, String)> = progressing.collect();
    let exceeded = seen.iter().position(|(_, reason)| reason == "ProgressDeadlineExceeded").expect("a deadline");
    // Recorded: the last progress at 11.58 s of the timeline, the end of the deadline at 611.63 s.
    let waited_ms = seen[exceeded].0 - seen[exceeded - 1].0;
    assert!((600_000..=601_100).contains(&waited_ms), "{waited_ms} ms");
    assert!(recording.file("rollout-status.txt").contains("exceeded its progress deadline"));
}

#[test]
fn scenario_i() {
    let (_, replay) = compare("i");
    let pulls: Vec<u64> = replay
        .lab
        .cluster()
        .log()
        .iter()
        .filter_map(|event| match &event.object {
            hellok8s_lab::api::Object::Event(stored) if stored.reason == "Pulling" => Some(event.at.as_ms()),
            _ => None,
        })
        .collect();
    let gaps: Vec<u64> = pulls.windows(2).map(|pair| pair[1] - pair[0]).collect();
    // Recorded 15, 29, 49 and 94 s: the back-off, and then the wait for the pod's next sync, 10 to 15 s apart.
    for (gap, back_off_ms) in gaps.iter().zip([10_000, 20_000, 40_000, 80_000]) {
        assert!((back_off_ms..=back_off_ms + 17_000).contains(gap), "{gaps:?}");
    }
    assert!(gaps.len() >= 4, "{gaps:?}");
}
