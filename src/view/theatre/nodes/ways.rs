//! Two ways to look at the stage: by revision, or by node. The choice is kept, and `n` changes it.

use leptos::ev;
use leptos::prelude::*;

use crate::view::browser;
use crate::view::frame::keys::is_typed;
use crate::view::i18n::Key;
use crate::view::icon::Icon;
use crate::view::scene::{NodeLook, Row};
use crate::view::settings::{self, settings};
use crate::view::simulation::{Simulation, simulation};
use crate::view::theatre::nodes::{places, sheet};

/// The name under which the choice is kept, and its value.
const VIEW: &str = "view";
const NODE: &str = "node";

/// Whether the page begins by node: as its address says, else as it was chosen before.
pub fn begins_by_node() -> bool {
    let kept = || browser::recall(VIEW).filter(|_| !settings::is_embedded());
    browser::parameter(VIEW).or_else(kept).is_some_and(|way| way == NODE)
}

/// Listens for the key, as long as the page lives.
pub fn listen(simulation: Simulation) {
    std::mem::forget(window_event_listener(ev::keydown, move |event| {
        let is_plain = !(event.ctrl_key() || event.meta_key() || event.alt_key());
        if matches!(event.key().as_str(), "n" | "N") && is_plain && !is_typed(&event) {
            event.prevent_default();
            choose(simulation, !simulation.scene.is_by_node.get_untracked());
        }
    }));
}

fn choose(simulation: Simulation, is_by_node: bool) {
    if simulation.scene.is_by_node.get_untracked() != is_by_node {
        browser::keep(VIEW, if is_by_node { NODE } else { "revision" });
        places::from_here(move || simulation.look_by_node(is_by_node));
    }
}

/// The choice, where there is one: with several nodes, or while they are looked at.
#[component]
pub fn Ways() -> impl IntoView {
    let scene = simulation().scene;
    let several = Memo::new(move |_| scene.is_by_node.get() || scene.nodes.all().len() > 1);
    view! { <Show when=move || several.get()><Choice/></Show> }
}

#[component]
fn Choice() -> impl IntoView {
    sheet::adopt();
    let (settings, simulation) = (settings(), simulation());
    let scene = simulation.scene;
    let way = move |is_by_node: bool, icon: Icon, key: Key| {
        view! {
            <button type="button" class="way" aria-pressed=move || (scene.is_by_node.get() == is_by_node).to_string()
                title=settings.say(Key::WaysHint) on:click=move |_| choose(simulation, is_by_node)>{icon.view()}{settings.say(key)}</button>
        }
    };
    // Nodes that are not well are named also where one does not look at them.
    let ill = move || {
        let is_ill = |row: &Row<NodeLook>| row.look.with(|look| !look.is_ready && !look.is_gone);
        scene.nodes.all().into_iter().filter(is_ill).map(|row| row.uid).collect::<Vec<_>>()
    };
    let count = Memo::new(move |_| scene.nodes.all().len());
    let add = move |_| {
        let name = free_name(&scene.nodes.all().into_iter().map(|row| row.uid).collect::<Vec<_>>());
        simulation.command(format!("lab node add {name}"));
    };
    view! {
        <div class="stage-head">
            <div class="ways" role="group" aria-label=settings.say(Key::Ways) data-testid="ways">
                {way(false, Icon::Revisions, Key::ByRevision)}
                {way(true, Icon::Node, Key::ByNode)}
            </div>
            <Show when=move || scene.is_by_node.get()
                fallback=move || view! {
                    <span class="stage-nodes">{count}" "{settings.say(Key::Nodes)}</span>
                    <For each=ill key=String::clone let:name>
                        {
                            let node = name.clone();
                            view! {
                                <button type="button" class="chip chip-bad node-ill" on:click=move |_| simulation.select("Node", "", &node)>
                                    {name}" "{settings.say(Key::NodeNotReady)}
                                </button>
                            }
                        }
                    </For>
                }>
                <button type="button" class="button small bare node-add" title="lab node add" on:click=add>{Icon::Plus.view()}{settings.say(Key::AddNode)}</button>
            </Show>
        </div>
    }
}

/// The name that minikube gives its next node.
fn free_name(taken: &[String]) -> String {
    let name = |number: usize| format!("minikube-m{number:02}");
    (2..=taken.len() + 2).map(name).find(|name| !taken.contains(name)).unwrap_or_else(|| name(taken.len() + 2))
}
