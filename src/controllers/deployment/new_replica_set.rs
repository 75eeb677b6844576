//! The new ReplicaSet: the one with the Deployment's template. It is found, renewed, or made.

use std::sync::Arc;

use super::fenceposts::{self, max_total, written_max_surge};
use super::revision::{self, HISTORY_LIMIT, REVISION};
use super::status::{progress_deadline_seconds, sum};
use super::{Inputs, Pass, Stop, TEMPLATE_HASH_LABEL, conditions};
use crate::api::{
    Deployment, EventType, Kind, ObjectMeta, PodTemplateSpec, ReplicaSet, ReplicaSetSpec, ReplicaSetStatus,
    StrategyType,
};
use crate::controllers::{Request, controller_reference, is_older, reason};

/// Names of objects are DNS subdomains: no longer than this.
const NAME_LIMIT: usize = 253;

/// A Deployment's ReplicaSets: the one with its template, and the others, oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReplicaSets {
    /// The one with the Deployment's template.
    pub new: Option<Arc<ReplicaSet>>,
    /// The others.
    pub old: Vec<Arc<ReplicaSet>>,
}

impl ReplicaSets {
    /// The old ones, then the new one.
    pub fn all(&self) -> Vec<Arc<ReplicaSet>> {
        self.old.iter().chain(&self.new).cloned().collect()
    }

    /// The old ones that ought to have pods. Models controller.FilterActiveReplicaSets.
    pub fn active_old(&self) -> Vec<Arc<ReplicaSet>> {
        active(&self.old)
    }
}

pub(super) fn active(sets: &[Arc<ReplicaSet>]) -> Vec<Arc<ReplicaSet>> {
    sets.iter().filter(|set| set.spec.replicas > 0).cloned().collect()
}

/// Whether two templates are the same but for the hash label. Models EqualIgnoreHash.
pub fn equal_ignoring_hash(a: &PodTemplateSpec, b: &PodTemplateSpec) -> bool {
    fn without_hash(template: &PodTemplateSpec) -> ObjectMeta {
        let mut metadata = template.metadata.clone();
        metadata.labels.remove(TEMPLATE_HASH_LABEL);
        metadata
    }
    a.spec == b.spec && without_hash(a) == without_hash(b)
}

/// The oldest ReplicaSet with the Deployment's template. Models FindNewReplicaSet.
pub fn find_new_replica_set<'a>(deployment: &Deployment, list: &'a [Arc<ReplicaSet>]) -> Option<&'a Arc<ReplicaSet>> {
    list.iter()
        .filter(|set| equal_ignoring_hash(&set.spec.template, &deployment.spec.template))
        .reduce(|oldest, set| if is_older(set, oldest) { set } else { oldest })
}

/// All but the new one, oldest first. Models FindOldReplicaSets.
pub fn find_old_replica_sets(deployment: &Deployment, list: &[Arc<ReplicaSet>]) -> Vec<Arc<ReplicaSet>> {
    let new = find_new_replica_set(deployment, list);
    let mut old: Vec<_> =
        list.iter().filter(|set| new.is_none_or(|new| new.metadata.uid != set.metadata.uid)).cloned().collect();
    crate::sorting::go::sort(&mut old, |a, b| is_older(a, b));
    old
}

/// `web-5d4f8c7b9`, with the Deployment's name cut where it would be too long. Models generateReplicaSetName.
pub fn replica_set_name(deployment: &str, hash: &str) -> String {
    let room = NAME_LIMIT.saturating_sub(1 + hash.len());
    let kept = if room > 0 { deployment.get(..room).unwrap_or(deployment) } else { deployment };
    format!("{kept}-{hash}")
}

/// How many replicas the new ReplicaSet should have now, among `all`. Models NewRSNewReplicas.
///
/// # Errors
/// Kubernetes' text when maxSurge cannot be read.
pub fn new_replicas(deployment: &Deployment, all: &[Arc<ReplicaSet>], new: &ReplicaSet) -> Result<i32, String> {
    let replicas = deployment.spec.replicas;
    if deployment.spec.strategy.kind == StrategyType::Recreate {
        return Ok(replicas);
    }
    let max_total = replicas.wrapping_add(fenceposts::surge_alone(deployment)?);
    let current = sum(all, |set| set.spec.replicas);
    if current >= max_total {
        return Ok(new.spec.replicas);
    }
    let room = max_total.wrapping_sub(current).min(replicas.wrapping_sub(new.spec.replicas));
    Ok(new.spec.replicas.wrapping_add(room))
}

/// The numbers behind [`new_replicas`].
pub(super) fn room_inputs(deployment: &Deployment, all: &[Arc<ReplicaSet>], new: &ReplicaSet) -> Inputs {
    vec![
        ("replicas", deployment.spec.replicas.into()),
        ("maxSurge", written_max_surge(deployment)),
        ("maxSurgeResolved", fenceposts::max_surge(deployment).into()),
        ("maxTotalPods", max_total(deployment).into()),
        ("currentPods", sum(all, |set| set.spec.replicas).into()),
        ("newReplicas", new.spec.replicas.into()),
    ]
}

/// The new ReplicaSet with its revision up to date (made if `create`), and the old ones.
/// Models pkg/controller/deployment/sync.go getAllReplicaSetsAndSyncRevision and getNewReplicaSet.
pub(super) fn sync_revision(pass: &mut Pass<'_>, list: &[Arc<ReplicaSet>], create: bool) -> Result<ReplicaSets, Stop> {
    let old = find_old_replica_sets(&pass.deployment, list);
    let new_revision = revision::max(&old).wrapping_add(1).to_string();
    let new = match find_new_replica_set(&pass.deployment, list) {
        Some(existing) => Some(renew(pass, existing, &new_revision)),
        None if create => Some(make(pass, &old, &new_revision)?),
        None => None,
    };
    Ok(ReplicaSets { new, old })
}

fn renew(pass: &mut Pass<'_>, existing: &Arc<ReplicaSet>, new_revision: &str) -> Arc<ReplicaSet> {
    let mut set = ReplicaSet::clone(existing);
    let deployment = Arc::clone(&pass.deployment);
    let annotated = revision::set_new_replica_set_annotations(&deployment, &mut set, new_revision, true, HISTORY_LIMIT);
    let name = set.metadata.name.clone();
    let min_ready_seconds = deployment.spec.min_ready_seconds;
    if annotated || set.spec.min_ready_seconds != min_ready_seconds {
        let inputs = vec![
            ("revisionBefore", existing.metadata.annotations.get(REVISION).cloned().into()),
            ("revision", set.metadata.annotations.get(REVISION).cloned().into()),
            ("minReadySecondsBefore", set.spec.min_ready_seconds.into()),
            ("minReadySeconds", min_ready_seconds.into()),
        ];
        set.spec.min_ready_seconds = min_ready_seconds;
        let why = reason("deployment/update-new-replica-set", inputs, format!("renew {name}"));
        return write(pass, set, Some(why));
    }
    let revision = set.metadata.annotations.get(REVISION).cloned().unwrap_or_default();
    let mut why = set_revision(pass, &revision);
    let is_unknown = conditions::get(&deployment.status, "Progressing").is_none();
    if is_unknown && progress_deadline_seconds(&deployment).is_some() {
        let message = format!("Found new replica set {name:?}");
        let condition = conditions::new("Progressing", "True", "FoundNewReplicaSet", message, pass.timestamp());
        conditions::set(&mut pass.edit().status, condition);
        let inputs = vec![("replicaSet", name.as_str().into())];
        why = Some(reason("deployment/found-new-replica-set", inputs, format!("take {name} as the new ReplicaSet")));
    }
    if why.is_some() {
        pass.update_status(why);
    }
    Arc::new(set)
}

/// Writes a ReplicaSet and answers it as the server would: without a version to check against.
pub(super) fn write(pass: &mut Pass<'_>, set: ReplicaSet, why: Option<crate::decision::Reason>) -> Arc<ReplicaSet> {
    let set = Arc::new(set);
    pass.plan.request(Request::UpdateReplicaSet(Arc::clone(&set)), why);
    let mut answer = ReplicaSet::clone(&set);
    answer.metadata.resource_version = 0;
    Arc::new(answer)
}

/// Models SetDeploymentRevision.
fn set_revision(pass: &mut Pass<'_>, revision: &str) -> Option<crate::decision::Reason> {
    let before = pass.deployment.metadata.annotations.get(REVISION).cloned();
    if before.as_deref().unwrap_or_default() == revision {
        return None;
    }
    pass.edit().metadata.annotations.insert(REVISION.to_owned(), revision.to_owned());
    let inputs = vec![("revisionBefore", before.into()), ("revision", revision.into())];
    Some(reason("deployment/set-revision", inputs, format!("be revision {revision}")))
}

fn make(pass: &mut Pass<'_>, old: &[Arc<ReplicaSet>], new_revision: &str) -> Result<Arc<ReplicaSet>, Stop> {
    let deployment = Arc::clone(&pass.deployment);
    let mut set = from_template(&deployment, pass.input.template_hash);
    let replicas = new_replicas(&deployment, old, &set).map_err(|_| Stop)?;
    let mut inputs = vec![
        ("revision", new_revision.into()),
        ("templateHash", pass.input.template_hash.into()),
        (
            "strategy",
            if deployment.spec.strategy.kind == StrategyType::Recreate { "Recreate" } else { "RollingUpdate" }.into(),
        ),
    ];
    inputs.extend(room_inputs(&deployment, old, &set));
    set.spec.replicas = replicas;
    revision::set_new_replica_set_annotations(&deployment, &mut set, new_revision, false, HISTORY_LIMIT);
    let name = set.metadata.name.clone();
    if let Some(existing) = pass.input.replica_sets.iter().find(|set| set.metadata.name == name) {
        let is_same = existing.metadata.is_controlled_by(&deployment.metadata.uid)
            && equal_ignoring_hash(&deployment.spec.template, &existing.spec.template);
        if !is_same {
            return Err(count_collision(pass, &name));
        }
        let existing = Arc::clone(existing);
        if let Some(why) = set_revision(pass, new_revision) {
            pass.update_status(Some(why));
        }
        return Ok(existing);
    }
    let set = Arc::new(set);
    let why = reason("deployment/create-new-replica-set", inputs, format!("create {name} with {replicas} replicas"));
    pass.plan.request(Request::CreateReplicaSet(Arc::clone(&set)), Some(why));
    if replicas > 0 {
        let message = pass.input.version.scaled_replica_set(&name, 0, replicas);
        pass.event(EventType::Normal, "ScalingReplicaSet", message);
    }
    let revised = set_revision(pass, new_revision);
    let has_deadline = progress_deadline_seconds(&deployment).is_some();
    if has_deadline {
        let message = format!("Created new replica set {name:?}");
        let condition = conditions::new("Progressing", "True", "NewReplicaSetCreated", message, pass.timestamp());
        conditions::set(&mut pass.edit().status, condition);
    }
    if has_deadline || revised.is_some() {
        pass.update_status(revised);
    }
    Ok(set)
}

fn from_template(deployment: &Deployment, hash: &str) -> ReplicaSet {
    let label = |labels: &mut crate::api::StringMap| labels.insert(TEMPLATE_HASH_LABEL.to_owned(), hash.to_owned());
    let mut template = deployment.spec.template.clone();
    label(&mut template.metadata.labels);
    let mut selector = deployment.spec.selector.clone();
    label(&mut selector.match_labels);
    ReplicaSet {
        metadata: ObjectMeta {
            name: replica_set_name(&deployment.metadata.name, hash),
            namespace: deployment.metadata.namespace.clone(),
            labels: template.metadata.labels.clone(),
            owner_references: vec![controller_reference(Kind::Deployment, &deployment.metadata)].into(),
            ..ObjectMeta::default()
        },
        spec: ReplicaSetSpec { replicas: 0, min_ready_seconds: deployment.spec.min_ready_seconds, selector, template },
        status: ReplicaSetStatus::default(),
    }
}

/// The name is taken by another ReplicaSet: the next pass hashes with a higher collision count.
fn count_collision(pass: &mut Pass<'_>, name: &str) -> Stop {
    let count = pass.deployment.status.collision_count.unwrap_or(0).wrapping_add(1);
    pass.edit().status.collision_count = Some(count);
    let inputs = vec![("replicaSet", name.into()), ("collisionCount", count.into())];
    let action = format!("{name} is another template's; hash again");
    pass.update_status(Some(reason("deployment/hash-collision", inputs, action)));
    pass.plan.requeue_after(0);
    Stop
}
