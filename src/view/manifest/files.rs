//! The editor's list of files and texts, and the form that makes, renames and removes files.

use hellok8s_lab::images::DOCUMENTS;
use hellok8s_lab::lab::PRESETS;
use leptos::ev::{KeyboardEvent, SubmitEvent};
use leptos::html::{Button, Input};
use leptos::prelude::*;

use crate::view::i18n::Key;
use crate::view::manifest::document::{Document, document};
use crate::view::settings::settings;

/// What the form is open for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    New,
    Change,
}

/// The list, its two buttons and the form.
#[component]
pub fn FileBar() -> impl IntoView {
    let settings = settings();
    let form = RwSignal::new(None);
    let (new, change) = (NodeRef::<Button>::new(), NodeRef::<Button>::new());
    let toggle =
        move |wanted: Form| form.update(|form| *form = if *form == Some(wanted) { None } else { Some(wanted) });
    let close = move || {
        let button = if form.get_untracked() == Some(Form::New) { new } else { change };
        form.set(None);
        if let Some(button) = button.get_untracked() {
            let _focused = button.focus();
        }
    };
    view! {
        <Texts/>
        <button type="button" class="button small" node_ref=new title=settings.say(Key::NewFile)
            aria-label=settings.say(Key::NewFile) aria-expanded=move || (form.get() == Some(Form::New)).to_string()
            on:click=move |_| toggle(Form::New)>"+"</button>
        <button type="button" class="button small" node_ref=change title=settings.say(Key::ChangeFile)
            aria-label=settings.say(Key::ChangeFile) aria-expanded=move || (form.get() == Some(Form::Change)).to_string()
            on:click=move |_| toggle(Form::Change)>"…"</button>
        {move || form.get().map(|form| view! { <FileForm form close=Callback::new(move |()| close())/> })}
    }
}

#[component]
fn FileForm(form: Form, close: Callback<()>) -> impl IntoView {
    let (settings, document) = (settings(), document());
    let input = NodeRef::<Input>::new();
    let wrong = RwSignal::new(None::<Key>);
    let begun = match form {
        Form::New => String::new(),
        Form::Change => document.name.get_untracked(),
    };
    Effect::new(move |_| {
        if let Some(input) = input.get() {
            let _focused = input.focus();
            input.select();
        }
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let name = input.get_untracked().map(|input| input.value()).unwrap_or_default();
        let done = match form {
            Form::New => document.create(&name, beginning(&name)),
            Form::Change => document.rename(&name),
        };
        wrong.set(done.err());
        if done.is_ok() {
            close.run(());
        }
    };
    let on_key = move |event: KeyboardEvent| {
        if event.key() == "Escape" {
            event.stop_propagation();
            close.run(());
        }
    };
    let done = settings.say(if form == Form::New { Key::Create } else { Key::Rename });
    view! {
        <form class="file-form" data-testid="file-form" on:submit=submit on:keydown=on_key>
            <label class="file-label" for="file-name">{settings.say(Key::FileName)}</label>
            <input id="file-name" class="file-name" type="text" node_ref=input value=begun placeholder="image.yaml"
                autocomplete="off" autocapitalize="off" spellcheck="false" maxlength="80"
                aria-describedby="file-wrong" aria-invalid=move || wrong.get().is_some().to_string()/>
            <button type="submit" class="button small">{done}</button>
            <Show when=move || form == Form::Change>
                <button type="button" class="button small" on:click=move |_| {
                    document.remove();
                    close.run(());
                }>{settings.say(Key::Delete)}</button>
            </Show>
            <button type="button" class="button small" on:click=move |_| close.run(())>{settings.say(Key::Cancel)}</button>
            <p id="file-wrong" class="file-wrong" role="alert">{move || wrong.get().map(|key| settings.say(key)())}</p>
        </form>
    }
}

/// What a new file begins with: an image's program shows what can be said in it.
fn beginning(name: &str) -> &'static str {
    let name = name.trim().to_lowercase();
    let is_image = name.starts_with("image") && [".yaml", ".yml"].iter().any(|end| name.ends_with(end));
    if is_image { hellok8s_lab::images::EXAMPLE } else { "" }
}

/// The list of files, of the chapter's manifests and of the images' programs.
#[component]
fn Texts() -> impl IntoView {
    let (settings, document) = (settings(), document());
    let choose = move |event| document.choose(&event_target_value(&event));
    view! {
        <select class="select texts" aria-label=settings.say(Key::File) prop:value=move || shown(document) on:change=choose>
            <optgroup label=settings.say(Key::Files)>
                {move || document.names.get().into_iter().map(|name| view! {
                    <option value=format!("file:{name}")>{name.clone()}</option>
                }).collect_view()}
            </optgroup>
            <optgroup label=settings.say(Key::Chapter)>
                {PRESETS.iter().map(|(name, _)| view! {
                    <option value=format!("preset:{name}")>{*name}</option>
                }).collect_view()}
            </optgroup>
            <optgroup label=settings.say(Key::Images)>
                {DOCUMENTS.iter().map(|(name, _)| view! {
                    <option value=format!("image:{name}")>{*name}</option>
                }).collect_view()}
            </optgroup>
            <Show when=move || document.shelf().has_draft.get()>
                <optgroup label=settings.say(Key::YourText)>
                    <option value="draft:">{settings.say(Key::Draft)}</option>
                </optgroup>
            </Show>
        </select>
    }
}

/// Which entry of the list is the open text.
fn shown(document: Document) -> String {
    let names = document.names.get();
    let open = document.name.get();
    let preset = document.text.with(|text| PRESETS.iter().find(|(_, preset)| **preset == **text));
    match preset {
        Some((name, _)) if names.len() < 2 => format!("preset:{name}"),
        _ => format!("file:{open}"),
    }
}
