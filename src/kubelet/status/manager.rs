//! What the kubelet last wanted to report of a pod. Models pkg/kubelet/status/status_manager.go.

use super::conditions::{self, ConditionValue};
use super::phase::should_restart;
use crate::api::{
    ContainerState, ContainerStateTerminated, ContainerStatus, Pod, PodCondition, PodPhase, PodSpec, PodStatus,
    RestartPolicy, Time,
};
use crate::sim::Shared;
use crate::sorting;

/// One pod's status in the kubelet's cache.
#[derive(Clone, Debug, Default)]
pub struct StatusManager {
    cached: Option<Shared<PodStatus>>,
}

impl StatusManager {
    /// The status; none before the first.
    pub fn status(&self) -> Option<&Shared<PodStatus>> {
        self.cached.as_ref()
    }

    /// Sets the status and answers whether it is a new one that the API server must hear of.
    /// Models manager.updateStatusInternal.
    pub fn set(&mut self, pod: &Pod, mut status: Shared<PodStatus>, now: Time) -> bool {
        let old = self.cached.as_ref().unwrap_or(&pod.status);
        if !is_legal_transition(&pod.spec, old, &status) {
            return false;
        }
        for condition in &mut status.conditions {
            let before = old.conditions.iter().find(|before| before.kind == condition.kind);
            condition.last_transition_time = match before {
                Some(before) if before.status == condition.status && before.last_transition_time.is_some() => {
                    before.last_transition_time
                }
                _ => Some(now),
            };
        }
        status.start_time = old.start_time.or(status.start_time).or(Some(now));
        status.observed_generation = status.observed_generation.max(old.observed_generation);
        sorting::sort_by(&mut status.container_statuses, |a, b| a.name.cmp(&b.name));
        if self.cached.as_ref() == Some(&status) {
            return false;
        }
        self.cached = Some(status);
        true
    }

    /// Models manager.SetContainerReadiness.
    pub fn set_container_readiness(&mut self, pod: &Pod, container_id: &str, ready: bool, now: Time) -> bool {
        let Some(mut status) = self.cached.clone() else { return false };
        let Some(container) = find_container(&mut status, container_id) else { return false };
        if container.ready == ready {
            return false;
        }
        container.ready = ready;
        let all = all_statuses(&status);
        let ready = conditions::ready(&pod.spec, &status.conditions, Some(&all), status.phase);
        let containers_ready = conditions::containers_ready(&pod.spec, Some(&all), status.phase);
        replace(&mut status.conditions, condition("Ready", pod, ready));
        replace(&mut status.conditions, condition("ContainersReady", pod, containers_ready));
        self.set(pod, status, now)
    }

    /// Models manager.SetContainerStartup.
    pub fn set_container_startup(&mut self, pod: &Pod, container_id: &str, started: bool, now: Time) -> bool {
        let Some(mut status) = self.cached.clone() else { return false };
        let Some(container) = find_container(&mut status, container_id) else { return false };
        if container.started == Some(started) {
            return false;
        }
        container.started = Some(started);
        self.set(pod, status, now)
    }

    /// The last status: every container that is not known to have ended is one that could not be found.
    /// Models manager.TerminatePod.
    pub fn terminate(&mut self, pod: &Pod, now: Time) {
        let mut status = self.cached.clone().unwrap_or_else(|| pod.status.clone());
        if has_initialized(pod) {
            status.container_statuses.iter_mut().for_each(mark_lost);
        }
        let started = status
            .init_container_statuses
            .iter()
            .rposition(|init| init.state.waiting.is_none() || init.last_state.terminated.is_some())
            .unwrap_or(0);
        status.init_container_statuses.iter_mut().take(started + 1).for_each(mark_lost);
        if !status.phase.is_terminal() {
            status.phase = PodPhase::Failed;
        }
        self.set(pod, status, now);
    }
}

/// A condition of the kubelet's; the time is set when the status is.
pub fn condition(kind: &str, pod: &Pod, verdict: ConditionValue) -> PodCondition {
    PodCondition {
        kind: kind.to_owned(),
        observed_generation: pod.metadata.generation,
        status: if verdict.is_true { "True" } else { "False" }.to_owned(),
        reason: verdict.reason.to_owned(),
        message: verdict.message,
        ..PodCondition::default()
    }
}

/// Init containers and containers in one list.
pub fn all_statuses(status: &PodStatus) -> Shared<Vec<ContainerStatus>> {
    if status.init_container_statuses.is_empty() {
        return status.container_statuses.clone();
    }
    status.init_container_statuses.iter().chain(&status.container_statuses).cloned().collect()
}

/// Whether no container that ended for good is reported as anything else. Models checkContainerStateTransition.
pub fn is_legal_transition(spec: &PodSpec, old: &PodStatus, new: &PodStatus) -> bool {
    if spec.restart_policy == RestartPolicy::Always {
        return true;
    }
    let ended_for_good = |containers: &[crate::api::Container], before: &ContainerStatus| {
        before.state.terminated.as_ref().is_some_and(|terminated| {
            containers.iter().any(|container| {
                container.name == before.name && !should_restart(container, spec, terminated.exit_code)
            })
        })
    };
    let rises_again = |now: &[ContainerStatus], before: &ContainerStatus| {
        now.iter().any(|status| status.name == before.name && status.state.terminated.is_none())
    };
    let containers = old
        .container_statuses
        .iter()
        .any(|before| ended_for_good(&spec.containers, before) && rises_again(&new.container_statuses, before));
    let init_containers = old.init_container_statuses.iter().any(|before| {
        ended_for_good(&spec.init_containers, before) && rises_again(&new.init_container_statuses, before)
    });
    !containers && !init_containers
}

fn find_container<'a>(status: &'a mut PodStatus, container_id: &str) -> Option<&'a mut ContainerStatus> {
    status
        .container_statuses
        .iter_mut()
        .chain(status.init_container_statuses.iter_mut())
        .find(|container| container.container_id == container_id)
}

/// Puts a condition in the place of the one of its kind.
pub fn replace(conditions: &mut Vec<PodCondition>, new: PodCondition) {
    match conditions.iter_mut().find(|condition| condition.kind == new.kind) {
        Some(condition) => *condition = new,
        None => conditions.push(new),
    }
}

/// Whether the pod, as the API server knows it, has ever come to its containers. Models hasPodInitialized.
fn has_initialized(pod: &Pod) -> bool {
    let (Some(last), status) = (pod.spec.init_containers.last(), &pod.status) else { return true };
    if status
        .container_statuses
        .iter()
        .any(|container| container.last_state.terminated.is_some() || container.state.waiting.is_none())
    {
        return true;
    }
    let Some(init) = status.init_container_statuses.last() else { return false };
    if last.is_sidecar() {
        return init.state.running.is_some() && init.started == Some(true);
    }
    [&init.last_state, &init.state]
        .into_iter()
        .any(|state| state.terminated.as_ref().is_some_and(|terminated| terminated.exit_code == 0))
}

fn mark_lost(container: &mut ContainerStatus) {
    if container.state.terminated.is_none() {
        container.state = ContainerState {
            terminated: Some(ContainerStateTerminated {
                exit_code: 137,
                reason: "ContainerStatusUnknown".to_owned(),
                message: "The container could not be located when the pod was terminated".to_owned(),
                ..ContainerStateTerminated::default()
            }),
            ..ContainerState::default()
        };
    }
}
