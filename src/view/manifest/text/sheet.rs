//! The text area over its double, and what scrolls both.

use leptos::html::Pre;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::ResizeObserver;

use super::Area;
use super::area::Tab;
use super::double::Double;
use crate::view::i18n::Key;
use crate::view::settings::settings;

/// The text area. `apply` is what Ctrl + Enter does.
#[component]
pub fn Sheet(area: Area, is_wrong: Signal<bool>, apply: Callback<()>) -> impl IntoView {
    let settings = settings();
    let sheet = NodeRef::<Pre>::new();
    Effect::new(move |_| {
        let (Some(sheet), Some(scroller)) = (sheet.get(), area.scroller.get()) else { return };
        let observed = scroller.clone();
        area.with_double(|double| double.begin(sheet.unchecked_into(), scroller.unchecked_into()));
        area.draw();
        let resized = Closure::<dyn FnMut()>::new(move || {
            area.with_double(Double::measure);
            area.draw();
        });
        if let Ok(observer) = ResizeObserver::new(resized.as_ref().unchecked_ref()) {
            observer.observe(&observed);
            // As long as the page lives.
            std::mem::forget((observer, resized));
        }
    });
    Effect::new(move |_| area.follow());
    Effect::new(move |_| {
        area.document().marks.track();
        area.search.track();
        area.draw();
    });
    let on_scroll = move |_| {
        if area.with_double(Double::scroll).unwrap_or(false) {
            area.draw();
        }
    };
    let leaves = move || area.tab.get() == Tab::Leaves;
    let hint = move || settings.say(if leaves() { Key::EditorLeaves } else { Key::EditorTab })();
    let active =
        move || area.offered.with(|offered| offered.as_ref().map(|offered| format!("editor-offer-{}", offered.active)));
    let listbox = move || area.offered.with(|offered| offered.is_some().then_some("editor-offers"));
    view! {
        <div class="editor-scroll" node_ref=area.scroller on:scroll=on_scroll>
            <div class="editor-paper">
                <pre class="editor-double" aria-hidden="true" node_ref=sheet></pre>
                <textarea class="editor-text" data-testid="editor" wrap="off" spellcheck="false"
                    autocomplete="off" autocapitalize="off" node_ref=area.input
                    aria-label=settings.say(Key::EditorText)
                    aria-describedby="editor-problem editor-leaves"
                    aria-autocomplete="list" aria-controls=listbox aria-activedescendant=active
                    aria-invalid=move || is_wrong.get().to_string()
                    on:beforeinput=move |event| area.before_input(&event)
                    on:input=move |event| area.on_input(event.unchecked_ref())
                    on:compositionstart=move |_| {
                        area.is_composing.set(true);
                        area.offered.set(None);
                    }
                    on:compositionend=move |_| area.is_composing.set(false)
                    on:focus=move |_| area.set_tab(Tab::Passes)
                    on:click=move |_| area.set_tab(Tab::Indents)
                    on:blur=move |_| {
                        area.set_tab(Tab::Passes);
                        area.offered.set(None);
                        area.document().settle();
                    }
                    on:mousedown=move |_| area.offered.set(None)
                    on:keydown=move |event| area.press(&event, move || apply.run(()))></textarea>
            </div>
        </div>
        <p id="editor-leaves" class="editor-leaves" role="status" class:shown=leaves>{hint}</p>
    }
}
