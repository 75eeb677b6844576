//! Addresses and node ports for services.

use serde_json::json;

use super::ApiServer;
use crate::api::{Object, Service};
use crate::sim::Random;

/// Node ports that a stock API server hands out.
const NODE_PORTS: std::ops::Range<i32> = 30_000..32_768;

impl ApiServer {
    /// Gives a service its cluster IP and its node ports. Models pkg/registry/core/service/storage/alloc.go; which ones
    /// are free is decided at random, here from the service's name.
    pub(super) fn allocate_addresses(&self, service: &mut Service, seed: u64) {
        let name = format!("service/{}/{}", service.metadata.namespace, service.metadata.name);
        let mut random = Random::derive(seed, &name);
        if service.spec.kind == "ExternalName" {
            return;
        }
        if service.spec.cluster_ip.is_empty() {
            let mut address = String::new();
            for _ in 0..256 {
                address = format!("10.{}.{}.{}", 96 + random.below(16), random.below(256), 1 + random.below(254));
                if !self.is_used(|other| other.spec.cluster_ip == address) {
                    break;
                }
            }
            service.spec.cluster_ip = address;
        }
        service.spec.other.insert("clusterIPs".to_owned(), json!([service.spec.cluster_ip]));
        service.spec.other.entry("ipFamilies").or_insert_with(|| json!(["IPv4"]));
        service.spec.other.entry("ipFamilyPolicy").or_insert_with(|| json!("SingleStack"));
        if !matches!(service.spec.kind.as_str(), "NodePort" | "LoadBalancer") {
            return;
        }
        let span = u32::try_from(NODE_PORTS.len()).unwrap_or(1);
        for port in service.spec.ports.iter_mut().filter(|port| port.node_port == 0) {
            for _ in 0..256 {
                port.node_port = NODE_PORTS.start + i32::try_from(random.below(span)).unwrap_or(0);
                let number = port.node_port;
                if !self.is_used(|other| other.spec.ports.iter().any(|port| port.node_port == number)) {
                    break;
                }
            }
        }
    }

    fn is_used(&self, uses: impl Fn(&Service) -> bool) -> bool {
        self.store().services(None).any(|service| uses(service))
    }

    /// An update that leaves the address or a node port out keeps the one it has.
    pub(super) fn keep_addresses(new: &mut Service, old: &Service) {
        if new.spec.cluster_ip.is_empty() {
            new.spec.cluster_ip.clone_from(&old.spec.cluster_ip);
        }
        for field in ["clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
            if let (None, Some(value)) = (new.spec.other.get(field), old.spec.other.get(field)) {
                new.spec.other.insert(field.to_owned(), value.clone());
            }
        }
        if !matches!(new.spec.kind.as_str(), "NodePort" | "LoadBalancer") {
            return;
        }
        for port in new.spec.ports.iter_mut().filter(|port| port.node_port == 0) {
            let before =
                old.spec.ports.iter().find(|before| before.port == port.port && before.protocol == port.protocol);
            port.node_port = before.map_or(0, |before| before.node_port);
        }
    }

    /// Gives addresses to what needs them.
    pub(super) fn with_addresses(&self, object: &mut Object, seed: u64) {
        if let Object::Service(service) = object {
            self.allocate_addresses(std::sync::Arc::make_mut(service), seed);
        }
    }
}
