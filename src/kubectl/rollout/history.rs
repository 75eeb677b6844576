//! The revisions that can be gone back to.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::api::well_known::CHANGE_CAUSE;
use crate::api::{Deployment, KubernetesVersion, PodTemplateSpec, ReplicaSet};
use crate::kubectl::TabWriter;
use crate::kubectl::describe::{Description, describe_pod_template};

use super::revision::{new_last, revision};

/// The list of revisions, or with `wanted` > 0 the template of one.
/// Models k8s.io/kubectl/pkg/polymorphichelpers DeploymentHistoryViewer.ViewHistory.
///
/// # Errors
/// When there is no such revision.
pub fn view_history(
    deployment: &Deployment,
    replica_sets: &[Arc<ReplicaSet>],
    wanted: i64,
    version: KubernetesVersion,
) -> Result<String, String> {
    let mut revisions: BTreeMap<i64, (&ReplicaSet, &str)> = BTreeMap::new();
    for replica_set in new_last(deployment, replica_sets) {
        if let Some(revision) = revision(&replica_set.metadata) {
            let cause = replica_set.metadata.annotations.get(CHANGE_CAUSE).map_or("", String::as_str);
            revisions.insert(revision, (replica_set, cause));
        }
    }
    if revisions.is_empty() {
        return Ok("No rollout history found.".to_owned());
    }
    if wanted > 0 {
        let (replica_set, cause) = revisions.get(&wanted).ok_or("unable to find the specified revision")?;
        let mut template = replica_set.spec.template.clone();
        if !cause.is_empty() {
            template.metadata.annotations.insert(CHANGE_CAUSE.to_owned(), (*cause).to_owned());
        }
        return Ok(template_text(&template, version));
    }
    let mut table = TabWriter::for_descriptions();
    table.write("REVISION\tCHANGE-CAUSE\n");
    for (revision, (replica_set, cause)) in revisions {
        let in_template = replica_set.spec.template.metadata.annotations.get(CHANGE_CAUSE).map_or("", String::as_str);
        let cause = [cause, in_template, "<none>"].into_iter().find(|cause| !cause.is_empty()).unwrap_or_default();
        table.write(&format!("{revision}\t{cause}\n"));
    }
    Ok(table.flush())
}

/// A template with its tabs. Models polymorphichelpers printTemplate.
pub(super) fn template_text(template: &PodTemplateSpec, version: KubernetesVersion) -> String {
    let mut out = Description::default();
    describe_pod_template(template, version, &mut out);
    out.with_tabs()
}
