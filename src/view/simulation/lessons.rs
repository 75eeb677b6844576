//! The lesson that is being done.

use std::sync::Arc;

use hellok8s_lab::lab::pace::Speed;
use hellok8s_lab::lab::story::Story;
use hellok8s_lab::lab::timeline::Timeline;
use hellok8s_lab::lab::{Input, Lab, LabOptions, start};
use hellok8s_lab::lessons::{Lesson, Observation, Progress};
use hellok8s_lab::session::{Reopened, Session, Start};
use leptos::prelude::*;

use super::terminals::TERMINALS;
use super::{Core, Simulation, Transcript};
use crate::view::settings;
use crate::view::survival;

impl Simulation {
    pub(super) fn read_lesson(self, core: &mut Core) {
        let Some(progress) = &mut core.progress else {
            core.seen.clear();
            return;
        };
        let seen = std::mem::take(&mut core.seen);
        let was_lost = progress.is_lost();
        let happenings = progress.observe(&core.lab, &seen);
        if !happenings.is_empty() || progress.is_lost() != was_lost {
            self.lesson_changes.update(|count| *count += 1);
        }
    }

    /// Puts another lab in the place of this one.
    fn replace_lab(self, core: &mut Core, lab: Lab) {
        core.lab = lab;
        core.timeline = Timeline::default();
        core.story = Story::default();
        core.log_cursor = usize::MAX;
        core.is_stale = true;
        core.seen.clear();
        core.own_lesson = None;
        for terminal in 0..TERMINALS {
            if let Some(signals) = self.signals(terminal) {
                signals.log.set(Transcript::default());
            }
        }
    }

    /// Puts what a session came to in the place of all that is there.
    pub fn reopen(self, reopened: Reopened) {
        let Reopened { lab, progress, lines, .. } = reopened;
        let shown = lines.iter().map(|line| line.terminal + 1).filter(|count| *count <= TERMINALS).max();
        self.core.update_value(|core| {
            self.replace_lab(core, lab);
            core.progress = progress;
            self.write_again(core, lines);
            core.seen.clear();
        });
        self.open_terminals.set(shown.unwrap_or(1));
        self.terminal.set(0);
        self.selected.set(None);
        self.lesson_changes.update(|count| *count += 1);
        self.refresh(true);
    }

    /// What the lab that is there began with, if that is a lesson.
    pub fn lesson_start(self) -> Option<Start> {
        self.core.with_value(Core::lesson_start)
    }

    /// Notes outside of the wasm what was done so far, before a link or a lesson is opened.
    pub fn note_opening(self) {
        self.core.with_value(|core| survival::note_opening(&core.session()));
    }

    /// The text of the lesson's file, when it is not one of the lab's own.
    pub fn own_lesson(self) -> Option<String> {
        self.core.with_value(|core| core.own_lesson.clone())
    }

    /// Notes the text of the lesson's file.
    pub fn set_own_lesson(self, text: Option<String>) {
        self.core.update_value(|core| core.own_lesson = text);
    }

    /// Begins a lesson.
    pub fn start_lesson(self, lesson: &Arc<Lesson>) {
        self.core.update_value(|core| {
            let mut lab = Lab::new(&lesson.start.options);
            let progress = Progress::start(lesson, &mut lab);
            self.replace_lab(core, lab);
            core.progress = Some(progress);
        });
        self.selected.set(None);
        let stated = lesson.start.speed.map(|times| Speed::Number(times.saturating_mul(100).clamp(25, 6000)));
        self.pace.set(stated.unwrap_or_else(settings::pace));
        self.playing.set(true);
        self.lesson_changes.update(|count| *count += 1);
        self.refresh(true);
    }

    /// Ends the lesson: the lab is then an empty one.
    pub fn leave_lesson(self) {
        let options = LabOptions { seed: settings::seed(), version: settings::version() };
        self.core.update_value(|core| {
            self.replace_lab(core, Lab::new(&options));
            core.progress = None;
        });
        self.selected.set(None);
        self.lesson_changes.update(|count| *count += 1);
        self.refresh(true);
    }

    /// Begins the present step anew, from how things are.
    pub fn retry_step(self) {
        self.core.update_value(|core| {
            if let Some(progress) = &mut core.progress {
                progress.retry(&core.lab);
                core.lab.note(Input::Retry);
            }
        });
        self.lesson_changes.update(|count| *count += 1);
    }

    /// Chooses an answer of the present step.
    pub fn choose(self, choice: usize) {
        self.core.update_value(|core| {
            core.seen.push(Observation::Chose(choice));
            core.lab.note(Input::Choose(choice));
        });
        self.refresh(true);
    }

    /// Looks at the lesson that is being done.
    pub fn with_progress<T>(self, look: impl FnOnce(Option<&Progress>) -> T) -> T {
        self.core.with_value(|core| look(core.progress.as_ref()))
    }
}

impl Core {
    fn lesson_start(&self) -> Option<Start> {
        let id = self.progress.as_ref()?.lesson().id.clone();
        Some(self.own_lesson.clone().map_or(Start::Lesson(id), Start::OwnLesson))
    }

    /// What was done so far, as it can be done again.
    fn session(&self) -> Session {
        let config = self.lab.cluster().config();
        let free = || Start::Free(LabOptions { seed: config.seed, version: config.version });
        let start = self.lesson_start().unwrap_or_else(free);
        Session { start, inputs: self.lab.inputs(), ..Session::default() }
    }

    /// Notes outside of the wasm what was done so far, before `command` is. What runs at the beginning is no command of the
    /// visitor's.
    pub(super) fn note(&self, command: &str) {
        if command != start::CLIENT && command != start::script() {
            survival::note(&self.session(), command);
        }
    }
}
