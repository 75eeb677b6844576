//! A copy of the lab that runs ahead, to know when the next beat comes.

use std::collections::VecDeque;

use super::beats::Beats;
use crate::lab::Lab;
use crate::sim::SimTime;

/// How far it looks: the progress deadline lies within.
const FURTHEST_MS: u64 = 900_000;
/// It stops when it knows so many beats.
const KNOWN: usize = 4;
/// Of larger clusters than this there is no copy: it would take longer than the viewer needs.
const MOST_PODS: usize = 2_000;

/// A lab ahead of another one.
#[derive(Clone, Debug)]
pub struct Scout {
    lab: Lab,
    beats: Beats,
    /// How often the lab had been touched when it was copied.
    touches: u64,
    /// Beats that have been counted.
    counted: usize,
    /// When the beats ahead come, in simulated milliseconds.
    ahead: VecDeque<u64>,
}

impl Scout {
    /// A copy of the lab, whose beats have been read up to now.
    pub fn new(lab: &Lab, beats: &Beats) -> Option<Self> {
        if lab.cluster().api.store().pods(None).count() > MOST_PODS {
            return None;
        }
        let beats = beats.ahead();
        Some(Self { lab: lab.ahead(), counted: beats.len(), beats, touches: lab.touches(), ahead: VecDeque::new() })
    }

    /// Whether the lab is still the one that was copied.
    pub fn is_of(&self, lab: &Lab) -> bool {
        self.touches == lab.touches() && self.lab.next_at() >= lab.now()
    }

    /// Forgets the beats that have come.
    pub fn come_to(&mut self, now_ms: u64) {
        while self.ahead.front().is_some_and(|at_ms| *at_ms <= now_ms) {
            self.ahead.pop_front();
        }
    }

    /// When the next beat comes, in simulated milliseconds, if it is known.
    pub fn next_ms(&self) -> Option<u64> {
        self.ahead.front().copied()
    }

    /// How much this beat will count, as far as it has looked.
    pub fn count(&self, number: usize) -> Option<u32> {
        self.beats.get(number).map(|beat| beat.count)
    }

    /// Handles the next event of the copy. Answers whether there is more to see.
    pub fn look(&mut self, now: SimTime) -> bool {
        let next = self.lab.next_at();
        if self.ahead.len() >= KNOWN || next == SimTime::NEVER || next.ms_since(now) > FURTHEST_MS {
            return false;
        }
        // Piece by piece: thrown away at once it would hold up the page.
        self.beats.forget_in(self.lab.cluster_mut());
        self.lab.step();
        self.beats.read(self.lab.cluster(), self.beats.forks());
        for number in self.counted..self.beats.len() {
            let at_ms = self.beats.get(number).map_or(0, |beat| beat.at_ms);
            if at_ms > now.as_ms() && self.ahead.back() != Some(&at_ms) {
                self.ahead.push_back(at_ms);
            }
        }
        self.counted = self.beats.len();
        true
    }
}
