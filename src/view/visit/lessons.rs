//! Lessons of the lab's own, and somebody's.

use std::sync::Arc;

use hellok8s_lab::lessons::{self, Lesson};
use hellok8s_lab::session::{Session, SessionError, Start};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::kept::kept_as;
use super::{Notice, Purpose, Visit, is_yaml};
use crate::view::browser;
use crate::view::share::link;

impl Visit {
    /// Begins a lesson, or goes on with it.
    pub fn open_lesson(self, id: &str) {
        let Some(lesson) = lessons::lesson(id) else { return };
        self.go_on_with(lesson, None);
    }

    /// Begins a lesson of somebody's.
    pub(super) fn open_own_lesson(self, name: &str, text: &str) {
        match Lesson::parse(name, text) {
            Ok(lesson) => self.go_on_with(Arc::new(lesson), Some(text.to_owned())),
            Err(problems) => self.notice.set(Some(Notice::failed(SessionError::Lesson(problems)))),
        }
    }

    /// The lesson of the address: one of the lab's own, or a file beside the page.
    pub(super) fn open_named(self, lesson: String) {
        if lessons::lesson(&lesson).is_some() {
            return self.open_lesson(&lesson);
        }
        let Some(address) = browser::beside(&lesson).filter(|_| is_yaml(&lesson)) else { return };
        let ticket = self.ask();
        spawn_local(async move {
            let text = browser::fetch_text(&address).await;
            if self.is_asked(ticket) {
                match text {
                    Some(text) => self.open_own_lesson(&lesson, &text),
                    None => self.notice.set(Some(Notice::failed(SessionError::UnknownLesson(lesson)))),
                }
            }
        });
    }

    fn go_on_with(self, lesson: Arc<Lesson>, own: Option<String>) {
        self.save();
        self.simulation.note_opening();
        link::forget_present();
        let start = own.clone().map_or_else(|| Start::Lesson(lesson.id.clone()), Start::OwnLesson);
        let kept = kept_as(&start).and_then(|name| browser::recall(&name)).and_then(|text| Session::parse(&text).ok());
        // A lesson that has changed since begins anew: what was done in it fits another text.
        if let Some(kept) = kept.filter(|kept| kept.start == start && !kept.inputs.is_empty()) {
            let keep = kept.clone();
            return self.replay(kept, move |outcome| match outcome {
                Ok(reopened) => {
                    let file = keep.open_file.clone();
                    self.show(reopened, Purpose::Lesson);
                    self.simulation.set_own_lesson(own);
                    file.iter().for_each(|file| {
                        self.document.show(file);
                    });
                }
                Err(_) => self.begin_lesson(&lesson, own),
            });
        }
        self.begin_lesson(&lesson, own);
    }

    fn begin_lesson(self, lesson: &Arc<Lesson>, own: Option<String>) {
        self.ask();
        self.remember_mine();
        self.notice.set(None);
        self.is_shared.set_value(false);
        self.simulation.start_lesson(lesson);
        self.simulation.set_own_lesson(own);
        self.document.is_guest.set(true);
        self.document.reload();
    }

    /// Begins the present lesson anew, and forgets how far it was done.
    pub fn restart_lesson(self) {
        let Some(lesson) = self.simulation.with_progress(|progress| Some(Arc::clone(progress?.lesson()))) else {
            return;
        };
        let name = self.simulation.lesson_start().as_ref().and_then(kept_as);
        name.filter(|_| !self.is_shared.get_value()).iter().for_each(|name| browser::forget(name));
        let (own, is_shared) = (self.simulation.own_lesson(), self.is_shared.get_value());
        self.begin_lesson(&lesson, own);
        // Of somebody's nothing is kept in the place of the visitor's own.
        self.is_shared.set_value(is_shared);
    }
}
