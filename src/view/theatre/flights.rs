//! Requests from a Service to the pods: dots that fly to a pod's box, and fall where a request is lost.
//!
//! The browser moves them; here they are only sent off, and only some of many.

use hellok8s_lab::network::Fate;
use leptos::html::Div;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Document, Element, HtmlElement};

use crate::view::browser;
use crate::view::scene::Detail;
use crate::view::simulation::simulation;

/// Dots that are sent off with a frame, and that fly at once.
const MOST_NEW: usize = 3;
const MOST: u32 = 24;

/// A request that has just ended.
struct Flight {
    service: String,
    pod: Option<String>,
    is_lost: bool,
}

/// The layer above the stage in which they fly.
#[component]
pub fn Flights() -> impl IntoView {
    let (simulation, layer) = (simulation(), NodeRef::<Div>::new());
    let mut seen = 0;
    browser::on_every_frame(move |_| {
        let Some(Some(layer)) = layer.try_get_untracked() else { return };
        let flights = simulation.with(|lab| {
            let recent = || lab.cluster().traffic().recent().rev();
            let newest = recent().next().map_or(0, |sample| sample.number);
            let known = std::mem::replace(&mut seen, newest);
            let new = recent().take_while(|sample| sample.number > known).take(MOST_NEW);
            let flight = |sample: &hellok8s_lab::network::Sample| Flight {
                service: sample.service.to_string(),
                pod: sample.pod.as_ref().map(ToString::to_string),
                is_lost: !matches!(sample.fate, Fate::Answered(status) if status < 500),
            };
            new.map(flight).collect::<Vec<_>>()
        });
        if flights.is_empty() || simulation.scene.detail.get_untracked() != Detail::Boxes {
            return;
        }
        if let Some(document) = browser::document() {
            for flight in flights.iter().take(MOST.saturating_sub(layer.child_element_count()) as usize) {
                let _ = send_off(&document, &layer, flight);
            }
        }
    });
    let end = move |event: leptos::ev::AnimationEvent| {
        if let Some(dot) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) {
            dot.remove();
        }
    };
    view! { <div class="flights" node_ref=layer aria-hidden="true" on:animationend=end></div> }
}

fn send_off(document: &Document, layer: &Element, flight: &Flight) -> Option<()> {
    // Names are DNS names: the API server has seen to it.
    let find = |selector: String| document.query_selector(&selector).ok().flatten();
    let service = find(format!("[data-service=\"{}\"] .lane-service", flight.service))?;
    let pod = flight.pod.as_ref().and_then(|pod| find(format!("[data-pod=\"{pod}\"]")));
    let origin = layer.get_bounding_client_rect();
    let within = |element: &Element, part: f64| {
        let place = element.get_bounding_client_rect();
        (place.x() - origin.x() + place.width() / 2.0, place.y() - origin.y() + place.height() * part)
    };
    // From below the service's name, which stays readable.
    let from = within(&service, 1.15);
    let to = pod.as_ref().map_or(from, |pod| within(pod, 0.5));
    let dot: HtmlElement = document.create_element("span").ok()?.dyn_into().ok()?;
    dot.set_class_name(if flight.is_lost { "flight flight-lost" } else { "flight" });
    for (name, length) in [("--x0", from.0), ("--y0", from.1), ("--x1", to.0), ("--y1", to.1)] {
        let _ = dot.style().set_property(name, &format!("{length:.0}px"));
    }
    layer.append_child(&dot).ok()?;
    Some(())
}
