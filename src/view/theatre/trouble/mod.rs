//! Trouble at a click: for a pod, a node, and what else can be selected. Each button types a command that anybody can type.

mod node;
mod object;

use hellok8s_lab::apiserver::Key as StoreKey;
use leptos::prelude::*;

use crate::view::i18n::Key;
use crate::view::settings::settings;
use crate::view::simulation::simulation;
pub use node::{KubeletSwitch, NodeTrouble};
pub use object::ObjectTrouble;

/// What can be done to the selected pod.
const POD: [(Key, &str); 7] = [
    (Key::KillContainer, "lab kill POD"),
    (Key::FailHealthz, "lab fail POD /healthz 500"),
    (Key::HangHealthz, "lab fail POD /healthz hang"),
    (Key::MendHealthz, "lab fail POD /healthz ok"),
    (Key::SlowImage, "lab slow IMAGE 20s"),
    (Key::MendImage, "lab slow IMAGE off"),
    (Key::DeletePod, "kubectl delete pod POD --wait=false"),
];

/// Trouble for the selected pod.
#[component]
pub fn PodTrouble() -> impl IntoView {
    let (settings, simulation) = (settings(), simulation());
    let act = move |command: &'static str| {
        let Some(pod) = simulation.selected.get_untracked() else { return };
        if command.contains("IMAGE") {
            let key = StoreKey::new(pod.namespace.as_str(), pod.name.as_str());
            let image = simulation.with(|lab| {
                let pod = lab.cluster().api.store().pod(&key)?;
                pod.spec.containers.first().map(|container| container.image.clone())
            });
            image.into_iter().for_each(|image| simulation.command(command.replace("IMAGE", &image)));
        } else {
            simulation.command(format!("{} -n {}", command.replace("POD", &pod.name), pod.namespace));
        }
    };
    view! {
        <div class="trouble" role="group" aria-label=settings.say(Key::Trouble)>
            {POD.map(|(key, command)| view! {
                <button type="button" class="button small" title=command on:click=move |_| act(command)>{settings.say(key)}</button>
            }).into_iter().collect_view()}
        </div>
    }
}
