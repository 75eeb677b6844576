//! The two limits of a rollout in one line: what is available and must be, what exists and may, and a bar between them
//! with one slot for each pod that counts.

use leptos::prelude::*;

use crate::view::i18n::Key;
use crate::view::scene::{DeploymentLook, Slots};
use crate::view::settings::settings;

/// More slots than this are drawn as bars.
const MOST_SLOTS: usize = 60;

/// The line.
#[component]
pub fn Limits(look: ArcRwSignal<DeploymentLook>) -> impl IntoView {
    let settings = settings();
    let look = StoredValue::new(look);
    let number = move |part: fn(&DeploymentLook) -> i32| Memo::new(move |_| look.with_value(|look| look.with(part)));
    let (most, fewest) = (number(|look| look.most), number(|look| look.fewest));
    let (available, total, width) = (number(|look| look.available), number(total), number(columns));
    let slots = Memo::new(move |_| look.with_value(|look| look.with(|look| (look.slots.clone(), columns(look)))));
    let cells = move || slots.with(|(slots, columns)| slot_views(slots, *columns));
    view! {
        <div class="limits" data-testid="limits">
            <span class="limits-available" title=settings.say(Key::Fewest)>
                {settings.say(Key::Available)}" "<b>{available}</b>" · "<span class="word-fewest">{settings.say(Key::Min)}" "{fewest}</span>
            </span>
            <span class="budget" aria-hidden="true" style=("--columns", move || width.get().to_string())
                style=("--most", move || most.get().to_string()) style=("--fewest", move || fewest.get().to_string())>
                <span class="budget-slots">{cells}</span>
                <span class="limit limit-fewest"></span>
                <span class="limit limit-most"></span>
            </span>
            <span class="limits-total" title=settings.say(Key::Most)>
                {settings.say(Key::Total)}" "<b>{total}</b>" · "<span class="word-most">{settings.say(Key::Max)}" "{most}</span>
            </span>
        </div>
    }
}

fn columns(look: &DeploymentLook) -> i32 {
    look.most.max(total(look)).max(1)
}

fn total(look: &DeploymentLook) -> i32 {
    i32::try_from(taken(&look.slots)).unwrap_or(i32::MAX)
}

fn taken(slots: &[Slots]) -> usize {
    slots.iter().map(|slots| slots.count).sum()
}

fn slot_views(slots: &[Slots], columns: i32) -> Vec<AnyView> {
    let columns = usize::try_from(columns).unwrap_or(0);
    let free = columns.saturating_sub(taken(slots));
    let all = slots.iter().map(|slots| (Some(slots), slots.count)).chain([(None, free)]);
    let (is_bar, mut views) = (columns > MOST_SLOTS, Vec::new());
    for (slots, count) in all.filter(|(_, count)| *count > 0) {
        if is_bar {
            views.push(slot(slots, count));
        } else {
            views.extend((0..count).map(|_| slot(slots, 1)));
        }
    }
    views
}

fn slot(slots: Option<&Slots>, width: usize) -> AnyView {
    let class = match slots {
        None => "slot slot-free",
        Some(slots) if slots.is_ready => "slot",
        Some(_) => "slot slot-waiting",
    };
    let hue = slots.map(|slots| slots.hue.to_string());
    view! { <span class=class class:slot-bar=width != 1 data-hue=hue style=("flex-grow", width.to_string())></span> }
        .into_any()
}
