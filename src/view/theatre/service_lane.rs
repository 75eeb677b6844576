//! The way of the requests: from the client through each Service to its ready pods, with what was answered and lost.

use leptos::prelude::*;

use crate::view::i18n::Key;
use crate::view::icon::Icon;
use crate::view::scene::{Row, ServiceLook};
use crate::view::settings::settings;
use crate::view::simulation::{Simulation, simulation};

/// Requests a second on offer.
const RATES: [u32; 4] = [0, 5, 20, 100];

/// The Services that somebody made.
#[component]
pub fn Services() -> impl IntoView {
    let scene = simulation().scene;
    view! {
        <For each=move || scene.services.all() key=|row| row.uid.clone() let:row>
            <Lane row/>
        </For>
    }
}

#[component]
fn Lane(row: Row<ServiceLook>) -> impl IntoView {
    let (settings, simulation) = (settings(), simulation());
    let look = StoredValue::new(row.look);
    let show = move |part: fn(&ServiceLook) -> String| move || look.with_value(|look| look.with(part));
    let choose = move |event| {
        let rate: u32 = event_target_value(&event).parse().unwrap_or(0);
        // A copy: the command renews the look, which must not be looked at meanwhile.
        let service = look.with_value(|look| look.get_untracked());
        set_rate(simulation, &service, rate);
    };
    let has_none = move || look.with_value(|look| look.with(|look| look.ready == 0));
    view! {
        <section class="lane" aria-label=show(|look| format!("Service {}", look.name)) class:lane-broken=has_none
            data-service=show(|look| format!("{}/{}", look.namespace, look.name))>
            <label class="lane-client">
                <span class="kind lane-word">{settings.say(Key::Client)}</span>
                <select class="select small" on:change=choose
                    prop:value=move || look.with_value(|look| look.with(|look| look.rate)).to_string()>
                    {RATES.map(|rate| view! { <option value=rate.to_string()>{rate}"/s"</option> }).into_iter().collect_view()}
                </select>
            </label>
            <span class="lane-way" aria-hidden="true">
                <For each=move || look.with_value(|look| look.with(|look| look.recent.clone())) key=|dot| dot.0 let:dot>
                    <span class=if dot.1 { "dot" } else { "dot dot-lost" }></span>
                </For>
            </span>
            <span class="lane-service">
                <span class="kind lane-word">"Service "</span><b>{show(|look| look.name.clone())}</b>
            </span>
            <span class="lane-address lane-more">{show(|look| look.address.clone())}</span>
            <span class="lane-counts">
                <b>{show(|look| look.ready.to_string())}</b>"/"{show(|look| look.endpoints.to_string())}<span class="lane-word">" "{settings.say(Key::Endpoints)}</span>
                <span class="lane-more">" · "<b>{show(|look| look.answered.to_string())}</b>" "{settings.say(Key::Answered)}</span>
                " · "<span class="lane-cross">{Icon::Close.view()}</span><b class="lane-lost">{show(|look| look.lost.to_string())}</b><span class="lane-word">" "{settings.say(Key::Lost)}</span>
            </span>
        </section>
    }
}

fn set_rate(simulation: Simulation, look: &ServiceLook, rate: u32) {
    let rate = if rate == 0 { "off".to_owned() } else { rate.to_string() };
    simulation.command(format!("lab traffic {} {rate} -n {}", look.name, look.namespace));
}
