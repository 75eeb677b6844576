//! The headless command: a session typed from a file, its transcript on standard output; and what authors need.

mod arguments;
mod check;
mod folder;
mod forecast;
mod fuzz;
mod lesson;
mod serve;
mod session;

use std::process::ExitCode;

/// Exit code of a command line that cannot be understood, and of a forecast that cannot be made: the others are answers.
const USAGE: u8 = 2;

/// Runs the command that the arguments name.
pub fn main() -> ExitCode {
    let done = |()| ExitCode::SUCCESS;
    let command = match arguments::parse(std::env::args_os()) {
        Ok(command) => command,
        Err(message) => return failed(&message, ExitCode::from(USAGE)),
    };
    let (outcome, code) = match command {
        arguments::Command::Help => {
            print!("{}", arguments::HELP);
            (Ok(ExitCode::SUCCESS), ExitCode::FAILURE)
        }
        arguments::Command::Version => {
            println!("{} {}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
            (Ok(ExitCode::SUCCESS), ExitCode::FAILURE)
        }
        arguments::Command::Run(options) => (session::run(&options).map(done), ExitCode::FAILURE),
        arguments::Command::Check(options) => (check::run(&options).map(done), ExitCode::FAILURE),
        arguments::Command::Lesson(file) => (lesson::run(&file).map(done), ExitCode::FAILURE),
        arguments::Command::Fuzz(options) => (fuzz::run(&options).map(done), ExitCode::FAILURE),
        arguments::Command::Serve(options) => (serve::run(&options).map(done), ExitCode::FAILURE),
        arguments::Command::Forecast(options) => (forecast::run(&options), ExitCode::from(USAGE)),
    };
    outcome.unwrap_or_else(|message| failed(&message, code))
}

fn failed(message: &str, code: ExitCode) -> ExitCode {
    eprintln!("hellok8s-lab: {message}");
    code
}
