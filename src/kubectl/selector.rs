//! `--field-selector`.

use crate::api::Object;

use super::failure::Failure;
use super::field;

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
