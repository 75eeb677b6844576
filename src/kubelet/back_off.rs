//! Exponential back-off: how long a crashed container or a failed pull must wait.
//!
//! Models staging/src/k8s.io/client-go/util/flowcontrol/backoff.go, without jitter as the kubelet uses it.

use std::fmt;
use std::sync::Arc;

use crate::sim::{SharedMap, SimTime};

/// First wait after a crash or a failed pull.
pub const INITIAL_MS: u64 = 10_000;
/// Longest wait.
pub const MAX_MS: u64 = 300_000;
/// A container that ran, or a pull that rested, for longer than this begins anew.
pub const EXPIRY_MS: u64 = 600_000;
/// The kubelet forgets expired waits this often. Models housekeepingPeriod of pkg/kubelet/kubelet.go.
pub const GC_PERIOD_MS: u64 = 2_000;

/// The waits of several things, by key.
#[derive(Clone, Debug)]
pub struct BackOff {
    initial_ms: u64,
    max_ms: u64,
    expiry_ms: u64,
    entries: SharedMap<Arc<str>, Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    back_off_ms: u64,
    last_update: SimTime,
}

impl Entry {
    fn has_expired(self, event: SimTime, expiry_ms: u64) -> bool {
        event.ms_since(self.last_update) > expiry_ms
    }
}

impl Default for BackOff {
    fn default() -> Self {
        Self::new(INITIAL_MS, MAX_MS, EXPIRY_MS)
    }
}

impl BackOff {
    /// Waits that begin with `initial_ms`, double up to `max_ms` and begin anew after `expiry_ms` of rest.
    pub fn new(initial_ms: u64, max_ms: u64, expiry_ms: u64) -> Self {
        Self { initial_ms, max_ms, expiry_ms, entries: SharedMap::default() }
    }

    /// The wait of `key` in milliseconds; 0 for none. Models Backoff.Get.
    pub fn get(&self, key: &str) -> u64 {
        self.entries.get(key).map_or(0, |entry| entry.back_off_ms)
    }

    /// Goes to the next wait because of what happened at `event`. Models Backoff.Next.
    pub fn next(&mut self, key: &str, event: SimTime, now: SimTime) {
        let back_off_ms = match self.entries.get(key) {
            Some(entry) if !entry.has_expired(event, self.expiry_ms) => (entry.back_off_ms * 2).min(self.max_ms),
            _ => self.initial_ms,
        };
        self.entries.insert(Arc::from(key), Entry { back_off_ms, last_update: now });
    }

    /// Whether less time than the wait has passed since `event`. Models Backoff.IsInBackOffSince.
    pub fn is_in_back_off_since(&self, key: &str, event: SimTime, now: SimTime) -> bool {
        self.entries
            .get(key)
            .is_some_and(|entry| !entry.has_expired(event, self.expiry_ms) && now.ms_since(event) < entry.back_off_ms)
    }

    /// Whether less time than the wait has passed between the last step and `event`.
    /// Models Backoff.IsInBackOffSinceUpdate.
    pub fn is_in_back_off_since_update(&self, key: &str, event: SimTime) -> bool {
        self.back_off_until(key, event).is_some()
    }

    /// When the wait that holds at `event` ends, counted from the last step.
    pub fn back_off_until(&self, key: &str, event: SimTime) -> Option<SimTime> {
        let entry = self.entries.get(key).filter(|entry| !entry.has_expired(event, self.expiry_ms))?;
        (event.ms_since(entry.last_update) < entry.back_off_ms).then(|| entry.last_update + entry.back_off_ms)
    }

    /// Forgets `key`. Models Backoff.Reset.
    pub fn reset(&mut self, key: &str) {
        self.entries.remove(key);
    }

    /// Forgets what has expired at `now`. Models Backoff.GC.
    pub fn gc(&mut self, now: SimTime) {
        let expiry_ms = self.expiry_ms;
        let expired = self.entries.iter().filter(|(_, entry)| entry.has_expired(now, expiry_ms));
        let expired: Vec<Arc<str>> = expired.map(|(key, _)| Arc::clone(key)).collect();
        for key in expired {
            self.entries.remove(&key);
        }
    }

    /// Catches up with the [`Self::gc`] that the kubelet's housekeeping does every two seconds.
    pub fn housekeep(&mut self, now: SimTime) {
        self.gc(SimTime(now.as_ms() / GC_PERIOD_MS * GC_PERIOD_MS));
    }

    /// Whether anything is remembered under `key`.
    pub fn contains(&self, key: &str) -> bool {
        self.entries.get(key).is_some()
    }
}

/// A crashed container is held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CrashBackOff {
    /// The wait in milliseconds.
    pub back_off_ms: u64,
    /// When it ends.
    pub until: SimTime,
}

impl CrashBackOff {
    /// The message of the waiting state; `pod` is `NAME_NAMESPACE(UID)`.
    pub fn message(&self, container: &str, pod: &str) -> String {
        format!("back-off {} restarting failed container={container} pod={pod}", GoDuration(self.back_off_ms))
    }
}

/// Whether a container whose latest instance ended at `finished` must wait; if not, goes to the next wait.
/// Models kubeGenericRuntimeManager.doBackOff of pkg/kubelet/kuberuntime/kuberuntime_manager.go.
pub fn crash_back_off(back_off: &mut BackOff, key: &str, finished: SimTime, now: SimTime) -> Option<CrashBackOff> {
    if back_off.is_in_back_off_since(key, finished, now) {
        let back_off_ms = back_off.get(key);
        return Some(CrashBackOff { back_off_ms, until: finished + back_off_ms });
    }
    back_off.next(key, finished, now);
    None
}

/// Milliseconds, written as Go writes a `time.Duration`: `40s`, `1m20s`, `5m0s`, `1.5s`, `250ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GoDuration(pub u64);

impl fmt::Display for GoDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0;
        if ms == 0 {
            return f.write_str("0s");
        }
        if ms < 1000 {
            return write!(f, "{ms}ms");
        }
        let (hours, minutes, seconds, rest) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000);
        if hours > 0 {
            write!(f, "{hours}h")?;
        }
        if ms >= 60_000 {
            write!(f, "{minutes}m")?;
        }
        if rest == 0 {
            return write!(f, "{seconds}s");
        }
        let fraction = format!("{rest:03}");
        write!(f, "{seconds}.{}s", fraction.trim_end_matches('0'))
    }
}
