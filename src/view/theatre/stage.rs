//! The stage: each Deployment with its generations side by side, Services above them, and pods that belong to nobody.

use leptos::html::Div;
use leptos::prelude::*;

use crate::view::browser;
use crate::view::i18n::Key;
use crate::view::settings::settings;
use crate::view::simulation::simulation;
use crate::view::theatre::bounds::Bounds;
use crate::view::theatre::deployment::DeploymentCard;
use crate::view::theatre::fit;
use crate::view::theatre::flights::Flights;
use crate::view::theatre::lane::{Lanes, Pods};
use crate::view::theatre::nodes::ByNode;
use crate::view::theatre::nodes::ways::Ways;
use crate::view::theatre::pointed::point;
use crate::view::theatre::service_lane::Services;
use crate::view::theatre::welcome::Welcome;

/// The stage.
#[component]
pub fn Stage() -> impl IntoView {
    let (settings, simulation) = (settings(), simulation());
    let (scene, stage) = (simulation.scene, NodeRef::<Div>::new());
    // What moves keeps the simulation's pace, as far as eyes can follow.
    Effect::new(move |_| {
        let tempo_ms = 260.0 / (f64::from(simulation.speed()) / 100.0).sqrt();
        browser::set_on_root("--tempo", &format!("{:.0}ms", tempo_ms.clamp(70.0, 600.0)));
    });
    fit::keep(scene, stage);
    let is_empty = move || scene.deployments.is_empty() && scene.sets.is_empty() && scene.pods.is_empty();
    view! {
        <div class="stage" data-testid="stage" node_ref=stage tabindex="0" role="group" aria-labelledby="stage-title"
            on:mouseover=move |event| point(simulation, &event) on:focusin=move |event| point(simulation, &event)>
            <Show when=is_empty>
                <Welcome/>
            </Show>
            <Ways/>
            <Services/>
            <For each=move || scene.deployments.all() key=|row| row.uid.clone() let:row>
                <DeploymentCard row/>
            </For>
            <Show when=move || scene.is_by_node.get() && !is_empty()>
                <ByNode/>
            </Show>
            <Show when=move || !scene.is_by_node.get()>
                <Lanes owner=String::new()/>
            </Show>
            <Show when=move || !scene.is_by_node.get() && scene.has_loose_pods()>
                <section class="loose">
                    <h3 class="loose-title">{settings.say(Key::Unowned)}</h3>
                    <Pods owner=String::new() version=Signal::stored(None)/>
                </section>
            </Show>
            <Bounds/>
            <Flights/>
        </div>
    }
}
