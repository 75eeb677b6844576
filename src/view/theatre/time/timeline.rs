//! The timeline: the pods over time between the limits of the rollout, with the moments that stand out, and a handle
//! that is dragged to any of them.
//!
//! The chart is drawn without text, which plotters would measure by putting styled elements into the page: the labels
//! are elements of the page's own.

use hellok8s_lab::lab::timeline::MarkKind;
use leptos::html::Canvas;
use leptos::prelude::*;

use crate::view::browser::{self, Patience};
use crate::view::clock::clock;
use crate::view::i18n::Key;
use crate::view::icon::Icon;
use crate::view::settings::{self, settings};
use crate::view::simulation::{Simulation, simulation};
use crate::view::theatre::time::chart::{self, Frame};
use crate::view::theatre::time::numbers::Numbers;
use crate::view::theatre::time::transport::Transport;

/// The widths of the window on offer, in milliseconds; 0 stands for the whole history.
const WINDOWS: [u64; 4] = [60_000, 180_000, 900_000, 0];
/// The narrowest window.
const SHORTEST_MS: u64 = 30_000;
/// Between two drawings.
const REDRAW_US: u64 = 200_000;

/// Under this name the browser keeps whether the whole chart is open.
const OPEN: &str = "chart";

/// The timeline: a strip, and the whole chart when it is asked for.
#[component]
pub fn Timeline() -> impl IntoView {
    let (settings, simulation) = (settings(), simulation());
    let say = move |key| settings.say(key);
    let window_ms = RwSignal::new(180_000_u64);
    let span = Memo::new(move |_| visible(window_ms.get(), simulation.now_ms.get(), simulation.end_ms.get()));
    let shows_numbers = RwSignal::new(false);
    let is_thinned = Memo::new(move |_| {
        simulation.now_ms.track();
        simulation.with(|lab| lab.cluster().is_thinned())
    });
    let has_chart = settings::shows("chart");
    let is_open = RwSignal::new(
        has_chart && !settings::is_embedded() && browser::recall(OPEN).is_some_and(|kept| kept == "open"),
    );
    let toggle = move |_| {
        is_open.update(|is_open| *is_open = !*is_open);
        browser::keep(OPEN, if is_open.get_untracked() { "open" } else { "" });
    };
    let window = move || {
        view! {
            <select class="select small" aria-label=say(Key::Window) title=say(Key::Window)
                on:change=move |event| window_ms.set(event_target_value(&event).parse().unwrap_or(0))>
                {WINDOWS.map(|ms| view! {
                    <option value=ms.to_string() selected=ms == window_ms.get_untracked()>
                        {move || if ms == 0 { say(Key::WholeHistory)().to_owned() } else { format!("{} min", ms / 60_000) }}
                    </option>
                }).into_iter().collect_view()}
            </select>
        }
    };
    view! {
        <section class="timeline" class:timeline-open=move || is_open.get() aria-labelledby="timeline-title">
            <h2 id="timeline-title" class="unseen">{say(Key::Timeline)}</h2>
            <Fork/>
            <Transport/>
            {has_chart.then(|| view! {
                <Plot span/>
                <button type="button" class="button bare chart-open" aria-expanded=move || is_open.get().to_string()
                    aria-label=say(Key::WholeChart) title=say(Key::WholeChart) on:click=toggle>{Icon::Chart.view()}</button>
                <div class="timeline-more" class:absent=move || !is_open.get()>
                    <Legend/>
                    {window}
                    <button type="button" class="button small" aria-pressed=move || shows_numbers.get().to_string()
                        on:click=move |_| shows_numbers.update(|shows| *shows = !*shows)>{say(Key::Numbers)}</button>
                    <Show when=move || is_thinned.get()><span class="timeline-thinned">{say(Key::HistoryThinned)}</span></Show>
                </div>
                <Show when=move || shows_numbers.get() && is_open.get()><Numbers/></Show>
            })}
        </section>
    }
}

/// The part of the history that is shown, in milliseconds.
fn visible(window_ms: u64, now_ms: u64, end_ms: u64) -> (u64, u64) {
    if window_ms == 0 {
        return (0, end_ms.max(60_000));
    }
    // A young history fills the chart as well, in steps, so that the scale does not creep.
    let mut window_ms = window_ms;
    while window_ms > SHORTEST_MS && end_ms < window_ms / 2 {
        window_ms /= 2;
    }
    let from = end_ms.saturating_sub(window_ms);
    let from = if now_ms < from { now_ms.saturating_sub(window_ms / 2) } else { from };
    (from, from + window_ms)
}

/// What is said while the past is shown, and the ways out of it.
#[component]
fn Fork() -> impl IntoView {
    let (settings, simulation) = (settings(), simulation());
    let is_past = move || simulation.now_ms.get() < simulation.end_ms.get();
    let can_restore = move || simulation.can_undo_fork.get() && !is_past();
    view! {
        <Show when=move || is_past() || can_restore()>
            <div class="fork">
                <Show when=is_past>
                    <p class="past" role="status">{settings.say(Key::Past)}</p>
                    <button type="button" class="button small" on:click=move |_| simulation.seek(simulation.end_ms.get_untracked())>
                        {settings.say(Key::ToEnd)}
                    </button>
                </Show>
                <Show when=can_restore>
                    <button type="button" class="button small restore" on:click=move |_| simulation.undo_fork()>{settings.say(Key::UndoFork)}</button>
                </Show>
            </div>
        </Show>
    }
}

/// What the chart's colours mean: of the marks only those that are there, and of the limits nothing that is seen, since
/// their names stand at their lines.
#[component]
fn Legend() -> impl IntoView {
    let (settings, simulation) = (settings(), simulation());
    let half_second = Memo::new(move |_| simulation.now_ms.get() / 500);
    let has = move |kind: MarkKind| {
        Memo::new(move |_| {
            half_second.get();
            simulation.with_timeline(|timeline| timeline.marks().iter().any(|mark| mark.kind == kind))
        })
    };
    let mark = move |class: &'static str, key: Key, kind: MarkKind| {
        let has = has(kind);
        let class = move || if has.get() { class.to_owned() } else { format!("{class} absent") };
        view! { <li class=class>{settings.say(key)}</li> }
    };
    view! {
        // Before the first change there is nothing that it could explain.
        <ul class="legend" class:legend-idle=move || simulation.changes.get() == 0 aria-label=settings.say(Key::Legend)>
            <li class="legend-ready">{settings.say(Key::ChartReady)}</li>
            <li class="legend-waiting">{settings.say(Key::ChartWaiting)}</li>
            <li class="legend-most unseen">{settings.say(Key::ChartMost)}</li>
            <li class="legend-fewest unseen">{settings.say(Key::ChartFewest)}</li>
            <li class="legend-leaving">{settings.say(Key::ChartLeaving)}</li>
            <Show when=move || simulation.has_requests.get()>
                <li class="legend-answered">{settings.say(Key::ChartAnswered)}</li>
            </Show>
            <li class="legend-lost" class:absent=move || !simulation.has_requests.get()>{settings.say(Key::Lost)}</li>
            {mark("legend-change", Key::MarkChange, MarkKind::Change)}
            {mark("legend-decision", Key::MarkDecision, MarkKind::Decision)}
            {mark("legend-restart", Key::MarkRestart, MarkKind::Restart)}
            {mark("legend-trouble", Key::MarkTrouble, MarkKind::Trouble)}
            {mark("legend-deadline", Key::MarkDeadline, MarkKind::Deadline)}
        </ul>
    }
}

/// The chart with its handle.
#[component]
fn Plot(span: Memo<(u64, u64)>) -> impl IntoView {
    let (settings, simulation) = (settings(), simulation());
    let canvas = NodeRef::<Canvas>::new();
    let top = RwSignal::new(chart::LOWEST_TOP);
    let limits = RwSignal::new(None::<(i32, i32)>);
    let mut last_us = 0;
    let mut patience = Patience::of(3);
    browser::on_every_frame(move |at_us| {
        if at_us.saturating_sub(last_us) < REDRAW_US || !patience.is_over() {
            return;
        }
        last_us = at_us;
        browser::fill_frame();
        let Some(canvas) = canvas.try_get_untracked().flatten() else { return };
        let (from, to) = span.get_untracked();
        let end = simulation.end_ms.get_untracked();
        let (highest, shown) = simulation.with_timeline(|timeline| {
            let last = timeline.samples().last();
            let limits = last.filter(|last| last.most > 0).map(|last| (last.fewest, last.most));
            (chart::draw(&canvas, timeline, &Frame { from, to, end }), limits)
        });
        if top.get_untracked() != highest {
            top.set(highest);
        }
        if limits.get_untracked() != shown {
            limits.set(shown);
        }
    });
    let limit = move |class: &'static str, part: fn((i32, i32)) -> i32, key: Key| {
        move || {
            limits.get().map(|both| {
                let height = (f64::from(part(both)) / f64::from(top.get())).min(1.0);
                view! { <span class=class style=("--at", height.to_string())>{settings.say(key)}" "{part(both)}</span> }
            })
        }
    };
    let seek = move |event| {
        if let Some(ms) = browser::number(&event_target_value(&event)) {
            simulation.seek(ms as u64);
        }
    };
    view! {
        <div class="plot" class:plot-tall=move || simulation.has_requests.get()>
            <canvas node_ref=canvas aria-hidden="true"></canvas>
            {limit("plot-limit plot-most", |(_, most)| most, Key::ShortMost)}
            {limit("plot-limit plot-fewest", |(fewest, _)| fewest, Key::ShortFewest)}
            <input type="range" class="playhead" data-testid="timeline" step="1"
                aria-label=settings.say(Key::Moment)
                aria-valuetext=move || clock(simulation.now_ms.get())
                min=move || span.get().0.to_string() max=move || span.get().1.to_string()
                prop:value=move || { span.track(); simulation.now_ms.get().to_string() }
                on:input=seek
                on:keydown=move |event| on_key(&event, simulation)/>
            <span class="plot-from" aria-hidden="true">{move || clock(span.get().0)}</span>
            <span class="plot-to" aria-hidden="true">{move || clock(span.get().1)}</span>
        </div>
    }
}

/// An arrow goes a second, a page ten: the range's own step would be a millisecond.
fn on_key(event: &leptos::ev::KeyboardEvent, simulation: Simulation) {
    let now = simulation.now_ms.get_untracked();
    let to = match event.key().as_str() {
        "ArrowLeft" | "ArrowDown" => now.saturating_sub(1_000),
        "ArrowRight" | "ArrowUp" => now + 1_000,
        "PageDown" => now.saturating_sub(10_000),
        "PageUp" => now + 10_000,
        "Home" => 0,
        "End" => simulation.end_ms.get_untracked(),
        _ => return,
    };
    event.prevent_default();
    simulation.seek(to);
}

/// The class whose colour a mark has.
pub fn legend(kind: MarkKind) -> &'static str {
    match kind {
        MarkKind::Change => ".legend-change",
        MarkKind::Decision => ".legend-decision",
        MarkKind::Restart => ".legend-restart",
        MarkKind::Deadline => ".legend-deadline",
        MarkKind::Trouble => ".legend-trouble",
        MarkKind::Event => ".legend-decision",
    }
}
