//! Patches as Kubernetes makes and applies them.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn deployment(container: Value) -> Value {
    json!({"spec": {"template": {"spec": {"containers": [container]}}}})
}

fn container(value: &Value) -> &Value {
    &value["spec"]["template"]["spec"]["containers"][0]
}

/// What apply makes of the live object, and the patch that it sends.
fn apply(last: &Value, new: &Value, live: &Value) -> (Value, Value) {
    let patch = three_way(last, new, live, Kind::Deployment).unwrap();
    (strategic_merge(live, &patch, Kind::Deployment).unwrap(), patch)
}

#[test]
fn an_applied_image_leaves_what_others_have_set() {
    let last = deployment(json!({"name": "c", "image": "v1"}));
    let new = deployment(json!({"name": "c", "image": "v2"}));
    let live = json!({"spec": {
        "replicas": 5,
        "template": {"spec": {"containers": [
            {"name": "c", "image": "v1", "imagePullPolicy": "IfNotPresent", "terminationMessagePath": "/x"}
        ]}}
    }});
    let (result, patch) = apply(&last, &new, &live);
    assert_eq!(
        patch,
        json!({"spec": {"template": {"spec": {
            "$setElementOrder/containers": [{"name": "c"}],
            "containers": [{"image": "v2", "name": "c"}]
        }}}})
    );
    assert_eq!(result["spec"]["replicas"], 5);
    assert_eq!(
        container(&result),
        &json!({"name": "c", "image": "v2", "imagePullPolicy": "IfNotPresent", "terminationMessagePath": "/x"})
    );
    assert_eq!(three_way(&new, &new, &result, Kind::Deployment).unwrap(), json!({}));
}

#[test]
fn a_removed_port_goes_and_a_defaulted_one_stays() {
    let last = deployment(json!({"name": "c", "ports": [{"containerPort": 80}, {"containerPort": 443}]}));
    let new = deployment(json!({"name": "c", "ports": [{"containerPort": 80}]}));
    let live = deployment(json!({"name": "c", "ports": [
        {"containerPort": 80, "protocol": "TCP"}, {"containerPort": 443, "protocol": "TCP"}
    ]}));
    let (result, patch) = apply(&last, &new, &live);
    assert_eq!(
        container(&patch),
        &json!({
            "name": "c",
            "$setElementOrder/ports": [{"containerPort": 80}],
            "ports": [{"containerPort": 443, "$patch": "delete"}]
        })
    );
    assert_eq!(container(&result)["ports"], json!([{"containerPort": 80, "protocol": "TCP"}]));
    // What was never applied is not removed either.
    let (result, _) = apply(&new, &new, &live);
    assert_eq!(container(&result)["ports"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_list_that_is_left_out_goes_whole() {
    let last = deployment(json!({"name": "c", "ports": [{"containerPort": 80}], "args": ["x"]}));
    let new = deployment(json!({"name": "c"}));
    let (result, patch) = apply(&last, &new, &last);
    assert_eq!(container(&patch), &json!({"name": "c", "ports": null, "args": null}));
    assert_eq!(container(&result), &json!({"name": "c"}));
}

#[test]
fn environment_variables_merge_by_name() {
    let live = deployment(json!({"name": "c", "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}));
    let patch = deployment(json!({"name": "c", "env": [{"name": "B", "value": "3"}, {"name": "C", "value": "4"}]}));
    let result = strategic_merge(&live, &patch, Kind::Deployment).unwrap();
    assert_eq!(
        container(&result)["env"],
        json!([{"name": "A", "value": "1"}, {"name": "B", "value": "3"}, {"name": "C", "value": "4"}])
    );
    // The kind of the value changes: the old one must be taken away by name.
    let new = json!({"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}});
    let (result, _) = apply(&live, &deployment(json!({"name": "c", "env": [new]})), &live);
    assert_eq!(container(&result)["env"], json!([new]));
}

#[test]
fn a_renamed_container_replaces_the_old_one() {
    let last = deployment(json!({"name": "old", "image": "v1"}));
    let new = deployment(json!({"name": "new", "image": "v1"}));
    let (result, patch) = apply(&last, &new, &last);
    assert_eq!(
        patch["spec"]["template"]["spec"]["containers"],
        json!([{"name": "new", "image": "v1"}, {"name": "old", "$patch": "delete"}])
    );
    assert_eq!(result, new);
}

/// Kubernetes' own surprise: ports are merged by number alone (kubernetes/kubernetes#39188).
#[test]
fn ports_of_one_number_and_two_protocols_are_one() {
    let both = json!([
        {"containerPort": 53, "protocol": "UDP", "name": "u"}, {"containerPort": 53, "protocol": "TCP", "name": "t"}
    ]);
    let live = deployment(json!({"name": "c", "ports": both}));
    let patch = deployment(json!({"name": "c", "ports": [{"containerPort": 53, "protocol": "TCP", "name": "t"}]}));
    let result = strategic_merge(&live, &patch, Kind::Deployment).unwrap();
    let ports = container(&result)["ports"].as_array().cloned().unwrap_or_default();
    assert_eq!(ports.iter().filter(|port| port["protocol"] == "TCP").count(), 2);
    assert_eq!(three_way(&live, &live, &live, Kind::Deployment).unwrap(), json!({}));
}

#[test]
fn the_order_of_the_manifest_wins() {
    // What only the server has keeps its place before whatever it stood before.
    let list = |names: &[&str]| -> Value {
        let containers: Vec<Value> = names.iter().map(|name| json!({"name": name})).collect();
        json!({"spec": {"template": {"spec": {"containers": containers}}}})
    };
    let (result, _) = apply(&list(&["a", "b"]), &list(&["b", "a"]), &list(&["a", "side", "b"]));
    assert_eq!(result, list(&["side", "b", "a"]));
}

#[test]
fn the_strategy_retains_only_the_keys_it_names() {
    let rolling = json!({"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}});
    let recreate = json!({"spec": {"strategy": {"type": "Recreate"}}});
    // The live strategy was defaulted, never applied: it must go all the same.
    let (result, patch) = apply(&json!({}), &recreate, &rolling);
    assert_eq!(patch, json!({"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}));
    assert_eq!(result, recreate);
}

#[test]
fn directives_in_a_patch() {
    let live = deployment(json!({"name": "c", "image": "v1"}));
    let merged = |patch: Value| strategic_merge(&live, &patch, Kind::Deployment);
    let containers = |list: Value| json!({"spec": {"template": {"spec": {"containers": list}}}});
    assert_eq!(
        merged(containers(json!([{"$patch": "replace"}, {"name": "d"}]))).unwrap(),
        containers(json!([{"name": "d"}]))
    );
    assert_eq!(merged(json!({"spec": {"$patch": "delete"}})).unwrap(), json!({"spec": {}}));
    assert_eq!(
        merged(containers(json!([{"image": "x"}]))).unwrap_err(),
        "map: map[image:x] does not contain declared merge key: name"
    );
    assert_eq!(
        merged(json!({"spec": {"$patch": "nope"}})).unwrap_err(),
        "unknown patch type: nope in map: map[$patch:nope]"
    );
    let finalizers = json!({"metadata": {"finalizers": ["a", "b", "c"]}});
    let patch = json!({"metadata": {"$deleteFromPrimitiveList/finalizers": ["b"], "finalizers": ["d"]}});
    let result = strategic_merge(&finalizers, &patch, Kind::Deployment).unwrap();
    let left = result["metadata"]["finalizers"].as_array().cloned().unwrap_or_default();
    assert!(!left.contains(&json!("b")) && left.contains(&json!("d")));
    assert_eq!(merged(json!({"metadata": null, "spec": {"replicas": null}})).unwrap(), live);
}

#[test]
fn json_merge_patches() {
    let live = json!({"a": {"b": 1, "c": [1, 2]}, "d": 2});
    assert_eq!(
        json_merge_patch(&live, &json!({"a": {"b": null, "c": [3], "e": {"f": null}}})),
        json!({"a": {"c": [3], "e": {}}, "d": 2})
    );
    assert_eq!(json_merge_patch(&live, &json!(1)), json!(1));
}

#[test]
fn json_patches() {
    let live = json!({"a": {"b": [1, 2]}, "c/d": 1});
    let patched = |patch: Value| json_patch(&live, &patch);
    let operations = json!([
        {"op": "test", "path": "/a/b/1", "value": 2},
        {"op": "add", "path": "/a/b/-", "value": 3},
        {"op": "add", "path": "/a/b/0", "value": 0},
        {"op": "replace", "path": "/c~1d", "value": 2},
        // gopkg.in/evanphx/json-patch.v4 sets a field that is not there.
        {"op": "replace", "path": "/g", "value": 3},
        {"op": "copy", "from": "/a/b/0", "path": "/e"},
        {"op": "move", "from": "/a/b", "path": "/f"},
        {"op": "remove", "path": "/a"},
    ]);
    assert_eq!(patched(operations).unwrap(), json!({"c/d": 2, "g": 3, "e": 0, "f": [0, 1, 2, 3]}));
    for (operation, expected) in [
        (
            json!({"op": "remove", "path": "/x"}),
            "error in remove for path: '/x': Unable to remove nonexistent key: x: missing value",
        ),
        (
            json!({"op": "replace", "path": "/a/b/9", "value": 1}),
            "replace operation does not apply: doc is missing key: /a/b/9: missing value",
        ),
        (
            json!({"op": "add", "path": "/x/y", "value": 1}),
            "add operation does not apply: doc is missing path: \"/x/y\": missing value",
        ),
        (json!({"op": "test", "path": "/c~1d", "value": 5}), "testing value /c~1d failed: test failed"),
        (
            json!({"op": "add", "path": "/a/b/9", "value": 1}),
            "error in add for path: '/a/b/9': Unable to access invalid index: 9: invalid index referenced",
        ),
        (json!({"op": "nope", "path": "/a"}), "Unexpected kind: nope"),
    ] {
        assert_eq!(patched(json!([operation])).unwrap_err(), expected);
    }
}

/// Deployments with few enough names that patches meet.
fn any_deployment() -> impl Strategy<Value = Value> {
    let port = (0..3_i64).prop_map(|port| json!({"containerPort": port}));
    let ports = proptest::collection::btree_map(0..3_i64, "[xy]", 0..3).prop_map(|ports| {
        ports.into_iter().map(|(port, name)| json!({"containerPort": port, "name": name})).collect::<Vec<_>>()
    });
    let one = ("[ab]", ports, proptest::option::of(port), "[12]").prop_map(|(name, ports, extra, image)| {
        let mut container = json!({"name": name, "image": image, "ports": ports});
        if extra.is_some() {
            container["args"] = json!([image]);
        }
        container
    });
    let containers = proptest::collection::vec(one, 1..3).prop_map(|mut containers: Vec<Value>| {
        containers.dedup_by(|left, right| left["name"] == right["name"]);
        containers
    });
    (containers, proptest::option::of(0..4_i64), proptest::collection::btree_map("[kl]", "[vw]", 0..3)).prop_map(
        |(containers, replicas, labels)| {
            let mut value =
                json!({"metadata": {"labels": labels}, "spec": {"template": {"spec": {"containers": containers}}}});
            if let Some(replicas) = replicas {
                value["spec"]["replicas"] = json!(replicas);
            }
            value
        },
    )
}

proptest! {
    /// What the two-way patch is for.
    #[test]
    fn a_two_way_patch_turns_one_into_the_other(before in any_deployment(), after in any_deployment()) {
        let patch = two_way(&before, &after, Kind::Deployment).unwrap();
        prop_assert_eq!(strategic_merge(&before, &patch, Kind::Deployment).unwrap(), after);
    }

    /// Applying to what the last apply made gives the new manifest, and nothing more is left to do.
    #[test]
    fn an_apply_arrives(last in any_deployment(), new in any_deployment()) {
        let patch = three_way(&last, &new, &last, Kind::Deployment).unwrap();
        let live = strategic_merge(&last, &patch, Kind::Deployment).unwrap();
        prop_assert_eq!(&live, &new);
        prop_assert_eq!(three_way(&new, &new, &live, Kind::Deployment).unwrap(), json!({}));
    }

    #[test]
    fn any_patch_gets_an_answer(patch in "[a-z0-9 :{}\\[\\]\",$/]{0,60}", live in any_deployment()) {
        if let Ok(patch) = serde_json::from_str::<Value>(&patch) {
            let _ = strategic_merge(&live, &patch, Kind::Deployment);
            let _ = json_patch(&live, &patch);
            let _ = json_merge_patch(&live, &patch);
        }
    }
}
