//! Whether an object may be stored, and the words of the API when it may not.
//!
//! Works on defaulted JSON: an absent field has no default left. Each room is one noun of the API; a room's checks
//! come in the order in which Kubernetes makes them, because a user reads the answers in that order.
//!
//! Feature gates stand at their defaults in 1.36. Both profiles are validated by the same rules.
//!
//! Not validated: kinds other than Deployment, ReplicaSet, Pod, Service, Namespace, ConfigMap, Secret, PodDisruptionBudget and
//! HorizontalPodAutoscaler beyond their metadata; Windows' options and what a Windows pod may not set; stop signals; resource claims' sources;
//! `metadata.managedFields`; the tolerations in an annotation of the old days; what `volume`, `resources` and
//! `config_map` say of themselves.

mod affinity;
mod autoscaler;
mod config_map;
mod container;
mod deployment;
mod disruption_budget;
mod env;
mod equality;
mod error;
mod field;
mod ip;
mod labels;
mod line_diff;
mod names;
mod namespace;
mod object_meta;
mod pod;
mod pod_annotations;
mod pod_security_context;
mod pod_spec;
mod pod_template;
mod ports;
mod probe;
mod replica_set;
mod resources;
mod security_context;
mod service;
mod service_addresses;
mod strategy;
mod toleration;
mod topology_spread;
mod volume;
mod volume_mount;
mod warnings;

use serde_json::Value;

use crate::api::Kind;
use field::Field;
use object_meta::{NameRule, Scope};

pub use error::{BadValue, FieldError, FieldErrorKind, invalid_message};
pub(crate) use names::{label_value, qualified_name};
pub use strategy::{
    has_spec_generation, next_generation, prepare_for_create, prepare_for_ephemeral_update, prepare_for_status_update,
    prepare_for_update, restore_empty_labels,
};

/// What the API server was started to allow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// `--allow-privileged`: off in a bare kube-apiserver, on in minikube and kubeadm.
    pub allow_privileged: bool,
}

impl Policy {
    /// minikube's.
    pub const MINIKUBE: Self = Self { allow_privileged: true };
}

/// What is wrong with a new object, in Kubernetes' order. Models the strategies' Validate.
pub fn validate_create(kind: Kind, object: &Value, policy: Policy) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let object = Field::root(object);
    match kind {
        Kind::Deployment => deployment::validate(&object, policy, &mut errors),
        Kind::ReplicaSet => replica_set::validate(&object, policy, &mut errors),
        Kind::Pod => pod::validate(&object, policy, &mut errors),
        Kind::Service => service::validate(&object, &mut errors),
        Kind::Namespace => namespace::validate(&object, &mut errors),
        Kind::ConfigMap => config_map::validate(&object, &mut errors),
        Kind::Secret => config_map::validate_secret(&object, &mut errors),
        Kind::PodDisruptionBudget => disruption_budget::validate(&object, &mut errors),
        Kind::HorizontalPodAutoscaler => autoscaler::validate(&object, &mut errors),
        _ => {
            let scope = if kind.is_cluster_scoped() { Scope::Cluster } else { Scope::Namespaced };
            object_meta::validate(&object.child("metadata"), scope, name_rule(kind), &mut errors);
        }
    }
    errors
}

/// What names objects of a kind may have of which only the metadata is validated. Roles are named as freely as paths allow
/// (`system:auth-delegator`). Models the ValidateName of their strategies.
fn name_rule(kind: Kind) -> NameRule {
    match kind {
        Kind::Role | Kind::RoleBinding | Kind::ClusterRole | Kind::ClusterRoleBinding | Kind::APIService => {
            names::path_segment
        }
        _ => names::dns1123_subdomain,
    }
}

/// What is wrong with a changed object, in Kubernetes' order. Models the strategies' ValidateUpdate.
pub fn validate_update(kind: Kind, object: &Value, old: &Value, policy: Policy) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let (object, old) = (Field::root(object), Field::root(old));
    match kind {
        Kind::Deployment => deployment::validate_update(&object, &old, policy, &mut errors),
        Kind::ReplicaSet => replica_set::validate_update(&object, &old, policy, &mut errors),
        Kind::Pod => pod::validate_update(&object, &old, policy, &mut errors),
        Kind::Service => service::validate_update(&object, &old, &mut errors),
        Kind::Namespace => namespace::validate_update(&object, &old, &mut errors),
        Kind::ConfigMap => config_map::validate_update(&object, &old, &mut errors),
        Kind::Secret => config_map::validate_secret_update(&object, &old, &mut errors),
        Kind::PodDisruptionBudget => disruption_budget::validate_update(&object, &old, &mut errors),
        Kind::HorizontalPodAutoscaler => autoscaler::validate_update(&object, &old, &mut errors),
        _ => object_meta::validate_update(&object.child("metadata"), &old.child("metadata"), &mut errors),
    }
    errors
}

/// What is wrong with a pod's changed ephemeral containers. Models podEphemeralContainersStrategy.ValidateUpdate.
pub fn validate_ephemeral_update(pod: &Value, old: &Value, policy: Policy) -> Vec<FieldError> {
    let mut errors = Vec::new();
    pod::validate_ephemeral_update(&Field::root(pod), &Field::root(old), policy, &mut errors);
    errors
}

/// What is wrong with the metadata of any changed object; comes before what [`validate_update`] says. Models
/// apiserver/pkg/registry/rest/update.go validateCommonFields.
pub fn validate_metadata_update(kind: Kind, object: &Value, old: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let (metadata, old) = (Field::root(object).child("metadata"), Field::root(old).child("metadata"));
    let scope = if kind.is_cluster_scoped() { Scope::Cluster } else { Scope::Namespaced };
    object_meta::validate(&metadata, scope, names::path_segment, &mut errors);
    object_meta::validate_update(&metadata, &old, &mut errors);
    errors
}

/// What is wrong with a changed status. Models the status strategies' ValidateUpdate.
pub fn validate_status_update(kind: Kind, object: &Value, old: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let (object, old) = (Field::root(object), Field::root(old));
    match kind {
        Kind::Deployment => deployment::validate_status_update(&object, &old, &mut errors),
        Kind::ReplicaSet => replica_set::validate_status_update(&object, &old, &mut errors),
        _ => object_meta::validate_update(&object.child("metadata"), &old.child("metadata"), &mut errors),
    }
    errors
}

/// What kubectl prints behind `Warning: `; `old` is the stored object, prepared and `object` compared as on update.
/// Models the strategies' WarningsOnCreate and WarningsOnUpdate.
pub fn warnings(kind: Kind, object: &Value, old: Option<&Value>) -> Vec<String> {
    let mut texts = Vec::new();
    let generation = |object: &Value| object.pointer("/metadata/generation").and_then(Value::as_i64);
    let is_unchanged = old.is_some_and(|old| generation(old) == generation(object));
    let object = Field::root(object);
    match kind {
        Kind::Deployment | Kind::ReplicaSet => {
            if old.is_none() {
                warnings::for_workload_name(&object, &mut texts);
            }
            if !is_unchanged {
                warnings::for_pod(&object.child("spec").child("template"), &mut texts);
            }
        }
        Kind::Pod if old.is_none() => {
            warnings::for_pod_name(&object, &mut texts);
            warnings::for_pod(&object, &mut texts);
        }
        Kind::Service => warnings::for_service(&object, &mut texts),
        _ => {}
    }
    texts
}
