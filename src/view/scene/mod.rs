//! What the stage draws: the cluster's objects, read once a frame and told only where they have changed.

mod deployments;
mod events;
mod pods;
mod rows;
mod services;

use std::collections::BTreeMap;

use hellok8s_lab::api::Pod;
use hellok8s_lab::cluster::Cluster;
use hellok8s_lab::lab::timeline::Timeline;
use leptos::prelude::*;

pub use deployments::{DeploymentLook, ROUTINE, SetLook};
use deployments::{deployment_look, revision_number, set_look};
pub use events::EventLook;
use events::event_looks;
use pods::pod_look;
pub use pods::{PodLook, PodState, ProbeLook};
pub use rows::{Row, Rows};
pub use services::ServiceLook;
use services::service_looks;

/// How many colours the palette has.
pub const HUES: usize = 7;

/// Everything that is drawn.
#[derive(Clone, Copy, Default)]
pub struct Scene {
    /// Deployments.
    pub deployments: Rows<DeploymentLook>,
    /// ReplicaSets, newest first.
    pub sets: Rows<SetLook>,
    /// Pods, oldest first.
    pub pods: Rows<PodLook>,
    /// Services that somebody made.
    pub services: Rows<ServiceLook>,
    /// Events, newest first.
    pub events: Rows<EventLook>,
    /// Whether the node's kubelet is down.
    pub kubelet_is_stopped: RwSignal<bool>,
}

impl Scene {
    /// The kind and namespace of the pod, ReplicaSet or Deployment with this name.
    pub fn find(self, name: &str) -> Option<(&'static str, String)> {
        self.pods
            .find(|look| look.name == name, |look| ("Pod", look.namespace.clone()))
            .or_else(|| self.sets.find(|look| look.name == name, |look| ("ReplicaSet", look.namespace.clone())))
            .or_else(|| self.deployments.find(|look| look.name == name, |look| ("Deployment", look.namespace.clone())))
    }

    /// Reads the cluster's objects. A ReplicaSet's colour is its place in the timeline.
    pub fn read(self, cluster: &Cluster, timeline: &Timeline, events_changed: bool) {
        let (store, version) = (cluster.api.store(), cluster.config().version);
        let mut sets: Vec<_> = store.replica_sets(None).cloned().collect();
        let hue = |uid: &str| timeline.track(uid).unwrap_or(0) % HUES;
        sets.sort_by_key(|set| std::cmp::Reverse(revision_number(set)));
        let mut pods: Vec<_> = store.pods(None).collect();
        pods.sort_by(|a, b| {
            let key = |pod: &Pod| (pod.metadata.creation_timestamp, pod.metadata.uid.len());
            key(a).cmp(&key(b)).then_with(|| a.metadata.uid.cmp(&b.metadata.uid))
        });
        let min_ready: BTreeMap<&str, i32> =
            sets.iter().map(|set| (set.metadata.uid.as_str(), set.spec.min_ready_seconds)).collect();
        let looks: Vec<PodLook> = pods.iter().map(|pod| pod_look(pod, cluster, version, &min_ready)).collect();
        self.sets.sync(sets.iter().map(|set| set_look(set, hue(&set.metadata.uid), &looks)).collect());
        let deployments = store.deployments(None);
        self.deployments
            .sync(deployments.map(|deployment| deployment_look(deployment, cluster, &sets, &hue, &looks)).collect());
        self.pods.sync(looks);
        self.services.sync(service_looks(cluster));
        let is_stopped = cluster.kubelet().is_stopped();
        if self.kubelet_is_stopped.get_untracked() != is_stopped {
            self.kubelet_is_stopped.set(is_stopped);
        }
        if events_changed {
            self.events.sync(event_looks(cluster));
        }
    }
}
