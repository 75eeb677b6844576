//! The `v1 Endpoints` object that stands for a service's slices: the store holds only the slices.
//!
//! Models pkg/controller/endpoint/endpoints_controller.go syncService.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{HEADLESS, SERVICE_NAME, is_headless};
use crate::api::{Endpoint, EndpointSlice, Generic, Kind, Object, ObjectMeta, ServicePort};
use crate::apiserver::{ChangeType, Key, Store};
use crate::sorting;

/// The `v1 Endpoints` of a namespace's services, or of all.
pub fn mirrored(store: &Store, namespace: Option<&str>) -> Vec<Object> {
    let mut services: BTreeMap<Key, Vec<&EndpointSlice>> = BTreeMap::new();
    for object in store.list(Kind::EndpointSlice, namespace) {
        if let (Object::EndpointSlice(slice), Some(key)) = (object, service_of(object)) {
            services.entry(key).or_default().push(slice);
        }
    }
    services.iter().filter_map(|(key, slices)| mirror(store, key, slices)).collect()
}

/// What a change of this slice does to its service's `v1 Endpoints`, with the service's other slices as they are stored;
/// none for anything else.
pub fn mirrored_change(store: &Store, changed: &Object, change: ChangeType) -> Option<(Object, ChangeType)> {
    let (Object::EndpointSlice(slice), Some(key)) = (changed, service_of(changed)) else { return None };
    let mut others: Vec<&EndpointSlice> = Vec::new();
    for object in store.list(Kind::EndpointSlice, Some(&key.namespace)) {
        let is_other = object.metadata().uid != slice.metadata.uid && service_of(object).as_ref() == Some(&key);
        if let (Object::EndpointSlice(other), true) = (object, is_other) {
            others.push(other);
        }
    }
    // The first slice makes the Endpoints, and the last one takes them along.
    let is_last = others.is_empty();
    if is_last || change != ChangeType::Deleted {
        others.push(slice);
    }
    Some((mirror(store, &key, &others)?, if is_last { change } else { ChangeType::Modified }))
}

fn service_of(slice: &Object) -> Option<Key> {
    let metadata = slice.metadata();
    Some(Key::new(metadata.namespace.as_str(), metadata.labels.get(SERVICE_NAME)?.as_str()))
}

fn mirror(store: &Store, key: &Key, slices: &[&EndpointSlice]) -> Option<Object> {
    let first = slices.iter().min_by_key(|slice| (slice.metadata.creation_timestamp, &slice.metadata.name))?;
    let service = store.service(key);
    let mut metadata = ObjectMeta {
        name: key.name.to_string(),
        labels: service.map(|service| service.metadata.labels.clone()).unwrap_or_default(),
        ..first.metadata.clone()
    };
    metadata.labels.insert("endpoints.kubernetes.io/managed-by".to_owned(), "endpoint-controller".to_owned());
    if service.is_some_and(|service| is_headless(service)) {
        metadata.labels.insert(HEADLESS.to_owned(), String::new());
    }
    metadata.owner_references.clear();
    metadata.generate_name.clear();
    metadata.generation = 0;
    // A headless service may have no ports; then its pods have none, and count nevertheless.
    let has_no_ports = service.is_some_and(|service| service.spec.ports.is_empty());
    let mut groups: Vec<(&[ServicePort], Vec<&Endpoint>)> = Vec::new();
    for slice in slices.iter().filter(|slice| has_no_ports || !slice.ports.is_empty()) {
        match groups.iter_mut().find(|(ports, _)| *ports == slice.ports.as_slice()) {
            Some((_, endpoints)) => endpoints.extend(slice.endpoints.iter().map(|endpoint| &**endpoint)),
            None => groups.push((&slice.ports, slice.endpoints.iter().map(|endpoint| &**endpoint).collect())),
        }
    }
    let subsets: Vec<Value> = groups.iter().filter_map(|(ports, endpoints)| subset(ports, endpoints)).collect();
    let mut fields = Map::new();
    if !subsets.is_empty() {
        fields.insert("subsets".to_owned(), json!(subsets));
    }
    Some(Object::Generic(Arc::new(Generic { kind: Kind::Endpoints, metadata, fields })))
}

/// Endpoints of the same ports, ready ones and others apart; pods that end are left out.
fn subset(ports: &[ServicePort], endpoints: &[&Endpoint]) -> Option<Value> {
    let addresses = |is_ready: bool| -> Vec<Value> {
        let mut here: Vec<&&Endpoint> = endpoints.iter().collect();
        here.retain(|endpoint| (endpoint.ready || !endpoint.terminating) && endpoint.ready == is_ready);
        // Models RepackSubsets, which sorts by the address's bytes.
        sorting::sort_by_key(&mut here, |endpoint| {
            endpoint.address.split('.').map(|part| part.parse::<u8>().ok()).collect::<Vec<_>>()
        });
        here.into_iter().map(|endpoint| address(endpoint)).collect()
    };
    let mut subset = Map::new();
    for (name, addresses) in [("addresses", addresses(true)), ("notReadyAddresses", addresses(false))] {
        if !addresses.is_empty() {
            subset.insert(name.to_owned(), Value::Array(addresses));
        }
    }
    if subset.is_empty() {
        return None;
    }
    if !ports.is_empty() {
        subset.insert("ports".to_owned(), ports.iter().map(port).collect());
    }
    Some(Value::Object(subset))
}

fn address(endpoint: &Endpoint) -> Value {
    let pod = &endpoint.target_ref;
    if pod.name.is_empty() {
        return json!({"ip": endpoint.address});
    }
    let target = json!({"kind": pod.kind, "name": pod.name, "namespace": pod.namespace, "uid": pod.uid});
    json!({"ip": endpoint.address, "nodeName": endpoint.node_name, "targetRef": target})
}

fn port(port: &ServicePort) -> Value {
    let mut value = json!({"port": port.port, "protocol": port.protocol});
    let Some(fields) = value.as_object_mut() else { return value };
    if !port.name.is_empty() {
        fields.insert("name".to_owned(), json!(port.name));
    }
    if let Some(application) = &port.app_protocol {
        fields.insert("appProtocol".to_owned(), json!(application));
    }
    value
}
