//! Checks of the profiles of the kernel's own guards: AppArmor, SELinux, seccomp, and of sysctls.

use std::collections::BTreeSet;

use serde_json::Value;

use super::checks::{Finding, Subject, containers_named, found, join_quoted, plural, setters, text};
use crate::api::go_text::quote;

pub(super) fn app_armor_profile(pod: &Subject<'_>) -> Finding {
    let bad_type = |profile: Option<&Value>| {
        let profile = profile?;
        let kind = text(profile.get("type"));
        (!["RuntimeDefault", "Localhost"].contains(&kind)).then(|| kind.to_owned())
    };
    let of_pod = bad_type(pod.security("/appArmorProfile"));
    let mut values: BTreeSet<String> = of_pod.iter().cloned().collect();
    let mut names = Vec::new();
    for container in pod.containers() {
        if let Some(value) = bad_type(container.security("/appArmorProfile")) {
            values.insert(value);
            names.push(container.name());
        }
    }
    let is_allowed = |value: &str| value.is_empty() || value == "runtime/default" || value.starts_with("localhost/");
    let annotations = pod.annotations.iter().filter(|(key, value)| {
        key.starts_with("container.apparmor.security.beta.kubernetes.io/") && !is_allowed(value)
    });
    let mut annotations: Vec<String> = annotations.map(|(key, value)| format!("{key}={}", quote(value))).collect();
    annotations.sort();
    let mut setters = setters(of_pod.is_some(), &names);
    if !annotations.is_empty() {
        setters.push(plural("annotation", "annotations", annotations.len()).to_owned());
    }
    if setters.is_empty() {
        return None;
    }
    let values: Vec<String> = values.into_iter().chain(annotations).collect();
    let reason = plural("forbidden AppArmor profile", "forbidden AppArmor profiles", values.len());
    let who = setters.join(" and ");
    found(reason, format!("{who} must not set AppArmor profile type to {}", join_quoted(values)))
}

pub(super) fn se_linux_options(pod: &Subject<'_>) -> Finding {
    let allowed = ["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"];
    // The engine's type came with 1.31.
    let allowed = allowed.get(..if pod.minor >= 31 { 5 } else { 4 }).unwrap_or_default();
    let (mut types, mut sets_user, mut sets_role) = (BTreeSet::new(), false, false);
    let mut is_bad = |options: Option<&Value>| {
        let Some(options) = options else { return false };
        let (kind, user, role) = (text(options.get("type")), text(options.get("user")), text(options.get("role")));
        if !allowed.contains(&kind) {
            types.insert(kind.to_owned());
        }
        sets_user |= !user.is_empty();
        sets_role |= !role.is_empty();
        !allowed.contains(&kind) || !user.is_empty() || !role.is_empty()
    };
    let is_pod_bad = is_bad(pod.security("/seLinuxOptions"));
    let mut names = Vec::new();
    for container in pod.containers() {
        if is_bad(container.security("/seLinuxOptions")) {
            names.push(container.name());
        }
    }
    let setters = setters(is_pod_bad, &names);
    if setters.is_empty() {
        return None;
    }
    let mut data = Vec::new();
    if !types.is_empty() {
        data.push(format!("{} {}", plural("type", "types", types.len()), join_quoted(types)));
    }
    if sets_user {
        data.push("user may not be set".to_owned());
    }
    if sets_role {
        data.push("role may not be set".to_owned());
    }
    let (who, what) = (setters.join(" and "), data.join("; "));
    found("seLinuxOptions", format!("{who} set forbidden securityContext.seLinuxOptions: {what}"))
}

fn is_seccomp_fine(kind: &str) -> bool {
    kind == "Localhost" || kind == "RuntimeDefault"
}

/// Who sets a profile that is not allowed: both levels complain of it.
fn bad_seccomp(pod: &Subject<'_>) -> Finding {
    let bad = |profile: Option<&Value>| {
        profile.map(|profile| text(profile.get("type")).to_owned()).filter(|kind| !is_seccomp_fine(kind))
    };
    let of_pod = bad(pod.security("/seccompProfile"));
    let mut kinds: BTreeSet<String> = of_pod.iter().cloned().collect();
    let mut names = Vec::new();
    for container in pod.containers() {
        if let Some(kind) = bad(container.security("/seccompProfile")) {
            kinds.insert(kind);
            names.push(container.name());
        }
    }
    let setters = setters(of_pod.is_some(), &names);
    if setters.is_empty() {
        return None;
    }
    let who = setters.join(" and ");
    found("seccompProfile", format!("{who} must not set securityContext.seccompProfile.type to {}", join_quoted(kinds)))
}

pub(super) fn seccomp_profile(pod: &Subject<'_>) -> Finding {
    if pod.minor >= 19 {
        return bad_seccomp(pod);
    }
    // Before the field there were annotations.
    let is_fine =
        |value: &str| value == "runtime/default" || value == "docker/default" || value.starts_with("localhost/");
    let of_containers = pod
        .containers()
        .map(|container| format!("container.seccomp.security.alpha.kubernetes.io/{}", container.name()));
    let keys = std::iter::once("seccomp.security.alpha.kubernetes.io/pod".to_owned()).chain(of_containers);
    let forbidden: BTreeSet<String> = keys
        .filter_map(|key| {
            let value = pod.annotations.get(key.as_str()).filter(|value| !is_fine(value))?;
            Some(format!("{key}={}", quote(value)))
        })
        .collect();
    if forbidden.is_empty() {
        return None;
    }
    let word = plural("annotation", "annotations", forbidden.len());
    let list: Vec<String> = forbidden.into_iter().collect();
    found("seccompProfile", format!("forbidden {word} {}", list.join(", ")))
}

pub(super) fn seccomp_profile_restricted(pod: &Subject<'_>) -> Finding {
    if pod.is_for_windows() {
        return None;
    }
    let bad = bad_seccomp(pod);
    if bad.is_some() || pod.security("/seccompProfile").is_some() {
        return bad;
    }
    let names = pod.bad(|container| container.security("/seccompProfile").is_none());
    if names.is_empty() {
        return None;
    }
    let who = containers_named(&names);
    let detail =
        format!("pod or {who} must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\"");
    found("seccompProfile", detail)
}

/// Sysctls that are allowed, and since which minor version.
const SYSCTLS: [(&str, u64); 12] = [
    ("kernel.shm_rmid_forced", 0),
    ("net.ipv4.ip_local_port_range", 0),
    ("net.ipv4.tcp_syncookies", 0),
    ("net.ipv4.ping_group_range", 0),
    ("net.ipv4.ip_unprivileged_port_start", 0),
    ("net.ipv4.ip_local_reserved_ports", 27),
    ("net.ipv4.tcp_keepalive_time", 29),
    ("net.ipv4.tcp_fin_timeout", 29),
    ("net.ipv4.tcp_keepalive_intvl", 29),
    ("net.ipv4.tcp_keepalive_probes", 29),
    ("net.ipv4.tcp_rmem", 32),
    ("net.ipv4.tcp_wmem", 32),
];

pub(super) fn sysctls(pod: &Subject<'_>) -> Finding {
    let list = pod.security("/sysctls").and_then(Value::as_array).into_iter().flatten();
    let is_allowed = |name: &str| SYSCTLS.iter().any(|(known, since)| *known == name && *since <= pod.minor);
    let names = list.map(|sysctl| text(sysctl.get("name"))).filter(|name| !is_allowed(name));
    let names: Vec<&str> = names.collect();
    if names.is_empty() { None } else { found("forbidden sysctls", names.join(", ")) }
}
