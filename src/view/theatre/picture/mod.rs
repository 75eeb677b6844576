//! A moment of the stage as a picture for slides and papers, and the way to it as a film. All are drawn by the page as
//! SVG; a PNG is that SVG, painted.

mod film;
mod sheet;

use js_sys::Promise;
use leptos::ev::KeyboardEvent;
use leptos::html::Button;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, CanvasRenderingContext2d, HtmlCanvasElement, HtmlImageElement, Url};

use crate::view::browser;
use crate::view::clock::exact;
use crate::view::i18n::Key;
use crate::view::icon::Icon;
use crate::view::settings::settings;
use crate::view::simulation::{Simulation, simulation};

/// A PNG's pixels for each unit of the picture.
const DENSITY: usize = 2;
/// Taller ones get fewer pixels: a browser's canvas has an end.
const TALLEST: usize = 8_000;
/// How long a browser may take to begin with a file.
const HANDOVER_MS: i32 = 10_000;

/// The button that offers the kinds of pictures.
#[component]
pub fn Picture() -> impl IntoView {
    let (settings, simulation) = (settings(), simulation());
    let (is_open, is_busy) = (RwSignal::new(false), RwSignal::new(false));
    let opener = NodeRef::<Button>::new();
    let close = move |event: KeyboardEvent| {
        if event.key() == "Escape" && is_open.get_untracked() {
            is_open.set(false);
            if let Some(button) = opener.get_untracked() {
                let _ = button.focus();
            }
        }
    };
    let kind = move |key: Key, hint: Key, save: fn(Simulation, RwSignal<bool>)| {
        view! {
            <button type="button" class="button small" title=settings.say(hint)
                aria-disabled=move || is_busy.get().to_string()
                on:click=move |_| if !is_busy.get_untracked() { save(simulation, is_busy) }>{settings.say(key)}</button>
        }
    };
    view! {
        <div class="picture" on:keydown=close>
            <button type="button" class="button small bare" node_ref=opener title=settings.say(Key::PictureHint)
                aria-expanded=move || is_open.get().to_string()
                on:click=move |_| is_open.update(|is_open| *is_open = !*is_open)>{Icon::Picture.view()}{settings.say(Key::Picture)}</button>
            <Show when=move || is_open.get()>
                <span class="picture-kinds" role="group" aria-label=settings.say(Key::Picture)>
                    {kind(Key::PicturePng, Key::PicturePngHint, save_png)}
                    {kind(Key::PictureSvg, Key::PictureSvgHint, save_svg)}
                    {kind(Key::Film, Key::FilmHint, save_film)}
                </span>
            </Show>
        </div>
    }
}

/// The moment as an SVG, with its height.
fn moment(simulation: Simulation) -> (String, usize) {
    let now_ms = simulation.now_ms.get_untracked();
    let drawing = untrack(|| sheet::draw(simulation.scene, now_ms));
    (sheet::framed(&sheet::title(now_ms), &drawing), drawing.height)
}

fn name(simulation: Simulation, kind: &str) -> String {
    format!("hellok8s-{}.{kind}", exact(simulation.now_ms.get_untracked()).replace([':', '.'], "-"))
}

fn save_svg(simulation: Simulation, _: RwSignal<bool>) {
    browser::save(&name(simulation, "svg"), SVG, &moment(simulation).0);
}

const SVG: &str = "image/svg+xml";

fn save_png(simulation: Simulation, is_busy: RwSignal<bool>) {
    let (name, (svg, height)) = (name(simulation, "png"), moment(simulation));
    is_busy.set(true);
    spawn_local(async move {
        match painted(&svg, height).await {
            Some(png) => hand_over(&name, &png).await,
            // Better than nothing.
            None => browser::save(&name.replace(".png", ".svg"), SVG, &svg),
        }
        is_busy.set(false);
    });
}

/// The SVG as a PNG.
async fn painted(svg: &str, height: usize) -> Option<Blob> {
    let image = HtmlImageElement::new().ok()?;
    image.set_src(&browser::data_url(SVG, svg));
    JsFuture::from(image.decode()).await.ok()?;
    let density = (TALLEST / height.max(1)).clamp(1, DENSITY);
    let pixels = |units: usize| u32::try_from(units * density).unwrap_or(u32::MAX);
    let (width, height) = (pixels(sheet::WIDTH), pixels(height));
    let canvas: HtmlCanvasElement = browser::document()?.create_element("canvas").ok()?.dyn_into().ok()?;
    canvas.set_width(width);
    canvas.set_height(height);
    let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
    context
        .draw_image_with_html_image_element_and_dw_and_dh(&image, 0.0, 0.0, f64::from(width), f64::from(height))
        .ok()?;
    let png = Promise::new(&mut |resolve, _| _ = canvas.to_blob(&resolve));
    JsFuture::from(png).await.ok()?.dyn_into().ok()
}

async fn hand_over(name: &str, file: &Blob) {
    let Ok(address) = Url::create_object_url_with_blob(file) else { return };
    browser::download(name, &address);
    browser::pause(HANDOVER_MS).await;
    let _ = Url::revoke_object_url(&address);
}

fn save_film(simulation: Simulation, is_busy: RwSignal<bool>) {
    let name = name(simulation, "film.svg");
    is_busy.set(true);
    spawn_local(async move {
        browser::save(&name, SVG, &film::record(simulation).await);
        is_busy.set(false);
    });
}
