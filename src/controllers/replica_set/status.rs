//! A ReplicaSet's status: what its pods are.

use std::sync::Arc;

use super::Counts;
use crate::api::{KubernetesVersion, Pod, ReplicaSet, ReplicaSetCondition, ReplicaSetStatus, Time};
use crate::sim::SimTime;

const REPLICA_FAILURE: &str = "ReplicaFailure";

/// The status that follows from the pods; `failure` is what creating or deleting pods came to.
/// Models pkg/controller/replicaset/replica_set_utils.go calculateStatus.
pub fn calculate(
    set: &ReplicaSet,
    active: &[Arc<Pod>],
    terminating: usize,
    failure: Option<&str>,
    version: KubernetesVersion,
    now: SimTime,
) -> ReplicaSetStatus {
    of_counts(set, &Counts::of(set, active, terminating, now), failure, version, now)
}

/// As [`calculate`], from the pods' numbers.
pub(super) fn of_counts(
    set: &ReplicaSet,
    counts: &Counts,
    failure: Option<&str>,
    version: KubernetesVersion,
    now: SimTime,
) -> ReplicaSetStatus {
    let mut status = set.status.clone();
    status.replicas = to_count(counts.active);
    status.fully_labeled_replicas = to_count(counts.fully_labeled);
    status.ready_replicas = to_count(counts.ready);
    status.available_replicas = to_count(counts.available);
    status.terminating_replicas = version.reports_terminating_replicas().then(|| to_count(counts.terminating));
    match (failure, condition(&set.status, REPLICA_FAILURE)) {
        (Some(message), None) => {
            let reason = match status.replicas.cmp(&set.spec.replicas) {
                std::cmp::Ordering::Less => "FailedCreate",
                std::cmp::Ordering::Equal => "",
                std::cmp::Ordering::Greater => "FailedDelete",
            };
            set_condition(
                &mut status,
                ReplicaSetCondition {
                    kind: REPLICA_FAILURE.to_owned(),
                    status: "True".to_owned(),
                    last_transition_time: Some(Time::from_sim(now)),
                    reason: reason.to_owned(),
                    message: message.to_owned(),
                },
            );
        }
        (None, Some(_)) => remove_condition(&mut status, REPLICA_FAILURE),
        _ => {}
    }
    status
}

/// Whether writing `status` would change anything. Models the first lines of updateReplicaSetStatus.
pub(super) fn is_news(set: &ReplicaSet, status: &ReplicaSetStatus) -> bool {
    set.status != *status || set.metadata.generation != set.status.observed_generation
}

/// The condition of this type. Models GetCondition.
pub fn condition<'a>(status: &'a ReplicaSetStatus, kind: &str) -> Option<&'a ReplicaSetCondition> {
    status.conditions.iter().find(|condition| condition.kind == kind)
}

/// Puts a condition in, unless one with the same status and reason is there. Models SetCondition.
pub fn set_condition(status: &mut ReplicaSetStatus, new: ReplicaSetCondition) {
    let is_same = |old: &ReplicaSetCondition| old.status == new.status && old.reason == new.reason;
    if !condition(status, &new.kind).is_some_and(is_same) {
        remove_condition(status, &new.kind);
        status.conditions.push(new);
    }
}

/// Takes the condition of this type out. Models RemoveCondition.
pub fn remove_condition(status: &mut ReplicaSetStatus, kind: &str) {
    status.conditions.retain(|condition| condition.kind != kind);
}

fn to_count(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
