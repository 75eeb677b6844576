//! A command's characters that only look right: told while they are typed, mended at a click or with Enter, and never
//! changed unseen.

use hellok8s_lab::editing::odd::{self, Odd};
use leptos::html::Button;
use leptos::prelude::*;

use crate::view::i18n::{Key, Lang};
use crate::view::settings::settings;

/// What is being typed, as far as it only looks right.
#[derive(Clone, Copy)]
pub(super) struct OddLine {
    typed: RwSignal<String>,
    found: Memo<Vec<Odd>>,
    /// The line as it was typed, when what stands in the prompt is its mended form.
    original: RwSignal<Option<String>>,
    /// The line that the visitor wants as it is.
    wanted: RwSignal<Option<String>>,
    /// Several lines that were pasted and wait for the visitor's answer.
    pasted: RwSignal<Option<String>>,
}

impl OddLine {
    pub(super) fn of(typed: RwSignal<String>) -> Self {
        Self {
            typed,
            found: Memo::new(move |_| typed.with(|line| odd::in_command(line))),
            original: RwSignal::new(None),
            wanted: RwSignal::new(None),
            pasted: RwSignal::new(None),
        }
    }

    /// The typed line is to be run. Answers whether it may: one that only looks right is mended first, and shown.
    pub(super) fn may_run(self) -> bool {
        let is_wanted =
            self.wanted.with_untracked(|wanted| self.typed.with_untracked(|typed| wanted.as_ref() == Some(typed)));
        if is_wanted || self.found.with_untracked(Vec::is_empty) {
            self.forget();
            return true;
        }
        self.mend();
        false
    }

    fn mend(self) {
        let line = self.typed.get_untracked();
        self.typed.set(mended(&line));
        self.original.set(Some(line));
    }

    /// The line is to be as it was typed; answers whether it was mended.
    pub(super) fn take_back(self) -> bool {
        let Some(line) = self.original.get_untracked() else { return false };
        self.original.set(None);
        self.wanted.set(Some(line.clone()));
        self.typed.set(line);
        true
    }

    fn forget(self) {
        self.original.set(None);
        self.wanted.set(None);
    }

    /// The visitor goes on typing.
    pub(super) fn go_on(self) {
        if self.original.with_untracked(Option::is_some) {
            self.original.set(None);
        }
    }

    /// Several lines were pasted. Answers whether they may run; if not, they wait.
    pub(super) fn may_paste(self, text: &str) -> bool {
        let is_fine = odd::in_command(text).is_empty();
        if !is_fine {
            self.pasted.set(Some(text.to_owned()));
        }
        is_fine
    }
}

/// A text with all that only looks right put right.
fn mended(text: &str) -> String {
    odd::mend(text, &odd::in_command(text), 0).map_or_else(|| text.to_owned(), |edit| edit.apply(text))
}

/// What is said about the line; `submit` runs lines, and `back` brings the keyboard back to the prompt.
#[component]
pub(super) fn OddNotice(line: OddLine, submit: Callback<String>, back: Callback<()>) -> impl IntoView {
    let settings = settings();
    let first = move |found: &[Odd]| {
        let lang = settings.lang.get();
        let more = if found.len() > 1 { format!(" (+{})", found.len() - 1) } else { String::new() };
        found.first().map(|odd| match lang {
            Lang::Zh => format!("第 {} 个字符：{}{more}", odd.column, odd.describe(lang)),
            Lang::En => format!("Column {}: {}{more}", odd.column, odd.describe(lang)),
        })
    };
    let is_wanted = move || line.wanted.with(|wanted| line.typed.with(|typed| wanted.as_ref() == Some(typed)));
    let told = move || if is_wanted() { None } else { line.found.with(|found| first(found)) };
    let answer = move |text: String| {
        line.pasted.set(None);
        submit.run(text);
        back.run(());
    };
    let button = NodeRef::<Button>::new();
    Effect::new(move |_| {
        if let Some(button) = button.get() {
            let _focused = button.focus();
        }
    });
    view! {
        <div class="odd-line" role="status" data-testid="odd-line">
            {move || told().map(|text| view! {
                <p>
                    <span>{text}</span>
                    <button type="button" class="button small" on:click=move |_| { line.mend(); back.run(()); }>{settings.say(Key::MendLine)}</button>
                </p>
            })}
            {move || line.original.get().map(|_| view! {
                <p>
                    <span>{settings.say(Key::LineMended)}</span>
                    <button type="button" class="button small" on:click=move |_| { line.take_back(); back.run(()); }>{settings.say(Key::AsTyped)}</button>
                </p>
            })}
            {move || line.pasted.get().map(|text| {
                let found = first(&odd::in_command(&text));
                let whole = StoredValue::new(text);
                view! {
                    <p>
                        <span>{settings.say(Key::PasteHeld)}" "{found}</span>
                        <button type="button" class="button small" node_ref=button
                            on:click=move |_| answer(mended(&whole.get_value()))>{settings.say(Key::MendAndRun)}</button>
                        <button type="button" class="button small" on:click=move |_| answer(whole.get_value())>{settings.say(Key::RunAsPasted)}</button>
                        <button type="button" class="button small" on:click=move |_| { line.pasted.set(None); back.run(()); }>{settings.say(Key::Cancel)}</button>
                    </p>
                }
            })}
        </div>
    }
}
