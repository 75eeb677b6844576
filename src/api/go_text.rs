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
