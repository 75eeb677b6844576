//! The page's head: time and its pace, language, theme.

use leptos::prelude::*;

use super::chart::clock;
use super::i18n::Key;
use super::settings::{Theme, settings};
use super::simulation::{SPEEDS, parse_speed, simulation};

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
            <Pace/>
            <Choices/>
        </header>
    }
}

#[component]
fn Pace() -> impl IntoView {
    let (settings, simulation) = (settings(), simulation());
    let toggle = move |_| simulation.playing.update(|playing| *playing = !*playing);
    let play = settings.say(Key::Play);
    let pause = settings.say(Key::Pause);
    let play_word = move || if simulation.playing.get() { pause() } else { play() };
    let choose_speed = move |event| {
        if let Some(speed) = parse_speed(&event_target_value(&event)) {
            simulation.speed.set(speed);
        }
    };
    view! {
        <div class="pace" role="group" aria-label=settings.say(Key::Time)>
            <output class="clock" aria-label=settings.say(Key::Time)>{move || clock(simulation.now_ms.get())}</output>
            <button type="button" class="button" data-testid="play" on:click=toggle
                aria-pressed=move || simulation.playing.get().to_string() aria-label=play_word title=play_word>
                <span class=move || if simulation.playing.get() { "icon icon-pause" } else { "icon icon-play" } aria-hidden="true"></span>
            </button>
            <button type="button" class="button" data-testid="step" on:click=move |_| simulation.step()
                aria-label=settings.say(Key::Step) title=settings.say(Key::Step)>
                <span class="icon icon-step" aria-hidden="true"></span>
            </button>
            <select class="select" data-testid="speed" aria-label=settings.say(Key::Speed) title=settings.say(Key::Speed)
                prop:value=move || speed_text(simulation.speed.get()) on:change=choose_speed>
                {move || speeds(simulation.speed.get()).into_iter().map(|speed| {
                    let text = speed_text(speed);
                    view! {
                        <option value=text.clone() selected=speed == simulation.speed.get_untracked()>{text.clone()}"×"</option>
                    }
                }).collect_view()}
            </select>
        </div>
    }
}

/// The speeds on offer, and the present one when another door has set it.
fn speeds(now: u32) -> Vec<u32> {
    let mut speeds = SPEEDS.to_vec();
    if let Err(at) = speeds.binary_search(&now) {
        speeds.insert(at, now);
    }
    speeds
}

fn speed_text(hundredths: u32) -> String {
    let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
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
