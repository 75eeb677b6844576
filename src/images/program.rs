//! A running program: what a started container does with requests, commands and signals, and when it ends.

mod commands;
mod load;
mod log;
mod requests;

pub use commands::{found_of, reason};

use std::sync::Arc;

use super::declaration::{Declaration, ExecAnswer, OnSigterm};
use super::fault::Faults;
use super::meter::{Limits, Meter};
use super::script::Script;
use crate::api::StringMap;
use crate::script::Files;
use crate::sim::SimTime;

/// Log lines that a container keeps; older ones are rotated away.
const MAX_LOG_LINES: usize = 1_000;

/// The reason of a container that the kernel has ended for want of memory.
const OOM_KILLED: &str = "OOMKilled";

/// What is found of a container by whoever runs a command in it.
#[derive(Clone, Debug)]
pub struct Inside {
    /// The image.
    pub image: String,
    /// What its programs find around them.
    pub around: Arc<Surroundings>,
}

/// What a command that was started in the container does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exec {
    /// It ends.
    Ended {
        /// Exit code.
        exit_code: i32,
        /// Standard output and error.
        output: String,
        /// Milliseconds that it took.
        latency_ms: u64,
    },
    /// There is no such program in the container.
    NotFound,
}

/// How the program ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    /// When.
    pub at: SimTime,
    /// Exit code.
    pub code: i32,
    /// `Completed`, `Error` or `OOMKilled`.
    pub reason: String,
}

impl Exit {
    /// With the reason that containerd derives from the code.
    pub fn with_code(at: SimTime, code: i32) -> Self {
        Self { at, code, reason: if code == 0 { "Completed" } else { "Error" }.to_owned() }
    }
}

/// A line of a container's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When it was written.
    pub at: SimTime,
    /// Without the line end.
    pub text: String,
}

/// Why a container could not be started: the runtime's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartError(pub String);

/// What a program finds around it when it starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// The host's name.
    pub hostname: String,
    /// The variables that the pod gives it.
    pub environment: Arc<StringMap>,
    /// The files of its volumes, by path.
    pub files: StringMap,
    /// What it may use.
    pub limits: Limits,
}

/// A running program's state.
#[derive(Clone, Debug)]
pub struct Program {
    /// As the image has it.
    own: Arc<Declaration>,
    /// With its faults.
    declaration: Arc<Declaration>,
    around: Arc<Surroundings>,
    started: SimTime,
    /// Requests answered, by route.
    requests: Vec<u64>,
    all_requests: u64,
    script: Option<Script>,
    files: Files,
    exit: Option<Exit>,
    lines: Vec<LogLine>,
    meter: Meter,
}

impl Program {
    /// Starts the image's program, or the command that the pod gives instead.
    ///
    /// # Errors
    /// When the image holds no such program.
    pub fn start(
        declaration: &Arc<Declaration>,
        command: &[String],
        args: &[String],
        around: Surroundings,
        now: SimTime,
    ) -> Result<Self, StartError> {
        let given = if command.is_empty() { &declaration.entrypoint } else { command };
        let args = if command.is_empty() && args.is_empty() { &declaration.cmd } else { args };
        let argv: Vec<String> = given.iter().chain(args).cloned().collect();
        if !(command.is_empty() && args.is_empty())
            && let Some(answer) =
                declaration.exec.iter().rev().find(|answer| answer.command == argv && answer.after_seconds.as_ms() == 0)
        {
            return Ok(Self::of_answer(declaration, answer, around, now));
        }
        let mut files = Files::default();
        around.files.iter().for_each(|(path, text)| files.write(path, text.as_str()));
        let is_own = command.first().is_none_or(|program| is_main_program(declaration, program));
        let script = if declaration.any_command || is_own && !declares_shell(declaration) {
            None
        } else {
            let script = declaration.shell.then(|| Script::of_command(&argv, &declaration.image, &around, &files, now));
            let script = script.flatten();
            Some(script.ok_or_else(|| StartError(start_error(argv.first().map_or("", String::as_str))))?)
        };
        let mut program = Self {
            own: Arc::clone(declaration),
            declaration: Arc::clone(declaration),
            files,
            meter: Meter::new(around.limits, now),
            around: Arc::new(around),
            started: now,
            requests: vec![0; declaration.routes.len()],
            all_requests: 0,
            script,
            exit: None,
            lines: Vec::new(),
        };
        program.exit = program.declared_exit();
        program.advance(now);
        program.mind_memory(now);
        Ok(program)
    }

    /// When and how its image says that it ends.
    fn declared_exit(&self) -> Option<Exit> {
        let crash = self.own.exit.as_ref().filter(|_| self.script.is_none())?;
        Some(crash_exit(crash, self.started + crash.after_seconds?.as_ms()))
    }

    /// A command that the image declares: it serves nothing, prints what is declared and ends.
    fn of_answer(declaration: &Declaration, answer: &ExecAnswer, around: Surroundings, now: SimTime) -> Self {
        let own = Arc::new(Declaration { image: declaration.image.clone(), ..Declaration::default() });
        let at = now + answer.latency_seconds.as_ms();
        Self {
            meter: Meter::new(around.limits, now),
            declaration: Arc::clone(&own),
            own,
            around: Arc::new(around),
            started: now,
            requests: Vec::new(),
            all_requests: 0,
            script: None,
            files: Files::default(),
            exit: Some(Exit::with_code(at, answer.exit_code)),
            lines: answer.output.lines().map(|line| LogLine { at, text: line.to_owned() }).collect(),
        }
    }

    /// The declaration that it runs.
    pub fn declaration(&self) -> &Arc<Declaration> {
        &self.declaration
    }

    /// Goes on with the faults that its image and its pod have now.
    pub fn set_faults(&mut self, of_image: &Faults, of_pod: &Faults) {
        let declaration = of_pod.apply(&of_image.apply(&self.own));
        if declaration.routes.len() != self.requests.len() {
            self.requests = vec![0; declaration.routes.len()];
        }
        self.declaration = declaration;
    }

    /// The files of its volumes are others now. Models the kubelet's renewal of ConfigMaps and Secrets.
    pub fn renew_files(&mut self, files: &StringMap) {
        if self.around.files == *files {
            return;
        }
        for path in self.around.files.keys().filter(|path| !files.contains_key(*path)) {
            self.files.remove(path);
        }
        files.iter().for_each(|(path, text)| self.files.write(path, text.as_str()));
        Arc::make_mut(&mut self.around).files = files.clone();
    }

    /// When it must be looked at again: its end, or the next step of its script.
    pub fn next_at(&self) -> SimTime {
        let exit = self.exit.as_ref().map_or(SimTime::NEVER, |exit| exit.at);
        exit.min(self.script.as_ref().map_or(SimTime::NEVER, Script::next_at))
    }

    /// Carries its script on to `now`.
    pub fn advance(&mut self, now: SimTime) {
        let Some(script) = &mut self.script else { return };
        script.advance(now, &mut self.files);
        for (at, text) in script.take_output() {
            push_line(&mut self.lines, LogLine { at, text });
        }
        if let Some((at, code)) = script.exit()
            && self.exit.is_none()
        {
            self.exit = Some(Exit::with_code(at, code));
        }
    }

    /// How it ends, as far as that is known.
    pub fn exit(&self) -> Option<&Exit> {
        self.exit.as_ref()
    }

    /// SIGTERM: how it ends because of it; none when it ignores the signal.
    pub fn sigterm(&mut self, now: SimTime) -> Option<&Exit> {
        if let Some(script) = &mut self.script {
            script.terminate(now, &mut self.files);
            self.advance(now);
        }
        let exit = match (&self.script, &self.declaration.sigterm) {
            (Some(_), _) => None,
            (None, Some(OnSigterm::Word(_))) => None,
            (None, Some(OnSigterm::Exit { exit_code, after_seconds })) => {
                Some(Exit::with_code(now + after_seconds.as_ms(), *exit_code))
            }
            (None, None) => Some(Exit::with_code(now, 2)),
        };
        if let Some(exit) = exit
            && self.exit.as_ref().is_none_or(|known| exit.at < known.at)
        {
            self.exit = Some(exit);
        }
        self.exit.as_ref()
    }

    /// SIGKILL.
    pub fn kill(&mut self, now: SimTime) {
        self.exit = Some(Exit::with_code(now, 137));
    }

    /// The kernel ends it, for it needs more memory than it may have.
    pub fn run_out_of_memory(&mut self, now: SimTime) {
        self.exit = Some(Exit { at: now, code: 137, reason: OOM_KILLED.to_owned() });
    }
}

fn push_line(lines: &mut Vec<LogLine>, line: LogLine) {
    if lines.len() >= 2 * MAX_LOG_LINES {
        lines.drain(..MAX_LOG_LINES);
    }
    lines.push(line);
}

/// Whether a command names the program that the image is made for, as `nginx` in the image `nginx`.
fn is_main_program(declaration: &Declaration, program: &str) -> bool {
    let image = declaration.image.split(['@', ':']).next().unwrap_or_default();
    declaration.entrypoint.first().is_some_and(|own| own == program)
        || declaration.port.is_some() && image.rsplit('/').next() == program.rsplit('/').next()
}

fn declares_shell(declaration: &Declaration) -> bool {
    let own = declaration.entrypoint.first().map_or("sh", |program| program.rsplit('/').next().unwrap_or_default());
    declaration.shell && declaration.port.is_none() && matches!(own, "sh" | "bash" | "ash")
}

fn crash_exit(crash: &super::Crash, at: SimTime) -> Exit {
    let exit = Exit::with_code(at, crash.exit_code);
    Exit { reason: crash.reason.clone().unwrap_or(exit.reason), ..exit }
}

/// runc's words for a program that the image does not hold.
fn start_error(program: &str) -> String {
    let why = if program.contains('/') {
        format!("exec: \"{program}\": stat {program}: no such file or directory")
    } else {
        format!("exec: \"{program}\": executable file not found in $PATH")
    };
    format!(
        "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: {why}: unknown"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_entries_for_a_container_s_command_the_last_one_holds() {
        let entry = |code: i32, after: u64| serde_json::json!({ "command": ["migrate"], "exitCode": code, "afterSeconds": after });
        let declared = serde_json::json!({ "image": "me/web:v1", "exec": [entry(1, 0), entry(2, 0), entry(3, 5)] });
        let declaration: Declaration = serde_json::from_value(declared).expect("a declaration");
        let program = Program::start(
            &Arc::new(declaration),
            &["migrate".to_owned()],
            &[],
            Surroundings::default(),
            SimTime::ZERO,
        );
        let exit = program.expect("it starts").exit().cloned();
        // The third one holds five seconds after the start, and it has ended by then.
        assert_eq!(exit, Some(Exit::with_code(SimTime::ZERO, 2)));
    }
}
