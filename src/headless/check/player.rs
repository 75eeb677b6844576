//! Types a tutorial's commands as a reader would: waits until what is printed looks like the tutorial, and opens
//! another terminal while a command does not end.

use hellok8s_lab::lab::Lab;
use hellok8s_lab::shell::{is_service, never_ends};
use hellok8s_lab::sim::SimTime;

use super::compare;
use super::names::Names;

/// Simulated milliseconds for which a reader repeats a command whose output is not yet as it should be.
const PATIENCE_MS: u64 = 180_000;
/// Between two of these attempts.
const REPEAT_MS: u64 = 1_000;
/// Simulated milliseconds that an endless command is given.
const ENDLESS_MS: u64 = 120_000;
/// As [`ENDLESS_MS`], where nothing is said to be printed.
const SILENT_MS: u64 = 10_000;
/// A command that has not ended after this many simulated milliseconds never will.
const LONGEST_MS: u64 = 3_600_000;
/// Terminals that are used in turn.
const TERMINALS: usize = 8;

/// Somebody who reads the tutorial and types along.
#[derive(Clone)]
pub struct Player {
    lab: Lab,
    names: Names,
    terminal: usize,
    last_file: Option<String>,
}

impl Player {
    /// Somebody in front of this lab.
    pub fn new(lab: Lab) -> Self {
        Self { lab, names: Names::default(), terminal: 0, last_file: None }
    }

    /// The lab.
    pub fn lab(&self) -> &Lab {
        &self.lab
    }

    /// The file that was written last.
    pub fn last_file(&self) -> Option<&str> {
        self.last_file.as_deref()
    }

    /// Writes a file.
    pub fn write(&mut self, name: &str, text: &str) {
        self.lab.write(name, text);
        self.last_file = Some(name.to_owned());
    }

    /// Types a command of which the tutorial shows no output. Gives its output and exit code.
    pub fn run(&mut self, command: &str) -> (String, i32) {
        let command = self.names.translated(command, &self.lab);
        let output = self.attempt(&command, &[]);
        // What was left running or interrupted has not failed.
        let code = if never_ends(&command) { 0 } else { self.lab.exit_code(self.terminal) };
        (output, code)
    }

    /// Types a command, later if its output is not yet as it should be. Gives the output; the one that comes nearest
    /// when none is equal.
    pub fn run_until_printed(&mut self, command: &str, expected: &[String]) -> String {
        let command = self.names.translated(command, &self.lab);
        let expected: Vec<String> = expected.iter().filter(|line| line.trim() != "^C").cloned().collect();
        let until = self.lab.now() + PATIENCE_MS;
        let mut best: Option<((usize, usize), Self, String)> = None;
        loop {
            let mut reader = self.clone();
            let output = reader.attempt(&command, &expected);
            let lines: Vec<String> = output.lines().map(|line| line.trim_end().to_owned()).collect();
            let is_equal = compare::fits(&expected, &lines);
            let distance = if is_equal { (0, 0) } else { compare::distance(&expected, &lines) };
            if best.as_ref().is_none_or(|(least, ..)| distance < *least) {
                for (theirs, ours) in compare::pairs(&expected, &lines) {
                    reader.names.learn(theirs, ours);
                }
                best = Some((distance, reader, output));
            }
            if is_equal || never_ends(&command) || self.lab.now() >= until {
                break;
            }
            self.pass_time(REPEAT_MS);
        }
        let Some((_, reader, output)) = best else { return String::new() };
        *self = reader;
        output
    }

    /// Types a command now. One that does not end is given time until the expected lines have come; then it goes on in
    /// its terminal if others need it, and is interrupted otherwise.
    fn attempt(&mut self, command: &str, expected: &[String]) -> String {
        let is_endless = never_ends(command);
        if self.lab.is_busy(self.terminal) {
            self.terminal = (self.terminal + 1) % TERMINALS;
            if self.lab.is_busy(self.terminal) {
                self.lab.interrupt(self.terminal);
            }
        }
        self.lab.take_output(self.terminal);
        self.lab.submit(self.terminal, command);
        let limit_ms = match (is_endless, expected.is_empty()) {
            (false, _) => LONGEST_MS,
            (true, false) => ENDLESS_MS,
            (true, true) => SILENT_MS,
        };
        let until = self.lab.now() + limit_ms;
        let mut output = self.printed();
        // A reader also waits until what was put into the background has begun.
        while (self.lab.is_busy(self.terminal) || self.lab.works_until().is_some())
            && !(is_endless && has_come(expected, &output))
        {
            let next = self.lab.next_at();
            if next == SimTime::NEVER || next > until {
                self.lab.run_until(until.max(self.lab.now()));
                break;
            }
            self.lab.step();
            output.push_str(&self.printed());
        }
        if self.lab.is_busy(self.terminal) && !is_service(command) {
            self.lab.interrupt(self.terminal);
            self.lab.take_output(self.terminal);
        }
        output
    }

    fn printed(&mut self) -> String {
        self.lab.take_output(self.terminal).into_iter().map(|chunk| chunk.text).collect()
    }

    fn pass_time(&mut self, ms: u64) {
        self.lab.run_until(self.lab.now() + ms);
    }
}

fn has_come(expected: &[String], output: &str) -> bool {
    let lines: Vec<String> = output.lines().map(str::to_owned).collect();
    !expected.is_empty() && compare::fits(expected, &lines)
}
