//! The page's head: its name, its language, its theme.

use leptos::prelude::*;

use crate::view::frame::keys::Keys;
use crate::view::i18n::Key;
use crate::view::settings::{Theme, settings};
use crate::view::share::Share;
use crate::view::theatre::picture::Picture;
use crate::view::theatre::present::Present;
use crate::view::theatre::trouble::KubeletSwitch;

/// The head.
#[component]
pub fn Head() -> impl IntoView {
    let settings = settings();
    view! {
        <header class="head">
            <div class="brand">
                <svg class="brand-mark" viewBox="0 0 32 32" aria-hidden="true">
                    <rect class="brand-new" x="3" y="3" width="12" height="12" rx="3.5"></rect>
                    <rect class="brand-new" x="17" y="3" width="12" height="12" rx="3.5"></rect>
                    <rect class="brand-old" x="3" y="17" width="12" height="12" rx="3.5"></rect>
                    <rect class="brand-next" x="18" y="18" width="10" height="10" rx="3"></rect>
                </svg>
                <h1>"hellok8s-lab"</h1>
                <p class="tagline">{settings.say(Key::Tagline)}</p>
            </div>
            <Choices/>
        </header>
    }
}

#[component]
fn Choices() -> impl IntoView {
    let settings = settings();
    let choose_theme = move |event| {
        if let Some(theme) = Theme::parse(&event_target_value(&event)) {
            settings.choose_theme(theme);
        }
    };
    view! {
        <div class="choices">
            <KubeletSwitch/>
            <Picture/>
            <Present/>
            <Share/>
            <Keys/>
            <button type="button" class="button" lang=move || settings.lang.get().other().code()
                on:click=move |_| settings.choose_lang(settings.lang.get_untracked().other())>
                {settings.say(Key::OtherLang)}
            </button>
            <select class="select" aria-label=settings.say(Key::Theme) title=settings.say(Key::Theme)
                prop:value=move || settings.theme.get().code() on:change=choose_theme>
                {Theme::ALL.map(|theme| view! {
                    <option value=theme.code() selected=theme == settings.theme.get_untracked()>{settings.say(theme.key())}</option>
                }).into_iter().collect_view()}
            </select>
        </div>
    }
}
