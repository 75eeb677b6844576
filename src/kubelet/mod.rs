//! The kubelet: makes the containers of the node's pods exist, asks them how they are, and reports.
//!
//! A plain value. [`Kubelet::pod_changed`] tells it what the API server has; [`Kubelet::run`] does everything that is
//! due and returns what it wants from the API server.

mod actions;
mod addresses;
pub mod back_off;
pub mod decisions;
pub mod environment;
mod fleet;
mod host_files;
pub mod image_pull;
mod load;
mod mounting;
pub mod non_root;
pub mod objects;
mod pleg;
mod pod_worker;
pub mod pressure;
pub mod prober;
mod probing;
mod quiet;
mod report;
mod retries;
mod runtime;
mod start;
pub mod status;
mod sync;
mod termination;
mod timings;
mod trouble;
mod view;
pub mod volumes;

use std::sync::Arc;

use crate::api::{KubernetesVersion, Pod, PodStatus};
use crate::decision::Reason;
use crate::events::Note;
use crate::images::{Exec, Found, Inside, LogLine, Outcome, Question, Registry, Request};
use crate::script::Files;
use crate::sim::{Shared, SharedMap, SimTime};
use objects::ObjectReader;

use addresses::Addresses;
use host_files::HostFiles;
use image_pull::PullQueue;
use mounting::Prepared;
use pod_worker::{PodWorker, Turn};

pub use decisions::{REFUSE_POD, RULES};
pub use fleet::Fleet;
pub use load::PodUsage;
pub use timings::Timings;
pub use trouble::Served;
pub use view::{ContainerView, PodView, ProbeKind, ProbePulse, ProbeView};

/// What stays the same for a kubelet.
#[derive(Clone, Debug)]
pub struct KubeletConfig {
    /// The node's name.
    pub node_name: String,
    /// The node's address.
    pub node_ip: String,
    /// Its pods get addresses of 10.244.N.0/24.
    pub pod_block: u8,
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
        status: Shared<PodStatus>,
    },
    /// DELETE with grace period 0, if the uid is still this one: the pod's containers are gone.
    DeletePod {
        /// Which pod.
        pod: PodKey,
    },
    /// A script in a container asks something of the network: [`Fleet::answer_question`] has the answer.
    Ask {
        /// Which pod.
        pod: PodKey,
        /// Its address.
        pod_ip: String,
        /// Which container.
        container: String,
        /// What it asks.
        question: Question,
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

    /// The objects beside pods.
    fn objects(&self) -> &dyn ObjectReader;

    /// Sends a request to a host that is no pod of this node (a probe or hook with `host`).
    fn request(&mut self, now: SimTime, host: &str, port: u16, request: &Request) -> Outcome;
}

/// The kubelet.
#[derive(Clone, Debug)]
pub struct Kubelet {
    config: KubeletConfig,
    /// Workers by uid, each with the moment under which `wakes` holds it. Copies of the kubelet share them until they
    /// change.
    workers: SharedMap<Arc<str>, (Arc<PodWorker>, SimTime)>,
    wakes: SharedMap<(SimTime, Arc<str>), ()>,
    addresses: Addresses,
    pulls: PullQueue,
    /// What the last container was made with.
    prepared: Arc<Prepared>,
    /// The node's own file system.
    host_files: HostFiles,
    is_stopped: bool,
    /// Nobody reaches the node, nor what runs on it.
    is_cut_off: bool,
    turns: usize,
    /// Every probe and every sync is made, to compare.
    #[cfg(test)]
    is_restless: bool,
}

/// Pods that are seen to in one go: when many are due at once, the page is asked in between whether it has time.
const MOST_WORKERS: usize = 16;

impl Kubelet {
    /// A kubelet without pods.
    pub fn new(config: KubeletConfig) -> Self {
        let addresses = Addresses::of_block(config.pod_block);
        Self {
            config,
            workers: SharedMap::default(),
            wakes: SharedMap::default(),
            addresses,
            pulls: PullQueue::default(),
            prepared: Arc::default(),
            host_files: HostFiles::default(),
            is_stopped: false,
            is_cut_off: false,
            turns: 0,
            #[cfg(test)]
            is_restless: false,
        }
    }

    /// Its configuration.
    pub fn config(&self) -> &KubeletConfig {
        &self.config
    }

    /// Draws the pods that are still to come from another seed: a forecast is run over several.
    pub fn reseed(&mut self, seed: u64) {
        self.config.seed = seed;
    }

    /// Another node has this block of addresses.
    pub fn leave_out(&mut self, block: u8) {
        self.addresses.leave_out(block);
    }

    /// A pod of this node was added or changed.
    // Copies of the cluster share workers, in one thread: what a script holds need not go to another one.
    #[allow(clippy::arc_with_non_send_sync)]
    pub fn pod_changed(&mut self, pod: &Arc<Pod>, now: SimTime) {
        let uid: Arc<str> = Arc::from(pod.metadata.uid.as_str());
        let seed = self.config.seed;
        if self.workers.get(&uid).is_none() {
            self.workers.insert(Arc::clone(&uid), (Arc::new(PodWorker::new(pod, seed)), SimTime::NEVER));
        }
        if let Some(worker) = self.disturb(&uid, now) {
            worker.changed(pod);
        }
        self.reschedule(&uid);
    }

    /// How many turns of its pods there were so far: what its work costs.
    pub fn turns(&self) -> usize {
        self.turns
    }

    /// Whether it looks after a pod.
    pub fn has_pod(&self, uid: &str) -> bool {
        self.workers.get(uid).is_some()
    }

    /// A pod is gone from the API server: whatever still runs of it is stopped.
    pub fn pod_removed(&mut self, uid: &str, now: SimTime) {
        let uid: Arc<str> = Arc::from(uid);
        if let Some(worker) = self.disturb(&uid, now) {
            worker.removed();
        }
        self.reschedule(&uid);
    }

    /// When the kubelet has something to do next.
    pub fn next_wake(&self) -> SimTime {
        if self.is_stopped {
            return SimTime::NEVER;
        }
        self.wakes.first().map_or(SimTime::NEVER, |((at, _), ())| *at)
    }

    /// Does what is due at `now`, for `MOST_WORKERS` pods at most: more are due still, then.
    pub fn run(&mut self, now: SimTime, world: &mut dyn KubeletWorld) -> Vec<KubeletRequest> {
        let mut requests = Vec::new();
        for _ in 0..MOST_WORKERS {
            let Some((at, uid)) = self.wakes.keys().next().cloned() else { break };
            if at > now || self.is_stopped {
                break;
            }
            self.turns += 1;
            if let Some((worker, _)) = self.workers.get_mut(&uid) {
                Arc::make_mut(worker).run(&mut Turn {
                    now,
                    config: &self.config,
                    world: &mut *world,
                    addresses: &mut self.addresses,
                    pulls: &mut self.pulls,
                    prepared: &mut self.prepared,
                    host_files: &mut self.host_files,
                    requests: &mut requests,
                });
                #[cfg(test)]
                if self.is_restless {
                    Arc::make_mut(worker).quiet_until = None;
                }
            }
            self.reschedule(&uid);
            debug_assert!(self.wakes.get(&(at, Arc::clone(&uid))).is_none() || at > now, "{uid} must go on");
        }
        requests
    }

    /// Sends a request to a pod's address, as the network does.
    pub fn request(&mut self, now: SimTime, pod_ip: &str, port: u16, request: &Request) -> Outcome {
        let reached = self.addresses.pod(pod_ip).filter(|_| !self.is_cut_off);
        let Some(uid) = reached.map(Arc::<str>::from) else { return Outcome::Unreachable };
        let Some((worker, _)) = self.workers.get_mut(&uid) else { return Outcome::Unreachable };
        let worker = Arc::make_mut(worker);
        worker.catch_up(&self.config, now);
        let outcome = worker.request(port, request, now);
        self.reschedule(&uid);
        outcome
    }

    /// A container's log; none when that instance never ran. `previous` asks for the instance before the present one.
    pub fn logs(&self, uid: &str, container: &str, previous: bool, now: SimTime) -> Option<Vec<LogLine>> {
        self.workers.get(uid)?.0.log(container, previous, now)
    }

    /// Runs a command in a container; none when the container does not run.
    pub fn exec(&mut self, uid: &str, container: &str, command: &[String], now: SimTime) -> Option<Exec> {
        let result = self.disturb(uid, now)?.exec(container, command, now);
        self.reschedule(&Arc::from(uid));
        result
    }

    /// Whether a running container's image holds a shell and its small tools.
    pub fn has_shell(&self, uid: &str, container: &str) -> bool {
        self.workers.get(uid).is_some_and(|(worker, _)| worker.runtime.has_shell(container))
    }

    /// See [`crate::images::Program::answer_question`].
    pub fn answer_question(&mut self, uid: &str, container: &str, found: Found, now: SimTime) {
        let Some((worker, _)) = self.workers.get_mut(uid) else { return };
        Arc::make_mut(worker).runtime.answer_question(container, found, now);
        self.reschedule(&Arc::from(uid));
    }

    /// See [`crate::images::Program::inside`].
    pub fn inside(&self, uid: &str, container: &str, command: &[String]) -> Option<Inside> {
        self.workers.get(uid)?.0.runtime.inside(container, command)
    }

    /// The files of a running container.
    pub(crate) fn files_mut(&mut self, uid: &str, container: &str) -> Option<&mut Files> {
        Arc::make_mut(&mut self.workers.get_mut(uid)?.0).runtime.files_mut(container)
    }

    /// The uid of the pod with this address.
    pub fn pod_of_ip(&self, pod_ip: &str) -> Option<&str> {
        self.addresses.pod(pod_ip)
    }

    /// What the page draws of a pod.
    pub fn pod_view(&self, uid: &str, now: SimTime) -> Option<PodView> {
        Some(self.workers.get(uid)?.0.view(now))
    }

    /// How much is left of a pod's grace period or, without one, of a back-off, in thousandths; none where it waits for
    /// neither. It is less work than [`Kubelet::pod_view`], for where there are thousands of pods.
    pub fn left_permille(&self, uid: &str, now: SimTime) -> Option<u64> {
        self.workers.get(uid)?.0.left_permille(now)
    }

    #[cfg(test)]
    fn quiet_pods(&self) -> usize {
        self.workers.values().filter(|(worker, _)| worker.quiet_until.is_some()).count()
    }

    /// A pod's worker, to change something about it.
    fn disturb(&mut self, uid: &str, now: SimTime) -> Option<&mut PodWorker> {
        let worker = Arc::make_mut(&mut self.workers.get_mut(uid)?.0);
        worker.disturb(&self.config, now);
        Some(worker)
    }

    /// Puts a worker where its next moment belongs; forgets one that is over.
    fn reschedule(&mut self, uid: &Arc<str>) {
        let Some((worker, scheduled)) = self.workers.get_mut(uid) else { return };
        let next = worker.next_at(&self.config);
        self.wakes.remove(&(*scheduled, Arc::clone(uid)));
        if worker.is_over() {
            self.workers.remove(uid);
            return;
        }
        *scheduled = next;
        if next != SimTime::NEVER {
            self.wakes.insert((next, Arc::clone(uid)), ());
        }
    }
}
