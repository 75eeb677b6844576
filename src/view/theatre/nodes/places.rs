//! Every box in its node's lane: the same element goes from lane to lane, and is seen to go.
//!
//! A box is made where the pods without a node are, and stays the same element while its pod lives. Here it is moved when
//! its pod is bound; the style sheet lets it come from where it was.

use leptos::html::Div;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, NodeList};

use crate::view::browser;
use crate::view::scene::{PodLook, Row, Scene};
use crate::view::theatre::pod_box::element_id;

/// Keeps all boxes inside of `root` in their lanes, as long as it is there.
pub fn keep(scene: Scene, root: NodeRef<Div>) {
    let wanted = Memo::new(move |_| {
        let lanes: Vec<String> = scene.nodes.all().into_iter().map(|row| row.uid).collect();
        let of = |row: &Row<PodLook>| (row.uid.clone(), row.look.with(|look| look.node.clone()));
        (lanes, scene.pods.all().iter().map(of).collect::<Vec<_>>(), scene.detail.get())
    });
    Effect::new(move |_| {
        let pods = wanted.with(|(_, pods, _)| pods.clone());
        let Some(root) = root.get() else { return };
        place(&root, &pods);
        // Once more when all that has changed with it is in the page: a new node's lane.
        browser::soon(move || place(&root, &pods));
    });
}

/// Moves the boxes that are not where they belong.
fn place(root: &Element, pods: &[(String, String)]) {
    let (Some(document), Ok(lanes)) = (browser::document(), root.query_selector_all("[data-lane]")) else { return };
    let lanes: Vec<(String, Element)> =
        elements(&lanes).map(|lane| (lane.get_attribute("data-lane").unwrap_or_default(), lane)).collect();
    let mut moved = Vec::new();
    for (uid, node) in pods {
        let Some(pod) = document.get_element_by_id(&element_id(uid)) else { continue };
        let Some((_, lane)) = lanes.iter().find(|(name, _)| name == node) else { continue };
        if pod.parent_element().as_ref() != Some(lane) {
            moved.push((Still::of(&pod), pod, lane));
        }
    }
    for (_, pod, lane) in &moved {
        let focused = document.active_element().filter(|element| pod.contains(Some(element)));
        let _ = lane.append_child(pod);
        // Who leaves a lane loses the focus, who comes into one gets it back.
        if let Some(focused) = focused.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
            let _ = focused.focus();
        }
    }
    for (still, pod, _) in &moved {
        still.come_from(pod);
    }
}

/// Where a box was.
struct Still {
    x: f64,
    y: f64,
    is_seen: bool,
}

impl Still {
    fn of(pod: &Element) -> Self {
        let place = pod.get_bounding_client_rect();
        Self { x: place.x(), y: place.y(), is_seen: place.width() > 0.0 }
    }

    /// Lets the box come from here to where it is now.
    fn come_from(&self, pod: &Element) {
        let (Some(pod), place) = (pod.dyn_ref::<HtmlElement>(), pod.get_bounding_client_rect()) else { return };
        if !self.is_seen || place.width() <= 0.0 {
            return;
        }
        for (name, length) in [("--dx", self.x - place.x()), ("--dy", self.y - place.y())] {
            let _ = pod.style().set_property(name, &format!("{length:.0}px"));
        }
        let _ = pod.set_attribute("data-moved", "");
    }
}

/// Does what rebuilds the stage, and lets every box come from where it was before to where it is then.
pub fn from_here(act: impl FnOnce()) {
    let Some(document) = browser::document() else { return act() };
    let Ok(pods) = document.query_selector_all(".stage .pod") else { return act() };
    let before: Vec<(String, Still)> = elements(&pods).map(|pod| (pod.id(), Still::of(&pod))).collect();
    act();
    browser::soon(move || {
        browser::soon(move || {
            for (id, still) in before {
                if let Some(pod) = document.get_element_by_id(&id) {
                    still.come_from(&pod);
                }
            }
        });
    });
}

fn elements(list: &NodeList) -> impl Iterator<Item = Element> + '_ {
    (0..list.length()).filter_map(|at| list.get(at)?.dyn_into().ok())
}
