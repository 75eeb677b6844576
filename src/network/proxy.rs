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
    /// What was read of each slice at the last sync: of a slice that has changed since only the endpoints that have
    /// changed are read anew.
    parts: BTreeMap<Key, Arc<Part>>,
    due: Option<SimTime>,
    last_sync: Option<SimTime>,
    read: usize,
}

/// Where connections to one port of a service go.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The service's port.
    pub port: i32,
    /// The node's port; 0 for none.
    pub node_port: i32,
    /// Where it goes: one of these, at random.
    pub backends: Backends,
}

/// The pods behind one port of a service, a list for each of its slices.
#[derive(Clone, Debug, Default)]
pub struct Backends(Vec<List>);

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

/// The pods behind one port of one slice.
type List = Arc<[Arc<Backend>]>;

/// A slice as it was read.
#[derive(Clone, Debug)]
struct Part {
    slice: Arc<EndpointSlice>,
    /// For each of its ports the backend of each endpoint; none where the port is no number of a port.
    backends: Vec<Vec<Option<Arc<Backend>>>>,
    /// For each of its ports where connections go: the ready endpoints, and those that end and still serve.
    ready: Vec<List>,
    ending: Vec<List>,
}

impl Backends {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.iter().map(|part| part.len()).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|part| part.is_empty())
    }

    /// The one with this number.
    pub fn get(&self, number: usize) -> Option<&Arc<Backend>> {
        let mut before = 0;
        for part in &self.0 {
            if let Some(backend) = part.get(number - before) {
                return Some(backend);
            }
            before += part.len();
        }
        None
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Backend>> {
        self.0.iter().flat_map(|part| part.iter())
    }
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

    /// How many endpoints have been read so far: what the work costs.
    pub fn read(&self) -> usize {
        self.read
    }

    /// Writes the rules as the API server has them now.
    pub fn sync(&mut self, store: &Store, now: SimTime) {
        self.due = None;
        self.last_sync = Some(now);
        let mut slices: BTreeMap<Key, Vec<Arc<Part>>> = BTreeMap::new();
        let mut parts = BTreeMap::new();
        for object in store.list(Kind::EndpointSlice, None) {
            let Object::EndpointSlice(slice) = object else { continue };
            let Some(name) = slice.metadata.labels.get(SERVICE_LABEL) else { continue };
            let key = Key::of(&slice.metadata);
            let known = self.parts.get(&key);
            let part = match known.filter(|known| Arc::ptr_eq(&known.slice, slice)) {
                Some(known) => Arc::clone(known),
                None => {
                    let (part, read) = Part::read(slice, known.map(|known| &**known), store);
                    self.read += read;
                    Arc::new(part)
                }
            };
            let service = Key::new(slice.metadata.namespace.as_str(), name.as_str());
            slices.entry(service).or_default().push(Arc::clone(&part));
            parts.insert(key, part);
        }
        self.parts = parts;
        self.services = sorting::map(store.services(None).map(|service| {
            let key = Key::of(&service.metadata);
            let parts = slices.get(&key).map(Vec::as_slice).unwrap_or_default();
            (key, rules(service, parts))
        }));
    }

    /// The rules of a service; none when the node has not heard of it.
    pub fn rules(&self, service: &Key) -> &[Rule] {
        self.services.get(service).map(Vec::as_slice).unwrap_or_default()
    }
}

impl Part {
    /// Reads a slice. The endpoints that it shares with the version before are known from there; with it how many are not.
    fn read(slice: &Arc<EndpointSlice>, known: Option<&Self>, store: &Store) -> (Self, usize) {
        let known = known.filter(|known| known.slice.ports == slice.ports);
        let before = known.map(|known| known.slice.endpoints.as_slice()).unwrap_or_default();
        let mut at = 0;
        let mut sources: Vec<Option<usize>> = Vec::new();
        for endpoint in &slice.endpoints {
            // Endpoints keep their order, so the next one that is known stands behind the last one.
            let place = before.iter().skip(at).position(|known| Arc::ptr_eq(known, endpoint)).map(|step| at + step);
            at = place.map_or(at, |place| place + 1);
            sources.push(place);
        }
        let backends: Vec<Vec<Option<Arc<Backend>>>> = slice
            .ports
            .iter()
            .enumerate()
            .map(|(number, port)| {
                let known = known.and_then(|known| known.backends.get(number));
                let read = |(source, endpoint): (&Option<usize>, &Arc<Endpoint>)| {
                    let shared = source.and_then(|at| known?.get(at).cloned());
                    shared.unwrap_or_else(|| backend(slice, endpoint, port, store))
                };
                sources.iter().zip(&slice.endpoints).map(read).collect()
            })
            .collect();
        let chosen = |is_chosen: &dyn Fn(&Endpoint) -> bool| {
            let of_port = |backends: &Vec<Option<Arc<Backend>>>| {
                let of_endpoints = slice.endpoints.iter().zip(backends);
                of_endpoints
                    .filter(|(endpoint, _)| is_chosen(endpoint))
                    .filter_map(|(_, found)| found.clone())
                    .collect()
            };
            backends.iter().map(of_port).collect()
        };
        let ready = chosen(&|endpoint| endpoint.ready);
        let ending = chosen(&|endpoint| endpoint.serving && endpoint.terminating);
        let read = sources.iter().filter(|source| source.is_none()).count();
        (Self { slice: Arc::clone(slice), backends, ready, ending }, read)
    }
}

fn backend(slice: &EndpointSlice, endpoint: &Endpoint, port: &ServicePort, store: &Store) -> Option<Arc<Backend>> {
    let pod = store.pod(&Key::new(slice.metadata.namespace.as_str(), endpoint.target_ref.name.as_str()));
    let image = pod.and_then(|pod| pod.spec.containers.first()).map_or("", |container| container.image.as_str());
    Some(Arc::new(Backend {
        ip: endpoint.address.clone(),
        port: u16::try_from(port.port).ok()?,
        pod: Arc::from(endpoint.target_ref.name.as_str()),
        version: Arc::from(image),
    }))
}

fn rules(service: &Service, parts: &[Arc<Part>]) -> Vec<Rule> {
    let rule =
        |port: &ServicePort| Rule { port: port.port, node_port: port.node_port, backends: backends(&port.name, parts) };
    service.spec.ports.iter().map(rule).collect()
}

/// The ready endpoints; those that end and still serve when none is ready.
/// Models pkg/proxy/topology.go CategorizeEndpoints.
fn backends(port_name: &str, parts: &[Arc<Part>]) -> Backends {
    let of_parts = |lists: &dyn Fn(&Part) -> &[List]| {
        let of_part = |part: &Arc<Part>| {
            let number = part.slice.ports.iter().position(|port| port.name == port_name)?;
            lists(part).get(number).filter(|list| !list.is_empty()).cloned()
        };
        Backends(parts.iter().filter_map(of_part).collect())
    };
    let ready = of_parts(&|part| &part.ready);
    if ready.is_empty() { of_parts(&|part| &part.ending) } else { ready }
}
