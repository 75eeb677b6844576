//! How long things take on the node: every number that is not Kubernetes' own rule, in one place.

use serde::{Deserialize, Serialize};

use super::KubeletConfig;
use crate::sim::SimTime;

/// Durations in milliseconds. A pair is the smallest and the largest; each pod draws its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Timings {
    /// From a pod's first sync until its sandbox and network stand.
    pub sandbox_ms: (u64, u64),
    /// From `Pulled` to `Created`.
    pub create_ms: (u64, u64),
    /// From `Created` to `Started`.
    pub start_ms: (u64, u64),
    /// From `Started` until the kubelet sees the container's state.
    pub relist_ms: u64,
    /// From a container's last breath until the runtime has stopped it.
    pub stop_ms: u64,
    /// From the end of the last container until the pod is reported as ended.
    pub sandbox_stop_ms: u64,
    /// From there until the pod is gone.
    pub clean_up_ms: u64,
    /// Pull of an image that the hub has.
    pub pull_ms: (u64, u64),
    /// Pull of an image that the node has already: only its manifest is asked for.
    pub pull_again_ms: (u64, u64),
    /// Pull of an image that the hub does not have.
    pub failed_pull_ms: (u64, u64),
    /// From one look at all containers to the next. Models the period of pkg/kubelet/pleg.
    pub pleg_period_ms: u64,
    /// From one look at the work queue to the next. Models pkg/kubelet/kubelet.go syncLoop.
    pub sync_tick_ms: u64,
    /// Until a pod without errors is synced again, to which up to a half is added.
    pub resync_ms: u64,
    /// Until a pod with an error is synced again, to which up to a half is added.
    pub error_resync_ms: u64,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            sandbox_ms: (320, 680),
            create_ms: (60, 140),
            start_ms: (180, 340),
            relist_ms: 40,
            stop_ms: 60,
            sandbox_stop_ms: 250,
            clean_up_ms: 490,
            pull_ms: (3000, 6000),
            pull_again_ms: (300, 900),
            failed_pull_ms: (500, 700),
            pleg_period_ms: 1000,
            sync_tick_ms: 1000,
            resync_ms: 60_000,
            error_resync_ms: 10_000,
        }
    }
}

/// The kubelet's clocks tick from the moment at which it was started, which has nothing to do with whole seconds.
impl KubeletConfig {
    /// The next look at all containers after `at`.
    pub(super) fn next_relist(&self, at: SimTime) -> SimTime {
        self.next_tick("relist", self.timings.pleg_period_ms, at)
    }

    /// The first look at the work queue at `at` or after it.
    pub(super) fn next_sync_tick(&self, at: SimTime) -> SimTime {
        self.next_tick("sync", self.timings.sync_tick_ms, at - 1)
    }

    fn next_tick(&self, clock: &str, period_ms: u64, at: SimTime) -> SimTime {
        let period_ms = period_ms.max(1);
        let first_ms = self.clock(clock).between_ms(0, period_ms - 1);
        match at.as_ms().checked_sub(first_ms) {
            Some(since_ms) => SimTime(first_ms + (since_ms / period_ms + 1) * period_ms),
            None => SimTime(first_ms),
        }
    }
}
