//! Clients of the programs in pods: traffic that is served between the cluster's events, and single requests.

use std::sync::Arc;

use crate::api::Service;
use crate::apiserver::Key;
use crate::images::{Found, Outcome, Question, Request, found_of};
use crate::kubelet::Kubelet;
use crate::network::{Proxy, Reply, Traffic};
use crate::sim::{Random, SimTime};

use super::Cluster;

impl Cluster {
    /// What became of the requests of clients.
    pub fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// What the node knows of services.
    pub fn proxy(&self) -> &Proxy {
        &self.proxy
    }

    /// Lets `per_second` requests for `path` flow to a service; 0 ends the stream.
    ///
    /// # Errors
    /// When there is no such service.
    pub fn set_traffic(&mut self, service: &Key, per_second: u32, path: &str) -> Result<(), String> {
        if per_second > 0 && self.api.store().service(service).is_none() {
            return Err(format!("services {:?} not found", service.name));
        }
        self.intervened();
        self.traffic.set(service.clone(), per_second, path, self.config.seed, self.now);
        Ok(())
    }

    /// Serves requests up to `until`, or until one of them makes something happen before that; answers until when.
    pub(super) fn serve_traffic(&mut self, until: SimTime) -> SimTime {
        while self.traffic.next_at() <= until {
            self.traffic.serve_next(&mut self.fleet, &self.proxy);
            if self.fleet.next_wake() < until {
                return self.fleet.next_wake().max(self.now);
            }
        }
        until
    }

    /// Sends a request to `host`:`port` from inside of the cluster or from the node: a pod's address, a service's address or
    /// name (`web`, `web.default`, `web.default.svc.cluster.local`), or a node's address with a node port.
    pub fn send(&mut self, host: &str, port: u16, request: &Request) -> Reply {
        if self.fleet.has_ip(host) {
            return self.send_to_pod(host, port, request);
        }
        let node = self.fleet.of_host(host);
        let on_node = node.is_some();
        if node.is_some_and(Kubelet::is_cut_off) {
            return Reply::From { pod_ip: host.to_owned(), outcome: Outcome::Unreachable };
        }
        let is_meant = |service: &&Arc<Service>| {
            if on_node {
                service.spec.ports.iter().any(|candidate| candidate.node_port == i32::from(port))
            } else {
                service.spec.cluster_ip == host || is_named(service, host)
            }
        };
        let found = self.api.store().services(None).find(is_meant);
        let Some(key) = found.map(|service| Key::of(&service.metadata)) else {
            let is_address = on_node || host.split('.').all(|part| part.parse::<u8>().is_ok());
            let nowhere = if on_node { Outcome::Refused } else { Outcome::Unreachable };
            return if is_address {
                Reply::From { pod_ip: host.to_owned(), outcome: nowhere }
            } else {
                Reply::UnknownHost
            };
        };
        let is_headless = self.is_headless(&key);
        let rules = self.proxy.rules(&key).iter();
        let rule = rules.into_iter().find(|rule| {
            let candidate = if on_node { rule.node_port } else { rule.port };
            // The name of a headless service is one of its pods, and its ports are theirs.
            candidate == i32::from(port) || is_headless && rule.backends.iter().any(|backend| backend.port == port)
        });
        let Some(backends) = rule.map(|rule| rule.backends.clone()) else { return Reply::NoEndpoints };
        // kube-proxy's iptables mode chooses at random.
        let number = self.count_request();
        let mut random = Random::derive(self.config.seed, &format!("proxy/{key}/{number}"));
        let count = u32::try_from(backends.len()).unwrap_or(u32::MAX);
        match backends.get(random.below(count) as usize) {
            Some(backend) => {
                let port = if is_headless { port } else { backend.port };
                self.send_to_pod(&backend.ip, port, request)
            }
            None => Reply::NoEndpoints,
        }
    }

    fn is_headless(&self, key: &Key) -> bool {
        self.api.store().service(key).is_some_and(|service| service.spec.cluster_ip == "None")
    }

    fn send_to_pod(&mut self, pod_ip: &str, port: u16, request: &Request) -> Reply {
        let outcome = self.fleet.request(self.now, pod_ip, port, request);
        Reply::From { pod_ip: pod_ip.to_owned(), outcome }
    }

    /// The number of this request through a service, of all so far.
    fn count_request(&mut self) -> u64 {
        self.requests += 1;
        self.requests
    }
}

fn is_named(service: &Service, host: &str) -> bool {
    let (name, namespace) = (&service.metadata.name, &service.metadata.namespace);
    (host == name && namespace == "default")
        || ["", ".svc", ".svc.cluster.local"].iter().any(|domain| host == format!("{name}.{namespace}{domain}"))
}

impl Cluster {
    /// What the network answers a program in a pod of this namespace, with this address.
    pub(crate) fn answer_question(&mut self, namespace: &str, pod_ip: &str, question: &Question) -> Found {
        let is_own = |host: &str| matches!(host, "localhost" | "127.0.0.1");
        match question {
            Question::Name(name) if is_own(name) => Found::Addresses(vec!["127.0.0.1".to_owned()]),
            Question::Name(name) => Found::Addresses(self.addresses(namespace, name)),
            Question::Get { host, port, path } => {
                let request = Request { method: "GET".to_owned(), path: path.clone(), ..Request::default() };
                let own;
                let host = if is_own(host) {
                    pod_ip
                } else if host.contains('.') {
                    host
                } else {
                    own = format!("{host}.{namespace}");
                    &own
                };
                match self.send(host, *port, &request) {
                    Reply::UnknownHost => Found::Addresses(Vec::new()),
                    Reply::NoEndpoints => Found::Refused,
                    Reply::From { outcome, .. } => found_of(outcome),
                }
            }
        }
    }

    /// The addresses of a name, as the cluster's DNS tells a pod of this namespace; an address is its own.
    fn addresses(&self, namespace: &str, name: &str) -> Vec<String> {
        if name.split('.').count() == 4 && name.split('.').all(|part| part.parse::<u8>().is_ok()) {
            return vec![name.to_owned()];
        }
        let name = name.trim_end_matches('.');
        let full = if name.contains('.') { name.to_owned() } else { format!("{name}.{namespace}") };
        let Some(service) = self.api.store().services(None).find(|service| is_named(service, &full)) else {
            return Vec::new();
        };
        if service.spec.cluster_ip != "None" {
            return vec![service.spec.cluster_ip.clone()];
        }
        let mut addresses: Vec<String> = Vec::new();
        for backend in self.proxy.rules(&Key::of(&service.metadata)).iter().flat_map(|rule| rule.backends.iter()) {
            if !addresses.contains(&backend.ip) {
                addresses.push(backend.ip.clone());
            }
        }
        addresses
    }
}
