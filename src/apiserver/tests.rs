//! What the API server answers to requests.

use serde_json::{Value, json};

use super::{ApiServer, Applied, DeleteOptions, FieldValidation, Key, PatchType, Status, WriteOptions};
use crate::api::{Kind, KubernetesVersion};

mod admission;

const STRATEGIC: PatchType = PatchType::Strategic;

fn server() -> ApiServer {
    ApiServer::new(1, KubernetesVersion::V1_36)
}

fn web() -> Key {
    Key::new("default", "web")
}

fn deployment() -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {
            "replicas": 2, "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "app", "image": "nginx"}]},
            },
        },
    })
}

fn create(server: &mut ApiServer, value: Value) -> Result<Applied, Status> {
    server.create_value(Kind::Deployment, "default", value, WriteOptions::default())
}

fn with_deployment() -> ApiServer {
    let mut server = server();
    create(&mut server, deployment()).expect("a valid deployment");
    server
}

fn patch(server: &mut ApiServer, patch_type: PatchType, change: Value) -> Result<Value, String> {
    let done = server.patch(Kind::Deployment, &web(), &change, patch_type, WriteOptions::default());
    done.map(|applied| applied.object.to_value())
        .map_err(|status| format!("{} {}: {}", status.code, status.reason, status.message))
}

#[track_caller]
fn check_refused(patch_type: PatchType, change: Value, expected: &str) {
    assert_eq!(patch(&mut with_deployment(), patch_type, change).map(drop), Err(expected.to_owned()));
}

#[test]
fn an_invalid_object_is_refused_with_its_causes() {
    let mut value = deployment();
    value["spec"]["replicas"] = json!(-1);
    value["spec"]["selector"] = json!({});
    let status = create(&mut server(), value).expect_err("invalid");
    assert_eq!((status.code, status.reason), (422, "Invalid"));
    assert!(status.message.starts_with("Deployment.apps \"web\" is invalid: [spec.replicas: "), "{}", status.message);
    let causes: Vec<String> = status.causes.iter().map(|cause| format!("{}: {}", cause.field, cause.message)).collect();
    assert_eq!(
        causes,
        [
            "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
            "spec.selector: Invalid value: {}: empty selector is invalid for deployment",
        ]
    );
}

#[test]
fn warnings_come_with_the_answer() {
    let mut value = deployment();
    value["metadata"]["name"] = json!("web.example");
    let applied = create(&mut server(), value).expect("valid");
    assert_eq!(applied.warnings.len(), 1);
    assert!(applied.warnings[0].starts_with("metadata.name: this is used in Pod names"), "{:?}", applied.warnings);
}

#[test]
fn unknown_fields_are_refused_warned_of_or_ignored() {
    let mut value = deployment();
    value["spec"]["replica"] = json!(3);
    let mut server = server();
    let status = create(&mut server, value.clone()).expect_err("strict");
    assert_eq!(
        status.message,
        "Deployment in version \"v1\" cannot be handled as a Deployment: strict decoding error: unknown field \
         \"spec.replica\""
    );
    let options = |field_validation| WriteOptions { field_validation, dry_run: true, ..WriteOptions::default() };
    let mut warnings = |validation| {
        let applied = server.create_value(Kind::Deployment, "default", value.clone(), options(validation));
        applied.map(|applied| applied.warnings)
    };
    assert_eq!(warnings(FieldValidation::Warn), Ok(vec!["unknown field \"spec.replica\"".to_owned()]));
    assert_eq!(warnings(FieldValidation::Ignore), Ok(Vec::new()));
}

#[test]
fn the_namespace_is_checked_before_the_object() {
    let mut value = deployment();
    value["metadata"]["namespace"] = json!("nope");
    value["spec"]["replicas"] = json!(-1);
    let mut server = server();
    let status = server.create_value(Kind::Deployment, "nope", value.clone(), WriteOptions::default());
    assert_eq!(status.map(drop).map_err(|status| status.message), Err("namespaces \"nope\" not found".to_owned()));
    let status = create(&mut server, value);
    assert_eq!(
        status.map(drop).map_err(|status| status.message),
        Err("the namespace of the provided object does not match the namespace sent on the request".to_owned())
    );
}

#[test]
fn a_dry_run_stores_nothing() {
    let mut server = server();
    let options = WriteOptions { dry_run: true, ..WriteOptions::default() };
    assert!(server.create_value(Kind::Deployment, "default", deployment(), options).is_ok());
    assert!(server.get(Kind::Deployment, &web()).is_err());
}

#[test]
fn the_generation_counts_changes_of_spec_and_annotations() {
    let mut server = with_deployment();
    let mut generation =
        |change: Value| patch(&mut server, STRATEGIC, change).map(|object| object["metadata"]["generation"].clone());
    assert_eq!(generation(json!({"metadata": {"labels": {"a": "b"}}})), Ok(json!(1)));
    assert_eq!(generation(json!({"spec": {"replicas": 2}})), Ok(json!(1)));
    assert_eq!(generation(json!({"spec": {"replicas": 3}})), Ok(json!(2)));
    assert_eq!(generation(json!({"metadata": {"annotations": {"a": "b"}}})), Ok(json!(3)));
    assert_eq!(generation(json!({"status": {"replicas": 9}, "metadata": {"generation": 77}})), Ok(json!(3)));
}

#[test]
fn a_patch_without_effect_writes_nothing() {
    let mut server = with_deployment();
    let version = server.store().resource_version();
    assert!(patch(&mut server, STRATEGIC, json!({"spec": {"replicas": 2}})).is_ok());
    assert_eq!(server.store().resource_version(), version);
}

#[test]
fn each_type_of_patch_changes_lists_its_own_way() {
    let images = |patch_type, change| {
        let object = patch(&mut with_deployment(), patch_type, change).expect("a good patch");
        let containers = object["spec"]["template"]["spec"]["containers"].as_array().cloned().unwrap_or_default();
        containers.iter().map(|container| container["image"].as_str().unwrap_or("").to_owned()).collect::<Vec<_>>()
    };
    let side = json!({"spec": {"template": {"spec": {"containers": [{"name": "side", "image": "busybox"}]}}}});
    assert_eq!(images(STRATEGIC, side.clone()), ["busybox", "nginx"]);
    assert_eq!(images(PatchType::Merge, side), ["busybox"]);
    let path = "/spec/template/spec/containers/0/image";
    assert_eq!(images(PatchType::Json, json!([{"op": "replace", "path": path, "value": "nginx:1"}])), ["nginx:1"]);
}

#[test]
fn patches_that_do_not_fit_are_refused_in_kubernetes_words() {
    let invalid = "422 Invalid:  \"\" is invalid: patch: Invalid value: ";
    check_refused(
        STRATEGIC,
        json!({"spec": {"replica": 3}}),
        &format!("{invalid}\"map[spec:map[replica:3]]\": strict decoding error: unknown field \"spec.replica\""),
    );
    check_refused(
        STRATEGIC,
        json!({"spec": {"replicas": "3"}}),
        &format!("{invalid}\"map[spec:map[replicas:3]]\": unrecognized type: int32"),
    );
    check_refused(
        STRATEGIC,
        json!({"spec": {"replicas": -4}}),
        "422 Invalid: Deployment.apps \"web\" is invalid: spec.replicas: Invalid value: -4: must be greater than or \
         equal to 0",
    );
    check_refused(
        PatchType::Json,
        json!([{"op": "remove", "path": "/spec/nope"}]),
        "422 Invalid: the server rejected our request due to an error in our request",
    );
    check_refused(
        PatchType::Merge,
        json!([1]),
        "400 BadRequest: error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}",
    );
    check_refused(
        PatchType::Merge,
        json!({"metadata": {"name": "other"}}),
        "400 BadRequest: the name of the object (other) does not match the name on the URL (web)",
    );
}

#[test]
fn what_may_not_change_is_refused() {
    check_refused(
        STRATEGIC,
        json!({"spec": {"selector": {"matchLabels": {"tier": "x"}}}}),
        "422 Invalid: Deployment.apps \"web\" is invalid: [spec.template.metadata.labels: Invalid value: \
         {\"app\":\"web\"}: `selector` does not match template `labels`, spec.selector: Invalid value: \
         {\"matchLabels\":{\"app\":\"web\",\"tier\":\"x\"}}: field is immutable]",
    );
}

#[test]
fn an_old_resource_version_is_a_conflict() {
    let conflict = "409 Conflict: Operation cannot be fulfilled on deployments.apps \"web\": the object has been \
                    modified; please apply your changes to the latest version and try again";
    check_refused(STRATEGIC, json!({"metadata": {"resourceVersion": "1"}, "spec": {"replicas": 5}}), conflict);
    let mut server = with_deployment();
    let mut stale = server.get(Kind::Deployment, &web()).expect("stored").to_value();
    assert!(patch(&mut server, STRATEGIC, json!({"spec": {"replicas": 5}})).is_ok());
    stale["spec"]["replicas"] = json!(7);
    let refused = server.replace(Kind::Deployment, stale.clone(), WriteOptions::default());
    assert_eq!(refused.map(drop).map_err(|status| status.code), Err(409));
    stale["metadata"]["resourceVersion"] = json!("");
    assert!(server.replace(Kind::Deployment, stale, WriteOptions::default()).is_ok());
}

#[test]
fn the_status_is_written_through_its_own_door() {
    let mut server = with_deployment();
    let status = json!({"spec": {"replicas": 9}, "status": {"replicas": 2, "observedGeneration": 1}});
    let options = WriteOptions { to_status: true, ..WriteOptions::default() };
    let applied = server.patch(Kind::Deployment, &web(), &status, PatchType::Merge, options.clone()).expect("a status");
    let object = applied.object.to_value();
    assert_eq!((&object["spec"]["replicas"], &object["status"]["replicas"]), (&json!(2), &json!(2)));
    let status = json!({"status": {"availableReplicas": 3}});
    let refused = server.patch(Kind::Deployment, &web(), &status, PatchType::Merge, options);
    assert_eq!(
        refused.map(drop).map_err(|status| status.causes.len()),
        Err(2),
        "more available than there are, and than are ready"
    );
}

#[test]
fn a_pod_keeps_almost_everything() {
    let mut server = server();
    let pod = json!({"metadata": {"name": "web"}, "spec": {"containers": [{"name": "app", "image": "nginx"}]}});
    let created = server.create_value(Kind::Pod, "default", pod, WriteOptions::default());
    assert!(created.is_ok(), "{created:?}");
    let mut change = |change: Value| {
        let done = server.patch(Kind::Pod, &web(), &change, PatchType::Strategic, WriteOptions::default());
        done.map(drop)
            .map_err(|status| status.causes.into_iter().map(|cause| cause.message).collect::<Vec<_>>().join("; "))
    };
    let image = json!({"spec": {"containers": [{"name": "app", "image": "nginx:1"}]}});
    assert_eq!(change(image), Ok(()));
    let refused = change(json!({"spec": {"hostNetwork": true}})).expect_err("immutable");
    assert!(refused.starts_with("Forbidden: pod updates may not change fields other than"), "{refused}");
}

fn service(name: &str, spec: Value) -> Value {
    let mut value = json!({"metadata": {"name": name}, "spec": {"selector": {"app": "web"}}});
    if let (Some(fields), Some(given)) = (value["spec"].as_object_mut(), spec.as_object()) {
        fields.extend(given.clone());
    }
    value
}

fn create_service(server: &mut ApiServer, name: &str, spec: Value) -> Result<Value, String> {
    let created = server.create_value(Kind::Service, "default", service(name, spec), WriteOptions::default());
    created.map(|applied| applied.object.to_value()).map_err(|status| status.message)
}

#[test]
fn addresses_and_node_ports_are_given_once() {
    let mut server = server();
    let node_port = |port: i32| json!({"type": "NodePort", "ports": [{"port": 80, "nodePort": port}]});
    assert!(create_service(&mut server, "a", node_port(30080)).is_ok());
    assert_eq!(
        create_service(&mut server, "b", node_port(30080)),
        Err("Service \"b\" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated"
            .to_owned())
    );
    assert_eq!(
        create_service(&mut server, "b", node_port(80)),
        Err("Service \"b\" is invalid: spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid \
             range. The range of valid ports is 30000-32767"
            .to_owned())
    );
    let at = |address: &str| json!({"clusterIP": address, "ports": [{"port": 80}]});
    assert_eq!(
        create_service(&mut server, "b", at("10.96.0.1")),
        Err("Service \"b\" is invalid: spec.clusterIPs: Invalid value: [\"10.96.0.1\"]: failed to allocate IP 10.96.0.1: \
             provided IP is already allocated"
            .to_owned())
    );
    assert_eq!(
        create_service(&mut server, "b", at("1.2.3.4")),
        Err("Service \"b\" is invalid: spec.clusterIPs: Invalid value: [\"1.2.3.4\"]: failed to allocate IP 1.2.3.4: the \
             provided IP (1.2.3.4) is not in the valid range. The range of valid IPs is 10.96.0.0/12"
            .to_owned())
    );
}

#[test]
fn a_changed_service_keeps_its_node_ports_by_name_and_gets_those_it_lacks() {
    let mut server = server();
    let ports = json!([{"name": "http", "port": 80}, {"name": "admin", "port": 81}]);
    let created = create_service(&mut server, "web", json!({"ports": ports})).expect("a service");
    assert!(created["spec"]["ports"][0].get("nodePort").is_none());
    let mut ports_after = |change: Value| {
        let done = server.patch(Kind::Service, &web(), &change, PatchType::Merge, WriteOptions::default());
        done.expect("a good patch").object.to_value()["spec"]["ports"].clone()
    };
    let first = ports_after(json!({"spec": {"type": "NodePort"}}));
    let (http, admin) = (first[0]["nodePort"].as_i64(), first[1]["nodePort"].as_i64());
    assert!(http.is_some() && admin.is_some() && http != admin, "{first}");
    let turned = json!([{"name": "admin", "port": 91}, {"name": "http", "port": 80}]);
    let second = ports_after(json!({"spec": {"ports": turned}}));
    assert_eq!((second[0]["nodePort"].as_i64(), second[1]["nodePort"].as_i64()), (admin, http));
}

#[test]
fn generated_names_have_kubernetes_letters() {
    let mut server = server();
    for number in 0..50 {
        let pod = json!({
            "metadata": {"generateName": "web-"},
            "spec": {"containers": [{"name": "app", "image": format!("nginx:{number}")}]},
        });
        let created = server.create_value(Kind::Pod, "default", pod, WriteOptions::default()).expect("a pod");
        let name = created.object.metadata().name.clone();
        let suffix = name.strip_prefix("web-").unwrap_or_default();
        assert!(suffix.len() == 5 && suffix.chars().all(|c| "bcdfghjklmnpqrstvwxz2456789".contains(c)), "{name}");
    }
}

#[test]
fn a_finalizer_holds_what_is_deleted() {
    let mut server = server();
    let mut value = deployment();
    value["metadata"]["finalizers"] = json!(["example.com/hold"]);
    create(&mut server, value).expect("valid");
    let deleted = server.delete(Kind::Deployment, &web(), &DeleteOptions::default()).expect("deleted");
    assert!(!deleted.gone && deleted.object.metadata().deletion_timestamp.is_some());
    assert_eq!(deleted.object.metadata().generation, 2);
    let added = json!({"metadata": {"finalizers": ["example.com/hold", "example.com/more"]}});
    let refused = patch(&mut server, PatchType::Merge, added).expect_err("no new finalizers");
    assert!(refused.contains("no new finalizers can be added if the object is being deleted"), "{refused}");
    assert!(patch(&mut server, PatchType::Merge, json!({"metadata": {"finalizers": null}})).is_ok());
    assert!(server.get(Kind::Deployment, &web()).is_err());
}

#[test]
fn a_namespace_ends_and_takes_nothing_new() {
    let mut server = server();
    let namespace = json!({"metadata": {"name": "shop"}});
    server.create_value(Kind::Namespace, "", namespace, WriteOptions::default()).expect("a namespace");
    server.add_namespace_defaults("shop");
    let key = Key::new("", "shop");
    let deleted = server.delete(Kind::Namespace, &key, &DeleteOptions::default()).expect("deleted");
    assert_eq!(deleted.object.to_value()["status"]["phase"], "Terminating");
    let refused = server.create_value(Kind::Deployment, "shop", deployment(), WriteOptions::default());
    assert_eq!(
        refused.map(drop).map_err(|status| status.message),
        Err("deployments.apps \"web\" is forbidden: unable to create new content in namespace shop because it is being \
             terminated"
            .to_owned())
    );
    let refused = server.delete(Kind::Namespace, &Key::new("", "default"), &DeleteOptions::default());
    assert_eq!(
        refused.map(drop).map_err(|status| status.message),
        Err("namespaces \"default\" is forbidden: this namespace may not be deleted".to_owned())
    );
}

#[test]
fn a_deletion_under_way_is_only_shortened() {
    let mut server = server();
    let pod = json!({"metadata": {"name": "web"}, "spec": {"nodeName": "minikube", "containers": [{"name": "app", "image": "nginx"}]}});
    server.create_value(Kind::Pod, "default", pod, WriteOptions::default()).expect("a pod");
    let mut delete = |seconds: Option<i64>| {
        let options = DeleteOptions { grace_period_seconds: seconds, ..DeleteOptions::default() };
        let deleted = server.delete(Kind::Pod, &web(), &options).expect("deleted");
        (deleted.gone, deleted.object.metadata().deletion_grace_period_seconds)
    };
    assert_eq!(delete(Some(100)), (false, Some(100)));
    assert_eq!(delete(None), (false, Some(100)));
    assert_eq!(delete(Some(120)), (false, Some(100)));
    assert_eq!(delete(Some(10)), (false, Some(10)));
    assert_eq!(delete(Some(0)), (true, Some(0)));
}

#[test]
fn a_deletion_counts_once_as_a_change_of_a_pod() {
    let mut server = server();
    let pod = json!({"metadata": {"name": "web"}, "spec": {"containers": [{"name": "app", "image": "nginx"}]}});
    let mut delete = |before: &[Option<i64>]| {
        server.create_value(Kind::Pod, "default", pod.clone(), WriteOptions::default()).expect("a pod");
        let generations = before.iter().map(|seconds| {
            let options = DeleteOptions { grace_period_seconds: *seconds, ..DeleteOptions::default() };
            server.delete(Kind::Pod, &web(), &options).expect("deleted").object.metadata().generation
        });
        generations.collect::<Vec<_>>()
    };
    // Nobody runs it, so it goes at once.
    assert_eq!(delete(&[None]), [2]);
    assert_eq!(delete(&[Some(0)]), [2]);
    let mut scheduled = pod.clone();
    scheduled["spec"]["nodeName"] = json!("minikube");
    server.create_value(Kind::Pod, "default", scheduled, WriteOptions::default()).expect("a pod");
    let mut graceful = |seconds| {
        let options = DeleteOptions { grace_period_seconds: seconds, ..DeleteOptions::default() };
        server.delete(Kind::Pod, &web(), &options).expect("deleted").object.metadata().generation
    };
    assert_eq!([graceful(Some(30)), graceful(Some(10)), graceful(Some(0))], [2, 2, 2]);
}

#[test]
fn fields_without_effect_are_listed_while_the_object_is_there() {
    let mut server = server();
    let mut value = deployment();
    value["spec"]["template"]["spec"]["hostname"] = json!("www");
    value["spec"]["template"]["spec"]["hostNetwork"] = json!(false);
    value["spec"]["template"]["spec"]["containers"][0]["resources"] = json!({"limits": {"cpu": "1"}});
    create(&mut server, value).expect("valid");
    let listed = |server: &ApiServer| -> Vec<String> {
        server.not_simulated().flat_map(|(_, _, paths)| paths.to_vec()).collect()
    };
    assert_eq!(listed(&server), ["spec.template.spec.containers[0].resources.limits", "spec.template.spec.hostname"]);
    let change = json!({"spec": {"template": {"spec": {"hostname": null}}}});
    assert!(patch(&mut server, STRATEGIC, change).is_ok());
    assert_eq!(listed(&server), ["spec.template.spec.containers[0].resources.limits"]);
    server.delete(Kind::Deployment, &web(), &DeleteOptions::default()).expect("deleted");
    server.take_changes();
    assert!(listed(&server).is_empty());
}
