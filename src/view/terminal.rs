//! The terminal: a log that screen readers follow, and one line to type into.

use leptos::ev::KeyboardEvent;
use leptos::html::{Div, Input};
use leptos::prelude::*;

use super::browser;
use super::i18n::Key;
use super::settings::settings;
use super::simulation::{Entry, Said, Simulation, simulation};

/// Lines that the history keeps.
const HISTORY: usize = 200;
/// What a newcomer may type.
const SUGGESTIONS: [&str; 3] = [
    "kubectl get pods",
    "kubectl get deployments,replicasets",
    "kubectl rollout status deployment hellok8s-deployment",
];

/// The lines typed before, and where among them Up and Down are.
#[derive(Clone, Debug, Default)]
struct History {
    lines: Vec<String>,
    at: usize,
    /// What was being typed when Up was pressed first.
    draft: String,
}

impl History {
    fn recall() -> Self {
        let kept = browser::recall("history").unwrap_or_default();
        let lines: Vec<String> = kept.lines().map(str::to_owned).collect();
        Self { at: lines.len(), lines, draft: String::new() }
    }

    fn add(&mut self, line: &str) {
        if !line.trim().is_empty() && self.lines.last().is_none_or(|last| last != line) {
            self.lines.push(line.to_owned());
        }
        if self.lines.len() > HISTORY {
            self.lines.drain(..self.lines.len() - HISTORY);
        }
        self.at = self.lines.len();
        browser::keep("history", &self.lines.join("\n"));
    }

    fn earlier(&mut self, typed: &str) -> Option<String> {
        if self.at == self.lines.len() {
            typed.clone_into(&mut self.draft);
        }
        self.at = self.at.checked_sub(1)?;
        self.lines.get(self.at).cloned()
    }

    fn later(&mut self) -> Option<String> {
        if self.at >= self.lines.len() {
            return None;
        }
        self.at += 1;
        Some(self.lines.get(self.at).unwrap_or(&self.draft).clone())
    }
}

/// The terminal.
#[component]
pub fn Terminal() -> impl IntoView {
    let (settings, simulation) = (settings(), simulation());
    view! {
        <section class="panel terminal" aria-labelledby="terminal-title">
            <header class="panel-head">
                <h2 id="terminal-title">{settings.say(Key::Terminal)}</h2>
                <Show when=move || simulation.is_busy.get()>
                    <button type="button" class="button small" on:click=move |_| simulation.interrupt()>
                        {settings.say(Key::Interrupt)}
                    </button>
                </Show>
                <button type="button" class="button small" on:click=move |_| simulation.clear()>{settings.say(Key::Clear)}</button>
            </header>
            <Log/>
            <Prompt/>
        </section>
    }
}

#[component]
fn Log() -> impl IntoView {
    let (settings, simulation) = (settings(), simulation());
    let scroller = NodeRef::<Div>::new();
    Effect::new(move |_| {
        simulation.log.track();
        // Once the new lines are in the page.
        browser::soon(move || {
            if let Some(Some(element)) = scroller.try_get_untracked() {
                element.set_scroll_top(element.scroll_height());
            }
        });
    });
    view! {
        <div class="terminal-log" role="log" tabindex="0" data-testid="terminal-log" node_ref=scroller
            aria-label=settings.say(Key::Terminal)>
            <For each=move || simulation.log.get() key=|entry| entry.number let:entry>
                {piece(entry)}
            </For>
        </div>
    }
}

fn piece(entry: Entry) -> impl IntoView {
    let (class, prompt) = match entry.said {
        Said::Command => ("said said-command", "$ "),
        Said::Out => ("said", ""),
        Said::Err => ("said said-error", ""),
    };
    // A command is a line of its own; output brings its own line feeds.
    let end = if entry.said == Said::Command { "\n" } else { "" };
    view! { <span class=class>{prompt}{entry.text}{end}</span> }
}

#[component]
fn Prompt() -> impl IntoView {
    let (settings, simulation) = (settings(), simulation());
    let typed = RwSignal::new(String::new());
    let history = StoredValue::new(History::recall());
    let input = NodeRef::<Input>::new();
    let run = move |line: String| {
        history.update_value(|history| history.add(&line));
        typed.set(String::new());
        simulation.submit(&line);
    };
    let suggestions = move || simulation.log.with(Vec::is_empty);
    view! {
        <Show when=suggestions>
            <ul class="suggestions" aria-label=settings.say(Key::Suggestions)>
                {SUGGESTIONS.map(|line| view! {
                    <li><button type="button" class="suggestion" on:click=move |_| run(line.to_owned())>{line}</button></li>
                }).into_iter().collect_view()}
            </ul>
        </Show>
        <form class="prompt" on:submit=move |event| {
            event.prevent_default();
            run(typed.get_untracked());
        }>
            <span class="prompt-mark" aria-hidden="true">"$"</span>
            <input class="prompt-input" type="text" data-testid="terminal-input" node_ref=input
                autocomplete="off" autocapitalize="off" spellcheck="false" enterkeyhint="send"
                placeholder="kubectl get pods" aria-label=settings.say(Key::TerminalInput)
                prop:value=move || typed.get()
                on:input=move |event| typed.set(event_target_value(&event))
                on:keydown=move |event| on_key(&event, simulation, typed, history)/>
        </form>
    }
}

fn on_key(event: &KeyboardEvent, simulation: Simulation, typed: RwSignal<String>, history: StoredValue<History>) {
    let mut line = None;
    match event.key().as_str() {
        // The input method's own Up and Down choose characters.
        _ if event.is_composing() => {}
        "ArrowUp" => {
            event.prevent_default();
            history.update_value(|history| line = history.earlier(&typed.get_untracked()));
        }
        "ArrowDown" => {
            event.prevent_default();
            history.update_value(|history| line = history.later());
        }
        "l" if event.ctrl_key() => {
            event.prevent_default();
            simulation.clear();
        }
        "c" if event.ctrl_key() && !is_text_selected() => {
            event.prevent_default();
            typed.set(String::new());
            simulation.interrupt();
        }
        _ => {}
    }
    if let Some(line) = line {
        typed.set(line);
    }
}

/// Then Ctrl-C copies, as everywhere.
fn is_text_selected() -> bool {
    let selection = browser::window().and_then(|window| window.get_selection().ok().flatten());
    selection.is_some_and(|selection| !selection.is_collapsed())
}
