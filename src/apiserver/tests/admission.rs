//! What admission gives a pod, and refuses.

use serde_json::{Value, json};

use super::{server, web};
use crate::api::{Kind, Object};
use crate::apiserver::{ApiServer, DeleteOptions, Key, WriteOptions};

fn make(server: &mut ApiServer, kind: Kind, value: Value) -> Result<Value, String> {
    let made = server.create_value(kind, "default", value, WriteOptions::default());
    made.map(|applied| applied.object.to_value()).map_err(|status| status.message)
}

/// A pod with these fields in its spec, and in its container.
fn pod(spec: Value, container: Value) -> Value {
    let mut pod = json!({"metadata": {"name": "web"}, "spec": {"containers": [{"name": "app", "image": "nginx"}]}});
    for (place, given) in [("/spec", spec), ("/spec/containers/0", container)] {
        let fields = pod.pointer_mut(place).and_then(Value::as_object_mut);
        if let (Some(fields), Some(given)) = (fields, given.as_object()) {
            fields.extend(given.clone());
        }
    }
    pod
}

#[test]
fn the_priority_is_the_class_s_and_no_other_one_is_taken() {
    let mut server = server();
    let mut made = |spec: Value| {
        let made = make(&mut server, Kind::Pod, pod(spec, json!({})));
        drop(server.delete(Kind::Pod, &web(), &DeleteOptions::default()));
        made.map(|pod| [&pod["spec"]["priorityClassName"], &pod["spec"]["priority"]].map(Value::to_string).join(" "))
    };
    assert_eq!(made(json!({})), Ok("null 0".to_owned()));
    assert_eq!(made(json!({"priority": 0})), Ok("null 0".to_owned()));
    let critical = json!({"priorityClassName": "system-node-critical", "priority": 2_000_001_000});
    assert_eq!(made(critical), Ok("\"system-node-critical\" 2000001000".to_owned()));
    let refused = |why: &str| Err(format!("pods \"web\" is forbidden: {why}"));
    let tail = "from the given PriorityClass name";
    assert_eq!(
        made(json!({"priority": 5})),
        refused(&format!(
            "the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 0 \
             {tail}"
        ))
    );
    assert_eq!(
        made(json!({"preemptionPolicy": "Never"})),
        refused(&format!(
            "the string value of PreemptionPolicy (Never) must not be provided in pod spec; priority admission controller \
             computed PreemptLowerPriority {tail}"
        ))
    );
    assert_eq!(made(json!({"priorityClassName": "nope"})), refused("no PriorityClass with name nope was found"));
}

#[test]
fn a_pod_without_a_class_gets_the_least_of_the_default_ones() {
    let mut server = server();
    for (name, value, is_default) in [("high", 70, true), ("low", 30, true), ("lowest", 1, false)] {
        let class = json!({"metadata": {"name": name}, "value": value, "globalDefault": is_default});
        server.create_value(Kind::PriorityClass, "", class, WriteOptions::default()).expect("a class");
    }
    let made = make(&mut server, Kind::Pod, pod(json!({}), json!({}))).expect("a pod");
    assert_eq!((&made["spec"]["priorityClassName"], &made["spec"]["priority"]), (&json!("low"), &json!(30)));
}

#[test]
fn a_service_account_gives_secrets_for_pulls_and_says_whether_there_is_a_token() {
    let mut server = server();
    let account = json!({
        "metadata": {"name": "robot"}, "automountServiceAccountToken": false, "imagePullSecrets": [{"name": "hub"}],
    });
    make(&mut server, Kind::ServiceAccount, account).expect("an account");
    let mut made = |spec: Value| {
        let made = make(&mut server, Kind::Pod, pod(spec, json!({}))).expect("a pod");
        drop(server.delete(Kind::Pod, &web(), &DeleteOptions::default()));
        let volumes = made["spec"]["volumes"].as_array().map_or(0, Vec::len);
        (made["spec"]["imagePullSecrets"].clone(), volumes)
    };
    assert_eq!(made(json!({})), (Value::Null, 1));
    assert_eq!(made(json!({"serviceAccountName": "robot"})), (json!([{"name": "hub"}]), 0));
    let own = json!([{"name": "own"}]);
    let asks = json!({"serviceAccountName": "robot", "automountServiceAccountToken": true, "imagePullSecrets": own});
    assert_eq!(made(asks), (own, 1));
    assert_eq!(made(json!({"automountServiceAccountToken": false})).1, 0);
}

#[test]
fn the_class_of_service_follows_from_requests_and_limits() {
    let both = |cpu: &str, memory: &str| json!({"cpu": cpu, "memory": memory});
    let of = |pod_level: Value, container: Value| {
        let mut spec = json!({});
        if !pod_level.is_null() {
            spec["resources"] = pod_level;
        }
        let made = make(&mut server(), Kind::Pod, pod(spec, json!({"resources": container}))).expect("a pod");
        made["status"]["qosClass"].as_str().unwrap_or_default().to_owned()
    };
    let none = Value::Null;
    for (pod_level, container, class) in [
        (none.clone(), json!({}), "BestEffort"),
        (none.clone(), json!({"requests": both("0", "0")}), "BestEffort"),
        (none.clone(), json!({"requests": {"ephemeral-storage": "1Gi"}}), "BestEffort"),
        (none.clone(), json!({"requests": {"cpu": "1"}}), "Burstable"),
        (none.clone(), json!({"limits": {"cpu": "1"}}), "Burstable"),
        (none.clone(), json!({"limits": both("1", "1Gi")}), "Guaranteed"),
        (none.clone(), json!({"limits": both("1", "1Gi"), "requests": both("1000m", "1024Mi")}), "Guaranteed"),
        (none.clone(), json!({"limits": both("1", "1Gi"), "requests": both("1", "1Mi")}), "Burstable"),
        (json!({"limits": both("1", "1Gi")}), json!({}), "Guaranteed"),
        (json!({"requests": {"cpu": "1"}}), json!({}), "Burstable"),
        (json!({"limits": {"cpu": "2"}}), json!({"limits": both("1", "1Gi")}), "Burstable"),
    ] {
        assert_eq!(of(pod_level.clone(), container.clone()), class, "{pod_level} {container}");
    }
}

#[test]
fn who_is_held_by_a_finalizer_was_deleted_when_that_was_asked_for() {
    let mut server = server();
    let mut value = pod(json!({"nodeName": "minikube"}), json!({}));
    value["metadata"]["finalizers"] = json!(["example.com/hold"]);
    make(&mut server, Kind::Pod, value).expect("a pod");
    let mut delete = |seconds: i64| {
        let options = DeleteOptions { grace_period_seconds: Some(seconds), ..DeleteOptions::default() };
        let object = server.delete(Kind::Pod, &web(), &options).expect("deleted").object;
        object.metadata().deletion_timestamp.map(crate::api::Time::as_sim_ms)
    };
    assert_eq!((delete(30), delete(0)), (Some(30_000), Some(0)));
    assert!(matches!(server.get(Kind::Pod, &Key::new("default", "web")), Ok(Object::Pod(_))));
}
