//! Deployments and ReplicaSets.

use std::sync::Arc;

use crate::api::{Deployment, Generic, IntOrString, ObjectMeta, PodPhase, ReplicaSet, StrategyType, Time};
use crate::kubectl::field;
use crate::kubectl::printers::{format_label_selector, format_labels, selector_text};
use crate::kubectl::rollout::{new_replica_set, oldest_first};

use super::event::describe_events;
use super::template::describe_pod_template;
use super::{Description, Related};

/// Models k8s.io/kubectl/pkg/describe describeDeployment.
pub fn describe_deployment(deployment: &Deployment, related: &Related<'_>, out: &mut Description) {
    let (metadata, spec, status) = (&deployment.metadata, &deployment.spec, &deployment.status);
    out.line(0, &format!("Name:\t{}", metadata.name));
    out.line(0, &format!("Namespace:\t{}", metadata.namespace));
    out.line(
        0,
        &format!("CreationTimestamp:\t{}", metadata.creation_timestamp.map(Time::rfc1123z).unwrap_or_default()),
    );
    out.labels("Labels", &metadata.labels);
    out.annotations("Annotations", &metadata.annotations);
    out.line(0, &format!("Selector:\t{}", selector_text(&spec.selector).unwrap_or_default()));
    out.line(
        0,
        &format!(
            "Replicas:\t{} desired | {} updated | {} total | {} available | {} unavailable",
            spec.replicas,
            status.updated_replicas,
            status.replicas,
            status.available_replicas,
            status.unavailable_replicas
        ),
    );
    let strategy = match spec.strategy.kind {
        StrategyType::RollingUpdate => "RollingUpdate",
        StrategyType::Recreate => "Recreate",
    };
    out.line(0, &format!("StrategyType:\t{strategy}"));
    out.line(0, &format!("MinReadySeconds:\t{}", spec.min_ready_seconds));
    if let Some(bounds) = &spec.strategy.rolling_update {
        let (unavailable, surge) = (bound_text(bounds.max_unavailable.as_ref()), bound_text(bounds.max_surge.as_ref()));
        out.line(0, &format!("RollingUpdateStrategy:\t{unavailable} max unavailable, {surge} max surge"));
    }
    describe_pod_template(&spec.template, related.version, out);
    let conditions = status.conditions.iter();
    let conditions =
        conditions.map(|condition| (condition.kind.as_str(), condition.status.as_str(), condition.reason.as_str()));
    describe_conditions(conditions, out);
    describe_replica_sets(deployment, related, out);
    if let Some(events) = related.events {
        describe_events(events, related, out);
    }
}

fn bound_text(bound: Option<&IntOrString>) -> String {
    match bound {
        None => "<nil>".to_owned(),
        Some(IntOrString::Int(count)) => count.to_string(),
        Some(IntOrString::String(percent)) => percent.clone(),
    }
}

fn describe_conditions<'a>(conditions: impl Iterator<Item = (&'a str, &'a str, &'a str)>, out: &mut Description) {
    let mut conditions = conditions.peekable();
    if conditions.peek().is_none() {
        return;
    }
    out.write("Conditions:\n  Type\tStatus\tReason\n");
    out.line(1, "----\t------\t------");
    for (kind, status, reason) in conditions {
        out.line(1, &format!("{kind} \t{status}\t{reason}"));
    }
}

fn describe_replica_sets(deployment: &Deployment, related: &Related<'_>, out: &mut Description) {
    let sorted = oldest_first(related.replica_sets);
    let new = new_replica_set(deployment, &sorted);
    let is_new = |replica_set: &&Arc<ReplicaSet>| new.is_some_and(|new| Arc::ptr_eq(new, replica_set));
    if sorted.is_empty() {
        return;
    }
    let (new, old): (Vec<_>, Vec<_>) = sorted.iter().copied().partition(is_new);
    for (title, replica_sets) in [("OldReplicaSets", old), ("NewReplicaSet", new)] {
        let texts: Vec<String> = replica_sets
            .into_iter()
            .map(|set| {
                format!("{} ({}/{} replicas created)", set.metadata.name, set.status.replicas, set.spec.replicas)
            })
            .collect();
        out.line(0, &format!("{title}:\t{}", super::or_none(&texts.join(", "))));
    }
}

/// Models k8s.io/kubectl/pkg/describe describeReplicaSet.
pub fn describe_replica_set(replica_set: &ReplicaSet, related: &Related<'_>, out: &mut Description) {
    let metadata = &replica_set.metadata;
    out.line(0, &format!("Name:\t{}", metadata.name));
    out.line(0, &format!("Namespace:\t{}", metadata.namespace));
    out.line(0, &format!("Selector:\t{}", format_label_selector(&replica_set.spec.selector)));
    out.labels("Labels", &metadata.labels);
    out.annotations("Annotations", &metadata.annotations);
    describe_controller(metadata, out);
    let (current, desired) = (replica_set.status.replicas, replica_set.spec.replicas);
    out.line(0, &format!("Replicas:\t{current} current / {desired} desired"));
    describe_pods_status(metadata, related, out);
    describe_pod_template(&replica_set.spec.template, related.version, out);
    let conditions = replica_set.status.conditions.iter();
    let conditions =
        conditions.map(|condition| (condition.kind.as_str(), condition.status.as_str(), condition.reason.as_str()));
    describe_conditions(conditions, out);
    if let Some(events) = related.events {
        describe_events(events, related, out);
    }
}

/// Models k8s.io/kubectl/pkg/describe describeReplicationController.
pub fn describe_replication_controller(object: &Generic, related: &Related<'_>, out: &mut Description) {
    let (metadata, fields) = (&object.metadata, field::as_value(&object.fields));
    out.line(0, &format!("Name:\t{}", metadata.name));
    out.line(0, &format!("Namespace:\t{}", metadata.namespace));
    out.line(0, &format!("Selector:\t{}", format_labels(&field::string_map(&fields, "/spec/selector"))));
    out.labels("Labels", &metadata.labels);
    out.annotations("Annotations", &metadata.annotations);
    let (current, desired) = (field::number(&fields, "/status/replicas"), field::number(&fields, "/spec/replicas"));
    out.line(0, &format!("Replicas:\t{current} current / {desired} desired"));
    describe_pods_status(metadata, related, out);
    let template = fields.pointer("/spec/template").cloned().unwrap_or_default();
    describe_pod_template(&serde_json::from_value(template).unwrap_or_default(), related.version, out);
    let conditions = field::list(&fields, "/status/conditions").iter();
    describe_conditions(
        conditions.map(|one| (field::text(one, "/type"), field::text(one, "/status"), field::text(one, "/reason"))),
        out,
    );
    if let Some(events) = related.events {
        describe_events(events, related, out);
    }
}

/// How many pods an object controls in each phase.
pub(super) fn describe_pods_status(metadata: &ObjectMeta, related: &Related<'_>, out: &mut Description) {
    let count = |phase: PodPhase| {
        let owned = related.pods.iter().filter(|pod| pod.metadata.is_controlled_by(&metadata.uid));
        owned.filter(|pod| pod.status.phase == phase).count()
    };
    out.line(
        0,
        &format!(
            "Pods Status:\t{} Running / {} Waiting / {} Succeeded / {} Failed",
            count(PodPhase::Running),
            count(PodPhase::Pending),
            count(PodPhase::Succeeded),
            count(PodPhase::Failed)
        ),
    );
}

/// `Controlled By:  ReplicaSet/web-5d4f`. Models describe.go printController.
pub(super) fn describe_controller(metadata: &ObjectMeta, out: &mut Description) {
    if let Some(owner) = metadata.controller() {
        out.line(0, &format!("Controlled By:\t{}/{}", owner.kind, owner.name));
    }
}
