//! Resource types: their names on the command line, and `kubectl api-resources`.

use crate::api::Kind;

use super::failure::Failure;

/// A kind's other names.
struct Names {
    kind: Kind,
    shorts: &'static [&'static str],
}

/// In the order of `kubectl api-resources`.
const NAMES: [Names; 45] = [
    Names { kind: Kind::ConfigMap, shorts: &["cm"] },
    Names { kind: Kind::Endpoints, shorts: &["ep"] },
    Names { kind: Kind::Event, shorts: &["ev"] },
    Names { kind: Kind::Namespace, shorts: &["ns"] },
    Names { kind: Kind::Node, shorts: &["no"] },
    Names { kind: Kind::PersistentVolumeClaim, shorts: &["pvc"] },
    Names { kind: Kind::Pod, shorts: &["po"] },
    Names { kind: Kind::ReplicationController, shorts: &["rc"] },
    Names { kind: Kind::Secret, shorts: &[] },
    Names { kind: Kind::ServiceAccount, shorts: &["sa"] },
    Names { kind: Kind::Service, shorts: &["svc"] },
    Names { kind: Kind::DaemonSet, shorts: &["ds"] },
    Names { kind: Kind::Deployment, shorts: &["deploy"] },
    Names { kind: Kind::ReplicaSet, shorts: &["rs"] },
    Names { kind: Kind::StatefulSet, shorts: &["sts"] },
    Names { kind: Kind::HorizontalPodAutoscaler, shorts: &["hpa"] },
    Names { kind: Kind::CronJob, shorts: &["cj"] },
    Names { kind: Kind::Job, shorts: &[] },
    Names { kind: Kind::EndpointSlice, shorts: &[] },
    Names { kind: Kind::Ingress, shorts: &["ing"] },
    Names { kind: Kind::NetworkPolicy, shorts: &["netpol"] },
    Names { kind: Kind::PodDisruptionBudget, shorts: &["pdb"] },
    Names { kind: Kind::PriorityClass, shorts: &["pc"] },
    Names { kind: Kind::ResourceQuota, shorts: &["quota"] },
    Names { kind: Kind::LimitRange, shorts: &["limits"] },
    Names { kind: Kind::PersistentVolume, shorts: &["pv"] },
    Names { kind: Kind::PodTemplate, shorts: &[] },
    Names { kind: Kind::ControllerRevision, shorts: &[] },
    Names { kind: Kind::Lease, shorts: &[] },
    Names { kind: Kind::IngressClass, shorts: &[] },
    Names { kind: Kind::RuntimeClass, shorts: &[] },
    Names { kind: Kind::ClusterRoleBinding, shorts: &[] },
    Names { kind: Kind::ClusterRole, shorts: &[] },
    Names { kind: Kind::RoleBinding, shorts: &[] },
    Names { kind: Kind::Role, shorts: &[] },
    Names { kind: Kind::StorageClass, shorts: &["sc"] },
    Names { kind: Kind::CSIDriver, shorts: &[] },
    Names { kind: Kind::MutatingWebhookConfiguration, shorts: &[] },
    Names { kind: Kind::ValidatingWebhookConfiguration, shorts: &[] },
    Names { kind: Kind::ValidatingAdmissionPolicy, shorts: &[] },
    Names { kind: Kind::ValidatingAdmissionPolicyBinding, shorts: &[] },
    Names { kind: Kind::CustomResourceDefinition, shorts: &["crd", "crds"] },
    Names { kind: Kind::APIService, shorts: &[] },
    Names { kind: Kind::FlowSchema, shorts: &[] },
    Names { kind: Kind::PriorityLevelConfiguration, shorts: &[] },
];

/// What `all` stands for, in the order in which it is listed.
const ALL: [Kind; 10] = [
    Kind::Pod,
    Kind::ReplicationController,
    Kind::Service,
    Kind::DaemonSet,
    Kind::Deployment,
    Kind::ReplicaSet,
    Kind::StatefulSet,
    Kind::HorizontalPodAutoscaler,
    Kind::CronJob,
    Kind::Job,
];

/// The kinds that a command line's type names: `pods`, `deploy,rs`, `deployment.apps`, `all`.
///
/// # Errors
/// When one of them is no type.
pub(super) fn parse_types(text: &str) -> Result<Vec<Kind>, Failure> {
    let mut kinds = Vec::new();
    for part in text.split(',') {
        if part == "all" {
            kinds.extend(ALL);
        } else {
            kinds.push(parse_type(part)?);
        }
    }
    Ok(kinds)
}

/// The type names between the commas, with `all` as what it stands for. Models cli-runtime's Builder.ReplaceAliases.
pub(super) fn without_categories(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for part in text.split(',') {
        if part == "all" {
            names.extend(ALL.iter().map(|kind| kind.plural().to_owned()));
        } else {
            names.push(part.to_owned());
        }
    }
    names
}

/// The kind of one type name. Models the RESTMapper's look-up with kubectl's short names.
///
/// # Errors
/// When there is no such type.
pub(super) fn parse_type(text: &str) -> Result<Kind, Failure> {
    let named = text.split('.').next().unwrap_or_default();
    let unknown = || Failure::Plain(format!("the server doesn't have a resource type {named:?}"));
    let lower = text.to_lowercase();
    let (resource, group) = lower.split_once('.').unwrap_or((&lower, ""));
    let named = NAMES.iter().find(|names| {
        let kind = names.kind;
        kind.plural() == resource || kind.as_str().to_lowercase() == resource || names.shorts.contains(&resource)
    });
    let kind = named.map(|names| names.kind).ok_or_else(unknown)?;
    let group = group.trim_start_matches("v1.").trim_start_matches("v2.");
    let in_group = group.is_empty() || group == "v1" || kind.group() == group;
    if in_group { Ok(kind) } else { Err(unknown()) }
}

/// `deployment.apps`, `pod`: how objects are called in answers.
pub(super) fn kind_prefix(kind: Kind) -> String {
    let name = kind.as_str().to_lowercase();
    if kind.group().is_empty() { name } else { format!("{name}.{}", kind.group()) }
}

/// Short names, for `kubectl api-resources`.
pub(super) fn listed() -> impl Iterator<Item = (Kind, &'static [&'static str])> {
    NAMES.iter().map(|names| (names.kind, names.shorts))
}
