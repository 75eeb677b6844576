//! The kubelet: makes the containers of the node's pods exist, asks them how they are, and reports.
//!
//! A plain value. [`Kubelet::pod_changed`] tells it what the API server has; [`Kubelet::run`] does everything that is
//! due and returns what it wants from the API server.

pub mod back_off;
pub mod prober;
pub mod status;
mod timings;
mod view;

use std::sync::Arc;

use crate::api::{KubernetesVersion, Pod, PodStatus};
use crate::cluster::Reason;
use crate::events::Note;
use crate::images::{Exec, LogLine, Outcome, Registry, Request};
use crate::sim::SimTime;

pub use timings::Timings;
pub use view::{ContainerView, PodView, ProbeKind, ProbePulse, ProbeView};

/// What stays the same for a kubelet.
#[derive(Clone, Debug)]
pub struct KubeletConfig {
    /// The node's name.
    pub node_name: String,
    /// The node's address.
    pub node_ip: String,
    /// Seed of the world: each pod's draws derive from it and the pod's uid.
    pub seed: u64,
    /// Decides texts and a few rules.
    pub version: KubernetesVersion,
    /// How long things take.
    pub timings: Timings,
    /// When the kubelet started, if that is part of the story; else it has run for long. Probe workers that begin
    /// shortly after a start of the kubelet wait for a random part of their period.
    pub started_at: Option<SimTime>,
}

/// Which pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct PodKey {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Uid.
    pub uid: String,
}

/// What the kubelet wants to happen.
#[derive(Clone, Debug, PartialEq)]
pub enum KubeletRequest {
    /// PATCH pods/status: replaces the kubelet's part of the status.
    UpdatePodStatus {
        /// Which pod.
        pod: PodKey,
        /// The whole status.
        status: Box<PodStatus>,
    },
    /// DELETE with grace period 0, if the uid is still this one: the pod's containers are gone.
    DeletePod {
        /// Which pod.
        pod: PodKey,
    },
    /// An event for the recorder.
    RecordEvent(Note),
    /// Why something was done, for the decision log.
    Decision {
        /// About which pod.
        pod: PodKey,
        /// Why.
        reason: Reason,
    },
}

/// What the kubelet needs from outside of its pods.
pub trait KubeletWorld {
    /// The images on the node and in the hub.
    fn registry(&mut self) -> &mut Registry;

    /// Sends a request to a host that is no pod of this node (a probe or hook with `host`).
    fn request(&mut self, now: SimTime, host: &str, port: u16, request: &Request) -> Outcome;
}

/// The kubelet.
#[derive(Clone, Debug)]
pub struct Kubelet {
    config: KubeletConfig,
}

impl Kubelet {
    /// A kubelet without pods.
    pub fn new(config: KubeletConfig) -> Self {
        Self { config }
    }

    /// Its configuration.
    pub fn config(&self) -> &KubeletConfig {
        &self.config
    }

    /// A pod of this node was added or changed.
    pub fn pod_changed(&mut self, pod: &Arc<Pod>, now: SimTime) {
        let _ = (pod, now);
    }

    /// A pod is gone from the API server: whatever still runs of it is killed.
    pub fn pod_removed(&mut self, uid: &str, now: SimTime) {
        let _ = (uid, now);
    }

    /// When the kubelet has something to do next.
    pub fn next_wake(&self) -> SimTime {
        SimTime::NEVER
    }

    /// Does everything that is due at `now`.
    pub fn run(&mut self, now: SimTime, world: &mut dyn KubeletWorld) -> Vec<KubeletRequest> {
        let _ = (now, world);
        Vec::new()
    }

    /// Sends a request to a pod's address, as the network does.
    pub fn request(&mut self, now: SimTime, pod_ip: &str, port: u16, request: &Request) -> Outcome {
        let _ = (now, pod_ip, port, request);
        Outcome::Unreachable
    }

    /// A container's log; none when that instance never ran. `previous` asks for the instance before the present one.
    pub fn logs(&self, uid: &str, container: &str, previous: bool, now: SimTime) -> Option<Vec<LogLine>> {
        let _ = (uid, container, previous, now);
        None
    }

    /// Runs a command in a container; none when the container does not run.
    pub fn exec(&mut self, uid: &str, container: &str, command: &[String], now: SimTime) -> Option<Exec> {
        let _ = (uid, container, command, now);
        None
    }

    /// The uid of the pod with this address.
    pub fn pod_of_ip(&self, pod_ip: &str) -> Option<&str> {
        let _ = pod_ip;
        None
    }

    /// What the page draws of a pod.
    pub fn pod_view(&self, uid: &str, now: SimTime) -> Option<PodView> {
        let _ = (uid, now);
        None
    }

    /// Probe results since the last call, oldest first.
    pub fn drain_pulses(&mut self) -> Vec<ProbePulse> {
        Vec::new()
    }
}
