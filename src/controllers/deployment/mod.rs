//! The Deployment controller: which ReplicaSets there should be, and how large each.

pub mod conditions;
pub mod fenceposts;
mod history;
mod new_replica_set;
pub mod recreate;
pub mod revision;
mod rollback;
pub mod rolling;
pub mod scale;
pub mod status;

use std::sync::Arc;

use serde_json::Value;

use super::ownership::{Claim, claim};
use super::{Plan, Request, controller_reference, reason, reference_to};
use crate::api::{Deployment, EventType, Kind, KubernetesVersion, Pod, ReplicaSet, StrategyType, Time};
use crate::decision::Reason;
use crate::sim::SimTime;

pub use history::clean_up_history;
pub use new_replica_set::{
    ReplicaSets, equal_ignoring_hash, find_new_replica_set, find_old_replica_sets, new_replicas, replica_set_name,
};

/// The label that tells the ReplicaSets of one Deployment apart.
pub const TEMPLATE_HASH_LABEL: &str = "pod-template-hash";

/// What the controller reads.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The Deployment.
    pub deployment: &'a Arc<Deployment>,
    /// Every ReplicaSet of its namespace.
    pub replica_sets: &'a [Arc<ReplicaSet>],
    /// Its ReplicaSets' pods, which nobody but Recreate looks at.
    pub pods: &'a [Arc<Pod>],
    /// The hash of its template with its present `status.collisionCount`.
    pub template_hash: &'a str,
    /// Which Kubernetes.
    pub version: KubernetesVersion,
}

/// The state of one pass: what was read, the working copy of the Deployment, and the plan so far.
#[derive(Clone, Debug)]
pub struct Pass<'a> {
    /// What was read.
    pub input: Input<'a>,
    /// Now.
    pub now: SimTime,
    /// The Deployment with what this pass has changed so far.
    pub deployment: Arc<Deployment>,
    /// What this pass wants.
    pub plan: Plan,
}

/// The pass ends early: what follows has to wait until the plan so far has been carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop;

/// The numbers that went into a decision.
type Inputs = Vec<(&'static str, Value)>;

impl<'a> Pass<'a> {
    /// A pass that has not decided anything yet.
    pub fn new(input: Input<'a>, now: SimTime) -> Self {
        Self { input, now, deployment: Arc::clone(input.deployment), plan: Plan::default() }
    }

    /// Now, as the API would store it.
    fn timestamp(&self) -> Time {
        Time::from_sim(self.now)
    }

    fn replicas(&self) -> i32 {
        self.deployment.spec.replicas
    }

    fn edit(&mut self) -> &mut Deployment {
        Arc::make_mut(&mut self.deployment)
    }

    fn note(&mut self, rule: &'static str, inputs: Inputs, action: String) {
        self.plan.notes.push(reason(rule, inputs, action));
    }

    fn update_status(&mut self, why: Option<Reason>) {
        let deployment = Arc::clone(&self.deployment);
        self.plan.request(Request::UpdateDeploymentStatus(deployment), why);
    }

    fn event(&mut self, kind: EventType, event: &'static str, message: String) {
        let object = reference_to(Kind::Deployment, &self.deployment.metadata);
        self.plan.request(Request::RecordEvent { object, kind, reason: event, message }, None);
    }
}

/// One pass. Models pkg/controller/deployment/deployment_controller.go syncDeployment.
pub fn sync(input: &Input<'_>, now: SimTime) -> Plan {
    let mut pass = Pass::new(*input, now);
    // A stop is no failure of its own: the plan says what there is to say.
    let _ended_early = run(&mut pass).is_err();
    pass.plan
}

fn run(pass: &mut Pass<'_>) -> Result<(), Stop> {
    if pass.deployment.spec.selector.is_empty() {
        refuse_to_select_all(pass);
        return Ok(());
    }
    let list = claim_replica_sets(pass);
    if pass.deployment.metadata.deletion_timestamp.is_some() {
        let sets = new_replica_set::sync_revision(pass, &list, false)?;
        status::sync_deployment_status(pass, &sets.all(), sets.new.as_ref());
        return Ok(());
    }
    conditions::check_paused(pass);
    if pass.deployment.spec.paused {
        note_paused(pass, &list);
        return scale::sync(pass, &list);
    }
    if let Some(revision) = rollback::requested(&pass.deployment) {
        return rollback::roll_back(pass, &list, revision);
    }
    if scale::is_scaling_event(pass, &list)? {
        return scale::sync(pass, &list);
    }
    match pass.deployment.spec.strategy.kind {
        StrategyType::Recreate => recreate::roll_out(pass, &list),
        StrategyType::RollingUpdate => rolling::roll_out(pass, &list),
    }
}

fn refuse_to_select_all(pass: &mut Pass<'_>) {
    let message = "This deployment is selecting all pods. A non-empty selector is required.";
    pass.event(EventType::Warning, "SelectingAll", message.to_owned());
    pass.note("deployment/selecting-all", Vec::new(), "do nothing".to_owned());
    let generation = pass.deployment.metadata.generation;
    if pass.deployment.status.observed_generation < generation {
        pass.edit().status.observed_generation = generation;
        pass.update_status(None);
    }
}

fn note_paused(pass: &mut Pass<'_>, list: &[Arc<ReplicaSet>]) {
    let has_new = find_new_replica_set(&pass.deployment, list).is_some();
    let inputs = vec![("paused", true.into()), ("newReplicaSetExists", has_new.into())];
    pass.note("deployment/paused", inputs, "hold the rollout; scaling goes on".to_owned());
}

/// The ReplicaSets that belong to the Deployment, after adopting and releasing.
/// Models getReplicaSetsForDeployment and ClaimReplicaSets.
fn claim_replica_sets(pass: &mut Pass<'_>) -> Vec<Arc<ReplicaSet>> {
    let deployment = Arc::clone(&pass.deployment);
    let mut claimed = Vec::new();
    for set in pass.input.replica_sets {
        let matches = deployment.spec.selector.matches(&set.metadata.labels);
        let name = &set.metadata.name;
        match claim(&deployment.metadata, &set.metadata, matches) {
            Claim::Ignore => {}
            Claim::Owned => claimed.push(Arc::clone(set)),
            Claim::Adopt => {
                let owner = controller_reference(Kind::Deployment, &deployment.metadata);
                let request = Request::AdoptReplicaSet { replica_set: Arc::clone(set), owner };
                let inputs = vec![("replicaSet", name.as_str().into())];
                let why = reason("deployment/adopt-replica-set", inputs, format!("adopt {name}"));
                pass.plan.request(request, Some(why));
                claimed.push(Arc::clone(set));
            }
            Claim::Release => {
                let owner_uid = deployment.metadata.uid.clone();
                let request = Request::ReleaseReplicaSet { replica_set: Arc::clone(set), owner_uid };
                let inputs = vec![("replicaSet", name.as_str().into())];
                let why = reason("deployment/release-replica-set", inputs, format!("release {name}"));
                pass.plan.request(request, Some(why));
            }
        }
    }
    claimed
}

/// What is still to be done after [`Request::CreateReplicaSet`] failed with `error`. The key is then put back
/// through the queue's rate limiter. Models the error branch of getNewReplicaSet.
pub fn creation_failed(input: &Input<'_>, replica_set: &ReplicaSet, error: &str, now: SimTime) -> Plan {
    let mut pass = Pass::new(*input, now);
    let name = &replica_set.metadata.name;
    let message = format!("Failed to create new replica set {name:?}: {error}");
    let inputs = vec![("replicaSet", name.as_str().into()), ("error", error.into())];
    pass.note("deployment/creation-failed", inputs, "try again later".to_owned());
    if status::progress_deadline_seconds(&pass.deployment).is_some() {
        let condition =
            conditions::new("Progressing", "False", "ReplicaSetCreateError", message.clone(), pass.timestamp());
        conditions::set(&mut pass.edit().status, condition);
        pass.update_status(None);
    }
    pass.event(EventType::Warning, "ReplicaSetCreateError", message);
    pass.plan.requeue_after(0);
    pass.plan
}
