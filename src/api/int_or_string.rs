//! `intstr.IntOrString`: a number or a percentage.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::go_text;

/// A whole number, or a text such as `25%` or a port's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum IntOrString {
    /// JSON number.
    Int(i32),
    /// JSON string.
    String(String),
}

impl IntOrString {
    /// A number where `text` is one, else the text. Models intstr.Parse.
    pub fn parse(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::String(text.to_owned()), Self::Int)
    }

    /// The number; for a text, the number that it spells, or 0. Models IntOrString.IntValue.
    pub fn int_value(&self) -> i64 {
        match self {
            Self::Int(number) => i64::from(*number),
            Self::String(text) => go_text::atoi(text).unwrap_or(0),
        }
    }

    /// The number, or the percentage of `total`. Models intstr.GetScaledValueFromIntOrPercent.
    ///
    /// # Errors
    /// When the text is no percentage.
    pub fn scaled(&self, total: i32, round_up: bool) -> Result<i64, String> {
        let text = match self {
            Self::Int(number) => return Ok(i64::from(*number)),
            Self::String(text) => text,
        };
        let Some(number) = text.strip_suffix('%') else {
            return Err("invalid value for IntOrString: invalid type: string is not a percentage".to_owned());
        };
        let percent = go_text::atoi(number)
            .map_err(|why| format!("invalid value for IntOrString: invalid value {}: {why}", go_text::quote(text)))?;
        let hundredths = i128::from(percent) * i128::from(total);
        let floor = hundredths.div_euclid(100);
        let is_exact = hundredths.rem_euclid(100) == 0;
        let scaled = if round_up && !is_exact { floor + 1 } else { floor };
        Ok(i64::try_from(scaled).unwrap_or(if scaled < 0 { i64::MIN } else { i64::MAX }))
    }
}

impl Default for IntOrString {
    fn default() -> Self {
        Self::Int(0)
    }
}

impl fmt::Display for IntOrString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(number) => number.fmt(f),
            Self::String(text) => text.fmt(f),
        }
    }
}
