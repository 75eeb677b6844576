//! Which pods go first when there are too many.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

pub use crate::api::well_known::POD_DELETION_COST;
use crate::api::{Pod, PodPhase, ReplicaSet, Time};
use crate::sim::SimTime;
use crate::sorting::{self, go};

/// A pod with the number of its Deployment's active pods on its node.
#[derive(Clone, Debug)]
pub struct RankedPod {
    /// The pod.
    pub pod: Arc<Pod>,
    /// How many active pods of the same Deployment share its node.
    pub rank: usize,
}

/// How many active pods of a Deployment each node has.
pub type OnNode = BTreeMap<String, usize>;

/// The first `count` of `active` to delete; `related` are all pods of the same Deployment.
/// Models pkg/controller/replicaset/replica_set.go getPodsToDelete.
pub fn pods_to_delete(active: &[Arc<Pod>], related: &[Arc<Pod>], count: usize, now: SimTime) -> Vec<RankedPod> {
    first_to_go(active, &on_node(related), count, now)
}

/// As [`pods_to_delete`], where the Deployment's pods have been counted.
pub(super) fn first_to_go(active: &[Arc<Pod>], on_node: &OnNode, count: usize, now: SimTime) -> Vec<RankedPod> {
    let mut ranked = ranked(active, on_node);
    if count < ranked.len() {
        sort_until(&mut ranked, count, Some(now));
    }
    ranked.truncate(count);
    ranked
}

/// Models getPodsRankedByRelatedPodsOnSameNode.
pub fn rank_by_related_pods_on_same_node(pods: &[Arc<Pod>], related: &[Arc<Pod>]) -> Vec<RankedPod> {
    ranked(pods, &on_node(related))
}

/// Counts the active pods of each node.
pub(super) fn on_node(related: &[Arc<Pod>]) -> OnNode {
    let mut on_node = OnNode::new();
    for pod in related.iter().filter(|pod| pod.is_active()) {
        *on_node.entry(pod.node_name.clone()).or_default() += 1;
    }
    on_node
}

fn ranked(pods: &[Arc<Pod>], on_node: &OnNode) -> Vec<RankedPod> {
    let rank = |pod: &Pod| on_node.get(&pod.node_name).copied().unwrap_or(0);
    pods.iter().map(|pod| RankedPod { pod: Arc::clone(pod), rank: rank(pod) }).collect()
}

/// Puts the pods that are worth least first. Ages are compared on a logarithmic scale; without `now`, exactly.
/// Models controller.ActivePodsWithRanks.
pub fn sort_for_deletion(pods: &mut [RankedPod], now: Option<SimTime>) {
    sort_until(pods, pods.len(), now);
}

/// As [`sort_for_deletion`], for who needs no more than the first `count`.
fn sort_until(pods: &mut [RankedPod], count: usize, now: Option<SimTime>) {
    let places = {
        let worth: Vec<Worth<'_>> = pods.iter().map(|pod| Worth::of(pod, now)).collect();
        go::first(pods.len(), count, &|a, b| match (worth.get(a), worth.get(b)) {
            (Some(a), Some(b)) => a.compare(b) == Ordering::Less,
            _ => false,
        })
    };
    sorting::arrange(places, &mut |a, b| pods.swap(a, b));
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

/// What decides about a pod, read once: it is compared many times.
struct Worth<'a> {
    is_placed: bool,
    phase: u8,
    is_ready: bool,
    cost: i32,
    rank: usize,
    ready: Age,
    restarts: (i32, i32),
    born: Age,
    uid: &'a str,
}

impl<'a> Worth<'a> {
    fn of(ranked: &'a RankedPod, now: Option<SimTime>) -> Self {
        let pod = &*ranked.pod;
        Self {
            is_placed: !pod.node_name.is_empty(),
            phase: phase_ordinal(pod.status.phase),
            is_ready: pod.is_ready(),
            cost: deletion_cost(pod),
            rank: ranked.rank,
            ready: Age::of(ready_since(pod), now),
            restarts: max_restarts(pod),
            born: Age::of(pod.metadata.creation_timestamp, now),
            uid: &pod.metadata.uid,
        }
    }

    fn compare(&self, other: &Self) -> Ordering {
        self.is_placed
            .cmp(&other.is_placed)
            .then_with(|| self.phase.cmp(&other.phase))
            .then_with(|| self.is_ready.cmp(&other.is_ready))
            .then_with(|| self.cost.cmp(&other.cost))
            .then_with(|| other.rank.cmp(&self.rank))
            .then_with(|| {
                if self.is_ready && other.is_ready {
                    self.ready.compare(&other.ready, self.uid, other.uid)
                } else {
                    Ordering::Equal
                }
            })
            .then_with(|| other.restarts.cmp(&self.restarts))
            .then_with(|| self.born.compare(&other.born, self.uid, other.uid))
    }
}

/// A moment, with its age on the logarithmic scale where ages are compared so.
struct Age {
    since: Option<Time>,
    bucket: Option<i64>,
}

impl Age {
    fn of(since: Option<Time>, now: Option<SimTime>) -> Self {
        Self { since, bucket: since.zip(now).map(|(since, now)| age_bucket(since, now)) }
    }

    /// Unknown before young before old. Ages within one power of two count as equal, and then the uid decides: a choice
    /// that is stable and yet favours no pod.
    fn compare(&self, other: &Self, uid: &str, other_uid: &str) -> Ordering {
        if self.since == other.since {
            return Ordering::Equal;
        }
        match (self.since, other.since) {
            (Some(since), Some(others)) => match (self.bucket, other.bucket) {
                (Some(bucket), Some(others)) => bucket.cmp(&others).then_with(|| uid.cmp(other_uid)),
                _ => others.cmp(&since),
            },
            (since, others) => since.is_some().cmp(&others.is_some()),
        }
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
    if pod.status.init_container_statuses.is_empty() {
        return (regular.max(0), 0);
    }
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
        pod.status.container_statuses = vec![status("a", 2), status("b", 5)].into();
        pod.status.init_container_statuses = vec![status("init", 9), status("side", 3)].into();
        assert_eq!(max_restarts(&pod), (5, 3));
    }
}
