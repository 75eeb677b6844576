//! A Deployment's status: the counts, and whether the rollout is complete, progressing, or stuck.

use std::sync::Arc;

use super::conditions::{self, get, remove, set};
use super::fenceposts::max_unavailable;
use super::{Pass, reason};
use crate::api::{Deployment, DeploymentStatus, ReplicaSet};
use crate::decision::Reason;
use crate::sim::SimTime;

/// Adds up a count of each ReplicaSet.
pub(super) fn sum(sets: &[Arc<ReplicaSet>], count: impl Fn(&ReplicaSet) -> i32) -> i32 {
    sets.iter().fold(0, |total, set| total.wrapping_add(count(set)))
}

/// The progress deadline, when there is one. Models HasProgressDeadline.
pub fn progress_deadline_seconds(deployment: &Deployment) -> Option<i32> {
    deployment.spec.progress_deadline_seconds.filter(|seconds| *seconds != i32::MAX)
}

/// Pods that are terminating; nothing when a ReplicaSet that was looked at does not tell.
/// Models GetTerminatingReplicaCountForReplicaSets.
pub fn terminating_replicas(sets: &[Arc<ReplicaSet>]) -> Option<i32> {
    sets.iter().try_fold(0_i32, |total, set| match set.status.terminating_replicas {
        Some(count) => Some(total.wrapping_add(count)),
        None if set.status.observed_generation == 0 => Some(total),
        None => None,
    })
}

/// Whether all wanted pods are updated and available and no others are there. Models DeploymentComplete.
pub fn is_complete(deployment: &Deployment, status: &DeploymentStatus) -> bool {
    let replicas = deployment.spec.replicas;
    status.updated_replicas == replicas
        && status.replicas == replicas
        && status.available_replicas == replicas
        && status.observed_generation >= deployment.metadata.generation
}

/// Whether `status` is further than the Deployment's present one. Models DeploymentProgressing.
pub fn is_progressing(deployment: &Deployment, status: &DeploymentStatus) -> bool {
    let before = &deployment.status;
    let old_before = before.replicas.wrapping_sub(before.updated_replicas);
    let old_now = status.replicas.wrapping_sub(status.updated_replicas);
    status.updated_replicas > before.updated_replicas
        || old_now < old_before
        || status.ready_replicas > before.ready_replicas
        || status.available_replicas > before.available_replicas
}

/// Whether the last progress is longer ago than the deadline allows. Models DeploymentTimedOut.
pub fn has_timed_out(deployment: &Deployment, status: &DeploymentStatus, now: SimTime) -> bool {
    let Some(condition) = get(status, "Progressing") else { return false };
    match (progress_deadline_seconds(deployment), condition.reason.as_str()) {
        (None, _) | (_, "NewReplicaSetAvailable") => false,
        (_, "ProgressDeadlineExceeded") => true,
        (Some(deadline), _) => condition.last_update_time.is_none_or(|from| remaining_ms(from, deadline, now) < 0),
    }
}

fn remaining_ms(from: crate::api::Time, deadline_seconds: i32, now: SimTime) -> i64 {
    let now_ms = i64::try_from(now.as_ms()).unwrap_or(i64::MAX / 2);
    from.as_sim_ms() + i64::from(deadline_seconds) * 1000 - now_ms
}

/// The status that follows from the ReplicaSets. Models pkg/controller/deployment/sync.go calculateStatus.
pub fn calculate(pass: &Pass<'_>, all: &[Arc<ReplicaSet>], new: Option<&Arc<ReplicaSet>>) -> DeploymentStatus {
    let deployment = &pass.deployment;
    let available = sum(all, |set| set.status.available_replicas);
    let wanted = sum(all, |set| set.spec.replicas);
    let mut status = DeploymentStatus {
        observed_generation: deployment.metadata.generation,
        replicas: sum(all, |set| set.status.replicas),
        updated_replicas: new.map_or(0, |new| new.status.replicas),
        ready_replicas: sum(all, |set| set.status.ready_replicas),
        available_replicas: available,
        unavailable_replicas: wanted.wrapping_sub(available).max(0),
        terminating_replicas: pass
            .input
            .version
            .reports_terminating_replicas()
            .then(|| terminating_replicas(all))
            .flatten(),
        conditions: deployment.status.conditions.clone(),
        collision_count: deployment.status.collision_count,
    };
    let floor = deployment.spec.replicas.wrapping_sub(max_unavailable(deployment));
    let (value, word, message) = if available >= floor {
        ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    } else {
        ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    };
    set(&mut status, conditions::new("Available", value, word, message.to_owned(), pass.timestamp()));
    status
}

/// Writes the status if it changed, without a judgement on progress. Models syncDeploymentStatus.
pub(super) fn sync_deployment_status(pass: &mut Pass<'_>, all: &[Arc<ReplicaSet>], new: Option<&Arc<ReplicaSet>>) {
    let status = calculate(pass, all, new);
    write_if_changed(pass, status);
}

/// Writes the status if it changed, with a judgement on the rollout's progress; else asks to look again when the
/// deadline has passed. Models pkg/controller/deployment/progress.go syncRolloutStatus.
pub fn sync_rollout_status(pass: &mut Pass<'_>, all: &[Arc<ReplicaSet>], new: Option<&Arc<ReplicaSet>>) {
    let mut status = calculate(pass, all, new);
    if progress_deadline_seconds(&pass.deployment).is_none() {
        remove(&mut status, "Progressing");
    } else if !was_complete(pass, &status) {
        judge_progress(pass, &mut status, new);
    }
    match replica_failure(all, new) {
        Some(failure) => set(&mut status, failure),
        None => remove(&mut status, "ReplicaFailure"),
    }
    if !write_if_changed(pass, status.clone()) {
        match requeue_stuck(&pass.deployment, &status, pass.now) {
            None => {}
            // A second more, so that the next look finds the deadline passed.
            Some(0) => pass.plan.requeue_after(0),
            Some(ms) => pass.plan.requeue_after(ms + 1000),
        }
        note_waiting(pass, &status);
    }
}

/// A rollout that was complete before is not judged anew while there are no old pods.
fn was_complete(pass: &Pass<'_>, status: &DeploymentStatus) -> bool {
    status.replicas == status.updated_replicas
        && get(&pass.deployment.status, "Progressing")
            .is_some_and(|condition| condition.reason == "NewReplicaSetAvailable")
}

fn judge_progress(pass: &Pass<'_>, status: &mut DeploymentStatus, new: Option<&Arc<ReplicaSet>>) {
    let deployment = &pass.deployment;
    let subject = match new {
        Some(new) => format!("ReplicaSet {:?}", new.metadata.name),
        None => format!("Deployment {:?}", deployment.metadata.name),
    };
    let now = pass.timestamp();
    if is_complete(deployment, status) {
        let message = format!("{subject} has successfully progressed.");
        set(status, conditions::new("Progressing", "True", "NewReplicaSetAvailable", message, now));
    } else if is_progressing(deployment, status) {
        let message = format!("{subject} is progressing.");
        let mut condition = conditions::new("Progressing", "True", "ReplicaSetUpdated", message, now);
        // Progress renews the condition even where status and reason stay the same.
        if let Some(current) = get(&deployment.status, "Progressing") {
            if current.status == "True" {
                condition.last_transition_time = current.last_transition_time;
            }
            remove(status, "Progressing");
        }
        set(status, condition);
    } else if has_timed_out(deployment, status, pass.now) {
        let message = format!("{subject} has timed out progressing.");
        set(status, conditions::new("Progressing", "False", "ProgressDeadlineExceeded", message, now));
    }
}

/// A failure of the new ReplicaSet, else of any. Models getReplicaFailures.
fn replica_failure(all: &[Arc<ReplicaSet>], new: Option<&Arc<ReplicaSet>>) -> Option<crate::api::DeploymentCondition> {
    let mut conditions = new.into_iter().chain(all).flat_map(|set| &set.status.conditions);
    conditions.find(|condition| condition.kind == "ReplicaFailure").map(conditions::from_replica_set)
}

/// In how many milliseconds the deadline passes, 0 when that is less than a second off; nothing when there is nothing
/// to wait for. Models requeueStuckDeployment.
pub fn requeue_stuck(deployment: &Deployment, status: &DeploymentStatus, now: SimTime) -> Option<u64> {
    let deadline = progress_deadline_seconds(deployment)?;
    let condition = get(&deployment.status, "Progressing")?;
    if is_complete(deployment, status) || condition.reason == "ProgressDeadlineExceeded" {
        return None;
    }
    let remaining = condition.last_update_time.map_or(0, |from| remaining_ms(from, deadline, now));
    Some(if remaining < 1000 { 0 } else { u64::try_from(remaining).unwrap_or(0) })
}

fn write_if_changed(pass: &mut Pass<'_>, status: DeploymentStatus) -> bool {
    if pass.deployment.status == status {
        return false;
    }
    let mut whys = turning_points(pass, &status);
    let why = if whys.is_empty() { None } else { Some(whys.remove(0)) };
    pass.plan.notes.extend(whys);
    pass.edit().status = status;
    pass.update_status(why);
    true
}

/// What a reader of the timeline would want explained: the end of a rollout, a missed deadline, availability.
fn turning_points(pass: &Pass<'_>, status: &DeploymentStatus) -> Vec<Reason> {
    let deployment = &pass.deployment;
    let changed = |kind: &str| {
        let now = get(status, kind)?;
        let before = get(&deployment.status, kind);
        before.is_none_or(|before| before.reason != now.reason || before.status != now.status).then_some(now)
    };
    let mut whys = Vec::new();
    if let Some(progressing) = changed("Progressing") {
        let rule = match progressing.reason.as_str() {
            "NewReplicaSetAvailable" => Some("deployment/complete"),
            "ProgressDeadlineExceeded" => Some("deployment/progress-deadline-exceeded"),
            _ => None,
        };
        whys.extend(rule.map(|rule| reason(rule, progress_inputs(pass, status), progressing.message.clone())));
    }
    if let Some(available) = changed("Available") {
        let rule = if available.status == "True" { "deployment/available" } else { "deployment/unavailable" };
        let unavailable = max_unavailable(deployment);
        let inputs = vec![
            ("replicas", deployment.spec.replicas.into()),
            ("maxUnavailableResolved", unavailable.into()),
            ("minAvailable", deployment.spec.replicas.wrapping_sub(unavailable).into()),
            ("available", status.available_replicas.into()),
        ];
        whys.push(reason(rule, inputs, available.message.clone()));
    }
    whys
}

fn progress_inputs(pass: &Pass<'_>, status: &DeploymentStatus) -> super::Inputs {
    let last_progress = get(&pass.deployment.status, "Progressing").and_then(|condition| condition.last_update_time);
    vec![
        ("replicas", pass.replicas().into()),
        ("updated", status.updated_replicas.into()),
        ("total", status.replicas.into()),
        ("available", status.available_replicas.into()),
        ("progressDeadlineSeconds", pass.deployment.spec.progress_deadline_seconds.into()),
        ("lastProgress", last_progress.map(|time| time.to_string()).into()),
    ]
}

fn note_waiting(pass: &mut Pass<'_>, status: &DeploymentStatus) {
    if pass.plan.requeue_after_ms.is_none() {
        return;
    }
    let inputs = progress_inputs(pass, status);
    pass.note("deployment/waits-for-progress", inputs, "look again when the deadline has passed".to_owned());
}
