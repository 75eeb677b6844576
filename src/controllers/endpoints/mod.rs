//! The EndpointSlice controller: which pods stand behind a service.
//!
//! Models pkg/controller/endpointslice and staging/src/k8s.io/endpointslice.

mod mirror;
mod slices;
mod tracker;
mod trigger_time;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::plan::reason;
use super::{Plan, Request, controller_reference};
pub use crate::api::well_known::SERVICE_NAME;
pub(super) use crate::api::well_known::TRIGGER_TIME;
use crate::api::{
    Container, Endpoint, EndpointSlice, IntOrString, Kind, Object, ObjectMeta, ObjectReference, Pod, Service,
    ServicePort, StringMap, Time,
};
use crate::apiserver::{DeleteOptions, Key};
use crate::decision::Reason;
use crate::sorting;

pub use mirror::{mirrored, mirrored_change};
use slices::Changes;
use tracker::Standing;
pub use tracker::{Tracked, Trackers};
pub use trigger_time::TriggerTimes;

/// Every rule by which this component decides.
pub const RULES: &[&str] = &["endpoints/update"];

/// The label that names who looks after a slice.
pub const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";
/// The label of the slices of a service without an address of its own.
pub(super) const HEADLESS: &str = "service.kubernetes.io/headless";

const CONTROLLER: &str = "endpointslice-controller.k8s.io";

/// What the controller reads.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The service.
    pub service: &'a Service,
    /// The pods of its namespace that its selector matches, by name.
    pub pods: &'a [Arc<Pod>],
    /// Its slices that are stored and not being deleted, by name.
    pub slices: &'a [Arc<EndpointSlice>],
}

/// Whether the controller looks after this service's endpoints.
pub fn is_managed(service: &Service) -> bool {
    service.spec.kind != "ExternalName" && !service.spec.selector.is_empty()
}

/// Whether the controller looks after this slice, and it is this service's.
pub fn is_slice_of(slice: &EndpointSlice, service: &str) -> bool {
    let label = |name: &str| slice.metadata.labels.get(name).map(String::as_str);
    label(SERVICE_NAME) == Some(service) && label(MANAGED_BY) == Some(CONTROLLER)
}

/// One pass. Models Controller.syncService and Reconciler.reconcileByAddressType; all addresses are IPv4.
pub fn sync(input: &Input<'_>, times: &mut TriggerTimes) -> Plan {
    let service = input.service;
    let mut plan = Plan::default();
    if !is_managed(service) {
        return plan;
    }
    let time = times.changed(service, input.pods);
    let mut stored: BTreeMap<Vec<PortKey<'_>>, Vec<&Arc<EndpointSlice>>> = BTreeMap::new();
    let mut changes = Changes::default();
    for slice in input.slices {
        if slice.metadata.owner_references.iter().any(|owner| owner.uid == service.metadata.uid) {
            stored.entry(port_key(&slice.ports)).or_default().push(slice);
        } else {
            changes.delete.push(Arc::clone(slice));
        }
    }
    let wanted = wanted(service, input.pods);
    for (ports, endpoints) in &wanted {
        let here = stored.remove(&port_key(ports)).unwrap_or_default();
        slices::reconcile(service, &here, ports, endpoints, None, &mut changes);
    }
    // Sets of ports that no pod has any more.
    changes.delete.extend(stored.into_values().flatten().cloned());
    if input.slices.len() == changes.delete.len() && changes.create.is_empty() {
        changes.keep_one(service);
    }
    let (before, now) = (
        targets(input.slices.iter().flat_map(|slice| &slice.endpoints)),
        targets(wanted.iter().flat_map(|(_, endpoints)| endpoints)),
    );
    let ready = |targets: &[(&str, bool)]| targets.iter().filter(|(_, is_ready)| *is_ready).count();
    let standing = Standing { pods: now.len(), ready: ready(&now) };
    let names = || now.iter().filter(|(_, is_ready)| *is_ready).map(|(name, _)| (*name).to_owned()).collect();
    let why = (now != before).then(|| decision(service, ready(&before), standing, &names));
    changes.request(service, time, why, &mut plan);
    plan
}

/// As [`sync`], with a look at no other pods than those that have changed since the last pass. `pod` finds those that the
/// service selects, by name. Answers nothing when it takes a look at all of them: when the last endpoint goes, or a pod
/// has other ports than those before.
pub fn sync_changed(
    service: &Service,
    tracked: &Tracked,
    pod: &dyn Fn(&str) -> Option<Arc<Pod>>,
    times: &mut TriggerTimes,
) -> Option<Plan> {
    let changed: Vec<(&Arc<str>, Option<Arc<Pod>>)> = tracked.changed().map(|name| (name, pod(name))).collect();
    let pods: Vec<Arc<Pod>> = changed.iter().filter_map(|(_, pod)| pod.clone()).collect();
    let mut wanted = wanted(service, &pods);
    let (ports, endpoints) = wanted.pop().unwrap_or_else(|| (tracked.ports().to_vec(), Vec::new()));
    if !wanted.is_empty() || port_key(&ports) != port_key(tracked.ports()) {
        return None;
    }
    let before: Vec<&Arc<Endpoint>> = changed.iter().filter_map(|(name, _)| tracked.endpoint_of(name)).collect();
    let mut standing = tracked.standing;
    before.iter().for_each(|endpoint| standing.count(endpoint, false));
    endpoints.iter().for_each(|endpoint| standing.count(endpoint, true));
    if standing.pods == 0 && tracked.standing.pods > 0 {
        return None;
    }
    let time =
        times.changed_among(&Key::of(&service.metadata), changed.iter().map(|(name, pod)| (*name, pod.as_deref())));
    let mut plan = Plan::default();
    // No pod has an address yet: the slices stay as they are.
    if standing.pods == 0 {
        return Some(plan);
    }
    let mut changes = Changes::default();
    let stored: Vec<&Arc<EndpointSlice>> = tracked.slices.iter().collect();
    slices::reconcile(service, &stored, &ports, &endpoints, Some(tracked), &mut changes);
    let names = || {
        let others = stored.iter().flat_map(|slice| &slice.endpoints);
        let others = others.filter(|endpoint| !tracked.has_changed(&endpoint.target_ref.name));
        let all = targets(others.chain(&endpoints));
        all.into_iter().filter(|(_, is_ready)| *is_ready).map(|(name, _)| name.to_owned()).collect()
    };
    let is_news = targets(before) != targets(&endpoints);
    let why = is_news.then(|| decision(service, tracked.standing.ready, standing, &names));
    changes.request(service, time, why, &mut plan);
    Some(plan)
}

/// The endpoints of the pods, by the ports that the pods have for the service: a port that is named may be another one
/// in each pod.
fn wanted(service: &Service, pods: &[Arc<Pod>]) -> Vec<(Vec<ServicePort>, Vec<Arc<Endpoint>>)> {
    let mut wanted: Vec<(Vec<ServicePort>, Vec<Arc<Endpoint>>)> = Vec::new();
    let mut pods: Vec<&Arc<Pod>> = pods.iter().filter(|pod| has_endpoint(pod)).collect();
    sorting::sort_by_key(&mut pods, |pod| pod.metadata.creation_timestamp);
    for pod in pods {
        let ports = ports_of(service, pod);
        let endpoint = Arc::new(endpoint(pod, service));
        match wanted.iter_mut().find(|(known, _)| port_key(known) == port_key(&ports)) {
            Some((_, endpoints)) => endpoints.push(endpoint),
            None => wanted.push((ports, vec![endpoint])),
        }
    }
    wanted
}

/// What tells ports apart: name, number, protocol and what is spoken there.
type PortKey<'a> = (&'a str, i32, &'a str, Option<&'a str>);

/// Models NewPortMapKey: in which order the ports stand does not matter.
fn port_key(ports: &[ServicePort]) -> Vec<PortKey<'_>> {
    fn key(port: &ServicePort) -> PortKey<'_> {
        (&port.name, port.port, &port.protocol, port.app_protocol.as_deref())
    }
    let mut keys: Vec<PortKey<'_>> = ports.iter().map(key).collect();
    sorting::sort(&mut keys);
    keys
}

/// Models endpointutil.ShouldPodBeInEndpoints: with an address, and not ended; pods that end are among them.
fn has_endpoint(pod: &Pod) -> bool {
    !pod.status.pod_ip.is_empty() && !pod.status.phase.is_terminal()
}

/// Whether endpoints are offered though they are not ready.
fn publishes_all(service: &Service) -> bool {
    service.spec.other.get("publishNotReadyAddresses").and_then(serde_json::Value::as_bool) == Some(true)
}

/// Models podToEndpoint.
fn endpoint(pod: &Pod, service: &Service) -> Endpoint {
    let terminating = pod.metadata.deletion_timestamp.is_some();
    let serving = pod.is_ready();
    Endpoint {
        address: pod.status.pod_ip.clone(),
        ready: publishes_all(service) || (serving && !terminating),
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

/// The service's ports as this pod has them; a name that it does not have is left out. Models getEndpointPorts.
fn ports_of(service: &Service, pod: &Pod) -> Vec<ServicePort> {
    let resolved = |port: &ServicePort| {
        Some(ServicePort { port: target_port(port, pod)?, target_port: None, node_port: 0, ..port.clone() })
    };
    service.spec.ports.iter().filter_map(resolved).collect()
}

/// The pods' port behind a service's port. Models FindPort of staging/src/k8s.io/endpointslice/utils.go.
pub fn target_port(port: &ServicePort, pod: &Pod) -> Option<i32> {
    match &port.target_port {
        None | Some(IntOrString::Int(0)) => Some(port.port),
        Some(IntOrString::Int(number)) => Some(*number),
        Some(IntOrString::String(name)) => {
            let sidecars = pod.spec.init_containers.iter().filter(|container| container.is_sidecar());
            let mut containers = pod.spec.containers.iter().chain(sidecars);
            containers.find_map(|container| named_port(container, name, &port.protocol))
        }
    }
}

fn named_port(container: &Container, name: &str, protocol: &str) -> Option<i32> {
    container.ports.iter().find(|port| port.name == name && port.protocol == protocol).map(|port| port.container_port)
}

/// A slice of a service without endpoints. Models newEndpointSlice.
fn new_slice(service: &Service, ports: &[ServicePort]) -> EndpointSlice {
    EndpointSlice {
        metadata: ObjectMeta {
            generate_name: format!("{}-", service.metadata.name),
            namespace: service.metadata.namespace.clone(),
            labels: labels(service),
            owner_references: vec![controller_reference(Kind::Service, &service.metadata)].into(),
            ..ObjectMeta::default()
        },
        address_type: "IPv4".to_owned(),
        endpoints: Vec::new(),
        ports: ports.to_vec(),
    }
}

/// The service's own labels, but for those by which slices are found, and these. Models setEndpointSliceLabels.
fn labels(service: &Service) -> StringMap {
    let mut labels = service.metadata.labels.clone();
    labels.remove(HEADLESS);
    if is_headless(service) {
        labels.insert(HEADLESS.to_owned(), String::new());
    }
    labels.insert(SERVICE_NAME.to_owned(), service.metadata.name.clone());
    labels.insert(MANAGED_BY.to_owned(), CONTROLLER.to_owned());
    labels
}

/// Models isServiceIPSet.
fn is_headless(service: &Service) -> bool {
    matches!(service.spec.cluster_ip.as_str(), "" | "None")
}

/// The names of the pods behind these endpoints, in order, and whether each is ready.
fn targets<'a>(endpoints: impl IntoIterator<Item = &'a Arc<Endpoint>>) -> Vec<(&'a str, bool)> {
    let mut targets: Vec<_> = endpoints.into_iter().map(|it| (it.target_ref.name.as_str(), it.ready)).collect();
    sorting::sort(&mut targets);
    targets
}

/// Why the slices become what they become, when a pod has come, gone, or changed its readiness. The pods are named while
/// one slice could hold them: of thousands nobody reads all names at each change.
fn decision(service: &Service, ready_before: usize, now: Standing, names: &dyn Fn() -> Vec<String>) -> Reason {
    let mut inputs = vec![
        ("service", service.metadata.name.as_str().into()),
        ("pods", now.pods.into()),
        ("readyBefore", ready_before.into()),
        ("ready", now.ready.into()),
    ];
    if now.ready <= slices::LIMIT {
        inputs.push(("readyPods", names().into()));
    }
    reason("endpoints/update", inputs, format!("send {}'s requests to {} pods", service.metadata.name, now.ready))
}

impl Changes {
    /// A service has at least one slice: where none would be, an empty one stays.
    fn keep_one(&mut self, service: &Service) {
        let empty = new_slice(service, &[]);
        let is_there = match self.delete.as_slice() {
            [only] => {
                let only = EndpointSlice { metadata: ObjectMeta::default(), ..EndpointSlice::clone(only) };
                let same = EndpointSlice { metadata: ObjectMeta::default(), ..empty.clone() };
                only == same && self.delete.iter().all(|slice| slice.metadata.labels == empty.metadata.labels)
            }
            _ => false,
        };
        if is_there {
            self.delete.clear();
        } else {
            self.create.push(empty);
        }
    }

    /// The requests. Models Reconciler.finalize: instead of deleting one slice and creating another, the one becomes
    /// the other.
    fn request(mut self, service: &Service, time: Option<Time>, mut why: Option<Reason>, plan: &mut Plan) {
        let (own, others): (Vec<_>, Vec<_>) = std::mem::take(&mut self.delete)
            .into_iter()
            .partition(|slice| slice.metadata.owner_references.iter().any(|owner| owner.uid == service.metadata.uid));
        self.delete = others;
        for slice in own {
            match self.create.pop() {
                Some(mut new) => {
                    new.metadata.name.clone_from(&slice.metadata.name);
                    new.metadata.generate_name.clone_from(&slice.metadata.generate_name);
                    self.update.push(new);
                }
                None => self.delete.push(slice),
            }
        }
        let dated = |mut slice: EndpointSlice| {
            slice.metadata.annotations.remove(TRIGGER_TIME);
            if let Some(time) = time {
                slice.metadata.annotations.insert(TRIGGER_TIME.to_owned(), time.to_string());
            }
            Object::EndpointSlice(Arc::new(slice))
        };
        if service.metadata.deletion_timestamp.is_none() {
            for slice in self.create {
                plan.request(Request::Create(dated(slice)), why.take());
            }
        }
        for slice in self.update {
            plan.request(Request::Update(dated(slice)), why.take());
        }
        for slice in self.delete {
            let (kind, key) = (Kind::EndpointSlice, Key::of(&slice.metadata));
            plan.request(Request::Delete { kind, key, options: DeleteOptions::default() }, why.take());
        }
    }
}

#[cfg(test)]
mod tests;
