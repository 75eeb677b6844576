//! The line under the stage: more of the pod that the pointer is over or the keyboard has come to.

use hellok8s_lab::api::Pod;
use hellok8s_lab::kubectl::printers;
use hellok8s_lab::lab::Lab;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event};

use super::i18n::Key;
use super::settings::{Settings, settings};
use super::simulation::{Simulation, simulation};

/// The line.
#[component]
pub fn Pointed() -> impl IntoView {
    let (settings, simulation) = (settings(), simulation());
    let second = Memo::new(move |_| simulation.now_ms.get() / 500);
    let text = move || {
        second.track();
        let name = simulation.pointed.get()?;
        simulation.with(|lab| {
            let pod = lab.cluster().api.store().pods(None).find(|pod| pod.metadata.name == name)?;
            Some(words(pod, lab, settings))
        })
    };
    view! { <p class="pointed">{move || text().unwrap_or_else(|| settings.say(Key::PointHint)().to_owned())}</p> }
}

/// Something came to be under the pointer, or in focus.
pub fn point(simulation: Simulation, event: &Event) {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let pod = target.and_then(|target| target.closest("[data-pod]").ok().flatten());
    if let Some(name) = pod.and_then(|pod| pod.get_attribute("data-pod"))
        && simulation.pointed.with_untracked(|known| known.as_ref() != Some(&name))
    {
        simulation.pointed.set(Some(name));
    }
}

fn words(pod: &Pod, lab: &Lab, settings: Settings) -> String {
    let say = |key| settings.say(key)();
    let (cluster, now) = (lab.cluster(), lab.now());
    let cells = printers::print_pod(pod, now, cluster.config().version);
    let cell = |at: usize| cells.get(at).map_or("", String::as_str);
    let mut parts = vec![
        cell(0).to_owned(),
        format!("{} {}", cell(2), cell(1)),
        format!("{} {}", cell(3), say(Key::Restarts)),
        pod.spec.containers.first().map(|container| container.image.clone()).unwrap_or_default(),
        format!("IP {}", cell(5)),
        format!("{} {}", say(Key::Age), cell(4)),
    ];
    for status in &pod.status.container_statuses {
        if let Some(waiting) = status.state.waiting.as_ref().filter(|waiting| !waiting.message.is_empty()) {
            parts.push(waiting.message.clone());
        }
        if let Some(terminated) = &status.last_state.terminated {
            parts.push(format!("{} {} ({})", say(Key::ExitCode), terminated.exit_code, terminated.reason));
        }
    }
    let probes = cluster.kubelet().pod_view(&pod.metadata.uid, now).map(|view| view.containers).unwrap_or_default();
    for probe in probes.iter().flat_map(|container| &container.probes) {
        if let Some(next) = probe.next_at {
            parts.push(format!("{} {} {} s", probe.kind.as_str(), say(Key::NextIn), next.ms_since(now).div_ceil(1000)));
        }
    }
    if let Some(totals) = cluster.traffic().pods().get(pod.metadata.name.as_str()) {
        let lost = totals.lost() + totals.errors;
        parts.push(format!("{} {}{} {lost} {}", totals.answered, say(Key::Answered), say(Key::Comma), say(Key::Lost)));
    }
    parts.join(" · ")
}
