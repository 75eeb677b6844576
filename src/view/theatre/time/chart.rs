//! Draws the timeline's chart: the pods that are ready by revision, those that wait above them, and the two limits; below
//! them the requests of each second, the answered ones upwards by version, the lost ones downwards.

use hellok8s_lab::lab::timeline::{MarkKind, Sample, Timeline};
use hellok8s_lab::network::Second;
use plotters::coord::types::RangedCoordi32;
use plotters::coord::types::RangedCoordi64;
use plotters::prelude::*;
use plotters_canvas::CanvasBackend;

use crate::view::browser;
use crate::view::scene::HUES;
use crate::view::theatre::time::timeline::legend;

/// The axis never shows less.
pub const LOWEST_TOP: i32 = 4;
/// The height of the lane of marks, in pixels.
const LANE: f64 = 12.0;
/// The height of the requests, in pixels.
const REQUESTS: f64 = 30.0;
/// A chart that is not as high is a strip: without the requests, and with a lower lane of marks.
const STRIP: i32 = 72;
const LANE_OF_STRIP: f64 = 8.0;
/// The room that half a handle takes at both ends, in pixels: style/timeline.css has the same.
const INSET: f64 = 8.0;

/// What is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// The moment at the left edge, in simulated milliseconds.
    pub from: u64,
    /// The moment at the right edge, in simulated milliseconds.
    pub to: u64,
    /// The end of the history, in simulated milliseconds.
    pub end: u64,
}

/// A piece of time in which nothing changed.
struct Piece<'a> {
    from: i64,
    to: i64,
    sample: &'a Sample,
}

/// What belongs to no ReplicaSet.
const GREY: RGBColor = RGBColor(140, 150, 160);

type Chart<'a> = ChartContext<'a, CanvasBackend, Cartesian2d<RangedCoordi64, RangedCoordi32>>;

/// Draws, and says what the top of the axis stands for. A canvas that cannot be drawn on shows nothing, and nothing
/// else depends on it.
pub fn draw(canvas: &web_sys::HtmlCanvasElement, timeline: &Timeline, frame: &Frame) -> i32 {
    let pieces = pieces(timeline.samples(), frame);
    let highest = pieces.iter().map(|piece| (piece.sample.total() + piece.sample.terminating).max(piece.sample.most));
    let top = highest.max().unwrap_or(0).max(LOWEST_TOP - 1) + 1;
    let density = browser::window().map_or(1.0, |window| window.device_pixel_ratio()).clamp(1.0, 4.0);
    let pixels = |length: i32| (f64::from(length) * density).round() as u32;
    let (width, height) = (pixels(canvas.client_width()), pixels(canvas.client_height()));
    if width < 40 || height < 24 {
        return top;
    }
    // Setting a size, even the same one, also wipes the canvas.
    canvas.set_width(width);
    canvas.set_height(height);
    let Some(backend) = CanvasBackend::with_canvas_object(canvas.clone()) else { return top };
    let area = backend.into_drawing_area();
    let inset = (INSET * density) as u32;
    let area = area.margin(0, 0, inset, inset);
    let is_strip = canvas.client_height() < STRIP;
    let band = if is_strip || timeline.seconds().is_empty() { 0.0 } else { REQUESTS };
    let height_of_lane = if is_strip { LANE_OF_STRIP } else { LANE };
    let above = |below: f64| i32::try_from(height).unwrap_or(0) - (below * density) as i32;
    let (upper, lane) = area.split_vertically(above(height_of_lane));
    let (upper, middle) = upper.split_vertically(above(height_of_lane + band));
    let axis = signed(frame.from)..signed(frame.to);
    if let Ok(mut chart) = ChartBuilder::on(&upper).build_cartesian_2d(axis.clone(), 0..top) {
        pods(&mut chart, &pieces);
        limits(&mut chart, &pieces, density);
    }
    let bars = if band > 0.0 { bars(timeline, frame) } else { Vec::new() };
    let (answered, lost) = bars.iter().fold((0, 0), |(answered, lost), bar| (bar.to.max(answered), bar.from.min(lost)));
    if answered > lost
        && let Ok(mut chart) = ChartBuilder::on(&middle).build_cartesian_2d(axis.clone(), lost..answered)
    {
        let boxes =
            bars.iter().map(|bar| Rectangle::new([(bar.left, bar.from), (bar.right, bar.to)], bar.colour.filled()));
        let _ = chart.draw_series(boxes);
    }
    if let Ok(mut chart) = ChartBuilder::on(&lane).build_cartesian_2d(axis, 0..2) {
        marks(&mut chart, timeline, frame, density);
    }
    top
}

/// The samples as pieces of time; of those that fall on one pixel the last one stands for all.
fn pieces<'a>(samples: &'a [Sample], frame: &Frame) -> Vec<Piece<'a>> {
    let least_ms = (frame.to.saturating_sub(frame.from) / 700).max(1);
    let first = samples.partition_point(|sample| sample.at_ms <= frame.from).saturating_sub(1);
    let mut pieces: Vec<Piece<'a>> = Vec::new();
    for (at, sample) in samples.iter().enumerate().skip(first) {
        if sample.at_ms > frame.to {
            break;
        }
        let until_ms = samples.get(at + 1).map_or(frame.end, |next| next.at_ms).min(frame.to);
        let from_ms = sample.at_ms.max(frame.from);
        let (from, to) = (signed(from_ms), signed(until_ms.max(from_ms)));
        match pieces.last_mut().filter(|last| last.to - last.from < signed(least_ms)) {
            Some(last) => (last.to, last.sample) = (to, sample),
            None => pieces.push(Piece { from, to, sample }),
        }
    }
    pieces
}

fn signed(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

/// The ready pods by revision, above them those that wait.
fn pods(chart: &mut Chart<'_>, pieces: &[Piece<'_>]) {
    // Asking the style sheet costs more than drawing a box.
    let hues: Vec<RGBColor> = (0..HUES).map(hue).collect();
    let mut boxes = Vec::new();
    for piece in pieces {
        let mut floor = 0;
        let counts = &piece.sample.counts;
        let last = counts.len().saturating_sub(1);
        for is_ready in [true, false] {
            for (track, count) in counts.iter().enumerate() {
                let number = if is_ready { count.ready } else { count.waiting };
                if number > 0 {
                    let hue = if track == last { None } else { hues.get(track % HUES) };
                    let colour = hue.copied().unwrap_or(GREY);
                    let style = colour.mix(if is_ready { 0.95 } else { 0.35 }).filled();
                    boxes.push(Rectangle::new([(piece.from, floor), (piece.to, floor + number)], style));
                    floor += number;
                }
            }
        }
    }
    let _ = chart.draw_series(boxes);
}

/// Requests of a while that ended in the same way.
struct Bar {
    left: i64,
    right: i64,
    from: i32,
    to: i32,
    colour: RGBColor,
}

/// The requests: a bar for each second, or for as many seconds as are too narrow to be told apart.
fn bars(timeline: &Timeline, frame: &Frame) -> Vec<Bar> {
    let width_ms = (frame.to.saturating_sub(frame.from) / 400).div_ceil(1_000).max(1) * 1_000;
    let colours: Vec<RGBColor> = timeline.versions().map(|(_, track)| track.map_or(GREY, hue)).collect();
    let bad = colour(".legend-lost");
    let seconds = timeline.seconds();
    let first = seconds.partition_point(|second| second.at_s * 1_000 < frame.from / width_ms * width_ms);
    let mut bars = Vec::new();
    for bucket in
        seconds.get(first..).unwrap_or_default().chunk_by(|a, b| a.at_s * 1_000 / width_ms == b.at_s * 1_000 / width_ms)
    {
        let at_ms = bucket.first().map_or(0, |second| second.at_s * 1_000 / width_ms * width_ms);
        if at_ms > frame.to {
            break;
        }
        let (left, right) = (signed(at_ms.max(frame.from)), signed((at_ms + width_ms).min(frame.to)));
        let mut floor = 0;
        for (version, colour) in colours.iter().enumerate() {
            let count = bucket.iter().flat_map(|second| &second.answered).filter(|(of, _)| *of == version);
            let to = floor + count.map(|(_, count)| i32::try_from(*count).unwrap_or(0)).sum::<i32>();
            if to > floor {
                bars.push(Bar { left, right, from: floor, to, colour: *colour });
            }
            floor = to;
        }
        let lost: u64 = bucket.iter().map(Second::failed).sum();
        if lost > 0 {
            bars.push(Bar { left, right, from: -i32::try_from(lost).unwrap_or(i32::MAX), to: 0, colour: bad });
        }
    }
    bars
}

fn limits(chart: &mut Chart<'_>, pieces: &[Piece<'_>], density: f64) {
    let mut line = |class: &str, width: f64, value: fn(&Sample) -> i32, shown: fn(&Sample) -> bool| {
        let style = colour(class).stroke_width((density * width).round() as u32);
        let mut points: Vec<(i64, i32)> = Vec::new();
        let mut lines = Vec::new();
        for piece in pieces {
            if shown(piece.sample) {
                points.extend([(piece.from, value(piece.sample)), (piece.to, value(piece.sample))]);
            } else if !points.is_empty() {
                lines.push(PathElement::new(std::mem::take(&mut points), style));
            }
        }
        lines.push(PathElement::new(points, style));
        let _ = chart.draw_series(lines);
    };
    line(".legend-leaving", 1.0, |sample| sample.total() + sample.terminating, |sample| sample.terminating > 0);
    line(".legend-most", 1.5, |sample| sample.most, |sample| sample.most > 0);
    line(".legend-fewest", 1.5, |sample| sample.fewest, |sample| sample.most > 0);
}

fn marks(chart: &mut Chart<'_>, timeline: &Timeline, frame: &Frame, density: f64) {
    let least_ms = (frame.to.saturating_sub(frame.from) / 400).max(1);
    for kind in [MarkKind::Decision, MarkKind::Restart, MarkKind::Trouble, MarkKind::Change, MarkKind::Deadline] {
        let mut last = None;
        let places = timeline.marks().iter().filter(|mark| mark.kind == kind).map(|mark| mark.at_ms).filter(|at| {
            // Those that fall on one place are drawn once.
            let is_apart = last.is_none_or(|last: u64| at.saturating_sub(last) >= least_ms);
            let is_shown = (frame.from..=frame.to).contains(at) && is_apart;
            if is_shown {
                last = Some(*at);
            }
            is_shown
        });
        let places: Vec<(i64, i32)> = places.map(|at| (signed(at), 1)).collect();
        let colour = colour(legend(kind));
        let size = |pixels: f64| (density * pixels).round() as i32;
        // Told apart by their forms: a triangle, a dot, a cross, a ring, and a ring with a cross in it.
        if kind == MarkKind::Change {
            let style = colour.filled();
            let _ = chart.draw_series(places.iter().map(|at| TriangleMarker::new(*at, size(5.0), style)));
            continue;
        }
        let is_ring = matches!(kind, MarkKind::Trouble | MarkKind::Deadline);
        if kind != MarkKind::Restart {
            let style = if is_ring { colour.stroke_width(size(1.5).unsigned_abs()) } else { colour.filled() };
            let radius = size(if is_ring { 4.0 } else { 2.0 });
            let _ = chart.draw_series(places.iter().map(|at| Circle::new(*at, radius, style)));
        }
        if matches!(kind, MarkKind::Restart | MarkKind::Deadline) {
            let style = colour.filled();
            let _ = chart.draw_series(places.iter().map(|at| Cross::new(*at, size(3.0), style)));
        }
    }
}

fn hue(track: usize) -> RGBColor {
    let hex = browser::token(&format!("--hue-{}", track % HUES)).unwrap_or_default();
    let part = |at: usize| hex.get(at..at + 2).and_then(|digits| u8::from_str_radix(digits, 16).ok()).unwrap_or(128);
    RGBColor(part(1), part(3), part(5))
}

fn colour(class: &str) -> RGBColor {
    let (red, green, blue) = browser::colour_of(class).unwrap_or((128, 128, 128));
    RGBColor(red, green, blue)
}
