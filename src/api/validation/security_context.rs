//! The security context of a container, and the profiles that a pod's has too.

use serde_json::Value;

use super::error::{BadValue, FieldError, go_json};
use super::field::Field;
use super::names;
use super::pod_spec::PodContext;
use super::volume::validate_no_backsteps;

/// Models ValidateSecurityContext.
pub(super) fn validate(security: &Field<'_>, context: &PodContext<'_>, errors: &mut Vec<FieldError>) {
    if !security.is_set() {
        return;
    }
    let privileged = security.child("privileged");
    if privileged.is_true() && !context.policy.allow_privileged {
        errors.push(privileged.forbidden("disallowed by cluster policy"));
    }
    validate_id(&security.child("runAsUser"), errors);
    validate_id(&security.child("runAsGroup"), errors);
    let proc_mount = security.child("procMount");
    if proc_mount.is_set() {
        if !["Default", "Unmasked"].contains(&proc_mount.text()) {
            errors.push(proc_mount.not_supported(proc_mount.value(), &["Default", "Unmasked"]));
        }
        if context.host_users && proc_mount.text() == "Unmasked" {
            errors.push(proc_mount.invalid_value("`hostUsers` must be false to use `Unmasked`"));
        }
    }
    validate_seccomp_profile(&security.child("seccompProfile"), errors);
    if security.child("allowPrivilegeEscalation").flag() == Some(false) {
        let bad_value = || BadValue::Json(security_context_json(security));
        if privileged.is_true() {
            let detail = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
            errors.push(security.invalid(bad_value(), detail));
        }
        let added = security.child("capabilities").child("add").texts();
        for _ in added.iter().filter(|capability| **capability == "CAP_SYS_ADMIN") {
            let detail = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN";
            errors.push(security.invalid(bad_value(), detail));
        }
    }
    validate_app_armor_profile(&security.child("appArmorProfile"), errors);
}

/// A user's or a group's number, when it is given.
pub(super) fn validate_id(id: &Field<'_>, errors: &mut Vec<FieldError>) {
    if let Some(number) = id.number() {
        let complaints = names::user_or_group_id(number);
        errors.extend(complaints.into_iter().map(|complaint| id.invalid(number, complaint)));
    }
}

/// Models validateSeccompProfileField.
pub(super) fn validate_seccomp_profile(profile: &Field<'_>, errors: &mut Vec<FieldError>) {
    if !profile.is_set() {
        return;
    }
    let kind = profile.child("type");
    let path = profile.child("localhostProfile");
    validate_profile_type(&kind, "type is required when seccompProfile is set", errors);
    if kind.text() == "Localhost" {
        if path.is_set() {
            validate_local_path(&path, path.text(), errors);
        } else {
            errors.push(path.required("must be set when seccomp type is Localhost"));
        }
    } else if path.is_set() {
        let json = format!("{{\"Type\":{},\"LocalhostProfile\":{}}}", text_json(&kind), go_json(path.value()));
        errors.push(path.invalid(BadValue::Json(json), "can only be set when seccomp type is Localhost"));
    }
}

/// Models ValidateAppArmorProfileField.
pub(super) fn validate_app_armor_profile(profile: &Field<'_>, errors: &mut Vec<FieldError>) {
    const LONGEST_PATH: usize = 4095;
    if !profile.is_set() {
        return;
    }
    let kind = profile.child("type");
    let path = profile.child("localhostProfile");
    match kind.text() {
        "Localhost" => {
            let trimmed = path.text().trim();
            if trimmed != path.text() {
                errors.push(path.invalid_text("must not be padded with whitespace"));
            } else if trimmed.is_empty() {
                errors.push(path.required("must be set when AppArmor type is Localhost"));
            }
            if path.text().len() > LONGEST_PATH {
                errors.push(path.too_long(LONGEST_PATH));
            }
        }
        "RuntimeDefault" | "Unconfined" => {
            if path.is_set() {
                errors.push(path.invalid_value("can only be set when AppArmor type is Localhost"));
            }
        }
        _ => validate_profile_type(&kind, "type is required when appArmorProfile is set", errors),
    }
}

fn validate_profile_type(kind: &Field<'_>, missing: &str, errors: &mut Vec<FieldError>) {
    let supported = ["Localhost", "RuntimeDefault", "Unconfined"];
    if kind.text().is_empty() {
        errors.push(kind.required(missing));
    } else if !supported.contains(&kind.text()) {
        errors.push(kind.not_supported(kind.value(), &supported));
    }
}

/// A path below some directory. Models validateLocalDescendingPath.
pub(super) fn validate_local_path(field: &Field<'_>, path: &str, errors: &mut Vec<FieldError>) {
    if path.starts_with('/') {
        errors.push(field.invalid(path, "must be a relative path"));
    }
    validate_no_backsteps(field, path, errors);
}

fn text_json(field: &Field<'_>) -> String {
    go_json(&Value::from(field.text()))
}

/// The context as Go's internal type writes itself.
fn security_context_json(security: &Field<'_>) -> String {
    let plain = |name: &str| go_json(security.child(name).value());
    let object = |name: &str, fields: &[(&str, &str, bool)]| {
        let field = security.child(name);
        if !field.is_set() {
            return "null".to_owned();
        }
        let parts: Vec<String> = fields
            .iter()
            .map(|(go, json, is_pointer)| {
                let below = field.child(json);
                let value = if *is_pointer { go_json(below.value()) } else { text_json(&below) };
                format!("\"{go}\":{value}")
            })
            .collect();
        format!("{{{}}}", parts.join(","))
    };
    let profile = [("Type", "type", false), ("LocalhostProfile", "localhostProfile", true)];
    let parts = [
        ("Capabilities", object("capabilities", &[("Add", "add", true), ("Drop", "drop", true)])),
        ("Privileged", plain("privileged")),
        (
            "SELinuxOptions",
            object(
                "seLinuxOptions",
                &[("User", "user", false), ("Role", "role", false), ("Type", "type", false), ("Level", "level", false)],
            ),
        ),
        (
            "WindowsOptions",
            object(
                "windowsOptions",
                &[
                    ("GMSACredentialSpecName", "gmsaCredentialSpecName", true),
                    ("GMSACredentialSpec", "gmsaCredentialSpec", true),
                    ("RunAsUserName", "runAsUserName", true),
                    ("HostProcess", "hostProcess", true),
                ],
            ),
        ),
        ("RunAsUser", plain("runAsUser")),
        ("RunAsGroup", plain("runAsGroup")),
        ("RunAsNonRoot", plain("runAsNonRoot")),
        ("ReadOnlyRootFilesystem", plain("readOnlyRootFilesystem")),
        ("AllowPrivilegeEscalation", plain("allowPrivilegeEscalation")),
        ("ProcMount", plain("procMount")),
        ("SeccompProfile", object("seccompProfile", &profile)),
        ("AppArmorProfile", object("appArmorProfile", &profile)),
    ];
    let parts: Vec<String> = parts.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", parts.join(","))
}
