//! The page inside another one: what it tells its host, and what the host may ask of it.
//!
//! docs/embedding.md holds the protocol. A message is believed when it comes from the window around this one and from
//! the origin that the address names (`?host=`) or, without it, from the one that the browser says referred here. What
//! the page tells is sent to that origin alone.

use hellok8s_lab::lab::pace::Speed;
use hellok8s_lab::lang::Lang;
use hellok8s_lab::session::LONGEST_LINK;
use js_sys::{JSON, Reflect};
use leptos::ev;
use leptos::prelude::*;
use serde_json::{Value, json};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{MessageEvent, ResizeObserver, Url, Window};

use crate::view::browser;
use crate::view::host::bridge;
use crate::view::manifest::document::Document;
use crate::view::settings::{self, Settings, Theme};
use crate::view::share::link;
use crate::view::simulation::Simulation;
use crate::view::visit::{Visit, visit};

/// The longest text that a message may bring, in bytes: a manifest is far shorter.
const LONGEST_TEXT: usize = 1 << 20;

/// The page around this one.
#[derive(Clone)]
struct Host {
    window: Window,
    origin: String,
}

/// Begins to talk with the page around this one, if there is one and `?embed=1` says that it wants that.
pub fn open(simulation: Simulation, document: Document, settings: Settings) {
    let Some(host) = Host::find().filter(|_| settings::is_embedded()) else { return };
    tell_changes(&host, simulation);
    let (asker, visit) = (host.clone(), visit());
    let listener = window_event_listener(ev::message, move |event| {
        if let Some(message) = asker.read(&event) {
            match message.text("type").as_deref() {
                Some("link") => tell_link(&visit, answer(&message, &asker)),
                _ => obey(&message, &asker, simulation, document, settings),
            }
        }
    });
    // As long as the page lives.
    std::mem::forget(listener);
    // Once the page is drawn: then it has a height.
    browser::soon(move || {
        tell_height(&host);
        host.tell("ready", json!({"version": env!("CARGO_PKG_VERSION")}));
    });
}

impl Host {
    fn find() -> Option<Self> {
        let window = browser::window()?;
        let parent = window.parent().ok()??;
        if parent == window {
            return None;
        }
        let named = browser::parameter("host").or_else(|| Some(window.document()?.referrer()))?;
        let origin = Url::new(&named).ok()?.origin();
        // Such as that of a file: it is nobody's.
        (origin != "null").then_some(Self { window: parent, origin })
    }

    /// What a message asks, when it is the host's.
    fn read(&self, event: &MessageEvent) -> Option<Message> {
        let source = Reflect::get(event, &"source".into()).ok()?;
        let (message, parent): (_, &JsValue) = (Message(event.data()), self.window.as_ref());
        let is_ours = source == *parent && event.origin() == self.origin;
        (is_ours && message.text("source").as_deref() == Some("hellok8s-lab-host")).then_some(message)
    }

    fn tell(&self, kind: &str, detail: Value) {
        let mut message = json!({"source": "hellok8s-lab", "type": kind});
        if let (Value::Object(message), Value::Object(detail)) = (&mut message, detail) {
            message.extend(detail);
        }
        // Plain data has JSON, and JSON has a value. A host that is gone hears nothing.
        if let Ok(message) = JSON::parse(&message.to_string()) {
            let _ = self.window.post_message(&message, &self.origin);
        }
    }
}

/// A message's data: anything at all.
struct Message(JsValue);

impl Message {
    fn text(&self, name: &str) -> Option<String> {
        let text = Reflect::get(&self.0, &name.into()).ok()?.as_string()?;
        (text.len() <= LONGEST_TEXT).then_some(text)
    }

    fn number(&self, name: &str) -> Option<f64> {
        Reflect::get(&self.0, &name.into()).ok()?.as_f64()
    }
}

fn obey(message: &Message, host: &Host, simulation: Simulation, document: Document, settings: Settings) {
    let file = message.text("file");
    match message.text("type").unwrap_or_default().as_str() {
        "theme" => message
            .text("theme")
            .and_then(|text| Theme::parse(&text))
            .iter()
            .for_each(|theme| settings.follow_theme(*theme)),
        "lang" => {
            message.text("lang").and_then(|text| Lang::parse(&text)).iter().for_each(|lang| settings.follow_lang(*lang))
        }
        "write" => {
            if let Some(text) = message.text("text") {
                let file = file.unwrap_or_else(|| document.name.get_untracked());
                document.write(&file, &text);
                let _shown = document.show(&file);
            }
        }
        "apply" => {
            let unknown = file.as_ref().filter(|file| !document.show(file));
            match unknown {
                // As kubectl answers to a file that is not there.
                Some(file) => answer(message, host)(format!("error: the path {file:?} does not exist\n")),
                None => document.apply(answer(message, host)),
            }
        }
        "exec" => simulation.exec(message.text("line").unwrap_or_default(), answer(message, host)),
        "type" => {
            // What is typed is to be seen at work.
            simulation.playing.set(true);
            let text = message.text("text").unwrap_or_default();
            simulation.type_all(&text, answer(message, host));
        }
        "settle" => {
            simulation.until_stable();
            answer(message, host)(String::new());
        }
        "play" => simulation.playing.set(true),
        "pause" => simulation.playing.set(false),
        "step" => simulation.step(),
        "speed" => {
            let text = message.text("speed").or_else(|| message.number("speed").map(|speed| speed.to_string()));
            text.and_then(|text| Speed::parse(&text)).iter().for_each(|pace| simulation.pace.set(*pace));
        }
        "seek" => message.number("ms").iter().for_each(|ms| simulation.seek(*ms as u64)),
        _ => {}
    }
}

/// Gives the link to what is there now, as the visitor would share it; an empty text where there is none.
fn tell_link(visit: &Visit, then: impl FnOnce(String) + 'static) {
    let text = visit.session().to_text();
    spawn_local(async move {
        let link = link::make(&text).await.filter(|link| link.len() <= LONGEST_LINK);
        then(link.unwrap_or_default());
    });
}

/// Sends a command's output back under the message's `id`, if it has one.
fn answer(message: &Message, host: &Host) -> impl FnOnce(String) + 'static {
    let (id, host) = (message.text("id"), host.clone());
    move |output| {
        if let Some(id) = id {
            host.tell("result", json!({"id": id, "output": output}));
        }
    }
}

fn tell_changes(host: &Host, simulation: Simulation) {
    let listener = host.clone();
    bridge::on_goal(simulation, move |goal| listener.tell("goal", goal));
    let listener = host.clone();
    Effect::new(move |before: Option<()>| {
        simulation.changes.track();
        if before.is_some() {
            listener.tell("change", bridge::summary(simulation));
        }
    });
}

/// Tells how high the page wants to be, now and whenever that changes.
fn tell_height(host: &Host) {
    let app = browser::document().and_then(|document| document.query_selector(".app").ok()?);
    let Some(app) = app else { return };
    let (measured, host) = (app.clone(), host.clone());
    let tell = move || host.tell("resize", json!({"height": measured.get_bounding_client_rect().height().ceil()}));
    let callback = Closure::<dyn Fn()>::new(tell).into_js_value();
    if let Ok(observer) = ResizeObserver::new(callback.unchecked_ref()) {
        // Calls once at the beginning.
        observer.observe(&app);
    }
}
