//! How Services look, with the requests on their way.

use std::sync::Arc;

use hellok8s_lab::api::{EndpointSlice, Kind, Object, Service};
use hellok8s_lab::cluster::Cluster;
use hellok8s_lab::network::{Fate, Traffic};

use super::rows::Look;

/// How a Service looks.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceLook {
    /// Uid.
    pub uid: String,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Address and ports.
    pub address: String,
    /// Endpoints that get requests.
    pub ready: usize,
    /// All endpoints.
    pub endpoints: usize,
    /// Requests a second that clients send.
    pub rate: u32,
    /// Requests answered well so far.
    pub answered: u64,
    /// Requests lost or answered with an error so far.
    pub lost: u64,
    /// The newest requests: number, and whether answered well.
    pub recent: Vec<(u64, bool)>,
}

impl Look for ServiceLook {
    fn uid(&self) -> &str {
        &self.uid
    }
}

/// Requests that are drawn as dots on their way.
const DOTS: usize = 24;

pub(super) fn service_looks(cluster: &Cluster) -> Vec<ServiceLook> {
    let (store, traffic) = (cluster.api.store(), cluster.traffic());
    let slices: Vec<_> = store
        .list(Kind::EndpointSlice, None)
        .filter_map(|object| match object {
            Object::EndpointSlice(slice) => Some(slice),
            _ => None,
        })
        .collect();
    let services = store.services(None).filter(|service| service.metadata.name != "kubernetes");
    services.map(|service| service_look(service, &slices, traffic)).collect()
}

// Kept out of its caller: a first visit may do without Services.
#[inline(never)]
fn service_look(service: &Service, slices: &[&Arc<EndpointSlice>], traffic: &Traffic) -> ServiceLook {
    let (name, namespace) = (&service.metadata.name, &service.metadata.namespace);
    let mine = slices.iter().filter(|slice| {
        slice.metadata.namespace == *namespace && slice.metadata.labels.get("kubernetes.io/service-name") == Some(name)
    });
    let endpoints: Vec<bool> = mine.flat_map(|slice| slice.endpoints.iter().map(|endpoint| endpoint.ready)).collect();
    let key = format!("{namespace}/{name}");
    let rate = traffic.streams().find(|stream| *stream.service == *key).map_or(0, |stream| stream.per_second);
    let recent = traffic.recent().rev().filter(|sample| *sample.service == *key).take(DOTS);
    let is_good = |fate: Fate| matches!(fate, Fate::Answered(status) if status < 500);
    let ports: Vec<String> = service.spec.ports.iter().map(|port| port.port.to_string()).collect();
    let totals = traffic.service(&key).cloned().unwrap_or_default();
    ServiceLook {
        uid: service.metadata.uid.clone(),
        namespace: namespace.clone(),
        name: name.clone(),
        address: format!("{}:{}", service.spec.cluster_ip, ports.join(",")),
        ready: endpoints.iter().filter(|ready| **ready).count(),
        endpoints: endpoints.len(),
        rate,
        answered: totals.answered,
        lost: totals.lost() + totals.errors,
        recent: recent.map(|sample| (sample.number, is_good(sample.fate))).collect(),
    }
}
