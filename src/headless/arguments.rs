//! What was asked for on the command line.

use std::ffi::OsString;
use std::path::PathBuf;

use hellok8s_lab::api::KubernetesVersion;
use lexopt::prelude::{Long, Short, Value};

use super::check::CheckOptions;

/// What `--help` prints.
pub const HELP: &str = "\
hellok8s-lab run [--dir DIR] [--seed N] [--k8s 1.36|1.22] [--timeline FILE] [--decisions FILE] SESSION

Types the lines of SESSION (- for standard input) into the lab's terminal and prints each with its output.

  --dir DIR         the lab's files are those of DIR and its folders, hidden folders left out
  --seed N          decides every random draw (0)
  --k8s VERSION     which Kubernetes: 1.36 or 1.22
  --timeline FILE   writes every watch event to FILE, one JSON object a line
  --decisions FILE  writes every decision to FILE, one JSON object a line

hellok8s-lab lesson FILE

Checks a lesson's file and plays its solution; exits with 1 when either is wrong.

hellok8s-lab check [--update] [--dir DIR] [--seed N] [--k8s 1.36|1.22] FILE.md

Types the commands of a Markdown tutorial and shows where what they print differs; exits with 1 when it does.

  --update          writes what was printed into FILE.md instead
";

/// What to do.
pub enum Command {
    /// Print the help text.
    Help,
    /// Run a session.
    Run(RunOptions),
    /// Check a lesson's file.
    Lesson(PathBuf),
    /// Check a tutorial.
    Check(CheckOptions),
}

/// How to run a session.
#[derive(Default)]
pub struct RunOptions {
    /// Folder with the lab's files.
    pub dir: Option<PathBuf>,
    /// Seed.
    pub seed: u64,
    /// Which Kubernetes.
    pub version: KubernetesVersion,
    /// Where the watch log goes.
    pub timeline: Option<PathBuf>,
    /// Where the decisions go.
    pub decisions: Option<PathBuf>,
    /// The session's file; `-` for standard input.
    pub session: PathBuf,
}

/// Reads the command line.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, String> {
    parse_all(arguments).map_err(|error| format!("{error}\n\n{HELP}"))
}

fn parse_all(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, lexopt::Error> {
    let mut parser = lexopt::Parser::from_iter(arguments);
    let mut options = RunOptions::default();
    let mut words: Vec<OsString> = Vec::new();
    let mut is_update = false;
    while let Some(argument) = parser.next()? {
        match argument {
            Long("dir") => options.dir = Some(parser.value()?.into()),
            Long("seed") => options.seed = lexopt::ValueExt::parse(&parser.value()?)?,
            Long("k8s") => {
                let text = lexopt::ValueExt::string(parser.value()?)?;
                let unknown = || lexopt::Error::from(format!("unknown version {text:?}: 1.36 or 1.22"));
                options.version = KubernetesVersion::parse(&text).ok_or_else(unknown)?;
            }
            Long("timeline") => options.timeline = Some(parser.value()?.into()),
            Long("decisions") => options.decisions = Some(parser.value()?.into()),
            Long("update") => is_update = true,
            Long("help") | Short('h') => return Ok(Command::Help),
            Value(word) => words.push(word),
            other => return Err(other.unexpected()),
        }
    }
    match words.as_slice() {
        [command, session] if command == "run" => {
            options.session = session.into();
            Ok(Command::Run(options))
        }
        [command, file] if command == "check" => {
            let RunOptions { dir, seed, version, .. } = options;
            Ok(Command::Check(CheckOptions { file: file.into(), is_update, dir, seed, version }))
        }
        [command, file] if command == "lesson" => Ok(Command::Lesson(file.into())),
        [command] if command == "help" => Ok(Command::Help),
        [command] if command == "run" => Err("run needs a session file".into()),
        [] => Ok(Command::Help),
        _ => Err("expected: run SESSION, lesson FILE or check FILE.md".into()),
    }
}
