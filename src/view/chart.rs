//! The chart: how many pods there are and how many are ready, between the limits that the rollout keeps.
//!
//! It is drawn without text, which plotters would measure by putting styled elements into the page: the labels are
//! elements of the page's own.

use hellok8s_lab::cluster::Cluster;
use leptos::html::Canvas;
use leptos::prelude::*;
use plotters::prelude::*;
use plotters_canvas::CanvasBackend;

use super::browser;
use super::i18n::Key;
use super::scene;
use super::settings::settings;
use super::simulation::simulation;

/// What was counted at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// When, in simulated milliseconds.
    pub at_ms: u64,
    /// Pods that are not terminating.
    pub total: i32,
    /// Of these, ready.
    pub ready: i32,
    /// Most pods that may be.
    pub most: i32,
    /// Fewest pods that must be available.
    pub fewest: i32,
}

/// The counts over time, one sample a change.
#[derive(Clone, Debug, Default)]
pub struct History {
    samples: Vec<Sample>,
    log_length: usize,
}

/// Samples that are kept.
const SAMPLES: usize = 4000;
/// The time that the chart shows.
const WINDOW_MS: u64 = 90_000;
/// The axis never shows less.
const LOWEST_TOP: i32 = 4;
/// Between two drawings.
const REDRAW_US: u64 = 250_000;

impl History {
    /// Counts, when the cluster has changed.
    pub fn note(&mut self, at_ms: u64, cluster: &Cluster) {
        if self.log_length == cluster.log().len() && !self.samples.is_empty() {
            return;
        }
        self.log_length = cluster.log().len();
        let mut sample = Sample { at_ms, ..Sample::default() };
        let store = cluster.api.store();
        for deployment in store.deployments(None) {
            let (most, fewest) = scene::limits(deployment);
            sample.most += most;
            sample.fewest += fewest;
        }
        for pod in store.pods(None).filter(|pod| pod.is_active()) {
            sample.total += 1;
            sample.ready += i32::from(pod.is_ready());
        }
        let is_same = |last: &Sample| Sample { at_ms, ..*last } == sample;
        if !self.samples.last().is_some_and(is_same) {
            self.samples.push(sample);
        }
        if self.samples.len() > SAMPLES {
            self.samples.drain(..SAMPLES / 4);
        }
    }

    /// The samples that tell of the time between `from_ms` and `to_ms`, as steps.
    fn steps(&self, from_ms: u64, to_ms: u64, value: impl Fn(&Sample) -> i32) -> Vec<(i64, i32)> {
        let before = self.samples.partition_point(|sample| sample.at_ms < from_ms).saturating_sub(1);
        let mut points: Vec<(i64, i32)> = Vec::new();
        for sample in self.samples.iter().skip(before).take_while(|sample| sample.at_ms <= to_ms) {
            let at = signed(sample.at_ms.max(from_ms));
            if let Some((_, last)) = points.last().copied() {
                points.push((at, last));
            }
            points.push((at, value(sample)));
        }
        if let Some((_, last)) = points.last().copied() {
            points.push((signed(to_ms), last));
        }
        points
    }

    fn highest(&self, from_ms: u64) -> i32 {
        let before = self.samples.partition_point(|sample| sample.at_ms < from_ms).saturating_sub(1);
        self.samples.iter().skip(before).map(|sample| sample.total.max(sample.most)).max().unwrap_or(0)
    }
}

fn signed(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

/// The chart with its labels.
#[component]
pub fn Chart() -> impl IntoView {
    let (settings, simulation) = (settings(), simulation());
    let say = move |key| settings.say(key);
    let canvas = NodeRef::<Canvas>::new();
    let highest = RwSignal::new(LOWEST_TOP);
    let mut last_us = 0;
    browser::on_every_frame(move |at_us| {
        if at_us.saturating_sub(last_us) < REDRAW_US {
            return;
        }
        last_us = at_us;
        let Some(canvas) = canvas.try_get_untracked().flatten() else { return };
        let to_ms = simulation.now_ms.get_untracked();
        let top = simulation.with_history(|history| draw(&canvas, history, to_ms));
        if top != highest.get_untracked() {
            highest.set(top);
        }
    });
    view! {
        <section class="panel chart" aria-labelledby="chart-title">
            <header class="panel-head">
                <h2 id="chart-title">{say(Key::Chart)}</h2>
            </header>
            <div class="chart-plot">
                <span class="chart-top" aria-hidden="true">{highest}</span>
                <span class="chart-bottom" aria-hidden="true">"0"</span>
                <canvas node_ref=canvas role="img" aria-label=say(Key::Chart)></canvas>
                <span class="chart-from" aria-hidden="true">"−90 s"</span>
                <span class="chart-to" aria-hidden="true">{move || clock(simulation.now_ms.get())}</span>
            </div>
            <ul class="legend">
                <li class="legend-total">{say(Key::ChartTotal)}</li>
                <li class="legend-ready">{say(Key::ChartReady)}</li>
                <li class="legend-most">{say(Key::ChartMost)}</li>
                <li class="legend-fewest">{say(Key::ChartFewest)}</li>
            </ul>
        </section>
    }
}

/// Simulated time as `1:05`.
pub fn clock(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds / 3600 {
        0 => format!("{}:{:02}", seconds / 60, seconds % 60),
        hours => format!("{hours}:{:02}:{:02}", seconds / 60 % 60, seconds % 60),
    }
}

/// Draws, and says what the top of the axis stands for.
fn draw(canvas: &web_sys::HtmlCanvasElement, history: &History, to_ms: u64) -> i32 {
    let from_ms = to_ms.saturating_sub(WINDOW_MS);
    let top = (history.highest(from_ms) + 1).max(LOWEST_TOP);
    let density = browser::window().map_or(1.0, |window| window.device_pixel_ratio()).clamp(1.0, 4.0);
    let pixels = |length: i32| (f64::from(length) * density).round() as u32;
    let (width, height) = (pixels(canvas.client_width()), pixels(canvas.client_height()));
    if width < 8 || height < 8 {
        return top;
    }
    // Setting a size, even the same one, also wipes the canvas.
    canvas.set_width(width);
    canvas.set_height(height);
    let Some(backend) = CanvasBackend::with_canvas_object(canvas.clone()) else { return top };
    let area = backend.into_drawing_area();
    let right = signed(to_ms.max(WINDOW_MS));
    let left = right - signed(WINDOW_MS);
    let Ok(mut chart) = ChartBuilder::on(&area).build_cartesian_2d(left..right, 0..top) else { return top };
    let line = (density * 2.0).round() as u32;
    let colour = |name: &str| {
        let (red, green, blue) = browser::colour_of(name).unwrap_or((128, 128, 128));
        RGBColor(red, green, blue)
    };
    let steps = |value: fn(&Sample) -> i32| history.steps(from_ms, to_ms, value);
    let (ready, total) = (colour(".legend-ready"), colour(".legend-total"));
    let (most, fewest) = (colour(".legend-most"), colour(".legend-fewest"));
    // A canvas that cannot be drawn on shows nothing, and nothing else depends on it.
    let _ = chart.draw_series(AreaSeries::new(steps(|sample| sample.ready), 0, ready.mix(0.25)));
    let _ = chart.draw_series(LineSeries::new(steps(|sample| sample.ready), ready.stroke_width(line)));
    let _ = chart.draw_series(LineSeries::new(steps(|sample| sample.total), total.stroke_width(line)));
    let _ = chart.draw_series(LineSeries::new(steps(|sample| sample.most), most.stroke_width(line / 2)));
    let _ = chart.draw_series(LineSeries::new(steps(|sample| sample.fewest), fewest.stroke_width(line / 2)));
    top
}
