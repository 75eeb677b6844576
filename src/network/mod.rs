//! The network: from a client through a service to a pod's program.

use crate::sim::SimTime;

/// Services' traffic.
#[derive(Clone, Debug)]
pub struct Network {
    seed: u64,
}

impl Network {
    /// A network without traffic.
    pub fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// When the next request is due.
    pub fn next_wake(&self) -> SimTime {
        let _ = self.seed;
        SimTime::NEVER
    }
}
