//! What objects have around them in their cluster and do not bring along: they run there, so their namespaces are there, and
//! so are the ConfigMaps and Secrets that their pods read.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::sorting;

/// Namespaces that every cluster has.
const OF_CLUSTER: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// An object that is taken to be there.
pub struct Assumed {
    /// Its manifest.
    pub manifest: Value,
    /// Kind and name.
    pub name: String,
}

/// Kind, namespace and name, with the keys that are read.
type Needs = BTreeMap<(&'static str, String, String), BTreeSet<String>>;

/// The objects that these need and that are not among them; namespaces first.
pub fn assumed(objects: &[&Value]) -> Vec<Assumed> {
    let mut needs = Needs::new();
    for object in objects {
        let namespace = namespace_of(object);
        if !OF_CLUSTER.contains(&namespace) {
            needs.entry(("Namespace", String::new(), namespace.to_owned())).or_default();
        }
        for pointer in ["/spec/template/spec", "/spec"] {
            if let Some(spec) = object.pointer(pointer) {
                read(spec, namespace, &mut needs);
            }
        }
    }
    let is_there = |kind: &str, namespace: &str, name: &str| {
        objects.iter().any(|object| {
            let is_near = kind == "Namespace" || namespace_of(object) == namespace;
            word(object, "/kind") == kind && word(object, "/metadata/name") == name && is_near
        })
    };
    let missing = needs.into_iter().filter(|((kind, namespace, name), _)| !is_there(kind, namespace, name));
    let mut made: Vec<Assumed> =
        missing.map(|((kind, namespace, name), keys)| made(kind, &namespace, &name, keys)).collect();
    // What is in a namespace comes after it.
    sorting::sort_by_key(&mut made, |assumed| word(&assumed.manifest, "/kind") != "Namespace");
    made
}

fn word<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn namespace_of(object: &Value) -> &str {
    match word(object, "/metadata/namespace") {
        "" => "default",
        namespace => namespace,
    }
}

fn made(kind: &'static str, namespace: &str, name: &str, keys: BTreeSet<String>) -> Assumed {
    let data: Map<String, Value> = keys.into_iter().map(|key| (key, Value::from("assumed"))).collect();
    let manifest = match kind {
        "Namespace" => json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name}}),
        "Secret" => {
            json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": namespace}, "stringData": data})
        }
        _ => {
            json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": namespace}, "data": data})
        }
    };
    Assumed { manifest, name: format!("{kind} {name}") }
}

/// What a pod's spec reads and cannot do without.
fn read(spec: &Value, namespace: &str, needs: &mut Needs) {
    let mut need = |kind: &'static str, reference: Option<&Value>, name: &str, keys: Vec<&Value>| {
        let Some(reference) = reference.filter(|reference| reference.get("optional") != Some(&Value::Bool(true)))
        else {
            return;
        };
        let Some(name) = reference.get(name).and_then(Value::as_str) else { return };
        let known = needs.entry((kind, namespace.to_owned(), name.to_owned())).or_default();
        known.extend(keys.into_iter().filter_map(Value::as_str).map(str::to_owned));
    };
    let list = |value: &'_ Value, name: &str| value.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    for container in ["initContainers", "containers"].iter().flat_map(|name| list(spec, name)) {
        for source in list(&container, "envFrom") {
            need("ConfigMap", source.get("configMapRef"), "name", Vec::new());
            need("Secret", source.get("secretRef"), "name", Vec::new());
        }
        for variable in list(&container, "env") {
            for (kind, field) in [("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")] {
                let reference = variable.pointer(&format!("/valueFrom/{field}"));
                let key = reference.and_then(|reference| reference.get("key"));
                need(kind, reference, "name", key.into_iter().collect());
            }
        }
    }
    for volume in list(spec, "volumes") {
        let keys = |source: Option<&Value>| source.map(|source| list(source, "items")).unwrap_or_default();
        let mut source = |kind: &'static str, source: Option<&Value>, name: &str| {
            let items = keys(source);
            need(kind, source, name, items.iter().filter_map(|item| item.get("key")).collect());
        };
        source("ConfigMap", volume.get("configMap"), "name");
        source("Secret", volume.get("secret"), "secretName");
        for projected in volume.get("projected").map(|projected| list(projected, "sources")).unwrap_or_default() {
            source("ConfigMap", projected.get("configMap"), "name");
            source("Secret", projected.get("secret"), "name");
        }
    }
}
