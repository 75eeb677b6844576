//! The ReplicaSet controller: as many pods as the ReplicaSet says, and a status that tells how they are.

pub mod availability;
mod counts;
mod expectations;
pub mod ranking;
mod slow_start;
pub mod status;

use std::sync::Arc;

use super::ownership::{Claim, claim};
use super::{Plan, Request, controller_reference, reason};
use crate::api::{Kind, KubernetesVersion, ObjectMeta, Pod, ReplicaSet};
use crate::sim::{Shared, SimTime};

pub use counts::Counts;
pub use expectations::{EXPECTATIONS_TIMEOUT_MS, Expectations};
pub use slow_start::{Batches, SLOW_START_INITIAL_BATCH_SIZE, SlowStart, slow_start_batch};

/// Pods created or deleted in one pass at most. Models replicaset.BurstReplicas.
pub const BURST_REPLICAS: usize = 500;

/// Names of pods are DNS subdomains: no longer than this.
const POD_NAME_LIMIT: usize = 253;

/// What the controller reads.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The ReplicaSet.
    pub replica_set: &'a Arc<ReplicaSet>,
    /// Every ReplicaSet of its namespace (for the ranking of pods).
    pub replica_sets: &'a [Arc<ReplicaSet>],
    /// The pods of its namespace that are its own or nobody's, in the order of their creation; where `on_node` is not
    /// given, its siblings' as well.
    pub pods: &'a [Arc<Pod>],
    /// How many active pods of the same Deployment each node has, for the ranking; nothing to count them among `pods`.
    pub on_node: Option<&'a ranking::OnNode>,
    /// [`Expectations::are_satisfied`].
    pub expectations_satisfied: bool,
    /// [`BURST_REPLICAS`].
    pub burst_replicas: usize,
    /// Which Kubernetes.
    pub version: KubernetesVersion,
}

/// The ReplicaSet's own pods.
struct Claimed {
    active: Vec<Arc<Pod>>,
    terminating: usize,
}

/// One pass. Models pkg/controller/replicaset/replica_set.go syncReplicaSet.
pub fn sync(input: &Input<'_>, now: SimTime) -> Plan {
    let set = input.replica_set;
    let mut plan = Plan::default();
    let claimed = claim_pods(input, &mut plan);
    let counts = Counts::of(set, &claimed.active, claimed.terminating, now);
    pass(input, &claimed.active, &counts, plan, now)
}

/// As [`sync`] for who has only counted the pods: `input` holds none, and the ReplicaSet claims exactly the counted ones.
/// Answers nothing when pods are to be deleted, because these are chosen among all of them.
pub fn sync_counted(input: &Input<'_>, counts: &Counts, now: SimTime) -> Option<Plan> {
    let set = input.replica_set;
    let may_delete = input.expectations_satisfied && set.metadata.deletion_timestamp.is_none();
    if may_delete && counts.active > usize::try_from(set.spec.replicas).unwrap_or(0) {
        return None;
    }
    Some(pass(input, &[], counts, Plan::default(), now))
}

fn pass(input: &Input<'_>, active: &[Arc<Pod>], counts: &Counts, mut plan: Plan, now: SimTime) -> Plan {
    let set = input.replica_set;
    if !input.expectations_satisfied {
        let inputs = vec![("replicas", set.spec.replicas.into()), ("pods", counts.active.into())];
        let action = "wait until the pods asked for have been seen".to_owned();
        plan.notes.push(reason("replicaset/waits-for-expectations", inputs, action));
    } else if set.metadata.deletion_timestamp.is_none() {
        manage_replicas(input, active, counts, &mut plan, now);
    }
    let ready_but_unavailable = report(input, counts, None, &mut plan, now);
    if ready_but_unavailable > 0 && set.spec.min_ready_seconds > 0 {
        check_availability_later(set, counts, ready_but_unavailable, &mut plan, now);
    }
    plan
}

/// The numbers of the pods that the ReplicaSet claims.
pub fn count(input: &Input<'_>, now: SimTime) -> Counts {
    let claimed = claim_pods(input, &mut Plan::default());
    Counts::of(input.replica_set, &claimed.active, claimed.terminating, now)
}

/// What is still to be done after creating or deleting pods failed with `error`: the status is written with the
/// failure, and with the numbers from before. The key is then put back through the queue's rate limiter.
pub fn management_failed(input: &Input<'_>, counts: &Counts, error: &str, now: SimTime) -> Plan {
    let mut plan = Plan::default();
    report(input, counts, Some(error), &mut plan, now);
    let inputs = vec![
        ("replicas", input.replica_set.spec.replicas.into()),
        ("pods", counts.active.into()),
        ("error", error.into()),
    ];
    plan.notes.push(reason("replicaset/failed", inputs, "try again later".to_owned()));
    plan.requeue_after(0);
    plan
}

/// Models claimPods, ClaimPods and FilterClaimedPods.
fn claim_pods(input: &Input<'_>, plan: &mut Plan) -> Claimed {
    let set = input.replica_set;
    let mut claimed = Claimed { active: Vec::new(), terminating: 0 };
    for pod in input.pods {
        let owner = pod.metadata.controller();
        if owner.is_some_and(|owner| owner.uid != set.metadata.uid) {
            continue;
        }
        let matches = set.spec.selector.matches(&pod.metadata.labels);
        if !pod.is_active() {
            let is_terminating = !pod.status.phase.is_terminal();
            claimed.terminating += usize::from(is_terminating && owner.is_some() && matches);
            continue;
        }
        if owner.is_some() && matches {
            claimed.active.push(Arc::clone(pod));
            continue;
        }
        let name = &pod.metadata.name;
        match claim(&set.metadata, &pod.metadata, matches) {
            Claim::Ignore => {}
            Claim::Owned => claimed.active.push(Arc::clone(pod)),
            Claim::Adopt => {
                let owner = controller_reference(Kind::ReplicaSet, &set.metadata);
                let inputs = vec![("pod", name.as_str().into())];
                let why = reason("replicaset/adopt-pod", inputs, format!("adopt {name}"));
                plan.request(Request::AdoptPod { pod: Arc::clone(pod), owner }, Some(why));
                claimed.active.push(Arc::clone(pod));
            }
            Claim::Release => {
                let owner_uid = set.metadata.uid.clone();
                let inputs = vec![("pod", name.as_str().into())];
                let why = reason("replicaset/release-pod", inputs, format!("release {name}"));
                plan.request(Request::ReleasePod { pod: Arc::clone(pod), owner_uid }, Some(why));
            }
        }
    }
    claimed
}

/// Models manageReplicas.
fn manage_replicas(input: &Input<'_>, active: &[Arc<Pod>], counts: &Counts, plan: &mut Plan, now: SimTime) {
    let set = input.replica_set;
    let wanted = usize::try_from(set.spec.replicas).unwrap_or(0);
    let mut inputs = vec![("replicas", wanted.into()), ("pods", counts.active.into())];
    if counts.active < wanted {
        let count = (wanted - counts.active).min(input.burst_replicas);
        inputs.extend([("burst", input.burst_replicas.into()), ("count", count.into())]);
        let why = reason("replicaset/create-pods", inputs, format!("create {count} pods"));
        plan.request(Request::CreatePods { owner: Arc::clone(set), count }, Some(why));
    } else if counts.active > wanted {
        let count = (counts.active - wanted).min(input.burst_replicas);
        let counted = input
            .on_node
            .is_none()
            .then(|| ranking::on_node(&ranking::related_pods(set, input.replica_sets, input.pods)));
        let on_node = input.on_node.or(counted.as_ref());
        let victims = on_node.map(|on_node| ranking::first_to_go(active, on_node, count, now)).unwrap_or_default();
        let ranks: Vec<_> = victims.iter().map(|victim| ranking::explain(victim, now)).collect();
        let pods: Vec<Arc<Pod>> = victims.into_iter().map(|victim| victim.pod).collect();
        let names: Vec<&str> = pods.iter().map(|pod| pod.metadata.name.as_str()).collect();
        let action = format!("delete {}", names.join(", "));
        inputs.extend([("count", count.into()), ("ranking", ranks.into())]);
        let why = reason("replicaset/delete-pods", inputs, action);
        plan.request(Request::DeletePods { owner: Arc::clone(set), pods }, Some(why));
    }
}

/// Writes the status if it is news; answers how many pods are ready and not available yet.
fn report(input: &Input<'_>, counts: &Counts, failure: Option<&str>, plan: &mut Plan, now: SimTime) -> i32 {
    let set = input.replica_set;
    let mut status = status::of_counts(set, counts, failure, input.version, now);
    let ready_but_unavailable = status.ready_replicas - status.available_replicas;
    if status::is_news(set, &status) {
        status.observed_generation = set.metadata.generation;
        let mut reported = ReplicaSet::clone(set);
        reported.status = status;
        plan.request(Request::UpdateReplicaSetStatus(Arc::new(reported)), None);
    }
    ready_but_unavailable
}

fn check_availability_later(set: &ReplicaSet, counts: &Counts, count: i32, plan: &mut Plan, now: SimTime) {
    let min_ready_seconds = set.spec.min_ready_seconds;
    let fallback_ms = u64::try_from(min_ready_seconds).unwrap_or(0) * 1000;
    let next_ms = counts.next_available_ms.unwrap_or(fallback_ms);
    let inputs = vec![
        ("minReadySeconds", min_ready_seconds.into()),
        ("readyButUnavailable", count.into()),
        ("nextAvailableAtMs", (now + next_ms).as_ms().into()),
    ];
    let action = "look again when the next pod becomes available".to_owned();
    plan.notes.push(reason("replicaset/waits-for-min-ready", inputs, action));
    plan.requeue_after(next_ms);
}

/// A pod from the ReplicaSet's template, without a name: the API server makes one from `generateName`.
/// Models pkg/controller/controller_utils.go GetPodFromTemplate.
pub fn new_pod(owner: &ReplicaSet) -> Pod {
    let template = &owner.spec.template;
    let name = &owner.metadata.name;
    // The dash makes nicer names, where there is room for it.
    let generate_name = if name.len() < POD_NAME_LIMIT { format!("{name}-") } else { name.clone() };
    Pod {
        metadata: ObjectMeta {
            generate_name,
            namespace: owner.metadata.namespace.clone(),
            labels: template.metadata.labels.clone(),
            annotations: template.metadata.annotations.clone(),
            finalizers: template.metadata.finalizers.clone(),
            owner_references: vec![controller_reference(Kind::ReplicaSet, &owner.metadata)].into(),
            ..ObjectMeta::default()
        },
        spec: Arc::clone(&template.spec),
        node_name: String::new(),
        token_volume: String::new(),
        status: Shared::default(),
    }
}
