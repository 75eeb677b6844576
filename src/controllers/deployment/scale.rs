//! Scaling: sizing one ReplicaSet, and sharing out a new size among all while a rollout is under way or paused.

use std::sync::Arc;

use super::fenceposts::{max_surge, max_total, written_max_surge};
use super::new_replica_set::{self, active};
use super::revision::{self, DESIRED_REPLICAS, MAX_REPLICAS};
use super::status::{self, sum};
use super::{Inputs, Pass, ReplicaSets, Stop, clean_up_history, rollback};
use crate::api::{Deployment, EventType, ReplicaSet, StrategyType};
use crate::controllers::{is_older, reason};
use crate::sorting::go;

/// A pass for a Deployment that is paused or has a new size. Models pkg/controller/deployment/sync.go sync.
pub(super) fn sync(pass: &mut Pass<'_>, list: &[Arc<ReplicaSet>]) -> Result<(), Stop> {
    let mut sets = new_replica_set::sync_revision(pass, list, false)?;
    scale(pass, &mut sets);
    if pass.deployment.spec.paused && rollback::requested(&pass.deployment).is_none() {
        clean_up_history(pass, &sets.old);
    }
    status::sync_deployment_status(pass, &sets.all(), sets.new.as_ref());
    Ok(())
}

/// Whether the Deployment's size differs from what its ReplicaSets were sized for. Models isScalingEvent.
pub(super) fn is_scaling_event(pass: &mut Pass<'_>, list: &[Arc<ReplicaSet>]) -> Result<bool, Stop> {
    let all = new_replica_set::sync_revision(pass, list, false)?.all();
    let replicas = pass.replicas();
    Ok(active(&all)
        .iter()
        .filter_map(|set| revision::count_annotation(set, DESIRED_REPLICAS).ok().flatten())
        .any(|desired| desired != replicas))
}

/// Brings the ReplicaSets to the Deployment's size without hastening the rollout.
/// Models pkg/controller/deployment/sync.go scale.
pub fn scale(pass: &mut Pass<'_>, sets: &mut ReplicaSets) {
    let deployment = Arc::clone(&pass.deployment);
    let replicas = deployment.spec.replicas;
    if let Some(set) = find_active_or_latest(sets) {
        let inputs = vec![("replicas", replicas.into()), ("activeReplicaSets", active(&sets.all()).len().into())];
        scale_replica_set(pass, &set, replicas, false, "scale/active-or-latest", inputs);
        return;
    }
    if let Some(new) = sets.new.as_ref().filter(|new| is_saturated(&deployment, new)) {
        let inputs: Inputs = vec![
            ("replicas", replicas.into()),
            ("newReplicas", new.spec.replicas.into()),
            ("newAvailable", new.status.available_replicas.into()),
        ];
        for old in sets.active_old() {
            scale_replica_set(pass, &old, 0, false, "scale/saturated", inputs.clone());
        }
        return;
    }
    if deployment.spec.strategy.kind == StrategyType::RollingUpdate {
        scale_proportionally(pass, &active(&sets.all()));
    }
}

/// The larger the ReplicaSet, the larger its share of what is to be added or taken away; what rounding leaves over
/// goes to the largest.
fn scale_proportionally(pass: &mut Pass<'_>, sets: &[Arc<ReplicaSet>]) {
    let deployment = Arc::clone(&pass.deployment);
    let current = sum(sets, |set| set.spec.replicas);
    let allowed = if deployment.spec.replicas > 0 { max_total(&deployment) } else { 0 };
    let to_add = allowed.wrapping_sub(current);
    let mut sets = sets.to_vec();
    if to_add != 0 {
        // Among equals, newer ones grow first and older ones shrink first.
        go::sort(&mut sets, |a, b| match (a.spec.replicas, b.spec.replicas) {
            (first, second) if first != second => first > second,
            _ if to_add > 0 => is_older(b, a),
            _ => is_older(a, b),
        });
    }
    let mut added = 0_i32;
    let proportions: Vec<i32> = sets
        .iter()
        .map(|set| {
            let proportion = proportion(set, &deployment, to_add, added);
            added = added.wrapping_add(proportion);
            proportion
        })
        .collect();
    for (at, (set, proportion)) in sets.iter().zip(proportions).enumerate() {
        let leftover = if at == 0 && to_add != 0 { to_add.wrapping_sub(added) } else { 0 };
        let mut size = set.spec.replicas.wrapping_add(proportion).wrapping_add(leftover);
        if at == 0 && to_add != 0 {
            size = size.max(0);
        }
        let inputs = vec![
            ("replicas", deployment.spec.replicas.into()),
            ("maxSurge", written_max_surge(&deployment)),
            ("maxSurgeResolved", max_surge(&deployment).into()),
            ("allowedPods", allowed.into()),
            ("currentPods", current.into()),
            ("podsToAdd", to_add.into()),
            ("maxReplicasBefore", set.metadata.annotations.get(MAX_REPLICAS).cloned().into()),
            ("proportion", proportion.into()),
            ("leftover", leftover.into()),
        ];
        scale_replica_set(pass, set, size, true, "scale/proportional", inputs);
    }
}

/// The only ReplicaSet with pods; the newest when none has pods; nothing when several have. Models FindActiveOrLatest.
pub fn find_active_or_latest(sets: &mut ReplicaSets) -> Option<Arc<ReplicaSet>> {
    go::sort(&mut sets.old, |a, b| is_older(b, a));
    let active = active(&sets.all());
    match active.as_slice() {
        [] => sets.new.as_ref().or(sets.old.first()).cloned(),
        [only] => Some(Arc::clone(only)),
        _ => None,
    }
}

/// Whether the new ReplicaSet has all pods of the Deployment, and all are available. Models IsSaturated.
pub fn is_saturated(deployment: &Deployment, set: &ReplicaSet) -> bool {
    let replicas = deployment.spec.replicas;
    let desired = set.metadata.annotations.get(DESIRED_REPLICAS).and_then(|text| text.parse::<i32>().ok());
    set.spec.replicas == replicas && desired == Some(replicas) && set.status.available_replicas == replicas
}

/// The share of a ReplicaSet in `to_add`, of which `added` is given away already. Models GetReplicaSetProportion.
pub fn proportion(set: &ReplicaSet, deployment: &Deployment, to_add: i32, added: i32) -> i32 {
    if set.spec.replicas == 0 || to_add == 0 || to_add == added {
        return 0;
    }
    let fraction = fraction(set, deployment);
    let allowed = to_add.wrapping_sub(added);
    if to_add > 0 { fraction.min(allowed) } else { fraction.max(allowed) }
}

/// By how much a ReplicaSet would change if it grew as the Deployment does. Models getReplicaSetFraction.
pub fn fraction(set: &ReplicaSet, deployment: &Deployment) -> i32 {
    let size = set.spec.replicas;
    if deployment.spec.replicas == 0 {
        return size.wrapping_neg();
    }
    let recorded = revision::count_annotation(set, MAX_REPLICAS).ok().flatten().unwrap_or(0);
    // Someone tampered with the annotation: the present size has to do.
    let before = if recorded == 0 { deployment.status.replicas } else { recorded };
    if before == 0 {
        return 0;
    }
    let scaled = i64::from(size.wrapping_mul(max_total(deployment)));
    rounded_quotient(scaled, i64::from(before)).wrapping_sub(size)
}

/// Rounds half away from zero. Models k8s.io/utils/integer RoundToInt32 of a quotient.
fn rounded_quotient(dividend: i64, divisor: i64) -> i32 {
    let size = (2 * dividend.abs() + divisor.abs()) / (2 * divisor.abs());
    let signed = if (dividend < 0) == (divisor < 0) { size } else { -size };
    i32::try_from(signed).unwrap_or(i32::MAX)
}

/// Sizes a ReplicaSet, with its annotations; unless `force`, only when the size differs. Answers whether the size
/// changed, and the ReplicaSet as it is then. Models scaleReplicaSet.
pub fn scale_replica_set(
    pass: &mut Pass<'_>,
    set: &Arc<ReplicaSet>,
    to: i32,
    force: bool,
    rule: &'static str,
    mut inputs: Inputs,
) -> (bool, Arc<ReplicaSet>) {
    let from = set.spec.replicas;
    let (desired, max) = (pass.replicas(), max_total(&pass.deployment));
    let is_resized = from != to;
    let is_stale = revision::replicas_annotations_need_update(set, desired, max);
    if !is_resized && (!force || !is_stale) {
        return (false, Arc::clone(set));
    }
    let mut sized = ReplicaSet::clone(set);
    sized.spec.replicas = to;
    revision::set_replicas_annotations(&mut sized, desired, max);
    let name = set.metadata.name.clone();
    let why = is_resized.then(|| {
        inputs.extend([("replicaSet", name.as_str().into()), ("from", from.into()), ("to", to.into())]);
        reason(rule, inputs, format!("scale {name} from {from} to {to}"))
    });
    let sized = new_replica_set::write(pass, sized, why);
    if is_resized {
        let message = pass.input.version.scaled_replica_set(&name, from, to);
        pass.event(EventType::Normal, "ScalingReplicaSet", message);
    }
    (is_resized, sized)
}

#[cfg(test)]
mod tests {
    use super::rounded_quotient;

    #[test]
    fn halves_are_rounded_away_from_zero() {
        for (dividend, divisor, wanted) in
            [(3, 2, 2), (-3, 2, -2), (3, -2, -2), (-3, -2, 2), (1, 3, 0), (2, 3, 1), (0, 5, 0)]
        {
            assert_eq!(rounded_quotient(dividend, divisor), wanted, "{dividend}/{divisor}");
        }
        assert_eq!(rounded_quotient(i64::from(i32::MAX) * 3, 1), i32::MAX);
    }
}
