//! What a manifest changes about Deployments, and by which strategy.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::TERMINAL;
use crate::api::{Deployment, DeploymentStrategy, StrategyType};
use crate::lab::Lab;
use crate::sorting;

/// What applying the file does at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is refused, with this answer.
    Refused(String),
    /// Nothing that concerns a Deployment.
    Nothing,
    /// A Deployment is made.
    Creates,
    /// The number of replicas changes and the template does not: no rollout.
    Scales {
        /// Replicas before.
        from: i32,
        /// Replicas after.
        to: i32,
    },
    /// The template changes: a rollout.
    RollsOut,
    /// Something else in the spec changes.
    Adjusts,
}

/// A strategy to try instead of the one in the file.
#[derive(Clone, Debug, PartialEq)]
pub enum Strategy {
    /// As the file says.
    AsWritten,
    /// A rolling update with these bounds.
    RollingUpdate {
        /// As in a manifest: `25%`, `1`.
        max_surge: &'static str,
        /// As in a manifest.
        max_unavailable: &'static str,
    },
    /// Recreate.
    Recreate,
}

pub(super) fn deployments(lab: &Lab) -> BTreeMap<String, Arc<Deployment>> {
    let store = lab.cluster().api.store();
    sorting::map(store.deployments(None).map(|deployment| (deployment.metadata.uid.clone(), Arc::clone(deployment))))
}

pub(super) fn change(before: &BTreeMap<String, Arc<Deployment>>, after: &BTreeMap<String, Arc<Deployment>>) -> Change {
    let mut found = Change::Nothing;
    for (uid, new) in after {
        let Some(old) = before.get(uid) else { return Change::Creates };
        if old.spec == new.spec {
            continue;
        }
        if old.spec.template != new.spec.template {
            return Change::RollsOut;
        }
        found = if old.spec.replicas == new.spec.replicas {
            Change::Adjusts
        } else {
            Change::Scales { from: old.spec.replicas, to: new.spec.replicas }
        };
    }
    found
}

/// Gives the strategy to the Deployments that the file has changed.
pub(super) fn set_strategy(lab: &mut Lab, before: &BTreeMap<String, Arc<Deployment>>, strategy: &Strategy) {
    let patch = match strategy {
        Strategy::AsWritten => return,
        Strategy::Recreate => r#"{"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}}"#.to_owned(),
        Strategy::RollingUpdate { max_surge, max_unavailable } => format!(
            r#"{{"spec":{{"strategy":{{"type":"RollingUpdate","rollingUpdate":{{"maxSurge":{},"maxUnavailable":{}}}}}}}}}"#,
            number_or_text(max_surge),
            number_or_text(max_unavailable)
        ),
    };
    for (uid, deployment) in deployments(lab) {
        if before.get(&uid).is_some_and(|old| old.spec == deployment.spec) {
            continue;
        }
        let (name, namespace) = (&deployment.metadata.name, &deployment.metadata.namespace);
        lab.submit(TERMINAL, &format!("kubectl patch deployment {name} -n {namespace} -p '{patch}'"));
    }
    lab.take_output(TERMINAL);
}

pub(super) fn number_or_text(text: &str) -> String {
    if text.parse::<i32>().is_ok() { text.to_owned() } else { format!("{text:?}") }
}

/// A strategy in a few words, the same in every language.
pub fn strategy_words(strategy: &DeploymentStrategy) -> String {
    match (strategy.kind, &strategy.rolling_update) {
        (StrategyType::Recreate, _) => "Recreate".to_owned(),
        (StrategyType::RollingUpdate, None) => "RollingUpdate".to_owned(),
        (StrategyType::RollingUpdate, Some(bounds)) => {
            let word =
                |value: &Option<crate::api::IntOrString>| value.as_ref().map_or("–".to_owned(), ToString::to_string);
            format!("RollingUpdate {} / {}", word(&bounds.max_surge), word(&bounds.max_unavailable))
        }
    }
}
