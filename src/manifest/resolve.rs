//! What a scalar means: text, number, boolean or nothing, as go-yaml 2 resolves it (YAML 1.1, mostly).

use serde_json::{Number, Value};

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
        None if tag.is_empty() => "",
        _ => return Ok(Scalar::Text(text.to_owned())),
    };
    if name == "str" {
        return Ok(Scalar::Text(text.to_owned()));
    }
    let found = resolve_untagged(text);
    match (name, &found) {
        ("", _) => Ok(found),
        ("float", Scalar::Int(value)) => text_to_float(&value.to_string()).map(Scalar::Float).ok_or_else(String::new),
        ("timestamp", _) => Ok(Scalar::Text(text.to_owned())),
        (name, found) if found.short_tag() == format!("!!{name}") => Ok(found.clone()),
        (name, found) => Err(format!("cannot decode {} `{text}` as a !!{name}", found.short_tag())),
    }
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
        Some(b'.') if is_yaml_float(text) => text_to_float(text).map(Scalar::Float),
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
    if is_yaml_float(text) { text_to_float(text).map(Scalar::Float) } else { None }
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
        Err(_) => text_to_float(text).and_then(|value| float_to_json(value).ok()).unwrap_or_default(),
    }
}

/// A float as it comes out of Go's JSON: whole numbers lose their point and are integers from then on.
pub(super) fn float_to_json(value: f64) -> Result<Value, String> {
    if !value.is_finite() {
        let text = if value.is_nan() {
            "NaN"
        } else if value > 0.0 {
            "+Inf"
        } else {
            "-Inf"
        };
        return Err(format!("json: unsupported value: {text}"));
    }
    let text = format!("{value:.0}");
    if value.fract() == 0.0
        && let Ok(whole) = text.parse::<i64>()
    {
        return Ok(Value::from(whole));
    }
    Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
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
