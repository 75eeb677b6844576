//! The controllers: each is a function of what it reads to the requests that it wants, with the reason of each.
//!
//! A controller never touches the store. It answers a [`Plan`]; the loop in [`crate::cluster`] carries out the steps
//! in order and stops at the first error of the API server, as the Go code returns at its first error.

pub mod deployment;
pub mod disruption;
pub mod endpoints;
pub mod garbage_collection;
pub mod horizontal;
pub mod namespace;
pub mod node_lifecycle;
mod ownership;
pub mod persistent_volumes;
mod plan;
pub mod replica_set;
mod rules;
pub mod taint_eviction;
pub mod taints;

use crate::api::{Kind, ObjectMeta, ObjectReference, OwnerReference, ReplicaSet};

use plan::reason;
pub use plan::{Plan, Request, Step};

/// Every rule by which a controller decides, by controller.
pub const RULES: [&[&str]; 6] = [
    rules::WORKLOADS,
    endpoints::RULES,
    garbage_collection::RULES,
    node_lifecycle::RULES,
    taint_eviction::RULES,
    namespace::RULES,
];

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
