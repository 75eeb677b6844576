//! What the browser keeps of the visitor's files for the next visit, told honestly: where it keeps nothing, and where
//! another tab has kept another text under the same name.

use std::collections::BTreeMap;
use std::sync::Arc;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::StorageEvent;

use crate::view::browser;
use crate::view::settings;

/// Under `file:NAME` the browser keeps the text of each file.
const FILE: &str = "file:";
/// Where a text is kept that a preset took the place of.
const DRAFT: &str = "draft";

fn kept_as(name: &str) -> String {
    format!("{}{name}", settings::shelf())
}

fn file_key(name: &str) -> String {
    kept_as(&format!("{FILE}{name}"))
}

/// A file of which another tab has kept another text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theirs {
    /// Its name.
    pub name: String,
    /// The other tab's text.
    pub text: String,
}

#[derive(Default)]
struct Known {
    files: BTreeMap<String, Arc<str>>,
    /// The text to go back to, where the browser does not keep it.
    draft: Option<String>,
}

/// The visitor's shelf of files.
#[derive(Clone, Copy)]
pub struct Shelf {
    /// What is on the shelf as this tab knows it.
    known: StoredValue<Known>,
    /// Whether the browser did not keep what was typed last: it is full, or does not let the page.
    pub is_lost: RwSignal<bool>,
    /// What another tab has put on the shelf meanwhile: until the visitor has chosen, it is not written over.
    pub theirs: RwSignal<Option<Theirs>>,
    /// Whether there is a text to go back to.
    pub has_draft: RwSignal<bool>,
}

impl Shelf {
    /// The shelf as it is.
    pub fn open() -> Self {
        let shelf = Self {
            known: StoredValue::new(Known::default()),
            is_lost: RwSignal::new(false),
            theirs: RwSignal::new(None),
            has_draft: RwSignal::new(browser::recall(&kept_as(DRAFT)).is_some()),
        };
        // As long as the page lives.
        std::mem::forget(window_event_listener_untyped("storage", move |event| {
            let key = event.dyn_ref::<StorageEvent>().and_then(StorageEvent::key);
            if let Some(name) = key.as_deref().and_then(|key| browser::kept_name(key)?.strip_prefix(&kept_as(FILE))) {
                shelf.look(name);
            }
        }));
        shelf
    }

    /// The files as they were left: this tab's own text where another tab's was on the shelf and nothing was chosen.
    pub fn files(self) -> Vec<(String, String)> {
        let kept = browser::recall_all(&kept_as(FILE));
        self.known.update_value(|known| {
            known.files = kept.iter().map(|(name, text)| (name.clone(), Arc::from(text.as_str()))).collect();
        });
        kept.into_iter()
            .map(|(name, text)| match browser::recall_in_tab(&file_key(&name)).filter(|own| *own != text) {
                Some(own) => {
                    self.theirs.set(Some(Theirs { name: name.clone(), text }));
                    (name, own)
                }
                None => (name, text),
            })
            .collect()
    }

    /// Whether the shelf holds this text of a file, as far as this tab knows.
    pub fn has(self, name: &str, text: &str) -> bool {
        self.known.with_value(|known| known.files.get(name).is_some_and(|known| **known == *text))
    }

    /// Whether the shelf holds a file of this name, as far as this tab knows.
    pub fn knows(self, name: &str) -> bool {
        self.known.with_value(|known| known.files.contains_key(name))
    }

    /// The names on the shelf, as far as this tab knows.
    pub fn names(self) -> Vec<String> {
        self.known.with_value(|known| known.files.keys().cloned().collect())
    }

    /// Keeps a text, unless another tab has kept another one meanwhile: that is told, and this one waits.
    pub fn keep(self, name: &str, text: &str) {
        let key = file_key(name);
        let stored = browser::recall(&key);
        let is_asked = self.theirs.with_untracked(|theirs| theirs.as_ref().is_some_and(|theirs| theirs.name == name));
        let is_theirs = stored.as_ref().is_some_and(|stored| stored != text && (is_asked || !self.has(name, stored)));
        if let Some(theirs) = stored.filter(|_| is_theirs) {
            // A reload of this tab does not lose it.
            set(self.is_lost, !browser::keep_in_tab(&key, text));
            let theirs = Some(Theirs { name: name.to_owned(), text: theirs });
            return set(self.theirs, theirs);
        }
        let is_kept = browser::keep(&key, text);
        set(self.is_lost, !is_kept);
        if is_kept {
            self.settle(name, text);
        }
    }

    /// Looks at what is on the shelf after another tab has changed it.
    fn look(self, name: &str) {
        let stored = browser::recall(&file_key(name));
        match stored {
            Some(text) if !self.has(name, &text) => set(self.theirs, Some(Theirs { name: name.to_owned(), text })),
            // They have come to agree.
            _ => self.agree(name),
        }
    }

    /// There is nothing more to choose between.
    fn agree(self, name: &str) {
        if self.theirs.with_untracked(|theirs| theirs.as_ref().is_some_and(|theirs| theirs.name == name)) {
            self.theirs.set(None);
        }
    }

    /// From now on this text is what is on the shelf.
    pub fn settle(self, name: &str, text: &str) {
        browser::forget_in_tab(&file_key(name));
        self.known.update_value(|known| {
            known.files.insert(name.to_owned(), Arc::from(text));
        });
        self.agree(name);
    }

    /// Takes a file from the shelf.
    pub fn forget(self, name: &str) {
        browser::forget(&file_key(name));
        browser::forget_in_tab(&file_key(name));
        self.known.update_value(|known| {
            known.files.remove(name);
        });
        self.agree(name);
    }

    /// Keeps a text that something took the place of.
    pub fn put_aside(self, text: &str) {
        if !text.trim().is_empty() {
            browser::keep(&kept_as(DRAFT), text);
            self.known.update_value(|known| known.draft = Some(text.to_owned()));
            self.has_draft.set(true);
        }
    }

    /// The text that something took the place of last.
    pub fn draft(self) -> Option<String> {
        self.known.with_value(|known| known.draft.clone()).or_else(|| browser::recall(&kept_as(DRAFT)))
    }
}

fn set<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.with_untracked(|known| *known != value) {
        signal.set(value);
    }
}
