//! The rules of everybody who decides in a cluster.

use crate::controllers::{self, endpoints, garbage_collection, node_lifecycle};
use crate::{kubelet, scheduler};

/// Every rule that a [`crate::decision::Decision`] may name, by component.
pub const RULES: [&[&str]; 7] = [
    controllers::RULES,
    endpoints::RULES,
    garbage_collection::RULES,
    node_lifecycle::RULES,
    super::collect::NAMESPACE_RULES,
    scheduler::RULES,
    &kubelet::RULES,
];
