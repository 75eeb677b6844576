//! The correlator between a component and the API server: similar events are combined, equal ones counted, and
//! objects that produce too many are held back.
//!
//! Models staging/src/k8s.io/client-go/tools/record/events_cache.go.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::lru::Lru;
use crate::api::{Event, KubernetesVersion, Time};
use crate::sim::SimTime;

const CACHE_SIZE: usize = 4096;
/// Different messages within the interval from which on events of one reason are combined.
const AGGREGATE_MAX_EVENTS: usize = 10;
const AGGREGATE_INTERVAL_MS: u64 = 600_000;
/// Events about one object that pass at once.
const SPAM_BURST: u64 = 25;
/// After that, one event passes in this time.
const SPAM_REFILL_MS: u64 = 300_000;

/// What becomes of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Correlated {
    /// Held back by the spam filter. Its count rises nevertheless, and shows with the next one that passes.
    Dropped,
    /// Stored as a new event.
    Created(Event),
    /// Changes the stored event of this name, and of that message, count and last time only.
    Patched(Event),
}

/// The state of one component's event correlator.
#[derive(Clone, Debug)]
pub struct Correlator {
    version: KubernetesVersion,
    burst: u64,
    aggregates: Lru<Arc<Aggregate>>,
    observations: Lru<Arc<Observation>>,
    buckets: Lru<Bucket>,
}

#[derive(Clone, Debug)]
struct Aggregate {
    messages: BTreeSet<String>,
    last: SimTime,
}

#[derive(Clone, Debug)]
struct Observation {
    count: i32,
    first: Option<Time>,
    name: String,
}

/// A token bucket, counted in milliseconds of refill so that no fraction is lost.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    credit_ms: u64,
    last: SimTime,
}

impl Correlator {
    /// A correlator that has seen nothing. The spam filter's key depends on the version.
    pub fn new(version: KubernetesVersion) -> Self {
        Self::with_burst(version, SPAM_BURST)
    }

    /// As [`Correlator::new`], with another number of events that pass at once.
    pub fn with_burst(version: KubernetesVersion, burst: u64) -> Self {
        Self {
            version,
            burst,
            aggregates: Lru::new(CACHE_SIZE),
            observations: Lru::new(CACHE_SIZE),
            buckets: Lru::new(CACHE_SIZE),
        }
    }

    /// Decides about `event`, whose count is 1. Models EventCorrelator.EventCorrelate.
    pub fn correlate(&mut self, event: Event, now: SimTime) -> Correlated {
        self.correlate_forgetting(event, now, 0)
    }

    /// As [`Correlator::correlate`]; where events are combined, one of the remembered messages is forgotten, in Go
    /// any one of them: here the one at `forget` in the order of the alphabet. The lab always takes the first, so
    /// that the same seed gives the same log.
    pub fn correlate_forgetting(&mut self, event: Event, now: SimTime, forget: usize) -> Correlated {
        let (event, key) = self.aggregate(event, now, forget);
        let spam_key = spam_key(&event, self.version);
        let (event, is_patch) = self.observe(event, &key);
        if !self.passes(&spam_key, now) {
            return Correlated::Dropped;
        }
        if is_patch { Correlated::Patched(event) } else { Correlated::Created(event) }
    }

    /// The messages of the event's reason and object that count towards combining them, in the order of the alphabet.
    pub fn remembered_messages(&mut self, event: &Event) -> Vec<String> {
        self.aggregates
            .get(&aggregate_key(event))
            .map(|record| record.messages.iter().cloned().collect())
            .unwrap_or_default()
    }

    /// Takes note of an event that was created anew because a patch found it gone. Models
    /// EventCorrelator.UpdateState.
    pub fn observed_as_new(&mut self, event: &Event) {
        let observation =
            Observation { count: event.count, first: event.first_timestamp, name: event.metadata.name.clone() };
        self.observations.add(&event_key(event), Arc::new(observation));
    }

    /// Models EventAggregator.EventAggregate.
    fn aggregate(&mut self, mut event: Event, now: SimTime, forget: usize) -> (Event, String) {
        let full_key = event_key(&event);
        let aggregate_key = aggregate_key(&event);
        let mut record = match self.aggregates.get(&aggregate_key) {
            Some(record) if now.ms_since(record.last) <= AGGREGATE_INTERVAL_MS => Aggregate::clone(record),
            _ => Aggregate { messages: BTreeSet::new(), last: now },
        };
        record.messages.insert(event.message.clone());
        record.last = now;
        let is_many = record.messages.len() >= AGGREGATE_MAX_EVENTS;
        if is_many && let Some(message) = record.messages.iter().nth(forget).cloned() {
            record.messages.remove(&message);
        }
        self.aggregates.add(&aggregate_key, Arc::new(record));
        if !is_many {
            return (event, full_key);
        }
        event.message = format!("(combined from similar events): {}", event.message);
        // Go makes a new event of it, and leaves out who reports it.
        event.reporting_component.clear();
        event.reporting_instance.clear();
        (event, aggregate_key)
    }

    /// Models eventLogger.eventObserve.
    fn observe(&mut self, mut event: Event, key: &str) -> (Event, bool) {
        let mut is_patch = false;
        if let Some(last) = self.observations.get(key).filter(|last| last.count > 0) {
            event.metadata.name.clone_from(&last.name);
            event.first_timestamp = last.first;
            event.count = last.count.saturating_add(1);
            is_patch = true;
        }
        let observation =
            Observation { count: event.count, first: event.first_timestamp, name: event.metadata.name.clone() };
        self.observations.add(key, Arc::new(observation));
        (event, is_patch)
    }

    /// Models EventSourceObjectSpamFilter.Filter with its token bucket.
    fn passes(&mut self, key: &str, now: SimTime) -> bool {
        let full_ms = self.burst * SPAM_REFILL_MS;
        let mut bucket = self.buckets.get(key).copied().unwrap_or(Bucket { credit_ms: full_ms, last: now });
        bucket.credit_ms = bucket.credit_ms.saturating_add(now.ms_since(bucket.last)).min(full_ms);
        bucket.last = now;
        let passes = bucket.credit_ms >= SPAM_REFILL_MS;
        if passes {
            bucket.credit_ms -= SPAM_REFILL_MS;
        }
        self.buckets.add(key, bucket);
        passes
    }
}

/// The parts that every key begins with, joined without separators as Kubernetes does.
fn object_key(event: &Event, with_field_path: bool) -> String {
    let object = &event.involved_object;
    let field_path = if with_field_path { object.field_path.as_str() } else { "" };
    [
        event.source.component.as_str(),
        &event.source.host,
        &object.kind,
        &object.namespace,
        &object.name,
        field_path,
        &object.uid,
        &object.api_version,
    ]
    .concat()
}

/// Models getEventKey.
fn event_key(event: &Event) -> String {
    [&object_key(event, true), event.kind.as_str(), &event.reason, &event.message].concat()
}

/// Models EventAggregatorByReasonFunc.
fn aggregate_key(event: &Event) -> String {
    [
        &object_key(event, false),
        event.kind.as_str(),
        &event.reason,
        &event.reporting_component,
        &event.reporting_instance,
    ]
    .concat()
}

/// Models getSpamKey, which has told the types apart only since 1.32.
fn spam_key(event: &Event, version: KubernetesVersion) -> String {
    let mut key = object_key(event, false);
    if version.spam_filter_tells_types_apart() {
        key.push_str(event.kind.as_str());
    }
    key
}
