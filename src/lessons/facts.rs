//! What a goal's tests are counted on: the objects as they were at a moment, followed along the watch log.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::goal::{Comparison, Filter, Kind, Pattern, Test};
use crate::api::{Endpoint, Kind as ObjectKind, Object, Pod};
use crate::apiserver::ChangeType;
use crate::cluster::{Cluster, WatchEvent};
use crate::controllers::deployment::revision::REVISION;
use crate::network::Traffic;
use crate::process::Files;
use crate::sim::SimTime;
use crate::sorting;

/// The objects at a moment, by uid.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    objects: BTreeMap<String, Object>,
}

/// Kinds that tests speak of.
const KINDS: [ObjectKind; 6] = [
    ObjectKind::Pod,
    ObjectKind::ReplicaSet,
    ObjectKind::Deployment,
    ObjectKind::Service,
    ObjectKind::EndpointSlice,
    ObjectKind::Event,
];

/// What else a test looks at.
pub(super) struct Surroundings<'a> {
    /// Uids of what was there when the step began.
    pub old: &'a BTreeSet<String>,
    pub files: &'a Files,
    pub traffic: &'a Traffic,
    /// Between which moments requests are counted.
    pub span: (SimTime, SimTime),
}

impl Surroundings<'_> {
    /// Requests of the whole seconds of the span, by what became of them.
    fn requests(&self) -> [(&'static str, u64); 3] {
        let (from, to) = (self.span.0.as_ms() / 1000, self.span.1.as_ms() / 1000);
        let seconds = self.traffic.seconds().rev().skip_while(|second| second.at_s >= to);
        let mut sums = [("answered", 0), ("failed", 0), ("lost", 0)];
        for second in seconds.take_while(|second| second.at_s > from) {
            let of = |counts: &[(usize, u32)]| counts.iter().map(|(_, count)| u64::from(*count)).sum();
            let lost = second.lost.iter().map(|count| u64::from(*count)).sum();
            let all: [u64; 3] = [of(&second.answered), of(&second.errors), lost];
            sums.iter_mut().zip(all).for_each(|((_, sum), count)| *sum += count);
        }
        sums
    }
}

/// Something that is counted.
enum Item<'a> {
    Object(&'a Object),
    Endpoint(&'a str, &'a Endpoint),
    File(&'a str, &'a str),
}

impl Facts {
    /// The cluster now.
    pub fn of(cluster: &Cluster) -> Self {
        let objects = KINDS.into_iter().flat_map(|kind| cluster.api.store().list(kind, None));
        Self { objects: sorting::map(objects.map(|object| (object.metadata().uid.clone(), object.clone()))) }
    }

    pub fn uids(&self) -> BTreeSet<String> {
        sorting::set(self.objects.keys().cloned())
    }

    pub fn apply(&mut self, event: &WatchEvent) {
        if !KINDS.contains(&event.object.kind()) {
            return;
        }
        let uid = &event.object.metadata().uid;
        if event.kind == ChangeType::Deleted {
            self.objects.remove(uid);
        } else {
            self.objects.insert(uid.clone(), event.object.clone());
        }
    }

    /// Whether the test holds.
    pub fn holds(&self, test: &Test, around: &Surroundings<'_>) -> bool {
        let fits = |item: Item<'_>| test.filters.iter().all(|filter| self.fits(&item, filter, around));
        let number = match test.kind {
            Kind::Files => around.files.iter().filter(|(name, text)| fits(Item::File(name, text))).count(),
            Kind::Endpoints => {
                self.endpoints().filter(|(service, endpoint)| fits(Item::Endpoint(service, endpoint))).count()
            }
            Kind::Requests => {
                let is_counted = |word: &str| {
                    test.filters.iter().all(|filter| match filter {
                        Filter::Flag(flag, is_wanted) => (flag == word) == *is_wanted,
                        Filter::Field(..) => false,
                    })
                };
                let counted = around.requests().into_iter().filter(|(word, _)| is_counted(word));
                usize::try_from(counted.map(|(_, count)| count).sum::<u64>()).unwrap_or(usize::MAX)
            }
            kind => self.of_kind(kind).filter(|object| fits(Item::Object(object))).count(),
        };
        test.comparison.holds(i64::try_from(number).unwrap_or(i64::MAX), test.number)
    }

    fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Object> {
        let wanted = match kind {
            Kind::Pods => Some(ObjectKind::Pod),
            Kind::ReplicaSets => Some(ObjectKind::ReplicaSet),
            Kind::Deployments => Some(ObjectKind::Deployment),
            Kind::Services => Some(ObjectKind::Service),
            Kind::Events => Some(ObjectKind::Event),
            Kind::Endpoints | Kind::Files | Kind::Requests => None,
        };
        self.objects.values().filter(move |object| Some(object.kind()) == wanted)
    }

    fn endpoints(&self) -> impl Iterator<Item = (&str, &Endpoint)> {
        self.objects.values().flat_map(|object| {
            let Object::EndpointSlice(slice) = object else { return Vec::new() };
            let service = slice.metadata.controller().map_or("", |owner| owner.name.as_str());
            slice.endpoints.iter().map(|endpoint| (service, &**endpoint)).collect()
        })
    }

    fn fits(&self, item: &Item<'_>, filter: &Filter, around: &Surroundings<'_>) -> bool {
        match filter {
            Filter::Flag(word, is_wanted) => self.flag(item, word, around) == *is_wanted,
            Filter::Field(name, comparison, value) => {
                compares(&self.field(item, name).unwrap_or_default(), *comparison, value)
            }
        }
    }

    fn flag(&self, item: &Item<'_>, word: &str, around: &Surroundings<'_>) -> bool {
        match item {
            Item::File(..) => false,
            Item::Endpoint(_, endpoint) => match word {
                "ready" => endpoint.ready,
                "serving" => endpoint.serving,
                _ => endpoint.terminating,
            },
            Item::Object(object) => match (word, object) {
                ("old", object) => around.old.contains(&object.metadata().uid),
                ("new", object) => !around.old.contains(&object.metadata().uid),
                ("ready", Object::Pod(pod)) => pod.is_ready() && pod.is_active(),
                ("active", Object::Pod(pod)) => pod.is_active(),
                ("terminating", Object::Pod(pod)) => pod.metadata.deletion_timestamp.is_some(),
                ("current", Object::ReplicaSet(_)) => self.is_current(object),
                ("paused", Object::Deployment(deployment)) => deployment.spec.paused,
                ("complete", Object::Deployment(deployment)) => {
                    let (spec, status) = (&deployment.spec, &deployment.status);
                    status.observed_generation >= deployment.metadata.generation
                        && [status.updated_replicas, status.replicas, status.available_replicas]
                            .iter()
                            .all(|number| *number == spec.replicas)
                }
                (path, object) => at_path(object, path).is_some_and(|value| is_true(&value)),
            },
        }
    }

    /// Whether a ReplicaSet is the one of its Deployment with the highest revision.
    fn is_current(&self, set: &Object) -> bool {
        let owner = |object: &Object| object.metadata().controller().map(|owner| owner.uid.clone());
        let siblings = self.of_kind(Kind::ReplicaSets).filter(|other| owner(other) == owner(set));
        siblings.map(revision).max() == Some(revision(set))
    }

    fn field(&self, item: &Item<'_>, name: &str) -> Option<String> {
        match (item, name) {
            (Item::File(path, _), "name") => Some((*path).to_owned()),
            (Item::File(_, text), _) => Some((*text).to_owned()),
            (Item::Endpoint(service, _), "service") => Some((*service).to_owned()),
            (Item::Endpoint(_, endpoint), "address") => Some(endpoint.address.clone()),
            (Item::Endpoint(_, endpoint), _) => Some(endpoint.target_ref.name.clone()),
            (Item::Object(object), "name") => Some(object.metadata().name.clone()),
            (Item::Object(object), name) => self.object_field(object, name).or_else(|| match at_path(object, name)? {
                Value::String(text) => Some(text),
                other => Some(other.to_string()),
            }),
        }
    }

    fn object_field(&self, object: &Object, name: &str) -> Option<String> {
        let number = match (object, name) {
            (Object::ReplicaSet(_) | Object::Deployment(_), "revision") => revision(object),
            (Object::Pod(pod), "revision") => {
                let owner = pod.metadata.controller()?;
                revision(self.objects.get(&owner.uid)?)
            }
            (Object::Pod(pod), "restarts") => {
                pod.status.container_statuses.iter().map(|status| i64::from(status.restart_count)).sum()
            }
            (Object::ReplicaSet(set), "replicas") => set.spec.replicas.into(),
            (Object::ReplicaSet(set), "pods") => set.status.replicas.into(),
            (Object::ReplicaSet(set), "ready") => set.status.ready_replicas.into(),
            (Object::ReplicaSet(set), "available") => set.status.available_replicas.into(),
            (Object::Deployment(deployment), "replicas") => deployment.spec.replicas.into(),
            (Object::Deployment(deployment), "pods") => deployment.status.replicas.into(),
            (Object::Deployment(deployment), "updated") => deployment.status.updated_replicas.into(),
            (Object::Deployment(deployment), "ready") => deployment.status.ready_replicas.into(),
            (Object::Deployment(deployment), "available") => deployment.status.available_replicas.into(),
            (Object::Deployment(deployment), "unavailable") => deployment.status.unavailable_replicas.into(),
            (Object::Event(event), "count") => event.count.into(),
            _ => return text_field(object, name),
        };
        Some(number.to_string())
    }
}

fn text_field(object: &Object, name: &str) -> Option<String> {
    let spec = match object {
        Object::Pod(pod) => Some(&pod.spec),
        Object::ReplicaSet(set) => Some(&set.spec.template.spec),
        Object::Deployment(deployment) => Some(&deployment.spec.template.spec),
        _ => None,
    };
    match (object, name) {
        (_, "image") => Some(spec?.containers.first()?.image.clone()),
        (Object::Pod(pod), "status") => Some(status_word(pod)),
        (Object::Event(event), "reason") => Some(event.reason.clone()),
        (Object::Event(event), "message") => Some(event.message.clone()),
        (Object::Event(event), "type") => Some(event.kind.as_str().to_owned()),
        (Object::Event(event), "object") => {
            Some(format!("{}/{}", event.involved_object.kind, event.involved_object.name))
        }
        _ => None,
    }
}

/// What the STATUS column tells of a pod with one container.
fn status_word(pod: &Pod) -> String {
    if pod.metadata.deletion_timestamp.is_some() {
        return "Terminating".to_owned();
    }
    let state = pod.status.container_statuses.first().map(|status| &status.state);
    let waiting = state.and_then(|state| state.waiting.as_ref()).map(|waiting| &waiting.reason);
    let ended = state.and_then(|state| state.terminated.as_ref()).map(|ended| &ended.reason);
    let reason = waiting.or(ended).filter(|reason| !reason.is_empty());
    reason.cloned().unwrap_or_else(|| pod.status.phase.as_str().to_owned())
}

fn revision(object: &Object) -> i64 {
    object.metadata().annotations.get(REVISION).and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// The value at a path such as `spec.template.spec.containers.0.image`; `condition.TYPE.reason` leads to a condition.
fn at_path(object: &Object, path: &str) -> Option<Value> {
    let whole = object.to_value();
    let mut parts = path.split('.').peekable();
    let mut value = &whole;
    if parts.next_if_eq(&"condition").is_some() {
        let kind = parts.next()?;
        let conditions = whole.get("status")?.get("conditions")?.as_array()?;
        value = conditions.iter().find(|condition| condition.get("type").and_then(Value::as_str) == Some(kind))?;
    }
    for part in parts {
        value = match part.parse::<usize>() {
            Ok(index) if value.is_array() => value.get(index)?,
            _ => value.get(part)?,
        };
    }
    Some(value.clone())
}

fn is_true(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false))
}

fn compares(found: &str, comparison: Comparison, wanted: &Pattern) -> bool {
    match comparison {
        Comparison::Equal => wanted.fits(found),
        Comparison::Unequal => !wanted.fits(found),
        _ => match (found.parse(), wanted.0.parse()) {
            (Ok(found), Ok(wanted)) => comparison.holds(found, wanted),
            _ => false,
        },
    }
}
