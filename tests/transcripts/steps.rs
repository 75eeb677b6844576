//! What is typed in a recording's replay, and when.

use hellok8s_lab::sim::SimTime;

use crate::recordings::unseen::Unseen;
use crate::recordings::{Recording, Typed};

/// The cluster has been up for a while when the first command is typed.
pub(super) const UP_MS: u64 = 60_000;
/// The recording machine was busy: what takes a second elsewhere took up to five. A command that only looks is compared
/// with what it would have shown within this time of its own, but never before the command in front of it.
pub(super) const SLACK_MS: u64 = 15_000;
/// Which draws come closest to what happened by chance in a recording: whether a container's first look falls before or
/// after a probe's delay, how long each pod takes.
pub(super) const SEEDS: [(&str, u64); 3] = [("g", 4), ("h", 4), ("i", 2)];
/// How far apart the moments are that are tried.
pub(super) const SLACK_STEP_MS: u64 = 500;

/// One thing that was done.
pub(super) struct Step {
    pub(super) at_ms: u64,
    pub(super) action: Action,
}

pub(super) enum Action {
    /// A command, and what it answered.
    Typed(Box<Typed>),
    /// A command whose answer was not recorded, in another terminal.
    Quiet(usize, String),
    /// Something that the recording's script did out of sight.
    Unseen(Unseen),
    /// Compare what a terminal has written meanwhile, and how it ended, then press Ctrl-C in it.
    Log(usize, Box<Typed>),
}

/// What was typed in other terminals meanwhile: recording, moment, terminal, command.
pub(super) const QUIET: [(&str, u64, usize, &str); 5] = [
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
pub(super) const BESIDE: usize = 3;
pub(super) const BESIDES: usize = 3;

/// When the other terminals of `l` were looked at.
pub(super) const LOGS_MS: [u64; 3] = [14_000, 23_000, 30_500];

/// Up to here, each manifest of `j` met a cluster without Deployments.
pub(super) const EMPTIED_UNTIL_MS: u64 = 118_592;

/// Its parts in the order of time.
pub(super) fn steps(recording: &Recording) -> Vec<Step> {
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
    steps.extend(recording.unseen().into_iter().map(|(at_ms, unseen)| Step { at_ms, action: Action::Unseen(unseen) }));
    steps.sort_by_key(|step| step.at_ms);
    steps
}

/// The pods of a recording, in the order in which they were created.
pub(super) fn created_pods(recording: &Recording) -> Vec<String> {
    let states = recording.files.get("podstates.txt").map_or("", String::as_str);
    states.lines().filter(|line| !line.starts_with(' ') && !line.is_empty()).map(str::to_owned).collect()
}

/// When the recording begins: at its part of a second, since ages and start times count whole seconds.
pub(super) fn begin(recording: &Recording) -> SimTime {
    let first = recording.file("transcript.txt").lines().next().unwrap_or_default();
    let part = first.rsplit_once('.').map_or("", |(_, part)| part).trim_end_matches('Z');
    SimTime::ZERO + UP_MS + part.parse::<u64>().unwrap_or(0)
}

/// The recording machine could not find its own node by name, and its node is not minikube's.
pub(super) fn is_fault(typed: &Typed) -> bool {
    typed.output.contains("lookup minikube on") || typed.command.starts_with("kubectl get nodes")
}
