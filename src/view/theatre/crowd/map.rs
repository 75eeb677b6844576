//! Thousands of pods as points: a revision's colour, a state's shape. The counts beside say the same in words.

use leptos::ev::MouseEvent;
use leptos::html::Canvas;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use crate::view::browser;
use crate::view::scene::{CrowdSet, HUES, PodState};
use crate::view::settings::settings;
use crate::view::simulation::simulation;

/// From point to point, in pixels of the page; one of them is the gap.
const PITCH: usize = 5;
/// The map grows by so many rows at once: each growth draws all of it anew.
const ROWS: usize = 8;
/// Points that are drawn in one frame at most.
const DRAWN_AT_ONCE: usize = 4_000;

/// The colours of points: the ReplicaSet's own, quiet, bad, then those of every ReplicaSet, for where they stand together.
const COLOURS: [&str; 3 + HUES] = [
    "--fill",
    "--colour-quiet",
    "--colour-bad",
    "--hue-0",
    "--hue-1",
    "--hue-2",
    "--hue-3",
    "--hue-4",
    "--hue-5",
    "--hue-6",
];

/// What was drawn how.
#[derive(Clone, Debug, Default, PartialEq)]
struct Geometry {
    columns: usize,
    rows: usize,
    density: f64,
}

/// The map of a ReplicaSet's pods.
#[component]
pub fn Map(owner: String) -> impl IntoView {
    let (settings, simulation) = (settings(), simulation());
    let (scene, canvas) = (simulation.scene, NodeRef::<Canvas>::new());
    let drawn = StoredValue::new(Geometry::default());
    let owner = StoredValue::new(owner);
    let colours = StoredValue::new(Vec::<String>::new());
    Effect::new(move |theme| {
        scene.crowd_changes.track();
        let canvas = canvas.get()?;
        let now = settings.theme.get();
        if theme != Some(Some(now)) {
            // Another theme, other colours.
            colours.set_value(COLOURS.iter().map(|name| browser::value_of(&canvas, name)).collect());
            drawn.set_value(Geometry::default());
        }
        owner.with_value(|owner| {
            scene.update_crowd(owner, |set| {
                drawn.update_value(|drawn| colours.with_value(|colours| draw(&canvas, drawn, colours, set)));
            });
        });
        Some(now)
    });
    let slot_at = move |event: &MouseEvent| {
        let (x, y) = (usize::try_from(event.offset_x()).ok()?, usize::try_from(event.offset_y()).ok()?);
        let columns = drawn.with_value(|drawn| drawn.columns);
        let slot = y / PITCH * columns + x / PITCH;
        let of =
            |set: &CrowdSet| set.slots.get(slot).and_then(|cell| cell.as_ref().map(|cell| cell.pod.metadata.clone()));
        owner.with_value(|owner| scene.with_crowd(owner, of)).flatten()
    };
    let on_click = move |event: MouseEvent| {
        if let Some(pod) = slot_at(&event) {
            simulation.select("Pod", &pod.namespace, &pod.name);
        }
    };
    let on_move = move |event: MouseEvent| {
        if let Some(canvas) = canvas.get_untracked() {
            let pod = slot_at(&event).map(|pod| pod.name);
            canvas.set_title(pod.as_deref().unwrap_or_default());
            // The line under the stage tells of it.
            if pod.is_some() && simulation.pointed.with_untracked(|pointed| *pointed != pod) {
                simulation.pointed.set(pod);
            }
        }
    };
    view! {
        <div class="crowd-map">
            <canvas node_ref=canvas aria-hidden="true" on:click=on_click on:mousemove=on_move></canvas>
        </div>
    }
}

/// Draws the changed points, or all when the map's size is another one.
fn draw(canvas: &HtmlCanvasElement, drawn: &mut Geometry, colours: &[String], set: &mut CrowdSet) {
    let density = browser::window().map_or(1.0, |window| window.device_pixel_ratio()).clamp(1.0, 4.0);
    let width = canvas.parent_element().map_or(0, |parent| parent.client_width());
    let columns = usize::try_from(width).unwrap_or(0) / PITCH;
    if columns == 0 {
        return;
    }
    let rows = set.slots.len().div_ceil(columns).div_ceil(ROWS) * ROWS;
    let geometry = Geometry { columns, rows, density };
    let mut undrawn = set.take_undrawn(DRAWN_AT_ONCE);
    if *drawn != geometry {
        let pixels = |points: usize| ((points * PITCH) as f64 * density).round() as u32;
        // Setting a size wipes the canvas.
        canvas.set_width(pixels(columns));
        canvas.set_height(pixels(rows));
        let style = web_sys::HtmlElement::style(canvas);
        let _ = style.set_property("width", &format!("{}px", columns * PITCH));
        let _ = style.set_property("height", &format!("{}px", rows * PITCH));
        undrawn = (0..set.slots.len()).collect();
        *drawn = geometry;
    }
    let context = canvas.get_context("2d").ok().flatten().and_then(|context| context.dyn_into().ok());
    let Some(context): Option<CanvasRenderingContext2d> = context else { return };
    for slot in undrawn {
        let place = |at: usize| (at * PITCH) as f64 * density;
        let (x, y) = (place(slot % columns), place(slot / columns));
        context.clear_rect(x, y, place(1), place(1));
        let cell = set.slots.get(slot).and_then(Option::as_ref);
        let hue = cell.and_then(|cell| cell.hue).map(|hue| hue + 3);
        let state = cell.map(|cell| (cell.state, cell.left));
        for (colour, [left, top, width, height]) in state.map(shape).unwrap_or_default() {
            let colour = hue.filter(|_| *colour == 0).unwrap_or(*colour);
            context.set_fill_style_str(colours.get(colour).map_or("#888", String::as_str));
            context.fill_rect(x + left * density, y + top * density, width * density, height * density);
        }
    }
}

/// Rectangles of a point four pixels wide, each with its colour: 0 the revision's, 1 quiet, 2 bad.
fn shape((state, left): (PodState, u8)) -> &'static [(usize, [f64; 4])] {
    match state {
        PodState::Ready => &[(0, [0.0, 0.0, 4.0, 4.0])],
        PodState::NotReady => &[(0, [2.0, 0.0, 2.0, 2.0]), (0, [0.0, 2.0, 2.0, 2.0])],
        PodState::Creating => &[(0, [0.0, 2.5, 4.0, 1.5])],
        PodState::Pending => &[(1, [1.5, 1.5, 1.0, 1.0])],
        // The bar in the middle is what is left of it.
        PodState::BackOff => match left {
            0 => &[(2, [0.0, 0.0, 4.0, 1.0]), (2, [0.0, 3.0, 4.0, 1.0])],
            1 => &[(2, [0.0, 0.0, 4.0, 1.0]), (2, [0.0, 3.0, 4.0, 1.0]), (2, [0.0, 1.5, 1.0, 1.0])],
            2 => &[(2, [0.0, 0.0, 4.0, 1.0]), (2, [0.0, 3.0, 4.0, 1.0]), (2, [0.0, 1.5, 2.0, 1.0])],
            3 => &[(2, [0.0, 0.0, 4.0, 1.0]), (2, [0.0, 3.0, 4.0, 1.0]), (2, [0.0, 1.5, 3.0, 1.0])],
            _ => &[(2, [0.0, 0.0, 4.0, 1.0]), (2, [0.0, 3.0, 4.0, 1.0]), (2, [0.0, 1.5, 4.0, 1.0])],
        },
        PodState::Failed => &[(2, [1.5, 0.0, 1.0, 4.0]), (2, [0.0, 1.5, 4.0, 1.0])],
        PodState::Completed => &[(0, [1.0, 1.0, 2.0, 2.0])],
        PodState::Terminating => match left {
            0 => &[(1, [1.5, 1.5, 1.0, 1.0])],
            1 | 2 => &[(1, [1.0, 1.0, 2.0, 2.0])],
            _ => &[(1, [0.5, 0.5, 3.0, 3.0])],
        },
    }
}
