//! What is accepted with a word of warning.
//!
//! Models pkg/api/pod/warnings.go, pkg/api/service/warnings.go, and the names' warnings of the strategies.
//! Not warned about: overlapping paths within a volume.

use super::field::Field;
use super::pod_annotations::{APP_ARMOR_PREFIX, SECCOMP_CONTAINER_PREFIX, SECCOMP_POD};
use super::pod_spec::every_container;
use super::{ip, names, resources};
use crate::api::go_text::quote;

/// A workload's name becomes part of its pods'. Models the WarningsOnCreate of Deployments and ReplicaSets.
pub(super) fn for_workload_name(object: &Field<'_>, warnings: &mut Vec<String>) {
    for_name(object, "this is used in Pod names and hostnames", warnings);
}

/// A pod's name becomes its hostname. Models podStrategy.WarningsOnCreate.
pub(super) fn for_pod_name(object: &Field<'_>, warnings: &mut Vec<String>) {
    for_name(object, "this is used in the Pod's hostname", warnings);
}

fn for_name(object: &Field<'_>, why: &str, warnings: &mut Vec<String>) {
    let complaints = names::dns1123_label(object.child("metadata").child("name").text());
    if !complaints.is_empty() {
        warnings.push(format!(
            "metadata.name: {why}, which can result in surprising behavior; a DNS label is recommended: [{}]",
            complaints.join(" ")
        ));
    }
}

/// A pod or a template: `pod` holds `metadata` and `spec`. Models warningsForPodSpecAndMeta.
pub(super) fn for_pod(pod: &Field<'_>, warnings: &mut Vec<String>) {
    let spec = pod.child("spec");
    let annotations = pod.child("metadata").child("annotations");
    for_node_labels(&spec, warnings);
    for_topology_spread(&spec, warnings);
    for_deprecated_annotations(&annotations, warnings);
    for_volumes(&spec, warnings);
    for_recurring(&spec.child("hostAliases"), "ip", warnings);
    for_recurring(&spec.child("imagePullSecrets"), "name", warnings);
    for name in spec.child("imagePullSecrets").items().map(|secret| secret.child("name")) {
        if name.text().is_empty() {
            warnings.push(format!("{}: invalid empty name \"\"", name.path()));
        }
    }
    for_fractions(&spec.child("overhead"), warnings);
    let pod_seccomp = spec.child("securityContext").child("seccompProfile");
    for_seccomp(&annotations.key(SECCOMP_POD), &pod_seccomp, warnings);
    let containers = every_container(&spec);
    for container in &containers {
        for_container(container, pod, warnings);
    }
    for_ports(&containers, warnings);
    for_port_names(&containers, warnings);
    let grace_period = spec.child("terminationGracePeriodSeconds");
    if grace_period.int() < 0 {
        warnings.push(format!(
            "{}: must be >= 0; negative values are invalid and will be treated as 1",
            grace_period.path()
        ));
    }
    for_pod_affinity(&spec, warnings);
    for address in spec.child("dnsConfig").child("nameservers").items() {
        ip::warnings(&address, warnings);
    }
    for alias in spec.child("hostAliases").items() {
        ip::warnings(&alias.child("ip"), warnings);
    }
}

/// Models GetWarningsForService.
pub(super) fn for_service(service: &Field<'_>, warnings: &mut Vec<String>) {
    let spec = service.child("spec");
    let annotations = service.child("metadata").child("annotations");
    let hints = "service.kubernetes.io/topology-aware-hints";
    if annotations.key(hints).is_set() {
        warnings
            .push(format!("annotation {hints} is deprecated, please use service.kubernetes.io/topology-mode instead"));
    }
    let kind = spec.child("type").text();
    let cluster_ip = spec.child("clusterIP").text();
    let external_ips = spec.child("externalIPs");
    let balancer_ip = spec.child("loadBalancerIP");
    if !["", "None"].contains(&cluster_ip) {
        for address in spec.child("clusterIPs").items() {
            ip::warnings(&address, warnings);
        }
    }
    let is_headless = kind == "ClusterIP" && cluster_ip == "None";
    let mut warn = |condition: bool, text: &str| {
        if condition {
            warnings.push(text.to_owned());
        }
    };
    warn(is_headless && !balancer_ip.text().is_empty(), "spec.loadBalancerIP is ignored for headless services");
    warn(is_headless && external_ips.len() > 0, "spec.externalIPs is ignored for headless services");
    let affinity = spec.child("sessionAffinity").text();
    warn(is_headless && affinity != "None", "spec.SessionAffinity is ignored for headless services");
    for address in external_ips.items() {
        ip::warnings(&address, warnings);
    }
    let is_external = kind == "ExternalName";
    if external_ips.len() > 0 && !is_headless && !is_external {
        warnings.push("spec.externalIPs is deprecated and may no longer be implemented in some clusters".to_owned());
    }
    if !balancer_ip.text().is_empty() {
        ip::warnings(&balancer_ip, warnings);
    }
    if is_external && external_ips.len() > 0 {
        warnings.push("spec.externalIPs is ignored when spec.type is \"ExternalName\"".to_owned());
    }
    if !is_external && !spec.child("externalName").text().is_empty() {
        warnings.push("spec.externalName is ignored when spec.type is not \"ExternalName\"".to_owned());
    }
    if spec.child("trafficDistribution").text() == "PreferClose" {
        warnings.push("spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"".to_owned());
    }
}

/// Models nodeapi.GetNodeLabelDeprecatedMessage.
fn deprecated_node_label(label: &str) -> Option<&'static str> {
    Some(match label {
        "beta.kubernetes.io/arch" => "deprecated since v1.14; use \"kubernetes.io/arch\" instead",
        "beta.kubernetes.io/os" => "deprecated since v1.14; use \"kubernetes.io/os\" instead",
        "failure-domain.beta.kubernetes.io/region" => {
            "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead"
        }
        "failure-domain.beta.kubernetes.io/zone" => {
            "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead"
        }
        "beta.kubernetes.io/instance-type" => {
            "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead"
        }
        "app.kubernetes.io/created-by" => "deprecated since v1.9",
        "scheduler.alpha.kubernetes.io/preferAvoidPods" => "deprecated since v1.22; use Taints and Tolerations instead",
        "node-role.kubernetes.io/master" => "use \"node-role.kubernetes.io/control-plane\" instead",
        _ => return None,
    })
}

fn for_node_labels(spec: &Field<'_>, warnings: &mut Vec<String>) {
    let selector = spec.child("nodeSelector");
    for label in selector.keys() {
        warnings.extend(deprecated_node_label(label).map(|text| format!("{}: {text}", selector.key(label).path())));
    }
    let affinity = spec.child("affinity").child("nodeAffinity");
    let required = affinity.child("requiredDuringSchedulingIgnoredDuringExecution").child("nodeSelectorTerms");
    for term in required.items() {
        for_node_term(&term, false, warnings);
    }
    for preferred in affinity.child("preferredDuringSchedulingIgnoredDuringExecution").items() {
        for_node_term(&preferred.child("preference"), true, warnings);
    }
}

fn for_node_term(term: &Field<'_>, checks_values: bool, warnings: &mut Vec<String>) {
    for expression in term.child("matchExpressions").items() {
        let key = expression.child("key");
        let text = deprecated_node_label(key.text());
        warnings.extend(text.map(|text| format!("{}: {} is {text}", key.path(), key.text())));
        for value in expression.child("values").items().filter(|_| checks_values) {
            let complaints = names::label_value(value.text());
            warnings
                .extend(complaints.iter().map(|text| format!("{}: {} is invalid, {text}", value.path(), value.text())));
        }
    }
}

fn for_topology_spread(spec: &Field<'_>, warnings: &mut Vec<String>) {
    for constraint in spec.child("topologySpreadConstraints").items() {
        let key = constraint.child("topologyKey");
        let text = deprecated_node_label(key.text());
        warnings.extend(text.map(|text| format!("{}: {} is {text}", key.path(), key.text())));
        for_null_selector(&constraint.child("labelSelector"), warnings);
    }
}

fn for_null_selector(selector: &Field<'_>, warnings: &mut Vec<String>) {
    if !selector.is_set() {
        warnings.push(format!("{}: a null labelSelector results in matching no pod", selector.path()));
    }
}

fn for_pod_affinity(spec: &Field<'_>, warnings: &mut Vec<String>) {
    for name in ["podAffinity", "podAntiAffinity"] {
        let affinity = spec.child("affinity").child(name);
        for term in affinity.child("requiredDuringSchedulingIgnoredDuringExecution").items() {
            for_null_selector(&term.child("labelSelector"), warnings);
        }
        for preferred in affinity.child("preferredDuringSchedulingIgnoredDuringExecution").items() {
            for_null_selector(&preferred.child("podAffinityTerm").child("labelSelector"), warnings);
        }
    }
}

fn for_deprecated_annotations(annotations: &Field<'_>, warnings: &mut Vec<String>) {
    for (key, text) in [
        (
            "scheduler.alpha.kubernetes.io/critical-pod",
            "non-functional in v1.16+; use the \"priorityClassName\" field instead",
        ),
        ("security.alpha.kubernetes.io/sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead"),
        ("security.alpha.kubernetes.io/unsafe-sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead"),
    ] {
        let annotation = annotations.key(key);
        if annotation.is_set() {
            warnings.push(format!("{}: {text}", annotation.path()));
        }
    }
}

fn for_volumes(spec: &Field<'_>, warnings: &mut Vec<String>) {
    for volume in spec.child("volumes").items() {
        for (source, reported, text) in [
            ("photonPersistentDisk", "photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"),
            ("gitRepo", "gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"),
            ("scaleIO", "scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
            ("flocker", "flocker", "deprecated in v1.22, non-functional in v1.25+"),
            ("storageos", "storageOS", "deprecated in v1.22, non-functional in v1.25+"),
            ("quobyte", "quobyte", "deprecated in v1.22, non-functional in v1.25+"),
            ("glusterfs", "glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
            ("cephfs", "cephfs", "deprecated in v1.28, non-functional in v1.31+"),
            ("rbd", "rbd", "deprecated in v1.28, non-functional in v1.31+"),
        ] {
            if volume.child(source).is_set() {
                warnings.push(format!("{}: {text}", volume.child(reported).path()));
            }
        }
    }
}

/// Items of a list that repeat what an earlier one says.
fn for_recurring(list: &Field<'_>, name: &str, warnings: &mut Vec<String>) {
    let mut seen = Vec::new();
    for field in list.items().map(|item| item.child(name)) {
        if seen.contains(&field.text()) {
            warnings.push(format!("{}: duplicate {name} {}", field.path(), quote(field.text())));
        }
        seen.push(field.text());
    }
}

/// Bytes come in whole numbers.
fn for_fractions(amounts: &Field<'_>, warnings: &mut Vec<String>) {
    for resource in ["memory", "ephemeral-storage"] {
        for_fraction(&amounts.key(resource), warnings);
    }
}

fn for_fraction(field: &Field<'_>, warnings: &mut Vec<String>) {
    let Some(amount) = resources::amount(field.value()).filter(|amount| amount.milli_value() % 1000 != 0) else {
        return;
    };
    let amount = quote(&amount.to_string());
    warnings.push(format!("{}: fractional byte value {amount} is invalid, must be an integer", field.path()));
}

fn for_seccomp(annotation: &Field<'_>, profile: &Field<'_>, warnings: &mut Vec<String>) {
    if annotation.is_set() && !profile.is_set() {
        warnings
            .push(format!("{}: non-functional in v1.27+; use the \"seccompProfile\" field instead", annotation.path()));
    }
}

fn for_container(container: &Field<'_>, pod: &Field<'_>, warnings: &mut Vec<String>) {
    let annotations = pod.child("metadata").child("annotations");
    let name = container.child("name").text();
    let security = container.child("securityContext");
    for_seccomp(
        &annotations.key(&format!("{SECCOMP_CONTAINER_PREFIX}{name}")),
        &security.child("seccompProfile"),
        warnings,
    );
    let app_armor = annotations.key(&format!("{APP_ARMOR_PREFIX}{name}"));
    let is_template = !pod.path().is_empty();
    let pod_profile = pod.child("spec").child("securityContext").child("appArmorProfile");
    let is_said = security.child("appArmorProfile").is_set() || is_same_app_armor(&pod_profile, app_armor.text());
    if is_template && app_armor.is_set() && !is_said {
        warnings
            .push(format!("{}: deprecated since v1.30; use the \"appArmorProfile\" field instead", app_armor.path()));
    }
    for resource in ["memory", "ephemeral-storage"] {
        for list in ["limits", "requests"] {
            for_fraction(&container.child("resources").child(list).key(resource), warnings);
        }
    }
    for_variables(&container.child("env"), warnings);
}

/// Models ApparmorFieldForAnnotation.
fn is_same_app_armor(profile: &Field<'_>, annotation: &str) -> bool {
    match profile.child("type").text() {
        "Unconfined" => annotation == "unconfined",
        "RuntimeDefault" => annotation == "runtime/default",
        "Localhost" => annotation.strip_prefix("localhost/") == profile.child("localhostProfile").value().as_str(),
        _ => false,
    }
}

/// A variable that is set again, unless its new value is made of the old one.
fn for_variables(variables: &Field<'_>, warnings: &mut Vec<String>) {
    let mut seen = Vec::new();
    for variable in variables.items() {
        let name = variable.child("name").text();
        if !seen.contains(&name) {
            seen.push(name);
            continue;
        }
        let reference = format!("$({name})");
        let value = variable.child("value").text();
        if variable.child("valueFrom").is_set() || value == reference || !value.contains(&reference) {
            warnings.push(format!(
                "{}: hides previous definition of {}, which may be dropped when using apply",
                variable.path(),
                quote(name)
            ));
        }
    }
}

fn for_ports(containers: &[Field<'_>], warnings: &mut Vec<String>) {
    let mut seen: Vec<Field<'_>> = Vec::new();
    for port in containers.iter().flat_map(|container| container.child("ports").items()) {
        let number = |port: &Field<'_>, name: &str| port.child(name).int();
        let text = |port: &Field<'_>, name: &str| port.child(name).text().to_owned();
        let (host_port, host_ip) = (number(&port, "hostPort"), text(&port, "hostIP"));
        if !host_ip.is_empty() && host_port == 0 {
            warnings.push(format!(
                "{}: hostIP set without hostPort: {{Name:{} HostPort:0 ContainerPort:{} Protocol:{} HostIP:{host_ip}}}",
                port.path(),
                text(&port, "name"),
                number(&port, "containerPort"),
                text(&port, "protocol"),
            ));
        }
        for other in &seen {
            let is_other = number(&port, "containerPort") != number(other, "containerPort")
                || text(&port, "protocol") != text(other, "protocol");
            if is_other {
                continue;
            }
            let (other_port, other_ip) = (number(other, "hostPort"), text(other, "hostIP"));
            let how = if host_port == other_port && host_ip == other_ip {
                "duplicate"
            } else if host_port == 0 || other_port == 0 {
                "overlapping"
            } else if host_port == other_port && host_ip.is_empty() != other_ip.is_empty() {
                "dangerously ambiguous"
            } else {
                continue;
            };
            warnings.push(format!("{}: {how} port definition with {}", port.path(), other.path()));
        }
        seen.push(port);
    }
}

fn for_port_names(containers: &[Field<'_>], warnings: &mut Vec<String>) {
    let mut seen: Vec<Field<'_>> = Vec::new();
    for port in containers.iter().flat_map(|container| container.child("ports").items()) {
        let name = port.child("name").text();
        if name.is_empty() {
            continue;
        }
        let Some(other) = seen.iter().find(|other| other.child("name").text() == name).map(Field::path) else {
            seen.push(port);
            continue;
        };
        warnings.push(format!(
            "{}: duplicate port name {} with {other}, services and probes that select ports by name will use {other}",
            port.path(),
            quote(name)
        ));
    }
}
