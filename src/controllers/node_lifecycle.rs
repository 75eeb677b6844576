//! The node lifecycle controller: what follows when nothing is heard of the kubelet.
//!
//! Models pkg/controller/nodelifecycle/node_lifecycle_controller.go.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::plan::reason;
pub use super::taints::{taints, untolerated};
use super::{Plan, Request, reference_to};
use crate::api::well_known::UNREACHABLE;
use crate::api::well_known::UNSCHEDULABLE;
use crate::api::{EventType, Generic, Kind, KubernetesVersion, Object, ObjectReference, Pod, Time};
use crate::sim::SimTime;

/// Every rule by which this component decides.
pub const RULES: &[&str] = &["node/not-ready", "node/ready"];

/// The kubelet renews its lease so often. Models nodeLeaseDurationSeconds (40) and its renewal at a quarter.
const HEARTBEAT_MS: u64 = 10_000;
/// The controller looks at the nodes so often. Models --node-monitor-period.
const MONITOR_MS: u64 = 5_000;

/// How long nothing may be heard of a kubelet, in milliseconds. Models --node-monitor-grace-period.
pub fn grace_ms(version: KubernetesVersion) -> u64 {
    match version {
        KubernetesVersion::V1_22 => 40_000,
        KubernetesVersion::V1_36 => 50_000,
    }
}

/// When the controller notices that the kubelet was stopped at `stopped`.
pub fn noticed_at(stopped: SimTime, version: KubernetesVersion) -> SimTime {
    let last_heard = stopped.as_ms() / HEARTBEAT_MS * HEARTBEAT_MS;
    SimTime((last_heard + grace_ms(version)) / MONITOR_MS * MONITOR_MS + MONITOR_MS)
}

/// When the controller looks at the node next.
pub fn looks_at(now: SimTime) -> SimTime {
    SimTime(now.as_ms() / MONITOR_MS * MONITOR_MS + MONITOR_MS)
}

/// What the controller reads.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The node.
    pub node: &'a Arc<Generic>,
    /// The pods that are bound to it.
    pub pods: &'a [Arc<Pod>],
    /// Whether nothing has been heard of its kubelet for longer than [`grace_ms`].
    pub is_lost: bool,
    /// Whether another node is ready: with none, nobody is driven away.
    pub others_are_ready: bool,
    /// Which Kubernetes.
    pub version: KubernetesVersion,
}

/// One look at the node. Models Controller.monitorNodeHealth with tryUpdateNodeHealth, and the passes over taints.
pub fn sync(input: &Input<'_>, now: SimTime) -> Plan {
    let mut plan = Plan::default();
    let mut node = Arc::clone(input.node);
    if input.is_lost && is_ready(&node) {
        node = Arc::new(with_health(&node, false, now));
        let name = &node.metadata.name;
        let inputs = vec![("node", name.as_str().into()), ("graceSeconds", (grace_ms(input.version) / 1000).into())];
        let why = reason("node/not-ready", inputs, "the node is not ready".to_owned());
        plan.request(Request::UpdateStatus(Object::Generic(Arc::clone(&node))), Some(why));
        plan.request(status_event(&node, "NodeNotReady"), None);
        input.pods.iter().for_each(|pod| mark_not_ready(pod, now, &mut plan));
    }
    let is_disrupted = !input.others_are_ready && !is_ready(&node);
    let wanted = wanted_taints(&node, is_disrupted, now);
    if wanted != taints(&node) {
        let mut node = with_taints(&node, wanted);
        node.metadata.resource_version = 0;
        plan.request(Request::Update(Object::Generic(Arc::new(node))), None);
    }
    plan
}

/// Models pkg/controller/util/node RecordNodeStatusChange.
fn status_event(node: &Generic, status: &'static str) -> Request {
    let object = ObjectReference {
        kind: "Node".to_owned(),
        name: node.metadata.name.clone(),
        uid: node.metadata.uid.clone(),
        api_version: "v1".to_owned(),
        ..ObjectReference::default()
    };
    let message = format!("Node {} status is now: {status}", node.metadata.name);
    Request::RecordEvent { object, kind: EventType::Normal, reason: status, message }
}

/// Models pkg/controller/util/node MarkPodsNotReady.
fn mark_not_ready(pod: &Arc<Pod>, now: SimTime, plan: &mut Plan) {
    let mut status = pod.status.clone();
    let ready = status.conditions.iter_mut().find(|condition| condition.kind == "Ready");
    let Some(ready) = ready.filter(|ready| ready.status != "False") else { return };
    "False".clone_into(&mut ready.status);
    ready.last_transition_time = Some(Time::from_sim(now));
    plan.request(Request::UpdatePodStatus { pod: Arc::clone(pod), status }, None);
    let object = reference_to(Kind::Pod, &pod.metadata);
    let message = "Node is not ready".to_owned();
    plan.request(Request::RecordEvent { object, kind: EventType::Warning, reason: "NodeNotReady", message }, None);
}

/// Whether the node is as the kubelet would report it.
pub fn is_ready(node: &Generic) -> bool {
    conditions(node).iter().any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
}

fn conditions(node: &Generic) -> &[Value] {
    node.fields
        .get("status")
        .and_then(|status| status.get("conditions")?.as_array())
        .map(Vec::as_slice)
        .unwrap_or_default()
}

/// The node of which nothing is heard, or that is heard of again.
/// Models tryUpdateNodeHealth, and the kubelet's pkg/kubelet/nodestatus setters.
pub fn with_health(node: &Generic, is_heard_of: bool, now: SimTime) -> Generic {
    let mut node = node.clone();
    let now = Time::from_sim(now).to_string();
    let list = node.fields.get_mut("status").and_then(|status| status.get_mut("conditions")?.as_array_mut());
    for condition in list.into_iter().flatten().filter_map(Value::as_object_mut) {
        let kind = condition.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        let (status, reason, message) = match (is_heard_of, kind.as_str()) {
            (false, _) => ("Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status."),
            (true, "Ready") => ("True", "KubeletReady", "kubelet is posting ready status"),
            (true, "MemoryPressure") => {
                ("False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available")
            }
            (true, "DiskPressure") => ("False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
            (true, _) => ("False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        };
        for (field, text) in [("status", status), ("reason", reason), ("message", message)] {
            condition.insert(field.to_owned(), json!(text));
        }
        condition.insert("lastTransitionTime".to_owned(), json!(now));
        if is_heard_of {
            condition.insert("lastHeartbeatTime".to_owned(), json!(now));
        }
    }
    node
}

/// The taints that the node is to have: its own, and those that follow from its state; what drives pods away is changed
/// at the controller's regular looks only, and nothing does where no node is ready.
/// Models doNoScheduleTaintingPass, processTaintBaseEviction and handleDisruption.
pub fn wanted_taints(node: &Generic, is_disrupted: bool, now: SimTime) -> Vec<Value> {
    let is_regular_look = now.as_ms().is_multiple_of(MONITOR_MS);
    let is_unreachable =
        conditions(node).iter().any(|condition| condition["type"] == "Ready" && condition["status"] == "Unknown");
    let is_cordoned = node.fields.get("spec").and_then(|spec| spec.get("unschedulable")) == Some(&json!(true));
    let wanted = [
        (UNREACHABLE, "NoSchedule", is_unreachable),
        (UNREACHABLE, "NoExecute", is_unreachable && !is_disrupted),
        (UNSCHEDULABLE, "NoSchedule", is_cordoned),
    ];
    let mut taints = taints(node).to_vec();
    for (key, effect, is_wanted) in wanted {
        if effect == "NoExecute" && !is_regular_look {
            continue;
        }
        let is_it = |taint: &Value| taint["key"] == key && taint["effect"] == effect;
        if !is_wanted {
            taints.retain(|taint| !is_it(taint));
        } else if !taints.iter().any(is_it) {
            taints.push(json!({"effect": effect, "key": key, "timeAdded": Time::from_sim(now).to_string()}));
        }
    }
    taints
}

/// The node with other taints.
pub fn with_taints(node: &Generic, taints: Vec<Value>) -> Generic {
    let mut node = node.clone();
    let spec = node.fields.entry("spec").or_insert_with(|| Value::Object(Map::new()));
    if let Some(spec) = spec.as_object_mut() {
        if taints.is_empty() {
            spec.remove("taints");
        } else {
            spec.insert("taints".to_owned(), Value::Array(taints));
        }
    }
    node
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_controller_notices_at_its_first_look_after_the_grace_period() {
        let noticed = |stopped| noticed_at(SimTime(stopped), KubernetesVersion::V1_36).as_ms();
        assert_eq!(noticed(12_000), 65_000);
        assert_eq!(noticed(19_999), 65_000);
        assert_eq!(noticed(20_000), 75_000);
    }
}
