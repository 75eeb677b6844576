//! What the editor says about keeping the visitor's text: that the browser does not, or that another tab has another one.

use leptos::prelude::*;

use crate::view::browser;
use crate::view::i18n::Key;
use crate::view::manifest::document::document;
use crate::view::settings::settings;

/// The lines, while there is something to say.
#[component]
pub fn KeptNotices() -> impl IntoView {
    let (settings, document) = (settings(), document());
    let shelf = document.shelf();
    let is_hidden = RwSignal::new(false);
    let save = move |_| {
        let (name, text) = (document.name.get_untracked(), document.text.get_untracked());
        browser::save(name.rsplit('/').next().unwrap_or_default(), "text/yaml", &text);
    };
    let other = Memo::new(move |_| shelf.theirs.with(|theirs| theirs.as_ref().map(|theirs| theirs.name.clone())));
    view! {
        <div class="kept" role="alert" data-testid="kept">
            <Show when=move || shelf.is_lost.get() && !is_hidden.get()>
                <p class="kept-notice">
                    <span>{settings.say(Key::NotKept)}</span>
                    <button type="button" class="button small" on:click=save>{settings.say(Key::SaveText)}</button>
                    <button type="button" class="button small" on:click=move |_| is_hidden.set(true)>{settings.say(Key::Close)}</button>
                </p>
            </Show>
            {move || other.get().map(|name| view! {
                <p class="kept-notice">
                    <span>{settings.say(Key::OtherTab)}" "<code>{name}</code></span>
                    <button type="button" class="button small" on:click=move |_| document.take_theirs()>
                        {settings.say(Key::TakeTheirs)}
                    </button>
                    <button type="button" class="button small" on:click=move |_| document.keep_mine()>
                        {settings.say(Key::KeepMine)}
                    </button>
                </p>
            })}
        </div>
    }
}
