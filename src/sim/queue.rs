//! The event queue: ordered by time, then by the order in which events were put in.

use std::collections::BTreeMap;

use super::SimTime;

/// Events to come, first in first out within one moment.
#[derive(Clone, Debug)]
pub struct EventQueue<E> {
    events: BTreeMap<(SimTime, u64), E>,
    sequence: u64,
}

impl<E> Default for EventQueue<E> {
    fn default() -> Self {
        Self { events: BTreeMap::new(), sequence: 0 }
    }
}

impl<E> EventQueue<E> {
    /// Puts `event` in at `at`, behind whatever is already there for that moment.
    pub fn push(&mut self, at: SimTime, event: E) {
        self.sequence += 1;
        self.events.insert((at, self.sequence), event);
    }

    /// When the next event is due.
    pub fn next_at(&self) -> Option<SimTime> {
        self.events.first_key_value().map(|((at, _), _)| *at)
    }

    /// Takes the next event out.
    pub fn pop(&mut self) -> Option<(SimTime, E)> {
        self.events.pop_first().map(|((at, _), event)| (at, event))
    }

    /// How many events are waiting.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether nothing is waiting.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// The waiting events, soonest first.
    pub fn iter(&self) -> impl Iterator<Item = (SimTime, &E)> {
        self.events.iter().map(|((at, _), event)| (*at, event))
    }
}
