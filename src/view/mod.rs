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
mod crowd;
mod document;
mod editor;
mod embed;
mod events;
mod files;
mod flights;
mod forecast;
mod head;
mod i18n;
mod keys;
mod lesson;
mod notice;
mod numbers;
mod picture;
mod pod_box;
mod pointed;
mod scene;
mod selection;
mod service_lane;
mod settings;
mod share;
mod side;
mod simulation;
mod stage;
mod terminal;
mod timeline;
mod tour;
mod transport;
mod trouble;
mod visit;
mod why;
mod yaml;

use leptos::prelude::*;

use document::Document;
use editor::Editor;
use head::Head;
use i18n::Key;
use notice::NoticeBar;
use settings::Settings;
use side::Side;
use simulation::Simulation;
use stage::Stage;
use terminal::Terminal;
use timeline::Timeline;
use tour::Tour;
use visit::Visit;

/// Puts the page into the document's body.
pub fn mount() {
    mount_to_body(App);
}

/// The panels of which a phone shows one at a time.
const TABS: [(&str, Key); 3] = [("editor", Key::Editor), ("terminal", Key::Terminal), ("side", Key::Why)];

/// The whole page.
#[component]
fn App() -> impl IntoView {
    let simulation = Simulation::start();
    let document = Document::open(simulation);
    let settings = Settings::load();
    // The side panel is the lesson's; `chart` is the timeline's drawing, whose buttons are always needed.
    let panel = |name: &'static str| settings::shows(if name == "side" { "lesson" } else { name });
    let first = if browser::parameter("lesson").is_some() { "side" } else { "editor" };
    let is_shown = |(name, _): &(&'static str, Key)| panel(name);
    let opened = TABS.into_iter().find(|tab| tab.0 == first && is_shown(tab)).or(TABS.into_iter().find(is_shown));
    let tab = RwSignal::new(opened.unwrap_or(TABS[0]));
    provide_context(settings);
    provide_context(simulation);
    provide_context(document);
    bridge::open(simulation, document);
    let visit = Visit::begin(simulation, document);
    provide_context(visit);
    embed::open(simulation, document, settings);
    // On a phone the panel that tells of a clicked object is behind a tab.
    Effect::new(move |_| {
        if simulation.selected.with(Option::is_some) {
            tab.set(TABS[2]);
        }
    });
    let class = if settings::is_embedded() { "app app-embedded" } else { "app" };
    view! {
        <div class=class
            on:dragover=move |event| if share::brings_files(&event) { event.prevent_default() }
            on:drop=move |event| share::drop_file(&visit, &event)>
            <Head/>
            <NoticeBar/>
            <Tour/>
            <main class="panels" data-tab=move || tab.get().0>
                <div class="phone-tabs" role="group" aria-label=settings.say(Key::Panels)>
                    {TABS.map(|(name, key)| panel(name).then(|| view! {
                        <button type="button" class="button" aria-pressed=move || (tab.get().0 == name).to_string()
                            on:click=move |_| tab.set((name, key))>{settings.say(key)}</button>
                    })).into_iter().collect_view()}
                </div>
                {panel("editor").then(|| view! { <Editor/> })}
                {panel("stage").then(|| view! { <Stage/> })}
                {panel("terminal").then(|| view! { <Terminal/> })}
                {panel("side").then(|| view! { <Side/> })}
                <Timeline/>
            </main>
        </div>
    }
}
