//! The ReplicaSet controller: as many pods as the ReplicaSet says, and a status that tells how they are.

mod expectations;
mod slow_start;

use std::sync::Arc;

use super::Plan;
use crate::api::{KubernetesVersion, Pod, ReplicaSet};
use crate::sim::SimTime;

pub use expectations::{EXPECTATIONS_TIMEOUT_MS, Expectations};
pub use slow_start::{SLOW_START_INITIAL_BATCH_SIZE, SlowStart, slow_start_batch};

/// Pods created or deleted in one pass at most. Models replicaset.BurstReplicas.
pub const BURST_REPLICAS: usize = 500;

/// What the controller reads.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The ReplicaSet.
    pub replica_set: &'a Arc<ReplicaSet>,
    /// Every ReplicaSet of its namespace (for the ranking of pods).
    pub replica_sets: &'a [Arc<ReplicaSet>],
    /// Every pod of its namespace, in the order of their creation.
    pub pods: &'a [Arc<Pod>],
    /// [`Expectations::are_satisfied`].
    pub expectations_satisfied: bool,
    /// [`BURST_REPLICAS`].
    pub burst_replicas: usize,
    /// Which Kubernetes.
    pub version: KubernetesVersion,
}

/// One pass. Models pkg/controller/replicaset/replica_set.go syncReplicaSet.
pub fn sync(_input: &Input<'_>, _now: SimTime) -> Plan {
    Plan::default()
}

/// What is still to be done after creating or deleting pods failed with `error`: the status is written with the
/// failure. The key is then put back through the queue's rate limiter.
pub fn management_failed(_input: &Input<'_>, _error: &str, _now: SimTime) -> Plan {
    Plan::default()
}

/// A pod from the ReplicaSet's template, without a name: the API server makes one from `generateName`.
/// Models pkg/controller/controller_utils.go GetPodFromTemplate.
pub fn new_pod(_owner: &ReplicaSet) -> Pod {
    Pod::default()
}
