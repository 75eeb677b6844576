//! Acting: the tasks' plans are carried out against the API server, step by step, until one fails.

use std::sync::Arc;

use crate::api::{EventSource, EventType, Kind, LabelSelector, Object, Pod, ReplicaSet};
use crate::apiserver::{DeleteOptions, Key, NODE, Propagation, Status};
use crate::controllers::{
    Plan, Request, deployment, endpoints,
    garbage_collection::{self, Collection},
    reference_to, replica_set,
};
use crate::events::{EventWrite, Note};
use crate::scheduler::{self, Placement};

use super::work::Task;
use super::{Cluster, Reason};

/// A failed scheduling is tried again after this long.
const SCHEDULING_RETRY_MS: u64 = 60_000;

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
        }
    }

    fn sync_deployment(&mut self, key: &Key, task: &Task) {
        let Some(deployment) = self.api.store().deployment(key).map(Arc::clone) else { return };
        let template_hash = self.template_hash(&deployment);
        let store = self.api.store();
        let replica_sets: Vec<_> = store.replica_sets(Some(&key.namespace)).cloned().collect();
        let pods = pods_matching(store.pods(Some(&key.namespace)), &deployment.spec.selector);
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
            if let Some(set) = &failure.creating {
                let plan = deployment::creation_failed(&input, set, &failure.status.message, now);
                let _given_up = self.perform("deployment", &format!("Deployment/{key}"), plan, task);
            }
            self.work.add_rate_limited(task.clone(), self.now);
        }
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

    /// The pods that a ReplicaSet's controller must look at: its own, its siblings' (for the ranking) and the orphans
    /// that it may adopt, oldest first. Pods of other owners can neither be adopted nor ranked.
    fn candidates(&self, set: &ReplicaSet, replica_sets: &[Arc<ReplicaSet>]) -> Vec<Arc<Pod>> {
        let owner = set.metadata.controller().map(|owner| &owner.uid);
        let is_sibling = |other: &&Arc<ReplicaSet>| {
            other.metadata.uid == set.metadata.uid
                || (owner.is_some() && other.metadata.controller().map(|owner| &owner.uid) == owner)
        };
        let store = self.api.store();
        let mut pods: Vec<Arc<Pod>> = replica_sets
            .iter()
            .filter(is_sibling)
            .flat_map(|sibling| store.owned_by(&sibling.metadata.uid))
            .filter_map(|object| match object {
                Object::Pod(pod) => Some(Arc::clone(pod)),
                _ => None,
            })
            .collect();
        pods.extend(
            store.orphan_pods(&set.metadata.namespace).filter(|pod| set.spec.selector.matches(pod.labels())).cloned(),
        );
        sort_by_age(&mut pods);
        pods
    }

    /// Carries out a plan and records why. Stops at the API server's first refusal.
    fn perform(&mut self, controller: &'static str, object: &str, plan: Plan, task: &Task) -> Result<(), Failure> {
        for step in plan.steps {
            if let Some(reason) = step.reason {
                self.decide(controller, object, reason);
            }
            self.request(controller, step.request)?;
        }
        for note in plan.notes {
            self.note(controller, object, note);
        }
        match plan.requeue_after_ms {
            Some(0) => self.work.add_rate_limited(task.clone(), self.now),
            Some(ms) => {
                self.work.forget_failures(task);
                self.work.add_later(task.clone(), self.now + ms);
            }
            None => self.work.forget_failures(task),
        }
        Ok(())
    }

    /// A decision not to act recurs with each pass; it is recorded when it is new for this object.
    fn note(&mut self, controller: &'static str, object: &str, note: Reason) {
        let known = self.notes.get(object).is_some_and(|last| *last == note);
        if !known {
            self.notes.insert(object.to_owned(), note.clone());
            self.decide(controller, object, note);
        }
    }

    fn request(&mut self, controller: &'static str, request: Request) -> Result<(), Failure> {
        match request {
            Request::CreateReplicaSet(set) => {
                self.api
                    .create(Object::ReplicaSet(Arc::clone(&set)))
                    .map_err(|status| Failure::creating(status, set))?;
            }
            Request::UpdateReplicaSet(set) => drop(self.api.update(Object::ReplicaSet(set))?),
            Request::UpdateReplicaSetStatus(set) => drop(self.api.update_status(Object::ReplicaSet(set))?),
            Request::DeleteReplicaSet(set) => self.delete(Kind::ReplicaSet, &Key::of(&set.metadata), None)?,
            Request::UpdateDeployment(deployment) => drop(self.api.update(Object::Deployment(deployment))?),
            Request::UpdateDeploymentStatus(deployment) => {
                drop(self.api.update_status(Object::Deployment(deployment))?);
            }
            Request::CreatePods { owner, count } => self.create_pods(controller, &owner, count)?,
            Request::DeletePods { owner, pods } => self.delete_pods(controller, &owner, &pods)?,
            Request::AdoptPod { pod, owner } => self.change_owner(Object::Pod(pod), |owners| owners.push(owner))?,
            Request::ReleasePod { pod, owner_uid } => {
                self.change_owner(Object::Pod(pod), |owners| owners.retain(|owner| owner.uid != owner_uid))?;
            }
            Request::AdoptReplicaSet { replica_set, owner } => {
                self.change_owner(Object::ReplicaSet(replica_set), |owners| owners.push(owner))?;
            }
            Request::ReleaseReplicaSet { replica_set, owner_uid } => {
                self.change_owner(Object::ReplicaSet(replica_set), |owners| {
                    owners.retain(|owner| owner.uid != owner_uid)
                })?;
            }
            Request::RecordEvent { object, kind, reason, message } => {
                let source = EventSource { component: component(controller).to_owned(), host: String::new() };
                self.record(Note { source, object, kind, reason: reason.to_owned(), message });
            }
        }
        Ok(())
    }

    fn create_pods(&mut self, controller: &'static str, owner: &Arc<ReplicaSet>, count: usize) -> Result<(), Failure> {
        let key = Key::of(&owner.metadata).to_string();
        self.expectations.expect_creations(&key, count, self.now);
        let done = replica_set::slow_start_batch(count, replica_set::SLOW_START_INITIAL_BATCH_SIZE, || {
            let pod = replica_set::new_pod(owner);
            let created = self.api.create(Object::Pod(Arc::new(pod)))?;
            self.tell(controller, owner, "SuccessfulCreate", format!("Created pod: {}", created.metadata().name));
            Ok::<(), Status>(())
        });
        for _ in done.successes..count {
            self.expectations.creation_observed(&key);
        }
        done.error.map_or(Ok(()), |status| Err(Failure::managing(status)))
    }

    fn delete_pods(
        &mut self,
        controller: &'static str,
        owner: &Arc<ReplicaSet>,
        pods: &[Arc<Pod>],
    ) -> Result<(), Failure> {
        let set = Key::of(&owner.metadata).to_string();
        let keys = pods.iter().map(|pod| Key::of(&pod.metadata).to_string());
        self.expectations.expect_deletions(&set, keys, self.now);
        let mut failed = None;
        for pod in pods {
            let key = Key::of(&pod.metadata);
            match self.delete(Kind::Pod, &key, None) {
                Ok(()) => self.tell(controller, owner, "SuccessfulDelete", format!("Deleted pod: {}", key.name)),
                Err(failure) => {
                    self.expectations.deletion_observed(&set, &key.to_string());
                    failed.get_or_insert(failure);
                }
            }
        }
        failed.map_or(Ok(()), |failure| Err(Failure { managing: true, ..failure }))
    }

    fn tell(&mut self, controller: &'static str, about: &ReplicaSet, reason: &str, message: String) {
        let source = EventSource { component: component(controller).to_owned(), host: String::new() };
        let object = reference_to(Kind::ReplicaSet, &about.metadata);
        self.record(Note { source, object, reason: reason.to_owned(), message, ..Note::default() });
    }

    /// That it is gone already is no error.
    fn delete(&mut self, kind: Kind, key: &Key, uid: Option<String>) -> Result<(), Failure> {
        let options = DeleteOptions { uid, propagation: Propagation::Background, grace_period_seconds: None };
        match self.api.delete(kind, key, &options) {
            Ok(_) => Ok(()),
            Err(status) if status.code == 404 => Ok(()),
            Err(status) => Err(status.into()),
        }
    }

    fn change_owner(
        &mut self,
        object: Object,
        change: impl FnOnce(&mut Vec<crate::api::OwnerReference>),
    ) -> Result<(), Failure> {
        let mut object = match self.api.get(object.kind(), &Key::of(object.metadata())) {
            Ok(current) if current.metadata().uid == object.metadata().uid => current.clone(),
            _ => return Ok(()),
        };
        object.with_metadata(|metadata| change(&mut metadata.owner_references));
        self.api.update(object)?;
        Ok(())
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
                self.decide("scheduler", &object, reason);
                if self.api.bind(key, &node, *status).is_ok() {
                    let message = format!("Successfully assigned {key} to {node}");
                    self.record_scheduling(&pod, "Binding", EventType::Normal, "Scheduled", message);
                }
            }
            Placement::Unschedulable { message, status, reason } => {
                self.decide("scheduler", &object, reason);
                if self.api.update_pod_status(key, &pod.metadata.uid, *status).is_ok() {
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
        let object = Object::EndpointSlice(Arc::new(slice));
        // Nothing else writes slices, so that only a service that vanishes meanwhile can make this fail.
        drop(if stored.is_some() { self.api.update(object) } else { self.api.create(object) });
    }

    fn collect(&mut self, wanted: Vec<Collection>) {
        for collection in wanted {
            // What has changed or gone meanwhile comes back as a change of its own.
            match collection {
                Collection::Delete { kind, key, options, reason } => {
                    self.decide("garbage-collector", &format!("{}/{key}", kind.as_str()), reason);
                    drop(self.api.delete(kind, &key, &options));
                }
                Collection::Update { object, reason } => {
                    let name = format!("{}/{}", object.kind().as_str(), Key::of(object.metadata()));
                    self.decide("garbage-collector", &name, reason);
                    drop(self.api.update(object));
                }
            }
        }
    }

    /// Models pkg/controller/namespace: everything in the namespace is deleted, then the namespace itself.
    fn empty_namespace(&mut self, key: &Key) {
        let contents: Vec<(Kind, Key)> = self
            .api
            .namespace_contents(&key.name)
            .filter(|object| object.metadata().deletion_timestamp.is_none())
            .map(|object| (object.kind(), Key::of(object.metadata())))
            .collect();
        for (kind, object) in contents {
            drop(self.api.delete(kind, &object, &DeleteOptions::default()));
        }
        let ending =
            self.api.get(Kind::Namespace, key).is_ok_and(|found| found.metadata().deletion_timestamp.is_some());
        if ending && self.api.namespace_contents(&key.name).next().is_none() {
            drop(self.api.delete(Kind::Namespace, key, &DeleteOptions::default()));
        }
    }
}

/// Why a plan could not be carried out to its end.
struct Failure {
    status: Status,
    /// The ReplicaSet that could not be created.
    creating: Option<Arc<ReplicaSet>>,
    /// Pods could not be created or deleted.
    managing: bool,
}

impl Failure {
    fn creating(status: Status, set: Arc<ReplicaSet>) -> Self {
        Self { status, creating: Some(set), managing: false }
    }

    fn managing(status: Status) -> Self {
        Self { status, creating: None, managing: true }
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self { status, creating: None, managing: false }
    }
}

/// The name under which a controller's events appear.
fn component(controller: &'static str) -> &'static str {
    match controller {
        "deployment" => "deployment-controller",
        "replicaset" => "replicaset-controller",
        other => other,
    }
}

fn pods_matching<'a>(pods: impl Iterator<Item = &'a Arc<Pod>>, selector: &LabelSelector) -> Vec<Arc<Pod>> {
    let mut matching: Vec<_> = pods.filter(|pod| selector.matches(pod.labels())).cloned().collect();
    sort_by_age(&mut matching);
    matching
}

fn sort_by_age(pods: &mut [Arc<Pod>]) {
    pods.sort_by(|a, b| {
        (a.metadata.creation_timestamp, &a.metadata.name).cmp(&(b.metadata.creation_timestamp, &b.metadata.name))
    });
}
