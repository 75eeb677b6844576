//! Taints and what tolerates them.

use serde_json::Value;

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

/// Models core/v1 Toleration.ToleratesTaint, without the comparisons `Lt` and `Gt`, which are off by default.
pub fn tolerates(toleration: &Value, taint: &Value) -> bool {
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
    use serde_json::json;

    use super::*;

    #[test]
    fn tolerations_fit_by_key_value_and_effect() {
        let taint = json!({"key": "k", "value": "v", "effect": "NoExecute"});
        for (toleration, fits) in [
            (json!({"operator": "Exists"}), true),
            (json!({"key": "k", "operator": "Exists"}), true),
            (json!({"key": "k", "value": "v"}), true),
            (json!({"key": "k", "value": "v", "operator": "Equal"}), true),
            (json!({"key": "k", "value": "v", "operator": "Gt"}), false),
            (json!({"key": "k", "value": "v", "effect": "NoSchedule"}), false),
            (json!({"key": "k", "value": "w"}), false),
            (json!({"key": "l", "operator": "Exists"}), false),
        ] {
            assert_eq!(tolerates(&toleration, &taint), fits, "{toleration}");
        }
    }
}
