//! Spreading over places. Models pkg/scheduler/framework/plugins/podtopologyspread.

use std::collections::{BTreeMap, BTreeSet};

use super::node_info::NodeInfo;
use super::pod_info::{PodInfo, SpreadConstraint};
use super::selector::Selector;
use super::{Code, Cycle, Rejection, logarithm};
use crate::api::StringMap;
pub use crate::api::well_known::HOSTNAME;
pub use crate::api::well_known::ZONE;

/// Name of the plugin.
pub const NAME: &str = "PodTopologySpread";

/// What is known before nodes are looked at one by one.
#[derive(Clone, Debug)]
pub struct State {
    constraints: Vec<SpreadConstraint>,
    counts: Vec<BTreeMap<String, i64>>,
    paths: Vec<[(String, i64); 2]>,
}

/// The pod's own constraints of a kind, or those that every cluster has. Models getConstraints.
pub fn constraints(pod: &PodInfo, default_selector: &Selector, is_hard: bool) -> Vec<SpreadConstraint> {
    if !pod.spread.is_empty() {
        return pod.spread.iter().filter(|constraint| constraint.is_hard == is_hard).cloned().collect();
    }
    if is_hard || default_selector.is_empty() {
        return Vec::new();
    }
    let default = |key: &str, max_skew: i64| SpreadConstraint {
        max_skew,
        topology_key: key.to_owned(),
        selector: default_selector.clone(),
        min_domains: 1,
        honors_affinity: true,
        honors_taints: false,
        is_hard,
    };
    vec![default(HOSTNAME, 3), default(ZONE, 5)]
}

fn has_all_keys(labels: &StringMap, constraints: &[SpreadConstraint]) -> bool {
    constraints.iter().all(|constraint| labels.contains_key(&constraint.topology_key))
}

impl SpreadConstraint {
    /// Models matchNodeInclusionPolicies.
    fn includes(&self, pod: &PodInfo, node: &NodeInfo) -> bool {
        (!self.honors_affinity || pod.allows_node(&node.name, &node.labels))
            && (!self.honors_taints
                || node.taints.iter().all(|taint| !taint.keeps_away() || taint.is_tolerated(&pod.tolerations)))
    }

    /// Models countPodsMatchSelector.
    fn count(&self, node: &NodeInfo, namespace: &str) -> i64 {
        if self.selector.is_empty() {
            return 0;
        }
        let counted = node
            .pods
            .iter()
            .filter(|pod| !pod.is_terminating && pod.namespace == namespace && self.selector.matches(&pod.labels));
        i64::try_from(counted.count()).unwrap_or(i64::MAX)
    }
}

/// Counts the pods that are there; none when the pod has no hard constraints. Models calPreFilterState.
pub fn prepare(cycle: &Cycle<'_>) -> Option<State> {
    let constraints = constraints(cycle.pod, cycle.default_selector, true);
    if constraints.is_empty() {
        return None;
    }
    let mut counts: Vec<BTreeMap<String, i64>> = vec![BTreeMap::new(); constraints.len()];
    for node in cycle.nodes.iter().filter(|node| has_all_keys(&node.labels, &constraints)) {
        for (constraint, counts) in constraints.iter().zip(&mut counts) {
            if let Some(place) = node.labels.get(&constraint.topology_key)
                && constraint.includes(cycle.pod, node)
            {
                *counts.entry(place.clone()).or_default() += constraint.count(node, &cycle.pod.namespace);
            }
        }
    }
    let no_path = || [(String::new(), i64::from(i32::MAX)), (String::new(), i64::from(i32::MAX))];
    let paths = counts.iter().map(|counts| {
        let mut path = no_path();
        counts.iter().for_each(|(place, count)| update(&mut path, place, *count));
        path
    });
    let paths = paths.collect();
    Some(State { constraints, counts, paths })
}

/// Models criticalPaths.update, which does not always know the second smallest.
fn update(path: &mut [(String, i64); 2], place: &str, count: i64) {
    let [first, second] = path;
    if first.0 == place || second.0 == place {
        if first.0 == place {
            first.1 = count
        } else {
            second.1 = count
        }
        if first.1 > second.1 {
            std::mem::swap(first, second);
        }
    } else if count < first.1 {
        std::mem::swap(first, second);
        *first = (place.to_owned(), count);
    } else if count < second.1 {
        *second = (place.to_owned(), count);
    }
}

impl State {
    /// A pod comes to a node, or leaves it. Models updateWithPod.
    pub fn update(&mut self, pod: &PodInfo, changed: &PodInfo, node: &NodeInfo, by: i64) {
        if changed.namespace != pod.namespace || !has_all_keys(&node.labels, &self.constraints) {
            return;
        }
        for ((constraint, counts), path) in self.constraints.iter().zip(&mut self.counts).zip(&mut self.paths) {
            let Some(place) = node.labels.get(&constraint.topology_key) else { continue };
            if constraint.selector.matches(&changed.labels) && constraint.includes(pod, node) {
                let count = counts.entry(place.clone()).or_default();
                *count += by;
                update(path, place, *count);
            }
        }
    }

    /// Whether a pod may go to a node. Models PodTopologySpread.Filter.
    pub fn filter(&self, pod: &PodInfo, node: &NodeInfo) -> Option<Rejection> {
        for ((constraint, counts), path) in self.constraints.iter().zip(&self.counts).zip(&self.paths) {
            let Some(place) = node.labels.get(&constraint.topology_key) else {
                let why = "node(s) didn't match pod topology spread constraints (missing required label)";
                return Some(Rejection::new(NAME, Code::Unresolvable, why));
            };
            let domains = i64::try_from(counts.len()).unwrap_or(i64::MAX);
            let least = if domains < constraint.min_domains { 0 } else { path[0].1 };
            let own = i64::from(constraint.selector.matches(&pod.labels));
            if counts.get(place).copied().unwrap_or(0) + own - least > constraint.max_skew {
                let why = "node(s) didn't match pod topology spread constraints";
                return Some(Rejection::new(NAME, Code::Unschedulable, why));
            }
        }
        None
    }
}

/// The points of nodes, normalized; none when there is nothing to spread by. Models PreScore, Score and NormalizeScore.
pub fn scores(cycle: &Cycle<'_>, feasible: &[&NodeInfo]) -> Option<Vec<i64>> {
    let pod = cycle.pod;
    let constraints = constraints(pod, cycle.default_selector, false);
    if constraints.is_empty() {
        return None;
    }
    // With the constraints that every cluster has, nodes without a zone are spread over by name.
    let requires_all = !pod.spread.is_empty();
    let ignored: BTreeSet<&str> = feasible
        .iter()
        .filter(|node| requires_all && !has_all_keys(&node.labels, &constraints))
        .map(|node| node.name.as_str())
        .collect();
    let scored = || feasible.iter().filter(|node| !ignored.contains(node.name.as_str()));
    let mut points = vec![Points::default(); feasible.len()];
    for constraint in &constraints {
        let by_host = constraint.topology_key == HOSTNAME;
        // A node without the label counts under an empty value.
        let place = |node: &NodeInfo| node.labels.get(&constraint.topology_key).cloned().unwrap_or_default();
        let mut counts: BTreeMap<String, i64> = BTreeMap::new();
        if !by_host {
            counts.extend(scored().map(|node| (place(node), 0)));
        }
        let size = if by_host { scored().count() } else { counts.len() };
        for node in cycle.nodes.iter().filter(|node| !requires_all || has_all_keys(&node.labels, &constraints)) {
            if let Some(count) = counts.get_mut(&place(node)).filter(|_| constraint.includes(pod, node)) {
                *count += constraint.count(node, &pod.namespace);
            }
        }
        for (node, points) in feasible.iter().zip(&mut points) {
            let Some(place) = node.labels.get(&constraint.topology_key) else { continue };
            if ignored.contains(node.name.as_str()) {
                continue;
            }
            let count =
                if by_host { constraint.count(node, &pod.namespace) } else { counts.get(place).copied().unwrap_or(0) };
            points.add(count, size, constraint.max_skew);
        }
    }
    let sums: Vec<Option<i64>> = feasible
        .iter()
        .zip(points)
        .map(|(node, points)| (!ignored.contains(node.name.as_str())).then(|| points.rounded()))
        .collect();
    let most = sums.iter().flatten().copied().max().unwrap_or(0).max(0);
    let least = sums.iter().flatten().copied().min().unwrap_or(0);
    let normalized = sums.into_iter().map(|sum| match sum {
        None => 0,
        Some(_) if most == 0 => super::MAX_NODE_SCORE,
        Some(sum) => super::MAX_NODE_SCORE * (most + least - sum) / most,
    });
    Some(normalized.collect())
}

/// A sum as Go's floats make it.
#[derive(Clone, Copy, Debug, Default)]
struct Points(f64);

#[expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "Kubernetes scores in floats; the basic operations of IEEE 754 give the same everywhere"
)]
impl Points {
    /// Models scoreForCount and topologyNormalizingWeight.
    fn add(&mut self, count: i64, size: usize, max_skew: i64) {
        self.0 += count as f64 * logarithm::ln((size + 2) as f64) + (max_skew - 1) as f64;
    }

    /// Half away from zero, as math.Round.
    fn rounded(self) -> i64 {
        self.0.round() as i64
    }
}
