//! Ingresses and their classes.

use std::sync::Arc;

use serde_json::Value;

use crate::api::{EndpointSlice, Generic, Object, Service};
use crate::kubectl::field;
use crate::sorting;

use super::event::describe_events;
use super::network::endpoints;
use super::{Description, Related, or_none};

/// `services` are those of the namespace. Models k8s.io/kubectl/pkg/describe IngressDescriber.describeIngressV1.
pub(super) fn describe_ingress(object: &Generic, services: &[Object], related: &Related<'_>, out: &mut Description) {
    let (metadata, fields) = (&object.metadata, field::as_value(&object.fields));
    out.line(0, &format!("Name:\t{}", metadata.name));
    out.labels("Labels", &metadata.labels);
    out.line(0, &format!("Namespace:\t{}", metadata.namespace));
    let mut addresses: Vec<&str> = field::list(&fields, "/status/loadBalancer/ingress")
        .iter()
        .map(|one| Some(field::text(one, "/ip")).filter(|ip| !ip.is_empty()).unwrap_or(field::text(one, "/hostname")))
        .filter(|address| !address.is_empty())
        .collect();
    sorting::sort(&mut addresses);
    addresses.dedup();
    out.line(0, &format!("Address:\t{}", addresses.join(",")));
    out.line(0, &format!("Ingress Class:\t{}", or_none(field::text(&fields, "/spec/ingressClassName"))));
    let of = |given: &Value| backend(given, services, related.endpoint_slices);
    let default = fields.pointer("/spec/defaultBackend").filter(|backend| !backend.is_null());
    let default = default.map_or_else(|| "<default>".to_owned(), of);
    out.line(0, &format!("Default backend:\t{default}"));
    let tls = field::list(&fields, "/spec/tls");
    if !tls.is_empty() {
        out.line(0, "TLS:");
    }
    for one in tls {
        let hosts: Vec<&str> = field::list(one, "/hosts").iter().filter_map(Value::as_str).collect();
        match field::text(one, "/secretName") {
            "" => out.line(1, &format!("SNI routes {}", hosts.join(","))),
            secret => out.line(1, &format!("{secret} terminates {}", hosts.join(","))),
        }
    }
    out.write("Rules:\n  Host\tPath\tBackends\n");
    out.line(1, "----\t----\t--------");
    let rules = field::list(&fields, "/spec/rules").iter();
    let mut rules = rules.filter(|rule| rule.get("http").is_some_and(|http| !http.is_null())).peekable();
    if rules.peek().is_none() {
        out.line(1, &format!("*\t*\t{default}"));
    }
    for rule in rules {
        let host = match field::text(rule, "/host") {
            "" => "*",
            host => host,
        };
        out.line(1, &format!("{host}\t"));
        for path in field::list(rule, "/http/paths") {
            let backend = path.get("backend").map(of).unwrap_or_default();
            out.line(2, &format!("\t{} \t{backend}", field::text(path, "/path")));
        }
    }
    out.annotations("Annotations", &metadata.annotations);
    if let Some(events) = related.events {
        describe_events(events, related, out);
    }
}

/// Models describeBackendV1.
fn backend(backend: &Value, services: &[Object], slices: &[Arc<EndpointSlice>]) -> String {
    if let Some(given) = backend.get("service").filter(|service| !service.is_null()) {
        let (name, port) = (field::text(given, "/name"), field::text(given, "/port/name"));
        let number = field::number(given, "/port/number");
        let shown = if number == 0 { port.to_owned() } else { number.to_string() };
        let found = services.iter().find_map(|object| match object {
            Object::Service(service) if service.metadata.name == name => Some(service),
            _ => None,
        });
        let Some(service) = found else {
            return format!("{name}:{shown} (<error: services \"{name}\" not found>)");
        };
        let mine: Vec<Arc<EndpointSlice>> = slices.iter().filter(|slice| is_of(slice, service)).cloned().collect();
        let fits = |one: &&crate::api::ServicePort| {
            number != 0 && i64::from(one.port) == number || !port.is_empty() && one.name == port
        };
        let port = service.spec.ports.iter().rfind(fits).map_or("", |port| port.name.as_str());
        return format!("{name}:{shown} ({})", endpoints(&mine, port));
    }
    match backend.get("resource").filter(|resource| !resource.is_null()) {
        None => String::new(),
        Some(resource) => format!(
            "APIGroup: {}, Kind: {}, Name: {}",
            resource.get("apiGroup").and_then(Value::as_str).unwrap_or("<none>"),
            field::text(resource, "/kind"),
            field::text(resource, "/name")
        ),
    }
}

fn is_of(slice: &EndpointSlice, service: &Service) -> bool {
    slice.metadata.labels.get(crate::api::well_known::SERVICE_NAME) == Some(&service.metadata.name)
}

/// Models k8s.io/kubectl/pkg/describe IngressClassDescriber.describeIngressClassV1.
pub(super) fn describe_class(object: &Generic, related: &Related<'_>, out: &mut Description) {
    let fields = field::as_value(&object.fields);
    out.line(0, &format!("Name:\t{}", object.metadata.name));
    out.labels("Labels", &object.metadata.labels);
    out.annotations("Annotations", &object.metadata.annotations);
    out.line(0, &format!("Controller:\t{}", field::text(&fields, "/spec/controller")));
    if let Some(parameters) = fields.pointer("/spec/parameters").filter(|found| !found.is_null()) {
        out.line(0, "Parameters:");
        if let Some(group) = parameters.get("apiGroup").and_then(Value::as_str) {
            out.line(1, &format!("APIGroup:\t{group}"));
        }
        out.line(1, &format!("Kind:\t{}", field::text(parameters, "/kind")));
        out.line(1, &format!("Name:\t{}", field::text(parameters, "/name")));
    }
    if let Some(events) = related.events {
        describe_events(events, related, out);
    }
}
