//! What the browser keeps of a visit: how far a lesson was done, and what was done in somebody's moment.

use hellok8s_lab::lab::Input;
use hellok8s_lab::session::Start;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::{Link, Visit, identity};
use crate::view::browser;
use crate::view::settings;

/// Under this name and the lesson's the browser keeps how far a lesson was done.
const LESSON: &str = "session:";
/// Under this name and the link's the browser keeps what was done in somebody's moment …
const THEIRS: &str = "shared:";
/// … and under this one the links of which it keeps that, the latest first: at most so many.
const ALL_THEIRS: &str = "shared";
const MOST_THEIRS: usize = 4;
/// As [`LESSON`], for lessons that are not the lab's own: by their text, so that none takes the place of another's; and the
/// latest of them, of which so many are kept.
const OWN_LESSON: &str = "session:own-";
const ALL_OWN: &str = "session:own";
const MOST_OWN: usize = 8;
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
        keep_latest(ALL_THEIRS, &link.id, MOST_THEIRS, kept_of);
        browser::keep(&kept_of(&link.id), &session.to_text());
        self.link.set_value(Some(Link { kept, ..link }));
    }

    /// Keeps how far the lesson is done, or what was done in somebody's moment.
    pub(super) fn save(self) {
        if let Some(link) = self.link.get_value().filter(|_| self.is_shared.get_value()) {
            return self.save_changes(link);
        }
        let is_touched = self.simulation.with(|lab| !lab.is_untouched());
        let start = self.simulation.lesson_start().filter(|_| is_touched && !self.is_shared.get_value());
        if let Some(name) = start.as_ref().and_then(kept_as) {
            if let Some(Start::OwnLesson(text)) = &start {
                let own = |id: &str| format!("{}{OWN_LESSON}{id}", settings::shelf());
                keep_latest(&format!("{}{ALL_OWN}", settings::shelf()), &identity(text), MOST_OWN, own);
            }
            browser::keep(&name, &self.session().to_text());
        }
    }
}

/// Notes under `name` that `id` is the latest of its kind; what is kept of those beyond the `most` latest goes.
fn keep_latest(name: &str, id: &str, most: usize, kept: impl Fn(&str) -> String) {
    let all = browser::recall(name).unwrap_or_default();
    let others = all.split(' ').filter(|other| !other.is_empty() && *other != id);
    let mut ids: Vec<&str> = std::iter::once(id).chain(others).collect();
    for old in ids.drain(most.min(ids.len())..) {
        browser::forget(&kept(old));
    }
    browser::keep(name, &ids.join(" "));
}

/// Whether a lesson of the lab's own was begun and is not done.
pub fn is_begun(id: &str) -> bool {
    kept_as(&Start::Lesson(id.to_owned())).is_some_and(|name| browser::recall(&name).is_some())
}

/// What was done, without how time passed and which moments were looked at.
pub(super) fn done(inputs: Vec<Input>) -> Vec<Input> {
    let is_time = |input: &Input| matches!(input, Input::Until(_) | Input::Steps(_) | Input::Seek(_));
    inputs.into_iter().filter(|input| !is_time(input)).collect()
}

pub(super) fn kept_of(id: &str) -> String {
    format!("{THEIRS}{id}")
}

/// The name under which a lesson's session is kept. A lesson that is not the lab's own may have any id, also one of ours.
pub(super) fn kept_as(start: &Start) -> Option<String> {
    match start {
        Start::Free(_) => None,
        Start::Lesson(id) => Some(format!("{}{LESSON}{id}", settings::shelf())),
        Start::OwnLesson(text) => Some(format!("{}{OWN_LESSON}{}", settings::shelf(), identity(text))),
    }
}
