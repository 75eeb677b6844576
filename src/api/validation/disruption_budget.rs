//! PodDisruptionBudgets. Models pkg/apis/policy/validation/validation.go.

use super::deployment::{is_more_than_all, validate_int_or_percent};
use super::error::{BadValue, FieldError, go_json};
use super::field::Field;
use super::labels;
use super::names;
use super::object_meta::{self, Scope};

/// A new one. Models ValidatePodDisruptionBudget.
pub(super) fn validate(budget: &Field<'_>, errors: &mut Vec<FieldError>) {
    object_meta::validate(&budget.child("metadata"), Scope::Namespaced, names::dns1123_subdomain, errors);
    validate_spec(&budget.child("spec"), errors);
}

/// A changed one. Models podDisruptionBudgetStrategy.ValidateUpdate.
pub(super) fn validate_update(budget: &Field<'_>, old: &Field<'_>, errors: &mut Vec<FieldError>) {
    object_meta::validate_update(&budget.child("metadata"), &old.child("metadata"), errors);
    validate_spec(&budget.child("spec"), errors);
}

/// Models ValidatePodDisruptionBudgetSpec.
fn validate_spec(spec: &Field<'_>, errors: &mut Vec<FieldError>) {
    let bounds = [spec.child("minAvailable"), spec.child("maxUnavailable")];
    if bounds.iter().all(Field::is_set) {
        errors
            .push(spec.invalid(BadValue::Json(spec_json(spec)), "minAvailable and maxUnavailable cannot be both set"));
    }
    for bound in bounds.iter().filter(|bound| bound.is_set()) {
        validate_int_or_percent(bound, errors);
        if is_more_than_all(bound.text()) {
            errors.push(bound.invalid_value("must not be greater than 100%"));
        }
    }
    labels::validate_selector(&spec.child("selector"), errors);
    let policy = spec.child("unhealthyPodEvictionPolicy");
    let supported = ["AlwaysAllow", "IfHealthyBudget"];
    if policy.is_set() && !supported.contains(&policy.text()) {
        errors.push(policy.not_supported(policy.value(), &supported));
    }
}

/// The spec as Go's internal type writes itself.
fn spec_json(spec: &Field<'_>) -> String {
    let part = |name: &str| go_json(spec.child(name).value());
    format!(
        "{{\"MinAvailable\":{},\"Selector\":{},\"MaxUnavailable\":{},\"UnhealthyPodEvictionPolicy\":{}}}",
        part("minAvailable"),
        labels::selector_json(&spec.child("selector")),
        part("maxUnavailable"),
        part("unhealthyPodEvictionPolicy")
    )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn texts(spec: &Value) -> Vec<String> {
        let budget = json!({"metadata": {"name": "b", "namespace": "default"}, "spec": spec});
        let mut errors = Vec::new();
        validate(&Field::root(&budget), &mut errors);
        errors.iter().map(FieldError::text).collect()
    }

    #[test]
    fn both_bounds_are_refused_as_recorded() {
        let selector = json!({"matchLabels": {"app": "hellok8s"}});
        let both = json!({"minAvailable": 1, "maxUnavailable": 1, "selector": selector});
        assert_eq!(
            texts(&both),
            [
                r#"spec: Invalid value: {"MinAvailable":1,"Selector":{"matchLabels":{"app":"hellok8s"}},"MaxUnavailable":1,"UnhealthyPodEvictionPolicy":null}: minAvailable and maxUnavailable cannot be both set"#
            ]
        );
    }

    #[test]
    fn a_bound_lies_between_none_and_all() {
        let of = |spec: Value| texts(&spec);
        let negative = "spec.minAvailable: Invalid value: -1: must be greater than or equal to 0";
        assert_eq!(of(json!({"minAvailable": -1})), [negative]);
        let more = "spec.maxUnavailable: Invalid value: \"150%\": must not be greater than 100%";
        assert_eq!(of(json!({"maxUnavailable": "150%"})), [more]);
        assert!(of(json!({"maxUnavailable": "100%"})).is_empty() && of(json!({})).is_empty());
        assert_eq!(of(json!({"minAvailable": "x"})).len(), 1);
        assert_eq!(
            of(json!({"unhealthyPodEvictionPolicy": "Never"})),
            [
                "spec.unhealthyPodEvictionPolicy: Unsupported value: \"Never\": supported values: \"AlwaysAllow\", \"IfHealthyBudget\""
            ]
        );
    }
}
