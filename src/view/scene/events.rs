//! How events look.

use hellok8s_lab::api::{EventType, Kind, Object};
use hellok8s_lab::cluster::Cluster;

use super::rows::Look;

/// How an event looks.
#[derive(Clone, Debug, PartialEq)]
pub struct EventLook {
    /// Uid.
    pub uid: String,
    /// When it was seen last.
    pub at_ms: u64,
    /// Whether something is wrong.
    pub is_warning: bool,
    /// One word.
    pub reason: String,
    /// `pod/NAME`.
    pub object: String,
    /// A sentence.
    pub message: String,
    /// How often.
    pub count: i32,
}

impl Look for EventLook {
    fn uid(&self) -> &str {
        &self.uid
    }
}

/// The newest events that are shown.
const EVENTS: usize = 80;

pub(super) fn event_looks(cluster: &Cluster) -> Vec<EventLook> {
    let mut events: Vec<_> = cluster
        .api
        .store()
        .list(Kind::Event, None)
        .filter_map(|object| match object {
            Object::Event(event) => Some(event),
            _ => None,
        })
        .collect();
    events.sort_by_key(|event| std::cmp::Reverse(event.metadata.resource_version));
    events
        .into_iter()
        .take(EVENTS)
        .map(|event| EventLook {
            uid: event.metadata.uid.clone(),
            at_ms: event
                .last_timestamp
                .or(event.metadata.creation_timestamp)
                .map_or(0, |at| u64::try_from(at.as_sim_ms()).unwrap_or(0)),
            is_warning: event.kind == EventType::Warning,
            reason: event.reason.clone(),
            object: format!("{}/{}", event.involved_object.kind.to_ascii_lowercase(), event.involved_object.name),
            message: event.message.clone(),
            count: event.count.max(1),
        })
        .collect()
}
