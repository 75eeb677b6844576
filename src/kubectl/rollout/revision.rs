//! Revisions of a Deployment: which ReplicaSet stands for which.

use std::sync::Arc;

use crate::api::well_known::DEPLOYMENT_REVISION as REVISION;
use crate::api::{Deployment, ObjectMeta, PodTemplateSpec, ReplicaSet};
use crate::sorting;

const HASH_LABEL: &str = "pod-template-hash";

/// The revision in an object's annotations: 0 without one, `None` when it is no number.
/// Models k8s.io/kubectl/pkg/util/deployment Revision.
pub(super) fn revision(metadata: &ObjectMeta) -> Option<i64> {
    metadata.annotations.get(REVISION).map_or(Some(0), |text| text.parse().ok())
}

/// Ordered by creation, then by name. Models deployment util replicaSetsByCreationTimestamp.
pub fn oldest_first(replica_sets: &[Arc<ReplicaSet>]) -> Vec<&Arc<ReplicaSet>> {
    let mut sorted: Vec<&Arc<ReplicaSet>> = replica_sets.iter().collect();
    sorting::sort_by(&mut sorted, |a, b| {
        let key = |set: &ReplicaSet| (set.metadata.creation_timestamp, set.metadata.name.clone());
        key(a).cmp(&key(b))
    });
    sorted
}

/// The first ReplicaSet with the deployment's own template. Models k8s.io/kubectl/pkg/util/deployment findNewReplicaSet.
pub fn new_replica_set<'a>(
    deployment: &Deployment,
    oldest_first: &[&'a Arc<ReplicaSet>],
) -> Option<&'a Arc<ReplicaSet>> {
    oldest_first.iter().copied().find(|set| same_template(&set.spec.template, &deployment.spec.template))
}

/// Oldest first, and the one with the deployment's own template last: of two with the same revision, the later
/// counts in a history and the earlier is gone back to.
pub(super) fn new_last<'a>(deployment: &Deployment, replica_sets: &'a [Arc<ReplicaSet>]) -> Vec<&'a Arc<ReplicaSet>> {
    let mut sorted = oldest_first(replica_sets);
    if let Some(new) = new_replica_set(deployment, &sorted) {
        sorted.retain(|set| !Arc::ptr_eq(set, new));
        sorted.push(new);
    }
    sorted
}

/// Whether two templates differ at most in the hash label. Models k8s.io/kubectl/pkg/util/deployment equalIgnoreHash.
pub(super) fn same_template(one: &PodTemplateSpec, other: &PodTemplateSpec) -> bool {
    without_hash(one).metadata == without_hash(other).metadata && one.spec == other.spec
}

/// The template without the label that tells ReplicaSets apart.
pub(super) fn without_hash(template: &PodTemplateSpec) -> PodTemplateSpec {
    let mut template = template.clone();
    template.metadata.labels.remove(HASH_LABEL);
    template
}
