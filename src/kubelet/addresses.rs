//! The addresses of a node's pods: one after another out of its block, as the host-local plugin gives them out.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::sim::SharedMap;

/// First address that a pod gets: below are the network, the gateway and the cluster's own name server.
const FIRST: u32 = 3;
/// Addresses of 10.244.0.0/16 that can be given out.
const LAST: u32 = 65_000;
/// Addresses of one block that can be given out; a node that is added takes fewer pods.
const LAST_OF_BLOCK: u32 = 253;

/// Which pod has which address.
#[derive(Clone, Debug)]
pub struct Addresses {
    /// The node's block: 10.244.N.0/24.
    block: u8,
    next: u32,
    pods: SharedMap<Arc<str>, Arc<str>>,
    /// Blocks of other nodes.
    others: BTreeSet<u32>,
}

impl Addresses {
    /// None given out yet. The first node's pods, which may be 10,000, go on into blocks that no other node has.
    pub fn of_block(block: u8) -> Self {
        Self { block, next: FIRST, pods: SharedMap::default(), others: BTreeSet::new() }
    }

    /// Another node has this block.
    pub fn leave_out(&mut self, block: u8) {
        self.others.insert(u32::from(block));
    }

    /// Whether a pod has an address of the block.
    pub fn uses_block(&self, block: u8) -> bool {
        let begins = format!("10.244.{block}.");
        self.pods.keys().any(|ip| ip.starts_with(&begins))
    }

    /// The next free address, for the pod with this uid.
    pub fn allocate(&mut self, uid: &str) -> String {
        loop {
            let number = self.next;
            let last = if self.block == 0 { LAST } else { LAST_OF_BLOCK };
            self.next = if number >= last { FIRST } else { number + 1 };
            let block = u32::from(self.block) + number / 254;
            let ip = format!("10.244.{block}.{}", number % 254 + u32::from(number >= 254));
            let is_others = self.block == 0 && block > 0 && self.others.contains(&block);
            if !is_others && self.pods.get(ip.as_str()).is_none() {
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
