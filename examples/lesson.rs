//! Follows a learner through a lesson: `cargo run --example lesson`.

use std::sync::Arc;

use hellok8s_lab::lab::{Lab, LabOptions};
use hellok8s_lab::lessons::{Happening, Lesson, Observation, Progress};

const LESSON: &str = "\
id: two
section: rollout
title: {zh: 两个, en: Two}
intro: {zh: 一个 Pod 变成两个。, en: One pod becomes two.}
start:
  run:
  - kubectl create deployment web --image=nginx
steps:
- text: {zh: 要两个 Pod。, en: Have two pods.}
  goal: [pods(ready) == 2]
  solution:
  - run: kubectl scale deployment web --replicas=2
";

fn main() -> Result<(), String> {
    print!("{}", followed()?);
    Ok(())
}

/// What was typed, and what the lesson says of it.
///
/// # Errors
/// When the lesson cannot be read.
pub fn followed() -> Result<String, String> {
    let lesson = Lesson::parse("two.yaml", LESSON).map_err(|problems| {
        let lines = problems.iter().map(|problem| format!("{}: {}\n", problem.line, problem.message));
        lines.collect::<String>()
    })?;
    let mut lab = Lab::new(&LabOptions::default());
    let mut progress = Progress::start(&Arc::new(lesson), &mut lab);
    let mut told = String::new();
    for line in ["kubectl get pods -o name", "kubectl scale deployment web --replicas=2"] {
        told.push_str(&format!("$ {line}\n"));
        lab.submit(0, line);
        let mut seen = vec![Observation::Typed(line.to_owned())];
        for _ in 0..20 {
            let until = lab.now() + 1_000;
            lab.run_until(until);
            let printed = lab.take_output(0).into_iter().map(|chunk| Observation::Printed(chunk.text));
            seen.extend(printed);
            for happening in progress.observe(&lab, &std::mem::take(&mut seen)) {
                match happening {
                    Happening::StepDone { .. } => told.push_str("# the step is done\n"),
                    Happening::LessonDone { .. } => told.push_str("# the lesson is done\n"),
                    _ => {}
                }
            }
        }
    }
    Ok(told)
}
