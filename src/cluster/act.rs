//! Acting: who looks at what when its time has come, with what it reads.

use std::sync::Arc;

use crate::api::{Deployment, EventSource, EventType, Kind, Object, Pod, ReplicaSet, StrategyType};
use crate::apiserver::{Key, NODE};
use crate::controllers::{deployment, endpoints, garbage_collection, reference_to, replica_set};
use crate::events::{EventWrite, Note};
use crate::scheduler::{self, Placement};
use crate::sorting;

use super::Cluster;
use super::work::Task;

/// A Deployment that fails this often in a row is left alone until something changes.
/// Models pkg/controller/deployment maxRetries.
const MAX_DEPLOYMENT_RETRIES: u32 = 15;
/// A pod that found no place is tried again after this long though nothing has changed.
/// Models the scheduler's podMaxInUnschedulablePodsDuration.
const SCHEDULING_RETRY_MS: u64 = 300_000;

impl Cluster {
    pub(super) fn run_task(&mut self, task: &Task) {
        match task {
            Task::Schedule(key) => self.schedule(key),
            Task::Deployment(key) => self.sync_deployment(key, task),
            Task::ReplicaSet(key) => self.sync_replica_set(key, task),
            Task::Endpoints(key) => self.sync_endpoints(key),
            Task::CollectOrphans(uid) => {
                let wanted = garbage_collection::collect_orphans(self.api.store(), uid);
                self.collect(wanted);
            }
            Task::CollectDependents(kind, key) => {
                if let Some(owner) = self.api.store().get(*kind, key).cloned() {
                    let wanted = garbage_collection::collect_dependents(self.api.store(), &owner);
                    self.collect(wanted);
                }
            }
            Task::Namespace(key) => self.empty_namespace(key),
            Task::NodeHealth => self.sync_node_health(),
            Task::Evict(key) => self.evict(key),
        }
    }

    fn sync_deployment(&mut self, key: &Key, task: &Task) {
        let Some(deployment) = self.api.store().deployment(key).map(Arc::clone) else { return };
        let template_hash = self.template_hash(&deployment);
        let store = self.api.store();
        let replica_sets: Vec<_> = store.replica_sets(Some(&key.namespace)).cloned().collect();
        // Only Recreate asks after the pods.
        let asks = deployment.spec.strategy.kind == StrategyType::Recreate;
        let pods = if asks { self.pods_of(&deployment, &replica_sets) } else { Vec::new() };
        let input = deployment::Input {
            deployment: &deployment,
            replica_sets: &replica_sets,
            pods: &pods,
            template_hash: &template_hash,
            version: self.config.version,
        };
        let plan = deployment::sync(&input, self.now);
        let now = self.now;
        let outcome = self.perform("deployment", &format!("Deployment/{key}"), plan, task);
        if let Err(failure) = outcome {
            if failure.status.is_namespace_terminating() {
                self.work.forget_failures(task);
                return;
            }
            if let Some(set) = &failure.creating {
                let plan = deployment::creation_failed(&input, set, &failure.status.message, now);
                let _given_up = self.perform("deployment", &format!("Deployment/{key}"), plan, task);
            }
            if self.work.failures(task) < MAX_DEPLOYMENT_RETRIES {
                self.work.add_rate_limited(task.clone(), self.now);
            } else {
                self.work.forget_failures(task);
            }
        }
    }

    /// The pods that the Deployment's ReplicaSets control, oldest first: its own ReplicaSets', and those of the orphans
    /// that it may adopt. Models pkg/controller/deployment getPodMapForDeployment.
    fn pods_of(&self, deployment: &Deployment, replica_sets: &[Arc<ReplicaSet>]) -> Vec<Arc<Pod>> {
        let may_be_claimed = |set: &&Arc<ReplicaSet>| match set.metadata.controller() {
            Some(owner) => owner.uid == deployment.metadata.uid,
            None => deployment.spec.selector.matches(&set.metadata.labels),
        };
        let mut pods: Vec<_> =
            replica_sets.iter().filter(may_be_claimed).flat_map(|set| self.pods_owned_by(&set.metadata.uid)).collect();
        sort_by_age(&mut pods);
        pods
    }

    fn pods_owned_by(&self, uid: &str) -> impl Iterator<Item = Arc<Pod>> {
        self.api.store().owned_by(uid).filter_map(|object| match object {
            Object::Pod(pod) => Some(Arc::clone(pod)),
            _ => None,
        })
    }

    fn sync_replica_set(&mut self, key: &Key, task: &Task) {
        let store = self.api.store();
        let Some(set) = store.replica_set(key).map(Arc::clone) else { return };
        let replica_sets: Vec<_> = store.replica_sets(Some(&key.namespace)).cloned().collect();
        let pods = self.candidates(&set, &replica_sets);
        let input = replica_set::Input {
            replica_set: &set,
            replica_sets: &replica_sets,
            pods: &pods,
            expectations_satisfied: self.expectations.are_satisfied(&key.to_string(), self.now),
            burst_replicas: replica_set::BURST_REPLICAS,
            version: self.config.version,
        };
        let plan = replica_set::sync(&input, self.now);
        let now = self.now;
        let object = format!("ReplicaSet/{key}");
        if let Err(failure) = self.perform("replicaset", &object, plan, task) {
            if failure.managing {
                let plan = replica_set::management_failed(&input, &failure.status.message, now);
                let _given_up = self.perform("replicaset", &object, plan, task);
            }
            self.work.add_rate_limited(task.clone(), self.now);
        }
    }

    /// The pods that a ReplicaSet's controller must look at, oldest first: its own, the orphans that it may adopt and,
    /// where there are too many, its siblings' (for the ranking). Pods of other owners can neither be adopted nor ranked.
    fn candidates(&self, set: &ReplicaSet, replica_sets: &[Arc<ReplicaSet>]) -> Vec<Arc<Pod>> {
        let store = self.api.store();
        let orphans = store.orphan_pods(&set.metadata.namespace);
        let mut pods: Vec<Arc<Pod>> =
            orphans.filter(|pod| set.spec.selector.matches(pod.labels())).map(Arc::clone).collect();
        let has_orphans = !pods.is_empty();
        pods.extend(self.pods_owned_by(&set.metadata.uid));
        // Most passes find as many pods as there should be: then nobody sees the siblings, nor the order.
        let may_delete = pods.len() > usize::try_from(set.spec.replicas).unwrap_or(0);
        if may_delete && let Some(owner) = set.metadata.controller() {
            let is_sibling = |other: &&Arc<ReplicaSet>| {
                other.metadata.uid != set.metadata.uid && other.metadata.is_controlled_by(&owner.uid)
            };
            let siblings = replica_sets.iter().filter(is_sibling);
            pods.extend(siblings.flat_map(|sibling| self.pods_owned_by(&sibling.metadata.uid)));
        }
        if may_delete || has_orphans {
            sort_by_age(&mut pods);
        }
        pods
    }

    /// Passes an event through its component's recorder into the store.
    pub(super) fn record(&mut self, note: Note) {
        match self.recorder.record(note, self.now) {
            None => {}
            // An event that cannot be stored (its namespace is going) is lost, as in a real cluster.
            Some(EventWrite::Create(event)) => drop(self.api.create(Object::Event(Arc::new(event)))),
            Some(EventWrite::Patch(event)) => {
                let key = Key::of(&event.metadata);
                match self.api.get(Kind::Event, &key) {
                    Ok(stored) => {
                        let mut event = Object::Event(Arc::new(event));
                        let metadata = stored.metadata().clone();
                        event.with_metadata(|new| *new = metadata);
                        drop(self.api.update(event));
                    }
                    Err(_) => {
                        self.recorder.recreated(&event);
                        drop(self.api.create(Object::Event(Arc::new(event))));
                    }
                }
            }
        }
    }

    fn schedule(&mut self, key: &Key) {
        let store = self.api.store();
        let Some(pod) = store.pod(key).map(Arc::clone) else { return };
        if !pod.node_name.is_empty() || pod.metadata.deletion_timestamp.is_some() {
            return;
        }
        let Some(Object::Generic(node)) = store.get(Kind::Node, &Key::new("", NODE)).cloned() else { return };
        let object = format!("Pod/{key}");
        match scheduler::place(&pod, &node, self.api.pods_on_node(), self.now) {
            Placement::Bind { node, status, reason } => {
                if self.api.bind(key, &node, *status).is_ok() {
                    self.decide("scheduler", &object, reason);
                    let message = format!("Successfully assigned {key} to {node}");
                    self.record_scheduling(&pod, "Binding", EventType::Normal, "Scheduled", message);
                }
            }
            Placement::Unschedulable { message, status, reason } => {
                if self.api.update_pod_status(key, &pod.metadata.uid, *status).is_ok() {
                    self.decide("scheduler", &object, reason);
                    self.record_scheduling(&pod, "Scheduling", EventType::Warning, "FailedScheduling", message);
                }
                self.work.add_later(Task::Schedule(key.clone()), self.now + SCHEDULING_RETRY_MS);
            }
        }
    }

    /// The scheduler writes events of the new API: with `eventTime` and `action`, without a count.
    fn record_scheduling(&mut self, pod: &Pod, action: &str, kind: EventType, reason: &str, message: String) {
        let source = EventSource { component: "default-scheduler".to_owned(), host: String::new() };
        let note = Note { source, kind, reason: reason.to_owned(), message, ..Note::default() };
        let event = self.recorder.scheduling_event(reference_to(Kind::Pod, &pod.metadata), action, note, self.now);
        drop(self.api.create(Object::Event(Arc::new(event))));
    }

    fn sync_endpoints(&mut self, key: &Key) {
        let store = self.api.store();
        let Some(service) = store.service(key).map(Arc::clone) else { return };
        let stored = store.owned_by(&service.metadata.uid).find_map(|object| match object {
            Object::EndpointSlice(slice) => Some(Arc::clone(slice)),
            _ => None,
        });
        let pods = store.pods(Some(&key.namespace)).map(|pod| &**pod);
        let Some(slice) = endpoints::slice_for(&service, pods, stored.as_deref()) else { return };
        let why = endpoints::reason(&service, &slice, stored.as_deref());
        let object = Object::EndpointSlice(Arc::new(slice));
        // Nothing else writes slices, so that only a service that vanishes meanwhile can make this fail.
        let done = if stored.is_some() { self.api.update(object) } else { self.api.create(object) };
        if let Some(why) = why.filter(|_| done.is_ok()) {
            self.decide("endpoints", &format!("Service/{key}"), why);
        }
    }
}

/// Oldest first; the store's order, which is by name, decides among those of one owner that were made at once.
fn sort_by_age(pods: &mut [Arc<Pod>]) {
    sorting::sort_by_key(pods, |pod| pod.metadata.creation_timestamp);
}
