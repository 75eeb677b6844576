//! A small shell: what `sh -c "…"` does in images that hold one.
//!
//! A script becomes a list of steps that is carried on lazily, so that endless loops cost only what is looked at.

mod arithmetic;
mod compiler;

use std::collections::{BTreeMap, VecDeque};

use super::program::Surroundings;
use crate::sim::SimTime;
use compiler::{bracketed, compile};

/// Steps that one moment may take: a loop without a pause stops being followed there. What stands in `$(…)` may take a
/// sixteenth.
const MAX_STEPS_AT_ONCE: usize = 2_000;

/// Stands for a `$` in single quotes or behind a backslash, which is no reference.
const QUOTED_DOLLAR: &str = "\u{e000}";

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Run(Vec<String>),
    Jump(usize),
    JumpIfFailed(usize),
    JumpIfOk(usize),
    /// `!`
    Negate,
    /// A `for` begins with these words.
    Begin(Vec<String>),
    /// A `for` gives its variable the next value, or ends there.
    Next(String, usize),
}

/// What SIGTERM does to the shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trap {
    /// As the kernel treats the first process of a container without a handler: nothing.
    Ignored,
    /// Ends with this code.
    Exits(i32),
}

/// A script in the course of its run.
#[derive(Clone, Debug)]
pub(super) struct Script {
    steps: Vec<Step>,
    at: usize,
    time: SimTime,
    last_code: i32,
    /// Exit code, once it has ended; at [`Script::time`].
    exit: Option<i32>,
    /// What SIGTERM does now.
    pub(super) trap: Trap,
    output: Vec<(SimTime, String)>,
    /// What the script has assigned.
    variables: BTreeMap<String, String>,
    /// The values that are left to each `for` that runs, the innermost last.
    loops: Vec<VecDeque<String>>,
    /// How many `$(…)` stand in one another.
    depth: usize,
}

/// The files that scripts touch, by path.
pub(super) type Files = BTreeMap<String, String>;

/// A script could not be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SyntaxError(pub(super) String);

impl Script {
    /// The script for a command of an image with a shell; none when it names no program there.
    pub(super) fn of_command(command: &[String], now: SimTime) -> Option<Self> {
        let (program, arguments) = command.split_first()?;
        let steps = match base_name(program) {
            "sh" | "ash" | "bash" => match arguments {
                [] => Vec::new(),
                [flag, text, ..] if flag.starts_with('-') && flag.ends_with('c') => match compile(text) {
                    Ok(steps) => steps,
                    Err(SyntaxError(message)) => return Some(Self::failing(&message, now)),
                },
                _ => return Some(Self::failing("sh: can't open script", now)),
            },
            name if is_tool(name) => vec![Step::Run(command.to_vec())],
            _ => return None,
        };
        Some(Self::new(steps, now))
    }

    fn new(steps: Vec<Step>, now: SimTime) -> Self {
        Self {
            steps,
            at: 0,
            time: now,
            last_code: 0,
            exit: None,
            trap: Trap::Ignored,
            output: Vec::new(),
            variables: BTreeMap::new(),
            loops: Vec::new(),
            depth: 0,
        }
    }

    fn failing(message: &str, now: SimTime) -> Self {
        let mut script = Self::new(Vec::new(), now);
        script.output.push((now, message.to_owned()));
        script.exit = Some(2);
        script
    }

    /// Goes on until it has to wait beyond `until`, or has ended.
    pub(super) fn advance(&mut self, until: SimTime, around: &Surroundings, files: &mut Files) {
        let mut steps_left = (MAX_STEPS_AT_ONCE >> (4 * self.depth)).max(4);
        while self.exit.is_none() && self.time <= until && steps_left > 0 {
            steps_left -= 1;
            let Some(step) = self.steps.get(self.at).cloned() else {
                self.exit = Some(self.last_code);
                return;
            };
            self.at += 1;
            match step {
                Step::Jump(to) => self.at = to,
                Step::JumpIfFailed(to) if self.last_code != 0 => self.at = to,
                Step::JumpIfOk(to) if self.last_code == 0 => self.at = to,
                Step::JumpIfFailed(_) | Step::JumpIfOk(_) => {}
                Step::Negate => self.last_code = i32::from(self.last_code == 0),
                Step::Begin(words) => {
                    let texts: Vec<String> = words.iter().map(|word| self.expanded(word, around, files)).collect();
                    let values = texts.iter().flat_map(|text| text.split_whitespace()).map(str::to_owned);
                    self.loops.push(values.collect());
                }
                Step::Next(name, end) => match self.loops.last_mut().and_then(VecDeque::pop_front) {
                    Some(value) => drop(self.variables.insert(name, value)),
                    None => {
                        self.loops.pop();
                        self.at = end;
                    }
                },
                Step::Run(words) => {
                    let words: Vec<String> = words.iter().map(|word| self.expanded(word, around, files)).collect();
                    self.run(&words, around, files);
                }
            }
        }
        if steps_left == 0 {
            // A loop that never pauses: look at it again in a while.
            self.time = until + 1_000;
        }
    }

    /// When it ended and how.
    pub(super) fn exit(&self) -> Option<(SimTime, i32)> {
        self.exit.map(|code| (self.time, code))
    }

    /// When it goes on.
    pub(super) fn next_at(&self) -> SimTime {
        if self.exit.is_some() { SimTime::NEVER } else { self.time }
    }

    /// Takes what it has printed.
    pub(super) fn take_output(&mut self) -> Vec<(SimTime, String)> {
        std::mem::take(&mut self.output)
    }

    fn print(&mut self, line: String) {
        self.output.push((self.time, line));
    }

    fn run(&mut self, words: &[String], around: &Surroundings, files: &mut Files) {
        let hostname = around.hostname.as_str();
        let Some((program, arguments)) = words.split_first() else { return };
        let (arguments, target) = redirection(arguments);
        if let Some((name, value)) = program.split_once('=').filter(|(name, _)| arguments.is_empty() && is_name(name)) {
            self.variables.insert(name.to_owned(), value.to_owned());
            self.last_code = 0;
            return;
        }
        let paths = || arguments.iter().filter(|word| !word.starts_with('-')).cloned();
        self.last_code = 0;
        match base_name(program) {
            "sleep" => match arguments.first().map(|text| sleep_ms(text)) {
                Some(Some(ms)) => self.time += ms,
                _ => self.fail(1, "sleep: invalid number".to_owned()),
            },
            "echo" => {
                let newline_only = arguments.first().is_some_and(|word| word == "-n" || word == "-e");
                let words = arguments.get(usize::from(newline_only)..).unwrap_or_default();
                let line = words.join(" ").replace("$(hostname)", hostname);
                match target {
                    Some(path) => drop(files.insert(path, line)),
                    None => self.print(line),
                }
            }
            "exit" => {
                self.exit = Some(arguments.first().and_then(|code| code.parse().ok()).unwrap_or(0) & 0xff);
            }
            "false" => self.last_code = 1,
            // Nothing is ever added to what it follows.
            "tail" if arguments.iter().any(|word| word == "-f" || word == "-F") => self.time += u64::MAX / 4,
            "hostname" => self.print(hostname.to_owned()),
            "env" | "printenv" => self.print_environment(&arguments, around),
            "ps" => self.print("PID   USER     TIME  COMMAND\n    1 root      0:00 sh".to_owned()),
            "date" => self.print(crate::api::Time::from_sim(self.time).to_string()),
            "touch" => paths().for_each(|path| {
                files.entry(path).or_default();
            }),
            "rm" => paths().for_each(|path| drop(files.remove(&path))),
            "cat" => {
                for path in paths() {
                    match files.get(&path).cloned() {
                        Some(text) if text.is_empty() => {}
                        Some(text) => self.print(text),
                        None => self.fail(1, format!("cat: can't open '{path}': No such file or directory")),
                    }
                }
            }
            "ls" => {
                for path in paths() {
                    if path == "/" {
                        self.print("bin dev etc home lib proc root run sbin sys tmp usr var".replace(' ', "\n"));
                    } else if files.contains_key(&path) {
                        self.print(path);
                    } else {
                        self.fail(1, format!("ls: {path}: No such file or directory"));
                    }
                }
            }
            "test" | "[" => self.last_code = i32::from(!test(&arguments, files)),
            "trap" => {
                if arguments.iter().skip(1).any(|signal| signal == "TERM" || signal == "SIGTERM" || signal == "15") {
                    self.trap = trap_of(arguments.first().map_or("", String::as_str));
                }
            }
            "true" | ":" | "kill" | "set" | "export" | "cd" | "wait" | "mkdir" | "exec" => {}
            other => self.fail(127, format!("sh: {other}: not found")),
        }
    }

    /// `printenv NAME` prints one value; `env` and `printenv` print all.
    fn print_environment(&mut self, names: &[String], around: &Surroundings) {
        if names.is_empty() {
            let fixed = ["PATH", "HOSTNAME"].map(|name| (name, variable(name, around).unwrap_or_default()));
            let given =
                around.environment.iter().filter(|(name, _)| !matches!(name.as_str(), "PATH" | "HOSTNAME" | "HOME"));
            let lines = fixed.into_iter().chain(given.map(|(name, value)| (name.as_str(), value.clone())));
            let home = ("HOME", variable("HOME", around).unwrap_or_default());
            lines.chain([home]).for_each(|(name, value)| self.print(format!("{name}={value}")));
        }
        for name in names {
            match variable(name, around) {
                Some(value) => self.print(value),
                None => self.last_code = 1,
            }
        }
    }

    fn fail(&mut self, code: i32, message: String) {
        self.last_code = code;
        self.print(message);
    }
}

/// A variable of the shell's environment.
fn variable(name: &str, around: &Surroundings) -> Option<String> {
    let given = around.environment.get(name).cloned();
    given.or_else(|| match name {
        "PATH" => Some("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned()),
        "HOSTNAME" => Some(around.hostname.clone()),
        "HOME" => Some("/root".to_owned()),
        _ => None,
    })
}

/// How long a word may become.
const LONGEST_WORD: usize = 64 * 1024;

/// How many `$(…)` may stand in one another.
const DEEPEST: usize = 3;

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|letter: char| letter.is_ascii_digit())
        && text.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'_')
}

impl Script {
    /// Puts values in the places of `$NAME`, `${NAME}`, `$((…))` and `$(…)`; a `$` that was quoted stays.
    fn expanded(&mut self, word: &str, around: &Surroundings, files: &mut Files) -> String {
        let mut text = String::with_capacity(word.len());
        let mut rest = word;
        while let Some((before, after)) = rest.split_once('$') {
            text.push_str(before);
            if let Some((inner, after)) = bracketed(after) {
                text.push_str(&self.substituted(inner, around, files));
                rest = after;
            } else {
                let is_braced = after.starts_with('{');
                let name = after.get(usize::from(is_braced)..).unwrap_or_default();
                let end = name.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
                let (name, after_name) = name.split_at(end.unwrap_or(name.len()));
                if name.is_empty() && after.starts_with('?') {
                    text.push_str(&self.last_code.to_string());
                    rest = after.get(1..).unwrap_or_default();
                } else if !is_name(name) {
                    text.push('$');
                    rest = after;
                } else {
                    let own = self.variables.get(name).cloned();
                    text.push_str(&own.or_else(|| variable(name, around)).unwrap_or_default());
                    rest = if is_braced { after_name.strip_prefix('}').unwrap_or(after_name) } else { after_name };
                }
            }
            if text.len() > LONGEST_WORD {
                self.fail(1, "sh: out of memory".to_owned());
                self.exit = Some(2);
                return String::new();
            }
        }
        text.push_str(rest);
        text.replace(QUOTED_DOLLAR, "$")
    }

    /// What stands between the brackets of `$(…)`: a command, or `(…)` for a number.
    fn substituted(&mut self, inner: &str, around: &Surroundings, files: &mut Files) -> String {
        if self.depth >= DEEPEST {
            return String::new();
        }
        self.depth += 1;
        let text = match inner.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')) {
            Some(expression) => {
                let expression = self.expanded(expression, around, files);
                let value = arithmetic::evaluate(&expression, |name| {
                    let own = self.variables.get(name).cloned().or_else(|| variable(name, around));
                    own.and_then(|value| value.trim().parse().ok()).unwrap_or(0)
                });
                value.map_or_else(
                    |why| {
                        self.fail(2, format!("sh: {why}"));
                        self.exit = Some(2);
                        String::new()
                    },
                    |value| value.to_string(),
                )
            }
            None => self.printed_by(inner, around, files),
        };
        self.depth -= 1;
        text
    }

    /// What a command prints that takes no time.
    fn printed_by(&mut self, command: &str, around: &Surroundings, files: &mut Files) -> String {
        let Ok(steps) = compile(command) else { return String::new() };
        let mut inner = Self::new(steps, self.time);
        inner.variables = self.variables.clone();
        inner.depth = self.depth;
        inner.advance(self.time, around, files);
        self.last_code = inner.last_code;
        inner.output.into_iter().map(|(_, line)| line).collect::<Vec<_>>().join("\n")
    }
}

fn base_name(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

fn is_tool(name: &str) -> bool {
    const TOOLS: &[&str] = &[
        "sleep", "echo", "true", "false", "hostname", "env", "printenv", "ps", "kill", "date", "touch", "rm", "cat",
        "ls", "test", "[", "mkdir", "exit", "tail",
    ];
    TOOLS.contains(&name)
}

/// `3`, `1.5`, `2s`, `1m`, `1h`; `infinity` and the like never end.
fn sleep_ms(text: &str) -> Option<u64> {
    if text == "infinity" || text == "inf" {
        return Some(u64::MAX / 4);
    }
    let (number, unit_ms) = match text.strip_suffix(['s', 'm', 'h', 'd']) {
        Some(number) if text.ends_with('m') => (number, 60),
        Some(number) if text.ends_with('h') => (number, 3_600),
        Some(number) if text.ends_with('d') => (number, 86_400),
        Some(number) => (number, 1),
        None => (text, 1),
    };
    super::declaration::Seconds::parse(number).map(|seconds| seconds.as_ms().saturating_mul(unit_ms))
}

fn test(arguments: &[String], files: &Files) -> bool {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).filter(|word| *word != "]").collect();
    match arguments.as_slice() {
        ["!", rest @ ..] => !test(&rest.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>(), files),
        ["-f" | "-e" | "-r", path] => files.contains_key(*path),
        ["-n", text] | [text] => !text.is_empty(),
        ["-z", text] => text.is_empty(),
        [a, "=" | "==", b] => a == b,
        [a, "!=", b] => a != b,
        _ => false,
    }
}

fn trap_of(action: &str) -> Trap {
    let mut words = action.split([' ', ';']).skip_while(|word| *word != "exit");
    match (words.next(), words.next()) {
        (Some(_), code) => Trap::Exits(code.and_then(|code| code.parse().ok()).unwrap_or(0)),
        (None, _) => Trap::Ignored,
    }
}

/// Splits `> file` and `>> file` off; `2>&1` and `/dev/…` targets are dropped.
fn redirection(arguments: &[String]) -> (Vec<String>, Option<String>) {
    let mut rest = Vec::new();
    let mut target = None;
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        if word == ">" || word == ">>" {
            target = words.next().cloned();
        } else if let Some(path) = word.strip_prefix(">>").or_else(|| word.strip_prefix('>')) {
            target = Some(path.to_owned());
        } else if !word.starts_with("2>") && word != "&" {
            rest.push(word.clone());
        }
    }
    (rest, target.filter(|path| !path.starts_with("/dev/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(text: &str, until_ms: u64) -> (Script, Files) {
        let command = ["sh", "-c", text].map(str::to_owned);
        let mut script = Script::of_command(&command, SimTime::ZERO).expect("a shell");
        let mut files = Files::new();
        script.advance(SimTime(until_ms), &Surroundings::default(), &mut files);
        (script, files)
    }

    #[test]
    fn the_documentation_s_liveness_example_loses_its_file_after_thirty_seconds() {
        let text = "touch /tmp/healthy; sleep 30; rm -f /tmp/healthy; sleep 600";
        assert!(run(text, 29_999).1.contains_key("/tmp/healthy"));
        let (script, files) = run(text, 30_000);
        assert!(files.is_empty());
        assert_eq!(script.next_at(), SimTime(630_000));
        assert_eq!(run(text, 630_000).0.exit(), Some((SimTime(630_000), 0)));
    }

    /// The counter of the documentation's page about logging.
    #[test]
    fn the_documentation_s_counter_counts() {
        let text = "i=0; while true; do echo \"$i: $(date)\"; i=$((i+1)); sleep 1; done";
        let (mut script, _) = run(text, 2_500);
        let lines: Vec<String> = script.take_output().into_iter().map(|(_, line)| line).collect();
        assert_eq!(lines, ["0: 2026-01-01T00:00:00Z", "1: 2026-01-01T00:00:01Z", "2: 2026-01-01T00:00:02Z"]);
        let (mut script, _) = run("for x in a 'b' $(echo c d); do echo \"<$x>\"; done", 0);
        let lines: Vec<String> = script.take_output().into_iter().map(|(_, line)| line).collect();
        assert_eq!(lines, ["<a>", "<b>", "<c>", "<d>"]);
    }

    #[test]
    fn loops_branches_and_exit_codes() {
        let (mut script, _) = run("while true; do echo hi; sleep 1; done", 2_500);
        assert_eq!(script.take_output().len(), 3);
        assert_eq!(run("sleep 2 && exit 3", 5_000).0.exit(), Some((SimTime(2_000), 3)));
        assert_eq!(
            run("false || echo x; if [ -f /a ]; then exit 1; else exit 4; fi", 0).0.exit().map(|e| e.1),
            Some(4)
        );
        assert_eq!(
            run("i=0; until [ $i = 3 ]; do i=$((i + 1)); sleep 1; done; exit $((i * (2 + 1)))", 9_000).0.exit(),
            Some((SimTime(3_000), 9))
        );
        let elif = "if false; then exit 1; elif ! false; then exit 2; else exit 3; fi";
        assert_eq!(run(elif, 0).0.exit().map(|exit| exit.1), Some(2));
        assert_eq!(run("x=a; while true; do x=$x$x; done", 0).0.exit().map(|exit| exit.1), Some(2));
        assert_eq!(run("tail -f /dev/null", 600_000).0.exit(), None);
        assert_eq!(run("nope", 0).0.exit().map(|e| e.1), Some(127));
        assert_eq!(run("trap 'exit 5' TERM; sleep 9", 0).0.trap, Trap::Exits(5));
    }
}
