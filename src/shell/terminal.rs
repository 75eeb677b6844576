//! The terminal: takes lines, runs them one after the other, and hands out what they write.

use std::collections::VecDeque;
use std::sync::Arc;

use super::commands::MACHINE;
use super::completion;
use crate::process::{Chunk, Io, Stream, World};
use crate::script::{Environment, ParseError, Running, Unwind, parse, syntax_error};
use crate::sim::SimTime;

/// A terminal with its shell.
#[derive(Clone, Debug)]
pub struct Terminal {
    environment: Environment,
    /// Lines that have not been run yet.
    queue: VecDeque<String>,
    /// The beginning of a command whose rest has not come yet.
    begun: String,
    running: Option<Running>,
    io: Io,
    exit_code: i32,
    /// Exit code of the command that ended last, until somebody takes it.
    ended: Option<i32>,
    /// How often it was polled without time going on.
    polls_at_once: u32,
}

impl Default for Terminal {
    fn default() -> Self {
        Self::new()
    }
}

/// The longest line that is read; what is longer is pasted by mistake.
const LONGEST_BYTES: usize = 256 * 1024;

/// How often the terminal goes on within one moment.
const POLLS_AT_ONCE: u32 = 8;

impl Terminal {
    /// A terminal in which nothing was typed yet.
    pub fn new() -> Self {
        Self {
            environment: Environment::new(&MACHINE),
            queue: VecDeque::new(),
            begun: String::new(),
            running: None,
            io: Io::default(),
            exit_code: 0,
            ended: None,
            polls_at_once: 0,
        }
    }

    /// Types a line, or pastes several; they run one after the other.
    pub fn submit(&mut self, text: &str) {
        let text: String = text.chars().take(LONGEST_BYTES).collect();
        self.queue.extend(text.split('\n').map(|line| line.trim_end_matches('\r').to_owned()));
        while text.ends_with('\n') && self.queue.back().is_some_and(String::is_empty) {
            self.queue.pop_back();
        }
        if self.running.is_none() {
            self.check_begun();
        }
    }

    /// The commands of a text: a line each, or several where a quote or a here-document is open.
    pub fn commands(text: &str) -> Vec<String> {
        let mut commands: Vec<String> = Vec::new();
        let mut begun = String::new();
        for line in text.lines() {
            begun.push_str(line);
            if Self::is_incomplete(&begun) {
                begun.push('\n');
                continue;
            }
            commands.push(std::mem::take(&mut begun));
        }
        commands.extend((!begun.is_empty()).then_some(begun));
        commands
    }

    /// Whether `text`, of one line or several, is the beginning of a command whose rest has not come yet.
    pub fn is_incomplete(text: &str) -> bool {
        parse(prompt_removed(text)) == Err(ParseError::Incomplete)
    }

    /// Reads ahead whether the lines at hand make a command, so that [`Terminal::needs_more`] is right at once.
    fn check_begun(&mut self) {
        if self.begun.is_empty() && self.queue.len() == 1 {
            let is_open =
                self.queue.front().is_some_and(|line| parse(prompt_removed(line)) == Err(ParseError::Incomplete));
            if is_open {
                self.take_line();
            }
        }
    }

    /// Runs on as far as it goes now, and returns what was written.
    pub fn poll(&mut self, world: &mut World<'_>) -> Vec<Chunk> {
        self.environment.begin_poll();
        world.cluster.settle();
        let mut chunks = world.with_script(|world| self.environment.poll_jobs(world));
        loop {
            if self.running.is_none() {
                self.drop_ended_jobs(&mut chunks);
                match self.take_command() {
                    Some(running) => self.running = Some(running),
                    None if self.queue.is_empty() => break,
                    None => {
                        chunks.extend(self.io.take_chunks());
                        continue;
                    }
                }
            }
            let Some(running) = &mut self.running else { break };
            let ended = world.with_script(|world| running.poll(&mut self.environment, world, &mut self.io));
            chunks.extend(self.io.take_chunks());
            world.cluster.settle();
            let Some(code) = ended else { break };
            let code = match self.environment.unwind.take() {
                Some(Unwind::Exit(code) | Unwind::Return(code)) => code,
                _ => code,
            };
            self.end(code);
        }
        chunks.extend(self.io.take_chunks());
        self.keep_time_going(world.cluster.now());
        chunks
    }

    /// What wants to go on at once may do so a few times; then with the next millisecond, or time would stand still.
    fn keep_time_going(&mut self, now: SimTime) {
        if self.environment.wake > now {
            self.polls_at_once = 0;
            return;
        }
        self.polls_at_once += 1;
        if self.polls_at_once > POLLS_AT_ONCE {
            self.polls_at_once = 0;
            self.environment.wake = now + 1;
        }
    }

    fn end(&mut self, code: i32) {
        self.environment.begin_line();
        self.environment.leave_all();
        self.environment.nesting = 0;
        self.running = None;
        self.exit_code = code;
        self.ended = Some(code);
        self.environment.last_exit = code;
    }

    fn drop_ended_jobs(&mut self, chunks: &mut Vec<Chunk>) {
        for job in &self.environment.jobs {
            if let Some(code) = job.ended {
                let state = match code {
                    0 => "Done".to_owned(),
                    143 => "Terminated".to_owned(),
                    code => format!("Exit {code}"),
                };
                let text = format!("[{}]+  {state:<24}{}\n", job.number, job.text);
                chunks.push(Chunk { stream: Stream::Err, text });
            }
        }
        self.environment.jobs.retain(|job| job.ended.is_none());
    }

    fn take_line(&mut self) {
        let Some(line) = self.queue.pop_front() else { return };
        let line = if self.begun.is_empty() {
            prompt_removed(&line)
        } else {
            self.begun.push('\n');
            &line
        };
        self.begun.push_str(line);
    }

    /// The next whole command, made from as many lines as it needs.
    fn take_command(&mut self) -> Option<Running> {
        while !self.queue.is_empty() {
            self.take_line();
            match parse(&self.begun) {
                Err(ParseError::Incomplete) if self.begun.len() < LONGEST_BYTES => {}
                parsed => {
                    let text = std::mem::take(&mut self.begun);
                    self.remember(&text);
                    return match parsed {
                        Ok(list) if list.0.is_empty() => None,
                        Ok(list) => Some(Running::list(&Arc::new(list))),
                        Err(error) => {
                            self.io.err(format!("bash: {}\n", syntax_error(&error)));
                            self.end(2);
                            None
                        }
                    };
                }
            }
        }
        None
    }

    fn remember(&mut self, text: &str) {
        let text = text.trim();
        if !text.is_empty() && self.environment.history.last().map(String::as_str) != Some(text) {
            self.environment.history.push(text.to_owned());
        }
    }

    /// Ctrl-C: ends what runs and forgets what has not been run.
    pub fn interrupt(&mut self, world: &mut World<'_>) -> Vec<Chunk> {
        self.queue.clear();
        self.begun.clear();
        self.io.err("^C\n");
        if let Some(mut running) = self.running.take() {
            let code = world.with_script(|world| running.interrupt(world, &mut self.io));
            world.cluster.settle();
            self.environment.unwind = None;
            self.end(code);
            let trap = self.environment.traps.get("INT").filter(|text| !text.is_empty());
            if let Some(Ok(list)) = trap.map(|text| parse(text)) {
                self.running = Some(Running::list(&Arc::new(list)));
                self.environment.wake = world.cluster.now();
            }
        }
        self.io.take_chunks()
    }

    /// Whether a command runs or is about to.
    pub fn is_busy(&self) -> bool {
        self.running.is_some() || !self.queue.is_empty()
    }

    /// Whether the last line was only the beginning of a command: an open quote, here-document or loop.
    pub fn needs_more(&self) -> bool {
        !self.begun.is_empty() && self.running.is_none()
    }

    /// When it must be polled at the latest; none when nothing runs that has a time.
    pub fn wants_poll_at(&self) -> Option<SimTime> {
        (self.environment.wake != SimTime::NEVER).then_some(self.environment.wake)
    }

    /// Until when something is at work at least; none when nothing is: what runs then waits or sleeps.
    pub fn works_until(&self) -> Option<SimTime> {
        let Environment { works, wake, .. } = self.environment;
        (works != SimTime::NEVER).then_some(works.max(wake))
    }

    /// Whether something runs that must be polled after every change of the store.
    pub fn waits_for_changes(&self) -> bool {
        self.environment.waits
    }

    /// The exit code of the last command.
    pub fn exit_code(&self) -> i32 {
        self.exit_code
    }

    /// The exit code of the last command, if one has ended since this was last asked.
    pub fn take_ended(&mut self) -> Option<i32> {
        self.ended.take()
    }

    /// What was typed, oldest first.
    pub fn history(&self) -> &[String] {
        &self.environment.history
    }

    /// Whether commands run in the background.
    pub fn has_jobs(&self) -> bool {
        self.environment.jobs.iter().any(|job| job.ended.is_none())
    }

    /// What the word before `cursor` (in bytes) could be: commands, files. Whole words, in order.
    pub fn complete(&self, line: &str, cursor: usize, world: &World<'_>) -> Vec<String> {
        completion::complete(line, cursor, &self.environment, world)
    }

    /// The aliases and what they stand for.
    pub fn aliases(&self) -> impl Iterator<Item = (&str, &str)> {
        self.environment.aliases.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }
}

/// A line without the prompt that is copied along with it.
fn prompt_removed(line: &str) -> &str {
    let line = line.trim_start();
    line.strip_prefix("$ ").unwrap_or(line)
}
