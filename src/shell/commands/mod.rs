//! The programs that the learner's machine has beside the tools of every machine.

mod compare;
mod curl;
mod docker;
mod help;
mod hey;
mod lab;
mod minikube;
mod within;

pub(super) use within::start as start_within;

use crate::process::{Io, Poll, Process, Started, World, lowered, raised};
use crate::script::{Context, Machine, usage};

/// A program that does all it does at once.
type Immediate = fn(&[String], &mut World<'_>, &mut Io) -> i32;

#[derive(Clone)]
struct Once {
    run: Immediate,
    arguments: Vec<String>,
}

impl Process for Once {
    fn poll(&mut self, world: &mut World<'_>, io: &mut Io) -> Poll {
        Poll::Exited((self.run)(&self.arguments, world, io))
    }
}

/// Programs that tutorials choose fields with, and that the lab does not have.
const ELSEWHERE: [&str; 3] = ["jq", "yq", "python3"];

/// The learner's machine.
pub(super) static MACHINE: Machine = Machine {
    start: own,
    own: &["curl", "diff", "docker", "help", "hey", "kubectl", "lab", "minikube"],
    lacks: &[],
    variables: &[
        ("HOME", "/home/learner"),
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ("PWD", "/home/learner"),
        ("SHELL", "/bin/bash"),
        ("USER", "learner"),
    ],
    not_found,
    runs_files: true,
    patience: (5, 500),
};

fn not_found(name: &str) -> String {
    if name.contains('/') {
        return format!("bash: {name}: No such file or directory\n");
    }
    if ELSEWHERE.contains(&name) {
        let hint = "it is not in this lab; kubectl's -o jsonpath, -o custom-columns and awk choose fields";
        return format!("bash: {name}: command not found ({hint})\n");
    }
    format!("bash: {name}: command not found\n")
}

fn own(arguments: &[String], _: &Context) -> Option<crate::script::Started> {
    let (name, rest) = arguments.split_first()?;
    let run = match name.rsplit('/').next().unwrap_or(name) {
        "curl" => return Some(curl::start(rest).map(lowered)),
        "diff" => return Some(compare::diff(rest).map(lowered)),
        "hey" => return Some(hey::start(rest).map(lowered)),
        "kubectl" => return Some(Ok(lowered(crate::kubectl::start(rest, super::PROGRAMS)))),
        "docker" => docker::run,
        "help" => help::run,
        "lab" => lab::run,
        "minikube" => minikube::run,
        _ => return None,
    };
    Some(Ok(lowered(Box::new(Once { run, arguments: arguments.to_vec() }))))
}

/// Starts a program: its name and its arguments.
pub(super) fn start(words: &[String]) -> Started {
    crate::script::start(words, &Context::of(&MACHINE)).map(raised)
}
