//! Which pods go first when there are too many.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

pub use crate::api::well_known::POD_DELETION_COST;
use crate::api::{Pod, PodPhase, ReplicaSet, Time};
use crate::controllers::sort_by_less;
use crate::sim::SimTime;

/// A pod with the number of its Deployment's active pods on its node.
#[derive(Clone, Debug)]
pub struct RankedPod {
    /// The pod.
    pub pod: Arc<Pod>,
    /// How many active pods of the same Deployment share its node.
    pub rank: usize,
}

/// The first `count` of `active` to delete; `related` are all pods of the same Deployment.
/// Models pkg/controller/replicaset/replica_set.go getPodsToDelete.
pub fn pods_to_delete(active: &[Arc<Pod>], related: &[Arc<Pod>], count: usize, now: SimTime) -> Vec<RankedPod> {
    let mut ranked = rank_by_related_pods_on_same_node(active, related);
    if count < ranked.len() {
        sort_for_deletion(&mut ranked, Some(now));
    }
    ranked.truncate(count);
    ranked
}

/// Models getPodsRankedByRelatedPodsOnSameNode.
pub fn rank_by_related_pods_on_same_node(pods: &[Arc<Pod>], related: &[Arc<Pod>]) -> Vec<RankedPod> {
    let mut on_node: BTreeMap<&str, usize> = BTreeMap::new();
    for pod in related.iter().filter(|pod| pod.is_active()) {
        *on_node.entry(pod.node_name.as_str()).or_default() += 1;
    }
    let rank = |pod: &Pod| on_node.get(pod.node_name.as_str()).copied().unwrap_or(0);
    pods.iter().map(|pod| RankedPod { pod: Arc::clone(pod), rank: rank(pod) }).collect()
}

/// Puts the pods that are worth least first. Ages are compared on a logarithmic scale; without `now`, exactly.
/// Models controller.ActivePodsWithRanks.
pub fn sort_for_deletion(pods: &mut [RankedPod], now: Option<SimTime>) {
    sort_by_less(pods, |a, b| compare(a, b, now) == Ordering::Less);
}

/// The numbers by which a pod was ranked.
pub(super) fn explain(ranked: &RankedPod, now: SimTime) -> Value {
    let pod = &ranked.pod;
    json!({
        "pod": pod.metadata.name,
        "node": pod.node_name,
        "phase": pod.status.phase.as_str(),
        "ready": pod.is_ready(),
        "deletionCost": deletion_cost(pod),
        "podsOnNode": ranked.rank,
        "readyAgeBucket": ready_since(pod).map(|since| age_bucket(since, now)),
        "restarts": max_restarts(pod).0,
        "ageBucket": pod.metadata.creation_timestamp.map(|since| age_bucket(since, now)),
        "uid": pod.metadata.uid,
    })
}

fn compare(a: &RankedPod, b: &RankedPod, now: Option<SimTime>) -> Ordering {
    let (first, second) = (&*a.pod, &*b.pod);
    let is_placed = |pod: &Pod| !pod.node_name.is_empty();
    is_placed(first)
        .cmp(&is_placed(second))
        .then_with(|| phase_ordinal(first.status.phase).cmp(&phase_ordinal(second.status.phase)))
        .then_with(|| first.is_ready().cmp(&second.is_ready()))
        .then_with(|| deletion_cost(first).cmp(&deletion_cost(second)))
        .then_with(|| b.rank.cmp(&a.rank))
        .then_with(|| {
            if first.is_ready() && second.is_ready() {
                compare_ages(ready_since(first), ready_since(second), first, second, now)
            } else {
                Ordering::Equal
            }
        })
        .then_with(|| max_restarts(second).cmp(&max_restarts(first)))
        .then_with(|| {
            let born = |pod: &Pod| pod.metadata.creation_timestamp;
            compare_ages(born(first), born(second), first, second, now)
        })
}

/// Unknown before young before old. Ages within one power of two count as equal, and then the uid decides: a choice
/// that is stable and yet favours no pod.
fn compare_ages(a: Option<Time>, b: Option<Time>, first: &Pod, second: &Pod, now: Option<SimTime>) -> Ordering {
    if a == b {
        return Ordering::Equal;
    }
    match (a, b, now) {
        (Some(a), Some(b), Some(now)) => {
            age_bucket(a, now).cmp(&age_bucket(b, now)).then_with(|| first.metadata.uid.cmp(&second.metadata.uid))
        }
        (Some(a), Some(b), None) => b.cmp(&a),
        (a, b, _) => a.is_some().cmp(&b.is_some()),
    }
}

/// The logarithm, base 2, of the age in nanoseconds; -1 for what is not yet. Models logarithmicRankDiff.
fn age_bucket(since: Time, now: SimTime) -> i64 {
    let age_ms = i64::try_from(now.as_ms()).unwrap_or(i64::MAX / 2).saturating_sub(since.as_sim_ms());
    match u128::try_from(age_ms) {
        Ok(age_ms) if age_ms > 0 => i64::from((age_ms * 1_000_000).ilog2()),
        _ => -1,
    }
}

fn phase_ordinal(phase: PodPhase) -> u8 {
    match phase {
        PodPhase::Running => 2,
        PodPhase::Unknown => 1,
        // Go's map answers 0 for the phases that it does not list, too.
        PodPhase::Pending | PodPhase::Succeeded | PodPhase::Failed => 0,
    }
}

/// Models pkg/apis/core/v1/helper GetDeletionCostFromPodAnnotations: what cannot be read costs 0.
fn deletion_cost(pod: &Pod) -> i32 {
    let Some(text) = pod.metadata.annotations.get(POD_DELETION_COST) else { return 0 };
    // Neither a plus sign nor leading zeros are taken.
    let is_well_begun = text == "0" || text.starts_with(|first: char| first == '-' || ('1'..='9').contains(&first));
    if is_well_begun { text.parse().unwrap_or(0) } else { 0 }
}

fn ready_since(pod: &Pod) -> Option<Time> {
    pod.condition("Ready").filter(|condition| condition.status == "True")?.last_transition_time
}

/// The most restarts of a container, then those of a sidecar. Models maxContainerRestarts.
fn max_restarts(pod: &Pod) -> (i32, i32) {
    let regular = pod.status.container_statuses.iter().map(|status| status.restart_count).max().unwrap_or(0);
    let init_containers = pod.spec.raw().get("initContainers").and_then(Value::as_array);
    let is_sidecar = |name: &str| {
        let mut all = init_containers.into_iter().flatten();
        all.any(|container| container["name"] == name && container["restartPolicy"] == "Always")
    };
    let sidecars = pod.status.init_container_statuses.iter().filter(|status| is_sidecar(&status.name));
    (regular.max(0), sidecars.map(|status| status.restart_count).max().unwrap_or(0).max(0))
}

/// The ReplicaSets that the same controller owns, itself included. Models getReplicaSetsWithSameController.
pub fn replica_sets_with_same_controller(set: &ReplicaSet, all: &[Arc<ReplicaSet>]) -> Vec<Arc<ReplicaSet>> {
    let Some(owner) = set.metadata.controller() else { return Vec::new() };
    all.iter().filter(|other| other.metadata.is_controlled_by(&owner.uid)).cloned().collect()
}

/// The pods that match any ReplicaSet of the same controller. Models getIndirectlyRelatedPods.
pub fn related_pods(set: &ReplicaSet, all: &[Arc<ReplicaSet>], pods: &[Arc<Pod>]) -> Vec<Arc<Pod>> {
    let sets = replica_sets_with_same_controller(set, all);
    let is_related = |pod: &Pod| {
        sets.iter().any(|set| {
            set.metadata.namespace == pod.metadata.namespace && set.spec.selector.matches(&pod.metadata.labels)
        })
    };
    pods.iter().filter(|pod| is_related(pod)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::{ContainerStatus, PodSpec};

    #[test]
    fn restarts_of_sidecars_count_and_those_of_init_containers_do_not() {
        let inits = json!([
            {"name": "side", "image": "web", "restartPolicy": "Always"}, {"name": "init", "image": "web"},
        ]);
        let spec = PodSpec::from_value(json!({"initContainers": inits, "containers": []})).unwrap_or_default();
        let status = |name: &str, restart_count: i32| ContainerStatus {
            name: name.to_owned(),
            restart_count,
            ..ContainerStatus::default()
        };
        let mut pod = Pod { spec: Arc::new(spec), ..Pod::default() };
        assert_eq!(max_restarts(&pod), (0, 0));
        pod.status.container_statuses = vec![status("a", 2), status("b", 5)];
        pod.status.init_container_statuses = vec![status("init", 9), status("side", 3)];
        assert_eq!(max_restarts(&pod), (5, 3));
    }
}
