//! Namespaces.

use super::error::FieldError;
use super::field::Field;
use super::names;
use super::object_meta::{self, Scope, validate_finalizer_name, validate_kubernetes_finalizer};

/// Models ValidateNamespace.
pub(super) fn validate(namespace: &Field<'_>, errors: &mut Vec<FieldError>) {
    object_meta::validate(&namespace.child("metadata"), Scope::Cluster, names::dns1123_label, errors);
    let finalizers = namespace.child("spec").child("finalizers");
    for name in finalizers.texts() {
        validate_finalizer_name(name, &finalizers, errors);
        validate_kubernetes_finalizer(name, &finalizers, errors);
    }
}

/// Models namespaceStrategy.ValidateUpdate.
pub(super) fn validate_update(namespace: &Field<'_>, old: &Field<'_>, errors: &mut Vec<FieldError>) {
    validate(namespace, errors);
    object_meta::validate_update(&namespace.child("metadata"), &old.child("metadata"), errors);
}
