use serde_json::json;

use super::*;

fn deployment(containers: Value) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "labels": {"app": "web"}},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}},
            "template": {"spec": {"containers": containers}}}})
}

fn texts(fields: &FieldSet) -> Vec<String> {
    fields.paths().iter().map(|path| path_text(path)).collect()
}

#[test]
fn fields_are_as_fine_as_the_schema_says() {
    let ports = json!([{"containerPort": 80}]);
    let value = deployment(json!([{"name": "web", "image": "nginx", "args": ["a"], "ports": ports, "resources": {}}]));
    let container = ".spec.template.spec.containers[name=\"web\"]";
    let expected = [
        ".apiVersion",
        ".kind",
        ".metadata.name",
        ".metadata.labels.app",
        ".spec.replicas",
        ".spec.selector",
        container,
        &format!("{container}.args"),
        &format!("{container}.image"),
        &format!("{container}.name"),
        &format!("{container}.resources"),
        &format!("{container}.ports[containerPort=80,protocol=\"TCP\"]"),
        &format!("{container}.ports[containerPort=80,protocol=\"TCP\"].containerPort"),
    ];
    let fields = fields_of(Kind::Deployment, &value);
    assert_eq!(texts(&fields), expected);
    assert_eq!(
        fields.to_value()["f:spec"]["f:template"],
        json!({"f:spec": {"f:containers": {"k:{\"name\":\"web\"}": {
            ".": {}, "f:args": {}, "f:image": {}, "f:name": {}, "f:resources": {},
            "f:ports": {"k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}}}
        }}}})
    );
}

#[test]
fn versions_are_compared_field_by_field() {
    let old = deployment(json!([{"name": "a", "image": "1"}, {"name": "b", "image": "1"}]));
    let new = deployment(json!([{"name": "c", "image": "1"}, {"name": "a", "image": "2"}]));
    let found = compare(Kind::Deployment, &old, &new);
    let list = ".spec.template.spec.containers";
    assert_eq!(texts(&found.modified), [format!("{list}[name=\"a\"].image")]);
    let whole = |name: &str| {
        [String::new(), ".image".into(), ".name".into()].map(|field| format!("{list}[name={name:?}]{field}"))
    };
    assert_eq!(texts(&found.removed), whole("b"));
    assert_eq!(texts(&found.added), whole("c"));
}

#[test]
fn a_configuration_is_merged_in_its_order() {
    let names = |names: &[&str]| Value::Array(names.iter().map(|name| json!({"name": name})).collect::<Vec<_>>());
    for (live, config, expected) in [
        (&["a", "b", "c"][..], &["c", "a"][..], &["b", "c", "a"][..]),
        (&["a", "b"], &["x", "b"], &["a", "x", "b"]),
        (&["a", "x", "b"], &["b", "a"], &["x", "b", "a"]),
        (&["a"], &["a", "b"], &["a", "b"]),
    ] {
        let merged = merge(Kind::Deployment, &deployment(names(live)), &deployment(names(config)));
        assert_eq!(merged, deployment(names(expected)), "{live:?} {config:?}");
    }
    let live = json!({"metadata": {"labels": {"a": "1"}}, "spec": {"selector": {"matchLabels": {"a": "b"}}}});
    let config = json!({"metadata": {"labels": {"b": "2"}}, "spec": {"selector": {"matchLabels": {"c": "d"}}}});
    assert_eq!(
        merge(Kind::Deployment, &live, &config),
        json!({"metadata": {"labels": {"a": "1", "b": "2"}}, "spec": {"selector": {"matchLabels": {"c": "d"}}}})
    );
}

#[test]
fn fields_are_taken_out() {
    let value = json!({"metadata": {"labels": {"a": "1"}}, "data": {"a": "1", "b": "2"}});
    let mut fields = FieldSet::of(&["data", "a"]);
    assert_eq!(
        without(Kind::ConfigMap, &value, &fields),
        json!({"metadata": {"labels": {"a": "1"}}, "data": {"b": "2"}})
    );
    fields = fields.union(&FieldSet::of(&["metadata", "labels"]));
    assert_eq!(without(Kind::ConfigMap, &value, &fields), json!({"metadata": {}, "data": {"b": "2"}}));
}

#[test]
fn sets_are_sets() {
    let (a, b) = (FieldSet::of(&["a", "x"]), FieldSet::of(&["a", "y"]));
    let both = a.union(&b);
    assert_eq!(texts(&both), [".a.x", ".a.y"]);
    assert_eq!(both.difference(&a), b);
    assert_eq!(both.intersection(&a), a);
    assert!(a.intersection(&b).is_empty() && a.difference(&both).is_empty());
}

#[test]
fn what_does_not_fit_is_told() {
    let told = |value: Value| undeclared(Kind::Deployment, &value);
    assert_eq!(told(deployment(json!([{"name": "a"}]))), None);
    assert_eq!(told(json!({"spec": {"replicaz": 1}})).as_deref(), Some(".spec.replicaz: field not declared in schema"));
    assert_eq!(
        told(json!({"spec": {"replicas": "1", "paused": 1}})).as_deref(),
        Some(
            "errors:\n  .spec.paused: expected boolean, got 1\n  .spec.replicas: expected numeric (int or float), got string"
        )
    );
    assert_eq!(
        told(deployment(json!([{"name": "a"}, {"name": "a"}]))).as_deref(),
        Some(".spec.template.spec.containers: duplicate entries for key [name=\"a\"]")
    );
}
