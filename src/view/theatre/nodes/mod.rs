//! The stage by node: a lane for each node with what it has and what is asked of it, its pods in it, and above them
//! those that have no node yet, with the scheduler's reason.

mod lane;
mod places;
pub mod sheet;
pub mod ways;

use hellok8s_lab::explanations::obstacle;
use leptos::html::Div;
use leptos::prelude::*;

use crate::view::i18n::Key;
use crate::view::scene::{Detail, PodLook, Row};
use crate::view::settings::settings;
use crate::view::simulation::simulation;
use crate::view::theatre::crowd::Crowd;
use crate::view::theatre::pod_box::PodBox;
use lane::NodeLane;

/// The nodes, and who waits for one.
#[component]
pub fn ByNode() -> impl IntoView {
    let (scene, root) = (simulation().scene, NodeRef::<Div>::new());
    sheet::adopt();
    places::keep(scene, root);
    view! {
        <div class="by-node" node_ref=root>
            <Arrivals/>
            <div class="node-lanes">
                <For each=move || scene.nodes.all() key=|row| row.uid.clone() let:row>
                    <NodeLane row/>
                </For>
            </div>
        </div>
    }
}

/// Pods without a node. Every box begins here, and `places` moves it to its node's lane.
#[component]
fn Arrivals() -> impl IntoView {
    let (settings, scene) = (settings(), simulation().scene);
    let has_boxes = Memo::new(move |_| scene.detail.get() == Detail::Boxes);
    // Of all that wait: who they are, and what the scheduler says of each.
    let waiting = Memo::new(move |_| {
        let waits = |row: &Row<PodLook>| row.look.with(|look| look.node.is_empty().then(|| look.obstacle.clone()));
        scene.pods.all().iter().filter_map(waits).collect::<Vec<String>>()
    });
    let reason = Memo::new(move |_| {
        let of_boxes = || waiting.with(|waiting| waiting.iter().find(|text| !text.is_empty()).cloned());
        if has_boxes.get() { of_boxes() } else { scene.crowd_obstacle() }
    });
    let is_empty = Memo::new(move |_| {
        if has_boxes.get() {
            return waiting.with(Vec::is_empty);
        }
        scene.crowd_changes.track();
        scene.with_crowd("", |set| set.slots.is_empty()).unwrap_or(true)
    });
    view! {
        <section class="arrivals" data-testid="arrivals" class:arrivals-empty=move || is_empty.get() aria-labelledby="arrivals-title">
            <h3 id="arrivals-title" class="arrivals-title">{settings.say(Key::NoNodeYet)}</h3>
            <Show when=move || is_empty.get()><span class="arrivals-none">{settings.say(Key::NobodyWaits)}</span></Show>
            {move || if has_boxes.get() {
                view! {
                    <ul class="pods" data-lane="">
                        <For each=move || scene.pods.all() key=|row| row.uid.clone() let:row>
                            <Boxed row/>
                        </For>
                    </ul>
                }.into_any()
            } else {
                view! { <Crowd owner=String::new()/> }.into_any()
            }}
            {move || reason.get().map(|text| {
                let said = obstacle::in_words(&text, settings.lang.get());
                view! { <p class="arrivals-reason" data-testid="obstacle" title=text>{said}</p> }
            })}
        </section>
    }
}

/// A pod's box with its ReplicaSet's version and colour.
#[component]
fn Boxed(row: Row<PodLook>) -> impl IntoView {
    let scene = simulation().scene;
    let owner = StoredValue::new(row.look.with_untracked(|look| look.owner.clone()));
    let set = Memo::new(move |_| {
        let row = owner.with_value(|owner| scene.sets.of(owner))?;
        Some(row.look.with(|set| (set.version.clone(), set.hue)))
    });
    let version = Signal::derive(move || set.get().map(|(version, _)| version));
    let hue = Signal::derive(move || set.get().map(|(_, hue)| hue));
    view! { <PodBox row version hue/> }
}
