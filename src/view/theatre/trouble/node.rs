//! Trouble for a node: it fails, is closed to new pods, is emptied, or its kubelet stops.

use leptos::prelude::*;

use crate::view::i18n::Key;
use crate::view::icon::Icon;
use crate::view::scene::NodeLook;
use crate::view::settings::settings;
use crate::view::simulation::simulation;

/// What can be done to a node now, and what is typed for it.
fn offers(look: &NodeLook) -> Vec<(Key, &'static str)> {
    if look.is_gone {
        return Vec::new();
    }
    let mut offers = Vec::new();
    // The control plane's node stays, as the engine has it.
    if look.is_cut_off {
        offers.push((Key::RecoverNode, "lab node recover NODE"));
    } else if !look.is_first {
        offers.push((Key::FailNode, "lab node fail NODE"));
    }
    offers.push(if look.is_cordoned {
        (Key::Uncordon, "kubectl uncordon NODE")
    } else {
        (Key::Cordon, "kubectl cordon NODE")
    });
    offers.push((Key::Drain, "kubectl drain NODE --ignore-daemonsets"));
    if !look.is_cut_off {
        offers.push(if look.is_stopped {
            (Key::StartKubelet, "lab kubelet start NODE")
        } else {
            (Key::StopKubelet, "lab kubelet stop NODE")
        });
    }
    offers
}

/// Trouble for the selected node.
#[component]
pub fn NodeTrouble() -> impl IntoView {
    let (settings, simulation) = (settings(), simulation());
    let name = Memo::new(move |_| {
        simulation.selected.get().filter(|selected| selected.kind == "Node").map(|selected| selected.name)
    });
    let now = Memo::new(move |_| {
        let row = name.with(|name| name.as_ref().and_then(|name| simulation.scene.nodes.of(name)))?;
        Some(row.look.with(offers))
    });
    let act = move |command: &'static str| {
        if let Some(name) = name.get_untracked() {
            simulation.command(command.replace("NODE", &name));
        }
    };
    view! {
        <div class="trouble" role="group" aria-label=settings.say(Key::Trouble)>
            {move || now.get().unwrap_or_default().into_iter().map(|(key, command)| view! {
                <button type="button" class="button small" title=command on:click=move |_| act(command)>{settings.say(key)}</button>
            }).collect_view()}
        </div>
    }
}

/// The only node's kubelet, in the page's head. With several nodes each has its own, where it is looked at.
#[component]
pub fn KubeletSwitch() -> impl IntoView {
    let (settings, simulation) = (settings(), simulation());
    let nodes = simulation.scene.nodes;
    let is_only = Memo::new(move |_| nodes.all().len() <= 1);
    let is_stopped = Memo::new(move |_| nodes.all().first().is_some_and(|node| node.look.with(|look| look.is_stopped)));
    let toggle = move |_| {
        let word = if is_stopped.get_untracked() { "start" } else { "stop" };
        simulation.command(format!("lab kubelet {word}"));
    };
    let word = move || settings.say(if is_stopped.get() { Key::StartKubelet } else { Key::StopKubelet })();
    view! {
        <Show when=move || is_only.get()>
            <button type="button" class="button small bare node-trouble" title=word aria-pressed=move || is_stopped.get().to_string() on:click=toggle>
                {Icon::Node.view()}{word}
            </button>
        </Show>
    }
}
