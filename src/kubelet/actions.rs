//! What a sync of a pod must do. Models computePodActions and computeInitContainerActions of
//! pkg/kubelet/kuberuntime.

use super::ProbeKind;
use super::prober::{ProbeResult, Results};
use super::runtime::{Record, RecordState, RuntimeStatus};
use super::status::phase::should_restart;
use crate::api::{Container, Pod, PodSpec, RestartPolicy};
use crate::sorting;

/// Why a running container is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KillReason {
    /// A probe failed too often.
    Probe(ProbeKind),
    /// The pod's spec has another image for it.
    DefinitionChanged,
    /// Its hook after the start failed.
    FailedPostStartHook,
    /// The pod is stopped.
    PodStops,
}

/// A container to kill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kill {
    /// The container.
    pub container: String,
    /// The event's text; empty for the usual one.
    pub message: String,
    /// Why.
    pub reason: KillReason,
}

/// What to do, in this order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Actions {
    /// Whether all that runs is killed, with the sandbox: nothing of the pod is to run any more.
    pub kill_pod: bool,
    /// Containers to kill.
    pub kills: Vec<Kill>,
    /// Whether the pod needs a sandbox.
    pub create_sandbox: bool,
    /// Init containers to start.
    pub init_containers: Vec<String>,
    /// Containers to start.
    pub containers: Vec<String>,
}

/// Whether the container should run and does not. Models kubecontainer.ShouldContainerBeRestarted.
pub fn should_start(container: &Container, pod: &Pod, latest: Option<&Record>) -> bool {
    if pod.metadata.deletion_timestamp.is_some() {
        return false;
    }
    match latest {
        None => true,
        Some(record) if record.is_running() => false,
        Some(record) => record.exit().is_none_or(|exit| should_restart(container, &pod.spec, exit.code)),
    }
}

/// What a sync must do for the pod as it was seen.
pub fn compute(pod: &Pod, seen: &RuntimeStatus, results: &Results) -> Actions {
    if seen.sandbox_ip.is_none() {
        return begin(&pod.spec, seen);
    }
    let mut actions = Actions::default();
    if !compute_init(pod, seen, results, &mut actions) {
        return actions;
    }
    let mut is_one_kept = false;
    for container in &pod.spec.containers {
        let latest = seen.latest(&container.name);
        match latest.filter(|record| record.is_running()) {
            None if should_start(container, pod, latest) => actions.containers.push(container.name.clone()),
            None => {}
            Some(record) => match kill(container, &pod.spec, record, results) {
                None => is_one_kept = true,
                Some((kill, restarts)) => {
                    actions.kills.push(kill);
                    actions.containers.extend(restarts.then(|| container.name.clone()));
                }
            },
        }
    }
    if !is_one_kept && actions.containers.is_empty() {
        // Sidecars do not keep a pod alive.
        actions = Actions { kill_pod: true, ..Actions::default() };
    }
    actions
}

/// What a pod without a sandbox needs.
fn begin(spec: &PodSpec, seen: &RuntimeStatus) -> Actions {
    let none = Actions::default();
    let has_records = !seen.records.is_empty();
    if spec.restart_policy == RestartPolicy::Never && seen.had_sandbox && has_records {
        return none;
    }
    let runs_once = |container: &Container| match container.restart_policy.as_deref() {
        Some(policy) => policy == "OnFailure",
        None => spec.restart_policy == RestartPolicy::OnFailure,
    };
    let has_succeeded =
        |container: &Container| seen.latest(&container.name).and_then(Record::exit).is_some_and(|exit| exit.code == 0);
    let to_start = spec.containers.iter().filter(|container| !(runs_once(container) && has_succeeded(container)));
    let containers: Vec<String> = to_start.map(|container| container.name.clone()).collect();
    if containers.is_empty() && spec.containers.iter().any(|container| seen.latest(&container.name).is_some()) {
        return none;
    }
    match spec.init_containers.first() {
        Some(first) => Actions { create_sandbox: true, init_containers: vec![first.name.clone()], ..none },
        None => Actions { create_sandbox: true, containers, ..none },
    }
}

/// The kill of a running container that must not go on, and whether it is started again.
fn kill(container: &Container, spec: &PodSpec, record: &Record, results: &Results) -> Option<(Kill, bool)> {
    let name = container.name.as_str();
    let (reason, mut message, restarts) = if has_changed(container, record) {
        (KillReason::DefinitionChanged, format!("Container {name} definition changed"), true)
    } else {
        let kind = failed_probe(record, results)?;
        let policy = container.restart_policy.as_deref();
        let restarts = policy.map_or(spec.restart_policy != RestartPolicy::Never, |policy| policy != "Never");
        let word = kind.as_str().to_lowercase();
        (KillReason::Probe(kind), format!("Container {name} failed {word} probe"), restarts)
    };
    if restarts {
        message.push_str(", will be restarted");
    }
    Some((Kill { container: name.to_owned(), message, reason }, restarts))
}

/// Models containerChanged.
fn has_changed(container: &Container, record: &Record) -> bool {
    container.image != record.spec_image
}

fn failed_probe(record: &Record, results: &Results) -> Option<ProbeKind> {
    [ProbeKind::Liveness, ProbeKind::Startup]
        .into_iter()
        .find(|kind| results.get(*kind, &record.id) == Some(ProbeResult::Failure))
}

/// Whether the pod is initialized; adds what its init containers need. They are gone through from the last to the
/// first, for those that have done their work may be gone from the runtime.
fn compute_init(pod: &Pod, seen: &RuntimeStatus, results: &Results, actions: &mut Actions) -> bool {
    let containers = &pod.spec.init_containers;
    if containers.is_empty() {
        return true;
    }
    let runs_or_will = |container: &Container| seen.latest(&container.name).is_some_and(|it| it.exit().is_none());
    let mut is_initialized = pod.spec.containers.iter().any(runs_or_will);
    let mut was_initialized = is_initialized;
    let mut start: Vec<usize> = Vec::new();
    for (index, container) in containers.iter().enumerate().rev() {
        let Some(record) = seen.latest(&container.name) else {
            start.extend((was_initialized && container.is_sidecar()).then_some(index));
            continue;
        };
        if was_initialized && !container.is_sidecar() {
            continue;
        }
        let mut is_done = false;
        match &record.state {
            RecordState::Created => start.push(index),
            RecordState::Running { .. } if container.is_sidecar() => {
                let (has_started, kill) = sidecar(container, record, results);
                is_done = has_started;
                start.extend(kill.is_some().then_some(index));
                actions.kills.extend(kill);
            }
            RecordState::Running { .. } => {}
            RecordState::Exited { .. } if container.is_sidecar() => start.push(index),
            RecordState::Exited { exit, .. } if exit.code == 0 => is_done = true,
            RecordState::Exited { .. } if should_start(container, pod, Some(record)) => start.push(index),
            RecordState::Exited { .. } => {
                *actions = Actions { kill_pod: true, ..Actions::default() };
                return false;
            }
        }
        if is_done {
            if index + 1 == containers.len() {
                is_initialized = true;
            } else if !was_initialized {
                start.push(index + 1);
            }
        }
        was_initialized = true;
    }
    if !was_initialized {
        start.push(0);
    }
    sorting::sort(&mut start);
    start.dedup();
    actions.init_containers =
        start.iter().filter_map(|index| containers.get(*index)).map(|container| container.name.clone()).collect();
    is_initialized
}

/// Whether a running sidecar has started, and its kill when it must not go on.
fn sidecar(container: &Container, record: &Record, results: &Results) -> (bool, Option<Kill>) {
    let name = container.name.as_str();
    let kill = |reason: KillReason, what: &str| {
        Some(Kill { container: name.to_owned(), message: format!("Init container {name} {what}"), reason })
    };
    if container.startup_probe.is_some() {
        match results.get(ProbeKind::Startup, &record.id) {
            Some(ProbeResult::Success) => {}
            Some(ProbeResult::Failure) => {
                return (false, kill(KillReason::Probe(ProbeKind::Startup), "failed startup probe"));
            }
            Some(ProbeResult::Unknown) | None => return (false, None),
        }
    }
    if has_changed(container, record) {
        return (true, kill(KillReason::DefinitionChanged, "definition changed"));
    }
    let liveness = results.get(ProbeKind::Liveness, &record.id).filter(|_| container.liveness_probe.is_some());
    if liveness == Some(ProbeResult::Failure) {
        return (true, kill(KillReason::Probe(ProbeKind::Liveness), "failed liveness probe"));
    }
    (true, None)
}

#[cfg(test)]
mod tests;
