//! Three sentences for who is here for the first time: what to look at, and what to do with it. They take no room
//! from anything, wait for nobody, and do not come again.

use leptos::ev;
use leptos::prelude::*;

use crate::view::browser;
use crate::view::i18n::Key;
use crate::view::settings::{self, settings};
use crate::view::simulation::simulation;

/// Under this name the browser keeps that the tour was seen.
const SEEN: &str = "tour";
/// The panel that each sentence is about.
const STEPS: [(&str, Key); 3] = [("editor", Key::TourEditor), ("stage", Key::TourStage), ("timeline", Key::TourTime)];

/// The tour's present sentence, if it is to be shown.
#[component]
pub fn Tour() -> impl IntoView {
    let (settings, simulation) = (settings(), simulation());
    let is_visitor = !settings::is_embedded()
        && browser::parameter("lesson").is_none()
        && browser::recall(SEEN).is_none()
        && crate::view::share::link::present().is_none();
    let step = RwSignal::new(is_visitor.then_some(0_usize));
    let end = move || {
        browser::keep(SEEN, "seen");
        step.set(None);
    };
    let go_on = move |_| match step.get_untracked() {
        Some(at) if at + 1 < STEPS.len() => step.set(Some(at + 1)),
        _ => end(),
    };
    // As long as the page lives.
    std::mem::forget(window_event_listener(ev::keydown, move |event| {
        if event.key() == "Escape" && step.with_untracked(Option::is_some) {
            end();
        }
    }));
    // The style sheets mark the panel.
    Effect::new(move |_| {
        let panel = step.get().and_then(|at| STEPS.get(at)).map(|(panel, _)| *panel);
        browser::mark_root("data-tour", panel);
    });
    // Who has found out how it goes on needs no first sentence.
    Effect::new(move |_| {
        if simulation.changes.get() > 0 && !simulation.scene.deployments.is_empty() && step.get_untracked() == Some(0) {
            step.set(Some(1));
        }
    });
    let bar = move || {
        let at = step.get()?;
        let (_, text) = STEPS.get(at)?;
        let is_last = at + 1 == STEPS.len();
        let next = settings.say(if is_last { Key::TourDone } else { Key::TourNext });
        Some(view! {
            <p class="notice-words"><b>{at + 1}" / "{STEPS.len()}</b>" "{settings.say(*text)}</p>
            <button type="button" class="button small" on:click=go_on>{next}</button>
            {(!is_last).then(|| view! {
                <button type="button" class="button small" on:click=move |_| end()>{settings.say(Key::TourSkip)}</button>
            })}
        })
    };
    view! {
        <div class="tour" class:notice-shown=move || step.get().is_some() role="status" data-testid="tour">{bar}</div>
    }
}
