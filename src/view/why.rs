//! Why: the decisions as they were recorded, newest first, each with its rule, its numbers and Kubernetes' function.

use hellok8s_lab::cluster::Decision;
use hellok8s_lab::explanations;
use leptos::prelude::*;

use super::clock::exact;
use super::i18n::Key;
use super::scene::ROUTINE;
use super::settings::settings;
use super::simulation::{Simulation, simulation};

/// The decisions that are shown, and those while time goes faster than anybody could read.
const SHOWN: usize = 60;
const SHOWN_IN_A_HURRY: usize = 16;
/// From this speed on, in hundredths.
const HURRY: u32 = 500;
/// The decisions that are looked through for them.
const SEARCHED: usize = 4000;

/// A decision with its place in the log.
#[derive(Clone, PartialEq)]
struct Entry {
    number: usize,
    decision: Decision,
}

/// The list of decisions.
#[component]
pub fn Why() -> impl IntoView {
    let (settings, simulation) = (settings(), simulation());
    let shows_all = RwSignal::new(false);
    let entries = Memo::new(move |_| {
        simulation.decisions.track();
        let selected = simulation.selected.get().map(|selected| selected.decision_object());
        let is_in_a_hurry = simulation.playing.get() && simulation.speed.get() >= HURRY;
        let count = if is_in_a_hurry { SHOWN_IN_A_HURRY } else { SHOWN };
        newest(simulation, selected.as_deref(), shows_all.get(), count)
    });
    view! {
        <div class="why" data-testid="explain">
            <label class="why-filter">
                <input type="checkbox" prop:checked=move || shows_all.get()
                    on:change=move |event| shows_all.set(event_target_checked(&event))/>
                {settings.say(Key::WhyAll)}
            </label>
            <Show when=move || entries.with(Vec::is_empty)>
                <p class="hint">{settings.say(Key::WhyNone)}</p>
            </Show>
            <ol class="why-list">
                <For each=move || entries.get() key=|entry| (entry.number, entry.decision.t_ms) let:entry>
                    <Item decision=entry.decision/>
                </For>
            </ol>
        </div>
    }
}

fn newest(simulation: Simulation, object: Option<&str>, shows_all: bool, count: usize) -> Vec<Entry> {
    simulation.with(|lab| {
        let decisions = lab.cluster().decisions();
        let end = decisions.len();
        let is_shown = |decision: &Decision| match object {
            Some(object) => decision.object == object,
            None if shows_all => true,
            None => matches!(decision.controller, "deployment" | "replicaset") && decision.rule != ROUTINE,
        };
        (end.saturating_sub(SEARCHED)..end)
            .rev()
            .filter_map(|number| Some((number, decisions.get(number)?)))
            .filter(|(_, decision)| is_shown(decision))
            .take(count)
            .map(|(number, decision)| Entry { number, decision: decision.clone() })
            .collect()
    })
}

#[component]
fn Item(decision: Decision) -> impl IntoView {
    let (settings, simulation) = (settings(), simulation());
    let at_ms = decision.t_ms;
    let class = if decision.rule.contains("/waits") { "why-item why-waits" } else { "why-item" };
    let object = decision.object.splitn(3, '/').last().unwrap_or_default().to_owned();
    let kind = decision.object.split('/').next().unwrap_or_default().to_owned();
    // Most are never opened, and many come at once.
    let was_opened = RwSignal::new(false);
    let decision = StoredValue::new(decision);
    let title = move || decision.with_value(|decision| explanations::title(decision, settings.lang.get()));
    let sentence = move || decision.with_value(|decision| explanations::sentence(decision, settings.lang.get()));
    view! {
        <li class=class>
            <div class="why-head">
                <button type="button" class="why-time" on:click=move |_| simulation.seek(at_ms)
                    title=settings.say(Key::GoThere)>{exact(at_ms)}</button>
                <span class="why-title">{title}</span>
                <span class="why-object">{kind}" "{object}</span>
            </div>
            <p class="why-sentence">{sentence}</p>
            <details on:toggle=move |_| was_opened.set(true)>
                <summary>{settings.say(Key::WhyNumbers)}</summary>
                {move || was_opened.get().then(|| decision.with_value(numbers))}
            </details>
        </li>
    }
}

/// What went in, what followed, and Kubernetes' function.
fn numbers(decision: &Decision) -> AnyView {
    let function = explanations::rule(decision.rule).map(|rule| rule.function);
    view! {
        <dl class="why-inputs">
            {decision.inputs.iter().map(|(name, value)| view! {
                <dt>{*name}</dt><dd>{explanations::in_words(value)}</dd>
            }).collect_view()}
        </dl>
        <p class="why-action">"→ "{decision.action.clone()}</p>
        {function.map(|function| view! { <p class="why-function"><code>{function}</code></p> })}
    }
    .into_any()
}
