//! Builds the tests of the copy, sees which of them come by which mutant, and runs each mutant with these.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};
use std::{fmt, fs, thread};

use serde_json::Value;

use crate::Outcome;
use crate::find::Mutant;

/// Tests quicker than this, in seconds, share a process.
const QUICK: f64 = 0.2;

/// What a process of tests may take of memory, in KiB: a mutant that loops may fill it.
const MEMORY: u32 = 6 << 20;

/// What came of a mutant.
pub enum Verdict {
    /// By this test, or the first of those that ran together.
    Caught(String),
    /// It did not come to an end.
    TimedOut,
    Missed,
    NotReached,
}

impl Verdict {
    pub fn is_caught(&self) -> bool {
        matches!(self, Self::Caught(_) | Self::TimedOut)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Caught(by) => write!(f, "caught by {by}"),
            Self::TimedOut => f.write_str("caught by the time it takes"),
            Self::Missed => f.write_str("missed"),
            Self::NotReached => f.write_str("not reached"),
        }
    }
}

/// A program of tests.
pub struct Program {
    name: String,
    path: PathBuf,
}

#[derive(Clone)]
struct Test {
    program: PathBuf,
    name: String,
    seconds: f64,
}

/// The tests that come by each mutant, the quickest first.
pub struct Reach(BTreeMap<u32, Vec<Test>>);

/// Builds the library's tests and the programs of tests that are wanted.
pub fn build(copy: &Path, target: &Path, is_wanted: &dyn Fn(&str) -> bool) -> Outcome<Vec<Program>> {
    let mut command = Command::new("cargo");
    command.args(["test", "--no-run", "--quiet", "--locked", "--message-format=json", "--lib"]);
    for entry in fs::read_dir(copy.join("tests")).map_err(|error| error.to_string())? {
        let path = entry.map_err(|error| error.to_string())?.path();
        let is_program = path.extension().is_some_and(|ending| ending == "rs") || path.join("main.rs").exists();
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        if is_program && is_wanted(&name) {
            command.args(["--test", &*name]);
        }
    }
    let output = command
        .current_dir(copy)
        .env("CARGO_TARGET_DIR", target)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cargo: {error}"))?;
    if !output.status.success() {
        return Err("the tests of the copy do not compile".to_owned());
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let artifacts = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    Ok(artifacts
        .filter(|line| line["profile"]["test"] == true)
        .filter_map(|line| {
            let path = PathBuf::from(line["executable"].as_str()?);
            Some(Program { name: line["target"]["name"].as_str()?.to_owned(), path })
        })
        .collect())
}

/// Runs all tests once, without a mutant. Those that take longer than this, in seconds, count as not there.
pub fn reach(copy: &Path, folder: &Path, programs: &[Program], longest: f64) -> Outcome<Reach> {
    let mut reached = BTreeMap::<u32, Vec<Test>>::new();
    for program in programs {
        let notes = folder.join("reach.txt");
        let _ = fs::remove_file(&notes);
        let output = tests(copy, &program.path)
            // Two, because a test has a thread of its own, with its name, only where there are several.
            .args(["--test-threads=2", "-Zunstable-options", "--report-time"])
            .env("RUSTC_BOOTSTRAP", "1")
            .env("LAB_MUTANTS_REACH", &notes)
            .stderr(Stdio::null())
            .output()
            .map_err(|error| format!("{}: {error}", program.name))?;
        let times = times(&String::from_utf8_lossy(&output.stdout));
        if !output.status.success() {
            println!("{}: a test fails without a mutant, and is left out", program.name);
        }
        let mut by_mutant = BTreeMap::<u32, BTreeSet<&str>>::new();
        let text = fs::read_to_string(&notes).unwrap_or_default();
        for (thread, mutant) in text.lines().filter_map(|line| line.split_once('\t')) {
            let Ok(mutant) = mutant.parse() else { continue };
            let names = by_mutant.entry(mutant).or_default();
            match times.get_key_value(thread) {
                Some((name, _)) => names.extend([name.as_str()]),
                // A test that failed, or a thread or a program that some test began.
                None if thread == "main" || thread.is_empty() => names.extend(times.keys().map(String::as_str)),
                None => {}
            }
        }
        for (mutant, names) in by_mutant {
            let tests = names.into_iter().filter_map(|name| {
                let seconds = times.get(name).copied().filter(|seconds| *seconds <= longest)?;
                Some(Test { program: program.path.clone(), name: name.to_owned(), seconds })
            });
            reached.entry(mutant).or_default().extend(tests);
        }
    }
    for tests in reached.values_mut() {
        tests.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    }
    Ok(Reach(reached))
}

/// The tests that passed, with their seconds: `test NAME ... ok <0.123s>`.
fn times(output: &str) -> BTreeMap<String, f64> {
    let passed = output.lines().filter_map(|line| {
        let (name, rest) = line.strip_prefix("test ")?.split_once(" ... ")?;
        let seconds = rest.strip_prefix("ok <")?.strip_suffix("s>")?.parse().ok()?;
        // A test that is to panic has that after its name.
        Some((name.split(' ').next().unwrap_or(name).to_owned(), seconds))
    });
    passed.collect()
}

/// A program of tests as it is run here: the same every time, writing nothing down, with a bound on its memory.
fn tests(copy: &Path, program: &Path) -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("ulimit -v {MEMORY}; exec \"$0\" \"$@\"")])
        .arg(program)
        .current_dir(copy)
        .env("CARGO_MANIFEST_DIR", copy)
        .env("INSTA_UPDATE", "no")
        .env("PROPTEST_RNG_SEED", "1")
        .env("PROPTEST_MAX_SHRINK_ITERS", "0")
        .env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "1")
        .stdin(Stdio::null());
    command
}

/// Runs the mutants, as many at a time as there are processors; the verdicts in the order of the mutants.
pub fn all(copy: &Path, reach: &Reach, mutants: &[Mutant]) -> Vec<Verdict> {
    let next = Mutex::new(0..mutants.len());
    let verdicts = Mutex::new(BTreeMap::new());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(at) = next.lock().ok().and_then(|mut next| next.next()) {
                    let begin = Instant::now();
                    let verdict =
                        verdict(copy, reach.0.get(&mutants[at].id).map_or(&[], Vec::as_slice), mutants[at].id);
                    println!("{:4} s  {}  {verdict}", begin.elapsed().as_secs(), mutants[at]);
                    if let Ok(mut verdicts) = verdicts.lock() {
                        verdicts.insert(at, verdict);
                    }
                }
            });
        }
    });
    verdicts.into_inner().map(|verdicts| verdicts.into_values().collect()).unwrap_or_default()
}

fn verdict(copy: &Path, tests: &[Test], mutant: u32) -> Verdict {
    if tests.is_empty() {
        return Verdict::NotReached;
    }
    let (quick, slow): (Vec<&Test>, Vec<&Test>) = tests.iter().partition(|test| test.seconds < QUICK);
    let mut together = BTreeMap::<&Path, Vec<&Test>>::new();
    for test in quick {
        together.entry(&test.program).or_default().push(test);
    }
    let mut batches: Vec<Vec<&Test>> = together.into_values().collect();
    batches.sort_by(|a, b| seconds(a).total_cmp(&seconds(b)));
    batches.extend(slow.into_iter().map(|test| vec![test]));
    batches.iter().find_map(|batch| fails(copy, batch, mutant)).unwrap_or(Verdict::Missed)
}

fn seconds(batch: &[&Test]) -> f64 {
    batch.iter().map(|test| test.seconds).sum()
}

/// Runs tests of one program with a mutant until one fails; nothing when all pass.
fn fails(copy: &Path, batch: &[&Test], mutant: u32) -> Option<Verdict> {
    let first = batch.first()?;
    let mut child = tests(copy, &first.program)
        .args(["--test-threads=1", "--exact"])
        .args(batch.iter().map(|test| &test.name))
        .env("LAB_MUTANT", mutant.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let (sender, lines) = mpsc::channel();
    let output = BufReader::new(child.stdout.take()?);
    thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
    let end = Instant::now() + Duration::from_secs(20) + Duration::from_secs_f64(10.0 * seconds(batch));
    let verdict = loop {
        match lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(line) if line.ends_with("FAILED") && line.starts_with("test ") => {
                let name = line.split(' ').nth(1).unwrap_or(&first.name);
                break Some(Verdict::Caught(name.to_owned()));
            }
            Ok(_) => {}
            Err(RecvTimeoutError::Timeout) => break Some(Verdict::TimedOut),
            Err(RecvTimeoutError::Disconnected) => break None,
        }
    };
    if verdict.is_some() {
        let _ = child.kill();
    }
    let succeeded = child.wait().is_ok_and(|status| status.success());
    verdict.or_else(|| (!succeeded).then(|| Verdict::Caught(first.name.clone())))
}
