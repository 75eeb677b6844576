//! Tests of what one sync of a pod starts, kills and leaves alone.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Actions, compute};
use crate::api::{Pod, PodSpec};
use crate::images::Exit;
use crate::kubelet::prober::Results;
use crate::kubelet::runtime::{Record, RecordState, RuntimeStatus};
use crate::sim::SimTime;

fn pod(spec: Value) -> Pod {
    Pod { spec: Arc::new(PodSpec::from_value(spec).unwrap_or_default()), ..Pod::default() }
}

fn record(name: &str, state: RecordState) -> Record {
    Record {
        name: name.to_owned(),
        id: format!("containerd://{name}"),
        attempt: 0,
        image: "web".to_owned(),
        spec_image: "web".to_owned(),
        image_id: String::new(),
        state,
    }
}

fn ended(name: &str, code: i32) -> Record {
    let exit = Exit { at: SimTime(9), code, reason: String::new() };
    record(name, RecordState::Exited { started: None, exit, message: String::new() })
}

fn running(name: &str) -> Record {
    record(name, RecordState::Running { started: SimTime(1) })
}

fn seen(has_sandbox: bool, records: Vec<Record>) -> RuntimeStatus {
    RuntimeStatus {
        sandbox_ip: has_sandbox.then(|| "10.244.0.3".to_owned()),
        had_sandbox: true,
        records: Arc::new(records),
    }
}

/// What is asked for, in words.
fn told(spec: Value, seen: &RuntimeStatus) -> Vec<String> {
    let Actions { kill_pod, kills, create_sandbox, init_containers, containers } =
        compute(&pod(spec), seen, &Results::default());
    let mut told: Vec<String> = Vec::new();
    told.extend(kill_pod.then(|| "kill pod".to_owned()));
    told.extend(kills.iter().map(|kill| format!("kill {}", kill.container)));
    told.extend(create_sandbox.then(|| "sandbox".to_owned()));
    told.extend(init_containers.iter().chain(&containers).map(|name| format!("start {name}")));
    told
}

fn spec(policy: &str) -> Value {
    let containers = json!([{"name": "a", "image": "web"}, {"name": "b", "image": "web"}]);
    json!({"restartPolicy": policy, "containers": containers})
}

#[test]
fn a_lost_sandbox_is_made_anew_for_what_has_to_run_again() {
    let lost = |records: Vec<Record>| seen(false, records);
    let of = |policy: &str, records: Vec<Record>| told(spec(policy), &lost(records)).join(", ");
    for policy in ["Always", "OnFailure", "Never"] {
        assert_eq!(of(policy, vec![]), "sandbox, start a, start b", "{policy}");
    }
    assert_eq!(of("Always", vec![ended("a", 0), ended("b", 0)]), "sandbox, start a, start b");
    assert_eq!(of("OnFailure", vec![ended("a", 0), ended("b", 1)]), "sandbox, start b");
    assert_eq!(of("OnFailure", vec![ended("a", 0), ended("b", 0)]), "");
    assert_eq!(of("Never", vec![ended("a", 1)]), "");
    let mut own = spec("Always");
    own["containers"][0]["restartPolicy"] = json!("OnFailure");
    assert_eq!(told(own, &lost(vec![ended("a", 0), ended("b", 0)])), ["sandbox", "start b"]);
    let mut with_init = spec("Always");
    with_init["initContainers"] = json!([{"name": "first", "image": "web"}, {"name": "second", "image": "web"}]);
    assert_eq!(told(with_init, &lost(vec![])), ["sandbox", "start first"]);
}

#[test]
fn containers_are_kept_started_again_or_end_with_the_pod() {
    let of = |policy: &str, records: Vec<Record>| told(spec(policy), &seen(true, records)).join(", ");
    assert_eq!(of("Always", vec![running("a"), running("b")]), "");
    assert_eq!(of("Always", vec![running("a"), ended("b", 0)]), "start b");
    assert_eq!(of("OnFailure", vec![running("a"), ended("b", 0)]), "");
    assert_eq!(of("OnFailure", vec![ended("a", 0), ended("b", 3)]), "start b");
    assert_eq!(of("Never", vec![ended("a", 0), ended("b", 3)]), "kill pod");
    assert_eq!(of("Never", vec![running("a")]), "start b");
    let mut changed = running("b");
    changed.spec_image = "old".to_owned();
    assert_eq!(of("Never", vec![running("a"), changed]), "kill b, start b");
}

#[test]
fn init_containers_run_one_after_the_other_and_sidecars_stay() {
    let init = |second: Value| {
        let mut spec = spec("OnFailure");
        let mut first = json!({"name": "first", "image": "web"});
        first["restartPolicy"] = second;
        spec["initContainers"] = json!([first, {"name": "second", "image": "web"}]);
        spec
    };
    let plain = |records: Vec<Record>| told(init(Value::Null), &seen(true, records)).join(", ");
    assert_eq!(plain(vec![]), "start first");
    assert_eq!(plain(vec![running("first")]), "");
    assert_eq!(plain(vec![ended("first", 1)]), "start first");
    assert_eq!(plain(vec![ended("first", 0)]), "start second");
    assert_eq!(plain(vec![ended("second", 0), ended("first", 0)]), "start a, start b");
    assert_eq!(plain(vec![record("first", RecordState::Created)]), "start first");
    assert_eq!(plain(vec![running("a"), running("b"), ended("second", 1)]), "", "what is initialized stays so");
    let sidecar = |records: Vec<Record>| told(init(json!("Always")), &seen(true, records)).join(", ");
    assert_eq!(sidecar(vec![running("first")]), "start second");
    assert_eq!(sidecar(vec![ended("first", 0)]), "start first");
    assert_eq!(sidecar(vec![ended("second", 0), ended("first", 1)]), "start first, start a, start b");
    assert_eq!(sidecar(vec![running("a"), running("b"), ended("second", 0)]), "start first");
    let mut never = init(Value::Null);
    never["restartPolicy"] = json!("Never");
    assert_eq!(told(never, &seen(true, vec![ended("first", 1)])), ["kill pod"]);
}
