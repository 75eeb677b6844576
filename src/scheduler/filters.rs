//! Which nodes a pod may go to. Models the filter plugins of the default profile.

use std::collections::BTreeMap;

use super::cycle::VOLUME_BINDING;
use super::node_info::NodeInfo;
use super::pod_info::PodInfo;
use super::{Code, Cycle, Rejection, inter_pod, spread};
use crate::api::taints;

/// Name of the plugin for what nodes have.
pub const RESOURCES: &str = "NodeResourcesFit";
/// Name of the plugin for labels of nodes.
pub const NODE_AFFINITY: &str = "NodeAffinity";
/// Name of the plugin for ports.
pub const PORTS: &str = "NodePorts";
/// Name of the plugin for cordoned nodes.
pub const UNSCHEDULABLE: &str = "NodeUnschedulable";
/// Name of the plugin for taints.
pub const TAINTS: &str = "TaintToleration";
/// Name of the plugin for claims that one pod alone may use.
pub const RESTRICTIONS: &str = "VolumeRestrictions";
/// Models ErrReasonReadWriteOncePodConflict.
const IN_USE: &str =
    "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod";
/// Name of the plugin for a pod's own choice of a node.
pub const NODE_NAME: &str = "NodeName";

/// What is found out before nodes are looked at one by one. Models framework.CycleState.
#[derive(Clone, Debug)]
pub struct Prepared {
    spread: Option<spread::State>,
    inter_pod: Option<inter_pod::State>,
    /// Why a pod's claims keep it from a node, by the node's name.
    volumes: BTreeMap<String, &'static str>,
    /// The pod's claims that one pod alone may use, if another one does, and how often they are used.
    exclusive: Vec<String>,
    uses: i64,
}

/// A resource that a node has too little of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortage {
    /// Which resource.
    pub resource: String,
    /// What the pod asks for.
    pub requested: i64,
    /// What the node's pods ask for.
    pub used: i64,
    /// What the node has.
    pub capacity: i64,
}

impl Prepared {
    /// Models RunPreFilterPlugins, for the plugins that count pods.
    pub fn new(cycle: &Cycle<'_>) -> Self {
        let namespace = &cycle.pod.namespace;
        let is_used = |claim: &&String| {
            let mut pods = cycle.nodes.iter().flat_map(|node| node.pods.iter());
            pods.any(|other| other.namespace == *namespace && other.claims.contains(claim))
        };
        let uses = cycle.exclusive.iter().filter(is_used).count();
        Self {
            spread: spread::prepare(cycle),
            inter_pod: inter_pod::prepare(cycle),
            volumes: cycle.volumes.clone(),
            exclusive: if uses == 0 { Vec::new() } else { cycle.exclusive.to_vec() },
            uses: i64::try_from(uses).unwrap_or(i64::MAX),
        }
    }

    /// A pod comes to a node (1), or leaves it (-1).
    pub fn update(&mut self, pod: &PodInfo, changed: &PodInfo, node: &NodeInfo, by: i64) {
        if let Some(state) = &mut self.spread {
            state.update(pod, changed, node, by);
        }
        if let Some(state) = &mut self.inter_pod {
            state.update(pod, changed, node, by);
        }
        // The plugin looks at the claims' names alone. Models preFilterState.updateWithPod.
        let shared = changed.claims.iter().filter(|claim| self.exclusive.contains(claim)).count();
        self.uses += by * i64::try_from(shared).unwrap_or(0);
    }

    /// The first plugin that refuses the node. Models RunFilterPlugins.
    pub fn filter(&self, pod: &PodInfo, node: &NodeInfo) -> Option<Rejection> {
        let reject = |plugin, code, why: &str| Some(Rejection::new(plugin, code, why));
        if node.unschedulable && !taints::unschedulable().is_tolerated(&pod.tolerations) {
            return reject(UNSCHEDULABLE, Code::Unresolvable, "node(s) were unschedulable");
        }
        if !pod.node_name.is_empty() && pod.node_name != node.name {
            return reject(NODE_NAME, Code::Unresolvable, "node(s) didn't match the requested node name");
        }
        if node.taints.iter().any(|taint| taint.keeps_away() && !taint.is_tolerated(&pod.tolerations)) {
            return reject(TAINTS, Code::Unresolvable, "node(s) had untolerated taint(s)");
        }
        if !pod.allows_node(&node.name, &node.labels) {
            return reject(NODE_AFFINITY, Code::Unresolvable, "node(s) didn't match Pod's node affinity/selector");
        }
        if pod.host_ports.iter().any(|port| node.has_port_conflict(port)) {
            let why = "node(s) didn't have free ports for the requested pod ports";
            return reject(PORTS, Code::Unschedulable, why);
        }
        let shortages = shortages(pod, node);
        if !shortages.is_empty() {
            let never_fits =
                |shortage: &Shortage| shortage.resource != "pods" && shortage.requested > shortage.capacity;
            let code = if shortages.iter().any(never_fits) { Code::Unresolvable } else { Code::Unschedulable };
            let why = |shortage: &Shortage| match shortage.resource.as_str() {
                "pods" => "Too many pods".to_owned(),
                resource => format!("Insufficient {resource}"),
            };
            return Some(Rejection { plugin: RESOURCES, code, reasons: shortages.iter().map(why).collect() });
        }
        if !self.exclusive.is_empty() && self.uses > 0 {
            return reject(RESTRICTIONS, Code::Unschedulable, IN_USE);
        }
        if let Some(why) = self.volumes.get(&node.name) {
            return reject(VOLUME_BINDING, Code::Unresolvable, why);
        }
        let by_spread = self.spread.as_ref().and_then(|state| state.filter(pod, node));
        by_spread.or_else(|| self.inter_pod.as_ref().and_then(|state| state.filter(pod, node)))
    }
}

/// What a node has too little of. Models fitsRequest.
pub fn shortages(pod: &PodInfo, node: &NodeInfo) -> Vec<Shortage> {
    let (wanted, has, used) = (&pod.requests, &node.allocatable, &node.requested);
    let mut found = Vec::new();
    let mut check = |resource: &str, requested: i64, used: i64, capacity: i64| {
        if requested > 0 && requested > capacity - used {
            found.push(Shortage { resource: resource.to_owned(), requested, used, capacity });
        }
    };
    check("pods", 1, i64::try_from(node.pods.len()).unwrap_or(i64::MAX), has.pods);
    check("cpu", wanted.milli_cpu, used.milli_cpu, has.milli_cpu);
    check("memory", wanted.memory, used.memory, has.memory);
    check("ephemeral-storage", wanted.ephemeral_storage, used.ephemeral_storage, has.ephemeral_storage);
    for (name, amount) in &wanted.scalars {
        check(name, *amount, used.scalar(name), has.scalar(name));
    }
    found
}
