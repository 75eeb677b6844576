//! Whom a pod may drive away. Models plugins/defaultpreemption and pkg/scheduler/framework/preemption.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::cycle::{Feasibility, counted_reasons, filter_with_nominated};
use super::filters::Prepared;
use super::{Code, Cycle, NodeInfo, PodInfo, Rejection, Selector};
use crate::api::Time;

/// How many pods may be disrupted, as a PodDisruptionBudget's status has it.
#[derive(Clone, Debug)]
pub struct Budget {
    /// Of which namespace.
    pub namespace: String,
    /// Of which pods.
    pub selector: Selector,
    /// How many.
    pub allowed: i64,
    /// Pods that are being evicted and counted already.
    pub disrupted: BTreeSet<String>,
}

/// A node that would be free enough without some of its pods.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The node.
    pub node: String,
    /// The pods, most important first.
    pub victims: Vec<Arc<PodInfo>>,
    /// How many of them a budget protects.
    pub violations: usize,
}

/// What is done to make room.
#[derive(Clone, Debug)]
pub struct Preemption {
    /// Where, and who goes.
    pub best: Candidate,
    /// All that could have been chosen.
    pub candidates: Vec<Candidate>,
}

impl Preemption {
    /// The pods that are to be deleted: those that are going already are waited for.
    pub fn deleted(&self) -> impl Iterator<Item = &Arc<PodInfo>> {
        self.best.victims.iter().filter(|victim| !victim.is_terminating)
    }

    /// The pods of less importance that lose their nomination for the node, out of those that wait for it; none when
    /// nobody has to be deleted. Models actuatePodPreemption.
    pub fn cleared<'a>(
        &'a self,
        pod: &'a PodInfo,
        waiting: &'a [Arc<PodInfo>],
    ) -> impl Iterator<Item = &'a Arc<PodInfo>> {
        let clears = self.deleted().next().is_some();
        waiting.iter().filter(move |other| clears && other.priority < pod.priority)
    }
}

/// What comes of the search.
#[derive(Clone, Debug, Default)]
pub struct PostFilter {
    /// What the message says of it; nothing when pods are driven away.
    pub text: Option<String>,
    /// Who goes.
    pub preemption: Option<Preemption>,
    /// Whether the pod's nomination is to be cleared.
    pub clears_nomination: bool,
}

/// Looks for a node on which pods of less importance could go. Models Evaluator.Preempt.
pub fn preempt(cycle: &Cycle<'_>, prepared: &Prepared, found: &Feasibility) -> PostFilter {
    let pod = cycle.pod;
    let say = |text: String| PostFilter {
        text: Some(format!("no new claims to deallocate, preemption: {text}")),
        ..PostFilter::default()
    };
    if found.refused.is_some() {
        // The plugin for devices finds nothing prepared, and its error ends the search.
        return PostFilter { text: Some("not found".to_owned()), ..PostFilter::default() };
    }
    if !pod.may_preempt {
        return say("not eligible due to preemptionPolicy=Never.".to_owned());
    }
    if has_terminating_victims(cycle, found) {
        return say("not eligible due to a terminating pod on the nominated node.".to_owned());
    }
    let is_hopeful = |node: &&Arc<NodeInfo>| {
        found.rejected.get(&node.name).is_some_and(|rejection| rejection.code == Code::Unschedulable)
    };
    let mut refused: BTreeMap<String, Rejection> = BTreeMap::new();
    let mut candidates = Vec::new();
    for node in cycle.nodes.iter().filter(is_hopeful) {
        match victims_on(cycle, prepared, node) {
            Ok(candidate) => candidates.push(candidate),
            Err(rejection) => drop(refused.insert(node.name.clone(), rejection)),
        }
    }
    match pick(&candidates).cloned() {
        Some(best) => PostFilter { preemption: Some(Preemption { best, candidates }), ..PostFilter::default() },
        None => {
            let absent = Rejection::new("", Code::Unresolvable, "Preemption is not helpful for scheduling");
            let text = counted_reasons(cycle.nodes.len(), &refused, Some(&absent));
            PostFilter { clears_nomination: true, ..say(text) }
        }
    }
}

/// Whether those whom the pod has driven away are still going. Models PodEligibleToPreemptOthers.
fn has_terminating_victims(cycle: &Cycle<'_>, found: &Feasibility) -> bool {
    let nominated = cycle.pod.nominated_node.as_str();
    let code = found.rejected.get(nominated).or(found.absent.as_ref()).map(|rejection| rejection.code);
    // A node that is not named counts as one that cannot be helped.
    if nominated.is_empty() || code.unwrap_or(Code::Unresolvable) == Code::Unresolvable {
        return false;
    }
    let node = cycle.nodes.iter().find(|node| node.name == nominated);
    let node = node.filter(|node| node.has_pods_below(cycle.pod.priority));
    node.is_some_and(|node| node.pods.iter().any(|other| other.priority < cycle.pod.priority && other.is_preempted))
}

/// The fewest and least important pods without which the node takes the pod. Models SelectVictimsOnNode.
fn victims_on(cycle: &Cycle<'_>, prepared: &Prepared, node: &NodeInfo) -> Result<Candidate, Rejection> {
    let pod = cycle.pod;
    if !node.has_pods_below(pod.priority) {
        let why = "No preemption victims found for incoming pod";
        return Err(Rejection::new("", Code::Unresolvable, why));
    }
    // Only now: to go through a node's pods and to copy it cost as much as it has pods, and most nodes have no victims.
    let mut potential: Vec<Arc<PodInfo>> =
        node.pods.iter().filter(|other| other.priority < pod.priority).map(Arc::clone).collect();
    let (mut prepared, mut node) = (prepared.clone(), node.clone());
    for other in &potential {
        node.remove(&other.uid);
        prepared.update(pod, other, &node, -1);
    }
    if let Some(rejection) = filter_with_nominated(cycle, &prepared, &node) {
        return Err(rejection);
    }
    sort_by_importance(&mut potential);
    let (violating, others) = split_by_budgets(&potential, cycle.budgets);
    let has_both = !violating.is_empty() && !others.is_empty();
    let mut victims = Vec::new();
    let mut violations = 0;
    for (other, is_violating) in
        violating.into_iter().map(|pod| (pod, true)).chain(others.into_iter().map(|pod| (pod, false)))
    {
        node.add(&other);
        prepared.update(pod, &other, &node, 1);
        if filter_with_nominated(cycle, &prepared, &node).is_some() {
            node.remove(&other.uid);
            prepared.update(pod, &other, &node, -1);
            violations += usize::from(is_violating);
            victims.push(other);
        }
    }
    if has_both {
        sort_by_importance(&mut victims);
    }
    Ok(Candidate { node: node.name, victims, violations })
}

/// Models util.MoreImportantPod, with Go's insertion sort: a pod that has not started counts as started now, later than
/// the one that it is compared with.
fn sort_by_importance(pods: &mut [Arc<PodInfo>]) {
    let is_more_important = |a: &PodInfo, b: &PodInfo| match (a.priority.cmp(&b.priority), a.start, b.start) {
        (std::cmp::Ordering::Greater, _, _) => true,
        (std::cmp::Ordering::Less, _, _) => false,
        (_, Some(a), Some(b)) => a < b,
        (_, Some(_), None) => true,
        (_, None, Some(_)) => false,
        (_, None, None) => true,
    };
    for end in 1..pods.len() {
        let mut at = end;
        while let Some([before, pod]) = at.checked_sub(1).and_then(|from| pods.get(from..=at))
            && is_more_important(pod, before)
        {
            pods.swap(at, at - 1);
            at -= 1;
        }
    }
}

/// Those whom a budget protects, and the others. Models filterPodsWithPDBViolation.
fn split_by_budgets(pods: &[Arc<PodInfo>], budgets: &[Budget]) -> (Vec<Arc<PodInfo>>, Vec<Arc<PodInfo>>) {
    let mut allowed: Vec<i64> = budgets.iter().map(|budget| budget.allowed).collect();
    let mut is_violating = |pod: &&Arc<PodInfo>| {
        let mut violates = false;
        for (budget, allowed) in budgets.iter().zip(&mut allowed) {
            let concerns = !pod.labels.is_empty()
                && budget.namespace == pod.namespace
                && !budget.selector.is_empty()
                && budget.selector.matches(&pod.labels)
                && !budget.disrupted.contains(&pod.name);
            if concerns {
                *allowed -= 1;
                violates |= *allowed < 0;
            }
        }
        violates
    };
    let (violating, others): (Vec<_>, Vec<_>) = pods.iter().partition(|pod| is_violating(pod));
    (violating.into_iter().cloned().collect(), others.into_iter().cloned().collect())
}

/// Models pickOneNodeForPreemption.
fn pick(candidates: &[Candidate]) -> Option<&Candidate> {
    best_candidates(candidates).into_iter().next()
}

/// The candidates among which the choice is arbitrary: Go's order of maps decides, here the nodes' order.
pub fn best_candidates(candidates: &[Candidate]) -> Vec<&Candidate> {
    let key = |candidate: &Candidate| {
        let highest = candidate.victims.first().map_or(0, |victim| victim.priority);
        let sum: i64 = candidate.victims.iter().map(|victim| victim.priority + i64::from(i32::MAX) + 1).sum();
        let earliest = earliest_start(&candidate.victims);
        (candidate.violations, highest, sum, candidate.victims.len(), std::cmp::Reverse(earliest))
    };
    let least = candidates.iter().map(key).min();
    candidates.iter().filter(|candidate| Some(key(candidate)) == least).collect()
}

/// The earliest start among the most important victims; one that has not started starts now.
/// Models util.GetEarliestPodStartTime.
fn earliest_start(victims: &[Arc<PodInfo>]) -> Time {
    let highest = victims.iter().map(|victim| victim.priority).max();
    let of_highest = victims.iter().filter(|victim| Some(victim.priority) == highest);
    of_highest.map(|victim| victim.start.unwrap_or(Time(i64::MAX))).min().unwrap_or(Time(i64::MAX))
}
