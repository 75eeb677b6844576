//! The frame of the page: its head, its panels and where they stand, and the order in which they are built.

pub mod head;
pub mod keys;
pub mod layout;
pub mod notice;

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::view::beginning::Beginning;
use crate::view::browser;
use crate::view::host::{bridge, embed};
use crate::view::i18n::Key;
use crate::view::manifest::document::Document;
use crate::view::manifest::editor::Editor;
use crate::view::settings::{self, Settings};
use crate::view::share;
use crate::view::side::Side;
use crate::view::simulation::{self, Simulation};
use crate::view::terminal::Terminal;
use crate::view::theatre::Theatre;
use crate::view::theatre::present::Presentation;
use crate::view::visit::{self, Visit};
use head::Head;
use layout::{Border, Layout, Panel, Rail, layout};
use notice::NoticeBar;

/// The panels of which a phone shows one at a time.
const TABS: [(&str, Key); 3] = [("editor", Key::Editor), ("terminal", Key::Terminal), ("side", Key::Why)];

/// How far the page is built: each part is a task of its own, so that no task is long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Frame,
    Theatre,
    Editor,
    Terminal,
    Side,
    All,
}

const PARTS: [Part; 5] = [Part::Theatre, Part::Editor, Part::Terminal, Part::Side, Part::All];

/// The whole page, part by part: what the parts share, the frame, then a panel after the other.
#[component]
pub fn App() -> impl IntoView {
    let owner = Owner::current().unwrap_or_default();
    let settings = Settings::load();
    provide_context(settings);
    provide_context(Layout::recall());
    provide_context(Presentation::listen());
    let built = RwSignal::new(None::<Part>);
    spawn_local(async move {
        let simulation = owner.with(|| {
            let simulation = Simulation::start();
            provide_context(simulation);
            simulation
        });
        browser::next_task().await;
        let document = owner.with(|| {
            let document = Document::open(simulation);
            provide_context(document);
            provide_context(Visit::begin(simulation, document));
            provide_context(Beginning::begin(simulation, document));
            // Whoever finds a part of the page finds `window.lab` as well.
            bridge::open(simulation, document);
            document
        });
        browser::next_task().await;
        built.set(Some(Part::Frame));
        browser::announce("LabStarted");
        for part in PARTS {
            browser::next_task().await;
            built.set(Some(part));
        }
        owner.with(|| embed::open(simulation, document, settings));
    });
    view! {
        <Show when=move || built.get().is_some()>
            <Frame built/>
        </Show>
    }
}

/// The frame with its panels, as far as they are built.
#[component]
fn Frame(built: RwSignal<Option<Part>>) -> impl IntoView {
    let (settings, simulation, visit, layout) =
        (settings::settings(), simulation::simulation(), visit::visit(), layout());
    // The side panel is the lesson's.
    let shows = |name: &'static str| settings::shows(if name == "side" { "lesson" } else { name });
    let first = if browser::parameter("lesson").is_some() { "side" } else { "editor" };
    let is_shown = |(name, _): &(&'static str, Key)| shows(name);
    let opened = TABS.into_iter().find(|tab| tab.0 == first && is_shown(tab)).or(TABS.into_iter().find(is_shown));
    let tab = RwSignal::new(opened.unwrap_or(TABS[0]));
    // The panel that tells of a clicked object is behind a tab, or may be folded away.
    Effect::new(move |_| {
        if simulation.selected.with(Option::is_some) {
            tab.set(TABS[2]);
            layout.fold(Panel::Side, false);
        }
    });
    // A lesson is read beside the theatre, also where other reasons wait behind their rail.
    let lesson = Memo::new(move |_| {
        simulation.lesson_changes.track();
        let is_begun = simulation.with_progress(|progress| progress.is_some());
        if browser::parameter("lesson").is_some() { Some("address") } else { is_begun.then_some("here") }
    });
    let class = if settings::is_embedded() { "app app-embedded" } else { "app" };
    let is_built = move |part: Part| move || built.get() >= Some(part);
    // Until a panel is built an empty one keeps its place, so that nothing that is there already moves.
    let part = move |name: &'static str, part: Part, content: fn() -> AnyView| {
        view! { <Show when=is_built(part) fallback=move || view! { <div class=format!("panel coming {name}")></div> }>{content()}</Show> }
    };
    let beside = move |panel: Panel, at: Part, content: fn() -> AnyView| {
        shows(panel.class()).then(|| view! { {part(panel.class(), at, content)}<Border panel/><Rail panel/> })
    };
    let size = move |panel: Panel| move || layout.size(panel).unwrap_or_default();
    view! {
        <div class=class
            on:dragover=move |event| if share::brings_files(&event) { event.prevent_default() }
            on:drop=move |event| share::drop_file(&visit, &event)>
            <Head/>
            <NoticeBar/>
            <main class="panels" data-tab=move || tab.get().0
                data-folded=move || layout::named(layout, true) data-opened=move || layout::named(layout, false)
                data-lesson=move || lesson.get()
                style=("--editor", size(Panel::Editor)) style=("--terminal", size(Panel::Terminal)) style=("--side", size(Panel::Side))>
                {settings::shows("stage").then(|| part("theatre", Part::Theatre, || view! { <Theatre/> }.into_any()))}
                <div class="phone-tabs" role="group" aria-label=settings.say(Key::Panels)>
                    {TABS.map(|(name, key)| shows(name).then(|| view! {
                        <button type="button" class="button" data-tab=name aria-pressed=move || (tab.get().0 == name).to_string()
                            on:click=move |_| tab.set((name, key))>{settings.say(key)}</button>
                    })).into_iter().collect_view()}
                </div>
                {beside(Panel::Editor, Part::Editor, || view! { <Editor/> }.into_any())}
                {beside(Panel::Terminal, Part::Terminal, || view! { <Terminal/> }.into_any())}
                {beside(Panel::Side, Part::Side, || view! { <Side/> }.into_any())}
            </main>
        </div>
    }
}
