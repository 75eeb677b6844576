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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::api::{Kind, KubernetesVersion, Object};
    use crate::controllers::deployment::{Input, sync};
    use crate::sim::SimTime;

    fn template(image: &str) -> Value {
        json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "app", "image": image}]}})
    }

    fn set(revision: &str, image: &str) -> Arc<ReplicaSet> {
        let owner =
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "web", "controller": true});
        let annotations = json!({revision::REVISION: revision, "note": image});
        let metadata = json!({
            "name": format!("web-{revision}"), "namespace": "default", "uid": format!("set-{revision}"),
            "labels": {"app": "web"}, "annotations": annotations, "ownerReferences": [owner],
        });
        let spec = json!({"selector": {"matchLabels": {"app": "web"}}, "template": template(image)});
        match Object::from_value(Kind::ReplicaSet, json!({"metadata": metadata, "spec": spec})) {
            Ok(Object::ReplicaSet(set)) => set,
            other => panic!("{other:?}"),
        }
    }

    /// The image and the note of the Deployment afterwards, where it is written, and the reason of the event.
    fn rolled_back(to: &str, sets: &[Arc<ReplicaSet>]) -> (Option<(String, String)>, Vec<String>) {
        let annotations = json!({revision::ROLLBACK_TO: to, revision::REVISION: "3", "note": "own"});
        let metadata = json!({"name": "web", "namespace": "default", "uid": "web", "annotations": annotations});
        let selector = json!({"matchLabels": {"app": "web"}});
        let spec = json!({"replicas": 1, "selector": selector, "template": template("v3")});
        let made = Object::from_value(Kind::Deployment, json!({"metadata": metadata, "spec": spec}));
        let Ok(Object::Deployment(deployment)) = made else { panic!("{made:?}") };
        let version = KubernetesVersion::V1_36;
        let input = Input { deployment: &deployment, replica_sets: sets, pods: &[], template_hash: "hash", version };
        let (mut written, mut told) = (None, Vec::new());
        for step in sync(&input, SimTime::ZERO).steps {
            match step.request {
                Request::UpdateDeployment(deployment) => {
                    let annotations = &deployment.metadata.annotations;
                    assert!(!annotations.contains_key(revision::ROLLBACK_TO));
                    let image = deployment.spec.template.spec.containers.first().map(|it| it.image.clone());
                    written = Some((image.unwrap_or_default(), annotations.get("note").cloned().unwrap_or_default()));
                }
                Request::RecordEvent { reason, message, .. } => told.push(format!("{reason}: {message}")),
                _ => {}
            }
        }
        (written, told)
    }

    #[test]
    fn the_annotation_brings_a_revision_back_or_goes_with_a_word() {
        let sets = [set("1", "v1"), set("2", "v2"), set("3", "v3")];
        let back = |image: &str, revision: i64| {
            let told = format!("DeploymentRollback: Rolled back deployment \"web\" to revision {revision}");
            (Some((image.to_owned(), image.to_owned())), vec![told])
        };
        let stays = |told: &str| (Some(("v3".to_owned(), "own".to_owned())), vec![told.to_owned()]);
        assert_eq!(rolled_back("1", &sets), back("v1", 1));
        assert_eq!(rolled_back("0", &sets), back("v2", 2));
        let unknown = "DeploymentRollbackRevisionNotFound: Unable to find the revision to rollback to.";
        assert_eq!(rolled_back("7", &sets), stays(unknown));
        let same = "DeploymentRollbackTemplateUnchanged: The rollback revision contains the same template as current \
                    deployment \"web\"";
        assert_eq!(rolled_back("3", &sets), stays(same));
        let none = "DeploymentRollbackRevisionNotFound: Unable to find last revision.";
        assert_eq!(rolled_back("0", &sets[2..]), stays(none));
    }
}
