//! How many of an owner's pods are what: kept with each write, so that nobody has to look at all of them.

use std::collections::BTreeMap;

use crate::api::{Pod, StringMap, Time};

/// The pods that one object controls, counted. Pods with the same labels on the same node are one group: what a selector
/// says of one of them it says of all, and an owner's pods are seldom of more than a few groups.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Ordered by labels and node, none of them empty.
    groups: Vec<Group>,
}

/// Pods with the same labels on the same node.
#[derive(Clone, Debug)]
pub struct Group {
    /// Their labels.
    pub labels: StringMap,
    /// Their node; empty for none.
    pub node: String,
    /// Those that have neither ended nor are being deleted.
    pub active: usize,
    /// Those that are being deleted and have not ended.
    pub terminating: usize,
    /// Those that have ended.
    ended: usize,
    /// How many of the active ones are ready, by the moment since which they are.
    pub ready: BTreeMap<Option<Time>, usize>,
}

impl Tally {
    /// The groups.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// Counts a pod.
    pub(super) fn add(&mut self, pod: &Pod) {
        let at = match self.place(pod) {
            Ok(at) => at,
            Err(at) => {
                self.groups.insert(at, Group::like(pod));
                at
            }
        };
        if let Some(group) = self.groups.get_mut(at) {
            group.count(pod, true);
        }
    }

    /// Counts a pod no more.
    pub(super) fn remove(&mut self, pod: &Pod) {
        let Ok(at) = self.place(pod) else { return };
        let Some(group) = self.groups.get_mut(at) else { return };
        group.count(pod, false);
        if group.active + group.terminating + group.ended == 0 {
            self.groups.remove(at);
        }
    }

    fn place(&self, pod: &Pod) -> Result<usize, usize> {
        self.groups.binary_search_by(|group| {
            group.node.cmp(&pod.node_name).then_with(|| group.labels.cmp(&pod.metadata.labels))
        })
    }
}

impl Group {
    fn like(pod: &Pod) -> Self {
        Self {
            labels: pod.metadata.labels.clone(),
            node: pod.node_name.clone(),
            active: 0,
            terminating: 0,
            ended: 0,
            ready: BTreeMap::new(),
        }
    }

    fn count(&mut self, pod: &Pod, comes: bool) {
        let counter = if pod.status.phase.is_terminal() {
            &mut self.ended
        } else if pod.is_active() {
            &mut self.active
        } else {
            &mut self.terminating
        };
        *counter = if comes { *counter + 1 } else { *counter - 1 };
        if !pod.is_active() {
            return;
        }
        let Some(since) = pod.ready_since() else { return };
        let pods = self.ready.entry(since).or_default();
        *pods = if comes { *pods + 1 } else { *pods - 1 };
        if *pods == 0 {
            self.ready.remove(&since);
        }
    }
}
