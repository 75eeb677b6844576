//! Services. Models pkg/apis/core/validation/validation.go validateService.

use serde_json::Value;

use super::error::{BadValue, FieldError, go_json};
use super::field::Field;
use super::labels::validate_labels;
use super::object_meta::{self, Scope};
use super::ports::{PROTOCOLS, validate_number, validate_number_or_name};
use super::{ip, names, service_addresses};

const LONGEST_AFFINITY_S: i64 = 86_400;
const TOPOLOGY_MODE: &str = "service.kubernetes.io/topology-mode";
const TOPOLOGY_HINTS: &str = "service.kubernetes.io/topology-aware-hints";
const SOURCE_RANGES: &str = "service.beta.kubernetes.io/load-balancer-source-ranges";
const ONLY_LOAD_BALANCER: &str = "may only be used when `type` is 'LoadBalancer'";

/// A new one. Models ValidateServiceCreate; since 1.35 a name may begin with a digit.
pub(super) fn validate(service: &Field<'_>, errors: &mut Vec<FieldError>) {
    object_meta::validate(&service.child("metadata"), Scope::Namespaced, names::dns1123_label, errors);
    validate_service(service, &Field::root(&Value::Null), errors);
}

/// A changed one. Models ValidateServiceUpdate.
pub(super) fn validate_update(service: &Field<'_>, old: &Field<'_>, errors: &mut Vec<FieldError>) {
    object_meta::validate_update(&service.child("metadata"), &old.child("metadata"), errors);
    let (spec, old_spec) = (service.child("spec"), old.child("spec"));
    service_addresses::validate_cluster_ip_change(&spec, &old_spec, errors);
    service_addresses::validate_family_change(&spec, &old_spec, errors);
    let class = spec.child("loadBalancerClass");
    let is_balanced = |spec: &Field<'_>| spec.child("type").text() == "LoadBalancer";
    let both = is_balanced(&spec) && is_balanced(&old_spec);
    if both && class.value() != old_spec.child("loadBalancerClass").value() {
        errors.push(class.invalid_value("may not change once set"));
    }
    validate_load_balancer_class(&spec, errors);
    let port = spec.child("healthCheckNodePort");
    let both = needs_health_check(&spec) && needs_health_check(&old_spec);
    if both && port.int() != old_spec.child("healthCheckNodePort").int() {
        errors.push(port.forbidden("field is immutable"));
    }
    validate_service(service, old, errors);
}

/// Whether it has no address of its own. Models isHeadlessService.
pub(super) fn is_headless(spec: &Field<'_>) -> bool {
    spec.child("clusterIPs").texts() == ["None"]
}

/// Models apiservice.ExternallyAccessible.
pub(super) fn is_externally_accessible(spec: &Field<'_>) -> bool {
    match spec.child("type").text() {
        "LoadBalancer" | "NodePort" => true,
        "ClusterIP" => spec.child("externalIPs").len() > 0,
        _ => false,
    }
}

/// Models apiservice.NeedsHealthCheck.
pub(super) fn needs_health_check(spec: &Field<'_>) -> bool {
    spec.child("type").text() == "LoadBalancer" && spec.child("externalTrafficPolicy").text() == "Local"
}

fn validate_service(service: &Field<'_>, old: &Field<'_>, errors: &mut Vec<FieldError>) {
    let annotations = service.child("metadata").child("annotations");
    let (mode, hints) = (annotations.key(TOPOLOGY_MODE), annotations.key(TOPOLOGY_HINTS));
    if mode.is_set() && hints.is_set() && mode.text() != hints.text() {
        errors.push(mode.invalid_text(format!("must match annotations[{TOPOLOGY_HINTS}] when both are specified")));
    }
    let spec = service.child("spec");
    let ports = spec.child("ports");
    let kind = spec.child("type");
    let headless = is_headless(&spec);
    if ports.len() == 0 && !headless && kind.text() != "ExternalName" {
        errors.push(ports.required(""));
    }
    if headless && ["LoadBalancer", "NodePort"].contains(&kind.text()) {
        let detail = format!("may not be set to 'None' for {} services", kind.text());
        errors.push(spec.child("clusterIPs").index(0).invalid_text(detail));
    }
    if kind.text() == "ExternalName" {
        validate_external_name(&spec, errors);
    }
    let mut port_names = Vec::new();
    for port in ports.items() {
        validate_port(&port, ports.len() > 1, &mut port_names, errors);
    }
    validate_labels(&spec.child("selector"), errors);
    validate_session_affinity(&spec, errors);
    service_addresses::validate(&spec, &old.child("spec"), errors);
    validate_external_ips(&spec, &old.child("spec"), errors);
    kind.check_enum(&["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"], errors);
    validate_ports_together(&spec, errors);
    validate_source_ranges(&spec, &old.child("spec"), &annotations, errors);
    validate_load_balancer_ports(&spec, errors);
    validate_load_balancer_class(&spec, errors);
    validate_traffic_policies(&spec, errors);
}

fn validate_external_name(spec: &Field<'_>, errors: &mut Vec<FieldError>) {
    for name in ["clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
        let field = spec.child(name);
        if field.len() > 0 || !field.text().is_empty() {
            errors.push(field.forbidden("may not be set for ExternalName services"));
        }
    }
    let external_name = spec.child("externalName");
    let name = external_name.text().strip_suffix('.').unwrap_or(external_name.text());
    if name.is_empty() {
        errors.push(external_name.required(""));
    } else {
        let complaints = names::dns1123_subdomain(name);
        errors.extend(complaints.into_iter().map(|complaint| external_name.invalid(name, complaint)));
    }
}

/// Models validateServicePort.
fn validate_port<'a>(port: &Field<'a>, needs_name: bool, seen: &mut Vec<&'a str>, errors: &mut Vec<FieldError>) {
    let name = port.child("name");
    if !name.text().is_empty() {
        name.check_text(names::dns1123_label(name.text()), errors);
        if seen.contains(&name.text()) {
            errors.push(name.duplicate(name.text()));
        } else {
            seen.push(name.text());
        }
    } else if needs_name {
        errors.push(name.required(""));
    }
    validate_number(&port.child("port"), errors);
    port.child("protocol").check_enum(&PROTOCOLS, errors);
    validate_number_or_name(&port.child("targetPort"), errors);
    let app_protocol = port.child("appProtocol");
    if app_protocol.is_set() {
        app_protocol.check_text(names::qualified_name(app_protocol.text()), errors);
    }
}

/// What the ports must be among each other: a node port needs the type, and no pair of port and protocol recurs.
fn validate_ports_together(spec: &Field<'_>, errors: &mut Vec<FieldError>) {
    let ports: Vec<Field<'_>> = spec.child("ports").items().collect();
    let node_ports = || ports.iter().map(|port| port.child("nodePort")).filter(|port| port.int() != 0);
    if spec.child("type").text() == "ClusterIP" {
        errors.extend(node_ports().map(|port| port.forbidden("may not be used when `type` is 'ClusterIP'")));
    }
    let mut seen = Vec::new();
    for port in &ports {
        let node_port = port.child("nodePort");
        let key = (port.child("protocol").text(), node_port.int());
        if node_port.int() != 0 && seen.contains(&key) {
            errors.push(node_port.duplicate(node_port.int()));
        }
        seen.push(key);
    }
    let mut seen = Vec::new();
    for port in &ports {
        let key = (port.child("protocol").text(), port.child("port").int());
        if seen.contains(&key) {
            let protocol = go_json(&Value::from(key.0));
            let json = format!(
                "{{\"Name\":\"\",\"Protocol\":{protocol},\"AppProtocol\":null,\"Port\":{},\"TargetPort\":0,\"NodePort\":0}}",
                key.1
            );
            errors.push(port.duplicate(BadValue::Json(json)));
        }
        seen.push(key);
    }
}

fn validate_session_affinity(spec: &Field<'_>, errors: &mut Vec<FieldError>) {
    let affinity = spec.child("sessionAffinity");
    let config = spec.child("sessionAffinityConfig");
    affinity.check_enum(&["ClientIP", "None"], errors);
    if affinity.text() == "None" && config.is_set() {
        errors.push(config.forbidden("must not be set when session affinity is None"));
    }
    if affinity.text() != "ClientIP" {
        return;
    }
    let timeout = config.child("clientIP").child("timeoutSeconds");
    for needed in [&config, &config.child("clientIP"), &timeout] {
        if !needed.is_set() {
            errors.push(needed.required("when session affinity type is ClientIP"));
            return;
        }
    }
    if !(1..=LONGEST_AFFINITY_S).contains(&timeout.int()) {
        let detail = format!("must be greater than 0 and less than {LONGEST_AFFINITY_S}");
        errors.push(timeout.invalid(timeout.int(), detail));
    }
}

fn validate_external_ips(spec: &Field<'_>, old: &Field<'_>, errors: &mut Vec<FieldError>) {
    let stored = old.child("externalIPs").texts();
    for address in spec.child("externalIPs").items() {
        let before = errors.len();
        ip::validate(&address, &stored, errors);
        if errors.len() == before {
            ip::validate_reachable(&address, errors);
        }
    }
}

fn validate_source_ranges(spec: &Field<'_>, old: &Field<'_>, annotations: &Field<'_>, errors: &mut Vec<FieldError>) {
    let is_balanced = spec.child("type").text() == "LoadBalancer";
    let ranges =
        spec.child("loadBalancerSourceRanges").reported_as(format!("{}.LoadBalancerSourceRanges", spec.path()));
    if ranges.len() > 0 {
        if !is_balanced {
            errors.push(ranges.forbidden(ONLY_LOAD_BALANCER));
        }
        let stored: Vec<&str> = old.child("loadBalancerSourceRanges").texts().into_iter().map(str::trim).collect();
        for range in ranges.items() {
            ip::validate_block(&range, range.text().trim(), &stored, errors);
        }
        return;
    }
    let annotation = annotations.key(SOURCE_RANGES);
    if !annotation.is_set() {
        return;
    }
    if !is_balanced {
        errors.push(annotation.forbidden(ONLY_LOAD_BALANCER));
    }
    for range in annotation.text().split(',').map(str::trim).filter(|_| !annotation.text().trim().is_empty()) {
        ip::validate_block(&annotation, range, &[], errors);
    }
}

fn validate_load_balancer_ports(spec: &Field<'_>, errors: &mut Vec<FieldError>) {
    let allocate = spec.child("allocateLoadBalancerNodePorts");
    let is_balanced = spec.child("type").text() == "LoadBalancer";
    if allocate.is_set() && !is_balanced {
        errors.push(allocate.forbidden(ONLY_LOAD_BALANCER));
    }
    if !allocate.is_set() && is_balanced {
        errors.push(allocate.reported_as("allocateLoadBalancerNodePorts".to_owned()).required(""));
    }
}

/// Models validateLoadBalancerClassField.
fn validate_load_balancer_class(spec: &Field<'_>, errors: &mut Vec<FieldError>) {
    let class = spec.child("loadBalancerClass");
    if !class.is_set() {
        return;
    }
    if spec.child("type").text() == "LoadBalancer" {
        class.check_text(names::qualified_name(class.text()), errors);
    } else {
        errors.push(class.forbidden(ONLY_LOAD_BALANCER));
    }
}

/// Models validateServiceExternalTrafficPolicy and what follows it in validateService.
fn validate_traffic_policies(spec: &Field<'_>, errors: &mut Vec<FieldError>) {
    let external = spec.child("externalTrafficPolicy");
    if is_externally_accessible(spec) {
        external.check_enum(&["Cluster", "Local"], errors);
    } else if !external.text().is_empty() {
        errors.push(external.invalid_value("may only be set for externally-accessible services"));
    }
    let port = spec.child("healthCheckNodePort");
    if !needs_health_check(spec) {
        if port.int() != 0 {
            errors.push(port.invalid(
                port.int(),
                "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
            ));
        }
    } else if port.int() != 0 {
        validate_number(&port, errors);
    }
    let internal = spec.child("internalTrafficPolicy");
    if internal.is_set() {
        if !["Cluster", "Local"].contains(&internal.text()) {
            errors.push(internal.not_supported(internal.value(), &["Cluster", "Local"]));
        }
    } else if ["NodePort", "LoadBalancer", "ClusterIP"].contains(&spec.child("type").text()) {
        errors.push(internal.required(""));
    }
    let distribution = spec.child("trafficDistribution");
    let supported = ["PreferClose", "PreferSameZone", "PreferSameNode"];
    if distribution.is_set() && !supported.contains(&distribution.text()) {
        errors.push(distribution.not_supported(distribution.text(), &supported));
    }
}
