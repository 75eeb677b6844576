//! What a shell and its tools do in a container: the language of [`crate::script`] on a container's machine.
//!
//! A script is carried on lazily, so that endless loops cost only what is looked at.

use std::sync::Arc;

use super::program::Surroundings;
use crate::script::{
    Chunk, Context, Files, Found, Host, Io, Machine, Poll, Process, Question, Started, Stream, World, names, network,
    start, usage,
};
use crate::sim::SimTime;

/// So often a script may go on within one look at it: one that hardly pauses is looked at again later.
const MAX_POLLS_AT_ONCE: usize = 2_000;

/// How long a script rests that does much without a pause. A real one would not rest, and be as busy.
const REST_MS: u64 = 1_000;

/// The longest line of a log. Models containerd's default of 16 KiB a line, which it divides.
const LONGEST_LINE: usize = 16 * 1024;

const fn machine(lacks: &'static [&'static str], not_found: fn(&str) -> String) -> Machine {
    Machine {
        start: own,
        own: &["ash", "curl", "env", "hostname", "id", "ls", "nslookup", "printenv", "ps", "pwd", "wget", "whoami"],
        lacks,
        variables: &[("PWD", "/")],
        not_found,
        runs_files: false,
        patience: (REST_MS, u32::MAX),
    }
}

/// An image with busybox.
static BUSYBOX: Machine = machine(&["bash", "curl"], |name| format!("sh: {name}: not found\n"));

/// An image made from a distribution, whose `sh` is dash.
static DISTRIBUTION: Machine = machine(&["nslookup"], |name| format!("sh: 1: {name}: not found\n"));

/// The machine of an image with a shell.
fn machine_of(image: &str) -> &'static Machine {
    let name = image.split(['@', ':']).next().unwrap_or_default();
    let is_small = matches!(name.rsplit('/').next(), Some("busybox" | "alpine"));
    if is_small { &BUSYBOX } else { &DISTRIBUTION }
}

/// Whether the image's shell is busybox's.
pub(crate) fn is_busybox(image: &str) -> bool {
    std::ptr::eq(machine_of(image), &raw const BUSYBOX)
}

/// A container's machine has its files, and a network that is asked by its kubelet.
struct Container<'a> {
    /// What is asked, and whether it is on its way.
    asked: &'a mut Option<(Question, bool)>,
    found: &'a mut Option<(Question, Found)>,
}

impl Host for Container<'_> {
    fn ask(&mut self, question: &Question) -> Option<Found> {
        if let Some((_, found)) = self.found.take_if(|(asked, _)| asked == question) {
            return Some(found);
        }
        self.asked.get_or_insert_with(|| (question.clone(), false));
        None
    }
}

/// Starts a command in a container of an image with a shell; none when it names no program there.
pub(crate) fn launch(command: &[String], image: &str, around: &Surroundings, files: &Files) -> Option<Started> {
    let machine = machine_of(image);
    let program = command.first()?;
    let base = program.rsplit('/').next().unwrap_or(program);
    // A script is read by the shell.
    let is_script = program.starts_with('/') && files.read(program).is_some();
    let words: Vec<String> = if is_script {
        std::iter::once("sh".to_owned()).chain(command.iter().cloned()).collect()
    } else if base == "exit" {
        vec!["sh".to_owned(), "-c".to_owned(), command.join(" ")]
    } else if names(machine).any(|name| name == base && !machine.lacks.contains(&base)) {
        std::iter::once(base.to_owned()).chain(command.iter().skip(1).cloned()).collect()
    } else {
        return None;
    };
    let context = Context { variables: Arc::new(variables(around)), ..Context::of(machine) };
    Some(start(&words, &context))
}

/// A script in the course of its run.
#[derive(Clone, Debug)]
pub(super) struct Script {
    machine: &'static Machine,
    process: Option<Box<dyn Process>>,
    io: Io,
    time: SimTime,
    /// Exit code, once it has ended; at [`Script::time`].
    exit: Option<i32>,
    output: Vec<(SimTime, String)>,
    /// What was written of a line that has not ended.
    begun: String,
    /// What it asks of the network, and whether that is on its way.
    asked: Option<(Question, bool)>,
    /// What the network has answered.
    found: Option<(Question, Found)>,
}

impl Script {
    /// The script for a command of an image with a shell; none when it names no program there.
    pub(super) fn of_command(
        command: &[String],
        image: &str,
        around: &Surroundings,
        files: &Files,
        now: SimTime,
    ) -> Option<Self> {
        let started = launch(command, image, around, files)?;
        let mut script = Self {
            machine: machine_of(image),
            process: None,
            io: Io::default(),
            time: now,
            exit: None,
            output: Vec::new(),
            begun: String::new(),
            asked: None,
            found: None,
        };
        match started {
            Ok(process) => script.process = Some(process),
            Err(failure) => {
                script.io.err(failure.text);
                script.end(failure.code);
            }
        }
        Some(script)
    }

    /// Goes on until it has to wait beyond `until`, or has ended.
    pub(super) fn advance(&mut self, until: SimTime, files: &mut Files) {
        for _ in 0..MAX_POLLS_AT_ONCE {
            if self.exit.is_some() || self.time > until {
                return;
            }
            let Some(process) = &mut self.process else { return };
            let mut host = Container { asked: &mut self.asked, found: &mut self.found };
            let poll = process.poll(&mut World { now: self.time, files, host: &mut host }, &mut self.io);
            match poll {
                Poll::Exited(code) => self.end(code),
                Poll::SleepUntil(at) | Poll::WorksUntil(at) | Poll::ChangesUntil(at) => {
                    self.take_chunks();
                    self.time = at.max(self.time + 1);
                }
                Poll::Waiting => {
                    self.take_chunks();
                    self.time = SimTime::NEVER;
                }
            }
        }
        if self.exit.is_none() && self.time <= until {
            self.time = until + REST_MS;
        }
    }

    /// Whether it asks something of the network.
    pub(super) fn asks(&self) -> bool {
        self.asked.as_ref().is_some_and(|(_, is_sent)| !is_sent)
    }

    /// What it asks of the network, once.
    pub(super) fn take_question(&mut self) -> Option<Question> {
        let (question, is_sent) = self.asked.as_mut().filter(|(_, is_sent)| !is_sent)?;
        *is_sent = true;
        Some(question.clone())
    }

    /// The network has answered what it asked.
    pub(super) fn answer(&mut self, found: Found, now: SimTime) {
        if let Some((question, _)) = self.asked.take() {
            self.found = Some((question, found));
            self.time = now;
        }
    }

    /// SIGTERM, to the first process of a container: without a handler the kernel keeps it from it.
    pub(super) fn terminate(&mut self, now: SimTime, files: &mut Files) {
        if self.exit.is_none() && self.process.as_mut().is_some_and(|process| process.terminate()) {
            self.time = now;
            self.advance(now, files);
        }
    }

    fn end(&mut self, code: i32) {
        self.take_chunks();
        if !self.begun.is_empty() {
            self.output.push((self.time, std::mem::take(&mut self.begun)));
        }
        self.exit = Some(code);
        self.process = None;
    }

    /// Divides what was written into lines.
    fn take_chunks(&mut self) {
        for Chunk { stream, text } in self.io.take_chunks() {
            for part in text.split_inclusive('\n') {
                let line = part.strip_suffix('\n');
                let said = line.unwrap_or(part);
                if stream == Stream::Err && self.begun.is_empty() {
                    self.begun = said_here(said, std::ptr::eq(self.machine, &raw const BUSYBOX));
                } else {
                    self.begun.push_str(said);
                }
                if line.is_some() || self.begun.len() > LONGEST_LINE {
                    self.output.push((self.time, std::mem::take(&mut self.begun)));
                }
            }
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
}

const MISSING: &str = ": No such file or directory";

/// What the learner's machine says, as a container's shell and busybox say it.
pub(crate) fn said_here(text: &str, is_busybox: bool) -> String {
    if let Some(rest) = text.strip_prefix("bash: ") {
        return format!("sh: {rest}");
    }
    let path = text.strip_suffix(MISSING).filter(|_| is_busybox);
    let Some((name, path)) = path.and_then(|path| path.split_once(": ")) else { return text.to_owned() };
    match (name, path) {
        ("cat" | "head" | "tail", path) => format!("{name}: can't open '{path}'{MISSING}"),
        ("ls", path) => format!("ls: {}{MISSING}", path.trim_start_matches("cannot access ").trim_matches('\'')),
        ("rm", path) => format!("rm: can't remove {}{MISSING}", path.trim_start_matches("cannot remove ")),
        _ => text.to_owned(),
    }
}

/// The variables of a container's first process.
pub(super) fn variables(around: &Surroundings) -> std::collections::BTreeMap<String, String> {
    let mut variables = (*around.environment).clone();
    for (name, value) in [
        ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
        ("HOSTNAME", around.hostname.as_str()),
        ("HOME", "/root"),
    ] {
        variables.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    }
    variables.into_inner()
}

/// Programs that say something of the machine, which differs from the learner's.
fn own(words: &[String], context: &Context) -> Option<Started> {
    let (name, rest) = words.split_first()?;
    let variable = |name: &str| context.variables.get(name).cloned();
    let text = match name.rsplit('/').next().unwrap_or(name) {
        "ash" => {
            let words: Vec<String> = std::iter::once("sh".to_owned()).chain(rest.iter().cloned()).collect();
            return Some(start(&words, context));
        }
        "env" | "printenv" if rest.is_empty() => {
            let fixed = ["PATH", "HOSTNAME"];
            let others = context.variables.keys().map(String::as_str);
            let others = others.filter(|name| !matches!(*name, "PATH" | "HOSTNAME" | "HOME" | "PWD"));
            let all = fixed.into_iter().chain(others).chain(["HOME"]);
            all.map(|name| format!("{name}={}\n", variable(name).unwrap_or_default())).collect()
        }
        "printenv" => {
            let found: Option<String> = rest.iter().map(|name| Some(variable(name)? + "\n")).collect();
            match found {
                Some(text) => text,
                None => return Some(Err(usage("", 1))),
            }
        }
        "env" => {
            let command: Vec<String> = rest.iter().skip_while(|word| word.contains('=')).cloned().collect();
            let mut variables = (*context.variables).clone();
            let given = rest.iter().map_while(|word| word.split_once('='));
            variables.extend(given.map(|(name, value)| (name.to_owned(), value.to_owned())));
            let context = Context { variables: Arc::new(variables), ..context.clone() };
            let command = if command.is_empty() { vec!["env".to_owned()] } else { command };
            return Some(start(&command, &context));
        }
        "curl" => return Some(network::curl(rest, context)),
        "nslookup" => return Some(network::nslookup(rest, context)),
        "wget" => return Some(network::wget(rest, context)),
        "hostname" => variable("HOSTNAME").unwrap_or_default() + "\n",
        "id" => match rest.first().map(String::as_str) {
            Some("-u" | "-g") => "0\n".to_owned(),
            Some("-un" | "-gn") => "root\n".to_owned(),
            _ => "uid=0(root) gid=0(root) groups=0(root)\n".to_owned(),
        },
        "ls" if rest.iter().all(|word| word.starts_with('-') || word == "/") => {
            "bin\ndev\netc\nhome\nlib\nproc\nroot\nrun\nsbin\nsys\ntmp\nusr\nvar\n".to_owned()
        }
        "ps" => "PID   USER     TIME  COMMAND\n    1 root      0:00 sh\n".to_owned(),
        "pwd" => variable("PWD").unwrap_or_else(|| "/".to_owned()) + "\n",
        "whoami" => "root\n".to_owned(),
        _ => return None,
    };
    Some(Ok(Box::new(Said(text))))
}

/// A program that prints something and ends.
#[derive(Clone)]
struct Said(String);

impl Process for Said {
    fn poll(&mut self, _: &mut World<'_>, io: &mut Io) -> Poll {
        io.out(std::mem::take(&mut self.0));
        Poll::Exited(0)
    }
}

#[cfg(test)]
mod tests;
