//! Who has set which field: `metadata.managedFields`.
//!
//! Only requests of users are written down. What controllers, the kubelet and the server itself did since then is what the
//! object has now and had not then; it is worked out when somebody asks. So the simulation's own writes cost nothing.
//!
//! Models apimachinery/pkg/util/managedfields.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{ApiServer, Key};
use crate::api::managed::{self, Comparison, FieldSet, Path, path_text};
use crate::api::schema::as_typed;
use crate::api::well_known::LAST_APPLIED;
use crate::api::{Kind, Object, Pod, Time};
use crate::sorting;

/// So many managers that write are told apart; the oldest become one. Models DefaultMaxUpdateManagers.
const MOST_UPDATERS: usize = 10;
const OLDEST_UPDATERS: &str = "ancient-changes";

/// How a manager came to its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// By server-side apply.
    Apply,
    /// By any other write.
    Update,
}

impl Operation {
    fn as_str(self) -> &'static str {
        match self {
            Self::Apply => "Apply",
            Self::Update => "Update",
        }
    }
}

/// What tells managers apart. Models BuildManagerIdentifier.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Manager {
    /// `--field-manager`.
    pub name: String,
    /// How it writes.
    pub operation: Operation,
    /// Where it writes; empty for the object itself.
    pub subresource: &'static str,
}

/// A manager's fields, and when they last changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Managed {
    pub(super) fields: FieldSet,
    pub(super) time: Option<Time>,
}

/// The managers of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Managers(pub(super) BTreeMap<Manager, Managed>);

/// Managers as they were after a request, and the object that they were of.
#[derive(Clone, Debug)]
pub(super) struct Noted {
    managers: Managers,
    object: Object,
}

impl Noted {
    /// Whether it is this very object that was noted.
    pub(super) fn is_of(&self, object: &Object) -> bool {
        self.object.metadata().uid == object.metadata().uid
    }
}

/// Fields that nobody manages. Models stripmeta.go.
const STRIPPED: [&[&str]; 11] = [
    &["apiVersion"],
    &["kind"],
    &["metadata"],
    &["metadata", "name"],
    &["metadata", "namespace"],
    &["metadata", "creationTimestamp"],
    &["metadata", "selfLink"],
    &["metadata", "uid"],
    &["metadata", "generation"],
    &["metadata", "managedFields"],
    &["metadata", "resourceVersion"],
];

/// What a deletion writes does not go by a manager.
const DELETION: [&[&str]; 2] = [&["metadata", "deletionTimestamp"], &["metadata", "deletionGracePeriodSeconds"]];

/// What admission adds to a pod is nobody's.
const ADMITTED: [&[&str]; 5] = [
    &["spec", "priority"],
    &["spec", "preemptionPolicy"],
    &["spec", "serviceAccount"],
    &["spec", "serviceAccountName"],
    &["spec", "tolerations"],
];

/// A pod without its token and its node: what binds it is no write of the pod.
fn as_created(object: &Object) -> Object {
    match object {
        Object::Pod(pod) => {
            let mut pod = Pod::clone(pod);
            pod.node_name.clear();
            pod.token_volume.clear();
            Object::Pod(Arc::new(pod))
        }
        other => other.clone(),
    }
}

fn all_of(paths: &[&[&str]]) -> FieldSet {
    paths.iter().fold(FieldSet::default(), |all, path| all.union(&FieldSet::of(path)))
}

pub(super) fn stripped(fields: &FieldSet) -> FieldSet {
    fields.difference(&all_of(&STRIPPED))
}

/// The fields that a request to this place can write. Models the strategies' GetResetFields.
pub(super) fn writable(subresource: &str, name: &str) -> bool {
    (name == "status") == (subresource == "status") || name == "metadata" && subresource != "status"
}

impl Managers {
    /// Whether nobody manages anything.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names of those that own the annotation of `kubectl apply`. Models csaupgrade.FindFieldsOwners.
    pub fn owners_of_last_applied(&self, operation: Operation) -> Vec<String> {
        let field = FieldSet::of(&["metadata", "annotations", LAST_APPLIED]);
        let owners = self.0.iter().filter(|(manager, managed)| {
            manager.operation == operation && field.difference(&managed.fields).is_empty()
        });
        owners.map(|(manager, _)| manager.name.clone()).collect()
    }

    /// `metadata.managedFields`. Models managedfields.go encodeManagedFields and sortEncodedManagedFields.
    pub fn to_value(&self, kind: Kind) -> Value {
        let mut all: Vec<(&Manager, &Managed)> = self.0.iter().collect();
        sorting::sort_by_key(&mut all, |(manager, managed)| {
            (manager.operation, managed.time, manager.name.clone(), manager.subresource)
        });
        let entry = |(manager, managed): (&Manager, &Managed)| {
            let mut entry = Map::new();
            entry.insert("apiVersion".into(), json!(kind.api_version()));
            entry.insert("fieldsType".into(), json!("FieldsV1"));
            entry.insert("fieldsV1".into(), managed.fields.to_value());
            entry.insert("manager".into(), json!(manager.name));
            entry.insert("operation".into(), json!(manager.operation.as_str()));
            if !manager.subresource.is_empty() {
                entry.insert("subresource".into(), json!(manager.subresource));
            }
            if let Some(time) = managed.time {
                entry.insert("time".into(), json!(time.to_string()));
            }
            Value::Object(entry)
        };
        all.into_iter().map(entry).collect()
    }

    /// A write by `manager` that has changed the object so. Models Updater.Update and ManagedFieldsUpdater.Update.
    pub(super) fn update(&mut self, manager: Manager, changed: &Comparison, time: Option<Time>) {
        let changed = changed.top(|name| writable(manager.subresource, name));
        self.take_away(&changed, None);
        let own = stripped(&changed.written());
        if !own.is_empty() {
            let known = self.0.remove(&manager).map(|managed| managed.fields).unwrap_or_default();
            self.0.insert(manager, Managed { fields: known.union(&own), time });
        }
        self.cap();
    }

    /// Takes from all but one what has been written or removed. Models Updater.update.
    pub(super) fn take_away(&mut self, changed: &Comparison, but: Option<&Manager>) {
        let gone = changed.written().union(&changed.removed);
        for (manager, managed) in &mut self.0 {
            if Some(manager) != but {
                managed.fields = managed.fields.difference(&gone);
            }
        }
        self.0.retain(|_, managed| !managed.fields.is_empty());
    }

    /// The fields of others that a change would take. Models merge.ConflictsFromManagers.
    pub(super) fn conflicts(&self, changed: &Comparison, but: &Manager) -> Vec<(Manager, Path)> {
        let written = changed.written();
        let mut conflicts = Vec::new();
        for (manager, managed) in self.0.iter().filter(|(manager, _)| *manager != but) {
            let paths = managed.fields.intersection(&written).paths();
            conflicts.extend(paths.into_iter().map(|path| (manager.clone(), path)));
        }
        conflicts
    }

    /// Models capmanagers.go.
    fn cap(&mut self) {
        let mut updaters: Vec<Manager> = Vec::new();
        updaters.extend(self.0.keys().filter(|manager| manager.operation == Operation::Update).cloned());
        if updaters.len() <= MOST_UPDATERS {
            return;
        }
        sorting::sort_by_key(&mut updaters, |manager| {
            (self.0.get(manager).and_then(|managed| managed.time), manager.clone())
        });
        updaters.truncate(updaters.len() - MOST_UPDATERS + 1);
        let mut oldest = Managed { fields: FieldSet::default(), time: None };
        for manager in updaters {
            if let Some(managed) = self.0.remove(&manager) {
                oldest = Managed { fields: oldest.fields.union(&managed.fields), time: managed.time };
            }
        }
        let bucket = Manager { name: OLDEST_UPDATERS.to_owned(), operation: Operation::Update, subresource: "" };
        self.0.insert(bucket, oldest);
    }

    /// Gives what `from` has by updates to `to`, which applies. Models csaupgrade.UpgradeManagedFields.
    fn upgrade(&mut self, from: &str, to: &str) {
        let updater = Manager { name: from.to_owned(), operation: Operation::Update, subresource: "" };
        let applier = Manager { name: to.to_owned(), operation: Operation::Apply, subresource: "" };
        if let Some(managed) = self.0.remove(&updater) {
            let known = self.0.remove(&applier);
            let time = known.as_ref().map_or(managed.time, |known| known.time);
            let fields = known.map(|known| known.fields).unwrap_or_default().union(&managed.fields);
            self.0.insert(applier, Managed { fields, time });
        }
    }
}

/// `"kubectl-edit" using apps/v1`. Models conflict.go printManager.
pub(super) fn manager_text(kind: Kind, manager: &Manager) -> String {
    let mut text = format!("{:?}", manager.name);
    if !manager.subresource.is_empty() {
        text.push_str(&format!(" with subresource {:?}", manager.subresource));
    }
    if manager.operation == Operation::Update {
        text.push_str(&format!(" using {}", kind.api_version()));
    }
    text
}

/// Models conflict.go getConflictMessage.
pub(super) fn conflict_message(kind: Kind, conflicts: &[(Manager, Path)]) -> String {
    if let [(manager, path)] = conflicts {
        return format!(
            "Apply failed with 1 conflict: conflict with {}: {}",
            manager_text(kind, manager),
            path_text(path)
        );
    }
    let mut lines = Vec::new();
    for group in conflicts.chunk_by(|one, other| one.0 == other.0) {
        lines.extend(group.first().map(|(manager, _)| format!("conflicts with {}:", manager_text(kind, manager))));
        lines.extend(group.iter().map(|(_, path)| format!("- {}", path_text(path))));
    }
    format!("Apply failed with {} conflicts: {}", conflicts.len(), lines.join("\n"))
}

/// An object of which nothing is set, as the API server begins with.
pub(super) fn empty(kind: Kind) -> Value {
    as_typed(kind, &json!({"apiVersion": kind.api_version(), "kind": kind.as_str(), "metadata": {}}))
}

/// Who else than users writes to objects of this kind, where, and which fields at the top.
fn machinery(kind: Kind, is_owned: bool) -> [(&'static str, &'static str); 2] {
    let status = if matches!(kind, Kind::Pod | Kind::Node) { "kubelet" } else { "kube-controller-manager" };
    let main = match kind {
        Kind::Node => "kubelet",
        Kind::Namespace | Kind::Service | Kind::PriorityClass if !is_owned => "kube-apiserver",
        _ => "kube-controller-manager",
    };
    [(main, ""), (status, "status")]
}

impl ApiServer {
    /// Who manages which fields of an object.
    pub fn managers(&self, object: &Object) -> Managers {
        let (kind, metadata) = (object.kind(), object.metadata());
        let noted = self.managed.get(&(kind, Key::of(metadata)));
        let noted = noted.filter(|noted| noted.is_of(object));
        let (mut managers, before) = match noted {
            Some(noted) if noted.object == *object => return noted.managers.clone(),
            Some(noted) => (noted.managers.clone(), as_typed(kind, &noted.object.to_value())),
            None => (Managers::default(), empty(kind)),
        };
        let now = as_created(object).to_value();
        let mut changed = managed::compare(kind, &before, &as_typed(kind, &now));
        changed.added = changed.added.difference(&all_of(&DELETION));
        if kind == Kind::Pod {
            changed.added = changed.added.difference(&all_of(&ADMITTED));
            if noted.is_some() {
                changed = changed.top(|name| name != "spec");
            }
        }
        for (name, subresource) in machinery(kind, !metadata.owner_references.is_empty()) {
            let time = if subresource.is_empty() { metadata.creation_timestamp } else { newest(now.get("status")) };
            let time = time.or(metadata.creation_timestamp);
            let mut part = changed.top(|name| (name == "status") == (subresource == "status"));
            // A Deployment's annotations travel with its status, and its replicas are changed by scaling it.
            if kind == Kind::Deployment && noted.is_some() {
                let travels = |top: &str| (subresource == "status") == (top == "status" || top == "metadata");
                part = changed.top(travels);
                let scaled = part.top(|top| top == "spec");
                let manager = Manager { name: name.to_owned(), operation: Operation::Update, subresource: "scale" };
                managers.update(manager, &scaled, time);
                part = part.top(|top| top != "spec");
            }
            managers.note_machinery(name, subresource, &part, time);
        }
        managers
    }

    /// Notes who manages what after a user's write. `given` is what the request made of `live`, before admission.
    pub(super) fn note_write(
        &mut self,
        name: &str,
        subresource: &'static str,
        (live, given): (Option<&Object>, &Value),
        stored: &Object,
    ) {
        let kind = stored.kind();
        let mut managers = live.map(|live| self.managers(live)).unwrap_or_default();
        // Of an object that nobody manages nothing is noted until somebody applies it. Models skipnonapplied.go.
        if live.is_some() && managers.is_empty() {
            return self.note_managers(managers, stored);
        }
        let before = live.map_or_else(|| empty(kind), |live| as_typed(kind, &live.to_value()));
        let changed = managed::compare(kind, &before, &as_typed(kind, given));
        let manager = Manager { name: name.to_owned(), operation: Operation::Update, subresource };
        managers.update(manager, &changed, Some(Time::from_sim(self.now)));
        self.note_managers(managers, stored);
    }

    pub(super) fn note_managers(&mut self, managers: Managers, stored: &Object) {
        let place = (stored.kind(), Key::of(stored.metadata()));
        if self.store.get(place.0, &place.1).is_some() {
            self.managed.insert(place, Arc::new(Noted { managers, object: stored.clone() }));
        }
    }

    /// Gives the fields that kubectl set by its own `apply` to the manager that applies on the server; whether there were
    /// any. Models csaupgrade.UpgradeManagedFieldsPatch, which kubectl sends as a JSON patch.
    pub fn upgrade_managers(&mut self, kind: Kind, key: &Key, to: &str) -> bool {
        let Some(object) = self.store.get(kind, key).cloned() else { return false };
        let mut managers = self.managers(&object);
        let before = managers.clone();
        for from in managers.owners_of_last_applied(Operation::Update) {
            managers.upgrade(&from, to);
        }
        let changed = managers != before;
        if changed {
            self.note_managers(managers, &object);
        }
        changed
    }
}

impl Managers {
    fn note_machinery(&mut self, name: &str, subresource: &'static str, changed: &Comparison, time: Option<Time>) {
        let manager = Manager { name: name.to_owned(), operation: Operation::Update, subresource };
        self.take_away(changed, None);
        let own = stripped(&changed.written());
        if !own.is_empty() {
            let known = self.0.remove(&manager).map(|managed| managed.fields).unwrap_or_default();
            self.0.insert(manager, Managed { fields: known.union(&own), time });
        }
    }
}

/// The newest moment in a status.
fn newest(value: Option<&Value>) -> Option<Time> {
    match value? {
        Value::String(text) => Time::parse(text),
        Value::Array(list) => list.iter().filter_map(|item| newest(Some(item))).max(),
        Value::Object(fields) => fields.values().filter_map(|item| newest(Some(item))).max(),
        _ => None,
    }
}
