//! The side panel: why, events, and the object that was clicked on.

mod events;
mod lesson;
mod placement;
pub mod selection;
pub mod why;

use leptos::prelude::*;

use crate::view::browser;
use crate::view::frame::layout::{Fold, Panel};
use crate::view::i18n::Key;
use crate::view::settings::settings;
use crate::view::side::events::Events;
use crate::view::side::lesson::LessonPanel;
use crate::view::side::selection::Selected;
use crate::view::side::why::Why;
use crate::view::simulation::simulation;

/// What the side panel shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tab {
    Lessons,
    Why,
    Events,
    Object,
}

/// The side panel.
#[component]
pub fn Side() -> impl IntoView {
    let (settings, simulation) = (settings(), simulation());
    let has_lesson = browser::parameter("lesson").is_some();
    let chosen = RwSignal::new(if has_lesson { Tab::Lessons } else { Tab::Why });
    // A click on the stage asks for the object; without one there is nothing to show of it.
    Effect::new(move |before: Option<bool>| {
        let has_object = simulation.selected.with(Option::is_some);
        if has_object && before.is_some() {
            chosen.set(Tab::Object);
        } else if !has_object && chosen.get_untracked() == Tab::Object {
            chosen.set(Tab::Why);
        }
        has_object
    });
    // A lesson that is opened, from a file or somebody's link, is what is to be seen next.
    let lesson = Memo::new(move |_| {
        simulation.lesson_changes.track();
        simulation.with_progress(|progress| progress.map(|progress| progress.lesson().id.clone()))
    });
    Effect::new(move |_| {
        if lesson.with(Option::is_some) {
            chosen.set(Tab::Lessons);
        }
    });
    let tab = move |which: Tab, key: Key| {
        view! {
            <button type="button" class="tab" aria-pressed=move || (chosen.get() == which).to_string()
                on:click=move |_| chosen.set(which)>{settings.say(key)}</button>
        }
    };
    view! {
        <section class="panel side" aria-labelledby="side-title">
            <header class="panel-head">
                <h2 id="side-title" class="unseen">{settings.say(Key::Side)}</h2>
                <div class="tabs" role="group" aria-labelledby="side-title">
                    {tab(Tab::Lessons, Key::Lessons)}
                    {tab(Tab::Why, Key::Why)}
                    {tab(Tab::Events, Key::Events)}
                    <Show when=move || simulation.selected.with(Option::is_some)>{tab(Tab::Object, Key::Object)}</Show>
                </div>
                <Fold panel=Panel::Side/>
            </header>
            <div class="side-scroll" tabindex="0" role="group" aria-labelledby="side-title">
                {move || match chosen.get() {
                    Tab::Lessons => view! { <LessonPanel/> }.into_any(),
                    Tab::Why => view! { <Why/> }.into_any(),
                    Tab::Events => view! { <Events/> }.into_any(),
                    Tab::Object => view! { <Selected/> }.into_any(),
                }}
            </div>
        </section>
    }
}
