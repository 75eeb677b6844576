//! Revisions: the number of each ReplicaSet in the Deployment's history, kept in annotations.

use std::sync::Arc;

use super::fenceposts;
use crate::api::well_known;
pub use crate::api::well_known::DEPLOYMENT_REVISION as REVISION;
use crate::api::{Deployment, ReplicaSet, StringMap};

/// Revisions that a ReplicaSet had before, separated by commas.
pub const REVISION_HISTORY: &str = "deployment.kubernetes.io/revision-history";
/// `spec.replicas` of the Deployment when its controller last sized the ReplicaSet.
pub const DESIRED_REPLICAS: &str = "deployment.kubernetes.io/desired-replicas";
/// `spec.replicas` + maxSurge of the Deployment when its controller last sized the ReplicaSet.
pub const MAX_REPLICAS: &str = "deployment.kubernetes.io/max-replicas";
/// Asks the controller to roll back to a revision.
pub const ROLLBACK_TO: &str = "deprecated.deployment.rollback.to";
/// How long a revision history may become, in bytes. Models maxRevHistoryLengthInChars.
pub const HISTORY_LIMIT: usize = 2000;

const NOT_COPIED: [&str; 6] =
    [well_known::LAST_APPLIED, REVISION, REVISION_HISTORY, DESIRED_REPLICAS, MAX_REPLICAS, ROLLBACK_TO];

/// The revision of a ReplicaSet, 0 when it has none; nothing when it cannot be read. Models Revision.
pub fn of(set: &ReplicaSet) -> Option<i64> {
    match set.metadata.annotations.get(REVISION) {
        None => Some(0),
        Some(text) => text.parse().ok(),
    }
}

/// The highest revision. Models MaxRevision.
pub fn max(sets: &[Arc<ReplicaSet>]) -> i64 {
    sets.iter().filter_map(|set| of(set)).fold(0, i64::max)
}

/// The second highest revision. Models LastRevision.
pub fn last(sets: &[Arc<ReplicaSet>]) -> i64 {
    let (mut highest, mut second) = (0, 0);
    for revision in sets.iter().filter_map(|set| of(set)) {
        if revision >= highest {
            second = highest;
            highest = revision;
        } else if revision > second {
            second = revision;
        }
    }
    second
}

/// Whether an annotation of the Deployment stays off its ReplicaSets. Models skipCopyAnnotation.
pub fn is_not_copied(key: &str) -> bool {
    NOT_COPIED.contains(&key)
}

/// Gives the new ReplicaSet its annotations; answers whether any changed. Models SetNewReplicaSetAnnotations.
pub fn set_new_replica_set_annotations(
    deployment: &Deployment,
    set: &mut ReplicaSet,
    new_revision: &str,
    exists: bool,
    history_limit: usize,
) -> bool {
    let mut changed = copy_annotations(&deployment.metadata.annotations, &mut set.metadata.annotations);
    let annotations = &mut set.metadata.annotations;
    let old_revision = annotations.get(REVISION).cloned();
    let old_number = match old_revision.as_deref() {
        None | Some("") => 0,
        Some(text) => match text.parse::<i64>() {
            Ok(number) => number,
            Err(_) => return false,
        },
    };
    let Ok(new_number) = new_revision.parse::<i64>() else { return false };
    // Old ReplicaSets may have been removed since; the new one never goes back to a lower number.
    if old_number < new_number {
        annotations.insert(REVISION.to_owned(), new_revision.to_owned());
        changed = true;
        if let Some(old_revision) = old_revision {
            remember_revision(annotations, &old_revision, history_limit);
        }
    }
    if !exists {
        changed |= set_replicas_annotations(set, deployment.spec.replicas, fenceposts::max_total(deployment));
    }
    changed
}

/// A rollback gives an old ReplicaSet a new number; the old number goes into its history, and the oldest entries go
/// when it grows too long.
fn remember_revision(annotations: &mut StringMap, old_revision: &str, limit: usize) {
    let history = annotations.get(REVISION_HISTORY).cloned().unwrap_or_default();
    let entries: Vec<&str> = history.split(',').collect();
    if entries.first().is_none_or(|first| first.is_empty()) {
        annotations.insert(REVISION_HISTORY.to_owned(), old_revision.to_owned());
        return;
    }
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let length = |text: &str| i64::try_from(text.len()).unwrap_or(i64::MAX / 2) + 1;
    let mut total = length(&history) + length(old_revision) - 1;
    let mut kept = entries.as_slice();
    while total > limit
        && let Some((oldest, rest)) = kept.split_first()
    {
        total -= length(oldest);
        kept = rest;
    }
    if total <= limit {
        let mut kept = kept.to_vec();
        kept.push(old_revision);
        annotations.insert(REVISION_HISTORY.to_owned(), kept.join(","));
    }
}

/// Models copyDeploymentAnnotationsToReplicaSet.
fn copy_annotations(from: &StringMap, to: &mut StringMap) -> bool {
    let mut changed = false;
    for (key, value) in from {
        if !is_not_copied(key) && to.get(key) != Some(value) {
            to.insert(key.clone(), value.clone());
            changed = true;
        }
    }
    changed
}

/// Records the Deployment's size on a ReplicaSet; answers whether anything changed. Models SetReplicasAnnotations.
pub fn set_replicas_annotations(set: &mut ReplicaSet, desired: i32, max: i32) -> bool {
    let needed = replicas_annotations_need_update(set, desired, max);
    if needed {
        set.metadata.annotations.insert(DESIRED_REPLICAS.to_owned(), desired.to_string());
        set.metadata.annotations.insert(MAX_REPLICAS.to_owned(), max.to_string());
    }
    needed
}

/// Whether the size recorded on a ReplicaSet is out of date. Models ReplicasAnnotationsNeedUpdate.
pub fn replicas_annotations_need_update(set: &ReplicaSet, desired: i32, max: i32) -> bool {
    let annotations = &set.metadata.annotations;
    let differs = |key: &str, number: i32| annotations.get(key).is_none_or(|text| *text != number.to_string());
    differs(DESIRED_REPLICAS, desired) || differs(MAX_REPLICAS, max)
}

/// A count from an annotation, when it is one. Models getNonNegativeInt32FromAnnotation.
///
/// # Errors
/// Go's text when the annotation is no count.
pub fn count_annotation(set: &ReplicaSet, key: &str) -> Result<Option<i32>, String> {
    let Some(text) = set.metadata.annotations.get(key) else { return Ok(None) };
    let syntax = || format!("strconv.ParseUint: parsing {text:?}: invalid syntax");
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(syntax());
    }
    let number: u32 = text.parse().map_err(|_| format!("strconv.ParseUint: parsing {text:?}: value out of range"))?;
    match i32::try_from(number) {
        Ok(count) => Ok(Some(count)),
        Err(_) => Err(format!("value {number} is out of range (higher than {})", i32::MAX)),
    }
}
