//! Pods.

use serde_json::Value;

use crate::api::{Pod, Time};
use crate::kubectl::field;
use crate::kubectl::printers::age;

use super::container::{describe_containers, describe_resources};
use super::deployment::describe_controller;
use super::event::describe_events;
use super::template::{describe_tolerations, describe_topology_spread};
use super::volume::describe_volumes;
use super::{Description, Related};

/// Models k8s.io/kubectl/pkg/describe describePod.
pub fn describe_pod(pod: &Pod, related: &Related<'_>, out: &mut Description) {
    let spec = pod.spec_value();
    describe_head(pod, &spec, related, out);
    describe_addresses(pod, out);
    describe_controller(&pod.metadata, out);
    if !pod.status.nominated_node_name.is_empty() {
        out.line(0, &format!("NominatedNodeName:\t{}", pod.status.nominated_node_name));
    }
    if let Some(resources) = spec.get("resources") {
        out.line(0, "Resources:");
        describe_resources(Some(resources), 1, out);
    }
    let lookup = |path: &str| field_path(pod, &spec, path);
    let init_containers = field::list(&spec, "/initContainers");
    if !init_containers.is_empty() {
        let statuses = &pod.status.init_container_statuses;
        describe_containers("Init Containers", init_containers, statuses, &lookup, "", out);
    }
    let containers = field::list(&spec, "/containers");
    describe_containers("Containers", containers, &pod.status.container_statuses, &lookup, "", out);
    describe_gates_and_conditions(pod, out);
    describe_volumes(field::list(&spec, "/volumes"), "", out);
    out.line(0, &format!("QoS Class:\t{}", pod.status.qos_class));
    out.labels("Node-Selectors", &field::string_map(&spec, "/nodeSelector"));
    describe_tolerations("Tolerations", field::list(&spec, "/tolerations"), out);
    describe_topology_spread(field::list(&spec, "/topologySpreadConstraints"), "", out);
    if let Some(events) = related.events {
        describe_events(events, related, out);
    }
}

fn describe_head(pod: &Pod, spec: &Value, related: &Related<'_>, out: &mut Description) {
    let metadata = &pod.metadata;
    out.line(0, &format!("Name:\t{}", metadata.name));
    out.line(0, &format!("Namespace:\t{}", metadata.namespace));
    if let Some(priority) = spec.get("priority").and_then(Value::as_i64) {
        out.line(0, &format!("Priority:\t{priority}"));
    }
    let mut named = |title: &str, pointer: &str| {
        let text = field::text(spec, pointer);
        if !text.is_empty() {
            out.line(0, &format!("{title}:\t{text}"));
        }
    };
    named("Priority Class Name", "/priorityClassName");
    named("Runtime Class Name", "/runtimeClassName");
    if related.version.describes_scheduling() {
        named("Service Account", "/serviceAccountName");
    }
    if pod.node_name.is_empty() {
        out.line(0, "Node:\t<none>");
    } else {
        out.line(0, &format!("Node:\t{}/{}", pod.node_name, pod.status.host_ip));
    }
    if let Some(start) = pod.status.start_time {
        out.line(0, &format!("Start Time:\t{}", start.rfc1123z()));
    }
    out.labels("Labels", &metadata.labels);
    out.annotations("Annotations", &metadata.annotations);
    match metadata.deletion_timestamp {
        Some(deletion) if !pod.status.phase.is_terminal() => {
            out.line(0, &format!("Status:\tTerminating (lasts {})", age(Some(deletion), related.now)));
            let grace = metadata.deletion_grace_period_seconds.unwrap_or_default();
            out.line(0, &format!("Termination Grace Period:\t{grace}s"));
        }
        _ => out.line(0, &format!("Status:\t{}", pod.status.phase.as_str())),
    }
    for (title, text) in [("Reason", &pod.status.reason), ("Message", &pod.status.message)] {
        if !text.is_empty() {
            out.line(0, &format!("{title}:\t{text}"));
        }
    }
}

fn describe_addresses(pod: &Pod, out: &mut Description) {
    let profile =
        pod.spec.raw().get("securityContext").map_or("", |context| field::text(context, "/seccompProfile/type"));
    if !profile.is_empty() {
        out.line(0, &format!("SeccompProfile:\t{profile}"));
    }
    out.line(0, &format!("IP:\t{}", pod.status.pod_ip));
    if pod.status.pod_ips.is_empty() {
        out.line(0, "IPs:\t<none>");
    } else {
        out.line(0, "IPs:");
    }
    for address in &pod.status.pod_ips {
        out.line(1, &format!("IP:\t{}", address.ip));
    }
}

fn describe_gates_and_conditions(pod: &Pod, out: &mut Description) {
    if !pod.spec.readiness_gates.is_empty() {
        out.write("Readiness Gates:\n  Type\tStatus\n");
        for gate in &pod.spec.readiness_gates {
            let status = pod.condition(gate).map_or("<none>", |condition| &condition.status);
            out.line(1, &format!("{gate} \t{status} "));
        }
    }
    if !pod.status.conditions.is_empty() {
        out.write("Conditions:\n  Type\tStatus\n");
        for condition in &pod.status.conditions {
            out.line(1, &format!("{} \t{} ", condition.kind, condition.status));
        }
    }
}

/// What an environment variable's `fieldRef` stands for. Models fieldpath.ExtractFieldPathAsString.
fn field_path(pod: &Pod, spec: &Value, path: &str) -> String {
    let keyed = |prefix: &str, map: &crate::api::StringMap| {
        let key = path.strip_prefix(prefix)?.strip_suffix("']")?;
        Some(map.get(key).cloned().unwrap_or_default())
    };
    match path {
        "metadata.name" => pod.metadata.name.clone(),
        "metadata.namespace" => pod.metadata.namespace.clone(),
        "metadata.uid" => pod.metadata.uid.clone(),
        "spec.nodeName" => pod.node_name.clone(),
        "spec.serviceAccountName" => field::text(spec, "/serviceAccountName").to_owned(),
        "status.hostIP" | "status.hostIPs" => pod.status.host_ip.clone(),
        "status.podIP" | "status.podIPs" => pod.status.pod_ip.clone(),
        _ => keyed("metadata.labels['", &pod.metadata.labels)
            .or_else(|| keyed("metadata.annotations['", &pod.metadata.annotations))
            .unwrap_or_default(),
    }
}

/// A time of the API's objects, for descriptions.
pub(super) fn time_text(time: &str) -> String {
    Time::parse(time).map(Time::rfc1123z).unwrap_or_default()
}
