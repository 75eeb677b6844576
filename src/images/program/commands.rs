//! Commands in a container, and what its programs ask of the network.

use std::sync::Arc;

use super::{Exec, Inside, Program};
use crate::images::script::{Script, launch};
use crate::images::{Outcome, Request};
use crate::script::{Files, Found, Question};
use crate::sim::SimTime;

impl Program {
    /// Starts a command in the container.
    pub fn exec(&mut self, now: SimTime, command: &[String]) -> Exec {
        let age_ms = now.ms_since(self.started);
        let declared = self
            .declaration
            .exec
            .iter()
            .rev()
            .find(|answer| answer.command == command && answer.after_seconds.as_ms() <= age_ms);
        if let Some(answer) = declared {
            return Exec::Ended {
                exit_code: answer.exit_code,
                output: answer.output.clone(),
                latency_ms: answer.latency_seconds.as_ms(),
            };
        }
        self.advance(now);
        let image = &self.declaration.image;
        let has_shell = self.declaration.shell;
        let script = has_shell.then(|| Script::of_command(command, image, &self.around, &self.files, now));
        let Some(mut script) = script.flatten() else { return Exec::NotFound };
        // Longer than any probe waits: a command that goes on for a day never ends.
        script.advance(now + 86_400_000, &mut self.files);
        while let Some(question) = script.take_question() {
            script.answer(self.answer_own(&question, now), now);
            script.advance(now + 86_400_000, &mut self.files);
        }
        let output: String = script.take_output().into_iter().map(|(_, line)| line + "\n").collect();
        let (end, exit_code) = script.exit().unwrap_or((SimTime::NEVER, 0));
        Exec::Ended { exit_code, output, latency_ms: end.ms_since(now) }
    }

    /// What only this container answers: a command that its kubelet starts reaches no other.
    fn answer_own(&mut self, question: &Question, now: SimTime) -> Found {
        let is_own = |host: &str| matches!(host, "localhost" | "127.0.0.1");
        match question {
            Question::Name(name) if is_own(name) => Found::Addresses(vec!["127.0.0.1".to_owned()]),
            Question::Name(_) => Found::Addresses(Vec::new()),
            Question::Get { host, port, path } if is_own(host) => {
                let request = Request { method: "GET".to_owned(), path: path.clone(), ..Request::default() };
                found_of(self.request(now, *port, &request))
            }
            Question::Get { .. } => Found::Refused,
        }
    }

    /// Where a command runs that the terminal starts; none when the image declares what it does, has no shell, or has
    /// no such program.
    pub fn inside(&self, command: &[String]) -> Option<Inside> {
        let is_declared = self.declaration.exec.iter().any(|answer| answer.command == command);
        if is_declared || !self.declaration.shell {
            return None;
        }
        let image = self.declaration.image.clone();
        launch(command, &image, &self.around, &self.files)?.ok()?;
        Some(Inside { image, around: Arc::clone(&self.around) })
    }

    /// The container's files.
    pub fn files_mut(&mut self) -> &mut Files {
        &mut self.files
    }

    /// Whether its script asks something of the network.
    pub fn asks(&self) -> bool {
        self.script.as_ref().is_some_and(super::Script::asks)
    }

    /// What its script asks of the network, once.
    pub fn take_question(&mut self) -> Option<Question> {
        self.script.as_mut()?.take_question()
    }

    /// The network has answered its script.
    pub fn answer_question(&mut self, found: Found, now: SimTime) {
        if let Some(script) = &mut self.script {
            script.answer(found, now);
        }
    }
}

/// What a program in a container sees of a connection.
pub fn found_of(outcome: Outcome) -> Found {
    match outcome {
        Outcome::Answered(response) => Found::Response {
            status: response.status,
            reason: reason(response.status),
            body: response.body,
            latency_ms: response.latency_ms,
        },
        Outcome::Refused | Outcome::NoTls => Found::Refused,
        Outcome::Hangs | Outcome::Unreachable => Found::Silent,
    }
}

/// What stands behind the code in an answer's first line.
pub fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        304 => "Not Modified",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "",
    }
}
