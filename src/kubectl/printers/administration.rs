//! The kinds that administrators have: admission, roles, classes, drivers, and the API server's own.
//!
//! Models pkg/printers/internalversion/printers.go, and kube-aggregator's REST.ConvertToTable for APIServices.

use serde_json::Value;

use crate::api::{Generic, Kind, LabelSelector};
use crate::kubectl::field;
use crate::sim::SimTime;

use super::other::template_cells;
use super::{Column, age, format_labels, or_none};

/// The columns of one of these kinds.
pub(super) fn columns(kind: Kind) -> Option<Vec<Column>> {
    let plain: &[&str] = match kind {
        Kind::PodTemplate => &["Name", "Containers", "Images", "Pod Labels"],
        Kind::ControllerRevision => &["Name", "Controller", "Revision", "Age"],
        Kind::Lease => &["Name", "Holder", "Age"],
        Kind::IngressClass => &["Name", "Controller", "Parameters", "Age"],
        Kind::RuntimeClass => &["Name", "Handler", "Age"],
        Kind::CSIDriver => &[
            "Name",
            "AttachRequired",
            "PodInfoOnMount",
            "StorageCapacity",
            "TokenRequests",
            "RequiresRepublish",
            "Modes",
            "Age",
        ],
        Kind::MutatingWebhookConfiguration | Kind::ValidatingWebhookConfiguration => &["Name", "Webhooks", "Age"],
        Kind::ValidatingAdmissionPolicy => &["Name", "Validations", "ParamKind", "Age"],
        Kind::ValidatingAdmissionPolicyBinding => &["Name", "PolicyName", "ParamRef", "Age"],
        Kind::APIService => &["Name", "Service", "Available", "Age"],
        Kind::FlowSchema => &["Name", "PriorityLevel", "MatchingPrecedence", "DistinguisherMethod", "Age", "MissingPL"],
        Kind::PriorityLevelConfiguration => {
            &["Name", "Type", "NominalConcurrencyShares", "Queues", "HandSize", "QueueLengthLimit", "Age"]
        }
        Kind::ClusterRoleBinding | Kind::RoleBinding => &["Name", "Role", "Age"],
        _ => return None,
    };
    let mut columns: Vec<Column> = plain.iter().map(|name| Column::plain(name)).collect();
    if matches!(kind, Kind::ClusterRoleBinding | Kind::RoleBinding) {
        columns.extend(["Users", "Groups", "ServiceAccounts"].map(Column::wide));
    }
    Some(columns)
}

/// The cells behind the name.
pub(super) fn print(object: &Generic, fields: &Value, now: SimTime) -> Option<Vec<String>> {
    let text = |pointer: &str| field::text(fields, pointer).to_owned();
    let number = |pointer: &str| field::number(fields, pointer).to_string();
    let count = |pointer: &str| field::list(fields, pointer).len().to_string();
    let age = age(object.metadata.creation_timestamp, now);
    Some(match object.kind {
        Kind::PodTemplate => {
            let [names, images] = template_cells(fields, "/template");
            vec![names, images, format_labels(&field::string_map(fields, "/template/metadata/labels"))]
        }
        Kind::ControllerRevision => vec![controller(object), number("/revision"), age],
        Kind::Lease => vec![text("/spec/holderIdentity"), age],
        Kind::IngressClass => vec![text("/spec/controller"), parameters(fields), age],
        Kind::RuntimeClass => vec![text("/handler"), age],
        Kind::CSIDriver => csi_driver(fields, age),
        Kind::MutatingWebhookConfiguration | Kind::ValidatingWebhookConfiguration => vec![count("/webhooks"), age],
        Kind::ValidatingAdmissionPolicy => {
            let of = match fields.pointer("/spec/paramKind") {
                None | Some(Value::Null) => "<unset>".to_owned(),
                Some(of) => format!("{}/{}", field::text(of, "/apiVersion"), field::text(of, "/kind")),
            };
            vec![count("/spec/validations"), of, age]
        }
        Kind::ValidatingAdmissionPolicyBinding => vec![text("/spec/policyName"), parameter(fields), age],
        Kind::APIService => vec![service(fields), availability(fields), age],
        Kind::FlowSchema => {
            let conditions = field::list(fields, "/status/conditions");
            let dangling = conditions.iter().find(|condition| field::text(condition, "/type") == "Dangling");
            let missing = dangling.map_or("?", |condition| field::text(condition, "/status")).to_owned();
            let level = text("/spec/priorityLevelConfiguration/name");
            let method = or_none(field::text(fields, "/spec/distinguisherMethod/type"));
            vec![level, number("/spec/matchingPrecedence"), method, age, missing]
        }
        Kind::PriorityLevelConfiguration => {
            let or_none = |pointer: &str| or_none(&fields.pointer(pointer).map(field::scalar).unwrap_or_default());
            let queues = ["queues", "handSize", "queueLengthLimit"]
                .map(|name| or_none(&format!("/spec/limited/limitResponse/queuing/{name}")));
            let shares = or_none("/spec/limited/nominalConcurrencyShares");
            [text("/spec/type"), shares].into_iter().chain(queues).chain([age]).collect()
        }
        Kind::ClusterRoleBinding | Kind::RoleBinding => {
            let role = format!("{}/{}", field::text(fields, "/roleRef/kind"), field::text(fields, "/roleRef/name"));
            [role, age].into_iter().chain(subjects(fields)).collect()
        }
        _ => return None,
    })
}

/// As the controller of a revision is named: `statefulset.apps/web`.
fn controller(object: &Generic) -> String {
    let Some(owner) = object.metadata.controller() else { return "<none>".to_owned() };
    let group = owner.api_version.split_once('/').map(|(group, _)| format!(".{group}")).unwrap_or_default();
    format!("{}/{}", format!("{}{group}", owner.kind).to_lowercase(), owner.name)
}

fn parameters(fields: &Value) -> String {
    let Some(parameters) = fields.pointer("/spec/parameters").filter(|found| !found.is_null()) else {
        return "<none>".to_owned();
    };
    let group = match parameters.get("apiGroup").and_then(Value::as_str) {
        None => String::new(),
        Some(group) => format!(".{group}"),
    };
    format!("{}{group}/{}", field::text(parameters, "/kind"), field::text(parameters, "/name"))
}

fn csi_driver(fields: &Value, age: String) -> Vec<String> {
    let flag = |name: &str, default: bool| {
        let found = fields.pointer(&format!("/spec/{name}")).and_then(Value::as_bool);
        found.unwrap_or(default).to_string()
    };
    let tokens = match fields.pointer("/spec/tokenRequests").and_then(Value::as_array) {
        None => "<unset>".to_owned(),
        Some(tokens) => tokens.iter().map(|token| field::text(token, "/audience")).collect::<Vec<_>>().join(","),
    };
    let modes: Vec<&str> = field::list(fields, "/spec/volumeLifecycleModes").iter().filter_map(Value::as_str).collect();
    vec![
        flag("attachRequired", true),
        flag("podInfoOnMount", false),
        flag("storageCapacity", false),
        tokens,
        flag("requiresRepublish", false),
        or_none(&modes.join(",")),
        age,
    ]
}

/// What a binding gives its policy. Models printValidatingAdmissionPolicyBinding.
fn parameter(fields: &Value) -> String {
    let Some(of) = fields.pointer("/spec/paramRef").filter(|found| !found.is_null()) else {
        return "<unset>".to_owned();
    };
    match (field::text(of, "/namespace"), field::text(of, "/name")) {
        (_, "") => match of.get("selector").filter(|selector| !selector.is_null()) {
            None => "<unset>".to_owned(),
            Some(selector) => go_string(&serde_json::from_value(selector.clone()).unwrap_or_default()),
        },
        ("", name) => format!("*/{name}"),
        (namespace, name) => format!("{namespace}/{name}"),
    }
}

/// A selector as Go writes the struct. Models metav1.LabelSelector.String.
fn go_string(selector: &LabelSelector) -> String {
    let labels: String = selector.match_labels.iter().map(|(key, value)| format!("{key}: {value},")).collect();
    let requirements = selector.match_expressions.iter().map(|one| {
        let values = one.values.join(" ");
        format!("LabelSelectorRequirement{{Key:{},Operator:{},Values:[{values}],}},", one.key, one.operator)
    });
    let requirements: String = requirements.collect();
    format!(
        "&LabelSelector{{MatchLabels:map[string]string{{{labels}}},MatchExpressions:[]LabelSelectorRequirement{{{requirements}}},}}"
    )
}

fn service(fields: &Value) -> String {
    match fields.pointer("/spec/service").filter(|found| !found.is_null()) {
        None => "Local".to_owned(),
        Some(service) => format!("{}/{}", field::text(service, "/namespace"), field::text(service, "/name")),
    }
}

fn availability(fields: &Value) -> String {
    let conditions = field::list(fields, "/status/conditions");
    let Some(found) = conditions.iter().find(|condition| field::text(condition, "/type") == "Available") else {
        return "Unknown".to_owned();
    };
    match (field::text(found, "/status"), field::text(found, "/reason")) {
        ("True", _) => "True".to_owned(),
        (status, "") => status.to_owned(),
        (status, reason) => format!("{status} ({reason})"),
    }
}

/// Users, groups and service accounts. Models pkg/apis/rbac SubjectsStrings.
fn subjects(fields: &Value) -> [String; 3] {
    let subjects = field::list(fields, "/subjects");
    ["User", "Group", "ServiceAccount"].map(|kind| {
        let those = subjects.iter().filter(|subject| field::text(subject, "/kind") == kind);
        let names = those.map(|subject| match (kind, field::text(subject, "/name")) {
            ("ServiceAccount", name) => format!("{}/{name}", field::text(subject, "/namespace")),
            (_, name) => name.to_owned(),
        });
        names.collect::<Vec<_>>().join(", ")
    })
}
