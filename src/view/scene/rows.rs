//! Drawn things, told only where they have changed.

use std::collections::BTreeMap;

use leptos::prelude::*;

/// A thing that is drawn, with the object that it is drawn for.
pub trait Look: Clone + PartialEq + Send + Sync + 'static {
    /// The object's uid.
    fn uid(&self) -> &str;
    /// The uid of the object inside which it is drawn; empty or none for none.
    fn parent(&self) -> Option<&str> {
        None
    }
}

/// One drawn thing; its signal moves only when its own look changes.
#[derive(Clone)]
pub struct Row<L: Look> {
    /// The object's uid.
    pub uid: String,
    /// See [`Look::parent`].
    pub parent: String,
    /// How it looks now.
    pub look: ArcRwSignal<L>,
}

/// The drawn things of one kind.
pub struct Rows<L: Look>(RwSignal<Vec<Row<L>>>);

// Derived, it would ask the same of the looks.
#[expect(clippy::expl_impl_clone_on_copy, reason = "a signal is copied whatever it holds")]
impl<L: Look> Clone for Rows<L> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<L: Look> Copy for Rows<L> {}

impl<L: Look> Default for Rows<L> {
    fn default() -> Self {
        Self(RwSignal::new(Vec::new()))
    }
}

impl<L: Look> Rows<L> {
    /// All of them.
    pub fn all(self) -> Vec<Row<L>> {
        self.0.get()
    }

    /// Those drawn inside of `parent`.
    pub fn inside(self, parent: &str) -> Vec<Row<L>> {
        self.0.with(|rows| rows.iter().filter(|row| row.parent == parent).cloned().collect())
    }

    /// The one of an object, if it is drawn.
    pub fn of(self, uid: &str) -> Option<Row<L>> {
        self.0.with(|rows| rows.iter().find(|row| row.uid == uid).cloned())
    }

    /// What `tell` says of the first one that fits, as of now.
    pub(super) fn find<T>(self, fits: impl Fn(&L) -> bool, tell: impl Fn(&L) -> T) -> Option<T> {
        self.0.with_untracked(|rows| {
            rows.iter().find_map(|row| row.look.with_untracked(|look| fits(look).then(|| tell(look))))
        })
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0.with(Vec::is_empty)
    }

    pub(super) fn sync(self, looks: Vec<L>) {
        if !(looks.is_empty() && self.0.with_untracked(Vec::is_empty)) {
            self.sync_some(looks);
        }
    }

    // Kept out of its caller: a first visit has few of these kinds.
    #[inline(never)]
    fn sync_some(self, looks: Vec<L>) {
        let mut known: BTreeMap<String, Row<L>> =
            self.0.with_untracked(|rows| rows.iter().map(|row| (row.uid.clone(), row.clone())).collect());
        let rows: Vec<Row<L>> = looks
            .into_iter()
            .map(|look| match known.remove(look.uid()).filter(|row| row.parent == look.parent().unwrap_or_default()) {
                Some(row) => {
                    if row.look.with_untracked(|old| *old != look) {
                        row.look.set(look);
                    }
                    row
                }
                None => {
                    let (uid, parent) = (look.uid().to_owned(), look.parent().unwrap_or_default().to_owned());
                    Row { uid, parent, look: ArcRwSignal::new(look) }
                }
            })
            .collect();
        let is_same = |old: &Vec<Row<L>>| {
            old.len() == rows.len() && old.iter().zip(&rows).all(|(a, b)| a.uid == b.uid && a.parent == b.parent)
        };
        if !self.0.with_untracked(is_same) {
            self.0.set(rows);
        }
    }
}
