//! ReplicaSets. Models pkg/apis/apps/validation/validation.go ValidateReplicaSet….

use super::Policy;
use super::deployment::{validate_replica_counts, validate_selector_and_template, validate_selector_unchanged};
use super::error::FieldError;
use super::field::Field;
use super::names;
use super::object_meta::{self, Scope};

/// A new one. Models ValidateReplicaSet.
pub(super) fn validate(replica_set: &Field<'_>, policy: Policy, errors: &mut Vec<FieldError>) {
    object_meta::validate(&replica_set.child("metadata"), Scope::Namespaced, names::dns1123_subdomain, errors);
    validate_spec(&replica_set.child("spec"), policy, errors);
}

/// A changed one. Models ValidateReplicaSetUpdate.
pub(super) fn validate_update(replica_set: &Field<'_>, old: &Field<'_>, policy: Policy, errors: &mut Vec<FieldError>) {
    object_meta::validate_update(&replica_set.child("metadata"), &old.child("metadata"), errors);
    let spec = replica_set.child("spec");
    validate_spec(&spec, policy, errors);
    validate_selector_unchanged(&spec.child("selector"), &old.child("spec").child("selector"), errors);
}

/// A changed status. Models ValidateReplicaSetStatusUpdate.
pub(super) fn validate_status_update(replica_set: &Field<'_>, old: &Field<'_>, errors: &mut Vec<FieldError>) {
    object_meta::validate_update(&replica_set.child("metadata"), &old.child("metadata"), errors);
    let status = replica_set.child("status");
    let counts = [
        "replicas",
        "fullyLabeledReplicas",
        "readyReplicas",
        "availableReplicas",
        "observedGeneration",
        "terminatingReplicas",
    ];
    for count in counts {
        status.child(count).check_not_negative(errors);
    }
    validate_replica_counts(&status, &["fullyLabeledReplicas", "readyReplicas", "availableReplicas"], errors);
}

fn validate_spec(spec: &Field<'_>, policy: Policy, errors: &mut Vec<FieldError>) {
    spec.child("replicas").check_not_negative(errors);
    spec.child("minReadySeconds").check_not_negative(errors);
    validate_selector_and_template(spec, policy, errors);
}
