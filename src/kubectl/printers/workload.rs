//! Deployments and ReplicaSets.

use crate::api::{Container, Deployment, ReplicaSet};
use crate::sim::SimTime;

use super::{Column, age, format_label_selector, selector_text};

pub(super) fn deployment_columns() -> Vec<Column> {
    let plain = ["Name", "Ready", "Up-to-date", "Available", "Age"].map(Column::plain);
    plain.into_iter().chain(template_columns()).collect()
}

pub(super) fn replica_set_columns() -> Vec<Column> {
    let plain = ["Name", "Desired", "Current", "Ready", "Age"].map(Column::plain);
    plain.into_iter().chain(template_columns()).collect()
}

pub(super) fn template_columns() -> impl Iterator<Item = Column> {
    ["Containers", "Images", "Selector"].map(Column::wide).into_iter()
}

/// Models pkg/printers/internalversion/printers.go printDeployment.
pub fn print_deployment(deployment: &Deployment, now: SimTime) -> Vec<String> {
    let (spec, status) = (&deployment.spec, &deployment.status);
    let (names, images) = container_cells(&spec.template.spec.containers);
    vec![
        deployment.metadata.name.clone(),
        format!("{}/{}", status.ready_replicas, spec.replicas),
        status.updated_replicas.to_string(),
        status.available_replicas.to_string(),
        age(deployment.metadata.creation_timestamp, now),
        names,
        images,
        selector_text(&spec.selector).unwrap_or_else(|| "<invalid>".to_owned()),
    ]
}

/// Models pkg/printers/internalversion/printers.go printReplicaSet.
pub fn print_replica_set(replica_set: &ReplicaSet, now: SimTime) -> Vec<String> {
    let (spec, status) = (&replica_set.spec, &replica_set.status);
    let (names, images) = container_cells(&spec.template.spec.containers);
    vec![
        replica_set.metadata.name.clone(),
        spec.replicas.to_string(),
        status.replicas.to_string(),
        status.ready_replicas.to_string(),
        age(replica_set.metadata.creation_timestamp, now),
        names,
        images,
        format_label_selector(&spec.selector),
    ]
}

/// Names and images, each joined by commas. Models printers.go layoutContainerCells.
fn container_cells(containers: &[Container]) -> (String, String) {
    let join = |field: fn(&Container) -> &str| containers.iter().map(field).collect::<Vec<_>>().join(",");
    (join(|container| &container.name), join(|container| &container.image))
}
