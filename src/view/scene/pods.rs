//! How pods look.

use std::collections::BTreeMap;

use hellok8s_lab::api::{KubernetesVersion, Pod, PodCondition};
use hellok8s_lab::cluster::Cluster;
use hellok8s_lab::kubectl::printers;
use hellok8s_lab::kubelet::PodView;
use hellok8s_lab::sim::SimTime;

use super::rows::Look;

/// All states, in their own order.
pub const STATES: [PodState; 8] = [
    PodState::Ready,
    PodState::NotReady,
    PodState::Creating,
    PodState::Pending,
    PodState::BackOff,
    PodState::Failed,
    PodState::Completed,
    PodState::Terminating,
];

/// The state of a pod as its shape and pattern tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodState {
    /// Runs and gets traffic.
    Ready,
    /// Runs and gets no traffic.
    NotReady,
    /// Its container is being made.
    Creating,
    /// Not on a node yet.
    Pending,
    /// Waits for its next start.
    BackOff,
    /// Cannot start, or has failed.
    Failed,
    /// Has ended well.
    Completed,
    /// On its way out.
    Terminating,
}

impl PodState {
    /// The style sheet's name of it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Creating => "creating",
            Self::NotReady => "not-ready",
            Self::Ready => "ready",
            Self::BackOff => "back-off",
            Self::Failed => "failed",
            Self::Completed => "completed",
            Self::Terminating => "terminating",
        }
    }

    /// The state of a pod of which kubectl's STATUS column says `status`.
    pub(super) fn of(pod: &Pod, status: &str) -> Self {
        if pod.metadata.deletion_timestamp.is_some() {
            return Self::Terminating;
        }
        match status {
            "Running" | "NotReady" if pod.is_ready() => Self::Ready,
            "Running" | "NotReady" => Self::NotReady,
            "Pending" => Self::Pending,
            "ContainerCreating" | "PodInitializing" => Self::Creating,
            "CrashLoopBackOff" => Self::BackOff,
            "Completed" | "Succeeded" => Self::Completed,
            _ => Self::Failed,
        }
    }
}

/// A probe's last result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeLook {
    /// `liveness`, `readiness`, `startup`.
    pub kind: &'static str,
    /// When, in simulated milliseconds.
    pub at_ms: u64,
    /// Seconds until the initial delay lets the first one be made: then there is no result yet.
    pub wait_s: Option<u64>,
    /// Whether it succeeded.
    pub success: bool,
    /// The HTTP status code, if there was an answer.
    pub code: Option<u16>,
    /// The results of this kind in a row.
    pub run: u32,
    /// How many failures in a row have a consequence.
    pub threshold: u32,
}

/// How a pod looks.
#[derive(Clone, Debug, PartialEq)]
pub struct PodLook {
    /// Uid.
    pub uid: String,
    /// Uid of its ReplicaSet, empty without one.
    pub owner: String,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Name of its ReplicaSet.
    pub replica_set: String,
    /// Name of its node, empty while it has none.
    pub node: String,
    /// Why no node takes it, as the scheduler says it; empty when it has a node or has not been tried.
    pub obstacle: String,
    /// kubectl's READY column.
    pub ready: String,
    /// kubectl's STATUS column.
    pub status: String,
    /// Restarts.
    pub restarts: String,
    /// Its first container's image.
    pub image: String,
    /// Its state.
    pub state: PodState,
    /// How far its creation has come, in thousandths.
    pub made_permille: Option<u32>,
    /// Seconds until its back-off or its grace period ends, or until it counts as available.
    pub countdown_s: Option<u64>,
    /// Whether it is ready, but not for minReadySeconds yet.
    pub is_unripe: bool,
    /// The last results of its probes.
    pub probes: Vec<ProbeLook>,
    /// How much of the back-off is left, in thousandths.
    pub left_permille: Option<u64>,
}

impl Look for PodLook {
    fn uid(&self) -> &str {
        &self.uid
    }

    fn parent(&self) -> Option<&str> {
        Some(&self.owner)
    }
}

#[inline(never)]
pub(super) fn pod_look(
    pod: &Pod,
    cluster: &Cluster,
    version: KubernetesVersion,
    min_ready: &BTreeMap<&str, i32>,
) -> PodLook {
    let now = cluster.now();
    let mut cells = printers::print_pod(pod, now, version).into_iter().skip(1);
    let mut cell = || cells.next().unwrap_or_default();
    let (ready, status, restarts) = (cell(), cell(), cell());
    let owner = pod.metadata.controller();
    let view = cluster.fleet().pod_view(&pod.metadata.uid, now);
    let back_off = view.as_ref().and_then(|view| {
        view.containers.iter().find_map(|container| Some((container.back_off_until?, container.back_off_ms)))
    });
    let grace_until = view.as_ref().and_then(|view| view.grace_until);
    let left_ms = |until: SimTime| until.ms_since(now);
    let state = PodState::of(pod, &status);
    let ripe_at = owner
        .and_then(|owner| min_ready.get(owner.uid.as_str()))
        .filter(|seconds| **seconds > 0 && state == PodState::Ready)
        .and_then(|seconds| Some(ready_since(pod)? + u64::try_from(*seconds).ok()? * 1000))
        .filter(|at| *at > now);
    let until = match state {
        PodState::Terminating => grace_until,
        PodState::Ready => ripe_at,
        _ => back_off.map(|(until, _)| until),
    };
    PodLook {
        uid: pod.metadata.uid.clone(),
        owner: owner.map(|owner| owner.uid.clone()).unwrap_or_default(),
        namespace: pod.metadata.namespace.clone(),
        name: pod.metadata.name.clone(),
        replica_set: owner.map(|owner| owner.name.clone()).unwrap_or_default(),
        node: pod.node_name.clone(),
        obstacle: obstacle(pod).to_owned(),
        ready,
        restarts: restarts.split(' ').next().unwrap_or("0").to_owned(),
        image: pod.spec.containers.first().map(|container| container.image.clone()).unwrap_or_default(),
        state,
        made_permille: view.as_ref().and_then(|view| view.starting_permille),
        countdown_s: until.map(left_ms).filter(|left| *left > 0).map(|left| left.div_ceil(1000)),
        is_unripe: ripe_at.is_some(),
        probes: view.as_ref().map(|view| probe_looks(view, now)).unwrap_or_default(),
        left_permille: back_off.map(|(until, whole)| left_ms(until) * 1000 / whole.max(1)),
        status,
    }
}

/// What the scheduler says of a pod that no node takes.
pub fn obstacle(pod: &Pod) -> &str {
    let refused = |condition: &&PodCondition| condition.kind == "PodScheduled" && condition.status == "False";
    let waits = pod.node_name.is_empty() && pod.metadata.deletion_timestamp.is_none();
    pod.status.conditions.iter().find(refused).filter(|_| waits).map_or("", |condition| condition.message.as_str())
}

/// Since when the pod has been ready.
fn ready_since(pod: &Pod) -> Option<SimTime> {
    let ready =
        pod.status.conditions.iter().find(|condition| condition.kind == "Ready" && condition.status == "True")?;
    Some(SimTime(u64::try_from(ready.last_transition_time?.as_sim_ms()).ok()?))
}

#[inline(never)]
fn probe_looks(view: &PodView, now: SimTime) -> Vec<ProbeLook> {
    let probes = view.containers.iter().flat_map(|container| &container.probes);
    let looks = probes.filter_map(|probe| {
        let last = probe.last.as_ref();
        let delay = probe.initial_delay_until.filter(|until| last.is_none() && *until > now);
        if last.is_none() && delay.is_none() {
            return None;
        }
        Some(ProbeLook {
            kind: probe.kind.as_str(),
            at_ms: last.map_or(0, |pulse| pulse.at.as_ms()),
            wait_s: delay.map(|until| until.ms_since(now).div_ceil(1000)),
            success: last.is_some_and(|pulse| pulse.success),
            code: last.and_then(|pulse| pulse.status_code),
            run: probe.result_run,
            threshold: probe.failure_threshold,
        })
    });
    looks.collect()
}
