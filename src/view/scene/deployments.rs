//! How Deployments and their ReplicaSets look.

use std::collections::BTreeMap;
use std::sync::Arc;

use hellok8s_lab::api::{Deployment, ReplicaSet, StrategyType};
use hellok8s_lab::cluster::Cluster;
use hellok8s_lab::controllers::deployment::fenceposts;
use hellok8s_lab::sim::SimTime;

use super::Tally;
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
    /// Its pods that count: the ready ones before those that wait, each by revision.
    pub slots: Vec<Slots>,
}

/// Pods of one revision in the same state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slots {
    /// Their ReplicaSet's colour.
    pub hue: usize,
    /// Whether they are ready.
    pub is_ready: bool,
    /// How many.
    pub count: usize,
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

pub(super) fn set_look(set: &ReplicaSet, hue: usize, tally: Tally) -> SetLook {
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
        is_idle: set.spec.replicas == 0 && tally == Tally::default(),
    }
}

pub(super) fn deployment_look(
    deployment: &Deployment,
    now: SimTime,
    decision: Option<usize>,
    sets: &[Arc<ReplicaSet>],
    hue: &dyn Fn(&str) -> usize,
    tally: &dyn Fn(&str) -> Tally,
) -> DeploymentLook {
    let uid = &deployment.metadata.uid;
    let (most, fewest) = (fenceposts::max_total(deployment), fenceposts::min_available(deployment));
    let (mut slots, mut waiting) = (Vec::new(), Vec::new());
    for set in sets.iter().rev().filter(|set| set.metadata.is_controlled_by(uid)) {
        let (hue, tally) = (hue(&set.metadata.uid), tally(&set.metadata.uid));
        slots.push(Slots { hue, is_ready: true, count: tally.ready });
        waiting.push(Slots { hue, is_ready: false, count: tally.waiting });
    }
    slots.append(&mut waiting);
    slots.retain(|slots| slots.count > 0);
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
        deadline_s: deadline_s(deployment, now),
        decision,
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
/// How many decisions are looked through for the newest ones when nothing is known.
const RECENT: usize = 2000;

/// The newest decision about each Deployment: its place in the log.
#[derive(Default)]
pub(super) struct NewestDecisions {
    read: usize,
    newest: BTreeMap<String, usize>,
}

impl NewestDecisions {
    /// Reads on, or from the beginning.
    pub(super) fn read(&mut self, cluster: &Cluster, is_elsewhere: bool) {
        let decisions = cluster.decisions();
        let end = decisions.len();
        if is_elsewhere || end < self.read {
            *self = Self::default();
        }
        for number in self.read.max(end.saturating_sub(RECENT))..end {
            let decision = decisions.get(number);
            // That the deadline's clock runs says least of all.
            if let Some(decision) = decision.filter(|one| one.controller == "deployment" && one.rule != ROUTINE) {
                match self.newest.get_mut(&decision.object) {
                    Some(newest) => *newest = number,
                    None => _ = self.newest.insert(decision.object.clone(), number),
                }
            }
        }
        self.read = end;
    }

    /// The newest decision about a Deployment.
    pub(super) fn of(&self, deployment: &Deployment) -> Option<usize> {
        let metadata = &deployment.metadata;
        self.newest.get(&format!("Deployment/{}/{}", metadata.namespace, metadata.name)).copied()
    }
}
