//! Deployments. Models pkg/apis/apps/validation/validation.go ValidateDeployment….

use serde_json::Value;

use super::Policy;
use super::error::{BadValue, FieldError, go_json};
use super::field::Field;
use super::labels;
use super::names;
use super::object_meta::{self, Scope};
use super::pod_template;

/// A new one. Models ValidateDeployment.
pub(super) fn validate(deployment: &Field<'_>, policy: Policy, errors: &mut Vec<FieldError>) {
    object_meta::validate(&deployment.child("metadata"), Scope::Namespaced, names::dns1123_subdomain, errors);
    validate_spec(&deployment.child("spec"), policy, errors);
}

/// A changed one. Models ValidateDeploymentUpdate.
pub(super) fn validate_update(deployment: &Field<'_>, old: &Field<'_>, policy: Policy, errors: &mut Vec<FieldError>) {
    object_meta::validate_update(&deployment.child("metadata"), &old.child("metadata"), errors);
    let spec = deployment.child("spec");
    validate_spec(&spec, policy, errors);
    validate_selector_unchanged(&spec.child("selector"), &old.child("spec").child("selector"), errors);
}

/// A changed status. Models ValidateDeploymentStatusUpdate.
pub(super) fn validate_status_update(deployment: &Field<'_>, old: &Field<'_>, errors: &mut Vec<FieldError>) {
    object_meta::validate_update(&deployment.child("metadata"), &old.child("metadata"), errors);
    let status = deployment.child("status");
    validate_status(&status, errors);
    let collision_count = status.child("collisionCount");
    let old_count = old.child("status").child("collisionCount").number();
    let is_less = match (collision_count.number(), old_count) {
        (None, Some(_)) => true,
        (Some(new), Some(old)) => new < old,
        (_, None) => false,
    };
    if is_less {
        errors.push(collision_count.invalid(collision_count.int(), "cannot be decremented"));
    }
}

/// A selector is for life: the pods of another one would be lost.
pub(super) fn validate_selector_unchanged(selector: &Field<'_>, old: &Field<'_>, errors: &mut Vec<FieldError>) {
    if !super::equality::is_equal(selector.value(), old.value()) {
        errors.push(selector.invalid(BadValue::Json(labels::selector_json(selector)), "field is immutable"));
    }
}

/// The selector that picks the pods, and the template that it must pick. Both workloads name the deployment.
pub(super) fn validate_selector_and_template(spec: &Field<'_>, policy: Policy, errors: &mut Vec<FieldError>) {
    let selector = spec.child("selector");
    let template = spec.child("template");
    let bad_value = || BadValue::Json(labels::selector_json(&selector));
    if selector.is_set() {
        labels::validate_selector(&selector, errors);
        if selector.child("matchLabels").len() + selector.child("matchExpressions").len() == 0 {
            errors.push(selector.invalid(bad_value(), "empty selector is invalid for deployment"));
        }
    } else {
        errors.push(selector.required(""));
    }
    let template_labels = template.child("metadata").child("labels");
    match labels::selects(&selector, &template_labels) {
        None => errors.push(selector.invalid(bad_value(), "invalid label selector")),
        Some(is_selected) => {
            if !is_selected {
                errors.push(template_labels.invalid_value("`selector` does not match template `labels`"));
            }
            pod_template::validate_for_replica_set(&template, policy, errors);
        }
    }
}

fn validate_spec(spec: &Field<'_>, policy: Policy, errors: &mut Vec<FieldError>) {
    spec.child("replicas").check_not_negative(errors);
    validate_selector_and_template(spec, policy, errors);
    validate_strategy(&spec.child("strategy"), errors);
    let min_ready_seconds = spec.child("minReadySeconds");
    min_ready_seconds.check_not_negative(errors);
    spec.child("revisionHistoryLimit").check_not_negative(errors);
    let deadline = spec.child("progressDeadlineSeconds");
    if let Some(seconds) = deadline.number() {
        deadline.check_not_negative(errors);
        if seconds <= min_ready_seconds.int() {
            errors.push(deadline.invalid(seconds, "must be greater than minReadySeconds"));
        }
    }
}

/// Models ValidateDeploymentStrategy.
fn validate_strategy(strategy: &Field<'_>, errors: &mut Vec<FieldError>) {
    let rolling_update = strategy.child("rollingUpdate");
    match strategy.child("type").text() {
        "Recreate" => {
            if rolling_update.is_set() {
                errors.push(rolling_update.forbidden("may not be specified when strategy `type` is 'Recreate'"));
            }
        }
        "RollingUpdate" => {
            if rolling_update.is_set() {
                validate_rolling_update(&rolling_update, errors);
            } else {
                errors.push(rolling_update.required("this should be defaulted and never be nil"));
            }
        }
        _ => {
            errors.push(strategy.not_supported(BadValue::Json(strategy_json(strategy)), &["Recreate", "RollingUpdate"]))
        }
    }
}

/// Models ValidateRollingUpdateDeployment.
fn validate_rolling_update(rolling_update: &Field<'_>, errors: &mut Vec<FieldError>) {
    let max_unavailable = rolling_update.child("maxUnavailable");
    let max_surge = rolling_update.child("maxSurge");
    validate_int_or_percent(&max_unavailable, errors);
    validate_int_or_percent(&max_surge, errors);
    if is_none_at_all(max_unavailable.value()) && is_none_at_all(max_surge.value()) {
        errors.push(max_unavailable.invalid(int_or_string(&max_unavailable), "may not be 0 when `maxSurge` is 0"));
    }
    if is_more_than_all(max_unavailable.text()) {
        errors.push(max_unavailable.invalid_value("must not be greater than 100%"));
    }
}

/// Models ValidatePositiveIntOrPercent.
pub(super) fn validate_int_or_percent(field: &Field<'_>, errors: &mut Vec<FieldError>) {
    if let Value::String(text) = field.value() {
        errors.extend(names::percent(text).into_iter().map(|complaint| field.invalid_value(complaint)));
    } else {
        field.check_not_negative(errors);
    }
}

/// Whether the number, or the percentage, is 0. A text that is no percentage counts as the number it may hold.
fn is_none_at_all(value: &Value) -> bool {
    match value {
        Value::String(text) => {
            let digits = if names::is_percent(text) { text.trim_end_matches('%') } else { text };
            is_zero_for_atoi(digits)
        }
        value => value.as_i64().unwrap_or_default() == 0,
    }
}

/// Whether Go's `strconv.Atoi` answers 0, which it also does for what is no number at all.
fn is_zero_for_atoi(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_number = !digits.is_empty() && digits.bytes().all(|c| c.is_ascii_digit());
    !is_number || digits.bytes().all(|c| c == b'0')
}

/// Whether a percentage is above 100. Models IsNotMoreThan100Percent.
pub(super) fn is_more_than_all(text: &str) -> bool {
    if !names::is_percent(text) {
        return false;
    }
    let digits = text.trim_end_matches('%').trim_start_matches('0');
    digits.len() > 3 || digits.parse::<u32>().is_ok_and(|percent| percent > 100)
}

/// An absent one is Go's number 0.
fn int_or_string(field: &Field<'_>) -> BadValue {
    if field.is_set() { field.value().into() } else { 0.into() }
}

/// The strategy as Go's internal type writes itself.
fn strategy_json(strategy: &Field<'_>) -> String {
    let part = |field: &Field<'_>, name: &str| match field.child(name).value() {
        Value::Null => "0".to_owned(),
        value => go_json(value),
    };
    let rolling_update = strategy.child("rollingUpdate");
    let parameters = if rolling_update.is_set() {
        let max_unavailable = part(&rolling_update, "maxUnavailable");
        format!("{{\"MaxUnavailable\":{max_unavailable},\"MaxSurge\":{}}}", part(&rolling_update, "maxSurge"))
    } else {
        "null".to_owned()
    };
    let kind = go_json(&Value::from(strategy.child("type").text()));
    format!("{{\"Type\":{kind},\"RollingUpdate\":{parameters}}}")
}

/// Models ValidateDeploymentStatus.
fn validate_status(status: &Field<'_>, errors: &mut Vec<FieldError>) {
    let counts = [
        "observedGeneration",
        "replicas",
        "updatedReplicas",
        "readyReplicas",
        "availableReplicas",
        "unavailableReplicas",
        "terminatingReplicas",
        "collisionCount",
    ];
    for count in counts {
        status.child(count).check_not_negative(errors);
    }
    validate_replica_counts(status, &["updatedReplicas", "readyReplicas", "availableReplicas"], errors);
}

/// No count may exceed all replicas, and what is available is also ready.
pub(super) fn validate_replica_counts(status: &Field<'_>, counts: &[&str], errors: &mut Vec<FieldError>) {
    let replicas = status.child("replicas").int();
    for count in counts {
        let count = status.child(count);
        if count.int() > replicas {
            errors.push(count.invalid(count.int(), "cannot be greater than status.replicas"));
        }
    }
    let available = status.child("availableReplicas");
    if available.int() > status.child("readyReplicas").int() {
        errors.push(available.invalid(available.int(), "cannot be greater than readyReplicas"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_in_every_spelling() {
        for text in ["0", "0%", "00%", "abc", "", "-5%"] {
            assert!(is_none_at_all(&Value::from(text)), "{text}");
        }
        for text in ["1%", "5"] {
            assert!(!is_none_at_all(&Value::from(text)), "{text}");
        }
    }

    #[test]
    fn more_than_all() {
        assert!(is_more_than_all("101%") && is_more_than_all("99999999999%"));
        assert!(!is_more_than_all("0100%") && !is_more_than_all("200"));
    }
}
