//! The controllers: each is a function of what it reads to the requests that it wants, with the reason of each.
//!
//! A controller never touches the store. It answers a [`Plan`]; the loop in [`crate::cluster`] carries out the steps
//! in order and stops at the first error of the API server, as the Go code returns at its first error.

pub mod deployment;
pub mod endpoints;
pub mod garbage_collection;
pub mod node_lifecycle;
mod ownership;
pub mod replica_set;
mod rules;

use std::sync::Arc;

use serde_json::Value;

use crate::api::{Deployment, EventType, Kind, ObjectMeta, ObjectReference, OwnerReference, Pod, ReplicaSet};
use crate::decision::Reason;

pub use rules::RULES;

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
    fn request(&mut self, request: Request, reason: Option<Reason>) {
        self.steps.push(Step { request, reason });
    }

    /// Keeps the earlier of two wishes to look again.
    fn requeue_after(&mut self, ms: u64) {
        self.requeue_after_ms = Some(self.requeue_after_ms.map_or(ms, |earlier| earlier.min(ms)));
    }
}

/// A reason in one line.
fn reason(rule: &'static str, inputs: Vec<(&'static str, Value)>, action: String) -> Reason {
    debug_assert!(RULES.contains(&rule), "{rule} is missing among the rules");
    Reason { rule, inputs, action }
}

/// What events say of the object that they speak of. Models client-go tools/reference GetReference.
pub fn reference_to(kind: Kind, metadata: &ObjectMeta) -> ObjectReference {
    ObjectReference {
        kind: kind.as_str().to_owned(),
        namespace: metadata.namespace.clone(),
        name: metadata.name.clone(),
        uid: metadata.uid.clone(),
        api_version: kind.api_version().to_owned(),
        resource_version: if metadata.resource_version == 0 {
            String::new()
        } else {
            metadata.resource_version.to_string()
        },
        field_path: String::new(),
    }
}

/// The owner reference of a controller. Models metav1.NewControllerRef.
pub fn controller_reference(kind: Kind, metadata: &ObjectMeta) -> OwnerReference {
    OwnerReference {
        api_version: kind.api_version().to_owned(),
        kind: kind.as_str().to_owned(),
        name: metadata.name.clone(),
        uid: metadata.uid.clone(),
        controller: true,
        block_owner_deletion: true,
    }
}

/// Older first, then by name. Models controller.ReplicaSetsByCreationTimestamp.
fn is_older(a: &ReplicaSet, b: &ReplicaSet) -> bool {
    let key = |set: &ReplicaSet| (set.metadata.creation_timestamp, set.metadata.name.clone());
    key(a) < key(b)
}

/// Sorts by a relation that need not be transitive (users can break it with an annotation), which the standard sort
/// answers with a panic. The result is that of Go's sort for up to twelve elements.
fn sort_by_less<T>(items: &mut [T], less: impl Fn(&T, &T) -> bool) {
    for end in 1..items.len() {
        let mut at = end;
        while let Some([before, item]) = at.checked_sub(1).and_then(|from| items.get(from..=at))
            && less(item, before)
        {
            items.swap(at, at - 1);
            at -= 1;
        }
    }
}
