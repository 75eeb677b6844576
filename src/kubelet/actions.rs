//! What a sync of a pod must do. Models computePodActions and computeInitContainerActions of
//! pkg/kubelet/kuberuntime.

use super::ProbeKind;
use super::prober::{ProbeResult, Results};
use super::runtime::{Record, Seen};
use super::status::phase::should_restart;
use crate::api::{Container, Pod, RestartPolicy};
use crate::sorting;

/// Why a running container is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KillReason {
    /// A probe failed too often.
    Probe(ProbeKind),
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
pub fn compute(pod: &Pod, seen: &Seen, results: &Results) -> Actions {
    let spec = &pod.spec;
    let mut actions = Actions::default();
    if seen.sandbox_ip.is_none() {
        if spec.restart_policy == RestartPolicy::Never && seen.had_sandbox && !seen.records.is_empty() {
            return actions;
        }
        actions.create_sandbox = true;
        match spec.init_containers.first() {
            Some(first) => actions.init_containers.push(first.name.clone()),
            None => actions.containers = spec.containers.iter().map(|container| container.name.clone()).collect(),
        }
        return actions;
    }
    if !compute_init(pod, seen, results, &mut actions) {
        return actions;
    }
    for container in &spec.containers {
        let latest = seen.latest(&container.name);
        match latest.filter(|record| record.is_running()) {
            None => {
                if should_start(container, pod, latest) {
                    actions.containers.push(container.name.clone());
                }
            }
            Some(record) => {
                let Some(kind) = failed_probe(record, results) else { continue };
                let word = kind.as_str().to_lowercase();
                let mut message = format!("Container {} failed {word} probe", container.name);
                let policy = container.restart_policy.as_deref();
                let restarts = policy.map_or(spec.restart_policy != RestartPolicy::Never, |policy| policy != "Never");
                if restarts {
                    message.push_str(", will be restarted");
                    actions.containers.push(container.name.clone());
                }
                let container = container.name.clone();
                actions.kills.push(Kill { container, message, reason: KillReason::Probe(kind) });
            }
        }
    }
    actions
}

fn failed_probe(record: &Record, results: &Results) -> Option<ProbeKind> {
    [ProbeKind::Liveness, ProbeKind::Startup]
        .into_iter()
        .find(|kind| results.get(*kind, &record.id) == Some(ProbeResult::Failure))
}

/// Whether the pod is initialized; adds what its init containers need.
fn compute_init(pod: &Pod, seen: &Seen, results: &Results, actions: &mut Actions) -> bool {
    let containers = &pod.spec.init_containers;
    if containers.is_empty() {
        return true;
    }
    let mut is_initialized = pod
        .spec
        .containers
        .iter()
        .any(|container| seen.latest(&container.name).is_some_and(|record| record.exit().is_none()));
    let mut was_initialized = is_initialized;
    let mut start: Vec<usize> = Vec::new();
    for (index, container) in containers.iter().enumerate().rev() {
        let Some(record) = seen.latest(&container.name) else {
            if was_initialized && container.is_sidecar() {
                start.push(index);
            }
            continue;
        };
        if was_initialized && !container.is_sidecar() {
            continue;
        }
        let is_done = match (record.exit(), container.is_sidecar()) {
            (None, false) => false,
            (None, true) if !record.is_running() => false,
            (None, true) => {
                let is_started = keep_sidecar(container, record, results, actions);
                if actions.kills.iter().any(|kill| kill.container == container.name) {
                    start.push(index);
                }
                is_started
            }
            (Some(_), true) => {
                start.push(index);
                false
            }
            (Some(exit), false) if exit.code != 0 => {
                if !should_start(container, pod, Some(record)) {
                    actions.kills.clear();
                    return false;
                }
                start.push(index);
                false
            }
            (Some(_), false) => true,
        };
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

/// Whether a running sidecar has started; adds its kill when a probe failed.
fn keep_sidecar(container: &Container, record: &Record, results: &Results, actions: &mut Actions) -> bool {
    let startup = results.get(ProbeKind::Startup, &record.id);
    let has_started = container.startup_probe.is_none() || startup == Some(ProbeResult::Success);
    if let Some(kind) = failed_probe(record, results) {
        let message = format!("Init container {} failed {} probe", container.name, kind.as_str().to_lowercase());
        let container = container.name.clone();
        actions.kills.push(Kill { container, message, reason: KillReason::Probe(kind) });
    }
    has_started
}
