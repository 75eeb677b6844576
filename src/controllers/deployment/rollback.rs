//! Rolling back by annotation, as old clients ask for it. `kubectl rollout undo` patches the template itself.

use std::sync::Arc;

use super::{Pass, Stop, TEMPLATE_HASH_LABEL, equal_ignoring_hash, new_replica_set, revision};
use crate::api::{Deployment, EventType, ReplicaSet};
use crate::controllers::{Request, reason};

const NOT_FOUND: &str = "DeploymentRollbackRevisionNotFound";

/// The revision that the annotation asks for; 0 is the one before. Models getRollbackTo.
pub(super) fn requested(deployment: &Deployment) -> Option<i64> {
    deployment.metadata.annotations.get(revision::ROLLBACK_TO)?.parse().ok()
}

/// Copies the template of an old ReplicaSet into the Deployment and removes the annotation.
/// Models pkg/controller/deployment/rollback.go rollback.
pub(super) fn roll_back(pass: &mut Pass<'_>, list: &[Arc<ReplicaSet>], wanted: i64) -> Result<(), Stop> {
    let all = new_replica_set::sync_revision(pass, list, true)?.all();
    let wanted = if wanted == 0 { revision::last(&all) } else { wanted };
    if wanted == 0 {
        give_up(pass, wanted, NOT_FOUND, "Unable to find last revision.".to_owned());
        return Ok(());
    }
    match all.iter().find(|set| revision::of(set) == Some(wanted)) {
        None => give_up(pass, wanted, NOT_FOUND, "Unable to find the revision to rollback to.".to_owned()),
        Some(set) => to_template(pass, set, wanted),
    }
    Ok(())
}

/// Models rollbackToTemplate.
fn to_template(pass: &mut Pass<'_>, set: &ReplicaSet, wanted: i64) {
    let name = pass.deployment.metadata.name.clone();
    if equal_ignoring_hash(&pass.deployment.spec.template, &set.spec.template) {
        let message = format!("The rollback revision contains the same template as current deployment {name:?}");
        give_up(pass, wanted, "DeploymentRollbackTemplateUnchanged", message);
        return;
    }
    let deployment = pass.edit();
    deployment.spec.template = set.spec.template.clone();
    deployment.spec.template.metadata.labels.remove(TEMPLATE_HASH_LABEL);
    // The annotations go back with the template, or the old ReplicaSet would get the newer one's change-cause.
    let annotations = &mut deployment.metadata.annotations;
    annotations.retain(|key, _| revision::is_not_copied(key));
    for (key, value) in set.metadata.annotations.iter().filter(|(key, _)| !revision::is_not_copied(key)) {
        annotations.insert(key.clone(), value.clone());
    }
    annotations.remove(revision::ROLLBACK_TO);
    let inputs = vec![("revision", wanted.into()), ("replicaSet", set.metadata.name.as_str().into())];
    let why = reason("deployment/rollback", inputs, format!("take the template of {}", set.metadata.name));
    pass.plan.request(Request::UpdateDeployment(Arc::clone(&pass.deployment)), Some(why));
    pass.event(
        EventType::Normal,
        "DeploymentRollback",
        format!("Rolled back deployment {name:?} to revision {wanted}"),
    );
}

fn give_up(pass: &mut Pass<'_>, wanted: i64, event: &'static str, message: String) {
    pass.event(EventType::Warning, event, message);
    pass.edit().metadata.annotations.remove(revision::ROLLBACK_TO);
    let rule = if event == NOT_FOUND { "deployment/rollback-not-found" } else { "deployment/rollback-unchanged" };
    let why = reason(rule, vec![("revision", wanted.into())], "give up the rollback".to_owned());
    pass.plan.request(Request::UpdateDeployment(Arc::clone(&pass.deployment)), Some(why));
}
