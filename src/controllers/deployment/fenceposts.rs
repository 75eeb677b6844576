//! The bounds of a rolling update: maxSurge and maxUnavailable in pods.

use serde_json::Value;

use crate::api::{Deployment, IntOrString, StrategyType};

/// maxSurge (rounded up) and maxUnavailable (rounded down) in pods; not both are 0.
/// Models pkg/controller/deployment/util/deployment_util.go ResolveFenceposts.
///
/// # Errors
/// Kubernetes' text when one of them is neither a number nor a percentage.
pub fn resolve(
    max_surge: Option<&IntOrString>,
    max_unavailable: Option<&IntOrString>,
    desired: i32,
) -> Result<(i32, i32), String> {
    let surge = scaled(max_surge, desired, true)?;
    let unavailable = scaled(max_unavailable, desired, false)?;
    // Validation refuses two zeros, but a percentage of few pods can round down to none; then the surge might be
    // impossible for want of quota, and one pod has to go first.
    let unavailable = if surge == 0 && unavailable == 0 { 1 } else { unavailable };
    Ok((surge, unavailable))
}

/// How many pods beyond `replicas` a rolling update may make; 0 for other strategies. Models MaxSurge.
pub fn max_surge(deployment: &Deployment) -> i32 {
    if deployment.spec.strategy.kind == StrategyType::RollingUpdate { resolved(deployment).0 } else { 0 }
}

/// How many pods a rolling update may let be unavailable; 0 for other strategies. Models MaxUnavailable.
pub fn max_unavailable(deployment: &Deployment) -> i32 {
    let replicas = deployment.spec.replicas;
    if deployment.spec.strategy.kind != StrategyType::RollingUpdate || replicas == 0 {
        return 0;
    }
    resolved(deployment).1.min(replicas)
}

/// How many pods must be available; 0 for other strategies. Models MinAvailable.
pub fn min_available(deployment: &Deployment) -> i32 {
    if deployment.spec.strategy.kind != StrategyType::RollingUpdate {
        return 0;
    }
    deployment.spec.replicas.wrapping_sub(max_unavailable(deployment))
}

/// How many pods there may be at all: replicas + maxSurge.
pub fn max_total(deployment: &Deployment) -> i32 {
    deployment.spec.replicas.wrapping_add(max_surge(deployment))
}

/// maxSurge as the user wrote it.
pub(super) fn written_max_surge(deployment: &Deployment) -> Value {
    let bounds = deployment.spec.strategy.rolling_update.as_ref();
    written(bounds.and_then(|bounds| bounds.max_surge.as_ref()))
}

/// maxUnavailable as the user wrote it.
pub(super) fn written_max_unavailable(deployment: &Deployment) -> Value {
    let bounds = deployment.spec.strategy.rolling_update.as_ref();
    written(bounds.and_then(|bounds| bounds.max_unavailable.as_ref()))
}

fn written(value: Option<&IntOrString>) -> Value {
    match value {
        None => Value::Null,
        Some(IntOrString::Int(number)) => (*number).into(),
        Some(IntOrString::String(text)) => text.as_str().into(),
    }
}

/// Validation catches what cannot be resolved; Go goes on with zeros here.
fn resolved(deployment: &Deployment) -> (i32, i32) {
    let bounds = deployment.spec.strategy.rolling_update.as_ref();
    let surge = bounds.and_then(|bounds| bounds.max_surge.as_ref());
    let unavailable = bounds.and_then(|bounds| bounds.max_unavailable.as_ref());
    resolve(surge, unavailable, deployment.spec.replicas).unwrap_or_default()
}

/// maxSurge as NewRSNewReplicas reads it: alone, so that an unreadable maxUnavailable does not matter.
pub(super) fn surge_alone(deployment: &Deployment) -> Result<i32, String> {
    let bounds = deployment.spec.strategy.rolling_update.as_ref();
    scaled(bounds.and_then(|bounds| bounds.max_surge.as_ref()), deployment.spec.replicas, true)
}

/// Absent counts as 0; what does not fit 32 bits loses its higher ones, as in Go.
fn scaled(value: Option<&IntOrString>, total: i32, round_up: bool) -> Result<i32, String> {
    let pods = value.map_or(Ok(0), |value| value.scaled(total, round_up))?;
    #[allow(clippy::cast_possible_truncation, reason = "Go's int32() does the same")]
    let pods = pods as i32;
    Ok(pods)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absurd_percentages_wrap_as_in_go() {
        let percent = IntOrString::String("1000000000%".to_owned());
        assert_eq!(resolve(Some(&percent), None, 1000), Ok((1_410_065_408, 0)));
    }
}
