//! What the scheduler remembers: nodes with their pods, and pods that wait. Models backend/cache and backend/queue.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::cycle::Failure;
use super::hints::{self, Action, Event};
use super::pod_info::Reader;
use super::queue::{FLUSH_AFTER_MS, Refusal, Waiting};
use super::{NodeInfo, PodInfo, Selector, spread};
use crate::api::{Generic, Pod};
use crate::apiserver::Key;
use crate::sim::{SharedMap, SimTime};

/// The order in which pods are tried: the more important ones first, then those that have waited longer.
/// Models PrioritySort.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct QueuePlace {
    importance: std::cmp::Reverse<i64>,
    since: SimTime,
    number: u64,
}

/// A pod that has come to a node, or has changed there.
#[derive(Clone, Debug)]
pub struct Moved {
    /// As it was.
    pub old: Option<Arc<PodInfo>>,
    /// As it is.
    pub new: Arc<PodInfo>,
    /// What of it has changed.
    pub actions: Vec<Action>,
}

/// The scheduler's memory. A plain value.
#[derive(Clone, Debug, Default)]
pub struct Scheduler {
    /// Nodes in the order in which they came.
    nodes: Vec<Arc<NodeInfo>>,
    /// The node of each pod, by uid.
    places: SharedMap<Arc<str>, Arc<str>>,
    /// Pods to be tried, with their keys.
    active: BTreeMap<QueuePlace, (Arc<str>, Key)>,
    /// The turns of pods that are to be tried, by uid.
    turns: BTreeMap<Arc<str>, QueuePlace>,
    /// Pods that found no place, by uid.
    waiting: BTreeMap<Arc<str>, Waiting>,
    /// Those among them for which a node is being freed.
    nominated: BTreeSet<Arc<str>>,
    /// Pods that have found no place and are being tried again, as they waited, by uid.
    tried: BTreeMap<Arc<str>, Waiting>,
    /// The last attempt that failed.
    refusal: Option<Refusal>,
    reader: Reader,
    counter: u64,
}

impl Scheduler {
    /// The nodes in the order in which they are looked at.
    pub fn nodes(&self) -> Vec<Arc<NodeInfo>> {
        super::in_snapshot_order(self.nodes.clone())
    }

    /// Pods that wait for a node which is being freed for them, by node.
    pub fn nominated(&self) -> BTreeMap<String, Vec<Arc<PodInfo>>> {
        let mut nominated: BTreeMap<String, Vec<Arc<PodInfo>>> = BTreeMap::new();
        for waiting in self.nominated.iter().filter_map(|uid| self.waiting.get(uid)) {
            nominated.entry(waiting.pod.nominated_node.clone()).or_default().push(Arc::clone(&waiting.pod));
        }
        nominated
    }

    /// How often a pod has found no place.
    pub fn failures(&self, uid: &str) -> u32 {
        self.tried.get(uid).map_or(0, |tried| tried.failures)
    }

    /// A pod that is being tried. Where it was tried before, and has not changed since, it is known.
    pub fn read(&mut self, pod: &Pod) -> Arc<PodInfo> {
        match self.tried.get(pod.metadata.uid.as_str()) {
            Some(tried) if tried.pod.version == pod.metadata.resource_version => Arc::clone(&tried.pod),
            _ => Arc::new(self.reader.read(pod)),
        }
    }

    /// How many nodes there are.
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// An attempt has failed. It is remembered, unless nodes are being freed for pods, because then another pod may find
    /// one though nothing has been written.
    pub fn refused(&mut self, refusal: Refusal) {
        let depends_on_others = !self.nominated.is_empty() || refusal.failure.preemption.is_some();
        self.refusal = (!depends_on_others).then_some(refusal);
    }

    /// Why an attempt for this pod must fail, when the last one was for a pod like it and nothing was written since.
    pub fn known_failure(&self, pod: &Pod, version: u64) -> Option<Arc<Failure>> {
        let holds = |refusal: &&Refusal| self.nominated.is_empty() && refusal.holds_for(pod, version);
        self.refusal.as_ref().filter(holds).map(|refusal| Arc::clone(&refusal.failure))
    }

    /// A new pod, or one that a change may help, is to be tried from `at` on.
    pub fn activate(&mut self, uid: &str, key: Key, priority: i64, at: SimTime) {
        let uid: Arc<str> = Arc::from(uid);
        if let Some(waiting) = self.waiting.remove(&uid) {
            self.nominated.remove(&uid);
            self.tried.insert(Arc::clone(&uid), waiting);
        }
        if self.turns.contains_key(&uid) {
            return;
        }
        self.counter += 1;
        let turn = QueuePlace { importance: std::cmp::Reverse(priority), since: at, number: self.counter };
        self.turns.insert(Arc::clone(&uid), turn.clone());
        self.active.insert(turn, (uid, key));
    }

    /// The pod whose turn it is.
    pub fn next(&mut self, now: SimTime) -> Option<Key> {
        let turn = self.active.keys().find(|turn| turn.since <= now).cloned()?;
        let (uid, key) = self.active.remove(&turn)?;
        self.turns.remove(&uid);
        Some(key)
    }

    /// A pod has found no place. Answers when it is tried again though nothing changes, unless that is known from the
    /// time before.
    pub fn failed(&mut self, waiting: Waiting) -> Option<SimTime> {
        let uid: Arc<str> = Arc::from(waiting.pod.uid.as_str());
        let known = self.tried.remove(&uid).map(|tried| tried.flush);
        let flush = waiting.flush;
        self.note_nomination(&uid, &waiting.pod);
        self.waiting.insert(uid, waiting);
        (known != Some(flush)).then_some(flush)
    }

    fn note_nomination(&mut self, uid: &Arc<str>, pod: &PodInfo) {
        if pod.nominated_node.is_empty() {
            self.nominated.remove(uid);
        } else {
            self.nominated.insert(Arc::clone(uid));
        }
    }

    /// Whether a pod has waited long enough to be tried though nothing has changed.
    /// Models flushUnschedulablePodsLeftover.
    pub fn is_overdue(&self, uid: &str, now: SimTime) -> bool {
        self.waiting.get(uid).is_some_and(|waiting| now.ms_since(waiting.since) > FLUSH_AFTER_MS)
    }

    /// Pods that a change could help.
    pub fn helped(&self, event: Event<'_>, selector: &dyn Fn(&PodInfo) -> Selector) -> Vec<Arc<PodInfo>> {
        let could_help = |waiting: &&Waiting| {
            // Only one plugin asks of which pods it is a copy.
            let asks = waiting.plugins.contains(spread::NAME);
            let selector = if asks { selector(&waiting.pod) } else { Selector::Nothing };
            hints::could_help(&waiting.pod, &waiting.plugins, &selector, event)
        };
        let helped = self.waiting.values().filter(could_help);
        helped.map(|waiting| Arc::clone(&waiting.pod)).collect()
    }

    /// Pods that this plugin has refused.
    pub fn waiting_for(&self, plugin: &str) -> Vec<Arc<PodInfo>> {
        let waiting = self.waiting.values().filter(|waiting| waiting.plugins.contains(plugin));
        waiting.map(|waiting| Arc::clone(&waiting.pod)).collect()
    }

    /// Whether nobody waits.
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty()
    }

    /// A waiting pod has changed; answers whether that could help it.
    pub fn waiting_changed(&mut self, pod: &Pod, selector: &dyn Fn(&PodInfo) -> Selector) -> bool {
        let Some(waiting) = self.waiting.get_mut(pod.metadata.uid.as_str()) else { return false };
        let new = Arc::new(PodInfo::read(pod));
        let old = std::mem::replace(&mut waiting.pod, Arc::clone(&new));
        let plugins = waiting.plugins.clone();
        self.note_nomination(&Arc::from(new.uid.as_str()), &new);
        let selector = selector(&new);
        hints::pod_changes(&old, &new).into_iter().any(|action| {
            let event = Event::Pod(action, Some(&old), Some(&new));
            hints::could_help(&new, &plugins, &selector, event)
        })
    }

    /// A pod that has no node is gone, or got one elsewhere.
    pub fn forget(&mut self, uid: &str) {
        self.waiting.remove(uid);
        self.nominated.remove(uid);
        self.tried.remove(uid);
        if let Some(turn) = self.turns.remove(uid) {
            self.active.remove(&turn);
        }
    }

    /// A node is new, or another than before; answers it as it was.
    pub fn node_changed(&mut self, node: &Generic) -> (Option<Arc<NodeInfo>>, Arc<NodeInfo>) {
        let read = NodeInfo::read(node);
        match self.nodes.iter_mut().find(|known| known.name == read.name) {
            Some(known) => {
                let old = Arc::clone(known);
                Arc::make_mut(known).renew(read);
                (Some(old), Arc::clone(known))
            }
            None => {
                let new = Arc::new(read);
                self.nodes.push(Arc::clone(&new));
                (None, new)
            }
        }
    }

    /// A node is gone; answers it as it was.
    pub fn node_removed(&mut self, name: &str) -> Option<Arc<NodeInfo>> {
        let place = self.nodes.iter().position(|node| node.name == name)?;
        Some(self.nodes.remove(place))
    }

    /// A pod is on a node. Answers what that means for others: nothing when it was there and nothing of interest has
    /// changed.
    pub fn placed(&mut self, pod: &Pod, old: Option<&Pod>) -> Option<Moved> {
        let uid = pod.metadata.uid.as_str();
        if self.places.get(uid).is_none() {
            let info = Arc::new(self.reader.read(pod));
            self.forget(uid);
            self.places.insert(Arc::from(uid), Arc::from(pod.node_name.as_str()));
            if let Some(node) = self.nodes.iter_mut().find(|node| node.name == pod.node_name) {
                Arc::make_mut(node).add(&info);
            }
            return Some(Moved { old: None, new: info, actions: vec![Action::Add] });
        }
        let is_same = |old: &Pod| {
            Arc::ptr_eq(&old.spec, &pod.spec)
                && old.metadata.labels == pod.metadata.labels
                && old.metadata.deletion_timestamp == pod.metadata.deletion_timestamp
                && old.status.start_time == pod.status.start_time
                && old.condition("DisruptionTarget").is_some() == pod.condition("DisruptionTarget").is_some()
        };
        if old.is_some_and(is_same) {
            return None;
        }
        let info = Arc::new(self.reader.read(pod));
        let node = self.nodes.iter_mut().find(|node| node.name == pod.node_name)?;
        let node = Arc::make_mut(node);
        let old = node.remove(uid)?;
        node.add(&info);
        let actions = hints::pod_changes(&old, &info);
        Some(Moved { old: Some(old), new: info, actions })
    }

    /// A pod has left its node, or has ended there; answers it as it was.
    pub fn left(&mut self, uid: &str) -> Option<Arc<PodInfo>> {
        let name = self.places.remove(uid)?;
        let node = self.nodes.iter_mut().find(|node| node.name == *name)?;
        Arc::make_mut(node).remove(uid)
    }
}
