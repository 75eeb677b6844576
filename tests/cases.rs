//! Sessions with assertions, one file an area: `tests/cases/*.txt`. A case is added without a line of Rust.
//!
//! A file holds sessions, each with a cluster of its own:
//!
//! ```text
//! == what the session is about
//! $ kubectl get deploy web -o jsonpath={.spec.replicas}
//! = 3
//! ```
//!
//! `$` types a line; a line that begins with `>` goes on with it. What follows holds of its output, errors included:
//! `=` it is exactly these lines, `+` one of its lines holds this text, `-` none does, `!` its exit code, which is
//! otherwise 0. `@ 5` lets five seconds pass.

// A test that meets what it does not expect has failed: it may panic.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]
#![cfg(not(target_arch = "wasm32"))]

use std::path::Path;

use hellok8s_lab::lab::{Lab, LabOptions};
use hellok8s_lab::sim::SimTime;

/// The longest that a command may take, in simulated milliseconds.
const LONGEST_MS: u64 = 600_000;

/// A line that was typed, and what is said about its output.
#[derive(Default)]
struct Step {
    place: String,
    line: String,
    exact: Vec<String>,
    is_exact: bool,
    present: Vec<String>,
    absent: Vec<String>,
    code: i32,
    seconds_before: u64,
}

fn steps(name: &str, text: &str) -> Vec<(String, Vec<Step>)> {
    let mut sessions: Vec<(String, Vec<Step>)> = Vec::new();
    let mut seconds = 0;
    for (number, line) in (1..).zip(text.lines()) {
        let (mark, rest) = line.split_once(' ').unwrap_or((line, ""));
        if mark == "==" {
            sessions.push((rest.to_owned(), Vec::new()));
            seconds = 0;
            continue;
        }
        let place = format!("tests/cases/{name}:{number}");
        if mark.is_empty() && rest.is_empty() || mark.starts_with('#') {
            continue;
        }
        let steps = &mut sessions.last_mut().unwrap_or_else(|| panic!("{place}: no session before it")).1;
        match mark {
            "$" => {
                let step = Step { place, line: rest.to_owned(), seconds_before: seconds, ..Step::default() };
                steps.push(step);
                seconds = 0;
            }
            "@" => seconds = rest.parse().unwrap_or_else(|_| panic!("{place}: no number of seconds")),
            _ => {
                let step = steps.last_mut().unwrap_or_else(|| panic!("{place}: nothing was typed before it"));
                match mark {
                    ">" => step.line.push_str(&format!("\n{rest}")),
                    "=" => {
                        step.is_exact = true;
                        step.exact.push(rest.to_owned());
                    }
                    "+" => step.present.push(rest.to_owned()),
                    "-" => step.absent.push(rest.to_owned()),
                    "!" => step.code = rest.parse().unwrap_or_else(|_| panic!("{place}: no exit code")),
                    _ => panic!("{place}: {mark:?} is none of $ > = + - ! @"),
                }
            }
        }
    }
    sessions
}

/// What a line prints, and its exit code.
fn run(lab: &mut Lab, line: &str) -> (String, i32) {
    lab.submit(0, line);
    let end = lab.now() + LONGEST_MS;
    while lab.is_busy(0) {
        if lab.next_at() == SimTime::NEVER || lab.now() >= end {
            lab.interrupt(0);
            break;
        }
        lab.step();
    }
    let text: String = lab.take_output(0).into_iter().map(|chunk| chunk.text).collect();
    (text, lab.exit_code(0))
}

fn complaints(step: &Step, printed: &str, code: i32) -> Vec<String> {
    let mut wrong = Vec::new();
    if code != step.code {
        wrong.push(format!("exit code {code}, not {}", step.code));
    }
    if step.is_exact && printed.trim_end_matches('\n') != step.exact.join("\n") {
        wrong.push(format!("it is not exactly {:?}", step.exact.join("\n")));
    }
    for text in step.present.iter().filter(|text| !printed.lines().any(|line| line.contains(text.as_str()))) {
        wrong.push(format!("no line holds {text:?}"));
    }
    for text in step.absent.iter().filter(|text| printed.lines().any(|line| line.contains(text.as_str()))) {
        wrong.push(format!("a line holds {text:?}"));
    }
    wrong
}

#[test]
fn every_case_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .expect("the cases")
        .map(|entry| entry.expect("a file").file_name().into_string().expect("a name"))
        .filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "txt"))
        .collect();
    names.sort();
    let (mut wrong, mut checks) = (Vec::new(), 0);
    for name in names {
        let text = std::fs::read_to_string(folder.join(&name)).expect("a file");
        for (about, steps) in steps(&name, &text) {
            let mut lab = Lab::new(&LabOptions { seed: 1, ..LabOptions::default() });
            let begin = lab.now() + 2000;
            lab.run_until(begin);
            for step in steps {
                let until = lab.now() + step.seconds_before * 1000;
                lab.run_until(until);
                let (printed, code) = run(&mut lab, &step.line);
                checks += 1 + step.present.len() + step.absent.len() + usize::from(step.is_exact);
                let complaints = complaints(&step, &printed, code);
                if !complaints.is_empty() {
                    let complaints = complaints.join("; ");
                    wrong.push(format!("{} ({about}): {complaints}\n$ {}\n{printed}", step.place, step.line));
                }
            }
        }
    }
    println!("{checks} checks, {} of the lines fail", wrong.len());
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
