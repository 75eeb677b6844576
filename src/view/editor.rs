//! The editor: a plain text area, so that input methods, screen readers and phones work, over its coloured double.

use hellok8s_lab::lab::PRESETS;
use hellok8s_lab::lab::problems::{self, Problem, Review};
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::browser;
use super::forecast::ForecastLine;
use super::i18n::Key;
use super::settings::{self, settings};
use super::simulation::{Simulation, simulation};
use super::yaml;

/// Under `file:NAME` the browser keeps the text of each file.
const FILE: &str = "file:";
/// Where `lab stand-in` declares the images that it makes up.
const STAND_INS: &str = "images.yaml";
/// Where a text is kept that a preset took the place of.
const DRAFT: &str = "draft";

fn kept_as(name: &str) -> String {
    format!("{}{name}", settings::shelf())
}

/// The open file.
#[derive(Clone, Copy)]
pub struct Document {
    simulation: Simulation,
    /// Its name.
    pub name: RwSignal<String>,
    /// Its text.
    pub text: RwSignal<String>,
    /// The lab's files.
    names: RwSignal<Vec<String>>,
    /// Whether there is a text to go back to.
    has_draft: RwSignal<bool>,
    /// Whether the files are a lesson's or somebody's, which do not take the place of the visitor's own.
    pub is_guest: RwSignal<bool>,
}

/// The open file of the page that is being built.
pub fn document() -> Document {
    expect_context()
}

impl Document {
    /// The lab's first file, with what was typed before the page was loaded again.
    pub fn open(simulation: Simulation) -> Self {
        for (name, text) in browser::recall_all(&kept_as(FILE)) {
            simulation.write(&name, &text);
        }
        let names = file_names(simulation);
        let name = names.iter().find(|name| *name == "deployment.yaml").or(names.first()).cloned().unwrap_or_default();
        let text = simulation.with(|lab| lab.read(&name).unwrap_or_default().to_owned());
        Self {
            simulation,
            name: RwSignal::new(name),
            text: RwSignal::new(text),
            names: RwSignal::new(names),
            has_draft: RwSignal::new(browser::recall(&kept_as(DRAFT)).is_some()),
            is_guest: RwSignal::new(false),
        }
    }

    /// Writes a file, shows it when it is the open one, and keeps it for the next visit.
    pub fn write(self, name: &str, text: &str) {
        self.simulation.write(name, text);
        if !self.is_guest.get_untracked() {
            browser::keep(&format!("{}{name}", kept_as(FILE)), text);
        }
        if self.name.with_untracked(|open| open == name) && self.text.with_untracked(|old| old != text) {
            self.text.set(text.to_owned());
        }
        if !self.names.with_untracked(|names| names.iter().any(|known| known == name)) {
            self.names.set(file_names(self.simulation));
        }
    }

    /// What is wrong with the open file, and which of its fields change nothing.
    fn review(self) -> Review {
        let version = self.simulation.with(|lab| lab.cluster().config().version);
        self.text.with(|text| self.name.with(|name| problems::review(name, text, version)))
    }

    /// Hands the open file to the cluster; `then` gets kubectl's answer.
    pub fn apply(self, then: impl FnOnce(String) + 'static) {
        self.write(&self.name.get_untracked(), &self.text.get_untracked());
        self.simulation.playing.set(true);
        self.simulation.apply(&self.name.get_untracked(), then);
    }

    /// The visitor's own files are back, as they are kept.
    pub fn restore(self) {
        for (name, text) in browser::recall_all(&kept_as(FILE)) {
            self.simulation.write(&name, &text);
        }
        self.reload();
    }

    /// Shows the lab's files as they are now.
    pub fn reload(self) {
        let names = file_names(self.simulation);
        let open = self.name.get_untracked();
        let name = if names.contains(&open) { open } else { names.first().cloned().unwrap_or_default() };
        self.names.set(names);
        self.switch(&name);
    }

    /// Shows a file, if there is one with this name.
    pub fn show(self, name: &str) {
        if self.names.with_untracked(|names| names.iter().any(|known| known == name)) {
            self.switch(name);
        }
    }

    fn switch(self, name: &str) {
        self.name.set(name.to_owned());
        self.text.set(self.simulation.with(|lab| lab.read(name).unwrap_or_default().to_owned()));
    }

    /// Puts `text` in the place of the open one, which is kept where it cannot be had again otherwise.
    fn replace(self, text: &str) {
        let old = self.text.get_untracked();
        let is_preset = PRESETS.iter().any(|(_, preset)| *preset == old);
        if !is_preset && !old.trim().is_empty() && old != text {
            browser::keep(&kept_as(DRAFT), &old);
            self.has_draft.set(true);
        }
        self.write(&self.name.get_untracked(), text);
    }

    /// What an entry of the list of texts does.
    fn choose(self, entry: &str) {
        match entry.split_once(':') {
            Some(("file", name)) => self.switch(name),
            Some(("preset", name)) => {
                if let Some((_, text)) = PRESETS.iter().find(|(preset, _)| *preset == name) {
                    self.replace(text);
                }
            }
            Some(("draft", _)) => {
                if let Some(text) = browser::recall(&kept_as(DRAFT)) {
                    self.replace(&text);
                }
            }
            _ => {}
        }
    }
}

fn file_names(simulation: Simulation) -> Vec<String> {
    simulation.with(|lab| lab.files().iter().map(|(name, _)| name.to_owned()).collect())
}

/// The editor.
#[component]
pub fn Editor() -> impl IntoView {
    let (settings, document) = (settings(), document());
    let review = Memo::new(move |_| document.review());
    let found = Memo::new(move |_| review.with(|review| review.problems.first().cloned()));
    let apply = move || document.apply(|_| {});
    let on_key = move |event: KeyboardEvent| {
        if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
            event.prevent_default();
            apply();
        }
    };
    view! {
        <section class="panel editor" aria-labelledby="editor-title">
            <header class="panel-head">
                <h2 id="editor-title">{settings.say(Key::Editor)}</h2>
                <Texts/>
            </header>
            <div class="editor-scroll">
                <div class="editor-paper">
                    <pre class="editor-double" aria-hidden="true">
                        {move || document.text.with(|text| review.with(|review| coloured(text, &review.problems)))}
                    </pre>
                    <textarea class="editor-text" data-testid="editor" wrap="off" spellcheck="false"
                        autocomplete="off" autocapitalize="off"
                        aria-label=settings.say(Key::EditorText)
                        aria-describedby="editor-problem"
                        aria-invalid=move || found.get().is_some().to_string()
                        prop:value=move || document.text.get()
                        on:input=move |event| document.write(&document.name.get_untracked(), &event_target_value(&event))
                        on:keydown=on_key></textarea>
                </div>
            </div>
            <div id="editor-problem" class="problems" role="status" data-testid="editor-problem">
                <ul>
                    {move || review.with(|review| review.problems.iter().map(|problem| {
                        let text = said(problem, settings.say(Key::Line)(), settings.say(Key::Column)());
                        view! { <li class="problem">{text}</li> }
                    }).collect_view())}
                </ul>
                <Accepted review/>
                <StandIn/>
            </div>
            <ForecastLine/>
            <div class="editor-foot">
                <span class="hint">{settings.say(Key::ApplyHint)}</span>
                <button type="button" class="button primary" data-testid="apply" on:click=move |_| apply()>
                    {settings.say(Key::Apply)}
                </button>
            </div>
        </section>
    }
}

/// The offer to make up the images that nobody has.
#[component]
fn StandIn() -> impl IntoView {
    let (settings, simulation, document) = (settings(), simulation(), document());
    let images = Memo::new(move |_| {
        // An image may have come meanwhile.
        simulation.spec_changes.track();
        let unknown = |text: &String| {
            let name = document.name.get();
            simulation.with(|lab| problems::unknown_images(&name, text, &lab.cluster().registry))
        };
        document.text.with(unknown).join(", ")
    });
    let make = move |_| {
        let keep = move |_| {
            let made = simulation.with(|lab| lab.read(STAND_INS).map(str::to_owned));
            if let Some(made) = made {
                document.write(STAND_INS, &made);
            }
        };
        simulation.command_then(format!("lab stand-in {}", document.name.get_untracked()), keep);
    };
    view! {
        <Show when=move || images.with(|images| !images.is_empty())>
            <p class="stand-in">
                <span>{settings.say(Key::UnknownImages)}" "<code>{move || images.get()}</code></span>
                <button type="button" class="button small" data-testid="stand-in" on:click=make>
                    {settings.say(Key::StandIn)}
                </button>
            </p>
        </Show>
    }
}

/// Fields that the lab keeps without acting on them.
#[component]
fn Accepted(review: Memo<Review>) -> impl IntoView {
    let settings = settings();
    view! {
        <Show when=move || review.with(|review| !review.not_simulated.is_empty())>
            <details class="accepted">
                <summary>{settings.say(Key::NotSimulated)}" "{move || review.with(|review| review.not_simulated.len())}</summary>
                <code>{move || review.with(|review| review.not_simulated.join(", "))}</code>
            </details>
        </Show>
    }
}

fn said(problem: &Problem, line: &str, column: &str) -> String {
    format!("{line} {}, {column} {}: {}", problem.line, problem.column, problem.message)
}

/// The list of files and of the chapter's manifests.
#[component]
fn Texts() -> impl IntoView {
    let (settings, document) = (settings(), document());
    let choose = move |event| document.choose(&event_target_value(&event));
    let shown = move || {
        let preset = document.text.with(|text| PRESETS.iter().find(|(_, preset)| preset == text));
        match preset {
            Some((name, _)) => format!("preset:{name}"),
            None => format!("file:{}", document.name.get()),
        }
    };
    view! {
        <select class="select texts" aria-label=settings.say(Key::File) prop:value=shown on:change=choose>
            <optgroup label=settings.say(Key::Files)>
                {move || document.names.get().into_iter().map(|name| view! {
                    <option value=format!("file:{name}")>{name.clone()}</option>
                }).collect_view()}
            </optgroup>
            <optgroup label=settings.say(Key::Chapter)>
                {PRESETS.iter().map(|(name, _)| view! {
                    <option value=format!("preset:{name}")>{*name}</option>
                }).collect_view()}
            </optgroup>
            <Show when=move || document.has_draft.get()>
                <optgroup label=settings.say(Key::YourText)>
                    <option value="draft:">{settings.say(Key::Draft)}</option>
                </optgroup>
            </Show>
        </select>
    }
}

fn coloured(text: &str, problems: &[Problem]) -> impl IntoView + use<> {
    text.split('\n')
        .zip(1..)
        .map(|(line, number)| {
            let marked = problems.iter().find(|problem| problem.line == number).map(|problem| problem.column);
            let class = if marked.is_some() { "line line-wrong" } else { "line" };
            let pieces =
                pieces(line, marked).into_iter().map(|(class, text)| view! { <span class=class>{text}</span> });
            view! { <span class=class>{pieces.collect_view()}"\n"</span> }
        })
        .collect_view()
}

/// The line's coloured pieces; the one in which the error's column lies is marked.
fn pieces(line: &str, marked: Option<usize>) -> Vec<(String, String)> {
    let mut at = 1;
    yaml::tokens(line)
        .into_iter()
        .map(|(token, text)| {
            let until = at + text.chars().count();
            let is_wrong = marked.is_some_and(|column| (at..until).contains(&column));
            at = until;
            let class = if is_wrong { format!("{} wrong", token.class()) } else { token.class().to_owned() };
            (class, text.to_owned())
        })
        .collect()
}
