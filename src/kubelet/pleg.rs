//! When the kubelet looks at what runs, and what it saw last. Models pkg/kubelet/pleg.

use super::KubeletConfig;
use super::runtime::{PodRuntime, RuntimeStatus};
use crate::sim::SimTime;

/// The looks at one pod's containers.
#[derive(Clone, Debug)]
pub struct Looks {
    /// What was seen last.
    pub seen: RuntimeStatus,
    seen_at: SimTime,
    /// When something is known to have changed, and will be seen.
    next: SimTime,
}

impl Default for Looks {
    fn default() -> Self {
        Self { seen: RuntimeStatus::default(), seen_at: SimTime::ZERO, next: SimTime::NEVER }
    }
}

impl Looks {
    /// When the next look shows something new.
    pub fn next_at(&self) -> SimTime {
        self.next
    }

    /// Something has changed: it is seen at the next regular look at all containers.
    pub fn at_next_tick(&mut self, config: &KubeletConfig, now: SimTime) {
        self.at(config.next_relist(now));
    }

    /// Looks at `at`, if not before. Models RequestPodRelist.
    pub fn at(&mut self, at: SimTime) {
        self.next = self.next.min(at);
    }

    /// Looks, when it is time; answers whether what is seen has changed, and nothing when it is not time.
    pub fn look(&mut self, runtime: &PodRuntime, now: SimTime) -> Option<bool> {
        if self.next > now {
            return None;
        }
        self.next = SimTime::NEVER;
        let seen = runtime.look();
        let is_news = seen != self.seen;
        self.seen = seen;
        self.seen_at = now;
        Some(is_news)
    }

    /// Looks at once, whatever is planned.
    pub fn look_now(&mut self, runtime: &PodRuntime, now: SimTime) {
        self.seen = runtime.look();
        self.seen_at = now;
    }

    /// From when on what was seen is newer than `end`, the end of the last sync. Models podCache.GetNewerThan.
    pub fn fresh_at(&self, end: Option<SimTime>, config: &KubeletConfig) -> SimTime {
        match end {
            Some(end) if self.seen_at <= end => config.next_relist(end),
            _ => SimTime::ZERO,
        }
    }
}
