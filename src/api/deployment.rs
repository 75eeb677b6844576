//! `apps/v1.Deployment`.

use serde::{Deserialize, Serialize};

use super::{IntOrString, LabelSelector, ObjectMeta, PodTemplateSpec, Time, is_zero, meta::null_as_default};

/// `apps/v1.Deployment`, defaulted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Deployment {
    /// Metadata.
    pub metadata: ObjectMeta,
    /// What is wanted.
    pub spec: DeploymentSpec,
    /// What the controller reports.
    pub status: DeploymentStatus,
}

/// `apps/v1.DeploymentSpec`, defaulted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeploymentSpec {
    /// How many pods.
    pub replicas: i32,
    /// Which pods are its own.
    pub selector: LabelSelector,
    /// What its pods are.
    pub template: PodTemplateSpec,
    /// How old pods are replaced.
    pub strategy: DeploymentStrategy,
    /// Seconds for which a pod must be ready before it is available.
    #[serde(skip_serializing_if = "is_zero")]
    pub min_ready_seconds: i32,
    /// How many old ReplicaSets are kept; absent keeps all (only before defaulting).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision_history_limit: Option<i32>,
    /// Whether rolling out is held.
    #[serde(skip_serializing_if = "is_zero")]
    pub paused: bool,
    /// Seconds without progress after which the rollout counts as failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress_deadline_seconds: Option<i32>,
}

/// `apps/v1.DeploymentStrategy`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeploymentStrategy {
    /// Which strategy.
    #[serde(rename = "type")]
    pub kind: StrategyType,
    /// The bounds of a rolling update.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rolling_update: Option<RollingUpdateDeployment>,
}

/// `apps/v1.DeploymentStrategyType`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum StrategyType {
    /// New pods in, old pods out, within bounds.
    #[default]
    RollingUpdate,
    /// All old pods out before any new pod.
    Recreate,
}

/// `apps/v1.RollingUpdateDeployment`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RollingUpdateDeployment {
    /// How many pods may be unavailable; percentages round down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_unavailable: Option<IntOrString>,
    /// How many pods there may be beyond `replicas`; percentages round up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_surge: Option<IntOrString>,
}

/// `apps/v1.DeploymentStatus`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeploymentStatus {
    /// The generation that the controller acted on.
    #[serde(skip_serializing_if = "is_zero")]
    pub observed_generation: i64,
    /// Pods that are not terminating.
    #[serde(skip_serializing_if = "is_zero")]
    pub replicas: i32,
    /// Of these, made from the present template.
    #[serde(skip_serializing_if = "is_zero")]
    pub updated_replicas: i32,
    /// Of these, ready.
    #[serde(skip_serializing_if = "is_zero")]
    pub ready_replicas: i32,
    /// Of these, ready for `minReadySeconds`.
    #[serde(skip_serializing_if = "is_zero")]
    pub available_replicas: i32,
    /// Pods that are still missing to full availability.
    #[serde(skip_serializing_if = "is_zero")]
    pub unavailable_replicas: i32,
    /// Pods with a deletion timestamp that have not vanished yet; absent before the first count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terminating_replicas: Option<i32>,
    /// Conditions; their order is the controller's.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub conditions: Vec<DeploymentCondition>,
    /// Counts collisions of the template's hash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collision_count: Option<i32>,
}

/// `apps/v1.DeploymentCondition`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeploymentCondition {
    /// `Available`, `Progressing` or `ReplicaFailure`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// When the controller last renewed it.
    pub last_update_time: Option<Time>,
    /// When `status` last changed.
    pub last_transition_time: Option<Time>,
    /// Why.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// More about it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
}
