//! What a visitor meets first, in words: what runs here and what to do, or what stands on an empty stage.

use leptos::prelude::*;

use crate::view::beginning::{Words, beginning};
use crate::view::i18n::Key;
use crate::view::settings::{self, Start, settings};

/// The first words, with the way to the other beginning.
#[component]
pub fn FirstWords(words: Words) -> impl IntoView {
    let (settings, beginning) = (settings(), beginning());
    let say = move |what: Key, todo: Key| view! { <b>{settings.say(what)}</b>{settings.say(todo)} };
    let to_empty = move || {
        // A lab in another page begins as that page says.
        (!settings::is_embedded()).then(|| view! {
            " "
            <button type="button" class="link" data-testid="start-empty" on:click=move |_| beginning.again(Start::Empty)>
                {settings.say(Key::StartEmpty)}
            </button>
        })
    };
    match words {
        Words::Next => view! { {say(Key::FirstRunning, Key::FirstApply)}{to_empty()} }.into_any(),
        Words::Own => view! { {say(Key::FirstRunning, Key::FirstEdit)}{to_empty()} }.into_any(),
        Words::Watch => view! {
            <b>{settings.say(Key::FirstRunning)}</b>" "
            <button type="button" class="link" data-testid="demo" on:click=move |_| beginning.show_a_rollout()>
                {settings.say(Key::EmptyDemo)}
            </button>
        }
        .into_any(),
        Words::Attached { is_running: true } => say(Key::FirstRunning, Key::FirstRun).into_any(),
        Words::Attached { is_running: false } => say(Key::FirstEmpty, Key::FirstRun).into_any(),
        Words::Empty => say(Key::FirstEmpty, Key::FirstEmptyApply).into_any(),
    }
}

/// What stands on an empty stage.
#[component]
pub fn Welcome() -> impl IntoView {
    let (settings, beginning) = (settings(), beginning());
    view! {
        <div class="welcome">
            <p class="welcome-pods" aria-hidden="true"><span data-hue="0"></span><span data-hue="0"></span><span data-hue="1"></span></p>
            <p class="welcome-title">{settings.say(Key::EmptyTitle)}</p>
            {(!settings::is_attached()).then(|| view! {
                <button type="button" class="button" data-testid="demo" on:click=move |_| beginning.show_a_rollout()>
                    {settings.say(Key::EmptyDemo)}
                </button>
            })}
        </div>
    }
}
