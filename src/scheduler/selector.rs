//! Selectors of pods and nodes. Models apimachinery's labels and component-helpers/scheduling/corev1/nodeaffinity.

use serde_json::Value;

use crate::api::{LabelSelector, LabelSelectorRequirement, StringMap};

/// A label selector that may match nothing at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// Matches nothing: it was not given.
    Nothing,
    /// Matches what fulfils every requirement; everything when there is none.
    Of(LabelSelector),
}

impl Selector {
    /// Reads one. Models metav1.LabelSelectorAsSelector.
    pub fn read(value: Option<&Value>) -> Self {
        match value.filter(|value| !value.is_null()) {
            None => Self::Nothing,
            Some(value) => Self::Of(serde_json::from_value(value.clone()).unwrap_or_default()),
        }
    }

    /// Of which pods a pod with these labels is a copy: by the selectors of the services of its namespace, and of the
    /// controller that owns it. Models helper.DefaultSelector.
    pub fn of_copies<'a>(
        labels: &StringMap,
        services: impl Iterator<Item = &'a StringMap>,
        owner: Option<Self>,
    ) -> Self {
        let mut selector = LabelSelector::default();
        for service in services {
            if service.iter().all(|(key, value)| labels.get(key) == Some(value)) {
                selector.match_labels.extend(service.clone());
            }
        }
        if let Some(Self::Of(owner)) = owner {
            let pairs = owner.match_labels.into_iter().map(|(key, value)| LabelSelectorRequirement {
                key,
                operator: "In".to_owned(),
                values: vec![value],
            });
            selector.match_expressions.extend(pairs);
            selector.match_expressions.extend(owner.match_expressions);
        }
        Self::Of(selector)
    }

    /// Whether it has no requirement and matches everything.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Of(selector) if selector.is_empty())
    }

    /// Whether labels fulfil it.
    pub fn matches(&self, labels: &StringMap) -> bool {
        matches!(self, Self::Of(selector) if selector.matches(labels))
    }

    /// Adds requirements that labels have, or do not have, the values that `labels` has for these keys.
    /// Models the merging of matchLabelKeys and mismatchLabelKeys by podStrategy.PrepareForCreate.
    pub fn merge_label_keys(&mut self, keys: Option<&Value>, operator: &str, labels: &StringMap) {
        let Self::Of(selector) = self else { return };
        for key in keys.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            let Some(value) = labels.get(key) else { continue };
            let requirement = LabelSelectorRequirement {
                key: key.to_owned(),
                operator: operator.to_owned(),
                values: vec![value.clone()],
            };
            if !selector.match_expressions.contains(&requirement) {
                selector.match_expressions.push(requirement);
            }
        }
    }
}

/// Which nodes a pod may go to, or would rather go to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeTerm {
    expressions: Vec<NodeRequirement>,
    fields: Vec<NodeRequirement>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct NodeRequirement {
    key: String,
    operator: String,
    values: Vec<String>,
}

impl NodeTerm {
    /// Reads a `NodeSelectorTerm`.
    pub fn read(value: &Value) -> Self {
        let list = |field: &str| {
            let entries = value.get(field).and_then(Value::as_array).into_iter().flatten();
            entries.map(NodeRequirement::read).collect()
        };
        Self { expressions: list("matchExpressions"), fields: list("matchFields") }
    }

    /// Whether it asks for nothing, in which case no node fulfils it.
    pub fn is_empty(&self) -> bool {
        self.expressions.is_empty() && self.fields.is_empty()
    }

    /// Whether a node fulfils it. Models nodeSelectorTerm.match.
    pub fn matches(&self, name: &str, labels: &StringMap) -> bool {
        !self.is_empty()
            && self.expressions.iter().all(|requirement| requirement.matches(labels.get(&requirement.key)))
            && self.fields.iter().all(|requirement| {
                let is_one = requirement.values.len() == 1 && matches!(requirement.operator.as_str(), "In" | "NotIn");
                let name = name.to_owned();
                is_one && requirement.matches((requirement.key == "metadata.name").then_some(&name))
            })
    }

    /// The names that its fields allow; none when they say nothing of names.
    pub fn names(&self) -> Option<Vec<&str>> {
        let mut names: Option<Vec<&str>> = None;
        for field in self.fields.iter().filter(|field| field.key == "metadata.name" && field.operator == "In") {
            let values = field.values.iter().map(String::as_str);
            names = Some(match names {
                None => values.collect(),
                Some(names) => {
                    names.into_iter().filter(|name| field.values.iter().any(|value| value == name)).collect()
                }
            });
        }
        names
    }
}

impl NodeRequirement {
    fn read(value: &Value) -> Self {
        let text = |field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        let values = value.get("values").and_then(Value::as_array).into_iter().flatten();
        Self {
            key: text("key"),
            operator: text("operator"),
            values: values.filter_map(|value| value.as_str().map(str::to_owned)).collect(),
        }
    }

    /// Models labels.Requirement.Matches.
    fn matches(&self, value: Option<&String>) -> bool {
        let numbers = || Some((value?.parse::<i64>().ok()?, self.values.first()?.parse::<i64>().ok()?));
        match self.operator.as_str() {
            "In" => value.is_some_and(|value| self.values.contains(value)),
            "NotIn" => value.is_none_or(|value| !self.values.contains(value)),
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            "Gt" => numbers().is_some_and(|(value, bound)| value > bound),
            "Lt" => numbers().is_some_and(|(value, bound)| value < bound),
            _ => false,
        }
    }
}
