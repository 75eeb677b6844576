//! How large the pods' boxes are, or the squares of a grid: as large as all of them have room without scrolling.
//!
//! The style sheet knows a few sizes, and here the largest one is chosen with which the stage does not scroll. While a
//! rollout goes on they only become smaller, so that they do not breathe in and out as pods come and go.

use leptos::html::Div;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, HtmlElement, ResizeObserver};

use crate::view::browser;
use crate::view::scene::{Detail, NodeLook, Place, PodLook, PodState, Row, Scene, SetLook};

/// The sizes, from large to small: `data-size` in style/stage.css.
const SIZES: [&str; 7] = ["0", "1", "2", "3", "4", "5", "6"];

/// The sizes of squares: `data-cell` in style/stage.css.
const SQUARES: [&str; 6] = ["0", "1", "2", "3", "4", "5"];

/// So many pods fewer, and their squares may become larger.
const FEWER_PODS: usize = 64;

/// Keeps the sizes right, as long as the page lives.
pub fn keep(scene: Scene, stage: NodeRef<Div>) {
    let resized = RwSignal::new(0_u32);
    keep_boxes(scene, stage, resized);
    keep_squares(scene, stage, resized);
    Effect::new(move |_| {
        if let (Some(stage), Some(observer)) = (
            stage.get(),
            observer(move || {
                let _ = resized.try_update(|count| *count += 1);
            }),
        ) {
            observer.observe(&stage);
        }
    });
}

/// Calls when what it observes has another size. Not at once: boxes of another size may give the stage another one, and
/// what the observer's own call changes Firefox reports as an error.
fn observer(changed: impl Fn() + Copy + 'static) -> Option<ResizeObserver> {
    let callback = Closure::<dyn Fn()>::new(move || browser::soon(changed)).into_js_value();
    ResizeObserver::new(callback.unchecked_ref()).ok()
}

/// The grid's squares. That they need more room than there is, their lanes' own size tells: nothing is measured while
/// it stays.
fn keep_squares(scene: Scene, stage: NodeRef<Div>, resized: RwSignal<u32>) {
    let size = StoredValue::new(0_usize);
    let fit = move || {
        if let (Some(stage), Some(from)) = (stage.try_get_untracked().flatten(), size.try_get_value()) {
            let fits = SQUARES.iter().enumerate().skip(from).find(|(_, name)| {
                let _ = stage.set_attribute("data-cell", name);
                !scrolls(&stage)
            });
            size.set_value(fits.map_or(SQUARES.len() - 1, |(at, _)| at));
        }
    };
    let lanes = Memo::new(move |_| {
        let lane = |row: &Row<SetLook>| row.look.with(|set| (set.uid.clone(), set.place));
        (scene.detail.get() == Detail::Grid).then(|| scene.sets.all().iter().map(lane).collect::<Vec<_>>())
    });
    let pods = Memo::new(move |_| scene.crowd_size() / FEWER_PODS);
    Effect::new(move |before: Option<usize>| {
        let (has_lanes, pods) = (lanes.with(Option::is_some), pods.get());
        if before.is_some_and(|before| before > pods) && has_lanes {
            size.set_value(0);
            browser::soon(fit);
        }
        pods
    });
    let observer = StoredValue::new_local(observer(fit));
    Effect::new(move |_| {
        resized.track();
        observer.with_value(|observer| observer.iter().for_each(ResizeObserver::disconnect));
        if lanes.with(Option::is_none) {
            return;
        }
        size.set_value(0);
        // Once the lanes are in the page.
        browser::soon(move || {
            let Some(stage) = stage.try_get_untracked().flatten() else { return };
            if let (Ok(grids), Some(Some(observer))) =
                (stage.query_selector_all(".set, .loose, .node-lane"), observer.try_get_value())
            {
                let grids = (0..grids.length()).filter_map(|at| grids.get(at)?.dyn_into::<Element>().ok());
                grids.for_each(|grid| observer.observe(&grid));
            }
            fit();
        });
    });
}

fn keep_boxes(scene: Scene, stage: NodeRef<Div>, resized: RwSignal<u32>) {
    let size = StoredValue::new(0_usize);
    // Neither countdowns nor what fills a box need another size: nothing is measured for them.
    let room = Memo::new(move |_| Room::needed(scene));
    Effect::new(move |before: Option<(u32, Vec<String>, Option<Vec<String>>)>| {
        let (is_at_rest, lanes, nodes) = room.with(|room| (room.is_at_rest(), room.lanes.clone(), room.nodes.clone()));
        let now = (resized.get(), lanes, nodes);
        let Some(stage) = stage.get() else { return now };
        if scene.detail.get() != Detail::Boxes {
            return now;
        }
        // In the middle of a rollout boxes only become smaller, so that they do not breathe; another rollout begins anew.
        let may_grow = is_at_rest || before.is_none_or(|before| before != now);
        let from = if may_grow { 0 } else { size.get_value() };
        if now.2.is_some() {
            // By node: once the boxes are in their lanes.
            let fit = move || {
                let _ = size.try_update_value(|size| *size = largest_that_fits(&stage, from));
            };
            browser::soon(move || browser::soon(fit));
            return now;
        }
        size.set_value(largest_that_fits(&stage, from));
        // Once more when all that has changed with it is in the page.
        browser::soon(move || {
            if let Some(from) = size.try_get_value() {
                size.set_value(largest_that_fits(&stage, from));
            }
        });
        now
    });
}

/// What decides how much room the boxes need.
#[derive(PartialEq)]
struct Room {
    /// Uids of the ReplicaSets of Deployments of which two generations are seen.
    lanes: Vec<String>,
    services: usize,
    /// Whether pods stand by node, and the nodes then.
    nodes: Option<Vec<String>>,
    /// Lines of quotas and their like.
    bounds: usize,
    /// Of each pod: its state, its status, and what stands below it.
    pods: Vec<(PodState, String, bool, bool, String)>,
}

impl Room {
    /// Follows every pod: a status may come of which the word is longer than any before it.
    fn needed(scene: Scene) -> Self {
        let of_two = |set: &SetLook| matches!(set.place, Place::Old | Place::New).then(|| set.uid.clone());
        let lanes: Vec<String> = scene.sets.all().iter().filter_map(|row| row.look.with(of_two)).collect();
        let (services, bounds) = (scene.services.all().len(), scene.bounds.all().len());
        let name = |row: Row<NodeLook>| row.uid;
        let nodes = scene.is_by_node.get().then(|| scene.nodes.all().into_iter().map(name).collect());
        // The grid and the map of many pods have no boxes.
        if scene.detail.get() != Detail::Boxes {
            return Self { lanes, services, nodes, bounds, pods: Vec::new() };
        }
        let needs = |pod: &PodLook| {
            let has_foot = pod.restarts != "0" || !pod.probes.is_empty();
            (pod.state, pod.status.clone(), pod.countdown_s.is_some(), has_foot, pod.node.clone())
        };
        Self { lanes, services, nodes, bounds, pods: scene.pods.all().iter().map(|row| row.look.with(needs)).collect() }
    }

    /// Whether no rollout is seen: one generation a Deployment, and nobody who leaves.
    fn is_at_rest(&self) -> bool {
        self.lanes.is_empty() && self.pods.iter().all(|(state, ..)| *state != PodState::Terminating)
    }
}

fn largest_that_fits(stage: &HtmlElement, from: usize) -> usize {
    for (size, name) in SIZES.iter().enumerate().skip(from) {
        let _ = stage.set_attribute("data-size", name);
        if !scrolls(stage) && !cuts_a_word(stage) {
            return size;
        }
    }
    SIZES.len() - 1
}

fn scrolls(stage: &HtmlElement) -> bool {
    stage.scroll_height() > stage.client_height() + 1
}

/// Whether a box is too narrow for a word of its status.
fn cuts_a_word(stage: &HtmlElement) -> bool {
    let Ok(words) = stage.query_selector_all(".pod-status") else { return false };
    (0..words.length())
        .filter_map(|at| words.get(at)?.dyn_into::<HtmlElement>().ok())
        .any(|word| word.scroll_width() > word.client_width() + 1)
}
