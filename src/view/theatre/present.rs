//! For the lecture hall: the theatre alone, large, and nothing else. `p` begins it, Escape ends it.

use leptos::ev;
use leptos::prelude::*;

use crate::view::browser;
use crate::view::frame::keys::is_typed;
use crate::view::i18n::Key;
use crate::view::icon::Icon;
use crate::view::settings::settings;

/// Whether the theatre is alone.
#[derive(Clone, Copy)]
pub struct Presentation(RwSignal<bool>);

/// The presentation of the page that is being built.
pub fn presentation() -> Presentation {
    expect_context()
}

impl Presentation {
    /// Listens for the keys, as long as the page lives.
    pub fn listen() -> Self {
        let presentation = Self(RwSignal::new(false));
        std::mem::forget(window_event_listener(ev::keydown, move |event| {
            let is_plain = !(event.ctrl_key() || event.meta_key() || event.alt_key());
            match event.key().as_str() {
                "p" | "P" if is_plain && !is_typed(&event) => {
                    event.prevent_default();
                    presentation.show(!presentation.0.get_untracked());
                }
                "Escape" if presentation.0.get_untracked() => presentation.show(false),
                _ => {}
            }
        }));
        // The browser's own way out of the full screen leaves the presentation as well.
        std::mem::forget(window_event_listener(ev::Custom::<web_sys::Event>::new("fullscreenchange"), move |_| {
            let is_full = browser::document().is_some_and(|document| document.fullscreen_element().is_some());
            if !is_full && presentation.0.get_untracked() {
                presentation.mark(false);
            }
        }));
        presentation
    }

    fn show(self, is_shown: bool) {
        self.mark(is_shown);
        let Some(document) = browser::document() else { return };
        if !is_shown {
            if document.fullscreen_element().is_some() {
                document.exit_fullscreen();
            }
        } else if let Some(root) = document.document_element() {
            // Where the browser or the site around refuses it, the theatre fills the window that there is.
            let _ = root.request_fullscreen();
        }
    }

    fn mark(self, is_shown: bool) {
        self.0.set(is_shown);
        browser::mark_root("data-present", is_shown.then_some("on"));
    }
}

/// The button.
#[component]
pub fn Present() -> impl IntoView {
    let (settings, presentation) = (settings(), presentation());
    view! {
        <button type="button" class="button bare present" data-testid="present" title=settings.say(Key::PresentHint)
            aria-label=settings.say(Key::Present) aria-pressed=move || presentation.0.get().to_string()
            on:click=move |_| presentation.show(!presentation.0.get_untracked())>{Icon::Present.view()}</button>
    }
}
