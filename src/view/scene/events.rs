//! How events look.

use hellok8s_lab::api::{Event, EventType, Kind, Object};
use hellok8s_lab::apiserver::ChangeType;
use hellok8s_lab::cluster::Cluster;
use hellok8s_lab::sorting;

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
const SHOWN: usize = 80;

/// The newest events, newest first.
#[derive(Default)]
pub(super) struct Events(Vec<EventLook>);

impl Events {
    /// Reads on from the watch log's entry `known`, or from the beginning.
    pub(super) fn read(&mut self, cluster: &Cluster, known: Option<usize>) {
        let Some(known) = known else {
            self.0.clear();
            let mut events: Vec<_> = cluster.api.store().list(Kind::Event, None).filter_map(event_of).collect();
            sorting::sort_by_key(&mut events, |event| event.metadata.resource_version);
            let first = events.len().saturating_sub(SHOWN);
            events.iter().skip(first).for_each(|event| self.0.insert(0, event_look(event)));
            return;
        };
        for change in cluster.log().since(known) {
            let Some(event) = event_of(&change.object) else { continue };
            self.0.retain(|look| look.uid != event.metadata.uid);
            if change.kind != ChangeType::Deleted {
                self.0.insert(0, event_look(event));
                self.0.truncate(SHOWN);
            }
        }
    }

    /// How they look.
    pub(super) fn looks(&self) -> Vec<EventLook> {
        self.0.clone()
    }
}

fn event_of(object: &Object) -> Option<&Event> {
    match object {
        Object::Event(event) => Some(event),
        _ => None,
    }
}

#[inline(never)]
fn event_look(event: &Event) -> EventLook {
    EventLook {
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
    }
}
