//! The names of all rules, so that the page can be checked to explain each.

use crate::{controllers, kubelet, scheduler};

/// Every rule that a [`crate::decision::Decision`] may name, by who decides.
pub const RULES: [&[&str]; 10] = {
    let [workloads, endpoints, garbage, node, eviction, namespace] = controllers::RULES;
    let (gates, autoscaling) = (super::gates::RULES, super::autoscaling::RULES);
    [workloads, endpoints, garbage, node, eviction, namespace, scheduler::RULES, &kubelet::RULES, gates, autoscaling]
};
