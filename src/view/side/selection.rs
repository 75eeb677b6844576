//! The object that the visitor looks at more closely: what kubectl says of it.

use leptos::prelude::*;

use crate::view::i18n::Key;
use crate::view::icon::Icon;
use crate::view::settings::settings;
use crate::view::simulation::simulation;
use crate::view::theatre::trouble::{NodeTrouble, ObjectTrouble, PodTrouble};

/// An object that was clicked on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// Its kind as in manifests: `Pod`.
    pub kind: &'static str,
    /// Its namespace; empty for what is in none.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl Selection {
    /// What [`hellok8s_lab::decision::Decision::object`] calls it.
    pub fn decision_object(&self) -> String {
        if self.namespace.is_empty() {
            return format!("{}/{}", self.kind, self.name);
        }
        format!("{}/{}/{}", self.kind, self.namespace, self.name)
    }

    fn command(&self, aspect: Aspect) -> String {
        let (kind, name) = (self.kind.to_ascii_lowercase(), &self.name);
        let within = if self.namespace.is_empty() { String::new() } else { format!(" -n {}", self.namespace) };
        match aspect {
            Aspect::Describe => format!("kubectl describe {kind} {name}{within}"),
            Aspect::Events => format!("kubectl events --for {kind}/{name}{within}"),
            Aspect::Yaml => format!("kubectl get {kind} {name}{within} -o yaml"),
            Aspect::Logs => format!("kubectl logs {name}{within} --all-containers --tail=200"),
        }
    }
}

/// What is shown of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aspect {
    Describe,
    Events,
    Yaml,
    Logs,
}

/// What kubectl says of the selected object, renewed every second of simulated time.
#[component]
pub fn Selected() -> impl IntoView {
    let (settings, simulation) = (settings(), simulation());
    let aspect = RwSignal::new(Aspect::Describe);
    let answer = RwSignal::new(String::new());
    let second = Memo::new(move |_| simulation.now_ms.get() / 1000);
    let command = Memo::new(move |_| simulation.selected.get().map(|selected| selected.command(aspect.get())));
    Effect::new(move |_| {
        second.get();
        let Some(line) = command.get() else { return };
        let asked = line.clone();
        simulation.exec(line, move |output| {
            // Another object may have been chosen while the answer was on its way.
            let is_asked = command.with_untracked(|now| now.as_ref() == Some(&asked));
            if is_asked && answer.with_untracked(|old| *old != output) {
                answer.set(output);
            }
        });
    });
    let tab = move |which: Aspect, key: Key| {
        view! {
            <button type="button" class="button small" aria-pressed=move || (aspect.get() == which).to_string()
                on:click=move |_| aspect.set(which)>{settings.say(key)}</button>
        }
    };
    let kind = Memo::new(move |_| simulation.selected.with(|selected| selected.as_ref().map(|selected| selected.kind)));
    let is_pod = move || kind.get() == Some("Pod");
    view! {
        <div class="selected">
            <div class="selected-head">
                <h3>{move || simulation.selected.get().map(|selected| format!("{} {}", selected.kind, selected.name))}</h3>
                <button type="button" class="button small bare" on:click=move |_| simulation.selected.set(None)
                    aria-label=settings.say(Key::Deselect) title=settings.say(Key::Deselect)>{Icon::Close.view()}</button>
                <div class="selected-aspects" role="group" aria-label=settings.say(Key::Aspects)>
                    {tab(Aspect::Describe, Key::Describe)}
                    {tab(Aspect::Events, Key::Events)}
                    {tab(Aspect::Yaml, Key::Yaml)}
                    <Show when=is_pod>{tab(Aspect::Logs, Key::Logs)}</Show>
                </div>
            </div>
            {move || match kind.get() {
                Some("Pod") => view! { <PodTrouble/> }.into_any(),
                Some("Node") => view! { <NodeTrouble/> }.into_any(),
                _ => view! { <ObjectTrouble/> }.into_any(),
            }}
            <pre class="selected-text" tabindex="0">{answer}</pre>
        </div>
    }
}
