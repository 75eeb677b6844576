//! Plans, carried out against the API server, step by step, until one fails.

use std::sync::Arc;

use crate::api::{EventSource, EventType, Kind, Object, OwnerReference, ReplicaSet};
use crate::apiserver::{DeleteOptions, Key, Status};
use crate::controllers::{Plan, Request, reference_to};
use crate::events::Note;

use super::Cluster;
use super::work::Task;
use crate::decision::Reason;
use crate::sim::SimTime;

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
            self.request(controller, step.request)?;
            if let Some(reason) = step.reason {
                self.decide(controller, object, reason);
            }
        }
        self.after_steps(controller, object, plan.notes, is_idle, plan.requeue_after_ms, task);
        Ok(())
    }

    /// What follows when all of a plan's steps are carried out.
    pub(super) fn after_steps(
        &mut self,
        controller: &'static str,
        object: &str,
        notes: Vec<Reason>,
        is_idle: bool,
        requeue_after_ms: Option<u64>,
        task: &Task,
    ) {
        self.take_notes(controller, object, notes, is_idle);
        match requeue_after_ms {
            Some(0) => self.work.add_rate_limited(task.clone(), self.now),
            Some(ms) => {
                self.work.forget_failures(task);
                self.work.add_after(task.clone(), self.now + ms);
            }
            None => self.work.forget_failures(task),
        }
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

    pub(super) fn request(&mut self, controller: &'static str, request: Request) -> Result<(), Failure> {
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
            // Jobs of a pass, which take time: Cluster::begin_pass.
            Request::CreatePods { .. } | Request::DeletePods { .. } => {}
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
                drop(self.api.update_pod_status(&Key::of(&pod.metadata), &pod.metadata.uid, status)?);
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

    /// Tells of what was done for a ReplicaSet, `since` its answer has come.
    pub(super) fn tell(
        &mut self,
        controller: &'static str,
        about: &ReplicaSet,
        (kind, reason, message): (EventType, &str, String),
        since: SimTime,
    ) {
        let source = EventSource { component: component(controller).to_owned(), host: String::new() };
        let object = reference_to(Kind::ReplicaSet, &about.metadata);
        let note = Note { source, object, kind, reason: reason.to_owned(), message };
        if let Some(write) = self.recorder.record(note, self.now) {
            self.send_event(write, since);
        }
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
}

impl Failure {
    fn creating(status: Status, set: Arc<ReplicaSet>) -> Self {
        Self { status, creating: Some(set), managing: false }
    }

    pub(super) fn managing(status: Status) -> Self {
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
