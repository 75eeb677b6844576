//! autoscaling/v1, the older version of autoscalers: read as v2 and written from it. What it has no field for is kept in
//! annotations. Models pkg/apis/autoscaling/v1/conversion.go.

use serde_json::{Map, Value, json};

use super::Kind;

/// The older version.
pub const VERSION: &str = "autoscaling/v1";
const METRICS: &str = "autoscaling.alpha.kubernetes.io/metrics";
const CURRENT_METRICS: &str = "autoscaling.alpha.kubernetes.io/current-metrics";
const BEHAVIOR: &str = "autoscaling.alpha.kubernetes.io/behavior";
const CONDITIONS: &str = "autoscaling.alpha.kubernetes.io/conditions";

/// Whether a manifest is an autoscaler of the older version.
pub fn is_v1(manifest: &Value) -> bool {
    let text = |name: &str| manifest.get(name).and_then(Value::as_str);
    text("apiVersion") == Some(VERSION) && text("kind") == Some(Kind::HorizontalPodAutoscaler.as_str())
}

fn is_cpu_percent(metric: &Value) -> bool {
    metric.pointer("/resource/name").is_some_and(|name| name == "cpu")
        && metric.pointer("/resource/target/averageUtilization").is_some_and(|percent| !percent.is_null())
}

/// The fields in which the versions name the same thing differently: (source, field in v1, field in v2).
const NAMES: [(&str, &str, &str); 19] = [
    ("resource", "targetAverageUtilization", "/target/averageUtilization"),
    ("resource", "targetAverageValue", "/target/averageValue"),
    ("containerResource", "targetAverageUtilization", "/target/averageUtilization"),
    ("containerResource", "targetAverageValue", "/target/averageValue"),
    ("pods", "metricName", "/metric/name"),
    ("pods", "selector", "/metric/selector"),
    ("pods", "targetAverageValue", "/target/averageValue"),
    ("object", "target", "/describedObject"),
    ("object", "metricName", "/metric/name"),
    ("object", "selector", "/metric/selector"),
    ("object", "targetValue", "/target/value"),
    ("object", "averageValue", "/target/averageValue"),
    ("external", "metricName", "/metric/name"),
    ("external", "metricSelector", "/metric/selector"),
    ("external", "targetValue", "/target/value"),
    ("external", "targetAverageValue", "/target/averageValue"),
    ("resource", "currentAverageUtilization", "/current/averageUtilization"),
    ("resource", "currentAverageValue", "/current/averageValue"),
    ("external", "currentValue", "/current/value"),
];

/// A metric of v1 as v2 writes it.
fn metric_to_v2(metric: &Value) -> Value {
    let mut new = json!({"type": metric.get("type").cloned().unwrap_or_default()});
    let Some(source) = metric.as_object().and_then(|fields| fields.keys().find(|key| *key != "type")) else {
        return new;
    };
    let Some(old) = metric.get(source).and_then(Value::as_object) else { return new };
    let mut fields = Map::new();
    for name in ["name", "container"] {
        fields.extend(old.get(name).map(|value| (name.to_owned(), value.clone())));
    }
    for (_, from, to) in NAMES.iter().filter(|(of, ..)| of == source) {
        let Some((parent, name)) = to.trim_start_matches('/').split_once('/') else {
            fields.extend(old.get(*from).map(|value| (to.trim_start_matches('/').to_owned(), value.clone())));
            continue;
        };
        let Some(value) = old.get(*from).filter(|value| !value.is_null()) else { continue };
        let inner = fields.entry(parent).or_insert_with(|| json!({}));
        inner.as_object_mut().map(|inner| inner.insert(name.to_owned(), value.clone()));
    }
    if let Some(target) = fields.get_mut("target").and_then(Value::as_object_mut) {
        let has = |name: &str| target.contains_key(name);
        let kind = if has("averageUtilization") {
            "Utilization"
        } else if has("averageValue") {
            "AverageValue"
        } else {
            "Value"
        };
        target.insert("type".to_owned(), kind.into());
    }
    if let Some(new) = new.as_object_mut() {
        new.insert(source.clone(), Value::Object(fields));
    }
    new
}

/// A metric, or what one is now, as v1 writes it.
fn metric_to_v1(metric: &Value) -> Value {
    let mut new = json!({"type": metric.get("type").cloned().unwrap_or_default()});
    let Some(source) = metric.as_object().and_then(|fields| fields.keys().find(|key| *key != "type")) else {
        return new;
    };
    let Some(old) = metric.get(source) else { return new };
    let mut fields = Map::new();
    for name in ["name", "container"] {
        fields.extend(old.get(name).map(|value| (name.to_owned(), value.clone())));
    }
    for (_, to, from) in NAMES.iter().filter(|(of, ..)| of == source) {
        fields
            .extend(old.pointer(from).filter(|value| !value.is_null()).map(|value| ((*to).to_owned(), value.clone())));
    }
    if let Some(new) = new.as_object_mut() {
        new.insert(source.clone(), Value::Object(fields));
    }
    new
}

/// Makes a manifest of v1 one of v2; others stay as they are.
pub fn to_v2(manifest: &mut Value) {
    if !is_v1(manifest) {
        return;
    }
    let Some(fields) = manifest.as_object_mut() else { return };
    fields.insert("apiVersion".to_owned(), Kind::HorizontalPodAutoscaler.api_version().into());
    let [metrics, behavior, current, conditions] = take_annotations(fields);
    let metrics_of = |list: Option<Value>| {
        let list = list.as_ref().and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        list.iter().map(metric_to_v2).collect::<Vec<_>>()
    };
    if let Some(spec) = fields.get_mut("spec").and_then(Value::as_object_mut) {
        let mut metrics = metrics_of(metrics);
        if let Some(percent) = spec.remove("targetCPUUtilizationPercentage").filter(|percent| !percent.is_null()) {
            let target = json!({"type": "Utilization", "averageUtilization": percent});
            metrics.push(json!({"type": "Resource", "resource": {"name": "cpu", "target": target}}));
        }
        if !metrics.is_empty() {
            spec.insert("metrics".to_owned(), metrics.into());
        }
        spec.extend(behavior.filter(Value::is_object).map(|behavior| ("behavior".to_owned(), behavior)));
    }
    let Some(status) = fields.get_mut("status").and_then(Value::as_object_mut) else { return };
    status.remove("currentCPUUtilizationPercentage");
    let current = metrics_of(current);
    if !current.is_empty() {
        status.insert("currentMetrics".to_owned(), current.into());
    }
    status.extend(conditions.filter(Value::is_array).map(|conditions| ("conditions".to_owned(), conditions)));
}

/// What the annotations hold that stand for fields of v2; they go.
fn take_annotations(fields: &mut Map<String, Value>) -> [Option<Value>; 4] {
    let metadata = fields.get_mut("metadata").and_then(Value::as_object_mut);
    let mut annotations = metadata.and_then(|metadata| metadata.get_mut("annotations")?.as_object_mut());
    [METRICS, BEHAVIOR, CURRENT_METRICS, CONDITIONS].map(|name| {
        let text = annotations.as_mut()?.remove(name)?;
        serde_json::from_str(text.as_str()?).ok()
    })
}

/// An autoscaler of v2 as v1 writes it.
pub fn to_v1(autoscaler: &Value) -> Value {
    let mut new = autoscaler.clone();
    let Some(fields) = new.as_object_mut() else { return new };
    fields.insert("apiVersion".to_owned(), VERSION.into());
    take_annotations(fields);
    let mut annotations: Vec<(&str, Value)> = Vec::new();
    let list = |value: Option<Value>| match value {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    };
    if let Some(spec) = fields.get_mut("spec").and_then(Value::as_object_mut) {
        let (percent, others): (Vec<Value>, Vec<Value>) =
            list(spec.remove("metrics")).into_iter().partition(is_cpu_percent);
        let percent = percent.first().and_then(|metric| metric.pointer("/resource/target/averageUtilization"));
        spec.extend(percent.map(|percent| ("targetCPUUtilizationPercentage".to_owned(), percent.clone())));
        if !others.is_empty() {
            annotations.push((METRICS, others.iter().map(metric_to_v1).collect()));
        }
        annotations.extend(spec.remove("behavior").filter(Value::is_object).map(|behavior| (BEHAVIOR, behavior)));
    }
    if let Some(status) = fields.get_mut("status").and_then(Value::as_object_mut) {
        let current = list(status.remove("currentMetrics"));
        let percent = current.iter().find_map(|metric| {
            let is_cpu = metric.pointer("/resource/name").is_some_and(|name| name == "cpu");
            metric.pointer("/resource/current/averageUtilization").filter(|_| is_cpu).cloned()
        });
        status.extend(percent.map(|percent| ("currentCPUUtilizationPercentage".to_owned(), percent)));
        if !current.is_empty() {
            annotations.push((CURRENT_METRICS, current.iter().map(metric_to_v1).collect()));
        }
        let conditions = list(status.remove("conditions"));
        if !conditions.is_empty() {
            annotations.push((CONDITIONS, conditions.into()));
        }
    }
    let Some(metadata) = fields.get_mut("metadata").and_then(Value::as_object_mut) else { return new };
    if !annotations.is_empty() {
        let held = metadata.entry("annotations").or_insert_with(|| json!({}));
        if let Some(held) = held.as_object_mut() {
            held.extend(annotations.into_iter().map(|(name, value)| (name.to_owned(), value.to_string().into())));
        }
    }
    new
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_older_version_comes_back_as_it_went() {
        let memory = json!({"type": "Resource", "resource": {
            "name": "memory", "target": {"type": "AverageValue", "averageValue": "64Mi"},
        }});
        let cpu = json!({"type": "Resource", "resource": {
            "name": "cpu", "target": {"type": "Utilization", "averageUtilization": 65},
        }});
        let new = json!({
            "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "w", "annotations": {}},
            "spec": {"maxReplicas": 5, "metrics": [memory, cpu], "behavior": {"scaleDown": {"selectPolicy": "Min"}}},
            "status": {"currentReplicas": 2, "desiredReplicas": 2, "conditions": [{"type": "AbleToScale"}]},
        });
        let old = to_v1(&new);
        assert_eq!(old["spec"], json!({"maxReplicas": 5, "targetCPUUtilizationPercentage": 65}));
        let annotations = &old["metadata"]["annotations"];
        let kept: Value = serde_json::from_str(annotations[METRICS].as_str().expect("the other metric")).expect("JSON");
        assert_eq!(kept, json!([{"type": "Resource", "resource": {"name": "memory", "targetAverageValue": "64Mi"}}]));
        let mut again = old;
        to_v2(&mut again);
        assert_eq!(again, new);
    }
}
