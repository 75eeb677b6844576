//! The caption: the decision that is being seen in one sentence, as the subtitle of a film, and the way to its numbers.

use leptos::prelude::*;

use crate::view::beginning::beginning;
use crate::view::clock::exact;
use crate::view::i18n::Key;
use crate::view::icon::Icon;
use crate::view::settings::settings;
use crate::view::side::why::numbers;
use crate::view::simulation::simulation;
use crate::view::theatre::pointed::Pointed;
use crate::view::theatre::welcome::FirstWords;

/// The caption.
#[component]
pub fn Caption() -> impl IntoView {
    let (settings, simulation) = (settings(), simulation());
    let shows_numbers = RwSignal::new(false);
    let number = Memo::new(move |_| simulation.caption_decision());
    let first = beginning().words;
    let shown = Memo::new(move |_| first.get().is_none());
    let text = move || match simulation.say_caption(settings.lang.get()) {
        Some(caption) => caption
            .spans
            .into_iter()
            .map(|span| if span.is_strong { view! { <b>{span.text}</b> }.into_any() } else { span.text.into_any() })
            .collect_view()
            .into_any(),
        None => settings.say(Key::CaptionNone).into_any(),
    };
    let has_numbers = move || shown.get() && number.get().is_some();
    let opened = move || {
        let number = number.get()?;
        let decision = simulation.with(|lab| lab.cluster().decisions().get(number).cloned())?;
        Some((exact(decision.t_ms), numbers(&decision)))
    };
    view! {
        <div class="caption" data-testid="caption"
            on:keydown=move |event| if event.key() == "Escape" { shows_numbers.set(false) }>
            <Pointed/>
            <p class="caption-words">
                <span aria-live=move || if simulation.playing.get() { "off" } else { "polite" }>
                    {move || match first.get() {
                        Some(words) => view! { <FirstWords words/> }.into_any(),
                        None => text(),
                    }}
                </span>
                <Show when=has_numbers>
                    " "
                    <button type="button" class="link caption-more" aria-expanded=move || shows_numbers.get().to_string()
                        on:click=move |_| shows_numbers.update(|shows| *shows = !*shows)>
                        {settings.say(Key::WhyNumbers)}
                    </button>
                </Show>
            </p>
            <Show when=move || shows_numbers.get() && has_numbers()>
                <div class="caption-numbers" role="group" aria-label=settings.say(Key::WhyNumbers)>
                    <button type="button" class="button small bare" on:click=move |_| shows_numbers.set(false)
                        aria-label=settings.say(Key::Close) title=settings.say(Key::Close)>{Icon::Close.view()}</button>
                    {move || opened().map(|(at, numbers)| view! { <b>{at}</b>{numbers} })}
                </div>
            </Show>
        </div>
    }
}
