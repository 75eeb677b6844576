//! What the page asks of the browser: its address, its storage, its document.

use std::cell::{Cell, RefCell};

use gloo_timers::future::TimeoutFuture;
use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Document, Event, HtmlElement, Performance, Storage, Url, UrlSearchParams, Window};

/// The window; the page has one, a worker would not.
pub fn window() -> Option<Window> {
    web_sys::window()
}

/// The document.
pub fn document() -> Option<Document> {
    window()?.document()
}

/// A parameter of the page's address.
pub fn parameter(name: &str) -> Option<String> {
    let query = window()?.location().search().ok()?;
    UrlSearchParams::new_with_str(&query).ok()?.get(name)
}

/// Whether all of the wasm is here, as it is a moment after a first visit has begun (`.ci/later.js`). What is called before
/// that holds the page until it has come.
pub fn is_whole() -> bool {
    let root = document().and_then(|document| document.document_element());
    root.is_none_or(|root| !root.has_attribute("data-later"))
}

/// Calls `act` once all of the wasm is here, which may be at once.
pub fn when_whole(act: Box<dyn FnOnce()>) {
    if is_whole() {
        act();
    } else {
        soon(move || when_whole(act));
    }
}

/// Whether the visitor wants nothing to move by itself.
pub fn prefers_stillness() -> bool {
    let query = window().and_then(|window| window.match_media("(prefers-reduced-motion: reduce)").ok().flatten());
    query.is_some_and(|query| query.matches())
}

/// The browser's preferred languages, best first.
pub fn languages() -> Vec<String> {
    let Some(window) = window() else { return Vec::new() };
    window.navigator().languages().iter().filter_map(|language| language.as_string()).collect()
}

/// What is kept under `name`. Storage that the browser refuses is storage that is empty.
pub fn recall(name: &str) -> Option<String> {
    storage()?.get_item(&format!("{STORAGE_PREFIX}{name}")).ok()?
}

/// Keeps `value` under `name`; answers whether the browser has. A full or forbidden storage loses the reload, not the
/// session.
pub fn keep(name: &str, value: &str) -> bool {
    storage().is_some_and(|storage| storage.set_item(&format!("{STORAGE_PREFIX}{name}"), value).is_ok())
}

/// What is kept under `name` for this tab only, until it is closed.
pub fn recall_in_tab(name: &str) -> Option<String> {
    tab_storage()?.get_item(&format!("{STORAGE_PREFIX}{name}")).ok()?
}

/// Keeps `value` under `name` for this tab only; answers whether the browser has.
pub fn keep_in_tab(name: &str, value: &str) -> bool {
    tab_storage().is_some_and(|storage| storage.set_item(&format!("{STORAGE_PREFIX}{name}"), value).is_ok())
}

/// Forgets what is kept under `name` for this tab.
pub fn forget_in_tab(name: &str) {
    if let Some(storage) = tab_storage() {
        let _ = storage.remove_item(&format!("{STORAGE_PREFIX}{name}"));
    }
}

/// The name under which this page has kept something, of the browser's name for it.
pub fn kept_name(key: &str) -> Option<&str> {
    key.strip_prefix(STORAGE_PREFIX)
}

/// The names that begin with `prefix`, without it, and what is kept under them.
pub fn recall_all(prefix: &str) -> Vec<(String, String)> {
    let Some(storage) = storage() else { return Vec::new() };
    let prefix = format!("{STORAGE_PREFIX}{prefix}");
    (0..storage.length().unwrap_or(0))
        .filter_map(|at| storage.key(at).ok()?)
        .filter_map(|key| {
            let value = storage.get_item(&key).ok()??;
            Some((key.strip_prefix(&prefix)?.to_owned(), value))
        })
        .collect()
}

const STORAGE_PREFIX: &str = "hellok8s-lab:";

fn storage() -> Option<Storage> {
    window()?.local_storage().ok()?
}

fn tab_storage() -> Option<Storage> {
    window()?.session_storage().ok()?
}

/// How much of the page is seen, in pixels: without the keyboard of a touch screen.
pub fn visible_size() -> Option<(f64, f64)> {
    let window = window()?;
    let inner = |value: Result<JsValue, JsValue>| value.ok()?.as_f64();
    let whole = (inner(window.inner_width())?, inner(window.inner_height())?);
    let seen = get(&window, "visualViewport").and_then(|seen| {
        let size = |name| get(&seen, name)?.as_f64();
        Some((size("width")? + size("offsetLeft")?, size("height")? + size("offsetTop")?))
    });
    Some(seen.unwrap_or(whole))
}

/// Forgets what is kept under `name`.
pub fn forget(name: &str) {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(&format!("{STORAGE_PREFIX}{name}"));
    }
}

/// A property of a value of the browser's, unless it is undefined or null.
pub fn get(object: &JsValue, name: &str) -> Option<JsValue> {
    let value = Reflect::get(object, &name.into()).ok()?;
    (!value.is_undefined() && !value.is_null()).then_some(value)
}

/// Waits, at least until the browser has done what else there is to do.
pub async fn pause(ms: i32) {
    let promise = Promise::new(&mut |resolve, _| {
        if let Some(window) = window() {
            let _ = window.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, ms);
        }
    });
    let _ = JsFuture::from(promise).await;
}

/// The whole address of a file that is named relative to the page, if it is of the page's own origin.
pub fn beside(name: &str) -> Option<String> {
    let location = window()?.location();
    let address = Url::new_with_base(name, &location.href().ok()?).ok()?;
    (address.origin() == location.origin().ok()?).then(|| address.href())
}

/// The text of a file of the page's own origin.
pub async fn fetch_text(address: &str) -> Option<String> {
    let response = JsFuture::from(window()?.fetch_with_str(address)).await.ok()?;
    if !get(&response, "ok")?.is_truthy() {
        return None;
    }
    let read: Function = get(&response, "text")?.dyn_into().ok()?;
    let text = JsFuture::from(Promise::from(read.call0(&response).ok()?)).await.ok()?.as_string()?;
    (text.len() <= LONGEST_FETCHED).then_some(text)
}

/// The longest file that is fetched, in bytes.
const LONGEST_FETCHED: usize = 256 * 1024;

/// Offers a text to the visitor as a file of the type `mime`.
pub fn save(name: &str, mime: &str, text: &str) {
    download(name, &data_url(mime, text));
}

/// A text as an address.
pub fn data_url(mime: &str, text: &str) -> String {
    format!("data:{mime};charset=utf-8,{}", String::from(js_sys::encode_uri_component(text)))
}

/// Offers what is at an address to the visitor as a file.
pub fn download(name: &str, address: &str) {
    let Some(link) = document().and_then(|document| document.create_element("a").ok()) else { return };
    let _ = link.set_attribute("href", address);
    let _ = link.set_attribute("download", name);
    if let Ok(link) = link.dyn_into::<HtmlElement>() {
        link.click();
    }
}

/// Sets an attribute of the `html` element, from which the style sheets read the theme.
pub fn mark_root(name: &str, value: Option<&str>) {
    let Some(root) = document().and_then(|document| document.document_element()) else { return };
    let _ = match value {
        Some(value) => root.set_attribute(name, value),
        None => root.remove_attribute(name),
    };
}

/// Sets a property that the style sheets read.
pub fn set_on_root(name: &str, value: &str) {
    let root = document().and_then(|document| document.document_element());
    if let Some(root) = root.and_then(|root| root.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = root.style().set_property(name, value);
    }
}

/// The colour of the text of the element that `selector` finds, as three numbers.
pub fn colour_of(selector: &str) -> Option<(u8, u8, u8)> {
    let element = document()?.query_selector(selector).ok()??;
    let colour = window()?.get_computed_style(&element).ok()??.get_property_value("color").ok()?;
    let mut parts = colour.trim_start_matches(|c: char| !c.is_ascii_digit()).split(|c: char| !c.is_ascii_digit());
    let mut next = || parts.by_ref().find(|part| !part.is_empty())?.parse().ok();
    Some((next()?, next()?, next()?))
}

/// A value of style/tokens.css.
pub fn token(name: &str) -> Option<String> {
    let root = document()?.document_element()?;
    Some(window()?.get_computed_style(&root).ok()??.get_property_value(name).ok()?.trim().to_owned())
}

/// The number that a text begins with ("12.5px"), as the browser reads it. The standard library's own reader of fractions
/// has tables of ten kilobytes, which a first visit would have to fetch.
pub fn number(text: &str) -> Option<f64> {
    Some(js_sys::parse_float(text)).filter(|number| number.is_finite())
}

/// A property of an element's style, as it is with all sheets.
pub fn value_of(element: &web_sys::Element, name: &str) -> String {
    let style = window().and_then(|window| window.get_computed_style(element).ok()?);
    style.and_then(|style| style.get_property_value(name).ok()).unwrap_or_default().trim().to_owned()
}

/// The browser's clock in microseconds, for what must not take long.
#[expect(clippy::disallowed_methods, reason = "the page keeps itself at hand; the simulation never sees this clock")]
pub fn now_us() -> u64 {
    // Asked many times a frame.
    CLOCK.with(|clock| clock.as_ref().map_or(0, |performance| (performance.now() * 1000.0) as u64))
}

/// What is called before every repaint, and when the present one began.
#[derive(Default)]
struct Frames {
    callbacks: RefCell<Vec<FrameCallback>>,
    began_us: Cell<u64>,
    is_full: Cell<bool>,
    requested: RefCell<Option<FrameClosure>>,
}

type FrameCallback = Box<dyn FnMut(u64)>;
type FrameClosure = Closure<dyn FnMut(f64)>;

thread_local! {
    static CLOCK: Option<Performance> = window().and_then(|window| window.performance());
    static FRAMES: Frames = Frames::default();
}

/// Calls `frame` before every repaint with the browser's time in microseconds, as long as the page lives. What was
/// handed in first is called first.
pub fn on_every_frame(frame: impl FnMut(u64) + 'static) {
    FRAMES.with(|frames| {
        frames.callbacks.borrow_mut().push(Box::new(frame));
        if frames.requested.borrow().is_none() {
            // One for all: each request costs the browser more than a call does here.
            frames.requested.replace(Some(Closure::new(|at_ms: f64| call_frames((at_ms * 1000.0) as u64))));
            request_frame(frames);
        }
    });
}

/// How much of the present frame is gone, in microseconds.
pub fn frame_gone_us() -> u64 {
    FRAMES.with(|frames| now_us().saturating_sub(frames.began_us.get()))
}

/// Says that what the present frame does makes the browser lay out or paint much, so that what can wait is to wait.
pub fn fill_frame() {
    FRAMES.with(|frames| frames.is_full.set(true));
}

/// What waits for a frame that has not enough to do already.
#[derive(Debug)]
pub struct Patience {
    frames: u32,
    left_out: u32,
}

impl Patience {
    /// It leaves out no more than so many frames in a row.
    pub const fn of(frames: u32) -> Self {
        Self { frames, left_out: 0 }
    }

    /// Whether its turn is in the present frame.
    pub fn is_over(&mut self) -> bool {
        let is_over = self.left_out >= self.frames || !FRAMES.with(|frames| frames.is_full.get());
        self.left_out = if is_over { 0 } else { self.left_out + 1 };
        is_over
    }
}

fn call_frames(at_us: u64) {
    FRAMES.with(|frames| {
        request_frame(frames);
        frames.began_us.set(now_us());
        frames.is_full.set(false);
        // A callback may hand in another one, which then comes with the next frame.
        let mut callbacks = frames.callbacks.take();
        callbacks.iter_mut().for_each(|callback| callback(at_us));
        callbacks.append(&mut frames.callbacks.borrow_mut());
        frames.callbacks.replace(callbacks);
    });
}

fn request_frame(frames: &Frames) {
    if let (Some(window), Some(callback)) = (window(), frames.requested.borrow().as_ref()) {
        let _ = window.request_animation_frame(callback.as_ref().unchecked_ref());
    }
}

/// Lets the browser do what it has to do, and goes on in a task of its own.
pub async fn next_task() {
    TimeoutFuture::new(0).await;
}

/// Tells the page's own scripts.
pub fn announce(event: &str) {
    if let (Some(window), Ok(event)) = (window(), Event::new(event)) {
        let _ = window.dispatch_event(&event);
    }
}

/// Calls `act` when the browser is done with what it does now.
pub fn soon(act: impl FnOnce() + 'static) {
    if let Some(window) = window() {
        let _ = window.request_animation_frame(Closure::once_into_js(act).unchecked_ref());
    }
}

/// Gives the page a style sheet besides those that it came with. A browser that knows no such sheets shows it unstyled.
pub fn adopt_sheet(text: &str) {
    let adopt = || {
        let (window, document) = (window()?, document()?);
        let class = get(&window, "CSSStyleSheet")?.dyn_into::<Function>().ok()?;
        let sheet = Reflect::construct(&class, &Array::new()).ok()?;
        get(&sheet, "replaceSync")?.dyn_into::<Function>().ok()?.call1(&sheet, &JsValue::from_str(text)).ok()?;
        let sheets = Array::from(&get(&document, "adoptedStyleSheets")?);
        sheets.push(&sheet);
        Reflect::set(&document, &JsValue::from_str("adoptedStyleSheets"), &sheets).ok()
    };
    let _is_adopted = adopt();
}
