//! When a pod that found no place is tried again. Models pkg/scheduler/backend/queue.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::PodInfo;
use super::cycle::Failure;
use crate::api::Pod;
use crate::sim::SimTime;

/// The first back-off; doubled with each failure. Models podInitialBackoffSeconds.
const INITIAL_BACK_OFF_MS: u64 = 1_000;
/// The longest back-off. Models podMaxBackoffSeconds.
const MAX_BACK_OFF_MS: u64 = 10_000;
/// Back-offs end within whole seconds. Models backoffQOrderingWindowDuration.
const WINDOW_MS: u64 = 1_000;
/// A pod that nothing helps is tried again after this long. Models podMaxInUnschedulablePodsDuration.
pub const FLUSH_AFTER_MS: u64 = 5 * 60_000;
/// How often it is looked for such pods.
pub const FLUSH_PERIOD_MS: u64 = 30_000;

/// A pod that waits.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The pod.
    pub pod: Arc<PodInfo>,
    /// How often it found no place.
    pub failures: u32,
    /// When it was last put back.
    pub since: SimTime,
    /// The plugins that refused it.
    pub plugins: BTreeSet<&'static str>,
    /// Whether it is to be tried, and not only to wait for a change that helps.
    pub is_moved: bool,
    /// When it is looked at again though nothing has changed.
    pub flush: SimTime,
}

impl Waiting {
    /// A pod that has just failed once more.
    pub fn failed(pod: Arc<PodInfo>, failures: u32, since: SimTime, plugins: BTreeSet<&'static str>) -> Self {
        let overdue = since.as_ms() + FLUSH_AFTER_MS;
        let flush = SimTime((overdue / FLUSH_PERIOD_MS + 1) * FLUSH_PERIOD_MS);
        Self { pod, failures, since, plugins, is_moved: false, flush }
    }

    /// When its back-off ends. Models getBackoffTime.
    pub fn back_off_ends(&self) -> SimTime {
        let doubled = INITIAL_BACK_OFF_MS.checked_shl(self.failures.saturating_sub(1)).unwrap_or(MAX_BACK_OFF_MS);
        let wait_ms = if self.failures > 10 { MAX_BACK_OFF_MS } else { doubled.min(MAX_BACK_OFF_MS) };
        window(self.since + wait_ms)
    }

    /// Whether it still backs off; the second in which that ends counts. Models isPodBackingoff.
    pub fn is_backing_off(&self, now: SimTime) -> bool {
        self.back_off_ends() >= window(now)
    }
}

/// An attempt that failed, and what it looked at: the same attempt fails alike as long as nothing is written.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The pod for which no node was found.
    pub pod: Arc<Pod>,
    /// The version of the store's last write before.
    pub version: u64,
    /// Why there was no node.
    pub failure: Arc<Failure>,
}

impl Refusal {
    /// Whether `pod` differs in nothing that an attempt looks at, and neither does the store.
    pub fn holds_for(&self, pod: &Pod, version: u64) -> bool {
        let (known, new) = (&self.pod.metadata, &pod.metadata);
        self.version == version
            && Arc::ptr_eq(&self.pod.spec, &pod.spec)
            && known.namespace == new.namespace
            && known.labels == new.labels
            && known.controller() == new.controller()
            && self.pod.status.nominated_node_name.is_empty()
            && pod.status.nominated_node_name.is_empty()
    }
}

fn window(at: SimTime) -> SimTime {
    SimTime(at.as_ms() / WINDOW_MS * WINDOW_MS)
}
