//! What the keys of the text area do.

use std::ops::Range;

use hellok8s_lab::editing::{self, Edit};
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use web_sys::InputEvent;

use super::Area;
use super::area::Tab;

impl Area {
    /// A key goes down. `apply` is what Ctrl + Enter does.
    pub fn press(self, event: &KeyboardEvent, apply: impl Fn()) {
        // The input method's own keys choose characters.
        if event.is_composing() || event.key_code() == COMPOSING {
            return;
        }
        let key = event.key();
        let is_command = event.ctrl_key() || event.meta_key();
        if matches!(key.as_str(), "Shift" | "Control" | "Alt" | "Meta") {
            return;
        }
        let leaves = self.tab.get_untracked() != Tab::Indents;
        if key != "Tab" {
            self.set_tab(Tab::Indents);
        }
        let is_done = if self.offered.with_untracked(Option::is_some) && !is_command && self.choose(&key) {
            true
        } else if is_command && !event.alt_key() {
            self.command(&key, event.shift_key(), apply)
        } else {
            match key.as_str() {
                "Tab" if !leaves && !event.alt_key() => {
                    self.change_level(event.shift_key());
                    true
                }
                // The next Tab is the browser's, so that nobody is caught here.
                "Escape" => {
                    self.set_tab(Tab::Leaves);
                    false
                }
                "F3" if self.search.with_untracked(Option::is_some) => {
                    self.find_next(event.shift_key());
                    true
                }
                _ => false,
            }
        };
        if is_done {
            event.prevent_default();
        }
    }

    /// Keys of the open list of offers; answers whether it was one.
    fn choose(self, key: &str) -> bool {
        let Some((active, count)) =
            self.offered.with_untracked(|offered| offered.as_ref().map(|all| (all.active, all.offers.offers.len())))
        else {
            return false;
        };
        let last = count.saturating_sub(1);
        let moved = match key {
            "ArrowDown" => (active + 1) % count.max(1),
            "ArrowUp" => active.checked_sub(1).unwrap_or(last),
            "PageDown" => (active + PAGE).min(last),
            "PageUp" => active.saturating_sub(PAGE),
            "Enter" | "Tab" => {
                self.accept(active);
                return true;
            }
            "Escape" => {
                self.offered.set(None);
                return true;
            }
            "ArrowLeft" | "ArrowRight" | "Home" | "End" => {
                self.offered.set(None);
                return false;
            }
            _ => return false,
        };
        self.offered.update(|offered| {
            if let Some(offered) = offered {
                offered.active = moved;
            }
        });
        true
    }

    fn command(self, key: &str, is_shifted: bool, apply: impl Fn()) -> bool {
        match key.to_ascii_lowercase().as_str() {
            "enter" => apply(),
            "/" => self.toggle_comment(),
            "z" if is_shifted => self.redo(),
            "z" => self.undo(),
            "y" => self.redo(),
            "f" => self.open_search(),
            "g" if self.search.with_untracked(Option::is_some) => self.find_next(is_shifted),
            " " => self.offer(false),
            _ => return false,
        }
        true
    }

    /// Indents, or comes out by a level.
    pub fn change_level(self, is_back: bool) {
        let (text, selection) = (self.text(), self.selection());
        if !is_back {
            self.edit(&editing::indent(&text, selection));
        } else if let Some(edit) = editing::outdent(&text, selection) {
            self.edit(&edit);
        }
    }

    /// Offers what may stand at the caret, also where an input method still composes: it is made to finish.
    pub fn offer_now(self) {
        if self.is_composing.get_untracked()
            && let Some(input) = self.input.get_untracked()
        {
            let _left = input.blur();
        }
        self.focus();
        self.reveal(self.selection().end);
        self.offer(false);
    }

    /// Makes comments of lines, or takes that back.
    pub fn toggle_comment(self) {
        self.edit(&editing::comment(&self.text(), self.selection()));
    }

    /// The browser is about to change the text: what the editor does in its place, it does now.
    pub fn before_input(self, event: &InputEvent) {
        if self.is_editing() {
            return;
        }
        self.note_selection();
        if event.is_composing() || self.is_composing.get_untracked() {
            return;
        }
        let kind = event.input_type();
        let edit = match kind.as_str() {
            "historyUndo" | "historyRedo" => {
                event.prevent_default();
                return if kind == "historyUndo" { self.undo() } else { self.redo() };
            }
            "insertLineBreak" | "insertParagraph" => Some(editing::newline(&self.text(), self.selection())),
            "insertText" => typed(event).and_then(|c| editing::pair(&self.text(), self.selection(), c)),
            "deleteContentBackward" => deleted(&self.text(), self.selection()),
            _ => None,
        };
        if let Some(edit) = edit {
            event.prevent_default();
            self.edit(&edit);
            if self.offered.with_untracked(Option::is_some) {
                self.offered.set(None);
            }
        }
    }

    /// The browser has changed the text.
    pub fn on_input(self, event: &InputEvent) {
        self.take_input();
        if self.is_editing() {
            return;
        }
        // A word that is being typed is offered ways to go on; one that an input method composes is left alone.
        let is_typed = event.input_type() == "insertText" && !event.is_composing();
        let is_open = self.offered.with_untracked(Option::is_some);
        if is_typed || (is_open && event.input_type() == "deleteContentBackward") {
            self.offer(true);
        } else if is_open {
            self.offered.set(None);
        }
    }
}

/// What browsers say instead of a key while an input method is at work.
const COMPOSING: u32 = 229;
/// Offers that Page Up and Page Down pass over.
const PAGE: usize = 6;

/// The one character that is typed.
fn typed(event: &InputEvent) -> Option<char> {
    let data = event.data()?;
    let mut chars = data.chars();
    let first = chars.next()?;
    chars.next().is_none().then_some(first)
}

fn deleted(text: &str, selection: Range<usize>) -> Option<Edit> {
    editing::unpair(text, selection.clone()).or_else(|| editing::backspace(text, selection))
}
