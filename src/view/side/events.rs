//! The cluster's events, newest first.

use leptos::prelude::*;

use crate::view::clock::clock;
use crate::view::i18n::Key;
use crate::view::scene::{EventLook, Row};
use crate::view::settings::settings;
use crate::view::simulation::simulation;

/// The list of events.
#[component]
pub fn Events() -> impl IntoView {
    let (settings, scene) = (settings(), simulation().scene);
    view! {
        <Show when=move || scene.events.is_empty()>
            <p class="hint">{settings.say(Key::NoEvents)}</p>
        </Show>
        <ol class="event-list">
            <For each=move || scene.events.all() key=|row| row.uid.clone() let:row>
                <Item row/>
            </For>
        </ol>
    }
}

#[component]
fn Item(row: Row<EventLook>) -> impl IntoView {
    let look = row.look;
    let show = move |part: fn(&EventLook) -> String| {
        let look = look.clone();
        move || look.with(part)
    };
    let is_warning = show(|look| if look.is_warning { "event event-warning" } else { "event" }.to_owned());
    view! {
        <li class=is_warning>
            <span class="event-time">{show(|look| clock(look.at_ms))}</span>
            <span class="event-reason">{show(|look| if look.is_warning { format!("⚠ {}", look.reason) } else { look.reason.clone() })}</span>
            <span class="event-count">{show(|look| if look.count > 1 { format!("×{}", look.count) } else { String::new() })}</span>
            <span class="event-object">{show(|look| look.object.clone())}</span>
            <span class="event-message">{show(|look| look.message.clone())}</span>
        </li>
    }
}
