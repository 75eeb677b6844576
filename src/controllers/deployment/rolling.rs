//! Rolling updates: the new ReplicaSet grows as far as maxSurge allows, the old ones shrink as far as
//! maxUnavailable allows.

use std::sync::Arc;

use super::fenceposts::{max_unavailable, written_max_unavailable};
use super::new_replica_set::{self, new_replicas, room_inputs};
use super::scale::scale_replica_set;
use super::status::{self, sum};
use super::{Inputs, Pass, ReplicaSets, Stop, clean_up_history};
use crate::api::ReplicaSet;
use crate::controllers::is_older;
use crate::sorting::go;

/// One pass of a rolling update: it grows the new ReplicaSet, or else shrinks the old ones.
/// Models pkg/controller/deployment/rolling.go rolloutRolling.
///
/// # Errors
/// [`Stop`] when the pass has to end before its status is known.
pub fn roll_out(pass: &mut Pass<'_>, list: &[Arc<ReplicaSet>]) -> Result<(), Stop> {
    let sets = new_replica_set::sync_revision(pass, list, true)?;
    let Some(new) = sets.new.clone() else { return Err(Stop) };
    let all = sets.all();
    let acted = reconcile_new(pass, &all, &new)? || reconcile_old(pass, &sets, &new);
    if !acted && status::is_complete(&pass.deployment, &pass.deployment.status) {
        clean_up_history(pass, &sets.old);
    }
    status::sync_rollout_status(pass, &all, Some(&new));
    Ok(())
}

/// Grows the new ReplicaSet up to replicas + maxSurge pods in all, or shrinks it to the Deployment's size.
/// Models reconcileNewReplicaSet.
///
/// # Errors
/// [`Stop`] when maxSurge cannot be read.
pub fn reconcile_new(pass: &mut Pass<'_>, all: &[Arc<ReplicaSet>], new: &Arc<ReplicaSet>) -> Result<bool, Stop> {
    let replicas = pass.replicas();
    if new.spec.replicas == replicas {
        return Ok(false);
    }
    let inputs = room_inputs(&pass.deployment, all, new);
    if new.spec.replicas > replicas {
        return Ok(scale_replica_set(pass, new, replicas, false, "rolling/scale-down-new", inputs).0);
    }
    let wanted = new_replicas(&pass.deployment, all, new).map_err(|_| Stop)?;
    if wanted == new.spec.replicas {
        let action = format!("leave {} at {wanted}: no room for more pods", new.metadata.name);
        pass.note("rolling/waits-for-room", inputs, action);
        return Ok(false);
    }
    Ok(scale_replica_set(pass, new, wanted, false, "rolling/scale-up-new", inputs).0)
}

/// Shrinks the old ReplicaSets: first by their unavailable pods, then as far as availability allows.
/// Models reconcileOldReplicaSets.
pub fn reconcile_old(pass: &mut Pass<'_>, sets: &ReplicaSets, new: &Arc<ReplicaSet>) -> bool {
    let mut old = sets.active_old();
    if sum(&old, |set| set.spec.replicas) == 0 {
        return false;
    }
    let all_pods = sum(&sets.all(), |set| set.spec.replicas);
    let min_available = pass.replicas().wrapping_sub(max_unavailable(&pass.deployment));
    let new_unavailable = new.spec.replicas.wrapping_sub(new.status.available_replicas);
    let max_scaled_down = all_pods.wrapping_sub(min_available).wrapping_sub(new_unavailable);
    let mut inputs = floor_inputs(pass);
    inputs.extend([
        ("currentPods", all_pods.into()),
        ("newUnavailable", new_unavailable.into()),
        ("maxScaledDown", max_scaled_down.into()),
    ]);
    if max_scaled_down <= 0 {
        pass.note("rolling/waits-for-availability", inputs, "leave the old pods until new ones are available".into());
        return false;
    }
    let Some(cleaned_up) = clean_up_unhealthy(pass, &mut old, max_scaled_down, &inputs) else { return false };
    let scaled_down = scale_down_old(pass, &mut old, Some(new), cleaned_up == 0);
    cleaned_up.wrapping_add(scaled_down) > 0
}

fn floor_inputs(pass: &Pass<'_>) -> Inputs {
    let unavailable = max_unavailable(&pass.deployment);
    vec![
        ("replicas", pass.replicas().into()),
        ("maxUnavailable", written_max_unavailable(&pass.deployment)),
        ("maxUnavailableResolved", unavailable.into()),
        ("minAvailable", pass.replicas().wrapping_sub(unavailable).into()),
    ]
}

/// Takes the pods that are not available from the old ReplicaSets, oldest first: the ReplicaSet controller deletes
/// unready pods before ready ones, so nothing gets less available. Answers how many went, and nothing when a
/// ReplicaSet has more available pods than it wants. Models cleanupUnhealthyReplicas.
pub fn clean_up_unhealthy(
    pass: &mut Pass<'_>,
    old: &mut [Arc<ReplicaSet>],
    limit: i32,
    inputs: &[(&'static str, serde_json::Value)],
) -> Option<i32> {
    go::sort(old, |a, b| is_older(a, b));
    let mut total = 0;
    for target in old {
        if total >= limit {
            break;
        }
        let (size, available) = (target.spec.replicas, target.status.available_replicas);
        if size == 0 || size == available {
            continue;
        }
        let count = (limit - total).min(size.wrapping_sub(available));
        // The ReplicaSet's controller is still at it: what is counted here is out of date.
        if count < 0 {
            return None;
        }
        let mut inputs = inputs.to_vec();
        inputs.extend([("unavailable", (size - available).into()), ("cleanedUpBefore", total.into())]);
        *target = scale_replica_set(pass, target, size - count, false, "rolling/cleanup-unhealthy", inputs).1;
        total += count;
    }
    Some(total)
}

/// Takes available pods from the old ReplicaSets, oldest first, down to the floor.
/// Models scaleDownOldReplicaSetsForRollingUpdate.
pub fn scale_down_old(
    pass: &mut Pass<'_>,
    old: &mut [Arc<ReplicaSet>],
    new: Option<&Arc<ReplicaSet>>,
    explain_waiting: bool,
) -> i32 {
    let min_available = pass.replicas().wrapping_sub(max_unavailable(&pass.deployment));
    let in_new = new.map_or(0, |new| new.status.available_replicas);
    let available = sum(old, |set| set.status.available_replicas).wrapping_add(in_new);
    let mut inputs = floor_inputs(pass);
    inputs.push(("available", available.into()));
    if available <= min_available {
        if explain_waiting {
            let action = "leave the old pods: no more are available than must be".to_owned();
            pass.note("rolling/waits-for-availability", inputs, action);
        }
        return 0;
    }
    go::sort(old, |a, b| is_older(a, b));
    let budget = available.wrapping_sub(min_available);
    inputs.push(("maxScaledDown", budget.into()));
    let mut total = 0;
    for target in old {
        if total >= budget {
            break;
        }
        let size = target.spec.replicas;
        if size == 0 {
            continue;
        }
        let count = size.min(budget - total);
        let mut inputs = inputs.clone();
        inputs.push(("scaledDownBefore", total.into()));
        *target = scale_replica_set(pass, target, size - count, false, "rolling/scale-down-old", inputs).1;
        total += count;
    }
    total
}
