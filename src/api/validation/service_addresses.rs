//! The addresses of a Service inside of the cluster, and their IP families.

use super::error::FieldError;
use super::field::Field;
use super::ip;
use super::service::is_headless;

const UNCHANGEABLE: &str = "may not change once set";

/// Models ValidateServiceClusterIPsRelatedFields.
pub(super) fn validate(spec: &Field<'_>, old: &Field<'_>, errors: &mut Vec<FieldError>) {
    if spec.child("type").text() == "ExternalName" {
        return;
    }
    let addresses = spec.child("clusterIPs");
    validate_singular(spec, errors);
    validate_families(spec, errors);
    let stored = old.child("clusterIPs").texts();
    let mut has_invalid = false;
    for (index, address) in addresses.items().enumerate() {
        if index == 0 && address.text() == "None" {
            if addresses.len() > 1 {
                has_invalid = true;
                errors.push(addresses.invalid_value("'None' must be the first and only value"));
            }
            continue;
        }
        let before = errors.len();
        ip::validate(&address, &stored, errors);
        has_invalid |= errors.len() > before;
    }
    if addresses.len() > 2 {
        errors.push(addresses.invalid_value("may only hold up to 2 values"));
    }
    if has_invalid {
        return;
    }
    if addresses.len() > 1 {
        let sixes = addresses.texts().into_iter().filter(|text| ip::is_ipv6(text)).count();
        if sixes == 0 || sixes == addresses.len() {
            errors.push(addresses.invalid_value("may specify no more than one IP for each IP family"));
        }
    }
    if !is_headless(spec) {
        validate_matching_families(spec, errors);
    }
}

fn validate_singular(spec: &Field<'_>, errors: &mut Vec<FieldError>) {
    let addresses = spec.child("clusterIPs");
    let address = spec.child("clusterIP").text();
    match addresses.texts().first() {
        None if !address.is_empty() => errors.push(addresses.required("")),
        Some(_) if address.is_empty() => {
            errors.push(addresses.invalid_value("must be empty when `clusterIP` is not specified"));
        }
        Some(first) if *first != address => errors.push(addresses.invalid_value("first value must match `clusterIP`")),
        _ => {}
    }
}

fn validate_families(spec: &Field<'_>, errors: &mut Vec<FieldError>) {
    let mut seen = Vec::new();
    for family in spec.child("ipFamilies").items() {
        if !["IPv4", "IPv6"].contains(&family.text()) {
            errors.push(family.not_supported(family.value(), &["IPv4", "IPv6"]));
        }
        if seen.contains(&family.text()) {
            errors.push(family.duplicate(family.value()));
        }
        seen.push(family.text());
    }
    let policy = spec.child("ipFamilyPolicy");
    let supported = ["PreferDualStack", "RequireDualStack", "SingleStack"];
    if policy.is_set() && !supported.contains(&policy.text()) {
        errors.push(policy.not_supported(policy.value(), &supported));
    }
}

fn validate_matching_families(spec: &Field<'_>, errors: &mut Vec<FieldError>) {
    let families = spec.child("ipFamilies").texts();
    for (index, (address, family)) in spec.child("clusterIPs").items().zip(families).enumerate() {
        if (family == "IPv4" && ip::is_ipv6(address.text())) || (family == "IPv6" && !ip::is_ipv6(address.text())) {
            let detail = format!("expected an {family} value as indicated by `ipFamilies[{index}]`");
            errors.push(address.invalid_text(detail));
        }
    }
}

fn is_external_name(spec: &Field<'_>) -> bool {
    spec.child("type").text() == "ExternalName"
}

/// An address is for life; a second one may come and go. Models validateUpgradeDowngradeClusterIPs.
pub(super) fn validate_cluster_ip_change(spec: &Field<'_>, old: &Field<'_>, errors: &mut Vec<FieldError>) {
    if is_external_name(spec) || is_external_name(old) || (is_headless(spec) && is_headless(old)) {
        return;
    }
    let addresses = spec.child("clusterIPs");
    let (new, old) = (addresses.texts(), old.child("clusterIPs").texts());
    let complain = |index: usize, detail: &str| addresses.index(index).invalid(addresses.value(), detail);
    if new.len() == old.len() {
        let changed = (0..new.len()).filter(|index| new.get(*index) != old.get(*index));
        errors.extend(changed.map(|index| complain(index, UNCHANGEABLE)));
        return;
    }
    if new.is_empty() {
        errors.push(complain(0, "primary clusterIP can not be unset"));
    } else if !old.is_empty() && new.first() != old.first() {
        errors.push(complain(0, UNCHANGEABLE));
    }
    if new.len() < old.len() && new.len() == 1 {
        validate_single_stack(spec, "clusterIP", errors);
    }
}

/// Models validateUpgradeDowngradeIPFamilies.
pub(super) fn validate_family_change(spec: &Field<'_>, old: &Field<'_>, errors: &mut Vec<FieldError>) {
    if is_external_name(spec) || is_external_name(old) || is_headless(spec) || is_headless(old) {
        return;
    }
    let families = spec.child("ipFamilies");
    let addresses = spec.child("clusterIPs");
    let (new, old) = (families.texts(), old.child("ipFamilies").texts());
    let first = families.index(0);
    if new.len() == old.len() {
        let changed = (0..new.len()).filter(|index| new.get(*index) != old.get(*index));
        errors.extend(changed.map(|_| first.invalid(families.value(), UNCHANGEABLE)));
        return;
    }
    let is_less = new.len() < old.len();
    if is_less && addresses.len() == 0 {
        errors.push(first.invalid(families.value(), "primary ipFamily can not be unset"));
    }
    if !new.is_empty() && !old.is_empty() && new.first() != old.first() {
        errors.push(first.invalid(addresses.value(), UNCHANGEABLE));
    }
    if is_less && new.len() == 1 {
        validate_single_stack(spec, "ipFamily", errors);
    }
}

fn validate_single_stack(spec: &Field<'_>, released: &str, errors: &mut Vec<FieldError>) {
    let policy = spec.child("ipFamilyPolicy");
    if policy.text() != "SingleStack" {
        let detail = format!("must be set to 'SingleStack' when releasing the secondary {released}");
        errors.push(policy.invalid_value(detail));
    }
}
