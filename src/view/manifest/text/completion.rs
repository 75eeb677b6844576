//! What may stand at the caret, in a list below it, with what it is for.

use hellok8s_lab::editing::completion::{self, Offer, Offers};
use leptos::html::Div;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::Area;
use crate::view::browser;
use crate::view::i18n::Key;
use crate::view::settings::settings;

/// What the library offers there, once all of the page's wasm has come.
pub(super) fn offers(text: &str, at: usize, begun: bool) -> Option<Offers> {
    if browser::is_whole() { completion::offers(text, at, begun) } else { None }
}

/// The list. The keyboard stays in the text: it is told which option is chosen.
#[component]
pub fn Completion(area: Area) -> impl IntoView {
    let settings = settings();
    let popup = NodeRef::<Div>::new();
    let offers = Memo::new(move |_| {
        area.offered.with(|offered| offered.as_ref().map(|offered| offered.offers.offers.clone()).unwrap_or_default())
    });
    let active = Memo::new(move |_| area.offered.with(|offered| offered.as_ref().map(|offered| offered.active)));
    let chosen = move || active.get().and_then(|at| offers.with(|offers| offers.get(at).cloned()));
    Effect::new(move |_| {
        let is_open = active.get().is_some();
        offers.track();
        if let Some(popup) = popup.get() {
            show(&popup, is_open);
            if is_open {
                place(area, &popup);
            }
        }
    });
    let option = move |(at, offer): (usize, Offer)| {
        let label = described(&offer, settings.say(Key::Required)());
        let explanation = offer.explanation(settings.lang.get_untracked()).unwrap_or_default();
        view! {
            <li class="offer" role="option" id=format!("editor-offer-{at}") aria-label=format!("{label} {explanation}")
                aria-selected=move || (active.get() == Some(at)).to_string()
                on:click=move |_| area.accept(at)>
                <span class="offer-name">{offer.name.clone()}</span>
                <span class="offer-type">{offer.type_name.clone()}</span>
                {offer.is_required.then_some(view! { <b class="offer-required">"*"</b> })}
            </li>
        }
    };
    view! {
        <div class="offers" node_ref=popup popover="manual" data-testid="offers"
            // The text keeps the keyboard.
            on:mousedown=move |event| event.prevent_default()>
            <ul id="editor-offers" class="offers-list" role="listbox" aria-label=settings.say(Key::Offers)>
                {move || offers.get().into_iter().enumerate().map(option).collect_view()}
            </ul>
            <p class="offer-why">{move || chosen().map(|offer| {
                let lang = settings.lang.get();
                let head = described(&offer, settings.say(Key::Required)());
                view! {
                    <b>{head}</b>
                    {offer.explanation(lang).map(|text| view! { <span>{text}</span> })}
                }
            })}</p>
        </div>
        <p class="unseen" role="status">{move || {
            let count = offers.with(Vec::len);
            (count > 0).then(|| format!("{count} {}", settings.say(Key::OffersCount)()))
        }}</p>
    }
}

fn described(offer: &Offer, required: &str) -> String {
    let mut text = offer.name.clone();
    if !offer.type_name.is_empty() {
        text.push_str(&format!(" <{}>", offer.type_name));
    }
    if offer.is_required {
        text.push_str(&format!(" {required}"));
    }
    text
}

/// In the browser's top layer, so that no panel cuts it off.
fn show(popup: &HtmlElement, is_open: bool) {
    let name = if is_open { "showPopover" } else { "hidePopover" };
    let method = browser::get(popup, name).and_then(|method| method.dyn_into::<js_sys::Function>().ok());
    match method {
        Some(method) => {
            // Shown already, or hidden already.
            let _ = method.call0(popup);
        }
        None => {
            let _ = popup.style().set_property("display", if is_open { "grid" } else { "none" });
        }
    }
}

/// Below the line of the caret, or above it where there is more room, and within the screen.
fn place(area: Area, popup: &HtmlElement) {
    let text = area.text();
    let start = area.offered.with_untracked(|offered| offered.as_ref().map_or(0, |offered| offered.offers.range.start));
    let Some(Some((left, top, bottom))) = area.with_double(|double| double.place(&text, start)) else { return };
    let Some((width, height)) = browser::visible_size() else { return };
    let bounds = popup.get_bounding_client_rect();
    let x = left.min(width - bounds.width() - 8.0).max(8.0);
    let is_below = bottom + bounds.height() + 8.0 <= height || bottom < height - top.max(0.0);
    let y = if is_below { bottom + 2.0 } else { top - bounds.height() - 2.0 };
    // Whole, wherever the caret is.
    let y = y.min(height - bounds.height() - 8.0).max(8.0);
    let _ = popup.style().set_property("left", &format!("{x:.0}px"));
    let _ = popup.style().set_property("top", &format!("{y:.0}px"));
    // The chosen one is seen.
    let chosen = popup.query_selector("[aria-selected='true']").ok().flatten();
    if let (Some(list), Some(option)) =
        (popup.first_element_child(), chosen.and_then(|option| option.dyn_into::<HtmlElement>().ok()))
    {
        let (above, below) = (option.offset_top(), option.offset_top() + option.offset_height());
        if above < list.scroll_top() {
            list.set_scroll_top(above);
        } else if below > list.scroll_top() + list.client_height() {
            list.set_scroll_top(below - list.client_height());
        }
    }
}
