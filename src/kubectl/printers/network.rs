//! Services, EndpointSlices and Ingresses.

use serde_json::Value;

use crate::api::{EndpointSlice, Generic, Service, ServicePort};
use crate::kubectl::field;
use crate::sim::SimTime;

use super::{Column, age, format_labels, or_none};
use crate::sorting;

/// At most this many addresses are listed.
const LISTED: usize = 3;

pub(super) fn service_columns() -> Vec<Column> {
    let plain = ["Name", "Type", "Cluster-IP", "External-IP", "Port(s)", "Age"].map(Column::plain);
    plain.into_iter().chain([Column::wide("Selector")]).collect()
}

pub(super) fn endpoint_slice_columns() -> Vec<Column> {
    ["Name", "AddressType", "Ports", "Endpoints", "Age"].map(Column::plain).into()
}

pub(super) fn ingress_columns() -> Vec<Column> {
    ["Name", "Class", "Hosts", "Address", "Ports", "Age"].map(Column::plain).into()
}

pub(super) fn endpoints_columns() -> Vec<Column> {
    ["Name", "Endpoints", "Age"].map(Column::plain).into()
}

/// Models pkg/printers/internalversion/printers.go printEndpoints, formatEndpoints.
pub(super) fn print_endpoints(endpoints: &Generic, now: SimTime) -> Vec<String> {
    let fields = field::as_value(&endpoints.fields);
    let mut listed = Vec::new();
    for subset in field::list(&fields, "/subsets") {
        let addresses = || field::list(subset, "/addresses").iter().map(|address| field::text(address, "/ip"));
        let ports = field::list(subset, "/ports");
        if ports.is_empty() {
            listed.extend(addresses().map(str::to_owned));
        }
        for port in ports {
            listed.extend(addresses().map(|ip| format!("{ip}:{}", field::number(port, "/port"))));
        }
    }
    let shown = if listed.is_empty() { "<none>".to_owned() } else { with_more(&listed) };
    vec![endpoints.metadata.name.clone(), shown, age(endpoints.metadata.creation_timestamp, now)]
}

/// Models pkg/printers/internalversion/printers.go printService.
pub fn print_service(service: &Service, now: SimTime) -> Vec<String> {
    let spec = &service.spec;
    vec![
        service.metadata.name.clone(),
        spec.kind.clone(),
        or_none(&spec.cluster_ip),
        external_ip(service),
        or_none(&port_string(&spec.ports)),
        age(service.metadata.creation_timestamp, now),
        format_labels(&spec.selector),
    ]
}

/// Models printers.go getServiceExternalIP; no load balancer ever answers in the lab.
fn external_ip(service: &Service) -> String {
    let spec = field::as_value(&service.spec.other);
    let ips: Vec<&str> = field::list(&spec, "/externalIPs").iter().filter_map(Value::as_str).collect();
    match service.spec.kind.as_str() {
        "ExternalName" => field::text(&spec, "/externalName").to_owned(),
        "ClusterIP" | "NodePort" if ips.is_empty() => "<none>".to_owned(),
        "LoadBalancer" if ips.is_empty() => "<pending>".to_owned(),
        "ClusterIP" | "NodePort" | "LoadBalancer" => ips.join(","),
        _ => "<unknown>".to_owned(),
    }
}

/// Models printers.go makePortString.
fn port_string(ports: &[ServicePort]) -> String {
    let one = |port: &ServicePort| {
        if port.node_port > 0 {
            format!("{}:{}/{}", port.port, port.node_port, port.protocol)
        } else {
            format!("{}/{}", port.port, port.protocol)
        }
    };
    ports.iter().map(one).collect::<Vec<_>>().join(",")
}

/// Models pkg/printers/internalversion/printers.go printEndpointSlice.
pub fn print_endpoint_slice(slice: &EndpointSlice, now: SimTime) -> Vec<String> {
    let ports: Vec<String> = slice.ports.iter().map(|port| port.port.to_string()).collect();
    let addresses: Vec<String> = slice.endpoints.iter().map(|endpoint| endpoint.address.clone()).collect();
    vec![
        slice.metadata.name.clone(),
        slice.address_type.clone(),
        with_more(&ports),
        with_more(&addresses),
        age(slice.metadata.creation_timestamp, now),
    ]
}

/// Models printers.go listWithMoreString.
fn with_more(list: &[String]) -> String {
    let listed = list.iter().take(LISTED).cloned().collect::<Vec<_>>().join(",");
    if list.len() > LISTED {
        format!("{listed} + {} more...", list.len() - LISTED)
    } else if listed.is_empty() {
        "<unset>".to_owned()
    } else {
        listed
    }
}

/// Models pkg/printers/internalversion/printers.go printIngress.
pub(super) fn print_ingress(ingress: &Generic, now: SimTime) -> Vec<String> {
    let fields = field::as_value(&ingress.fields);
    let rules = field::list(&fields, "/spec/rules");
    let hosts: Vec<&str> =
        rules.iter().take(LISTED).map(|rule| field::text(rule, "/host")).filter(|host| !host.is_empty()).collect();
    let hosts = match (hosts.is_empty(), rules.len() > LISTED) {
        (true, _) => "*".to_owned(),
        (false, true) => format!("{} + {} more...", hosts.join(","), rules.len() - LISTED),
        (false, false) => hosts.join(","),
    };
    let addresses =
        field::list(&fields, "/status/loadBalancer/ingress").iter().map(|ingress| match field::text(ingress, "/ip") {
            "" => field::text(ingress, "/hostname"),
            ip => ip,
        });
    let addresses = sorting::set(addresses.filter(|address| !address.is_empty()));
    let ports = if field::list(&fields, "/spec/tls").is_empty() { "80" } else { "80, 443" };
    vec![
        ingress.metadata.name.clone(),
        or_none(field::text(&fields, "/spec/ingressClassName")),
        hosts,
        addresses.into_iter().collect::<Vec<_>>().join(","),
        ports.to_owned(),
        age(ingress.metadata.creation_timestamp, now),
    ]
}
