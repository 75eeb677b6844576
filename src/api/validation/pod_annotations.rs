//! The annotations of a pod that Kubernetes reads.

use super::error::FieldError;
use super::field::Field;
use super::pod_spec::every_container;
use super::security_context::validate_local_path;
use crate::api::go_text::quote;
use crate::api::well_known::POD_DELETION_COST;

pub(super) const MIRROR_POD: &str = "kubernetes.io/config.mirror";
pub(super) const APP_ARMOR_PREFIX: &str = "container.apparmor.security.beta.kubernetes.io/";
pub(super) const SECCOMP_POD: &str = "seccomp.security.alpha.kubernetes.io/pod";
pub(super) const SECCOMP_CONTAINER_PREFIX: &str = "container.seccomp.security.alpha.kubernetes.io/";

/// Models ValidatePodSpecificAnnotations.
pub(super) fn validate(annotations: &Field<'_>, spec: &Field<'_>, errors: &mut Vec<FieldError>) {
    let mirror = annotations.key(MIRROR_POD);
    if mirror.is_set() && spec.child("nodeName").text().is_empty() {
        errors.push(mirror.invalid_text("must set spec.nodeName if mirror pod annotation is set"));
    }
    let cost = annotations.key(POD_DELETION_COST);
    if cost.is_set() && !is_deletion_cost(cost.text()) {
        errors.push(cost.invalid_text("must be a 32bit integer"));
    }
    for (key, profile) in annotations.entries() {
        if key == SECCOMP_POD || key.starts_with(SECCOMP_CONTAINER_PREFIX) {
            validate_seccomp_profile(&annotations.child(key), profile, errors);
        }
    }
    for (key, profile) in annotations.entries() {
        if let Some(container) = key.strip_prefix(APP_ARMOR_PREFIX) {
            validate_app_armor_profile(&annotations.key(key), container, profile, spec, errors);
        }
    }
}

/// An annotation and a field about the same thing must say the same.
///
/// Models validateSeccompAnnotationsAndFields and validateAppArmorAnnotationsAndFieldsMatchOnCreate.
pub(super) fn validate_against_fields(annotations: &Field<'_>, spec: &Field<'_>, errors: &mut Vec<FieldError>) {
    let pod_context = spec.child("securityContext");
    let seccomp = pod_context.child("seccompProfile");
    validate_match(&annotations.key(SECCOMP_POD), &seccomp, &seccomp, &SECCOMP, errors);
    let containers = every_container(spec);
    for container in &containers {
        let annotation = annotations.key(&format!("{SECCOMP_CONTAINER_PREFIX}{}", container.child("name").text()));
        let profile = container.child("securityContext").child("seccompProfile");
        validate_match(&annotation, &profile, &profile, &SECCOMP, errors);
    }
    if spec.child("os").child("name").text() == "windows" {
        return;
    }
    for container in &containers {
        let annotation = annotations.key(&format!("{APP_ARMOR_PREFIX}{}", container.child("name").text()));
        let own = container.child("securityContext").child("appArmorProfile");
        let profile = if own.is_set() { own.clone() } else { pod_context.child("appArmorProfile") };
        validate_match(&annotation, &profile, &own, &APP_ARMOR, errors);
    }
}

/// The words of a kind of profile.
struct ProfileWords {
    name: &'static str,
    runtime_default: [&'static str; 2],
    localhost_prefix: &'static str,
}

const SECCOMP: ProfileWords = ProfileWords {
    name: "seccomp",
    runtime_default: ["runtime/default", "docker/default"],
    localhost_prefix: "localhost/",
};

const APP_ARMOR: ProfileWords = ProfileWords {
    name: "apparmor",
    runtime_default: ["runtime/default", "runtime/default"],
    localhost_prefix: "localhost/",
};

fn validate_match(
    annotation: &Field<'_>,
    profile: &Field<'_>,
    reported: &Field<'_>,
    words: &ProfileWords,
    errors: &mut Vec<FieldError>,
) {
    if !annotation.is_set() || !profile.is_set() {
        return;
    }
    let value = annotation.text();
    let type_matches = match profile.child("type").text() {
        "Unconfined" => value == "unconfined",
        "RuntimeDefault" => words.runtime_default.contains(&value),
        "Localhost" => value.starts_with(words.localhost_prefix),
        _ => return,
    };
    if !type_matches {
        let detail = format!("{} type in annotation and field must match", words.name);
        errors.push(reported.child("type").forbidden(detail));
    } else if profile.child("type").text() == "Localhost"
        && value.strip_prefix(words.localhost_prefix) != profile.child("localhostProfile").value().as_str()
    {
        let detail = format!("{} profile in annotation and field must match", words.name);
        errors.push(reported.child("localhostProfile").forbidden(detail));
    }
}

/// Models helper.GetDeletionCostFromPodAnnotations: no plus sign and no leading zeros.
fn is_deletion_cost(text: &str) -> bool {
    let starts_well = text == "0" || text.starts_with(['-', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    starts_well && text.parse::<i32>().is_ok()
}

fn validate_seccomp_profile(annotation: &Field<'_>, profile: &str, errors: &mut Vec<FieldError>) {
    if ["runtime/default", "docker/default", "unconfined"].contains(&profile) {
        return;
    }
    match profile.strip_prefix("localhost/") {
        Some(path) => validate_local_path(annotation, path, errors),
        None => errors.push(annotation.invalid(profile, "must be a valid seccomp profile")),
    }
}

fn validate_app_armor_profile(
    annotation: &Field<'_>,
    container: &str,
    profile: &str,
    spec: &Field<'_>,
    errors: &mut Vec<FieldError>,
) {
    if !every_container(spec).iter().any(|field| field.child("name").text() == container) {
        errors.push(annotation.invalid(container, "container not found"));
    }
    let is_known = ["", "runtime/default", "unconfined"].contains(&profile) || profile.starts_with("localhost/");
    if !is_known {
        errors.push(annotation.invalid(profile, format!("invalid AppArmor profile name: {}", quote(profile))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deletion_costs() {
        assert!(is_deletion_cost("-5") && is_deletion_cost("0") && is_deletion_cost("2147483647"));
        assert!(
            !is_deletion_cost("+5")
                && !is_deletion_cost("008")
                && !is_deletion_cost("")
                && !is_deletion_cost("2147483648")
        );
    }
}
