//! Many pods: a dense grid, or a map of points, each ReplicaSet with its counts in words.
//!
//! Their elements are made and changed by hand: with a reactive view for each of a thousand pods a rollout would cost
//! more than a frame, and all that changes of a pod is a handful of attributes.

mod grid;
mod map;

use leptos::prelude::*;

use crate::view::i18n::Key;
use crate::view::scene::{Detail, PodState, STATES};
use crate::view::settings::settings;
use crate::view::simulation::simulation;
use grid::Grid;
use map::Map;

/// The pods of a ReplicaSet, or those of none.
#[component]
pub fn Crowd(owner: String) -> impl IntoView {
    let scene = simulation().scene;
    let counts = owner.clone();
    view! {
        <Counts owner=counts/>
        {move || {
            let owner = owner.clone();
            if scene.detail.get() == Detail::Map {
                view! { <Map owner/> }.into_any()
            } else {
                view! { <Grid owner/> }.into_any()
            }
        }}
    }
}

/// How many are in which state, which is the legend as well.
#[component]
fn Counts(owner: String) -> impl IntoView {
    let (settings, scene) = (settings(), simulation().scene);
    let counts = Memo::new(move |_| {
        scene.crowd_changes.track();
        scene.with_crowd(&owner, |set| set.counts).unwrap_or_default()
    });
    let count = move |state: PodState| {
        let number = move || counts.with(|counts| counts.get(state as usize).copied()).unwrap_or(0);
        view! {
            <Show when=move || number() != 0>
                <li title=settings.say(word(state))><span class=format!("cell cell-{}", state.code()) aria-hidden="true"></span><b>{number}</b><span class="crowd-word">" "{settings.say(word(state))}</span></li>
            </Show>
        }
    };
    view! { <ul class="crowd-counts">{STATES.map(count).into_iter().collect_view()}</ul> }
}

/// What a state is called.
fn word(state: PodState) -> Key {
    match state {
        PodState::Ready => Key::Ready,
        PodState::NotReady => Key::ChartWaiting,
        PodState::Creating => Key::StateCreating,
        PodState::Pending => Key::StatePending,
        PodState::BackOff => Key::StateBackOff,
        PodState::Failed => Key::StateFailed,
        PodState::Completed => Key::StateCompleted,
        PodState::Terminating => Key::Leaving,
    }
}
