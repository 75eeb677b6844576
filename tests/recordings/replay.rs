//! Types a recording's commands into a lab, each at the moment at which it was typed.

use hellok8s_lab::client::CallTimes;
use hellok8s_lab::cluster::{ClusterConfig, NodeSize};
use hellok8s_lab::images::ImageReference;
use hellok8s_lab::kubelet::Timings;
use hellok8s_lab::lab::Lab;
use hellok8s_lab::sim::SimTime;

use super::story::{Groups, Story};
use super::unseen::write_eviction;
use super::{Recording, Typed};

/// Between two samples, in milliseconds.
const SAMPLE_MS: u64 = 500;
/// Samples of a command's output before the moment at which it was typed: the recordings' pods started seconds later
/// than they do on an idle machine.
const SAMPLES: u64 = 10;

/// A lab in which a recording is replayed.
pub struct Replay {
    /// The lab.
    pub lab: Lab,
    recorded_pods: Groups,
}

impl Replay {
    /// A lab with the recording's files, in which nothing has been typed.
    pub fn new(recording: &Recording, seed: u64) -> Self {
        // A hundred pods at once kept the recorded node busy long after the controller manager had made them all.
        let timings = if recording.name == "x1-real" { node_of(recording) } else { Timings::default() };
        let mut lab = Lab::on(ClusterConfig { seed, timings, ..ClusterConfig::default() });
        // When within a call the server was asked is not recorded: calls took from 50 ms to a second on the busy machine.
        lab.cluster_mut().set_call_times(CallTimes::NONE);
        for (name, text) in recording.manifests() {
            lab.write(name, text);
        }
        if recording.is_of_second_set() {
            lab.cluster_mut().registry.pulled(&ImageReference::parse("busybox:1.36").expect("an image"));
            lab.command(0, &format!("kubectl create namespace {}", recording.namespace));
            lab.command(0, &format!("kubectl config set-context --current --namespace={}", recording.namespace));
            as_large_as_recorded(&mut lab, recording);
        }
        Self { lab, recorded_pods: Story::recorded(recording).groups() }
    }

    /// Types every command that has a time, and lets the time of the whole recording pass. `after` gets what each command
    /// printed at once; where `is_sampled` holds, also what it would have printed at moments shortly before.
    pub fn run(
        &mut self,
        recording: &Recording,
        is_sampled: impl Fn(&Typed) -> bool,
        mut after: impl FnMut(&Typed, &[String]),
    ) {
        let mut unseen = recording.unseen().into_iter().peekable();
        for typed in recording.commands() {
            let Some(at_ms) = typed.at_ms else { continue };
            while let Some((at_ms, unseen)) = unseen.next_if(|(unseen_ms, _)| *unseen_ms <= at_ms) {
                self.lab.run_until(SimTime(at_ms));
                let command = unseen.command().map(|command| self.with_our_pods(command));
                unseen.act(&mut self.lab, command.as_deref());
            }
            self.lab.run_until(SimTime(at_ms));
            if self.lab.is_busy(0) {
                self.lab.interrupt(0);
            }
            self.lab.write("deployment.yaml", &typed.manifest);
            let line = self.with_our_pods(&typed.command);
            write_eviction(&mut self.lab, &line);
            let mut outputs = vec![type_line(&mut self.lab, 0, &line)];
            if is_sampled(&typed) {
                let mut past = self.lab.clone();
                for number in 1..=SAMPLES {
                    past.seek(SimTime(at_ms.saturating_sub(number * SAMPLE_MS)));
                    outputs.push(type_line(&mut past, 1, &line));
                }
            }
            after(&typed, &outputs);
        }
        self.lab.run_until(SimTime(recording.end_ms()));
    }

    /// The command with the names of our pods in place of the recorded ones.
    pub fn with_our_pods(&self, command: &str) -> String {
        let ours = Story::of_lab(&self.lab).groups();
        let mut command = command.to_owned();
        for (recorded, group) in self.recorded_pods.iter().zip(ours.iter().map(Some).chain(std::iter::repeat(None))) {
            for (number, name) in recorded.iter().enumerate() {
                if let Some(our_name) = group.and_then(|group| group.get(number)) {
                    command = command.replace(name, our_name);
                }
            }
        }
        command
    }
}

fn type_line(lab: &mut Lab, terminal: usize, line: &str) -> String {
    drop(lab.take_output(terminal));
    lab.command(terminal, line);
    lab.take_output(terminal).into_iter().map(|chunk| chunk.text).collect()
}

/// A node as slow as the recording's: the median time that its pods took to run, and to go.
pub fn node_of(recording: &Recording) -> Timings {
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

/// Gives the node what the second set's node had: that of the recordings with letters for names is nowhere told.
pub fn as_large_as_recorded(lab: &mut Lab, recording: &Recording) {
    if recording.is_of_second_set() {
        let pods = if recording.name.starts_with("x1") { 250 } else { 110 };
        let size = NodeSize { memory: Some("24581684Ki".to_owned()), pods: Some(pods), ..NodeSize::default() };
        lab.intervene(|cluster| cluster.resize_node("minikube", &size)).expect("a node");
    }
}

impl Recording {
    /// Whether it ran in a namespace of its own on a node with busybox: all but those with a letter for a name.
    fn is_of_second_set(&self) -> bool {
        self.name.len() > 1
    }

    /// The moment of the recording's last event, on the transcript's clock.
    pub fn end_ms(&self) -> u64 {
        // In whole milliseconds: what stands behind the point is less than a command's own time.
        let time = |line: &str| line.trim_start().split('.').next().and_then(|word| word.parse::<u64>().ok());
        let timeline = self.files.get("timeline.txt").map_or("", String::as_str);
        let times: Vec<u64> = timeline.lines().filter_map(time).collect();
        if times.is_empty() {
            return self.commands().iter().filter_map(|typed| typed.done_ms).max().unwrap_or(0);
        }
        let first_command = self.commands().iter().find_map(|typed| typed.at_ms).unwrap_or(0);
        let length = times.last().copied().unwrap_or(0).saturating_sub(times.first().copied().unwrap_or(0));
        first_command + length
    }
}
