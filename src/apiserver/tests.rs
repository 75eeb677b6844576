//! What the API server answers to requests.

use serde_json::{Value, json};

use super::{ApiServer, Applied, FieldValidation, Key, PatchType, Status, WriteOptions};
use crate::api::{Kind, KubernetesVersion};

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
    let applied = server.patch(Kind::Deployment, &web(), &status, PatchType::Merge, options).expect("a status");
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
