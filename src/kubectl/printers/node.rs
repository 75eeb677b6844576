//! Nodes.

use serde_json::Value;

use crate::api::{Generic, StringMap};
use crate::kubectl::field;
use crate::sim::SimTime;

use super::{Column, age, or_none};
use crate::sorting;

pub(super) fn columns() -> Vec<Column> {
    let plain = ["Name", "Status", "Roles", "Age", "Version"].map(Column::plain);
    let wide = ["Internal-IP", "External-IP", "OS-Image", "Kernel-Version", "Container-Runtime"].map(Column::wide);
    plain.into_iter().chain(wide).collect()
}

/// Models pkg/printers/internalversion/printers.go printNode.
pub fn print_node(node: &Generic, now: SimTime) -> Vec<String> {
    let fields = field::as_value(&node.fields);
    let info = |name: &str| field::text(&fields, &format!("/status/nodeInfo/{name}")).to_owned();
    let mut kernel = or_unknown(info("kernelVersion"));
    let architecture = info("architecture");
    if !architecture.is_empty() {
        kernel = format!("{kernel} ({architecture})");
    }
    vec![
        node.metadata.name.clone(),
        status(&fields),
        or_none(&node_roles(&node.metadata.labels).join(",")),
        age(node.metadata.creation_timestamp, now),
        info("kubeletVersion"),
        address(&fields, "InternalIP"),
        address(&fields, "ExternalIP"),
        or_unknown(info("osImage")),
        kernel,
        or_unknown(info("containerRuntimeVersion")),
    ]
}

fn status(fields: &Value) -> String {
    let conditions = field::list(fields, "/status/conditions");
    let ready = conditions.iter().rfind(|condition| field::text(condition, "/type") == "Ready");
    let mut status = match ready.map(|condition| field::text(condition, "/status")) {
        Some("True") => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    }
    .to_owned();
    if field::flag(fields, "/spec/unschedulable") {
        status.push_str(",SchedulingDisabled");
    }
    status
}

/// Models printers.go findNodeRoles.
pub fn node_roles(labels: &StringMap) -> Vec<String> {
    let named = labels.iter().filter_map(|(key, value)| match key.strip_prefix("node-role.kubernetes.io/") {
        Some(role) => Some(role),
        None if key == "kubernetes.io/role" => Some(value.as_str()),
        None => None,
    });
    let roles = sorting::set(named.filter(|role| !role.is_empty()));
    roles.into_iter().map(str::to_owned).collect()
}

fn address(fields: &Value, kind: &str) -> String {
    let addresses = field::list(fields, "/status/addresses");
    let found = addresses.iter().find(|address| field::text(address, "/type") == kind);
    found.map_or_else(|| "<none>".to_owned(), |address| field::text(address, "/address").to_owned())
}

fn or_unknown(text: String) -> String {
    if text.is_empty() { "<unknown>".to_owned() } else { text }
}
