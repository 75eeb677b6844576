//! Requests, limits, and the names of resources.
//!
//! Not validated: that a pod's own resources cover those of its containers (validatePodResourceConsistency).

use std::borrow::Cow;

use serde_json::Value;

use super::error::FieldError;
use super::field::Field;
use super::names;
use super::pod_spec::PodContext;
use crate::api::Quantity;
use crate::api::resources::{ResourceList, container_amounts};
use crate::sorting;

const STANDARD: [&str; 20] = [
    "configmaps",
    "cpu",
    "ephemeral-storage",
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "memory",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
    "requests.storage",
    "resourcequotas",
    "secrets",
    "services",
    "services.loadbalancers",
    "services.nodeports",
    "storage",
];

const COUNTED: [&str; 9] = [
    "configmaps",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "services",
    "services.loadbalancers",
    "services.nodeports",
];

const HUGE_PAGES: &str = "hugepages-";

const REFERENCES: [&str; 6] = [
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
];

/// A quantity in JSON: a text or a number. `None` when it is neither or cannot be read.
pub(super) fn amount(value: &Value) -> Option<Quantity> {
    let text: Cow<'_, str> = match value {
        Value::String(text) => text.trim().into(),
        Value::Number(number) => number.to_string().into(),
        _ => return None,
    };
    Quantity::parse(&text).ok()
}

/// A container's resources. Models ValidateContainerResourceRequirements.
pub(super) fn validate(resources: &Field<'_>, context: &PodContext<'_>, errors: &mut Vec<FieldError>) {
    validate_requirements(resources, validate_container_resource_name, context, errors);
}

/// A pod's own resources. Models validatePodResources.
pub(super) fn validate_for_pod(spec: &Field<'_>, context: &PodContext<'_>, errors: &mut Vec<FieldError>) {
    let resources = &spec.child("resources");
    if context.os.child("name").text() == "windows" {
        errors.push(resources.forbidden("may not be set for a windows pod"));
        return;
    }
    if resources.child("claims").is_set() {
        errors.push(resources.child("claims").forbidden("claims may not be set for Resources at pod-level"));
    }
    validate_requirements(resources, validate_pod_resource_name, context, errors);
    validate_consistency(spec, resources, errors);
}

/// A pod has what its containers have together. Models validatePodResourceConsistency.
fn validate_consistency(spec: &Field<'_>, resources: &Field<'_>, errors: &mut Vec<FieldError>) {
    let Some(fields) = spec.value().as_object() else { return };
    for (name, needed) in container_amounts(fields, "requests", |_| ResourceList::new()) {
        let given = resources.child("requests").key(&name);
        if let Some(amount) = amount(given.value()).filter(|amount| needed > *amount) {
            let detail = format!("must be greater than or equal to aggregate container requests of {needed}");
            errors.push(given.invalid(amount.to_string().as_str(), detail));
        }
    }
    for (name, needed) in container_amounts(fields, "limits", |_| ResourceList::new()) {
        let given = resources.child("limits").key(&name);
        let given_amount = amount(given.value()).filter(|amount| name.starts_with(HUGE_PAGES) && needed > *amount);
        if let Some(amount) = given_amount {
            let detail = format!("must be greater than or equal to aggregate container limits of {needed}");
            errors.push(given.invalid(amount.to_string().as_str(), detail));
        }
    }
    for (at, container) in spec.child("containers").items().enumerate() {
        let limits = container.child("resources").child("limits");
        for name in limits.keys() {
            let given = resources.child("limits").key(name);
            let (Some(own), Some(most)) = (amount(limits.key(name).value()), amount(given.value())) else { continue };
            if own > most {
                let path = resources.child(&format!("containers[{at}]")).key(name).child("limits");
                let detail = format!("must be less than or equal to pod limits of {most}");
                errors.push(path.invalid(own.to_string().as_str(), detail));
            }
        }
    }
}

/// Models validateResourceRequirements.
fn validate_requirements(
    resources: &Field<'_>,
    name_rule: fn(&str, &Field<'_>, &mut Vec<FieldError>),
    context: &PodContext<'_>,
    errors: &mut Vec<FieldError>,
) {
    let limits = resources.child("limits");
    let requests = resources.child("requests");
    for name in limits.keys() {
        name_rule(name, &limits.key(name), errors);
        validate_amount(name, &limits.key(name), errors);
        validate_huge_pages(name, &limits.key(name), errors);
    }
    for name in requests.keys() {
        let request = requests.key(name);
        name_rule(name, &request, errors);
        validate_amount(name, &request, errors);
        validate_within_limit(name, &requests, &limits, errors);
        validate_huge_pages(name, &request, errors);
    }
    let names: Vec<&str> = limits.keys().chain(requests.keys()).collect();
    let has_huge_pages = names.iter().any(|name| name.starts_with(HUGE_PAGES));
    if has_huge_pages && !names.contains(&"cpu") && !names.contains(&"memory") {
        errors.push(resources.forbidden("HugePages require cpu or memory"));
    }
    validate_claims(&resources.child("claims"), &context.claims, errors);
}

/// A request fits into its limit; what cannot be overcommitted equals it.
fn validate_within_limit(name: &str, requests: &Field<'_>, limits: &Field<'_>, errors: &mut Vec<FieldError>) {
    let limit = limits.key(name);
    if !limit.is_set() {
        if !is_overcommit_allowed(name) {
            errors.push(limits.required("Limit must be set for non overcommitable resources"));
        }
        return;
    }
    let (Some(request), Some(limit)) = (amount(requests.key(name).value()), amount(limit.value())) else { return };
    if request != limit && !is_overcommit_allowed(name) {
        let detail = format!("must be equal to {name} limit of {limit}");
        errors.push(requests.invalid(request.to_string().as_str(), detail));
    } else if request > limit {
        let detail = format!("must be less than or equal to {name} limit of {limit}");
        errors.push(requests.invalid(request.to_string().as_str(), detail));
    }
}

/// Models ValidateResourceQuantityValue.
fn validate_amount(name: &str, field: &Field<'_>, errors: &mut Vec<FieldError>) {
    let Some(quantity) = amount(field.value()) else { return };
    if quantity.sign() < 0 {
        errors.push(field.invalid(quantity.to_string().as_str(), "must be greater than or equal to 0"));
    }
    let is_counted = COUNTED.contains(&name) || is_extended(name);
    if is_counted && quantity.milli_value() % 1000 != 0 {
        errors.push(field.invalid(quantity.to_string().as_str(), "must be an integer"));
    }
}

/// Models validateResourceQuantityHugePageValue.
fn validate_huge_pages(name: &str, field: &Field<'_>, errors: &mut Vec<FieldError>) {
    let Some(size) = name.strip_prefix(HUGE_PAGES) else { return };
    let Some(quantity) = amount(field.value()) else { return };
    let is_whole = Quantity::parse(size).is_ok_and(|size| {
        size.sign() > 0 && size.milli_value() % 1000 == 0 && quantity.value().checked_rem(size.value()) == Some(0)
    });
    if !is_whole {
        let detail = format!("{quantity} is not positive integer multiple of {name}");
        errors.push(field.invalid(quantity.to_string().as_str(), detail));
    }
}

/// Models validateResourceName.
fn validate_resource_name(name: &str, field: &Field<'_>, errors: &mut Vec<FieldError>) -> bool {
    let mut complaints = names::qualified_name(name);
    if complaints.is_empty() && !name.contains('/') && !is_standard(name) {
        complaints.push("must be a standard resource type or fully qualified".to_owned());
    }
    let is_fine = complaints.is_empty();
    errors.extend(complaints.into_iter().map(|complaint| field.invalid(name, complaint)));
    is_fine
}

/// Models validateContainerResourceName.
pub(super) fn validate_container_resource_name(name: &str, field: &Field<'_>, errors: &mut Vec<FieldError>) {
    validate_resource_name(name, field, errors);
    if name.matches('/').count() == 0 {
        let is_known = ["cpu", "memory", "ephemeral-storage"].contains(&name) || name.starts_with(HUGE_PAGES);
        if !is_known {
            errors.push(field.invalid(name, "must be a standard resource for containers"));
        }
    } else if !is_native(name) && !is_extended(name) {
        errors.push(field.invalid(name, "doesn't follow extended resource name standard"));
    }
}

/// Models validatePodResourceName.
fn validate_pod_resource_name(name: &str, field: &Field<'_>, errors: &mut Vec<FieldError>) {
    let is_fine = validate_resource_name(name, field, errors);
    if is_fine && !["cpu", "memory"].contains(&name) && !name.starts_with(HUGE_PAGES) {
        errors.push(field.not_supported(name, &["cpu", "memory"]));
    }
}

/// Models helper.IsStandardResourceName.
fn is_standard(name: &str) -> bool {
    STANDARD.contains(&name) || name.starts_with(HUGE_PAGES) || name.starts_with("requests.hugepages-")
}

/// Models helper.IsNativeResource.
fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

/// Models helper.IsExtendedResourceName.
fn is_extended(name: &str) -> bool {
    !is_native(name) && !name.starts_with("requests.") && names::qualified_name(&format!("requests.{name}")).is_empty()
}

/// Models helper.IsOvercommitAllowed.
fn is_overcommit_allowed(name: &str) -> bool {
    is_native(name) && !name.starts_with(HUGE_PAGES)
}

/// Models validateResourceClaimNames.
fn validate_claims(claims: &Field<'_>, known: &[&str], errors: &mut Vec<FieldError>) {
    let mut seen: Vec<String> = Vec::new();
    for claim in claims.items() {
        let name = claim.child("name").text();
        let request = claim.child("request");
        if name.is_empty() {
            errors.push(claim.required(""));
            continue;
        }
        if seen.iter().any(|key| key == name) {
            errors.push(claim.duplicate(name));
        } else {
            let mut key = name.to_owned();
            if !request.text().is_empty() {
                request.check_text(names::dns1123_label(request.text()), errors);
                key = format!("{name}/{}", request.text());
            }
            let prefix = format!("{name}/");
            if seen.contains(&key) {
                errors.push(claim.duplicate(key.as_str()));
            } else if request.text().is_empty() {
                let overlaps = seen.iter().filter(|key| key.starts_with(&prefix));
                errors.extend(overlaps.map(|_| claim.duplicate(name)));
            }
            seen.push(key);
        }
        if !known.contains(&name) {
            let mut error = claim.not_found(name);
            let mut listed: Vec<&str> = known.iter().copied().filter(|name| !name.is_empty()).collect();
            sorting::sort(&mut listed);
            let rest =
                if listed.is_empty() { " which is empty".to_owned() } else { format!(": {}", listed.join(", ")) };
            error.detail = format!("must be one of the names in pod.spec.resourceClaims{rest}");
            errors.push(error);
        }
    }
}

/// A container's resource as an environment variable or a file. Models validateContainerResourceFieldSelector.
pub(super) fn validate_reference(reference: &Field<'_>, is_in_volume: bool, errors: &mut Vec<FieldError>) {
    let resource = reference.child("resource");
    let name = resource.text();
    let is_huge_pages = name.starts_with("limits.hugepages-") || name.starts_with("requests.hugepages-");
    if is_in_volume && reference.child("containerName").text().is_empty() {
        errors.push(reference.child("containerName").required(""));
    } else if name.is_empty() {
        errors.push(resource.required(""));
    } else if !REFERENCES.contains(&name) && !is_huge_pages {
        errors.push(resource.not_supported(name, &REFERENCES));
    }
    let divisor = reference.child("divisor");
    let Some(quantity) = amount(divisor.value()).filter(|quantity| !quantity.is_zero()) else { return };
    let text = quantity.to_string();
    let bytes = ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];
    let (allowed, words): (&[&str], _) = match name {
        "limits.cpu" | "requests.cpu" => (&["1m", "1"], "1m and 1 are supported with the cpu resource".to_owned()),
        "limits.memory" | "requests.memory" => (&bytes, byte_divisors(&bytes, "memory")),
        "limits.ephemeral-storage" | "requests.ephemeral-storage" => {
            (&bytes, byte_divisors(&bytes, "local ephemeral storage"))
        }
        _ if is_huge_pages => (&bytes, byte_divisors(&bytes, "hugepages")),
        _ => return,
    };
    if !allowed.contains(&text.as_str()) {
        errors.push(divisor.invalid(name, format!("only divisor's values {words}")));
    }
}

fn byte_divisors(divisors: &[&str], resource: &str) -> String {
    format!("{} are supported with the {resource} resource", divisors.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_resources() {
        assert!(is_extended("example.com/gpu") && !is_overcommit_allowed("example.com/gpu"));
        assert!(is_native("kubernetes.io/x") && is_overcommit_allowed("cpu"));
        assert!(!is_overcommit_allowed("hugepages-2Mi") && !is_extended("requests.a/b"));
    }
}
