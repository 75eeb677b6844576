//! The text area: its selection, its histories, and how an edit gets into it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use hellok8s_lab::editing::completion::Offers;
use hellok8s_lab::editing::odd::{self, Odd};
use hellok8s_lab::editing::{self, Edit, History};
use hellok8s_lab::lab::problems::Problem;
use leptos::html::{Div, Textarea};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlDocument;

use super::completion;
use super::double::Double;
use crate::view::browser;
use crate::view::manifest::document::Document;

/// An edit with more text than this is put in at once, past the browser's own editing commands, which are slow at it.
const LONGEST_TYPED: usize = 4_096;
/// Histories that are kept: of the files that were open last.
const MOST_HISTORIES: usize = 40;

/// What is marked in the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// What is wrong, of the settled text.
    pub problems: Vec<Problem>,
    /// What only looks right, of the settled text.
    pub odd: Vec<Odd>,
}

/// What is searched for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// The words.
    pub words: String,
    /// Where they are.
    pub found: Vec<Range<usize>>,
}

/// What is offered, and which offer is chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// The offers.
    pub offers: Offers,
    /// The chosen one.
    pub active: usize,
}

/// What Tab does, so that nobody is caught in the editor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    /// It goes on: who has come here by Tab and has done nothing is on the way to somewhere else.
    Passes,
    /// It indents.
    Indents,
    /// It leaves, because Escape was pressed.
    Leaves,
}

#[derive(Default)]
struct State {
    histories: BTreeMap<String, History>,
    /// The file whose text is shown.
    open: String,
    /// What was selected before the browser changed the text.
    before: Range<usize>,
    /// What is to be selected after the edit that is being carried out.
    after: Option<Range<usize>>,
    pub(super) double: Double,
}

/// The text area of the page.
#[derive(Clone, Copy)]
pub struct Area {
    document: StoredValue<Document>,
    /// The element.
    pub input: NodeRef<Textarea>,
    /// What scrolls it.
    pub scroller: NodeRef<Div>,
    state: StoredValue<State, LocalStorage>,
    /// Whether an input method is at work: then nothing is changed and nothing opens.
    pub is_composing: RwSignal<bool>,
    /// What the next Tab does.
    pub tab: RwSignal<Tab>,
    /// What is offered to go on with.
    pub offered: RwSignal<Option<Offered>>,
    /// What is searched for, while the bar is open.
    pub search: RwSignal<Option<Search>>,
    /// Counts what may be undone or not.
    pub steps: RwSignal<u64>,
}

impl Area {
    /// Of the open file.
    pub fn new(document: Document) -> Self {
        Self {
            document: StoredValue::new(document),
            input: NodeRef::new(),
            scroller: NodeRef::new(),
            state: StoredValue::new_local(State::default()),
            is_composing: RwSignal::new(false),
            tab: RwSignal::new(Tab::Passes),
            offered: RwSignal::new(None),
            search: RwSignal::new(None),
            steps: RwSignal::new(0),
        }
    }

    /// The open file.
    pub fn document(self) -> Document {
        self.document.get_value()
    }

    /// The text as it is.
    pub fn text(self) -> Arc<str> {
        self.document().text.get_untracked()
    }

    /// What is selected.
    pub fn selection(self) -> Range<usize> {
        let Some(input) = self.input.get_untracked() else { return 0..0 };
        let at = |units: Option<u32>| usize::try_from(units.unwrap_or(0)).unwrap_or(0);
        let (start, end) = (input.selection_start().ok().flatten(), input.selection_end().ok().flatten());
        self.document().text.with_untracked(|text| {
            let (first, last) = (at(start), at(end));
            let start = editing::from_units(text, first);
            start..if first == last { start } else { editing::from_units(text, last) }
        })
    }

    /// Selects a part of the text, and shows it.
    pub fn select(self, range: Range<usize>) {
        self.select_quietly(&self.text(), &range);
        self.reveal(range.start);
    }

    /// Selects a part, shows it and brings the keyboard there.
    pub fn go_to(self, range: Range<usize>) {
        self.focus();
        self.select(range);
    }

    /// Goes to a line and column, both counted from 1.
    pub fn go_to_line(self, line: usize, column: usize) {
        let text = self.text();
        let range = editing::Lines::of(&text).range(line.saturating_sub(1));
        let part = text.get(range.clone()).unwrap_or_default();
        let offset = part.char_indices().nth(column.saturating_sub(1)).map_or(part.len(), |(at, _)| at);
        self.go_to(range.start + offset..range.end);
    }

    /// Brings the keyboard to the text.
    pub fn focus(self) {
        if let Some(input) = self.input.get_untracked() {
            let _focused = input.focus();
            self.set_tab(Tab::Indents);
        }
    }

    /// Says what Tab does from now on.
    pub fn set_tab(self, tab: Tab) {
        if self.tab.get_untracked() != tab {
            self.tab.set(tab);
        }
    }

    fn select_quietly(self, text: &str, range: &Range<usize>) {
        let Some(input) = self.input.get_untracked() else { return };
        let at = |byte| u32::try_from(editing::units(text, byte)).unwrap_or(u32::MAX);
        let _selected = input.set_selection_range(at(range.start), at(range.end));
    }

    /// Carries out an edit, as one step that can be undone.
    pub fn edit(self, edit: &Edit) {
        let Some(input) = self.input.get_untracked() else { return };
        let text = self.text();
        self.note_selection();
        if !edit.range.is_empty() || !edit.text.is_empty() {
            self.state.update_value(|state| state.after = Some(edit.selection.clone()));
            let is_short = edit.text.len() + edit.range.len() <= LONGEST_TYPED;
            // The browser's commands are for what has the focus.
            self.focus();
            self.select_quietly(&text, &edit.range);
            // The browser's own commands keep what it knows of the text: they cost as much as a key does.
            if !(is_short && type_in(&edit.text)) {
                let at = |byte| u32::try_from(editing::units(&text, byte)).unwrap_or(u32::MAX);
                let _set =
                    input.set_range_text_with_start_and_end(&edit.text, at(edit.range.start), at(edit.range.end));
                self.take_input();
            }
            self.state.update_value(|state| state.after = None);
        }
        self.select_quietly(&self.text(), &edit.selection);
        self.reveal(edit.selection.end);
    }

    /// Whether an edit of the editor's own is being carried out.
    pub fn is_editing(self) -> bool {
        self.state.with_value(|state| state.after.is_some())
    }

    /// Notes what is selected before the browser changes the text.
    pub fn note_selection(self) {
        let selection = self.selection();
        self.state.update_value(|state| state.before = selection);
    }

    /// Takes over what is in the text area.
    pub fn take_input(self) {
        let Some(input) = self.input.get_untracked() else { return };
        let text: Arc<str> = input.value().into();
        self.document().type_in(&text);
        let caret = self.selection();
        self.state.update_value(|state| {
            let after = state.after.clone().unwrap_or(caret);
            let before = state.before.clone();
            if let Some(history) = state.histories.get_mut(&state.open) {
                history.note(&text, before, after, browser::now_us() / 1_000);
            }
        });
        self.steps.update(|steps| *steps += 1);
        self.draw();
    }

    /// Shows the document's text where it was not typed here: another file, a preset, a command that wrote it.
    pub fn follow(self) {
        let (name, text) = (self.document().name.get(), self.document().text.get());
        let Some(input) = self.input.get() else { return };
        let is_known = self.state.with_value(|state| {
            state.open == name && state.histories.get(&name).is_some_and(|history| *history.text() == text)
        });
        if is_known {
            return;
        }
        self.offered.set(None);
        let caret = self.selection();
        input.set_value(&text);
        self.state.update_value(|state| {
            let is_same_file = state.open == name;
            let history = state.histories.entry(name.clone()).or_insert_with(|| History::of(Arc::clone(&text)));
            history.note(&text, caret.clone(), 0..0, browser::now_us() / 1_000);
            state.open.clone_from(&name);
            if !is_same_file && state.histories.len() > MOST_HISTORIES {
                state.histories.retain(|known, history| *known == name || history.can_undo());
            }
        });
        let start = if caret.end <= text.len() && text.is_char_boundary(caret.end) { caret.end } else { 0 };
        self.select_quietly(&text, &(start..start));
        self.steps.update(|steps| *steps += 1);
        self.draw();
    }

    /// Takes back the last change of the open file.
    pub fn undo(self) {
        self.step(History::undo);
    }

    /// Makes the change again that was taken back last.
    pub fn redo(self) {
        self.step(History::redo);
    }

    fn step(self, step: impl Fn(&mut History) -> Option<Edit>) {
        let mut edit = None;
        self.state.update_value(|state| edit = state.histories.get_mut(&state.open).and_then(step));
        if let Some(edit) = edit {
            self.edit(&edit);
        }
    }

    /// Whether there is something to take back, and something to do again.
    pub fn can_step(self) -> (bool, bool) {
        self.steps.track();
        self.state.with_value(|state| {
            state.histories.get(&state.open).map_or((false, false), |history| (history.can_undo(), history.can_redo()))
        })
    }

    /// Puts right what only looks right: one of them, or all.
    pub fn mend(self, one: Option<&Odd>) {
        let text = self.text();
        let caret = self.selection().end;
        let found = one.map_or_else(|| odd::in_manifest(&text), |odd| vec![odd.clone()]);
        // What was found is of the settled text.
        let is_there = |odd: &&Odd| text.get(odd.range.start..).is_some_and(|rest| rest.starts_with(odd.character));
        if found.iter().all(|odd| is_there(&odd))
            && let Some(edit) = odd::mend(&text, &found, caret)
        {
            self.edit(&edit);
        }
    }

    /// What the double knows.
    pub fn with_double<T>(self, act: impl FnOnce(&mut Double) -> T) -> Option<T> {
        let mut answer = None;
        self.state.try_update_value(|state| answer = Some(act(&mut state.double)));
        answer
    }

    /// Draws the lines that are seen.
    pub fn draw(self) {
        let marks = self.document().marks.get_untracked();
        let text = self.text();
        self.search.with_untracked(|search| {
            let found = search.as_ref().map(|search| search.found.as_slice()).unwrap_or_default();
            let selection = if found.is_empty() { 0..0 } else { self.selection() };
            self.with_double(|double| double.draw(&text, &marks, found, &selection));
        });
    }

    /// Scrolls so that a place is seen.
    pub fn reveal(self, at: usize) {
        self.with_double(|double| double.reveal(at));
        self.draw();
    }

    /// Offers what may stand at the caret; with `begun`, only where a word has been begun.
    pub fn offer(self, begun: bool) {
        let selection = self.selection();
        let offers = if selection.is_empty() && !self.is_composing.get_untracked() {
            self.document().text.with_untracked(|text| completion::offers(text, selection.end, begun))
        } else {
            None
        };
        let offered = offers.map(|offers| Offered { offers, active: 0 });
        if self.offered.with_untracked(|known| *known != offered) {
            self.offered.set(offered);
        }
    }

    /// Takes an offer.
    pub fn accept(self, at: usize) {
        let Some(offered) = self.offered.get_untracked() else { return };
        self.offered.set(None);
        if let Some(offer) = offered.offers.offers.get(at) {
            self.focus();
            self.edit(&Edit::new(offered.offers.range.clone(), offer.text.clone()));
            // A value may be offered next.
            if offer.text.ends_with(": ") {
                self.offer(false);
            }
        }
    }
}

/// Types a text over what is selected, as the visitor would.
fn type_in(text: &str) -> bool {
    let Some(document) = browser::document().and_then(|document| document.dyn_into::<HtmlDocument>().ok()) else {
        return false;
    };
    let command = if text.is_empty() { "delete" } else { "insertText" };
    document.exec_command_with_show_ui_and_value(command, false, text).unwrap_or(false)
}
