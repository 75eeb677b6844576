//! Availability: a pod counts as available when it has been ready for `minReadySeconds`.

use crate::api::Pod;
use crate::sim::SimTime;

/// Models pkg/api/v1/pod/util.go IsPodAvailable.
pub fn is_available(pod: &Pod, min_ready_seconds: i32, now: SimTime) -> bool {
    pod.is_ready() && (min_ready_seconds == 0 || remaining_ms(pod, min_ready_seconds, now).is_some_and(|ms| ms <= 0))
}

fn remaining_ms(pod: &Pod, min_ready_seconds: i32, now: SimTime) -> Option<i64> {
    let since = pod.condition("Ready")?.last_transition_time?;
    let now_ms = i64::try_from(now.as_ms()).unwrap_or(i64::MAX / 2);
    Some(since.as_sim_ms() + i64::from(min_ready_seconds) * 1000 - now_ms)
}
