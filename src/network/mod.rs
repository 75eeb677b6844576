//! The network: what a node knows of services, and the traffic of clients that goes through it.

mod proxy;
mod traffic;

use crate::images::Outcome;

pub use proxy::{Backend, Backends, Proxy, Rule};
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
