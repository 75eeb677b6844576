//! The node lifecycle and taint eviction controllers: what follows when nothing is heard of the kubelet, and which pods a
//! taint drives away.

use serde_json::{Map, Value, json};

use crate::api::{Generic, KubernetesVersion, Pod, Time};
use crate::sim::SimTime;

/// Every rule by which this component decides.
pub const RULES: &[&str] = &["node/not-ready", "node/ready", "node/evict"];

/// The kubelet renews its lease so often. Models nodeLeaseDurationSeconds (40) and its renewal at a quarter.
const HEARTBEAT_MS: u64 = 10_000;
/// The controller looks at the nodes so often. Models --node-monitor-period.
const MONITOR_MS: u64 = 5_000;
/// The taint of a node of which nothing is heard.
const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
/// The taint of a node that is cordoned.
const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";

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

/// The node's taints.
pub fn taints(node: &Generic) -> &[Value] {
    node.fields.get("spec").and_then(|spec| spec.get("taints")?.as_array()).map(Vec::as_slice).unwrap_or_default()
}

/// The taints that the node is to have: its own, and those that follow from its state; what drives pods away is changed
/// at the controller's regular looks only.
/// Models doNoScheduleTaintingPass and processTaintBaseEviction.
pub fn wanted_taints(node: &Generic, now: SimTime) -> Vec<Value> {
    let is_regular_look = now.as_ms().is_multiple_of(MONITOR_MS);
    let is_unreachable =
        conditions(node).iter().any(|condition| condition["type"] == "Ready" && condition["status"] == "Unknown");
    let is_cordoned = node.fields.get("spec").and_then(|spec| spec.get("unschedulable")) == Some(&json!(true));
    let wanted = [
        (UNREACHABLE, "NoSchedule", is_unreachable),
        (UNREACHABLE, "NoExecute", is_unreachable),
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

/// The first taint that keeps the pod away. Models v1helper.FindMatchingUntoleratedTaint with the scheduler's filter.
pub fn untolerated<'t>(pod: &Pod, taints: &'t [Value]) -> Option<&'t Value> {
    let keeps_away = |taint: &&Value| taint["effect"] == "NoSchedule" || taint["effect"] == "NoExecute";
    taints
        .iter()
        .filter(keeps_away)
        .find(|taint| !tolerations(pod).iter().any(|toleration| tolerates(toleration, taint)))
}

/// In how many milliseconds the taints drive the pod away; never when it tolerates them.
/// Models pkg/controller/tainteviction processPodOnNode.
pub fn eviction_ms(pod: &Pod, taints: &[Value]) -> Option<u64> {
    let mut shortest = None;
    for taint in taints.iter().filter(|taint| taint["effect"] == "NoExecute") {
        let matching: Vec<&Value> = tolerations(pod).iter().filter(|toleration| tolerates(toleration, taint)).collect();
        if matching.is_empty() {
            return Some(0);
        }
        for seconds in matching.iter().filter_map(|toleration| toleration.get("tolerationSeconds")?.as_i64()) {
            let ms = u64::try_from(seconds).unwrap_or(0).saturating_mul(1000);
            shortest = Some(shortest.map_or(ms, |shortest: u64| shortest.min(ms)));
        }
    }
    shortest
}

fn tolerations(pod: &Pod) -> &[Value] {
    pod.spec.raw().get("tolerations").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// Models core/v1 Toleration.ToleratesTaint.
fn tolerates(toleration: &Value, taint: &Value) -> bool {
    let of = |value: &Value, field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (effect, key) = (of(toleration, "effect"), of(toleration, "key"));
    let fits = |mine: &str, theirs: String| mine.is_empty() || mine == theirs;
    fits(&effect, of(taint, "effect"))
        && fits(&key, of(taint, "key"))
        && match of(toleration, "operator").as_str() {
            "" | "Equal" => of(toleration, "value") == of(taint, "value"),
            "Exists" => true,
            _ => false,
        }
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

    #[test]
    fn tolerations_fit_by_key_value_and_effect() {
        let taint = json!({"key": "k", "value": "v", "effect": "NoExecute"});
        for (toleration, fits) in [
            (json!({"operator": "Exists"}), true),
            (json!({"key": "k", "operator": "Exists"}), true),
            (json!({"key": "k", "value": "v"}), true),
            (json!({"key": "k", "value": "v", "effect": "NoSchedule"}), false),
            (json!({"key": "k", "value": "w"}), false),
            (json!({"key": "l", "operator": "Exists"}), false),
        ] {
            assert_eq!(tolerates(&toleration, &taint), fits, "{toleration}");
        }
    }
}
