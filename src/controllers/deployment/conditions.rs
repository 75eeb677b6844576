//! A Deployment's conditions: setting, removing, and what pausing does to them.

use super::Pass;
use super::status::progress_deadline_seconds;
use crate::api::{DeploymentCondition, DeploymentStatus, ReplicaSetCondition, Time};

/// A condition that begins now. Models NewDeploymentCondition.
pub fn new(kind: &str, status: &str, reason: &str, message: String, now: Time) -> DeploymentCondition {
    DeploymentCondition {
        kind: kind.to_owned(),
        status: status.to_owned(),
        last_update_time: Some(now),
        last_transition_time: Some(now),
        reason: reason.to_owned(),
        message,
    }
}

/// The condition of this type. Models GetDeploymentCondition.
pub fn get<'a>(status: &'a DeploymentStatus, kind: &str) -> Option<&'a DeploymentCondition> {
    status.conditions.iter().find(|condition| condition.kind == kind)
}

/// Puts a condition in, last in the list, unless one with the same status and reason is there: that one stays as it
/// is. Models SetDeploymentCondition.
pub fn set(status: &mut DeploymentStatus, mut condition: DeploymentCondition) {
    if let Some(current) = get(status, &condition.kind)
        && current.status == condition.status
    {
        if current.reason == condition.reason {
            return;
        }
        condition.last_transition_time = current.last_transition_time;
    }
    remove(status, &condition.kind);
    status.conditions.push(condition);
}

/// Takes the condition of this type out. Models RemoveDeploymentCondition.
pub fn remove(status: &mut DeploymentStatus, kind: &str) {
    status.conditions.retain(|condition| condition.kind != kind);
}

/// A ReplicaSet's condition as the Deployment shows it. Models ReplicaSetToDeploymentCondition.
pub fn from_replica_set(condition: &ReplicaSetCondition) -> DeploymentCondition {
    DeploymentCondition {
        kind: condition.kind.clone(),
        status: condition.status.clone(),
        last_update_time: condition.last_transition_time,
        last_transition_time: condition.last_transition_time,
        reason: condition.reason.clone(),
        message: condition.message.clone(),
    }
}

/// Marks the beginning and the end of a pause, so that time spent paused does not count against the progress
/// deadline. Models pkg/controller/deployment/sync.go checkPausedConditions.
pub fn check_paused(pass: &mut Pass<'_>) {
    if progress_deadline_seconds(&pass.deployment).is_none() {
        return;
    }
    let current = get(&pass.deployment.status, "Progressing").map(|condition| condition.reason.as_str());
    if current == Some("ProgressDeadlineExceeded") {
        return;
    }
    let is_marked = current == Some("DeploymentPaused");
    let is_paused = pass.deployment.spec.paused;
    if is_paused == is_marked {
        return;
    }
    let (reason, message) = if is_paused {
        ("DeploymentPaused", "Deployment is paused")
    } else {
        ("DeploymentResumed", "Deployment is resumed")
    };
    let condition = new("Progressing", "Unknown", reason, message.to_owned(), pass.timestamp());
    set(&mut pass.edit().status, condition);
    let why = (!is_paused).then(|| {
        super::reason(
            "deployment/resumed",
            vec![("paused", false.into())],
            "go on; the deadline begins anew".to_owned(),
        )
    });
    pass.update_status(why);
}
