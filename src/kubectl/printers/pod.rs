//! Pods: how one word and three numbers are made from a status of many parts.

use crate::api::{Container, ContainerState, ContainerStateTerminated, ContainerStatus, KubernetesVersion, Pod, Time};
use crate::sim::SimTime;

use super::{Column, age, or_none};

/// What the containers' statuses come to.
struct Summary {
    reason: String,
    ready: usize,
    restarts: Restarts,
}

#[derive(Clone, Copy, Default)]
struct Restarts {
    count: i64,
    last: Option<Time>,
}

impl Restarts {
    fn add(&mut self, status: &ContainerStatus) {
        self.count += i64::from(status.restart_count);
        let finished = status.last_state.terminated.as_ref().and_then(|terminated| terminated.finished_at);
        self.last = self.last.max(finished);
    }
}

pub(super) fn columns() -> Vec<Column> {
    let plain = ["Name", "Ready", "Status", "Restarts", "Age"].map(Column::plain);
    let wide = ["IP", "Node", "Nominated Node", "Readiness Gates"].map(Column::wide);
    plain.into_iter().chain(wide).collect()
}

/// Models pkg/printers/internalversion/printers.go printPod.
pub fn print_pod(pod: &Pod, now: SimTime, version: KubernetesVersion) -> Vec<String> {
    let sidecars = pod.spec.init_containers.iter().filter(|container| container.is_sidecar()).count();
    let summary = summary(pod);
    let restarts = match summary.restarts {
        Restarts { count, last: Some(last) } if count != 0 => format!("{count} ({} ago)", age(Some(last), now)),
        Restarts { count, .. } => count.to_string(),
    };
    vec![
        pod.metadata.name.clone(),
        format!("{}/{}", summary.ready, pod.spec.containers.len() + sidecars),
        with_deletion(pod, summary.reason, version),
        restarts,
        age(pod.metadata.creation_timestamp, now),
        or_none(pod.status.pod_ips.first().map_or("", |address| &address.ip)),
        or_none(&pod.node_name),
        or_none(&pod.status.nominated_node_name),
        readiness_gates(pod),
    ]
}

fn summary(pod: &Pod) -> Summary {
    let mut summary = Summary { reason: phase_reason(pod), ready: 0, restarts: Restarts::default() };
    let mut sidecar_restarts = Restarts::default();
    let initializing = add_init_containers(pod, &mut summary, &mut sidecar_restarts);
    let initialized = pod.condition("Initialized").is_some_and(|condition| condition.status == "True");
    if !initializing || initialized {
        summary.restarts = sidecar_restarts;
        add_containers(pod, &mut summary);
    }
    summary
}

fn phase_reason(pod: &Pod) -> String {
    let gated = |condition: &&crate::api::PodCondition| {
        condition.kind == "PodScheduled" && condition.reason == "SchedulingGated"
    };
    if pod.status.conditions.iter().any(|condition| gated(&condition)) {
        "SchedulingGated".to_owned()
    } else if pod.status.reason.is_empty() {
        pod.status.phase.as_str().to_owned()
    } else {
        pod.status.reason.clone()
    }
}

/// Whether an init container is still to finish; then the status speaks of it.
fn add_init_containers(pod: &Pod, summary: &mut Summary, sidecar_restarts: &mut Restarts) -> bool {
    for (at, status) in pod.status.init_container_statuses.iter().enumerate() {
        let is_sidecar = pod
            .spec
            .init_containers
            .iter()
            .rfind(|container| container.name == status.name)
            .is_some_and(Container::is_sidecar);
        summary.restarts.add(status);
        if is_sidecar {
            sidecar_restarts.add(status);
        }
        match &status.state {
            ContainerState { terminated: Some(terminated), .. } if terminated.exit_code == 0 => continue,
            _ if is_sidecar && status.started == Some(true) => {
                summary.ready += usize::from(status.ready);
                continue;
            }
            ContainerState { terminated: Some(terminated), .. } => {
                summary.reason = format!("Init:{}", terminated_reason(terminated));
            }
            ContainerState { waiting: Some(waiting), .. }
                if !waiting.reason.is_empty() && waiting.reason != "PodInitializing" =>
            {
                summary.reason = format!("Init:{}", waiting.reason);
            }
            _ => summary.reason = format!("Init:{at}/{}", pod.spec.init_containers.len()),
        }
        return true;
    }
    false
}

fn add_containers(pod: &Pod, summary: &mut Summary) {
    let mut has_running = false;
    let mut error_reason = String::new();
    for status in pod.status.container_statuses.iter().rev() {
        summary.restarts.add(status);
        match &status.state {
            ContainerState { waiting: Some(waiting), .. } if !waiting.reason.is_empty() => {
                summary.reason.clone_from(&waiting.reason);
            }
            ContainerState { terminated: Some(terminated), .. } => {
                summary.reason = terminated_reason(terminated);
                if terminated.exit_code != 0 {
                    error_reason.clone_from(&summary.reason);
                }
            }
            ContainerState { running: Some(_), .. } if status.ready => {
                has_running = true;
                summary.ready += 1;
            }
            _ => {}
        }
    }
    if summary.reason == "Completed" {
        if has_running && pod.is_ready() {
            "Running".clone_into(&mut summary.reason);
        } else if !error_reason.is_empty() {
            summary.reason = error_reason;
        } else if has_running {
            "NotReady".clone_into(&mut summary.reason);
        }
    }
}

fn terminated_reason(terminated: &ContainerStateTerminated) -> String {
    if !terminated.reason.is_empty() {
        terminated.reason.clone()
    } else if terminated.signal != 0 {
        format!("Signal:{}", terminated.signal)
    } else {
        format!("ExitCode:{}", terminated.exit_code)
    }
}

fn with_deletion(pod: &Pod, reason: String, version: KubernetesVersion) -> String {
    if pod.metadata.deletion_timestamp.is_none() {
        reason
    } else if pod.status.reason == "NodeLost" {
        "Unknown".to_owned()
    } else if pod.status.phase.is_terminal() && version.shows_how_deleted_pods_ended() {
        reason
    } else {
        "Terminating".to_owned()
    }
}

fn readiness_gates(pod: &Pod) -> String {
    let gates = &pod.spec.readiness_gates;
    if gates.is_empty() {
        return "<none>".to_owned();
    }
    let is_true = |gate: &&String| pod.condition(gate).is_some_and(|condition| condition.status == "True");
    format!("{}/{}", gates.iter().filter(is_true).count(), gates.len())
}
