//! The page: one more watcher of the cluster, in the binary only, so that the engine cannot know of it.
#![allow(
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "the browser's clock, pixels and numbers are floats, and nothing of the simulation is decided by them"
)]

mod bridge;
mod browser;
mod chart;
mod clock;
mod editor;
mod events;
mod head;
mod i18n;
mod pod_box;
mod scene;
mod settings;
mod simulation;
mod stage;
mod terminal;
mod timeline;
mod transport;
mod yaml;

use leptos::prelude::*;

use editor::{Document, Editor};
use events::Events;
use head::Head;
use settings::Settings;
use simulation::Simulation;
use stage::Stage;
use terminal::Terminal;
use timeline::Timeline;

/// Puts the page into the document's body.
pub fn mount() {
    mount_to_body(App);
}

/// The whole page.
#[component]
fn App() -> impl IntoView {
    let simulation = Simulation::start();
    let document = Document::open(simulation);
    provide_context(Settings::load());
    provide_context(simulation);
    provide_context(document);
    bridge::open(simulation, document);
    let class = if settings::is_embedded() { "app app-embedded" } else { "app" };
    let panel = |name: &'static str| settings::shows(name);
    view! {
        <div class=class>
            <Head/>
            <main class="panels">
                {panel("editor").then(|| view! { <Editor/> })}
                {panel("stage").then(|| view! { <Stage/> })}
                {panel("terminal").then(|| view! { <Terminal/> })}
                <Events/>
                <Timeline/>
            </main>
        </div>
    }
}
