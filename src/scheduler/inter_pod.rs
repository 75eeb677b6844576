//! Affinity between pods. Models pkg/scheduler/framework/plugins/interpodaffinity.

use std::collections::BTreeMap;

use super::node_info::NodeInfo;
use super::pod_info::{AffinityTerm, PodInfo};
use super::selector::Selector;
use super::{Code, Cycle, MAX_NODE_SCORE, Rejection};
use crate::api::StringMap;

/// Name of the plugin.
pub const NAME: &str = "InterPodAffinity";

/// Matching pods by label and its value.
type Counts = BTreeMap<(String, String), i64>;

/// What is known before nodes are looked at one by one.
#[derive(Clone, Debug)]
pub struct State {
    affinity: Vec<AffinityTerm>,
    anti_affinity: Vec<AffinityTerm>,
    namespace_labels: StringMap,
    existing_anti_counts: Counts,
    affinity_counts: Counts,
    anti_counts: Counts,
}

fn count(counts: &mut Counts, node: &NodeInfo, key: &str, by: i64) {
    let Some(value) = node.labels.get(key) else { return };
    let pair = (key.to_owned(), value.clone());
    let sum = counts.get(&pair).copied().unwrap_or(0) + by;
    if sum == 0 {
        counts.remove(&pair);
    } else {
        counts.insert(pair, sum);
    }
}

/// Models podMatchesAllAffinityTerms.
pub fn matches_all(terms: &[AffinityTerm], pod: &PodInfo) -> bool {
    !terms.is_empty() && terms.iter().all(|term| term.matches(pod, &StringMap::new()))
}

/// Names the namespaces that a term selects. Models mergeAffinityTermNamespacesIfNotEmpty.
fn with_namespaces(term: &AffinityTerm, namespaces: &BTreeMap<String, StringMap>) -> AffinityTerm {
    let mut term = term.clone();
    if !term.namespace_selector.is_empty() {
        let selected = namespaces.iter().filter(|(_, labels)| term.namespace_selector.matches(labels));
        term.namespaces.extend(selected.map(|(name, _)| name.clone()));
        term.namespace_selector = Selector::Nothing;
    }
    term
}

/// Counts the pods that are there; none when neither this pod nor another objects to anything. Models PreFilter.
pub fn prepare(cycle: &Cycle<'_>) -> Option<State> {
    let merged = |terms: &[AffinityTerm]| -> Vec<AffinityTerm> {
        terms.iter().map(|term| with_namespaces(term, cycle.namespaces)).collect()
    };
    let mut state = State {
        affinity: merged(&cycle.pod.required_affinity),
        anti_affinity: merged(&cycle.pod.required_anti_affinity),
        namespace_labels: cycle.namespaces.get(&cycle.pod.namespace).cloned().unwrap_or_default(),
        existing_anti_counts: Counts::new(),
        affinity_counts: Counts::new(),
        anti_counts: Counts::new(),
    };
    let has_terms = !(state.affinity.is_empty() && state.anti_affinity.is_empty());
    for node in cycle.nodes.iter().filter(|node| has_terms || node.with_anti_affinity > 0) {
        for other in &node.pods {
            state.update(cycle.pod, other, node, 1);
        }
    }
    (has_terms || !state.existing_anti_counts.is_empty()).then_some(state)
}

impl State {
    /// A pod comes to a node, or leaves it. Models updateWithPod.
    pub fn update(&mut self, pod: &PodInfo, changed: &PodInfo, node: &NodeInfo, by: i64) {
        for term in &changed.required_anti_affinity {
            if term.matches(pod, &self.namespace_labels) {
                count(&mut self.existing_anti_counts, node, &term.topology_key, by);
            }
        }
        if matches_all(&self.affinity, changed) {
            self.affinity.iter().for_each(|term| count(&mut self.affinity_counts, node, &term.topology_key, by));
        }
        for term in &self.anti_affinity {
            if term.matches(changed, &StringMap::new()) {
                count(&mut self.anti_counts, node, &term.topology_key, by);
            }
        }
    }

    /// Whether a pod may go to a node. Models InterPodAffinity.Filter.
    pub fn filter(&self, pod: &PodInfo, node: &NodeInfo) -> Option<Rejection> {
        if !self.satisfies_affinity(pod, node) {
            let why = "node(s) didn't match pod affinity rules";
            return Some(Rejection::new(NAME, Code::Unresolvable, why));
        }
        let pair = |key: &str| Some((key.to_owned(), node.labels.get(key)?.clone()));
        let is_counted = |term: &AffinityTerm| {
            pair(&term.topology_key).and_then(|pair| self.anti_counts.get(&pair)).is_some_and(|count| *count > 0)
        };
        if self.anti_affinity.iter().any(is_counted) {
            let why = "node(s) didn't match pod anti-affinity rules";
            return Some(Rejection::new(NAME, Code::Unschedulable, why));
        }
        let objects = self
            .existing_anti_counts
            .iter()
            .any(|((key, value), count)| *count > 0 && node.labels.get(key) == Some(value));
        objects.then(|| {
            let why = "node(s) didn't satisfy existing pods anti-affinity rules";
            Rejection::new(NAME, Code::Unschedulable, why)
        })
    }

    /// Models satisfyPodAffinity: the first of a group may stand alone.
    fn satisfies_affinity(&self, pod: &PodInfo, node: &NodeInfo) -> bool {
        let mut exist = true;
        for term in &self.affinity {
            let Some(value) = node.labels.get(&term.topology_key) else { return false };
            let pair = (term.topology_key.clone(), value.clone());
            exist &= self.affinity_counts.get(&pair).is_some_and(|count| *count > 0);
        }
        exist || self.affinity_counts.is_empty() && matches_all(&self.affinity, pod)
    }
}

/// The points of nodes, normalized; none when nobody has any wish. Models PreScore, Score and NormalizeScore.
pub fn scores(cycle: &Cycle<'_>, feasible: &[&NodeInfo]) -> Option<Vec<i64>> {
    let pod = cycle.pod;
    let has_wishes = !(pod.preferred_affinity.is_empty() && pod.preferred_anti_affinity.is_empty());
    let merged = |terms: &[(i64, AffinityTerm)], sign: i64| -> Vec<(i64, AffinityTerm)> {
        terms.iter().map(|(weight, term)| (weight * sign, with_namespaces(term, cycle.namespaces))).collect()
    };
    let mut own = merged(&pod.preferred_affinity, 1);
    own.extend(merged(&pod.preferred_anti_affinity, -1));
    let namespace_labels = cycle.namespaces.get(&pod.namespace).cloned().unwrap_or_default();
    let mut sums: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for node in cycle.nodes.iter().filter(|node| has_wishes || node.with_affinity > 0) {
        for other in node.pods.iter().filter(|other| has_wishes || other.has_affinity()) {
            let mut add = |term: &AffinityTerm, weight: i64| {
                if let Some((key, value)) = node.labels.get_key_value(&term.topology_key) {
                    *sums.entry((key, value)).or_default() += weight;
                }
            };
            for (weight, term) in own.iter().filter(|(_, term)| term.matches(other, &StringMap::new())) {
                add(term, *weight);
            }
            let required = other.required_affinity.iter().map(|term| (1, term));
            let wished = other.preferred_affinity.iter().map(|(weight, term)| (*weight, term));
            let averse = other.preferred_anti_affinity.iter().map(|(weight, term)| (-weight, term));
            for (weight, term) in required.chain(wished).chain(averse) {
                if term.matches(pod, &namespace_labels) {
                    add(term, weight);
                }
            }
        }
    }
    if sums.is_empty() {
        return None;
    }
    let points: Vec<i64> = feasible
        .iter()
        .map(|node| {
            let fitting = sums.iter().filter(|((key, value), _)| node.labels.get(*key).is_some_and(|own| own == value));
            fitting.map(|(_, sum)| *sum).sum()
        })
        .collect();
    let most = points.iter().copied().max().unwrap_or(0);
    let least = points.iter().copied().min().unwrap_or(0);
    Some(points.into_iter().map(|points| share(points - least, most - least)).collect())
}

#[expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "Kubernetes scores in floats; the basic operations of IEEE 754 give the same everywhere"
)]
fn share(part: i64, whole: i64) -> i64 {
    if whole > 0 { (MAX_NODE_SCORE as f64 * (part as f64 / whole as f64)) as i64 } else { 0 }
}
