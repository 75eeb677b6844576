//! The bar that finds words in the text.

use std::ops::Range;

use hellok8s_lab::editing::{self, MOST_FOUND};
use leptos::ev::KeyboardEvent;
use leptos::html::Input;
use leptos::prelude::*;

use super::Area;
use super::area::Search;
use crate::view::i18n::Key;
use crate::view::settings::settings;

impl Area {
    /// Opens the bar with what is selected, or closes it.
    pub fn open_search(self) {
        let (text, selection) = (self.text(), self.selection());
        let words = text.get(selection).filter(|words| !words.contains('\n')).unwrap_or_default();
        let before = self.search.with_untracked(|search| search.as_ref().map(|search| search.words.clone()));
        let words = if words.is_empty() { before.unwrap_or_default() } else { words.to_owned() };
        self.offered.set(None);
        self.look_for(words);
    }

    /// Closes the bar; the keyboard goes back to the text.
    pub fn close_search(self) {
        self.search.set(None);
        self.focus();
    }

    fn look_for(self, words: String) {
        let found = self.document().text.with_untracked(|text| editing::find(text, &words));
        self.search.set(Some(Search { words, found }));
    }

    /// Selects the next place, or the one before.
    pub fn find_next(self, is_back: bool) {
        let selection = self.selection();
        let place = self.search.with_untracked(|search| {
            let found = &search.as_ref()?.found;
            if is_back {
                found.iter().rev().find(|one| one.end <= selection.start).or(found.last()).cloned()
            } else {
                found.iter().find(|one| one.start >= selection.end).or(found.first()).cloned()
            }
        });
        if let Some(place) = place {
            self.show_found(place);
        }
    }

    fn show_found(self, place: Range<usize>) {
        self.select(place.clone());
        let text = self.text();
        self.with_double(|double| {
            if let (Some((left, ..)), Some((right, ..))) =
                (double.place(&text, place.start), double.place(&text, place.end))
            {
                double.reveal_column(left, right);
            }
        });
        // Which one it is has changed.
        self.search.update(|_| ());
    }
}

/// The bar, while it is open.
#[component]
pub fn FindBar(area: Area) -> impl IntoView {
    let is_open = Memo::new(move |_| area.search.with(Option::is_some));
    view! { <Show when=move || is_open.get()><Bar area/></Show> }
}

#[component]
fn Bar(area: Area) -> impl IntoView {
    let settings = settings();
    let input = NodeRef::<Input>::new();
    Effect::new(move |_| {
        if let Some(input) = input.get() {
            let _focused = input.focus();
            input.select();
        }
    });
    // What is typed into the text meanwhile is searched, too.
    Effect::new(move |_| {
        area.document().settled.track();
        let words = area.search.with_untracked(|search| search.as_ref().map(|search| search.words.clone()));
        if let Some(words) = words.filter(|words| !words.is_empty()) {
            area.look_for(words);
        }
    });
    let on_input = move |event| {
        area.look_for(event_target_value(&event));
        let from = area.selection().start;
        let place = area.search.with_untracked(|search| {
            let found = &search.as_ref()?.found;
            found.iter().find(|one| one.start >= from).or(found.first()).cloned()
        });
        if let Some(place) = place {
            area.show_found(place);
        }
    };
    let on_key = move |event: KeyboardEvent| {
        if event.is_composing() {
            return;
        }
        let is_command = event.ctrl_key() || event.meta_key();
        match event.key().as_str() {
            "Enter" | "F3" => area.find_next(event.shift_key()),
            "g" if is_command => area.find_next(event.shift_key()),
            "f" if is_command => {
                if let Some(input) = input.get_untracked() {
                    input.select();
                }
            }
            "Escape" => area.close_search(),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let words =
        area.search.with_untracked(|search| search.as_ref().map(|search| search.words.clone()).unwrap_or_default());
    let count = move || {
        area.search.with(|search| {
            let search = search.as_ref()?;
            if search.words.is_empty() {
                return None;
            }
            let selection = area.selection();
            let at = search.found.iter().position(|one| *one == selection).map_or(0, |at| at + 1);
            let more = if search.found.len() >= MOST_FOUND { "+" } else { "" };
            Some(if search.found.is_empty() {
                settings.say(Key::FindNone)().to_owned()
            } else {
                format!("{at} / {}{more}", search.found.len())
            })
        })
    };
    let button = move |key: Key, sign: &'static str, act: fn(Area)| {
        view! {
            <button type="button" class="button small" title=settings.say(key) aria-label=settings.say(key)
                on:click=move |_| act(area)>{sign}</button>
        }
    };
    view! {
        <div class="find" role="search" aria-label=settings.say(Key::Find) data-testid="find" on:keydown=on_key>
            <input class="find-words" type="text" node_ref=input value=words aria-label=settings.say(Key::Find)
                placeholder=settings.say(Key::Find) autocomplete="off" autocapitalize="off" spellcheck="false"
                enterkeyhint="search" maxlength="200" on:input=on_input/>
            <span class="find-count" role="status" data-testid="find-count">{count}</span>
            {button(Key::FindBefore, "↑", |area| area.find_next(true))}
            {button(Key::FindNext, "↓", |area| area.find_next(false))}
            {button(Key::Close, "×", Area::close_search)}
        </div>
    }
}
