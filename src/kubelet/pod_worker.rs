//! One pod's worker: syncs, one after another. Models pkg/kubelet/pod_workers.go.
//!
//! Where Go blocks in a sync, the worker here has a [`Job`] that ends at a known moment. What a sync does stands in
//! `sync`, `start` and `termination`; what is told of it in `report`.

use std::sync::Arc;

use super::addresses::Addresses;
use super::host_files::HostFiles;
use super::image_pull::PullQueue;
use super::mounting::{Mounts, Prepared};
use super::pleg::Looks;
use super::prober::Prober;
use super::retries::Retries;
use super::runtime::PodRuntime;
use super::status::manager::StatusManager;
use super::sync::{Job, Sync};
use super::termination::Stopping;
use super::{KubeletConfig, KubeletRequest, KubeletWorld, PodKey};
use crate::api::Pod;
use crate::images::Faults;
use crate::sim::{Random, SharedMap, SimTime};

/// Containers that started earlier than this before the kubelet ran before it did: what was said of them holds until
/// their probes say otherwise. Models kubeletRestartGracePeriod of pkg/kubelet/prober.
const RESTART_GRACE_MS: u64 = 10_000;

/// What a worker may use while it runs.
pub struct Turn<'a> {
    pub now: SimTime,
    pub config: &'a KubeletConfig,
    pub world: &'a mut dyn KubeletWorld,
    pub addresses: &'a mut Addresses,
    pub pulls: &'a mut PullQueue,
    /// What the last container of the node was made with: pods of one template share it.
    pub prepared: &'a mut Arc<Prepared>,
    /// The node's own file system.
    pub host_files: &'a mut HostFiles,
    pub requests: &'a mut Vec<KubeletRequest>,
}

/// How far a pod's life on the node has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Life {
    /// Its containers are kept as the pod wants them.
    Syncing,
    /// Its containers are being stopped.
    Terminating,
    /// Nothing of it runs; what is left is cleaned up.
    Terminated,
    /// There is nothing more to do.
    Finished,
}

/// The worker.
#[derive(Clone, Debug)]
pub struct PodWorker {
    /// The pod as the API server has it.
    pub(super) pod: Arc<Pod>,
    pub(super) key: PodKey,
    pub(super) random: Random,
    pub(super) life: Life,
    /// The pod is gone from the API server.
    pub(super) is_removed: bool,
    /// The API server has been asked to remove the pod.
    pub(super) is_deletion_requested: bool,
    pub(super) runtime: PodRuntime,
    /// What somebody has changed about the pod's containers.
    pub(super) faults: Faults,
    pub(super) looks: Looks,
    pub(super) sync: Sync,
    pub(super) retries: Retries,
    pub(super) mounts: Mounts,
    /// What each container was made with.
    pub(super) prepared: SharedMap<Arc<str>, Arc<Prepared>>,
    /// The containers that are being stopped.
    pub(super) stops: Vec<Stopping>,
    pub(super) prober: Prober,
    pub(super) status: StatusManager,
    /// Until when nothing but probes and syncs that change nothing is to come: they are not made one by one.
    pub(super) quiet_until: Option<SimTime>,
    /// The last sync has found nothing to do, and nothing has changed since.
    pub(super) is_calm: bool,
}

impl PodWorker {
    /// A worker for a pod that the node has just got.
    pub fn new(pod: &Arc<Pod>, seed: u64) -> Self {
        let meta = &pod.metadata;
        let is_ended = pod.status.phase.is_terminal() && pod.metadata.deletion_timestamp.is_none();
        Self {
            pod: Arc::clone(pod),
            key: PodKey { namespace: meta.namespace.clone(), name: meta.name.clone(), uid: meta.uid.clone() },
            random: Random::derive(seed, &meta.uid),
            life: if is_ended { Life::Finished } else { Life::Syncing },
            is_removed: false,
            is_deletion_requested: false,
            runtime: PodRuntime::default(),
            faults: Faults::default(),
            looks: Looks::default(),
            sync: Sync { is_wanted: !is_ended, ..Sync::default() },
            retries: Retries::default(),
            mounts: Mounts::default(),
            prepared: SharedMap::default(),
            stops: Vec::new(),
            prober: Prober::default(),
            status: StatusManager::default(),
            quiet_until: None,
            is_calm: false,
        }
    }

    /// The API server has a new version of the pod. Models podWorkers.UpdatePod.
    pub fn changed(&mut self, pod: &Arc<Pod>) {
        let has_changed = differs(&self.pod, pod);
        self.pod = Arc::clone(pod);
        // Somebody else may have declared that the pod has ended.
        if pod.metadata.deletion_timestamp.is_some() || pod.status.phase.is_terminal() {
            self.terminate();
        } else if has_changed {
            self.want_sync();
        }
    }

    /// The pod is gone from the API server.
    pub fn removed(&mut self) {
        self.is_removed = true;
        self.terminate();
    }

    /// Models podWorkers.UpdatePod for a pod whose end is wanted. Once its containers are being stopped, a shorter grace
    /// period comes too late: SyncTerminatingPod does not listen.
    fn terminate(&mut self) {
        if self.life == Life::Syncing {
            self.life = Life::Terminating;
            self.sync.is_wanted = true;
            self.sync.is_cancelled = self.sync.is_running;
        }
    }

    /// There is something to look after, unless the pod is ending.
    pub(super) fn want_sync(&mut self) {
        self.is_calm = false;
        self.sync.is_wanted |= self.life == Life::Syncing;
    }

    /// The kubelet has been started anew: it knows what runs, and neither how often that has crashed nor what its probes
    /// said. Probes begin anew, in a new phase.
    pub(super) fn kubelet_restarted(&mut self, config: &KubeletConfig, now: SimTime) {
        self.retries = Retries::default();
        let keeps = config.version.keeps_container_status_on_kubelet_restart();
        self.prober = Prober::new(keeps.then(|| SimTime(now.as_ms().saturating_sub(RESTART_GRACE_MS))));
        if self.life == Life::Syncing {
            // What it last reported is what the API server has, which others may have changed meanwhile.
            self.status = StatusManager::default();
        }
        self.want_sync();
    }

    /// Whether nothing is left to do for a pod that is gone.
    pub fn is_over(&self) -> bool {
        self.is_removed && self.life == Life::Finished
    }

    /// When the worker has something to do next.
    pub fn next_at(&self, config: &KubeletConfig) -> SimTime {
        self.quiet_until.unwrap_or_else(|| self.busy_next_at(config))
    }

    /// As [`PodWorker::next_at`], if every probe and every sync is made.
    pub(super) fn busy_next_at(&self, config: &KubeletConfig) -> SimTime {
        if self.sync.is_cancelled || self.must_request_deletion() {
            return SimTime::ZERO;
        }
        let mut next = self.runtime.next_at().min(self.looks.next_at()).min(self.stops_next_at());
        if self.status.status().is_some() {
            next = next.min(self.prober.next_at());
        }
        if self.life == Life::Syncing {
            next = next.min(self.mounts.next_at());
        }
        next.min(match &self.sync.job {
            Some(Job::Sandbox { at } | Job::StopSandbox { at } | Job::CleanUp { at }) => *at,
            Some(Job::Start(starting)) => starting.at,
            Some(Job::Mount { since }) => self.mounts.wait_ends(*since),
            Some(Job::AwaitStops | Job::AwaitPodStops) => SimTime::NEVER,
            None if self.sync.is_wanted => self.looks.fresh_at(self.sync.last_end, config),
            None => self.sync.again_at.min(self.deadline_at().unwrap_or(SimTime::NEVER)),
        })
    }

    /// Does everything that is due.
    pub fn run(&mut self, turn: &mut Turn<'_>) {
        self.catch_up(turn.config, turn.now);
        let (told, last_end) = (turn.requests.len(), self.sync.last_end);
        loop {
            let mut goes_on = self.cancel_sync(turn);
            goes_on |= self.advance_runtime(turn);
            goes_on |= self.run_probes(turn);
            goes_on |= self.look(turn);
            goes_on |= self.run_mounts(turn);
            goes_on |= self.run_stops(turn);
            goes_on |= self.run_job(turn);
            goes_on |= self.begin_sync(turn);
            if !goes_on {
                break;
            }
        }
        if self.must_request_deletion() {
            self.request_deletion(turn);
        }
        self.note_calm(turn.config, last_end, turn.requests.len() > told);
        self.settle(turn.config, turn.now);
    }

    fn advance_runtime(&mut self, turn: &mut Turn<'_>) -> bool {
        let has_ended = self.runtime.advance(turn.now);
        for (container, question) in self.runtime.take_questions() {
            let (pod, pod_ip) = (self.key.clone(), self.runtime.ip().unwrap_or_default().to_owned());
            turn.requests.push(KubeletRequest::Ask { pod, pod_ip, container, question });
        }
        if has_ended {
            self.looks.at_next_tick(turn.config, turn.now);
        }
        has_ended
    }

    fn look(&mut self, turn: &Turn<'_>) -> bool {
        let Some(is_news) = self.looks.look(&self.runtime, turn.now) else { return false };
        if is_news {
            self.want_sync();
        }
        true
    }

    /// When the pod has run for its `activeDeadlineSeconds`. Models pkg/kubelet/active_deadline.go.
    pub(super) fn deadline_at(&self) -> Option<SimTime> {
        let seconds = u64::try_from(self.pod.spec.active_deadline_seconds?).ok()?;
        let start = self.status.status()?.start_time?;
        (self.life == Life::Syncing).then(|| start.to_sim() + seconds * 1000)
    }
}

/// Whether a pod is another one for the kubelet; its status is not looked at. Models podsDifferSemantically of
/// pkg/kubelet/config.
fn differs(old: &Pod, new: &Pod) -> bool {
    let (old_meta, new_meta) = (&old.metadata, &new.metadata);
    old_meta.generation != new_meta.generation
        || old_meta.labels != new_meta.labels
        || old_meta.annotations != new_meta.annotations
}
