//! What happens in a frame of the page: simulated time goes on, as far as the pace says and the frame allows.

use hellok8s_lab::lab::frames::Frames;
use hellok8s_lab::lab::pace::Speed;
use hellok8s_lab::lab::{LONGEST_WORK_MS, Lab};
use hellok8s_lab::sim::SimTime;
use leptos::prelude::*;

use super::{Core, Simulation, set};
use crate::view::browser;

/// So much of the engine's share of a frame may go into looking ahead.
const LOOKING_AHEAD: u64 = 2;
/// Of the story that goes with the clock.
const CLOCK: u64 = 100;

impl Simulation {
    pub(super) fn frame(self, at_us: u64) {
        let (is_playing, pace) = (self.playing.get_untracked(), self.pace.get_untracked());
        let mut told = if is_playing { None } else { Some(None) };
        let mut draws = true;
        self.core.update_value(|core| {
            let elapsed = at_us.saturating_sub(core.last_frame_us.replace(at_us).unwrap_or(at_us));
            draws = core.frames.begin(is_playing);
            if is_playing {
                told = match pace {
                    // Nobody waits longer for an answer than by the clock.
                    Speed::Number(speed) if core.lab.works_until().is_some() => {
                        core.go_on(u64::from(speed).max(CLOCK), elapsed)
                    }
                    Speed::Number(speed) => core.go_on(u64::from(speed), elapsed),
                    Speed::Story => core.tell_on(elapsed),
                };
                if !draws {
                    browser::fill_frame();
                }
            } else {
                core.answer(elapsed);
            }
        });
        if let Some(behind) = told {
            set(self.behind, behind);
        }
        self.refresh(draws);
    }

    /// Tells the page which beat is told.
    pub(super) fn read_story(self, core: &mut Core) {
        core.story.read(&core.lab);
        let is_story = self.playing.get_untracked() && self.pace.get_untracked() == Speed::Story;
        set(self.factor, core.story.factor().filter(|_| is_story));
        set(self.caption, core.story.told().map(|(number, beat)| super::Shown::of(number, beat)));
    }
}

impl Core {
    /// A frame at a speed, in hundredths. Answers as [`Frames::note`] does.
    fn go_on(&mut self, speed: u64, elapsed_us: u64) -> Option<Option<u64>> {
        let due_ms = self.frames.due_ms(speed, elapsed_us);
        let asked_ms = due_ms + self.frames.missed_ms();
        let reached_ms = self.run(asked_ms, self.frames.share_us(elapsed_us));
        self.frames.end(speed, asked_ms, reached_ms);
        self.frames.note(speed, elapsed_us, due_ms, reached_ms)
    }

    /// A frame of the story.
    fn tell_on(&mut self, elapsed_us: u64) -> Option<Option<u64>> {
        let share_us = self.frames.share_us(elapsed_us);
        let began_us = browser::now_us();
        self.story.read(&self.lab);
        while self.story.look_ahead(&self.lab) && browser::now_us() < began_us + share_us / LOOKING_AHEAD {}
        let due_ms = self.story.due_ms(&self.lab, Frames::counted_us(elapsed_us));
        let reached_ms = self.run(due_ms, (began_us + share_us).saturating_sub(browser::now_us()));
        self.story.go_on(&self.lab);
        self.frames.end(CLOCK, due_ms, reached_ms);
        if self.story.factor().is_some() {
            // Nobody counts on how fast it hurries.
            return Some(None);
        }
        self.frames.note(CLOCK, elapsed_us, due_ms, reached_ms)
    }

    /// A frame while time stands still: a command that is at work is answered nevertheless, by the clock, and no later
    /// moment is reached than the one at which it is. A loop of commands stands still after a while as well.
    fn answer(&mut self, elapsed_us: u64) {
        let Some(until) = self.lab.works_until() else {
            return self.answered_ms = 0;
        };
        if self.touches != self.lab.touches() {
            (self.touches, self.answered_ms) = (self.lab.touches(), 0);
        }
        if self.answered_ms < LONGEST_WORK_MS {
            let due_ms = self.frames.due_ms(CLOCK, elapsed_us).min(until.ms_since(self.lab.now()));
            self.answered_ms += self.run(due_ms, self.frames.share_us(elapsed_us));
        }
    }

    /// Lets so many simulated milliseconds go by, for as long as the frame allows. Answers how many did.
    fn run(&mut self, ms: u64, work_us: u64) -> u64 {
        let since = self.lab.now();
        run_for_a_frame(&mut self.lab, since + ms, work_us);
        self.lab.now().ms_since(since)
    }
}

/// Runs towards `until` for as long as a frame allows.
fn run_for_a_frame(lab: &mut Lab, until: SimTime, work_us: u64) {
    let end_us = browser::now_us() + work_us;
    while lab.next_at() <= until {
        lab.step();
        if browser::now_us() >= end_us {
            return;
        }
    }
    lab.run_until(until);
}
