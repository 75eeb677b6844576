//! One attempt to find a node for one pod. Models pkg/scheduler/schedule_one.go.

use std::collections::{BTreeMap, BTreeSet};

use super::filters::{NODE_AFFINITY, Prepared};
use super::preemption::{self, Preemption};
use super::scores::{self, PluginScores};
use super::{Code, Cycle, NodeInfo, Rejection};

/// The plugin that looks at claims for storage.
pub const VOLUME_BINDING: &str = "VolumeBinding";
/// Bytes that an event's note has at most.
const MAX_NOTE: usize = 1024;

/// What the filters say of the nodes.
#[derive(Clone, Debug, Default)]
pub struct Feasibility {
    /// Places of the nodes that take the pod in [`Cycle::nodes`].
    pub feasible: Vec<usize>,
    /// Why the others do not.
    pub rejected: BTreeMap<String, Rejection>,
    /// What is wrong with every node that is not named.
    pub absent: Option<Rejection>,
    /// Why the pod goes nowhere, before any node was looked at.
    pub refused: Option<Rejection>,
    /// The plugins that refused something.
    pub plugins: BTreeSet<&'static str>,
}

/// How the best node was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// The node.
    pub node: String,
    /// Nodes that took the pod.
    pub feasible: Vec<String>,
    /// Points by plugin; empty with one node only.
    pub scores: Vec<PluginScores>,
    /// Why the other nodes did not, where they were looked at.
    pub refused: Refusals,
}

/// What is wrong with each node, by its name.
pub type Refusals = BTreeMap<String, Vec<String>>;

/// What became of the attempt.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// There is a node.
    Scheduled(Choice),
    /// There is none.
    Unschedulable(Failure),
}

/// Why there is no node, and what is done about it.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The whole text, as the pod's condition has it.
    pub message: String,
    /// What is wrong with each node.
    pub refused: Refusals,
    /// The plugins whose changes of mind are waited for.
    pub plugins: BTreeSet<&'static str>,
    /// Whom the pod drives away.
    pub preemption: Option<Preemption>,
    /// Whether the pod's nomination is to be cleared.
    pub clears_nomination: bool,
}

impl Failure {
    /// The event's note. Models truncateMessage.
    pub fn note(&self) -> String {
        if self.message.len() <= MAX_NOTE {
            return self.message.clone();
        }
        let mut end = MAX_NOTE - 4;
        while !self.message.is_char_boundary(end) {
            end -= 1;
        }
        format!("{} ...", self.message.get(..end).unwrap_or_default())
    }
}

/// Finds a node. Models schedulePod and, where there is none, RunPostFilterPlugins.
pub fn schedule(cycle: &Cycle<'_>) -> Outcome {
    if cycle.nodes.is_empty() {
        return Outcome::Unschedulable(Failure {
            message: "no nodes available to schedule pods".to_owned(),
            refused: Refusals::new(),
            plugins: BTreeSet::new(),
            preemption: None,
            clears_nomination: true,
        });
    }
    let prepared = Prepared::new(cycle);
    let found = find_nodes(cycle, &prepared);
    if !found.feasible.is_empty() {
        let refused = refusals(cycle, &found);
        return Outcome::Scheduled(Choice { refused, ..choose(cycle, &found.feasible) });
    }
    let post = preemption::preempt(cycle, &prepared, &found);
    let mut message = failure_text(cycle.nodes.len(), &found);
    if let Some(text) = &post.text {
        message = format!("{message} {text}");
    }
    Outcome::Unschedulable(Failure {
        message,
        refused: refusals(cycle, &found),
        plugins: found.plugins,
        preemption: post.preemption,
        clears_nomination: post.clears_nomination,
    })
}

/// Runs the filters. Models findNodesThatFitPod.
pub fn find_nodes(cycle: &Cycle<'_>, prepared: &Prepared) -> Feasibility {
    let mut found = Feasibility::default();
    let names = match required_names(cycle) {
        Err(why) => {
            found.plugins.insert(NODE_AFFINITY);
            found.absent = Some(Rejection::new(NODE_AFFINITY, Code::Unresolvable, why));
            found.refused.clone_from(&found.absent);
            return found;
        }
        Ok(names) => names,
    };
    if let Some(why) = cycle.claims {
        found.plugins.insert(VOLUME_BINDING);
        found.absent = Some(Rejection::new(VOLUME_BINDING, Code::Unresolvable, why));
        found.refused.clone_from(&found.absent);
        return found;
    }
    if names.is_some() {
        found.plugins.insert(NODE_AFFINITY);
        let why = format!("node(s) didn't satisfy plugin(s) [{NODE_AFFINITY}]");
        found.absent = Some(Rejection::new("", Code::Unresolvable, &why));
    }
    let nominated = cycle.nodes.iter().position(|node| node.name == cycle.pod.nominated_node);
    if let Some((place, node)) = nominated.and_then(|place| Some((place, cycle.nodes.get(place)?))) {
        match filter_with_nominated(cycle, prepared, node) {
            None => {
                found.feasible.push(place);
                return found;
            }
            Some(rejection) => drop(found.rejected.insert(node.name.clone(), rejection)),
        }
    }
    for (place, node) in cycle.nodes.iter().enumerate() {
        if names.as_ref().is_some_and(|names| !names.contains(node.name.as_str())) {
            continue;
        }
        match filter_with_nominated(cycle, prepared, node) {
            None => found.feasible.push(place),
            Some(rejection) => {
                found.plugins.insert(rejection.plugin);
                found.rejected.insert(node.name.clone(), rejection);
            }
        }
    }
    found
}

/// The names that the pod's affinity to nodes allows, when all of its terms name some. Models NodeAffinity.PreFilter.
fn required_names<'a>(cycle: &'a Cycle<'_>) -> Result<Option<BTreeSet<&'a str>>, &'static str> {
    let Some(terms) = cycle.pod.required_nodes.as_ref().filter(|terms| !terms.is_empty()) else { return Ok(None) };
    let mut all = BTreeSet::new();
    for term in terms {
        let Some(names) = term.names() else { return Ok(None) };
        all.extend(names);
    }
    if all.is_empty() { Err("pod affinity terms conflict") } else { Ok(Some(all)) }
}

/// Runs the filters with the pods that wait for the node, and without them.
/// Models RunFilterPluginsWithNominatedPods.
pub fn filter_with_nominated(cycle: &Cycle<'_>, prepared: &Prepared, node: &NodeInfo) -> Option<Rejection> {
    let pod = cycle.pod;
    let waiting = cycle.nominated.get(&node.name).map_or(&[][..], Vec::as_slice);
    let waiting: Vec<_> =
        waiting.iter().filter(|other| other.priority >= pod.priority && other.uid != pod.uid).collect();
    if !waiting.is_empty() {
        let (mut prepared, mut node) = (prepared.clone(), node.clone());
        for other in waiting {
            node.add(other);
            prepared.update(pod, other, &node, 1);
        }
        if let Some(rejection) = prepared.filter(pod, &node) {
            return Some(rejection);
        }
    }
    prepared.filter(pod, node)
}

/// The best of several nodes. Models prioritizeNodes and the heap from which the winner is taken.
fn choose(cycle: &Cycle<'_>, feasible: &[usize]) -> Choice {
    let nodes: Vec<&NodeInfo> =
        feasible.iter().filter_map(|place| cycle.nodes.get(*place).map(|node| &**node)).collect();
    let names = nodes.iter().map(|node| node.name.clone()).collect();
    if let [only] = nodes.as_slice() {
        return Choice { node: only.name.clone(), feasible: names, ..Choice::default() };
    }
    let scores = scores::of(cycle, &nodes);
    let best = best(&totals(&scores, nodes.len()));
    let node = nodes.get(best).map(|node| node.name.clone()).unwrap_or_default();
    Choice { node, feasible: names, scores, ..Choice::default() }
}

/// What is wrong with each node that was refused: what its own filter said, or what is said of all that are not named.
fn refusals(cycle: &Cycle<'_>, found: &Feasibility) -> Refusals {
    let refused = |(place, node): (usize, &std::sync::Arc<NodeInfo>)| {
        let own = found.rejected.get(&node.name);
        let reasons = &own.or(found.absent.as_ref().filter(|_| !found.feasible.contains(&place)))?.reasons;
        Some((node.name.clone(), reasons.clone()))
    };
    cycle.nodes.iter().enumerate().filter_map(refused).collect()
}

/// The sums of all plugins' points.
pub fn totals(scores: &[PluginScores], nodes: usize) -> Vec<i64> {
    let total = |at: usize| scores.iter().filter_map(|plugin| plugin.scores.get(at)).sum();
    (0..nodes).map(total).collect()
}

/// The place at the root of a heap of these totals. Models container/heap.Init with nodeScoreHeap.
pub fn best(totals: &[i64]) -> usize {
    let mut heap: Vec<(i64, usize)> = totals.iter().copied().zip(0..).collect();
    for start in (0..heap.len() / 2).rev() {
        let mut at = start;
        loop {
            let (left, right) = (2 * at + 1, 2 * at + 2);
            let points = |place: usize| heap.get(place).map(|(total, _)| *total);
            let Some(of_left) = points(left) else { break };
            let child = if points(right).is_some_and(|of_right| of_right > of_left) { right } else { left };
            if points(child) <= points(at) {
                break;
            }
            heap.swap(at, child);
            at = child;
        }
    }
    heap.first().map_or(0, |(_, place)| *place)
}

/// `0/3 nodes are available: …` without what preemption says. Models FitError.Error.
pub fn failure_text(nodes: usize, found: &Feasibility) -> String {
    if let Some(refused) = &found.refused {
        return format!("0/{nodes} nodes are available: {}.", refused.reasons.join(", "));
    }
    counted_reasons(nodes, &found.rejected, found.absent.as_ref())
}

/// How often each reason stands, sorted as texts.
pub fn counted_reasons(nodes: usize, rejected: &BTreeMap<String, Rejection>, absent: Option<&Rejection>) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for reason in rejected.values().flat_map(|rejection| &rejection.reasons) {
        *counts.entry(reason).or_default() += 1;
    }
    let unnamed = nodes.saturating_sub(rejected.len());
    for reason in absent.into_iter().flat_map(|absent| &absent.reasons).filter(|_| unnamed > 0) {
        *counts.entry(reason).or_default() += unnamed;
    }
    let mut lines: Vec<String> = counts.into_iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    lines.sort();
    let reasons = if lines.is_empty() { String::new() } else { format!(" {}.", lines.join(", ")) };
    format!("0/{nodes} nodes are available:{reasons}")
}
