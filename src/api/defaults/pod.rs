//! Pods, containers and volumes.

use serde_json::{Value, json};

use super::{Fields, elements, object, set, text};
use crate::api::image_reference;
use crate::api::schema;

/// Models SetDefaults_Pod: what a pod gets and a template does not.
pub(super) fn set_pod(fields: &mut Fields) {
    if let Some(spec) = object(fields, "spec") {
        set_pod_spec(spec);
    }
}

/// The same for the spec alone, which a controller takes from a template.
pub(crate) fn set_pod_spec(spec: &mut Fields) {
    set(spec, "enableServiceLinks", || true.into());
    let is_on_host = spec.get("hostNetwork") == Some(&Value::Bool(true));
    for list in ["containers", "initContainers"] {
        for container in elements(spec, list) {
            set_requests(container);
            if is_on_host {
                set_host_ports(container);
            }
        }
    }
}

/// Requests default to limits.
fn set_requests(container: &mut Fields) {
    let Some(resources) = container.get_mut("resources").and_then(Value::as_object_mut) else { return };
    let Some(Value::Object(limits)) = resources.get("limits").cloned() else { return };
    if let Some(requests) = object(resources, "requests") {
        for (name, limit) in limits {
            set(requests, &name, || limit);
        }
    }
}

/// Models defaultHostNetworkPorts.
fn set_host_ports(container: &mut Fields) {
    for port in elements(container, "ports") {
        if let Some(number) = port.get("containerPort").cloned() {
            set(port, "hostPort", || number);
        }
    }
}

/// Models SetDefaults_Container.
pub(super) fn set_container(fields: &mut Fields) {
    set_pull_policy(fields, "image", "imagePullPolicy");
}

/// `Always` for the tag `latest`, which is also the tag of an image without one.
pub(super) fn set_pull_policy(fields: &mut Fields, image: &str, policy: &str) {
    let is_latest = image_reference::tag(text(fields, image)) == Some("latest");
    set(fields, policy, || if is_latest { "Always" } else { "IfNotPresent" }.into());
}

/// Models SetDefaults_Volume: a volume without a source is an empty directory.
pub(super) fn set_volume(fields: &mut Fields) {
    let Some(sources) = schema::of_name("VolumeSource") else { return };
    if sources.fields.iter().all(|source| fields.get(source.name).is_none_or(Value::is_null)) {
        fields.insert("emptyDir".to_owned(), json!({}));
    }
}
