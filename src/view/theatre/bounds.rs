//! What bounds the pods, a line each: quotas, limit ranges, disruption budgets, autoscalers. There is no line while
//! nothing bounds them, and what is at its end says so in words.

use leptos::prelude::*;

use crate::view::i18n::Key;
use crate::view::scene::{Bound, BoundLook, Row};
use crate::view::settings::{Settings, settings};
use crate::view::simulation::simulation;
use crate::view::theatre::nodes::sheet;

/// The lines.
#[component]
pub fn Bounds() -> impl IntoView {
    let (settings, scene) = (settings(), simulation().scene);
    view! {
        <Show when=move || !scene.bounds.is_empty()>
            <ul class="bounds" data-testid="bounds" aria-label=settings.say(Key::Bounds)>
                <For each=move || scene.bounds.all() key=|row| row.uid.clone() let:row>
                    <Line row/>
                </For>
            </ul>
        </Show>
    }
}

#[component]
fn Line(row: Row<BoundLook>) -> impl IntoView {
    sheet::adopt();
    let (settings, simulation) = (settings(), simulation());
    let look = StoredValue::new(row.look);
    let open = move |_| {
        let (kind, namespace, name) = look
            .with_value(|look| look.with_untracked(|look| (look.kind(), look.namespace.clone(), look.name.clone())));
        simulation.select(kind, &namespace, &name);
    };
    let is_tight = Memo::new(move |_| look.with_value(|look| look.with(|look| look.is_tight)));
    let said = move || look.with_value(|look| look.with(|look| words(look, settings)));
    let part = move || look.with_value(|look| look.with(part)).map(|permille| permille.to_string());
    let kind = look.with_value(|look| look.with_untracked(BoundLook::kind));
    view! {
        <li class="bound" class:bound-tight=move || is_tight.get() data-kind=kind>
            <button type="button" class="bound-open" on:click=open title=move || look.with_value(|look| look.with(hint))>
                {said}
                {move || part().map(|part| view! { <span class="bound-bar" aria-hidden="true" style=("--part", part)></span> })}
                {move || is_tight.get().then(|| view! { <span class="bound-word">{settings.say(tight_word(kind))}</span> })}
            </button>
        </li>
    }
}

/// What is said where nothing more may happen.
fn tight_word(kind: &str) -> Key {
    match kind {
        "PodDisruptionBudget" => Key::NoneMayGo,
        "HorizontalPodAutoscaler" => Key::AtMost,
        _ => Key::Full,
    }
}

/// How far it is used up, in thousandths.
fn part(look: &BoundLook) -> Option<i64> {
    match &look.bound {
        Bound::Quota { permille, .. } => Some((*permille).clamp(0, 1000)),
        _ => None,
    }
}

fn hint(look: &BoundLook) -> String {
    format!("{} {}/{}", look.kind(), look.namespace, look.name)
}

fn words(look: &BoundLook, settings: Settings) -> AnyView {
    let say = |key| settings.say(key)();
    let name = look.name.clone();
    let head =
        |key| view! { <span class="bound-kind">{say(key)}</span>" "<span class="bound-name">{name.clone()}</span>" " };
    match look.bound.clone() {
        Bound::Quota { resource, used, hard, others, .. } => {
            let others = (others > 0).then(|| format!(" +{others} {}", say(Key::QuotaOthers)));
            view! { {head(Key::Quota)}<span class="bound-text">{resource}" "<b>{used}</b>" "{say(Key::QuotaOf)}" "{hard}{others}</span> }.into_any()
        }
        Bound::Limits(text) => view! { {head(Key::LimitRange)}<span class="bound-text">{text}</span> }.into_any(),
        Bound::Budget { expected: 0, .. } => {
            view! { {head(Key::Budget)}<span class="bound-text">{say(Key::NoPods)}</span> }.into_any()
        }
        Bound::Budget { desired, expected, allowed } => {
            let go = (allowed > 0).then(|| view! { " · "<b>{allowed}</b>" "{say(Key::MayGo)} });
            view! { {head(Key::Budget)}<span class="bound-text"><b>{desired}</b>" "{say(Key::QuotaOf)}" "{expected}" "{say(Key::MustStay)}{go}</span> }.into_any()
        }
        Bound::Autoscaler { metric, now, target, replicas, range } => {
            let now = now.unwrap_or_else(|| "?".to_owned());
            // Before anything is measured it wants nothing.
            let to = if replicas.0 == replicas.1 || replicas.1 == 0 {
                replicas.0.to_string()
            } else {
                format!("{} → {}", replicas.0, replicas.1)
            };
            let metric =
                (!metric.is_empty()).then(|| view! { {metric}" "<b>{now}</b>" "{say(Key::QuotaOf)}" "{target}" · " });
            view! { {head(Key::Autoscaler)}<span class="bound-text">{metric}<b>{to}</b>{format!(" ({}–{})", range.0, range.1)}</span> }.into_any()
        }
    }
}
