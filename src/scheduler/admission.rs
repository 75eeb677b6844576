//! Whether a node's kubelet takes a pod that was given to it, whoever chose the node. Models
//! pkg/kubelet/lifecycle/predicate.go and AdmissionCheck of pkg/scheduler.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::filters::{NODE_AFFINITY, NODE_NAME, PORTS, TAINTS, shortages};
use super::node_info::NodeInfo;
use super::pod_info::PodInfo;
use crate::api::{Generic, Pod};

/// The label with a node's operating system.
const OS: &str = "kubernetes.io/os";
/// What the lab's nodes run.
const LINUX: &str = "linux";

/// What a kubelet lets pods set of the kernel. Models safeSysctls.
const SAFE_SYSCTLS: [&str; 12] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
];

/// Why a kubelet does not take a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// `OutOfcpu`, `NodeAffinity`, …
    pub reason: String,
    /// The sentence.
    pub message: String,
}

impl Refusal {
    fn new(reason: &str, message: impl Into<String>) -> Self {
        Self { reason: reason.to_owned(), message: message.into() }
    }

    fn predicate(name: &str, why: &str) -> Self {
        Self::new(name, format!("Predicate {name} failed: {why}"))
    }
}

/// The first reason against a pod, beside the node's other pods; none when it may run. Models
/// predicateAdmitHandler.Admit for pods from the API server.
pub fn refusal(pod: &Pod, node: &Generic, others: &[Arc<Pod>]) -> Option<Refusal> {
    let spec = pod.spec.raw();
    if let Some(refusal) = forbidden_sysctl(spec) {
        return Some(refusal);
    }
    if pod.metadata.labels.get(OS).is_some_and(|os| os != LINUX) {
        let why = "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label";
        return Some(Refusal::new("PodOSSelectorNodeLabelDoesNotMatch", why));
    }
    if spec.get("os").and_then(|os| os.get("name")?.as_str()).is_some_and(|os| os != LINUX) {
        let why = "Failed to admit pod as the OS field doesn't match node OS";
        return Some(Refusal::new("PodOSNotSupported", why));
    }
    let policy = spec.get("securityContext").and_then(|context| context.get("supplementalGroupsPolicy")?.as_str());
    let status = node.fields.get("status");
    let knows_policy = status.and_then(|status| status.get("features")?.get("supplementalGroupsPolicy")?.as_bool());
    if policy == Some("Strict") && knows_policy != Some(true) {
        let why = "SupplementalGroupsPolicy=Strict is not supported in this node";
        return Some(Refusal::new("SupplementalGroupsPolicyNotSupported", why));
    }
    let mut info = NodeInfo::read(node);
    info.labels.insert(OS.to_owned(), LINUX.to_owned());
    others.iter().for_each(|other| info.add(&Arc::new(PodInfo::read(other))));
    let mut pod = PodInfo::read(pod);
    // What the node has never heard of is no business of its kubelet. Models removeMissingExtendedResources.
    let known = &info.allocatable;
    pod.requests.scalars.retain(|name, _| !is_extended(name) || known.scalars.contains_key(name));
    first_failure(&pod, &info)
}

/// Models patternAllowlist.Admit.
fn forbidden_sysctl(spec: &Map<String, Value>) -> Option<Refusal> {
    let is_true = |field: &str| spec.get(field) == Some(&Value::Bool(true));
    let why = |name: &str| {
        // Both ways to write a name mean the same.
        let plain = match name.find(['.', '/']) {
            Some(at) if name.get(at..).is_some_and(|rest| rest.starts_with('/')) => name.replace('/', "."),
            _ => name.to_owned(),
        };
        if !SAFE_SYSCTLS.contains(&plain.as_str()) {
            return Some(format!("{plain:?} not allowlisted"));
        }
        let shares = if plain.starts_with("net.") { ("hostNetwork", "net") } else { ("hostIPC", "ipc") };
        is_true(shares.0).then(|| format!("{plain:?} not allowed with host {} enabled", shares.1))
    };
    let given = spec.get("securityContext").and_then(|context| context.get("sysctls")?.as_array());
    let mut names = given.into_iter().flatten().filter_map(|sysctl| sysctl.get("name")?.as_str());
    let message = names.find_map(why)?;
    Some(Refusal::new("SysctlForbidden", format!("forbidden sysctl: {message}")))
}

/// Models generalFilter.
fn first_failure(pod: &PodInfo, node: &NodeInfo) -> Option<Refusal> {
    if let Some(shortage) = shortages(pod, node).first() {
        let message = format!(
            "Node didn't have enough resource: {}, requested: {}, used: {}, capacity: {}",
            shortage.resource, shortage.requested, shortage.used, shortage.capacity
        );
        return Some(Refusal::new(&format!("OutOf{}", shortage.resource), message));
    }
    if !pod.allows_node(&node.name, &node.labels) {
        return Some(Refusal::predicate(NODE_AFFINITY, "node(s) didn't match Pod's node affinity/selector"));
    }
    if !pod.node_name.is_empty() && pod.node_name != node.name {
        return Some(Refusal::predicate(NODE_NAME, "node(s) didn't match the requested node name"));
    }
    if pod.host_ports.iter().any(|port| node.has_port_conflict(port)) {
        return Some(Refusal::predicate(PORTS, "node(s) didn't have free ports for the requested pod ports"));
    }
    let drives_away = |taint: &&crate::api::taints::Taint| taint.effect == "NoExecute";
    if node.taints.iter().filter(drives_away).any(|taint| !taint.is_tolerated(&pod.tolerations)) {
        return Some(Refusal::predicate(TAINTS, "node(s) had taints that the pod didn't tolerate"));
    }
    None
}

/// Models v1helper.IsExtendedResourceName.
fn is_extended(name: &str) -> bool {
    name.contains('/') && !name.contains("kubernetes.io/") && !name.starts_with("requests.")
}
