//! Types a recording's commands into a lab, each at the moment at which it was typed.

use hellok8s_lab::client::CallTimes;
use hellok8s_lab::images::ImageReference;
use hellok8s_lab::lab::{Lab, LabOptions};
use hellok8s_lab::sim::SimTime;

use super::story::{Groups, Story};
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
        let mut lab = Lab::new(&LabOptions { seed, ..LabOptions::default() });
        // When within a call the server was asked is not recorded: calls took from 50 ms to a second on the busy machine.
        lab.cluster_mut().set_call_times(CallTimes::NONE);
        for (name, text) in recording.manifests() {
            lab.write(name, text);
        }
        if recording.is_of_second_set() {
            lab.cluster_mut().registry.pulled(&ImageReference::parse("busybox:1.36").expect("an image"));
            lab.command(0, &format!("kubectl create namespace {}", recording.namespace));
            lab.command(0, &format!("kubectl config set-context --current --namespace={}", recording.namespace));
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
        for typed in recording.commands() {
            let Some(at_ms) = typed.at_ms else { continue };
            self.lab.run_until(SimTime(at_ms));
            if self.lab.is_busy(0) {
                self.lab.interrupt(0);
            }
            self.lab.write("deployment.yaml", &typed.manifest);
            let line = self.with_our_pods(&typed.command);
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
