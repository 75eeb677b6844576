//! Pods when there are many: a slot each, which a pod keeps while it lives, and what of them has changed.
//!
//! Boxes that tell a story cost more than a frame when there are a thousand of them. Here only the pods that the watch
//! log names are looked at, and whoever draws is told which slots are others than before.

use hellok8s_lab::sorting;
use std::collections::BTreeMap;
use std::sync::Arc;

use hellok8s_lab::api::{KubernetesVersion, Object, Pod};
use hellok8s_lab::apiserver::ChangeType;
use hellok8s_lab::cluster::{Cluster, WatchEvent};
use hellok8s_lab::kubectl::printers;

use super::Tally;
use super::pods::{PodState, STATES};

/// How many slots are looked at at once for how much is left.
const SWEPT: usize = 128;

/// A pod in its slot.
#[derive(Clone, Debug)]
pub struct Cell {
    /// The pod as the API server has it.
    pub pod: Arc<Pod>,
    /// Its state.
    pub state: PodState,
    /// kubectl's READY column.
    pub ready: String,
    /// kubectl's STATUS column.
    pub status: String,
    /// Restarts.
    pub restarts: String,
    /// How many quarters of its back-off or its grace period are left, begun ones too.
    pub left: u8,
    /// Its ReplicaSet's colour, where pods of several stand together.
    pub hue: Option<usize>,
}

/// The pods of one ReplicaSet, or those of none; of one node, or those of none, where pods stand by node.
#[derive(Clone, Debug, Default)]
pub struct CrowdSet {
    /// Uid of the ReplicaSet or name of the node, empty for none.
    pub owner: String,
    /// A slot each. The place of a pod that has gone is free until a new one takes it.
    pub slots: Vec<Option<Cell>>,
    /// How many pods are in each state, in the order of [`STATES`].
    pub counts: [usize; STATES.len()],
    /// Slots that whoever draws has not drawn yet, some of them twice, some of them gone.
    undrawn: Vec<usize>,
    taken: usize,
}

impl CrowdSet {
    /// Some of the slots that are to be drawn anew, those that wait longest: at most `count`.
    pub fn take_undrawn(&mut self, count: usize) -> Vec<usize> {
        let rest = self.undrawn.split_off(self.undrawn.len().min(count));
        std::mem::replace(&mut self.undrawn, rest)
    }

    /// Every slot is to be drawn, whatever was drawn before.
    pub fn forget_drawn(&mut self) {
        self.undrawn = (0..self.slots.len()).collect();
    }

    /// Whether there are more of them.
    pub fn has_undrawn(&self) -> bool {
        !self.undrawn.is_empty()
    }

    fn tally(&mut self, state: PodState, is_more: bool) {
        if let Some(count) = self.counts.get_mut(state as usize) {
            *count = if is_more { *count + 1 } else { count.saturating_sub(1) };
        }
    }

    fn seat(&mut self, slot: Option<usize>, cell: Cell) -> usize {
        let slot = slot.unwrap_or_else(|| {
            let is_full = self.taken == self.slots.len();
            let free = if is_full { None } else { self.slots.iter().position(Option::is_none) };
            free.unwrap_or_else(|| {
                self.slots.push(None);
                self.slots.len() - 1
            })
        });
        self.tally(cell.state, true);
        if let Some(place) = self.slots.get_mut(slot) {
            match place.replace(cell).map(|before| before.state) {
                Some(before) => self.tally(before, false),
                None => self.taken += 1,
            }
        }
        self.note_undrawn(slot);
        slot
    }

    fn leave(&mut self, slot: usize) {
        let Some(cell) = self.slots.get_mut(slot).and_then(Option::take) else { return };
        self.tally(cell.state, false);
        self.taken -= 1;
        while self.slots.last().is_some_and(Option::is_none) {
            self.slots.pop();
        }
        self.note_undrawn(slot);
    }

    fn note_undrawn(&mut self, slot: usize) {
        self.undrawn.push(slot);
        // Nobody draws: the stage may be hidden.
        if self.undrawn.len() > 4 * self.slots.len() + 64 {
            self.forget_drawn();
        }
    }
}

/// All pods.
#[derive(Clone, Debug, Default)]
pub struct Crowd {
    sets: Vec<CrowdSet>,
    /// By uid: the set and the slot.
    places: BTreeMap<String, (usize, usize)>,
    /// The set and the slot that [`Crowd::sweep`] has come to.
    swept: (usize, usize),
    /// Whether the sets are those of nodes.
    is_by_node: bool,
    /// How many pods of each ReplicaSet are in each state, whatever the sets are of.
    counts: BTreeMap<String, [usize; STATES.len()]>,
    /// Of each pod: its ReplicaSet, and the state in which it is counted.
    counted: BTreeMap<String, (String, PodState)>,
}

/// How pods are read: what a ReplicaSet's colour is.
pub(super) type HueOf<'a> = &'a dyn Fn(&str) -> usize;

impl Crowd {
    /// The pods of a ReplicaSet, or those of none.
    pub fn set(&self, owner: &str) -> Option<&CrowdSet> {
        self.sets.iter().find(|set| set.owner == owner)
    }

    /// As [`Crowd::set`], to draw it.
    pub fn set_mut(&mut self, owner: &str) -> Option<&mut CrowdSet> {
        self.sets.iter_mut().find(|set| set.owner == owner)
    }

    /// The namespace of the pod with this name.
    pub fn find(&self, name: &str) -> Option<String> {
        let cells = self.sets.iter().flat_map(|set| &set.slots).flatten();
        cells.map(|cell| &cell.pod.metadata).find(|metadata| metadata.name == name).map(|one| one.namespace.clone())
    }

    /// How many pods of a ReplicaSet are ready, wait, and leave.
    pub(super) fn tally(&self, owner: &str) -> Tally {
        let mut tally = Tally::default();
        if let Some(counts) = self.counts.get(owner) {
            STATES.iter().zip(counts).for_each(|(state, count)| tally.add(*state, *count));
        }
        tally
    }

    /// Whether a set has slots that wait to be drawn.
    pub fn has_undrawn(&self) -> bool {
        self.sets.iter().any(CrowdSet::has_undrawn)
    }

    /// How many pods there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether the next reading has to look at every pod.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Forgets all pods.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Forgets all pods, to read them by node or by ReplicaSet.
    fn begin(&mut self, is_by_node: bool) {
        *self = Self { is_by_node, ..Self::default() };
    }

    /// The names of all nodes on which there are pods.
    pub fn nodes(&self) -> impl Iterator<Item = &str> {
        self.sets.iter().filter(|set| self.is_by_node && set.taken > 0).map(|set| set.owner.as_str())
    }

    /// The first reason for which no node takes one of the pods that have none.
    pub fn obstacle(&self) -> Option<String> {
        let waiting = self.set("").filter(|_| self.is_by_node)?;
        let said = waiting.slots.iter().flatten().map(|cell| super::pods::obstacle(&cell.pod));
        said.filter(|text| !text.is_empty()).map(str::to_owned).next()
    }

    /// Reads what has changed since the watch log's entry `known`, or all of it. Answers whether pods that are gone, or
    /// that stand elsewhere now, have to be drawn though nothing was written.
    #[inline(never)]
    pub fn read(&mut self, cluster: &Cluster, known: Option<usize>, is_by_node: bool, hue: HueOf<'_>) -> bool {
        let is_regrouped = self.is_by_node != is_by_node;
        if is_regrouped {
            self.begin(is_by_node);
        }
        match known {
            Some(known) if !self.is_empty() => {
                cluster.log().since(known).for_each(|event| self.note(event, cluster, hue));
            }
            _ => self.read_all(cluster, hue),
        }
        self.sweep(cluster) || is_regrouped
    }

    /// Looks at every pod: those that are known keep their slots.
    fn read_all(&mut self, cluster: &Cluster, hue: HueOf<'_>) {
        let store = cluster.api.store();
        let mut pods: Vec<&Arc<Pod>> = store.pods(None).collect();
        // As in the boxes: the oldest first.
        sorting::sort_by_key(&mut pods, |pod| (pod.metadata.creation_timestamp, pod.metadata.resource_version));
        let gone: Vec<String> = {
            let living = sorting::set(pods.iter().map(|pod| pod.metadata.uid.as_str()));
            self.places.keys().filter(|uid| !living.contains(uid.as_str())).cloned().collect()
        };
        gone.iter().for_each(|uid| self.remove(uid));
        for pod in pods {
            self.put(pod, cluster, hue);
        }
    }

    /// Looks at what a change of the cluster has changed.
    fn note(&mut self, event: &WatchEvent, cluster: &Cluster, hue: HueOf<'_>) {
        if let Object::Pod(pod) = &event.object {
            if event.kind == ChangeType::Deleted {
                self.remove(&pod.metadata.uid);
            } else {
                self.put(pod, cluster, hue);
            }
        }
    }

    /// Time has passed: looks at some of those that wait, at others each time, and answers whether one is to be drawn.
    /// What is left of a back-off changes without a change of the cluster.
    fn sweep(&mut self, cluster: &Cluster) -> bool {
        let mut is_changed = false;
        for _ in 0..SWEPT {
            let (at, slot) = self.swept;
            let Some(set) = self.sets.get_mut(at) else {
                self.swept = (0, 0);
                break;
            };
            self.swept = if slot + 1 < set.slots.len() { (at, slot + 1) } else { (at + 1, 0) };
            let Some(Some(cell)) = set.slots.get_mut(slot) else { continue };
            let left = quarters_left(&cell.pod, cell.state, cluster);
            if cell.left != left {
                cell.left = left;
                set.note_undrawn(slot);
                is_changed = true;
            }
        }
        is_changed
    }

    fn put(&mut self, pod: &Arc<Pod>, cluster: &Cluster, hue: HueOf<'_>) {
        let owner = pod.metadata.controller().map_or("", |owner| owner.uid.as_str());
        let place = if self.is_by_node { pod.node_name.as_str() } else { owner };
        let known = self.places.get(&pod.metadata.uid).copied();
        let is_known = |(set, _): &(usize, usize)| self.sets.get(*set).is_some_and(|set| set.owner == place);
        let seat = known.filter(is_known);
        if seat.is_none() && known.is_some() {
            self.remove(&pod.metadata.uid);
        }
        let at = self.sets.iter().position(|set| set.owner == place).unwrap_or_else(|| {
            self.sets.push(CrowdSet { owner: place.to_owned(), ..CrowdSet::default() });
            self.sets.len() - 1
        });
        let hue = (self.is_by_node && !owner.is_empty()).then(|| hue(owner));
        let cell = Cell { hue, ..cell(pod, cluster, cluster.config().version) };
        self.count(&pod.metadata.uid, Some((owner, cell.state)));
        if let Some(set) = self.sets.get_mut(at) {
            let slot = set.seat(seat.map(|(_, slot)| slot), cell);
            if seat.is_none() {
                self.places.insert(pod.metadata.uid.clone(), (at, slot));
            }
        }
    }

    /// Counts a pod with its ReplicaSet's, or no longer.
    fn count(&mut self, uid: &str, now: Option<(&str, PodState)>) {
        let mut add = |owner: &str, state: PodState, is_more: bool| {
            let counts = match self.counts.get_mut(owner) {
                Some(counts) => counts,
                None => self.counts.entry(owner.to_owned()).or_default(),
            };
            let count = counts.get_mut(state as usize);
            count.into_iter().for_each(|count| *count = if is_more { *count + 1 } else { count.saturating_sub(1) });
        };
        if let Some((_, known)) = self.counted.get_mut(uid).filter(|(owner, _)| now.is_some_and(|now| now.0 == owner)) {
            let (owner, state) = now.unwrap_or(("", *known));
            add(owner, std::mem::replace(known, state), false);
            return add(owner, state, true);
        }
        if let Some((owner, state)) = self.counted.remove(uid) {
            add(&owner, state, false);
        }
        if let Some((owner, state)) = now {
            add(owner, state, true);
            self.counted.insert(uid.to_owned(), (owner.to_owned(), state));
        }
    }

    fn remove(&mut self, uid: &str) {
        self.count(uid, None);
        if let Some((set, slot)) = self.places.remove(uid)
            && let Some(set) = self.sets.get_mut(set)
        {
            set.leave(slot);
        }
    }
}

fn cell(pod: &Arc<Pod>, cluster: &Cluster, version: KubernetesVersion) -> Cell {
    let mut cells = printers::print_pod(pod, cluster.now(), version).into_iter().skip(1);
    let mut next = || cells.next().unwrap_or_default();
    let (ready, status, restarts) = (next(), next(), next());
    let state = PodState::of(pod, &status);
    Cell {
        pod: Arc::clone(pod),
        state,
        left: quarters_left(pod, state, cluster),
        hue: None,
        ready,
        status,
        restarts: restarts.split(' ').next().unwrap_or("0").to_owned(),
    }
}

fn quarters_left(pod: &Pod, state: PodState, cluster: &Cluster) -> u8 {
    if !matches!(state, PodState::BackOff | PodState::Terminating) {
        return 0;
    }
    let left = cluster.fleet().left_permille(&pod.metadata.uid, cluster.now());
    left.and_then(|permille| u8::try_from(permille.div_ceil(250)).ok()).unwrap_or(0)
}
