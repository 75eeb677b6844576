//! Taints and what tolerates them.

use serde_json::Value;

use crate::api::taints::{Taint, Toleration};
use crate::api::{Generic, Pod};

/// The node's taints.
pub fn taints(node: &Generic) -> &[Value] {
    node.fields.get("spec").and_then(|spec| spec.get("taints")?.as_array()).map(Vec::as_slice).unwrap_or_default()
}

/// The node's taints that drive pods away. Models getNoExecuteTaints.
pub fn evicting(node: &Generic) -> Vec<&Value> {
    taints(node).iter().filter(|taint| taint["effect"] == "NoExecute").collect()
}

/// The first taint that keeps the pod away. Models v1helper.FindMatchingUntoleratedTaint with the scheduler's filter.
pub fn untolerated<'t>(pod: &Pod, taints: &'t [Value]) -> Option<&'t Value> {
    let keeps_away = |taint: &&Value| taint["effect"] == "NoSchedule" || taint["effect"] == "NoExecute";
    taints
        .iter()
        .filter(keeps_away)
        .find(|taint| !tolerations(pod).iter().any(|toleration| tolerates(toleration, taint)))
}

/// The first toleration of each taint, in the order of the taints; none when a taint is not tolerated.
/// Models pkg/apis/core/v1/helper GetMatchingTolerations.
pub fn matching_tolerations<'p>(pod: &'p Pod, taints: &[&Value]) -> Option<Vec<&'p Value>> {
    let first = |taint: &&Value| tolerations(pod).iter().find(|toleration| tolerates(toleration, taint));
    taints.iter().map(first).collect()
}

/// What the pod tolerates.
pub fn tolerations(pod: &Pod) -> &[Value] {
    pod.spec.raw().get("tolerations").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn tolerates(toleration: &Value, taint: &Value) -> bool {
    Toleration::read(toleration).tolerates(&Taint::read(taint))
}
