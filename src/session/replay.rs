//! Does a session again, by parts, so that a page stays alive meanwhile; and tells what was typed and printed.

use std::sync::Arc;

use super::{Session, SessionError, Start, fingerprint};
use crate::lab::{HIDDEN_TERMINAL, Input, Lab, LabOptions};
use crate::lessons::{self, Lesson, Observation, Progress};
use crate::process::{Files, Stream};
use crate::sim::SimTime;

/// The longest file that a session may make, in bytes.
const LONGEST_FILE: usize = 256 * 1024;
/// The longest path of a file, in bytes.
const LONGEST_PATH: usize = 512;
/// More files than anybody writes.
const MOST_FILES: usize = 500;

/// Something that a terminal or the editor saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When.
    pub at: SimTime,
    /// In which terminal.
    pub terminal: usize,
    /// What.
    pub what: What,
}

/// What a terminal or the editor saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A command was typed.
    Command(String),
    /// It wrote this.
    Out(String),
    /// It wrote this to its standard error.
    Err(String),
    /// It has ended with this exit code.
    Ended(i32),
    /// Ctrl-C.
    Interrupted,
    /// The editor wrote a file.
    Wrote {
        /// Its path.
        file: String,
        /// All of it.
        text: String,
    },
}

/// What a session came to.
#[derive(Clone, Debug)]
pub struct Reopened {
    /// The lab.
    pub lab: Lab,
    /// The lesson, if it was one.
    pub progress: Option<Progress>,
    /// When what was done began: a lesson's own beginning may take time.
    pub began: SimTime,
    /// What was typed and printed up to the moment shown.
    pub lines: Vec<Line>,
    /// Whether it came to the same as it did for who made it, as far as can be told.
    pub is_same: bool,
}

/// A session that is being done again.
#[derive(Clone, Debug)]
pub struct Replay {
    session: Session,
    began: SimTime,
    /// Inputs that are done.
    done: usize,
    /// Of the present one, how many single events are handled.
    stepped: u64,
    lab: Lab,
    progress: Option<Progress>,
    lines: Vec<Line>,
    /// Those of the history that the present one took the place of.
    former: Vec<Line>,
    forks: u32,
}

impl Replay {
    /// Begins it.
    ///
    /// # Errors
    /// When its lesson is unknown or wrong.
    pub fn new(session: Session) -> Result<Self, SessionError> {
        let (lab, progress) = begin(&session.start)?;
        let (began, forks) = (lab.now(), lab.forks());
        Ok(Self { session, began, done: 0, stepped: 0, lab, progress, lines: Vec::new(), former: Vec::new(), forks })
    }

    /// Goes on for about so many events, and answers whether all is done.
    ///
    /// # Errors
    /// When the session asks for what cannot be done.
    pub fn go_on(&mut self, events: usize) -> Result<bool, SessionError> {
        let mut left = events;
        while left > 0 {
            let Some(input) = self.session.inputs.get(self.done) else { return Ok(true) };
            let next = self.lab.next_at();
            let has_more = match input {
                Input::Until(until) => next <= *until,
                Input::Steps(steps) => self.stepped < *steps,
                _ => false,
            };
            if has_more && next != SimTime::NEVER {
                self.lab.step();
                self.stepped += 1;
                self.look(&[]);
                left -= 1;
                continue;
            }
            let input = input.clone();
            if !matches!(input, Input::Steps(_)) {
                self.repeat(&input)?;
            }
            self.stepped = 0;
            self.done += 1;
            left = left.saturating_sub(16);
        }
        Ok(self.done >= self.session.inputs.len())
    }

    /// Does all that is left.
    ///
    /// # Errors
    /// As [`Replay::go_on`].
    pub fn finish(mut self) -> Result<Reopened, SessionError> {
        while !self.go_on(usize::MAX)? {}
        Ok(self.reopen())
    }

    /// How much is done, in hundredths.
    pub fn percent(&self) -> usize {
        self.done * 100 / self.session.inputs.len().max(1)
    }

    /// What it has come to, once all is done.
    pub fn reopen(mut self) -> Reopened {
        let now = self.lab.now();
        let is_same = self.session.fingerprint.is_none_or(|known| known == fingerprint(&self.lab));
        keep_until(&mut self.lines, now);
        Reopened { lab: self.lab, progress: self.progress, began: self.began, lines: self.lines, is_same }
    }

    fn repeat(&mut self, input: &Input) -> Result<(), SessionError> {
        let at = self.lab.now();
        let mut seen = Vec::new();
        let mut former = None;
        match input {
            Input::Submit { terminal, line } => {
                self.say(*terminal, What::Command(line.clone()));
                seen.extend((*terminal < HIDDEN_TERMINAL).then(|| Observation::Typed(line.clone())));
            }
            Input::Interrupt(terminal) => self.say(*terminal, What::Interrupted),
            Input::Write { file, patch } => {
                let before = self.lab.read(file).unwrap_or_default();
                let size = before.len().saturating_add(patch.text.len());
                let is_new = self.lab.read(file).is_none();
                if size > LONGEST_FILE || file.len() > LONGEST_PATH || Files::normalize(file).is_empty() {
                    return Err(SessionError::TooLong);
                }
                if is_new && self.lab.files().iter().count() >= MOST_FILES {
                    return Err(SessionError::TooLong);
                }
            }
            Input::UndoFork => former = Some(std::mem::take(&mut self.former)),
            Input::Choose(choice) => seen.push(Observation::Chose(*choice)),
            Input::Retry => self.progress.iter_mut().for_each(|progress| progress.retry(&self.lab)),
            _ => {}
        }
        if !self.lab.repeat(input) {
            return Err(SessionError::Broken(format!("i[{}]", self.done)));
        }
        if let Input::Write { file, .. } = input {
            let text = self.lab.read(file).unwrap_or_default().to_owned();
            self.say(0, What::Wrote { file: file.clone(), text });
        }
        if self.lab.forks() != self.forks {
            self.forks = self.lab.forks();
            match former {
                Some(former) => self.lines = former,
                None => {
                    self.former.clone_from(&self.lines);
                    keep_until(&mut self.lines, at);
                }
            }
        }
        self.look(&seen);
        Ok(())
    }

    /// Takes what the terminals have written, and lets the lesson see it.
    fn look(&mut self, seen: &[Observation]) {
        let mut seen = seen.to_vec();
        for terminal in 0..=HIDDEN_TERMINAL {
            for chunk in self.lab.take_output(terminal) {
                if terminal < HIDDEN_TERMINAL {
                    seen.push(Observation::Printed(chunk.text.clone()));
                }
                let is_error = chunk.stream == Stream::Err;
                self.say(terminal, if is_error { What::Err(chunk.text) } else { What::Out(chunk.text) });
            }
            if let Some(code) = self.lab.take_ended(terminal).filter(|_| !self.lab.is_busy(terminal)) {
                self.say(terminal, What::Ended(code));
            }
        }
        if let Some(progress) = &mut self.progress {
            progress.observe(&self.lab, &seen);
        }
    }

    fn say(&mut self, terminal: usize, what: What) {
        self.lines.push(Line { at: self.lab.now(), terminal, what });
    }
}

fn begin(start: &Start) -> Result<(Lab, Option<Progress>), SessionError> {
    let lesson = match start {
        Start::Free(options) => return Ok((Lab::new(options), None)),
        Start::Lesson(id) => lessons::lesson(id).ok_or_else(|| SessionError::UnknownLesson(id.clone()))?,
        Start::OwnLesson(text) => Lesson::parse("lesson.yaml", text).map(Arc::new).map_err(SessionError::Lesson)?,
    };
    let mut lab = Lab::new(&LabOptions::default());
    let progress = Progress::start(&lesson, &mut lab);
    Ok((lab, Some(progress)))
}

/// Forgets what was seen after a moment; but what the editor wrote stays written in every history.
fn keep_until(lines: &mut Vec<Line>, now: SimTime) {
    lines.retain_mut(|line| {
        let is_file = matches!(line.what, What::Wrote { .. });
        if is_file {
            line.at = line.at.min(now);
        }
        is_file || line.at <= now
    });
}
