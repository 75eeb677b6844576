//! Types that decode themselves.

use serde_json::Value;

use crate::api::{Quantity, Time, go_text};

/// Models Quantity.UnmarshalJSON and MarshalJSON.
pub(super) fn quantity(value: &Value) -> Result<Value, String> {
    let text = match value {
        Value::Null => return Ok("0".into()),
        Value::String(text) => text.clone(),
        Value::Number(number) => go_text::number(number),
        other => other.to_string(),
    };
    match Quantity::parse(text.trim()) {
        Ok(quantity) => Ok(quantity.to_string().into()),
        Err(error) => Err(error.to_string()),
    }
}

/// Models metav1.Time.UnmarshalJSON and MarshalJSON, for a text.
pub(super) fn time(text: &str, is_micro: bool) -> Result<Value, String> {
    match Time::parse(text) {
        Some(_) if is_micro => Ok(text.into()),
        Some(time) => Ok(time.to_string().into()),
        None => Err(time_error(
            text,
            if is_micro { "2006-01-02T15:04:05.000000Z07:00" } else { "2006-01-02T15:04:05Z07:00" },
        )),
    }
}

/// Models time.ParseError: what is left, and the part of the layout that it does not fit.
fn time_error(text: &str, layout: &str) -> String {
    let mut rest = text;
    for part in ["2006", "-", "01", "-", "02", "T", "15", ":", "04", ":", "05", "Z07:00"] {
        let head = rest.get(..part.len().min(rest.len())).unwrap_or_default();
        let is_number = part.starts_with(|first: char| first.is_ascii_digit());
        let fits =
            head.len() == part.len() && if is_number { head.bytes().all(|b| b.is_ascii_digit()) } else { head == part };
        if !fits {
            let (text, layout) = (go_text::quote(text), go_text::quote(layout));
            return format!("parsing time {text} as {layout}: cannot parse {} as \"{part}\"", go_text::quote(rest));
        }
        rest = rest.get(part.len()..).unwrap_or_default();
    }
    format!("parsing time {}: day out of range", go_text::quote(text))
}

/// Models base64.StdEncoding.Decode.
pub(super) fn check_base64(text: &str) -> Result<(), String> {
    let corrupt = |at: usize| Err(format!("illegal base64 data at input byte {at}"));
    let mut count = 0_usize;
    let mut padding = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'\r' | b'\n' => {}
            b'=' if count % 4 >= 2 && padding < 4 - count % 4 => padding += 1,
            _ if padding > 0 => return corrupt(at),
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => count += 1,
            _ => return corrupt(at),
        }
    }
    match (count + padding) % 4 {
        0 => Ok(()),
        // Go names the start of the group that is cut off, or the end where padding is missing.
        cut if padding == 0 => corrupt(text.len() - cut),
        _ => corrupt(text.len()),
    }
}
