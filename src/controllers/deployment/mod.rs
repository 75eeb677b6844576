//! The Deployment controller: which ReplicaSets there should be, and how large each.

use std::sync::Arc;

use super::Plan;
use crate::api::{Deployment, KubernetesVersion, Pod, ReplicaSet};
use crate::sim::SimTime;

/// What the controller reads.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The Deployment.
    pub deployment: &'a Arc<Deployment>,
    /// Every ReplicaSet of its namespace.
    pub replica_sets: &'a [Arc<ReplicaSet>],
    /// Every pod of its namespace.
    pub pods: &'a [Arc<Pod>],
    /// The hash of its template with its present `status.collisionCount`.
    pub template_hash: &'a str,
    /// Which Kubernetes.
    pub version: KubernetesVersion,
}

/// One pass. Models pkg/controller/deployment/deployment_controller.go syncDeployment.
pub fn sync(_input: &Input<'_>, _now: SimTime) -> Plan {
    Plan::default()
}

/// What is still to be done after [`super::Request::CreateReplicaSet`] failed with `error`. The key is then put back
/// through the queue's rate limiter.
pub fn creation_failed(_input: &Input<'_>, _replica_set: &ReplicaSet, _error: &str, _now: SimTime) -> Plan {
    Plan::default()
}
