//! `window.lab`: the page's door for embedders and tests.

use std::cell::RefCell;
use std::rc::Rc;

use hellok8s_lab::api::Kind;
use hellok8s_lab::lab::pace::Speed;
use js_sys::{Array, Function, JSON, Object, Promise, Reflect};
use leptos::prelude::*;
use serde_json::{Map, Value, json};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;

use crate::view::browser;
use crate::view::manifest::document::Document;
use crate::view::simulation::Simulation;

/// The listeners of each event.
type Listeners = Rc<RefCell<Vec<(String, Function)>>>;

/// Puts `lab` into the window. Its functions live as long as the page.
pub fn open(simulation: Simulation, document: Document) {
    let lab = Object::new();
    commands(&lab, simulation, document);
    time(&lab, simulation);
    let listeners = Listeners::default();
    let heard = Rc::clone(&listeners);
    put(&lab, "on", move |event, listener| {
        if let (Some(event), Ok(listener)) = (event.as_string(), listener.dyn_into::<Function>()) {
            // A caller always comes after the page is ready: it is answered at once, but never before `on` has returned.
            if event == "ready" {
                let listener = listener.clone();
                browser::soon(move || call(&listener, &json!({"version": env!("CARGO_PKG_VERSION")})));
            }
            heard.borrow_mut().push((event, listener));
        }
        JsValue::UNDEFINED
    });
    let goal_listeners = Rc::clone(&listeners);
    on_goal(simulation, move |goal| tell(&goal_listeners, "goal", || goal));
    Effect::new(move |_| {
        simulation.changes.track();
        tell(&listeners, "change", || state(simulation));
    });
    if let Some(window) = browser::window() {
        let _ = Reflect::set(&window, &"lab".into(), &lab);
    }
}

fn commands(lab: &Object, simulation: Simulation, document: Document) {
    put(lab, "exec", move |line, _| promise(move |then| simulation.exec(line.as_string().unwrap_or_default(), then)));
    put(lab, "apply", move |_, _| promise(move |then| document.apply(then)));
    put(lab, "write", move |name, text| {
        if let (Some(name), Some(text)) = (name.as_string(), text.as_string()) {
            document.write(&name, &text);
        }
        JsValue::UNDEFINED
    });
    put(lab, "read", move |name, _| {
        let name = name.as_string().unwrap_or_default();
        simulation.with(|lab| lab.read(&name).map_or(JsValue::UNDEFINED, JsValue::from_str))
    });
    put(lab, "state", move |_, _| {
        // Plain data has JSON, and JSON has a value.
        JSON::parse(&state(simulation).to_string()).unwrap_or(JsValue::UNDEFINED)
    });
}

fn time(lab: &Object, simulation: Simulation) {
    put(lab, "play", move |_, _| {
        simulation.playing.set(true);
        JsValue::UNDEFINED
    });
    put(lab, "pause", move |_, _| {
        simulation.playing.set(false);
        JsValue::UNDEFINED
    });
    put(lab, "step", move |_, _| {
        simulation.step();
        now(simulation)
    });
    put(lab, "speed", move |speed, _| {
        let text = speed.as_string().or_else(|| speed.as_f64().map(|speed| speed.to_string()));
        if let Some(pace) = text.and_then(|text| Speed::parse(&text)) {
            simulation.pace.set(pace);
        }
        JsValue::UNDEFINED
    });
    put(lab, "advance", move |ms, _| {
        simulation.advance(ms.as_f64().unwrap_or(0.0) as u64);
        now(simulation)
    });
    put(lab, "seek", move |ms, _| {
        simulation.seek(ms.as_f64().unwrap_or(0.0) as u64);
        now(simulation)
    });
    put(lab, "now", move |_, _| now(simulation));
}

fn now(simulation: Simulation) -> JsValue {
    JsValue::from_f64(simulation.with(|lab| lab.now().as_ms()) as f64)
}

/// The objects by their kinds' names in the API, and the present.
fn state(simulation: Simulation) -> Value {
    simulation.with(|lab| {
        let store = lab.cluster().api.store();
        let mut state = Map::new();
        state.insert("now".to_owned(), json!(lab.now().as_ms()));
        for kind in [Kind::Deployment, Kind::ReplicaSet, Kind::Pod, Kind::Service, Kind::Event] {
            let objects = store.list(kind, None).map(hellok8s_lab::api::Object::to_value).collect();
            state.insert(kind.plural().to_owned(), Value::Array(objects));
        }
        Value::Object(state)
    })
}

fn put(lab: &Object, name: &str, act: impl Fn(JsValue, JsValue) -> JsValue + 'static) {
    let function = Closure::<dyn Fn(JsValue, JsValue) -> JsValue>::new(act).into_js_value();
    let _ = Reflect::set(lab, &name.into(), &function);
}

fn promise(begin: impl FnOnce(Box<dyn FnOnce(String)>) + 'static) -> JsValue {
    let mut begin = Some(begin);
    Promise::new(&mut |resolve, _reject| {
        if let Some(begin) = begin.take() {
            begin(Box::new(move |output| {
                let _ = resolve.call1(&JsValue::UNDEFINED, &output.into());
            }));
        }
    })
    .into()
}

fn tell(listeners: &Listeners, event: &str, detail: impl FnOnce() -> Value) {
    let called: Vec<Function> =
        listeners.borrow().iter().filter(|(name, _)| name == event).map(|(_, listener)| listener.clone()).collect();
    if !called.is_empty() {
        let detail = detail();
        called.iter().for_each(|listener| call(listener, &detail));
    }
}

/// A listener that throws is its author's matter.
fn call(listener: &Function, detail: &Value) {
    let detail = JSON::parse(&detail.to_string()).unwrap_or(JsValue::UNDEFINED);
    let _ = listener.apply(&JsValue::UNDEFINED, &Array::of1(&detail));
}

/// Calls `then` for every step of a lesson that is done from now on, with the lesson, the step's number counted from
/// one, how many steps there are, and whether the lesson is done with it.
pub fn on_goal(simulation: Simulation, then: impl Fn(Value) + 'static) {
    Effect::new(move |before: Option<Option<(String, usize)>>| {
        simulation.lesson_changes.track();
        simulation.with_progress(|progress| {
            let progress = progress?;
            let (lesson, done) = (&progress.lesson().id, progress.step_number());
            if let Some((_, known)) = before.flatten().filter(|(known, _)| known == lesson) {
                let steps = progress.lesson().steps.len();
                for step in known + 1..=done {
                    then(json!({"lesson": lesson, "step": step, "steps": steps, "done": step == steps}));
                }
            }
            Some((lesson.clone(), done))
        })
    });
}

/// What can be said of the cluster in a few numbers.
pub fn summary(simulation: Simulation) -> Value {
    simulation.with(|lab| {
        let store = lab.cluster().api.store();
        let count = |kind| store.list(kind, None).count();
        let ready = store.pods(None).filter(|pod| pod.is_ready()).count();
        json!({"now_ms": lab.now().as_ms(), "deployments": count(Kind::Deployment), "pods": count(Kind::Pod), "ready": ready})
    })
}
