//! Addresses and node ports for services.
//!
//! Models pkg/registry/core/service/storage/alloc.go; which ones of the free are given is decided at random, here from
//! the service's name.

use std::net::Ipv4Addr;

use serde_json::json;

use super::rest::invalid;
use super::{ApiServer, Status};
use crate::api::validation::{BadValue, FieldError, FieldErrorKind, invalid_message};
use crate::api::{Kind, Object, Service};
use crate::sim::Random;

/// Node ports that a stock API server hands out.
const NODE_PORTS: std::ops::Range<i32> = 30_000..32_768;
/// The addresses of services: network and bits.
const CLUSTER_IPS: (Ipv4Addr, u32) = (Ipv4Addr::new(10, 96, 0, 0), 12);
/// How often a free one is sought at random.
const ATTEMPTS: u32 = 256;

impl ApiServer {
    /// Gives a service what it needs and has not got, and checks what it asks for.
    ///
    /// # Errors
    /// `Invalid` when an address or a port is not to be had.
    pub(super) fn with_addresses(&self, object: &mut Object) -> Result<(), Status> {
        let Object::Service(service) = object else { return Ok(()) };
        let service = std::sync::Arc::make_mut(service);
        if service.spec.kind == "ExternalName" {
            return Ok(());
        }
        let name = format!("service/{}/{}", service.metadata.namespace, service.metadata.name);
        let mut random = Random::derive(self.seed, &name);
        self.allocate_cluster_ip(service, &mut random)?;
        if matches!(service.spec.kind.as_str(), "NodePort" | "LoadBalancer") {
            self.allocate_node_ports(service, &mut random)?;
        }
        Ok(())
    }

    fn allocate_cluster_ip(&self, service: &mut Service, random: &mut Random) -> Result<(), Status> {
        let is_taken = |address: &str| self.is_used(service, |other| other.spec.cluster_ip == address);
        let asked_for = service.spec.cluster_ip.clone();
        if asked_for.is_empty() {
            let mut address = String::new();
            for _ in 0..ATTEMPTS {
                address = format!("10.{}.{}.{}", 96 + random.below(16), random.below(256), 1 + random.below(254));
                if !is_taken(&address) {
                    break;
                }
            }
            service.spec.cluster_ip = address;
        } else if let Some(why) = why_no_cluster_ip(&asked_for, is_taken(&asked_for)) {
            let value = BadValue::Json(json!([asked_for]).to_string());
            return Err(refusal(service, "spec.clusterIPs".to_owned(), value, why));
        }
        service.spec.other.insert("clusterIPs".to_owned(), json!([service.spec.cluster_ip]));
        service.spec.other.entry("ipFamilies").or_insert_with(|| json!(["IPv4"]));
        service.spec.other.entry("ipFamilyPolicy").or_insert_with(|| json!("SingleStack"));
        Ok(())
    }

    /// Ports of the same number share a node port. Models initNodePorts and updateNodePorts.
    fn allocate_node_ports(&self, service: &mut Service, random: &mut Random) -> Result<(), Status> {
        let gives_new = service.spec.kind == "NodePort"
            || service.spec.other.get("allocateLoadBalancerNodePorts") != Some(&json!(false));
        let span = u32::try_from(NODE_PORTS.len()).unwrap_or(1);
        for at in 0..service.spec.ports.len() {
            let ports = &service.spec.ports;
            let Some(port) = ports.get(at).cloned() else { continue };
            let is_taken = |number: i32| {
                self.is_used(service, |other| other.spec.ports.iter().any(|port| port.node_port == number))
            };
            if port.node_port != 0 {
                let why = if !NODE_PORTS.contains(&port.node_port) {
                    "provided port is not in the valid range. The range of valid ports is 30000-32767"
                } else if is_taken(port.node_port) {
                    "provided port is already allocated"
                } else {
                    continue;
                };
                let field = format!("spec.ports[{at}].nodePort");
                return Err(refusal(service, field, i64::from(port.node_port).into(), why.to_owned()));
            }
            let shared = ports.iter().find(|other| other.port == port.port && other.node_port != 0);
            let mut number = shared.map_or(0, |other| other.node_port);
            for _ in 0..ATTEMPTS {
                if number != 0 || !gives_new {
                    break;
                }
                let drawn = NODE_PORTS.start + i32::try_from(random.below(span)).unwrap_or(0);
                if !is_taken(drawn) && !ports.iter().any(|other| other.node_port == drawn) {
                    number = drawn;
                }
            }
            if let Some(port) = service.spec.ports.get_mut(at) {
                port.node_port = number;
            }
        }
        Ok(())
    }

    fn is_used(&self, by_other_than: &Service, uses: impl Fn(&Service) -> bool) -> bool {
        self.store().services(None).any(|other| other.metadata.uid != by_other_than.metadata.uid && uses(other))
    }

    /// An update that leaves the address or a node port out keeps the one it has. Models patchAllocatedValues.
    pub(super) fn keep_addresses(new: &mut Service, old: &Service) {
        let is_external = |service: &Service| service.spec.kind == "ExternalName";
        if !is_external(new) && !is_external(old) {
            if new.spec.cluster_ip.is_empty() {
                new.spec.cluster_ip.clone_from(&old.spec.cluster_ip);
            }
            for field in ["clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
                if let (None, Some(value)) = (new.spec.other.get(field), old.spec.other.get(field)) {
                    new.spec.other.insert(field.to_owned(), value.clone());
                }
            }
        }
        let has_node_ports = |service: &Service| matches!(service.spec.kind.as_str(), "NodePort" | "LoadBalancer");
        if !has_node_ports(new) || !has_node_ports(old) {
            return;
        }
        let stays = |number: i32| new.spec.ports.iter().any(|port| port.node_port == number);
        // Ports are the same when they have the same name: everything else may have been changed.
        let before: Vec<(String, i32)> = old
            .spec
            .ports
            .iter()
            .filter(|port| !stays(port.node_port))
            .map(|port| (port.name.clone(), port.node_port))
            .collect();
        for port in new.spec.ports.iter_mut().filter(|port| port.node_port == 0) {
            port.node_port = before.iter().rfind(|(name, _)| *name == port.name).map_or(0, |(_, number)| *number);
        }
    }
}

/// Why the address that a service asks for cannot be its own. Models pkg/registry/core/service/ipallocator.
fn why_no_cluster_ip(address: &str, is_taken: bool) -> Option<String> {
    // `None` is a headless service's, and what is no address was refused before.
    let address: Ipv4Addr = address.parse().ok()?;
    let (network, bits) = CLUSTER_IPS;
    let part = |address: Ipv4Addr| u32::from(address) >> (32 - bits);
    if part(address) != part(network) {
        return Some(format!(
            "failed to allocate IP {address}: the provided IP ({address}) is not in the valid range. The range of \
             valid IPs is {network}/{bits}"
        ));
    }
    is_taken.then(|| format!("failed to allocate IP {address}: provided IP is already allocated"))
}

fn refusal(service: &Service, field: String, bad_value: BadValue, detail: String) -> Status {
    let errors = [FieldError { field, kind: FieldErrorKind::Invalid, bad_value, detail }];
    invalid(invalid_message(Kind::Service, &service.metadata.name, &errors), &errors)
}
