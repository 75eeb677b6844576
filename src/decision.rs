//! Decisions: what a component did (or did not do), by which rule, from which numbers. The page explains nothing
//! that is not recorded here.

use serde::Serialize;
use serde_json::Value;

/// Why a component wants a request: recorded when it decides, never afterwards.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    /// Names the rule, e.g. `rolling/scale-up-new`. The page has a sentence in each language for every rule.
    pub rule: &'static str,
    /// The numbers and texts that went in, in the order in which the rule uses them.
    pub inputs: Vec<(&'static str, Value)>,
    /// What follows, in a few English words, e.g. `scale web-5d4f from 0 to 1`.
    pub action: String,
}

/// A [`Reason`] with its time and place.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Decision {
    /// When, in simulated milliseconds.
    pub t_ms: u64,
    /// Who: `deployment`, `replicaset`, `scheduler`, `kubelet`, `endpoints`, `garbage-collector`,
    /// `namespace`, `node`.
    pub controller: &'static str,
    /// About which object: `Deployment/default/web`.
    pub object: String,
    /// See [`Reason::rule`].
    pub rule: &'static str,
    /// See [`Reason::inputs`].
    #[serde(serialize_with = "as_map")]
    pub inputs: Vec<(&'static str, Value)>,
    /// See [`Reason::action`].
    pub action: String,
}

fn as_map<S: serde::Serializer>(inputs: &[(&'static str, Value)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(inputs.iter().map(|(name, value)| (name, value)))
}
