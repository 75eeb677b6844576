//! The generations of a Deployment, side by side: the older ReplicaSets at the left, the newest at the right. One that
//! lives alone has the whole width, and those at rest are chips.

use leptos::prelude::*;

use crate::view::i18n::Key;
use crate::view::scene::{Detail, Place, Row, SetLook, shelf};
use crate::view::settings::settings;
use crate::view::simulation::simulation;
use crate::view::theatre::crowd::Crowd;
use crate::view::theatre::pod_box::PodBox;

/// The ReplicaSets of a Deployment that live, or those of none: oldest first, as one reads.
#[component]
pub fn Lanes(owner: String) -> impl IntoView {
    let scene = simulation().scene;
    let (owner, is_loose) = (StoredValue::new(owner.clone()), owner.is_empty());
    let sets = move || {
        let mut sets = owner.with_value(|owner| scene.sets.inside(owner));
        sets.reverse();
        sets
    };
    let olds = Memo::new(move |_| sets().iter().filter(|row| row.look.with(|set| set.place == Place::Old)).count());
    let has_two = move || olds.get() > 0;
    let count = Memo::new(move |_| sets().len());
    view! {
        <Show when=move || { count.get() > 0 }>
            <div class="lanes" class:lanes-two=has_two class:lanes-loose=is_loose style=("--olds", move || olds.get().max(1).to_string())>
                <For each=sets key=|row| row.uid.clone() let:row>
                    <Lane row/>
                </For>
                <Show when=has_two><span class="flow" aria-hidden="true"></span></Show>
            </div>
        </Show>
    }
}

#[component]
fn Lane(row: Row<SetLook>) -> impl IntoView {
    let (settings, simulation, look) = (settings(), simulation(), StoredValue::new(row.look));
    let open = move |_| {
        let chosen = look.with_value(|look| look.with_untracked(|look| (look.namespace.clone(), look.name.clone())));
        simulation.select("ReplicaSet", &chosen.0, &chosen.1);
    };
    let show = move |part: fn(&SetLook) -> String| move || look.with_value(|look| look.with(part));
    let class = show(|look| {
        match look.place {
            Place::Old => "set set-old",
            Place::New => "set set-new",
            Place::Alone | Place::Chip => "set set-alone",
        }
        .to_owned()
    });
    // An old generation of which the last pods leave has had some.
    let is_empty = Memo::new(move |_| {
        look.with_value(|look| look.with(|look| look.pods == 0 && look.replicas == 0 && look.place != Place::Old))
    });
    let is_settled = Memo::new(move |_| look.with_value(|look| look.with(|look| look.pods == look.replicas)));
    let version = Memo::new(move |_| look.with_value(|look| look.with(|look| Some(look.version.clone()))));
    view! {
        <section class=class aria-label=show(|look| format!("ReplicaSet {}", look.name)) data-hue=show(|look| look.hue.to_string())>
            <header class="set-head">
                <b class="set-version">{show(|look| look.version.clone())}</b>
                <span class="set-more">
                    <button type="button" class="name set-name" on:click=open title=show(|look| format!("ReplicaSet {} · {}", look.name, look.image))>
                        <span class="unseen">"ReplicaSet "{show(|look| look.name.clone())}</span>
                        <code aria-hidden="true">{show(|look| hash(&look.name))}</code>
                    </button>
                    <span class="set-revision">{settings.say(Key::Revision)}" "{show(|look| look.revision.clone())}</span>
                </span>
                <span class="set-count">{show(count)}<span class="set-count-word">" "{move || if is_settled.get() { settings.say(Key::Ready)() } else { "" }}</span></span>
            </header>
            <Show when=move || is_empty.get()><p class="set-empty">{settings.say(Key::NoPods)}</p></Show>
            <Pods owner=row.uid version=version.into()/>
        </section>
    }
}

/// The part of a ReplicaSet's name that its Deployment's does not say already.
fn hash(name: &str) -> String {
    name.rsplit('-').next().unwrap_or(name).to_owned()
}

/// How many pods count, and how many there are to be.
fn count(look: &SetLook) -> String {
    if look.pods == look.replicas {
        format!("{}/{}", look.ready, look.replicas)
    } else {
        format!("{} → {}", look.pods, look.replicas)
    }
}

/// The ReplicaSets at rest with no pods: what one could go back to.
#[component]
pub fn AtRest(owner: String) -> impl IntoView {
    let (settings, simulation) = (settings(), simulation());
    let scene = simulation.scene;
    let shelf = StoredValue::new(shelf(&owner));
    let chip = move |row: Row<SetLook>| {
        let look = StoredValue::new(row.look);
        let open = move |_| {
            let chosen =
                look.with_value(|look| look.with_untracked(|look| (look.namespace.clone(), look.name.clone())));
            simulation.select("ReplicaSet", &chosen.0, &chosen.1);
        };
        let show = move |part: fn(&SetLook) -> String| move || look.with_value(|look| look.with(part));
        view! {
            <li>
                <button type="button" class="chip at-rest-chip" on:click=open data-hue=show(|look| look.hue.to_string())
                    title=show(|look| format!("ReplicaSet {} · {}", look.name, look.image))>
                    <span class="swatch" aria-hidden="true"></span>
                    <span class="unseen">"ReplicaSet "{show(|look| look.name.clone())}", "</span>
                    {show(|look| format!("{} · {}", look.revision, look.version))}
                </button>
            </li>
        }
    };
    let has_some = move || !shelf.with_value(|shelf| scene.sets.inside(shelf)).is_empty();
    view! {
        <Show when=has_some>
            <ul class="at-rest" aria-label=settings.say(Key::AtRest) title=settings.say(Key::AtRest)>
                <For each=move || shelf.with_value(|shelf| scene.sets.inside(shelf)) key=|row| row.uid.clone() let:row>
                    {chip(row)}
                </For>
            </ul>
        </Show>
    }
}

/// The pods of a ReplicaSet, or of none. Each keeps its element while it lives; the style sheet puts the leaving ones
/// below the line.
#[component]
pub fn Pods(owner: String, version: Signal<Option<String>>) -> impl IntoView {
    let scene = simulation().scene;
    let has_boxes = Memo::new(move |_| scene.detail.get() == Detail::Boxes);
    move || {
        let owner = owner.clone();
        if has_boxes.get() { view! { <Boxes owner version/> }.into_any() } else { view! { <Crowd owner/> }.into_any() }
    }
}

#[component]
fn Boxes(owner: String, version: Signal<Option<String>>) -> impl IntoView {
    let (settings, scene) = (settings(), simulation().scene);
    view! {
        <ul class="pods">
            <For each=move || scene.pods.inside(&owner) key=|row| row.uid.clone() let:row>
                <PodBox row version hue=Signal::stored(None)/>
            </For>
            <li class="leaving" aria-hidden="true">{settings.say(Key::Leaving)}</li>
        </ul>
    }
}
