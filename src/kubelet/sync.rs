//! One sync of a pod: what it does, step by step, and what it waits for. Models Kubelet.SyncPod, SyncTerminatingPod and
//! SyncTerminatedPod of pkg/kubelet/kubelet.go, and kubeGenericRuntimeManager.SyncPod.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::json;

use super::KubeletConfig;
use super::actions::{self, Kill, KillReason};
use super::decisions::{self, reason};
use super::pod_worker::{Life, PodWorker, Turn};
use super::runtime::RuntimeStatus;
use super::start::Starting;
use super::termination::Stop;
use crate::api::Pod;
use crate::sim::SimTime;

/// The pod's present sync, the last one, and when there is another.
#[derive(Clone, Debug)]
pub struct Sync {
    /// There is a reason for one.
    pub is_wanted: bool,
    /// When there is one though nothing has changed.
    pub again_at: SimTime,
    pub last_end: Option<SimTime>,
    pub is_running: bool,
    /// The one that runs is of no use any more.
    pub is_cancelled: bool,
    /// The pod that the one that runs works from: what the API server has meanwhile comes too late for it.
    pub pod: Option<Arc<Pod>>,
    /// What it has seen of the pod's containers.
    pub seen: RuntimeStatus,
    pub steps: VecDeque<Step>,
    pub job: Option<Job>,
    /// How the one that runs will have ended.
    pub error: SyncError,
    /// Something was killed, made or started.
    pub has_done_something: bool,
}

impl Default for Sync {
    fn default() -> Self {
        Self {
            is_wanted: false,
            again_at: SimTime::NEVER,
            last_end: None,
            is_running: false,
            is_cancelled: false,
            pod: None,
            seen: RuntimeStatus::default(),
            steps: VecDeque::new(),
            job: None,
            error: SyncError::None,
            has_done_something: false,
        }
    }
}

/// One thing that a sync does after the other.
#[derive(Clone, Debug)]
pub enum Step {
    /// Stop all that runs, with the sandbox.
    KillPod,
    Kill(Kill),
    CreateSandbox,
    Start {
        name: String,
        is_init: bool,
    },
}

/// What a sync waits for.
#[derive(Clone, Debug)]
pub enum Job {
    /// Volumes are not mounted yet; the wait began at this moment.
    Mount {
        since: SimTime,
    },
    Sandbox {
        at: SimTime,
    },
    Start(Starting),
    AwaitStops,
    AwaitPodStops,
    StopSandbox {
        at: SimTime,
    },
    CleanUp {
        at: SimTime,
    },
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

impl PodWorker {
    pub(super) fn begin_sync(&mut self, turn: &mut Turn<'_>) -> bool {
        if self.sync.again_at <= turn.now || self.deadline_at().is_some_and(|at| at <= turn.now) {
            self.want_sync();
        }
        let fresh_at = self.looks.fresh_at(self.sync.last_end, turn.config);
        if self.sync.is_running || !self.sync.is_wanted || fresh_at > turn.now {
            return false;
        }
        self.sync = Sync {
            last_end: self.sync.last_end,
            is_running: true,
            pod: Some(Arc::clone(&self.pod)),
            seen: self.looks.seen.clone(),
            ..Sync::default()
        };
        match self.life {
            Life::Syncing => self.sync_pod(turn),
            Life::Terminating => self.sync_terminating_pod(turn),
            Life::Terminated | Life::Finished => self.sync.is_running = false,
        }
        true
    }

    /// The pod is to end: what its sync waits for is given up. Models the cancelled context of podWorkers.UpdatePod.
    pub(super) fn cancel_sync(&mut self, turn: &mut Turn<'_>) -> bool {
        if !std::mem::take(&mut self.sync.is_cancelled) {
            return false;
        }
        match self.sync.job.take() {
            Some(Job::Start(starting)) => self.start_cancelled(turn, &starting),
            // What was being stopped is stopped again, with the pod's own grace period.
            Some(Job::AwaitStops | Job::AwaitPodStops) => self.stops.clear(),
            _ => {}
        }
        self.sync.steps.clear();
        self.end_sync(turn.now);
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
            self.sync.is_wanted = true;
            self.end_sync(turn.now);
            return;
        }
        if !self.begin_mounting(turn) {
            self.sync.job = Some(Job::Mount { since: turn.now });
            return;
        }
        self.sync_containers(turn);
    }

    /// The part of a sync that comes when the volumes are mounted.
    fn sync_containers(&mut self, turn: &mut Turn<'_>) {
        self.look_for_pull_secrets(turn);
        let started_at = turn.config.started_at;
        let (now, random) = (turn.now, &mut self.random);
        self.prober.add_pod(&self.pod.spec, now, |period_ms| match started_at {
            Some(start) if period_ms > now.ms_since(start) => random.between_ms(0, period_ms),
            _ => 0,
        });
        let actions = actions::compute(&self.pod, &self.sync.seen, &self.prober.results);
        let steps = &mut self.sync.steps;
        steps.extend(actions.kill_pod.then_some(Step::KillPod));
        steps.extend(actions.kills.into_iter().map(Step::Kill));
        steps.extend(actions.create_sandbox.then_some(Step::CreateSandbox));
        let start = |is_init| move |name| Step::Start { name, is_init };
        steps.extend(actions.init_containers.into_iter().map(start(true)));
        steps.extend(actions.containers.into_iter().map(start(false)));
        self.proceed(turn);
    }

    /// Goes through the steps until one has to wait.
    fn proceed(&mut self, turn: &mut Turn<'_>) {
        while self.sync.job.is_none() {
            let Some(step) = self.sync.steps.pop_front() else {
                self.finish_sync(turn);
                return;
            };
            self.sync.has_done_something = true;
            match step {
                Step::KillPod => self.stop_containers(turn, None),
                Step::Kill(kill) => {
                    self.decide_kill(turn, &kill);
                    self.stop_container(turn, &kill.container, &kill.message, kill.reason, Stop::default());
                    self.sync.job = Some(Job::AwaitStops);
                }
                Step::CreateSandbox => {
                    let (low, high) = turn.config.timings.sandbox_ms;
                    self.sync.job = Some(Job::Sandbox { at: turn.now + self.random.between_ms(low, high) });
                }
                Step::Start { name, is_init } => self.start_container(turn, &name, is_init),
            }
        }
    }

    pub(super) fn run_job(&mut self, turn: &mut Turn<'_>) -> bool {
        let is_due = match &self.sync.job {
            Some(Job::Sandbox { at } | Job::StopSandbox { at } | Job::CleanUp { at }) => *at <= turn.now,
            Some(Job::Start(starting)) => starting.at <= turn.now,
            Some(Job::Mount { since }) => self.mounts.wait_ends(*since) <= turn.now,
            Some(Job::AwaitStops | Job::AwaitPodStops) => self.stops.is_empty(),
            None => false,
        };
        let Some(job) = self.sync.job.take_if(|_| is_due) else { return false };
        match job {
            Job::AwaitPodStops => {
                self.sync.job = Some(Job::StopSandbox { at: turn.now + turn.config.timings.sandbox_stop_ms });
                return true;
            }
            Job::Mount { .. } => {
                self.volumes_awaited(turn);
                return true;
            }
            Job::Sandbox { .. } => self.sandbox_ready(turn),
            Job::Start(starting) => self.go_on_starting(turn, starting),
            Job::AwaitStops => {}
            Job::StopSandbox { .. } => self.stop_sandbox(turn),
            Job::CleanUp { .. } => self.pod_cleaned_up(turn),
        }
        match self.life {
            Life::Syncing => self.proceed(turn),
            Life::Terminating => self.pod_stopped(turn),
            Life::Terminated | Life::Finished => {}
        }
        true
    }

    /// The volumes are mounted, or are waited for no longer.
    fn volumes_awaited(&mut self, turn: &mut Turn<'_>) {
        if self.mounts.is_complete() {
            self.sync_containers(turn);
        } else {
            self.sync.error = SyncError::Failed;
            self.finish_sync(turn);
        }
    }

    /// The network stands: the status says so before any image is pulled. Models Kubelet.OnPodSandboxReady.
    fn sandbox_ready(&mut self, turn: &mut Turn<'_>) {
        let ip = turn.addresses.allocate(&self.key.uid);
        self.runtime.create_sandbox(ip);
        self.looks.at_next_tick(turn.config, turn.now);
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

    fn stop_sandbox(&mut self, turn: &mut Turn<'_>) {
        if let Some(ip) = self.runtime.stop_sandbox() {
            turn.addresses.release(&ip);
        }
        if self.life == Life::Syncing {
            self.looks.at_next_tick(turn.config, turn.now);
        }
    }

    /// Models podWorkers.completeWork.
    fn finish_sync(&mut self, turn: &mut Turn<'_>) {
        self.plan_resync(turn.config, turn.now);
        let timings = &turn.config.timings;
        if self.sync.error == SyncError::None && self.sync.has_done_something {
            self.looks.at(turn.now + timings.relist_ms);
        }
        self.end_sync(turn.now);
    }

    /// When there is a sync though nothing has changed, after one that ends now.
    pub(super) fn plan_resync(&mut self, config: &KubeletConfig, now: SimTime) {
        let timings = &config.timings;
        let wait_ms = match self.sync.error {
            SyncError::None => timings.resync_ms,
            SyncError::BackOff(until) if config.version.syncs_at_end_of_back_off() => {
                until.ms_since(now).min(timings.resync_ms)
            }
            _ => timings.error_resync_ms,
        };
        let due = now + wait_ms + self.random.between_ms(0, wait_ms / 2);
        self.sync.again_at = config.next_sync_tick(due);
    }

    fn end_sync(&mut self, now: SimTime) {
        self.sync.is_running = false;
        self.sync.last_end = Some(now);
    }

    /// Models Kubelet.SyncTerminatingPod, with the grace period of calculateEffectiveGracePeriod.
    fn sync_terminating_pod(&mut self, turn: &mut Turn<'_>) {
        let status = self.make_status(turn, false);
        self.set_status(turn, status);
        self.prober.stop_liveness_and_startup(&self.pod.spec);
        let grace_s = self
            .pod
            .metadata
            .deletion_grace_period_seconds
            .unwrap_or(self.pod.spec.termination_grace_period_seconds)
            .max(1);
        let inputs = [("graceSeconds", json!(grace_s)), ("containers", json!(self.runtime.running()))];
        self.decide(turn, reason(decisions::STOP_POD, &inputs, format!("stop pod {}", self.key.name)));
        self.stop_containers(turn, Some(grace_s));
    }

    /// Stops all that runs; the sandbox follows. Models killPodWithSyncResult.
    fn stop_containers(&mut self, turn: &mut Turn<'_>, grace_s: Option<i64>) {
        for name in self.runtime.running() {
            self.stop_container(turn, &name, "", KillReason::PodStops, Stop { grace_s, in_order: true });
        }
        self.sync.job = Some(Job::AwaitPodStops);
    }

    /// The last container and the sandbox are gone: the pod has ended.
    fn pod_stopped(&mut self, turn: &mut Turn<'_>) {
        self.prober.remove_pod();
        self.looks.look_now(&self.runtime, turn.now);
        self.sync.seen = self.looks.seen.clone();
        let status = self.make_status(turn, true);
        self.life = Life::Terminated;
        self.set_final_status(turn, status);
        self.sync.job = Some(Job::CleanUp { at: turn.now + turn.config.timings.clean_up_ms });
    }

    /// Nothing of the pod is left on the node. Models Kubelet.SyncTerminatedPod.
    fn pod_cleaned_up(&mut self, turn: &mut Turn<'_>) {
        self.report_end(turn);
        self.life = Life::Finished;
        self.end_sync(turn.now);
    }
}
