//! How much simulated time goes by from one beat to the next: slowly while the one is told, then as fast as it must.

/// A beat is told for so long, in microseconds of the viewer's time.
pub const TOLD_US: u64 = 800_000;
/// The clock's speed and the fastest one, in hundredths.
const CLOCK: u64 = 100;
const FASTEST: u64 = 60_000;
/// Time is faster by a hundredth with every so many simulated microseconds from the one beat and to the other: the speed
/// then grows by the factor e in a fifth of a second.
const US_PER_HUNDREDTH: u64 = 2_000;
/// No step is longer: the speed changes within it.
const STEP_US: u64 = 16_000;
/// From this speed on, in hundredths, it is worth saying.
const SHOWN_FROM: u64 = 300;
/// The factors that are shown: one that changed with every frame could not be read.
const FACTORS: [u32; 9] = [3, 5, 10, 20, 30, 60, 100, 300, 600];

/// Where time is between two beats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Course {
    /// For how long the beat is still told, in microseconds of the viewer's time.
    told_us: u64,
    /// How far time has gone since the beat was told, in simulated microseconds.
    gone_us: u64,
    /// Simulated time that is due and too short to count, in microseconds.
    carry_us: u64,
    /// The present speed, in hundredths.
    speed: u64,
}

impl Course {
    /// A beat begins to be told.
    pub fn tell(&mut self) {
        *self = Self { told_us: TOLD_US, carry_us: 0, gone_us: 0, speed: CLOCK };
    }

    /// Whether a beat is being told.
    pub fn is_telling(&self) -> bool {
        self.told_us > 0
    }

    /// How many simulated milliseconds go by in `elapsed_us` microseconds of the viewer's time, at the simulated moment
    /// `now_ms`. `next_ms` is when the next beat comes, if one is known. `is_urgent`: somebody waits for the clock, so time
    /// goes at least as fast as that.
    pub fn due_ms(&mut self, mut elapsed_us: u64, now_ms: u64, next_ms: Option<u64>, is_urgent: bool) -> u64 {
        let from_us = now_ms.saturating_mul(1_000);
        let mut at_us = from_us.saturating_add(self.carry_us);
        while elapsed_us > 0 {
            let step_us = elapsed_us.min(STEP_US);
            elapsed_us -= step_us;
            at_us = at_us.saturating_add(self.step(step_us, at_us, next_ms, is_urgent));
        }
        let gone_us = at_us.saturating_sub(from_us);
        self.carry_us = gone_us % 1_000;
        gone_us / 1_000
    }

    /// How many simulated microseconds go by in one step.
    fn step(&mut self, step_us: u64, at_us: u64, next_ms: Option<u64>, is_urgent: bool) -> u64 {
        let left_us = next_ms.map_or(u64::MAX, |ms| ms.saturating_mul(1_000).saturating_sub(at_us));
        let gone_us = if self.told_us > 0 {
            // So slowly that the next beat does not come while this one is told.
            let told_us = self.told_us;
            self.told_us = told_us.saturating_sub(step_us);
            self.speed = CLOCK;
            let share_us = left_us.min(told_us).saturating_mul(step_us.min(told_us)) / told_us;
            if is_urgent { step_us } else { share_us }
        } else {
            self.speed = (CLOCK + self.gone_us.min(left_us) / US_PER_HUNDREDTH).min(FASTEST);
            (step_us.saturating_mul(self.speed) / 100).min(left_us)
        };
        // With nothing ahead time goes with the clock, and speeds up from there once something is seen.
        let is_running = self.told_us == 0 && next_ms.is_some();
        self.gone_us = if is_running { self.gone_us.saturating_add(gone_us) } else { 0 };
        gone_us
    }

    /// How many times faster than the clock time goes, where that is worth saying.
    pub fn factor(&self) -> Option<u32> {
        let is_shown = |factor: &&u32| u64::from(**factor) * 100 <= self.speed;
        FACTORS.iter().rev().find(is_shown).copied().filter(|_| self.speed >= SHOWN_FROM)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME_US: u64 = 16_667;

    /// How long, in milliseconds of the viewer's time, it takes from a beat at 0 until time has come to `until_ms`.
    fn viewed_ms(until_ms: u64, next: Option<u64>) -> u64 {
        let mut course = Course::default();
        course.tell();
        let (mut now_ms, mut viewed_us) = (0, 0);
        while now_ms < until_ms {
            now_ms += course.due_ms(FRAME_US, now_ms, next, false);
            viewed_us += FRAME_US;
            assert!(viewed_us < 3_600_000_000, "it never comes");
        }
        assert!(now_ms == until_ms || next.is_none(), "{now_ms}: past the beat");
        viewed_us / 1_000
    }

    #[test]
    fn every_beat_is_told_long_enough() {
        for distance_ms in [0, 1, 3, 40, 799, 800, 801, 5_000] {
            let viewed = viewed_ms(distance_ms.max(1), Some(distance_ms.max(1)));
            assert!(viewed >= 780, "{distance_ms} ms: {viewed}");
        }
    }

    #[test]
    fn ten_minutes_take_four_seconds() {
        let viewed = viewed_ms(600_000, Some(600_000));
        assert!((3_500..=4_500).contains(&viewed), "{viewed}");
    }

    #[test]
    fn a_far_beat_takes_hardly_longer_than_a_near_one() {
        let viewed = [800, 2_000, 10_000, 30_000, 300_000].map(|ms| viewed_ms(ms, Some(ms)));
        assert!(viewed.is_sorted(), "{viewed:?}");
        assert!(viewed.iter().all(|ms| *ms < 4_000), "{viewed:?}");
    }

    #[test]
    fn with_nothing_ahead_time_goes_with_the_clock() {
        let viewed = viewed_ms(10_000, None);
        assert!((9_950..=10_050).contains(&viewed), "{viewed}");
    }

    #[test]
    fn it_is_eased_and_the_factor_is_shown() {
        let mut course = Course::default();
        course.tell();
        assert_eq!(course.factor(), None);
        let (mut now_ms, mut speeds, mut factors) = (0, Vec::new(), Vec::new());
        while now_ms < 600_000 {
            now_ms += course.due_ms(FRAME_US, now_ms, Some(600_000), false);
            speeds.push(course.speed);
            factors.extend(course.factor());
        }
        assert_eq!(speeds.iter().max(), Some(&FASTEST));
        // Of a frame of 16.7 ms at a rate of 5 a second.
        let jumps = speeds.windows(2).map(|pair| pair[1].max(pair[0]) * 100 / pair[0].min(pair[1]).max(1)).max();
        assert!(jumps.is_some_and(|jump| jump <= 120), "{jumps:?}");
        factors.dedup();
        assert_eq!(factors, [3, 5, 10, 20, 30, 60, 100, 300, 600, 300, 100, 60, 30, 20, 10, 5, 3]);
    }

    #[test]
    fn who_waits_for_the_clock_waits_no_longer_than_it() {
        let mut course = Course::default();
        course.tell();
        assert_eq!(course.due_ms(100_000, 0, Some(5), true), 100);
        course.tell();
        assert_eq!(course.due_ms(100_000, 0, Some(5), false), 0);
    }

    #[test]
    fn a_long_frame_does_not_pass_a_beat() {
        let mut course = Course::default();
        course.tell();
        let due_ms = course.due_ms(250_000, 0, Some(100), false);
        assert!(due_ms < 40, "{due_ms}");
        let due_ms = course.due_ms(10_000_000, due_ms, Some(100), false) + due_ms;
        assert_eq!(due_ms, 100);
    }
}
