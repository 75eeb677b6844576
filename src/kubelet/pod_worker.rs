//! One pod's worker: syncs, one after another. Models pkg/kubelet/pod_workers.go and Kubelet.SyncPod.
//!
//! Where Go blocks in a sync, the worker here has a [`Job`] that ends at a known moment.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde_json::json;

use super::actions::{self, Kill};
use super::addresses::Addresses;
use super::back_off::{BackOff, CrashBackOff};
use super::decisions::{self, reason};
use super::image_pull::{ImagePuller, PullQueue};
use super::prober::{PodContext, ProbeResult, Probed, Prober, Verdict};
use super::probing::PodAsker;
use super::runtime::{PodRuntime, Seen};
use super::start::Starting;
use super::status::generate::{Given, Reasons, generate};
use super::status::manager::StatusManager;
use super::termination::Stopping;
use super::{KubeletConfig, KubeletRequest, KubeletWorld, PodKey, ProbeKind};
use crate::api::{EventSource, EventType, ObjectReference, Pod, PodStatus, Time};
use crate::decision::Reason;
use crate::events::Note;
use crate::images::Faults;
use crate::sim::{Random, SimTime};

/// What a worker may use while it runs.
pub struct Turn<'a> {
    pub now: SimTime,
    pub config: &'a KubeletConfig,
    pub world: &'a mut dyn KubeletWorld,
    pub addresses: &'a mut Addresses,
    pub pulls: &'a mut PullQueue,
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

/// One thing that a sync does after the other.
#[derive(Clone, Debug)]
pub enum Step {
    Kill(Kill),
    CreateSandbox,
    Start { name: String, is_init: bool },
}

/// What a sync waits for.
#[derive(Clone, Debug)]
pub enum Job {
    Sandbox { at: SimTime },
    Start(Starting),
    AwaitStops,
    AwaitPodStops,
    StopSandbox { at: SimTime },
    CleanUp { at: SimTime },
}

/// Whether a sync failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncError {
    /// It did not.
    None,
    /// A container could not be started.
    Failed,
    /// A container is held back until then; the earliest of several.
    BackOff(SimTime),
}

/// The worker.
#[derive(Clone, Debug)]
pub struct PodWorker {
    pub(super) pod: Arc<Pod>,
    pub(super) key: PodKey,
    pub(super) random: Random,
    pub(super) runtime: PodRuntime,
    /// What somebody has changed about the pod's containers.
    pub(super) faults: Faults,
    seen: Seen,
    seen_at: SimTime,
    relist_at: SimTime,
    pub(super) prober: Prober,
    status: StatusManager,
    pub(super) reasons: Reasons,
    pub(super) crash_back_off: BackOff,
    pub(super) held_back: BTreeMap<String, CrashBackOff>,
    pub(super) puller: ImagePuller,
    pub(super) life: Life,
    is_pending: bool,
    resync_at: SimTime,
    last_sync_end: Option<SimTime>,
    is_in_sync: bool,
    /// The sync that runs is of no use any more.
    is_cancelled: bool,
    pub(super) sync_seen: Seen,
    pub(super) steps: VecDeque<Step>,
    pub(super) job: Option<Job>,
    /// How the current sync ends.
    pub(super) sync_error: SyncError,
    has_done_something: bool,
    pub(super) stops: Vec<Stopping>,
    is_removed: bool,
    is_deletion_requested: bool,
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
            runtime: PodRuntime::default(),
            faults: Faults::default(),
            seen: Seen::default(),
            seen_at: SimTime::ZERO,
            relist_at: SimTime::NEVER,
            prober: Prober::default(),
            status: StatusManager::default(),
            reasons: Reasons::new(),
            crash_back_off: BackOff::default(),
            held_back: BTreeMap::new(),
            puller: ImagePuller::default(),
            life: if is_ended { Life::Finished } else { Life::Syncing },
            is_pending: !is_ended,
            resync_at: SimTime::NEVER,
            last_sync_end: None,
            is_in_sync: false,
            is_cancelled: false,
            sync_seen: Seen::default(),
            steps: VecDeque::new(),
            job: None,
            sync_error: SyncError::None,
            has_done_something: false,
            stops: Vec::new(),
            is_removed: false,
            is_deletion_requested: false,
        }
    }

    /// The API server has a new version of the pod.
    pub fn changed(&mut self, pod: &Arc<Pod>) {
        let is_new_generation = pod.metadata.generation != self.pod.metadata.generation;
        self.pod = Arc::clone(pod);
        if pod.metadata.deletion_timestamp.is_some() {
            self.terminate();
        } else if is_new_generation && self.life == Life::Syncing {
            self.is_pending = true;
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
            self.is_pending = true;
            self.is_cancelled = self.is_in_sync;
        }
    }

    /// The kubelet has been started anew: it knows what runs, and not how often that has crashed.
    pub(super) fn kubelet_restarted(&mut self) {
        self.crash_back_off = BackOff::default();
        self.held_back.clear();
        self.puller = ImagePuller::default();
        if self.life == Life::Syncing {
            // What it last reported is what the API server has, which others may have changed meanwhile.
            self.status = StatusManager::default();
        }
        self.is_pending |= self.life == Life::Syncing;
    }

    /// Whether nothing is left to do for a pod that is gone.
    pub fn is_over(&self) -> bool {
        self.is_removed && self.life == Life::Finished
    }

    /// When the worker has something to do next.
    pub fn next_at(&self, config: &KubeletConfig) -> SimTime {
        let mut next = self.runtime.next_at().min(self.relist_at).min(self.stops_next_at());
        if self.status.status().is_some() {
            next = next.min(self.prober.next_at());
        }
        match &self.job {
            Some(Job::Sandbox { at } | Job::StopSandbox { at } | Job::CleanUp { at }) => next = next.min(*at),
            Some(Job::Start(starting)) => next = next.min(starting.at),
            Some(Job::AwaitStops | Job::AwaitPodStops) => {}
            None if self.is_pending => next = next.min(self.fresh_at(config)),
            None => next = next.min(self.resync_at).min(self.deadline_at().unwrap_or(SimTime::NEVER)),
        }
        if self.is_cancelled || self.must_request_deletion() { SimTime::ZERO } else { next }
    }

    /// Does everything that is due.
    pub fn run(&mut self, turn: &mut Turn<'_>) {
        loop {
            let mut goes_on = self.cancel_sync(turn);
            goes_on |= self.advance_runtime(turn);
            goes_on |= self.run_probes(turn);
            goes_on |= self.relist(turn);
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
    }

    /// The pod is to end: what its sync waits for is given up. Models the cancelled context of podWorkers.UpdatePod.
    fn cancel_sync(&mut self, turn: &mut Turn<'_>) -> bool {
        if !std::mem::take(&mut self.is_cancelled) {
            return false;
        }
        match self.job.take() {
            Some(Job::Start(starting)) => self.start_cancelled(turn, &starting),
            // What was being stopped is stopped again, with the pod's own grace period.
            Some(Job::AwaitStops) => self.stops.clear(),
            _ => {}
        }
        self.steps.clear();
        self.end_sync(turn.now);
        true
    }

    fn advance_runtime(&mut self, turn: &Turn<'_>) -> bool {
        let has_ended = self.runtime.advance(turn.now);
        if has_ended {
            self.relist_at_next_tick(turn);
        }
        has_ended
    }

    /// The kubelet sees a change at its next look at all containers. Models the period of pkg/kubelet/pleg.
    pub(super) fn relist_at_next_tick(&mut self, turn: &Turn<'_>) {
        self.relist_at = self.relist_at.min(turn.config.next_relist(turn.now));
    }

    fn relist(&mut self, turn: &Turn<'_>) -> bool {
        if self.relist_at > turn.now {
            return false;
        }
        self.relist_at = SimTime::NEVER;
        let seen = self.runtime.look();
        self.is_pending |= seen != self.seen && self.life == Life::Syncing;
        self.seen = seen;
        self.seen_at = turn.now;
        true
    }

    /// When the kubelet has looked at the containers since the last sync. Models podCache.GetNewerThan.
    fn fresh_at(&self, config: &KubeletConfig) -> SimTime {
        match self.last_sync_end {
            Some(end) if self.seen_at <= end => config.next_relist(end),
            _ => SimTime::ZERO,
        }
    }

    fn begin_sync(&mut self, turn: &mut Turn<'_>) -> bool {
        let is_due = self.resync_at <= turn.now || self.deadline_at().is_some_and(|at| at <= turn.now);
        self.is_pending |= is_due && self.life == Life::Syncing;
        if self.is_in_sync || !self.is_pending || self.fresh_at(turn.config) > turn.now {
            return false;
        }
        self.is_pending = false;
        self.resync_at = SimTime::NEVER;
        self.is_in_sync = true;
        self.sync_error = SyncError::None;
        self.has_done_something = false;
        self.sync_seen = self.seen.clone();
        match self.life {
            Life::Syncing => self.sync_pod(turn),
            Life::Terminating => self.sync_terminating_pod(turn),
            Life::Terminated | Life::Finished => self.is_in_sync = false,
        }
        true
    }

    /// Models Kubelet.SyncPod and the steps of kubeGenericRuntimeManager.SyncPod.
    fn sync_pod(&mut self, turn: &mut Turn<'_>) {
        let status = self.make_status(turn, false);
        let phase = status.phase;
        self.set_status(turn, status);
        if phase.is_terminal() {
            let action = format!("end the pod as {}", phase.as_str());
            self.decide(turn, reason(decisions::POD_ENDED, &[("phase", json!(phase))], action));
            self.life = Life::Terminating;
            self.is_pending = true;
            self.end_sync(turn.now);
            return;
        }
        let started_at = turn.config.started_at;
        let (now, random) = (turn.now, &mut self.random);
        self.prober.add_pod(&self.pod.spec, now, |period_ms| match started_at {
            Some(start) if period_ms > now.ms_since(start) => random.between_ms(0, period_ms),
            _ => 0,
        });
        let actions = actions::compute(&self.pod, &self.sync_seen, &self.prober.results);
        self.steps.extend(actions.kills.into_iter().map(Step::Kill));
        self.steps.extend(actions.create_sandbox.then_some(Step::CreateSandbox));
        let start = |is_init| move |name| Step::Start { name, is_init };
        self.steps.extend(actions.init_containers.into_iter().map(start(true)));
        self.steps.extend(actions.containers.into_iter().map(start(false)));
        self.proceed(turn);
    }

    /// Goes through the steps until one has to wait.
    pub(super) fn proceed(&mut self, turn: &mut Turn<'_>) {
        while self.job.is_none() {
            let Some(step) = self.steps.pop_front() else {
                self.finish_sync(turn);
                return;
            };
            self.has_done_something = true;
            match step {
                Step::Kill(kill) => {
                    self.decide_kill(turn, &kill);
                    self.stop_container(turn, &kill.container, &kill.message, kill.reason, None);
                    self.job = Some(Job::AwaitStops);
                }
                Step::CreateSandbox => {
                    let (low, high) = turn.config.timings.sandbox_ms;
                    self.job = Some(Job::Sandbox { at: turn.now + self.random.between_ms(low, high) });
                }
                Step::Start { name, is_init } => self.start_container(turn, &name, is_init),
            }
        }
    }

    fn run_job(&mut self, turn: &mut Turn<'_>) -> bool {
        match &self.job {
            Some(Job::Sandbox { at }) if *at <= turn.now => {
                self.job = None;
                self.sandbox_ready(turn);
                self.proceed(turn);
            }
            Some(Job::Start(starting)) if starting.at <= turn.now => {
                let starting = starting.clone();
                self.job = None;
                self.go_on_starting(turn, starting);
                self.proceed(turn);
            }
            Some(Job::AwaitStops) if self.stops.is_empty() => {
                self.job = None;
                self.proceed(turn);
            }
            Some(Job::AwaitPodStops) if self.stops.is_empty() => {
                self.job = Some(Job::StopSandbox { at: turn.now + turn.config.timings.sandbox_stop_ms });
            }
            Some(Job::StopSandbox { at }) if *at <= turn.now => {
                self.job = None;
                self.pod_stopped(turn);
            }
            Some(Job::CleanUp { at }) if *at <= turn.now => {
                self.job = None;
                self.pod_cleaned_up(turn);
            }
            _ => return false,
        }
        true
    }

    /// The network stands: the status says so before any image is pulled. Models Kubelet.OnPodSandboxReady.
    fn sandbox_ready(&mut self, turn: &mut Turn<'_>) {
        let ip = turn.addresses.allocate(&self.key.uid);
        self.runtime.create_sandbox(ip);
        self.relist_at_next_tick(turn);
        if !turn.config.version.has_sandbox_condition() {
            return;
        }
        let Some(mut status) = self.status.status().cloned() else { return };
        for condition in &mut status.conditions {
            if condition.kind == "PodReadyToStartContainers" {
                "True".clone_into(&mut condition.status);
            }
        }
        self.set_status(turn, status);
    }

    /// Models podWorkers.completeWork.
    fn finish_sync(&mut self, turn: &mut Turn<'_>) {
        let timings = &turn.config.timings;
        let wait_ms = match self.sync_error {
            SyncError::None => timings.resync_ms,
            SyncError::BackOff(until) if turn.config.version.syncs_at_end_of_back_off() => {
                until.ms_since(turn.now).min(timings.resync_ms)
            }
            _ => timings.error_resync_ms,
        };
        let due = turn.now + wait_ms + self.random.between_ms(0, wait_ms / 2);
        self.resync_at = turn.config.next_sync_tick(due);
        if self.sync_error == SyncError::None && self.has_done_something {
            self.relist_at = self.relist_at.min(turn.now + timings.relist_ms);
        }
        self.end_sync(turn.now);
    }

    pub(super) fn end_sync(&mut self, now: SimTime) {
        self.is_in_sync = false;
        self.last_sync_end = Some(now);
    }

    /// A look at the runtime right now, whose result the next status is made from.
    pub(super) fn look_now(&mut self, now: SimTime) {
        self.seen = self.runtime.look();
        self.seen_at = now;
        self.sync_seen = self.seen.clone();
    }

    pub(super) fn make_status(&mut self, turn: &Turn<'_>, is_terminal: bool) -> PodStatus {
        let is_too_old = self.deadline_at().is_some_and(|at| at <= turn.now);
        let given = Given {
            pod: &self.pod,
            old: self.status.status().unwrap_or(&self.pod.status),
            seen: &self.sync_seen,
            reasons: &self.reasons,
            node_ip: &turn.config.node_ip,
            version: turn.config.version,
            is_terminal,
            ends_because: is_too_old
                .then_some(("DeadlineExceeded", "Pod was active on the node longer than the specified deadline")),
        };
        generate(&given, &mut self.prober)
    }

    /// When the pod has run for its `activeDeadlineSeconds`.
    fn deadline_at(&self) -> Option<SimTime> {
        let seconds = u64::try_from(self.pod.spec.active_deadline_seconds?).ok()?;
        let start = self.status.status()?.start_time?;
        (self.life == Life::Syncing).then(|| start.to_sim() + seconds * 1000)
    }

    /// Sets the status of the stopped pod and reports it, also when it was held back so far.
    pub(super) fn set_final_status(&mut self, turn: &mut Turn<'_>, status: PodStatus) {
        let is_held = status.phase.is_terminal() && !self.pod.status.phase.is_terminal();
        if self.status.set(&self.pod, status, Time::from_sim(turn.now)) || is_held {
            self.report(turn);
        }
    }

    pub(super) fn set_status(&mut self, turn: &mut Turn<'_>, status: PodStatus) {
        if self.status.set(&self.pod, status, Time::from_sim(turn.now)) {
            self.report(turn);
        }
    }

    /// Marks what could not be found as lost, and reports for the last time. Models statusManager.TerminatePod.
    pub(super) fn report_end(&mut self, turn: &mut Turn<'_>) {
        let before = self.status.status().cloned();
        self.status.terminate(&self.pod, Time::from_sim(turn.now));
        if before.as_ref() != self.status.status() {
            self.report(turn);
        }
    }

    /// Sends the status. A pod that may still have running containers is not reported as ended.
    /// Models mergePodStatus of pkg/kubelet/status/status_manager.go.
    fn report(&mut self, turn: &mut Turn<'_>) {
        let Some(mut status) = self.status.status().cloned().filter(|_| !self.is_removed) else { return };
        let may_run = self.life < Life::Terminated;
        if may_run && status.phase.is_terminal() && !self.pod.status.phase.is_terminal() {
            status.phase = self.pod.status.phase;
            status.reason.clone_from(&self.pod.status.reason);
            status.message.clone_from(&self.pod.status.message);
        }
        if !turn.config.version.has_sandbox_condition() {
            status.observed_generation = 0;
            status.host_ips.clear();
            status.conditions.retain(|condition| condition.kind != "PodReadyToStartContainers");
            status.conditions.iter_mut().for_each(|condition| condition.observed_generation = 0);
        }
        turn.requests.push(KubeletRequest::UpdatePodStatus { pod: self.key.clone(), status: Box::new(status) });
    }

    fn must_request_deletion(&self) -> bool {
        self.life == Life::Finished
            && self.pod.metadata.deletion_timestamp.is_some()
            && !self.is_removed
            && !self.is_deletion_requested
    }

    fn request_deletion(&mut self, turn: &mut Turn<'_>) {
        self.is_deletion_requested = true;
        let action = format!("remove pod {}", self.key.name);
        self.decide(turn, reason(decisions::REMOVE_POD, &[], action));
        turn.requests.push(KubeletRequest::DeletePod { pod: self.key.clone() });
    }

    fn run_probes(&mut self, turn: &mut Turn<'_>) -> bool {
        let Some(status) = self.status.status() else { return false };
        if !self.prober.is_due(turn.now) {
            return false;
        }
        let mut probed = Vec::new();
        let context = PodContext {
            spec: &self.pod.spec,
            status: Some(status),
            is_deleting: self.pod.metadata.deletion_timestamp.is_some(),
        };
        let mut asker = PodAsker {
            runtime: &mut self.runtime,
            world: &mut *turn.world,
            seed: turn.config.seed,
            uid: &self.key.uid,
        };
        self.prober.run(turn.now, context, &mut asker, &mut probed);
        for probed in probed {
            self.note_probe(turn, &probed);
        }
        self.take_in_results(turn);
        true
    }

    /// Models prober.probe of pkg/kubelet/prober/prober.go: the events of a probe.
    fn note_probe(&mut self, turn: &mut Turn<'_>, probed: &Probed) {
        let kind = probed.kind.as_str();
        let (reason, message) = match &probed.answer.verdict {
            Verdict::Success => ("", String::new()),
            Verdict::Warning(text) => ("ProbeWarning", format!("{kind} probe warning: {text}")),
            Verdict::Failure(text) => ("Unhealthy", format!("{kind} probe failed: {text}")),
            Verdict::Error(text) => ("Unhealthy", turn.config.version.probe_errored(kind, text)),
        };
        if !reason.is_empty() {
            self.record(turn, &probed.container, EventType::Warning, reason, message);
        }
    }

    /// Models the results' part of Kubelet.syncLoopIteration.
    fn take_in_results(&mut self, turn: &mut Turn<'_>) {
        let time = Time::from_sim(turn.now);
        while let Some(update) = self.prober.results.next_update() {
            let is_success = update.result == ProbeResult::Success;
            let id = update.container_id.as_str();
            let (has_changed, rule, word) = match update.kind {
                ProbeKind::Liveness if is_success => continue,
                ProbeKind::Liveness => (false, decisions::LIVENESS_FAILED, ""),
                ProbeKind::Readiness => {
                    let has_changed = self.status.set_container_readiness(&self.pod, id, is_success, time);
                    let rule = if is_success { decisions::READY } else { decisions::NOT_READY };
                    (has_changed, rule, if is_success { "ready" } else { "not ready" })
                }
                ProbeKind::Startup => {
                    let has_changed = self.status.set_container_startup(&self.pod, id, is_success, time);
                    (has_changed, decisions::STARTED, if is_success { "started" } else { "not started" })
                }
            };
            self.is_pending |= self.life == Life::Syncing;
            if has_changed {
                self.report(turn);
                let inputs = [("container", json!(id)), ("result", json!(update.result.as_str()))];
                self.decide(turn, reason(rule, &inputs, format!("mark a container as {word}")));
            }
        }
    }

    pub(super) fn decide(&self, turn: &mut Turn<'_>, reason: Reason) {
        turn.requests.push(KubeletRequest::Decision { pod: self.key.clone(), reason });
    }

    /// Records an event about one of the pod's containers. Models recordContainerEvent with GenerateContainerRef.
    pub(super) fn record(&self, turn: &mut Turn<'_>, container: &str, kind: EventType, reason: &str, message: String) {
        let is_init = self.pod.spec.init_containers.iter().any(|init| init.name == container);
        let list = if is_init { "initContainers" } else { "containers" };
        turn.requests.push(KubeletRequest::RecordEvent(Note {
            source: EventSource { component: "kubelet".to_owned(), host: turn.config.node_name.clone() },
            object: ObjectReference {
                kind: "Pod".to_owned(),
                namespace: self.key.namespace.clone(),
                name: self.key.name.clone(),
                uid: self.key.uid.clone(),
                api_version: "v1".to_owned(),
                resource_version: self.pod.metadata.resource_version.to_string(),
                field_path: format!("spec.{list}{{{container}}}"),
            },
            kind,
            reason: reason.to_owned(),
            message,
        }));
    }

    /// `NAME_NAMESPACE(UID)`. Models format.Pod.
    pub(super) fn full_name(&self) -> String {
        format!("{}_{}({})", self.key.name, self.key.namespace, self.key.uid)
    }
}
