//! Services and EndpointSlices.

use std::sync::Arc;

use serde_json::Value;

use crate::api::{EndpointSlice, IntOrString, Service, ServicePort};
use crate::kubectl::field;
use crate::kubectl::printers::format_labels;

use super::event::describe_events;
use super::{Description, Related, or_none};

/// At most this many endpoints are listed.
const LISTED: usize = 3;

/// Models k8s.io/kubectl/pkg/describe describeService.
pub fn describe_service(service: &Service, related: &Related<'_>, out: &mut Description) {
    let (metadata, spec) = (&service.metadata, &service.spec);
    let other = field::as_value(&spec.other);
    out.line(0, &format!("Name:\t{}", metadata.name));
    out.line(0, &format!("Namespace:\t{}", metadata.namespace));
    out.labels("Labels", &metadata.labels);
    out.annotations("Annotations", &metadata.annotations);
    out.line(0, &format!("Selector:\t{}", format_labels(&spec.selector)));
    out.line(0, &format!("Type:\t{}", spec.kind));
    describe_optional("IP Family Policy", "/ipFamilyPolicy", &other, out);
    out.line(0, &format!("IP Families:\t{}", or_none(&joined(&other, "/ipFamilies"))));
    out.line(0, &format!("IP:\t{}", spec.cluster_ip));
    out.line(0, &format!("IPs:\t{}", or_none(&joined(&other, "/clusterIPs"))));
    let external = joined(&other, "/externalIPs");
    if !external.is_empty() {
        out.line(0, &format!("External IPs:\t{external}"));
    }
    describe_optional("Desired LoadBalancer IP", "/loadBalancerIP", &other, out);
    describe_optional("External Name", "/externalName", &other, out);
    for port in &spec.ports {
        describe_port(port, related.endpoint_slices, out);
    }
    out.line(0, &format!("Session Affinity:\t{}", field::text(&other, "/sessionAffinity")));
    describe_optional("External Traffic Policy", "/externalTrafficPolicy", &other, out);
    describe_optional("Internal Traffic Policy", "/internalTrafficPolicy", &other, out);
    let ranges = joined(&other, "/loadBalancerSourceRanges");
    if !ranges.is_empty() {
        out.line(0, &format!("LoadBalancer Source Ranges:\t{ranges}"));
    }
    describe_optional("Traffic Distribution", "/trafficDistribution", &other, out);
    if let Some(events) = related.events {
        describe_events(events, related, out);
    }
}

fn describe_optional(title: &str, pointer: &str, fields: &Value, out: &mut Description) {
    let text = field::text(fields, pointer);
    if !text.is_empty() {
        out.line(0, &format!("{title}:\t{text}"));
    }
}

fn joined(fields: &Value, pointer: &str) -> String {
    field::list(fields, pointer).iter().map(field::scalar).collect::<Vec<_>>().join(",")
}

fn describe_port(port: &ServicePort, slices: &[Arc<EndpointSlice>], out: &mut Description) {
    let name = if port.name.is_empty() { "<unset>" } else { &port.name };
    let protocol = &port.protocol;
    out.line(0, &format!("Port:\t{name}\t{}/{protocol}", port.port));
    let target = match &port.target_port {
        None => "0".to_owned(),
        Some(IntOrString::Int(number)) => number.to_string(),
        Some(IntOrString::String(name)) => name.clone(),
    };
    out.line(0, &format!("TargetPort:\t{target}/{protocol}"));
    if let Some(application) = &port.app_protocol {
        out.line(0, &format!("AppProtocol:\t{application}"));
    }
    if port.node_port != 0 {
        out.line(0, &format!("NodePort:\t{name}\t{}/{protocol}", port.node_port));
    }
    out.line(0, &format!("Endpoints:\t{}", endpoints(slices, &port.name)));
}

/// Models k8s.io/kubectl/pkg/describe formatEndpointSlices.
pub(super) fn endpoints(slices: &[Arc<EndpointSlice>], port_name: &str) -> String {
    if slices.is_empty() {
        return "<none>".to_owned();
    }
    let mut addresses = Vec::new();
    for slice in slices {
        let ready = || slice.endpoints.iter().filter(|endpoint| endpoint.ready);
        if slice.ports.is_empty() {
            addresses.extend(ready().map(|endpoint| endpoint.address.clone()));
        }
        for port in slice.ports.iter().filter(|port| port.name == port_name) {
            addresses.extend(ready().map(|endpoint| format!("{}:{}", endpoint.address, port.port)));
        }
    }
    let listed = addresses.iter().take(LISTED).cloned().collect::<Vec<_>>().join(",");
    if addresses.len() > LISTED { format!("{listed} + {} more...", addresses.len() - LISTED) } else { listed }
}

/// Models k8s.io/kubectl/pkg/describe describeEndpointSliceV1.
pub fn describe_endpoint_slice(slice: &EndpointSlice, related: &Related<'_>, out: &mut Description) {
    out.line(0, &format!("Name:\t{}", slice.metadata.name));
    out.line(0, &format!("Namespace:\t{}", slice.metadata.namespace));
    out.labels("Labels", &slice.metadata.labels);
    out.annotations("Annotations", &slice.metadata.annotations);
    out.line(0, &format!("AddressType:\t{}", slice.address_type));
    if slice.ports.is_empty() {
        out.line(0, "Ports: <unset>");
    } else {
        out.line(0, "Ports:");
        out.line(1, "Name\tPort\tProtocol");
        out.line(1, "----\t----\t--------");
    }
    for port in &slice.ports {
        let name = if port.name.is_empty() { "<unset>" } else { &port.name };
        out.line(1, &format!("{name}\t{}\t{}", port.port, port.protocol));
    }
    out.line(0, if slice.endpoints.is_empty() { "Endpoints: <none>" } else { "Endpoints:" });
    for endpoint in &slice.endpoints {
        out.line(1, &format!("- Addresses:\t{}", endpoint.address));
        out.line(2, "Conditions:");
        out.line(3, &format!("Ready:\t{}", endpoint.ready));
        out.line(2, "Hostname:\t<unset>");
        if !endpoint.target_ref.name.is_empty() {
            out.line(2, &format!("TargetRef:\t{}/{}", endpoint.target_ref.kind, endpoint.target_ref.name));
        }
        let node = if endpoint.node_name.is_empty() { "<unset>" } else { &endpoint.node_name };
        out.line(2, &format!("NodeName:\t{node}"));
        out.line(2, "Zone:\t<unset>");
    }
    if let Some(events) = related.events {
        describe_events(events, related, out);
    }
}
