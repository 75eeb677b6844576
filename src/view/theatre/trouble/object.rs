//! Trouble for a Deployment: what it uses is deleted and brought back, a quota or a budget is set. And for what bounds
//! pods: it is deleted. What was deleted is kept in a file before, as one would.

use hellok8s_lab::api::{Deployment, Kind};
use hellok8s_lab::apiserver::Key as StoreKey;
use hellok8s_lab::lab::Lab;
use leptos::prelude::*;
use serde_json::{Map, Value};

use crate::view::i18n::Key;
use crate::view::settings::settings;
use crate::view::side::selection::Selection;
use crate::view::simulation::simulation;

/// The quota that is set here.
const QUOTA: &str = "no-more-pods";
/// Where a pod's spec names a ConfigMap or a Secret: the field that holds the name's object, and the name's field.
const USES: [(&str, &str, Used); 8] = [
    ("configMapKeyRef", "name", Used::ConfigMap),
    ("configMapRef", "name", Used::ConfigMap),
    ("configMap", "name", Used::ConfigMap),
    ("secretKeyRef", "name", Used::Secret),
    ("secretRef", "name", Used::Secret),
    ("secret", "secretName", Used::Secret),
    ("secret", "name", Used::Secret),
    ("imagePullSecrets", "name", Used::Secret),
];
/// Most buttons for what a Deployment uses.
const MOST_USED: usize = 6;

/// What a pod may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Used {
    ConfigMap,
    Secret,
}

impl Used {
    fn kind(self) -> (Kind, &'static str) {
        match self {
            Self::ConfigMap => (Kind::ConfigMap, "ConfigMap"),
            Self::Secret => (Kind::Secret, "Secret"),
        }
    }
}

/// A button: what is said on it, and what it types.
#[derive(Clone, Debug, PartialEq)]
struct Offer {
    key: Key,
    /// What the words are followed by.
    object: String,
    command: String,
}

/// Trouble for the selected object, where there is some.
#[component]
pub fn ObjectTrouble() -> impl IntoView {
    let (settings, simulation) = (settings(), simulation());
    let offers = Memo::new(move |_| {
        simulation.changes.track();
        simulation.file_changes.track();
        let selected = simulation.selected.get()?;
        Some(simulation.with(|lab| offers(&selected, lab)))
    });
    let button = move |offer: Offer| {
        let command = offer.command.clone();
        view! {
            <button type="button" class="button small" title=offer.command on:click=move |_| simulation.command(command.clone())>
                {settings.say(offer.key)}{(!offer.object.is_empty()).then(|| format!(" {}", offer.object))}
            </button>
        }
    };
    let has_some = move || offers.with(|offers| offers.as_ref().is_some_and(|offers| !offers.is_empty()));
    view! {
        <Show when=has_some>
            <div class="trouble" role="group" aria-label=settings.say(Key::Trouble)>
                {move || offers.get().unwrap_or_default().into_iter().map(button).collect_view()}
            </div>
        </Show>
    }
}

fn offers(selected: &Selection, lab: &Lab) -> Vec<Offer> {
    let Selection { kind, namespace, name } = selected;
    match *kind {
        "Deployment" => {
            let key = StoreKey::new(namespace.as_str(), name.as_str());
            lab.cluster()
                .api
                .store()
                .deployment(&key)
                .map_or_else(Vec::new, |deployment| of_deployment(deployment, lab))
        }
        "ResourceQuota" | "LimitRange" | "PodDisruptionBudget" | "HorizontalPodAutoscaler" => vec![Offer {
            key: Key::DeleteIt,
            object: String::new(),
            command: format!("kubectl delete {} {name} -n {namespace}", kind.to_ascii_lowercase()),
        }],
        _ => Vec::new(),
    }
}

fn of_deployment(deployment: &Deployment, lab: &Lab) -> Vec<Offer> {
    let store = lab.cluster().api.store();
    let (namespace, name) = (&deployment.metadata.namespace, &deployment.metadata.name);
    let there = |kind, name: &str| store.get(kind, &StoreKey::new(namespace.as_str(), name)).is_some();
    let mut offers = Vec::new();
    let mut used = Vec::new();
    note_used(deployment.spec.template.spec.raw(), &mut used);
    used.sort();
    used.dedup();
    for (used, object) in used.into_iter().take(MOST_USED) {
        let (kind, word) = used.kind();
        let noun = word.to_ascii_lowercase();
        let file = format!("{object}-{noun}.yaml");
        let said = format!("{word} {object}");
        if there(kind, &object) {
            let command = format!(
                "kubectl get {noun} {object} -n {namespace} -o yaml > {file} && kubectl delete {noun} {object} -n {namespace}"
            );
            offers.push(Offer { key: Key::DeleteUsed, object: said, command });
        } else if lab.files().read(&file).is_some() {
            let command = format!("kubectl create -f {file}");
            offers.push(Offer { key: Key::BringBack, object: said, command });
        }
    }
    let offer = |key, command: String| Offer { key, object: String::new(), command };
    offers.push(if there(Kind::ResourceQuota, QUOTA) {
        offer(Key::RemoveQuota, format!("kubectl delete quota {QUOTA} -n {namespace}"))
    } else {
        let pods = store.pods(Some(namespace)).count();
        offer(Key::SetQuota, format!("kubectl create quota {QUOTA} --hard=pods={pods} -n {namespace}"))
    });
    let selector = &deployment.spec.selector.match_labels;
    let pairs: Vec<String> = selector.iter().map(|(key, value)| format!("{key}={value}")).collect();
    if there(Kind::PodDisruptionBudget, name) {
        offers.push(offer(Key::RemoveBudget, format!("kubectl delete pdb {name} -n {namespace}")));
    } else if !pairs.is_empty() {
        let selector = pairs.join(",");
        let command = format!("kubectl create pdb {name} --selector={selector} --max-unavailable=1 -n {namespace}");
        offers.push(offer(Key::SetBudget, command));
    }
    offers
}

/// The ConfigMaps and Secrets that a part of a pod's spec names.
fn note_used(part: &Map<String, Value>, used: &mut Vec<(Used, String)>) {
    for (field, value) in part {
        for (_, name, kind) in USES.iter().filter(|(holder, ..)| holder == field) {
            let named = |value: &Value| Some((*kind, value.get(*name)?.as_str()?.to_owned()));
            match value {
                Value::Array(items) => used.extend(items.iter().filter_map(named)),
                value => used.extend(named(value)),
            }
        }
        match value {
            Value::Object(inner) => note_used(inner, used),
            Value::Array(items) => {
                items.iter().filter_map(Value::as_object).for_each(|item| note_used(item, used));
            }
            _ => {}
        }
    }
}
