//! HorizontalPodAutoscalers. Models pkg/apis/autoscaling/validation/validation.go and
//! pkg/registry/autoscaling/horizontalpodautoscaler/strategy.go.

use super::error::FieldError;
use super::field::Field;
use super::names;
use super::object_meta::{self, Scope};
use super::resources::{amount, validate_container_resource_name};

/// Models MaxPeriodSeconds and MaxStabilizationWindowSeconds.
const MAX_PERIOD_SECONDS: i64 = 1800;
const MAX_WINDOW_SECONDS: i64 = 3600;

const METRIC_TYPES: [&str; 5] = ["ContainerResource", "External", "Object", "Pods", "Resource"];

/// The sources of metrics in the order in which they are looked at, each with the type that asks for it.
const SOURCES: [(&str, &str, SourceRule); 5] = [
    ("object", "Object", validate_object),
    ("external", "External", validate_external),
    ("pods", "Pods", validate_pods),
    ("resource", "Resource", validate_resource),
    ("containerResource", "ContainerResource", validate_container_resource),
];

type SourceRule = fn(&Field<'_>, Reference, &mut Vec<FieldError>);

/// What the version of a reference may be. Models CrossVersionObjectReferenceValidationOptions.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reference {
    /// One with a group.
    InGroup,
    /// One with a group, or none.
    Any,
    /// Anything: it was so before.
    Unchecked,
}

/// A new one. Models ValidateHorizontalPodAutoscaler.
pub(super) fn validate(autoscaler: &Field<'_>, errors: &mut Vec<FieldError>) {
    object_meta::validate(&autoscaler.child("metadata"), Scope::Namespaced, names::dns1123_subdomain, errors);
    validate_spec(&autoscaler.child("spec"), None, errors);
}

/// A changed one. Models ValidateHorizontalPodAutoscalerUpdate.
pub(super) fn validate_update(autoscaler: &Field<'_>, old: &Field<'_>, errors: &mut Vec<FieldError>) {
    object_meta::validate_update(&autoscaler.child("metadata"), &old.child("metadata"), errors);
    validate_spec(&autoscaler.child("spec"), Some(&old.child("spec")), errors);
}

/// Models validateHorizontalPodAutoscalerSpec and validationOptionsForHorizontalPodAutoscaler.
fn validate_spec(spec: &Field<'_>, old: Option<&Field<'_>>, errors: &mut Vec<FieldError>) {
    let (least, most) = (spec.child("minReplicas"), spec.child("maxReplicas"));
    let was_zero = old.is_some_and(|old| old.child("minReplicas").number() == Some(0));
    let bound = i64::from(!was_zero);
    if least.number().is_some_and(|least| least < bound) {
        errors.push(least.invalid(least.int(), format!("must be greater than or equal to {bound}")));
    }
    match most.int() {
        0 => errors.push(most.required("must be set and greater than 0")),
        count if count < 0 => errors.push(most.invalid(count, "must be greater than or equal to 1")),
        _ => {}
    }
    if least.number().is_some_and(|least| most.int() < least) {
        errors.push(most.invalid(most.int(), "must be greater than or equal to `minReplicas`"));
    }
    let target = spec.child("scaleTargetRef");
    let is_same = |old: &Field<'_>| {
        let old = old.child("scaleTargetRef");
        ["apiVersion", "kind"].iter().all(|name| old.child(name).text() == target.child(name).text())
    };
    let rule = match old {
        Some(old) if is_same(old) => Reference::Unchecked,
        _ if target.child("kind").text() == "ReplicationController" => Reference::Any,
        _ => Reference::InGroup,
    };
    validate_reference(&target, rule, errors);
    validate_metrics(spec, old, errors);
    for rules in ["scaleUp", "scaleDown"] {
        validate_rules(&spec.child("behavior").child(rules), errors);
    }
}

/// Models ValidateCrossVersionObjectReference.
fn validate_reference(reference: &Field<'_>, rule: Reference, errors: &mut Vec<FieldError>) {
    for name in ["kind", "name"] {
        let part = reference.child(name);
        if part.text().is_empty() {
            errors.push(part.required(""));
        } else {
            part.check_text(names::path_segment(part.text()), errors);
        }
    }
    let version = reference.child("apiVersion");
    if let Err(complaint) = check_version(version.text(), rule) {
        errors.push(version.invalid_text(complaint));
    }
}

/// Models ValidateAPIVersion.
fn check_version(version: &str, rule: Reference) -> Result<(), String> {
    let group = match version.matches('/').count() {
        _ if version == "/" => "",
        0 => "",
        1 => version.split('/').next().unwrap_or_default(),
        _ if rule == Reference::Unchecked => return Ok(()),
        _ => return Err(format!("unexpected GroupVersion string: {version}")),
    };
    if rule == Reference::InGroup && group.is_empty() {
        return Err("apiVersion must specify API group".to_owned());
    }
    Ok(())
}

/// Models validateMetrics.
fn validate_metrics(spec: &Field<'_>, old: Option<&Field<'_>>, errors: &mut Vec<FieldError>) {
    let metrics = spec.child("metrics");
    let was_wrong = |metric: Field<'_>| {
        let version = metric.child("object").child("describedObject").child("apiVersion");
        metric.child("type").text() == "Object"
            && metric.child("object").is_set()
            && check_version(version.text(), Reference::Any).is_err()
    };
    let is_wrong_already = old.is_some_and(|old| old.child("metrics").items().any(was_wrong));
    let rule = if is_wrong_already { Reference::Unchecked } else { Reference::Any };
    for metric in metrics.items() {
        validate_metric(&metric, rule, errors);
    }
    let is_outside = |metric: Field<'_>| ["Object", "External"].contains(&metric.child("type").text());
    if spec.child("minReplicas").number() == Some(0) && !metrics.items().any(is_outside) {
        let detail = "must specify at least one Object or External metric to support scaling to zero replicas";
        errors.push(metrics.forbidden(detail));
    }
}

/// Models validateMetricSpec.
fn validate_metric(metric: &Field<'_>, rule: Reference, errors: &mut Vec<FieldError>) {
    let kind = metric.child("type");
    if kind.text().is_empty() {
        errors.push(kind.required("must specify a metric source type"));
    }
    let is_known = METRIC_TYPES.contains(&kind.text());
    let unknown = || kind.not_supported(kind.text(), &METRIC_TYPES);
    if !is_known {
        errors.push(unknown());
    }
    let mut present: Vec<&str> = Vec::new();
    for (name, _, validate_source) in SOURCES {
        let source = metric.child(name);
        if source.is_set() {
            present.push(name);
            if present.len() == 1 {
                validate_source(&source, rule, errors);
            }
        }
    }
    let expected = SOURCES.iter().find(|(_, wanted, _)| *wanted == kind.text()).map(|(name, ..)| *name);
    match expected {
        Some(name) if !metric.child(name).is_set() => {
            errors.push(metric.child(name).required("must populate information for the given metric source"));
        }
        Some(_) => {}
        None => errors.push(unknown()),
    }
    if present.len() != 1 {
        // Go's set has no order.
        for name in present.into_iter().filter(|name| Some(*name) != expected) {
            errors.push(metric.child(name).forbidden("must populate the given metric source only"));
        }
    }
}

/// Models validateObjectSource.
fn validate_object(source: &Field<'_>, rule: Reference, errors: &mut Vec<FieldError>) {
    validate_reference(&source.child("describedObject"), rule, errors);
    validate_identifier(source, errors);
    let target = source.child("target");
    validate_target(&target, errors);
    if !target.child("value").is_set() && !target.child("averageValue").is_set() {
        errors.push(target.child("averageValue").required("must set either a target value or averageValue"));
    }
}

/// Models validateExternalSource.
fn validate_external(source: &Field<'_>, _: Reference, errors: &mut Vec<FieldError>) {
    validate_identifier(source, errors);
    let target = source.child("target");
    validate_target(&target, errors);
    let (whole, each) = (target.child("value"), target.child("averageValue"));
    match (whole.is_set(), each.is_set()) {
        (false, false) => errors.push(each.required("must set either a target value for metric or a per-pod target")),
        (true, true) => {
            errors.push(whole.forbidden("may not set both a target value for metric and a per-pod target"));
        }
        _ => {}
    }
}

/// Models validatePodsSource.
fn validate_pods(source: &Field<'_>, _: Reference, errors: &mut Vec<FieldError>) {
    validate_identifier(source, errors);
    let target = source.child("target");
    validate_target(&target, errors);
    if !target.child("averageValue").is_set() {
        errors.push(target.child("averageValue").required("must specify a positive target averageValue"));
    }
}

/// Models validateContainerResourceSource.
fn validate_container_resource(source: &Field<'_>, _: Reference, errors: &mut Vec<FieldError>) {
    let name = source.child("name");
    if name.text().is_empty() {
        errors.push(name.required("must specify a resource name"));
    } else {
        validate_container_resource_name(name.text(), &name, errors);
    }
    let container = source.child("container");
    if container.text().is_empty() {
        errors.push(container.required("must specify a container"));
    } else {
        container.check_text(names::dns1123_label(container.text()), errors);
    }
    validate_resource_target(&source.child("target"), errors);
}

/// Models validateResourceSource.
fn validate_resource(source: &Field<'_>, _: Reference, errors: &mut Vec<FieldError>) {
    if source.child("name").text().is_empty() {
        errors.push(source.child("name").required("must specify a resource name"));
    }
    validate_resource_target(&source.child("target"), errors);
}

fn validate_resource_target(target: &Field<'_>, errors: &mut Vec<FieldError>) {
    validate_target(target, errors);
    let (percent, amount) = (target.child("averageUtilization"), target.child("averageValue"));
    match (percent.is_set(), amount.is_set()) {
        (false, false) => {
            errors.push(percent.required("must set either a target raw value or a target utilization"));
        }
        (true, true) => {
            errors.push(amount.forbidden("may not set both a target raw value and a target utilization"));
        }
        _ => {}
    }
}

/// Models validateMetricTarget.
fn validate_target(target: &Field<'_>, errors: &mut Vec<FieldError>) {
    let kind = target.child("type");
    if kind.text().is_empty() {
        errors.push(kind.required("must specify a metric target type"));
    }
    if !["Utilization", "Value", "AverageValue"].contains(&kind.text()) {
        errors.push(kind.invalid_text("must be either Utilization, Value, or AverageValue"));
    }
    for value in [target.child("value"), target.child("averageValue")] {
        if amount(value.value()).is_some_and(|amount| amount.sign() <= 0) {
            errors.push(value.invalid_value("must be positive"));
        }
    }
    let percent = target.child("averageUtilization");
    if percent.number().is_some_and(|percent| percent < 1) {
        errors.push(percent.invalid(percent.int(), "must be greater than 0"));
    }
}

/// Models validateMetricIdentifier.
fn validate_identifier(source: &Field<'_>, errors: &mut Vec<FieldError>) {
    let name = source.child("metric").child("name");
    if name.text().is_empty() {
        errors.push(name.required("must specify a metric name"));
    } else {
        name.check_text(names::path_segment(name.text()), errors);
    }
}

/// Models validateScalingRules.
fn validate_rules(rules: &Field<'_>, errors: &mut Vec<FieldError>) {
    if !rules.is_set() {
        return;
    }
    let window = rules.child("stabilizationWindowSeconds");
    if window.int() < 0 {
        errors.push(window.invalid(window.int(), "must be greater than or equal to zero"));
    }
    if window.int() > MAX_WINDOW_SECONDS {
        errors.push(window.invalid(window.int(), format!("must be less than or equal to {MAX_WINDOW_SECONDS}")));
    }
    let select = rules.child("selectPolicy");
    let selections = ["Disabled", "Max", "Min"];
    if select.is_set() && !selections.contains(&select.text()) {
        errors.push(select.not_supported(select.text(), &selections));
    }
    let policies = rules.child("policies");
    if policies.len() == 0 {
        errors.push(policies.required("must specify at least one Policy"));
    }
    for policy in policies.items() {
        validate_policy(&policy, errors);
    }
    let tolerance = rules.child("tolerance");
    if let Some(given) = amount(tolerance.value()).filter(|given| given.sign() < 0) {
        errors.push(tolerance.invalid(given.to_string().as_str(), "must be greater than or equal to 0"));
    }
}

/// Models validateScalingPolicy.
fn validate_policy(policy: &Field<'_>, errors: &mut Vec<FieldError>) {
    let kinds = ["Percent", "Pods"];
    let kind = policy.child("type");
    if !kinds.contains(&kind.text()) {
        errors.push(kind.not_supported(kind.text(), &kinds));
    }
    for number in [policy.child("value"), policy.child("periodSeconds")] {
        if number.int() <= 0 {
            errors.push(number.invalid(number.int(), "must be greater than zero"));
        }
    }
    let period = policy.child("periodSeconds");
    if period.int() > MAX_PERIOD_SECONDS {
        errors.push(period.invalid(period.int(), format!("must be less than or equal to {MAX_PERIOD_SECONDS}")));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn texts(changes: &Value, old: Option<&Value>) -> Vec<String> {
        let whole = |changes: &Value| {
            let mut spec = json!({
                "minReplicas": 1, "maxReplicas": 5,
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            });
            for (name, value) in changes.as_object().into_iter().flatten() {
                spec[name] = value.clone();
            }
            json!({"metadata": {"name": "web", "namespace": "default"}, "spec": spec})
        };
        let (new, mut errors) = (whole(changes), Vec::new());
        match old {
            None => validate(&Field::root(&new), &mut errors),
            Some(old) => {
                let mut old = whole(old);
                let mut new = new;
                new["metadata"]["resourceVersion"] = json!("1");
                old["metadata"]["resourceVersion"] = json!("1");
                validate_update(&Field::root(&new), &Field::root(&old), &mut errors);
            }
        }
        errors.iter().map(FieldError::text).collect()
    }

    #[track_caller]
    fn refused(changes: &Value, expected: &[&str]) {
        assert_eq!(texts(changes, None), expected);
    }

    #[test]
    fn bounds_lie_in_order() {
        refused(&json!({}), &[]);
        refused(
            &json!({"minReplicas": 5, "maxReplicas": 2}),
            &["spec.maxReplicas: Invalid value: 2: must be greater than or equal to `minReplicas`"],
        );
        refused(
            &json!({"minReplicas": 0, "maxReplicas": 0}),
            &[
                "spec.minReplicas: Invalid value: 0: must be greater than or equal to 1",
                "spec.maxReplicas: Required value: must be set and greater than 0",
                "spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas",
            ],
        );
        refused(
            &json!({"maxReplicas": -1}),
            &[
                "spec.maxReplicas: Invalid value: -1: must be greater than or equal to 1",
                "spec.maxReplicas: Invalid value: -1: must be greater than or equal to `minReplicas`",
            ],
        );
    }

    #[test]
    fn a_target_has_a_kind_a_name_and_a_group() {
        refused(
            &json!({"scaleTargetRef": {"kind": "", "name": "a/b"}}),
            &[
                "spec.scaleTargetRef.kind: Required value",
                "spec.scaleTargetRef.name: Invalid value: \"a/b\": may not contain '/'",
                "spec.scaleTargetRef.apiVersion: Invalid value: \"\": apiVersion must specify API group",
            ],
        );
        refused(&json!({"scaleTargetRef": {"apiVersion": "v1", "kind": "ReplicationController", "name": "a"}}), &[]);
        let odd = json!({"scaleTargetRef": {"apiVersion": "a/b/c", "kind": "Deployment", "name": "a"}});
        let complaint =
            "spec.scaleTargetRef.apiVersion: Invalid value: \"a/b/c\": unexpected GroupVersion string: a/b/c";
        refused(&odd, &[complaint]);
        // What was so before may stay.
        assert!(texts(&odd, Some(&odd)).is_empty());
    }

    #[test]
    fn each_metric_has_its_own_source_and_target() {
        let of = |metric: Value| json!({"metrics": [metric]});
        refused(
            &of(json!({"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization"}}})),
            &[
                "spec.metrics[0].resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization",
            ],
        );
        let zero = json!({"type": "Utilization", "averageUtilization": 0});
        refused(
            &of(json!({"type": "Pods", "resource": {"name": "cpu", "target": zero}})),
            &[
                "spec.metrics[0].resource.target.averageUtilization: Invalid value: 0: must be greater than 0",
                "spec.metrics[0].pods: Required value: must populate information for the given metric source",
            ],
        );
        let target = json!({"type": "AverageValue", "averageValue": "0"});
        refused(
            &of(json!({"type": "Pods", "pods": {"metric": {"name": "a%b"}, "target": target}})),
            &[
                "spec.metrics[0].pods.metric.name: Invalid value: \"a%b\": may not contain '%'",
                "spec.metrics[0].pods.target.averageValue: Invalid value: \"0\": must be positive",
            ],
        );
        let both = json!({"type": "Value", "value": "5", "averageValue": "1"});
        refused(
            &of(json!({"type": "External", "external": {"metric": {"name": "q"}, "target": both}})),
            &[
                "spec.metrics[0].external.target.value: Forbidden: may not set both a target value for metric and a per-pod target",
            ],
        );
        let cpu = json!({"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 60}});
        refused(
            &of(json!({"type": "ContainerResource", "containerResource": cpu})),
            &["spec.metrics[0].containerResource.container: Required value: must specify a container"],
        );
        let unknown = "spec.metrics[0].type: Unsupported value: \"Cpu\": supported values: \"ContainerResource\", \"External\", \"Object\", \"Pods\", \"Resource\"";
        refused(&of(json!({"type": "Cpu"})), &[unknown, unknown]);
        refused(
            &of(json!({"type": "Resource", "resource": cpu, "pods": {"metric": {"name": "q"}}})),
            &[
                "spec.metrics[0].pods.target.type: Required value: must specify a metric target type",
                "spec.metrics[0].pods.target.type: Invalid value: \"\": must be either Utilization, Value, or AverageValue",
                "spec.metrics[0].pods.target.averageValue: Required value: must specify a positive target averageValue",
                "spec.metrics[0].pods: Forbidden: must populate the given metric source only",
            ],
        );
    }

    #[test]
    fn a_behavior_stays_within_its_bounds() {
        let up = json!({"selectPolicy": "Most", "policies": [{"type": "Pod", "value": 0, "periodSeconds": 3600}]});
        let down = json!({"stabilizationWindowSeconds": 7200, "policies": [], "tolerance": "-1"});
        refused(
            &json!({"behavior": {"scaleUp": up, "scaleDown": down}}),
            &[
                "spec.behavior.scaleUp.selectPolicy: Unsupported value: \"Most\": supported values: \"Disabled\", \"Max\", \"Min\"",
                "spec.behavior.scaleUp.policies[0].type: Unsupported value: \"Pod\": supported values: \"Percent\", \"Pods\"",
                "spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero",
                "spec.behavior.scaleUp.policies[0].periodSeconds: Invalid value: 3600: must be less than or equal to 1800",
                "spec.behavior.scaleDown.stabilizationWindowSeconds: Invalid value: 7200: must be less than or equal to 3600",
                "spec.behavior.scaleDown.policies: Required value: must specify at least one Policy",
                "spec.behavior.scaleDown.tolerance: Invalid value: \"-1\": must be greater than or equal to 0",
            ],
        );
    }
}
