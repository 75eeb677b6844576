//! The pod spec, in a pod or in a template.
//!
//! Models pkg/apis/core/validation/validation.go ValidatePodSpec.

use std::collections::BTreeMap;

use super::Policy;
use super::error::FieldError;
use super::field::Field;
use super::labels::validate_labels;
use super::{
    affinity, container, env, ip, names, pod_security_context, resources, toleration, topology_spread, volume,
};

/// What the spec belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PodSource {
    /// A pod.
    Pod,
    /// A workload's template.
    Template,
}

/// What the checks below the spec must know of it.
pub(super) struct PodContext<'a> {
    /// What the cluster allows.
    pub(super) policy: Policy,
    /// Seconds from SIGTERM to SIGKILL.
    pub(super) grace_period_s: Option<i64>,
    /// The pod's own restart policy.
    pub(super) restart_policy: &'a str,
    /// Whether users in the pod are users of the host.
    pub(super) host_users: bool,
    /// The pod's operating system, if it is said.
    pub(super) os: Field<'a>,
    /// The well-formed volumes by name.
    pub(super) volumes: BTreeMap<&'a str, Field<'a>>,
    /// Names of the pod's resource claims.
    pub(super) claims: Vec<&'a str>,
}

const MOST_NAMESERVERS: usize = 3;
const MOST_SEARCH_PATHS: usize = 32;
const SEARCH_LIST_LENGTH: usize = 2048;

/// Init containers, containers and ephemeral containers. Models podshelper.VisitContainersWithPath.
pub(super) fn every_container<'a>(spec: &Field<'a>) -> Vec<Field<'a>> {
    ["initContainers", "containers", "ephemeralContainers"].iter().flat_map(|list| spec.child(list).items()).collect()
}

/// Models ValidatePodSpec.
pub(super) fn validate(spec: &Field<'_>, source: &PodSource, policy: Policy, errors: &mut Vec<FieldError>) {
    let grace_period = spec.child("terminationGracePeriodSeconds");
    if !grace_period.is_set() {
        errors.push(grace_period.required(""));
    }
    let volumes = volume::validate_all(&spec.child("volumes"), source, errors);
    let context = PodContext {
        policy,
        grace_period_s: grace_period.number(),
        restart_policy: spec.child("restartPolicy").text(),
        host_users: spec.child("hostUsers").flag() != Some(false),
        os: spec.child("os"),
        volumes,
        claims: spec.child("resourceClaims").items().map(|claim| claim.child("name").text()).collect(),
    };
    container::validate_all(spec, &context, errors);
    if spec.child("resources").is_set() {
        resources::validate_for_pod(spec, &context, errors);
    }
    validate_host_ports(spec, source, errors);
    spec.child("restartPolicy").check_enum(&["Always", "OnFailure", "Never"], errors);
    spec.child("dnsPolicy").check_enum(&["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"], errors);
    validate_labels(&spec.child("nodeSelector"), errors);
    pod_security_context::validate(spec, errors);
    affinity::validate(&spec.child("affinity"), errors);
    validate_dns_config(&spec.child("dnsConfig"), spec.child("dnsPolicy").text(), errors);
    for gate in spec.child("readinessGates").items() {
        let condition = gate.child("conditionType");
        condition.check_text(names::qualified_name(condition.text()), errors);
    }
    validate_scheduling_gates(&spec.child("schedulingGates"), errors);
    topology_spread::validate(&spec.child("topologySpreadConstraints"), errors);
    pod_security_context::validate_host_users(spec, errors);
    validate_hostname_override(spec, errors);
    validate_rest(spec, errors);
    env::validate_file_volumes(spec, errors);
}

/// The fields that stand alone, in the order of ValidatePodSpec.
fn validate_rest(spec: &Field<'_>, errors: &mut Vec<FieldError>) {
    let check = |name: &str, rule: fn(&str) -> Vec<String>, errors: &mut Vec<FieldError>| {
        let field = spec.child(name);
        if !field.text().is_empty() {
            field.check_text(rule(field.text()), errors);
        }
    };
    check("serviceAccountName", names::dns1123_subdomain, errors);
    check("nodeName", names::dns1123_subdomain, errors);
    let deadline = spec.child("activeDeadlineSeconds");
    if let Some(seconds) = deadline.number() {
        let complaints = names::in_range(seconds, 1, i64::from(i32::MAX));
        errors.extend(complaints.into_iter().map(|complaint| deadline.invalid(seconds, complaint)));
    }
    check("hostname", names::dns1123_label, errors);
    check("subdomain", names::dns1123_label, errors);
    toleration::validate_all(&spec.child("tolerations"), errors);
    validate_host_aliases(&spec.child("hostAliases"), errors);
    check("priorityClassName", names::dns1123_subdomain, errors);
    let runtime_class = spec.child("runtimeClassName");
    if runtime_class.is_set() {
        runtime_class.check_text(names::dns1123_subdomain(runtime_class.text()), errors);
    }
    let preemption_policy = spec.child("preemptionPolicy");
    if preemption_policy.is_set() {
        preemption_policy.check_enum(&["PreemptLowerPriority", "Never"], errors);
    }
    let os = spec.child("os");
    if os.is_set() {
        match os.child("name").text() {
            "" => errors.push(os.child("name").required("")),
            "linux" | "windows" => {}
            _ => errors.push(os.not_supported(os.child("name").value(), &["linux", "windows"])),
        }
    }
}

/// On the host's network a port is the same inside and outside. Models validatePodHostNetworkDeps.
fn validate_host_ports(spec: &Field<'_>, source: &PodSource, errors: &mut Vec<FieldError>) {
    if !spec.child("hostNetwork").is_true() {
        return;
    }
    for port in spec.child("containers").items().flat_map(|container| container.child("ports").items()) {
        let host_port = port.child("hostPort");
        let is_decided = *source == PodSource::Pod || host_port.int() != 0;
        if is_decided && host_port.int() != port.child("containerPort").int() {
            errors.push(host_port.invalid(host_port.int(), "must match `containerPort` when `hostNetwork` is true"));
        }
    }
}

/// Models validatePodDNSConfig.
fn validate_dns_config(config: &Field<'_>, policy: &str, errors: &mut Vec<FieldError>) {
    let nameservers = config.child("nameservers");
    if policy == "None" {
        if !config.is_set() {
            errors.push(config.required("must provide `dnsConfig` when `dnsPolicy` is None"));
            return;
        }
        if nameservers.len() == 0 {
            errors.push(nameservers.required("must provide at least one DNS nameserver when `dnsPolicy` is None"));
            return;
        }
    }
    if nameservers.len() > MOST_NAMESERVERS {
        errors.push(nameservers.invalid_value(format!("must not have more than {MOST_NAMESERVERS} nameservers")));
    }
    for nameserver in nameservers.items() {
        ip::validate(&nameserver, &[], errors);
    }
    validate_search_paths(&config.child("searches"), errors);
    for option in config.child("options").items() {
        if option.child("name").text().is_empty() {
            errors.push(option.required("must not be empty"));
        }
    }
}

fn validate_search_paths(searches: &Field<'_>, errors: &mut Vec<FieldError>) {
    if searches.len() > MOST_SEARCH_PATHS {
        errors.push(searches.invalid_value(format!("must not have more than {MOST_SEARCH_PATHS} search paths")));
    }
    if searches.texts().join(" ").len() > SEARCH_LIST_LENGTH {
        errors.push(searches.invalid_value(format!(
            "must not have more than {SEARCH_LIST_LENGTH} characters (including spaces) in the search list"
        )));
    }
    for search in searches.items().filter(|search| search.text() != ".") {
        let path = search.text().strip_suffix('.').unwrap_or(search.text());
        let complaints = names::dns1123_subdomain_with_underscore(path);
        errors.extend(complaints.into_iter().map(|complaint| search.invalid(path, complaint)));
    }
}

/// Models validateSchedulingGates.
fn validate_scheduling_gates(gates: &Field<'_>, errors: &mut Vec<FieldError>) {
    let mut seen = Vec::new();
    for gate in gates.items() {
        let name = gate.child("name").text();
        errors.extend(names::qualified_name(name).into_iter().map(|complaint| gate.invalid(name, complaint)));
        if seen.contains(&name) {
            errors.push(gate.duplicate(name));
        }
        seen.push(name);
    }
}

/// Models ValidateHostAliases.
fn validate_host_aliases(aliases: &Field<'_>, errors: &mut Vec<FieldError>) {
    for alias in aliases.items() {
        ip::validate(&alias.child("ip"), &[], errors);
        for hostname in alias.child("hostnames").items() {
            hostname.check_text(names::dns1123_subdomain(hostname.text()), errors);
        }
    }
}

/// Models validatePodHostName.
fn validate_hostname_override(spec: &Field<'_>, errors: &mut Vec<FieldError>) {
    let hostname = spec.child("hostnameOverride");
    if !hostname.is_set() {
        return;
    }
    if spec.child("setHostnameAsFQDN").is_true() {
        errors.push(hostname.forbidden("may not be specified when setHostnameAsFQDN is true"));
    }
    if spec.child("hostNetwork").is_true() {
        errors.push(hostname.forbidden("may not be specified when hostNetwork is true"));
    }
    if hostname.text().len() > 64 {
        errors.push(hostname.too_long(64));
    }
    hostname.check_text(names::dns1123_subdomain(hostname.text()), errors);
}
