//! Kinds that the lab keeps without acting on them.

use serde_json::Value;

use crate::api::{Generic, Kind};
use crate::kubectl::field;

use super::event::describe_events;
use super::{Description, Related, autoscaler, deployment, gates, or_none, storage};

/// Describes by kind, or field by field where there is no describer.
pub fn describe_generic(object: &Generic, related: &Related<'_>, out: &mut Description) {
    match object.kind {
        Kind::HorizontalPodAutoscaler => return autoscaler::describe_autoscaler(object, related, out),
        Kind::ReplicationController => return deployment::describe_replication_controller(object, related, out),
        Kind::PersistentVolumeClaim => return storage::describe_claim(object, related, out),
        Kind::PersistentVolume => return storage::describe_volume(object, related, out),
        Kind::StorageClass => return storage::describe_class(object, related, out),
        Kind::PodDisruptionBudget => return gates::describe_budget(object, related, out),
        Kind::ResourceQuota => return gates::describe_quota(object, out),
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
            out.write("\nNo resource quota.\n\nNo LimitRange resource.\n");
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
