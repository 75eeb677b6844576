//! Recreate: every old pod goes before the first new one comes.

use std::sync::Arc;

use super::scale::scale_replica_set;
use super::status::{self, sum};
use super::{Pass, ReplicaSets, Stop, clean_up_history, new_replica_set};
use crate::api::{Pod, ReplicaSet};

/// One pass of a re-creation. Models pkg/controller/deployment/recreate.go rolloutRecreate.
///
/// # Errors
/// [`Stop`] when the pass has to end before its status is known.
pub fn roll_out(pass: &mut Pass<'_>, list: &[Arc<ReplicaSet>]) -> Result<(), Stop> {
    let mut sets = new_replica_set::sync_revision(pass, list, false)?;
    if scale_down_old(pass, &sets) {
        status::sync_rollout_status(pass, &sets.all(), sets.new.as_ref());
        return Ok(());
    }
    let pods: Vec<Arc<Pod>> = pods_of(pass.input.pods, list);
    if old_pods_running(&sets, &pods) {
        note_old_pods(pass, &sets, &pods);
        status::sync_rollout_status(pass, &sets.all(), sets.new.as_ref());
        return Ok(());
    }
    if sets.new.is_none() {
        sets = new_replica_set::sync_revision(pass, list, true)?;
    }
    let Some(new) = sets.new.clone() else { return Err(Stop) };
    let replicas = pass.replicas();
    let inputs = vec![("replicas", replicas.into()), ("oldPods", 0.into())];
    scale_replica_set(pass, &new, replicas, false, "recreate/scale-up-new", inputs);
    if status::is_complete(&pass.deployment, &pass.deployment.status) {
        clean_up_history(pass, &sets.old);
    }
    status::sync_rollout_status(pass, &sets.all(), Some(&new));
    Ok(())
}

/// Models scaleDownOldReplicaSetsForRecreate.
fn scale_down_old(pass: &mut Pass<'_>, sets: &ReplicaSets) -> bool {
    let mut scaled = false;
    for old in sets.active_old() {
        let inputs = vec![("strategy", "Recreate".into())];
        scaled |= scale_replica_set(pass, &old, 0, false, "recreate/scale-down-old", inputs).0;
    }
    scaled
}

/// The pods that one of the ReplicaSets controls. Models getPodMapForDeployment.
fn pods_of(pods: &[Arc<Pod>], sets: &[Arc<ReplicaSet>]) -> Vec<Arc<Pod>> {
    let is_ours = |pod: &Pod| sets.iter().any(|set| pod.metadata.is_controlled_by(&set.metadata.uid));
    pods.iter().filter(|pod| is_ours(pod)).cloned().collect()
}

/// Whether a pod of an old ReplicaSet may still run, terminating ones included. `pods` are those of all of the
/// Deployment's ReplicaSets. Models oldPodsRunning.
pub fn old_pods_running(sets: &ReplicaSets, pods: &[Arc<Pod>]) -> bool {
    sum(&sets.old, |set| set.status.replicas) > 0 || pods.iter().any(|pod| runs_as_old(sets, pod))
}

fn runs_as_old(sets: &ReplicaSets, pod: &Pod) -> bool {
    let is_new = sets.new.as_ref().is_some_and(|new| pod.metadata.is_controlled_by(&new.metadata.uid));
    !is_new && !pod.status.phase.is_terminal()
}

fn note_old_pods(pass: &mut Pass<'_>, sets: &ReplicaSets, pods: &[Arc<Pod>]) {
    let running = pods.iter().filter(|pod| runs_as_old(sets, pod));
    let names: Vec<&str> = running.map(|pod| pod.metadata.name.as_str()).collect();
    let inputs = vec![
        ("oldReplicas", sum(&sets.old, |set| set.status.replicas).into()),
        ("oldPods", names.len().into()),
        ("pods", names.into()),
    ];
    pass.note("recreate/waits-for-old-pods", inputs, "create no new pod while an old one runs".to_owned());
}
