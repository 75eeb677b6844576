//! Quotas are counted, budgets are kept, evictions are judged.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::api::resources::{ResourceList, resource_list};
use crate::api::{EventSource, EventType, Generic, Kind, Object, Pod, Time};
use crate::apiserver::quota::{self, Quota};
use crate::apiserver::{Change, ChangeType, DeleteOptions, Key, Status};
use crate::controllers::disruption::{self, Budget, EvictionVerdict};
use crate::controllers::reference_to;
use crate::decision::Reason;
use crate::events::Note;

use super::Cluster;
use super::work::Task;

/// Every rule of the quota and the disruption controller.
pub const RULES: &[&str] = &["quota/count", "budget/count", "budget/refuse"];

impl Cluster {
    pub(super) fn generic(&self, kind: Kind, key: &Key) -> Option<Arc<Generic>> {
        match self.api.store().get(kind, key)? {
            Object::Generic(found) => Some(Arc::clone(found)),
            _ => None,
        }
    }

    /// Which quotas and budgets a change concerns. Models the informers of the two controllers.
    pub(super) fn route_gates(&mut self, change: &Change) {
        let metadata = change.object.metadata();
        match change.object.kind() {
            Kind::ResourceQuota if change.kind != ChangeType::Deleted => {
                return self.enqueue(Task::Quota(Key::of(metadata)));
            }
            Kind::PodDisruptionBudget if change.kind != ChangeType::Deleted => {
                return self.enqueue(Task::Budget(Key::of(metadata)));
            }
            Kind::Event => return,
            _ => {}
        }
        let phase = |object: &Object| match object {
            Object::Pod(pod) => pod.status.phase.is_terminal(),
            _ => false,
        };
        let has_ended = phase(&change.object) && !change.old.as_ref().is_some_and(phase);
        if change.kind == ChangeType::Deleted || has_ended {
            let quotas = self.api.store().list(Kind::ResourceQuota, Some(&metadata.namespace));
            let keys: Vec<Key> = quotas.map(|quota| Key::of(quota.metadata())).collect();
            keys.into_iter().for_each(|key| self.enqueue(Task::Quota(key)));
        }
        if let Object::Pod(pod) = &change.object {
            let concerned = self.budgets_of(&pod.metadata.namespace).into_iter().filter(|budget| budget.covers(pod));
            let keys: Vec<Key> = concerned.map(|budget| Key::new(&*budget.namespace, &*budget.name)).collect();
            keys.into_iter().for_each(|key| self.enqueue(Task::Budget(key)));
        }
    }

    /// Counts what is used of a quota. Models pkg/controller/resourcequota syncResourceQuota.
    pub(super) fn sync_quota(&mut self, key: &Key) {
        let Some(stored) = self.generic(Kind::ResourceQuota, key) else { return };
        let quota = Quota::read(&key.name, &stored.fields);
        let hard: ResourceList = resource_list(stored.fields.get("spec").and_then(|spec| spec.get("hard")));
        let store = self.api.store();
        let kinds = self.api.kinds().into_iter().filter(|kind| !kind.is_cluster_scoped() && *kind != Kind::Event);
        let objects: Vec<(Kind, Value)> = kinds
            .flat_map(|kind| store.list(kind, Some(&key.namespace)).map(move |object| (kind, object.to_value())))
            .collect();
        let objects: Vec<(&str, &str, &Value)> =
            objects.iter().map(|(kind, value)| (kind.plural(), kind.group(), value)).collect();
        let used = quota::recount(&quota, &hard, &objects, Time::from_sim(self.now));
        if self.api.write_usage(&stored, &hard, &used) {
            let amounts = |list: &ResourceList| {
                list.iter().map(|(name, amount)| format!("{name}={amount}")).collect::<Vec<_>>().join(", ")
            };
            let inputs = vec![("used", json!(amounts(&used))), ("hard", json!(amounts(&hard)))];
            let action = format!("count what is used of quota {}", key.name);
            self.decide(
                "resourcequota",
                &format!("ResourceQuota/{key}"),
                Reason { rule: "quota/count", inputs, action },
            );
        }
    }

    fn budgets_of(&self, namespace: &str) -> Vec<Budget> {
        let budgets = self.api.store().list(Kind::PodDisruptionBudget, Some(namespace));
        let read = |object: &Object| match object {
            Object::Generic(found) => {
                let metadata = &found.metadata;
                Some(Budget::read(&metadata.namespace, &metadata.name, metadata.generation, &found.fields))
            }
            _ => None,
        };
        budgets.filter_map(read).collect()
    }

    /// Counts a budget's pods. Models pkg/controller/disruption sync.
    pub(super) fn sync_budget(&mut self, key: &Key) {
        let Some(stored) = self.generic(Kind::PodDisruptionBudget, key) else { return };
        let budget = Budget::read(&key.namespace, &key.name, stored.metadata.generation, &stored.fields);
        let pods: Vec<Arc<Pod>> = self.api.store().pods(Some(&key.namespace)).cloned().collect();
        let done = disruption::sync(&budget, &pods, &|pod| self.scale_of(pod), Time::from_sim(self.now));
        for (kind, reason, message) in done.events {
            self.tell_of_budget(reference_to(Kind::PodDisruptionBudget, &stored.metadata), kind, reason, message);
        }
        for (name, message) in done.not_deleted {
            if let Some(pod) = pods.iter().find(|pod| pod.metadata.name == name) {
                let about = reference_to(Kind::Pod, &pod.metadata);
                self.tell_of_budget(about, EventType::Warning, "NotDeleted", message);
            }
        }
        if let Some(at) = done.recheck_at {
            self.work.add_later(Task::Budget(key.clone()), at.to_sim() + 1000);
        }
        let Some(status) = done.status else { return };
        let inputs = vec![
            ("healthy", json!(status.current_healthy)),
            ("desired", json!(status.desired_healthy)),
            ("expected", json!(status.expected)),
            ("allowed", json!(status.allowed)),
        ];
        self.write_budget(&stored, &status);
        let action = format!("{} disruptions allowed", status.allowed);
        self.decide(
            "disruption",
            &format!("PodDisruptionBudget/{key}"),
            Reason { rule: "budget/count", inputs, action },
        );
    }

    fn write_budget(&mut self, stored: &Arc<Generic>, status: &disruption::Status) {
        let mut budget = Generic::clone(stored);
        budget.fields.insert("status".to_owned(), status.to_value());
        // Nobody else writes between the reading and this.
        drop(self.api.update_status(Object::Generic(Arc::new(budget))));
    }

    /// Uid and size of what controls a pod. Models the disruption controller's finders.
    fn scale_of(&self, pod: &Pod) -> Result<Option<(String, i64)>, String> {
        let Some(owner) = pod.metadata.controller() else { return Ok(None) };
        let store = self.api.store();
        let key = Key::new(pod.metadata.namespace.as_str(), owner.name.as_str());
        let generic = |kind: Kind| {
            let found = self.generic(kind, &key).filter(|found| found.metadata.uid == owner.uid)?;
            let size = found.fields.get("spec").and_then(|spec| spec.get("replicas")?.as_i64()).unwrap_or(1);
            Some((found.metadata.uid.clone(), size))
        };
        let group = owner.api_version.rsplit_once('/').map_or("", |(group, _)| group);
        Ok(match (owner.kind.as_str(), group) {
            ("ReplicaSet", "apps" | "extensions") => {
                store.replica_set(&key).filter(|set| set.metadata.uid == owner.uid).map(|set| {
                    let above = set.metadata.controller().and_then(|above| {
                        let key = Key::new(pod.metadata.namespace.as_str(), above.name.as_str());
                        store.deployment(&key).filter(|found| found.metadata.uid == above.uid)
                    });
                    match above {
                        Some(deployment) => (deployment.metadata.uid.clone(), i64::from(deployment.spec.replicas)),
                        None => (set.metadata.uid.clone(), i64::from(set.spec.replicas)),
                    }
                })
            }
            ("Deployment", "apps") => {
                store.deployment(&key).map(|found| (found.metadata.uid.clone(), i64::from(found.spec.replicas)))
            }
            ("StatefulSet", "apps") => generic(Kind::StatefulSet),
            ("ReplicationController", "") => generic(Kind::ReplicationController),
            (kind, group) => {
                let known = Kind::ALL.iter().find(|known| known.as_str() == kind && known.group() == group);
                let Some(known) = known else {
                    return Err(format!("no matches for kind {kind:?} in version {:?}", owner.api_version));
                };
                let of_group = if group.is_empty() { String::new() } else { format!(".{group}") };
                return Err(format!("{}{of_group} does not implement the scale subresource", known.plural()));
            }
        })
    }

    fn tell_of_budget(&mut self, object: crate::api::ObjectReference, kind: EventType, reason: &str, message: String) {
        let source = EventSource { component: "controllermanager".to_owned(), host: String::new() };
        self.record(Note { object, source, kind, reason: reason.to_owned(), message });
    }

    /// Evicts a pod, unless a budget does not allow it. Models EvictionREST.Create.
    ///
    /// # Errors
    /// `NotFound`; `TooManyRequests` when a budget does not allow it now; 500 when several budgets cover the pod.
    pub(super) fn evict_pod(&mut self, key: &Key, options: &DeleteOptions, dry_run: bool) -> Result<(), Status> {
        let Ok(Object::Pod(pod)) = self.api.get(Kind::Pod, key).cloned() else {
            return Err(Status::not_found(Kind::Pod, &key.name));
        };
        let budgets = self.budgets_of(&key.namespace);
        match disruption::judge(&pod, &budgets, dry_run, Time::from_sim(self.now)) {
            EvictionVerdict::TooManyRequests(message, why, _) => {
                let inputs = vec![("pod", json!(key.name.to_string())), ("why", json!(why))];
                let action = format!("{} stays", key.name);
                self.decide("disruption", &format!("Pod/{key}"), Reason { rule: "budget/refuse", inputs, action });
                Err(Status::too_many_requests(message, why))
            }
            // Kubernetes leaves the plural out here.
            EvictionVerdict::Forbidden(why) => Err(Status::forbidden_message(format!(
                "poddisruptionbudget.policy \"{}\" is forbidden: {why}",
                budgets.iter().find(|budget| budget.covers(&pod)).map_or("", |budget| budget.name.as_str())
            ))),
            EvictionVerdict::Unsupported(message) => Err(Status::internal(message.to_owned())),
            EvictionVerdict::Evict(_) if dry_run => Ok(()),
            EvictionVerdict::Evict(charged) => {
                for (name, status) in charged {
                    if let Some(stored) = self.generic(Kind::PodDisruptionBudget, &Key::new(&*key.namespace, &*name)) {
                        self.write_budget(&stored, &status);
                    }
                }
                self.api.delete_evicted(&pod, options).map(drop)
            }
        }
    }
}
