//! What was asked for on the command line.

use std::ffi::OsString;
use std::path::PathBuf;

use hellok8s_lab::api::KubernetesVersion;
use lexopt::prelude::{Long, Short, Value};

use super::check::CheckOptions;
use super::forecast::{ForecastOptions, Format, Nodes, Requests};
use super::serve::ServeOptions;

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

hellok8s-lab check [--update] [--junit FILE] [--dir DIR] [--seed N] [--k8s 1.36|1.22] FILE.md

Types the commands of a Markdown tutorial and shows where what they print differs; exits with 1 when it does.

  --update          writes what was printed into FILE.md instead
  --junit FILE      writes what was found to FILE as well, as JUnit's XML

hellok8s-lab forecast [--nodes NODES] [--traffic TRAFFIC] [--seed N] [--k8s 1.36|1.22] [-o text|json|markdown|sarif] OLD NEW

Says what applying NEW does to a cluster in which OLD has come to rest; each is a manifest or a folder of them.

  --nodes NODES     what the node has, as cpu=4,memory=16Gi,pods=110: what is not named stays as in the page; how many
                    there are and where, as 3 or 2,cpu=4,zone=a, as often as there are kinds of them; or the file that
                    kubectl get nodes -o yaml has written
  --traffic N       N requests a second to every Service of OLD, or to one: [NAMESPACE/]SERVICE=N[/PATH], as often as
                    there are Services; then it interrupts service when a larger part of them is lost than before
  -o FORMAT         how it is written (text)

Exits with 0 when it rolls out or nothing changes, 10 when it interrupts service, 20 when it stalls, 30 when it is
refused, 40 when it cannot say because something that may decide is not simulated, and 2 when it cannot be made.

hellok8s-lab fuzz [--seeds N] [--from SEED] [--minutes M] [--session FILE]

Plays random worlds and watches Kubernetes' invariants at every step. Prints the seed of each world in which one does not
hold, writes the smallest such world to fuzz-SEED.json, and exits with 1.

  --seeds N         so many worlds (1000)
  --from SEED       the first one's seed (0)
  --minutes M       none is begun after so many minutes
  --session FILE    plays what was written to FILE instead; a page's session does as well

hellok8s-lab serve [--port N] [--site DIR]

Shows the page from this machine, for its own browsers alone.

  --port N          where (8080; 0 takes a free port)
  --site DIR        a page that ./lab build has built, in the place of the one in this command

hellok8s-lab version
";

/// What to do.
pub enum Command {
    /// Print the help text.
    Help,
    /// Print the command's version.
    Version,
    /// Run a session.
    Run(RunOptions),
    /// Check a lesson's file.
    Lesson(PathBuf),
    /// Check a tutorial.
    Check(CheckOptions),
    /// Say what a change does.
    Forecast(ForecastOptions),
    /// Play random worlds.
    Fuzz(FuzzOptions),
    /// Show the page.
    Serve(ServeOptions),
}

/// Which random worlds to play.
pub struct FuzzOptions {
    /// How many.
    pub seeds: u64,
    /// The first one's seed.
    pub first: u64,
    /// None is begun after so many minutes.
    pub minutes: Option<u64>,
    /// What was found before, to be played instead.
    pub session: Option<PathBuf>,
}

impl Default for FuzzOptions {
    fn default() -> Self {
        Self { seeds: 1_000, first: 0, minutes: None, session: None }
    }
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

/// What stands on the command line.
#[derive(Default)]
struct Given {
    words: Vec<OsString>,
    options: RunOptions,
    is_update: bool,
    junit: Option<PathBuf>,
    format: Option<Format>,
    nodes: Vec<Nodes>,
    traffic: Vec<Requests>,
    fuzz: FuzzOptions,
    port: Option<u16>,
    site: Option<PathBuf>,
    wants_help: bool,
    wants_version: bool,
}

/// Reads the command line.
///
/// # Errors
/// What is wrong with it, and the help text.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, String> {
    let given = Given::read(lexopt::Parser::from_iter(arguments));
    given.and_then(Given::command).map_err(|error| format!("{error}\n\n{HELP}"))
}

impl Given {
    fn read(mut parser: lexopt::Parser) -> Result<Self, lexopt::Error> {
        let mut given = Self::default();
        while let Some(argument) = parser.next()? {
            match argument {
                Long("dir") => given.options.dir = Some(parser.value()?.into()),
                Long("seed") => given.options.seed = lexopt::ValueExt::parse(&parser.value()?)?,
                Long("k8s") => {
                    let text = lexopt::ValueExt::string(parser.value()?)?;
                    let unknown = || lexopt::Error::from(format!("unknown version {text:?}: 1.36 or 1.22"));
                    given.options.version = KubernetesVersion::parse(&text).ok_or_else(unknown)?;
                }
                Long("timeline") => given.options.timeline = Some(parser.value()?.into()),
                Long("decisions") => given.options.decisions = Some(parser.value()?.into()),
                Long("seeds") => given.fuzz.seeds = lexopt::ValueExt::parse(&parser.value()?)?,
                Long("from") => given.fuzz.first = lexopt::ValueExt::parse(&parser.value()?)?,
                Long("minutes") => given.fuzz.minutes = Some(lexopt::ValueExt::parse(&parser.value()?)?),
                Long("session") => given.fuzz.session = Some(parser.value()?.into()),
                Long("update") => given.is_update = true,
                Long("port") => given.port = Some(lexopt::ValueExt::parse(&parser.value()?)?),
                Long("site") => given.site = Some(parser.value()?.into()),
                Long("junit") => given.junit = Some(parser.value()?.into()),
                Long("output") | Short('o') => {
                    let name = lexopt::ValueExt::string(parser.value()?)?;
                    let unknown =
                        || lexopt::Error::from(format!("unknown format {name:?}: text, json, markdown or sarif"));
                    given.format = Some(Format::parse(&name).ok_or_else(unknown)?);
                }
                Long("nodes") => {
                    let text = lexopt::ValueExt::string(parser.value()?)?;
                    given.nodes.push(Nodes::parse(&text).map_err(lexopt::Error::from)?);
                }
                Long("traffic") => {
                    let text = lexopt::ValueExt::string(parser.value()?)?;
                    given.traffic.push(Requests::parse(&text).map_err(lexopt::Error::from)?);
                }
                Long("help") | Short('h') => given.wants_help = true,
                Long("version") | Short('V') => given.wants_version = true,
                Value(word) => given.words.push(word),
                other => return Err(other.unexpected()),
            }
        }
        Ok(given)
    }

    /// What is to be done, if that is one command with its own flags.
    fn command(self) -> Result<Command, lexopt::Error> {
        let Self {
            words,
            options,
            is_update,
            junit,
            format,
            nodes,
            traffic,
            fuzz,
            port,
            site,
            wants_help,
            wants_version,
        } = self;
        if wants_help {
            return Ok(Command::Help);
        }
        if wants_version {
            return Ok(Command::Version);
        }
        let command = words.first().and_then(|word| word.to_str()).unwrap_or_default();
        if format.is_some() && command != "forecast" {
            return Err("-o is for forecast".into());
        }
        if (!nodes.is_empty() || !traffic.is_empty()) && command != "forecast" {
            return Err("--nodes and --traffic are for forecast".into());
        }
        if junit.is_some() && (command != "check" || is_update) {
            return Err("--junit is for check, without --update".into());
        }
        if (port.is_some() || site.is_some()) && command != "serve" {
            return Err("--port and --site are for serve".into());
        }
        let RunOptions { dir, seed, version, .. } = &options;
        let (dir, seed, version) = (dir.clone(), *seed, *version);
        match words.as_slice() {
            [command, session] if command == "run" => {
                Ok(Command::Run(RunOptions { session: session.into(), ..options }))
            }
            [command, file] if command == "check" => {
                Ok(Command::Check(CheckOptions { file: file.into(), is_update, junit, dir, seed, version }))
            }
            [command, old, new] if command == "forecast" => {
                let format = format.unwrap_or_default();
                let (old, new) = (old.into(), new.into());
                Ok(Command::Forecast(ForecastOptions { old, new, nodes, traffic, seed, version, format }))
            }
            [command, file] if command == "lesson" => Ok(Command::Lesson(file.into())),
            [command] if command == "serve" => Ok(Command::Serve(ServeOptions { port: port.unwrap_or(8080), site })),
            [command] if command == "fuzz" => Ok(Command::Fuzz(fuzz)),
            [command] if command == "run" => Err("run needs a session file".into()),
            [command, ..] if command == "forecast" => Err("forecast needs two files or folders: OLD and NEW".into()),
            [command] if command == "help" => Ok(Command::Help),
            [command] if command == "version" => Ok(Command::Version),
            [] => Ok(Command::Help),
            _ => Err("expected: run SESSION, lesson FILE, check FILE.md, forecast OLD NEW, serve or fuzz".into()),
        }
    }
}
