//! The status that the kubelet reports for a pod: phase, conditions and container statuses.

pub mod conditions;
pub mod generate;
pub mod manager;
pub mod merge;
pub mod phase;

#[cfg(test)]
mod tests;
