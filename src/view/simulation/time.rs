//! What moves time: a step, a jump, a seek, the way to the next moment that stands out.

use hellok8s_lab::lab::timeline::MarkKind;
use hellok8s_lab::sim::SimTime;
use leptos::prelude::*;

use super::{Core, Simulation};
use crate::view::browser::now_us;

/// How far ahead a search for the next change or for rest looks: the progress deadline lies within.
const LONGEST_SEARCH_MS: u64 = 900_000;
/// What has not changed for so long is stable. Back-off goes on for longer.
const STABLE_MS: u64 = 30_000;
/// Speeds on offer beside the story, in hundredths.
pub const SPEEDS: [u32; 9] = [25, 50, 100, 200, 500, 1000, 2000, 3000, 6000];
/// What one call of `window.lab.advance` lets go by at most: a day of simulated time.
const LONGEST_ADVANCE_MS: u64 = 86_400_000;
/// How long such a call may keep the page from answering, in microseconds by the clock.
const LONGEST_ADVANCE_US: u64 = 20_000_000;
/// The clock is asked each time that so many simulated milliseconds have passed.
const ADVANCE_PART_MS: u64 = 5_000;
/// A moment that time has left so far behind, in simulated milliseconds, is gone back to itself before the one before it.
const LEFT_BEHIND_MS: u64 = 1_000;

impl Simulation {
    /// One event of the simulation.
    pub fn step(self) {
        self.playing.set(false);
        self.core.update_value(|core| {
            core.lab.step();
        });
        self.refresh(true);
    }

    /// Lets simulated time go by at once: at most a day of it, and no more than the page does in twenty seconds.
    pub fn advance(self, ms: u64) {
        let began_us = now_us();
        self.core.update_value(|core| {
            core.note(&format!("+{ms} ms"));
            let until = core.lab.now() + ms.min(LONGEST_ADVANCE_MS);
            while core.lab.now() < until && now_us().saturating_sub(began_us) < LONGEST_ADVANCE_US {
                let part = core.lab.now() + ADVANCE_PART_MS;
                core.lab.run_until(part.min(until));
            }
        });
        self.refresh(true);
    }

    /// Shows another moment, at most the last one that was reached.
    pub fn seek(self, to_ms: u64) {
        self.playing.set(false);
        self.core.update_value(|core| {
            core.note(&format!("→ {to_ms} ms"));
            core.lab.seek(SimTime(to_ms));
        });
        self.refresh(true);
    }

    /// Shows the neighbouring moment that stands out. Beyond the last one the simulation runs on to the next change.
    pub fn to_mark(self, is_after: bool, kinds: &[MarkKind]) {
        let now = self.now_ms.get_untracked();
        let to = self.with_timeline(|timeline| {
            if is_after { timeline.mark_after(now, kinds) } else { timeline.mark_before(now, kinds) }
        });
        match to {
            Some(to_ms) => self.seek(to_ms),
            None if is_after => self.run_to_mark(kinds),
            None => {}
        }
    }

    /// Shows the neighbouring beat of the story. Beyond the last one the simulation runs on to the next.
    pub fn to_beat(self, is_after: bool) {
        self.playing.set(false);
        self.core.update_value(|core| {
            core.note(if is_after { "→" } else { "←" });
            core.story.read(&core.lab);
            let to = if is_after { core.beat_after() } else { core.beat_before() };
            let Some((number, at_ms)) = to else { return };
            core.lab.seek(SimTime(at_ms));
            core.story.read(&core.lab);
            core.story.tell(Some(number));
        });
        self.refresh(true);
    }

    fn run_to_mark(self, kinds: &[MarkKind]) {
        self.playing.set(false);
        self.core.update_value(|core| {
            core.note("→");
            let start = core.lab.now();
            let marks = core.timeline.marks().len();
            while core.lab.now().ms_since(start) < LONGEST_SEARCH_MS && core.lab.next_at() != SimTime::NEVER {
                core.lab.step();
                core.timeline.read(core.lab.cluster(), core.lab.forks());
                if core.timeline.marks().iter().skip(marks).any(|mark| kinds.contains(&mark.kind)) {
                    break;
                }
            }
        });
        self.refresh(true);
    }

    /// Runs on until nothing has changed for a while.
    pub fn until_stable(self) {
        self.core.update_value(|core| {
            core.note("⇥");
            let start = core.lab.now();
            let mut changed = (start, core.timeline.samples().len());
            while core.lab.now().ms_since(start) < LONGEST_SEARCH_MS
                && core.lab.now().ms_since(changed.0) < STABLE_MS
                && core.lab.next_at() != SimTime::NEVER
            {
                let until = core.lab.now() + 1_000;
                core.lab.run_until(until);
                core.timeline.read(core.lab.cluster(), core.lab.forks());
                let samples = core.timeline.samples().len();
                if samples != changed.1 {
                    changed = (core.lab.now(), samples);
                }
            }
        });
        self.refresh(true);
    }

    /// Goes back to the history that there was before something done in the past began another one.
    pub fn undo_fork(self) {
        self.playing.set(false);
        self.core.update_value(|core| {
            core.note("⎌");
            core.lab.undo_fork();
        });
        self.refresh(true);
    }
}

impl Core {
    /// The beat before the one that is told and its moment, in simulated milliseconds.
    fn beat_before(&self) -> Option<(usize, u64)> {
        let (told, beat) = self.story.told()?;
        let is_left = self.lab.now().as_ms() > beat.at_ms + LEFT_BEHIND_MS;
        let number = if is_left { told } else { told.checked_sub(1)? };
        Some((number, self.story.beats().get(number)?.at_ms))
    }

    /// The beat after the one that is told and its moment. If it is not known the lab runs on to it.
    fn beat_after(&mut self) -> Option<(usize, u64)> {
        let number = self.story.told().map_or(self.story.beats().first(), |(told, _)| told + 1);
        let start = self.lab.now();
        while self.story.beats().len() <= number
            && self.lab.now().ms_since(start) < LONGEST_SEARCH_MS
            && self.lab.next_at() != SimTime::NEVER
        {
            self.lab.step();
            self.story.read(&self.lab);
        }
        Some((number, self.story.beats().get(number)?.at_ms))
    }
}
