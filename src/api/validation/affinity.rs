//! Affinity to nodes and to other pods.

use super::error::FieldError;
use super::field::Field;
use super::labels::{self, validate_label_name, validate_selector};
use super::names;
use super::topology_spread::validate_match_label_keys;

/// Models validateAffinity.
pub(super) fn validate(affinity: &Field<'_>, errors: &mut Vec<FieldError>) {
    let node_affinity = affinity.child("nodeAffinity");
    let required = node_affinity.child("requiredDuringSchedulingIgnoredDuringExecution");
    if required.is_set() {
        let terms = required.child("nodeSelectorTerms");
        if terms.len() == 0 {
            errors.push(terms.required("must have at least one node selector term"));
        }
        for term in terms.items() {
            validate_node_term(&term, true, errors);
        }
    }
    for preferred in node_affinity.child("preferredDuringSchedulingIgnoredDuringExecution").items() {
        validate_weight(&preferred, errors);
        validate_node_term(&preferred.child("preference"), false, errors);
    }
    for name in ["podAffinity", "podAntiAffinity"] {
        let pod_affinity = affinity.child(name);
        for term in pod_affinity.child("requiredDuringSchedulingIgnoredDuringExecution").items() {
            validate_pod_term(&term, errors);
        }
        for preferred in pod_affinity.child("preferredDuringSchedulingIgnoredDuringExecution").items() {
            validate_weight(&preferred, errors);
            validate_pod_term(&preferred.child("podAffinityTerm"), errors);
        }
    }
}

fn validate_weight(preferred: &Field<'_>, errors: &mut Vec<FieldError>) {
    let weight = preferred.child("weight");
    if !(1..=100).contains(&weight.int()) {
        errors.push(weight.invalid(weight.int(), "must be in the range 1-100"));
    }
}

/// Models ValidateNodeSelectorTerm. A preference may name impossible values: it is only a preference.
fn validate_node_term(term: &Field<'_>, is_required: bool, errors: &mut Vec<FieldError>) {
    for requirement in term.child("matchExpressions").items() {
        validate_node_requirement(&requirement, is_required, errors);
    }
    for requirement in term.child("matchFields").items() {
        validate_field_requirement(&requirement, errors);
    }
}

/// Models ValidateNodeSelectorRequirement.
fn validate_node_requirement(requirement: &Field<'_>, is_required: bool, errors: &mut Vec<FieldError>) {
    let operator = requirement.child("operator");
    let values = requirement.child("values");
    match operator.text() {
        text if labels::is_set_operator(text) => labels::validate_values(text, &values, errors),
        "Gt" | "Lt" => {
            if values.len() != 1 {
                errors.push(values.required("must be specified single value when `operator` is 'Lt' or 'Gt'"));
            }
        }
        _ => errors.push(operator.invalid_text("not a valid selector operator")),
    }
    validate_label_name(&requirement.child("key"), errors);
    if is_required {
        for value in values.items() {
            value.check_text(names::label_value(value.text()), errors);
        }
    }
}

/// Models ValidateNodeFieldSelectorRequirement.
fn validate_field_requirement(requirement: &Field<'_>, errors: &mut Vec<FieldError>) {
    let operator = requirement.child("operator");
    let values = requirement.child("values");
    if !["In", "NotIn"].contains(&operator.text()) {
        errors.push(operator.invalid_text("not a valid selector operator"));
    } else if values.len() != 1 {
        errors
            .push(values.required("must be only one value when `operator` is 'In' or 'NotIn' for node field selector"));
    }
    let key = requirement.child("key");
    if key.text() == "metadata.name" {
        for value in values.items() {
            value.check_text(names::dns1123_subdomain(value.text()), errors);
        }
    } else {
        errors.push(key.invalid_text("not a valid field selector key"));
    }
}

/// Models validatePodAffinityTerm.
fn validate_pod_term(term: &Field<'_>, errors: &mut Vec<FieldError>) {
    validate_selector(&term.child("labelSelector"), errors);
    validate_selector(&term.child("namespaceSelector"), errors);
    let namespace = term.child("namespace");
    for name in term.child("namespaces").texts() {
        errors.extend(names::dns1123_label(name).into_iter().map(|complaint| namespace.invalid(name, complaint)));
    }
    validate_match_label_keys(term, errors);
    let topology_key = term.child("topologyKey");
    if topology_key.text().is_empty() {
        errors.push(topology_key.required("can not be empty"));
    }
    validate_label_name(&topology_key, errors);
}
