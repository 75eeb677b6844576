//! How Deployments and their ReplicaSets look.

use std::collections::BTreeMap;
use std::sync::Arc;

use hellok8s_lab::api::{Deployment, IntOrString, ReplicaSet, StrategyType};
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
    /// Where it is drawn while it is a chip: see [`shelf`].
    shelf: String,
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
    /// Pods that count: those that are not leaving.
    pub pods: i32,
    /// What stands large on its pods: the image's tag, or the revision where the tags are the same.
    pub version: String,
    /// Where it stands on the stage.
    pub place: Place,
}

/// Where a ReplicaSet stands on the stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// It is the only one that lives: it has the whole width.
    #[default]
    Alone,
    /// It is of an older generation: at the left.
    Old,
    /// It is the newest generation beside older ones: at the right.
    New,
    /// It has no pods and wants none: a chip.
    Chip,
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
    /// `maxSurge/maxUnavailable` as they are written, empty for `Recreate`.
    pub bounds: String,
    /// Seconds until its rollout has made no progress for too long.
    pub deadline_s: Option<u64>,
    /// How its rollout stands.
    pub standing: Standing,
    /// Its newest decision's place in the log.
    pub decision: Option<usize>,
    /// Its pods that count: the ready ones before those that wait, each by revision.
    pub slots: Vec<Slots>,
}

/// How a rollout stands, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// All pods are of the present template and available.
    Complete,
    /// It goes on.
    RollingOut,
    /// It has made no progress for too long.
    Stalled,
    /// It is paused.
    Paused,
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
        Some(if self.place == Place::Chip { &self.shelf } else { &self.owner })
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

/// Under this parent the ReplicaSets of a Deployment are drawn that have no pods and want none.
pub fn shelf(owner: &str) -> String {
    format!("{owner}/at-rest")
}

/// Where the ReplicaSets stand, and what is large on their pods, in the order in which they come: newest first.
#[inline(never)]
pub(super) fn places(sets: &[Arc<ReplicaSet>], tally: &dyn Fn(&str) -> Tally) -> Vec<(Place, String)> {
    let owner = |set: &ReplicaSet| set.metadata.controller().map(|owner| owner.uid.clone()).unwrap_or_default();
    let has_pods = |set: &ReplicaSet| set.spec.replicas > 0 || tally(&set.metadata.uid) != Tally::default();
    sets.iter()
        .enumerate()
        .map(|(at, set)| {
            let uid = owner(set);
            let siblings = || sets.iter().enumerate().filter(|(_, other)| owner(other) == uid);
            let is_newest = siblings().next().is_some_and(|(newest, _)| newest == at);
            let others = siblings().filter(|(other, set)| *other != at && has_pods(set)).count();
            let place = match (uid.is_empty(), has_pods(set) || is_newest, is_newest, others) {
                (true, ..) => Place::Alone,
                (_, false, ..) => Place::Chip,
                // The newest one has its place even while it may not have a pod yet.
                (_, _, true, 0) => Place::Alone,
                (_, _, true, _) => Place::New,
                _ => Place::Old,
            };
            let tag = tag(set);
            let is_shared = siblings().any(|(other, set)| other != at && self::tag(set) == tag);
            (place, if is_shared || tag.is_empty() { format!("#{}", revision(set)) } else { tag })
        })
        .collect()
}

/// The tag of the image of its pods, or the beginning of the image's digest.
fn tag(set: &ReplicaSet) -> String {
    let image = set.spec.template.spec.containers.first().map_or("", |container| container.image.as_str());
    let name = image.rsplit('/').next().unwrap_or(image);
    match name.split_once('@') {
        Some((_, digest)) => digest.rsplit(':').next().unwrap_or(digest).chars().take(7).collect(),
        None => name.split_once(':').map_or("latest", |(_, tag)| tag).to_owned(),
    }
}

#[inline(never)]
pub(super) fn set_look(set: &ReplicaSet, hue: usize, tally: Tally, (place, version): (Place, String)) -> SetLook {
    let uid = &set.metadata.uid;
    let image = set.spec.template.spec.containers.first().map(|container| container.image.clone());
    let owner = set.metadata.controller().map(|owner| owner.uid.clone()).unwrap_or_default();
    SetLook {
        uid: uid.clone(),
        shelf: shelf(&owner),
        owner,
        namespace: set.metadata.namespace.clone(),
        name: set.metadata.name.clone(),
        revision: revision(set).to_owned(),
        hue,
        image: image.unwrap_or_default(),
        replicas: set.spec.replicas,
        ready: set.status.ready_replicas,
        pods: i32::try_from(tally.ready + tally.waiting).unwrap_or(i32::MAX),
        version,
        place,
    }
}

#[inline(never)]
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
    let is_rolling = deployment.spec.strategy.kind == StrategyType::RollingUpdate;
    let rolling = deployment.spec.strategy.rolling_update.as_ref().filter(|_| is_rolling);
    let written = |value: Option<&IntOrString>| value.map(ToString::to_string).unwrap_or_default();
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
        bounds: rolling.map_or_else(String::new, |rolling| {
            format!("{}/{}", written(rolling.max_surge.as_ref()), written(rolling.max_unavailable.as_ref()))
        }),
        standing: standing(deployment),
        deadline_s: deadline_s(deployment, now),
        decision,
        slots,
    }
}

fn standing(deployment: &Deployment) -> Standing {
    let progressing = deployment.status.conditions.iter().find(|condition| condition.kind == "Progressing");
    match progressing.map(|condition| condition.reason.as_str()) {
        _ if deployment.spec.paused => Standing::Paused,
        Some("ProgressDeadlineExceeded") => Standing::Stalled,
        // A template that the controller has not seen yet is about to be rolled out.
        Some("NewReplicaSetAvailable")
            if deployment.status.observed_generation == deployment.metadata.generation
                && deployment.status.updated_replicas == deployment.spec.replicas
                && deployment.status.available_replicas == deployment.spec.replicas
                && deployment.status.replicas == deployment.spec.replicas =>
        {
            Standing::Complete
        }
        _ => Standing::RollingOut,
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
