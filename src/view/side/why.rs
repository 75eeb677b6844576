//! Why: the decisions as they were recorded, newest first, each with its rule, its numbers and Kubernetes' function.
//!
//! To the keyboard the list is a tree, as ARIA's authoring practices have it: one stop for the Tab key, arrows within.

use hellok8s_lab::decision::Decision;
use hellok8s_lab::explanations;
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use crate::view::clock::exact;
use crate::view::i18n::Key;
use crate::view::scene::ROUTINE;
use crate::view::settings::settings;
use crate::view::side::placement;
use crate::view::simulation::{Simulation, simulation};

/// The decisions that are shown, and those while time goes faster than anybody could read.
const SHOWN: usize = 60;
const SHOWN_IN_A_HURRY: usize = 10;
/// From this speed on, in hundredths.
const HURRY: u32 = 500;
/// The decisions that are looked through for them.
const SEARCHED: usize = 4000;

/// The place in the log, and the moment: after a seek another decision may have the place.
type Number = (usize, u64);

/// A decision with its number.
#[derive(Clone, PartialEq)]
struct Entry {
    number: Number,
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
        let is_in_a_hurry = simulation.playing.get() && simulation.speed() >= HURRY;
        let count = if is_in_a_hurry { SHOWN_IN_A_HURRY } else { SHOWN };
        newest(simulation, selected.as_deref(), shows_all.get(), count)
    });
    // The one that the Tab key comes to: where the arrows have been last, else the newest.
    let visited = RwSignal::new(None::<Number>);
    let stop = Memo::new(move |_| {
        entries.with(|entries| {
            let numbers = || entries.iter().map(|entry| entry.number);
            visited.get().filter(|visited| numbers().any(|number| number == *visited)).or(numbers().next())
        })
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
            <ol class="why-list" role="tree" aria-label=settings.say(Key::Decisions) class:unseen=move || entries.with(Vec::is_empty)
                on:keydown=move |event| walk(&event)>
                <For each=move || entries.get() key=|entry| entry.number let:entry>
                    <Item entry stop visited/>
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
            // Of the scheduler's only where something is in the way.
            None => match decision.controller {
                "deployment" | "replicaset" => decision.rule != ROUTINE,
                "scheduler" => decision.rule != "scheduler/bind",
                _ => false,
            },
        };
        (end.saturating_sub(SEARCHED)..end)
            .rev()
            .filter_map(|number| Some((number, decisions.get(number)?)))
            .filter(|(_, decision)| is_shown(decision))
            .take(count)
            .map(|(number, decision)| Entry { number: (number, decision.t_ms), decision: decision.clone() })
            .collect()
    })
}

#[component]
fn Item(entry: Entry, stop: Memo<Option<Number>>, visited: RwSignal<Option<Number>>) -> impl IntoView {
    let (settings, simulation) = (settings(), simulation());
    let Entry { number, decision } = entry;
    let at_ms = decision.t_ms;
    let class = if decision.rule.contains("/waits") { "why-item why-waits" } else { "why-item" };
    let object = decision.object.splitn(3, '/').last().unwrap_or_default();
    let object = format!("{} {object}", decision.object.split('/').next().unwrap_or_default());
    let is_open = RwSignal::new(false);
    let decision = StoredValue::new(decision);
    let title = move || decision.with_value(|decision| explanations::title(decision, settings.lang.get()));
    let sentence = move || decision.with_value(|decision| explanations::sentence(decision, settings.lang.get()));
    let name = {
        let object = object.clone();
        move || {
            format!(
                "{} {}{}{object}{} {}",
                exact(at_ms),
                title(),
                settings.say(Key::Comma)(),
                settings.say(Key::Stop)(),
                sentence()
            )
        }
    };
    let on_key = move |event: KeyboardEvent| {
        let [Some(item), Some(target)] = [event.current_target(), event.target()].map(element) else { return };
        let is_on_item = item == target;
        match event.key().as_str() {
            "ArrowRight" if is_on_item && !is_open.get_untracked() => is_open.set(true),
            "ArrowRight" if is_on_item => _ = item.query_selector("[role=treeitem]").map(focus),
            "ArrowLeft" if is_on_item => is_open.set(false),
            "ArrowLeft" => focus(Some(item)),
            "Enter" if is_on_item => simulation.seek(at_ms),
            " " if is_on_item => is_open.update(|is_open| *is_open = !*is_open),
            _ => return,
        }
        event.prevent_default();
    };
    view! {
        <li class=class role="treeitem" aria-label=name aria-expanded=move || is_open.get().to_string()
            tabindex=move || if stop.get() == Some(number) { "0" } else { "-1" }
            on:focusin=move |_| visited.set(Some(number)) on:keydown=on_key>
            <div class="why-head">
                <button type="button" class="why-time" tabindex="-1" on:click=move |_| simulation.seek(at_ms)
                    title=settings.say(Key::GoThere)>{exact(at_ms)}</button>
                <span class="why-title">{title}</span>
                <span class="why-object">{object}</span>
            </div>
            <p class="why-sentence">{sentence}</p>
            <button type="button" class="why-open" tabindex="-1" aria-expanded=move || is_open.get().to_string()
                on:click=move |_| is_open.update(|is_open| *is_open = !*is_open)>{settings.say(Key::WhyNumbers)}</button>
            {move || is_open.get().then(|| decision.with_value(numbers))}
        </li>
    }
}

/// What went in, what followed, and Kubernetes' function.
pub fn numbers(decision: &Decision) -> AnyView {
    let function = explanations::rule(decision.rule).map(|rule| rule.function);
    view! {
        <ul role="group" class="why-inputs">
            {placement::nodes(decision)}
            {decision.inputs.iter().filter(|(name, _)| !placement::TOLD.contains(name)).map(|(name, value)| view! {
                <li role="treeitem" tabindex="-1"><span>{*name}</span>" "<b>{explanations::in_words(value)}</b></li>
            }).collect_view()}
            <li role="treeitem" tabindex="-1" class="why-action">"→ "{decision.action.clone()}</li>
            {function.map(|function| view! { <li role="treeitem" tabindex="-1" class="why-function"><code>{function}</code></li> })}
        </ul>
    }
    .into_any()
}

/// The arrows up and down, Home and End, among all that is open.
fn walk(event: &KeyboardEvent) {
    let [Some(tree), Some(target)] = [event.current_target(), event.target()].map(element) else { return };
    let Ok(items) = tree.query_selector_all("[role=treeitem]") else { return };
    let Some(own) = target.closest("[role=treeitem]").ok().flatten() else { return };
    let last = items.length().saturating_sub(1);
    let at = (0..=last).find(|at| own.is_same_node(items.get(*at).as_ref())).unwrap_or(0);
    let to = match event.key().as_str() {
        "ArrowDown" => (at + 1).min(last),
        "ArrowUp" => at.saturating_sub(1),
        "Home" => 0,
        "End" => last,
        _ => return,
    };
    event.prevent_default();
    focus(items.get(to).and_then(|item| item.dyn_into().ok()));
}

fn element(target: Option<web_sys::EventTarget>) -> Option<Element> {
    target?.dyn_into().ok()
}

fn focus(element: Option<Element>) {
    if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}
