//! The prober: all probe workers of one pod, in simulated time.
//!
//! Models pkg/kubelet/prober/prober_manager.go. Each worker has its own next moment; between two moments nothing runs.

mod results;
mod worker;

pub use results::{ProbeResult, Results, Update};
pub use worker::{Answer, Asker, PodContext, ProbeVerdict, Probed, Ticked, Worker, probe_of};

use crate::api::{Container, ContainerStatus, Pod, PodSpec, PodStatus, Probe};
use crate::kubelet::ProbeKind;
use crate::sim::SimTime;
use worker::Outlook;

/// Until when a probe is answered as it was the last time; none where the next answer may be another.
pub type Steady<'a> = dyn Fn(&Container, &Probe, &Answer) -> Option<SimTime> + 'a;

/// The workers of one pod and their results.
#[derive(Clone, Debug, Default)]
pub struct Prober {
    workers: Vec<Timed>,
    /// The results so far.
    pub results: Results,
    /// Containers that started before this moment ran before the kubelet did; none when it has run for long.
    ran_before: Option<SimTime>,
}

/// A worker with its ticker and its two channels.
#[derive(Clone, Debug)]
struct Timed {
    worker: Worker,
    period_ms: u64,
    next_tick: SimTime,
    /// It has not begun yet: a kubelet that has just started lets it sleep for a while.
    is_asleep: bool,
    is_triggered: bool,
    is_stopped: bool,
    last: Option<Probed>,
}

/// A worker as the page draws it.
#[derive(Clone, Copy, Debug)]
pub struct WorkerState<'a> {
    /// The worker.
    pub worker: &'a Worker,
    /// When it asks next.
    pub next_tick: SimTime,
    /// Its last finished probe.
    pub last: Option<&'a Probed>,
}

impl Prober {
    /// The prober of a kubelet that has just been started, with the moment before which a container must have started
    /// for what was said of it to hold until its probes say otherwise.
    pub fn new(ran_before: Option<SimTime>) -> Self {
        Self { ran_before, ..Self::default() }
    }

    /// Makes the workers that the pod needs. `start_delay_ms` gives the random sleep of a worker with this period.
    /// Models manager.AddPod, including that it stops at the first worker that exists already.
    pub fn add_pod(&mut self, spec: &PodSpec, now: SimTime, mut start_delay_ms: impl FnMut(u64) -> u64) {
        let sidecars = spec.init_containers.iter().filter(|container| container.is_sidecar());
        for container in spec.containers.iter().chain(sidecars) {
            for kind in [ProbeKind::Startup, ProbeKind::Readiness, ProbeKind::Liveness] {
                let Some(probe) = probe_of(container, kind) else { continue };
                if self.worker(&container.name, kind).is_some() {
                    return;
                }
                let period_ms = u64::try_from(probe.period_seconds).unwrap_or(0).max(1) * 1000;
                self.workers.push(Timed {
                    worker: Worker::new(kind, &container.name).after_restart(self.ran_before),
                    period_ms,
                    next_tick: now + start_delay_ms(period_ms),
                    is_asleep: true,
                    is_triggered: false,
                    is_stopped: false,
                    last: None,
                });
            }
        }
    }

    /// When the next worker has something to do.
    pub fn next_at(&self) -> SimTime {
        self.workers.iter().map(Timed::next_at).min().unwrap_or(SimTime::NEVER)
    }

    /// Whether a worker has something to do at `now`.
    pub fn is_due(&self, now: SimTime) -> bool {
        self.workers.iter().any(|timed| timed.next_at() <= now)
    }

    /// Lets every worker that is due do one turn; finished probes are added to `probed`.
    pub fn run(&mut self, now: SimTime, pod: PodContext<'_>, asker: &mut dyn Asker, probed: &mut Vec<Probed>) {
        while self.run_next(now, pod, asker, probed) {}
    }

    /// Lets the first worker that is due do one turn; answers whether there was one.
    pub fn run_next(
        &mut self,
        now: SimTime,
        pod: PodContext<'_>,
        asker: &mut dyn Asker,
        probed: &mut Vec<Probed>,
    ) -> bool {
        let Some(at) = self.workers.iter().position(|timed| timed.next_at() <= now) else { return false };
        let Some(timed) = self.workers.get_mut(at) else { return false };
        if !timed.run(now, pod, &mut self.results, asker, probed) {
            self.workers.remove(at);
        }
        true
    }

    /// Fills in what only the prober knows: `started` and `ready` of each container. A container that is started
    /// and not ready is asked at once. Models manager.UpdatePodStatus.
    pub fn update_pod_status(&mut self, pod: &Pod, status: &mut PodStatus) {
        for container in status.container_statuses.iter_mut() {
            self.update_container_status(pod, container);
        }
        for status in status.init_container_statuses.iter_mut() {
            let mut inits = pod.spec.init_containers.iter();
            if inits.any(|container| container.name == status.name && container.is_sidecar()) {
                self.update_container_status(pod, status);
                continue;
            }
            status.started = Some(self.is_started(status));
            if status.state.terminated.as_ref().is_some_and(|terminated| terminated.exit_code == 0) {
                status.ready = true;
            }
        }
    }

    fn update_container_status(&mut self, pod: &Pod, status: &mut ContainerStatus) {
        let is_started = self.is_started(status);
        status.started = Some(is_started);
        if !is_started {
            return;
        }
        let result = self.results.get(ProbeKind::Readiness, &status.container_id);
        status.ready = result == Some(ProbeResult::Success);
        if status.ready {
            return;
        }
        status.ready = self.worker(&status.name, ProbeKind::Readiness).is_none();
        if !status.ready {
            self.trigger(&status.name);
        }
        if ran_before(status, self.ran_before) {
            status.ready = is_ready_after_restart(pod, status, result);
        }
    }

    /// Models manager.isContainerStarted.
    fn is_started(&self, status: &ContainerStatus) -> bool {
        if status.state.running.is_none() {
            return false;
        }
        match self.results.get(ProbeKind::Startup, &status.container_id) {
            Some(result) => result == ProbeResult::Success,
            None => status.started == Some(true) || self.worker(&status.name, ProbeKind::Startup).is_none(),
        }
    }

    /// Models manager.StopLivenessAndStartup, which leaves sidecars alone.
    pub fn stop_liveness_and_startup(&mut self, spec: &PodSpec) {
        for timed in &mut self.workers {
            let is_container = spec.containers.iter().any(|container| container.name == timed.worker.container);
            timed.is_stopped |= is_container && timed.worker.kind != ProbeKind::Readiness;
        }
    }

    /// Models manager.RemovePod.
    pub fn remove_pod(&mut self) {
        for timed in &mut self.workers {
            timed.is_stopped = true;
        }
    }

    /// Until when no probe changes anything; none when the next one may. `steady` says so of one that asks.
    pub fn steady_until(&self, now: SimTime, pod: PodContext<'_>, steady: &Steady<'_>) -> Option<SimTime> {
        let mut each = self.workers.iter().map(|timed| timed.steady_until(now, pod, &self.results, steady));
        each.try_fold(SimTime::NEVER, |until, of_worker| Some(until.min(of_worker?)))
    }

    /// Makes up for the ticks up to `last` that were not made because they change nothing. `asked` hears of the probes among
    /// them: how many, and when the last one was made.
    pub fn skip(
        &mut self,
        last: SimTime,
        pod: PodContext<'_>,
        asked: &mut dyn FnMut(&Container, &Probe, u64, SimTime),
    ) {
        for timed in self.workers.iter_mut().filter(|timed| timed.next_tick <= last) {
            let count = last.ms_since(timed.next_tick) / timed.period_ms + 1;
            let at = timed.next_tick + (count - 1) * timed.period_ms;
            timed.next_tick = at + timed.period_ms;
            if let Some(Outlook::Asks(container, probe)) = timed.worker.outlook(last, pod, &self.results) {
                timed.worker.succeeded(count);
                if let Some(probed) = &mut timed.last {
                    probed.at = at;
                }
                asked(container, probe, count, at);
            }
        }
    }

    /// Whether all workers of a pod have been made, so that [`Prober::add_pod`] makes none.
    pub fn has_begun(&self, spec: &PodSpec) -> bool {
        let sidecars = spec.init_containers.iter().filter(|container| container.is_sidecar());
        let kinds = [ProbeKind::Startup, ProbeKind::Readiness, ProbeKind::Liveness];
        let mut probes = spec.containers.iter().chain(sidecars).flat_map(|container| {
            kinds.into_iter().filter(|kind| probe_of(container, *kind).is_some()).map(|kind| (&container.name, kind))
        });
        probes.next().is_none_or(|(name, kind)| self.worker(name, kind).is_some())
    }

    /// The workers, for the page.
    pub fn workers(&self) -> impl Iterator<Item = WorkerState<'_>> {
        self.workers.iter().map(|timed| WorkerState {
            worker: &timed.worker,
            next_tick: timed.next_tick,
            last: timed.last.as_ref(),
        })
    }

    fn worker(&self, container: &str, kind: ProbeKind) -> Option<&Timed> {
        self.workers.iter().find(|timed| timed.worker.kind == kind && timed.worker.container == container)
    }

    fn trigger(&mut self, container: &str) {
        for timed in &mut self.workers {
            if timed.worker.kind == ProbeKind::Readiness && timed.worker.container == container {
                timed.is_triggered = true;
            }
        }
    }
}

/// Whether the container runs, and ran before the kubelet did.
fn ran_before(status: &ContainerStatus, moment: Option<SimTime>) -> bool {
    let started = status.state.running.map(|running| running.started_at.to_sim());
    started.zip(moment).is_some_and(|(started, moment)| started < moment)
}

/// Models manager.setReadyStateOnKubeletRestart for a container whose probe has no success to show.
fn is_ready_after_restart(pod: &Pod, status: &ContainerStatus, result: Option<ProbeResult>) -> bool {
    let mut containers = pod.spec.containers.iter().chain(&pod.spec.init_containers);
    let has_probe = containers.any(|container| container.name == status.name && container.readiness_probe.is_some());
    let mut conditions = pod.status.conditions.iter();
    let was_ready = conditions.any(|condition| condition.kind == "Ready" && condition.status == "True");
    (status.ready || result.is_none()) && (!has_probe || was_ready)
}

impl Timed {
    fn next_at(&self) -> SimTime {
        match self.worker.answer_at() {
            Some(at) => at,
            None if self.is_stopped || (self.is_triggered && !self.is_asleep) => SimTime::ZERO,
            None => self.next_tick,
        }
    }

    fn steady_until(
        &self,
        now: SimTime,
        pod: PodContext<'_>,
        results: &Results,
        steady: &Steady<'_>,
    ) -> Option<SimTime> {
        if self.is_asleep || self.is_triggered || self.is_stopped {
            return None;
        }
        match self.worker.outlook(now, pod, results)? {
            Outlook::Waits => Some(SimTime::NEVER),
            Outlook::Asks(container, probe) => {
                let last = self.last.as_ref().filter(|last| {
                    let answer = &last.answer;
                    answer.verdict == ProbeVerdict::Success && answer.latency_ms == 0 && last.attempts == 1
                })?;
                steady(container, probe, &last.answer)
            }
        }
    }

    /// Answers whether the worker goes on. Models worker.run.
    fn run(
        &mut self,
        now: SimTime,
        pod: PodContext<'_>,
        results: &mut Results,
        asker: &mut dyn Asker,
        probed: &mut Vec<Probed>,
    ) -> bool {
        if let Some(at) = self.worker.answer_at() {
            if at > now {
                return true;
            }
            if let Some((_, probe)) = self.worker.probe(pod.spec)
                && let Some(answer) = self.worker.answered(probe, results)
            {
                self.last = Some(answer.clone());
                probed.push(answer);
            }
        }
        if self.is_stopped {
            results.remove(self.worker.kind, self.worker.container_id());
            return false;
        }
        if self.is_asleep {
            if self.next_tick > now {
                return true;
            }
            self.is_asleep = false;
            self.next_tick = now + self.period_ms;
        } else if self.is_triggered {
            self.is_triggered = false;
            self.next_tick = now + self.period_ms;
        } else if self.next_tick <= now {
            // Ticks that came while the worker waited for an answer count once.
            let missed = now.ms_since(self.next_tick) / self.period_ms;
            self.next_tick += (missed + 1) * self.period_ms;
        } else {
            return true;
        }
        match self.worker.turn(now, pod, results, asker) {
            Ticked::Waits | Ticked::Asking => true,
            Ticked::Asked(answer) => {
                self.last = Some(answer.clone());
                probed.push(answer);
                true
            }
            Ticked::Ends => {
                results.remove(self.worker.kind, self.worker.container_id());
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::api::PodCondition;

    #[test]
    fn after_a_restart_of_the_kubelet_what_was_ready_stays_so_until_its_probe_says_otherwise() {
        let probe = json!({"httpGet": {"port": 80}});
        let containers =
            json!([{"name": "app", "image": "web", "readinessProbe": probe}, {"name": "plain", "image": "web"}]);
        let spec = PodSpec::from_value(json!({"containers": containers})).unwrap_or_default();
        let is_ready = |name: &str, was_ready: bool, is_ready: bool, result: Option<ProbeResult>| {
            let word = if was_ready { "True" } else { "False" };
            let condition =
                PodCondition { kind: "Ready".to_owned(), status: word.to_owned(), ..PodCondition::default() };
            let mut pod = Pod { spec: Arc::new(spec.clone()), ..Pod::default() };
            pod.status.conditions = vec![condition];
            let status = ContainerStatus { name: name.to_owned(), ready: is_ready, ..ContainerStatus::default() };
            is_ready_after_restart(&pod, &status, result)
        };
        for (name, was_ready, ready, result, wanted) in [
            ("app", true, false, None, true),
            ("app", false, false, None, false),
            ("app", true, false, Some(ProbeResult::Failure), false),
            ("plain", false, true, None, true),
            ("plain", false, true, Some(ProbeResult::Failure), true),
        ] {
            assert_eq!(is_ready(name, was_ready, ready, result), wanted, "{name} {was_ready} {ready} {result:?}");
        }
    }
}
