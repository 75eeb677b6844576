//! Kinds that the lab keeps without acting on them.

use serde_json::Value;

use crate::api::{Generic, Kind, Object, Time};
use crate::kubectl::field;
use crate::kubectl::printers::format_labels;

use super::event::describe_events;
use super::{Description, Related, autoscaler, deployment, gates, ingress, or_none, policy, roles, storage, workloads};

/// Describes by kind, or field by field where there is no describer.
pub fn describe_generic(object: &Generic, others: &[Object], related: &Related<'_>, out: &mut Description) {
    match object.kind {
        Kind::HorizontalPodAutoscaler => return autoscaler::describe_autoscaler(object, related, out),
        Kind::ReplicationController => return deployment::describe_replication_controller(object, related, out),
        Kind::PersistentVolumeClaim => return storage::describe_claim(object, related, out),
        Kind::PersistentVolume => return storage::describe_volume(object, related, out),
        Kind::StorageClass => return storage::describe_class(object, related, out),
        Kind::PodDisruptionBudget => return gates::describe_budget(object, related, out),
        Kind::ResourceQuota => return gates::describe_quota(object, out),
        Kind::LimitRange => return gates::describe_limit_range(object, out),
        Kind::PriorityClass => return describe_priority_class(object, related, out),
        Kind::Endpoints => return describe_endpoints(object, related, out),
        Kind::StatefulSet => return workloads::describe_stateful_set(object, related, out),
        Kind::DaemonSet => return workloads::describe_daemon_set(object, related, out),
        Kind::Job => return workloads::describe_job(object, related, out),
        Kind::CronJob => return workloads::describe_cron_job(object, related, out),
        Kind::Role | Kind::ClusterRole => return roles::describe_role(object, out),
        Kind::RoleBinding | Kind::ClusterRoleBinding => return roles::describe_binding(object, out),
        Kind::NetworkPolicy => return policy::describe_network_policy(object, out),
        Kind::Ingress => return ingress::describe_ingress(object, others, related, out),
        Kind::IngressClass => return ingress::describe_class(object, related, out),
        _ => {}
    }
    let fields = field::as_value(&object.fields);
    let metadata = &object.metadata;
    if !matches!(object.kind, Kind::Namespace | Kind::ConfigMap | Kind::Secret | Kind::ServiceAccount) {
        let value = crate::api::Object::Generic(std::sync::Arc::new(object.clone())).to_value();
        describe_value(&value, related, out);
        return;
    }
    out.line(0, &format!("Name:\t{}", metadata.name));
    if object.kind != Kind::Namespace {
        out.line(0, &format!("Namespace:\t{}", metadata.namespace));
    }
    out.labels("Labels", &metadata.labels);
    out.annotations("Annotations", &metadata.annotations);
    match object.kind {
        Kind::Namespace => {
            out.line(0, &format!("Status:\t{}", field::text(&fields, "/status/phase")));
            describe_conditions(field::list(&fields, "/status/conditions"), out);
            gates::describe_gates(others, out);
            return;
        }
        Kind::ConfigMap => describe_config_map(&fields, out),
        Kind::Secret => {
            describe_secret(&fields, out);
            return;
        }
        _ => {
            let secrets = field::list(&fields, "/imagePullSecrets").iter().map(|secret| field::text(secret, "/name"));
            out.line(0, &format!("Image pull secrets:\t{}", or_none(&secrets.collect::<Vec<_>>().join("\n\t"))));
        }
    }
    if let Some(events) = related.events {
        describe_events(events, related, out);
    }
}

/// A namespace's conditions, while it goes. Models describeNamespace.
fn describe_conditions(conditions: &[Value], out: &mut Description) {
    if conditions.is_empty() {
        return;
    }
    out.line(0, "Conditions:");
    out.line(1, "Type\tStatus\tLastTransitionTime\tReason\tMessage");
    out.line(1, "----\t------\t------------------\t------\t-------");
    for condition in conditions {
        let text = |name: &str| field::text(condition, name);
        let since = Time::parse(text("/lastTransitionTime")).map(Time::rfc1123z).unwrap_or_default();
        out.line(
            1,
            &format!("{}\t{}\t{since}\t{}\t{}", text("/type"), text("/status"), text("/reason"), text("/message")),
        );
    }
}

/// Models k8s.io/kubectl/pkg/describe describePriorityClass.
fn describe_priority_class(object: &Generic, related: &Related<'_>, out: &mut Description) {
    let fields = field::as_value(&object.fields);
    out.line(0, &format!("Name:\t{}", object.metadata.name));
    out.line(0, &format!("Value:\t{}", field::number(&fields, "/value")));
    out.line(0, &format!("GlobalDefault:\t{}", field::flag(&fields, "/globalDefault")));
    out.line(0, &format!("PreemptionPolicy:\t{}", field::text(&fields, "/preemptionPolicy")));
    out.line(0, &format!("Description:\t{}", field::text(&fields, "/description")));
    out.line(0, &format!("Annotations:\t{}", format_labels(&object.metadata.annotations)));
    if let Some(events) = related.events {
        describe_events(events, related, out);
    }
}

/// Models k8s.io/kubectl/pkg/describe describeEndpoints.
fn describe_endpoints(object: &Generic, related: &Related<'_>, out: &mut Description) {
    let fields = field::as_value(&object.fields);
    out.line(0, &format!("Name:\t{}", object.metadata.name));
    out.line(0, &format!("Namespace:\t{}", object.metadata.namespace));
    out.labels("Labels", &object.metadata.labels);
    out.annotations("Annotations", &object.metadata.annotations);
    out.line(0, "Subsets:");
    for subset in field::list(&fields, "/subsets") {
        for (title, name) in [("Addresses", "/addresses"), ("NotReadyAddresses", "/notReadyAddresses")] {
            let addresses: Vec<&str> = field::list(subset, name).iter().map(|one| field::text(one, "/ip")).collect();
            out.line(1, &format!("{title}:\t{}", or_none(&addresses.join(","))));
        }
        let ports = field::list(subset, "/ports");
        if !ports.is_empty() {
            out.line(1, "Ports:");
            out.line(2, "Name\tPort\tProtocol");
            out.line(2, "----\t----\t--------");
        }
        for port in ports {
            let name = match field::text(port, "/name") {
                "" => "<unset>",
                name => name,
            };
            out.line(2, &format!("{name}\t{}\t{}", field::number(port, "/port"), field::text(port, "/protocol")));
        }
        out.write("\n");
    }
    if let Some(events) = related.events {
        describe_events(events, related, out);
    }
}

/// Models k8s.io/kubectl/pkg/describe ConfigMapDescriber.Describe.
fn describe_config_map(fields: &Value, out: &mut Description) {
    out.write("\nData\n====\n");
    for (key, value) in field::entries(fields, "/data") {
        out.write(&format!("{key}:\n----\n{}\n\n", field::scalar(value)));
    }
    out.write("\nBinaryData\n====\n");
    for (key, value) in field::entries(fields, "/binaryData") {
        out.line(0, &format!("{key}: {} bytes", decoded_len(&field::scalar(value))));
    }
    out.write("\n");
}

/// Models k8s.io/kubectl/pkg/describe describeSecret.
fn describe_secret(fields: &Value, out: &mut Description) {
    out.write(&format!("\nType:\t{}\n\nData\n====\n", field::text(fields, "/type")));
    for (key, value) in field::entries(fields, "/data") {
        out.line(0, &format!("{key}:\t{} bytes", decoded_len(&field::scalar(value))));
    }
}

/// How many bytes a base64 text stands for.
fn decoded_len(base64: &str) -> usize {
    let digits = base64.trim_end_matches('=').bytes().filter(|byte| !byte.is_ascii_whitespace()).count();
    digits * 3 / 4
}

/// Field by field. Models k8s.io/kubectl/pkg/describe genericDescriber.Describe.
pub(super) fn describe_value(object: &Value, related: &Related<'_>, out: &mut Description) {
    out.line(0, &format!("Name:\t{}", field::text(object, "/metadata/name")));
    out.line(0, &format!("Namespace:\t{}", field::text(object, "/metadata/namespace")));
    out.labels("Labels", &field::string_map(object, "/metadata/labels"));
    out.annotations("Annotations", &field::string_map(object, "/metadata/annotations"));
    describe_fields(0, object, "", out);
    if let Some(events) = related.events {
        describe_events(events, related, out);
    }
}

/// Shown by the head of the description already, or of no use to a reader.
const SKIPPED: [&str; 5] =
    [".metadata.managedFields", ".metadata.name", ".metadata.namespace", ".metadata.labels", ".metadata.annotations"];

/// Models k8s.io/kubectl/pkg/describe printUnstructuredContent.
fn describe_fields(level: usize, content: &Value, path: &str, out: &mut Description) {
    for (name, value) in content.as_object().into_iter().flatten() {
        let path = format!("{path}.{name}");
        if SKIPPED.contains(&path.as_str()) {
            continue;
        }
        let label = label_for(name);
        match value {
            Value::Object(_) => {
                out.line(level, &format!("{label}:"));
                describe_fields(level + 1, value, &path, out);
            }
            Value::Array(list) => {
                out.line(level, &format!("{label}:"));
                for item in list {
                    match item {
                        Value::Object(_) => describe_fields(level + 1, item, &path, out),
                        other => out.line(level + 1, &go_text(other)),
                    }
                }
            }
            other => out.line(level, &format!("{label}:\t{}", go_text(other))),
        }
    }
}

fn go_text(value: &Value) -> String {
    if value.is_null() { "<nil>".to_owned() } else { field::scalar(value) }
}

/// `apiVersion` → `API Version`. Models k8s.io/kubectl/pkg/describe smartLabelFor.
fn label_for(name: &str) -> String {
    if name.contains(|character: char| !character.is_alphabetic() && character != '-') {
        return name.to_owned();
    }
    let words = camel_case_words(name).into_iter().map(|word| {
        let upper = word.to_uppercase();
        if ["API", "URL", "UID", "GUID"].contains(&upper.as_str()) {
            upper
        } else if word.to_lowercase() == word {
            let mut characters = word.chars();
            characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
        } else {
            word
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Splits before capitals; a run of capitals stays with the word that it begins.
fn camel_case_words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut was_lower = true;
    for character in name.chars() {
        let is_upper = character.is_uppercase();
        match words.last_mut() {
            Some(word) if !(is_upper && was_lower) => word.push(character),
            _ => words.push(character.to_string()),
        }
        was_lower = !is_upper;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::label_for;

    #[test]
    fn labels_split_words() {
        assert_eq!(label_for("apiVersion"), "API Version");
        assert_eq!(label_for("creationTimestamp"), "Creation Timestamp");
        assert_eq!(label_for("kind"), "Kind");
        assert_eq!(label_for("uid"), "UID");
        assert_eq!(label_for("a.b"), "a.b");
    }
}
