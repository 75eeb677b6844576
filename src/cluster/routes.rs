//! Routes: which change of which object concerns whom.

use std::sync::Arc;

use super::work::Task;
use super::{Cluster, WatchEvent};
use crate::api::{Kind, Object, Pod, ReplicaSet};
use crate::apiserver::{Change, ChangeType, Key, NODE};

/// From a change to the controllers' look at it: informer, work queue and a free worker, on an idle machine.
const CONTROLLER_LATENCY_MS: u64 = 3;
/// From a pod's creation to its node.
const SCHEDULING_MS: u64 = 10;
/// The EndpointSlice controller waits this long to gather changes of one service. Models its endpointUpdatesBatchPeriod
/// of 0, with the time that a pass takes.
const ENDPOINTS_LATENCY_MS: u64 = 10;

impl Cluster {
    /// Logs what has changed since the last time, and queues who must look at it.
    pub(super) fn hand_on_changes(&mut self) {
        for change in self.api.take_changes() {
            self.route(&change);
            self.log.push(WatchEvent { at: self.now, kind: change.kind, object: change.object });
        }
    }

    fn route(&mut self, change: &Change) {
        match &change.object {
            Object::Deployment(_) => self.enqueue(Task::Deployment(Key::of(change.object.metadata()))),
            Object::ReplicaSet(set) => self.route_replica_set(change, set),
            Object::Pod(pod) => self.route_pod(change, pod),
            Object::Service(_) => self.enqueue_endpoints(Key::of(change.object.metadata())),
            Object::Generic(generic) if generic.kind == Kind::Namespace => self.route_namespace(change),
            Object::Event(_) | Object::EndpointSlice(_) | Object::Generic(_) => {}
        }
        self.route_garbage(change);
    }

    fn enqueue(&mut self, task: Task) {
        self.work.add(task, self.now + CONTROLLER_LATENCY_MS);
    }

    fn enqueue_endpoints(&mut self, key: Key) {
        self.work.add(Task::Endpoints(key), self.now + ENDPOINTS_LATENCY_MS);
    }

    /// Models pkg/controller/deployment addReplicaSet, updateReplicaSet, deleteReplicaSet.
    fn route_replica_set(&mut self, change: &Change, set: &Arc<ReplicaSet>) {
        let namespace = set.metadata.namespace.as_str();
        self.enqueue(Task::ReplicaSet(Key::of(&set.metadata)));
        let owners = [Some(&change.object), change.old.as_ref()].map(|object| object?.metadata().controller().cloned());
        if owners.iter().all(Option::is_none) {
            let matching: Vec<Key> = self
                .api
                .store()
                .deployments(Some(namespace))
                .filter(|deployment| deployment.spec.selector.matches(&set.metadata.labels))
                .map(|deployment| Key::of(&deployment.metadata))
                .collect();
            matching.into_iter().for_each(|key| self.enqueue(Task::Deployment(key)));
        }
        for owner in owners.into_iter().flatten().filter(|owner| owner.kind == "Deployment") {
            self.enqueue(Task::Deployment(Key::new(namespace, owner.name)));
        }
        if change.kind == ChangeType::Deleted {
            self.expectations.forget(&Key::of(&set.metadata).to_string());
            self.api.forget_owner(&set.metadata.uid);
        }
    }

    /// Models pkg/controller/replicaset addPod, updatePod, deletePod, and pkg/controller/deployment deletePod.
    fn route_pod(&mut self, change: &Change, pod: &Arc<Pod>) {
        let namespace = pod.metadata.namespace.as_str();
        self.route_pod_to_node(change, pod);
        let owners = [Some(&change.object), change.old.as_ref()].map(|object| object?.metadata().controller().cloned());
        if owners.iter().all(Option::is_none) && change.kind != ChangeType::Deleted {
            let matching: Vec<Key> = self
                .api
                .store()
                .replica_sets(Some(namespace))
                .filter(|set| set.spec.selector.matches(&pod.metadata.labels))
                .map(|set| Key::of(&set.metadata))
                .collect();
            matching.into_iter().for_each(|key| self.enqueue(Task::ReplicaSet(key)));
        }
        for owner in owners.into_iter().flatten().filter(|owner| owner.kind == "ReplicaSet") {
            let key = Key::new(namespace, owner.name);
            self.observe_expectations(change, pod, &key);
            if change.kind == ChangeType::Deleted {
                self.enqueue_deployment_of(&key);
            }
            self.enqueue(Task::ReplicaSet(key));
        }
        self.route_pod_to_services(change, pod);
    }

    fn observe_expectations(&mut self, change: &Change, pod: &Pod, owner: &Key) {
        let owner = owner.to_string();
        let is_ending = pod.metadata.deletion_timestamp.is_some();
        if change.kind == ChangeType::Added && !is_ending {
            self.expectations.creation_observed(&owner);
        } else if is_ending || change.kind == ChangeType::Deleted {
            self.expectations.deletion_observed(&owner, &Key::of(&pod.metadata).to_string());
        }
    }

    /// A Recreate Deployment waits for its last old pod to vanish.
    fn enqueue_deployment_of(&mut self, set: &Key) {
        let owner = self.api.store().replica_set(set).and_then(|set| set.metadata.controller().cloned());
        if let Some(owner) = owner.filter(|owner| owner.kind == "Deployment") {
            self.enqueue(Task::Deployment(Key::new(set.namespace.as_str(), owner.name)));
        }
    }

    fn route_pod_to_node(&mut self, change: &Change, pod: &Arc<Pod>) {
        if change.kind == ChangeType::Deleted {
            self.kubelet.pod_removed(&pod.metadata.uid, self.now);
            return;
        }
        if pod.node_name.is_empty() {
            if pod.metadata.deletion_timestamp.is_none() && change.kind == ChangeType::Added {
                self.work.add(Task::Schedule(Key::of(&pod.metadata)), self.now + SCHEDULING_MS);
            }
        } else if pod.node_name == NODE {
            self.kubelet.pod_changed(pod, self.now);
        }
    }

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
        services.into_iter().for_each(|key| self.enqueue_endpoints(key));
    }

    fn route_namespace(&mut self, change: &Change) {
        let metadata = change.object.metadata();
        match change.kind {
            ChangeType::Added => self.api.add_namespace_defaults(&metadata.name),
            _ if metadata.deletion_timestamp.is_some() && change.kind == ChangeType::Modified => {
                self.enqueue(Task::Namespace(Key::of(metadata)));
            }
            _ => {}
        }
    }

    /// Models the graph of pkg/controller/garbagecollector.
    fn route_garbage(&mut self, change: &Change) {
        let metadata = change.object.metadata();
        if change.kind == ChangeType::Deleted {
            if self.api.store().owned_by(&metadata.uid).next().is_some() {
                self.enqueue(Task::CollectOrphans(metadata.uid.clone()));
            }
            for owner in &metadata.owner_references {
                if let Some(kind) = Kind::parse(&owner.api_version, &owner.kind) {
                    self.enqueue(Task::CollectDependents(
                        kind,
                        Key::new(metadata.namespace.as_str(), owner.name.as_str()),
                    ));
                }
            }
            if metadata.deletion_timestamp.is_none() || change.object.kind() == Kind::Pod {
                self.revisit_namespace(&metadata.namespace);
            }
        } else if metadata.deletion_timestamp.is_some() && !metadata.finalizers.is_empty() {
            self.enqueue(Task::CollectDependents(change.object.kind(), Key::of(metadata)));
        }
    }

    /// A namespace that is being deleted goes when its last object has gone.
    fn revisit_namespace(&mut self, namespace: &str) {
        let key = Key::new("", namespace);
        let ends = self
            .api
            .store()
            .get(Kind::Namespace, &key)
            .is_some_and(|found| found.metadata().deletion_timestamp.is_some());
        if ends {
            self.enqueue(Task::Namespace(key));
        }
    }
}
