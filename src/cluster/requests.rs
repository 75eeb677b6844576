//! Plans, carried out against the API server, step by step, until one fails.

use std::sync::Arc;

use crate::api::{EventSource, EventType, Kind, Object, OwnerReference, Pod, ReplicaSet};
use crate::apiserver::{DeleteOptions, Key, Status};
use crate::controllers::{Plan, Request, reference_to, replica_set};
use crate::events::Note;

use super::Cluster;
use super::work::Task;
use crate::decision::Reason;

impl Cluster {
    /// Carries out a plan and records why it did what it did. Stops at the API server's first refusal.
    pub(super) fn perform(
        &mut self,
        controller: &'static str,
        object: &str,
        plan: Plan,
        task: &Task,
    ) -> Result<(), Failure> {
        let is_idle = plan.steps.is_empty();
        for step in plan.steps {
            let done = self.request(controller, step.request);
            if let Some(reason) = step.reason.filter(|_| done.as_ref().map_or_else(|failure| failure.acted, |()| true))
            {
                self.decide(controller, object, reason);
            }
            done?;
        }
        self.take_notes(controller, object, plan.notes, is_idle);
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

    /// A decision not to act recurs with each pass; it is recorded when it is new for this object and rule. Only a pass
    /// that did nothing else shows what is no longer waited for: one that acts ends before it gets there.
    fn take_notes(&mut self, controller: &'static str, object: &str, notes: Vec<Reason>, is_idle: bool) {
        let mut known = self.notes.remove(object).unwrap_or_default();
        if is_idle {
            known.retain(|rule, _| notes.iter().any(|note| note.rule == *rule));
        }
        for note in notes {
            if known.get(note.rule) != Some(&note) {
                known.insert(note.rule, note.clone());
                self.decide(controller, object, note);
            }
        }
        if !known.is_empty() {
            self.notes.insert(object.to_owned(), known);
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
            Request::DeleteReplicaSet(set) => {
                self.delete(Kind::ReplicaSet, &Key::of(&set.metadata), &DeleteOptions::default())?;
            }
            Request::UpdateDeployment(deployment) => drop(self.api.update(Object::Deployment(deployment))?),
            Request::UpdateDeploymentStatus(deployment) => {
                drop(self.api.update_status(Object::Deployment(deployment))?);
            }
            Request::CreatePods { owner, count } => self.create_pods(controller, &owner, count)?,
            Request::DeletePods { owner, pods } => self.delete_pods(controller, &owner, &pods)?,
            Request::AdoptPod { pod, owner } => self.change_owner(Object::Pod(pod), |owners| adopt(owners, owner))?,
            Request::ReleasePod { pod, owner_uid } => {
                self.change_owner(Object::Pod(pod), |owners| owners.retain(|owner| owner.uid != owner_uid))?;
            }
            Request::AdoptReplicaSet { replica_set, owner } => {
                self.change_owner(Object::ReplicaSet(replica_set), |owners| adopt(owners, owner))?;
            }
            Request::ReleaseReplicaSet { replica_set, owner_uid } => {
                self.change_owner(Object::ReplicaSet(replica_set), |owners| {
                    owners.retain(|owner| owner.uid != owner_uid)
                })?;
            }
            Request::Create(object) => drop(self.api.create(object)?),
            Request::Update(object) => drop(self.api.update(object)?),
            Request::UpdateStatus(object) => drop(self.api.update_status(object)?),
            Request::UpdatePodStatus { pod, status } => {
                drop(self.api.update_pod_status(&Key::of(&pod.metadata), &pod.metadata.uid, *status)?);
            }
            Request::Delete { kind, key, options } => self.delete(kind, &key, &options)?,
            Request::FinalizeNamespace(key) => self.finalize_namespace(&key)?,
            Request::RecordEvent { object, kind, reason, message } => {
                let source = EventSource { component: component(controller).to_owned(), host: String::new() };
                self.record(Note { source, object, kind, reason: reason.to_owned(), message });
            }
        }
        Ok(())
    }

    /// Models the creating half of pkg/controller/replicaset manageReplicas, and RealPodControl.CreatePods.
    fn create_pods(&mut self, controller: &'static str, owner: &Arc<ReplicaSet>, count: usize) -> Result<(), Failure> {
        let key = Key::of(&owner.metadata).to_string();
        self.expectations.expect_creations(&key, count, self.now);
        let done = replica_set::slow_start_batch(count, replica_set::SLOW_START_INITIAL_BATCH_SIZE, || {
            let pod = replica_set::new_pod(owner);
            match self.api.create(Object::Pod(Arc::new(pod))) {
                Ok(created) => {
                    let message = format!("Created pod: {}", created.metadata().name);
                    self.tell(controller, owner, EventType::Normal, "SuccessfulCreate", message);
                    Ok(())
                }
                // In a namespace that is going, every creation would fail: there is nothing to be done.
                Err(status) if status.is_namespace_terminating() => Ok(()),
                Err(status) => {
                    let message = format!("Error creating: {}", status.message);
                    self.tell(controller, owner, EventType::Warning, "FailedCreate", message);
                    Err(status)
                }
            }
        });
        for _ in done.successes..count {
            self.expectations.creation_observed(&key);
        }
        done.error.map_or(Ok(()), |status| Err(Failure { acted: done.successes > 0, ..Failure::managing(status) }))
    }

    /// Models the deleting half of pkg/controller/replicaset manageReplicas, and RealPodControl.DeletePod.
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
        let mut acted = false;
        for pod in pods {
            let key = Key::of(&pod.metadata);
            match self.api.delete(Kind::Pod, &key, &DeleteOptions::default()) {
                Ok(_) => {
                    acted = true;
                    let message = format!("Deleted pod: {}", key.name);
                    self.tell(controller, owner, EventType::Normal, "SuccessfulDelete", message);
                }
                Err(status) => {
                    self.expectations.deletion_observed(&set, &key.to_string());
                    // Somebody else was faster: there will be no change to wait for, and nothing is amiss.
                    if status.code != 404 {
                        let message = format!("Error deleting: {}", status.message);
                        self.tell(controller, owner, EventType::Warning, "FailedDelete", message);
                        failed.get_or_insert(status);
                    }
                }
            }
        }
        failed.map_or(Ok(()), |status| Err(Failure { acted, ..Failure::managing(status) }))
    }

    fn tell(&mut self, controller: &'static str, about: &ReplicaSet, kind: EventType, reason: &str, message: String) {
        let source = EventSource { component: component(controller).to_owned(), host: String::new() };
        let object = reference_to(Kind::ReplicaSet, &about.metadata);
        self.record(Note { source, object, kind, reason: reason.to_owned(), message });
    }

    /// That it is gone already is no error.
    fn delete(&mut self, kind: Kind, key: &Key, options: &DeleteOptions) -> Result<(), Failure> {
        match self.api.delete(kind, key, options) {
            Ok(_) => Ok(()),
            Err(status) if status.code == 404 => Ok(()),
            Err(status) => Err(status.into()),
        }
    }

    fn finalize_namespace(&mut self, key: &Key) -> Result<(), Failure> {
        if self.api.namespace_contents(&key.name).next().is_some() {
            let why = "unexpected items still remain in the namespace";
            return Err(Status::conflict(Kind::Namespace, &key.name, why).into());
        }
        self.delete(Kind::Namespace, key, &DeleteOptions::default())
    }

    fn change_owner(&mut self, object: Object, change: impl FnOnce(&mut Vec<OwnerReference>)) -> Result<(), Failure> {
        let mut object = match self.api.get(object.kind(), &Key::of(object.metadata())) {
            Ok(current) if current.metadata().uid == object.metadata().uid => current.clone(),
            _ => return Ok(()),
        };
        object.with_metadata(|metadata| change(&mut metadata.owner_references));
        self.api.update(object)?;
        Ok(())
    }
}

/// Why a plan could not be carried out to its end.
pub(super) struct Failure {
    pub(super) status: Status,
    /// The ReplicaSet that could not be created.
    pub(super) creating: Option<Arc<ReplicaSet>>,
    /// Pods could not be created or deleted.
    pub(super) managing: bool,
    /// Part of the request was carried out.
    acted: bool,
}

impl Failure {
    fn creating(status: Status, set: Arc<ReplicaSet>) -> Self {
        Self { status, creating: Some(set), managing: false, acted: false }
    }

    fn managing(status: Status) -> Self {
        Self { status, creating: None, managing: true, acted: false }
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self { status, creating: None, managing: false, acted: false }
    }
}

/// The name under which a controller's events appear.
fn component(controller: &'static str) -> &'static str {
    match controller {
        "deployment" => "deployment-controller",
        "replicaset" => "replicaset-controller",
        "node" => "node-controller",
        "taint-eviction" => "taint-eviction-controller",
        other => other,
    }
}

/// An owner who is among the owners already becomes the controller: a strategic merge patch goes by the uid.
fn adopt(owners: &mut Vec<OwnerReference>, owner: OwnerReference) {
    match owners.iter_mut().find(|known| known.uid == owner.uid) {
        Some(known) => *known = owner,
        None => owners.push(owner),
    }
}
