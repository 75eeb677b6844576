//! Topology spread constraints.

use super::error::FieldError;
use super::field::Field;
use super::labels::{validate_label_name, validate_selector};

/// Models validateTopologySpreadConstraints.
pub(super) fn validate(constraints: &Field<'_>, errors: &mut Vec<FieldError>) {
    let all: Vec<Field<'_>> = constraints.items().collect();
    for (index, constraint) in all.iter().enumerate() {
        let pair = |field: &Field<'_>| {
            format!("{{{}, {}}}", field.child("topologyKey").text(), field.child("whenUnsatisfiable").text())
        };
        validate_positive(&constraint.child("maxSkew"), errors);
        let topology_key = constraint.child("topologyKey");
        if topology_key.text().is_empty() {
            errors.push(topology_key.required("can not be empty"));
        }
        let action = constraint.child("whenUnsatisfiable");
        if !["DoNotSchedule", "ScheduleAnyway"].contains(&action.text()) {
            errors.push(action.not_supported(action.text(), &["DoNotSchedule", "ScheduleAnyway"]));
        }
        if all.iter().skip(index + 1).any(|later| pair(later) == pair(constraint)) {
            let place = constraint.child("{topologyKey, whenUnsatisfiable}");
            errors.push(place.duplicate(pair(constraint).as_str()));
        }
        validate_min_domains(&constraint.child("minDomains"), action.text(), errors);
        for name in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
            let policy = constraint.child(name);
            if policy.is_set() && !["Honor", "Ignore"].contains(&policy.text()) {
                errors.push(policy.not_supported(policy.value(), &["Honor", "Ignore"]));
            }
        }
        validate_match_label_keys(constraint, errors);
        validate_selector(&constraint.child("labelSelector"), errors);
    }
}

fn validate_positive(field: &Field<'_>, errors: &mut Vec<FieldError>) {
    if field.int() <= 0 {
        errors.push(field.invalid(field.int(), "must be greater than zero"));
    }
}

fn validate_min_domains(min_domains: &Field<'_>, action: &str, errors: &mut Vec<FieldError>) {
    if !min_domains.is_set() {
        return;
    }
    validate_positive(min_domains, errors);
    if action != "DoNotSchedule" {
        let detail = format!("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}");
        errors.push(min_domains.invalid_value(detail));
    }
}

/// Models ValidateMatchLabelKeysAndMismatchLabelKeys.
pub(super) fn validate_match_label_keys(holder: &Field<'_>, errors: &mut Vec<FieldError>) {
    let selector = holder.child("labelSelector");
    let match_keys = holder.child("matchLabelKeys");
    let mismatch_keys = holder.child("mismatchLabelKeys");
    for keys in [&match_keys, &mismatch_keys] {
        if keys.len() > 0 && !selector.is_set() {
            errors.push(keys.forbidden("must not be specified when labelSelector is not set"));
        } else {
            for key in keys.items() {
                validate_label_name(&key, errors);
            }
        }
    }
    let keys = match_keys.texts();
    let mut selected: Vec<&str> = selector.child("matchLabels").keys().collect();
    for requirement in selector.child("matchExpressions").items() {
        let key = requirement.child("key").text();
        let index = keys.iter().rposition(|other| *other == key);
        if let Some(index) = index.filter(|_| selected.contains(&key)) {
            errors.push(holder.index(index).invalid(key, "exists in both matchLabelKeys and labelSelector"));
        }
        selected.push(key);
    }
    let mismatched = mismatch_keys.texts();
    for key in match_keys.items().filter(|key| mismatched.contains(&key.text())) {
        errors.push(key.invalid_text("exists in both matchLabelKeys and mismatchLabelKeys"));
    }
}
