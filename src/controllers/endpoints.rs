//! The EndpointSlice controller: which pods stand behind a service.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::api::{
    Container, Endpoint, EndpointSlice, Generic, IntOrString, Kind, Object, ObjectMeta, ObjectReference, Pod, Service,
    ServicePort,
};

use super::controller_reference;
use crate::decision::Reason;
use crate::sorting;

/// Every rule by which this component decides.
pub const RULES: &[&str] = &["endpoints/update"];

/// Why the slice of `service` becomes what it becomes; nothing when no pod has come, gone, or changed its readiness.
pub fn reason(service: &Service, slice: &EndpointSlice, stored: Option<&EndpointSlice>) -> Option<Reason> {
    let targets = |slice: &EndpointSlice| -> Vec<(String, bool)> {
        slice.endpoints.iter().map(|endpoint| (endpoint.target_ref.name.clone(), endpoint.ready)).collect()
    };
    let (now, before) = (targets(slice), stored.map(targets).unwrap_or_default());
    let ready = |targets: &[(String, bool)]| -> Vec<String> {
        targets.iter().filter(|(_, is_ready)| *is_ready).map(|(name, _)| name.clone()).collect()
    };
    let (ready_now, ready_before) = (ready(&now), ready(&before));
    (now != before).then(|| Reason {
        rule: "endpoints/update",
        inputs: vec![
            ("service", service.metadata.name.as_str().into()),
            ("pods", now.len().into()),
            ("readyBefore", ready_before.len().into()),
            ("ready", ready_now.len().into()),
            ("readyPods", ready_now.clone().into()),
        ],
        action: format!("send {}'s requests to {} pods", service.metadata.name, ready_now.len()),
    })
}

/// The slice that belongs to `service`, given the pods of its namespace and the slice that is stored.
/// Models k8s.io/endpointslice reconciler and utils podToEndpoint; all endpoints stand in one slice here.
pub fn slice_for<'a>(
    service: &Service,
    pods: impl Iterator<Item = &'a Pod>,
    stored: Option<&EndpointSlice>,
) -> Option<EndpointSlice> {
    if service.spec.selector.is_empty() {
        return None;
    }
    let mut chosen: Vec<&Pod> = pods.filter(|pod| is_behind(pod, service)).collect();
    sorting::sort_by_key(&mut chosen, |pod| (pod.metadata.creation_timestamp, pod.metadata.name.clone()));
    let ports = chosen.first().map_or_else(Vec::new, |pod| resolved_ports(service, pod));
    let name = service.metadata.name.clone();
    let metadata = stored.map_or_else(
        || ObjectMeta {
            generate_name: format!("{name}-"),
            namespace: service.metadata.namespace.clone(),
            labels: sorting::map([
                ("endpointslice.kubernetes.io/managed-by".to_owned(), "endpointslice-controller.k8s.io".to_owned()),
                ("kubernetes.io/service-name".to_owned(), name.clone()),
            ]),
            owner_references: vec![controller_reference(Kind::Service, &service.metadata)],
            ..ObjectMeta::default()
        },
        |stored| stored.metadata.clone(),
    );
    let endpoints = chosen.into_iter().map(|pod| endpoint(pod, service)).collect();
    Some(EndpointSlice { metadata, address_type: "IPv4".to_owned(), endpoints, ports })
}

/// The `v1 Endpoints` object that stands for a service's slice; none for anything else. The store holds only the slice.
/// Models pkg/controller/endpoint syncService: pods that end are left out, ready ones and others stand apart.
pub fn mirrored(object: &Object) -> Option<Object> {
    let Object::EndpointSlice(slice) = object else { return None };
    let mut metadata = ObjectMeta {
        name: slice.metadata.labels.get("kubernetes.io/service-name")?.clone(),
        labels: sorting::map([("endpoints.kubernetes.io/managed-by".to_owned(), "endpoint-controller".to_owned())]),
        ..slice.metadata.clone()
    };
    metadata.owner_references.clear();
    metadata.generate_name.clear();
    let addresses = |is_ready: bool| -> Vec<Value> {
        let mut here: Vec<&Endpoint> = slice.endpoints.iter().collect();
        here.retain(|endpoint| !endpoint.terminating && endpoint.ready == is_ready);
        // Models RepackSubsets, which sorts by the address's bytes.
        sorting::sort_by_key(&mut here, |endpoint| {
            endpoint.address.split('.').map(|part| part.parse::<u8>().ok()).collect::<Vec<_>>()
        });
        let value = |endpoint: &Endpoint| {
            let pod = &endpoint.target_ref;
            if pod.name.is_empty() {
                return json!({"ip": endpoint.address});
            }
            let target = json!({"kind": pod.kind, "name": pod.name, "namespace": pod.namespace, "uid": pod.uid});
            json!({"ip": endpoint.address, "nodeName": endpoint.node_name, "targetRef": target})
        };
        here.into_iter().map(value).collect()
    };
    let mut subset = Map::new();
    for (name, addresses) in [("addresses", addresses(true)), ("notReadyAddresses", addresses(false))] {
        if !addresses.is_empty() {
            subset.insert(name.to_owned(), Value::Array(addresses));
        }
    }
    let mut fields = Map::new();
    if !subset.is_empty() {
        let port = |port: &ServicePort| {
            let mut value = json!({"port": port.port, "protocol": port.protocol});
            if let (false, Some(fields)) = (port.name.is_empty(), value.as_object_mut()) {
                fields.insert("name".to_owned(), json!(port.name));
            }
            value
        };
        subset.insert("ports".to_owned(), slice.ports.iter().map(port).collect());
        fields.insert("subsets".to_owned(), json!([subset]));
    }
    Some(Object::Generic(Arc::new(Generic { kind: Kind::Endpoints, metadata, fields })))
}

/// Models endpointutil.ShouldPodBeInEndpoints: with an address, and not ended.
fn is_behind(pod: &Pod, service: &Service) -> bool {
    let labels = &pod.metadata.labels;
    service.spec.selector.iter().all(|(key, value)| labels.get(key) == Some(value))
        && !pod.status.pod_ip.is_empty()
        && !pod.status.phase.is_terminal()
}

fn endpoint(pod: &Pod, service: &Service) -> Endpoint {
    let terminating = pod.metadata.deletion_timestamp.is_some();
    let serving = pod.is_ready();
    let publishes =
        service.spec.other.get("publishNotReadyAddresses").and_then(serde_json::Value::as_bool) == Some(true);
    Endpoint {
        address: pod.status.pod_ip.clone(),
        ready: publishes || (serving && !terminating),
        serving,
        terminating,
        target_ref: ObjectReference {
            kind: "Pod".to_owned(),
            namespace: pod.metadata.namespace.clone(),
            name: pod.metadata.name.clone(),
            uid: pod.metadata.uid.clone(),
            ..ObjectReference::default()
        },
        node_name: pod.node_name.clone(),
    }
}

fn resolved_ports(service: &Service, pod: &Pod) -> Vec<ServicePort> {
    service
        .spec
        .ports
        .iter()
        .filter_map(|port| Some(ServicePort { port: target_port(port, pod)?, ..port.clone() }))
        .collect()
}

/// The pods' port behind a service's port. Models podutil.FindPort.
pub fn target_port(port: &ServicePort, pod: &Pod) -> Option<i32> {
    match &port.target_port {
        None | Some(IntOrString::Int(0)) => Some(port.port),
        Some(IntOrString::Int(number)) => Some(*number),
        Some(IntOrString::String(name)) => {
            pod.spec.containers.iter().find_map(|container| named_port(container, name, &port.protocol))
        }
    }
}

fn named_port(container: &Container, name: &str, protocol: &str) -> Option<i32> {
    container.ports.iter().find(|port| port.name == name && port.protocol == protocol).map(|port| port.container_port)
}
