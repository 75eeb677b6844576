//! Pods. Models pkg/apis/core/validation/validation.go ValidatePodCreate and ValidatePodUpdate.

use serde_json::Value;

use super::Policy;
use super::container::validate_image_of_pod;
use super::equality;
use super::error::FieldError;
use super::field::Field;
use super::line_diff::line_diff;
use super::object_meta::{self, Scope};
use super::pod_annotations::{self, APP_ARMOR_PREFIX, MIRROR_POD};
use super::pod_spec::{self, PodSource};
use super::{names, toleration};

const CHANGEABLE: &str = "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

/// A new one. Models ValidatePodCreate.
pub(super) fn validate(pod: &Field<'_>, policy: Policy, errors: &mut Vec<FieldError>) {
    validate_metadata_and_spec(pod, policy, errors);
    let spec = pod.child("spec");
    let ephemeral_containers = spec.child("ephemeralContainers");
    if ephemeral_containers.len() > 0 {
        errors.push(ephemeral_containers.forbidden("cannot be set on create"));
    }
    let node_name = spec.child("nodeName");
    if !node_name.text().is_empty() && spec.child("schedulingGates").len() > 0 {
        errors.push(node_name.forbidden("cannot be set until all schedulingGates have been cleared"));
    }
    pod_annotations::validate_against_fields(&pod.child("metadata").child("annotations"), &spec, errors);
}

/// A changed one: almost nothing may change. Models ValidatePodUpdate.
pub(super) fn validate_update(pod: &Field<'_>, old: &Field<'_>, policy: Policy, errors: &mut Vec<FieldError>) {
    let metadata = pod.child("metadata");
    object_meta::validate_update(&metadata, &old.child("metadata"), errors);
    validate_metadata_and_spec(pod, policy, errors);
    validate_annotation_update(
        &metadata.child("annotations"),
        &old.child("metadata").child("annotations"),
        &pod.child("spec"),
        errors,
    );
    let (spec, old_spec) = (pod.child("spec"), old.child("spec"));
    for list in ["containers", "initContainers"] {
        let containers = spec.child(list);
        if containers.len() != old_spec.child(list).len() {
            errors.push(containers.forbidden("pod updates may not add or remove containers"));
            return;
        }
        for container in containers.items() {
            if container.child("image").text().is_empty() {
                errors.push(container.child("image").required(""));
            }
            validate_image_of_pod(&container, errors);
        }
    }
    if !validate_deadline_update(&spec, &old_spec, errors) {
        return;
    }
    validate_tolerations_update(&spec.child("tolerations"), &old_spec.child("tolerations"), errors);
    let gates = spec.child("schedulingGates");
    let old_gates: Vec<&str> =
        old_spec.child("schedulingGates").items().map(|gate| gate.child("name").text()).collect();
    for name in gates.items().map(|gate| gate.child("name")).filter(|name| !old_gates.contains(&name.text())) {
        errors
            .push(name.forbidden(format!("only deletion is allowed, but found new scheduling gate '{}'", name.text())));
    }
    let masked = with_changeable_fields_of(spec.value(), old_spec.value());
    if !equality::is_equal(&masked, old_spec.value()) {
        let difference = line_diff(old_spec.value(), &masked);
        errors.push(spec.forbidden(format!("pod updates may not change fields other than {CHANGEABLE}\n{difference}")));
    }
}

/// Ephemeral containers come, and never change or go. Models ValidatePodEphemeralContainersUpdate.
pub(super) fn validate_ephemeral_update(
    pod: &Field<'_>,
    old: &Field<'_>,
    policy: Policy,
    errors: &mut Vec<FieldError>,
) {
    validate_metadata_and_spec(pod, policy, errors);
    let containers = pod.child("spec").child("ephemeralContainers");
    for before in old.child("spec").child("ephemeralContainers").items() {
        let name = before.child("name").text();
        let now = containers.items().find(|container| container.child("name").text() == name);
        match now {
            None => errors
                .push(containers.forbidden(format!("existing ephemeral containers {name:?} may not be removed\n"))),
            Some(now) if !equality::is_equal(now.value(), before.value()) => {
                let difference = line_diff(before.value(), now.value());
                let why = format!("existing ephemeral containers {name:?} may not be changed\n{difference}");
                errors.push(containers.forbidden(why));
            }
            Some(_) => {}
        }
    }
}

/// Models validatePodMetadataAndSpec.
fn validate_metadata_and_spec(pod: &Field<'_>, policy: Policy, errors: &mut Vec<FieldError>) {
    let metadata = pod.child("metadata");
    let spec = pod.child("spec");
    object_meta::validate(&metadata, Scope::Namespaced, names::dns1123_subdomain, errors);
    pod_annotations::validate(&metadata.child("annotations"), &spec, errors);
    pod_spec::validate(&spec, &PodSource::Pod, policy, errors);
    if spec.child("serviceAccountName").text().is_empty() {
        let sources =
            spec.child("volumes").items().flat_map(|volume| volume.child("projected").child("sources").items());
        let tokens = sources.map(|source| source.child("serviceAccountToken")).filter(Field::is_set);
        errors.extend(tokens.map(|token| token.forbidden("must not be specified when serviceAccountName is not set")));
    }
    for list in ["containers", "initContainers"] {
        for container in spec.child(list).items() {
            validate_image_of_pod(&container, errors);
        }
    }
}

/// Models ValidatePodSpecificAnnotationUpdates.
fn validate_annotation_update(new: &Field<'_>, old: &Field<'_>, spec: &Field<'_>, errors: &mut Vec<FieldError>) {
    let kind = |key: &str| {
        if key.starts_with(APP_ARMOR_PREFIX) {
            Some("AppArmor annotations")
        } else if key == MIRROR_POD {
            Some("mirror pod annotation")
        } else {
            None
        }
    };
    for key in old.keys().filter(|key| new.key(key).value() != old.key(key).value()) {
        errors.extend(kind(key).map(|kind| new.key(key).forbidden(format!("may not remove or update {kind}"))));
    }
    for key in new.keys().filter(|key| !old.key(key).is_set()) {
        errors.extend(kind(key).map(|kind| new.key(key).forbidden(format!("may not add {kind}"))));
    }
    pod_annotations::validate(new, spec, errors);
}

/// A deadline may come, and may come nearer. Answers whether it is worth looking further.
fn validate_deadline_update(spec: &Field<'_>, old: &Field<'_>, errors: &mut Vec<FieldError>) -> bool {
    let deadline = spec.child("activeDeadlineSeconds");
    let old_seconds = old.child("activeDeadlineSeconds").number();
    let Some(seconds) = deadline.number() else {
        if old_seconds.is_some() {
            errors.push(deadline.invalid_value("must not update from a positive integer to nil value"));
        }
        return true;
    };
    let complaints = names::in_range(seconds, 0, i64::from(i32::MAX));
    if let Some(complaint) = complaints.into_iter().next() {
        errors.push(deadline.invalid(seconds, complaint));
        return false;
    }
    if old_seconds.is_some_and(|old| old < seconds) {
        errors.push(deadline.invalid(seconds, "must be less than or equal to previous value"));
        return false;
    }
    true
}

/// Models validateOnlyAddedTolerations: what was tolerated stays so, for however long.
fn validate_tolerations_update(tolerations: &Field<'_>, old: &Field<'_>, errors: &mut Vec<FieldError>) {
    let timeless = |field: Field<'_>| {
        let mut value = field.value().clone();
        if let Some(fields) = value.as_object_mut() {
            fields.remove("tolerationSeconds");
        }
        value
    };
    let new: Vec<Value> = tolerations.items().map(timeless).collect();
    if old.items().map(timeless).any(|old| !new.iter().any(|new| equality::is_equal(new, &old))) {
        errors.push(tolerations.forbidden("existing toleration can not be modified except its tolerationSeconds"));
        return;
    }
    toleration::validate_all(tolerations, errors);
}

/// The new spec with the old one's values where change is allowed.
fn with_changeable_fields_of(spec: &Value, old: &Value) -> Value {
    let mut masked = spec.clone();
    for list in ["containers", "initContainers"] {
        let old_containers = old.get(list).and_then(Value::as_array).into_iter().flatten();
        let containers = masked.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten();
        for (container, old) in containers.zip(old_containers) {
            copy(container, old, "image");
        }
    }
    for name in ["activeDeadlineSeconds", "schedulingGates", "tolerations"] {
        copy(&mut masked, old, name);
    }
    let grace_period = "terminationGracePeriodSeconds";
    let seconds = |value: &Value| value.get(grace_period).and_then(Value::as_i64);
    if seconds(old).is_some_and(|old| old < 0) && seconds(&masked) == Some(1) {
        copy(&mut masked, old, grace_period);
    }
    masked
}

fn copy(to: &mut Value, from: &Value, name: &str) {
    let Some(fields) = to.as_object_mut() else { return };
    match from.get(name) {
        Some(value) => fields.insert(name.to_owned(), value.clone()),
        None => fields.remove(name),
    };
}
