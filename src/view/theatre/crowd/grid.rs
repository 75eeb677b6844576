//! Pods as a grid of small squares. A pod keeps its square while it lives.

use leptos::ev::{KeyboardEvent, MouseEvent};
use leptos::html::Div;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use crate::view::browser;
use crate::view::i18n::Key;
use crate::view::scene::{Cell, CrowdSet};
use crate::view::settings::settings;
use crate::view::simulation::simulation;
use crate::view::theatre::pointed;

/// What a square wears: first the attributes by which a pod is known from outside, as on its box.
const WORN: [&str; 12] = [
    "data-pod",
    "data-status",
    "data-ready",
    "data-restarts",
    "data-image",
    "data-replicaset",
    "title",
    "data-left",
    "role",
    "class",
    "data-node",
    "data-hue",
];
/// Where among them the title is.
const TITLE: usize = 6;
/// Squares that are drawn in one frame at most.
const DRAWN_AT_ONCE: usize = 96;

/// A square, and what it wears: to change an attribute costs far more than to compare it.
struct Square {
    element: Element,
    worn: [Option<String>; WORN.len()],
}

/// The grid of a ReplicaSet's pods: one stop for the Tab key, arrows within.
#[component]
pub fn Grid(owner: String) -> impl IntoView {
    let (settings, simulation) = (settings(), simulation());
    let (scene, list) = (simulation.scene, NodeRef::<Div>::new());
    let squares = StoredValue::new_local(Vec::<Square>::new());
    let owner = StoredValue::new(owner);
    let active = RwSignal::new(None::<usize>);
    let selected = Memo::new(move |_| {
        simulation.selected.get().filter(|selected| selected.kind == "Pod").map(|selected| selected.name)
    });
    Effect::new(move |_| {
        scene.crowd_changes.track();
        let Some(list) = list.get() else { return };
        let selected = selected.get_untracked();
        owner.with_value(|owner| {
            scene.update_crowd(owner, |set| {
                squares.update_value(|squares| draw(&list, squares, set, selected.as_deref()));
            });
        });
    });
    // Which one the side panel tells of, and which one the arrows have come to.
    Effect::new(move |_| {
        let (selected, active) = (selected.get(), active.get());
        squares.with_value(|squares| {
            for (slot, Square { element: square, .. }) in squares.iter().enumerate() {
                mark(square, "aria-selected", selected.is_some() && square.get_attribute("data-pod") == selected);
                mark(square, "data-active", active == Some(slot));
            }
        });
    });
    let pod_at = move |slot: usize| {
        let name = move |set: &CrowdSet| {
            let metadata = &set.slots.get(slot)?.as_ref()?.pod.metadata;
            Some((metadata.namespace.clone(), metadata.name.clone()))
        };
        owner.with_value(|owner| scene.with_crowd(owner, name)).flatten()
    };
    let select = move |slot: usize| {
        if let Some((namespace, name)) = pod_at(slot) {
            simulation.select("Pod", &namespace, &name);
        }
    };
    let on_click = move |event: MouseEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let slot =
            squares.with_value(|squares| squares.iter().position(|square| Some(&square.element) == target.as_ref()));
        if let Some(slot) = slot {
            active.set(Some(slot));
            select(slot);
        }
    };
    let on_key = move |event: KeyboardEvent| {
        let columns = squares.with_value(|squares| columns(squares));
        let count = squares.with_value(Vec::len);
        let at = active.get_untracked().unwrap_or(0);
        let (step, is_on) = match event.key().as_str() {
            "ArrowRight" => (1, true),
            "ArrowLeft" => (1, false),
            "ArrowDown" => (columns, true),
            "ArrowUp" => (columns, false),
            "Home" => (1, true),
            "End" => (1, false),
            "Enter" | " " => {
                event.prevent_default();
                return select(at);
            }
            _ => return,
        };
        event.prevent_default();
        // Free slots are passed over.
        let mut to = match event.key().as_str() {
            "Home" => usize::MAX,
            "End" => count,
            _ => at,
        };
        while let Some(next) =
            if is_on { Some(to.wrapping_add(step)) } else { to.checked_sub(step) }.filter(|to| *to < count)
        {
            to = next;
            if let Some((_, name)) = pod_at(to) {
                active.set(Some(to));
                // What a screen reader says of it.
                let details = pointed::details(simulation, settings, &name);
                squares.update_value(|squares| {
                    if let (Some(square), Some(details)) = (squares.get_mut(to), details) {
                        square.put_on(TITLE, Some(&details));
                    }
                });
                simulation.pointed.set(Some(name));
                break;
            }
        }
    };
    view! {
        <div class="cells" node_ref=list role="listbox" tabindex="0" aria-label=settings.say(Key::Pods)
            aria-activedescendant=move || active.get().map(|slot| id(&owner.get_value(), slot))
            on:click=on_click on:keydown=on_key
            on:focus=move |_| if active.get_untracked().is_none() { active.set(Some(0)) }></div>
    }
}

fn id(owner: &str, slot: usize) -> String {
    format!("pod-{owner}-{slot}")
}

/// Gives every changed slot its look.
fn draw(list: &Element, squares: &mut Vec<Square>, set: &mut CrowdSet, selected: Option<&str>) {
    let Some(document) = browser::document() else { return };
    if squares.is_empty() {
        set.forget_drawn();
    }
    let undrawn = set.take_undrawn(DRAWN_AT_ONCE);
    while squares.len() > set.slots.len() {
        squares.pop().into_iter().for_each(|square| square.element.remove());
    }
    mark(list, "hidden", set.slots.is_empty());
    for slot in undrawn {
        while squares.len() <= slot && slot < set.slots.len() {
            let Ok(element) = document.create_element("span") else { return };
            element.set_id(&id(&set.owner, squares.len()));
            let _ = list.append_child(&element);
            squares.push(Square { element, worn: Default::default() });
        }
        if let (Some(square), Some(cell)) = (squares.get_mut(slot), set.slots.get(slot)) {
            dress(square, cell.as_ref());
            let name = cell.as_ref().map(|cell| cell.pod.metadata.name.as_str());
            mark(&square.element, "aria-selected", selected.is_some() && selected == name);
        }
    }
}

/// Gives a square its attributes; those that it wears already cost nothing.
fn dress(square: &mut Square, cell: Option<&Cell>) {
    let Some(cell) = cell else {
        let mut free = [None; WORN.len()];
        if let Some([role, class]) = free.get_mut(8..10) {
            (*role, *class) = (Some("presentation"), Some("cell cell-free"));
        }
        square.wear(&free);
        return;
    };
    let pod = &cell.pod;
    let image = pod.spec.containers.first().map_or("", |container| container.image.as_str());
    let owner = pod.metadata.controller().map_or("", |owner| owner.name.as_str());
    let title = format!("{}: {}, {}, ↻ {}", pod.metadata.name, cell.status, cell.ready, cell.restarts);
    let class = format!("cell cell-{}", cell.state.code());
    let left = *["0", "1", "2", "3"].get(usize::from(cell.left)).unwrap_or(&"4");
    let (node, hue) =
        (Some(pod.node_name.as_str()).filter(|name| !name.is_empty()), cell.hue.map(|hue| hue.to_string()));
    let doors = [&pod.metadata.name, &cell.status, &cell.ready, &cell.restarts, image, owner, &title];
    let [name, status, ready, restarts, image, owner, title] = doors.map(Some);
    let (left, role, class, hue) = (Some(left), Some("option"), Some(class.as_str()), hue.as_deref());
    square.wear(&[name, status, ready, restarts, image, owner, title, left, role, class, node, hue]);
}

impl Square {
    fn wear(&mut self, values: &[Option<&str>; WORN.len()]) {
        for (at, value) in values.iter().enumerate() {
            self.put_on(at, *value);
        }
    }

    fn put_on(&mut self, at: usize, value: Option<&str>) {
        let (Some(name), Some(worn)) = (WORN.get(at), self.worn.get_mut(at)) else { return };
        if worn.as_deref() != value {
            let _ = match value {
                Some(value) => self.element.set_attribute(name, value),
                None => self.element.remove_attribute(name),
            };
            *worn = value.map(str::to_owned);
        }
    }
}

fn mark(element: &Element, name: &str, is_so: bool) {
    if is_so {
        let _ = element.set_attribute(name, "true");
    } else if element.has_attribute(name) {
        let _ = element.remove_attribute(name);
    }
}

/// How many squares stand beside each other.
fn columns(squares: &[Square]) -> usize {
    let top = |square: &Square| square.element.unchecked_ref::<HtmlElement>().offset_top();
    let first = squares.first().map(top);
    squares.iter().position(|square| Some(top(square)) != first).unwrap_or(1).max(1)
}
