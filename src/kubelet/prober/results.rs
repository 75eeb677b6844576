//! Probe results by container. Models pkg/kubelet/prober/results/results_manager.go.

use std::collections::{BTreeMap, VecDeque};

use crate::kubelet::ProbeKind;

/// The state of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeResult {
    /// Not probed yet.
    Unknown,
    /// Enough successes in a row.
    Success,
    /// Enough failures in a row.
    Failure,
}

impl ProbeResult {
    /// Kubernetes' word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "Unknown",
            Self::Success => "Success",
            Self::Failure => "Failure",
        }
    }
}

/// A changed result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// Which probe.
    pub kind: ProbeKind,
    /// `containerd://…`.
    pub container_id: String,
    /// What it is now.
    pub result: ProbeResult,
}

/// The results of one pod's probes, and their changes in order.
#[derive(Clone, Debug, Default)]
pub struct Results {
    cache: BTreeMap<(ProbeKind, String), ProbeResult>,
    updates: VecDeque<Update>,
}

impl Results {
    /// The result for a container.
    pub fn get(&self, kind: ProbeKind, container_id: &str) -> Option<ProbeResult> {
        // A pod has a handful of results: comparing beats building a key.
        self.cache.iter().find(|((of, id), _)| *of == kind && id == container_id).map(|(_, result)| *result)
    }

    /// Sets a result; a change is queued.
    pub fn set(&mut self, kind: ProbeKind, container_id: &str, result: ProbeResult) {
        if self.cache.insert((kind, container_id.to_owned()), result) != Some(result) {
            self.updates.push_back(Update { kind, container_id: container_id.to_owned(), result });
        }
    }

    /// Forgets a result, without a change being queued.
    pub fn remove(&mut self, kind: ProbeKind, container_id: &str) {
        self.cache.remove(&(kind, container_id.to_owned()));
    }

    /// Takes the oldest queued change of the first kind that has one, in the order liveness, readiness, startup.
    pub fn next_update(&mut self) -> Option<Update> {
        let at = [ProbeKind::Liveness, ProbeKind::Readiness, ProbeKind::Startup]
            .into_iter()
            .find_map(|kind| self.updates.iter().position(|update| update.kind == kind))?;
        self.updates.remove(at)
    }
}
