//! `--field-selector`: which objects of a kind have fields with certain values.

use serde_json::Value;

use crate::api::{Kind, Object};
use crate::sorting;

/// A field selector of one kind: `status.phase=Running,metadata.name!=web`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSelector(Vec<Term>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    field: String,
    is_equal: bool,
    value: String,
}

impl FieldSelector {
    /// Reads a selector for objects of a kind.
    /// Models k8s.io/apimachinery/pkg/fields parseSelector, and then Transform with the kind's conversion.
    ///
    /// # Errors
    /// When a part cannot be read, or the kind's objects cannot be selected by a field.
    pub fn parse(text: &str, kind: Kind) -> Result<Self, String> {
        let mut parts = split_terms(text);
        sorting::sort(&mut parts);
        let mut terms = Vec::new();
        for part in parts.into_iter().filter(|part| !part.is_empty()) {
            let Some((field, is_equal, value)) = split_term(part) else {
                return Err(format!("invalid selector: '{text}'; can't understand '{part}'"));
            };
            terms.push(Term { field: field.to_owned(), is_equal, value: unescape(value)? });
        }
        for term in &mut terms {
            term.field = converted(kind, &term.field)?.to_owned();
        }
        Ok(Self(terms))
    }

    /// Whether the object's fields are as the selector asks. Models fields.hasTerm, notHasTerm.
    pub fn matches(&self, object: &Object) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let value = object.to_value();
        let matches = |term: &Term| (attribute(object.kind(), &value, &term.field) == term.value) == term.is_equal;
        self.0.iter().all(matches)
    }
}

/// The terms between commas; a comma behind a backslash belongs to its term. Models fields.splitTerms.
fn split_terms(text: &str) -> Vec<&str> {
    let mut is_escaped = false;
    let is_comma = |c: char| {
        let splits = c == ',' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        splits
    };
    text.split(is_comma).collect()
}

/// Field, whether it has to be equal, and value; split at the first operator. Models fields.splitTerm.
fn split_term(term: &str) -> Option<(&str, bool, &str)> {
    for (at, _) in term.char_indices() {
        let (field, rest) = term.split_at(at);
        for (operator, is_equal) in [("!=", false), ("==", true), ("=", true)] {
            if let Some(value) = rest.strip_prefix(operator) {
                return Some((field, is_equal, value));
            }
        }
    }
    None
}

/// A value with `\\`, `\,` and `\=` read as what they stand for. Models fields.UnescapeValue.
fn unescape(text: &str) -> Result<String, String> {
    let mut value = String::new();
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => match characters.next() {
                Some(escaped @ ('\\' | ',' | '=')) => value.push(escaped),
                other => {
                    let sequence: String = other.into_iter().collect();
                    return Err(format!("invalid field selector: invalid escape sequence: \\{sequence}"));
                }
            },
            // Go writes the character as its number.
            ',' | '=' => {
                return Err(format!("invalid field selector: unescaped character in value: {}", u32::from(c)));
            }
            c => value.push(c),
        }
    }
    Ok(value)
}

/// The fields by which a kind's objects can be selected besides their names; nothing for those that have no more.
/// Models pkg/apis/core/v1/conversion.go and pkg/apis/batch/v1/conversion.go AddFieldLabelConversionFunc.
fn fields_of(kind: Kind) -> Option<&'static [&'static str]> {
    Some(match kind {
        Kind::Pod => &[
            "metadata.namespace",
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.podIPs",
            "status.nominatedNodeName",
        ],
        Kind::Event => &[
            "metadata.namespace",
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
        Kind::ReplicationController => &["metadata.namespace", "status.replicas"],
        Kind::Node => &["spec.unschedulable"],
        Kind::Namespace => &["status.phase"],
        Kind::Secret => &["metadata.namespace", "type"],
        Kind::Service => &["metadata.namespace", "spec.clusterIP", "spec.type"],
        Kind::Job => &["metadata.namespace", "status.successful"],
        _ => return None,
    })
}

/// The field that a label in a selector means. Models runtime.Scheme.ConvertFieldLabel, and for kinds without a
/// conversion of their own runtime.DefaultMetaV1FieldSelectorConversion.
fn converted(kind: Kind, label: &str) -> Result<&str, String> {
    if label == "metadata.name" {
        return Ok(label);
    }
    match (fields_of(kind), kind) {
        (Some(fields), _) if fields.contains(&label) => Ok(label),
        (None, _) if label == "metadata.namespace" => Ok(label),
        // What clients of long ago called it.
        (_, Kind::Pod) if label == "spec.host" => Ok("spec.nodeName"),
        (_, Kind::Job) => Err(format!("field label {label:?} not supported for Job")),
        (Some(_), _) => Err(format!("field label not supported: {label}")),
        (None, _) => {
            Err(format!("{label:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\""))
        }
    }
}

/// A field's value as a text. Models ToSelectableFields and its like in pkg/registry/*/*/strategy.go.
fn attribute(kind: Kind, object: &Value, field: &str) -> String {
    let or = |pointer: &str, default: &str| object.pointer(pointer).map_or_else(|| default.to_owned(), text);
    match (kind, field) {
        (Kind::Pod, "spec.hostNetwork") => or("/spec/hostNetwork", "false"),
        (Kind::Pod, "status.podIP") => or("/status/podIPs/0/ip", ""),
        // It may be asked for, but no pod has it.
        (Kind::Pod, "status.podIPs") => String::new(),
        (Kind::Event, "source") => match or("/source/component", "") {
            source if source.is_empty() => or("/reportingComponent", ""),
            source => source,
        },
        (Kind::Node, "spec.unschedulable") => or("/spec/unschedulable", "false"),
        (Kind::ReplicationController, "status.replicas") => or("/status/replicas", "0"),
        (Kind::Job, "status.successful") => or("/status/succeeded", "0"),
        _ => or(&format!("/{}", field.replace('.', "/")), ""),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::FieldSelector;
    use crate::api::{Event, Kind, Object, Pod, PodIp};

    fn selects(object: &Object, text: &str) -> bool {
        FieldSelector::parse(text, object.kind()).unwrap().matches(object)
    }

    #[test]
    fn a_pod_is_selected_by_its_fields() {
        let mut pod = Pod::default();
        pod.metadata.name = "web".into();
        pod.node_name = "minikube".into();
        pod.status.pod_ips = vec![PodIp { ip: "10.0.0.1".to_owned() }];
        let pod = Object::Pod(Arc::new(pod));
        for (text, expected) in [
            ("", true),
            ("metadata.name=web", true),
            ("metadata.name==web,", true),
            ("metadata.name!=web", false),
            ("metadata.name!=other", true),
            ("metadata.name=web,metadata.name=other", false),
            ("metadata.name!=a\\,b", true),
            ("metadata.name=a\\,b", false),
            ("spec.nodeName=minikube,metadata.name!=web", false),
            ("spec.host=minikube", true),
            ("spec.hostNetwork=false", true),
            ("spec.hostNetwork=true", false),
            ("spec.hostNetwork!=true", true),
            ("status.podIP=10.0.0.1", true),
            ("status.podIPs=10.0.0.1", false),
            ("status.podIPs=", true),
            ("status.nominatedNodeName=", true),
            ("status.nominatedNodeName!=", false),
            ("status.phase=Pending", true),
        ] {
            assert_eq!(selects(&pod, text), expected, "{text}");
        }
    }

    #[test]
    fn an_event_without_a_source_has_the_one_who_reports_it() {
        let mut event = Event { reporting_component: "default-scheduler".to_owned(), ..Event::default() };
        let scheduled = Object::Event(Arc::new(event.clone()));
        event.source.component = "kubelet".to_owned();
        let started = Object::Event(Arc::new(event));
        assert!(selects(&scheduled, "source=default-scheduler"));
        assert!(!selects(&scheduled, "source="));
        assert!(selects(&started, "source=kubelet,reportingComponent=default-scheduler"));
        assert!(!selects(&started, "source=default-scheduler"));
    }

    #[test]
    fn values_are_unescaped() {
        let named = |name: &str| {
            let mut pod = Pod::default();
            pod.metadata.name = name.into();
            Object::Pod(Arc::new(pod))
        };
        for (name, text) in
            [("a,b", "metadata.name=a\\,b"), ("a=b", "metadata.name=a\\=b"), ("a\\b", "metadata.name=a\\\\b")]
        {
            assert!(selects(&named(name), text), "{text}");
            assert!(!selects(&named("ab"), text), "{text}");
        }
    }

    #[test]
    fn complains_as_the_server_does() {
        for (kind, text, expected) in [
            (Kind::Pod, "web", "invalid selector: 'web'; can't understand 'web'"),
            // The parts are read in order of their text.
            (
                Kind::Pod,
                "status.phase=Running,b,a",
                "invalid selector: 'status.phase=Running,b,a'; can't understand 'a'",
            ),
            (Kind::Pod, "metadata.name=a=b", "invalid field selector: unescaped character in value: 61"),
            (Kind::Pod, "metadata.name=a\\b", "invalid field selector: invalid escape sequence: \\b"),
            (Kind::Pod, "metadata.name=a\\", "invalid field selector: invalid escape sequence: \\"),
            (Kind::Pod, "spec.image=a", "field label not supported: spec.image"),
            (Kind::Node, "metadata.namespace=a", "field label not supported: metadata.namespace"),
            (Kind::Job, "status.failed=1", "field label \"status.failed\" not supported for Job"),
            (
                Kind::ReplicaSet,
                "status.replicas=1",
                "\"status.replicas\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"",
            ),
        ] {
            assert_eq!(FieldSelector::parse(text, kind), Err(expected.to_owned()), "{text}");
        }
    }
}
