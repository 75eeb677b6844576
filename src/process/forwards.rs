//! The ports of localhost that lead into pods.

use std::collections::BTreeMap;

/// Where a port of localhost leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forward {
    /// The pod's namespace.
    pub namespace: String,
    /// The pod's name.
    pub pod: String,
    /// The port in the pod.
    pub port: u16,
    /// Connections that kubectl has not spoken of yet.
    pub connections: Vec<Connection>,
}

/// How a connection to a forwarded port went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connection {
    /// Something listens in the pod.
    Open,
    /// Nothing listens there.
    Refused,
    /// The pod is gone.
    Lost,
}

/// Open ports of localhost.
pub type Forwards = BTreeMap<u16, Forward>;
