//! The loop that lets the parts act: step, run_until, checkpoints, decisions.

mod decision;

pub use decision::{Decision, Reason};

use crate::sim::SimTime;

/// The simulated cluster.
#[derive(Clone, Debug, Default)]
pub struct Cluster {
    now: SimTime,
}

impl Cluster {
    /// The time.
    pub fn now(&self) -> SimTime {
        self.now
    }
}
