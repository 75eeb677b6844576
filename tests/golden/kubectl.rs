//! What kubectl prints: tables, ages, descriptions, rollouts (`upstream` has kubectl's own cases).

mod upstream;

use std::sync::Arc;

use hellok8s_lab::api::{Deployment, Event, KubernetesVersion, MicroTime, ObjectMeta, Pod, PodSpec, ReplicaSet, Time};
use hellok8s_lab::kubectl::TabWriter;
use hellok8s_lab::kubectl::describe::{Description, Related, describe_deployment, describe_events};
use hellok8s_lab::kubectl::duration::{human_duration, short_human_duration};
use hellok8s_lab::kubectl::printers::{
    Column, Row, Table, TableOptions, TablePrinter, print_deployment, print_pod, print_replica_set,
};
use hellok8s_lab::kubectl::rollout::{
    Progress, Undo, daemon_set_progress, deployment_progress, stateful_set_progress, undo, view_history,
};
use hellok8s_lab::sim::SimTime;
use serde_json::{Map, Value, json};

use crate::table::{run, run_upstream, same};

const V1_36: KubernetesVersion = KubernetesVersion::V1_36;

/// Late enough for every age in the tables.
const NOW: SimTime = SimTime(400_000_000_000);

fn seconds_ago(seconds: &Value) -> Time {
    Time(Time::from_sim(NOW).0 - seconds.as_i64().unwrap_or(0))
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    let shown = value.to_string();
    serde_json::from_value(value).unwrap_or_else(|error| panic!("{error}: {shown}"))
}

fn texts(value: &Value) -> Vec<String> {
    let cell = |cell: &Value| cell.as_str().map_or_else(|| cell.to_string(), str::to_owned);
    value.as_array().into_iter().flatten().map(cell).collect()
}

#[test]
fn duration() {
    run("duration", |row| {
        let ms = row["in"]["ms"].as_i64().unwrap_or(0);
        same(&json!({"human": human_duration(ms), "short": short_human_duration(ms)}), &row["out"])
    });
    for test in ["TestHumanDuration", "TestHumanDurationBoundaries"] {
        run_upstream("duration", test, |case| {
            same(&json!(human_duration(case["d"].as_i64().unwrap_or(0) / 1_000_000)), &case["want"])
        });
    }
    run_upstream("duration", "TestShortHumanDurationBoundaries", |case| {
        same(&json!(short_human_duration(case["d"].as_i64().unwrap_or(0) / 1_000_000)), &case["want"])
    });
}

#[test]
fn kubectl_table_print() {
    run("kubectl_table_print", |row| {
        let columns = texts(&row["in"]["columns"]);
        let table = Table {
            columns: columns.iter().map(|name| Column::plain(name)).collect(),
            rows: row["in"]["rows"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|cells| Row { cells: texts(cells), ..Row::default() })
                .collect(),
        };
        let options = TableOptions { no_headers: row["in"]["noHeaders"] == true, ..TableOptions::default() };
        let mut out = TabWriter::for_tables();
        TablePrinter::default().print(&table, &options, None, &mut out);
        same(&json!(out.flush()), &row["out"]["text"])
    });
}

fn container_state(container: &Value) -> Value {
    match container["state"].as_str() {
        Some("running") => json!({"running": {"startedAt": Time(0)}}),
        Some("waiting") => json!({"waiting": {"reason": container["reason"]}}),
        Some("terminated") => json!({"terminated": {
            "exitCode": container["exitCode"], "signal": container["signal"], "reason": container["reason"],
        }}),
        _ => json!({}),
    }
}

fn container_status(container: &Value) -> Value {
    let last = match &container["lastFinishedSecondsAgo"] {
        Value::Null => json!({}),
        seconds => json!({"terminated": {"finishedAt": seconds_ago(seconds)}}),
    };
    let mut status = json!({
        "name": container["name"], "ready": container["ready"], "restartCount": container["restartCount"],
        "state": container_state(container), "lastState": last,
    });
    if let Some(started) = container["started"].as_bool() {
        status["started"] = json!(started);
    }
    status
}

fn pod_of_row(input: &Value) -> Pod {
    let list = |name: &str| input[name].as_array().cloned().unwrap_or_default();
    let spec = |container: &Value| match container["sidecar"].as_bool() {
        Some(true) => json!({"name": container["name"], "restartPolicy": "Always"}),
        _ => json!({"name": container["name"]}),
    };
    let statuses = |name: &str| -> Vec<Value> {
        list(name).iter().filter(|container| container["noStatus"] != true).map(container_status).collect()
    };
    let conditions: Vec<Value> = input["conditions"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(kind, condition)| json!({"type": kind, "status": condition["status"], "reason": condition["reason"]}))
        .collect();
    Pod {
        metadata: ObjectMeta {
            creation_timestamp: Some(seconds_ago(&input["ageSeconds"])),
            deletion_timestamp: (input["deleting"] == true).then_some(Time::from_sim(NOW)),
            ..ObjectMeta::default()
        },
        spec: Arc::new(read(json!({
            "containers": list("containers").iter().map(spec).collect::<Vec<_>>(),
            "initContainers": list("initContainers").iter().map(spec).collect::<Vec<_>>(),
        }))),
        status: read(json!({
            "phase": input["phase"], "reason": input["statusReason"].as_str().unwrap_or_default(),
            "conditions": conditions, "containerStatuses": statuses("containers"),
            "initContainerStatuses": statuses("initContainers"),
        })),
        ..Pod::default()
    }
}

#[test]
fn print_pods() {
    run("print_pod", |row| {
        let cells = print_pod(&pod_of_row(&row["in"]), NOW, V1_36);
        let ours = json!({"ready": cells[1], "status": cells[2], "restarts": cells[3], "age": cells[4]});
        same(&ours, &row["out"])
    });
}

#[test]
fn print_workload() {
    run("print_workload", |row| {
        let input = &row["in"];
        let containers: Vec<Value> = texts(&input["containers"])
            .iter()
            .map(|container| {
                let (name, image) = container.split_once('=').unwrap_or_default();
                json!({"name": name, "image": image})
            })
            .collect();
        let status = &input["status"];
        let number = |name: &str| status[name].as_i64().unwrap_or(0);
        let object = json!({
            "metadata": {"name": "web-abc", "creationTimestamp": seconds_ago(&input["ageSeconds"])},
            "spec": {
                "replicas": input["replicas"], "selector": {"matchLabels": input["selector"]},
                "template": {"spec": {"containers": containers}},
            },
            "status": {
                "replicas": number("replicas"), "readyReplicas": number("ready"),
                "availableReplicas": number("available"), "updatedReplicas": number("updated"),
            },
        });
        let mut cells = if input["kind"] == "Deployment" {
            print_deployment(&read::<Deployment>(object), NOW)
        } else {
            print_replica_set(&read::<ReplicaSet>(object), NOW)
        };
        let wide = row["out"]["wide"].as_array().map_or(0, Vec::len);
        if let Some(name) = row["out"]["cells"][0].as_str() {
            name.clone_into(&mut cells[0]);
        }
        same(&json!({"cells": cells[..5], "wide": cells[..wide]}), &row["out"])
    });
}

fn replica_set(name: &str, image: &str, hash: &str, annotations: Map<String, Value>) -> ReplicaSet {
    let mut labels = json!({"app": "web"});
    if !hash.is_empty() {
        labels["pod-template-hash"] = json!(hash);
    }
    read(json!({
        "metadata": {"name": name, "uid": name, "annotations": annotations, "labels": labels},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web", "image": image}]}},
        },
    }))
}

#[test]
fn kubectl_rollout_status() {
    run("kubectl_rollout_status", |row| {
        let input = &row["in"];
        let mut metadata = json!({"name": input["name"], "generation": input["generation"]});
        if let Some(revision) = input["revisionAnnotation"].as_str() {
            metadata["annotations"] = json!({"deployment.kubernetes.io/revision": revision});
        }
        let conditions = match input["progressingReason"].as_str() {
            None | Some("") => json!([]),
            Some(reason) => json!([{"type": "Progressing", "status": "True", "reason": reason}]),
        };
        let deployment: Deployment = read(json!({
            "metadata": metadata,
            // No replicas at all (only before defaulting) are never too few.
            "spec": {"replicas": input["replicas"].as_i64().unwrap_or(0)},
            "status": {
                "observedGeneration": input["observedGeneration"], "replicas": input["statusReplicas"],
                "updatedReplicas": input["updated"], "availableReplicas": input["available"], "conditions": conditions,
            },
        }));
        let ours = match deployment_progress(&deployment, input["wantRevision"].as_i64().unwrap_or(0)) {
            Ok(progress) => json!({"message": progress.message, "done": progress.done}),
            Err(error) => json!({"message": "", "done": false, "error": error}),
        };
        same(&ours, &row["out"])
    });
    run_upstream("polymorphichelpers", "TestDeploymentStatusViewerStatus", |case| {
        let deployment: Deployment = read(json!({
            "metadata": {"name": "foo", "generation": case["generation"]},
            "spec": {"replicas": case["specReplicas"]},
            "status": case["status"],
        }));
        let progress = deployment_progress(&deployment, 0)?;
        same(&json!([progress.message, progress.done]), &json!([case["msg"], case["done"]]))
    });
}

/// What `kubectl rollout status` says of an object, as the tables of whole rollouts write it.
fn rollout_status(progress: Result<Progress, String>) -> Value {
    match progress {
        Ok(Progress { message, done }) => json!([message, done, null]),
        Err(error) => json!(["", true, error]),
    }
}

#[test]
fn rollout_statefulset() {
    run("rollout_statefulset", |row| {
        let input = &row["in"];
        let ops = || input["ops"].as_array().into_iter().flatten();
        for step in row["out"]["steps"].as_array().into_iter().flatten() {
            let done: Vec<&Value> = ops().filter(|op| op["t"].as_i64() <= step["t"].as_i64()).collect();
            let last =
                |op: &str, field: &str| done.iter().rev().find(|done| done["op"] == op).map(|done| done[field].clone());
            let partition = last("partition", "partition").unwrap_or_else(|| input["partition"].clone());
            let changes = ["create", "setVersion", "scale", "partition"];
            let mut strategy = json!({"type": input["updateStrategy"]});
            if !partition.is_null() {
                strategy["rollingUpdate"] = json!({"partition": partition});
            }
            let named = |field: &str| format!("web-{{{}}}", step[field].as_str().unwrap_or_default());
            let status = &step["status"];
            let ours = rollout_status(stateful_set_progress(&json!({
                "metadata": {
                    "name": "web",
                    "generation": done.iter().filter(|op| changes.iter().any(|change| op["op"] == *change)).count(),
                },
                "spec": {
                    "replicas": last("scale", "replicas").unwrap_or_else(|| input["replicas"].clone()),
                    "updateStrategy": strategy,
                },
                "status": {
                    "observedGeneration": step["observedGeneration"], "readyReplicas": status[1],
                    "currentReplicas": status[3], "updatedReplicas": status[4],
                    "currentRevision": named("currentRevision"), "updateRevision": named("updateRevision"),
                },
            })));
            same(&ours, &step["rolloutStatus"])?;
        }
        Ok(())
    });
}

#[test]
fn rollout_daemonset() {
    run("rollout_daemonset", |row| {
        let input = &row["in"];
        for step in row["out"]["steps"].as_array().into_iter().flatten() {
            let ops = input["ops"].as_array().into_iter().flatten().filter(|op| op["t"].as_i64() <= step["t"].as_i64());
            let changes = ["create", "setVersion", "maxUnavailable"];
            // As the API server fills it in.
            let kind = input["spec"]["updateStrategy"]["type"].as_str().unwrap_or("RollingUpdate");
            let status = &step["status"];
            let ours = rollout_status(daemon_set_progress(&json!({
                "metadata": {
                    "name": "agent",
                    "generation": ops.filter(|op| changes.iter().any(|change| op["op"] == *change)).count(),
                },
                "spec": {"updateStrategy": {"type": kind}},
                "status": {
                    "observedGeneration": status["observedGeneration"], "desiredNumberScheduled": status["desired"],
                    "updatedNumberScheduled": status["upToDate"], "numberAvailable": status["available"],
                },
            })));
            same(&ours, &step["rolloutStatus"])?;
        }
        Ok(())
    });
}

#[test]
fn kubectl_rollout_history() {
    run("kubectl_rollout_history", |row| {
        let input = &row["in"];
        let sets: Vec<Arc<ReplicaSet>> = input["rss"]
            .as_array()
            .into_iter()
            .flatten()
            .enumerate()
            .map(|(at, set)| {
                let mut annotations = Map::new();
                if let Some(revision) = set["revision"].as_i64() {
                    annotations.insert("deployment.kubernetes.io/revision".into(), json!(revision.to_string()));
                }
                if let Some(cause) = set["changeCause"].as_str() {
                    annotations.insert("kubernetes.io/change-cause".into(), json!(cause));
                }
                let text = |name: &str| set[name].as_str().unwrap_or_default();
                Arc::new(replica_set(text("name"), text("image"), &format!("h{at}"), annotations))
            })
            .collect();
        let template = replica_set("", input["deploymentImage"].as_str().unwrap_or_default(), "", Map::new());
        let mut deployment = Deployment::default();
        "web".clone_into(&mut deployment.metadata.name);
        deployment.spec.paused = input["paused"] == true;
        deployment.spec.template = template.spec.template;
        let wanted = input["revision"].as_i64().unwrap_or(0);

        let mut ours = json!({"history": "", "undo": ""});
        match view_history(&deployment, &sets, wanted, V1_36) {
            Ok(text) => ours["history"] = json!(text),
            Err(error) => ours["historyError"] = json!(error),
        }
        let mut image = None;
        match undo(&deployment, &sets, wanted, false, V1_36) {
            Ok(Undo::Restore { template, .. }) => {
                image = template.spec.containers.first().map(|container| container.image.clone());
                ours["undo"] = json!("rolled back");
            }
            Ok(Undo::Skip(text)) => ours["undo"] = json!(text),
            Ok(Undo::Print(text)) => return Err(text),
            Err(error) => ours["undoError"] = json!(error),
        }
        if let Some(image) = image {
            ours["imageAfterUndo"] = json!(image);
        } else if row["out"].get("imageAfterUndo").is_some() {
            ours["imageAfterUndo"] = input["deploymentImage"].clone();
        }
        same(&ours, &row["out"])
    });
}

fn handler(text: &str) -> (&'static str, Value) {
    let words: Vec<&str> = text.split(' ').collect();
    let port = |text: &str| text.parse::<i32>().map_or_else(|_| json!(text), |number| json!(number));
    match words.as_slice() {
        ["exec", command @ ..] => ("exec", json!({"command": command})),
        ["httpGet", scheme, path, "port", number] => {
            ("httpGet", json!({"scheme": scheme.to_uppercase(), "path": path, "port": port(number)}))
        }
        ["tcpSocket", number] => ("tcpSocket", json!({"port": port(number)})),
        other => panic!("{other:?}"),
    }
}

fn described_deployment(input: &Value) -> Deployment {
    let mut container = json!({"name": "web", "image": "nginx:1.25"});
    if input["ports"] == true {
        container["ports"] = json!([{"containerPort": 80, "protocol": "TCP"}]);
    }
    for probe in input["probes"].as_array().into_iter().flatten() {
        let (kind, action) = handler(probe["handler"].as_str().unwrap_or_default());
        let which = format!("{}Probe", probe["which"].as_str().unwrap_or_default());
        let mut probe = probe.clone();
        probe[kind] = action;
        container[which.as_str()] = probe;
    }
    let mut strategy = json!({"type": input["strategy"]["type"]});
    if let Some(surge) = input["strategy"]["maxSurge"].as_str() {
        let unavailable = &input["strategy"]["maxUnavailable"];
        strategy["rollingUpdate"] = json!({"maxSurge": surge, "maxUnavailable": unavailable});
    }
    let conditions: Vec<Value> = input["conditions"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|condition| json!({"type": condition[0], "status": condition[1], "reason": condition[2]}))
        .collect();
    let status = &input["status"];
    read(json!({
        "metadata": {
            "name": "web", "namespace": "default", "uid": "d", "creationTimestamp": input["created"],
            "labels": {"app": "web"}, "annotations": {"deployment.kubernetes.io/revision": input["revision"]},
        },
        "spec": {
            "replicas": input["replicas"], "minReadySeconds": input["minReadySeconds"], "paused": input["paused"],
            "strategy": strategy, "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}},
        },
        "status": {
            "replicas": status["replicas"], "updatedReplicas": status["updated"], "conditions": conditions,
            "availableReplicas": status["available"], "unavailableReplicas": status["unavailable"],
        },
    }))
}

fn related<'a>(events: Option<&'a [Arc<Event>]>, replica_sets: &'a [Arc<ReplicaSet>]) -> Related<'a> {
    Related { now: NOW, version: V1_36, events, replica_sets, pods: &[], endpoint_slices: &[] }
}

#[test]
fn describe_deployments() {
    run("describe_deployment", |row| {
        let deployment = described_deployment(&row["in"]);
        let sets: Vec<Arc<ReplicaSet>> = row["in"]["rss"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|set| {
                let text = |name: &str| set[name].as_str().unwrap_or_default();
                let number = |name: &str| i32::try_from(set[name].as_i64().unwrap_or(0)).unwrap_or(0);
                let mut made = replica_set(text("name"), text("image"), text("name"), Map::new());
                let mut spec = Value::Object(deployment.spec.template.spec.raw().clone());
                spec["containers"][0]["image"] = set["image"].clone();
                made.spec.template.spec = Arc::new(PodSpec::from_value(spec).expect("a pod's spec"));
                made.metadata.creation_timestamp = Some(Time(i64::from(number("created"))));
                made.spec.replicas = number("spec");
                made.status.replicas = number("current");
                Arc::new(made)
            })
            .collect();
        let mut out = Description::default();
        describe_deployment(&deployment, &related(None, &sets), &mut out);
        same(&json!(out.aligned()), &row["out"]["text"])
    });
}

#[test]
fn describe_event_tables() {
    run("describe_events", |row| {
        let events: Vec<Arc<Event>> = row["in"]["events"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|event| {
                let (first, last) = (seconds_ago(&event["firstSecondsAgo"]), seconds_ago(&event["lastSecondsAgo"]));
                let mut made: Event = read(json!({
                    "type": event["type"], "reason": event["reason"], "message": event["message"],
                    "count": event["count"], "source": {"component": event["component"]},
                    "reportingComponent": event["reportingController"],
                    "involvedObject": {"fieldPath": event["fieldPath"].as_str().unwrap_or_default()},
                }));
                if event["eventTimeOnly"] == true {
                    made.event_time = Some(MicroTime(first.0 * 1_000_000));
                } else {
                    (made.first_timestamp, made.last_timestamp) = (Some(first), Some(last));
                }
                Arc::new(made)
            })
            .collect();
        let mut out = Description::default();
        describe_events(&events, &related(None, &[]), &mut out);
        same(&json!(out.aligned()), &row["out"]["text"])
    });
}
