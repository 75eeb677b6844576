//! Resource types: their names on the command line, and `kubectl api-resources`.

use crate::api::{Definition, Kind};
use crate::client::Client;

use crate::sorting;

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
pub(super) const ALL: [Kind; 10] = [
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
pub(super) fn parse_types(client: &dyn Client, text: &str) -> Result<Vec<Kind>, Failure> {
    let mut kinds = Vec::new();
    for part in without_categories(client, text) {
        kinds.push(parse_type(client, &part)?);
    }
    Ok(kinds)
}

/// The type names between the commas, with `all` and what users call so as what it stands for.
/// Models cli-runtime's Builder.ReplaceAliases.
pub(super) fn without_categories(client: &dyn Client, text: &str) -> Vec<String> {
    let definitions = client.definitions();
    let mut names = Vec::new();
    for part in text.split(',') {
        let before = names.len();
        if part == "all" {
            names.extend(ALL.iter().map(|kind| kind.plural().to_owned()));
        }
        let of_users = definitions.iter().filter(|known| known.categories.iter().any(|category| category == part));
        names.extend(of_users.map(|known| format!("{}.{}", known.kind.plural(), known.kind.group())));
        if names.len() == before {
            names.push(part.to_owned());
        }
    }
    names
}

/// The kind of one type name. Models the RESTMapper's look-up with kubectl's short names.
///
/// # Errors
/// When there is no such type.
pub(super) fn parse_type(client: &dyn Client, text: &str) -> Result<Kind, Failure> {
    match of_kubernetes(text) {
        Ok(kind) => Ok(kind),
        Err(unknown) => of_users(&by_group(client.definitions()), text).ok_or(unknown),
    }
}

/// What kubectl says where a short name is that of several kinds. Models client-go restmapper/shortcut.go.
pub(super) fn also_meant(client: &dyn Client, text: &str) -> Vec<String> {
    let definitions = by_group(client.definitions());
    let is_short = |known: &&Definition| known.short_names.iter().any(|short| short == text);
    let others = definitions.iter().filter(is_short).skip(1).map(|known| {
        let (plural, group) = (known.kind.plural(), known.kind.group());
        format!("short name {text:?} could also match lower priority resource {plural}.{group}")
    });
    if of_kubernetes(text).is_ok() { Vec::new() } else { others.collect() }
}

/// The server lists its groups by name.
fn by_group(mut definitions: Vec<Definition>) -> Vec<Definition> {
    sorting::sort_by_key(&mut definitions, |known| (known.kind.group(), known.kind.plural()));
    definitions
}

fn of_users(definitions: &[Definition], text: &str) -> Option<Kind> {
    let lower = text.to_lowercase();
    let (resource, place) = lower.split_once('.').unwrap_or((&lower, ""));
    let is_named = |known: &&Definition| {
        let kind = known.kind;
        let is_short = known.short_names.iter().any(|short| short == resource);
        let names = [kind.plural(), known.singular.as_str()];
        let versioned = place.split_once('.').is_some_and(|(version, group)| {
            group == kind.group() && known.versions.iter().any(|served| served == version)
        });
        (names.contains(&resource) || kind.as_str().to_lowercase() == resource || is_short)
            && (place.is_empty()
                || place == kind.group()
                || versioned
                || kind.group().starts_with(&format!("{place}.")))
    };
    definitions.iter().find(is_named).map(|known| known.kind)
}

fn of_kubernetes(text: &str) -> Result<Kind, Failure> {
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
    // The beginning of a group's name is enough. Models client-go restmapper's discoveryRESTMapper.
    let in_group = group.is_empty() || group == "v1" || kind.group().starts_with(group);
    if in_group { Ok(kind) } else { Err(unknown()) }
}

/// `deployment.apps`, `pod`: how objects are called in answers.
pub(super) fn kind_prefix(kind: Kind) -> String {
    let name = kind.as_str().to_lowercase();
    if kind.group().is_empty() { name } else { format!("{name}.{}", kind.group()) }
}

/// Every kind with its short names, for `kubectl api-resources`.
pub(super) fn listed(client: &dyn Client) -> Vec<(Kind, Vec<String>)> {
    let own = NAMES.iter().map(|names| (names.kind, names.shorts.iter().map(|short| (*short).to_owned()).collect()));
    own.chain(client.definitions().into_iter().map(|known| (known.kind, known.short_names))).collect()
}
