//! Text as Go's `strconv` and `fmt` write it, where users see it.

use std::fmt::Write as _;

use serde_json::Number;

/// `text` in double quotes, with Go's escapes. Models strconv.Quote (`%q`).
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for char in text.chars() {
        match char {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\u{7}' => quoted.push_str("\\a"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{b}' => quoted.push_str("\\v"),
            ' '..='~' => quoted.push(char),
            _ => push_unicode(&mut quoted, char),
        }
    }
    quoted.push('"');
    quoted
}

fn push_unicode(quoted: &mut String, char: char) {
    let code = u32::from(char);
    // Writing to a String cannot fail.
    let _ = match code {
        0..=0x7f => write!(quoted, "\\x{code:02x}"),
        _ if is_printable(char) => write!(quoted, "{char}"),
        0x80..=0xffff => write!(quoted, "\\u{code:04x}"),
        _ => write!(quoted, "\\U{code:08x}"),
    };
}

/// Rust escapes what is not printable; behind another character it leaves combining marks alone, as Go does.
fn is_printable(char: char) -> bool {
    let mut text = String::from('a');
    text.push(char);
    text.escape_debug().count() == 2
}

/// A number as Go's JSON encoder writes it: `3.0` is `3`.
pub fn number(number: &Number) -> String {
    let Some(float) = number.as_f64().filter(|_| number.is_f64()) else { return number.to_string() };
    let size = float.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let text = format!("{float:e}");
        return if size < 1.0 { text } else { text.replace('e', "e+") };
    }
    float.to_string()
}

/// A float as `%v` writes it. Models strconv.FormatFloat(value, 'g', -1, 64).
pub fn float(value: f64) -> String {
    if !value.is_finite() {
        return infinite(value).to_owned();
    }
    let text = format!("{value:e}");
    general(&nearest(&text, &format!("{value:.800e}"), |text| text.parse::<f64>() == Ok(value)))
}

/// A float of 32 bits, likewise. Models strconv.FormatFloat(value, 'g', -1, 32).
pub fn float32(value: f64) -> String {
    #[allow(clippy::cast_possible_truncation, reason = "a float of 32 bits is what is asked for")]
    let value = value as f32;
    if !value.is_finite() {
        return infinite(f64::from(value)).to_owned();
    }
    let text = format!("{value:e}");
    general(&nearest(&text, &format!("{value:.120e}"), |text| text.parse::<f32>() == Ok(value)))
}

fn infinite(value: f64) -> &'static str {
    match value {
        value if value.is_nan() => "NaN",
        value if value > 0.0 => "+Inf",
        _ => "-Inf",
    }
}

/// Of two shortest texts that are equally near to a float, Rust takes the upper one and Go the even one. `exact` has
/// all digits, `reads_back` tells whether a text still means the float.
fn nearest(shortest: &str, exact: &str, reads_back: impl Fn(&str) -> bool) -> String {
    let (digits, exponent) = shortest.split_once('e').unwrap_or((shortest, "0"));
    let below = exact.get(..digits.len()).unwrap_or_default();
    let rest = exact.get(digits.len()..).and_then(|rest| rest.split('e').next()).unwrap_or_default();
    let is_tie = rest.strip_prefix('5').is_some_and(|rest| rest.bytes().all(|digit| digit == b'0'));
    let is_even = below.ends_with(['0', '2', '4', '6', '8']);
    let text = format!("{below}e{exponent}");
    if is_tie && is_even && exact.ends_with(&format!("e{exponent}")) && reads_back(&text) {
        text
    } else {
        shortest.to_owned()
    }
}

/// `1.5e6` as `%g` has it.
fn general(scientific: &str) -> String {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.abs());
    }
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |mantissa| ("-", mantissa));
    let digits = mantissa.replace('.', "");
    let Ok(places) = usize::try_from(exponent) else {
        let zeros = usize::try_from(-exponent - 1).unwrap_or(0);
        return format!("{sign}0.{}{digits}", "0".repeat(zeros));
    };
    match digits.split_at_checked(places + 1) {
        Some((whole, "")) => format!("{sign}{whole}"),
        Some((whole, fraction)) => format!("{sign}{whole}.{fraction}"),
        None => format!("{sign}{digits}{}", "0".repeat(places + 1 - digits.len())),
    }
}

/// `strconv.Atoi` of a text, with its error text.
///
/// # Errors
/// When `text` is no number, or none that fits 64 bits.
pub fn atoi(text: &str) -> Result<i64, String> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let why = if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        "invalid syntax"
    } else {
        match text.parse() {
            Ok(number) => return Ok(number),
            Err(_) => "value out of range",
        }
    };
    Err(format!("strconv.Atoi: parsing {}: {why}", quote(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_numbers_as_go_does() {
        for (json, expected) in [("3.0", "3"), ("1.5", "1.5"), ("-7", "-7"), ("1e21", "1e+21"), ("1.5e-7", "1.5e-7")] {
            assert_eq!(serde_json::from_str(json).map(|value| number(&value)).ok().as_deref(), Some(expected));
        }
    }

    #[test]
    fn quotes_as_go_does() {
        assert_eq!(quote("a\"b\\\n\u{1}\u{7f}"), r#""a\"b\\\n\x01\x7f""#);
        assert_eq!(quote("é☺\u{301}\u{200b}\u{a0}\u{10ffff}"), "\"é☺\u{301}\\u200b\\u00a0\\U0010ffff\"");
    }
}
