//! The status of an autoscaler.

use serde_json::{Value, json};

use crate::api::Time;

/// `status` of a HorizontalPodAutoscaler.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Status {
    /// How many pods the target should have had.
    pub current: i32,
    /// How many it should have now.
    pub desired: i32,
    /// When the number was last changed.
    pub last_scale: Option<Time>,
    /// The metrics' values in the order of the spec; none where one could not be had.
    pub metrics: Vec<Option<Current>>,
    /// In the order in which they first came up.
    pub conditions: Vec<Condition>,
}

/// A metric's value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Current {
    /// `cpu` or `memory`.
    pub resource: String,
    /// The container that is looked at; empty for whole pods.
    pub container: String,
    /// Percent of the requests, where the target is in percent.
    pub percent: Option<i32>,
    /// What a pod uses on average.
    pub average: String,
}

/// A condition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    /// Such as `AbleToScale`.
    pub kind: String,
    /// Whether it holds.
    pub is_true: bool,
    /// CamelCase word.
    pub reason: String,
    /// Sentence.
    pub message: String,
    /// When it last changed.
    pub since: Time,
}

impl Status {
    /// Sets a condition. Models setConditionInList.
    pub fn set(&mut self, kind: &str, is_true: bool, reason: &str, message: String, now: Time) {
        let reason = reason.to_owned();
        match self.conditions.iter_mut().find(|condition| condition.kind == kind) {
            Some(found) => {
                let since = if found.is_true == is_true { found.since } else { now };
                *found = Condition { kind: kind.to_owned(), is_true, reason, message, since };
            }
            None => {
                self.conditions.push(Condition { kind: kind.to_owned(), is_true, reason, message, since: now });
            }
        }
    }

    /// As the API writes it.
    pub fn to_value(&self) -> Value {
        let conditions: Vec<Value> = self
            .conditions
            .iter()
            .map(|condition| {
                json!({
                    "type": condition.kind, "status": if condition.is_true { "True" } else { "False" },
                    "lastTransitionTime": condition.since.to_string(),
                    "reason": condition.reason, "message": condition.message,
                })
            })
            .collect();
        let metrics: Vec<Value> =
            self.metrics.iter().map(|metric| metric.as_ref().map_or(json!({"type": ""}), of_metric)).collect();
        let mut value = json!({
            "currentReplicas": self.current, "desiredReplicas": self.desired, "conditions": conditions,
            "currentMetrics": if metrics.is_empty() { Value::Null } else { json!(metrics) },
        });
        if let (Some(at), Some(fields)) = (self.last_scale, value.as_object_mut()) {
            fields.insert("lastScaleTime".to_owned(), json!(at.to_string()));
        }
        value
    }
}

fn of_metric(metric: &Current) -> Value {
    let mut current = json!({"averageValue": metric.average});
    if let (Some(percent), Some(fields)) = (metric.percent, current.as_object_mut()) {
        fields.insert("averageUtilization".to_owned(), json!(percent));
    }
    if metric.container.is_empty() {
        json!({"type": "Resource", "resource": {"name": metric.resource, "current": current}})
    } else {
        json!({"type": "ContainerResource", "containerResource": {
            "name": metric.resource, "container": metric.container, "current": current,
        }})
    }
}
