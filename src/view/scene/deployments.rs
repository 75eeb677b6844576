//! How Deployments and their ReplicaSets look.

use std::sync::Arc;

use hellok8s_lab::api::{Deployment, ReplicaSet, StrategyType};
use hellok8s_lab::cluster::Cluster;
use hellok8s_lab::controllers::deployment::fenceposts;
use hellok8s_lab::sim::SimTime;

use super::pods::{PodLook, PodState};
use super::rows::Look;

/// How a ReplicaSet looks.
#[derive(Clone, Debug, PartialEq)]
pub struct SetLook {
    /// Uid.
    pub uid: String,
    /// Uid of its Deployment, empty without one.
    pub owner: String,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Its Deployment's revision.
    pub revision: String,
    /// Which of the palette's colours is its own.
    pub hue: usize,
    /// The image of its pods.
    pub image: String,
    /// Wanted pods.
    pub replicas: i32,
    /// Ready pods.
    pub ready: i32,
    /// Whether it holds no pods and wants none.
    pub is_idle: bool,
}

/// How a Deployment looks.
#[derive(Clone, Debug, PartialEq)]
pub struct DeploymentLook {
    /// Uid.
    pub uid: String,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Wanted pods.
    pub replicas: i32,
    /// Pods made from the present template.
    pub updated: i32,
    /// Ready pods.
    pub ready: i32,
    /// Available pods.
    pub available: i32,
    /// Most pods that may live at once.
    pub most: i32,
    /// Fewest pods that must be available.
    pub fewest: i32,
    /// `RollingUpdate`, `Recreate`.
    pub strategy: &'static str,
    /// Whether its rollout is paused.
    pub is_paused: bool,
    /// The condition that tells how its rollout goes: status and reason of `Progressing`.
    pub progress: String,
    /// Seconds until its rollout has made no progress for too long.
    pub deadline_s: Option<u64>,
    /// Its newest decision's place in the log.
    pub decision: Option<usize>,
    /// Its pods that count, by revision: colour and whether ready.
    pub slots: Vec<(usize, bool)>,
}

impl Look for SetLook {
    fn uid(&self) -> &str {
        &self.uid
    }

    fn parent(&self) -> Option<&str> {
        Some(&self.owner)
    }
}

impl Look for DeploymentLook {
    fn uid(&self) -> &str {
        &self.uid
    }
}

pub(super) fn revision_number(set: &ReplicaSet) -> i64 {
    revision(set).parse().unwrap_or(0)
}

fn revision(set: &ReplicaSet) -> &str {
    set.metadata.annotations.get("deployment.kubernetes.io/revision").map_or("", String::as_str)
}

pub(super) fn set_look(set: &ReplicaSet, hue: usize, pods: &[PodLook]) -> SetLook {
    let uid = &set.metadata.uid;
    let image = set.spec.template.spec.containers.first().map(|container| container.image.clone());
    SetLook {
        uid: uid.clone(),
        owner: set.metadata.controller().map(|owner| owner.uid.clone()).unwrap_or_default(),
        namespace: set.metadata.namespace.clone(),
        name: set.metadata.name.clone(),
        revision: revision(set).to_owned(),
        hue,
        image: image.unwrap_or_default(),
        replicas: set.spec.replicas,
        ready: set.status.ready_replicas,
        is_idle: set.spec.replicas == 0 && !pods.iter().any(|pod| pod.owner == *uid),
    }
}

pub(super) fn deployment_look(
    deployment: &Deployment,
    cluster: &Cluster,
    sets: &[Arc<ReplicaSet>],
    hue: &impl Fn(&str) -> usize,
    pods: &[PodLook],
) -> DeploymentLook {
    let uid = &deployment.metadata.uid;
    let (most, fewest) = (fenceposts::max_total(deployment), fenceposts::min_available(deployment));
    let mut slots = Vec::new();
    for set in sets.iter().rev().filter(|set| set.metadata.is_controlled_by(uid)) {
        let mut mine: Vec<bool> = pods
            .iter()
            .filter(|pod| pod.owner == set.metadata.uid && pod.state != PodState::Terminating)
            .map(|pod| pod.state == PodState::Ready)
            .collect();
        mine.sort_unstable_by_key(|ready| !ready);
        slots.extend(mine.into_iter().map(|ready| (hue(&set.metadata.uid), ready)));
    }
    slots.sort_by_key(|(_, ready)| !ready);
    let progressing = deployment.status.conditions.iter().find(|condition| condition.kind == "Progressing");
    DeploymentLook {
        uid: uid.clone(),
        namespace: deployment.metadata.namespace.clone(),
        name: deployment.metadata.name.clone(),
        replicas: deployment.spec.replicas,
        updated: deployment.status.updated_replicas,
        ready: deployment.status.ready_replicas,
        available: deployment.status.available_replicas,
        most,
        fewest,
        strategy: match deployment.spec.strategy.kind {
            StrategyType::RollingUpdate => "RollingUpdate",
            StrategyType::Recreate => "Recreate",
        },
        is_paused: deployment.spec.paused,
        progress: progressing.map(|condition| condition.reason.clone()).unwrap_or_default(),
        deadline_s: deadline_s(deployment, cluster.now()),
        decision: newest_decision(deployment, cluster),
        slots,
    }
}

/// What is left of progressDeadlineSeconds while a rollout is under way.
fn deadline_s(deployment: &Deployment, now: SimTime) -> Option<u64> {
    let progressing = deployment.status.conditions.iter().find(|condition| condition.kind == "Progressing")?;
    let is_over = matches!(progressing.reason.as_str(), "NewReplicaSetAvailable" | "ProgressDeadlineExceeded");
    if is_over || deployment.spec.paused {
        return None;
    }
    let whole_s = u64::try_from(deployment.spec.progress_deadline_seconds?).ok().filter(|s| *s < 1_000_000)?;
    let since_ms = u64::try_from(progressing.last_update_time?.as_sim_ms()).ok()?;
    Some((since_ms + whole_s * 1000).saturating_sub(now.as_ms()).div_ceil(1000))
}

/// The note that comes with every pass of a rollout.
pub const ROUTINE: &str = "deployment/waits-for-progress";
/// How many decisions are looked through for a Deployment's newest one.
const RECENT: usize = 2000;

fn newest_decision(deployment: &Deployment, cluster: &Cluster) -> Option<usize> {
    let object = format!("Deployment/{}/{}", deployment.metadata.namespace, deployment.metadata.name);
    let decisions = cluster.decisions();
    let end = decisions.len();
    (end.saturating_sub(RECENT)..end)
        .rev()
        // That the deadline's clock runs says least of all.
        .find(|number| {
            let decision = decisions.get(*number);
            decision.is_some_and(|decision| decision.object == object && decision.rule != ROUTINE)
        })
}
