//! kubectl's own cases for its tables.

use std::sync::Arc;

use hellok8s_lab::api::{Deployment, Event, Generic, Kind, Pod, ReplicaSet, Time};
use hellok8s_lab::kubectl::printers::{self, print_deployment, print_event, print_node, print_pod, print_replica_set};
use hellok8s_lab::sim::SimTime;
use serde_json::{Value, json};

use crate::table::{run_upstream, same};

use super::{V1_36, read, texts};

/// Kubernetes' internal objects have Go's field names; the API's begin in lower case.
fn lower_fields(value: &Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .filter(|(_, value)| !value.is_null() && *value != "")
                .map(|(name, value)| {
                    let name = match name.as_str() {
                        "ObjectMeta" => "metadata".to_owned(),
                        "LastTerminationState" => "lastState".to_owned(),
                        "ReportingController" => "reportingComponent".to_owned(),
                        _ => lower_first_word(name),
                    };
                    (name, lower_fields(value))
                })
                .collect(),
        ),
        Value::Array(list) => Value::Array(list.iter().map(lower_fields).collect()),
        other => other.clone(),
    }
}

fn lower_first_word(name: &str) -> String {
    let capitals = name.chars().take_while(char::is_ascii_uppercase).count();
    let word = if capitals > 1 && capitals < name.len() && !name.ends_with("IPs") { capitals - 1 } else { capitals };
    match name {
        "PodIP" | "PodIPs" | "HostIP" | "HostIPs" => {
            name.replacen(['P', 'H'], if name.starts_with('P') { "p" } else { "h" }, 1)
        }
        _ => name.chars().enumerate().map(|(at, c)| if at < word { c.to_ascii_lowercase() } else { c }).collect(),
    }
}

/// When the upstream cases were written down; their ages are relative to it.
fn upstream_now() -> SimTime {
    Time::parse("2026-11-23T07:57:30Z").map(Time::to_sim).unwrap_or_default() + 500
}

fn upstream_pod(object: &Value) -> Pod {
    let object = lower_fields(object);
    let spec = &object["spec"];
    let mut status = object["status"].clone();
    // Go's phase is any text; the printer shows a reason in its place.
    let phase = status["phase"].as_str().unwrap_or_default().to_owned();
    if !["Pending", "Running", "Succeeded", "Failed", "Unknown"].contains(&phase.as_str()) {
        status["phase"] = json!("Running");
        if status["reason"].as_str().unwrap_or_default().is_empty() {
            status["reason"] = json!(phase);
        }
    }
    let trimmed = |list: &str| -> Vec<Value> {
        let containers = spec[list].as_array().into_iter().flatten();
        let name = |container: &Value| container["name"].as_str().unwrap_or_default().to_owned();
        let policy = |container: &Value| container["restartPolicy"].clone();
        containers.map(|container| json!({"name": name(container), "restartPolicy": policy(container)})).collect()
    };
    let gates = spec["readinessGates"].as_array().cloned().unwrap_or_default();
    for list in ["podIPs", "hostIPs"] {
        let fixed: Vec<Value> =
            status[list].as_array().into_iter().flatten().map(|ip| json!({"ip": ip["ip"].clone()})).collect();
        status[list] = json!(fixed);
    }
    Pod {
        metadata: read(object["metadata"].clone()),
        spec: Arc::new(read(json!({
            "containers": trimmed("containers"), "initContainers": trimmed("initContainers"), "readinessGates": gates,
        }))),
        node_name: spec["nodeName"].as_str().unwrap_or_default().to_owned(),
        status: read(status),
        ..Pod::default()
    }
}

fn same_cells(ours: &[String], kind: Kind, wide: bool, expected: &Value) -> Result<(), String> {
    let columns = printers::columns(kind);
    let shown: Vec<&String> =
        columns.iter().zip(ours).filter(|(column, _)| wide || !column.wide).map(|(_, cell)| cell).collect();
    same(&json!(shown), &json!(texts(&expected["cells"])))
}

#[test]
fn upstream_printers() {
    for test in [
        "TestPrintPod",
        "TestPrintPodwide",
        "TestPrintPodWithRestartableInitContainer",
        "TestPrintNonTerminatedPod",
        "TestPrintPodConditions",
    ] {
        run_upstream("printers", test, |case| {
            let cells = print_pod(&upstream_pod(&case["pod"]), upstream_now(), V1_36);
            let expected = &case["expect"][0];
            same_cells(&cells, Kind::Pod, expected["cells"].as_array().map_or(0, Vec::len) > 5, expected)
        });
    }
    run_upstream("printers", "TestPrintDeployment", |case| {
        let deployment: Deployment = read(lower_fields(&without_strategy(&case["deployment"])));
        let cells = print_deployment(&deployment, upstream_now());
        same_cells(&cells, Kind::Deployment, case["options"]["Wide"] == true, &case["expected"][0])
    });
    run_upstream("printers", "TestPrintReplicaSet", |case| {
        let cells = print_replica_set(&read::<ReplicaSet>(lower_fields(&case["replicaSet"])), upstream_now());
        same_cells(&cells, Kind::ReplicaSet, case["options"]["Wide"] == true, &case["expected"][0])
    });
    run_upstream("printers", "TestPrintEvent", |case| {
        let cells = print_event(&read::<Event>(lower_fields(&case["event"])), upstream_now());
        same_cells(&cells, Kind::Event, case["options"]["Wide"] == true, &case["expected"][0])
    });
    run_upstream("printers", "TestPrintNodeStatus", |case| {
        let Value::Object(fields) = lower_fields(&case["node"]) else { return Err("no object".to_owned()) };
        let metadata = read(fields["metadata"].clone());
        let cells = print_node(&Generic { kind: Kind::Node, metadata, fields }, upstream_now());
        same_cells(&cells, Kind::Node, false, &case["expected"][0])
    });
}

fn without_strategy(deployment: &Value) -> Value {
    let mut deployment = deployment.clone();
    if let Some(spec) = deployment["Spec"].as_object_mut() {
        spec.remove("Strategy");
    }
    deployment
}
