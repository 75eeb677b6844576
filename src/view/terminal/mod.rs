//! The terminal: a log that screen readers follow, and one line to type into.

mod log;
mod odd;

use leptos::ev::KeyboardEvent;
use leptos::html::Input;
use leptos::prelude::*;

use self::log::Log;
use self::odd::{OddLine, OddNotice};
use crate::view::browser;
use crate::view::frame::layout::{Fold, Panel};
use crate::view::i18n::Key;
use crate::view::icon::Icon;
use crate::view::settings::settings;
use crate::view::simulation::{Simulation, TERMINALS, Transcript, simulation};

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

    /// The newest line before the present one that contains `words`.
    fn find_earlier(&mut self, words: &str) -> Option<String> {
        let at = self.lines.get(..self.at)?.iter().rposition(|line| line.contains(words))?;
        self.at = at;
        self.lines.get(at).cloned()
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
    let tab = move |at: usize| {
        let is_open = move || at < simulation.open_terminals.get();
        view! {
            <Show when=is_open>
                <button type="button" class="tab" aria-pressed=move || (simulation.terminal.get() == at).to_string()
                    aria-label=move || format!("{} {}", settings.say(Key::Terminal)(), at + 1)
                    on:click=move |_| simulation.terminal.set(at)>{at + 1}</button>
            </Show>
        }
    };
    view! {
        <section class="panel terminal" aria-labelledby="terminal-title">
            <header class="panel-head">
                <h2 id="terminal-title">{settings.say(Key::Terminal)}</h2>
                <div class="tabs terminal-tabs" role="group" aria-label=settings.say(Key::Terminals)>
                    {(0..TERMINALS).map(tab).collect_view()}
                    <Show when=move || simulation.open_terminals.get() < TERMINALS>
                        <button type="button" class="tab" on:click=move |_| simulation.open_terminal()
                            aria-label=settings.say(Key::OpenTerminal) title=settings.say(Key::OpenTerminal)>{Icon::Plus.view()}</button>
                    </Show>
                </div>
                <Show when=move || simulation.shown_terminal().is_busy.get()>
                    <button type="button" class="button small" on:click=move |_| simulation.interrupt()>
                        {settings.say(Key::Interrupt)}
                    </button>
                </Show>
                <button type="button" class="button small" on:click=move |_| simulation.clear()>{settings.say(Key::Clear)}</button>
                <Fold panel=Panel::Terminal/>
            </header>
            <Log/>
            <Prompt/>
        </section>
    }
}

#[component]
fn Prompt() -> impl IntoView {
    let (settings, simulation) = (settings(), simulation());
    let typed = RwSignal::new(String::new());
    let offered = RwSignal::new(Vec::<String>::new());
    let history = StoredValue::new(History::recall());
    let search = RwSignal::new(None::<String>);
    let input = NodeRef::<Input>::new();
    let odd = OddLine::of(typed);
    let run = move |line: String| {
        history.update_value(|history| history.add(&line));
        typed.set(String::new());
        offered.set(Vec::new());
        search.set(None);
        simulation.submit(&line);
    };
    let keys = Keys { simulation, typed, offered, search, history, input, odd };
    let submit = Callback::new(move |text| keys.run_all(text));
    let back = Callback::new(move |()| {
        if let Some(input) = input.get_untracked() {
            let _focused = input.focus();
        }
    });
    let suggestions = move || simulation.shown_terminal().log.with(Transcript::is_empty);
    let mark = move || if simulation.shown_terminal().needs_more.get() { ">" } else { "$" };
    view! {
        <Show when=suggestions>
            <ul class="suggestions" aria-label=settings.say(Key::Suggestions)>
                {SUGGESTIONS.map(|line| view! {
                    <li><button type="button" class="suggestion" on:click=move |_| run(line.to_owned())>{line}</button></li>
                }).into_iter().collect_view()}
            </ul>
        </Show>
        <p class="offered" role="status">
            {move || search.get().map(|words| format!("(reverse-i-search) {words}"))}
            {move || offered.get().join("  ")}
        </p>
        <OddNotice line=odd submit back/>
        <form class="prompt" on:submit=move |event| {
            event.prevent_default();
            if odd.may_run() {
                run(typed.get_untracked());
            }
        }>
            <span class="prompt-mark" aria-hidden="true">{mark}</span>
            <input class="prompt-input" type="text" data-testid="terminal-input" node_ref=input
                autocomplete="off" autocapitalize="off" spellcheck="false" enterkeyhint="send"
                placeholder="kubectl get pods" aria-label=settings.say(Key::TerminalInput)
                prop:value=move || typed.get()
                on:input=move |event| {
                    typed.set(event_target_value(&event));
                    offered.set(Vec::new());
                    search.set(None);
                    odd.go_on();
                }
                on:paste=move |event| keys.paste(&event)
                on:keydown=move |event| keys.press(&event)/>
        </form>
    }
}

/// What the keys of the prompt act on.
#[derive(Clone, Copy)]
struct Keys {
    simulation: Simulation,
    typed: RwSignal<String>,
    /// What Tab offers when several words fit.
    offered: RwSignal<Vec<String>>,
    /// What Ctrl-R looks for.
    search: RwSignal<Option<String>>,
    history: StoredValue<History>,
    input: NodeRef<Input>,
    odd: OddLine,
}

impl Keys {
    fn press(self, event: &KeyboardEvent) {
        let mut line = None;
        match event.key().as_str() {
            // The input method's own Up and Down choose characters.
            _ if event.is_composing() => {}
            "ArrowUp" => {
                event.prevent_default();
                self.history.update_value(|history| line = history.earlier(&self.typed.get_untracked()));
            }
            "ArrowDown" => {
                event.prevent_default();
                self.history.update_value(|history| line = history.later());
            }
            // With nothing typed, Tab leaves the terminal: nobody is caught in it.
            "Tab" if !event.shift_key() && !self.typed.with_untracked(|typed| typed.trim().is_empty()) => {
                event.prevent_default();
                self.complete();
            }
            "Escape" => {
                self.odd.take_back();
                self.search.set(None);
                self.offered.set(Vec::new());
            }
            "r" if event.ctrl_key() => {
                event.prevent_default();
                let words = self.search.get_untracked().unwrap_or_else(|| self.typed.get_untracked());
                self.history.update_value(|history| line = history.find_earlier(&words));
                self.search.set(Some(words));
            }
            "l" if event.ctrl_key() => {
                event.prevent_default();
                self.simulation.clear();
            }
            "c" if event.ctrl_key() && !is_text_selected() => {
                event.prevent_default();
                self.typed.set(String::new());
                self.simulation.interrupt();
            }
            _ => {}
        }
        if let Some(line) = line {
            self.typed.set(line);
        }
    }

    /// Several lines are run one after the other, as a terminal does.
    fn paste(self, event: &web_sys::ClipboardEvent) {
        let text = event.clipboard_data().and_then(|data| data.get_data("text").ok()).unwrap_or_default();
        if !text.trim_end().contains('\n') {
            return;
        }
        event.prevent_default();
        let text = format!("{}{}", self.typed.get_untracked(), text.trim_end());
        if self.odd.may_paste(&text) {
            self.run_all(text);
        }
    }

    /// Runs lines one after the other.
    fn run_all(self, text: String) {
        self.history.update_value(|history| text.lines().for_each(|line| history.add(line)));
        self.typed.set(String::new());
        self.simulation.submit(&text);
    }

    fn complete(self) {
        let line = self.typed.get_untracked();
        let at = self.input.get_untracked().and_then(|input| input.selection_start().ok().flatten());
        // The browser counts UTF-16 units.
        let units = at.and_then(|at| usize::try_from(at).ok()).unwrap_or(usize::MAX);
        let cursor = byte_at(&line, units);
        let words = self.simulation.complete(&line, cursor);
        let (before, behind) = line.split_at(cursor);
        let begun = before.rsplit(|c: char| c.is_whitespace() || "|&;()<>".contains(c)).next().unwrap_or_default();
        let Some(common) = common_beginning(&words) else { return self.offered.set(Vec::new()) };
        let stem = before.strip_suffix(begun).unwrap_or(before);
        let is_whole = words.len() == 1 && !common.ends_with(['/', '=']);
        let end = if is_whole && !behind.starts_with(' ') { " " } else { "" };
        // A word that goes on within the begun one, such as `--image=`, is offered from its own beginning.
        if common.len() >= begun.len() {
            self.typed.set(format!("{stem}{common}{end}{behind}"));
        }
        self.offered.set(if words.len() > 1 { words.into_iter().take(OFFERED).collect() } else { Vec::new() });
    }
}

/// Words that Tab offers at most.
const OFFERED: usize = 40;

fn byte_at(line: &str, units: usize) -> usize {
    let mut counted = 0;
    for (at, c) in line.char_indices() {
        if counted >= units {
            return at;
        }
        counted += c.len_utf16();
    }
    line.len()
}

fn common_beginning(words: &[String]) -> Option<&str> {
    let first = words.first()?;
    let mut length = first.len();
    for word in words {
        let same = first
            .char_indices()
            .zip(word.chars())
            .find(|((_, a), b)| a != b)
            .map_or(first.len().min(word.len()), |((at, _), _)| at);
        length = length.min(same);
    }
    first.get(..length)
}

/// Then Ctrl-C copies, as everywhere.
fn is_text_selected() -> bool {
    let selection = browser::window().and_then(|window| window.get_selection().ok().flatten());
    selection.is_some_and(|selection| !selection.is_collapsed())
}
