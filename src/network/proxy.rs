//! kube-proxy: what the node knows of services and their endpoints, a moment later than the API server.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::api::well_known::SERVICE_NAME as SERVICE_LABEL;
use crate::api::{Endpoint, EndpointSlice, Kind, Object, Service, ServicePort};
use crate::apiserver::{Key, Store};
use crate::sim::SimTime;
use crate::sorting;

/// From a change of endpoints until the node's rules are written.
const WRITE_MS: u64 = 20;
/// Rules are written at most this often. Models minSyncPeriod of kube-proxy's iptables mode.
const MIN_SYNC_PERIOD_MS: u64 = 1_000;

/// The node's rules.
#[derive(Clone, Debug, Default)]
pub struct Proxy {
    services: BTreeMap<Key, Vec<Rule>>,
    due: Option<SimTime>,
    last_sync: Option<SimTime>,
}

/// Where connections to one port of a service go.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The service's port.
    pub port: i32,
    /// The node's port; 0 for none.
    pub node_port: i32,
    /// Where it goes: one of these, at random.
    pub backends: Arc<[Backend]>,
}

/// A pod behind a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backend {
    /// Address.
    pub ip: String,
    /// Port.
    pub port: u16,
    /// The pod's name.
    pub pod: Arc<str>,
    /// The image of the pod's first container, which is taken for the pod's version.
    pub version: Arc<str>,
}

impl Proxy {
    /// Services or endpoints have changed.
    pub fn changed(&mut self, now: SimTime) {
        let earliest = self.last_sync.map_or(SimTime::ZERO, |last| last + MIN_SYNC_PERIOD_MS);
        self.due.get_or_insert((now + WRITE_MS).max(earliest));
    }

    /// When the rules are written next.
    pub fn next_at(&self) -> SimTime {
        self.due.unwrap_or(SimTime::NEVER)
    }

    /// Writes the rules as the API server has them now.
    pub fn sync(&mut self, store: &Store, now: SimTime) {
        self.due = None;
        self.last_sync = Some(now);
        let mut slices: BTreeMap<Key, Vec<&EndpointSlice>> = BTreeMap::new();
        for object in store.list(Kind::EndpointSlice, None) {
            let Object::EndpointSlice(slice) = object else { continue };
            if let Some(name) = slice.metadata.labels.get(SERVICE_LABEL) {
                slices.entry(Key::new(slice.metadata.namespace.as_str(), name.as_str())).or_default().push(slice);
            }
        }
        self.services = sorting::map(store.services(None).map(|service| {
            let key = Key::of(&service.metadata);
            let slices = slices.get(&key).map(Vec::as_slice).unwrap_or_default();
            (key, rules(service, slices, store))
        }));
    }

    /// The rules of a service; none when the node has not heard of it.
    pub fn rules(&self, service: &Key) -> &[Rule] {
        self.services.get(service).map(Vec::as_slice).unwrap_or_default()
    }
}

fn rules(service: &Service, slices: &[&EndpointSlice], store: &Store) -> Vec<Rule> {
    let rule = |port: &ServicePort| Rule {
        port: port.port,
        node_port: port.node_port,
        backends: backends(&port.name, slices, store).into(),
    };
    service.spec.ports.iter().map(rule).collect()
}

/// The ready endpoints; those that end and still serve when none is ready.
/// Models pkg/proxy/topology.go CategorizeEndpoints.
fn backends(port_name: &str, slices: &[&EndpointSlice], store: &Store) -> Vec<Backend> {
    let all = || {
        slices
            .iter()
            .filter_map(|slice| Some((slice, slice.ports.iter().find(|port| port.name == port_name)?)))
            .flat_map(|(slice, port)| {
                slice.endpoints.iter().map(move |endpoint| (slice.metadata.namespace.as_str(), endpoint, port))
            })
    };
    let backend = |(namespace, endpoint, port): (&str, &Arc<Endpoint>, &ServicePort)| {
        let pod = store.pod(&Key::new(namespace, endpoint.target_ref.name.as_str()));
        let image = pod.and_then(|pod| pod.spec.containers.first()).map_or("", |container| container.image.as_str());
        Some(Backend {
            ip: endpoint.address.clone(),
            port: u16::try_from(port.port).ok()?,
            pod: Arc::from(endpoint.target_ref.name.as_str()),
            version: Arc::from(image),
        })
    };
    let ready: Vec<Backend> = all().filter(|(_, endpoint, _)| endpoint.ready).filter_map(backend).collect();
    if !ready.is_empty() {
        return ready;
    }
    all().filter(|(_, endpoint, _)| endpoint.serving && endpoint.terminating).filter_map(backend).collect()
}
