//! Autoscalers.

use serde_json::Value;

use crate::api::{Generic, Time};
use crate::kubectl::field;

use super::event::describe_events;
use super::{Description, Related};

const UNKNOWN: &str = "<unknown>";

/// Models k8s.io/kubectl/pkg/describe describeHorizontalPodAutoscalerV2.
pub(super) fn describe_autoscaler(object: &Generic, related: &Related<'_>, out: &mut Description) {
    let fields = field::as_value(&object.fields);
    let metadata = &object.metadata;
    let text = |pointer: &str| field::text(&fields, pointer);
    out.line(0, &format!("Name:\t{}", metadata.name));
    out.line(0, &format!("Namespace:\t{}", metadata.namespace));
    out.labels("Labels", &metadata.labels);
    out.annotations("Annotations", &metadata.annotations);
    let created = metadata.creation_timestamp.map(Time::rfc1123z).unwrap_or_default();
    out.line(0, &format!("CreationTimestamp:\t{created}"));
    let kind = text("/spec/scaleTargetRef/kind");
    out.line(0, &format!("Reference:\t{kind}/{}", text("/spec/scaleTargetRef/name")));
    out.line(0, "Metrics:\t( current / target )");
    let current = field::list(&fields, "/status/currentMetrics");
    for (at, metric) in field::list(&fields, "/spec/metrics").iter().enumerate() {
        out.line(1, &metric_line(metric, current.get(at)));
    }
    let min = fields.pointer("/spec/minReplicas").map_or_else(|| "<unset>".to_owned(), field::scalar);
    out.line(0, &format!("Min replicas:\t{min}"));
    out.line(0, &format!("Max replicas:\t{}", field::number(&fields, "/spec/maxReplicas")));
    if let Some(behavior) = fields.pointer("/spec/behavior").filter(|behavior| behavior.is_object()) {
        out.line(0, "Behavior:");
        describe_rules("Scale Up", behavior.get("scaleUp"), out);
        describe_rules("Scale Down", behavior.get("scaleDown"), out);
    }
    let (now, wanted) =
        (field::number(&fields, "/status/currentReplicas"), field::number(&fields, "/status/desiredReplicas"));
    out.line(0, &format!("{kind} pods:\t{now} current / {wanted} desired"));
    let conditions = field::list(&fields, "/status/conditions");
    if !conditions.is_empty() {
        out.line(0, "Conditions:");
        out.line(1, "Type\tStatus\tReason\tMessage");
        out.line(1, "----\t------\t------\t-------");
    }
    for condition in conditions {
        let cells = ["/type", "/status", "/reason", "/message"].map(|name| field::text(condition, name));
        out.line(1, &cells.join("\t"));
    }
    if let Some(events) = related.events {
        describe_events(events, related, out);
    }
}

/// One metric: what it is, its value now and what it should be.
fn metric_line(metric: &Value, current: Option<&Value>) -> String {
    let text = |pointer: &str| field::text(metric, pointer);
    let now = |source: &str, of: &str| {
        let value = current.and_then(|current| current.pointer(&format!("/{source}/current/{of}")));
        value.map_or_else(|| UNKNOWN.to_owned(), field::scalar)
    };
    let target = |source: &str, of: &str| text(&format!("/{source}/target/{of}")).to_owned();
    let is_average = |source: &str| !target(source, "averageValue").is_empty();
    match text("/type") {
        "External" => {
            let name = text("/external/metric/name");
            if is_average("external") {
                let (now, target) = (now("external", "averageValue"), target("external", "averageValue"));
                format!("{name:?} (target average value):\t{now} / {target}")
            } else {
                format!("{name:?} (target value):\t{} / {}", now("external", "value"), target("external", "value"))
            }
        }
        "Pods" => {
            let (now, target) = (now("pods", "averageValue"), target("pods", "averageValue"));
            format!("{:?} on pods:\t{now} / {target}", text("/pods/metric/name"))
        }
        "Object" => {
            let name = text("/object/metric/name");
            let (kind, of) = (text("/object/describedObject/kind"), text("/object/describedObject/name"));
            let (word, field) = match text("/object/target/type") {
                "AverageValue" => ("target average value", "averageValue"),
                _ => ("target value", "value"),
            };
            format!("\"{name}\" on {kind}/{of} ({word}):\t{} / {}", now("object", field), target("object", field))
        }
        "Resource" => {
            resource_line(&format!("resource {} on pods", text("/resource/name")), "resource", metric, current)
        }
        "ContainerResource" => {
            let (name, container) = (text("/containerResource/name"), text("/containerResource/container"));
            let what = format!("resource {name} of container \"{container}\" on pods");
            resource_line(&what, "containerResource", metric, current)
        }
        other => format!("<unknown metric type {other:?}>"),
    }
}

fn resource_line(what: &str, source: &str, metric: &Value, current: Option<&Value>) -> String {
    let now =
        |of: &str| current.and_then(|current| current.pointer(&format!("/{source}/current/{of}"))).map(field::scalar);
    let average = now("averageValue").unwrap_or_else(|| UNKNOWN.to_owned());
    let target = |of: &str| metric.pointer(&format!("/{source}/target/{of}")).map(field::scalar);
    if let Some(target) = target("averageValue") {
        return format!("{what}:\t{average} / {target}");
    }
    let now = now("averageUtilization").map_or_else(|| UNKNOWN.to_owned(), |percent| format!("{percent}% ({average})"));
    let target = target("averageUtilization").map_or_else(|| "<auto>".to_owned(), |percent| format!("{percent}%"));
    // kubectl indents the second half of the line as if it began there.
    format!("{what}  (as a percentage of request):\t{now} / {target}")
}

/// Models printDirectionBehavior.
fn describe_rules(title: &str, rules: Option<&Value>, out: &mut Description) {
    let Some(rules) = rules.filter(|rules| rules.is_object()) else { return };
    out.line(1, &format!("{title}:"));
    if let Some(window) = rules.get("stabilizationWindowSeconds").filter(|window| !window.is_null()) {
        out.line(2, &format!("Stabilization Window: {} seconds", field::scalar(window)));
    }
    let policies = field::list(rules, "/policies");
    if policies.is_empty() {
        return;
    }
    let select = match field::text(rules, "/selectPolicy") {
        "" => "Max",
        select => select,
    };
    out.line(2, &format!("Select Policy: {select}"));
    out.line(2, "Policies:");
    for policy in policies {
        let (value, period) = (field::number(policy, "/value"), field::number(policy, "/periodSeconds"));
        let kind = field::text(policy, "/type");
        out.line(3, &format!("- Type: {kind}\tValue: {value}\tPeriod: {period} seconds"));
    }
}
