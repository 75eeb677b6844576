//! A Deployment on the stage: one line that says which and how it stands, its generations, its limits.

use leptos::prelude::*;

use crate::view::i18n::Key;
use crate::view::scene::{DeploymentLook, Row, Standing};
use crate::view::settings::settings;
use crate::view::simulation::simulation;
use crate::view::theatre::lane::{AtRest, Lanes};
use crate::view::theatre::limits::Limits;

/// The Deployment.
#[component]
pub fn DeploymentCard(row: Row<DeploymentLook>) -> impl IntoView {
    let (settings, simulation) = (settings(), simulation());
    let look = StoredValue::new(row.look.clone());
    let owner = StoredValue::new(row.uid.clone());
    let open = move |_| {
        let chosen = look.with_value(|look| look.with_untracked(|look| (look.namespace.clone(), look.name.clone())));
        simulation.select("Deployment", &chosen.0, &chosen.1);
    };
    let show = move |part: fn(&DeploymentLook) -> String| move || look.with_value(|look| look.with(part));
    let standing = Memo::new(move |_| look.with_value(|look| look.with(|look| look.standing)));
    let deadline = Memo::new(move |_| look.with_value(|look| look.with(|look| look.deadline_s)));
    let word = move || {
        settings.say(match standing.get() {
            Standing::Complete => Key::StandingComplete,
            Standing::RollingOut => Key::StandingRollingOut,
            Standing::Stalled => Key::StandingStalled,
            Standing::Paused => Key::Paused,
        })()
    };
    let chip = move || match standing.get() {
        Standing::Complete => "chip",
        Standing::RollingOut => "chip chip-on",
        Standing::Stalled => "chip chip-bad",
        Standing::Paused => "chip chip-warn",
    };
    view! {
        <article class="deployment" class:deployment-brief=move || simulation.scene.is_by_node.get()>
            <header class="deployment-head">
                <h3><button type="button" class="name" on:click=open><span class="unseen">"Deployment "</span>{show(|look| look.name.clone())}</button></h3>
                <span class="strategy">{show(|look| format!("{} {}", look.strategy, look.bounds))}</span>
                <span class=chip>{word}</span>
                {move || deadline.get().map(|seconds| view! {
                    <span class="chip deadline" title="progressDeadlineSeconds"><span class="deadline-word">{settings.say(Key::Deadline)}" "</span>{seconds}" s"</span>
                })}
                <AtRest owner=row.uid/>
            </header>
            <Show when=move || !simulation.scene.is_by_node.get()><Lanes owner=owner.get_value()/></Show>
            <Limits look=row.look/>
        </article>
    }
}
