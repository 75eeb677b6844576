//! Constants of templates as Go writes them.

use serde_json::{Value, json};

use crate::api::go_text::quote;

/// A Go number: whole in any base, or a float.
pub(super) fn number(text: &str) -> Result<Value, String> {
    let bad = || format!("bad number syntax: {}", quote(text));
    let plain = text.replace('_', "");
    let (sign, digits) = match plain.strip_prefix(['-', '+']) {
        Some(digits) => (if plain.starts_with('-') { "-" } else { "" }, digits),
        None => ("", plain.as_str()),
    };
    let lower = digits.to_ascii_lowercase();
    let (base, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, lower.get(2..)),
        [b'0', b'b', ..] => (2, lower.get(2..)),
        [b'0', b'o', ..] => (8, lower.get(2..)),
        [b'0', b'0'..=b'9', ..] => (8, lower.get(1..)),
        _ => (10, Some(lower.as_str())),
    };
    if let Ok(whole) = i64::from_str_radix(&format!("{sign}{}", digits.unwrap_or_default()), base) {
        return Ok(json!(whole));
    }
    let float: f64 = plain.parse().map_err(|_| bad())?;
    if float.is_finite() && plain.chars().any(|c| c.is_ascii_digit()) { Ok(json!(float)) } else { Err(bad()) }
}

/// Models strconv.Unquote.
pub(super) fn unquote(text: &str) -> Result<String, String> {
    let invalid = || "invalid syntax".to_owned();
    let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
    if text.starts_with('`') {
        return Ok(inner.replace('\r', ""));
    }
    let mut out = String::new();
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let escape = chars.next().ok_or_else(invalid)?;
        let mut code = |digits: usize, base: u32, head: &str| {
            let text: String = head.chars().chain(chars.by_ref().take(digits)).collect();
            u32::from_str_radix(&text, base).ok().and_then(char::from_u32).ok_or_else(invalid)
        };
        out.push(match escape {
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            '\\' | '"' | '\'' => escape,
            'x' => code(2, 16, "")?,
            'u' => code(4, 16, "")?,
            'U' => code(8, 16, "")?,
            digit @ '0'..='7' => code(2, 8, digit.encode_utf8(&mut [0; 4]))?,
            _ => return Err(invalid()),
        });
    }
    Ok(out)
}
