//! Sharing: a link to this moment, the session as others read it, and files.

pub mod link;
mod report;

use hellok8s_lab::session::{LONGEST_LINK, LONGEST_TEXT, Reopened, kubectl_session, markdown};
use js_sys::{Function, Promise};
use leptos::ev::{DragEvent, Event, KeyboardEvent};
use leptos::html::{Button, Textarea};
use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use crate::view::browser;
use crate::view::i18n::Key;
use crate::view::settings::{Settings, settings};
use crate::view::visit::{Visit, visit};

/// What the menu shows and tells.
#[derive(Clone, Copy)]
struct Menu {
    visit: Visit,
    settings: Settings,
    is_open: RwSignal<bool>,
    /// The text to be copied by hand where the browser does not let the page copy.
    text: RwSignal<String>,
    told: RwSignal<Option<Key>>,
    /// The form of the project's issues, with the report in it.
    issue: RwSignal<Option<String>>,
    area: NodeRef<Textarea>,
}

/// The button in the page's head, with its menu.
#[component]
pub fn Share() -> impl IntoView {
    let settings = settings();
    let opener = NodeRef::<Button>::new();
    let menu = Menu {
        visit: visit(),
        settings,
        is_open: RwSignal::new(false),
        text: RwSignal::new(String::new()),
        told: RwSignal::new(None),
        issue: RwSignal::new(None),
        area: NodeRef::new(),
    };
    let toggle = move |_| {
        menu.is_open.update(|is_open| *is_open = !*is_open);
        if menu.is_open.get_untracked() {
            menu.make_link(false);
        }
    };
    let close = move |event: KeyboardEvent| {
        if event.key() == "Escape" && menu.is_open.get_untracked() {
            menu.is_open.set(false);
            if let Some(button) = opener.get_untracked() {
                let _ = button.focus();
            }
        }
    };
    view! {
        <div class="share" on:keydown=close>
            <button type="button" class="button" data-testid="share" node_ref=opener
                aria-expanded=move || menu.is_open.get().to_string() aria-controls="share-menu" on:click=toggle>
                {settings.say(Key::Share)}
            </button>
            <Show when=move || menu.is_open.get()>
                <Items menu/>
            </Show>
        </div>
    }
}

#[component]
fn Items(menu: Menu) -> impl IntoView {
    let settings = settings();
    let item = move |key: Key, act: fn(Menu)| {
        view! { <button type="button" class="button" on:click=move |_| act(menu)>{settings.say(key)}</button> }
    };
    let told = move || menu.told.get().map(|key| settings.say(key)());
    view! {
        <div id="share-menu" class="share-menu panel" role="group" aria-label=settings.say(Key::Share)>
            <p class="hint">{settings.say(Key::ShareHint)}</p>
            <textarea class="share-text" readonly rows="3" data-testid="share-text" node_ref=menu.area
                aria-label=settings.say(Key::ShareText) prop:value=move || menu.text.get()
                on:focus=move |_| menu.select()></textarea>
            <div class="share-items">
                {item(Key::CopyLink, |menu| menu.make_link(true))}
                {item(Key::CopySession, |menu| menu.copy_replayed(kubectl_session))}
                {item(Key::CopyMarkdown, |menu| menu.copy_replayed(markdown))}
                {item(Key::SaveFile, |menu| {
                    browser::save("hellok8s-lab.json", "application/json", &menu.visit.session().to_text());
                    menu.told.set(Some(Key::Saved));
                })}
                <label class="button file-button">
                    {settings.say(Key::OpenFile)}
                    <input type="file" class="unseen" accept=".json,.yaml,.yml" data-testid="open-file"
                        on:change=move |event| menu.choose_file(&event)/>
                </label>
                {item(Key::Report, Menu::make_report)}
            </div>
            <p class="share-told" role="status">{told}</p>
            {move || menu.issue.get().map(|address| view! {
                <a class="button" href=address target="_blank" rel="noopener noreferrer" data-testid="issue">{settings.say(Key::ReportIssue)}</a>
            })}
        </div>
    }
}

impl Menu {
    fn make_link(self, is_copied: bool) {
        let text = self.visit.session().to_text();
        self.tell_nothing();
        spawn_local(async move {
            match link::make(&text).await {
                Some(link) if link.len() <= LONGEST_LINK => self.offer(link, is_copied).await,
                Some(_) => self.told.set(Some(Key::LinkTooLong)),
                None => self.told.set(Some(Key::LinkFailed)),
            }
        });
    }

    fn copy_replayed(self, write: fn(&Reopened) -> String) {
        self.tell_nothing();
        self.visit.replay(self.visit.session(), move |outcome| match outcome {
            Ok(reopened) => {
                let text = write(&reopened);
                spawn_local(self.offer(text, true));
            }
            Err(_) => self.told.set(Some(Key::LinkFailed)),
        });
    }

    fn tell_nothing(self) {
        self.told.set(None);
        self.issue.set(None);
    }

    fn make_report(self) {
        let text = self.visit.session().to_text();
        self.tell_nothing();
        spawn_local(async move {
            let link = link::make(&text).await.filter(|link| link.len() <= LONGEST_LINK);
            let report = report::report(&self.visit, self.settings, link.as_deref());
            self.issue.set(report::issue(&report, &report::report(&self.visit, self.settings, None)));
            self.offer(report, true).await;
            if self.told.get_untracked() == Some(Key::Copied) {
                self.told.set(Some(Key::ReportReady));
            }
        });
    }

    async fn offer(self, text: String, is_copied: bool) {
        self.text.set(text.clone());
        if !is_copied {
            return;
        }
        if copy(&text).await {
            self.told.set(Some(Key::Copied));
        } else {
            self.told.set(Some(Key::CopyByHand));
            if let Some(area) = self.area.get_untracked() {
                let _ = area.focus();
            }
        }
    }

    fn select(self) {
        if let Some(area) = self.area.get_untracked() {
            area.select();
        }
    }

    fn choose_file(self, event: &Event) {
        let file = event.target().and_then(|input| browser::get(&browser::get(&input, "files")?, "0"));
        if let Some(file) = file {
            self.is_open.set(false);
            open_file(&self.visit, file);
        }
    }
}

/// Whether a drag brings files, and not a piece of text for the editor.
pub fn brings_files(event: &DragEvent) -> bool {
    let types = browser::get(event, "dataTransfer").and_then(|transfer| browser::get(&transfer, "types"));
    types.is_some_and(|types| js_sys::Array::from(&types).includes(&"Files".into(), 0))
}

/// Opens the file that was dropped on the page.
pub fn drop_file(visit: &Visit, event: &DragEvent) {
    if !brings_files(event) {
        return;
    }
    event.prevent_default();
    let files = browser::get(event, "dataTransfer").and_then(|transfer| browser::get(&transfer, "files"));
    if let Some(file) = files.and_then(|files| browser::get(&files, "0")) {
        open_file(visit, file);
    }
}

/// Opens a file that was chosen or dropped.
pub fn open_file(visit: &Visit, file: JsValue) {
    let visit = *visit;
    let name = browser::get(&file, "name").and_then(|name| name.as_string()).unwrap_or_default();
    let size = browser::get(&file, "size").and_then(|size| size.as_f64()).unwrap_or_default();
    let read: Option<Function> = browser::get(&file, "text").and_then(|read| read.dyn_into().ok());
    let promise = read.and_then(|read| read.call0(&file).ok());
    spawn_local(async move {
        let Some(promise) = promise.filter(|_| size <= LONGEST_TEXT as f64) else { return visit.open_file("", "") };
        let text = JsFuture::from(Promise::from(promise)).await.ok().and_then(|text| text.as_string());
        visit.open_file(&name, &text.unwrap_or_default());
    });
}

/// Copies a text, where the browser lets the page.
async fn copy(text: &str) -> bool {
    let write = || {
        let clipboard = browser::get(&browser::window()?.navigator(), "clipboard")?;
        let write: Function = browser::get(&clipboard, "writeText")?.dyn_into().ok()?;
        write.call1(&clipboard, &text.into()).ok()
    };
    match write() {
        Some(promise) => JsFuture::from(Promise::from(promise)).await.is_ok(),
        None => false,
    }
}
