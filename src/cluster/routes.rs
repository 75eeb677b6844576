//! Routes: which change of which object concerns whom.

use std::sync::Arc;

use super::work::Task;
use super::{Cluster, WatchEvent};
use crate::api::{Generic, Kind, Object, ObjectMeta, Pod, ReplicaSet, StrategyType};
use crate::apiserver::{Change, ChangeType, Key};
use crate::controllers::namespace;

/// From a change to the controllers' look at it: informer, work queue and a free worker, on an idle machine.
const CONTROLLER_LATENCY_MS: u64 = 3;
/// The EndpointSlice controller waits this long to gather changes of one service. Models its endpointUpdatesBatchPeriod
/// of 0, with the time that a pass takes.
const ENDPOINTS_LATENCY_MS: u64 = 10;

impl Cluster {
    /// Logs what has changed since the last time, and queues who must look at it.
    pub(super) fn hand_on_changes(&mut self) {
        for change in self.api.take_changes() {
            self.route(&change);
            self.note_event(&change);
            if change.kind == ChangeType::Deleted && !self.notes.is_empty() {
                let object = &change.object;
                self.notes.remove(&format!("{}/{}", object.kind().as_str(), Key::of(object.metadata())));
            }
            self.log.push(WatchEvent { at: self.now, kind: change.kind, object: change.object });
            self.thin_logs();
        }
    }

    fn route(&mut self, change: &Change) {
        match &change.object {
            Object::Deployment(deployment) => {
                if change.kind == ChangeType::Deleted {
                    self.hashes.remove(&deployment.metadata.uid);
                }
                self.enqueue(Task::Deployment(Key::of(&deployment.metadata)));
            }
            Object::ReplicaSet(set) => self.route_replica_set(change, set),
            Object::Pod(pod) => self.route_pod(change, pod),
            Object::Service(_) => {
                if change.kind == ChangeType::Deleted {
                    self.trigger_times.forget(&Key::of(change.object.metadata()));
                    self.slices.forget(&Key::of(change.object.metadata()));
                }
                self.enqueue_endpoints(Key::of(change.object.metadata()));
                self.proxy.changed(self.now);
            }
            Object::EndpointSlice(_) => self.proxy.changed(self.now),
            Object::Generic(generic) => self.route_generic(change, generic),
            Object::Event(_) => {}
        }
        self.route_gates(change);
        self.route_autoscaler(change);
        self.route_volumes(change);
        self.route_garbage(change);
    }

    fn route_generic(&mut self, change: &Change, generic: &Generic) {
        match generic.kind {
            Kind::Namespace => self.route_namespace(change),
            Kind::Node => {
                self.enqueue(Task::NodeHealth(Key::of(&generic.metadata)));
                self.route_lost_node(change);
                self.route_readiness(change);
                self.route_taints(change);
                self.route_node_to_scheduler(change, generic);
            }
            Kind::PersistentVolumeClaim | Kind::PersistentVolume | Kind::StorageClass => {
                self.route_storage_to_scheduler(change);
            }
            _ => {}
        }
    }

    pub(super) fn enqueue(&mut self, task: Task) {
        self.work.add(task, self.now + CONTROLLER_LATENCY_MS);
    }

    fn enqueue_endpoints(&mut self, key: Key) {
        self.work.add(Task::Endpoints(key), self.now + ENDPOINTS_LATENCY_MS);
    }

    /// Models pkg/controller/deployment addReplicaSet, updateReplicaSet, deleteReplicaSet.
    #[inline(never)]
    fn route_replica_set(&mut self, change: &Change, set: &Arc<ReplicaSet>) {
        self.enqueue(Task::ReplicaSet(Key::of(&set.metadata)));
        self.enqueue_owners(change, Kind::Deployment);
        if is_news_of_orphan(change) {
            let deployments = self.api.store().deployments(Some(&set.metadata.namespace));
            let matching = deployments.filter(|deployment| deployment.spec.selector.matches(&set.metadata.labels));
            let tasks: Vec<Task> = matching.map(|found| Task::Deployment(Key::of(&found.metadata))).collect();
            tasks.into_iter().for_each(|task| self.enqueue(task));
        }
        if change.kind == ChangeType::Deleted {
            self.expectations.forget(&Key::of(&set.metadata).to_string());
            self.api.forget_owner(&set.metadata.uid);
        }
    }

    /// Models pkg/controller/replicaset addPod, updatePod, deletePod, and pkg/controller/deployment deletePod.
    #[inline(never)]
    fn route_pod(&mut self, change: &Change, pod: &Arc<Pod>) {
        self.route_pod_to_scheduler(change, pod);
        self.route_pod_to_node(change, pod);
        self.route_pod_to_taints(change, pod);
        self.observe_expectations(change, pod);
        self.enqueue_owners(change, Kind::ReplicaSet);
        if is_news_of_orphan(change) {
            let sets = self.api.store().replica_sets(Some(&pod.metadata.namespace));
            let matching = sets.filter(|set| set.spec.selector.matches(&pod.metadata.labels));
            let tasks: Vec<Task> = matching.map(|found| Task::ReplicaSet(Key::of(&found.metadata))).collect();
            tasks.into_iter().for_each(|task| self.enqueue(task));
        }
        if change.kind == ChangeType::Deleted {
            self.route_last_pod(pod);
        }
        self.route_pod_to_services(change, pod);
    }

    /// Wakes the controller that owns the object, and the one that owned it before.
    #[inline(never)]
    fn enqueue_owners(&mut self, change: &Change, kind: Kind) {
        let namespace = change.object.metadata().namespace.as_str();
        let of = |object: Option<&Object>| object.and_then(|object| object.metadata().controller().cloned());
        let (now, before) = (of(Some(&change.object)), of(change.old.as_ref()));
        let before = before.filter(|before| now.as_ref() != Some(before));
        for owner in [now, before].into_iter().flatten() {
            let key = Key::new(namespace, owner.name.as_str());
            if owner.kind == kind.as_str() && self.api.store().has_uid(kind, &key, &owner.uid) {
                self.enqueue(if kind == Kind::Deployment { Task::Deployment(key) } else { Task::ReplicaSet(key) });
            }
        }
    }

    fn observe_expectations(&mut self, change: &Change, pod: &Pod) {
        let Some(owner) = pod.metadata.controller().filter(|owner| owner.kind == "ReplicaSet") else { return };
        let key = Key::new(pod.metadata.namespace.as_str(), owner.name.as_str());
        if !self.api.store().has_uid(Kind::ReplicaSet, &key, &owner.uid) {
            return;
        }
        let is_ending = pod.metadata.deletion_timestamp.is_some();
        if change.kind == ChangeType::Added && !is_ending {
            self.expectations.creation_observed(&key.to_string());
        } else if is_ending || change.kind == ChangeType::Deleted {
            self.expectations.deletion_observed(&key.to_string(), &Key::of(&pod.metadata).to_string());
        }
    }

    /// A Recreate Deployment waits for its last pod to vanish. Models pkg/controller/deployment deletePod.
    #[inline(never)]
    fn route_last_pod(&mut self, pod: &Pod) {
        let store = self.api.store();
        let namespace = pod.metadata.namespace.as_str();
        let owner = |metadata: &ObjectMeta, kind: Kind| {
            let owner = metadata.controller().filter(|owner| owner.kind == kind.as_str())?;
            let key = Key::new(namespace, owner.name.as_str());
            store.has_uid(kind, &key, &owner.uid).then_some(key)
        };
        let set = owner(&pod.metadata, Kind::ReplicaSet).and_then(|key| store.replica_set(&key));
        let key = set.and_then(|set| owner(&set.metadata, Kind::Deployment));
        let Some((key, deployment)) = key.and_then(|key| store.deployment(&key).map(|found| (key, found))) else {
            return;
        };
        let sets = store.replica_sets(Some(namespace));
        let has_pods = sets
            .filter(|set| set.metadata.is_controlled_by(&deployment.metadata.uid))
            .any(|set| store.owned_by(&set.metadata.uid).next().is_some());
        if deployment.spec.strategy.kind == StrategyType::Recreate && !has_pods {
            self.enqueue(Task::Deployment(key));
        }
    }

    fn route_pod_to_node(&mut self, change: &Change, pod: &Arc<Pod>) {
        if change.kind == ChangeType::Deleted {
            self.fleet.pod_removed(&Arc::from(pod.metadata.uid.as_str()), self.now);
            return;
        }
        if self.fleet.of_node(&pod.node_name).is_some() {
            self.give_to_kubelet(change, pod);
        }
    }

    #[inline(never)]
    fn route_pod_to_services(&mut self, change: &Change, pod: &Pod) {
        let labels = [Some(&pod.metadata.labels), change.old.as_ref().map(|old| &old.metadata().labels)];
        let services: Vec<Key> = self
            .api
            .store()
            .services(Some(&pod.metadata.namespace))
            .filter(|service| {
                let selector = &service.spec.selector;
                !selector.is_empty()
                    && labels
                        .iter()
                        .flatten()
                        .any(|labels| selector.iter().all(|(key, value)| labels.get(key) == Some(value)))
            })
            .map(|service| Key::of(&service.metadata))
            .collect();
        for key in services {
            self.slices.pod_changed(&key, pod);
            self.enqueue_endpoints(key);
        }
    }

    #[inline(never)]
    fn route_namespace(&mut self, change: &Change) {
        let metadata = change.object.metadata();
        match change.kind {
            ChangeType::Added => self.api.add_namespace_defaults(&metadata.name),
            _ if metadata.deletion_timestamp.is_some() && change.kind == ChangeType::Modified => {
                self.work.add(Task::Namespace(Key::of(metadata)), self.now + namespace::GRACE_MS);
            }
            _ => {}
        }
    }
}

/// Whether an object without a controller is new, or has just lost its controller, or has other labels than before:
/// somebody may want to adopt it now.
fn is_news_of_orphan(change: &Change) -> bool {
    let metadata = change.object.metadata();
    if change.kind == ChangeType::Deleted || metadata.controller().is_some() {
        return false;
    }
    change
        .old
        .as_ref()
        .map(Object::metadata)
        .is_none_or(|old| old.controller().is_some() || old.labels != metadata.labels)
}
