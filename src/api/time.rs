//! Kubernetes' timestamps: whole seconds in RFC 3339, UTC.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::sim::SimTime;

/// The wall-clock moment at which every simulation begins: 2026-01-01T00:00:00Z.
pub const EPOCH_UNIX_S: i64 = 1_767_225_600;

/// `metav1.Time`: seconds since 1970, UTC. What the API stores has no finer resolution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

/// `metav1.MicroTime`: microseconds since 1970, UTC (the scheduler's events carry it).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MicroTime(pub i64);

impl Time {
    /// The second in which `at` lies, as the API server would store it.
    pub fn from_sim(at: SimTime) -> Self {
        Self(EPOCH_UNIX_S + i64::try_from(at.as_ms() / 1000).unwrap_or(i64::MAX / 2))
    }

    /// The beginning of this second in simulated time; the simulation's start for anything earlier.
    pub fn to_sim(self) -> SimTime {
        SimTime(u64::try_from(self.0 - EPOCH_UNIX_S).unwrap_or(0).saturating_mul(1000))
    }

    /// Milliseconds since the simulation's start; negative for earlier moments.
    pub fn as_sim_ms(self) -> i64 {
        (self.0 - EPOCH_UNIX_S).saturating_mul(1000)
    }

    /// Reads `2026-01-01T00:00:00Z`, with an optional fraction and numeric offset.
    pub fn parse(text: &str) -> Option<Self> {
        let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
        if !separators.iter().all(|(at, separator)| text.as_bytes().get(*at) == Some(separator)) {
            return None;
        }
        let number = |from: usize, to: usize| -> Option<i64> {
            let part = text.get(from..to)?;
            if part.bytes().all(|b| b.is_ascii_digit()) { part.parse().ok() } else { None }
        };
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
        if !(1..=12).contains(&month)
            || !(1..=days_in_month(year, month)).contains(&day)
            || hour > 23
            || minute > 59
            || second > 59
        {
            return None;
        }
        let mut rest = text.get(19..)?;
        if let Some(fraction) = rest.strip_prefix('.') {
            let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
            if digits == 0 {
                return None;
            }
            rest = fraction.get(digits..)?;
        }
        let offset_s = match rest {
            "Z" => 0,
            _ if rest.len() == 6
                && rest.is_ascii()
                && (rest.starts_with('+') || rest.starts_with('-'))
                && rest.get(3..4) == Some(":") =>
            {
                let (hours, minutes): (i64, i64) = (rest.get(1..3)?.parse().ok()?, rest.get(4..6)?.parse().ok()?);
                let size = hours * 3600 + minutes * 60;
                if rest.starts_with('-') { -size } else { size }
            }
            _ => return None,
        };
        Some(Self(days_from_civil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset_s))
    }

    /// Year, month, day, hour, minute, second, and day of the week (0 = Sunday).
    pub fn civil(self) -> [i64; 7] {
        let days = self.0.div_euclid(86_400);
        let seconds = self.0.rem_euclid(86_400);
        let (year, month, day) = civil_from_days(days);
        [year, month, day, seconds / 3600, seconds / 60 % 60, seconds % 60, (days + 4).rem_euclid(7)]
    }

    /// `Mon, 23 Nov 2026 07:41:45 +0000`: Go's RFC1123Z, as `kubectl describe` writes times.
    pub fn rfc1123z(self) -> String {
        const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
        const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let [year, month, day, hour, minute, second, weekday] = self.civil();
        let name = |names: &[&'static str], at: i64| {
            usize::try_from(at).ok().and_then(|at| names.get(at).copied()).unwrap_or("")
        };
        format!(
            "{}, {day:02} {} {year:04} {hour:02}:{minute:02}:{second:02} +0000",
            name(&DAYS, weekday),
            name(&MONTHS, month - 1)
        )
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [year, month, day, hour, minute, second, _] = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom(format!("cannot read {text:?} as a time")))
    }
}

impl MicroTime {
    /// The moment `at`.
    pub fn from_sim(at: SimTime) -> Self {
        Self(EPOCH_UNIX_S * 1_000_000 + i64::try_from(at.as_ms()).unwrap_or(i64::MAX / 2_000) * 1000)
    }
}

impl fmt::Display for MicroTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [year, month, day, hour, minute, second, _] = Time(self.0.div_euclid(1_000_000)).civil();
        let micros = self.0.rem_euclid(1_000_000);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
    }
}

impl Serialize for MicroTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for MicroTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let seconds = Time::parse(&text).ok_or_else(|| D::Error::custom(format!("cannot read {text:?} as a time")))?;
        Ok(Self(seconds.0 * 1_000_000))
    }
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a proleptic Gregorian date (Howard Hinnant's algorithm).
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_and_reads_rfc3339() {
        assert_eq!(Time(EPOCH_UNIX_S).to_string(), "2026-01-01T00:00:00Z");
        assert_eq!(Time::parse("2026-01-01T00:00:00Z"), Some(Time(EPOCH_UNIX_S)));
        assert_eq!(Time::parse("2026-01-01T01:00:00.5+01:00"), Some(Time(EPOCH_UNIX_S)));
        assert_eq!(Time::parse("2026-02-29T00:00:00Z"), None);
        assert_eq!(
            Time::parse("2024-02-29T23:59:59Z").map(Time::rfc1123z).as_deref(),
            Some("Thu, 29 Feb 2024 23:59:59 +0000")
        );
    }
}
