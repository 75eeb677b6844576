//! The recorder: makes an event of what a component says, and passes it through the component's correlator.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Correlated, Correlator};
use crate::api::{Event, EventSource, EventType, KubernetesVersion, MicroTime, ObjectMeta, ObjectReference, Time};
use crate::sim::SimTime;

/// What a component wants to tell about an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Note {
    /// The component that reports it.
    pub source: EventSource,
    /// About what, with `field_path` for a part of it.
    pub object: ObjectReference,
    /// `Normal` or `Warning`.
    pub kind: EventType,
    /// CamelCase word.
    pub reason: String,
    /// Sentence for people.
    pub message: String,
}

/// What the API server is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventWrite {
    /// Store a new event.
    Create(Event),
    /// Give the stored event of this name the message, the count and the last time of this one.
    Patch(Event),
}

/// The recorders of all components, each with a correlator of its own as in separate processes.
#[derive(Clone, Debug)]
pub struct Recorder {
    version: KubernetesVersion,
    correlators: BTreeMap<EventSource, Arc<Correlator>>,
    recorded: u64,
}

impl Recorder {
    /// Recorders that have told nothing yet.
    pub fn new(version: KubernetesVersion) -> Self {
        Self { version, correlators: BTreeMap::new(), recorded: 0 }
    }

    /// The write that `note` leads to; none when the spam filter holds it back.
    /// Models recorderImpl.makeEvent and eventBroadcasterImpl.recordToSink.
    pub fn record(&mut self, note: Note, now: SimTime) -> Option<EventWrite> {
        let event = self.make_event(note, now);
        let version = self.version;
        let correlator =
            self.correlators.entry(event.source.clone()).or_insert_with(|| Arc::new(Correlator::new(version)));
        match Arc::make_mut(correlator).correlate(event, now) {
            Correlated::Dropped => None,
            Correlated::Created(event) => Some(EventWrite::Create(event)),
            Correlated::Patched(event) => Some(EventWrite::Patch(event)),
        }
    }

    /// Tells the recorder that a patch found its event gone, and that `event` was created in its place.
    pub fn recreated(&mut self, event: &Event) {
        if let Some(correlator) = self.correlators.get_mut(&event.source) {
            Arc::make_mut(correlator).observed_as_new(event);
        }
    }

    /// An event of the new API, which the scheduler uses: with a time and an action, without a count.
    /// Models client-go tools/events recorderImpl.makeEvent.
    pub fn scheduling_event(&mut self, object: ObjectReference, action: &str, note: Note, now: SimTime) -> Event {
        let mut event = self.make_event(Note { object, ..note }, now);
        event.reporting_component = std::mem::take(&mut event.source.component);
        event.reporting_instance = format!("{}-minikube", event.reporting_component);
        event.first_timestamp = None;
        event.last_timestamp = None;
        event.count = 0;
        event.event_time = Some(MicroTime::from_sim(now));
        action.clone_into(&mut event.action);
        event
    }

    /// Models recorderImpl.makeEvent.
    fn make_event(&mut self, note: Note, now: SimTime) -> Event {
        let time = Time::from_sim(now);
        let namespace =
            if note.object.namespace.is_empty() { "default".to_owned() } else { note.object.namespace.clone() };
        // Go names events by the nanosecond; a counter in place of the fraction keeps names of one moment apart.
        self.recorded += 1;
        let nanos = u64::try_from(time.0).unwrap_or(0) * 1_000_000_000
            + (now.as_ms() % 1000) * 1_000_000
            + self.recorded % 1_000_000;
        Event {
            metadata: ObjectMeta {
                name: format!("{}.{nanos:x}", note.object.name),
                namespace,
                ..ObjectMeta::default()
            },
            reporting_component: note.source.component.clone(),
            reporting_instance: note.source.host.clone(),
            involved_object: note.object,
            reason: note.reason,
            message: note.message,
            source: note.source,
            first_timestamp: Some(time),
            last_timestamp: Some(time),
            count: 1,
            kind: note.kind,
            series: None,
            event_time: None,
            action: String::new(),
        }
    }
}
