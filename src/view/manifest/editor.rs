//! The editor: a plain text area, so that input methods, screen readers and phones work, over its coloured double.

use hellok8s_lab::lab::problems::{self, Problem, Review};
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use crate::view::browser;
use crate::view::frame::layout::{Fold, Panel};
use crate::view::i18n::Key;
use crate::view::manifest::document::{Role, document};
use crate::view::manifest::files::FileBar;
use crate::view::manifest::forecast::ForecastLine;
use crate::view::manifest::yaml;
use crate::view::settings::settings;
use crate::view::simulation::simulation;

/// Where `lab stand-in` declares the images that it makes up.
const STAND_INS: &str = "images.yaml";

/// The editor.
#[component]
pub fn Editor() -> impl IntoView {
    let (settings, document) = (settings(), document());
    // What is wrong with the text can wait until the page stands: reading it takes the API's types and their rules.
    let reads = RwSignal::new(false);
    browser::when_whole(Box::new(move || reads.set(true)));
    let review = Memo::new(move |_| if reads.get() { document.review() } else { Review::default() });
    let found = Memo::new(move |_| review.with(|review| review.problems.first().cloned()));
    let role = Memo::new(move |_| review.with(|review| document.role(review)));
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
                <FileBar/>
                <Fold panel=Panel::Editor/>
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
                <StandIn reads/>
            </div>
            <Show when=move || role.get() == Role::Manifest>
                <ForecastLine/>
            </Show>
            <div class="editor-foot">
                <Show when=move || role.get() == Role::Edit>
                    <span class="hint" role="status">{settings.say(Key::EditWaits)}</span>
                    <button type="button" class="button" on:click=move |_| document.cancel_edit()>
                        {settings.say(Key::Cancel)}
                    </button>
                </Show>
                <span class="hint">{settings.say(Key::ApplyHint)}</span>
                <button type="button" class="button primary" data-testid="apply" on:click=move |_| apply()>
                    {move || settings.say(match role.get() {
                        Role::Edit => Key::EditSave,
                        Role::Image => Key::BuildImage,
                        Role::Manifest => Key::Apply,
                    })()}
                </button>
            </div>
        </section>
    }
}

/// The offer to make up the images that nobody has.
#[component]
fn StandIn(reads: RwSignal<bool>) -> impl IntoView {
    let (settings, simulation, document) = (settings(), simulation(), document());
    let images = Memo::new(move |_| {
        // An image may have come meanwhile.
        simulation.spec_changes.track();
        let unknown = |text: &String| {
            let name = document.name.get();
            simulation.with(|lab| problems::unknown_images(&name, text, &lab.cluster().registry))
        };
        if reads.get() { document.text.with(unknown).join(", ") } else { String::new() }
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
