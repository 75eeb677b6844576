//! Mutation testing in one build: how many deliberate faults ("mutants") the tests notice.
//!
//! A build for each mutant takes minutes, so all that are drawn go into one copy of the source, each behind a switch
//! that is read at run time. What does not compile is taken out again. The tests run once to see which of them come by
//! which mutant; then each mutant runs with these tests alone, the quickest first, until one fails.
//!
//! ```text
//! mutants [N] [SEED] [--list] [--again] [--slow] [--tests NAMES] [--least PERCENT]
//! ```
//!
//! N mutants are drawn by SEED, and those of `named.json` come along. `--list` prints all there are. `--again` runs only
//! those that the last run with the same N and SEED missed; `--slow` lets the tests that take long try as well, and
//! `--tests` no other programs than the library's tests and these, divided by commas. With `--least` it is a failure when
//! fewer of the drawn ones are caught. While only tests change, a seed draws the same.

mod find;
mod run;
mod tree;
mod values;
mod viable;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;
use std::{env, fs};

use find::Mutant;
use run::Verdict;

/// The folders that are held to the figure.
const FOLDERS: [&str; 6] =
    ["src/controllers", "src/kubelet", "src/apiserver", "src/scheduler", "src/api/validation", "src/kubectl"];

/// Test programs that say nothing of these folders, or measure.
const LEFT_OUT: [&str; 5] = ["floors", "fuzz", "scale", "serve", "soak"];

/// Those that take longer than all others together: whole recordings.
const SLOW_PROGRAMS: [&str; 2] = ["scenarios", "transcripts"];

/// A test that takes longer, in seconds, is slow.
const SLOW: f64 = 10.0;

type Outcome<T> = Result<T, String>;

struct Arguments {
    count: usize,
    seed: u64,
    list: bool,
    again: bool,
    slow: bool,
    tests: Option<String>,
    least: usize,
}

fn arguments() -> Outcome<Arguments> {
    let mut read = Arguments { count: 60, seed: 1, list: false, again: false, slow: false, tests: None, least: 0 };
    let mut numbers = Vec::new();
    let mut given = env::args().skip(1);
    while let Some(argument) = given.next() {
        match argument.as_str() {
            "--list" => read.list = true,
            "--again" => read.again = true,
            "--slow" => read.slow = true,
            "--tests" => read.tests = Some(given.next().ok_or("--tests wants names")?),
            "--least" => {
                let percent = given.next().and_then(|text| text.parse().ok());
                read.least = percent.ok_or("--least wants a number of percent")?;
            }
            text => numbers.push(text.parse::<u64>().map_err(|_| format!("not a number: {text}"))?),
        }
    }
    if let Some(count) = numbers.first() {
        read.count = usize::try_from(*count).map_err(|error| error.to_string())?;
    }
    read.seed = numbers.get(1).copied().unwrap_or(read.seed);
    Ok(read)
}

fn main() -> Result<(), String> {
    let arguments = arguments()?;
    let tool = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = tool.join("../..").canonicalize().map_err(|error| error.to_string())?;
    let begin = Instant::now();

    let named = find::named(&root, &tool.join("named.json"))?;
    let all = find::in_folders(&root, &FOLDERS)?;
    if arguments.list {
        all.iter().chain(&named).for_each(|mutant| println!("{mutant}"));
        return Ok(());
    }
    let equivalent = lines(&tool.join("equivalent.txt"));
    let there = all.len();
    let mut drawn = all;
    shuffle(&mut drawn, arguments.seed);
    drawn.retain(|mutant| !equivalent.contains(&mutant.key()));
    let known = there - drawn.len();
    // More than are asked for: about one in ten does not compile.
    drawn.truncate(arguments.count + arguments.count / 2);

    let folder = root.join("target/mutants");
    let missed_file = folder.join("missed.txt");
    let copy = folder.join("tree");
    let before = tree::copy(&root, &copy)?;
    let mut mutants: Vec<Mutant> = named.into_iter().chain(drawn).collect();
    (1..).zip(&mut mutants).for_each(|(id, mutant)| mutant.id = id);
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| folder.join("target"), PathBuf::from);
    // What did not compile does not compile now: its key has the text that it is of.
    let unviable_file = folder.join("unviable.txt");
    let mut unviable_keys = lines(&unviable_file);
    let drawn = mutants.len();
    mutants.retain(|mutant| mutant.named || !unviable_keys.contains(&mutant.key()));
    let unviable = viable::sift(&before, &copy, &target, &mut mutants)?;
    unviable_keys.extend(unviable.iter().filter(|mutant| !mutant.named).map(Mutant::key));
    fs::write(&unviable_file, unviable_keys.into_iter().collect::<Vec<_>>().join("\n"))
        .map_err(|error| error.to_string())?;
    let built = begin.elapsed();
    println!("{there} mutants are there, {known} of them known to change nothing");
    let dropped = drawn - mutants.len();
    println!("{dropped} of {drawn} do not compile; the others stand in one build after {} s", built.as_secs());
    for mutant in unviable.iter().filter(|mutant| mutant.named) {
        println!("does not compile, though written by hand: {mutant}");
    }

    let left_out = [&LEFT_OUT[..], if arguments.slow { &[] } else { &SLOW_PROGRAMS }].concat();
    let is_wanted = |name: &str| match &arguments.tests {
        Some(names) => names.split(',').any(|wanted| wanted == name),
        None => !left_out.contains(&name),
    };
    let programs = run::build(&copy, &target, &is_wanted)?;
    let reach = run::reach(&copy, &folder, &programs, if arguments.slow { f64::MAX } else { SLOW })?;
    println!("the tests have run once after {} s", begin.elapsed().as_secs());
    let count = mutants.iter().filter(|mutant| mutant.named).count() + arguments.count;
    mutants.truncate(count);
    if arguments.again {
        let missed = lines(&missed_file);
        mutants.retain(|mutant| missed.contains(&mutant.key()));
    }
    let verdicts = run::all(&copy, &reach, &mutants);

    report("written by hand", &mutants, &verdicts, true);
    let (caught, drawn) = report("drawn", &mutants, &verdicts, false);
    let missed: Vec<String> = mutants
        .iter()
        .zip(&verdicts)
        .filter(|(_, verdict)| !verdict.is_caught())
        .map(|(mutant, _)| mutant.key())
        .collect();
    fs::write(&missed_file, missed.join("\n")).map_err(|error| error.to_string())?;
    println!("all in {} s", begin.elapsed().as_secs());
    let by_hand = mutants.iter().zip(&verdicts).any(|(mutant, verdict)| mutant.named && !verdict.is_caught());
    if by_hand || unviable.iter().any(|mutant| mutant.named) {
        return Err("a mutant written by hand is not caught".to_owned());
    }
    if caught * 100 < arguments.least * drawn {
        return Err(format!("fewer than {} % of the mutants drawn are caught", arguments.least));
    }
    Ok(())
}

/// The lines of a file that say something; none where there is no file.
fn lines(path: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
}

/// Fisher and Yates' shuffle with Steele's SplitMix64: the same seed draws the same everywhere.
fn shuffle(mutants: &mut [Mutant], seed: u64) {
    let mut state = seed;
    for at in (1..mutants.len()).rev() {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^= word >> 31;
        let other = usize::try_from(word % (at as u64 + 1)).unwrap_or(at);
        mutants.swap(at, other);
    }
}

/// Prints what came of them; how many are caught, and of how many.
fn report(title: &str, mutants: &[Mutant], verdicts: &[Verdict], named: bool) -> (usize, usize) {
    let of: Vec<(&Mutant, &Verdict)> =
        mutants.iter().zip(verdicts).filter(|(mutant, _)| mutant.named == named).collect();
    let count = |is: fn(&Verdict) -> bool| of.iter().filter(|(_, verdict)| is(verdict)).count();
    let caught = count(Verdict::is_caught);
    let unreached = count(|verdict| matches!(verdict, Verdict::NotReached));
    let share = caught * 1000 / of.len().max(1);
    println!(
        "\n{title}: {} mutants, {caught} caught ({}.{} %), {} missed, of them {unreached} reached by no test",
        of.len(),
        share / 10,
        share % 10,
        of.len() - caught
    );
    for (mutant, verdict) in of.iter().filter(|(_, verdict)| !verdict.is_caught()) {
        println!("{verdict}: {mutant}");
    }
    (caught, of.len())
}
