//! The addresses of the node's pods: one after another, as the host-local plugin gives them out.

use std::sync::Arc;

use crate::sim::SharedMap;

/// First address that a pod gets: below are the network, the gateway and the cluster's own name server.
const FIRST: u32 = 3;
/// Addresses of 10.244.0.0/16 that can be given out.
const LAST: u32 = 65_000;

/// Which pod has which address.
#[derive(Clone, Debug)]
pub struct Addresses {
    next: u32,
    pods: SharedMap<Arc<str>, Arc<str>>,
}

impl Default for Addresses {
    fn default() -> Self {
        Self { next: FIRST, pods: SharedMap::default() }
    }
}

impl Addresses {
    /// The next free address, for the pod with this uid.
    pub fn allocate(&mut self, uid: &str) -> String {
        loop {
            let number = self.next;
            self.next = if number >= LAST { FIRST } else { number + 1 };
            let ip = format!("10.244.{}.{}", number / 254, number % 254 + u32::from(number >= 254));
            if self.pods.get(ip.as_str()).is_none() {
                self.pods.insert(Arc::from(ip.as_str()), Arc::from(uid));
                return ip;
            }
        }
    }

    /// Takes an address back.
    pub fn release(&mut self, ip: &str) {
        self.pods.remove(ip);
    }

    /// The uid of the pod with this address.
    pub fn pod(&self, ip: &str) -> Option<&str> {
        self.pods.get(ip).map(|uid| &**uid)
    }
}
