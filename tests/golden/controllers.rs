//! The Deployment and the ReplicaSet controller, decision by decision (`rollouts` has whole rollouts, `upstream`
//! Kubernetes' own test cases).

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]
#![allow(clippy::field_reassign_with_default, clippy::assigning_clones, reason = "objects are built field by field")]

mod replica_set;
mod rollouts;
mod upstream;

use std::collections::BTreeMap;
use std::sync::Arc;

use hellok8s_lab::api::{
    Deployment, DeploymentCondition, IntOrString, KubernetesVersion, ObjectMeta, Pod, ReplicaSet, ReplicaSetCondition,
    RollingUpdateDeployment, StrategyType, Time,
};
use hellok8s_lab::controllers::deployment::{
    self, Pass, ReplicaSets, clean_up_history, conditions, fenceposts, recreate, revision, rolling, scale, status,
};
use hellok8s_lab::controllers::{Plan, Request, controller_reference};
use hellok8s_lab::sim::SimTime;
use serde_json::{Map, Value, json};

use super::table;

/// Late enough for every age in the tables.
const NOW: SimTime = SimTime(1_000_000_000);

fn count(value: &Value) -> i32 {
    value.as_i64().and_then(|count| i32::try_from(count).ok()).unwrap_or(0)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn bound(value: &Value) -> Option<IntOrString> {
    serde_json::from_value(value.clone()).ok()
}

/// Seconds relative to now.
fn moment(offset_seconds: &Value) -> Option<Time> {
    offset_seconds.as_i64().map(|offset| Time(Time::from_sim(NOW).0 + offset))
}

fn deployment(input: &Value) -> Deployment {
    let mut deployment = Deployment::default();
    deployment.metadata = ObjectMeta { name: "web".into(), namespace: "default".into(), ..ObjectMeta::default() };
    deployment.metadata.uid = "web-uid".into();
    deployment.spec.replicas = count(&input["replicas"]);
    deployment.spec.selector.match_labels.insert("app".into(), "web".into());
    deployment.spec.template.metadata.labels.insert("app".into(), "web".into());
    deployment.spec.strategy.rolling_update = Some(RollingUpdateDeployment {
        max_surge: bound(&input["maxSurge"]),
        max_unavailable: bound(&input["maxUnavailable"]),
    });
    deployment
}

/// A ReplicaSet of `owner`; the new one has its template.
fn replica_set(owner: &Deployment, name: &str, is_new: bool, row: &Value) -> ReplicaSet {
    let mut set = ReplicaSet::default();
    set.metadata.name = name.to_owned();
    set.metadata.namespace.clone_from(&owner.metadata.namespace);
    set.metadata.uid = format!("{name}-uid");
    set.metadata.labels = owner.spec.template.metadata.labels.clone();
    set.metadata.owner_references =
        vec![controller_reference(hellok8s_lab::api::Kind::Deployment, &owner.metadata)].into();
    set.metadata.creation_timestamp = Some(Time(hellok8s_lab::api::EPOCH_UNIX_S + i64::from(count(&row["created"]))));
    set.spec.template = owner.spec.template.clone();
    if !is_new {
        set.spec.template.metadata.labels.insert("version".into(), name.to_owned());
    }
    set.spec.replicas = count(&row["spec"]);
    set.status.replicas = count(&row["current"]);
    set.status.ready_replicas = count(&row["ready"]);
    set.status.available_replicas = count(&row["available"]);
    set
}

fn input<'a>(
    deployment: &'a Arc<Deployment>,
    replica_sets: &'a [Arc<ReplicaSet>],
    pods: &'a [Arc<Pod>],
) -> deployment::Input<'a> {
    deployment::Input { deployment, replica_sets, pods, template_hash: "new", version: KubernetesVersion::V1_36 }
}

/// Changes of size in a plan, `{rs, from, to}`; a creation is from 0.
fn size_changes(plan: &Plan, before: &[Arc<ReplicaSet>]) -> Vec<Value> {
    let mut sizes: BTreeMap<String, i32> =
        before.iter().map(|set| (set.metadata.name.clone(), set.spec.replicas)).collect();
    let mut changes = Vec::new();
    for step in &plan.steps {
        let (set, created) = match &step.request {
            Request::CreateReplicaSet(set) => (set, true),
            Request::UpdateReplicaSet(set) => (set, false),
            _ => continue,
        };
        let to = set.spec.replicas;
        let from = sizes.insert(set.metadata.name.clone(), to).unwrap_or(0);
        if created || from != to {
            changes.push(json!({"rs": set.metadata.name, "from": from, "to": to}));
        }
    }
    changes
}

#[test]
fn fenceposts_table() {
    table::run("fenceposts", |row| {
        let input = &row["in"];
        let desired = count(&input["desired"]);
        let (surge, unavailable) = (bound(&input["maxSurge"]), bound(&input["maxUnavailable"]));
        let ours = match fenceposts::resolve(surge.as_ref(), unavailable.as_ref(), desired) {
            Err(error) => json!({"error": error}),
            Ok((surge, unavailable)) => {
                let mut deployment = deployment(input);
                deployment.spec.replicas = desired;
                json!({
                    "surge": surge,
                    "unavailable": unavailable,
                    "MaxSurge": fenceposts::max_surge(&deployment),
                    "MaxUnavailable": fenceposts::max_unavailable(&deployment),
                    "MinAvailable": fenceposts::min_available(&deployment),
                })
            }
        };
        table::same(&ours, &row["out"])
    });
}

#[test]
fn rolling_table() {
    table::run("rolling", |row| {
        let deployment = Arc::new(deployment(&row["in"]));
        let mut sets: Vec<_> = list(&row["in"]["old"])
            .iter()
            .map(|old| Arc::new(replica_set(&deployment, &text(&old["name"]), false, old)))
            .collect();
        if !row["in"]["new"].is_null() {
            sets.push(Arc::new(replica_set(&deployment, "web-new", true, &row["in"]["new"])));
        }
        let mut pass = Pass::new(input(&deployment, &sets, &[]), NOW);
        rolling::roll_out(&mut pass, &sets).map_err(|_| "stopped")?;
        table::same(&json!({"actions": size_changes(&pass.plan, &sets)}), &row["out"])
    });
}

#[test]
fn recreate_table() {
    table::run("recreate", |row| {
        let mut deployment = deployment(&row["in"]);
        deployment.spec.strategy.kind = StrategyType::Recreate;
        let deployment = Arc::new(deployment);
        let old: Vec<_> = list(&row["in"]["old"])
            .iter()
            .map(|old| Arc::new(replica_set(&deployment, &text(&old["name"]), false, old)))
            .collect();
        let new = &row["in"]["new"];
        let new = (!new.is_null()).then(|| Arc::new(replica_set(&deployment, "web-new", true, new)));
        let sets = ReplicaSets { new, old };
        let all = sets.all();
        let pods: Vec<_> = list(&row["in"]["pods"])
            .iter()
            .map(|row| {
                let mut pod = Pod::default();
                let owner = all.iter().find(|set| row["rs"] == set.metadata.name.as_str());
                let kind = hellok8s_lab::api::Kind::ReplicaSet;
                pod.metadata.owner_references =
                    owner.map(|set| controller_reference(kind, &set.metadata)).into_iter().collect();
                pod.status.phase = serde_json::from_value(row["phase"].clone()).unwrap_or_default();
                pod.metadata.deletion_timestamp = (row["terminating"] == true).then(|| Time::from_sim(NOW));
                Arc::new(pod)
            })
            .collect();
        let running = recreate::old_pods_running(&sets, &pods);
        let mut pass = Pass::new(input(&deployment, &all, &pods), NOW);
        recreate::roll_out(&mut pass, &all).map_err(|_| "stopped")?;
        table::same(&json!({"oldPodsRunning": running, "actions": size_changes(&pass.plan, &all)}), &row["out"])
    });
}

#[test]
fn proportional_table() {
    table::run("proportional", |row| {
        let mut deployment = deployment(&row["in"]);
        deployment.status.replicas = count(&row["in"]["statusReplicas"]);
        let deployment = Arc::new(deployment);
        let mut sets = ReplicaSets::default();
        for row in list(&row["in"]["rss"]) {
            let is_new = row["isNew"] == true;
            let mut set = replica_set(&deployment, &text(&row["name"]), is_new, row);
            for (key, value) in [
                (revision::DESIRED_REPLICAS, &row["desiredAnnotation"]),
                (revision::MAX_REPLICAS, &row["maxAnnotation"]),
            ] {
                if !value.is_null() {
                    set.metadata.annotations.insert(key.to_owned(), value.to_string());
                }
            }
            if is_new { sets.new = Some(Arc::new(set)) } else { sets.old.push(Arc::new(set)) }
        }
        let before = sets.all();
        let mut pass = Pass::new(input(&deployment, &before, &[]), NOW);
        scale::scale(&mut pass, &mut sets);
        let mut after: BTreeMap<&str, &ReplicaSet> =
            before.iter().map(|set| (set.metadata.name.as_str(), &**set)).collect();
        for step in &pass.plan.steps {
            if let Request::UpdateReplicaSet(set) = &step.request {
                after.insert(&set.metadata.name, set);
            }
        }
        let (mut sizes, mut annotations) = (Map::new(), Map::new());
        for (name, set) in after {
            sizes.insert(name.to_owned(), set.spec.replicas.into());
            let of = |key| set.metadata.annotations.get(key).cloned().unwrap_or_default();
            annotations.insert(name.to_owned(), json!([of(revision::DESIRED_REPLICAS), of(revision::MAX_REPLICAS)]));
        }
        let ours = json!({"actions": size_changes(&pass.plan, &before), "sizes": sizes, "annotations": annotations});
        table::same(&ours, &row["out"])
    });
}

fn condition(row: &Value) -> DeploymentCondition {
    DeploymentCondition {
        kind: text(&row["type"]),
        status: text(&row["status"]),
        reason: text(&row["reason"]),
        message: text(&row["message"]),
        last_update_time: moment(&row["lastUpdate"]),
        last_transition_time: moment(&row["lastTransition"]),
    }
}

fn conditions_value(conditions: &[DeploymentCondition]) -> Value {
    let offset = |time: Option<Time>| time.map(|time| time.0 - Time::from_sim(NOW).0);
    conditions
        .iter()
        .map(|condition| {
            json!({
                "type": condition.kind,
                "status": condition.status,
                "reason": condition.reason,
                "message": condition.message,
                "lastUpdate": offset(condition.last_update_time),
                "lastTransition": offset(condition.last_transition_time),
            })
        })
        .collect()
}

fn deployment_with_status(row: &Value) -> Deployment {
    let mut deployment = deployment(row);
    deployment.metadata.name = text(&row["name"]);
    deployment.metadata.generation = row["generation"].as_i64().unwrap_or(0);
    deployment.spec.paused = row["paused"] == true;
    deployment.spec.progress_deadline_seconds =
        row["progressDeadlineSeconds"].as_i64().and_then(|seconds| i32::try_from(seconds).ok());
    let status = &row["status"];
    deployment.status.observed_generation = status["observedGeneration"].as_i64().unwrap_or(0);
    deployment.status.replicas = count(&status["replicas"]);
    deployment.status.updated_replicas = count(&status["updated"]);
    deployment.status.ready_replicas = count(&status["ready"]);
    deployment.status.available_replicas = count(&status["available"]);
    deployment.status.unavailable_replicas = count(&status["unavailable"]);
    deployment.status.conditions = list(&status["conditions"]).iter().map(condition).collect();
    deployment
}

#[test]
fn status_table() {
    table::run("status", |row| {
        let deployment = Arc::new(deployment_with_status(&row["in"]));
        let (mut all, mut new) = (Vec::new(), None);
        for row in list(&row["in"]["rss"]) {
            let is_new = row["isNew"] == true;
            let mut set = replica_set(&deployment, &text(&row["name"]), is_new, row);
            // Looked at, but without a count of terminating pods: then the Deployment has none either.
            set.status.observed_generation = 1;
            if let Some(failure) = row.get("failure") {
                set.status.conditions.push(ReplicaSetCondition {
                    kind: "ReplicaFailure".into(),
                    status: "True".into(),
                    reason: text(&failure["reason"]),
                    message: text(&failure["message"]),
                    last_transition_time: moment(&failure["lastTransition"]),
                });
            }
            if is_new { new = Some(Arc::new(set)) } else { all.push(Arc::new(set)) }
        }
        all.extend(new.clone());
        let begin = || Pass::new(input(&deployment, &all, &[]), NOW);
        let mut paused = begin();
        conditions::check_paused(&mut paused);
        let mut pass = begin();
        let calculated = status::calculate(&pass, &all, new.as_ref());
        let requeue =
            status::requeue_stuck(&deployment, &calculated, NOW).map_or(-1, |ms| i64::try_from(ms / 1000).unwrap_or(0));
        status::sync_rollout_status(&mut pass, &all, new.as_ref());
        let written = pass.plan.steps.iter().any(|step| matches!(step.request, Request::UpdateDeploymentStatus(_)));
        let after = &pass.deployment.status;
        let ours = json!({
            "complete": status::is_complete(&deployment, &calculated),
            "progressing": status::is_progressing(&deployment, &calculated),
            "timedOut": status::has_timed_out(&deployment, &calculated, NOW),
            "afterPausedCheck": conditions_value(&paused.deployment.status.conditions),
            "requeueStuckSeconds": requeue,
            "written": written,
            "status": {
                "observedGeneration": after.observed_generation,
                "replicas": after.replicas,
                "updated": after.updated_replicas,
                "ready": after.ready_replicas,
                "available": after.available_replicas,
                "unavailable": after.unavailable_replicas,
                "conditions": conditions_value(&after.conditions),
            },
        });
        table::same(&ours, &row["out"])
    });
}

#[test]
fn revision_annotations_table() {
    table::run("revision_annotations", |row| {
        let input = &row["in"];
        let mut deployment = deployment(input);
        deployment.spec.strategy.rolling_update =
            Some(RollingUpdateDeployment { max_surge: bound(&input["maxSurgeResolved"]), max_unavailable: None });
        let annotations = |key: &str| serde_json::from_value(input[key].clone()).unwrap_or_default();
        deployment.metadata.annotations = annotations("deploymentAnnotations");
        let mut set = ReplicaSet::default();
        set.metadata.annotations = annotations("rsAnnotations");
        let limit = usize::try_from(count(&input["historyLimitChars"])).unwrap_or(0);
        let changed = revision::set_new_replica_set_annotations(
            &deployment,
            &mut set,
            input["newRevision"].as_str().unwrap_or_default(),
            input["exists"] == true,
            limit,
        );
        table::same(&json!({"changed": changed, "rsAnnotations": set.metadata.annotations}), &row["out"])
    });
}

#[test]
fn revision_max_table() {
    table::run("revision_max", |row| {
        let sets: Vec<_> = list(&row["in"]["revisions"])
            .iter()
            .map(|revision| {
                let mut set = ReplicaSet::default();
                if let Some(revision) = revision.as_str() {
                    set.metadata.annotations.insert(revision::REVISION.to_owned(), revision.to_owned());
                }
                Arc::new(set)
            })
            .collect();
        table::same(&json!({"max": revision::max(&sets), "last": revision::last(&sets)}), &row["out"])
    });
}

#[test]
fn cleanup_table() {
    table::run("cleanup", |row| {
        let mut deployment = deployment(&row["in"]);
        deployment.spec.revision_history_limit =
            row["in"]["revisionHistoryLimit"].as_i64().and_then(|limit| i32::try_from(limit).ok());
        let deployment = Arc::new(deployment);
        let old: Vec<_> = list(&row["in"]["oldRSs"])
            .iter()
            .map(|row| {
                let mut set = replica_set(&deployment, &text(&row["name"]), false, row);
                set.metadata.generation = row["generation"].as_i64().unwrap_or(0);
                set.status.observed_generation = row["observedGeneration"].as_i64().unwrap_or(0);
                set.metadata.deletion_timestamp = (row["terminating"] == true).then(|| Time::from_sim(NOW));
                if let Some(revision) = row["revision"].as_i64() {
                    set.metadata.annotations.insert(revision::REVISION.to_owned(), revision.to_string());
                }
                Arc::new(set)
            })
            .collect();
        let mut pass = Pass::new(input(&deployment, &old, &[]), NOW);
        clean_up_history(&mut pass, &old);
        let deleted: Vec<_> = pass
            .plan
            .steps
            .iter()
            .filter_map(|step| match &step.request {
                Request::DeleteReplicaSet(set) => Some(set.metadata.name.clone()),
                _ => None,
            })
            .collect();
        table::same(&json!({"deleted": deleted}), &row["out"])
    });
}
