//! What is typed: the lab has it at once; what takes time waits until nobody types any more.

use std::sync::Arc;

use gloo_timers::future::TimeoutFuture;
use hellok8s_lab::editing::odd;
use hellok8s_lab::lab::problems::Review;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::{Document, LONGEST_READ};
use crate::view::manifest::text::Marks;

/// A text that nobody types in for so long is settled; a long one later, since more has to be read then.
const SETTLED_AFTER_MS: usize = 200;
/// Bytes of text that make it settle a millisecond later.
const BYTES_A_MS: usize = 512;
impl Document {
    /// Takes over what is typed: the lab has it at once, the rest when nobody types any more.
    pub fn type_in(self, text: &Arc<str>) {
        self.simulation.write(&self.name.get_untracked(), text);
        self.text.set(Arc::clone(text));
        let mut typed = 0;
        self.past.update_value(|past| {
            past.typed += 1;
            typed = past.typed;
        });
        let wait_ms = SETTLED_AFTER_MS + text.len() / BYTES_A_MS;
        spawn_local(async move {
            TimeoutFuture::new(u32::try_from(wait_ms.min(3_000)).unwrap_or(0)).await;
            if self.past.with_value(|past| past.typed) == typed {
                self.settle();
            }
        });
    }

    /// Whether the text is too long to be read while it is typed.
    pub fn is_long(self) -> bool {
        self.settled.with(|text| text.len() > LONGEST_READ)
    }

    /// Reads and keeps what was typed, now.
    pub fn settle(self) {
        let text = self.text.get_untracked();
        if self.settled.with_untracked(|settled| *settled == text) {
            return;
        }
        self.settled.set(Arc::clone(&text));
        let name = self.name.get_untracked();
        let is_edited = self.edited.with_untracked(|edited| edited.as_ref().is_some_and(|edited| edited.path == name));
        if !self.is_guest.get_untracked() && !is_edited {
            self.shelf().keep(&name, &text);
        }
    }

    /// Shows a text that was not typed.
    pub(super) fn put(self, text: &str) {
        let text: Arc<str> = text.into();
        self.settled.set(Arc::clone(&text));
        self.text.set(text);
    }

    /// Marks what `review` finds, and what only looks right.
    pub fn mark(self, review: Memo<Review>) {
        let found = Memo::new(move |_| {
            let is_yaml = self.name.with(|name| [".yaml", ".yml", ".json"].iter().any(|end| name.ends_with(end)));
            if !self.reads.get() || !is_yaml || self.is_long() {
                return Vec::new();
            }
            self.settled.with(|text| odd::in_manifest(text))
        });
        Effect::new(move |_| {
            let marks = Marks { problems: review.with(|review| review.problems.clone()), odd: found.get() };
            if self.marks.with_untracked(|known| *known != marks) {
                self.marks.set(marks);
            }
        });
    }

    /// Takes the other tab's text of a file; this tab's can be had back.
    pub fn take_theirs(self) {
        let Some(theirs) = self.shelf().theirs.get_untracked() else { return };
        let own = self.simulation.with(|lab| lab.read(&theirs.name).unwrap_or_default().to_owned());
        self.shelf().put_aside(&own);
        self.shelf().settle(&theirs.name, &theirs.text);
        self.simulation.write(&theirs.name, &theirs.text);
        self.reload();
        self.show(&theirs.name);
    }

    /// Keeps this tab's text of a file; the other tab is asked in its turn.
    pub fn keep_mine(self) {
        let Some(theirs) = self.shelf().theirs.get_untracked() else { return };
        let own = self.simulation.with(|lab| lab.read(&theirs.name).unwrap_or_default().to_owned());
        self.shelf().settle(&theirs.name, &theirs.text);
        self.shelf().keep(&theirs.name, &own);
    }
}
