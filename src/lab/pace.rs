//! How fast simulated time goes, compared with what was asked for.

/// Real time over which the speed is taken: shorter ones would jump about.
const WINDOW_US: u64 = 1_000_000;
/// Who reaches so many hundredths of what was asked for keeps up.
const ENOUGH: u64 = 90;

/// What was asked for and what was reached since the last answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    passed_us: u64,
    asked_ms: u64,
    reached_ms: u64,
}

impl Pace {
    /// Notes a frame that took `elapsed_us` of real time, in which `asked_ms` of simulated time were due and `reached_ms`
    /// went by. Now and then it answers: with the speed that is reached, in hundredths, in two digits and never none, where time
    /// falls behind at `speed` hundredths, and with none where it keeps up.
    pub fn note(&mut self, speed: u64, elapsed_us: u64, asked_ms: u64, reached_ms: u64) -> Option<Option<u64>> {
        self.passed_us += elapsed_us;
        self.asked_ms += asked_ms;
        self.reached_ms += reached_ms;
        if self.passed_us < WINDOW_US {
            return None;
        }
        let Self { asked_ms, reached_ms, .. } = std::mem::take(self);
        let is_behind = reached_ms * 100 < asked_ms * ENOUGH;
        Some(is_behind.then(|| two_digits(speed * reached_ms / asked_ms.max(1)).max(1)))
    }
}

fn two_digits(number: u64) -> u64 {
    let mut unit = 1;
    while number / unit >= 100 {
        unit *= 10;
    }
    number / unit * unit
}

#[cfg(test)]
mod tests {
    use super::Pace;

    /// The answer to a second of sixty frames at ten times the speed, of which so many hundredths are reached.
    fn second(reached: u64) -> Vec<Option<u64>> {
        let mut pace = Pace::default();
        (0..61).filter_map(|_| pace.note(1_000, 16_667, 160, 160 * reached / 100)).collect()
    }

    #[test]
    fn who_keeps_up_is_not_told() {
        assert_eq!(second(100), [None]);
        assert_eq!(second(95), [None]);
    }

    #[test]
    fn who_falls_behind_is_told_once_a_second_how_far() {
        assert_eq!(second(65), [Some(650)]);
        assert_eq!(second(7), [Some(68)]);
        assert_eq!(second(0), [Some(1)]);
    }

    #[test]
    fn a_sign_goes_when_the_crowd_has_gone() {
        let mut pace = Pace::default();
        assert_eq!(pace.note(6_000, 1_000_000, 60_000, 12_345), Some(Some(1_200)));
        assert_eq!(pace.note(6_000, 999_999, 60_000, 0), None);
        assert_eq!(pace.note(6_000, 1, 0, 60_000), Some(None));
        assert_eq!(pace.note(6_000, 1_000_000, 0, 0), Some(None));
    }
}
