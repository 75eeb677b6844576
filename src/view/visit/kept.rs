//! What the browser keeps of a visit: how far a lesson was done, and what was done in somebody's moment.

use hellok8s_lab::lab::Input;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::{Link, Visit};
use crate::view::browser;
use crate::view::settings;

/// Under this name and the lesson's the browser keeps how far a lesson was done.
const LESSON: &str = "session:";
/// Under this name and the link's the browser keeps what was done in somebody's moment …
const THEIRS: &str = "shared:";
/// … and under this one the links of which it keeps that, the latest first: at most so many.
const ALL_THEIRS: &str = "shared";
const MOST_THEIRS: usize = 4;
/// Between two savings of a lesson.
const SAVING_MS: i32 = 1_000;

impl Visit {
    pub(super) fn save_soon(self) {
        let has_lesson = self.simulation.with_progress(|progress| progress.is_some());
        if !(has_lesson || self.is_shared.get_value()) || self.is_saving.get_value() {
            return;
        }
        self.is_saving.set_value(true);
        spawn_local(async move {
            browser::pause(SAVING_MS).await;
            self.is_saving.set_value(false);
            if !self.is_shared.get_value() || self.has_more_than_kept() {
                self.save();
            }
        });
    }

    /// Whether more was done in somebody's moment than is kept. That time has passed is kept when the page is left.
    fn has_more_than_kept(self) -> bool {
        let now = self.simulation.with(|lab| done(lab.inputs()));
        self.link.with_value(|link| link.as_ref().is_some_and(|link| link.kept != now))
    }

    /// Keeps what was done in somebody's moment, if anything was.
    fn save_changes(self, link: Link) {
        let session = self.session();
        let kept = done(session.inputs.clone());
        if kept == link.theirs {
            return;
        }
        let all = browser::recall(ALL_THEIRS).unwrap_or_default();
        let others = all.split(' ').filter(|id| !id.is_empty() && *id != link.id);
        let mut ids: Vec<&str> = std::iter::once(link.id.as_str()).chain(others).collect();
        for id in ids.drain(MOST_THEIRS.min(ids.len())..) {
            browser::forget(&kept_of(id));
        }
        browser::keep(ALL_THEIRS, &ids.join(" "));
        browser::keep(&kept_of(&link.id), &session.to_text());
        self.link.set_value(Some(Link { kept, ..link }));
    }

    /// Keeps how far the lesson is done, or what was done in somebody's moment.
    pub(super) fn save(self) {
        if let Some(link) = self.link.get_value().filter(|_| self.is_shared.get_value()) {
            return self.save_changes(link);
        }
        let id = self.simulation.with_progress(|progress| Some(progress?.lesson().id.clone()));
        let is_touched = self.simulation.with(|lab| !lab.is_untouched());
        if let Some(id) = id.filter(|_| is_touched && !self.is_shared.get_value()) {
            browser::keep(&kept_as(&id), &self.session().to_text());
        }
    }
}

/// Whether a lesson was begun and is not done.
pub fn is_begun(id: &str) -> bool {
    browser::recall(&kept_as(id)).is_some()
}

/// What was done, without how time passed and which moments were looked at.
pub(super) fn done(inputs: Vec<Input>) -> Vec<Input> {
    let is_time = |input: &Input| matches!(input, Input::Until(_) | Input::Steps(_) | Input::Seek(_));
    inputs.into_iter().filter(|input| !is_time(input)).collect()
}

pub(super) fn kept_of(id: &str) -> String {
    format!("{THEIRS}{id}")
}

pub(super) fn kept_as(id: &str) -> String {
    format!("{}{LESSON}{id}", settings::shelf())
}
