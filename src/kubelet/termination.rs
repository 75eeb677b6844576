//! Stopping containers: hook, SIGTERM, grace, SIGKILL; and the end of the pod. Models killContainer of
//! pkg/kubelet/kuberuntime/kuberuntime_container.go and Kubelet.SyncTerminatingPod.

use serde_json::json;

use super::ProbeKind;
use super::actions::{Kill, KillReason};
use super::decisions::{self, reason};
use super::pod_worker::{Job, Life, PodWorker, Turn};
use super::probing::PodAsker;
use crate::api::EventType;
use crate::sim::SimTime;

/// Every container gets at least this long. Models minimumGracePeriodInSeconds.
const MIN_GRACE_S: i64 = 2;

/// A container that is being stopped.
#[derive(Clone, Debug)]
pub struct Stopping {
    pub name: String,
    began: SimTime,
    grace_s: i64,
    stage: Stage,
}

#[derive(Clone, Debug)]
enum Stage {
    /// The hook runs.
    PreStop { until: SimTime, error: Option<String> },
    /// A sidecar waits for the others.
    Turn,
    /// SIGTERM was sent; SIGKILL follows.
    Signalled { kill_at: SimTime },
    /// The runtime tidies up.
    Ended { at: SimTime },
}

impl PodWorker {
    pub(super) fn decide_kill(&self, turn: &mut Turn<'_>, kill: &Kill) {
        let KillReason::Probe(kind) = kill.reason else { return };
        let probe = self.container(&kill.container).and_then(|container| match kind {
            ProbeKind::Startup => container.startup_probe,
            _ => container.liveness_probe,
        });
        let threshold = probe.map_or(0, |probe| probe.failure_threshold);
        let rule = if kind == ProbeKind::Startup { decisions::STARTUP_FAILED } else { decisions::LIVENESS_FAILED };
        let inputs = [("container", json!(kill.container)), ("failureThreshold", json!(threshold))];
        self.decide(turn, reason(rule, &inputs, format!("kill container {}", kill.container)));
    }

    /// Models killContainer up to the first wait.
    pub(super) fn stop_container(
        &mut self,
        turn: &mut Turn<'_>,
        name: &str,
        message: &str,
        why: KillReason,
        grace_override_s: Option<i64>,
    ) {
        let Some(container) = self.container(name) else { return };
        let message = if message.is_empty() { format!("Stopping container {name}") } else { message.to_owned() };
        self.record(turn, name, EventType::Normal, "Killing", message);
        let grace_s = grace_override_s.unwrap_or_else(|| self.grace_s(&container, why));
        let mut stopping = Stopping { name: name.to_owned(), began: turn.now, grace_s, stage: Stage::Turn };
        let hook = container.lifecycle.as_ref().and_then(|lifecycle| lifecycle.pre_stop.as_ref());
        if let Some(hook) = hook.filter(|_| grace_s > 0) {
            let mut asker = PodAsker {
                runtime: &mut self.runtime,
                world: &mut *turn.world,
                seed: turn.config.seed,
                uid: &self.key.uid,
            };
            let run = asker.run_hook(turn.now, &container, hook);
            let until = turn.now + run.latency_ms.min(seconds_ms(grace_s));
            stopping.stage = Stage::PreStop { until, error: run.error };
        }
        self.stops.push(stopping);
    }

    /// Models setTerminationGracePeriod.
    fn grace_s(&self, container: &crate::api::Container, why: KillReason) -> i64 {
        if let Some(grace_s) = self.pod.metadata.deletion_grace_period_seconds {
            return grace_s;
        }
        let probe = match why {
            KillReason::Probe(ProbeKind::Liveness) => container.liveness_probe.as_ref(),
            KillReason::Probe(ProbeKind::Startup) => container.startup_probe.as_ref(),
            _ => None,
        };
        probe
            .and_then(|probe| probe.termination_grace_period_seconds)
            .unwrap_or(self.pod.spec.termination_grace_period_seconds)
    }

    /// When a container that is being stopped needs attention.
    pub(super) fn stops_next_at(&self) -> SimTime {
        let next = self.stops.iter().map(|stopping| match stopping.stage {
            Stage::PreStop { until, .. } => until,
            Stage::Turn => self.turn_at(stopping),
            Stage::Signalled { kill_at } => kill_at,
            Stage::Ended { at } => at,
        });
        next.min().unwrap_or(SimTime::NEVER)
    }

    /// A sidecar is stopped when the containers are, and the sidecars behind it; at the latest at the end of its
    /// grace period. Models terminationOrdering.
    fn turn_at(&self, stopping: &Stopping) -> SimTime {
        let inits = &self.pod.spec.init_containers;
        let Some(own) = inits.iter().position(|init| init.name == stopping.name && init.is_sidecar()) else {
            return SimTime::ZERO;
        };
        if self.life == Life::Syncing {
            return SimTime::ZERO;
        }
        let behind = inits.iter().skip(own + 1).filter(|init| init.is_sidecar());
        let must_wait = self.pod.spec.containers.iter().chain(behind).any(|other| self.runtime.is_running(&other.name));
        if must_wait { stopping.began + seconds_ms(stopping.grace_s) } else { SimTime::ZERO }
    }

    /// Moves every container that is being stopped on.
    pub(super) fn run_stops(&mut self, turn: &mut Turn<'_>) -> bool {
        let mut goes_on = false;
        for mut stopping in std::mem::take(&mut self.stops) {
            goes_on |= self.run_stop(turn, &mut stopping);
            let is_over = matches!(stopping.stage, Stage::Ended { at } if at <= turn.now);
            goes_on |= is_over;
            if !is_over {
                self.stops.push(stopping);
            }
        }
        goes_on
    }

    fn run_stop(&mut self, turn: &mut Turn<'_>, stopping: &mut Stopping) -> bool {
        let now = turn.now;
        match &stopping.stage {
            Stage::PreStop { until, error } if *until <= now => {
                if error.is_some() {
                    let message = "PreStopHook failed".to_owned();
                    self.record(turn, &stopping.name, EventType::Warning, "FailedPreStopHook", message);
                }
                stopping.stage = Stage::Turn;
            }
            Stage::Turn if self.turn_at(stopping) <= now => {
                let waited_s = i64::try_from(now.ms_since(stopping.began) / 1000).unwrap_or(i64::MAX);
                let left_s = stopping.grace_s.saturating_sub(waited_s).max(MIN_GRACE_S);
                self.runtime.sigterm(&stopping.name, now);
                self.runtime.advance(now);
                stopping.stage = Stage::Signalled { kill_at: now + seconds_ms(left_s) };
                self.note_exit(turn, stopping);
            }
            Stage::Signalled { .. } if self.runtime.exit(&stopping.name).is_some() => self.note_exit(turn, stopping),
            Stage::Signalled { kill_at } if *kill_at <= now => {
                self.runtime.kill(&stopping.name, now);
                self.runtime.advance(now);
                let inputs = [("container", json!(stopping.name)), ("graceSeconds", json!(stopping.grace_s))];
                let action = format!("kill container {} with SIGKILL", stopping.name);
                self.decide(turn, reason(decisions::GRACE_ENDED, &inputs, action));
                self.note_exit(turn, stopping);
            }
            _ => return false,
        }
        true
    }

    fn note_exit(&mut self, turn: &Turn<'_>, stopping: &mut Stopping) {
        if self.runtime.is_running(&stopping.name) {
            return;
        }
        self.relist_at_next_tick(turn);
        stopping.stage = Stage::Ended { at: turn.now + turn.config.timings.stop_ms };
    }

    /// When SIGKILL comes, if a container waits for it.
    pub(super) fn grace_until(&self) -> Option<SimTime> {
        let kills = self.stops.iter().filter_map(|stopping| match stopping.stage {
            Stage::Signalled { kill_at } => Some(kill_at),
            Stage::PreStop { .. } | Stage::Turn => Some(stopping.began + seconds_ms(stopping.grace_s)),
            Stage::Ended { .. } => None,
        });
        kills.max()
    }

    /// Models Kubelet.SyncTerminatingPod.
    pub(super) fn sync_terminating_pod(&mut self, turn: &mut Turn<'_>) {
        let status = self.make_status(turn, false);
        self.set_status(turn, status);
        self.prober.stop_liveness_and_startup(&self.pod.spec);
        let grace_s = self
            .pod
            .metadata
            .deletion_grace_period_seconds
            .unwrap_or(self.pod.spec.termination_grace_period_seconds)
            .max(1);
        let running = self.runtime.running();
        let inputs = [("graceSeconds", json!(grace_s)), ("containers", json!(running))];
        self.decide(turn, reason(decisions::STOP_POD, &inputs, format!("stop pod {}", self.key.name)));
        for name in running {
            self.stop_container(turn, &name, "", KillReason::PodStops, Some(grace_s));
        }
        self.job = Some(Job::AwaitPodStops);
    }

    /// The last container and the sandbox are gone: the pod has ended.
    pub(super) fn pod_stopped(&mut self, turn: &mut Turn<'_>) {
        if let Some(ip) = self.runtime.stop_sandbox() {
            turn.addresses.release(&ip);
        }
        self.prober.remove_pod();
        self.look_now(turn.now);
        let status = self.make_status(turn, true);
        self.life = Life::Terminated;
        self.set_final_status(turn, status);
        self.job = Some(Job::CleanUp { at: turn.now + turn.config.timings.clean_up_ms });
    }

    /// Nothing of the pod is left on the node. Models Kubelet.SyncTerminatedPod.
    pub(super) fn pod_cleaned_up(&mut self, turn: &mut Turn<'_>) {
        self.report_end(turn);
        self.life = Life::Finished;
        self.end_sync(turn.now);
    }
}

fn seconds_ms(seconds: i64) -> u64 {
    u64::try_from(seconds).unwrap_or(0).saturating_mul(1000)
}
