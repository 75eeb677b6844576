//! How fast simulated time is to go, and how fast it goes compared with that.

/// The slowest and the fastest speed that can be asked for, in hundredths.
const SLOWEST: u32 = 1;
const FASTEST: u32 = 100_000;
/// No number of a speed is longer, in bytes: a computed 0.1 + 0.2 is shorter.
const LONGEST_NUMBER: usize = 32;

/// How fast simulated time is to go. It is the page's matter alone: what happens in the simulation is the same at every
/// speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speed {
    /// So many hundredths of the clock's speed.
    Number(u32),
    /// Slowly where there is something to see, and fast from there to the next such moment.
    Story,
}

impl Speed {
    /// Reads `story` and numbers such as `0.25`, `10`, `60x`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_end_matches(['x', '×']);
        if text.eq_ignore_ascii_case("story") {
            return Some(Self::Story);
        }
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let is_number =
            !text.is_empty() && text != "." && whole.bytes().chain(part.bytes()).all(|it| it.is_ascii_digit());
        if !is_number || text.len() > LONGEST_NUMBER {
            return None;
        }
        let digit = |at: usize| part.as_bytes().get(at).map_or(0, |digit| u64::from(digit - b'0'));
        let times: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        let rounded = u64::from(digit(2) >= 5);
        let hundredths = times.saturating_mul(100).saturating_add(digit(0) * 10 + digit(1) + rounded);
        let is_zero = times == 0 && part.bytes().all(|digit| digit == b'0');
        let number = u32::try_from(hundredths).unwrap_or(FASTEST).clamp(SLOWEST, FASTEST);
        (!is_zero).then_some(Self::Number(number))
    }

    /// As [`Speed::parse`] reads it.
    pub fn text(self) -> String {
        let Self::Number(hundredths) = self else { return "story".to_owned() };
        let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }

    /// In hundredths; of the story, which has no one speed, that of the clock.
    pub fn hundredths(self) -> u32 {
        match self {
            Self::Number(hundredths) => hundredths,
            Self::Story => 100,
        }
    }
}

/// Real time over which the speed is taken: shorter ones would jump about.
const WINDOW_US: u64 = 1_000_000;
/// The engine keeps up when it reaches so many hundredths of the speed that was asked for.
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
    use super::{Pace, Speed};

    #[test]
    fn a_speed_is_read_as_it_is_written() {
        for text in ["story", "0.25", "0.5", "1", "10", "60", "1.05", "1000"] {
            assert_eq!(Speed::parse(text).map(Speed::text).as_deref(), Some(text));
        }
        assert_eq!(Speed::parse(" Story "), Some(Speed::Story));
        assert_eq!(Speed::parse("2×"), Some(Speed::Number(200)));
        assert_eq!(Speed::parse("1000000000000"), Some(Speed::Number(100_000)));
        assert_eq!(Speed::parse("0.30000000000000004"), Some(Speed::Number(30)));
        assert_eq!(Speed::parse("0.001"), Some(Speed::Number(1)));
        assert_eq!(Speed::parse("1.999"), Some(Speed::Number(200)));
        assert_eq!(Speed::parse(".5"), Some(Speed::Number(50)));
        for text in ["", "0", "0.0", ".", "-1", "NaN", "inf", "1e9", "1.2.3", "99999999999999999999999", "fast"] {
            assert_eq!(Speed::parse(text), None, "{text}");
        }
    }

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
