//! `fieldRef`: what a pod may know of itself. Models podFieldSelectorRuntimeValue and pkg/fieldpath.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::text;
use crate::api::validation::qualified_name;
use crate::api::{Generic, ObjectMeta, StringMap, go_text};

/// The pod and its node.
pub struct FieldContext<'a> {
    /// The pod's metadata.
    pub metadata: &'a ObjectMeta,
    /// The pod's spec.
    pub spec: &'a Map<String, Value>,
    /// The node that the pod is on.
    pub node_name: &'a str,
    /// The pod's addresses.
    pub pod_ips: &'a [String],
    /// The node.
    pub node: Option<Arc<Generic>>,
}

/// The value of a field.
///
/// # Errors
/// When the field is none that a pod may know.
pub fn field_value(context: &FieldContext<'_>, reference: &Value) -> Result<String, String> {
    let path = text(reference, "fieldPath");
    let version = text(reference, "apiVersion");
    if !matches!(version, "" | "v1") {
        return Err(format!("unsupported pod version: {version}"));
    }
    let metadata = context.metadata;
    if let Some((map, key)) = subscripted(path) {
        let (values, checked) = match map {
            "metadata.annotations" => (&metadata.annotations, key.to_lowercase()),
            "metadata.labels" => (&metadata.labels, key.to_owned()),
            _ => return Err(format!("field label does not support subscript: {path}")),
        };
        let errors = qualified_name(&checked);
        if !errors.is_empty() {
            return Err(format!("invalid key subscript in {path}: {}", errors.join(";")));
        }
        return Ok(values.get(key).cloned().unwrap_or_default());
    }
    Ok(match path {
        "metadata.annotations" => format_map(&metadata.annotations),
        "metadata.labels" => format_map(&metadata.labels),
        "metadata.name" => metadata.name.clone(),
        "metadata.namespace" => metadata.namespace.clone(),
        "metadata.uid" => metadata.uid.clone(),
        "spec.nodeName" | "spec.host" => context.node_name.to_owned(),
        "spec.serviceAccountName" => {
            context.spec.get("serviceAccountName").and_then(Value::as_str).unwrap_or_default().to_owned()
        }
        "status.hostIP" => host_ips(context.node.as_deref())?.into_iter().next().unwrap_or_default(),
        "status.hostIPs" => host_ips(context.node.as_deref())?.join(","),
        "status.podIP" => sorted_ips(context.pod_ips).into_iter().next().unwrap_or_default(),
        "status.podIPs" => sorted_ips(context.pod_ips).join(","),
        "spec.restartPolicy" | "spec.schedulerName" | "status.phase" => {
            return Err(format!("unsupported fieldPath: {path}"));
        }
        _ => return Err(format!("field label not supported: {path}")),
    })
}

/// Models fieldpath.SplitMaybeSubscriptedPath.
fn subscripted(path: &str) -> Option<(&str, &str)> {
    let (map, key) = path.strip_suffix("']")?.split_once("['")?;
    (!map.is_empty()).then_some((map, key))
}

/// `key="value"` lines. Models fieldpath.FormatMap.
fn format_map(map: &StringMap) -> String {
    let lines: Vec<String> = map.iter().map(|(key, value)| format!("{key}={}", go_text::quote(value))).collect();
    lines.join("\n")
}

/// The first internal address, or else the first external one, of each family. Models pkg/util/node
/// GetNodeHostIPs.
fn host_ips(node: Option<&Generic>) -> Result<Vec<String>, String> {
    let addresses = node.and_then(|node| node.fields.get("status")?.get("addresses")?.as_array());
    let of = |kind: &'static str| {
        let addresses = addresses.into_iter().flatten();
        addresses
            .filter(move |address| text(address, "type") == kind)
            .map(|address| text(address, "address").to_owned())
    };
    let all: Vec<String> = of("InternalIP").chain(of("ExternalIP")).collect();
    let Some(first) = all.first().cloned() else {
        return Err("host IP unknown; known addresses: []".to_owned());
    };
    let is_v6 = first.contains(':');
    let second = all.into_iter().find(|address| address.contains(':') != is_v6);
    Ok(std::iter::once(first).chain(second).collect())
}

/// IPv4 first, as the node's own first address is. Models Kubelet.sortPodIPs.
fn sorted_ips(ips: &[String]) -> Vec<String> {
    let of = |is_v6: bool| ips.iter().find(|ip| ip.contains(':') == is_v6).cloned();
    of(false).into_iter().chain(of(true)).collect()
}
