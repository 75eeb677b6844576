//! Containers, init containers and ephemeral containers.
//!
//! Models pkg/apis/core/validation/validation.go validateContainers, validateInitContainers,
//! validateEphemeralContainers and validateContainerCommon.

use serde_json::Value;

use super::error::FieldError;
use super::field::Field;
use super::pod_spec::PodContext;
use super::probe::{self, ProbeKind};
use super::{env, names, ports, resources, security_context, volume_mount};

const NEEDS_SIDECAR: &str = "may not be set for init containers without restartPolicy=Always";
const NOT_IN_EPHEMERAL: &str = "cannot be set for an Ephemeral Container";

/// What an ephemeral container cannot have, in the order of Go's struct.
const NOT_FOR_EPHEMERAL: [&str; 9] = [
    "ports",
    "resources",
    "resizePolicy",
    "restartPolicy",
    "restartPolicyRules",
    "livenessProbe",
    "readinessProbe",
    "startupProbe",
    "lifecycle",
];

/// Every container of a pod spec.
pub(super) fn validate_all(spec: &Field<'_>, context: &PodContext<'_>, errors: &mut Vec<FieldError>) {
    validate_containers(&spec.child("containers"), context, errors);
    validate_init_containers(&spec.child("initContainers"), &spec.child("containers"), context, errors);
    validate_ephemeral_containers(spec, context, errors);
}

fn validate_containers(containers: &Field<'_>, context: &PodContext<'_>, errors: &mut Vec<FieldError>) {
    if containers.len() == 0 {
        errors.push(containers.required(""));
        return;
    }
    let mut seen = Vec::new();
    for container in containers.items() {
        validate_common(&container, context, errors);
        let name = container.child("name");
        if seen.contains(&name.text()) {
            errors.push(name.duplicate(name.text()));
        } else {
            seen.push(name.text());
        }
        validate_lifecycle_and_probes(&container, context, errors);
        validate_restart_policy(&container, errors);
    }
    let all: Vec<Field<'_>> = containers.items().collect();
    ports::validate_unique_host_ports(&all, errors);
}

fn validate_init_containers(
    containers: &Field<'_>,
    regular: &Field<'_>,
    context: &PodContext<'_>,
    errors: &mut Vec<FieldError>,
) {
    let mut seen: Vec<&str> = regular.items().map(|container| container.child("name").text()).collect();
    for container in containers.items() {
        validate_common(&container, context, errors);
        validate_restart_policy(&container, errors);
        let name = container.child("name");
        if seen.contains(&name.text()) {
            errors.push(name.duplicate(name.text()));
        } else if !name.text().is_empty() {
            seen.push(name.text());
        }
        // Init containers run one after another: their ports clash with no other's. The path is that of the
        // first one, as in Kubernetes.
        ports::validate_unique_host_ports(&[container.reported_as(containers.index(0).path().to_owned())], errors);
        let is_sidecar = container.child("restartPolicy").text() == "Always";
        if is_sidecar {
            validate_lifecycle_and_probes(&container, context, errors);
        } else {
            let forbidden = ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"];
            let given = forbidden.iter().map(|name| container.child(name)).filter(Field::is_set);
            errors.extend(given.map(|field| field.forbidden(NEEDS_SIDECAR)));
        }
        for policy in container.child("resizePolicy").items().map(|policy| policy.child("restartPolicy")) {
            if !is_sidecar && policy.text() == "RestartContainer" {
                errors
                    .push(policy.invalid_value("must not be set to 'RestartContainer' for non-sidecar initContainers"));
            }
        }
    }
}

fn validate_ephemeral_containers(spec: &Field<'_>, context: &PodContext<'_>, errors: &mut Vec<FieldError>) {
    let others: Vec<&str> = ["containers", "initContainers"]
        .iter()
        .flat_map(|list| spec.child(list).items())
        .map(|container| container.child("name").text())
        .collect();
    let mut seen = others.clone();
    for container in spec.child("ephemeralContainers").items() {
        validate_common(&container, context, errors);
        validate_image_of_pod(&container, errors);
        let name = container.child("name");
        if seen.contains(&name.text()) {
            errors.push(name.duplicate(name.text()));
        } else {
            seen.push(name.text());
        }
        let target = container.child("targetContainerName");
        if !target.text().is_empty() && !others.contains(&target.text()) {
            errors.push(target.not_found(target.text()));
        }
        let given = NOT_FOR_EPHEMERAL.iter().map(|name| container.child(name)).filter(is_given);
        errors.extend(given.map(|field| field.forbidden(NOT_IN_EPHEMERAL)));
        for mount in container.child("volumeMounts").items() {
            let paths = ["subPath", "subPathExpr"].map(|name| mount.child(name));
            errors.extend(
                paths.iter().filter(|path| !path.text().is_empty()).map(|path| path.forbidden(NOT_IN_EPHEMERAL)),
            );
        }
    }
}

/// Whether a field holds more than Go's zero value: resources are no pointer, so empty lists in them count for nothing.
fn is_given(field: &Field<'_>) -> bool {
    match field.value() {
        Value::Object(fields) if field.path().ends_with(".resources") => {
            fields.keys().any(|name| field.child(name).len() > 0)
        }
        Value::Array(items) => !items.is_empty(),
        value => !value.is_null(),
    }
}

/// A pod's image must be written tightly; a template's need not. Models validateContainerOnlyForPod.
pub(super) fn validate_image_of_pod(container: &Field<'_>, errors: &mut Vec<FieldError>) {
    let image = container.child("image");
    if image.text().trim() != image.text() {
        errors.push(image.invalid_text("must not have leading or trailing whitespace"));
    }
}

/// Models validateContainerCommon.
fn validate_common(container: &Field<'_>, context: &PodContext<'_>, errors: &mut Vec<FieldError>) {
    let name = container.child("name");
    if name.text().is_empty() {
        errors.push(name.required(""));
    } else {
        name.check_text(names::dns1123_label(name.text()), errors);
    }
    if container.child("image").text().is_empty() {
        errors.push(container.child("image").required(""));
    }
    container.child("terminationMessagePolicy").check_enum(&["File", "FallbackToLogsOnError"], errors);
    ports::validate_all(&container.child("ports"), errors);
    env::validate_all(&container.child("env"), errors);
    env::validate_sources(&container.child("envFrom"), errors);
    volume_mount::validate_all(container, &context.volumes, errors);
    volume_mount::validate_devices(container, &context.volumes, errors);
    container.child("imagePullPolicy").check_enum(&["Always", "IfNotPresent", "Never"], errors);
    resources::validate(&container.child("resources"), context, errors);
    validate_resize_policy(&container.child("resizePolicy"), context.restart_policy, errors);
    security_context::validate(&container.child("securityContext"), context, errors);
}

fn validate_lifecycle_and_probes(container: &Field<'_>, context: &PodContext<'_>, errors: &mut Vec<FieldError>) {
    probe::validate_lifecycle(&container.child("lifecycle"), context, errors);
    for (name, kind) in [
        ("livenessProbe", ProbeKind::Liveness),
        ("readinessProbe", ProbeKind::Readiness),
        ("startupProbe", ProbeKind::Startup),
    ] {
        probe::validate(&container.child(name), kind, errors);
    }
}

/// Models validateContainerRestartPolicy.
fn validate_restart_policy(container: &Field<'_>, errors: &mut Vec<FieldError>) {
    let policy = container.child("restartPolicy");
    let rules = container.child("restartPolicyRules");
    if !policy.is_set() {
        if rules.len() > 0 {
            errors.push(policy.required("must specify restartPolicy when restart rules are used"));
        }
    } else if !["Always", "Never", "OnFailure"].contains(&policy.text()) {
        errors.push(policy.not_supported(policy.value(), &["Always", "Never", "OnFailure"]));
    }
    if rules.len() > 20 {
        errors.push(rules.too_many(20));
    }
    for rule in rules.items() {
        let action = rule.child("action");
        if !["Restart", "RestartAllContainers"].contains(&action.text()) {
            errors.push(action.not_supported(action.text(), &["Restart", "RestartAllContainers"]));
        }
        let exit_codes = rule.child("exitCodes");
        if !exit_codes.is_set() {
            errors.push(exit_codes.required("must be specified"));
            continue;
        }
        let operator = exit_codes.child("operator");
        if !["In", "NotIn"].contains(&operator.text()) {
            errors.push(operator.not_supported(operator.text(), &["In", "NotIn"]));
        }
        if exit_codes.child("values").len() > 255 {
            errors.push(exit_codes.child("values").too_many(255));
        }
    }
}

/// Models validateResizePolicy; most complaints name the list and not the item.
fn validate_resize_policy(policies: &Field<'_>, restart_policy: &str, errors: &mut Vec<FieldError>) {
    let mut seen = Vec::new();
    for policy in policies.items() {
        let resource = policy.child("resourceName").text();
        if seen.contains(&resource) {
            errors.push(policy.duplicate(resource));
        }
        seen.push(resource);
        let path = policies.path().to_owned();
        policy.child("resourceName").reported_as(path.clone()).check_enum(&["cpu", "memory"], errors);
        let restart = policy.child("restartPolicy").reported_as(path);
        restart.check_enum(&["NotRequired", "RestartContainer"], errors);
        if restart_policy == "Never" && restart.text() != "NotRequired" {
            errors.push(restart.invalid_value("must be 'NotRequired' when pod `restartPolicy` is 'Never'"));
        }
    }
}
