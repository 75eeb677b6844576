//! The security context of a pod, and the host's namespaces.

use super::error::FieldError;
use super::field::Field;
use super::pod_spec::every_container;
use super::security_context::{validate_app_armor_profile, validate_id, validate_seccomp_profile};

const SYSCTL_LENGTH: usize = 253;
const SYSCTL_FORM: &str = "^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$";

/// Models validatePodSpecSecurityContext.
pub(super) fn validate(spec: &Field<'_>, errors: &mut Vec<FieldError>) {
    let security = spec.child("securityContext");
    for name in ["fsGroup", "runAsUser", "runAsGroup"] {
        validate_id(&security.child(name), errors);
    }
    for group in security.child("supplementalGroups").items() {
        validate_id(&group, errors);
    }
    let share = spec.child("shareProcessNamespace");
    if share.is_true() && spec.child("hostPID").is_true() {
        let share = share.reported_as(format!("{}.shareProcessNamespace", security.path()));
        errors.push(share.invalid_value("ShareProcessNamespace and HostPID cannot both be enabled"));
    }
    validate_sysctls(spec, &security.child("sysctls"), errors);
    let check = |name: &str, supported: &[&str], errors: &mut Vec<FieldError>| {
        let field = security.child(name);
        if field.is_set() && !supported.contains(&field.text()) {
            errors.push(field.not_supported(field.value(), supported));
        }
    };
    check("fsGroupChangePolicy", &["Always", "OnRootMismatch"], errors);
    validate_seccomp_profile(&security.child("seccompProfile"), errors);
    validate_app_armor_profile(&security.child("appArmorProfile"), errors);
    check("supplementalGroupsPolicy", &["Merge", "Strict"], errors);
    check("seLinuxChangePolicy", &["MountOption", "Recursive"], errors);
}

/// Users of its own, and the host's namespaces, do not go together. Models validateHostUsers.
pub(super) fn validate_host_users(spec: &Field<'_>, errors: &mut Vec<FieldError>) {
    const WHEN: &str = "when `hostUsers` is false";
    if spec.child("hostUsers").flag() != Some(false) {
        return;
    }
    for (name, reported) in [("hostNetwork", "hostNetwork"), ("hostPID", "HostPID"), ("hostIPC", "HostIPC")] {
        if spec.child(name).is_true() {
            errors.push(spec.child(reported).forbidden(WHEN));
        }
    }
    let devices = every_container(spec).into_iter().map(|container| container.child("volumeDevices"));
    errors.extend(devices.filter(|devices| devices.len() > 0).map(|devices| devices.forbidden(WHEN)));
}

/// Models validateSysctls.
fn validate_sysctls(spec: &Field<'_>, sysctls: &Field<'_>, errors: &mut Vec<FieldError>) {
    let mut seen = Vec::new();
    for sysctl in sysctls.items() {
        let name = sysctl.child("name");
        let text = name.text();
        if text.is_empty() {
            errors.push(name.required(""));
        } else if !is_sysctl(text) {
            let detail = format!("must have at most {SYSCTL_LENGTH} characters and match regex {SYSCTL_FORM}");
            errors.push(name.invalid_text(detail));
        } else if seen.contains(&text) {
            errors.push(name.duplicate(text));
        }
        let dotted = text.replace('/', ".");
        if dotted.starts_with("net.") && spec.child("hostNetwork").is_true() {
            errors.push(name.invalid_text("may not be specified when 'hostNetwork' is true"));
        } else if is_of_ipc(&dotted) && spec.child("hostIPC").is_true() {
            errors.push(name.invalid_text("may not be specified when 'hostIPC' is true"));
        }
        seen.push(text);
    }
}

fn is_of_ipc(sysctl: &str) -> bool {
    sysctl == "kernel.sem" || ["kernel.shm", "kernel.msg", "fs.mqueue."].iter().any(|prefix| sysctl.starts_with(prefix))
}

fn is_sysctl(text: &str) -> bool {
    let is_outer = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let is_segment = |segment: &str| {
        is_outer(segment.chars().next())
            && is_outer(segment.chars().last())
            && segment.chars().all(|c| is_outer(Some(c)) || matches!(c, '-' | '_'))
    };
    text.len() <= SYSCTL_LENGTH && text.split(['.', '/']).all(is_segment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sysctls() {
        assert!(is_sysctl("net.ipv4.tcp_syncookies") && is_sysctl("net/ipv4/ip_forward"));
        assert!(!is_sysctl("net..a") && !is_sysctl("_a") && !is_sysctl("A"));
    }
}
