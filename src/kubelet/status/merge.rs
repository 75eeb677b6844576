//! What of a status the API server is told. Models mergePodStatus of pkg/kubelet/status/status_manager.go.

use super::conditions::ConditionValue;
use super::generate::is_own_condition;
use super::manager::{condition, replace};
use crate::api::{Pod, PodPhase, PodStatus};
use crate::sim::Shared;

/// The status to send for the pod as the API server has it. `may_run` while its containers may still run: then an end
/// is not told yet.
pub fn merge(pod: &Pod, status: &Shared<PodStatus>, may_run: bool) -> Shared<PodStatus> {
    let mut merged = status.clone();
    let others = || pod.status.conditions.iter().filter(|other| !is_own_condition(&other.kind));
    let own = || status.conditions.iter().filter(|condition| is_own_condition(&condition.kind));
    // As a rule they are so already, and the API server's status and the kubelet's are one.
    if !others().chain(own()).eq(&status.conditions) {
        merged.conditions = others().chain(own()).cloned().collect();
    }
    if may_run && merged.phase.is_terminal() && !pod.status.phase.is_terminal() {
        merged.phase = pod.status.phase;
        merged.reason.clone_from(&pod.status.reason);
        merged.message.clone_from(&pod.status.message);
    }
    let is_ready = merged
        .conditions
        .iter()
        .any(|condition| matches!(condition.kind.as_str(), "Ready" | "ContainersReady") && condition.status == "True");
    if merged.phase.is_terminal() && is_ready {
        let reason = if merged.phase == PodPhase::Failed { "PodFailed" } else { "PodCompleted" };
        for kind in ["ContainersReady", "Ready"] {
            replace(
                &mut merged.conditions,
                condition(kind, pod, ConditionValue { reason, ..ConditionValue::default() }),
            );
        }
    }
    merged
}
