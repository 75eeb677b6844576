//! The headless command: a session typed from a file, its transcript on standard output; and what authors need.

mod arguments;
mod check;
mod folder;
mod lesson;
mod session;

use std::process::ExitCode;

/// Runs the command that the arguments name.
pub fn main() -> ExitCode {
    let outcome = arguments::parse(std::env::args_os()).and_then(|command| match command {
        arguments::Command::Help => {
            print!("{}", arguments::HELP);
            Ok(())
        }
        arguments::Command::Run(options) => session::run(&options),
        arguments::Command::Check(options) => check::run(&options),
        arguments::Command::Lesson(file) => lesson::run(&file),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("hellok8s-lab: {message}");
            ExitCode::FAILURE
        }
    }
}
