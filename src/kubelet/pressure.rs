//! What is said of a pod that has to go because its node runs out of something. Models pkg/kubelet/eviction/helpers.go.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::api::resources::{pod_level, resource_list};
use crate::api::{Pod, Quantity};

/// What a node has too little of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortage {
    /// `memory` or `ephemeral-storage`.
    pub resource: String,
    /// How much should be free, and how much is; none where nothing was measured.
    pub measured: Option<(Quantity, Quantity)>,
}

/// The message of the pod's status and of its event, with the event's annotations. `used` has the bytes of each container
/// that was measured, in the order of the measurements, `whole` those of the pod. Models evictionMessage.
pub fn eviction_message(
    pod: &Pod,
    shortage: &Shortage,
    used: &[(String, i64)],
    whole: Option<i64>,
) -> (String, BTreeMap<&'static str, String>) {
    let resource = &shortage.resource;
    let mut message = format!("The node was low on resource: {resource}. ");
    if let Some((threshold, available)) = &shortage.measured {
        message.push_str(&format!("Threshold quantity: {threshold}, available: {available}. "));
    }
    let exceeds = |what: &str, name: &str, used: &Quantity, request: &Quantity| {
        format!("{what} {name} was using {used}, request is {request}, has larger consumption of {resource}. ")
    };
    let mut annotations = BTreeMap::new();
    let spec = pod.spec.raw();
    let own = pod_level(spec, "requests").get(resource).cloned().filter(|_| resource == "memory");
    if let Some((request, bytes)) = own.zip(whole) {
        let used = Quantity::from_bytes(bytes);
        message.push_str(&exceeds("Pod", &pod.metadata.name, &used, &request));
        annotations.insert("offending_pod", pod.metadata.name.clone());
        annotations.insert("offending_pod_usage", used.to_string());
    }
    let of = |list| spec.get(list).and_then(Value::as_array).into_iter().flatten();
    let containers: Vec<&Value> = of("containers").chain(of("initContainers")).collect();
    let (mut names, mut amounts) = (Vec::new(), Vec::new());
    for (name, bytes) in used {
        let found = containers.iter().find(|container| container.get("name").is_some_and(|own| own == name.as_str()));
        let Some(container) = found else { continue };
        let requests = resource_list(container.pointer("/resources/requests"));
        let request = requests.get(resource).cloned().unwrap_or_else(|| Quantity::from_value(0));
        let used = Quantity::from_bytes(*bytes);
        if used > request {
            message.push_str(&exceeds("Container", name, &used, &request));
            names.push(name.as_str());
            amounts.push(used.to_string());
        }
    }
    annotations.insert("offending_containers", names.join(","));
    annotations.insert("offending_containers_usage", amounts.join(","));
    annotations.insert("starved_resource", resource.clone());
    (message, annotations)
}
