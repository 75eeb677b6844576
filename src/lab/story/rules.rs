//! Which decisions are beats, and of which kind.

use super::beat::BeatKind;
use crate::decision::Decision;

/// How a decision stands among those of its moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// It has a beat of its own.
    Own,
    /// It is one beat with its like: what happens to several pods at once.
    Shared,
    /// It is a beat only where nothing else is told of its object.
    Remark,
}

/// Decisions that only keep things going.
const ROUTINE: [&str; 3] =
    ["deployment/set-revision", "deployment/waits-for-progress", "replicaset/waits-for-expectations"];
/// Decisions that follow from another one of the same moment.
const REMARKS: [&str; 3] = ["deployment/available", "deployment/unavailable", "deployment/update-new-replica-set"];
/// Rules by which pods are deleted, beside a ReplicaSet's own.
pub const ENDS_PODS: [&str; 5] =
    ["scheduler/preempt", "node/evict", "node/gone", "garbage/owner-gone", "garbage/dependents-first"];

/// What a decision is a beat of; none when it is routine.
pub fn kind(decision: &Decision) -> Option<(BeatKind, Weight)> {
    let rule = decision.rule;
    match decision.controller {
        "deployment" | "replicaset" if ROUTINE.contains(&rule) => None,
        "deployment" if REMARKS.contains(&rule) => Some((BeatKind::Decision, Weight::Remark)),
        "deployment" if rule == "deployment/progress-deadline-exceeded" => Some((BeatKind::Deadline, Weight::Own)),
        "deployment" | "replicaset" => Some((BeatKind::Decision, Weight::Own)),
        "scheduler" if rule == "scheduler/bind" => Some((BeatKind::Scheduled, Weight::Shared)),
        "scheduler" if rule == "scheduler/preempt" => Some((BeatKind::Decision, Weight::Shared)),
        "scheduler" => Some((BeatKind::Unschedulable, Weight::Shared)),
        "kubelet" => Some((of_kubelet(rule)?, Weight::Shared)),
        // Which pods a Service sends to follows from which are ready.
        "endpoints" => None,
        _ => Some((BeatKind::Decision, Weight::Shared)),
    }
}

fn of_kubelet(rule: &str) -> Option<BeatKind> {
    match rule.strip_prefix("kubelet/")? {
        "ready" => Some(BeatKind::Ready),
        "not-ready" => Some(BeatKind::NotReady),
        "pull-image" => Some(BeatKind::Pulls),
        "restart-container" => Some(BeatKind::Restarted),
        "liveness-failed" | "startup-failed" | "definition-changed" | "grace-ended" | "hook-failed" => {
            Some(BeatKind::Killed)
        }
        "back-off" | "image-back-off" | "pull-failed" | "image-never-pulled" | "invalid-image-name"
        | "start-failed" | "config-error" | "mount-failed" => Some(BeatKind::BacksOff),
        "stop-pod" => Some(BeatKind::Leaves),
        "pod-ended" => Some(BeatKind::Ended),
        // What is seen anyway: the image and the volumes are there, the container starts, the pod is gone.
        _ => None,
    }
}
