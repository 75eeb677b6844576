//! The ReplicaSet controller: which pods go first, and how many are made or deleted in a pass.

use std::sync::Arc;

use hellok8s_lab::api::{
    ContainerStatus, KubernetesVersion, ObjectMeta, Pod, PodCondition, PodPhase, ReplicaSet, Time,
};
use hellok8s_lab::controllers::Request;
use hellok8s_lab::controllers::replica_set::{self, ranking};
use serde_json::{Value, json};

use super::{NOW, count, list, text};
use crate::table;

pub(super) fn ready_condition(ready: bool, since: Option<Time>) -> PodCondition {
    PodCondition {
        kind: "Ready".into(),
        status: if ready { "True" } else { "False" }.into(),
        last_transition_time: since,
        ..PodCondition::default()
    }
}

fn aged(age_seconds: &Value) -> Option<Time> {
    age_seconds.as_i64().map(|age| Time(Time::from_sim(NOW).0 - age))
}

fn ranked_pod(row: &Value) -> Arc<Pod> {
    let mut pod = Pod::default();
    pod.metadata.name = text(&row["name"]);
    pod.metadata.uid = text(&row["uid"]);
    pod.metadata.creation_timestamp = aged(&row["createdAgeSeconds"]);
    if let Some(cost) = row["deletionCost"].as_str() {
        pod.metadata.annotations.insert(ranking::POD_DELETION_COST.to_owned(), cost.to_owned());
    }
    pod.node_name = text(&row["node"]);
    pod.status.phase = serde_json::from_value(row["phase"].clone()).unwrap_or_default();
    pod.status.conditions.push(ready_condition(row["ready"] == true, aged(&row["readyAgeSeconds"])));
    pod.status.container_statuses = list(&row["restarts"])
        .iter()
        .map(|restarts| ContainerStatus { restart_count: count(restarts), ..ContainerStatus::default() })
        .collect();
    Arc::new(pod)
}

#[test]
fn pod_delete_order_table() {
    table::run("pod_delete_order", |row| {
        let pods: Vec<_> = list(&row["in"]["pods"]).iter().map(ranked_pod).collect();
        let related: Vec<_> =
            pods.iter().cloned().chain(list(&row["in"]["otherRelatedPods"]).iter().map(ranked_pod)).collect();
        let mut ranked = ranking::rank_by_related_pods_on_same_node(&pods, &related);
        ranking::sort_for_deletion(&mut ranked, Some(NOW));
        let order: Vec<_> = ranked.iter().map(|ranked| ranked.pod.metadata.name.as_str()).collect();
        table::same(&json!({"order": order}), &row["out"])
    });
}

#[test]
fn slow_start_table() {
    table::run("slow_start", |row| {
        let size = |key: &str| usize::try_from(count(&row["in"][key])).unwrap_or(0);
        let ok_calls = row["in"]["okCalls"].as_i64().unwrap_or(0);
        let mut calls = 0;
        let done = replica_set::slow_start_batch(size("count"), size("initialBatchSize"), || {
            calls += 1;
            if ok_calls >= 0 && calls > ok_calls { Err("no") } else { Ok(()) }
        });
        let ours = json!({
            "batches": done.batches, "calls": calls, "successes": done.successes, "error": done.error.is_some(),
        });
        table::same(&ours, &row["out"])
    });
}

#[test]
fn manage_replicas_table() {
    table::run("manage_replicas", |row| {
        let number = |key: &str| usize::try_from(count(&row["in"][key])).unwrap_or(0);
        let mut set = ReplicaSet::default();
        set.metadata = ObjectMeta { name: "web".into(), namespace: "default".into(), ..ObjectMeta::default() };
        set.metadata.uid = "web-uid".into();
        set.spec.replicas = count(&row["in"]["desired"]);
        set.spec.selector.match_labels.insert("app".into(), "web".into());
        set.spec.template.metadata.labels = set.spec.selector.match_labels.clone();
        let mut set = Arc::new(set);
        let mut pods: Vec<Arc<Pod>> = Vec::new();
        let add = |pods: &mut Vec<Arc<Pod>>, set: &ReplicaSet, ready: bool| {
            let mut pod = replica_set::new_pod(set);
            pod.metadata.name = format!("web-{}", pods.len());
            pod.metadata.uid = format!("{:05}", pods.len());
            pod.metadata.creation_timestamp = Some(Time::from_sim(NOW));
            pod.status.phase = PodPhase::Running;
            pod.status.conditions.push(ready_condition(ready, Some(Time::from_sim(NOW))));
            pods.push(Arc::new(pod));
        };
        for at in 0..number("active") {
            add(&mut pods, &set, at < number("activeReady"));
        }
        let mut syncs: Vec<Value> = Vec::new();
        for _ in 0..6 {
            let sets = [Arc::clone(&set)];
            let input = replica_set::Input {
                replica_set: &sets[0],
                replica_sets: &sets,
                pods: &pods,
                on_node: None,
                expectations_satisfied: true,
                burst_replicas: number("burst"),
                version: KubernetesVersion::V1_36,
            };
            let plan = replica_set::sync(&input, NOW);
            let (mut created, mut deleted) = (0, 0);
            for step in plan.steps {
                match step.request {
                    Request::CreatePods { count, .. } => created = count,
                    Request::DeletePods { pods: victims, .. } => {
                        deleted = victims.len();
                        for pod in &mut pods {
                            if victims.contains(pod) {
                                Arc::make_mut(pod).metadata.deletion_timestamp = Some(Time::from_sim(NOW));
                            }
                        }
                    }
                    Request::UpdateReplicaSetStatus(reported) => set = reported,
                    _ => {}
                }
            }
            for _ in 0..created {
                add(&mut pods, &set, false);
            }
            let sync = json!({
                "created": created,
                "deleted": deleted,
                "statusReplicas": set.status.replicas,
                "statusReady": set.status.ready_replicas,
                "statusTerminating": set.status.terminating_replicas,
            });
            let is_fixed_point = syncs.last() == Some(&sync) && created == 0 && deleted == 0;
            syncs.push(sync);
            if is_fixed_point {
                break;
            }
        }
        table::same(&json!({"syncs": syncs}), &row["out"])
    });
}
