//! Cleaning up: only so many old ReplicaSets are kept to roll back to.

use std::sync::Arc;

use super::{Pass, revision};
use crate::api::ReplicaSet;
use crate::controllers::{Request, is_older, reason};
use crate::sorting::go;

/// Deletes the oldest of the old ReplicaSets beyond `revisionHistoryLimit`, if they are empty.
/// Models pkg/controller/deployment/sync.go cleanupDeployment.
pub fn clean_up_history(pass: &mut Pass<'_>, old: &[Arc<ReplicaSet>]) {
    let Some(limit) = pass.deployment.spec.revision_history_limit.filter(|limit| *limit != i32::MAX) else { return };
    let mut cleanable: Vec<Arc<ReplicaSet>> =
        old.iter().filter(|set| set.metadata.deletion_timestamp.is_none()).cloned().collect();
    let count = i64::try_from(cleanable.len()).unwrap_or(i64::MAX);
    let Some(surplus) = usize::try_from(count - i64::from(limit)).ok().filter(|surplus| *surplus > 0) else { return };
    go::sort(&mut cleanable, |a, b| is_earlier(a, b));
    for set in cleanable.into_iter().take(surplus) {
        // Those with pods stay, and the limit does not move on to others in their place.
        let is_unobserved = set.metadata.generation > set.status.observed_generation;
        if set.status.replicas != 0 || set.spec.replicas != 0 || is_unobserved {
            continue;
        }
        let inputs = vec![
            ("oldReplicaSets", count.into()),
            ("revisionHistoryLimit", limit.into()),
            ("revision", revision::of(&set).into()),
        ];
        let why = reason("deployment/clean-up-history", inputs, format!("delete {}", set.metadata.name));
        pass.plan.request(Request::DeleteReplicaSet(set), Some(why));
    }
}

/// By revision, else by age. Models ReplicaSetsByRevision.
fn is_earlier(a: &ReplicaSet, b: &ReplicaSet) -> bool {
    match (revision::of(a), revision::of(b)) {
        (Some(first), Some(second)) if first != second => first < second,
        _ => is_older(a, b),
    }
}
