//! Why a rollout stands still, as the cluster's own objects say it.

use std::sync::Arc;

use crate::api::{Deployment, Pod};
use crate::apiserver::Store;
use crate::controllers::deployment::status;
use crate::sorting;

/// For each of the Deployments that is not complete, its name and what holds it up, a line each.
pub(super) fn reasons<'a>(deployments: impl Iterator<Item = &'a Arc<Deployment>>, store: &Store) -> Vec<String> {
    let late = deployments.filter(|deployment| !status::is_complete(deployment, &deployment.status));
    late.map(|deployment| format!("Deployment {}: {}", deployment.metadata.name, reason(deployment, store))).collect()
}

fn reason(deployment: &Deployment, store: &Store) -> String {
    if deployment.spec.paused {
        return "spec.paused is true, so nothing rolls out until it is resumed".to_owned();
    }
    let condition = |kind: &str| deployment.status.conditions.iter().find(|condition| condition.kind == kind);
    if let Some(failure) = condition("ReplicaFailure").filter(|failure| failure.status == "True") {
        return failure.message.clone();
    }
    let mut told: Vec<String> = pods(deployment, store).filter(|pod| !pod.is_ready()).map(|pod| of_pod(pod)).collect();
    sorting::sort(&mut told);
    told.dedup();
    if told.is_empty() { "not all of its pods are updated and available".to_owned() } else { told.join("; ") }
}

/// The pods of the Deployment's newest ReplicaSet.
fn pods<'a>(deployment: &Deployment, store: &'a Store) -> impl Iterator<Item = &'a Arc<Pod>> {
    let namespace = deployment.metadata.namespace.clone();
    let uid = &deployment.metadata.uid;
    let sets = store.replica_sets(None).filter(|set| {
        set.metadata.namespace == namespace && set.metadata.controller().is_some_and(|owner| owner.uid == *uid)
    });
    let newest = sets.max_by_key(|set| revision(set)).map(|set| set.metadata.uid.clone());
    let is_of =
        move |pod: &&Arc<Pod>| newest.is_some() && pod.metadata.controller().map(|owner| &owner.uid) == newest.as_ref();
    store.pods(None).filter(is_of)
}

fn revision(set: &crate::api::ReplicaSet) -> u64 {
    let annotation = set.metadata.annotations.get(crate::api::well_known::DEPLOYMENT_REVISION);
    annotation.and_then(|revision| revision.parse().ok()).unwrap_or(0)
}

fn of_pod(pod: &Pod) -> String {
    if let Some(scheduled) = pod.condition("PodScheduled").filter(|condition| condition.status == "False") {
        return format!("a pod is not scheduled: {}", scheduled.message);
    }
    let statuses = pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses);
    for container in statuses.filter(|container| !container.ready) {
        let name = &container.name;
        if let Some(waiting) = &container.state.waiting {
            // What it waits for behind another container is that container's matter.
            if !matches!(waiting.reason.as_str(), "" | "PodInitializing" | "ContainerCreating") {
                return format!("container {name} waits: {}", with_message(&waiting.reason, &waiting.message));
            }
        } else if let Some(ended) = &container.state.terminated {
            if ended.exit_code != 0 {
                return format!("container {name} has ended with exit code {}", ended.exit_code);
            }
        } else if container.started == Some(false) {
            return format!("container {name} runs, and its startup probe has not passed");
        } else if container.state.running.is_some() {
            return format!("container {name} runs, and is not ready: its readiness probe fails");
        }
    }
    "a pod is not ready".to_owned()
}

fn with_message(reason: &str, message: &str) -> String {
    if message.is_empty() { reason.to_owned() } else { format!("{reason}: {message}") }
}
