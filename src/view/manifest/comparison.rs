//! The same change under several strategies, side by side over the whole page, each with its little film on one clock.

use hellok8s_lab::lab::forecast::{Forecast, Outcome};
use hellok8s_lab::lab::timeline::Sample;
use leptos::html::{Canvas, Dialog};
use leptos::prelude::*;

use crate::view::browser;
use crate::view::i18n::Key;
use crate::view::icon::Icon;
use crate::view::manifest::forecast::{STRATEGIES, figures, span};
use crate::view::scene::HUES;
use crate::view::settings::settings;
use crate::view::theatre::time::chart::{self, Frame};

/// How long the longest film takes, in the viewer's time.
const FILM_US: u64 = 8_000_000;
/// How long the end stays before the films begin anew.
const REST_US: u64 = 2_500_000;
/// A stalled rollout shows so much of its time, in simulated milliseconds.
const STALLED_MS: u64 = 60_000;
/// More pods than this are one bar each kind.
const MOST_BOXES: i32 = 40;

/// The moment that all films show.
#[derive(Clone, Copy)]
pub struct FilmClock {
    /// In simulated milliseconds after the change.
    at_ms: RwSignal<u64>,
    /// The length of the longest film, in simulated milliseconds; 0 while none is shown.
    longest_ms: RwSignal<u64>,
    is_playing: RwSignal<bool>,
}

impl FilmClock {
    /// Moves with the browser's frames while films are shown. With reduced motion it stands at their end.
    pub fn start() -> Self {
        let clock = Self {
            at_ms: RwSignal::new(0),
            longest_ms: RwSignal::new(0),
            is_playing: RwSignal::new(!browser::prefers_stillness()),
        };
        let mut begun_us = None;
        browser::on_every_frame(move |now_us| {
            // The comparison may have gone with the text that it was of.
            let Some(longest_ms) = clock.longest_ms.try_get_untracked() else { return };
            if longest_ms == 0 || !clock.is_playing.get_untracked() {
                begun_us = None;
                return;
            }
            let at_ms = clock.at_ms.get_untracked();
            let begun = *begun_us.get_or_insert_with(|| {
                let at_ms = if at_ms >= longest_ms { 0 } else { at_ms };
                now_us.saturating_sub(at_ms * FILM_US / longest_ms)
            });
            let gone_us = now_us.saturating_sub(begun) % (FILM_US + REST_US);
            let to_ms = (gone_us * longest_ms / FILM_US).min(longest_ms);
            if to_ms != at_ms {
                clock.at_ms.set(to_ms);
            }
        });
        clock
    }

    fn show(self, longest_ms: u64) {
        self.longest_ms.set(longest_ms);
        self.at_ms.set(if self.is_playing.get_untracked() { 0 } else { longest_ms });
    }
}

/// The strategies side by side.
#[component]
pub fn Comparison(
    comparison: RwSignal<Vec<(usize, Forecast)>, LocalStorage>,
    clock: FilmClock,
    close: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let settings = settings();
    let dialog = NodeRef::<Dialog>::new();
    let longest = Memo::new(move |_| {
        comparison.with(|all| all.iter().map(|(_, forecast)| shown_ms(forecast)).max().unwrap_or(10_000))
    });
    let is_working = move || comparison.with(|all| all.len() < STRATEGIES.len());
    Effect::new(move |_| clock.show(longest.get()));
    on_cleanup(move || clock.show(0));
    Effect::new(move |_| {
        if let Some(dialog) = dialog.get().filter(|dialog| !dialog.open()) {
            // Modal: the browser keeps the focus in it, closes it with Escape and gives the focus back.
            let _ = dialog.show_modal();
        }
    });
    let seek = move |event| {
        clock.is_playing.set(false);
        clock.at_ms.set(event_target_value(&event).parse().unwrap_or(0));
    };
    let word = move || settings.say(if clock.is_playing.get() { Key::Pause } else { Key::Play })();
    view! {
        <dialog class="comparison" node_ref=dialog aria-labelledby="comparison-title" on:close=move |_| close()>
            <header class="comparison-head">
                <h2 id="comparison-title">{settings.say(Key::CompareTitle)}</h2>
                <button type="button" class="button bare" on:click=move |_| if let Some(dialog) = dialog.get_untracked() { dialog.close() }
                    aria-label=settings.say(Key::Close) title=settings.say(Key::Close)>{Icon::Close.view()}</button>
            </header>
            <ul class="variants" aria-label=settings.say(Key::Compare) aria-busy=move || is_working().to_string()>
                <For each=move || comparison.get() key=|(at, forecast)| (*at, forecast.start_ms, shown_ms(forecast)) let:one>
                    {variant(one, longest.get_untracked(), clock)}
                </For>
                <Show when=is_working><li class="variant variant-coming hint">{settings.say(Key::ForecastNone)}</li></Show>
            </ul>
            <div class="comparison-clock">
                <button type="button" class="button primary" aria-label=word title=word
                    on:click=move |_| clock.is_playing.update(|is_playing| *is_playing = !*is_playing)>
                    {move || if clock.is_playing.get() { Icon::Pause.view() } else { Icon::Play.view() }}
                </button>
                <input type="range" min="0" max=move || longest.get().to_string() step="10" aria-label=settings.say(Key::Moment)
                    aria-valuetext=move || seconds(clock.at_ms.get())
                    prop:value=move || clock.at_ms.get().to_string() on:input=seek/>
                <output>{move || seconds(clock.at_ms.get())}</output>
            </div>
        </dialog>
    }
}

/// `4.2 s`.
fn seconds(ms: u64) -> String {
    format!("{}.{} s", ms / 1000, ms % 1000 / 100)
}

/// The time that the film of a forecast needs.
fn shown_ms(forecast: &Forecast) -> u64 {
    match forecast.outcome {
        Outcome::Completes { longest_ms, .. } => longest_ms + 500,
        Outcome::Stalls { .. } | Outcome::Open { .. } => STALLED_MS,
    }
}

fn variant((at, forecast): (usize, Forecast), longest_ms: u64, clock: FilmClock) -> impl IntoView {
    let settings = settings();
    let name = move || match STRATEGIES.get(at).map_or("", |(name, _)| *name) {
        "" => settings.say(Key::CompareWritten)(),
        name => name,
    };
    let canvas = NodeRef::<Canvas>::new();
    let (timeline, start_ms) = (forecast.timeline.clone(), forecast.start_ms);
    let frame = Frame { from: start_ms, to: start_ms + longest_ms, end: start_ms + longest_ms };
    Effect::new(move |_| {
        let Some(canvas) = canvas.get() else { return };
        let timeline = timeline.clone();
        // Once it has its size.
        browser::soon(move || {
            chart::draw(&canvas, &timeline, &frame);
        });
    });
    let outcome = match forecast.outcome {
        Outcome::Completes { shortest_ms, longest_ms } => span(shortest_ms, longest_ms),
        Outcome::Stalls { .. } => "ProgressDeadlineExceeded".to_owned(),
        Outcome::Open { .. } => "…".to_owned(),
    };
    let kept = forecast.clone();
    let samples = StoredValue::new_local(forecast.timeline.samples().to_vec());
    let place = Memo::new(move |_| {
        let at_ms = start_ms + clock.at_ms.get();
        samples.with_value(|samples| samples.partition_point(|sample| sample.at_ms <= at_ms).saturating_sub(1))
    });
    let film = move || samples.with_value(|samples| samples.get(place.get()).map(shot));
    view! {
        <li class="variant">
            <h3>{name}</h3>
            <div class="film" aria-hidden="true">{film}</div>
            <div class="variant-plot">
                <canvas class="variant-chart" node_ref=canvas aria-hidden="true"></canvas>
                <span class="variant-now" aria-hidden="true" style=("--at", move || format!("{:.4}", clock.at_ms.get() as f64 / longest_ms.max(1) as f64))></span>
            </div>
            <p class="variant-outcome">{outcome}</p>
            <p class="variant-figures">{move || figures(&kept, settings)}</p>
        </li>
    }
}

/// The pods of a moment: the ready ones, those that wait, and those that leave.
fn shot(sample: &Sample) -> AnyView {
    let last = sample.counts.len().saturating_sub(1);
    let mut boxes = Vec::new();
    let total = sample.total() + sample.terminating;
    let mut add = |class: &'static str, hue: Option<usize>, count: i32| {
        let (times, width) = if total > MOST_BOXES { (i32::from(count > 0), count) } else { (count, 1) };
        for _ in 0..times {
            let hue = hue.map(|hue| hue.to_string());
            boxes.push(
                view! { <span class=class data-hue=hue style=("flex-grow", width.to_string())></span> }.into_any(),
            );
        }
    };
    for (track, count) in sample.counts.iter().enumerate() {
        let hue = (track != last).then_some(track % HUES);
        add("film-pod", hue, count.ready);
        add("film-pod film-waiting", hue, count.waiting);
    }
    add("film-pod film-leaving", None, sample.terminating);
    let class = if sample.ready() < sample.fewest { "film-count film-low" } else { "film-count" };
    view! {
        <span class="film-pods">{boxes}</span>
        <b class=class>{sample.ready()}</b>
    }
    .into_any()
}
