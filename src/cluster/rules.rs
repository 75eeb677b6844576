//! The names of all rules, so that the page can be checked to explain each.

use crate::{controllers, kubelet, scheduler};

/// Every rule that a [`crate::decision::Decision`] may name, by who decides.
pub const RULES: [&[&str]; 12] = {
    let [workloads, endpoints, garbage, node, eviction, namespace] = controllers::RULES;
    let (gates, pods, autoscaling) = (super::gates::RULES, super::pod_garbage::RULES, super::autoscaling::RULES);
    let volumes = controllers::persistent_volumes::RULES;
    let (scheduler, kubelet): (&[&str], &[&str]) = (scheduler::RULES, &kubelet::RULES);
    [workloads, endpoints, garbage, node, eviction, namespace, scheduler, kubelet, gates, pods, autoscaling, volumes]
};
