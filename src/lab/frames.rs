//! How the frames of a page share the simulation's work: what is due, what a frame may take, what the next ones catch up
//! with.

use super::pace::Pace;

/// A page that was hidden goes on from where it was.
const LONGEST_FRAME_US: u64 = 250_000;
/// How much of a frame the engine may take.
const LEAST_WORK_US: u64 = 1_000;
const MOST_WORK_US: u64 = 16_000;
/// What a frame has not reached the next ones catch up with, if it is not more than this of real time: much that
/// happens at one moment is spread over them.
const CAUGHT_UP_US: u64 = 150_000;
/// While much happens so many frames work and the next one draws: both at once would be too long, and the picture changes
/// twenty times a second as it is.
const UNDRAWN_FRAMES: u32 = 2;

/// What the frames so far have left to do.
#[derive(Clone, Copy, Debug, Default)]
pub struct Frames {
    /// Simulated time that is due, in hundredths of microseconds.
    carry: u64,
    /// What the frame before has not reached, in simulated milliseconds, and the most that the next ones catch up with.
    missed_ms: u64,
    most_missed_ms: u64,
    /// How many frames have not drawn the cluster.
    undrawn: u32,
    pace: Pace,
}

impl Frames {
    /// A frame begins. Answers whether it draws the cluster.
    pub fn begin(&mut self, is_playing: bool) -> bool {
        let draws = !is_playing || self.missed_ms == 0 || self.undrawn >= UNDRAWN_FRAMES;
        self.undrawn = if draws { 0 } else { self.undrawn + 1 };
        draws
    }

    /// How much of the viewer's time counts of a frame that came `elapsed_us` microseconds after the one before.
    pub fn counted_us(elapsed_us: u64) -> u64 {
        elapsed_us.min(LONGEST_FRAME_US)
    }

    /// How many simulated milliseconds are due in `elapsed_us` microseconds at `speed` hundredths.
    pub fn due_ms(&mut self, speed: u64, elapsed_us: u64) -> u64 {
        self.carry += Self::counted_us(elapsed_us) * speed;
        let due_ms = self.carry / 100_000;
        self.carry %= 100_000;
        due_ms
    }

    /// What the frame before has not reached, in simulated milliseconds.
    pub fn missed_ms(&self) -> u64 {
        self.missed_ms
    }

    /// The engine's share of a frame, in microseconds, when the one before took `elapsed_us`: of a long one the same part,
    /// because a slow machine is to get there as well.
    pub fn share_us(&self, elapsed_us: u64) -> u64 {
        let misses = self.missed_ms > 0;
        let is_behind = self.missed_ms >= self.most_missed_ms;
        let part = match (misses, self.undrawn == 0, is_behind) {
            (false, ..) => 12,
            (true, true, _) => 16,
            (true, false, false) => 8,
            (true, false, true) => 3,
        };
        (elapsed_us / part).clamp(LEAST_WORK_US, MOST_WORK_US)
    }

    /// A frame ends in which `asked_ms` simulated milliseconds were to go by, the missed ones among them, and `reached_ms`
    /// did.
    pub fn end(&mut self, speed: u64, asked_ms: u64, reached_ms: u64) {
        self.most_missed_ms = CAUGHT_UP_US * speed / 100_000;
        self.missed_ms = asked_ms.saturating_sub(reached_ms).min(self.most_missed_ms);
    }

    /// As [`Pace::note`].
    pub fn note(&mut self, speed: u64, elapsed_us: u64, due_ms: u64, reached_ms: u64) -> Option<Option<u64>> {
        self.pace.note(speed, elapsed_us, due_ms, reached_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME_US: u64 = 16_667;

    #[test]
    fn no_time_is_lost_between_frames() {
        let mut frames = Frames::default();
        assert_eq!((0..60).map(|_| frames.due_ms(25, FRAME_US)).sum::<u64>(), 250);
        assert_eq!((0..60).map(|_| frames.due_ms(6_000, FRAME_US)).sum::<u64>(), 60_001);
        assert_eq!(frames.due_ms(100, 3_600_000_000), 250, "a page that was hidden goes on from where it was");
    }

    #[test]
    fn what_is_missed_is_caught_up_with_and_no_more_than_a_little() {
        let mut frames = Frames::default();
        frames.end(1_000, 160, 60);
        assert_eq!(frames.missed_ms(), 100);
        frames.end(1_000, 10_000, 0);
        assert_eq!(frames.missed_ms(), 1_500);
        frames.end(1_000, 160, 160);
        assert_eq!(frames.missed_ms(), 0);
    }

    #[test]
    fn while_there_is_something_to_catch_up_with_every_third_frame_draws() {
        let mut frames = Frames::default();
        assert!(frames.begin(true));
        assert_eq!(frames.share_us(FRAME_US), FRAME_US / 12);
        let drawn: Vec<bool> = (0..6)
            .map(|_| {
                frames.end(100, 16, 8);
                frames.begin(true)
            })
            .collect();
        assert_eq!(drawn, [false, false, true, false, false, true]);
        assert_eq!(frames.share_us(FRAME_US), FRAME_US / 16);
        frames.begin(true);
        assert_eq!(frames.share_us(FRAME_US), FRAME_US / 8);
        frames.end(100, 200, 0);
        frames.begin(true);
        assert_eq!(frames.share_us(FRAME_US), FRAME_US / 3);
        assert!(frames.begin(false), "what stands still is drawn");
    }
}
