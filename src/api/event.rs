//! `v1.Event`.

use serde::{Deserialize, Serialize};

use super::{MicroTime, ObjectMeta, ObjectReference, Time, is_zero};

/// `v1.Event`, as the recorder stores it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Event {
    /// Metadata; the name is `OBJECT.HEX`.
    pub metadata: ObjectMeta,
    /// What the event speaks of.
    pub involved_object: ObjectReference,
    /// CamelCase word, such as `Killing`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Sentence for people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// The component that reports it.
    pub source: EventSource,
    /// When it was seen first; absent in events of the new API.
    pub first_timestamp: Option<Time>,
    /// When it was seen last.
    pub last_timestamp: Option<Time>,
    /// How often it was seen.
    #[serde(skip_serializing_if = "is_zero")]
    pub count: i32,
    /// `Normal` or `Warning`.
    #[serde(rename = "type")]
    pub kind: EventType,
    /// When it was seen; set by the scheduler, which uses the new API.
    pub event_time: Option<MicroTime>,
    /// Repetitions; new API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series: Option<EventSeries>,
    /// What was done; new API.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub action: String,
    /// The controller's name.
    pub reporting_component: String,
    /// The controller's instance.
    pub reporting_instance: String,
}

/// `v1.EventSeries`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EventSeries {
    /// How often it was seen.
    pub count: i32,
    /// When it was seen last.
    pub last_observed_time: Option<MicroTime>,
}

/// `v1.EventSource`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct EventSource {
    /// Such as `kubelet`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub component: String,
    /// The node, for the kubelet's events.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub host: String,
}

/// The type of an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum EventType {
    /// As it should be.
    #[default]
    Normal,
    /// Something is wrong.
    Warning,
}

impl EventType {
    /// The API's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::Warning => "Warning",
        }
    }
}
