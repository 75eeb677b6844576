//! Where the panels stand: the borders between them can be dragged, every panel but the theatre can be folded away, and
//! the page remembers both.

use leptos::ev::{KeyboardEvent, PointerEvent};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::Element;

use crate::view::browser;
use crate::view::i18n::Key;
use crate::view::icon::Icon;
use crate::view::settings::settings;

/// Under this name the browser keeps the layout.
const KEPT: &str = "layout";
/// How far an arrow key moves a border, in pixels.
const STEP: f64 = 16.0;
/// Below this width of the window the side panel is folded until it is asked for, in pixels.
const NARROW: f64 = 1120.0;
/// Below this width a page that was opened for a lesson begins with the manifest folded instead, in pixels.
const NARROW_FOR_LESSON: f64 = 960.0;

/// A panel beside the theatre.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Panel {
    /// The manifest, at the left.
    Editor,
    /// The terminal, below.
    Terminal,
    /// Why, lessons, events, at the right.
    Side,
}

/// A panel's size and whether it is folded.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Place {
    /// In pixels; none for the style sheet's own.
    size: Option<f64>,
    /// As the visitor wants it; none for what the window's width suggests.
    is_folded: Option<bool>,
}

impl Panel {
    const ALL: [Self; 3] = [Self::Editor, Self::Terminal, Self::Side];

    fn at(self) -> usize {
        match self {
            Self::Editor => 0,
            Self::Terminal => 1,
            Self::Side => 2,
        }
    }

    /// The style sheet's name of it.
    pub fn class(self) -> &'static str {
        match self {
            Self::Editor => "editor",
            Self::Terminal => "terminal",
            Self::Side => "side",
        }
    }

    fn name(self) -> Key {
        match self {
            Self::Editor => Key::Editor,
            Self::Terminal => Key::Terminal,
            Self::Side => Key::Why,
        }
    }

    fn icon(self, is_folded: bool) -> Icon {
        match (self, is_folded) {
            (Self::Editor, false) | (Self::Side, true) => Icon::FoldLeft,
            (Self::Editor, true) | (Self::Side, false) => Icon::FoldRight,
            (Self::Terminal, false) => Icon::FoldDown,
            (Self::Terminal, true) => Icon::FoldUp,
        }
    }

    /// The least and the most that it may take, in pixels, of a window of this size.
    fn bounds(self, width: f64, height: f64) -> (f64, f64) {
        match self {
            Self::Editor => (200.0, (width * 0.5).max(200.0)),
            Self::Side => (200.0, (width * 0.4).max(200.0)),
            Self::Terminal => (88.0, (height * 0.6).max(88.0)),
        }
    }
}

/// Where the panels stand.
#[derive(Clone, Copy)]
pub struct Layout(RwSignal<[Place; 3]>);

/// The layout of the page that is being built.
pub fn layout() -> Layout {
    expect_context()
}

impl Layout {
    /// As it was left, else as the window's width suggests.
    pub fn recall() -> Self {
        let mut places = [Place::default(); 3];
        let kept = browser::recall(KEPT);
        for (place, text) in places.iter_mut().zip(kept.as_deref().unwrap_or_default().split(' ')) {
            let (size, folded) = text.split_once('/').unwrap_or((text, ""));
            let is_folded = (!folded.is_empty()).then_some(folded == "folded");
            *place = Place { size: browser::number(size), is_folded };
        }
        Self(RwSignal::new(places))
    }

    fn place(self, panel: Panel) -> Place {
        self.0.with(|places| places.get(panel.at()).copied().unwrap_or_default())
    }

    /// Whether a panel is folded away.
    pub fn is_folded(self, panel: Panel) -> bool {
        let begins_folded = || {
            let (width, has_lesson) = (window_size().0, browser::parameter("lesson").is_some());
            match panel {
                Panel::Side => width < NARROW && !has_lesson,
                Panel::Editor => width < NARROW_FOR_LESSON && has_lesson,
                Panel::Terminal => false,
            }
        };
        self.place(panel).is_folded.unwrap_or_else(begins_folded)
    }

    fn change(self, panel: Panel, change: impl FnOnce(&mut Place)) {
        self.0.update(|places| {
            if let Some(place) = places.get_mut(panel.at()) {
                change(place);
            }
        });
        let text: Vec<String> = self.0.with_untracked(|places| {
            let word = |place: &Place| {
                let size = place.size.map_or_else(|| "-".to_owned(), |size| format!("{size:.0}"));
                match place.is_folded {
                    Some(true) => format!("{size}/folded"),
                    Some(false) => format!("{size}/open"),
                    None => size,
                }
            };
            places.iter().map(word).collect()
        });
        browser::keep(KEPT, &text.join(" "));
    }

    /// Folds a panel away, or brings it back.
    pub fn fold(self, panel: Panel, is_folded: bool) {
        if untrack(|| self.is_folded(panel)) != is_folded {
            self.change(panel, |place| place.is_folded = Some(is_folded));
        }
    }

    fn resize(self, panel: Panel, size: f64) {
        let (width, height) = window_size();
        let (least, most) = panel.bounds(width, height);
        self.change(panel, |place| place.size = Some(size.clamp(least, most)));
    }

    /// A panel's size for the style sheet.
    pub fn size(self, panel: Panel) -> Option<String> {
        self.place(panel).size.map(|size| format!("{size:.0}px"))
    }
}

fn window_size() -> (f64, f64) {
    let read = |value: Option<wasm_bindgen::JsValue>| value.and_then(|value| value.as_f64());
    browser::window().map_or((1280.0, 720.0), |window| {
        (read(window.inner_width().ok()).unwrap_or(1280.0), read(window.inner_height().ok()).unwrap_or(720.0))
    })
}

/// The border between a panel and the theatre: dragged, moved with arrows, and set back with a double click.
#[component]
pub fn Border(panel: Panel) -> impl IntoView {
    let (settings, layout) = (settings(), layout());
    let drag = StoredValue::new(None::<(f64, f64)>);
    let along = move |event: &PointerEvent| {
        f64::from(if panel == Panel::Terminal { event.client_y() } else { event.client_x() })
    };
    let sign = if panel == Panel::Editor { 1.0 } else { -1.0 };
    let start = move |event: PointerEvent| {
        if let Some(border) = event.current_target().and_then(|target| target.dyn_into::<Element>().ok()) {
            let _ = border.set_pointer_capture(event.pointer_id());
            drag.set_value(Some((along(&event), measured(panel))));
            event.prevent_default();
        }
    };
    let go_on = move |event: PointerEvent| {
        if let Some((from, size)) = drag.get_value() {
            layout.resize(panel, size + sign * (along(&event) - from));
        }
    };
    let key = move |event: KeyboardEvent| {
        let step = match (event.key().as_str(), panel) {
            ("ArrowLeft", Panel::Editor) | ("ArrowRight", Panel::Side) | ("ArrowDown", Panel::Terminal) => -STEP,
            ("ArrowRight", Panel::Editor) | ("ArrowLeft", Panel::Side) | ("ArrowUp", Panel::Terminal) => STEP,
            ("Home", _) => -10_000.0,
            ("End", _) => 10_000.0,
            ("Enter", _) => {
                event.prevent_default();
                return layout.fold(panel, true);
            }
            _ => return,
        };
        event.prevent_default();
        layout.resize(panel, measured(panel) + step);
    };
    let orientation = if panel == Panel::Terminal { "horizontal" } else { "vertical" };
    view! {
        <div class=format!("border border-{}", panel.class()) role="separator" tabindex="0" aria-orientation=orientation
            aria-label=move || format!("{} {}", settings.say(Key::Border)(), settings.say(panel.name())())
            aria-valuenow=move || layout.place(panel).size.unwrap_or(0.0).round().to_string()
            title=settings.say(Key::BorderHint)
            on:pointerdown=start on:pointermove=go_on
            on:pointerup=move |_| drag.set_value(None) on:pointercancel=move |_| drag.set_value(None)
            on:dblclick=move |_| layout.change(panel, |place| place.size = None)
            on:keydown=key></div>
    }
}

/// The panel's present size along the axis on which its border moves, in pixels.
fn measured(panel: Panel) -> f64 {
    let element = browser::document()
        .and_then(|document| document.query_selector(&format!(".panels > .{}", panel.class())).ok()?);
    element.map_or(0.0, |element| {
        let place = element.get_bounding_client_rect();
        if panel == Panel::Terminal { place.height() } else { place.width() }
    })
}

/// The button in a panel's head that folds it away.
#[component]
pub fn Fold(panel: Panel) -> impl IntoView {
    let (settings, layout) = (settings(), layout());
    view! {
        <button type="button" class="button small bare fold" on:click=move |_| layout.fold(panel, true)
            aria-label=move || format!("{} {}", settings.say(Key::Fold)(), settings.say(panel.name())())
            title=settings.say(Key::Fold)>{panel.icon(false).view()}</button>
    }
}

/// What stands for a panel that is folded away: a narrow rail with its name.
#[component]
pub fn Rail(panel: Panel) -> impl IntoView {
    let (settings, layout) = (settings(), layout());
    view! {
        <button type="button" class=format!("panel rail rail-{}", panel.class()) on:click=move |_| layout.fold(panel, false)
            title=settings.say(Key::Unfold)>
            {panel.icon(true).view()}<span>{settings.say(panel.name())}</span>
        </button>
    }
}

/// Names of the panels that the visitor has folded, or opened, for the style sheet.
pub fn named(layout: Layout, is_folded: bool) -> String {
    let is_so = |panel: &Panel| layout.place(*panel).is_folded == Some(is_folded);
    Panel::ALL.into_iter().filter(is_so).map(Panel::class).collect::<Vec<_>>().join(" ")
}
