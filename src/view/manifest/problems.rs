//! What is wrong with the text, what only looks right, which fields change nothing, which images nobody has: below it.

use hellok8s_lab::editing::odd::{MOST_FOUND, Odd};
use hellok8s_lab::lab::problems::{self, KeptField, Problem, Review};
use leptos::prelude::*;

use crate::view::i18n::{Key, Lang};
use crate::view::manifest::document::document;
use crate::view::manifest::text::Area;
use crate::view::settings::settings;
use crate::view::simulation::simulation;

/// Where `lab stand-in` declares the images that it makes up.
const STAND_INS: &str = "images.yaml";
/// Findings that are listed one by one.
const LISTED: usize = 20;

/// The list below the text.
#[component]
pub fn Problems(area: Area, review: Memo<Review>) -> impl IntoView {
    let settings = settings();
    let document = area.document();
    let place = move |line: usize, column: usize| {
        view! {
            <button type="button" class="place" on:click=move |_| area.go_to_line(line, column)>
                {move || in_words(settings.lang.get(), line, column)}
            </button>
        }
    };
    let problem = move |problem: &Problem| {
        let message = problem.message.clone();
        view! { <li class="problem">{place(problem.line, problem.column)}{": "}{message}</li> }
    };
    view! {
        <div id="editor-problem" class="problems" role="status" data-testid="editor-problem">
            <OddList area place=Callback::new(move |(line, column)| place(line, column).into_any())/>
            <ul>{move || review.with(|review| review.problems.iter().map(problem).collect_view())}</ul>
            <Show when=move || document.is_long()>
                <p class="accepted">{settings.say(Key::TextLong)}</p>
            </Show>
            <Accepted review/>
            <StandIn/>
        </div>
    }
}

fn in_words(lang: Lang, line: usize, column: usize) -> String {
    match lang {
        Lang::Zh => format!("第 {line} 行第 {column} 列"),
        Lang::En => format!("line {line}, column {column}"),
    }
}

/// Characters that only look right, each with its place, and one button for all of them.
#[component]
fn OddList(area: Area, place: Callback<(usize, usize), AnyView>) -> impl IntoView {
    let settings = settings();
    let odd = Memo::new(move |_| area.document().marks.with(|marks| marks.odd.clone()));
    let count = move || {
        let all: usize = odd.with(|odd| odd.iter().map(|odd| odd.count).sum());
        let more = if odd.with(Vec::len) >= MOST_FOUND { "+" } else { "" };
        format!("{all}{more} {}", settings.say(Key::OddFound)())
    };
    let item = move |odd: Odd| {
        let text = odd.describe(settings.lang.get());
        let (line, column) = (odd.line, odd.column);
        view! { <li class="odd-item">{place.run((line, column))}": "{text}</li> }
    };
    view! {
        <Show when=move || odd.with(|odd| !odd.is_empty())>
            <div class="odd-list" data-testid="odd">
                <p class="odd-head">
                    <span>{count}</span>
                    <button type="button" class="button small" data-testid="mend" on:click=move |_| {
                        area.mend(None);
                        area.focus();
                    }>{settings.say(Key::Mend)}</button>
                </p>
                <ul>
                    {move || odd.get().into_iter().take(LISTED).map(item).collect_view()}
                    <Show when=move || { odd.with(Vec::len) > LISTED }><li class="odd-item">"…"</li></Show>
                </ul>
            </div>
        </Show>
    }
}

/// The offer to make up the images that nobody has.
#[component]
fn StandIn() -> impl IntoView {
    let (settings, simulation, document) = (settings(), simulation(), document());
    let images = Memo::new(move |_| {
        // An image may have come meanwhile.
        simulation.spec_changes.track();
        if !document.reads.get() || document.is_long() {
            return String::new();
        }
        let name = document.name.get();
        let unknown = |text: &std::sync::Arc<str>| {
            simulation.with(|lab| problems::unknown_images(&name, text, &lab.cluster().registry))
        };
        document.settled.with(unknown).join(", ")
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

/// Fields that the lab keeps without acting on them, each with what follows; open where one may decide.
#[component]
fn Accepted(review: Memo<Review>) -> impl IntoView {
    let settings = settings();
    let decides = move || review.with(|review| review.not_simulated.iter().any(|field| field.consequence.may_decide));
    let line = move |field: &KeptField| {
        let text = field.consequence.say(settings.lang.get());
        let colon = settings.lang.get().choose("：", ": ");
        view! { <li><code>{field.place.clone()}</code>{colon}{text}</li> }
    };
    view! {
        <Show when=move || review.with(|review| !review.not_simulated.is_empty())>
            <details class="accepted" open=decides data-testid="not-simulated">
                <summary>{settings.say(Key::NotSimulated)}" "{move || review.with(|review| review.not_simulated.len())}</summary>
                <ul>{move || review.with(|review| review.not_simulated.iter().take(LISTED).map(line).collect_view())}</ul>
            </details>
        </Show>
    }
}
