//! A pod: a box whose border, pattern and words tell its state, so that colour never has to.

use leptos::prelude::*;

use crate::view::i18n::Key;
use crate::view::scene::{PodLook, PodState, ProbeLook, Row};
use crate::view::settings::settings;
use crate::view::simulation::simulation;

/// The box of a pod. What stands large on it is what its ReplicaSet says, or its image's tag; where pods of several
/// ReplicaSets stand together each says which colour it has.
#[component]
pub fn PodBox(row: Row<PodLook>, version: Signal<Option<String>>, hue: Signal<Option<usize>>) -> impl IntoView {
    let settings = settings();
    let id = element_id(&row.uid);
    let look = StoredValue::new(row.look);
    let show = move |part: fn(&PodLook) -> String| move || look.with_value(|look| look.with(part));
    let label = move || {
        look.with_value(|look| {
            look.with(|look| {
                let restarts = settings.say(Key::Restarts)();
                format!("{}: {}, {}, {} {restarts}", look.name, look.status, look.ready, look.restarts)
            })
        })
    };
    let simulation = simulation();
    let open = move |_| {
        look.with_value(|look| {
            look.with_untracked(|look| simulation.select("Pod", &look.namespace, &look.name));
        })
    };
    let is_selected = move || {
        simulation
            .selected
            .with(|selected| {
                selected.as_ref().is_some_and(|selected| {
                    selected.kind == "Pod" && look.with_value(|look| look.with(|look| look.name == selected.name))
                })
            })
            .to_string()
    };
    let said = move || version.get().unwrap_or_else(|| show(tag)());
    view! {
        <li class=show(class) title=label id=id data-hue=move || hue.get().map(|hue| hue.to_string())
            data-pod=show(|look| look.name.clone())
            data-status=show(|look| look.status.clone())
            data-ready=show(|look| look.ready.clone())
            data-restarts=show(|look| look.restarts.clone())
            data-image=show(|look| look.image.clone())
            data-replicaset=show(|look| look.replica_set.clone())
            data-node=move || Some(show(|look| look.node.clone())()).filter(|name| !name.is_empty())
            style=("--made", show(|look| look.made_permille.unwrap_or(1000).to_string()))
            style=("--left", show(|look| look.left_permille.unwrap_or(0).to_string()))>
            <span class="pod-fill" aria-hidden="true"></span>
            <button type="button" class="pod-open" aria-label=label aria-pressed=is_selected on:click=open></button>
            <span class="pod-top">
                <b class="pod-version" data-length=move || length(&said())>{said}</b>
                <span class="pod-name">{show(short_name)}</span>
            </span>
            <span class="pod-state">
                <span class="pod-status">{move || in_parts(&show(|look| look.status.clone())())}</span>
                <span class="pod-readiness">{show(|look| look.ready.clone())}</span>
                <span class="pod-countdown" aria-hidden="true">{show(countdown)}</span>
            </span>
            <span class="pod-foot" aria-hidden="true">
                // An element of its own for each restart, so that each flashes once.
                <For each=move || Some(show(restarts)()).filter(|text| !text.is_empty()) key=String::clone let:text>
                    <span class="pod-restarts">{text}</span>
                </For>
                <For each=move || look.with_value(|look| look.with(probes))
                    key=|probe| (probe.kind, probe.at_ms, probe.wait_s) let:probe>
                    {probe_chip(&probe)}
                </For>
            </span>
        </li>
    }
}

/// The id of a pod's box.
pub fn element_id(uid: &str) -> String {
    format!("pod-{uid}")
}

/// How much room a version takes, for the style sheet: long ones are written smaller.
fn length(version: &str) -> Option<&'static str> {
    match version.chars().count() {
        0..=5 => None,
        6..=10 => Some("long"),
        _ => Some("longer"),
    }
}

fn class(look: &PodLook) -> String {
    format!("pod pod-{}{}", look.state.code(), if look.is_unripe { " pod-unripe" } else { "" })
}

/// Results of a container that has ended tell nothing any more.
fn probes(look: &PodLook) -> Vec<ProbeLook> {
    if matches!(look.state, PodState::Ready | PodState::NotReady) { look.probes.clone() } else { Vec::new() }
}

/// A probe's last result. Each is an element of its own, so that it flashes once.
fn probe_chip(probe: &ProbeLook) -> AnyView {
    let letter = probe.kind.get(..1).unwrap_or_default().to_ascii_uppercase();
    if let Some(seconds) = probe.wait_s {
        return view! { <span class="probe probe-waiting" title=format!("{}: initialDelaySeconds", probe.kind)>{letter}" … "{seconds}" s"</span> }.into_any();
    }
    let code = probe.code.map_or_else(|| if probe.success { "ok" } else { "✕" }.to_owned(), |code| code.to_string());
    let run =
        if probe.success { String::new() } else { format!(" {}/{}", probe.run.min(probe.threshold), probe.threshold) };
    let class = if probe.success { "probe probe-good" } else { "probe probe-bad" };
    let title = format!("{}: {code}{run}", probe.kind);
    view! { <span class=class title=title>{letter}" "{code}{run}</span> }.into_any()
}

/// A word such as `CrashLoopBackOff` or `Init:Error` with places at which a narrow box may break it.
fn in_parts(word: &str) -> Vec<AnyView> {
    let mut parts = Vec::new();
    let mut part = String::new();
    for c in word.chars() {
        if c.is_ascii_uppercase() && part.chars().last().is_some_and(|last| last.is_ascii_lowercase() || last == ':') {
            parts.push(std::mem::take(&mut part).into_any());
            parts.push(view! { <wbr/> }.into_any());
        }
        part.push(c);
    }
    parts.push(part.into_any());
    parts
}

/// The part of the name that its ReplicaSet does not say already.
fn short_name(look: &PodLook) -> String {
    look.name.strip_prefix(&look.replica_set).map_or(look.name.as_str(), |rest| rest.trim_start_matches('-')).to_owned()
}

fn tag(look: &PodLook) -> String {
    look.image.rsplit_once(':').map_or(look.image.as_str(), |(_, tag)| tag).to_owned()
}

fn restarts(look: &PodLook) -> String {
    if look.restarts == "0" { String::new() } else { format!("↻{}", look.restarts) }
}

fn countdown(look: &PodLook) -> String {
    match look.countdown_s {
        Some(seconds)
            if look.is_unripe || matches!(look.state, PodState::BackOff | PodState::Failed | PodState::Terminating) =>
        {
            format!("{seconds} s")
        }
        _ => String::new(),
    }
}
