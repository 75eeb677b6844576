//! Objects as a cluster gives them (`kubectl get … -o yaml`), made ready to be created again: what the cluster itself has
//! written is taken away, and what its controllers make by themselves is left out.

use crate::api::{Time, well_known};
use serde_json::{Map, Value};

/// Fields of the metadata that the API server writes.
const OF_SERVER: [&str; 4] = ["resourceVersion", "generation", "managedFields", "selfLink"];
/// Those that make the object the one that it is.
const IDENTITY: [&str; 3] = ["uid", "creationTimestamp", "ownerReferences"];
/// Kinds that are there because of other objects, or of the cluster.
const DERIVED: [&str; 7] = ["Event", "EndpointSlice", "Endpoints", "Node", "Lease", "ControllerRevision", "PodMetrics"];
/// Objects that every namespace, or every cluster, has.
const OF_CLUSTER: [(&str, &str); 3] =
    [("Service", "kubernetes"), ("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default")];
/// A time in RFC 3339 is no longer, in bytes.
const LONGEST_TIME: usize = 40;
/// What the API server allots to a Service.
const ALLOTTED: [&str; 2] = ["clusterIP", "clusterIPs"];

/// Whether a cluster has given the object.
pub fn is_exported(object: &Value) -> bool {
    object.pointer("/metadata/uid").is_some()
}

/// The object as it can be created; none where something else makes it.
pub fn creatable(object: &Value) -> Option<Value> {
    if controller(object).is_some() {
        return None;
    }
    let mut object = cleaned(object)?;
    let metadata = fields(&mut object, "metadata")?;
    IDENTITY.iter().for_each(|field| drop(metadata.remove(*field)));
    if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
        annotations.remove(well_known::DEPLOYMENT_REVISION);
    }
    Some(object)
}

/// The object as it can be brought along, with its uid, creation time and revision, and its owner if that is among `all`;
/// none where something else makes it, or where it has come to its end.
pub fn portable(object: &Value, all: &[Value]) -> Option<Value> {
    if controller(object).is_some_and(|owner| !comes_along(owner, all)) {
        return None;
    }
    let has_ended = object.pointer("/metadata/deletionTimestamp").is_some()
        || ["Succeeded", "Failed"]
            .contains(&object.pointer("/status/phase").and_then(Value::as_str).unwrap_or_default());
    if has_ended { None } else { cleaned(object) }
}

/// Whether the controller with this uid is among `all`, and so are those above it: a Deployment, or one of its ReplicaSets.
fn comes_along(uid: &str, all: &[Value]) -> bool {
    let has = |object: &Value, pointer: &str, wanted: &str| {
        object.pointer(pointer).and_then(Value::as_str).is_some_and(|word| word == wanted)
    };
    let Some(owner) = all.iter().find(|other| has(other, "/metadata/uid", uid)) else { return false };
    match controller(owner) {
        None => has(owner, "/kind", "Deployment") || has(owner, "/kind", "ReplicaSet"),
        Some(above) => {
            has(owner, "/kind", "ReplicaSet")
                && all.iter().any(|other| has(other, "/kind", "Deployment") && has(other, "/metadata/uid", above))
        }
    }
}

/// The latest moment that the objects tell of: when they were asked for, as nearly as they know.
pub fn as_of(objects: &[Value]) -> Option<Time> {
    fn latest(value: &Value) -> Option<Time> {
        match value {
            Value::String(text) if text.len() <= LONGEST_TIME => Time::parse(text),
            Value::Array(items) => items.iter().filter_map(latest).max(),
            Value::Object(fields) => fields.values().filter_map(latest).max(),
            _ => None,
        }
    }
    let told = |object: &Value| ["metadata", "status"].iter().filter_map(|part| latest(object.get(*part)?)).max();
    objects.iter().filter_map(told).max()
}

/// The uid of the controller that an object belongs to.
fn controller(object: &Value) -> Option<&str> {
    let owners = object.pointer("/metadata/ownerReferences").and_then(Value::as_array);
    let owner = owners?.iter().find(|owner| owner.get("controller") == Some(&Value::Bool(true)))?;
    owner.get("uid").and_then(Value::as_str)
}

/// The object without what the cluster has written; none where something else makes it.
fn cleaned(object: &Value) -> Option<Value> {
    let word = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (kind, name) = (word("/kind"), word("/metadata/name"));
    if DERIVED.contains(&kind) || OF_CLUSTER.contains(&(kind, name)) {
        return None;
    }
    let mut object = object.clone();
    object.as_object_mut()?.remove("status");
    let metadata = fields(&mut object, "metadata")?;
    OF_SERVER.iter().for_each(|field| drop(metadata.remove(*field)));
    if kind == "Service"
        && let Some(spec) = fields(&mut object, "spec")
        // A headless one has said so.
        && spec.get("clusterIP").is_none_or(|address| address != "None")
    {
        ALLOTTED.iter().for_each(|field| drop(spec.remove(*field)));
    }
    if kind == "Pod"
        && let Some(spec) = fields(&mut object, "spec")
    {
        spec.remove("nodeName");
    }
    Some(object)
}

fn fields<'a>(object: &'a mut Value, name: &str) -> Option<&'a mut Map<String, Value>> {
    object.get_mut(name)?.as_object_mut()
}
