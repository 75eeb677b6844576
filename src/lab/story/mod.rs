//! The story: what a viewer should not miss, one beat after the other, at a pace that can be watched.
//!
//! It decides how much simulated time a frame of the page is worth, and nothing else: what happens is the same at every
//! pace. A [`Beats`] reads the beats of what has been, a copy of the lab runs ahead to the next one, and a [`Course`]
//! goes from the one to the other.

mod beat;
mod beats;
mod course;
mod reel;
mod rules;
mod scout;

pub use beat::{Beat, BeatKind, Subject};
pub use beats::Beats;
pub use course::{Course, TOLD_US};

use super::Lab;
use crate::sim::SimTime;
use scout::Scout;

/// For so long, in simulated milliseconds, somebody who has just typed a command waits no longer than by the clock.
const PROMPT_MS: u64 = 1_000;

/// The story of a lab.
#[derive(Clone, Debug, Default)]
pub struct Story {
    beats: Beats,
    course: Course,
    scout: Option<Scout>,
    /// The number of the beat that is told, and the beat with what else is known to come of it: no words change while they
    /// are read. What was not foreseen is told afterwards.
    told: Option<(usize, Beat)>,
    /// The moment up to which the story has come.
    at: SimTime,
    /// How often the lab had been touched, and when it was the last time.
    touches: u64,
    touched_at: SimTime,
}

impl Story {
    /// Reads what has happened in the lab. Where time has gone by without the story the last beat of the present is told.
    pub fn read(&mut self, lab: &Lab) {
        let is_other = self.beats.forks() != lab.forks();
        self.beats.read(lab.cluster(), lab.forks());
        if self.touches != lab.touches() {
            (self.touches, self.touched_at) = (lab.touches(), lab.now());
        }
        if is_other || lab.now() != self.at {
            self.at = lab.now();
            self.tell(self.beats.last_at(lab.now().as_ms()));
        }
    }

    /// Looks a piece further ahead. Answers whether there is more to see.
    pub fn look_ahead(&mut self, lab: &Lab) -> bool {
        if lab.now() < lab.end() {
            // What comes is known: it has been.
            self.scout = None;
            return false;
        }
        if !self.scout.as_ref().is_some_and(|scout| scout.is_of(lab)) {
            self.scout = Scout::new(lab, &self.beats);
        }
        self.scout.as_mut().is_some_and(|scout| scout.look(lab.now()))
    }

    /// How many simulated milliseconds are due in a frame of `elapsed_us` microseconds.
    pub fn due_ms(&mut self, lab: &Lab, elapsed_us: u64) -> u64 {
        let now = lab.now();
        let is_prompt = lab.waits_for_clock() && now.ms_since(self.touched_at) < PROMPT_MS;
        let is_urgent = is_prompt || lab.works_until().is_some();
        let next_ms = self.next_ms(lab);
        self.course.due_ms(elapsed_us, now.as_ms(), next_ms, is_urgent)
    }

    /// Notes that time has gone by in a frame of the story: tells the next beat when it has come and the one before has
    /// been told.
    pub fn go_on(&mut self, lab: &Lab) {
        self.at = lab.now();
        self.read(lab);
        if let Some(scout) = &mut self.scout {
            scout.come_to(lab.now().as_ms());
        }
        if self.course.is_telling() {
            return;
        }
        let grown = self
            .told
            .as_ref()
            .and_then(|(number, told)| self.beats.get(*number).filter(|beat| beat.count > told.count).map(|_| *number));
        if let Some(number) = grown.or_else(|| self.pending(lab.now())) {
            self.tell(Some(number));
            let foreseen = self.scout.as_ref().filter(|scout| scout.is_of(lab)).and_then(|scout| scout.count(number));
            if let (Some((_, told)), Some(count)) = (&mut self.told, foreseen) {
                told.count = told.count.max(count);
            }
        }
    }

    /// Tells this beat, whatever is told now.
    pub fn tell(&mut self, number: Option<usize>) {
        self.told = number.and_then(|number| Some((number, self.beats.get(number)?.clone())));
        match self.told {
            Some(_) => self.course.tell(),
            None => self.course = Course::default(),
        }
    }

    /// The number of the beat that is told, and the beat.
    pub fn told(&self) -> Option<(usize, &Beat)> {
        self.told.as_ref().map(|(number, beat)| (*number, beat))
    }

    /// The beats that are known.
    pub fn beats(&self) -> &Beats {
        &self.beats
    }

    /// How many times faster than the clock time goes, where that is worth saying.
    pub fn factor(&self) -> Option<u32> {
        self.course.factor()
    }

    /// The beat that has come and has not been told.
    fn pending(&self, now: SimTime) -> Option<usize> {
        let next = self.told.as_ref().map_or(0, |(told, _)| told + 1).max(self.beats.first());
        (next < self.beats.after(now.as_ms())).then_some(next)
    }

    /// When the beat after the told one comes, in simulated milliseconds, if it is known.
    fn next_ms(&self, lab: &Lab) -> Option<u64> {
        let now_ms = lab.now().as_ms();
        if self.pending(lab.now()).is_some() {
            return Some(now_ms);
        }
        if let Some(beat) = self.beats.get(self.beats.after(now_ms)) {
            return Some(beat.at_ms);
        }
        self.scout.as_ref().filter(|scout| scout.is_of(lab))?.next_ms()
    }
}
