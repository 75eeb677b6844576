//! Objects as a cluster gives them (`kubectl get … -o yaml`), made ready to be created again: what the cluster itself has
//! written is taken away, and what its controllers make by themselves is left out.

use crate::api::well_known;
use serde_json::{Map, Value};

/// Fields of the metadata that the API server writes.
const OF_SERVER: [&str; 7] =
    ["uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "selfLink", "ownerReferences"];
/// Kinds that are there because of other objects, or of the cluster.
const DERIVED: [&str; 7] = ["Event", "EndpointSlice", "Endpoints", "Node", "Lease", "ControllerRevision", "PodMetrics"];
/// Objects that every namespace, or every cluster, has.
const OF_CLUSTER: [(&str, &str); 3] =
    [("Service", "kubernetes"), ("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default")];
/// What the API server allots to a Service.
const ALLOTTED: [&str; 2] = ["clusterIP", "clusterIPs"];

/// Whether a cluster has given the object.
pub fn is_exported(object: &Value) -> bool {
    object.pointer("/metadata/uid").is_some()
}

/// The object as it can be created; none where something else makes it.
pub fn creatable(object: &Value) -> Option<Value> {
    let word = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (kind, name) = (word("/kind"), word("/metadata/name"));
    let owners = object.pointer("/metadata/ownerReferences").and_then(Value::as_array);
    let is_controlled = owners.into_iter().flatten().any(|owner| owner.get("controller") == Some(&Value::Bool(true)));
    if is_controlled || DERIVED.contains(&kind) || OF_CLUSTER.contains(&(kind, name)) {
        return None;
    }
    let mut object = object.clone();
    object.as_object_mut()?.remove("status");
    let metadata = fields(&mut object, "metadata")?;
    OF_SERVER.iter().for_each(|field| drop(metadata.remove(*field)));
    if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
        annotations.remove(well_known::DEPLOYMENT_REVISION);
    }
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
