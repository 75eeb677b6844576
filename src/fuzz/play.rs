//! Plays a world and looks on.

use super::actions::Action;
use crate::api::KubernetesVersion;
use crate::invariants::{Violation, Watcher};
use crate::lab::{Input, Lab, LabOptions, MAX_TERMINALS};
use crate::session::{Replay, Session, Start, fingerprint};
use crate::sim::SimTime;

/// Time that passes after the last action, so that what was begun may come to rest, in milliseconds.
const AFTERWARDS_MS: u64 = 120_000;
/// More events than a world has in a second, for many seconds: it runs in circles.
const MOST_EVENTS_AT_ONCE: u32 = 50_000;

/// Plays a world of a seed. Answers what does not hold, with what was done until then.
pub fn play(seed: u64, actions: &[Action]) -> Option<(Violation, Session)> {
    let version = if seed % 8 == 7 { KubernetesVersion::V1_22 } else { KubernetesVersion::default() };
    let mut world = World::new(LabOptions { seed, version });
    let violation = world.play(actions).err()?;
    Some((violation, world.session()))
}

/// Plays what was found before. Answers what does not hold.
pub fn play_session(session: &Session) -> Option<Violation> {
    let options = match &session.start {
        Start::Free(options) => options.clone(),
        _ => LabOptions::default(),
    };
    let mut world = World::new(options);
    let outcome = session.inputs.iter().try_for_each(|input| world.repeat(input));
    outcome.and_then(|()| world.compare()).err()
}

struct World {
    options: LabOptions,
    lab: Lab,
    watcher: Watcher,
    /// A copy of a moment since which nothing was done.
    copy: Option<Lab>,
}

impl World {
    fn new(options: LabOptions) -> Self {
        let lab = Lab::new(&options);
        let watcher = Watcher::of(lab.cluster());
        Self { options, lab, watcher, copy: None }
    }

    fn session(&self) -> Session {
        Session::of(&self.lab, Start::Free(self.options.clone()))
    }

    fn play(&mut self, actions: &[Action]) -> Result<(), Violation> {
        for action in actions {
            self.act(action)?;
        }
        self.pass(AFTERWARDS_MS)?;
        self.compare()
    }

    fn act(&mut self, action: &Action) -> Result<(), Violation> {
        if !matches!(action, Action::Pass(_) | Action::Step(_)) {
            self.compare_copy()?;
        }
        match action {
            Action::Type { terminal, line } => self.lab.submit(*terminal, line),
            Action::Interrupt(terminal) => self.lab.interrupt(*terminal),
            Action::Write { file, text } => self.lab.write(file, text),
            Action::Pass(ms) => return self.pass(*ms),
            Action::Step(steps) => return (0..*steps).try_for_each(|_| self.step()),
            Action::Seek(thousandths) => {
                let to = self.lab.end().as_ms() / 1_000 * thousandths;
                self.lab.seek(SimTime(to));
                self.watcher = Watcher::of(self.lab.cluster());
            }
            Action::UndoFork => {
                self.lab.undo_fork();
                self.watcher = Watcher::of(self.lab.cluster());
            }
            Action::Copy => self.copy = Some(self.lab.clone()),
        }
        self.look_after_input()
    }

    fn repeat(&mut self, input: &Input) -> Result<(), Violation> {
        match input {
            Input::Until(at) => self.pass(at.ms_since(self.lab.now())),
            Input::Steps(steps) => (0..*steps).try_for_each(|_| self.step()),
            _ => {
                self.lab.repeat(input);
                if matches!(input, Input::Seek(_) | Input::UndoFork) {
                    self.watcher = Watcher::of(self.lab.cluster());
                }
                self.look_after_input()
            }
        }
    }

    fn look_after_input(&mut self) -> Result<(), Violation> {
        self.forget_output();
        self.watcher.touch(self.lab.now());
        self.watcher.look(self.lab.cluster())
    }

    /// Lets time pass event by event, as the page does.
    fn pass(&mut self, ms: u64) -> Result<(), Violation> {
        let until = self.lab.now() + ms;
        let mut at_once = (self.lab.now(), 0);
        while self.lab.next_at() <= until && self.lab.next_at() != SimTime::NEVER {
            self.step()?;
            at_once = if self.lab.now() == at_once.0 { (at_once.0, at_once.1 + 1) } else { (self.lab.now(), 0) };
            if at_once.1 > MOST_EVENTS_AT_ONCE {
                let what = format!("{} events at one moment", at_once.1);
                return Err(Violation { rule: "a moment ends", at: self.lab.now(), what });
            }
        }
        self.lab.run_until(until);
        self.forget_output();
        self.watcher.look(self.lab.cluster())
    }

    fn step(&mut self) -> Result<(), Violation> {
        let (is_past, was_calm) = (self.lab.now() < self.lab.end(), self.lab.is_calm());
        self.lab.step();
        self.forget_output();
        if is_past || !was_calm || !self.lab.is_calm() {
            // What was done in the past is done again, or a command does something.
            self.watcher.touch(self.lab.now());
        }
        self.watcher.look(self.lab.cluster())?;
        self.watcher.look_at_rest(self.lab.cluster())
    }

    fn forget_output(&mut self) {
        for terminal in 0..MAX_TERMINALS {
            drop(self.lab.take_output(terminal));
        }
    }

    /// The copy comes to the same.
    fn compare_copy(&mut self) -> Result<(), Violation> {
        let Some(mut copy) = self.copy.take() else { return Ok(()) };
        let (mut original, now) = (self.lab.clone(), self.lab.now());
        for lab in [&mut original, &mut copy] {
            // Single steps may have left something to do at this moment.
            lab.run_until(now);
        }
        if fingerprint(&copy) == fingerprint(&original) {
            return Ok(());
        }
        Err(Violation { rule: "a copy comes to the same", at: now, what: "it does not".to_owned() })
    }

    /// The copy comes to the same, and so does the session done again, and its text.
    fn compare(&mut self) -> Result<(), Violation> {
        self.compare_copy()?;
        let differs = |rule, what: &str, at| Violation { rule, at, what: what.to_owned() };
        let (now, session) = (self.lab.now(), self.session());
        let whole = fingerprint(&self.lab);
        let text = session.to_text();
        let read =
            Session::parse(&text).map_err(|error| differs("a session can be read", &format!("{error:?}"), now))?;
        if read != session {
            return Err(differs("a session can be read", "it is another", now));
        }
        let again = Replay::new(read).and_then(Replay::finish);
        let again = again.map_err(|error| differs("a session can be done again", &format!("{error:?}"), now))?;
        if again.lab.now() != now || fingerprint(&again.lab) != whole {
            return Err(differs("a session comes to the same", "it does not", now));
        }
        Ok(())
    }
}
