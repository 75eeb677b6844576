//! The scene as an SVG in light colours.

use leptos::prelude::*;

use crate::view::browser;
use crate::view::clock::exact;
use crate::view::scene::{Detail, HUES, Place, PodLook, PodState, Scene, SetLook};

/// The picture's width.
pub const WIDTH: usize = 960;
/// Its margin, and a pod's size.
const MARGIN: usize = 24;
const BOX: (usize, usize) = (144, 62);
const SQUARE: usize = 13;
const INK: &str = "#1c232b";
const QUIET: &str = "#57616d";
const BAD: &str = "#b3261e";
const GOOD: &str = "#0b7a55";

/// What is drawn so far, and how far down.
struct Sheet {
    body: String,
    y: usize,
}

impl Sheet {
    fn text(&mut self, x: usize, y: usize, style: &str, words: &str) {
        let words = words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        self.body.push_str(&format!("<text x=\"{x}\" y=\"{y}\" {style}>{words}</text>"));
    }

    fn rect(&mut self, place: [usize; 4], style: &str) {
        let [x, y, width, height] = place;
        self.body.push_str(&format!("<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" {style}/>"));
    }
}

/// A drawing without its frame.
pub struct Drawing {
    /// SVG elements.
    pub body: String,
    /// In the picture's units.
    pub height: usize,
}

/// Draws the scene of the moment `now_ms`.
pub fn draw(scene: Scene, now_ms: u64) -> Drawing {
    let mut sheet = Sheet { body: String::new(), y: MARGIN + 14 };
    sheet.text(MARGIN, sheet.y, &format!("fill=\"{QUIET}\""), &title(now_ms));
    for row in scene.deployments.all() {
        row.look.with(|look| {
            let y = sheet.y + 36;
            sheet.text(MARGIN, y, "font-size=\"18\" font-weight=\"650\"", &format!("Deployment {}", look.name));
            let facts = format!(
                "{} {} · replicas {} · updated {} · ready {} · available {}",
                look.strategy, look.bounds, look.replicas, look.updated, look.ready, look.available
            );
            sheet.text(MARGIN, y + 20, &format!("fill=\"{QUIET}\""), &facts);
            let whole = WIDTH - 2 * MARGIN;
            let most = usize::try_from(look.most).unwrap_or(0);
            let taken: usize = look.slots.iter().map(|slots| slots.count).sum();
            let columns = most.max(taken).max(1);
            let mut at = 0;
            for slots in &look.slots {
                let (left, right) = (whole * at / columns, whole * (at + slots.count) / columns);
                let style = if slots.is_ready { solid(slots.hue) } else { hatched(slots.hue) };
                sheet.rect([MARGIN + left, y + 32, right - left, 16], &style);
                at += slots.count;
            }
            for (limit, colour) in [(look.fewest, GOOD), (look.most, BAD)] {
                let x = MARGIN + whole * usize::try_from(limit).unwrap_or(0) / columns;
                sheet.rect([x - 1, y + 28, 3, 24], &format!("fill=\"{colour}\""));
            }
            sheet.y = y + 52;
        });
        for set in scene.sets.inside(&row.uid) {
            set.look.with(|look| draw_set(&mut sheet, scene, look));
        }
    }
    for set in scene.sets.inside("") {
        set.look.with(|look| draw_set(&mut sheet, scene, look));
    }
    draw_pods(&mut sheet, scene, "", 0);
    Drawing { body: sheet.body, height: sheet.y + MARGIN }
}

/// What a picture of the moment is called.
pub fn title(now_ms: u64) -> String {
    format!("hellok8s-lab · {}", exact(now_ms))
}

/// A drawing, or several on top of each other, as a whole SVG.
pub fn framed(title: &str, drawing: &Drawing) -> String {
    let (height, hues) = (drawing.height, (0..HUES).map(pattern).collect::<String>());
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"system-ui, sans-serif\" font-size=\"13\" fill=\"{INK}\"><title>{title}</title><defs>{hues}</defs>\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>{}</svg>",
        drawing.body
    )
}

fn draw_set(sheet: &mut Sheet, scene: Scene, look: &SetLook) {
    if look.place == Place::Chip {
        return;
    }
    let y = sheet.y + 24;
    sheet.rect([MARGIN, y - 12, 14, 14], &format!("rx=\"3\" {}", solid(look.hue)));
    let words = format!("ReplicaSet {} · {} · {}/{}", look.name, look.image, look.ready, look.replicas);
    sheet.text(MARGIN + 22, y, "", &words);
    sheet.y = y + 10;
    draw_pods(sheet, scene, &look.uid, look.hue);
}

fn draw_pods(sheet: &mut Sheet, scene: Scene, owner: &str, hue: usize) {
    if scene.detail.get() != Detail::Boxes {
        let columns = (WIDTH - 2 * MARGIN) / (SQUARE + 2);
        let states: Option<Vec<Option<PodState>>> =
            scene.with_crowd(owner, |set| set.slots.iter().map(|cell| cell.as_ref().map(|cell| cell.state)).collect());
        let states = states.unwrap_or_default();
        for (slot, state) in states.iter().enumerate() {
            let place =
                [MARGIN + slot % columns * (SQUARE + 2), sheet.y + slot / columns * (SQUARE + 2), SQUARE, SQUARE];
            if let Some(state) = state {
                sheet.rect(place, &format!("rx=\"2\" {}", style(*state, hue)));
            }
        }
        sheet.y += states.len().div_ceil(columns) * (SQUARE + 2);
        return;
    }
    let (width, height) = (BOX.0 + 8, BOX.1 + 8);
    let columns = (WIDTH - 2 * MARGIN + 8) / width;
    let pods = scene.pods.inside(owner);
    for (at, row) in pods.iter().enumerate() {
        let (x, y) = (MARGIN + at % columns * width, sheet.y + at / columns * height);
        row.look.with(|look| draw_pod(sheet, look, hue, x, y));
    }
    sheet.y += pods.len().div_ceil(columns) * height;
}

fn draw_pod(sheet: &mut Sheet, look: &PodLook, hue: usize, x: usize, y: usize) {
    sheet.rect([x, y, BOX.0, BOX.1], &format!("rx=\"9\" {}", style(look.state, hue)));
    // The words stand on white, so that no pattern is in their way.
    sheet.rect([x + 6, y + 5, BOX.0 - 12, BOX.1 - 10], "rx=\"5\" fill=\"#ffffff\" fill-opacity=\"0.82\"");
    let short =
        look.name.strip_prefix(&look.replica_set).map_or(look.name.as_str(), |rest| rest.trim_start_matches('-'));
    let tag = look.image.rsplit_once(':').map_or(look.image.as_str(), |(_, tag)| tag);
    sheet.text(x + 11, y + 20, "font-family=\"monospace\" font-weight=\"600\"", short);
    sheet.text(x + 11, y + 36, "font-size=\"12\" font-weight=\"600\"", &look.status);
    let mut facts = format!("{} · {tag}", look.ready);
    if look.restarts != "0" {
        facts.push_str(&format!(" · ↻ {}", look.restarts));
    }
    if let Some(seconds) = look.countdown_s {
        facts.push_str(&format!(" · {seconds} s"));
    }
    sheet.text(x + 11, y + 51, "font-size=\"12\"", &facts);
}

fn style(state: PodState, hue: usize) -> String {
    let edged = |more: &str| format!("fill=\"#ffffff\" stroke=\"{}\" {more}", colour(hue));
    match state {
        PodState::Ready => solid(hue),
        PodState::NotReady => hatched(hue),
        PodState::Creating => {
            format!("fill=\"{0}\" fill-opacity=\"0.25\" stroke=\"{0}\" stroke-dasharray=\"4 3\"", colour(hue))
        }
        PodState::Pending => edged("stroke-dasharray=\"4 3\""),
        PodState::BackOff => format!("fill=\"#fdecea\" stroke=\"{BAD}\" stroke-width=\"4\""),
        PodState::Failed => format!("fill=\"#ffffff\" stroke=\"{BAD}\" stroke-width=\"2\""),
        PodState::Completed => edged("stroke-dasharray=\"1 3\""),
        PodState::Terminating => format!("fill=\"#ffffff\" stroke=\"{QUIET}\" stroke-dasharray=\"1 3\""),
    }
}

fn solid(hue: usize) -> String {
    format!("fill=\"{0}\" stroke=\"{INK}\" stroke-opacity=\"0.45\"", colour(hue))
}

fn hatched(hue: usize) -> String {
    format!("fill=\"url(#hatch{hue})\" stroke=\"{}\" stroke-width=\"1.5\"", colour(hue))
}

fn colour(hue: usize) -> String {
    browser::token(&format!("--hue-{hue}")).unwrap_or_default()
}

fn pattern(hue: usize) -> String {
    format!(
        "<pattern id=\"hatch{hue}\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
         <rect width=\"8\" height=\"8\" fill=\"#ffffff\"/><rect width=\"3\" height=\"8\" fill=\"{}\"/></pattern>",
        colour(hue)
    )
}
