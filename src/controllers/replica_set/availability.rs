//! Availability: a pod counts as available when it has been ready for `minReadySeconds`.

use std::sync::Arc;

use crate::api::Pod;
use crate::sim::SimTime;

/// Models pkg/api/v1/pod/util.go IsPodAvailable.
pub fn is_available(pod: &Pod, min_ready_seconds: i32, now: SimTime) -> bool {
    pod.is_ready() && (min_ready_seconds == 0 || remaining_ms(pod, min_ready_seconds, now).is_some_and(|ms| ms <= 0))
}

/// In how many milliseconds a ready pod becomes available, when it is not yet. Models nextPodAvailabilityCheck.
pub fn next_check_ms(pod: &Pod, min_ready_seconds: i32, now: SimTime) -> Option<u64> {
    if !pod.is_ready() || min_ready_seconds <= 0 {
        return None;
    }
    remaining_ms(pod, min_ready_seconds, now).filter(|ms| *ms > 0).and_then(|ms| u64::try_from(ms).ok())
}

/// The soonest of the pods. Models findMinNextPodAvailabilitySimpleCheck.
pub fn first_check_ms(pods: &[Arc<Pod>], min_ready_seconds: i32, now: SimTime) -> Option<u64> {
    pods.iter().filter_map(|pod| next_check_ms(pod, min_ready_seconds, now)).min()
}

fn remaining_ms(pod: &Pod, min_ready_seconds: i32, now: SimTime) -> Option<i64> {
    let since = pod.condition("Ready")?.last_transition_time?;
    let now_ms = i64::try_from(now.as_ms()).unwrap_or(i64::MAX / 2);
    Some(since.as_sim_ms() + i64::from(min_ready_seconds) * 1000 - now_ms)
}
