//! The network: from a client to a pod's program, directly or through a service.

use crate::api::{EndpointSlice, Object, Service, ServicePort};
use crate::apiserver::{Key, NODE, NODE_IP};
use crate::cluster::Cluster;
use crate::images::{Outcome, Request};
use crate::sim::Random;

/// Where a request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A pod's program, or the lack of one, decided.
    From {
        /// The pod's address.
        pod_ip: String,
        /// What became of the connection.
        outcome: Outcome,
    },
    /// The name means nothing.
    UnknownHost,
    /// The service has no ready endpoint: kube-proxy refuses the connection.
    NoEndpoints,
}

/// Sends a request to `host`:`port` from inside of the cluster or from the node: a pod's address, a service's address or
/// name (`web`, `web.default`, `web.default.svc.cluster.local`), or the node's address with a node port.
pub fn send(cluster: &mut Cluster, host: &str, port: u16, request: &Request) -> Reply {
    if cluster.kubelet().pod_of_ip(host).is_some() {
        return to_pod(cluster, host, port, request);
    }
    let on_node = matches!(host, NODE | NODE_IP);
    let services = || cluster.api.store().services(None);
    let found = if on_node {
        services().find_map(|service| Some((service.clone(), node_port(service, port)?.clone())))
    } else {
        let named = services().find(|service| service.spec.cluster_ip == host || is_named(service, host));
        match named {
            Some(service) => match service.spec.ports.iter().find(|candidate| candidate.port == i32::from(port)) {
                Some(found) => Some((service.clone(), found.clone())),
                None => return Reply::NoEndpoints,
            },
            None => None,
        }
    };
    let Some((service, port)) = found else {
        let is_address = on_node || host.split('.').all(|part| part.parse::<u8>().is_ok());
        let nowhere = if on_node { Outcome::Refused } else { Outcome::Unreachable };
        return if is_address { Reply::From { pod_ip: host.to_owned(), outcome: nowhere } } else { Reply::UnknownHost };
    };
    match choose(cluster, &service, &port) {
        Some((address, port)) => to_pod(cluster, &address, port, request),
        None => Reply::NoEndpoints,
    }
}

fn to_pod(cluster: &mut Cluster, pod_ip: &str, port: u16, request: &Request) -> Reply {
    let now = cluster.now();
    let outcome = cluster.kubelet_mut().request(now, pod_ip, port, request);
    Reply::From { pod_ip: pod_ip.to_owned(), outcome }
}

fn node_port(service: &Service, port: u16) -> Option<&ServicePort> {
    service.spec.ports.iter().find(|candidate| candidate.node_port == i32::from(port))
}

fn is_named(service: &Service, host: &str) -> bool {
    let (name, namespace) = (&service.metadata.name, &service.metadata.namespace);
    (host == name && namespace == "default")
        || ["", ".svc", ".svc.cluster.local"].iter().any(|domain| host == format!("{name}.{namespace}{domain}"))
}

/// kube-proxy's choice: one of the ready endpoints at random; terminating ones that still serve when none is ready.
/// Models pkg/proxy/topology.go CategorizeEndpoints and the iptables mode's random choice.
fn choose(cluster: &mut Cluster, service: &Service, port: &ServicePort) -> Option<(String, u16)> {
    let slice = slice_of(cluster, service)?;
    let mut usable: Vec<&str> =
        slice.endpoints.iter().filter(|endpoint| endpoint.ready).map(|endpoint| endpoint.address.as_str()).collect();
    if usable.is_empty() {
        let serves = |endpoint: &&crate::api::Endpoint| endpoint.serving && endpoint.terminating;
        usable = slice.endpoints.iter().filter(serves).map(|endpoint| endpoint.address.as_str()).collect();
    }
    let target = slice.ports.iter().find(|candidate| candidate.name == port.name)?.port;
    let number = cluster.count_request();
    let stream = format!("proxy/{}/{number}", Key::of(&service.metadata));
    let mut random = Random::derive(cluster.config().seed, &stream);
    let chosen = usable.get(random.below(u32::try_from(usable.len()).ok()?) as usize)?;
    Some(((*chosen).to_owned(), u16::try_from(target).ok()?))
}

fn slice_of(cluster: &Cluster, service: &Service) -> Option<std::sync::Arc<EndpointSlice>> {
    cluster.api.store().owned_by(&service.metadata.uid).find_map(|object| match object {
        Object::EndpointSlice(slice) => Some(std::sync::Arc::clone(slice)),
        _ => None,
    })
}
