//! The line under the stage: more of the pod that the pointer is over or the keyboard has come to.

use hellok8s_lab::api::Pod;
use hellok8s_lab::explanations::obstacle;
use hellok8s_lab::kubectl::printers;
use hellok8s_lab::kubelet::{PodView, ProbeView};
use hellok8s_lab::lab::Lab;
use hellok8s_lab::sim::SimTime;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event};

use crate::view::i18n::Key;
use crate::view::scene;
use crate::view::settings::{Settings, settings};
use crate::view::simulation::{Simulation, simulation};

/// The line.
#[component]
pub fn Pointed() -> impl IntoView {
    let (settings, simulation) = (settings(), simulation());
    let second = Memo::new(move |_| simulation.now_ms.get() / 500);
    let text = move || {
        second.get();
        details(simulation, settings, &simulation.pointed.get()?)
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

/// What is told of the pod with this name.
pub fn details(simulation: Simulation, settings: Settings, name: &str) -> Option<String> {
    simulation.with(|lab| {
        let pod = lab.cluster().api.store().pods(None).find(|pod| pod.metadata.name == name)?;
        Some(words(pod, lab, settings))
    })
}

fn words(pod: &Pod, lab: &Lab, settings: Settings) -> String {
    let say = |key| settings.say(key)();
    let (cluster, now) = (lab.cluster(), lab.now());
    let cells = printers::print_pod(pod, now, cluster.config().version);
    let cell = |at: usize| cells.get(at).map_or("", String::as_str);
    let mut parts =
        vec![cell(0).to_owned(), format!("{} {}", cell(2), cell(1)), format!("{} {}", cell(3), say(Key::Restarts))];
    let view = cluster.fleet().pod_view(&pod.metadata.uid, now);
    if let Some(view) = &view {
        parts.extend(waits(view, now, &say));
        parts.extend(
            view.containers.iter().flat_map(|container| &container.probes).map(|probe| probed(probe, now, &say)),
        );
    }
    parts.extend([
        pod.spec.containers.first().map(|container| container.image.clone()).unwrap_or_default(),
        format!("IP {}", cell(5)),
        format!("{} {}", say(Key::Age), cell(4)),
    ]);
    let refused = scene::obstacle(pod);
    if !refused.is_empty() {
        parts.push(obstacle::in_words(refused, settings.lang.get()));
    }
    for status in &pod.status.container_statuses {
        if let Some(waiting) = status.state.waiting.as_ref().filter(|waiting| !waiting.message.is_empty()) {
            parts.push(waiting.message.clone());
        }
        if let Some(terminated) = &status.last_state.terminated {
            parts.push(format!("{} {} ({})", say(Key::ExitCode), terminated.exit_code, terminated.reason));
        }
    }
    if let Some(totals) = cluster.traffic().pods().get(pod.metadata.name.as_str()) {
        let lost = totals.lost() + totals.errors;
        parts.push(format!("{} {}{}{lost} {}", totals.answered, say(Key::Answered), say(Key::Comma), say(Key::Lost)));
    }
    parts.join(" · ")
}

/// What the pod waits for, with the seconds that are left.
fn waits(view: &PodView, now: SimTime, say: &dyn Fn(Key) -> &'static str) -> Vec<String> {
    let back_off = view.containers.iter().find_map(|container| container.back_off_until);
    [(Key::GraceEnds, view.grace_until), (Key::BackOffEnds, back_off.filter(|_| view.grace_until.is_none()))]
        .into_iter()
        .filter_map(|(key, until)| Some(format!("{} {} s", say(key), seconds_to(until?, now))))
        .collect()
}

/// A probe's last result, or the delay before the first, and when the next one is due.
fn probed(probe: &ProbeView, now: SimTime, say: &dyn Fn(Key) -> &'static str) -> String {
    let kind = probe.kind.as_str();
    let Some(last) = &probe.last else {
        let delay = probe.initial_delay_until.filter(|until| *until > now);
        return delay
            .map_or(kind.to_owned(), |until| format!("{kind} initialDelaySeconds {} s", seconds_to(until, now)));
    };
    let code =
        last.status_code.map_or_else(|| if last.success { "ok" } else { "✕" }.to_owned(), |code| code.to_string());
    let mut text = format!("{kind} {code}");
    // A container that was started again has failed none yet.
    if !last.success && probe.result_run > 0 {
        text.push_str(&format!(" {}/{}", probe.result_run.min(probe.failure_threshold), probe.failure_threshold));
    }
    if let Some(next) = probe.next_at {
        text.push_str(&format!("{}{} {} s", say(Key::Comma), say(Key::NextIn), seconds_to(next, now)));
    }
    text
}

fn seconds_to(until: SimTime, now: SimTime) -> u64 {
    until.ms_since(now).div_ceil(1000)
}
