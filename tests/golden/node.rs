//! What a kubelet does with a pod that it gets: takes it or not, and fetches its images.

use std::sync::Arc;

use hellok8s_lab::api::{EventType, Generic, Kind, KubernetesVersion, Object, Pod, conversion, defaults};
use hellok8s_lab::images::{Declaration, ImageInfo, Pull};
use hellok8s_lab::kubelet::image_pull::{ImagePuller, Need, Waiting};
use hellok8s_lab::scheduler::admission;
use hellok8s_lab::sim::SimTime;
use serde_json::{Value, json};

use crate::table::{self, same};

fn pod(given: &Value) -> Arc<Pod> {
    let mut given = given.clone();
    defaults::set_defaults(Kind::Pod, &mut given);
    conversion::round_trip(Kind::Pod, &mut given);
    given["metadata"]["uid"] = given["metadata"]["name"].clone();
    let Object::Pod(pod) = Object::from_value(Kind::Pod, given).unwrap() else { panic!("a pod") };
    pod
}

fn node(given: &Value) -> Arc<Generic> {
    let Object::Generic(node) = Object::from_value(Kind::Node, given.clone()).unwrap() else { panic!("a node") };
    node
}

#[test]
fn node_admission() {
    table::run("node_admission", |row| {
        let input = &row["in"];
        let others: Vec<Arc<Pod>> = input["otherPods"].as_array().into_iter().flatten().map(pod).collect();
        let ours = match admission::refusal(&pod(&input["pod"]), &node(&input["node"]), &others) {
            None => json!({"admit": true}),
            Some(refusal) => json!({
                "admit": false, "reason": refusal.reason, "message": refusal.message,
                "event": ["Warning", refusal.reason, refusal.message],
                "status": {
                    "phase": "Failed", "reason": refusal.reason,
                    "message": format!("Pod was rejected: {}", refusal.message),
                },
            }),
        };
        same(&ours, &row["out"])
    });
}

/// Asks for an image once, as a container's start does.
fn ensure(puller: &mut ImagePuller, input: &Value) -> Value {
    let image = input["image"].as_str().unwrap();
    let info = || ImageInfo {
        declaration: Arc::new(Declaration::default()),
        image_id: "sha256:x".to_owned(),
        size_bytes: 12_345,
        faults: hellok8s_lab::images::Faults::default(),
    };
    let inspect = |_: &_| match input["inspectError"].as_str() {
        Some(error) => Err(error.to_owned()),
        None => Ok((input["present"] == true).then(info)),
    };
    let version = KubernetesVersion::V1_36;
    let need = puller.need(image, input["policy"].as_str().unwrap(), inspect, SimTime::ZERO);
    let waits = |reason: &str, message: &str, mut events: Vec<Value>| {
        events.push(json!(["Warning", "Failed", format!("Error: {reason}")]));
        json!({"events": events, "ok": false, "waiting": {"message": message, "reason": reason}})
    };
    if let Some(Waiting { reason, message, event: (kind, event, text) }) = need.waiting(image, version) {
        let kind = if kind == EventType::Normal { "Normal" } else { "Warning" };
        return waits(reason, &message, vec![json!([kind, event, text])]);
    }
    let Need::Pull(_) = need else {
        return json!({"events": [["Normal", "Pulled", version.image_present(image)]], "ok": true});
    };
    let pulling = json!(["Normal", "Pulling", format!("Pulling image {image:?}")]);
    let answer = match input["pullError"].as_str() {
        Some(error) => Pull::Failed(error.to_owned()),
        None => Pull::Found(info()),
    };
    match puller.pulled(image, answer, SimTime::ZERO) {
        Ok(info) => {
            let pulled = version.image_pulled(image, "{d}", "{d}", info.size_bytes);
            json!({"events": [pulling, ["Normal", "Pulled", pulled]], "ok": true})
        }
        Err(error) => {
            let failed = json!(["Warning", "Failed", error.event_message(image)]);
            waits(error.reason, &error.message, vec![pulling, failed])
        }
    }
}

#[test]
fn image_pull() {
    table::run("image_pull", |row| {
        let mut puller = ImagePuller::default();
        let first = ensure(&mut puller, &row["in"]);
        let second = ensure(&mut puller, &row["in"]);
        same(&json!({"first": first, "secondAtOnce": second}), &row["out"])
    });
}
