//! What was typed and printed, with the names of objects to click on, and hints in Chinese beneath what kubectl says in
//! English.

use hellok8s_lab::explanations::hints;
use leptos::html::Div;
use leptos::prelude::*;

use crate::view::browser;
use crate::view::i18n::{Key, Lang};
use crate::view::settings::settings;
use crate::view::simulation::{Entry, Said, Simulation, Transcript, simulation};

/// The log.
#[component]
pub(super) fn Log() -> impl IntoView {
    let (settings, simulation) = (settings(), simulation());
    // The hints that stand below the output of the present command: each is given once.
    let hinted = StoredValue::new(Vec::new());
    let scroller = NodeRef::<Div>::new();
    Effect::new(move |_| {
        simulation.shown_terminal().log.track();
        // Once the new lines are in the page.
        browser::soon(move || {
            if let Some(Some(element)) = scroller.try_get_untracked() {
                element.set_scroll_top(element.scroll_height());
            }
        });
    });
    view! {
        <div class="terminal-log" role="log" tabindex="0" data-testid="terminal-log" node_ref=scroller
            data-busy=move || simulation.shown_terminal().runs.get().to_string()
            aria-label=settings.say(Key::Terminal)>
            <Show when=move || simulation.shown_terminal().log.with(|log| log.is_thinned)>
                <p class="said-thinned">{settings.say(Key::LogThinned)}</p>
            </Show>
            <For each=move || simulation.shown_terminal().log.with(Transcript::parts) key=|part| part.number let:part>
                <div class="said-part">
                    <For each=move || part.entries.get() key=|entry| entry.number let:entry>{piece(entry, simulation, hinted)}</For>
                </div>
            </For>
        </div>
    }
}

fn piece(entry: Entry, simulation: Simulation, hinted: StoredValue<Vec<&'static str>>) -> impl IntoView {
    let hint = match entry.said {
        Said::Command => {
            hinted.set_value(Vec::new());
            None
        }
        Said::Out => hints::of_output(&entry.text),
        Said::Err => hints::of_error(&entry.text),
    };
    let hint = hint.filter(|hint| !hinted.with_value(|given| given.contains(hint)));
    hinted.update_value(|given| given.extend(hint));
    let said = said(entry, simulation);
    let lang = settings().lang;
    let hint = hint.map(|hint| {
        // No part of what is printed: it is neither copied nor kept.
        let is_shown = move || lang.get() == Lang::Zh;
        view! { <Show when=is_shown><span class="said-hint" lang="zh" data-testid="hint">{hint}</span></Show> }
    });
    (said, hint)
}

fn said(entry: Entry, simulation: Simulation) -> AnyView {
    match entry.said {
        // A command is a line of its own; output brings its own line feeds.
        Said::Command => view! { <span class="said said-command">"$ "{entry.text.to_string()}"\n"</span> }.into_any(),
        Said::Out => view! { <span class="said">{mentions(&entry.text, simulation)}</span> }.into_any(),
        Said::Err => view! { <span class="said said-error">{entry.text.to_string()}</span> }.into_any(),
    }
}

/// More text than this is not searched for names.
const LONGEST_SEARCHED: usize = 20_000;

/// Output, with the names of the cluster's objects to click on.
fn mentions(text: &str, simulation: Simulation) -> AnyView {
    if text.len() > LONGEST_SEARCHED {
        return text.to_owned().into_any();
    }
    let is_of_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c| !is_of_name(c)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        match simulation.find(word) {
            Some((kind, namespace)) => {
                pieces.push(std::mem::take(&mut plain).into_any());
                pieces.push(mention(kind, namespace, word.to_owned(), simulation));
            }
            None => plain.push_str(word),
        }
        let next = behind.find(is_of_name).unwrap_or(behind.len());
        let (between, after) = behind.split_at(next);
        plain.push_str(between);
        rest = after;
    }
    pieces.push(plain.into_any());
    pieces.into_any()
}

fn mention(kind: &'static str, namespace: String, name: String, simulation: Simulation) -> AnyView {
    let label = format!("{kind} {name}");
    let shown = name.clone();
    view! {
        <button type="button" class="mention" aria-label=label
            on:click=move |_| simulation.select(kind, &namespace, &name)>{shown}</button>
    }
    .into_any()
}
