//! What the page draws of a pod beyond its status: probe activity and countdowns.

use super::pod_worker::{Life, PodWorker};
use super::prober::{ProbeVerdict, WorkerState};
use super::start::Stage;
use super::sync::Job;
use crate::api::Container;
use crate::images::{Exec, LogLine, Outcome, Request};
use crate::sim::SimTime;

/// Which probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProbeKind {
    /// Restarts the container when it fails.
    Liveness,
    /// Lets traffic in.
    Readiness,
    /// Holds the other two back.
    Startup,
}

impl ProbeKind {
    /// The word in events.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Liveness => "Liveness",
            Self::Readiness => "Readiness",
            Self::Startup => "Startup",
        }
    }
}

/// One probe that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbePulse {
    /// When it was sent.
    pub at: SimTime,
    /// The pod's uid.
    pub uid: String,
    /// The container.
    pub container: String,
    /// Which probe.
    pub kind: ProbeKind,
    /// Whether it succeeded.
    pub success: bool,
    /// HTTP status, when there was one.
    pub status_code: Option<u16>,
}

/// A container's probe as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeView {
    /// Which probe.
    pub kind: ProbeKind,
    /// The latest probe that was made.
    pub last: Option<ProbePulse>,
    /// When the next one is due; none while it is on hold.
    pub next_at: Option<SimTime>,
    /// Until when the initial delay holds it back.
    pub initial_delay_until: Option<SimTime>,
    /// Equal results in a row.
    pub result_run: u32,
    /// How many failures in a row make the probe fail.
    pub failure_threshold: u32,
}

/// A container as the page draws it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerView {
    /// Name.
    pub name: String,
    /// Until when it is held back after a crash or a failed pull.
    pub back_off_until: Option<SimTime>,
    /// How long that back-off is in all, in milliseconds.
    pub back_off_ms: u64,
    /// Its probes.
    pub probes: Vec<ProbeView>,
}

/// A pod as the page draws it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodView {
    /// Its containers, init containers first.
    pub containers: Vec<ContainerView>,
    /// When the grace period ends and SIGKILL comes.
    pub grace_until: Option<SimTime>,
    /// How far the pod's start has come, in thousandths, while it is being created.
    pub starting_permille: Option<u32>,
}

impl PodWorker {
    pub(super) fn view(&self, now: SimTime) -> PodView {
        let spec = &self.pod.spec;
        let caught_up = self.prober_at(now);
        let prober = caught_up.as_ref().unwrap_or(&self.prober);
        let containers = spec.init_containers.iter().chain(&spec.containers).map(|container| {
            let back_off = self.back_off(container, now);
            let workers = prober.workers().filter(|state| state.worker.container == container.name);
            ContainerView {
                name: container.name.clone(),
                back_off_until: back_off.map(|(_, until)| until),
                back_off_ms: back_off.map_or(0, |(back_off_ms, _)| back_off_ms),
                probes: workers.map(|state| self.probe_view(state, now)).collect(),
            }
        });
        PodView {
            containers: containers.collect(),
            grace_until: self.grace_until(),
            starting_permille: self.starting_permille(),
        }
    }

    /// How long a container is held back in all, and until when.
    fn back_off(&self, container: &Container, now: SimTime) -> Option<(u64, SimTime)> {
        let crash = self.retries.held_back.get(container.name.as_str()).map(|held| (held.back_off_ms, held.until));
        crash.or_else(|| self.retries.puller.wait(&container.image, now)).filter(|(_, until)| *until > now)
    }

    /// How much is left of the grace period or, without one, of a back-off, in thousandths.
    pub(super) fn left_permille(&self, now: SimTime) -> Option<u64> {
        let (spec, metadata) = (&self.pod.spec, &self.pod.metadata);
        let (whole_ms, until) = match self.grace_until() {
            Some(until) => {
                let seconds = metadata.deletion_grace_period_seconds.unwrap_or(0);
                (u64::try_from(seconds).unwrap_or(0) * 1000, until)
            }
            None => {
                let mut containers = spec.init_containers.iter().chain(&spec.containers);
                containers.find_map(|container| self.back_off(container, now))?
            }
        };
        Some((until.ms_since(now) * 1000 / whole_ms.max(1)).min(1000))
    }

    fn probe_view(&self, state: WorkerState<'_>, now: SimTime) -> ProbeView {
        let worker = state.worker;
        let probe = worker.probe(&self.pod.spec).map(|(_, probe)| probe);
        let delay_ms = probe.map_or(0, |probe| u64::try_from(probe.initial_delay_seconds).unwrap_or(0) * 1000);
        let started = self.runtime.started(&worker.container);
        ProbeView {
            kind: worker.kind,
            last: state.last.map(|probed| ProbePulse {
                at: probed.at,
                uid: self.key.uid.clone(),
                container: probed.container.clone(),
                kind: probed.kind,
                success: matches!(probed.answer.verdict, ProbeVerdict::Success | ProbeVerdict::Warning(_)),
                status_code: probed.answer.status_code,
            }),
            next_at: (!worker.is_on_hold()).then_some(state.next_tick),
            initial_delay_until: started.map(|started| started + delay_ms).filter(|until| *until > now),
            result_run: worker.result_run(),
            failure_threshold: probe.map_or(0, |probe| u32::try_from(probe.failure_threshold).unwrap_or(0)),
        }
    }

    /// The stages of a start weigh about as much as they take.
    fn starting_permille(&self) -> Option<u32> {
        if self.life != Life::Syncing {
            return None;
        }
        match self.sync.job.as_ref()? {
            Job::Sandbox { .. } => Some(200),
            Job::Start(starting) => Some(match starting.stage {
                Stage::Pull { .. } => 500,
                Stage::Create { .. } => 700,
                Stage::Start { .. } => 850,
                Stage::PostStart { .. } => 950,
            }),
            _ => None,
        }
    }

    pub(super) fn request(&mut self, port: u16, request: &Request, now: SimTime) -> Outcome {
        self.runtime.request(port, request, now)
    }

    pub(super) fn exec(&mut self, container: &str, command: &[String], now: SimTime) -> Option<Exec> {
        self.runtime.exec(container, command, now)
    }

    pub(super) fn log(&self, container: &str, previous: bool, now: SimTime) -> Option<Vec<LogLine>> {
        self.runtime.log(container, previous, now)
    }
}
