//! `WEB_SERVICE_HOST` and the like. Models pkg/kubelet/envvars FromServices and getServiceEnvVarMap.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::api::{Service, StringMap};

/// The variables that a pod in `namespace` gets; without links only those of the API server's service.
pub fn of(services: &[Arc<Service>], namespace: &str, links: bool) -> StringMap {
    let mut by_name: BTreeMap<&str, &Service> = BTreeMap::new();
    for service in services.iter().filter(|service| has_address(service)) {
        let (name, home) = (service.metadata.name.as_str(), service.metadata.namespace.as_str());
        if home == "default" && name == "kubernetes" {
            by_name.entry(name).or_insert(service);
        } else if home == namespace && links {
            by_name.insert(name, service);
        }
    }
    let mut variables = StringMap::new();
    for service in by_name.into_values() {
        add(service, &mut variables);
    }
    variables
}

fn has_address(service: &Service) -> bool {
    !service.spec.cluster_ip.is_empty() && service.spec.cluster_ip != "None"
}

fn add(service: &Service, variables: &mut StringMap) {
    let prefix = variable_name(&service.metadata.name);
    let ip = service.spec.cluster_ip.as_str();
    let host = if ip.contains(':') { format!("[{ip}]") } else { ip.to_owned() };
    variables.insert(format!("{prefix}_SERVICE_HOST"), ip.to_owned());
    for (index, port) in service.spec.ports.iter().enumerate() {
        let protocol = if port.protocol.is_empty() { "TCP" } else { port.protocol.as_str() };
        let number = port.port.to_string();
        let url = format!("{}://{host}:{number}", protocol.to_lowercase());
        if index == 0 {
            variables.insert(format!("{prefix}_SERVICE_PORT"), number.clone());
            variables.insert(format!("{prefix}_PORT"), url.clone());
        }
        if !port.name.is_empty() {
            variables.insert(format!("{prefix}_SERVICE_PORT_{}", variable_name(&port.name)), number.clone());
        }
        let link = format!("{prefix}_PORT_{number}_{}", protocol.to_uppercase());
        variables.insert(format!("{link}_PROTO"), protocol.to_lowercase());
        variables.insert(format!("{link}_PORT"), number);
        variables.insert(format!("{link}_ADDR"), ip.to_owned());
        variables.insert(link, url);
    }
}

fn variable_name(name: &str) -> String {
    name.replace('-', "_").to_uppercase()
}
