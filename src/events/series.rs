//! Series: an event that recurs is counted, and written when it begins, at its second time, and when it ends.
//! Models client-go tools/events/event_broadcaster.go, which kube-scheduler uses.

use std::collections::BTreeMap;

use crate::sim::SimTime;

/// A series ends when nothing has come for this long; it is looked for that often. Models finishTime.
pub const FINISH_MS: u64 = 6 * 60_000;
/// A series that goes on is written again this often. Models refreshTime.
pub const REFRESH_MS: u64 = 30 * 60_000;

/// A series that goes on, or an event that may become one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series<E> {
    /// The event, as it was the first time.
    pub event: E,
    /// When that was.
    pub began: SimTime,
    /// How often it has happened and when last; none for once.
    pub repeated: Option<(u32, SimTime)>,
}

/// What is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write<E> {
    /// A new event.
    Create(E),
    /// The series' count and last time.
    Patch(Series<E>),
}

/// The series of one component, by what makes events alike: not their notes.
#[derive(Clone, Debug)]
pub struct SeriesRecorder<E> {
    cache: BTreeMap<String, Series<E>>,
}

impl<E> Default for SeriesRecorder<E> {
    fn default() -> Self {
        Self { cache: BTreeMap::new() }
    }
}

impl<E: Clone> SeriesRecorder<E> {
    /// An event has happened. Models recordToSink.
    pub fn record(&mut self, key: String, event: E, now: SimTime) -> Option<Write<E>> {
        match self.cache.get_mut(&key) {
            Some(series) => {
                let count = series.repeated.map_or(2, |(count, _)| count + 1);
                let is_second = series.repeated.is_none();
                series.repeated = Some((count, now));
                is_second.then(|| Write::Patch(series.clone()))
            }
            None => {
                self.cache.insert(key, Series { event: event.clone(), began: now, repeated: None });
                Some(Write::Create(event))
            }
        }
    }

    /// Ends the series to which nothing has come for long. Models finishSeries.
    pub fn finish(&mut self, now: SimTime) -> Vec<Write<E>> {
        let mut ended = Vec::new();
        self.cache.retain(|_, series| {
            let last = series.repeated.map_or(series.began, |(_, last)| last);
            let goes_on = last + FINISH_MS >= now;
            if !goes_on && series.repeated.is_some() {
                ended.push(Write::Patch(series.clone()));
            }
            goes_on
        });
        ended
    }

    /// Writes the series that go on. Models refreshExistingEventSeries.
    pub fn refresh(&self) -> Vec<Write<E>> {
        self.cache.values().filter(|series| series.repeated.is_some()).cloned().map(Write::Patch).collect()
    }

    /// Whether there is nothing to end.
    pub fn is_empty(&self) -> bool {
        self.cache.is_empty()
    }
}
