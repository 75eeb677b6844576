//! `lab status`: what is not as it should be. Trouble that somebody made comes first, then every object that is not
//! ready, not available or has a condition that says so, and last what the lab does not act on, though it may decide.

use serde_json::Value;

use crate::api::well_known::SERVICE_NAME;
use crate::api::{Deployment, EndpointSlice, Generic, Kind, Object, Pod, ReplicaSet, Service, consequence};
use crate::cluster::Cluster;
use crate::images::{Faults, RouteFault};
use crate::kubectl::printers::{print_node, print_pod};
use crate::process::World;

/// More lines than anybody reads; the rest is counted.
const MOST_LINES: usize = 200;

/// What the command prints.
pub(super) fn text(world: &World<'_>) -> String {
    let cluster = &*world.cluster;
    let mut lines = trouble(cluster);
    for kind in LOOKED_AT {
        let objects = cluster.api.store().list(*kind, None);
        lines.extend(objects.flat_map(|object| complaints(object, cluster)));
    }
    lines.extend(kept(cluster));
    if lines.is_empty() {
        return "all is as it should be\n".to_owned();
    }
    let left_out = lines.len().saturating_sub(MOST_LINES);
    lines.truncate(MOST_LINES);
    lines.extend((left_out > 0).then(|| format!("… and {left_out} more")));
    lines.join("\n") + "\n"
}

/// Kinds whose objects say themselves whether they are well.
const LOOKED_AT: &[Kind] = &[
    Kind::Node,
    Kind::Namespace,
    Kind::PersistentVolumeClaim,
    Kind::Deployment,
    Kind::ReplicaSet,
    Kind::Pod,
    Kind::Service,
    Kind::HorizontalPodAutoscaler,
];

/// What `lab` and `kubectl` were asked to spoil.
fn trouble(cluster: &Cluster) -> Vec<String> {
    let mut lines = Vec::new();
    let is_alone = cluster.fleet().len() == 1;
    for kubelet in cluster.fleet().iter() {
        let node = &kubelet.config().node_name;
        if kubelet.is_cut_off() {
            lines.push(format!("nobody reaches node {node}"));
        } else if kubelet.is_stopped() && is_alone {
            lines.push("the kubelet is down".to_owned());
        } else if kubelet.is_stopped() {
            lines.push(format!("the kubelet of node {node} is down"));
        }
    }
    for (image, faults) in cluster.registry.faulty() {
        lines.extend(faults_of(&super::super::docker::short(image), faults));
    }
    for pod in cluster.api.store().pods(None) {
        if let Some(faults) = cluster.fleet().pod_faults(&pod.metadata.uid) {
            lines.extend(faults_of(&format!("pod {}", pod.metadata.name), faults));
        }
    }
    lines
}

fn faults_of(name: &str, faults: &Faults) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(ms) = faults.startup_ms() {
        lines.push(format!("{name} takes {}.{:03} s to start", ms / 1000, ms % 1000));
    }
    for (path, fault) in faults.routes() {
        lines.push(match fault {
            RouteFault::Hangs => format!("{path} of {name} does not answer"),
            RouteFault::Status(status) => format!("{path} of {name} answers {status}"),
        });
    }
    lines
}

/// Fields that nothing acts on here, and that a real cluster may come to another end by.
fn kept(cluster: &Cluster) -> Vec<String> {
    let mut lines = Vec::new();
    for (kind, key, paths) in cluster.api.not_simulated() {
        let found = paths.iter().map(|path| (path, consequence(kind, path)));
        lines.extend(found.filter(|(_, consequence)| consequence.may_decide).map(|(path, consequence)| {
            let name = shown_name(kind, &key.namespace, &key.name);
            format!("{name}: {path} is not simulated: {}", consequence.text)
        }));
    }
    lines
}

/// What is wrong with an object, each with the object's name in front.
fn complaints(object: &Object, cluster: &Cluster) -> Vec<String> {
    let found = match object {
        Object::Deployment(deployment) => of_deployment(deployment),
        Object::ReplicaSet(replica_set) => of_replica_set(replica_set),
        Object::Pod(pod) => of_pod(pod, cluster),
        Object::Service(service) => of_service(service, cluster),
        Object::Generic(generic) => of_generic(generic, cluster),
        Object::EndpointSlice(_) | Object::Event(_) => Vec::new(),
    };
    let metadata = object.metadata();
    let name = shown_name(object.kind(), metadata.namespace.as_str(), metadata.name.as_str());
    found.into_iter().map(|complaint| format!("{name}: {complaint}")).collect()
}

/// `deployment web`; with its namespace where that is not the one that a visitor is in.
fn shown_name(kind: Kind, namespace: &str, name: &str) -> String {
    let kind = kind.as_str().to_lowercase();
    match namespace {
        "" | "default" => format!("{kind} {name}"),
        namespace => format!("{kind} {namespace}/{name}"),
    }
}

/// Models pkg/controller/deployment/util/deployment_util.go DeploymentComplete, with the reasons of its conditions.
fn of_deployment(deployment: &Deployment) -> Vec<String> {
    let (spec, status) = (&deployment.spec, &deployment.status);
    let mut found = Vec::new();
    if status.observed_generation < deployment.metadata.generation {
        found.push("its controller has not seen the last change yet".to_owned());
    }
    let (wanted, updated, available) = (spec.replicas, status.updated_replicas, status.available_replicas);
    if (updated, available, status.replicas) != (wanted, wanted, wanted) {
        let paused = if spec.paused { ", the rollout is paused" } else { "" };
        found.push(format!(
            "wants {wanted} pods and has {}, {updated} of the present template, {available} available{paused}",
            status.replicas
        ));
    }
    let conditions = &status.conditions;
    found.extend(conditions.iter().filter_map(|condition| {
        let is_wanted = if condition.kind == "ReplicaFailure" { "False" } else { "True" };
        (condition.status != is_wanted).then(|| failing(&condition.kind, &condition.status, &condition.reason))
    }));
    found
}

/// A ReplicaSet of a Deployment is as large as the Deployment has it; then only failures to make pods count.
fn of_replica_set(replica_set: &ReplicaSet) -> Vec<String> {
    let (wanted, status) = (replica_set.spec.replicas, &replica_set.status);
    let mut found = Vec::new();
    if replica_set.metadata.controller().is_none() && (status.replicas, status.available_replicas) != (wanted, wanted) {
        found.push(format!("wants {wanted} pods and has {}, {} available", status.replicas, status.available_replicas));
    }
    let failures = status.conditions.iter().filter(|condition| condition.status != "False");
    found.extend(failures.map(|condition| failing(&condition.kind, &condition.status, &condition.reason)));
    found
}

fn failing(kind: &str, status: &str, reason: &str) -> String {
    match reason {
        "" => format!("{kind} is {status}"),
        reason => format!("{kind} is {status}, {reason}"),
    }
}

/// A pod is well when it is ready, or has done its work.
fn of_pod(pod: &Pod, cluster: &Cluster) -> Vec<String> {
    let cells = print_pod(pod, cluster.now(), cluster.api.version);
    let cell = |at: usize| cells.get(at).map_or("", String::as_str);
    let (ready, status) = (cell(1), cell(2));
    let is_well = (status == "Running" && pod.is_ready()) || status == "Completed";
    if is_well { Vec::new() } else { vec![format!("{status}, {ready} ready")] }
}

/// A service that selects pods needs a ready one.
fn of_service(service: &Service, cluster: &Cluster) -> Vec<String> {
    let metadata = &service.metadata;
    let is_its_own = |slice: &EndpointSlice| slice.metadata.labels.get(SERVICE_NAME) == Some(&metadata.name);
    let mut slices = cluster.api.store().list(Kind::EndpointSlice, Some(&metadata.namespace));
    let has_ready = slices.any(|object| match object {
        Object::EndpointSlice(slice) => is_its_own(slice) && slice.endpoints.iter().any(|endpoint| endpoint.ready),
        _ => false,
    });
    if has_ready || service.spec.selector.is_empty() {
        Vec::new()
    } else {
        vec!["no pod behind it is ready".to_owned()]
    }
}

fn of_generic(object: &Generic, cluster: &Cluster) -> Vec<String> {
    let status = object.fields.get("status").unwrap_or(&Value::Null);
    let phase = || status.get("phase").and_then(Value::as_str).unwrap_or("Unknown").to_owned();
    let (found, good) = match object.kind {
        Kind::HorizontalPodAutoscaler => return of_autoscaler(status),
        Kind::Node => (print_node(object, cluster.now()).get(1).cloned().unwrap_or_default(), "Ready"),
        Kind::Namespace => (phase(), "Active"),
        _ => (phase(), "Bound"),
    };
    if found == good { Vec::new() } else { vec![found] }
}

/// Whether it can scale; that it is at a limit is no fault.
fn of_autoscaler(status: &Value) -> Vec<String> {
    let conditions = status.get("conditions").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let text = |condition: &Value, name: &str| condition.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
    let failures = conditions.iter().filter_map(|condition| {
        let (kind, status) = (text(condition, "type"), text(condition, "status"));
        let is_failing = kind != "ScalingLimited" && status != "True";
        is_failing.then(|| failing(&kind, &status, &text(condition, "reason")))
    });
    failures.collect()
}
