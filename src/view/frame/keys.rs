//! The list of keys, for whoever presses `?`.

use leptos::ev::{self, KeyboardEvent};
use leptos::html::Dialog;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use crate::view::browser;
use crate::view::i18n::Key;
use crate::view::icon::Icon;
use crate::view::settings::settings;
use crate::view::simulation::{Simulation, simulation};

/// Where, which keys, and what they do there.
const KEYS: [(Key, &[(&str, Key)]); 6] = [
    (
        Key::KeysAnywhere,
        &[
            ("Space", Key::KeysPlay),
            ("← →", Key::KeysBeat),
            ("?", Key::KeysList),
            ("p", Key::PresentHint),
            ("n", Key::WaysHint),
            ("Tab", Key::KeysNext),
            ("Esc", Key::KeysEscape),
        ],
    ),
    (
        Key::Editor,
        &[
            ("Ctrl/⌘ + Enter", Key::Apply),
            ("Esc, Tab", Key::KeysLeave),
            ("Tab / Shift + Tab", Key::KeysIndent),
            ("Ctrl + Space", Key::KeysOffers),
            ("Ctrl/⌘ + /", Key::Comment),
            ("Ctrl/⌘ + Z / Shift + Z", Key::KeysUndo),
            ("Ctrl/⌘ + F", Key::Find),
        ],
    ),
    (
        Key::Terminal,
        &[
            ("Enter", Key::KeysRun),
            ("↑ ↓", Key::KeysHistory),
            ("Tab", Key::KeysComplete),
            ("Ctrl + R", Key::KeysSearch),
            ("Ctrl + C", Key::KeysInterrupt),
            ("Ctrl + L", Key::Clear),
        ],
    ),
    (Key::Stage, &[("← → ↑ ↓", Key::KeysGrid), ("Home / End", Key::KeysGridEnds), ("Enter", Key::KeysGridOpen)]),
    (
        Key::Why,
        &[
            ("↑ ↓", Key::KeysWhyNext),
            ("Home / End", Key::KeysWhyEnds),
            ("→ ←", Key::KeysWhyInto),
            ("Enter", Key::KeysWhyThere),
        ],
    ),
    (
        Key::Timeline,
        &[("← →", Key::KeysSecond), ("Page Up / Page Down", Key::KeysTenSeconds), ("Home / End", Key::KeysEnds)],
    ),
];

/// The button with the list of keys behind it.
#[component]
pub fn Keys() -> impl IntoView {
    let (settings, simulation) = (settings(), simulation());
    let dialog = NodeRef::<Dialog>::new();
    let open = move || {
        if let Some(dialog) = dialog.get_untracked().filter(|dialog| !dialog.open()) {
            // Modal: the browser keeps the focus in it, closes it with Escape and gives the focus back.
            let _ = dialog.show_modal();
        }
    };
    let close = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    // As long as the page lives.
    std::mem::forget(window_event_listener(ev::keydown, move |event| {
        if event.key() == "?" && !is_typed(&event) {
            event.prevent_default();
            open();
        } else if !event.default_prevented() && moves_time(&event, simulation) {
            event.prevent_default();
        }
    }));
    let section = move |(place, keys): (Key, &'static [(&'static str, Key)])| {
        let rows = keys.iter().map(|(key, what)| {
            view! { <div><dt><kbd>{*key}</kbd></dt><dd>{settings.say(*what)}</dd></div> }
        });
        view! {
            <h3>{settings.say(place)}</h3>
            <dl>{rows.collect_view()}</dl>
        }
    };
    view! {
        <button type="button" class="button bare" data-testid="keys" aria-haspopup="dialog" aria-label=settings.say(Key::Keys)
            title=settings.say(Key::Keys) on:click=move |_| open()>{Icon::Keys.view()}</button>
        <dialog class="keys" node_ref=dialog aria-labelledby="keys-title">
            <div class="keys-head">
                <h2 id="keys-title">{settings.say(Key::Keys)}</h2>
                <button type="button" class="button small" on:click=close>{settings.say(Key::Close)}</button>
            </div>
            {KEYS.map(section).into_iter().collect_view()}
        </dialog>
    }
}

/// What uses the space bar itself, and what uses the arrows.
const USES_SPACE: &str = "button, a, summary, input, select, textarea, dialog, [role=button], [role=treeitem], \
                          [role=gridcell], [role=option], [role=menuitem], [role=tab], [role=separator], \
                          [role=application], [contenteditable]";
const USES_ARROWS: &str = "input, select, textarea, dialog, [role=tree], [role=grid], [role=listbox], [role=menu], \
                           [role=tablist], [role=slider], [role=separator], [role=radiogroup], [role=toolbar], \
                           [role=application], [contenteditable]";

/// The keys that move time wherever nothing else uses them. Answers whether it was one.
fn moves_time(event: &KeyboardEvent, simulation: Simulation) -> bool {
    if event.ctrl_key() || event.meta_key() || event.alt_key() || event.shift_key() {
        return false;
    }
    let element = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let is_within =
        |users: &str| element.as_ref().is_some_and(|element| element.closest(users).is_ok_and(|user| user.is_some()));
    match event.key().as_str() {
        " " if !event.repeat() && !is_within(USES_SPACE) => simulation.playing.update(|playing| *playing = !*playing),
        "ArrowLeft" if !is_within(USES_ARROWS) => simulation.to_beat(false),
        "ArrowRight" if !is_within(USES_ARROWS) => simulation.to_beat(true),
        _ => return false,
    }
    true
}

/// Whether the key writes a character somewhere.
pub fn is_typed(event: &KeyboardEvent) -> bool {
    let element = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let is_field = |element: &Element| {
        matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
            && browser::get(element, "type").and_then(|kind| kind.as_string()).as_deref() != Some("range")
    };
    let is_editable =
        |element: &Element| element.dyn_ref::<HtmlElement>().is_some_and(HtmlElement::is_content_editable);
    element.is_some_and(|element| is_field(&element) || is_editable(&element))
}
