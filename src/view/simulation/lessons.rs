//! The lesson that is being done.

use hellok8s_lab::lab::timeline::Timeline;
use hellok8s_lab::lab::{Lab, LabOptions};
use hellok8s_lab::lessons::{self, Progress, Seen};
use leptos::prelude::*;

use super::terminals::TERMINALS;
use super::{Core, Simulation};
use crate::view::settings;

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
        core.log_cursor = usize::MAX;
        core.is_stale = true;
        core.seen.clear();
        for terminal in 0..TERMINALS {
            if let Some(signals) = self.signals(terminal) {
                signals.log.set(Vec::new());
            }
        }
    }

    /// Begins a lesson. Answers whether there is one with this name.
    pub fn start_lesson(self, id: &str) -> bool {
        let Some(lesson) = lessons::lesson(id) else { return false };
        self.core.update_value(|core| {
            let mut lab = Lab::new(&lesson.start.options);
            let progress = Progress::start(&lesson, &mut lab);
            self.replace_lab(core, lab);
            core.progress = Some(progress);
        });
        self.selected.set(None);
        self.speed.set(lesson.start.speed.saturating_mul(100).clamp(25, 6000));
        self.playing.set(true);
        self.lesson_changes.update(|count| *count += 1);
        self.refresh();
        true
    }

    /// Begins the lesson anew.
    pub fn restart_lesson(self) {
        let id = self.with_progress(|progress| progress.map(|progress| progress.lesson().id.clone()));
        if let Some(id) = id {
            self.start_lesson(&id);
        }
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
        self.refresh();
    }

    /// Begins the present step anew, from how things are.
    pub fn retry_step(self) {
        self.core.update_value(|core| {
            if let Some(progress) = &mut core.progress {
                progress.retry(&core.lab);
            }
        });
        self.lesson_changes.update(|count| *count += 1);
    }

    /// Chooses an answer of the present step.
    pub fn choose(self, choice: usize) {
        self.core.update_value(|core| core.seen.push(Seen::Chose(choice)));
        self.refresh();
    }

    /// Looks at the lesson that is being done.
    pub fn with_progress<T>(self, look: impl FnOnce(Option<&Progress>) -> T) -> T {
        self.core.with_value(|core| look(core.progress.as_ref()))
    }
}
