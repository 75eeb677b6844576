//! The beats one after the other: what happens at one moment by one cause is one.

use super::beat::{Beat, BeatKind};

/// A pod that has become ready is told by what its Deployment decides next, if that comes within so many simulated
/// milliseconds.
const ANSWER_MS: u64 = 20;
/// So many beats of a simulated second are kept apart.
const MOST_PER_SECOND: usize = 40;
/// The beats that are looked through for one of the same moment.
const LOOKED_BACK: usize = 40;
/// Beats that are kept, and how many of the oldest go at once when there are more.
const MOST_BEATS: usize = 10_000;
const DROPPED_AT_ONCE: usize = 1_000;

/// A beat with what tells its cause.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The beat.
    pub beat: Beat,
    /// Beats of one moment with the same cause are one. What is always told by itself has none.
    pub cause: Option<String>,
    /// The rule of its decision; empty without one.
    pub rule: &'static str,
}

/// The beats, in the order of time.
#[derive(Clone, Debug, Default)]
pub struct Reel {
    entries: Vec<Entry>,
    /// Beats at the beginning that are not kept any more.
    dropped: usize,
    /// Beats whose place a decision may yet take, with the owner of their pod.
    held: Vec<(Entry, String)>,
}

impl Reel {
    /// A reel that goes on after this one, with no more of the past than the next beat needs.
    pub fn ahead(&self) -> Self {
        let past = self.entries.len().saturating_sub(LOOKED_BACK);
        Self {
            entries: self.entries.iter().skip(past).cloned().collect(),
            dropped: self.dropped + past,
            held: self.held.clone(),
        }
    }

    /// How many beats there have been.
    pub fn len(&self) -> usize {
        self.dropped + self.entries.len()
    }

    /// The number of the first beat that is kept.
    pub fn first(&self) -> usize {
        self.dropped
    }

    /// The beat with this number; none where it is not kept.
    pub fn get(&self, number: usize) -> Option<&Beat> {
        Some(&self.entries.get(number.checked_sub(self.dropped)?)?.beat)
    }

    /// The number that the first beat after a moment has or will have.
    pub fn after(&self, at_ms: u64) -> usize {
        self.dropped + self.entries.partition_point(|entry| entry.beat.at_ms <= at_ms)
    }

    /// The beats of the last `window_ms` before a moment, newest first.
    pub fn recent(&self, at_ms: u64, window_ms: u64) -> impl Iterator<Item = &Entry> {
        let from = at_ms.saturating_sub(window_ms);
        self.entries.iter().rev().take(LOOKED_BACK).take_while(move |entry| entry.beat.at_ms >= from)
    }

    /// Holds a beat back for a moment: what its Deployment decides may take its place.
    pub fn hold(&mut self, entry: Entry, owner: &str) {
        self.held.push((entry, owner.to_owned()));
    }

    /// A Deployment has decided something: `set_prefix` begins the names of its ReplicaSets, as decisions name them.
    pub fn answer(&mut self, set_prefix: &str) {
        self.held.retain(|(_, owner)| !owner.starts_with(set_prefix));
    }

    /// Lets those beats come that no decision has taken the place of until this moment.
    pub fn let_go(&mut self, at_ms: u64, window_ms: u64) {
        let is_over = |(entry, _): &(Entry, String)| entry.beat.at_ms + ANSWER_MS <= at_ms;
        while let Some(at) = self.held.iter().position(is_over) {
            let (mut entry, _) = self.held.remove(at);
            entry.beat.at_ms += ANSWER_MS;
            self.push(entry, window_ms);
        }
    }

    /// Adds a beat, or counts it to one of the last `window_ms` with the same cause.
    pub fn push(&mut self, entry: Entry, window_ms: u64) {
        let from = entry.beat.at_ms.saturating_sub(window_ms);
        let recent = || self.entries.iter().enumerate().rev().take(LOOKED_BACK);
        let same = entry.cause.as_ref().and_then(|cause| {
            recent()
                .take_while(|(_, known)| known.beat.at_ms >= from)
                .find(|(_, known)| known.cause.as_ref() == Some(cause))
        });
        let is_like = |known: &Entry| known.beat.kind == entry.beat.kind && known.rule == entry.rule;
        let merged = match same {
            None if self.is_full(&entry.beat) => recent().find(|(_, known)| is_like(known)),
            same => same,
        };
        let merged = merged.map(|(at, _)| at);
        match merged.and_then(|at| self.entries.get_mut(at)) {
            Some(known) => known.beat.count = known.beat.count.saturating_add(1),
            None => self.entries.push(entry),
        }
        if self.entries.len() > MOST_BEATS {
            self.entries.drain(..DROPPED_AT_ONCE);
            self.dropped += DROPPED_AT_ONCE;
        }
    }

    /// Whether there are as many beats in this second as can be told apart. A deadline is told in any case.
    fn is_full(&self, beat: &Beat) -> bool {
        let oldest = self.entries.len().checked_sub(MOST_PER_SECOND).and_then(|at| self.entries.get(at));
        beat.kind != BeatKind::Deadline && oldest.is_some_and(|oldest| oldest.beat.at_ms + 1_000 > beat.at_ms)
    }
}
