//! How many pods a Deployment's controller may ask for.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Seen;
use crate::api::{Deployment, ReplicaSet, StrategyType};
use crate::cluster::Cluster;
use crate::controllers::deployment::fenceposts;
use crate::controllers::deployment::revision::MAX_REPLICAS;

/// What the ReplicaSets of each Deployment asked for before, by its uid.
#[derive(Clone, Debug, Default)]
pub(super) struct Limits {
    asked: BTreeMap<String, i64>,
}

impl Limits {
    /// Never asks for more than replicas + maxSurge, but while somebody's change is being taken in.
    /// pkg/controller/deployment/rolling.go, util NewRSNewReplicas.
    pub(super) fn look(&mut self, cluster: &Cluster, is_settling: bool) -> Result<(), Seen> {
        let store = cluster.api.store();
        let mut asked = BTreeMap::new();
        for deployment in store.deployments(None) {
            let owned: Vec<_> = store
                .replica_sets(Some(&deployment.metadata.namespace))
                .filter(|set| set.metadata.is_controlled_by(&deployment.metadata.uid))
                .collect();
            let now: i64 = owned.iter().map(|set| i64::from(set.spec.replicas)).sum();
            let before = self.asked.get(&deployment.metadata.uid).copied().unwrap_or(0);
            let most = i64::from(fenceposts::max_total(deployment));
            if now > most && now > before && !is_settling && !is_excused(deployment, &owned) {
                let name = &deployment.metadata.name;
                let what = format!("{name}: {now} are asked for, {before} before, where {most} are allowed");
                return Err(("a rollout keeps to maxSurge", what));
            }
            asked.insert(deployment.metadata.uid.clone(), now);
        }
        self.asked = asked;
        Ok(())
    }
}

/// A ReplicaSet that was made for a smaller size gets a share that is reckoned from that (getReplicaSetFraction), which
/// GetReplicaSetProportion bounds only from below when pods are to go: Kubernetes itself asks for too many then. What is
/// being deleted, and what has just begun, is not held to it either.
fn is_excused(deployment: &Deployment, owned: &[&Arc<ReplicaSet>]) -> bool {
    let most = fenceposts::max_total(deployment);
    let made_for =
        |set: &ReplicaSet| set.metadata.annotations.get(MAX_REPLICAS).and_then(|max| max.parse::<i32>().ok());
    deployment.metadata.deletion_timestamp.is_some()
        || deployment.spec.strategy.kind != StrategyType::RollingUpdate
        || owned.iter().any(|set| made_for(set).is_some_and(|made_for| made_for != most))
}
