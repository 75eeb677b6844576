//! What the stage draws: the cluster's objects, read once a frame and told only where they have changed.

mod bounds;
mod crowd;
mod deployments;
mod events;
mod nodes;
mod pods;
mod rows;
mod services;

use hellok8s_lab::sorting;
use std::collections::BTreeMap;
use std::sync::Arc;

use hellok8s_lab::api::{Pod, ReplicaSet};
use hellok8s_lab::cluster::Cluster;
use hellok8s_lab::lab::timeline::Timeline;
use leptos::prelude::*;

use bounds::bound_looks;
pub use bounds::{Bound, BoundLook};
pub use crowd::{Cell, Crowd, CrowdSet};
pub use deployments::{DeploymentLook, Place, ROUTINE, SetLook, Slots, Standing, shelf};
use deployments::{NewestDecisions, deployment_look, places, revision_number, set_look};
pub use events::EventLook;
use events::Events;
pub use nodes::NodeLook;
use nodes::node_looks;
use pods::pod_look;
pub use pods::{PodLook, PodState, ProbeLook, STATES, obstacle};
pub use rows::{Row, Rows};
pub use services::ServiceLook;
use services::service_looks;

/// How many colours the palette has.
pub const HUES: usize = 7;

/// How closely the pods are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// As boxes with words.
    #[default]
    Boxes,
    /// As a dense grid.
    Grid,
    /// As a map of points.
    Map,
}

/// More pods than this are a grid, far more a map; a cluster on the border does not go to and fro.
const MOST_BOXES: usize = 72;
const FEWEST_IN_GRID: usize = 48;
const MOST_IN_GRID: usize = 3_000;
const FEWEST_IN_MAP: usize = 2_500;

impl Detail {
    fn of(self, pods: usize) -> Self {
        let boxes = if self == Self::Boxes { MOST_BOXES } else { FEWEST_IN_GRID };
        let grid = if self == Self::Map { FEWEST_IN_MAP } else { MOST_IN_GRID };
        match pods {
            _ if pods <= boxes => Self::Boxes,
            _ if pods <= grid => Self::Grid,
            _ => Self::Map,
        }
    }
}

/// The pods of a ReplicaSet as its own and its Deployment's look need them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    ready: usize,
    waiting: usize,
    leaving: usize,
}

/// What was read of the cluster, so that only what has changed is read again.
#[derive(Default)]
struct Memory {
    read: usize,
    forks: u32,
    crowd: Crowd,
    events: Events,
    decisions: NewestDecisions,
}

/// Everything that is drawn.
#[derive(Clone, Copy, Default)]
pub struct Scene {
    /// Deployments.
    pub deployments: Rows<DeploymentLook>,
    /// ReplicaSets, newest first.
    pub sets: Rows<SetLook>,
    /// Pods as boxes, oldest first.
    pub pods: Rows<PodLook>,
    /// Services that somebody made.
    pub services: Rows<ServiceLook>,
    /// Events, newest first.
    pub events: Rows<EventLook>,
    /// Nodes, by name.
    pub nodes: Rows<NodeLook>,
    /// Quotas and their like, those that are tight first.
    pub bounds: Rows<BoundLook>,
    /// Whether pods stand by node, not by revision.
    pub is_by_node: RwSignal<bool>,
    /// How closely the pods are shown.
    pub detail: RwSignal<Detail>,
    /// Counts the changes of the pods that are shown as a grid or a map.
    pub crowd_changes: RwSignal<u32>,
    memory: StoredValue<Memory>,
}

impl Scene {
    /// The kind and namespace of the pod, ReplicaSet or Deployment with this name.
    pub fn find(self, name: &str) -> Option<(&'static str, String)> {
        let crowd = || self.memory.with_value(|memory| memory.crowd.find(name).map(|namespace| ("Pod", namespace)));
        self.pods
            .find(|look| look.name == name, |look| ("Pod", look.namespace.clone()))
            .or_else(|| self.sets.find(|look| look.name == name, |look| ("ReplicaSet", look.namespace.clone())))
            .or_else(|| self.deployments.find(|look| look.name == name, |look| ("Deployment", look.namespace.clone())))
            .or_else(crowd)
    }

    /// Looks at the pods of a ReplicaSet, or of none, that are shown as a grid or a map.
    pub fn with_crowd<T>(self, owner: &str, look: impl FnOnce(&CrowdSet) -> T) -> Option<T> {
        self.memory.with_value(|memory| memory.crowd.set(owner).map(look))
    }

    /// As [`Scene::with_crowd`], to draw them.
    pub fn update_crowd(self, owner: &str, draw: impl FnOnce(&mut CrowdSet)) {
        self.memory.update_value(|memory| {
            if let Some(set) = memory.crowd.set_mut(owner) {
                draw(set);
            }
        });
    }

    /// Lets what is left of the pods be drawn, when there were too many for the last frame.
    pub fn go_on_drawing(self) {
        if self.memory.with_value(|memory| memory.crowd.has_undrawn()) {
            self.crowd_changes.update(|count| *count = count.wrapping_add(1));
        }
    }

    /// How many pods are shown as a grid or a map; followed.
    pub fn crowd_size(self) -> usize {
        self.crowd_changes.track();
        self.memory.with_value(|memory| memory.crowd.len())
    }

    /// Why no node takes the first one of the pods that have none, where pods are a grid or a map.
    pub fn crowd_obstacle(self) -> Option<String> {
        self.crowd_changes.track();
        self.memory.with_value(|memory| memory.crowd.obstacle())
    }

    /// Whether pods without a ReplicaSet are shown.
    pub fn has_loose_pods(self) -> bool {
        self.crowd_changes.track();
        !self.pods.inside("").is_empty() || self.with_crowd("", |set| !set.slots.is_empty()).unwrap_or(false)
    }

    /// Reads the cluster's objects: all, or those that the watch log names since the last time.
    pub fn read(self, cluster: &Cluster, timeline: &Timeline, is_changed: bool) {
        self.memory.update_value(|memory| self.read_into(memory, cluster, timeline, is_changed));
    }

    fn read_into(self, memory: &mut Memory, cluster: &Cluster, timeline: &Timeline, is_changed: bool) {
        let (store, log) = (cluster.api.store(), cluster.log());
        // A seek backwards, or another history: what is known is not what was before.
        let is_elsewhere = log.len() < memory.read || timeline.forks() != memory.forks;
        let known = memory.read;
        (memory.read, memory.forks) = (log.len(), timeline.forks());
        let detail = self.detail.get_untracked().of(store.pods(None).count());
        let mut sets: Vec<_> = store.replica_sets(None).cloned().collect();
        sorting::sort_by_key(&mut sets, |set| std::cmp::Reverse(revision_number(set)));
        let (mut is_swept, is_by_node) = (false, self.is_by_node.get_untracked());
        let hue = |uid: &str| timeline.track(uid).unwrap_or(0) % HUES;
        let looks = if detail == Detail::Boxes {
            memory.crowd.clear();
            if store.pods(None).next().is_none() { Vec::new() } else { pod_looks(cluster, &sets) }
        } else {
            let since = (!is_elsewhere).then_some(known);
            is_swept = memory.crowd.read(cluster, since, is_by_node, &hue);
            Vec::new()
        };
        let tally = |uid: &str| if detail == Detail::Boxes { of_looks(&looks, uid) } else { memory.crowd.tally(uid) };
        let looks_of_sets = sets.iter().zip(places(&sets, &tally)).map(|(set, place)| {
            let uid = &set.metadata.uid;
            set_look(set, hue(uid), tally(uid), place)
        });
        self.sets.sync(looks_of_sets.collect());
        memory.decisions.read(cluster, is_elsewhere);
        let deployments = store.deployments(None).map(|deployment| {
            let decision = memory.decisions.of(deployment);
            deployment_look(deployment, cluster.now(), decision, &sets, &hue, &tally)
        });
        self.deployments.sync(deployments.collect());
        let named = looks.iter().map(|look| look.node.as_str()).chain(memory.crowd.nodes());
        self.nodes.sync(node_looks(cluster, named));
        self.pods.sync(looks);
        self.services.sync(service_looks(cluster));
        if is_changed {
            self.bounds.sync(bound_looks(cluster));
            memory.events.read(cluster, if is_elsewhere { None } else { Some(known) });
            self.events.sync(memory.events.looks());
        }
        if self.detail.get_untracked() != detail {
            self.detail.set(detail);
        }
        if (is_changed || is_swept) && detail != Detail::Boxes {
            self.crowd_changes.update(|count| *count = count.wrapping_add(1));
        }
    }
}

// Kept out of its callers: before there are pods, a visit does without it.
#[inline(never)]
fn pod_looks(cluster: &Cluster, sets: &[Arc<ReplicaSet>]) -> Vec<PodLook> {
    let mut pods: Vec<_> = cluster.api.store().pods(None).collect();
    sorting::sort_by(&mut pods, |a, b| {
        let key = |pod: &Pod| (pod.metadata.creation_timestamp, pod.metadata.uid.len());
        key(a).cmp(&key(b)).then_with(|| a.metadata.uid.cmp(&b.metadata.uid))
    });
    let min_ready: BTreeMap<&str, i32> =
        sets.iter().map(|set| (set.metadata.uid.as_str(), set.spec.min_ready_seconds)).collect();
    pods.iter().map(|pod| pod_look(pod, cluster, cluster.config().version, &min_ready)).collect()
}

fn of_looks(looks: &[PodLook], uid: &str) -> Tally {
    let mut tally = Tally::default();
    for look in looks.iter().filter(|look| look.owner == uid) {
        tally.add(look.state, 1);
    }
    tally
}

impl Tally {
    fn add(&mut self, state: PodState, count: usize) {
        *match state {
            PodState::Terminating => &mut self.leaving,
            PodState::Ready => &mut self.ready,
            _ => &mut self.waiting,
        } += count;
    }
}
