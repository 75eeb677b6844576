//! Which changes could help a pod that found no place. Models the plugins' EventsToRegister with their queueing hints.

use std::collections::BTreeSet;

use super::filters::{NODE_AFFINITY, NODE_NAME, PORTS, RESOURCES, RESTRICTIONS, TAINTS, UNSCHEDULABLE, shortages};
use super::inter_pod::{self, matches_all};
use super::spread;
use super::{NodeInfo, PodInfo, Selector};
use crate::api::taints;

/// What has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It is new.
    Add,
    /// It is gone.
    Delete,
    /// A node has other amounts to give.
    NodeAllocatable,
    /// A node has other labels.
    NodeLabel,
    /// A node has other taints, or takes new pods again.
    NodeTaint,
    /// A pod has other labels.
    PodLabel,
    /// A pod asks for less.
    PodScaleDown,
    /// A pod tolerates more.
    PodToleration,
    /// Anything else of a pod.
    PodOther,
}

/// A change of a node or of a pod.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// Of a node: what changed, and the node before and now.
    Node(Action, Option<&'a NodeInfo>, Option<&'a NodeInfo>),
    /// Of a pod: what changed, and the pod before and now.
    Pod(Action, Option<&'a PodInfo>, Option<&'a PodInfo>),
}

/// What of a node has changed. Models NodeSchedulingPropertiesChange.
pub fn node_changes(old: &NodeInfo, new: &NodeInfo) -> Vec<Action> {
    let changes = [
        (old.unschedulable && !new.unschedulable, Action::NodeTaint),
        (old.allocatable != new.allocatable, Action::NodeAllocatable),
        (old.labels != new.labels, Action::NodeLabel),
        (old.taints != new.taints, Action::NodeTaint),
    ];
    changes.into_iter().filter(|(has_changed, _)| *has_changed).map(|(_, action)| action).collect()
}

/// What of a pod has changed. Models PodSchedulingPropertiesChange.
pub fn pod_changes(old: &PodInfo, new: &PodInfo) -> Vec<Action> {
    let (was, is) = (&old.requests, &new.requests);
    let asks_less = was.milli_cpu > is.milli_cpu
        || was.memory > is.memory
        || was.ephemeral_storage > is.ephemeral_storage
        || was.scalars.iter().any(|(name, amount)| *amount > is.scalar(name));
    let changes = [
        (old.labels != new.labels, Action::PodLabel),
        (asks_less, Action::PodScaleDown),
        (old.tolerations.len() != new.tolerations.len(), Action::PodToleration),
    ];
    let mut found: Vec<Action> =
        changes.into_iter().filter(|(has_changed, _)| *has_changed).map(|(_, action)| action).collect();
    if found.is_empty() {
        found.push(Action::PodOther);
    }
    found
}

/// Whether a change could help a pod that these plugins refused. Models isPodWorthRequeuing.
pub fn could_help(
    pod: &PodInfo,
    plugins: &BTreeSet<&'static str>,
    default_selector: &Selector,
    event: Event<'_>,
) -> bool {
    plugins.is_empty() || plugins.iter().any(|plugin| hint(plugin, pod, default_selector, event))
}

fn hint(plugin: &str, pod: &PodInfo, default_selector: &Selector, event: Event<'_>) -> bool {
    match event {
        // Plugins that listen for new nodes and not for taints are told of every change of taints, and believe it.
        Event::Node(Action::NodeTaint, ..)
            if matches!(plugin, RESOURCES | NODE_AFFINITY | NODE_NAME | PORTS | RESTRICTIONS | inter_pod::NAME) =>
        {
            true
        }
        Event::Node(action, old, new) => node_hint(plugin, pod, default_selector, action, old, new),
        Event::Pod(action, old, new) => pod_hint(plugin, pod, default_selector, action, old, new),
    }
}

fn node_hint(
    plugin: &str,
    pod: &PodInfo,
    default_selector: &Selector,
    action: Action,
    old: Option<&NodeInfo>,
    new: Option<&NodeInfo>,
) -> bool {
    if plugin == spread::NAME {
        return matches!(action, Action::Add | Action::Delete | Action::NodeLabel | Action::NodeTaint)
            && spread_after_node(pod, default_selector, old, new);
    }
    let Some(new) = new else { return false };
    match (plugin, action) {
        (RESOURCES, Action::Add | Action::NodeAllocatable) => {
            let fits = shortages(pod, &without_pods(new)).is_empty();
            fits && old.is_none_or(|old| has_more(pod, old, new))
        }
        (NODE_AFFINITY, Action::Add | Action::NodeLabel) => {
            pod.allows_node(&new.name, &new.labels) && !old.is_some_and(|old| pod.allows_node(&old.name, &old.labels))
        }
        (NODE_NAME | PORTS | RESTRICTIONS, Action::Add) => true,
        (TAINTS, Action::Add | Action::NodeTaint) => {
            let keeps_away = |node: &NodeInfo| {
                node.taints.iter().any(|taint| taint.keeps_away() && !taint.is_tolerated(&pod.tolerations))
            };
            old.is_none_or(keeps_away) && !keeps_away(new)
        }
        (UNSCHEDULABLE, Action::Add | Action::NodeTaint) => {
            !new.unschedulable && old.is_none_or(|old| old.unschedulable)
        }
        (inter_pod::NAME, Action::Add | Action::NodeLabel) => affinity_after_node(pod, old, new),
        _ => false,
    }
}

fn without_pods(node: &NodeInfo) -> NodeInfo {
    NodeInfo { name: node.name.clone(), allocatable: node.allocatable.clone(), ..NodeInfo::default() }
}

/// Models haveAnyRequestedResourcesIncreased.
fn has_more(pod: &PodInfo, old: &NodeInfo, new: &NodeInfo) -> bool {
    let (wanted, was, is) = (&pod.requests, &old.allocatable, &new.allocatable);
    is.pods > was.pods
        || wanted.milli_cpu > 0 && is.milli_cpu > was.milli_cpu
        || wanted.memory > 0 && is.memory > was.memory
        || wanted.ephemeral_storage > 0 && is.ephemeral_storage > was.ephemeral_storage
        || wanted.scalars.iter().any(|(name, amount)| *amount > 0 && is.scalar(name) > was.scalar(name))
}

/// Models InterPodAffinity.isSchedulableAfterNodeChange.
fn affinity_after_node(pod: &PodInfo, old: Option<&NodeInfo>, new: &NodeInfo) -> bool {
    let value = |node: &NodeInfo, key: &str| node.labels.get(key).cloned();
    let near = pod.required_affinity.iter().any(|term| {
        let (key, now) = (&term.topology_key, value(new, &term.topology_key));
        now.is_some() && old.is_none_or(|old| value(old, key) != now)
    });
    let far = pod.required_anti_affinity.iter().any(|term| {
        let Some(old) = old else { return true };
        let was = value(old, &term.topology_key);
        was.is_some() && was != value(new, &term.topology_key)
    });
    near || far
}

/// Models PodTopologySpread.isSchedulableAfterNodeChange.
fn spread_after_node(
    pod: &PodInfo,
    default_selector: &Selector,
    old: Option<&NodeInfo>,
    new: Option<&NodeInfo>,
) -> bool {
    let constraints = spread::constraints(pod, default_selector, true);
    let has_keys = |node: &NodeInfo| constraints.iter().all(|found| node.labels.contains_key(&found.topology_key));
    match (old, new) {
        (Some(old), Some(new)) => {
            let places_differ = constraints
                .iter()
                .any(|found| old.labels.get(&found.topology_key) != new.labels.get(&found.topology_key));
            has_keys(old) != has_keys(new) || has_keys(new) && (places_differ || old.taints != new.taints)
        }
        (None, Some(only)) | (Some(only), None) => has_keys(only),
        (None, None) => false,
    }
}

fn pod_hint(
    plugin: &str,
    pod: &PodInfo,
    default_selector: &Selector,
    action: Action,
    old: Option<&PodInfo>,
    new: Option<&PodInfo>,
) -> bool {
    let is_own = new.is_some_and(|new| new.uid == pod.uid);
    let has_place = |pod: &PodInfo| !pod.node_name.is_empty() || !pod.nominated_node.is_empty();
    match (plugin, action) {
        (RESOURCES, Action::Delete) => old.is_some_and(has_place),
        (RESOURCES, Action::PodScaleDown) => {
            is_own
                || old.zip(new).is_some_and(|(old, new)| {
                    let (wanted, was, is) = (&pod.requests, &old.requests, &new.requests);
                    !new.node_name.is_empty()
                        && (wanted.milli_cpu > 0 && was.milli_cpu > is.milli_cpu
                            || wanted.memory > 0 && was.memory > is.memory
                            || wanted.ephemeral_storage > 0 && was.ephemeral_storage > is.ephemeral_storage
                            || wanted.scalars.iter().any(|(name, n)| *n > 0 && was.scalar(name) > is.scalar(name)))
                })
        }
        (PORTS, Action::Delete) => old.is_some_and(|old| {
            let mut node = NodeInfo::default();
            node.ports.extend(old.host_ports.iter().cloned());
            has_place(old) && pod.host_ports.iter().any(|port| node.has_port_conflict(port))
        }),
        (RESTRICTIONS, Action::Delete) => old.is_some_and(|old| {
            old.namespace == pod.namespace && old.claims.iter().any(|claim| pod.claims.contains(claim))
        }),
        (TAINTS, Action::PodToleration) => is_own,
        (UNSCHEDULABLE, Action::PodToleration) => {
            is_own && new.is_some_and(|new| taints::unschedulable().is_tolerated(&new.tolerations))
        }
        (inter_pod::NAME, Action::Add | Action::PodLabel | Action::Delete) => {
            is_own && old.is_some()
                || new.is_none_or(has_place) && old.is_none_or(has_place) && affinity_after_pod(pod, old, new)
        }
        (spread::NAME, Action::Add | Action::PodLabel | Action::PodToleration | Action::Delete) => {
            let involved =
                |other: &PodInfo| other.uid == pod.uid || has_place(other) && other.namespace == pod.namespace;
            new.is_none_or(involved) && old.is_none_or(involved) && spread_after_pod(pod, default_selector, old, new)
        }
        _ => false,
    }
}

/// Models InterPodAffinity.isSchedulableAfterPodChange.
fn affinity_after_pod(pod: &PodInfo, old: Option<&PodInfo>, new: Option<&PodInfo>) -> bool {
    let (near, far) = (&pod.required_affinity, &pod.required_anti_affinity);
    match (old, new) {
        (Some(old), Some(new)) => {
            !matches_all(near, old) && matches_all(near, new) || matches_all(far, old) && !matches_all(far, new)
        }
        (None, Some(new)) => matches_all(near, new),
        (Some(old), None) => matches_all(far, old) || matches_all(&old.required_anti_affinity, pod),
        (None, None) => false,
    }
}

/// Models PodTopologySpread.isSchedulableAfterPodChange.
fn spread_after_pod(pod: &PodInfo, default_selector: &Selector, old: Option<&PodInfo>, new: Option<&PodInfo>) -> bool {
    let constraints = spread::constraints(pod, default_selector, true);
    let any = |other: &PodInfo| constraints.iter().any(|found| found.selector.matches(&other.labels));
    match (old, new) {
        (Some(old), Some(new)) => {
            let tolerates_more = pod.uid == new.uid
                && old.tolerations != new.tolerations
                && constraints.iter().any(|found| found.honors_taints);
            tolerates_more
                || constraints
                    .iter()
                    .any(|found| found.selector.matches(&old.labels) != found.selector.matches(&new.labels))
        }
        (None, Some(only)) | (Some(only), None) => any(only),
        (None, None) => false,
    }
}
