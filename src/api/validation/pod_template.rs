//! The pod template of a workload.

use super::Policy;
use super::error::FieldError;
use super::field::Field;
use super::labels::{validate_annotations, validate_labels};
use super::pod_annotations;
use super::pod_spec::{self, PodSource};

/// Models ValidatePodTemplateSpecForReplicaSet, which deployments use too.
pub(super) fn validate_for_replica_set(template: &Field<'_>, policy: Policy, errors: &mut Vec<FieldError>) {
    validate(template, policy, errors);
    let spec = template.child("spec");
    let restart_policy = spec.child("restartPolicy");
    if restart_policy.text() != "Always" {
        errors.push(restart_policy.not_supported(restart_policy.value(), &["Always"]));
    }
    let deadline = spec.child("activeDeadlineSeconds");
    if deadline.is_set() {
        errors.push(deadline.forbidden("activeDeadlineSeconds in ReplicaSet is not Supported"));
    }
}

/// Models ValidatePodTemplateSpec. Labels and annotations are reported without `metadata`, as Kubernetes does.
fn validate(template: &Field<'_>, policy: Policy, errors: &mut Vec<FieldError>) {
    let metadata = template.child("metadata");
    let annotations = metadata.child("annotations").reported_as(format!("{}.annotations", template.path()));
    let spec = template.child("spec");
    validate_labels(&metadata.child("labels").reported_as(format!("{}.labels", template.path())), errors);
    validate_annotations(&annotations, errors);
    pod_annotations::validate(&annotations, &spec, errors);
    pod_spec::validate(&spec, &PodSource::Template, policy, errors);
    pod_annotations::validate_against_fields(&metadata.child("annotations"), &spec, errors);
    let ephemeral_containers = spec.child("ephemeralContainers");
    if ephemeral_containers.len() > 0 {
        errors.push(ephemeral_containers.forbidden("ephemeral containers not allowed in pod template"));
    }
}
