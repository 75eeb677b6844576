//! Autoscalers look at their targets every 15 seconds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::api::{EventSource, Generic, Kind, LabelSelector, Object, Pod};
use crate::apiserver::{Change, ChangeType, Key, Status as Answer};
use crate::controllers::horizontal::pace::Memory;
use crate::controllers::horizontal::reconcile::{NoScale, Pass, Scale};
use crate::controllers::horizontal::status::Status;
use crate::controllers::reference_to;
use crate::decision::Reason;
use crate::events::Note;

use super::Cluster;
use super::work::Task;

/// Every rule of the autoscaler's controller.
pub const RULES: &[&str] = &["autoscaler/scale"];

/// `--horizontal-pod-autoscaler-sync-period`
const SYNC_MS: u64 = 15_000;

/// What the controller knows of each autoscaler.
pub(super) type Autoscalers = BTreeMap<Key, (Memory, Status)>;

impl Cluster {
    /// Each autoscaler is looked at 15 seconds after it came, and every 15 seconds from then on. Models enqueueHPA with
    /// NewDefaultHPARateLimiter.
    pub(super) fn route_autoscaler(&mut self, change: &Change) {
        if change.object.kind() != Kind::HorizontalPodAutoscaler {
            return;
        }
        let key = Key::of(change.object.metadata());
        if change.kind == ChangeType::Deleted {
            self.autoscalers.remove(&key);
        } else {
            self.work.add(Task::Autoscaler(key), self.now + SYNC_MS);
        }
    }

    /// One look at one autoscaler. Models reconcileKey.
    pub(super) fn sync_autoscaler(&mut self, key: &Key) {
        let Some(stored) = self.generic(Kind::HorizontalPodAutoscaler, key) else { return };
        let Some(spec) = stored.fields.get("spec").and_then(Value::as_object) else { return };
        self.work.add(Task::Autoscaler(key.clone()), self.now + SYNC_MS);
        let (mut memory, before) = self.autoscalers.remove(key).unwrap_or_default();
        let (target, scale) = match self.target_of(spec, key) {
            Ok((target, scale)) => (Some(target), Ok(scale)),
            Err(error) => (None, Err(error)),
        };
        let replicas = scale.as_ref().map_or(0, |scale| scale.replicas);
        let pods: BTreeSet<&str> =
            scale.iter().flat_map(|scale| &scale.pods).map(|pod| pod.metadata.name.as_str()).collect();
        let is_meant = |pod: &str| pods.contains(pod);
        let measure = |resource: &str, container: &str| self.measure(&key.namespace, &is_meant, resource, container);
        let scale = scale.clone();
        let pass = Pass { spec, namespace: &key.namespace, scale, measure: &measure, now: self.now };
        let done = pass.run(before.clone(), &mut memory);
        if let Some((target, wanted)) = target.zip(done.scale_to) {
            let name = target.metadata().name.clone();
            let why = done.events.last().map(|(_, _, message)| message.clone()).unwrap_or_default();
            let inputs = vec![("before", json!(replicas)), ("after", json!(wanted)), ("why", json!(why))];
            let action = format!("scale {name} from {replicas} to {wanted}");
            let reason = Reason { rule: "autoscaler/scale", inputs, action };
            self.decide("horizontalpodautoscaling", &format!("HorizontalPodAutoscaler/{key}"), reason);
            // It was read a moment ago, and nobody writes in between.
            drop(self.api.update(with_replicas(target, wanted)));
        }
        for (kind, reason, message) in done.events {
            let source = EventSource { component: "horizontal-pod-autoscaler".to_owned(), host: String::new() };
            let object = reference_to(Kind::HorizontalPodAutoscaler, &stored.metadata);
            self.record(Note { object, source, kind, reason: reason.to_owned(), message });
        }
        if done.status != before {
            let mut autoscaler = Generic::clone(&stored);
            autoscaler.fields.insert("status".to_owned(), done.status.to_value());
            drop(self.api.update_status(Object::Generic(Arc::new(autoscaler))));
        }
        self.autoscalers.insert(key.clone(), (memory, done.status));
    }

    /// What an autoscaler scales.
    fn target_of(&self, spec: &Map<String, Value>, key: &Key) -> Result<(Object, Scale), NoScale> {
        let reference = spec.get("scaleTargetRef").cloned().unwrap_or_default();
        let of = |field: &str| reference.get(field).and_then(Value::as_str).unwrap_or_default();
        let (kind, group) = (of("kind"), of("apiVersion").rsplit_once('/').map_or("", |(group, _)| group));
        let known = Kind::ALL.iter().find(|known| known.as_str() == kind && known.group() == group);
        let Some(known) = known.copied() else {
            return Err(NoScale::UnknownKind(format!("no matches for kind {kind:?} in group {group:?}")));
        };
        let store = self.api.store();
        let Some(object) = store.get(known, &Key::new(&*key.namespace, of("name"))) else {
            return Err(NoScale::NotFound(Answer::not_found(known, of("name")).message));
        };
        let (replicas, selector) = match object {
            Object::Deployment(found) => (found.spec.replicas, found.spec.selector.clone()),
            Object::ReplicaSet(found) => (found.spec.replicas, found.spec.selector.clone()),
            Object::Generic(found) if found.fields.get("spec").is_some_and(|spec| spec.get("replicas").is_some()) => {
                let field = |name: &str| found.fields.get("spec").and_then(|spec| spec.get(name)).cloned();
                let replicas = field("replicas").and_then(|replicas| i32::try_from(replicas.as_i64()?).ok());
                let selector = field("selector").and_then(|selector| serde_json::from_value(selector).ok());
                (replicas.unwrap_or(1), selector.unwrap_or_else(LabelSelector::default))
            }
            _ => return Err(NoScale::NotFound("the server could not find the requested resource".to_owned())),
        };
        let pods = store.pods(Some(&key.namespace)).filter(|pod| selector.matches(&pod.metadata.labels));
        let pods: Vec<Arc<Pod>> = pods.cloned().collect();
        Ok((object.clone(), Scale { replicas, pods }))
    }
}

/// The target with another number of pods.
fn with_replicas(mut object: Object, replicas: i32) -> Object {
    match &mut object {
        Object::Deployment(found) => Arc::make_mut(found).spec.replicas = replicas,
        Object::ReplicaSet(found) => Arc::make_mut(found).spec.replicas = replicas,
        Object::Generic(found) => {
            if let Some(Value::Object(spec)) = Arc::make_mut(found).fields.get_mut("spec") {
                spec.insert("replicas".to_owned(), json!(replicas));
            }
        }
        _ => {}
    }
    object
}
