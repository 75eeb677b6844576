//! The scheduler: finds a node for each pod, or says why there is none. Models pkg/scheduler with its default profile.
//!
//! [`cycle::schedule`] is one attempt for one pod: filters, scores, and when no node is left the search for pods that
//! may be driven away. [`queue`] says when a pod that found no place is tried again, [`hints`] which changes could help
//! it.

pub mod admission;
pub mod cycle;
pub mod filters;
pub mod hints;
mod inter_pod;
mod logarithm;
mod node_info;
mod pod_info;
pub mod preemption;
pub mod queue;
pub mod scores;
mod selector;
mod spread;
mod state;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::api::StringMap;
use crate::api::well_known;

pub use node_info::NodeInfo;
pub use pod_info::{PodInfo, claims_of};
pub use selector::Selector;
pub use state::Scheduler;

/// Every rule by which this component decides.
pub const RULES: &[&str] = &["scheduler/bind", "scheduler/unschedulable", "scheduler/preempt"];

/// Points that a plugin gives at most, before its weight. Models framework.MaxNodeScore.
const MAX_NODE_SCORE: i64 = 100;

/// Whether it could help to drive pods away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// It could. Models Unschedulable.
    Unschedulable,
    /// It could not. Models UnschedulableAndUnresolvable.
    Unresolvable,
}

/// Why a node does not take a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The plugin; empty when the node was left out before.
    pub plugin: &'static str,
    /// Whether driving pods away could help.
    pub code: Code,
    /// What is wrong.
    pub reasons: Vec<String>,
}

impl Rejection {
    fn new(plugin: &'static str, code: Code, reason: &str) -> Self {
        Self { plugin, code, reasons: vec![reason.to_owned()] }
    }
}

/// What one attempt looks at.
#[derive(Clone, Copy)]
pub struct Cycle<'a> {
    /// The pod that looks for a place.
    pub pod: &'a PodInfo,
    /// The nodes with their pods, in the scheduler's order.
    pub nodes: &'a [Arc<NodeInfo>],
    /// Labels of namespaces.
    pub namespaces: &'a BTreeMap<String, StringMap>,
    /// Of which pods this one is a copy, for spreading where it does not say itself.
    pub default_selector: &'a Selector,
    /// Pods that wait for a node which is being freed for them, by node.
    pub nominated: &'a BTreeMap<String, Vec<Arc<PodInfo>>>,
    /// How many pods may be disrupted.
    pub budgets: &'a [preemption::Budget],
    /// Why its claims for storage keep it from every node.
    pub claims: Option<&'a str>,
    /// Why they keep it from a node, by the node's name.
    pub volumes: &'a BTreeMap<String, &'static str>,
    /// Those of its claims that only one pod may use at a time, by name.
    pub exclusive: &'a [String],
}

/// Nodes as the scheduler goes through them: one of each zone in turn, zones in the order in which they came.
/// Models nodeTree.list.
pub fn in_snapshot_order(nodes: Vec<Arc<NodeInfo>>) -> Vec<Arc<NodeInfo>> {
    let mut zones: Vec<(String, Vec<Arc<NodeInfo>>)> = Vec::new();
    for node in nodes {
        let label = |key: &str| node.labels.get(key).map_or("", String::as_str);
        let zone = format!("{}:{}", label(well_known::REGION), label(spread::ZONE));
        match zones.iter_mut().find(|(known, _)| *known == zone) {
            Some((_, nodes)) => nodes.push(node),
            None => zones.push((zone, vec![node])),
        }
    }
    let longest = zones.iter().map(|(_, nodes)| nodes.len()).max().unwrap_or(0);
    (0..longest).flat_map(|at| zones.iter().filter_map(move |(_, nodes)| nodes.get(at).cloned())).collect()
}
