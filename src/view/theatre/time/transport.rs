//! The buttons that move time: play, pause, step, to the neighbouring decision, speed.

use hellok8s_lab::lab::pace::Speed as Pace;
use hellok8s_lab::lab::timeline::MarkKind;
use leptos::prelude::*;

use crate::view::clock::clock;
use crate::view::i18n::Key;
use crate::view::icon::Icon;
use crate::view::settings::settings;
use crate::view::simulation::{SPEEDS, simulation};

/// What the buttons to the neighbouring event stop at.
const EVENTS: [MarkKind; 3] = [MarkKind::Event, MarkKind::Restart, MarkKind::Trouble];

/// The buttons with the clock.
#[component]
pub fn Transport() -> impl IntoView {
    let (settings, simulation) = (settings(), simulation());
    let toggle = move |_| simulation.playing.update(|playing| *playing = !*playing);
    let play = settings.say(Key::Play);
    let pause = settings.say(Key::Pause);
    let play_word = move || if simulation.playing.get() { pause() } else { play() };
    let button = move |icon: Icon, class: &'static str, key: Key, act: fn(crate::view::simulation::Simulation)| {
        view! {
            <button type="button" class=class on:click=move |_| act(simulation)
                aria-label=settings.say(key) title=settings.say(key)>{icon.view()}</button>
        }
    };
    view! {
        <div class="transport" role="group" aria-label=settings.say(Key::Time)>
            {button(Icon::Before, "button bare", Key::Before, |simulation| simulation.to_beat(false))}
            {button(Icon::EventBefore, "button bare finer", Key::EventBefore, |simulation| simulation.to_mark(false, &EVENTS))}
            <button type="button" class="button primary" data-testid="play" on:click=toggle
                aria-pressed=move || simulation.playing.get().to_string() aria-label=play_word title=play_word>
                {move || if simulation.playing.get() { Icon::Pause.view() } else { Icon::Play.view() }}
            </button>
            {button(Icon::EventAfter, "button bare finer", Key::EventAfter, |simulation| simulation.to_mark(true, &EVENTS))}
            {button(Icon::After, "button bare", Key::After, |simulation| simulation.to_beat(true))}
            <button type="button" class="button bare" data-testid="step" on:click=move |_| simulation.step()
                aria-label=settings.say(Key::Step) title=settings.say(Key::Step)>{Icon::Step.view()}</button>
            {button(Icon::Settle, "button bare finer", Key::UntilStable, crate::view::simulation::Simulation::until_stable)}
            <output class="clock" aria-label=settings.say(Key::Time)>{move || clock(simulation.now_ms.get())}</output>
            <Speed/>
        </div>
    }
}

#[component]
fn Speed() -> impl IntoView {
    let (settings, simulation) = (settings(), simulation());
    let choose = move |event| {
        if let Some(pace) = Pace::parse(&event_target_value(&event)) {
            simulation.choose_pace(pace);
        }
    };
    view! {
        <select class="select" data-testid="speed" aria-label=settings.say(Key::Speed) title=settings.say(Key::Speed)
            prop:value=move || simulation.pace.get().text() on:change=choose>
            {move || paces(simulation.pace.get()).into_iter().map(|pace| {
                let name = if pace == Pace::Story { settings.say(Key::Story)().to_owned() } else { format!("{}×", pace.text()) };
                view! { <option value=pace.text() selected=pace == simulation.pace.get_untracked()>{name}</option> }
            }).collect_view()}
        </select>
        <Factor/>
        <Behind/>
    }
}

/// How fast the story goes just now, where nothing is to be seen: told by a sign beside the pace, not announced.
#[component]
fn Factor() -> impl IntoView {
    let simulation = simulation();
    let sign = move |factor: u32| view! { <span class="factor" data-testid="factor" aria-hidden="true">"» "{factor}"×"</span> };
    move || simulation.factor.get().map(sign)
}

/// How fast time really goes, where the browser does not reach what was asked for. It changes all the time, so it is
/// there to be looked at and is not announced.
#[component]
fn Behind() -> impl IntoView {
    let (settings, simulation) = (settings(), simulation());
    let sign = move |speed: u64| {
        let text = Pace::Number(u32::try_from(speed).unwrap_or(u32::MAX)).text();
        view! {
            <span class="behind" data-testid="behind" title=settings.say(Key::BehindHint)>
                {settings.say(Key::Behind)}" "{text}"×"
            </span>
        }
    };
    // The story asks for no speed that could be missed.
    move || simulation.behind.get().filter(|_| simulation.pace.get() != Pace::Story).map(sign)
}

/// The paces on offer, and the present one when another door has set it.
fn paces(now: Pace) -> Vec<Pace> {
    let mut speeds = SPEEDS.to_vec();
    if let Pace::Number(now) = now
        && let Err(at) = speeds.binary_search(&now)
    {
        speeds.insert(at, now);
    }
    std::iter::once(Pace::Story).chain(speeds.into_iter().map(Pace::Number)).collect()
}
