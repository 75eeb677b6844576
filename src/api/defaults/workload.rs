//! Deployments and the other kinds that make pods.

use serde_json::{Value, json};

use super::{Fields, object, set, text};

/// Models SetDefaults_Deployment, the part about the strategy.
pub(super) fn set_deployment_strategy(strategy: &mut Fields) {
    set(strategy, "type", || "RollingUpdate".into());
    if text(strategy, "type") != "RollingUpdate" {
        return;
    }
    if let Some(bounds) = object(strategy, "rollingUpdate") {
        set(bounds, "maxUnavailable", || "25%".into());
        set(bounds, "maxSurge", || "25%".into());
    }
}

/// Models SetDefaults_DaemonSet, the part about the strategy.
pub(super) fn set_daemon_set_strategy(strategy: &mut Fields) {
    set(strategy, "type", || "RollingUpdate".into());
    if text(strategy, "type") != "RollingUpdate" {
        return;
    }
    if let Some(bounds) = object(strategy, "rollingUpdate") {
        set(bounds, "maxUnavailable", || 1.into());
        set(bounds, "maxSurge", || 0.into());
    }
}

/// Models SetDefaults_StatefulSet, the part about the strategy: bounds are only made when the type is defaulted too.
pub(super) fn set_stateful_set_strategy(strategy: &mut Fields) {
    if text(strategy, "type").is_empty() {
        strategy.insert("type".to_owned(), "RollingUpdate".into());
        object(strategy, "rollingUpdate");
    }
    if text(strategy, "type") != "RollingUpdate" {
        return;
    }
    if let Some(bounds) = strategy.get_mut("rollingUpdate").and_then(Value::as_object_mut) {
        set(bounds, "partition", || 0.into());
        set(bounds, "maxUnavailable", || 1.into());
    }
}

/// Models SetDefaults_StatefulSet, the part about claims.
pub(super) fn set_stateful_set(spec: &mut Fields) {
    if let Some(policy) = object(spec, "persistentVolumeClaimRetentionPolicy") {
        set(policy, "whenDeleted", || "Retain".into());
        set(policy, "whenScaled", || "Retain".into());
    }
}

/// Models SetDefaults_ReplicationController: selector and labels are those of the template.
pub(super) fn set_replication_controller(fields: &mut Fields) {
    let Some(labels) = fields.get("spec").and_then(|spec| spec.pointer("/template/metadata/labels")).cloned() else {
        return;
    };
    if let Some(spec) = object(fields, "spec") {
        set(spec, "selector", || labels.clone());
    }
    if let Some(metadata) = object(fields, "metadata") {
        set(metadata, "labels", || labels);
    }
}

/// Models SetDefaults_Job.
pub(super) fn set_job(fields: &mut Fields) {
    let Some(spec) = object(fields, "spec") else { return };
    if !spec.contains_key("parallelism") {
        set(spec, "completions", || 1.into());
    }
    set(spec, "parallelism", || 1.into());
    let is_per_index = spec.contains_key("backoffLimitPerIndex");
    set(spec, "backoffLimit", || if is_per_index { i32::MAX } else { 6 }.into());
    set(spec, "completionMode", || "NonIndexed".into());
    set(spec, "suspend", || false.into());
    set(spec, "manualSelector", || false.into());
    let has_policy = spec.contains_key("podFailurePolicy");
    set(spec, "podReplacementPolicy", || if has_policy { "Failed" } else { "TerminatingOrFailed" }.into());
    let labels = spec.get("template").and_then(|template| template.pointer("/metadata/labels")).cloned();
    if let (Some(labels), Some(metadata)) = (labels, object(fields, "metadata")) {
        set(metadata, "labels", || labels);
    }
}

/// Models SetDefaults_HorizontalPodAutoscaler.
pub(super) fn set_horizontal_pod_autoscaler(fields: &mut Fields) {
    let Some(spec) = object(fields, "spec") else { return };
    if spec.get("metrics").and_then(Value::as_array).is_none_or(Vec::is_empty) {
        let target = json!({"type": "Utilization", "averageUtilization": 80});
        spec.insert("metrics".to_owned(), json!([{"type": "Resource", "resource": {"name": "cpu", "target": target}}]));
    }
    let Some(Value::Object(behavior)) = spec.get_mut("behavior") else { return };
    let percent = json!({"type": "Percent", "value": 100, "periodSeconds": 15});
    if let Some(up) = object(behavior, "scaleUp") {
        set(up, "stabilizationWindowSeconds", || 0.into());
        set(up, "selectPolicy", || "Max".into());
        set(up, "policies", || json!([{"type": "Pods", "value": 4, "periodSeconds": 15}, percent]));
    }
    if let Some(down) = object(behavior, "scaleDown") {
        set(down, "selectPolicy", || "Max".into());
        set(down, "policies", || json!([percent]));
    }
}
