//! A pod: a box whose border, pattern and words tell its state, so that colour never has to.

use leptos::prelude::*;

use super::i18n::Key;
use super::scene::{PodLook, PodState, Row};
use super::settings::settings;

/// The box of a pod.
#[component]
pub fn PodBox(row: Row<PodLook>) -> impl IntoView {
    let settings = settings();
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
    view! {
        <li class=show(|look| format!("pod pod-{}", look.state.code())) tabindex="0" title=label aria-label=label
            data-pod=show(|look| look.name.clone())
            data-status=show(|look| look.status.clone())
            data-ready=show(|look| look.ready.clone())
            data-restarts=show(|look| look.restarts.clone())
            data-image=show(|look| look.image.clone())
            data-replicaset=show(|look| look.replica_set.clone())
            style=("--made", show(|look| look.made_permille.unwrap_or(1000).to_string()))
            style=("--left", show(|look| look.left_permille.unwrap_or(0).to_string()))>
            <span class="pod-fill" aria-hidden="true"></span>
            <span class="pod-name">{show(short_name)}</span>
            <span class="pod-status">{show(|look| look.status.clone())}</span>
            <span class="pod-facts">
                <span>{show(|look| look.ready.clone())}</span>
                <span class="pod-tag">{show(tag)}</span>
                <span class="pod-restarts">{show(restarts)}</span>
            </span>
            <span class="pod-countdown" aria-hidden="true">{show(countdown)}</span>
        </li>
    }
}

/// The part of the name that its ReplicaSet does not say already.
fn short_name(look: &PodLook) -> String {
    look.name.strip_prefix(&look.replica_set).map_or(look.name.as_str(), |rest| rest.trim_start_matches('-')).to_owned()
}

fn tag(look: &PodLook) -> String {
    look.image.rsplit_once(':').map_or(look.image.as_str(), |(_, tag)| tag).to_owned()
}

fn restarts(look: &PodLook) -> String {
    if look.restarts == "0" { String::new() } else { format!("↻ {}", look.restarts) }
}

fn countdown(look: &PodLook) -> String {
    match look.countdown_s {
        Some(seconds) if matches!(look.state, PodState::BackOff | PodState::Failed | PodState::Terminating) => {
            format!("{seconds} s")
        }
        _ => String::new(),
    }
}
