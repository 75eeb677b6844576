//! Stopping containers: hook, SIGTERM, grace, SIGKILL. Models killContainer of
//! pkg/kubelet/kuberuntime/kuberuntime_container.go.

use serde_json::json;

use super::ProbeKind;
use super::actions::{Kill, KillReason};
use super::decisions::{self, reason};
use super::pod_worker::{PodWorker, Turn};
use super::probing::PodAsker;
use crate::api::{Container, EventType, PodSpec};
use crate::sim::SimTime;

/// Every container gets at least this long. Models minimumGracePeriodInSeconds.
const MIN_GRACE_S: i64 = 2;

/// How a container is stopped.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stop {
    /// The grace period, where the caller knows better than the pod.
    pub grace_s: Option<i64>,
    /// Whether sidecars wait for the others, as when the whole pod ends. Models terminationOrdering.
    pub in_order: bool,
}

/// A container that is being stopped.
#[derive(Clone, Debug)]
pub struct Stopping {
    pub name: String,
    began: SimTime,
    /// The whole grace period.
    grace_s: i64,
    /// What is left of it, in whole seconds as Go counts.
    left_s: i64,
    in_order: bool,
    /// The hook, until it has ended: it may outlive the time that it is given.
    hook: Option<Hook>,
    stage: Stage,
}

/// A hook that runs.
#[derive(Clone, Copy, Debug)]
struct Hook {
    ends_at: SimTime,
    fails: bool,
    /// Whether it breaks off, and fails, when the container ends.
    ends_with_container: bool,
}

#[derive(Clone, Debug)]
enum Stage {
    /// The hook is waited for.
    PreStop { until: SimTime },
    /// A sidecar waits for the others.
    Turn { since: SimTime },
    /// SIGTERM was sent; SIGKILL follows.
    Signalled { kill_at: SimTime },
    /// The runtime tidies up.
    Ended { at: SimTime },
}

impl PodWorker {
    pub(super) fn decide_kill(&self, turn: &mut Turn<'_>, kill: &Kill) {
        let name = kill.container.as_str();
        let Some(container) = self.container(name) else { return };
        let (rule, input) = match kill.reason {
            KillReason::Probe(ProbeKind::Startup) => {
                let threshold = container.startup_probe.map_or(0, |probe| probe.failure_threshold);
                (decisions::STARTUP_FAILED, ("failureThreshold", json!(threshold)))
            }
            KillReason::Probe(_) => {
                let threshold = container.liveness_probe.map_or(0, |probe| probe.failure_threshold);
                (decisions::LIVENESS_FAILED, ("failureThreshold", json!(threshold)))
            }
            KillReason::DefinitionChanged => (decisions::DEFINITION_CHANGED, ("image", json!(container.image))),
            KillReason::FailedPostStartHook | KillReason::PodStops => return,
        };
        self.decide(turn, reason(rule, &[("container", json!(name)), input], format!("kill container {name}")));
    }

    /// Models killContainer up to the first wait.
    pub(super) fn stop_container(
        &mut self,
        turn: &mut Turn<'_>,
        name: &str,
        message: &str,
        why: KillReason,
        how: Stop,
    ) {
        let Some(container) = self.container(name) else { return };
        let message = if message.is_empty() { format!("Stopping container {name}") } else { message.to_owned() };
        self.record(turn, name, EventType::Normal, "Killing", message);
        let grace_s = how.grace_s.unwrap_or_else(|| self.grace_s(&container, why));
        let mut stopping = Stopping {
            name: name.to_owned(),
            began: turn.now,
            grace_s,
            left_s: grace_s,
            in_order: how.in_order,
            hook: None,
            stage: Stage::Turn { since: turn.now },
        };
        let handler = container.lifecycle.as_ref().and_then(|lifecycle| lifecycle.pre_stop.as_ref());
        if let Some(handler) = handler.filter(|_| grace_s > 0) {
            let pod = self.full_name();
            let mut asker = PodAsker {
                runtime: &mut self.runtime,
                world: &mut *turn.world,
                seed: turn.config.seed,
                uid: &self.key.uid,
            };
            let run = asker.run_hook(turn.now, &pod, &container, handler);
            stopping.hook = Some(Hook {
                ends_at: turn.now + run.latency_ms,
                fails: run.error.is_some(),
                ends_with_container: handler.sleep.is_none(),
            });
            stopping.stage = Stage::PreStop { until: turn.now + run.latency_ms.min(seconds_ms(grace_s)) };
        }
        self.stops.push(stopping);
    }

    /// Models setTerminationGracePeriod.
    fn grace_s(&self, container: &Container, why: KillReason) -> i64 {
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
        let next = self.stops.iter().map(|stopping| {
            let next = match stopping.stage {
                Stage::PreStop { .. } if self.breaks_off(stopping) => SimTime::ZERO,
                Stage::PreStop { until } => until,
                Stage::Turn { since } => turn_at(&self.pod.spec, stopping, since, &self.stops),
                Stage::Signalled { kill_at } => kill_at,
                Stage::Ended { at } => at,
            };
            next.min(stopping.hook.map_or(SimTime::NEVER, |hook| hook.ends_at))
        });
        next.min().unwrap_or(SimTime::NEVER)
    }

    /// Whether the hook has lost its container.
    fn breaks_off(&self, stopping: &Stopping) -> bool {
        stopping.hook.is_some_and(|hook| hook.ends_with_container) && !self.runtime.is_running(&stopping.name)
    }

    /// Moves every container that is being stopped on.
    pub(super) fn run_stops(&mut self, turn: &mut Turn<'_>) -> bool {
        let mut goes_on = false;
        for at in 0..self.stops.len() {
            let Some(mut stopping) = self.stops.get(at).cloned() else { break };
            goes_on |= self.run_hook_on(turn, &mut stopping);
            goes_on |= self.run_stop(turn, &mut stopping);
            if let Some(place) = self.stops.get_mut(at) {
                *place = stopping;
            }
        }
        let before = self.stops.len();
        self.stops.retain(|stopping| !matches!(stopping.stage, Stage::Ended { at } if at <= turn.now));
        goes_on || self.stops.len() < before
    }

    /// Models executePreStopHook, whose hook runs on when nobody waits for it any more.
    fn run_hook_on(&self, turn: &mut Turn<'_>, stopping: &mut Stopping) -> bool {
        let Some(hook) = stopping.hook else { return false };
        let breaks_off = self.breaks_off(stopping);
        if hook.ends_at > turn.now && !breaks_off {
            return false;
        }
        stopping.hook = None;
        if hook.fails || breaks_off {
            let message = "PreStopHook failed".to_owned();
            self.record(turn, &stopping.name, EventType::Warning, "FailedPreStopHook", message);
        }
        if let Stage::PreStop { until } = &mut stopping.stage {
            *until = turn.now;
        }
        true
    }

    fn run_stop(&mut self, turn: &mut Turn<'_>, stopping: &mut Stopping) -> bool {
        let now = turn.now;
        match stopping.stage {
            Stage::PreStop { until } if until <= now => {
                stopping.left_s -= whole_seconds(now.ms_since(stopping.began));
                stopping.stage = Stage::Turn { since: now };
            }
            Stage::Turn { since } if turn_at(&self.pod.spec, stopping, since, &self.stops) <= now => {
                let left_s = (stopping.left_s - whole_seconds(now.ms_since(since))).max(MIN_GRACE_S);
                self.runtime.sigterm(&stopping.name, now);
                self.runtime.advance(now);
                stopping.stage = Stage::Signalled { kill_at: now + seconds_ms(left_s) };
                self.note_exit(turn, stopping);
            }
            Stage::Signalled { .. } if self.runtime.exit(&stopping.name).is_some() => self.note_exit(turn, stopping),
            Stage::Signalled { kill_at } if kill_at <= now => {
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
        self.looks.at_next_tick(turn.config, turn.now);
        stopping.stage = Stage::Ended { at: turn.now + turn.config.timings.stop_ms };
    }

    /// When SIGKILL comes, if a container waits for it.
    pub(super) fn grace_until(&self) -> Option<SimTime> {
        let kills = self.stops.iter().filter_map(|stopping| match stopping.stage {
            Stage::Signalled { kill_at } => Some(kill_at),
            Stage::PreStop { .. } | Stage::Turn { .. } => Some(stopping.began + seconds_ms(stopping.grace_s)),
            Stage::Ended { .. } => None,
        });
        kills.max()
    }
}

/// A sidecar is stopped when the containers are, and the sidecars behind it; at the latest at the end of its grace
/// period. Models terminationOrdering.waitForTurn.
fn turn_at(spec: &PodSpec, stopping: &Stopping, since: SimTime, all: &[Stopping]) -> SimTime {
    let inits = &spec.init_containers;
    let own = inits.iter().position(|init| init.name == stopping.name && init.is_sidecar());
    let Some(own) = own.filter(|_| stopping.in_order && stopping.left_s > 0) else { return SimTime::ZERO };
    let behind = inits.iter().skip(own + 1).filter(|init| init.is_sidecar());
    let mut before = spec.containers.iter().chain(behind);
    let must_wait = before.any(|other| all.iter().any(|stopping| stopping.name == other.name));
    if must_wait { since + seconds_ms(stopping.left_s) } else { SimTime::ZERO }
}

fn seconds_ms(seconds: i64) -> u64 {
    u64::try_from(seconds).unwrap_or(0).saturating_mul(1000)
}

fn whole_seconds(ms: u64) -> i64 {
    i64::try_from(ms / 1000).unwrap_or(i64::MAX)
}
