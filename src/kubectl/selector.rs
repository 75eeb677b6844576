//! `-l` and `--field-selector`.

use crate::api::{Object, StringMap};

use super::failure::Failure;
use super::field;

/// A label selector as text: `app=web,tier in (a,b),!x`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LabelQuery(Vec<Requirement>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

impl LabelQuery {
    /// Reads a selector. Models k8s.io/apimachinery/pkg/labels Parse.
    ///
    /// # Errors
    /// When a requirement cannot be read.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let mut requirements = Vec::new();
        for part in split_outside_parentheses(text) {
            let part = part.trim();
            if part.is_empty() {
                if text.trim().is_empty() {
                    continue;
                }
                return Err(Failure::Plain(
                    "unable to parse requirement: found ',', expected: identifier after ','".to_owned(),
                ));
            }
            requirements.push(requirement(part)?);
        }
        Ok(Self(requirements))
    }

    /// Whether `labels` fulfil every requirement. Models labels.Requirement.Matches.
    pub fn matches(&self, labels: &StringMap) -> bool {
        self.0.iter().all(|requirement| {
            let value = labels.get(&requirement.key);
            match requirement.operator {
                Operator::In => value.is_some_and(|value| requirement.values.contains(value)),
                Operator::NotIn => value.is_none_or(|value| !requirement.values.contains(value)),
                Operator::Exists => value.is_some(),
                Operator::DoesNotExist => value.is_none(),
            }
        })
    }
}

fn split_outside_parentheses(text: &str) -> Vec<&str> {
    let mut depth = 0_i32;
    text.split(|character| {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        character == ',' && depth == 0
    })
    .collect()
}

fn requirement(text: &str) -> Result<Requirement, Failure> {
    let one = |key: &str, operator, value: &str| Requirement {
        key: key.trim().to_owned(),
        operator,
        values: vec![value.trim().to_owned()],
    };
    let parsed = if let Some((key, value)) = text.split_once("!=") {
        one(key, Operator::NotIn, value)
    } else if let Some((key, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        one(key, Operator::In, value)
    } else if let Some((head, list)) = text.strip_suffix(')').and_then(|text| text.split_once('(')) {
        let values = list.split(',').map(|value| value.trim().to_owned()).collect();
        let mut words = head.split_whitespace();
        let (key, operator) = (words.next().unwrap_or_default().to_owned(), words.next());
        match operator {
            Some("in") => Requirement { key, operator: Operator::In, values },
            Some("notin") => Requirement { key, operator: Operator::NotIn, values },
            _ => {
                return Err(Failure::Plain(format!(
                    "unable to parse requirement: found '{}', expected: in, notin, =, ==, !=, gt, lt",
                    operator.unwrap_or("(")
                )));
            }
        }
    } else if let Some(key) = text.strip_prefix('!') {
        Requirement { key: key.trim().to_owned(), operator: Operator::DoesNotExist, values: Vec::new() }
    } else {
        Requirement { key: text.to_owned(), operator: Operator::Exists, values: Vec::new() }
    };
    let bad = |text: &str| text.contains(|c: char| !(c.is_ascii_alphanumeric() || "-_./".contains(c)));
    if parsed.key.is_empty() || bad(&parsed.key) || parsed.values.iter().any(|value| bad(value) || value.contains('/'))
    {
        return Err(Failure::Plain(format!("unable to parse requirement: invalid label selector {text:?}")));
    }
    Ok(parsed)
}

/// A field selector: `status.phase=Running,metadata.name!=web`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FieldQuery(Vec<(String, bool, String)>);

impl FieldQuery {
    /// Reads a selector. Models k8s.io/apimachinery/pkg/fields ParseSelector.
    ///
    /// # Errors
    /// When a part has no operator.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let mut terms = Vec::new();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let (field, equal, value) = if let Some((field, value)) = part.split_once("!=") {
                (field, false, value)
            } else if let Some((field, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
                (field, true, value)
            } else {
                return Err(Failure::Plain(format!(
                    "invalid field selector: invalid selector: '{text}'; can't understand '{part}'"
                )));
            };
            terms.push((field.to_owned(), equal, value.to_owned()));
        }
        Ok(Self(terms))
    }

    /// The first field that objects of this kind cannot be selected by.
    pub fn unsupported(&self, kind: crate::api::Kind) -> Option<&str> {
        use crate::api::Kind;
        let known: &[&str] = match kind {
            Kind::Pod => &[
                "spec.nodeName",
                "spec.restartPolicy",
                "spec.schedulerName",
                "spec.serviceAccountName",
                "status.phase",
                "status.podIP",
            ],
            Kind::Event => &[
                "involvedObject.kind",
                "involvedObject.name",
                "involvedObject.namespace",
                "involvedObject.uid",
                "involvedObject.fieldPath",
                "reason",
                "type",
                "source",
                "reportingComponent",
            ],
            Kind::ReplicaSet | Kind::ReplicationController => &["status.replicas"],
            Kind::Node => &["spec.unschedulable"],
            Kind::Namespace => &["status.phase"],
            Kind::Secret => &["type"],
            Kind::Service => &["spec.clusterIP", "spec.type"],
            Kind::Job => &["status.successful"],
            _ => &[],
        };
        let is_known = |name: &str| {
            name == "metadata.name"
                || (name == "metadata.namespace" && !kind.is_cluster_scoped())
                || known.contains(&name)
        };
        self.0.iter().map(|(field, _, _)| field.as_str()).find(|field| !is_known(field))
    }

    /// Whether the object's fields are as the selector asks.
    pub fn matches(&self, object: &Object) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let value = object.to_value();
        self.0.iter().all(|(name, equal, wanted)| {
            let pointer = match name.as_str() {
                "source" => "/source/component".to_owned(),
                name => format!("/{}", name.replace('.', "/")),
            };
            let found = value.pointer(&pointer).map(field::scalar).unwrap_or_default();
            (found == *wanted) == *equal
        })
    }
}

#[cfg(test)]
mod tests {
    use super::LabelQuery;
    use crate::api::StringMap;

    #[test]
    fn selects_by_labels() {
        let labels: StringMap = [("app", "web"), ("tier", "a")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        let matches = |text: &str| LabelQuery::parse(text).map(|query| query.matches(&labels));
        for text in ["app=web", "app==web,tier!=b", "tier in (a, b)", "app notin (x),!nope", "app", ""] {
            assert_eq!(matches(text), Ok(true), "{text}");
        }
        for text in ["app=x", "!app", "tier notin (a,b)", "nope"] {
            assert_eq!(matches(text), Ok(false), "{text}");
        }
        assert!(matches("a b=c").is_err());
    }
}
