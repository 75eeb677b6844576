//! Rollouts of DaemonSets and StatefulSets: how far they have come, and the ControllerRevisions that can be gone back to.

use serde_json::{Value, json};

use crate::api::patch::strategic_merge;
use crate::api::well_known::CHANGE_CAUSE;
use crate::api::{Kind, KubernetesVersion, PodTemplateSpec};
use crate::kubectl::TabWriter;
use crate::kubectl::field::{list, number, text};
use crate::sorting;

use super::history::template_text;
use super::status::Progress;

fn progress(message: String, done: bool) -> Progress {
    Progress { message, done }
}

/// How far a DaemonSet's rollout is. Models k8s.io/kubectl/pkg/polymorphichelpers DaemonSetStatusViewer.Status.
///
/// # Errors
/// When it updates no pod by itself.
pub fn daemon_set_progress(set: &Value) -> Result<Progress, String> {
    let name = text(set, "/metadata/name");
    if text(set, "/spec/updateStrategy/type") != "RollingUpdate" {
        return Err("rollout status is only available for RollingUpdate strategy type".to_owned());
    }
    let status = |field: &str| number(set, &format!("/status/{field}"));
    let (wanted, updated) = (status("desiredNumberScheduled"), status("updatedNumberScheduled"));
    let available = status("numberAvailable");
    let rest = if number(set, "/metadata/generation") > status("observedGeneration") {
        return Ok(progress("Waiting for daemon set spec update to be observed...\n".to_owned(), false));
    } else if updated < wanted {
        format!("{updated} out of {wanted} new pods have been updated...")
    } else if available < wanted {
        format!("{available} of {wanted} updated pods are available...")
    } else {
        return Ok(progress(format!("daemon set \"{name}\" successfully rolled out\n"), true));
    };
    Ok(progress(format!("Waiting for daemon set \"{name}\" rollout to finish: {rest}\n"), false))
}

/// How far a StatefulSet's rollout is. Models k8s.io/kubectl/pkg/polymorphichelpers StatefulSetStatusViewer.Status.
///
/// # Errors
/// As [`daemon_set_progress`].
pub fn stateful_set_progress(set: &Value) -> Result<Progress, String> {
    if text(set, "/spec/updateStrategy/type") != "RollingUpdate" {
        return Err("rollout status is only available for RollingUpdate strategy type".to_owned());
    }
    let status = |field: &str| number(set, &format!("/status/{field}"));
    let observed = status("observedGeneration");
    if observed == 0 || number(set, "/metadata/generation") > observed {
        return Ok(progress("Waiting for statefulset spec update to be observed...\n".to_owned(), false));
    }
    let wanted = set.pointer("/spec/replicas").and_then(Value::as_i64);
    let (ready, updated) = (status("readyReplicas"), status("updatedReplicas"));
    if let Some(missing) = wanted.map(|wanted| wanted - ready).filter(|missing| *missing > 0) {
        return Ok(progress(format!("Waiting for {missing} pods to be ready...\n"), false));
    }
    if set.pointer("/spec/updateStrategy/rollingUpdate").is_some_and(Value::is_object) {
        let partition = set.pointer("/spec/updateStrategy/rollingUpdate/partition").and_then(Value::as_i64);
        let wanted = wanted.zip(partition).map(|(wanted, partition)| wanted - partition);
        return Ok(match wanted.filter(|wanted| updated < *wanted) {
            Some(wanted) => progress(
                format!(
                    "Waiting for partitioned roll out to finish: {updated} out of {wanted} new pods have been updated...\n"
                ),
                false,
            ),
            None => progress(format!("partitioned roll out complete: {updated} new pods have been updated...\n"), true),
        });
    }
    let (current, update) = (text(set, "/status/currentRevision"), text(set, "/status/updateRevision"));
    if current != update {
        let message =
            format!("waiting for statefulset rolling update to complete {updated} pods at revision {update}...\n");
        return Ok(progress(message, false));
    }
    let pods = status("currentReplicas");
    Ok(progress(format!("statefulset rolling update complete {pods} pods at revision {current}...\n"), true))
}

/// The revisions that belong to an object, by their number. Models controlledHistoryV1.
fn own<'a>(set: &Value, revisions: &'a [Value]) -> Vec<&'a Value> {
    let uid = text(set, "/metadata/uid");
    let is_owner = |owner: &Value| text(owner, "/uid") == uid && owner.get("controller") == Some(&json!(true));
    let mut own: Vec<&Value> =
        revisions.iter().filter(|revision| list(revision, "/metadata/ownerReferences").iter().any(is_owner)).collect();
    sorting::sort_by_key(&mut own, |revision| number(revision, "/revision"));
    own
}

/// The list of revisions, or with `wanted` > 0 the template of one.
/// Models polymorphichelpers' DaemonSetHistoryViewer and StatefulSetHistoryViewer.
///
/// # Errors
/// When there is no such revision.
pub fn revision_history(
    kind: Kind,
    set: &Value,
    revisions: &[Value],
    wanted: i64,
    version: KubernetesVersion,
) -> Result<String, String> {
    let own = own(set, revisions);
    if own.is_empty() {
        return Ok("No rollout history found.".to_owned());
    }
    if wanted > 0 {
        let found = own.iter().find(|revision| number(revision, "/revision") == wanted);
        let found = found.ok_or("unable to find the specified revision")?;
        return template_at(kind, set, found, version);
    }
    let mut table = TabWriter::for_descriptions();
    table.write("REVISION\tCHANGE-CAUSE\n");
    for revision in own {
        let annotations = revision.pointer("/metadata/annotations");
        let cause = annotations.and_then(|annotations| annotations.get(CHANGE_CAUSE)).and_then(Value::as_str);
        let cause = cause.filter(|cause| !cause.is_empty()).unwrap_or("<none>");
        table.write(&format!("{}\t{cause}\n", number(revision, "/revision")));
    }
    Ok(table.flush())
}

fn template_at(kind: Kind, set: &Value, revision: &Value, version: KubernetesVersion) -> Result<String, String> {
    let applied = strategic_merge(set, revision.get("data").unwrap_or(&Value::Null), kind)?;
    let template = applied.pointer("/spec/template").cloned().unwrap_or_default();
    let template: PodTemplateSpec = serde_json::from_value(template).map_err(|why| why.to_string())?;
    Ok(template_text(&template, version))
}

/// What `kubectl rollout undo` is to do with a DaemonSet or StatefulSet.
#[derive(Clone, Debug, PartialEq)]
pub enum Return {
    /// Only this is to be said.
    Say(String),
    /// The strategic merge patch that restores the revision.
    Patch(Value),
}

/// Decides on `kubectl rollout undo --to-revision=wanted` (0: the one before the present).
/// Models polymorphichelpers' DaemonSetRollbacker and StatefulSetRollbacker.
///
/// # Errors
/// When there is no such revision.
pub fn revision_undo(
    kind: Kind,
    set: &Value,
    revisions: &[Value],
    wanted: i64,
    client_dry_run: bool,
    version: KubernetesVersion,
) -> Result<Return, String> {
    let not_found = || format!("unable to find specified revision {wanted} in history");
    if wanted < 0 {
        return Err(not_found());
    }
    let own = own(set, revisions);
    let revision = match (wanted, own.as_slice()) {
        (0, [.., before, _]) => before,
        (0, _) => return Err("no last revision to roll back to".to_owned()),
        _ => own.iter().find(|revision| number(revision, "/revision") == wanted).ok_or_else(not_found)?,
    };
    if client_dry_run {
        return template_at(kind, set, revision, version).map(Return::Say);
    }
    let patch = revision.get("data").cloned().unwrap_or_default();
    let mut template = patch.pointer("/spec/template").cloned().unwrap_or_default();
    if let Some(fields) = template.as_object_mut() {
        fields.remove("$patch");
    }
    if set.pointer("/spec/template") == Some(&template) {
        let skipped = format!("skipped rollback (current template already matches revision {wanted})");
        return Ok(Return::Say(skipped));
    }
    Ok(Return::Patch(patch))
}
