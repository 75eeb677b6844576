//! What a scalar means: text, number, boolean or nothing, as go-yaml 2 resolves it (YAML 1.1, mostly).

use serde_json::{Number, Value};

use crate::api::go_text;

/// A scalar's meaning, before JSON.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Int(i64),
    Unsigned(u64),
    Float(f64),
    Text(String),
}

impl Scalar {
    fn short_tag(&self) -> &'static str {
        match self {
            Self::Null => "!!null",
            Self::Bool(_) => "!!bool",
            Self::Int(_) | Self::Unsigned(_) => "!!int",
            Self::Float(_) => "!!float",
            Self::Text(_) => "!!str",
        }
    }
}

const LONG_TAG: &str = "tag:yaml.org,2002:";

/// Models go-yaml v2 resolve.go resolve: `text` with `tag` (empty for none).
pub(super) fn resolve(tag: &str, text: &str) -> Result<Scalar, String> {
    let name = match tag.strip_prefix(LONG_TAG) {
        Some(name @ ("str" | "bool" | "int" | "float" | "null" | "timestamp")) => name,
        Some("binary") => return binary(text),
        None if tag.is_empty() => "",
        _ => return Ok(Scalar::Text(text.to_owned())),
    };
    if name == "str" {
        return Ok(Scalar::Text(text.to_owned()));
    }
    if name == "timestamp" && is_timestamp(text) {
        return Ok(Scalar::Text(text.to_owned()));
    }
    let found = resolve_untagged(text);
    match (name, &found) {
        ("", _) => Ok(found),
        ("float", Scalar::Int(value)) => text_to_float(&value.to_string()).map(Scalar::Float).ok_or_else(String::new),
        (name, found) if found.short_tag() == format!("!!{name}") => Ok(found.clone()),
        (name, found) => Err(format!("cannot decode {} `{text}` as a !!{name}", found.short_tag())),
    }
}

/// What the base64 says; bytes that are no text become replacement characters, as in Go's JSON.
fn binary(text: &str) -> Result<Scalar, String> {
    let bytes = base64(text).ok_or("!!binary value contains invalid base64 data")?;
    let mut decoded = String::new();
    for chunk in bytes.utf8_chunks() {
        decoded.push_str(chunk.valid());
        decoded.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    Ok(Scalar::Text(decoded))
}

/// Models encoding/base64 StdEncoding: padded, and line breaks do not count.
fn base64(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    let mut bytes = Vec::new();
    let mut groups = digits.chunks(4).peekable();
    while let Some(group) = groups.next() {
        let padding = group.iter().rev().take_while(|byte| **byte == b'=').count();
        if group.len() != 4 || padding > 2 || (padding > 0 && groups.peek().is_some()) {
            return None;
        }
        let mut bits = 0_u32;
        for byte in group.iter().take(4 - padding) {
            bits = (bits << 6) | sextet(*byte)?;
        }
        let octets = (bits << (6 * padding)).to_be_bytes();
        bytes.extend(octets.iter().skip(1).take(3 - padding));
    }
    Some(bytes)
}

fn sextet(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

/// Models go-yaml v2 resolve.go parseTimestamp.
fn is_timestamp(text: &str) -> bool {
    let digits = |text: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let number = |text: &str| text.parse::<u32>().unwrap_or(u32::MAX);
    let (date, time) = match text.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut parts = date.splitn(3, '-');
    let (Some(year), Some(month), Some(day)) = (parts.next(), parts.next(), parts.next()) else { return false };
    if !(digits(year, 4..=4) && digits(month, 1..=2) && digits(day, 1..=2)) {
        return false;
    }
    let leap =
        number(year).is_multiple_of(4) && (!number(year).is_multiple_of(100) || number(year).is_multiple_of(400));
    let days = match number(month) {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    if !(1..=days).contains(&number(day)) {
        return false;
    }
    let Some(time) = time else { return true };
    let (time, has_zone) = if text.contains(' ') {
        (time, true)
    } else if let Some(time) = time.strip_suffix('Z') {
        (time, true)
    } else {
        let (time, zone) = time.split_at_checked(time.len().saturating_sub(6)).unwrap_or((time, ""));
        let offset = zone.strip_prefix(['+', '-']).and_then(|zone| zone.split_once(':'));
        (
            time,
            offset.is_some_and(|(hours, minutes)| {
                digits(hours, 2..=2) && digits(minutes, 2..=2) && number(hours) <= 24 && number(minutes) < 60
            }),
        )
    };
    let (clock, fraction) =
        time.split_once(['.', ',']).map_or((time, None), |(clock, fraction)| (clock, Some(fraction)));
    let parts: Vec<&str> = clock.split(':').collect();
    let [hour, minute, second] = parts.as_slice() else { return false };
    has_zone
        && digits(hour, 1..=2)
        && digits(minute, 1..=2)
        && digits(second, 1..=2)
        && number(hour) < 24
        && number(minute) < 60
        && number(second) < 60
        && fraction.is_none_or(|fraction| digits(fraction, 1..=usize::MAX))
}

/// What a plain scalar means.
pub(super) fn resolve_untagged(text: &str) -> Scalar {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Scalar::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => return Scalar::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Scalar::Bool(false);
        }
        ".nan" | ".NaN" | ".NAN" => return Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Scalar::Float(f64::NEG_INFINITY),
        _ => {}
    }
    let number = match text.as_bytes().first() {
        Some(b'.') => point_float(text).map(Scalar::Float),
        Some(b'+' | b'-' | b'0'..=b'9') => resolve_number(&text.replace('_', "")),
        _ => None,
    };
    number.unwrap_or_else(|| Scalar::Text(text.to_owned()))
}

/// `text` has no underscores any more.
fn resolve_number(text: &str) -> Option<Scalar> {
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    if let Some(magnitude) = parse_magnitude(digits) {
        let value = i128::from(magnitude) * if negative { -1 } else { 1 };
        if let Ok(value) = i64::try_from(value) {
            return Some(Scalar::Int(value));
        }
        // Go's ParseUint takes no sign.
        if digits.len() == text.len() {
            return Some(Scalar::Unsigned(magnitude));
        }
    }
    if is_yaml_float(text) {
        return text_to_float(text).map(Scalar::Float);
    }
    // Where the sign stands behind the base.
    let (sign, digits) = match text.strip_prefix("-0b") {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix("0b")?),
    };
    i64::from_str_radix(&format!("{sign}{digits}"), 2).ok().map(Scalar::Int)
}

/// Models strconv.ParseFloat of a text that begins with its point; underscores stand between digits.
fn point_float(text: &str) -> Option<f64> {
    let plain = text.replace('_', "");
    let bytes = text.as_bytes();
    let is_digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let mut underscores = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'_');
    if !underscores.all(|(at, _)| is_digit(at.checked_sub(1)) && is_digit(Some(at + 1))) {
        return None;
    }
    if is_yaml_float(&plain) { text_to_float(&plain) } else { None }
}

/// Models strconv.ParseUint with base 0: the prefix gives the base, a bare leading zero means octal.
fn parse_magnitude(digits: &str) -> Option<u64> {
    let lower = digits.to_ascii_lowercase();
    let (base, rest) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, lower.as_str()),
    };
    if rest.starts_with(['+', '-']) { None } else { u64::from_str_radix(rest, base).ok() }
}

/// Models go-yaml v2 resolve.go yamlStyleFloat.
fn is_yaml_float(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_mantissa = match mantissa.split_once('.') {
        Some(("", fraction)) => !fraction.is_empty() && is_digits(fraction),
        Some((whole, fraction)) => is_digits(whole) && is_digits(fraction),
        None => !mantissa.is_empty() && is_digits(mantissa),
    };
    is_mantissa && exponent.is_none_or(|exponent| !exponent.is_empty() && is_digits(exponent))
}

fn text_to_float(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|value| value.is_finite())
}

/// A number of a JSON text: integers of 64 bits stay integers, everything else is a float.
pub(super) fn number_to_json(text: &str) -> Value {
    match text.parse::<i64>() {
        Ok(value) => Value::from(value),
        Err(_) => text_to_float(text).and_then(Number::from_f64).map_or(Value::Null, Value::Number),
    }
}

/// A float as it comes out of Go's JSON: whole numbers lose their point and are integers from then on.
pub(super) fn float_to_json(value: f64) -> Result<Value, String> {
    match Number::from_f64(value) {
        Some(number) => Ok(number_to_json(&go_text::number(&number))),
        None => Err(format!("json: unsupported value: {}", go_text::float(value))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_mean_what_go_yaml_makes_of_them() {
        let text = |text: &str| Scalar::Text(text.to_owned());
        for (written, meant) in [
            ("yes", Scalar::Bool(true)),
            ("n", Scalar::Bool(false)),
            ("off", Scalar::Bool(false)),
            ("", Scalar::Null),
            ("~", Scalar::Null),
            ("0o14", Scalar::Int(12)),
            ("014", Scalar::Int(12)),
            ("08", Scalar::Float(8.0)),
            ("0x1F", Scalar::Int(31)),
            ("0b11", Scalar::Int(3)),
            ("1_000", Scalar::Int(1000)),
            ("+5", Scalar::Int(5)),
            ("-3", Scalar::Int(-3)),
            ("1e3", Scalar::Float(1000.0)),
            ("1.", Scalar::Float(1.0)),
            (".5", Scalar::Float(0.5)),
            ("18446744073709551615", Scalar::Unsigned(u64::MAX)),
            ("99999999999999999999", Scalar::Float(1e20)),
            ("2001-12-14", text("2001-12-14")),
            ("1:30", text("1:30")),
            ("v1", text("v1")),
            ("+-5", text("+-5")),
            ("0x", text("0x")),
            ("1e", text("1e")),
            (".", text(".")),
            ("25%", text("25%")),
            ("<<", text("<<")),
        ] {
            assert_eq!(resolve("", written), Ok(meant), "{written}");
        }
        assert_eq!(resolve("tag:yaml.org,2002:str", "5"), Ok(text("5")));
        assert_eq!(resolve("tag:yaml.org,2002:int", "x"), Err("cannot decode !!str `x` as a !!int".to_owned()));
    }
}
