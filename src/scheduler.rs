//! The scheduler: binds pods to the node, or says why it cannot.

use serde_json::{Value, json};

use crate::api::{Generic, Pod, PodCondition, PodStatus, Time};
use crate::controllers::node_lifecycle;
use crate::decision::Reason;
use crate::sim::SimTime;

/// Every rule by which this component decides.
pub const RULES: &[&str] = &["scheduler/bind", "scheduler/unschedulable"];

/// Where a pod goes.
#[derive(Clone, Debug, PartialEq)]
pub enum Placement {
    /// To this node, with the status that the binding leaves.
    Bind {
        /// The node.
        node: String,
        /// The pod's status with its condition.
        status: Box<PodStatus>,
        /// Why.
        reason: Reason,
    },
    /// Nowhere for now.
    Unschedulable {
        /// The event's text: `0/1 nodes are available: …`.
        message: String,
        /// The pod's status with its condition.
        status: Box<PodStatus>,
        /// Why.
        reason: Reason,
    },
}

/// Decides about one pod, given the only node and the number of pods that are on it.
/// Models pkg/scheduler's filters NodeUnschedulable, TaintToleration, NodeAffinity (nodeSelector) and NodeResourcesFit (pods).
pub fn place(pod: &Pod, node: &Generic, pods_on_node: usize, now: SimTime) -> Placement {
    let obstacle = obstacle(pod, node, pods_on_node);
    let inputs = vec![("node", json!(node.metadata.name)), ("podsOnNode", json!(pods_on_node))];
    match obstacle {
        None => Placement::Bind {
            node: node.metadata.name.clone(),
            status: Box::new(scheduled(pod, "True", "", "", now)),
            reason: Reason {
                rule: "scheduler/bind",
                inputs,
                action: format!("bind {} to {}", pod.metadata.name, node.metadata.name),
            },
        },
        Some(obstacle) => {
            let message = format!(
                "0/1 nodes are available: 1 {obstacle}. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."
            );
            let mut inputs = inputs;
            inputs.push(("obstacle", json!(obstacle)));
            Placement::Unschedulable {
                status: Box::new(scheduled(pod, "False", "Unschedulable", &message, now)),
                reason: Reason {
                    rule: "scheduler/unschedulable",
                    inputs,
                    action: format!("{} stays Pending", pod.metadata.name),
                },
                message,
            }
        }
    }
}

fn obstacle(pod: &Pod, node: &Generic, pods_on_node: usize) -> Option<&'static str> {
    let selector = pod.spec.raw().get("nodeSelector").and_then(Value::as_object);
    let selected = selector.is_none_or(|selector| {
        selector.iter().all(|(key, value)| node.metadata.labels.get(key).map(String::as_str) == value.as_str())
    });
    if node.fields.get("spec").and_then(|spec| spec.get("unschedulable")) == Some(&json!(true)) {
        return Some("node(s) were unschedulable");
    }
    if node_lifecycle::untolerated(pod, node_lifecycle::taints(node)).is_some() {
        return Some("node(s) had untolerated taint(s)");
    }
    if !selected {
        return Some("node(s) didn't match Pod's node affinity/selector");
    }
    let allocatable = node
        .fields
        .get("status")
        .and_then(|status| status.get("allocatable")?.get("pods")?.as_str()?.parse::<usize>().ok());
    (pods_on_node >= allocatable.unwrap_or(usize::MAX)).then_some("Too many pods")
}

fn scheduled(pod: &Pod, status: &str, reason: &str, message: &str, now: SimTime) -> PodStatus {
    let mut new = pod.status.clone();
    new.conditions.retain(|condition| condition.kind != "PodScheduled");
    new.conditions.push(PodCondition {
        kind: "PodScheduled".to_owned(),
        observed_generation: pod.metadata.generation,
        status: status.to_owned(),
        last_probe_time: None,
        last_transition_time: Some(Time::from_sim(now)),
        reason: reason.to_owned(),
        message: message.to_owned(),
    });
    new
}
