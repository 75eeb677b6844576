//! What the API server fills in where a manifest says nothing.
//!
//! Most defaults belong to a type and apply wherever it occurs: they are data ([`types.json`](defaults/types.json)).
//! Those with a rule are functions. Models pkg/apis/{core,apps,batch,autoscaling,networking,discovery} defaults.

pub(crate) mod pod;
mod service;
mod workload;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::schema::{self, Shape, Type};
use super::{Kind, Quantity};
use crate::api::well_known;

type Fields = Map<String, Value>;

/// Plain defaults: type → field → value.
static BY_TYPE: LazyLock<BTreeMap<String, Fields>> =
    LazyLock::new(|| serde_json::from_str(include_str!("defaults/types.json")).unwrap_or_default());

/// Fills in the defaults of an object that [`strict::decode`](super::strict::decode) has read.
pub fn set_defaults(kind: Kind, object: &mut Value) {
    let Value::Object(fields) = object else { return };
    match kind {
        Kind::Pod => pod::set_pod(fields),
        Kind::Job => workload::set_job(fields),
        Kind::ReplicationController => workload::set_replication_controller(fields),
        Kind::HorizontalPodAutoscaler => workload::set_horizontal_pod_autoscaler(fields),
        Kind::NetworkPolicy => service::set_network_policy(fields),
        Kind::Namespace => set_namespace(fields),
        Kind::PersistentVolume => set_persistent_volume(fields),
        Kind::StorageClass => {
            set(fields, "reclaimPolicy", || "Delete".into());
            set(fields, "volumeBindingMode", || "Immediate".into());
        }
        _ => {}
    }
    walk(schema::of_kind(kind), fields);
}

/// Models SetDefaults_PersistentVolume and SetDefaults_HostPathVolumeSource.
fn set_persistent_volume(fields: &mut Fields) {
    if let Some(spec) = object(fields, "spec") {
        set(spec, "persistentVolumeReclaimPolicy", || "Retain".into());
        set(spec, "volumeMode", || "Filesystem".into());
        if let Some(path) = spec.get_mut("hostPath").and_then(Value::as_object_mut) {
            set(path, "type", || "".into());
        }
    }
    let status = fields.entry("status").or_insert_with(|| Value::Object(Fields::new()));
    if let Some(status) = status.as_object_mut() {
        set(status, "phase", || "Pending".into());
    }
}

/// As [`set_defaults`], for a `PodTemplateSpec` alone.
pub fn set_template_defaults(template: &mut Value) {
    if let (Some(kind), Value::Object(fields)) = (schema::of_name("PodTemplateSpec"), template) {
        walk(kind, fields);
    }
}

/// The plain default of a type's field.
pub(crate) fn of_type(kind: &str, field: &str) -> Option<&'static Value> {
    BY_TYPE.get(kind)?.get(field)
}

fn walk(kind: &'static Type, fields: &mut Fields) {
    if let Some(defaults) = BY_TYPE.get(kind.name) {
        for (name, value) in defaults {
            set(fields, name, || value.clone());
        }
    }
    match kind.name {
        "Container" | "EphemeralContainerCommon" => pod::set_container(fields),
        "Volume" => pod::set_volume(fields),
        "ImageVolumeSource" => pod::set_pull_policy(fields, "reference", "pullPolicy"),
        "DeploymentStrategy" => workload::set_deployment_strategy(fields),
        "DaemonSetUpdateStrategy" => workload::set_daemon_set_strategy(fields),
        "StatefulSetUpdateStrategy" => workload::set_stateful_set_strategy(fields),
        "StatefulSetSpec" => workload::set_stateful_set(fields),
        "Service" => service::set_service(fields),
        _ => {}
    }
    for field in &kind.fields {
        match field.inline() {
            Some(inner) => walk(inner, fields),
            None => {
                if let Some(value) = fields.get_mut(field.name) {
                    walk_value(&field.shape, value);
                }
            }
        }
    }
}

fn walk_value(shape: &Shape, value: &mut Value) {
    match (shape, value) {
        (Shape::Struct(id), Value::Object(fields)) => walk(id.get(), fields),
        (Shape::Pointer(inner), value) => walk_value(inner, value),
        (Shape::Slice(inner), Value::Array(elements)) if inner.as_struct().is_some() => {
            for element in elements {
                walk_value(inner, element);
            }
        }
        (Shape::ResourceList, Value::Object(amounts)) => round_amounts(amounts),
        _ => {}
    }
}

/// Models SetDefaults_ResourceList: nothing finer than a thousandth.
fn round_amounts(amounts: &mut Fields) {
    for amount in amounts.values_mut() {
        if let Some(quantity) = amount.as_str().and_then(|text| Quantity::parse(text).ok()) {
            *amount = quantity.rounded_up_to_milli().to_string().into();
        }
    }
}

/// Models SetDefaults_Namespace.
fn set_namespace(fields: &mut Fields) {
    let Some(Value::Object(metadata)) = fields.get_mut("metadata") else { return };
    let Some(name) = metadata.get("name").cloned() else { return };
    if let Some(labels) = object(metadata, "labels") {
        labels.insert(well_known::METADATA_NAME.to_owned(), name);
    }
}

/// Sets a field that is absent or null.
fn set(fields: &mut Fields, name: &str, value: impl FnOnce() -> Value) {
    if fields.get(name).is_none_or(Value::is_null) {
        fields.insert(name.to_owned(), value());
    }
}

/// The struct or map at `name`, made when absent; `None` when something else is there.
fn object<'a>(fields: &'a mut Fields, name: &str) -> Option<&'a mut Fields> {
    set(fields, name, || json!({}));
    fields.get_mut(name).and_then(Value::as_object_mut)
}

/// The structs in the list at `name`.
fn elements<'a>(fields: &'a mut Fields, name: &str) -> impl Iterator<Item = &'a mut Fields> {
    let list = fields.get_mut(name).and_then(Value::as_array_mut);
    list.into_iter().flatten().filter_map(Value::as_object_mut)
}

fn text<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.get(name).and_then(Value::as_str).unwrap_or_default()
}
