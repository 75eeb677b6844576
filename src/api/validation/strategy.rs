//! What the API server does to an object before it looks whether it is valid.
//!
//! Models the PrepareForCreate and PrepareForUpdate of pkg/registry/{apps,core}/…/strategy.go.

use serde_json::{Map, Value, json};

use super::equality;
use super::field::Field;
use super::service::{is_externally_accessible, needs_health_check};
use crate::api::Kind;
use crate::sorting;

/// Takes away the status that a user wrote and sets the first generation.
pub fn prepare_for_create(kind: Kind, object: &mut Value) {
    let Some(fields) = object.as_object_mut() else { return };
    match kind {
        Kind::Deployment | Kind::ReplicaSet => {
            fields.insert("status".to_owned(), json!({}));
            set_generation(fields, 1);
        }
        Kind::Pod => {
            fields.insert("status".to_owned(), json!({"phase": "Pending"}));
            set_generation(fields, 1);
        }
        Kind::Service => {
            fields.insert("status".to_owned(), json!({"loadBalancer": {}}));
            if let Some(spec) = fields.get_mut("spec").and_then(Value::as_object_mut) {
                fill_cluster_ips(spec);
            }
        }
        Kind::Namespace => {
            fields.insert("status".to_owned(), json!({"phase": "Active"}));
            add_kubernetes_finalizer(fields);
        }
        _ => {}
    }
}

/// Puts back template labels that were sent as an empty map, which decoding drops: Go tells an empty map from none,
/// and the error about a selector that does not match them shows which it was.
pub fn restore_empty_labels(sent: &Value, object: &mut Value) {
    if sent.pointer("/spec/template/metadata/labels") != Some(&json!({})) {
        return;
    }
    if let Some(metadata) = object.pointer_mut("/spec/template/metadata").and_then(Value::as_object_mut) {
        metadata.entry("labels").or_insert_with(|| json!({}));
    }
}

/// Keeps what an update may not touch, and raises the generation when something changed that counts.
pub fn prepare_for_update(kind: Kind, object: &mut Value, old: &Value) {
    let generation = next_generation(kind, object, old);
    let Some(fields) = object.as_object_mut() else { return };
    keep(fields, old, "status");
    set_generation(fields, generation);
    match kind {
        Kind::Service => {
            keep_allocated(fields, old);
            drop_fields_of_old_type(fields, old);
        }
        Kind::Namespace => {
            let old_spec = old.get("spec").unwrap_or(&Value::Null);
            if let Some(spec) = fields.get_mut("spec").and_then(Value::as_object_mut) {
                keep(spec, old_spec, "finalizers");
            }
        }
        _ => {}
    }
}

/// Keeps everything but a pod's ephemeral containers. Models dropNonEphemeralContainerUpdates.
pub fn prepare_for_ephemeral_update(pod: &mut Value, old: &Value) {
    let given = pod.pointer("/spec/ephemeralContainers").cloned();
    pod.clone_from(old);
    if let (Some(spec), Some(given)) = (pod.get_mut("spec").and_then(Value::as_object_mut), given) {
        spec.insert("ephemeralContainers".to_owned(), given);
    }
}

/// Keeps everything but the status, and a Deployment's annotations, which travel with it. Models the status strategies'
/// PrepareForUpdate.
pub fn prepare_for_status_update(kind: Kind, object: &mut Value, old: &Value) {
    let mut kept = old.clone();
    if let (Some(fields), Some(status)) = (kept.as_object_mut(), object.get("status")) {
        fields.insert("status".to_owned(), status.clone());
    }
    if kind == Kind::Deployment
        && let (Some(metadata), Some(given)) =
            (kept.get_mut("metadata").and_then(Value::as_object_mut), object.get("metadata"))
    {
        keep(metadata, given, "annotations");
    }
    *object = kept;
}

/// The generation after an update: one more when the spec changed; a Deployment's annotations count too, because its
/// ReplicaSets copy them.
pub fn next_generation(kind: Kind, object: &Value, old: &Value) -> i64 {
    let old_object = old;
    let (new, old) = (Field::root(object), Field::root(old));
    let generation = old.child("metadata").child("generation").int();
    let differs = |new: &Field<'_>, old: &Field<'_>, name: &str| {
        // Below an object, where equality knows the field's name.
        let of = |field: &Field<'_>| json!({name: field.child(name).value()});
        !equality::is_equal(&of(new), &of(old))
    };
    let changed = match kind {
        Kind::Deployment => {
            differs(&new, &old, "spec") || differs(&new.child("metadata"), &old.child("metadata"), "annotations")
        }
        Kind::Custom(_) => custom_differs(object, old_object),
        _ if has_spec_generation(kind) => differs(&new, &old, "spec"),
        _ => false,
    };
    generation + i64::from(changed)
}

/// Whether anything differs but the metadata and the status. Models apiextensions-apiserver customresource/strategy.go.
fn custom_differs(new: &Value, old: &Value) -> bool {
    let (Some(new), Some(old)) = (new.as_object(), old.as_object()) else { return false };
    let counts = |name: &String| !matches!(name.as_str(), "metadata" | "status" | "apiVersion" | "kind");
    new.keys().chain(old.keys()).any(|name| counts(name) && new.get(name) != old.get(name))
}

/// Whether objects of this kind count the changes of their spec.
pub fn has_spec_generation(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Custom(_)
            | Kind::CustomResourceDefinition
            | Kind::Deployment
            | Kind::ReplicaSet
            | Kind::Pod
            | Kind::StatefulSet
            | Kind::DaemonSet
            | Kind::ReplicationController
            | Kind::Job
            | Kind::CronJob
            | Kind::PodDisruptionBudget
            | Kind::Ingress
            | Kind::NetworkPolicy
    )
}

fn set_generation(fields: &mut Map<String, Value>, generation: i64) {
    if let Some(metadata) = fields.get_mut("metadata").and_then(Value::as_object_mut)
        && generation > 0
    {
        metadata.insert("generation".to_owned(), Value::from(generation));
    }
}

fn keep(fields: &mut Map<String, Value>, old: &Value, name: &str) {
    match old.get(name) {
        Some(value) => fields.insert(name.to_owned(), value.clone()),
        None => fields.remove(name),
    };
}

/// Users give one address; the list of them follows. Models normalizeClusterIPs for a new Service.
fn fill_cluster_ips(spec: &mut Map<String, Value>) {
    let address =
        spec.get("clusterIP").cloned().filter(|address| address.as_str().is_some_and(|text| !text.is_empty()));
    let has_list = spec.get("clusterIPs").and_then(Value::as_array).is_some_and(|list| !list.is_empty());
    if let Some(address) = address.filter(|_| !has_list) {
        spec.insert("clusterIPs".to_owned(), json!([address]));
    }
}

/// Addresses that the user left out stay as allocated. Models patchAllocatedValues, for addresses.
fn keep_allocated(fields: &mut Map<String, Value>, old: &Value) {
    let old_spec = old.get("spec").unwrap_or(&Value::Null);
    let Some(spec) = fields.get_mut("spec").and_then(Value::as_object_mut) else { return };
    let is_external = |kind: Option<&Value>| kind.and_then(Value::as_str) == Some("ExternalName");
    if is_external(spec.get("type")) || is_external(old_spec.get("type")) {
        return;
    }
    for name in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
        if spec.get(name).is_none_or(|value| value.is_null() || value == "" || value == &json!([])) {
            keep(spec, old_spec, name);
        }
    }
}

fn add_kubernetes_finalizer(fields: &mut Map<String, Value>) {
    let spec = fields.entry("spec").or_insert_with(|| json!({}));
    let Some(spec) = spec.as_object_mut() else { return };
    let finalizers = spec.entry("finalizers").or_insert_with(|| json!([]));
    if finalizers.is_null() {
        *finalizers = json!([]);
    }
    if let Some(finalizers) = finalizers.as_array_mut()
        && !finalizers.iter().any(|finalizer| finalizer == "kubernetes")
    {
        finalizers.push(json!("kubernetes"));
    }
}

/// What the old type of a Service needed and the new one does not is dropped, unless the user changed it too.
/// Models dropTypeDependentFields.
fn drop_fields_of_old_type(fields: &mut Map<String, Value>, old: &Value) {
    let new_value = Value::Object(fields.clone());
    let (new, old) = (Field::root(&new_value).child("spec"), Field::root(old).child("spec"));
    let kind = |spec: &Field<'_>| spec.child("type").text().to_owned();
    let same = |name: &str| equality::is_equal(new.child(name).value(), old.child(name).value());
    let has_cluster_ip = |spec: &Field<'_>| kind(spec) != "ExternalName";
    let is_balanced = |spec: &Field<'_>| kind(spec) == "LoadBalancer";
    let has_node_ports = |spec: &Field<'_>| {
        kind(spec) == "NodePort"
            || (is_balanced(spec) && spec.child("allocateLoadBalancerNodePorts").flag() != Some(false))
    };
    let mut dropped = Vec::new();
    if has_cluster_ip(&old) && !has_cluster_ip(&new) {
        if same("clusterIP") && same("clusterIPs") {
            dropped.extend(["clusterIP", "clusterIPs"]);
        }
        dropped.extend(["ipFamilies", "ipFamilyPolicy"].into_iter().filter(|name| same(name)));
    }
    if needs_health_check(&old) && !needs_health_check(&new) && same("healthCheckNodePort") {
        dropped.push("healthCheckNodePort");
    }
    if is_balanced(&old) && !is_balanced(&new) {
        let names = ["allocateLoadBalancerNodePorts", "loadBalancerClass"];
        dropped.extend(names.into_iter().filter(|name| same(name)));
    }
    if is_externally_accessible(&old) && !is_externally_accessible(&new) && same("externalTrafficPolicy") {
        dropped.push("externalTrafficPolicy");
    }
    let node_ports = |spec: &Field<'_>| -> Vec<i64> {
        let mut ports: Vec<i64> = spec.child("ports").items().map(|port| port.child("nodePort").int()).collect();
        ports.retain(|port| *port != 0);
        sorting::sort(&mut ports);
        ports
    };
    let drops_node_ports = has_node_ports(&old) && !has_node_ports(&new) && node_ports(&old) == node_ports(&new);
    let was_balanced = is_balanced(&new);
    let Some(spec) = fields.get_mut("spec").and_then(Value::as_object_mut) else { return };
    for name in dropped {
        spec.remove(name);
    }
    if drops_node_ports {
        for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(port) = port.as_object_mut() {
                port.remove("nodePort");
            }
        }
    }
    if !was_balanced {
        fields.insert("status".to_owned(), json!({"loadBalancer": {}}));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_object_has_no_status_of_its_own() {
        let mut object = json!({"metadata": {"name": "a"}, "status": {"replicas": 3}});
        prepare_for_create(Kind::Deployment, &mut object);
        assert_eq!(object, json!({"metadata": {"name": "a", "generation": 1}, "status": {}}));
    }

    #[test]
    fn labels_do_not_count_as_a_generation() {
        let old = json!({"metadata": {"generation": 2}, "spec": {"replicas": 1}});
        let labelled = json!({"metadata": {"labels": {"a": "b"}}, "spec": {"replicas": 1, "paused": false}});
        let annotated = json!({"metadata": {"annotations": {"a": "b"}}, "spec": {"replicas": 1}});
        assert_eq!(next_generation(Kind::Deployment, &labelled, &old), 2);
        assert_eq!(next_generation(Kind::Deployment, &annotated, &old), 3);
        assert_eq!(next_generation(Kind::ReplicaSet, &annotated, &old), 2);
    }

    #[test]
    fn a_service_that_leaves_node_ports_gives_its_port_back() {
        let old =
            json!({"spec": {"type": "NodePort", "externalTrafficPolicy": "Cluster", "ports": [{"nodePort": 30000}]}});
        let mut new =
            json!({"spec": {"type": "ClusterIP", "externalTrafficPolicy": "Cluster", "ports": [{"nodePort": 30000}]}});
        prepare_for_update(Kind::Service, &mut new, &old);
        assert_eq!(new, json!({"spec": {"type": "ClusterIP", "ports": [{}]}, "status": {"loadBalancer": {}}}));
    }
}
