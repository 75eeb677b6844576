//! The status of a pod from what was seen of its containers.
//! Models generateAPIPodStatus and convertToAPIContainerStatuses of pkg/kubelet/kubelet_pods.go.

use std::sync::Arc;

use super::conditions;
use super::manager::{all_statuses, condition};
use super::phase::phase;
use crate::api::{
    Container, ContainerState, ContainerStateWaiting, ContainerStatus, KubernetesVersion, Pod, PodIp, PodPhase,
    PodStatus,
};
use crate::kubelet::actions::should_start;
use crate::kubelet::prober::Prober;
use crate::kubelet::runtime::RuntimeStatus;
use crate::sim::SharedMap;

/// Why containers could not be started, by name: reason and message. Models pkg/kubelet/reason_cache.go.
pub type Reasons = SharedMap<Arc<str>, (String, String)>;

/// What the status is made from.
pub struct Given<'a> {
    /// The pod.
    pub pod: &'a Pod,
    /// The last status; the API server's when there is none.
    pub old: &'a PodStatus,
    /// What was seen of the runtime.
    pub seen: &'a RuntimeStatus,
    /// Why containers could not be started.
    pub reasons: &'a Reasons,
    /// The node's address.
    pub node_ip: &'a str,
    /// Which Kubernetes.
    pub version: KubernetesVersion,
    /// Whether the pod's containers are stopped for good.
    pub is_terminal: bool,
    /// Phase, reason and message that somebody else has decided: the pod has run too long.
    pub ends_because: Option<(&'static str, &'static str)>,
}

/// The pod's status now.
pub fn generate(given: &Given<'_>, prober: &mut Prober) -> PodStatus {
    let (pod, old, seen) = (given.pod, given.old, given.seen);
    let mut status = PodStatus {
        qos_class: old.qos_class.clone(),
        start_time: old.start_time,
        observed_generation: pod.metadata.generation,
        pod_ip: seen.sandbox_ip.clone().unwrap_or_else(|| old.pod_ip.clone()),
        init_container_statuses: container_statuses(given, true).into(),
        container_statuses: container_statuses(given, false).into(),
        ..PodStatus::default()
    };
    if !status.pod_ip.is_empty() {
        status.pod_ips = vec![PodIp { ip: status.pod_ip.clone() }];
    }
    given.node_ip.clone_into(&mut status.host_ip);
    status.host_ips = vec![PodIp { ip: status.host_ip.clone() }];
    let is_initialized = pod.spec.containers.iter().any(|container| seen.latest(&container.name).is_some());
    status.phase = phase(&pod.spec, &all_statuses(&status), given.is_terminal, is_initialized);
    if !status.phase.is_terminal() {
        status.phase =
            [old.phase, pod.status.phase].into_iter().find(|phase| phase.is_terminal()).unwrap_or(status.phase);
    }
    if status.phase == old.phase {
        // The reason and the message belong to the phase; who has none of its own keeps the API server's.
        let or_stored = |own: &String, stored: &String| if own.is_empty() { stored.clone() } else { own.clone() };
        status.reason = or_stored(&old.reason, &pod.status.reason);
        status.message = or_stored(&old.message, &pod.status.message);
    }
    if let Some((reason, message)) = given.ends_because {
        status.phase = PodPhase::Failed;
        reason.clone_into(&mut status.reason);
        message.clone_into(&mut status.message);
    }
    if pod.status.phase.is_terminal() {
        // An end that has been told is not taken back, nor made another one.
        status.phase = pod.status.phase;
    }
    prober.update_pod_status(pod, &mut status);
    add_conditions(given, &mut status);
    status
}

/// The conditions that the kubelet writes; all others are somebody else's.
const OWN: [&str; 5] = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"];

/// Whether the kubelet writes this condition. Models kubetypes.PodConditionByKubelet.
pub fn is_own_condition(kind: &str) -> bool {
    OWN.contains(&kind)
}

fn add_conditions(given: &Given<'_>, status: &mut PodStatus) {
    let (pod, old) = (given.pod, given.old);
    let all = all_statuses(status);
    let all = (!all.is_empty()).then_some(all.as_slice());
    status.conditions = pod.status.conditions.iter().filter(|other| !is_own_condition(&other.kind)).cloned().collect();
    let was_initialized = old.conditions.iter().any(|before| before.kind == "Initialized" && before.status == "True");
    let has_sandbox = conditions::ConditionValue { is_true: given.seen.sandbox_ip.is_some(), ..Default::default() };
    let yes = conditions::ConditionValue { is_true: true, ..Default::default() };
    let phase = status.phase;
    let new = [
        condition(OWN[0], pod, has_sandbox),
        condition(OWN[1], pod, conditions::initialized(&pod.spec, all, phase, was_initialized)),
        condition(OWN[2], pod, conditions::ready(&pod.spec, &status.conditions, all, phase)),
        condition(OWN[3], pod, conditions::containers_ready(&pod.spec, all, phase)),
        condition(OWN[4], pod, yes),
    ];
    status.conditions.extend(new);
}

fn container_statuses(given: &Given<'_>, is_init: bool) -> Vec<ContainerStatus> {
    let spec = &given.pod.spec;
    let (containers, old) = if is_init {
        (&spec.init_containers, &given.old.init_container_statuses)
    } else {
        (&spec.containers, &given.old.container_statuses)
    };
    containers
        .iter()
        .map(|container| {
            let old = old.iter().find(|status| status.name == container.name);
            container_status(given, container, old, is_init)
        })
        .collect()
}

fn container_status(
    given: &Given<'_>,
    container: &Container,
    old: Option<&ContainerStatus>,
    is_init: bool,
) -> ContainerStatus {
    let waits_for_init = !given.pod.spec.init_containers.is_empty();
    let reason = if waits_for_init { "PodInitializing" } else { "ContainerCreating" };
    let mut status = match old {
        Some(old) if old.state.terminated.is_some() => old.clone(),
        _ => ContainerStatus {
            name: container.name.clone(),
            image: container.image.clone(),
            state: waiting(reason, ""),
            restart_count: old.map_or(0, |old| old.restart_count),
            last_state: old.map(|old| old.last_state.clone()).unwrap_or_default(),
            ..ContainerStatus::default()
        },
    };
    let mut instances = given.seen.instances(&container.name);
    let latest = instances.next();
    if let Some(latest) = latest {
        // Since 1.35 a running container keeps what was said of it before, so that a restarted kubelet changes nothing.
        let keeps_started = latest.is_running() && given.version.keeps_container_status_on_kubelet_restart();
        status = ContainerStatus {
            name: container.name.clone(),
            state: latest.api_state(),
            last_state: instances.next().map(super::super::runtime::Record::api_state).unwrap_or_default(),
            ready: false,
            restart_count: latest.attempt,
            image: latest.image.clone(),
            image_id: latest.image_id.clone(),
            container_id: latest.id.clone(),
            started: old.and_then(|old| old.started).filter(|_| keeps_started),
        };
    }
    let has_succeeded = latest.and_then(|latest| latest.exit()).is_some_and(|exit| exit.code == 0);
    // So it is with sidecars too, though they will be started again.
    if (is_init && has_succeeded) || !should_start(container, given.pod, latest) {
        return status;
    }
    if let Some((reason, message)) = given.reasons.get(container.name.as_str()) {
        if status.state.terminated.is_some() {
            status.last_state = status.state;
        }
        status.state = waiting(reason, message);
    }
    status
}

fn waiting(reason: &str, message: &str) -> ContainerState {
    let waiting = ContainerStateWaiting { reason: reason.to_owned(), message: message.to_owned() };
    ContainerState { waiting: Some(waiting), ..ContainerState::default() }
}
