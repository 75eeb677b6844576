//! The status that the kubelet reports for a pod: phase, conditions and container statuses.

pub mod conditions;
pub mod generate;
pub mod manager;
pub mod phase;
