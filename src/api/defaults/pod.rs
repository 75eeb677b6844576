//! Pods, containers and volumes.

use serde_json::{Value, json};

use super::{Fields, elements, object, set, text};
use crate::api::image_reference;
use crate::api::resources::{ResourceList, container_amounts, pod_level};
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
    set_pod_level_limits(spec);
    set_pod_level_requests(spec);
}

/// Huge pages that the containers may use together are the pod's limit, where it has amounts of its own and none of them.
/// Models defaultHugePagePodLimits.
fn set_pod_level_limits(spec: &mut Fields) {
    if !has_amounts(spec, "limits") && !has_amounts(spec, "requests") {
        return;
    }
    let mut wanted = container_amounts(spec, "limits", |_| ResourceList::new());
    let requests = pod_level(spec, "requests");
    wanted.retain(|name, _| name.starts_with("hugepages-") && !requests.contains_key(name));
    set_pod_level(spec, "limits", wanted);
}

/// A pod with limits of its own requests what its containers do, else as much as it may use. Models defaultPodRequests.
fn set_pod_level_requests(spec: &mut Fields) {
    if !has_amounts(spec, "limits") {
        return;
    }
    let mut wanted = container_amounts(spec, "requests", |_| ResourceList::new());
    wanted.retain(|name, _| matches!(name.as_str(), "cpu" | "memory"));
    for (name, limit) in pod_level(spec, "limits") {
        wanted.entry(name).or_insert(limit);
    }
    set_pod_level(spec, "requests", wanted);
}

fn has_amounts(spec: &Fields, list: &str) -> bool {
    let given = spec.get("resources").and_then(|resources| resources.get(list)?.as_object());
    given.is_some_and(|given| !given.is_empty())
}

fn set_pod_level(spec: &mut Fields, list: &str, wanted: ResourceList) {
    if wanted.is_empty() {
        return;
    }
    if let Some(given) = object(spec, "resources").and_then(|resources| object(resources, list)) {
        for (name, amount) in wanted {
            set(given, &name, || amount.to_string().into());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_with_limits_of_its_own_requests_what_its_containers_do_or_all_of_it() {
        let requests = |resources: Value, container: Value| {
            let mut spec = json!({"containers": [{"name": "app", "resources": container}], "resources": resources});
            if let Some(spec) = spec.as_object_mut() {
                set_pod_spec(spec);
            }
            spec["resources"].clone()
        };
        let (one, none) = (json!({"cpu": "1", "memory": "1Gi"}), json!({}));
        assert_eq!(requests(json!({"limits": one}), none.clone()), json!({"limits": one, "requests": one}));
        let some = json!({"requests": {"cpu": "250m"}});
        let both = json!({"limits": one, "requests": {"cpu": "250m", "memory": "1Gi"}});
        assert_eq!(requests(json!({"limits": one}), some.clone()), both);
        let own = json!({"limits": one, "requests": {"cpu": "500m"}});
        let kept = json!({"limits": one, "requests": {"cpu": "500m", "memory": "1Gi"}});
        assert_eq!(requests(own, some.clone()), kept);
        assert_eq!(requests(json!({"requests": {"cpu": "1"}}), some), json!({"requests": {"cpu": "1"}}));
        assert_eq!(requests(none.clone(), none.clone()), none);
        let pages = json!({"limits": {"hugepages-2Mi": "4Mi"}});
        let wanted =
            json!({"limits": {"cpu": "1", "hugepages-2Mi": "4Mi"}, "requests": {"cpu": "1", "hugepages-2Mi": "4Mi"}});
        assert_eq!(requests(json!({"limits": {"cpu": "1"}}), pages), wanted);
    }
}
