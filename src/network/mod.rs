//! The network: from a client to a pod's program, directly or through a service.

mod proxy;
mod traffic;

use crate::api::Service;
use crate::apiserver::{Key, NODE, NODE_IP};
use crate::cluster::Cluster;
use crate::images::{Outcome, Request};
use crate::sim::Random;

pub use proxy::{Backend, Proxy, Rule};
pub use traffic::{Fate, Loss, MOST_PER_SECOND, Sample, Second, Stream, Totals, Traffic};

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
    let is_meant = |service: &&std::sync::Arc<Service>| {
        if on_node {
            service.spec.ports.iter().any(|candidate| candidate.node_port == i32::from(port))
        } else {
            service.spec.cluster_ip == host || is_named(service, host)
        }
    };
    let found = cluster.api.store().services(None).find(is_meant);
    let Some(key) = found.map(|service| Key::of(&service.metadata)) else {
        let is_address = on_node || host.split('.').all(|part| part.parse::<u8>().is_ok());
        let nowhere = if on_node { Outcome::Refused } else { Outcome::Unreachable };
        return if is_address { Reply::From { pod_ip: host.to_owned(), outcome: nowhere } } else { Reply::UnknownHost };
    };
    let is_headless = found_is_headless(cluster, &key);
    let rules = cluster.proxy().rules(&key).iter();
    let rule = rules.into_iter().find(|rule| {
        let candidate = if on_node { rule.node_port } else { rule.port };
        // The name of a headless service is one of its pods, and its ports are theirs.
        candidate == i32::from(port) || is_headless && rule.backends.iter().any(|backend| backend.port == port)
    });
    let Some(backends) = rule.map(|rule| std::sync::Arc::clone(&rule.backends)) else { return Reply::NoEndpoints };
    // kube-proxy's iptables mode chooses at random.
    let number = cluster.count_request();
    let mut random = Random::derive(cluster.config().seed, &format!("proxy/{key}/{number}"));
    let count = u32::try_from(backends.len()).unwrap_or(u32::MAX);
    match backends.get(random.below(count) as usize) {
        Some(backend) => {
            let port = if is_headless { port } else { backend.port };
            to_pod(cluster, &backend.ip, port, request)
        }
        None => Reply::NoEndpoints,
    }
}

fn found_is_headless(cluster: &Cluster, key: &Key) -> bool {
    cluster.api.store().service(key).is_some_and(|service| service.spec.cluster_ip == "None")
}

fn to_pod(cluster: &mut Cluster, pod_ip: &str, port: u16, request: &Request) -> Reply {
    let now = cluster.now();
    let outcome = cluster.kubelet_mut().request(now, pod_ip, port, request);
    Reply::From { pod_ip: pod_ip.to_owned(), outcome }
}

fn is_named(service: &Service, host: &str) -> bool {
    let (name, namespace) = (&service.metadata.name, &service.metadata.namespace);
    (host == name && namespace == "default")
        || ["", ".svc", ".svc.cluster.local"].iter().any(|domain| host == format!("{name}.{namespace}{domain}"))
}
