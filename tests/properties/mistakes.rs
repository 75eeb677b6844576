//! Whatever is written into a manifest: the API server answers, and what it accepts does no harm.

use hellok8s_lab::api::{Kind, Object, defaults, strict};
use hellok8s_lab::apiserver::{PatchType, WriteOptions};
use hellok8s_lab::cluster::{Cluster, ClusterConfig};
use hellok8s_lab::manifest;
use proptest::prelude::*;
use serde_json::{Value, json};

/// What engineers deploy: every kind of field in it.
const PRODUCTION: &str = include_str!("../data/production/shop.yaml");

fn documents() -> Vec<(Kind, Value)> {
    let documents = manifest::parse("shop.yaml", PRODUCTION).expect("readable YAML");
    let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let kind = |value: &Value| Kind::parse(&text(value, "apiVersion"), &text(value, "kind")).expect("a known kind");
    documents.into_iter().map(|document| (kind(&document.value), document.value)).collect()
}

fn apply(cluster: &mut Cluster, kind: Kind, value: Value) -> Result<Object, String> {
    let namespace = if kind == Kind::Namespace { "" } else { "shop" };
    let created = cluster.api.create_value(kind, namespace, value, WriteOptions::default());
    created.map(|applied| applied.object).map_err(|status| format!("{} {}", status.reason, status.message))
}

#[test]
fn production_manifests_are_accepted_whole() {
    let mut cluster = Cluster::new(ClusterConfig::default());
    for (kind, value) in documents() {
        let object = apply(&mut cluster, kind, value.clone()).unwrap_or_else(|error| panic!("{error}"));
        let stored = object.to_value();
        // Reading what was stored changes nothing.
        let mut read = strict::decode(kind, &stored).expect("what was stored").value;
        defaults::set_defaults(kind, &mut read);
        let again = Object::from_value(kind, read).expect("an object").to_value();
        assert_eq!(again, stored);
        if kind == Kind::Deployment {
            let spec = &stored["spec"]["template"]["spec"];
            assert_eq!(spec["serviceAccount"], "api");
            assert_eq!(
                spec["containers"][0]["resources"],
                value["spec"]["template"]["spec"]["containers"][0]["resources"]
            );
            assert_eq!(spec["affinity"], value["spec"]["template"]["spec"]["affinity"]);
        }
    }
    let deployment = cluster.api.not_simulated().find(|(kind, ..)| *kind == Kind::Deployment).expect("a list");
    let container = "spec.template.spec.containers[0]";
    for path in ["resources.limits", "securityContext.capabilities", "volumeMounts[0].readOnly"] {
        assert!(deployment.2.contains(&format!("{container}.{path}")), "{path} is not among {:?}", deployment.2);
    }
    for acted_on in ["Probe", "strategy", "requests", "mountPath", "envFrom", "runAsNonRoot"] {
        assert!(!deployment.2.iter().any(|path| path.contains(acted_on)), "{acted_on} is among {:?}", deployment.2);
    }
}

/// Something that somebody may write by mistake.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        prop_oneof![Just(0_i64), Just(-1), Just(1), Just(65_536), Just(i64::MAX), any::<i64>()].prop_map(Value::from),
        Just(json!(1.5)),
        Just(json!(1e300)),
        prop_oneof![
            Just(""),
            Just("25%"),
            Just("-5%"),
            Just("1Gi"),
            Just("1e999999999"),
            Just("a b"),
            Just("../x"),
            Just("é\u{0}"),
            Just("Always"),
            Just("None"),
            Just("2026-01-01T00:00:00Z"),
            Just("10.96.0.1"),
            Just("::1"),
            Just("%"),
        ]
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,6}", inner, 0..3).prop_map(|map| json!(map)),
        ]
    })
}

/// The value that the `at`th step through the tree leads to.
fn place(value: &mut Value, at: usize) -> &mut Value {
    let count = match value {
        Value::Object(fields) => fields.len(),
        Value::Array(items) => items.len(),
        _ => 0,
    };
    // One way in so many ends here.
    if count == 0 || at % (count + 1) == count {
        return value;
    }
    let (index, rest) = (at % (count + 1), at / (count + 1));
    match value {
        Value::Object(fields) => place(fields.values_mut().nth(index).expect("counted"), rest),
        Value::Array(items) => place(&mut items[index], rest),
        _ => unreachable!("it has parts"),
    }
}

proptest! {
    #![proptest_config(crate::config())]

    #[test]
    fn every_mistake_is_answered(
        which in 0..64_usize,
        changes in prop::collection::vec((any::<usize>(), value()), 1..4),
        patch in value(),
    ) {
        let mut cluster = Cluster::new(ClusterConfig::default());
        let documents = documents();
        let which = which % documents.len();
        for (kind, value) in &documents[..which] {
            apply(&mut cluster, *kind, value.clone()).map_err(TestCaseError::fail)?;
        }
        let (kind, mut value) = documents[which].clone();
        for (at, change) in changes {
            *place(&mut value, at) = change;
        }
        match apply(&mut cluster, kind, value) {
            Err(refusal) => prop_assert!(refusal.len() > 8, "{}", refusal),
            Ok(object) => {
                cluster.run_until(cluster.now() + 3000);
                let key = hellok8s_lab::apiserver::Key::of(object.metadata());
                for patch_type in [PatchType::Strategic, PatchType::Merge, PatchType::Json] {
                    let options = WriteOptions::default();
                    // Refused or carried out: it is an answer.
                    drop(cluster.api.patch(kind, &key, &json!({"spec": patch}), patch_type, options.clone()));
                    drop(cluster.api.patch(kind, &key, &patch, patch_type, options));
                }
                cluster.run_until(cluster.now() + 3000);
            }
        }
    }
}
