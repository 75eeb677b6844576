//! The editor: the text of the open file, what there is to say about it, and what applying it would do. It fills whatever
//! box it is given.

use leptos::prelude::*;

use crate::view::frame::layout::{Fold, Panel};
use crate::view::i18n::Key;
use crate::view::manifest::document::{Role, document};
use crate::view::manifest::files::FileBar;
use crate::view::manifest::forecast::ForecastLine;
use crate::view::manifest::notices::KeptNotices;
use crate::view::manifest::problems::Problems;
use crate::view::manifest::text::{Area, Completion, FindBar, Sheet};
use crate::view::settings::settings;

/// The editor.
#[component]
pub fn Editor() -> impl IntoView {
    let (settings, document) = (settings(), document());
    let area = Area::new(document);
    let review = Memo::new(move |_| document.review());
    let is_wrong = Signal::derive(move || review.with(|review| !review.problems.is_empty()));
    document.mark(review);
    let role = Memo::new(move |_| review.with(|review| document.role(review)));
    let apply = move || document.apply(|_| {});
    view! {
        <section class="panel editor" aria-labelledby="editor-title">
            <header class="panel-head">
                <h2 id="editor-title">{settings.say(Key::Editor)}</h2>
                <FileBar/>
                <Fold panel=Panel::Editor/>
            </header>
            <FindBar area/>
            <Sheet area is_wrong apply=Callback::new(move |()| apply())/>
            <Completion area/>
            <Tools area/>
            <KeptNotices/>
            <Problems area review/>
            <Show when=move || role.get() == Role::Manifest && !document.is_long()>
                <ForecastLine/>
            </Show>
            <Foot role apply=Callback::new(move |()| apply())/>
        </section>
    }
}

#[component]
fn Foot(role: Memo<Role>, apply: Callback<()>) -> impl IntoView {
    let (settings, document) = (settings(), document());
    let label = move || {
        settings.say(match role.get() {
            Role::Edit => Key::EditSave,
            Role::Image => Key::BuildImage,
            Role::Manifest => Key::Apply,
        })()
    };
    view! {
        <div class="editor-foot">
            <Show when=move || role.get() == Role::Edit>
                <span class="hint" role="status">{settings.say(Key::EditWaits)}</span>
                <button type="button" class="button" on:click=move |_| document.cancel_edit()>
                    {settings.say(Key::Cancel)}
                </button>
            </Show>
            <span class="hint">{settings.say(Key::ApplyHint)}</span>
            <button type="button" class="button primary" data-testid="apply" on:click=move |_| apply.run(())>{label}</button>
        </div>
    }
}

/// What a keyboard does with Ctrl, for whoever has none: shown on touch screens while the text is edited.
#[component]
fn Tools(area: Area) -> impl IntoView {
    let settings = settings();
    let tool = move |key: Key, sign: &'static str, is_on: Signal<bool>, act: fn(Area)| {
        view! {
            <button type="button" class="button small tool" title=settings.say(key) aria-label=settings.say(key)
                disabled=move || !is_on.get() on:click=move |_| act(area)>{sign}</button>
        }
    };
    let always = Signal::derive(|| true);
    let (undo, redo) = (Signal::derive(move || area.can_step().0), Signal::derive(move || area.can_step().1));
    view! {
        // The text keeps the keyboard.
        <div class="editor-tools" role="toolbar" aria-label=settings.say(Key::Tools)
            on:mousedown=move |event| event.prevent_default()>
            {tool(Key::Undo, "↶", undo, Area::undo)}
            {tool(Key::Redo, "↷", redo, Area::redo)}
            {tool(Key::Outdent, "⇤", always, |area| area.change_level(true))}
            {tool(Key::Indent, "⇥", always, |area| area.change_level(false))}
            {tool(Key::Comment, "#", always, Area::toggle_comment)}
            {tool(Key::Offers, "≡", always, Area::offer_now)}
            {tool(Key::Find, "⌕", always, Area::open_search)}
        </div>
    }
}
