//! `metadata`, for every kind.
//!
//! Models staging/src/k8s.io/apimachinery/pkg/api/validation/objectmeta.go and what core validation adds to it.

use serde_json::Value;

use super::equality;
use super::error::FieldError;
use super::field::Field;
use super::labels::{validate_annotations, validate_labels};
use super::names;
use crate::api::go_text::quote;
use crate::sorting;

/// What is wrong with a name.
pub(super) type NameRule = fn(&str) -> Vec<String>;

/// Whether a kind lives in namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// It needs a namespace.
    Namespaced,
    /// It must not have one.
    Cluster,
}

/// The metadata of a new object, its name generated already. Models ValidateObjectMeta.
pub(super) fn validate(meta: &Field<'_>, scope: Scope, name_rule: NameRule, errors: &mut Vec<FieldError>) {
    let generate_name = meta.child("generateName");
    if !generate_name.text().is_empty() {
        let complaints = name_rule(&names::with_masked_trailing_dash(generate_name.text()));
        generate_name.check_text(complaints, errors);
    }
    let name = meta.child("name");
    if name.text().is_empty() {
        errors.push(name.required("name or generateName is required"));
    } else {
        name.check_text(name_rule(name.text()), errors);
    }
    let namespace = meta.child("namespace");
    match (scope, namespace.text()) {
        (Scope::Namespaced, "") => errors.push(namespace.required("")),
        (Scope::Namespaced, text) => namespace.check_text(names::dns1123_label(text), errors),
        (Scope::Cluster, "") => {}
        (Scope::Cluster, _) => errors.push(namespace.forbidden("not allowed on this type")),
    }
    meta.child("generation").check_not_negative(errors);
    validate_labels(&meta.child("labels"), errors);
    validate_annotations(&meta.child("annotations"), errors);
    validate_owner_references(&meta.child("ownerReferences"), errors);
    validate_finalizers(&meta.child("finalizers"), errors);
    validate_kubernetes_finalizers(&meta.child("finalizers"), errors);
}

/// The metadata of a changed object. Models ValidateObjectMetaUpdate.
///
/// That the resource version is given and matches is the store's to check.
pub(super) fn validate_update(meta: &Field<'_>, old: &Field<'_>, errors: &mut Vec<FieldError>) {
    let finalizers = meta.child("finalizers");
    if old.child("deletionTimestamp").is_set() {
        validate_no_new_finalizers(&finalizers, &old.child("finalizers"), errors);
    }
    let generation = meta.child("generation");
    if generation.int() < old.child("generation").int() {
        errors.push(generation.invalid(generation.int(), "must not be decremented"));
    }
    for name in ["name", "namespace", "uid"] {
        let field = meta.child(name);
        if field.text() != old.child(name).text() {
            errors.push(field.invalid_text(FIELD_IMMUTABLE));
        }
    }
    for name in ["creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"] {
        validate_immutable(&meta.child(name), old.child(name).value(), errors);
    }
    validate_labels(&meta.child("labels"), errors);
    validate_annotations(&meta.child("annotations"), errors);
    validate_owner_references(&meta.child("ownerReferences"), errors);
    validate_kubernetes_finalizers(&finalizers, errors);
}

const FIELD_IMMUTABLE: &str = "field is immutable";

/// A field that keeps its first value. Models ValidateImmutableField.
pub(super) fn validate_immutable(field: &Field<'_>, old: &Value, errors: &mut Vec<FieldError>) {
    if !equality::is_equal(field.value(), old) {
        errors.push(field.invalid_value(FIELD_IMMUTABLE));
    }
}

/// A finalizer's name. Models ValidateFinalizerName.
pub(super) fn validate_finalizer_name(name: &str, field: &Field<'_>, errors: &mut Vec<FieldError>) {
    errors.extend(names::qualified_name(name).into_iter().map(|complaint| field.invalid(name, complaint)));
}

/// A finalizer without a domain must be one of Kubernetes' own. Models validateKubeFinalizerName.
pub(super) fn validate_kubernetes_finalizer(name: &str, field: &Field<'_>, errors: &mut Vec<FieldError>) {
    if !name.contains('/') && !["kubernetes", "orphan", "foregroundDeletion"].contains(&name) {
        errors.push(field.invalid(name, "name is neither a standard finalizer name nor is it fully qualified"));
    }
}

fn validate_owner_references(owners: &Field<'_>, errors: &mut Vec<FieldError>) {
    let mut controller: Option<String> = None;
    for owner in owners.items() {
        validate_owner_reference(&owner, owners, errors);
        if owner.child("controller").is_true() {
            let this = format!("{}/{}", owner.child("kind").text(), owner.child("name").text());
            match &controller {
                Some(first) => errors.push(owners.invalid_value(format!(
                    "Only one reference can have Controller set to true. Found \"true\" in references for {first} and {this}"
                ))),
                None => controller = Some(this),
            }
        }
    }
}

/// Complaints name the list and not the item, as Kubernetes' do.
fn validate_owner_reference(owner: &Field<'_>, owners: &Field<'_>, errors: &mut Vec<FieldError>) {
    let api_version = owner.child("apiVersion").text();
    let version = api_version.rsplit('/').next().unwrap_or_default();
    if version.is_empty() {
        errors.push(owners.child("apiVersion").invalid(api_version, "version must not be empty"));
    }
    for name in ["kind", "name", "uid"] {
        if owner.child(name).text().is_empty() {
            errors.push(owners.child(name).invalid("", "must not be empty"));
        }
    }
    if api_version == "v1" && owner.child("kind").text() == "Event" {
        errors.push(owners.invalid(owner.value(), "/v1, Kind=Event is disallowed from being an owner"));
    }
}

fn validate_finalizers(finalizers: &Field<'_>, errors: &mut Vec<FieldError>) {
    let texts = finalizers.texts();
    for name in &texts {
        validate_finalizer_name(name, finalizers, errors);
    }
    if texts.contains(&"orphan") && texts.contains(&"foregroundDeletion") {
        errors.push(finalizers.invalid_value("finalizer orphan and foregroundDeletion cannot be both set"));
    }
}

fn validate_kubernetes_finalizers(finalizers: &Field<'_>, errors: &mut Vec<FieldError>) {
    for finalizer in finalizers.items() {
        validate_kubernetes_finalizer(finalizer.text(), &finalizer, errors);
    }
}

fn validate_no_new_finalizers(finalizers: &Field<'_>, old: &Field<'_>, errors: &mut Vec<FieldError>) {
    let old = old.texts();
    let mut added: Vec<&str> = finalizers.texts().into_iter().filter(|name| !old.contains(name)).collect();
    sorting::sort(&mut added);
    added.dedup();
    if !added.is_empty() {
        let listed: Vec<String> = added.into_iter().map(quote).collect();
        errors.push(finalizers.forbidden(format!(
            "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
            listed.join(", ")
        )));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn texts(errors: &[FieldError]) -> Vec<String> {
        errors.iter().map(FieldError::text).collect()
    }

    #[test]
    fn a_finalizer_is_qualified_or_kubernetes_own() {
        let object = json!({"metadata": {"name": "a", "namespace": "b", "finalizers": ["mine"]}});
        let mut errors = Vec::new();
        validate(&Field::root(&object).child("metadata"), Scope::Namespaced, names::dns1123_subdomain, &mut errors);
        assert_eq!(
            texts(&errors),
            [
                r#"metadata.finalizers[0]: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified"#
            ]
        );
    }

    #[test]
    fn a_terminating_object_gets_no_new_finalizers() {
        let old = json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}});
        let new =
            json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["x.io/b", "x.io/a"]}});
        let mut errors = Vec::new();
        validate_update(&Field::root(&new).child("metadata"), &Field::root(&old).child("metadata"), &mut errors);
        assert_eq!(
            texts(&errors),
            [
                r#"metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"x.io/a", "x.io/b"}"#
            ]
        );
    }
}
