//! A probe worker: asks one container one question, again and again.
//!
//! Models pkg/kubelet/prober/worker.go. Where Go blocks a goroutine, the worker here knows its next moment.

use super::ran_before;
use super::results::{ProbeResult, Results};
use crate::api::{Container, ContainerStatus, PodSpec, PodStatus, Probe};
use crate::kubelet::ProbeKind;
use crate::kubelet::status::phase::should_restart;
use crate::sim::SimTime;

/// How often a probe that could not be made is tried. Models maxProbeRetries.
const MAX_ATTEMPTS: u32 = 3;

/// What one attempt to probe gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeVerdict {
    /// The container is well.
    Success,
    /// It answered, but oddly: counts as success. With the text for the event.
    Warning(String),
    /// It is not well, with the text for the event.
    Failure(String),
    /// The probe could not be made, with the error. Such a result is thrown away.
    Error(String),
}

/// A probe's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What it says.
    pub verdict: ProbeVerdict,
    /// Milliseconds until it was there.
    pub latency_ms: u64,
    /// HTTP status, if there was one.
    pub status_code: Option<u16>,
}

/// A finished probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probed {
    /// When it was sent.
    pub at: SimTime,
    /// The container.
    pub container: String,
    /// Which probe.
    pub kind: ProbeKind,
    /// The last attempt's answer.
    pub answer: Answer,
    /// How many attempts were made.
    pub attempts: u32,
}

/// What a worker sees of its pod.
#[derive(Clone, Copy, Debug)]
pub struct PodContext<'a> {
    /// The pod's spec.
    pub spec: &'a PodSpec,
    /// The status as the kubelet's status manager has it; none before the first.
    pub status: Option<&'a PodStatus>,
    /// Whether the pod is being deleted.
    pub is_deleting: bool,
}

/// Makes probes.
pub trait Asker {
    /// Asks `container` once.
    fn ask(&mut self, now: SimTime, kind: ProbeKind, container: &Container, probe: &Probe) -> Answer;
}

/// What came of one turn of the worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ticked {
    /// Nothing was asked; it waits for its next tick.
    Waits,
    /// It asked, and the answer is there.
    Asked(Probed),
    /// It asked, and waits for the answer.
    Asking,
    /// It ends.
    Ends,
}

/// What a worker will do at its ticks as long as its pod stays as it is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Outlook<'a> {
    /// Nothing.
    Waits,
    /// It asks, and one more success changes nothing.
    Asks(&'a Container, &'a Probe),
}

/// One worker.
#[derive(Clone, Debug)]
pub struct Worker {
    /// Which probe.
    pub kind: ProbeKind,
    /// The container's name.
    pub container: String,
    container_id: String,
    last_result: Option<ProbeResult>,
    result_run: u32,
    on_hold: bool,
    asking: Option<(SimTime, Probed)>,
    /// Containers that started before this moment ran before the kubelet did.
    ran_before: Option<SimTime>,
}

impl Worker {
    /// A worker that has not seen its container.
    pub fn new(kind: ProbeKind, container: &str) -> Self {
        Self {
            kind,
            container: container.to_owned(),
            container_id: String::new(),
            last_result: None,
            result_run: 0,
            on_hold: false,
            asking: None,
            ran_before: None,
        }
    }

    /// The worker of a kubelet that was started when containers from before `ran_before` ran already.
    pub(super) fn after_restart(self, ran_before: Option<SimTime>) -> Self {
        Self { ran_before, ..self }
    }

    /// The container instance that it probes; empty before it has seen one.
    pub fn container_id(&self) -> &str {
        &self.container_id
    }

    /// Whether it waits for a new container.
    pub fn is_on_hold(&self) -> bool {
        self.on_hold
    }

    /// Equal results in a row.
    pub fn result_run(&self) -> u32 {
        self.result_run
    }

    /// When the answer that it waits for comes.
    pub fn answer_at(&self) -> Option<SimTime> {
        self.asking.as_ref().map(|(at, _)| *at)
    }

    /// This worker's probe.
    pub fn probe<'a>(&self, spec: &'a PodSpec) -> Option<(&'a Container, &'a Probe)> {
        let container =
            spec.containers.iter().chain(&spec.init_containers).find(|container| container.name == self.container)?;
        Some((container, probe_of(container, self.kind)?))
    }

    /// One turn. Models worker.doProbe up to the probe, and after it when the answer comes at once.
    pub fn turn(&mut self, now: SimTime, pod: PodContext<'_>, results: &mut Results, asker: &mut dyn Asker) -> Ticked {
        let Some((container, probe)) = self.probe(pod.spec) else { return Ticked::Ends };
        let Some(status) = pod.status else { return Ticked::Waits };
        if status.phase.is_terminal() {
            return Ticked::Ends;
        }
        let Some(state) = self.container_status(status) else { return Ticked::Waits };
        self.notice(container, state, results);
        if self.on_hold {
            return Ticked::Waits;
        }
        let Some(running) = state.state.running else {
            results.set(self.kind, &self.container_id, ProbeResult::Failure);
            return match &state.state.terminated {
                Some(terminated) if !should_restart(container, pod.spec, terminated.exit_code) => Ticked::Ends,
                _ => Ticked::Waits,
            };
        };
        if pod.is_deleting && self.kind != ProbeKind::Readiness {
            // A last success lets the pod end in quiet.
            results.set(self.kind, &self.container_id, ProbeResult::Success);
            return Ticked::Ends;
        }
        let age_ms = i64::try_from(now.as_ms()).unwrap_or(i64::MAX).saturating_sub(running.started_at.as_sim_ms());
        if age_ms / 1000 < i64::from(probe.initial_delay_seconds) {
            return Ticked::Waits;
        }
        if (state.started == Some(true)) == (self.kind == ProbeKind::Startup) {
            return Ticked::Waits;
        }
        self.ask(now, container, probe, asker, results)
    }

    /// What it will do at its next ticks; none where that may change something. As [`Worker::turn`] decides.
    pub(super) fn outlook<'a>(&self, now: SimTime, pod: PodContext<'a>, results: &Results) -> Option<Outlook<'a>> {
        let (container, probe) = self.probe(pod.spec)?;
        let state = self.container_status(pod.status.filter(|status| !status.phase.is_terminal())?)?;
        if self.container_id != state.container_id || self.asking.is_some() || pod.is_deleting {
            return None;
        }
        if self.on_hold {
            return Some(Outlook::Waits);
        }
        let age_ms = i64::try_from(now.as_ms()).ok()?.saturating_sub(state.state.running?.started_at.as_sim_ms());
        if age_ms / 1000 < i64::from(probe.initial_delay_seconds) {
            return None;
        }
        if (state.started == Some(true)) == (self.kind == ProbeKind::Startup) {
            return Some(Outlook::Waits);
        }
        let succeeds = self.last_result == Some(ProbeResult::Success)
            && results.get(self.kind, &self.container_id) == Some(ProbeResult::Success);
        succeeds.then_some(Outlook::Asks(container, probe))
    }

    /// So many more successes, one after the other.
    pub(super) fn succeeded(&mut self, times: u64) {
        self.result_run = self.result_run.saturating_add(u32::try_from(times).unwrap_or(u32::MAX));
    }

    /// The answer that [`Ticked::Asking`] waited for is there.
    pub fn answered(&mut self, probe: &Probe, results: &mut Results) -> Option<Probed> {
        let (_, probed) = self.asking.take()?;
        self.take_in(&probed.answer.verdict, probe, results);
        Some(probed)
    }

    fn ask(
        &mut self,
        now: SimTime,
        container: &Container,
        probe: &Probe,
        asker: &mut dyn Asker,
        results: &mut Results,
    ) -> Ticked {
        let mut answer = asker.ask(now, self.kind, container, probe);
        let mut attempts = 1;
        while matches!(answer.verdict, ProbeVerdict::Error(_)) && attempts < MAX_ATTEMPTS {
            answer = asker.ask(now, self.kind, container, probe);
            attempts += 1;
        }
        let latency_ms = answer.latency_ms;
        let probed = Probed { at: now, container: self.container.clone(), kind: self.kind, answer, attempts };
        if latency_ms > 0 {
            self.asking = Some((now + latency_ms, probed));
            return Ticked::Asking;
        }
        self.take_in(&probed.answer.verdict, probe, results);
        Ticked::Asked(probed)
    }

    /// Models worker.doProbe after the probe.
    fn take_in(&mut self, verdict: &ProbeVerdict, probe: &Probe, results: &mut Results) {
        let result = match verdict {
            ProbeVerdict::Success | ProbeVerdict::Warning(_) => ProbeResult::Success,
            ProbeVerdict::Failure(_) => ProbeResult::Failure,
            ProbeVerdict::Error(_) => return,
        };
        if self.last_result == Some(result) {
            self.result_run += 1;
        } else {
            self.last_result = Some(result);
            self.result_run = 1;
        }
        let threshold = match result {
            ProbeResult::Failure => probe.failure_threshold,
            _ => probe.success_threshold,
        };
        if i64::from(self.result_run) < i64::from(threshold) {
            return;
        }
        results.set(self.kind, &self.container_id, result);
        let failed_liveness = self.kind == ProbeKind::Liveness && result == ProbeResult::Failure;
        if failed_liveness || self.kind == ProbeKind::Startup {
            // The container will be killed, or has started: there is nothing to ask until there is a new one.
            self.on_hold = true;
            self.result_run = 0;
        }
    }

    fn container_status<'a>(&self, status: &'a PodStatus) -> Option<&'a ContainerStatus> {
        let find = |statuses: &'a [ContainerStatus]| {
            statuses.iter().find(|status| status.name == self.container && !status.container_id.is_empty())
        };
        find(&status.container_statuses).or_else(|| find(&status.init_container_statuses))
    }

    /// Begins anew with a new container.
    fn notice(&mut self, container: &Container, status: &ContainerStatus, results: &mut Results) {
        if self.container_id == status.container_id {
            return;
        }
        if !self.container_id.is_empty() {
            results.remove(self.kind, &self.container_id);
        }
        self.container_id.clone_from(&status.container_id);
        let initial = match self.kind {
            ProbeKind::Readiness => ProbeResult::Failure,
            ProbeKind::Liveness => ProbeResult::Success,
            ProbeKind::Startup => ProbeResult::Unknown,
        };
        if container.is_sidecar() && self.kind == ProbeKind::Startup && status.started == Some(true) {
            results.set(self.kind, &self.container_id, ProbeResult::Success);
        }
        // Of a container that ran before the kubelet did holds what was said of it, until it has been asked.
        if !ran_before(status, self.ran_before) {
            results.set(self.kind, &self.container_id, initial);
        }
        self.on_hold = false;
    }
}

/// The container's probe of this kind.
pub fn probe_of(container: &Container, kind: ProbeKind) -> Option<&Probe> {
    match kind {
        ProbeKind::Liveness => container.liveness_probe.as_ref(),
        ProbeKind::Readiness => container.readiness_probe.as_ref(),
        ProbeKind::Startup => container.startup_probe.as_ref(),
    }
}
