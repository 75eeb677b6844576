//! Cases of Kubernetes' own table tests that concern the controllers.
//!
//! Left out, because the dumped cases lack what their Go functions and closures supplied: requeueStuckDeployment and
//! DeploymentTimedOut (their clocks; the `status` table covers both), the availability checks and `ByLogging` orders
//! (their clocks), TestScaleDownOldReplicaSets and generateReplicaSetName's truncation by hash. Also left out:
//! expectations (no inputs in the cases; unit-tested beside the code), ComputeHash (`template_hash`), taints,
//! GetDeploymentsForReplicaSet, TestPodControllerLookup and FilterPodsByOwner (the loop's routing), and sorting with
//! feature gates that are on for good.

use std::collections::BTreeMap;
use std::sync::Arc;

use hellok8s_lab::api::{
    Deployment, DeploymentCondition, DeploymentStatus, Kind, KubernetesVersion, Pod, PodSpec, PodTemplateSpec,
    ReplicaSet, ReplicaSetCondition, ReplicaSetStatus, StrategyType, Time,
};
use hellok8s_lab::controllers::deployment::{
    self, Pass, ReplicaSets, clean_up_history, conditions, fenceposts, find_new_replica_set, find_old_replica_sets,
    new_replicas, recreate, replica_set_name, revision, rolling, scale, status,
};
use hellok8s_lab::controllers::replica_set::{self, ranking};
use hellok8s_lab::controllers::{Request, controller_reference};
use hellok8s_lab::sim::SimTime;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{NOW, bound, count, input, list, size_changes, text};
use crate::table::{run_upstream, same};

/// When TestCalculateStatus ran: its cases count back from that moment.
const CALCULATE_STATUS_RAN: &str = "2026-11-23T07:54:56Z";

/// Go's decoder takes null for any empty value.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key.clone(), without_nulls(value)))
            .collect(),
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

fn read<T: DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(without_nulls(value)).unwrap_or_else(|error| panic!("{error}: {value}"))
}

fn sets(value: &Value) -> Vec<Arc<ReplicaSet>> {
    list(value).iter().filter(|set| !set.is_null()).map(|set| Arc::new(read(set))).collect()
}

fn names(sets: &[Arc<ReplicaSet>]) -> Value {
    sets.iter().map(|set| json!(set.metadata.name)).collect()
}

fn pod(value: &Value) -> Arc<Pod> {
    let mut status = value["status"].clone();
    if status["phase"] == "" {
        status["phase"] = Value::Null;
    }
    Arc::new(Pod {
        metadata: read(&value["metadata"]),
        spec: Arc::new(read::<PodSpec>(&value["spec"])),
        node_name: text(&value["spec"]["nodeName"]),
        status: read(&status),
        ..Pod::default()
    })
}

fn pods(value: &Value) -> Vec<Arc<Pod>> {
    list(value).iter().map(pod).collect()
}

/// A Deployment as the Go tests make it.
fn rolling_deployment(replicas: &Value, max_surge: &Value, max_unavailable: &Value) -> Arc<Deployment> {
    let row = json!({"replicas": replicas, "maxSurge": max_surge, "maxUnavailable": max_unavailable});
    Arc::new(super::deployment(&row))
}

fn sized(deployment: &Deployment, name: &str, spec: &Value, available: &Value) -> Arc<ReplicaSet> {
    let is_new = name == "new";
    Arc::new(super::replica_set(deployment, name, is_new, &json!({"spec": spec, "available": available})))
}

fn expect(ours: impl Into<Value>, theirs: &Value) -> Result<(), String> {
    same(&ours.into(), theirs)
}

#[test]
fn sync_rollout_status() {
    run_upstream("deployment", "TestSyncRolloutStatus", |case| {
        let deployment: Arc<Deployment> = Arc::new(read(&case["d"]));
        let new = (!case["newRS"].is_null()).then(|| Arc::new(read::<ReplicaSet>(&case["newRS"])));
        let mut all = sets(&case["allRSs"]);
        all.extend(new.clone());
        let mut pass = Pass::new(input(&deployment, &all, &[]), NOW);
        status::sync_rollout_status(&mut pass, &all, new.as_ref());
        let kind = text(&case["conditionType"]);
        let Some(condition) = conditions::get(&pass.deployment.status, &kind) else {
            return if kind.is_empty() { Ok(()) } else { Err(format!("no condition {kind}")) };
        };
        expect(condition.status.as_str(), &case["conditionStatus"])?;
        expect(condition.reason.as_str(), &case["conditionReason"])
    });
}

#[test]
fn old_pods_running() {
    run_upstream("deployment", "TestOldPodsRunning", |case| {
        let new = (!case["newRS"].is_null()).then(|| Arc::new(read::<ReplicaSet>(&case["newRS"])));
        let sets = ReplicaSets { new, old: sets(&case["oldRSs"]) };
        let mut running = Vec::new();
        for (uid, list) in case["podMap"].as_object().into_iter().flatten() {
            let mut owner = ReplicaSet::default();
            owner.metadata.uid.clone_from(uid);
            for pod in pods(list) {
                let mut pod = Pod::clone(&pod);
                pod.metadata.owner_references = vec![controller_reference(Kind::ReplicaSet, &owner.metadata)].into();
                running.push(Arc::new(pod));
            }
        }
        expect(recreate::old_pods_running(&sets, &running), &case["hasOldPodsRunning"])
    });
}

#[test]
fn reconcile_new_replica_set() {
    run_upstream("deployment", "TestDeploymentController_reconcileNewReplicaSet", |case| {
        let deployment = rolling_deployment(&case["deploymentReplicas"], &case["maxSurge"], &json!(0));
        let new = sized(&deployment, "new", &case["newReplicas"], &json!(0));
        let all = [sized(&deployment, "old", &case["oldReplicas"], &json!(0)), Arc::clone(&new)];
        let mut pass = Pass::new(input(&deployment, &all, &[]), NOW);
        let scaled = rolling::reconcile_new(&mut pass, &all, &new).map_err(|_| "stopped")?;
        expect(scaled, &case["scaleExpected"])?;
        let changes = size_changes(&pass.plan, &all);
        if !scaled {
            return expect(changes, &json!([]));
        }
        expect(changes.first().map(|change| change["to"].clone()), &case["expectedNewReplicas"])
    });
}

#[test]
fn reconcile_old_replica_sets() {
    run_upstream("deployment", "TestDeploymentController_reconcileOldReplicaSets", |case| {
        let deployment = rolling_deployment(&case["deploymentReplicas"], &json!(0), &case["maxUnavailable"]);
        let new = sized(&deployment, "new", &case["newReplicas"], &case["readyPodsFromNewRS"]);
        let old = sized(&deployment, "old", &case["oldReplicas"], &case["readyPodsFromOldRS"]);
        let sets = ReplicaSets { new: Some(Arc::clone(&new)), old: vec![old] };
        let all = sets.all();
        let mut pass = Pass::new(input(&deployment, &all, &[]), NOW);
        expect(rolling::reconcile_old(&mut pass, &sets, &new), &case["scaleExpected"])?;
        match size_changes(&pass.plan, &all).last() {
            Some(last) => expect(last["to"].clone(), &case["expectedOldReplicas"]),
            None => Ok(()),
        }
    });
}

#[test]
fn clean_up_unhealthy_replicas() {
    run_upstream("deployment", "TestDeploymentController_cleanupUnhealthyReplicas", |case| {
        let deployment = rolling_deployment(&json!(10), &json!(2), &json!(2));
        let mut old = [sized(&deployment, "old", &case["oldReplicas"], &case["readyPods"])];
        let mut pass = Pass::new(input(&deployment, &[], &[]), NOW);
        let cleaned = rolling::clean_up_unhealthy(&mut pass, &mut old, count(&case["maxCleanupCount"]), &[]);
        expect(cleaned, &case["cleanupCountExpected"])
    });
}

#[test]
fn scale_down_old_replica_sets_for_rolling_update() {
    run_upstream("deployment", "TestDeploymentController_scaleDownOldReplicaSetsForRollingUpdate", |case| {
        let deployment = rolling_deployment(&case["deploymentReplicas"], &json!(0), &case["maxUnavailable"]);
        let mut old = [sized(&deployment, "old", &case["oldReplicas"], &case["readyPods"])];
        let mut pass = Pass::new(input(&deployment, &[], &[]), NOW);
        let scaled = rolling::scale_down_old(&mut pass, &mut old, None, true);
        expect(scaled != 0, &case["scaleExpected"])?;
        let [old] = old;
        if scaled == 0 { Ok(()) } else { expect(old.spec.replicas, &case["expectedOldReplicas"]) }
    });
}

#[test]
fn scale_all() {
    run_upstream("deployment", "TestScale", |case| {
        let before: Deployment = read(&case["oldDeployment"]);
        let annotated = |mut set: ReplicaSet| {
            let desired = &case["desiredReplicasAnnotations"][set.metadata.name.as_str()];
            let desired = if desired.is_null() { before.spec.replicas } else { count(desired) };
            revision::set_replicas_annotations(&mut set, desired, desired + fenceposts::max_surge(&before));
            Arc::new(set)
        };
        let new = (!case["newRS"].is_null()).then(|| annotated(read(&case["newRS"])));
        let old = list(&case["oldRSs"]).iter().map(|set| annotated(read(set))).collect();
        let mut sets = ReplicaSets { new, old };
        let all = sets.all();
        let deployment: Arc<Deployment> = Arc::new(read(&case["deployment"]));
        let mut pass = Pass::new(input(&deployment, &all, &[]), NOW);
        scale::scale(&mut pass, &mut sets);
        let mut sizes: BTreeMap<String, Value> =
            all.iter().map(|set| (set.metadata.name.clone(), set.spec.replicas.into())).collect();
        for change in size_changes(&pass.plan, &all) {
            sizes.insert(text(&change["rs"]), change["to"].clone());
        }
        let expected = list(&case["expectedOld"]).iter().chain([&case["expectedNew"]]);
        for set in expected.filter(|set| !set.is_null()) {
            let name = text(&set["metadata"]["name"]);
            expect(sizes.get(&name).cloned(), &set["spec"]["replicas"]).map_err(|why| format!("{name}: {why}"))?;
        }
        Ok(())
    });
}

fn deleted_by_clean_up(case: &Value) -> Vec<String> {
    let mut deployment = Deployment::default();
    deployment.spec.revision_history_limit = Some(count(&case["revisionHistoryLimit"]));
    let deployment = Arc::new(deployment);
    let old = sets(&case["oldRSs"]);
    let mut pass = Pass::new(input(&deployment, &old, &[]), NOW);
    clean_up_history(&mut pass, &old);
    let deleted = pass.plan.steps.into_iter().filter_map(|step| match step.request {
        Request::DeleteReplicaSet(set) => Some(set.metadata.name.clone()),
        _ => None,
    });
    deleted.collect()
}

#[test]
fn clean_up() {
    run_upstream("deployment", "TestDeploymentController_cleanupDeployment", |case| {
        if case.get("expectedDeletions").is_none() {
            return Ok(());
        }
        expect(deleted_by_clean_up(case).len(), &case["expectedDeletions"])
    });
    run_upstream("deployment", "TestDeploymentController_cleanupDeploymentOrder", |case| {
        let Some(expected) = case["expectedDeletedRSs"].as_object() else { return Ok(()) };
        let mut deleted = deleted_by_clean_up(case);
        deleted.sort();
        same(&json!(deleted), &expected.keys().cloned().collect())
    });
}

#[test]
fn replica_set_names() {
    run_upstream("deployment", "TestGenerateReplicaSetName", |case| {
        expect(replica_set_name(&text(&case["deploymentName"]), &text(&case["hash"])), &case["want"])
    });
}

#[test]
fn templates() {
    run_upstream("deployment_util", "TestEqualIgnoreHash", |case| {
        let (former, latter): (PodTemplateSpec, PodTemplateSpec) = (read(&case["former"]), read(&case["latter"]));
        expect(deployment::equal_ignoring_hash(&former, &latter), &case["expected"])
    });
    run_upstream("deployment_util", "TestFindNewReplicaSet", |case| {
        let list = sets(&case["rsList"]);
        let found = find_new_replica_set(&read(&case["deployment"]), &list).map(|set| set.metadata.name.clone());
        expect(found, &case["expected"]["metadata"]["name"])
    });
    run_upstream("deployment_util", "TestFindOldReplicaSets", |case| {
        let found = find_old_replica_sets(&read(&case["deployment"]), &sets(&case["rsList"]));
        let sorted = |sets: &[Arc<ReplicaSet>]| {
            let mut names: Vec<String> = sets.iter().map(|set| set.metadata.name.clone()).collect();
            names.sort();
            json!(names)
        };
        same(&sorted(&found), &sorted(&sets(&case["expected"])))?;
        let required: Vec<_> = found.into_iter().filter(|set| set.spec.replicas != 0).collect();
        same(&sorted(&required), &sorted(&sets(&case["expectedRequire"])))
    });
}

#[test]
fn counts() {
    run_upstream("deployment_util", "TestGetReplicaCountForReplicaSets", |case| {
        let sets = sets(&case["sets"]);
        expect(status::terminating_replicas(&sets), &case["expectedTerminating"])?;
        let total: i32 = sets.iter().map(|set| set.spec.replicas).sum();
        expect(total, &case["expectedCount"])
    });
    run_upstream("deployment_util", "TestNewRSNewReplicas", |case| {
        let mut deployment = Deployment::clone(&rolling_deployment(&case["depReplicas"], &case["maxSurge"], &json!(1)));
        if case["strategyType"] == "Recreate" {
            deployment.spec.strategy.kind = StrategyType::Recreate;
        }
        let others = [sized(&deployment, "other", &json!(5), &json!(0))];
        let new = sized(&deployment, "new", &case["newRSReplicas"], &json!(0));
        expect(new_replicas(&deployment, &others, &new)?, &case["expected"])
    });
    run_upstream("deployment_util", "TestGetReplicaSetFraction", |case| {
        let mut deployment =
            Deployment::clone(&rolling_deployment(&case["deploymentReplicas"], &case["deploymentMaxSurge"], &json!(1)));
        deployment.status.replicas = count(&case["deploymentStatusReplicas"]);
        let mut set = ReplicaSet::default();
        set.metadata.annotations = read(&json!(case["rsAnnotations"].as_object().cloned().unwrap_or_default()));
        set.spec.replicas = count(&case["rsReplicas"]);
        expect(scale::fraction(&set, &deployment), &case["expectedFraction"])
    });
}

#[test]
fn bounds() {
    run_upstream("deployment_util", "TestResolveFenceposts", |case| {
        let (surge, unavailable) = (bound(&case["maxSurge"]), bound(&case["maxUnavailable"]));
        match fenceposts::resolve(surge.as_ref(), unavailable.as_ref(), count(&case["desired"])) {
            Err(_) => expect(true, &case["expectError"]),
            Ok((surge, unavailable)) => {
                expect(surge, &case["expectSurge"])?;
                expect(unavailable, &case["expectUnavailable"])
            }
        }
    });
    run_upstream("deployment_util", "TestMaxUnavailable", |case| {
        expect(fenceposts::max_unavailable(&read(&case["deployment"])), &case["expected"])
    });
    run_upstream("deployment_util", "TestMinAvailable", |case| {
        expect(fenceposts::min_available(&read(&case["deployment"])), &case["expected"])
    });
}

#[test]
fn deployment_conditions() {
    run_upstream("deployment_util", "TestGetCondition", |case| {
        let status: DeploymentStatus = read(&case["status"]);
        expect(conditions::get(&status, &text(&case["condType"])).is_some(), &case["expected"])
    });
    run_upstream("deployment_util", "TestSetCondition", |case| {
        let mut status: DeploymentStatus = read(&case["status"]);
        conditions::set(&mut status, read::<DeploymentCondition>(&case["cond"]));
        same(&json!(status), &json!(read::<DeploymentStatus>(&case["expectedStatus"])))
    });
    run_upstream("deployment_util", "TestRemoveCondition", |case| {
        let mut status: DeploymentStatus = read(&case["status"]);
        conditions::remove(&mut status, &text(&case["condType"]));
        same(&json!(status), &json!(read::<DeploymentStatus>(&case["expectedStatus"])))
    });
    run_upstream("deployment_util", "TestDeploymentComplete", |case| {
        let deployment: Deployment = read(&case["d"]);
        expect(status::is_complete(&deployment, &deployment.status), &case["expected"])
    });
    run_upstream("deployment_util", "TestDeploymentProgressing", |case| {
        expect(status::is_progressing(&read(&case["d"]), &read(&case["newStatus"])), &case["expected"])
    });
}

#[test]
fn annotations() {
    run_upstream("deployment_util", "TestGetNonNegativeInt32FromAnnotation", |case| {
        let mut set = ReplicaSet::default();
        set.metadata.annotations = read(&case["annotations"]);
        match revision::count_annotation(&set, "test") {
            Ok(found) => {
                expect("", &case["expectedErr"])?;
                expect(found.is_some(), &case["expectedValid"])?;
                expect(found.unwrap_or(0), &case["expectedValue"])
            }
            Err(error) if error.contains(&text(&case["expectedErr"])) && case["expectedErr"] != "" => Ok(()),
            Err(error) => Err(error),
        }
    });
    run_upstream("deployment_util", "TestReplicasAnnotationsNeedUpdate", |case| {
        let set: ReplicaSet = read(&case["replicaSet"]);
        expect(revision::replicas_annotations_need_update(&set, 10, 20), &case["expected"])
    });
}

#[test]
fn related_pods() {
    run_upstream("replicaset", "TestGetReplicaSetsWithSameController", |case| {
        let found = ranking::replica_sets_with_same_controller(&read(&case["rs"]), &sets(&case["rss"]));
        same(&names(&found), &names(&sets(&case["expectedRSs"])))
    });
    run_upstream("replicaset", "TestRelatedPodsLookup", |case| {
        let found = ranking::related_pods(&read(&case["rs"]), &sets(&case["rss"]), &pods(&case["pods"]));
        same(&found.iter().map(|pod| json!(pod.metadata.name)).collect(), &case["expectedPodNames"])
    });
    run_upstream("replicaset", "TestGetPodsToDelete", |case| {
        let wanted = usize::try_from(count(&case["diff"])).unwrap_or(0);
        let victims = ranking::pods_to_delete(&pods(&case["pods"]), &pods(&case["related"]), wanted, NOW);
        let names = |pods: Vec<Arc<Pod>>| pods.iter().map(|pod| json!(pod.metadata.name)).collect::<Value>();
        let victims = victims.into_iter().map(|victim| victim.pod).collect();
        same(&names(victims), &names(pods(&case["expectedPodsToDelete"])))
    });
}

#[test]
fn sorting_with_ranks() {
    run_upstream("controller_utils", "TestSortingActivePodsWithRanks", |case| {
        // Rows without a pair list the pods; both gates are on for good.
        let is_gated = case["disablePodDeletioncost"] == true || case["disableLogarithmicScaleDown"] == true;
        if case["lesser"]["pod"].is_null() || case["greater"]["pod"].is_null() || is_gated {
            return Ok(());
        }
        let ranked = |key: &str| ranking::RankedPod {
            pod: pod(&case[key]["pod"]),
            rank: usize::try_from(count(&case[key]["rank"])).unwrap_or(0),
        };
        let (lesser, greater) = (ranked("lesser"), ranked("greater"));
        let moments = [&lesser, &greater].into_iter().flat_map(|ranked| {
            let conditions = ranked.pod.status.conditions.iter().filter_map(|condition| condition.last_transition_time);
            conditions.chain(ranked.pod.metadata.creation_timestamp)
        });
        let now = moments.max().map_or(SimTime::ZERO, Time::to_sim);
        let wanted = json!([lesser.pod.metadata.name, greater.pod.metadata.name]);
        for mut pair in [[lesser.clone(), greater.clone()], [greater, lesser]] {
            ranking::sort_for_deletion(&mut pair, Some(now));
            same(&pair.iter().map(|ranked| json!(ranked.pod.metadata.name)).collect(), &wanted)?;
        }
        Ok(())
    });
}

#[test]
fn slow_start() {
    run_upstream("replicaset", "TestSlowStartBatch", |case| {
        let (mut calls, limit) = (0, count(&case["callLimit"]));
        let done = replica_set::slow_start_batch(usize::try_from(count(&case["count"])).unwrap_or(0), 1, || {
            calls += 1;
            if calls > limit { Err("fake error") } else { Ok(()) }
        });
        expect(calls, &case["expectedCallCnt"])?;
        expect(done.successes, &case["expectedSuccesses"])?;
        expect(done.error, &case["expectedErr"])
    });
}

#[test]
fn replica_set_status() {
    run_upstream("replicaset", "TestCalculateStatus", |case| {
        let set: ReplicaSet = read(&case["replicaset"]);
        let counts = case["expectedReplicaSetStatus"].get("terminatingReplicas").is_some();
        let version = if counts { KubernetesVersion::V1_36 } else { KubernetesVersion::V1_22 };
        let terminating = list(&case["terminatingPods"]).len();
        let now = Time::parse(CALCULATE_STATUS_RAN).unwrap_or_default().to_sim();
        let ours = replica_set::status::calculate(&set, &pods(&case["activePods"]), terminating, None, version, now);
        same(&json!(ours), &json!(read::<ReplicaSetStatus>(&case["expectedReplicaSetStatus"])))
    });
    run_upstream("replicaset", "TestCalculateStatusConditions", |case| {
        let set: ReplicaSet = read(&case["replicaset"]);
        let failure = case["manageReplicasErr"].as_str();
        let version = KubernetesVersion::V1_36;
        let ours = replica_set::status::calculate(&set, &pods(&case["activePods"]), 0, failure, version, NOW);
        let timeless = |conditions: &[ReplicaSetCondition]| -> Value {
            conditions.iter().map(|it| json!([it.kind, it.status, it.reason, it.message])).collect()
        };
        let expected: Vec<ReplicaSetCondition> = list(&case["expectedReplicaSetConditions"]).iter().map(read).collect();
        same(&timeless(&ours.conditions), &timeless(&expected))
    });
}

#[test]
fn replica_set_conditions() {
    run_upstream("replicaset", "TestGetCondition", |case| {
        let status: ReplicaSetStatus = read(&case["status"]);
        expect(replica_set::status::condition(&status, &text(&case["condType"])).is_some(), &case["expected"])
    });
    run_upstream("replicaset", "TestSetCondition", |case| {
        let mut status: ReplicaSetStatus = read(&case["status"]);
        replica_set::status::set_condition(&mut status, read(&case["cond"]));
        same(&json!(status), &json!(read::<ReplicaSetStatus>(&case["expectedStatus"])))
    });
    run_upstream("replicaset", "TestRemoveCondition", |case| {
        let mut status: ReplicaSetStatus = read(&case["status"]);
        replica_set::status::remove_condition(&mut status, &text(&case["condType"]));
        same(&json!(status), &json!(read::<ReplicaSetStatus>(&case["expectedStatus"])))
    });
}

#[test]
fn active_pods() {
    run_upstream("controller_utils", "TestActivePodFiltering", |case| {
        let active = list(&case["pods"]).iter().filter(|row| {
            let pod = json!({"metadata": {}, "spec": {}, "status": {"phase": row["podPhase"]}});
            self::pod(&pod).is_active()
        });
        same(&active.map(|row| row["podName"].clone()).collect(), &case["wantPodNames"])
    });
}
