//! Plans: what a controller wants of the API server, with the reason of each request.

use std::sync::Arc;

use serde_json::Value;

use super::RULES;
#[cfg(doc)]
use super::{deployment, replica_set};
use crate::api::{Deployment, EventType, Kind, Object, ObjectReference, OwnerReference, Pod, PodStatus, ReplicaSet};
use crate::apiserver::{DeleteOptions, Key};
use crate::decision::Reason;
use crate::sim::Shared;

/// What a controller wants of the API server.
///
/// Objects carry the resourceVersion that the controller read, so a second write of the same Deployment within one
/// pass meets a conflict, as in a real cluster. Where Go goes on with the object that the server answered, the copy
/// carries resourceVersion 0: no check.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// POST a ReplicaSet. That it does not exist yet was decided beforehand. On failure: [`deployment::creation_failed`].
    CreateReplicaSet(Arc<ReplicaSet>),
    /// PUT a ReplicaSet: metadata and spec; the server keeps its status.
    UpdateReplicaSet(Arc<ReplicaSet>),
    /// PUT a ReplicaSet's status; the server keeps metadata and spec.
    UpdateReplicaSetStatus(Arc<ReplicaSet>),
    /// DELETE a ReplicaSet; that it is gone already is no error.
    DeleteReplicaSet(Arc<ReplicaSet>),
    /// PUT a Deployment: metadata and spec; the server keeps its status.
    UpdateDeployment(Arc<Deployment>),
    /// PUT a Deployment's status. The annotations are written too (the revision travels in them); labels and spec are kept.
    UpdateDeploymentStatus(Arc<Deployment>),
    /// POST `count` pods, each [`replica_set::new_pod`], through [`replica_set::slow_start_batch`], each success with a
    /// `SuccessfulCreate` event. On failure: [`replica_set::management_failed`].
    CreatePods {
        /// The ReplicaSet that owns the pods.
        owner: Arc<ReplicaSet>,
        /// How many.
        count: usize,
    },
    /// DELETE pods in this order, each success with a `SuccessfulDelete` event; that one is gone already is no error.
    /// All are tried; on failure of any: [`replica_set::management_failed`].
    DeletePods {
        /// The ReplicaSet that owns the pods.
        owner: Arc<ReplicaSet>,
        /// Which, the least worth keeping first.
        pods: Vec<Arc<Pod>>,
    },
    /// PATCH the controller's owner reference into a pod.
    AdoptPod {
        /// The orphan.
        pod: Arc<Pod>,
        /// Its new owner.
        owner: OwnerReference,
    },
    /// PATCH the owner reference with this uid out of a pod; that the pod is gone already is no error.
    ReleasePod {
        /// The pod that the selector no longer matches.
        pod: Arc<Pod>,
        /// Uid of the owner that lets it go.
        owner_uid: String,
    },
    /// PATCH the controller's owner reference into a ReplicaSet.
    AdoptReplicaSet {
        /// The orphan.
        replica_set: Arc<ReplicaSet>,
        /// Its new owner.
        owner: OwnerReference,
    },
    /// PATCH the owner reference with this uid out of a ReplicaSet; that it is gone already is no error.
    ReleaseReplicaSet {
        /// The ReplicaSet that the selector no longer matches.
        replica_set: Arc<ReplicaSet>,
        /// Uid of the owner that lets it go.
        owner_uid: String,
    },
    /// POST an object that a controller looks after in full.
    Create(Object),
    /// PUT an object's metadata and spec; the server keeps its status.
    Update(Object),
    /// PUT an object's status; the server keeps metadata and spec.
    UpdateStatus(Object),
    /// PATCH a pod's status, if it is still this pod.
    UpdatePodStatus {
        /// The pod that was read.
        pod: Arc<Pod>,
        /// Its new status.
        status: Shared<PodStatus>,
    },
    /// DELETE an object; that it is gone already is no error.
    Delete {
        /// Which kind.
        kind: Kind,
        /// Which object.
        key: Key,
        /// How.
        options: DeleteOptions,
    },
    /// PUT a namespace's finalize subresource without `kubernetes`: nothing of the namespace is left, and it goes.
    FinalizeNamespace(Key),
    /// Hand an event to the recorder.
    RecordEvent {
        /// What it speaks of.
        object: ObjectReference,
        /// `Normal` or `Warning`.
        kind: EventType,
        /// CamelCase word.
        reason: &'static str,
        /// Sentence.
        message: String,
    },
}

/// One request with its reason; bookkeeping (annotations, events, plain counts) has none.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What to ask for.
    pub request: Request,
    /// Why.
    pub reason: Option<Reason>,
}

/// What one pass of a controller wants.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// In order.
    pub steps: Vec<Step>,
    /// Decisions not to act: `rolling/waits-for-availability` and the like. They recur with each pass.
    pub notes: Vec<Reason>,
    /// When to look again though nothing changes; 0 asks for the queue's rate limiter.
    pub requeue_after_ms: Option<u64>,
}

impl Plan {
    pub(super) fn request(&mut self, request: Request, reason: Option<Reason>) {
        self.steps.push(Step { request, reason });
    }

    /// Keeps the earlier of two wishes to look again.
    pub(super) fn requeue_after(&mut self, ms: u64) {
        self.requeue_after_ms = Some(self.requeue_after_ms.map_or(ms, |earlier| earlier.min(ms)));
    }
}

/// A reason in one line.
pub(super) fn reason(rule: &'static str, inputs: Vec<(&'static str, Value)>, action: String) -> Reason {
    debug_assert!(RULES.iter().any(|rules| rules.contains(&rule)), "{rule} is missing among the rules");
    Reason { rule, inputs, action }
}
