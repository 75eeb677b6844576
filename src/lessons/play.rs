//! Does what a lesson's file says that a learner does: the beginning, the solution, a wrong attempt.

use std::sync::Arc;

use super::progress::{Happening, Observation, Progress};
use super::{Lesson, Task};
use crate::lab::Lab;
use crate::sim::SimTime;

/// Something that a learner does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Types a command.
    Run(String),
    /// Writes a file.
    Write {
        /// Its name.
        file: String,
        /// All of it.
        text: String,
    },
    /// Replaces the first occurrence of a text in a file.
    Edit {
        /// Its name.
        file: String,
        /// What is replaced.
        from: String,
        /// By what.
        to: String,
    },
    /// Applies a file.
    Apply(String),
    /// Lets simulated milliseconds pass.
    Wait(u64),
}

impl Action {
    /// The line that it types.
    pub fn command(&self) -> Option<String> {
        match self {
            Self::Run(line) => Some(line.clone()),
            Self::Apply(file) => Some(format!("kubectl apply -f {file}")),
            _ => None,
        }
    }
}

/// Simulated milliseconds after which a step that is not done counts as missed, and a command as endless.
const PATIENCE_MS: u64 = 20 * 60_000;

/// Simulated milliseconds between two looks while nothing happens.
const LOOK_MS: u64 = 1_000;

/// The lab as a lesson begins: its files written, its lines typed, what they printed taken away.
pub fn beginning(lesson: &Lesson) -> Lab {
    let mut lab = Lab::new(&lesson.start.options);
    for (name, text) in &lesson.start.files {
        lab.write(name, text);
    }
    for line in &lesson.start.run {
        lab.submit(0, line);
        let limit = lab.now() + PATIENCE_MS;
        while lab.is_busy(0) && lab.next_at() <= limit {
            lab.step();
        }
        if lab.is_busy(0) {
            lab.interrupt(0);
        }
    }
    lab.take_output(0);
    lab
}

/// What became of a lesson that was played to its end.
#[derive(Clone, Debug, Default)]
pub struct Played {
    /// The steps, and what was done and printed in each.
    pub transcript: String,
    /// What is wrong: a step that its solution does not do, or a wrong attempt does.
    pub failures: Vec<String>,
    /// Commands that the solution typed.
    pub commands: usize,
}

/// Plays a lesson's solution to the end, and every wrong attempt on the way.
pub fn play(lesson: &Arc<Lesson>) -> Played {
    let mut lab = Lab::new(&lesson.start.options);
    let progress = Progress::start(lesson, &mut lab);
    let mut player = Player { lab, progress, played: Played::default() };
    for (number, step) in lesson.steps.iter().enumerate() {
        if player.progress.step_number() != number {
            player.fail(number, "was done before it began");
            break;
        }
        let solution = format!("\n# {}. {}\n", number + 1, step.text.en.replace('\n', "\n#    ").trim_end());
        player.played.transcript.push_str(&solution);
        player.try_wrong(number);
        player.do_step(number);
        if player.progress.step_number() <= number {
            player.fail(number, "is not done by its solution");
            break;
        }
    }
    let Player { progress, mut played, .. } = player;
    played.commands = progress.commands();
    if progress.is_done() && played.commands > lesson.par {
        played.failures.push(format!("par is {}, but the solution types {} commands", lesson.par, played.commands));
    }
    played
}

#[derive(Clone)]
struct Player {
    lab: Lab,
    progress: Progress,
    played: Played,
}

impl Player {
    fn fail(&mut self, number: usize, text: &str) {
        self.played.failures.push(format!("step {} {text}", number + 1));
    }

    /// Plays a step's wrong attempt, and its wrong choices, in a copy.
    fn try_wrong(&mut self, number: usize) {
        let Some(step) = self.progress.step().cloned() else { return };
        let mut copy = self.clone();
        if let Task::Question(choices) = &step.task {
            let wrong = choices.iter().enumerate().filter(|(_, choice)| !choice.is_right);
            wrong.for_each(|(choice, _)| copy.observe(&[Observation::Chose(choice)]));
        } else if !step.wrong.is_empty() {
            step.wrong.iter().for_each(|action| copy.act(number, action));
            copy.wait_for(number, PATIENCE_MS);
        }
        if copy.progress.step_number() > number {
            self.fail(number, "is done by its wrong attempt");
        }
        let known = self.played.failures.len();
        self.played.failures.extend(copy.played.failures.into_iter().skip(known));
    }

    fn do_step(&mut self, number: usize) {
        let Some(step) = self.progress.step().cloned() else { return };
        if let Task::Question(choices) = &step.task
            && let Some(right) = choices.iter().position(|choice| choice.is_right)
        {
            self.observe(&[Observation::Chose(right)]);
        }
        step.solution.iter().for_each(|action| self.act(number, action));
        self.wait_for(number, PATIENCE_MS);
    }

    /// Lets time pass until the step is done.
    fn wait_for(&mut self, number: usize, most_ms: u64) {
        let until = self.lab.now() + most_ms;
        while self.progress.step_number() == number && self.lab.now() < until {
            self.pass_time(until);
        }
    }

    fn act(&mut self, number: usize, action: &Action) {
        match action {
            Action::Run(_) | Action::Apply(_) => self.run(&action.command().unwrap_or_default()),
            Action::Write { file, text } => {
                self.played.transcript.push_str(&format!("# writes {file}\n"));
                self.lab.write(file, text);
                self.observe(&[]);
            }
            Action::Edit { file, from, to } => {
                let text =
                    self.lab.read(file).filter(|text| text.contains(from)).map(|text| text.replacen(from, to, 1));
                match text {
                    Some(text) => {
                        self.played.transcript.push_str(&format!("# in {file}: {from:?} becomes {to:?}\n"));
                        self.lab.write(file, &text);
                    }
                    None => self.fail(number, &format!("edits {file}, which has no {from:?}")),
                }
                self.observe(&[]);
            }
            Action::Wait(ms) => {
                let until = self.lab.now() + *ms;
                while self.lab.now() < until {
                    self.pass_time(until);
                }
            }
        }
    }

    fn run(&mut self, line: &str) {
        self.played.transcript.push_str(&format!("$ {line}\n"));
        self.lab.submit(0, line);
        self.observe(&[Observation::Typed(line.to_owned())]);
        let until = self.lab.now() + PATIENCE_MS;
        // Also what was put into the background has said what it has to say.
        while (self.lab.is_busy(0) || self.lab.works_until().is_some()) && self.lab.now() < until {
            self.pass_time(until);
        }
        if self.lab.is_busy(0) {
            self.lab.interrupt(0);
            self.observe(&[]);
        }
        if !self.played.transcript.ends_with('\n') {
            self.played.transcript.push('\n');
        }
    }

    fn pass_time(&mut self, until: SimTime) {
        let until = until.min(self.lab.now() + LOOK_MS);
        if self.lab.next_at() <= until {
            self.lab.step();
        } else {
            self.lab.run_until(until);
        }
        self.observe(&[]);
    }

    fn observe(&mut self, seen: &[Observation]) {
        let printed: String = self.lab.take_output(0).into_iter().map(|chunk| chunk.text).collect();
        self.played.transcript.push_str(&printed);
        let mut seen = seen.to_vec();
        seen.extend((!printed.is_empty()).then_some(Observation::Printed(printed)));
        for happening in self.progress.observe(&self.lab, &seen) {
            if let Happening::StepDone { step, at } = happening {
                let line = format!("# step {} done at {} s\n", step + 1, at.as_ms() / 1000);
                if !self.played.transcript.ends_with('\n') {
                    self.played.transcript.push('\n');
                }
                self.played.transcript.push_str(&line);
            }
        }
    }
}
