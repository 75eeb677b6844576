//! Going back to an earlier revision.

use std::sync::Arc;

use crate::api::well_known;
use crate::api::{Deployment, KubernetesVersion, PodTemplateSpec, ReplicaSet, StringMap};

use super::history::template_text;
use super::revision::{new_last, revision, same_template, without_hash};

/// Annotations that belong to the deployment, not to its template.
const KEPT_ANNOTATIONS: [&str; 6] = [
    well_known::LAST_APPLIED,
    well_known::DEPLOYMENT_REVISION,
    "deployment.kubernetes.io/revision-history",
    "deployment.kubernetes.io/desired-replicas",
    "deployment.kubernetes.io/max-replicas",
    "deprecated.deployment.rollback.to",
];

/// What `kubectl rollout undo` is to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Undo {
    /// `--dry-run=client`: print this.
    Print(String),
    /// Nothing: the template is the present one already. The text says so.
    Skip(String),
    /// Replace the deployment's template and annotations.
    Restore {
        /// The template of that revision, without its hash label.
        template: Box<PodTemplateSpec>,
        /// All annotations that the deployment is to have.
        annotations: StringMap,
    },
}

/// Decides on `kubectl rollout undo --to-revision=wanted` (0: the one before the present).
/// Models k8s.io/kubectl/pkg/polymorphichelpers DeploymentRollbacker.Rollback.
///
/// # Errors
/// When there is no such revision, or the deployment is paused.
pub fn undo(
    deployment: &Deployment,
    replica_sets: &[Arc<ReplicaSet>],
    wanted: i64,
    client_dry_run: bool,
    version: KubernetesVersion,
) -> Result<Undo, String> {
    let replica_set = find_revision(deployment, replica_sets, wanted)?;
    let template = &replica_set.spec.template;
    if client_dry_run {
        return Ok(Undo::Print(template_text(template, version)));
    }
    if deployment.spec.paused {
        return Err(
            "you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again"
                .to_owned(),
        );
    }
    if same_template(template, &deployment.spec.template) {
        return Ok(Undo::Skip(format!("skipped rollback (current template already matches revision {wanted})")));
    }
    let kept = |key: &str| KEPT_ANNOTATIONS.contains(&key);
    let own = deployment.metadata.annotations.iter().filter(|(key, _)| kept(key));
    let restored = replica_set.metadata.annotations.iter().filter(|(key, _)| !kept(key));
    let annotations = own.chain(restored).map(|(key, value)| (key.clone(), value.clone())).collect();
    Ok(Undo::Restore { template: Box::new(without_hash(template)), annotations })
}

/// Models k8s.io/kubectl/pkg/polymorphichelpers deploymentRevision.
fn find_revision<'a>(
    deployment: &Deployment,
    replica_sets: &'a [Arc<ReplicaSet>],
    wanted: i64,
) -> Result<&'a Arc<ReplicaSet>, String> {
    let not_found = || format!("unable to find specified revision {wanted} in history");
    if wanted < 0 {
        return Err(not_found());
    }
    let revisions =
        new_last(deployment, replica_sets).into_iter().filter_map(|set| Some((revision(&set.metadata)?, set)));
    if wanted > 0 {
        return revisions
            .into_iter()
            .find(|(revision, _)| *revision == wanted)
            .map(|(_, set)| set)
            .ok_or_else(not_found);
    }
    let (mut latest, mut previous) = ((-1, None), (-1, None));
    for (revision, set) in revisions {
        if latest.0 < revision {
            previous = latest;
            latest = (revision, Some(set));
        } else if previous.0 < revision {
            previous = (revision, Some(set));
        }
    }
    previous.1.ok_or_else(|| format!("no rollout history found for deployment \"{}\"", deployment.metadata.name))
}
