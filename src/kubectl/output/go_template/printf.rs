//! `printf` and its like. Models fmt.Sprintf for what templates can hold.

use std::borrow::Cow;
use std::iter::Peekable;
use std::slice::Iter;
use std::str::Chars;

use serde_json::Value;

use super::run::Val;
use crate::api::go_text::{self, quote};
use crate::kubectl::output::go_syntax::{go_syntax, sprint};

/// No column is wider.
const MAX_WIDTH: usize = 1000;

/// Models fmt.Sprint: a blank between two that are both no texts.
pub(super) fn sprint_all(arguments: &[Val<'_>]) -> String {
    let mut out = String::new();
    let mut after_text = true;
    for argument in arguments {
        let value = argument.as_deref().unwrap_or(&Value::Null);
        let is_text = value.is_string();
        if !out.is_empty() && !is_text && !after_text {
            out.push(' ');
        }
        out.push_str(&sprint(value));
        after_text = is_text;
    }
    out
}

/// A value's Go type: an object's whole numbers are `int64`, a template's `int`.
pub(super) fn type_name(value: Option<&Cow<'_, Value>>) -> &'static str {
    match value {
        None => "<nil>",
        Some(value) => match value.as_ref() {
            Value::Null => "<nil>",
            Value::Bool(_) => "bool",
            Value::Number(number) if number.is_f64() => "float64",
            Value::Number(_) if matches!(value, Cow::Owned(_)) => "int",
            Value::Number(_) => "int64",
            Value::String(_) => "string",
            Value::Array(_) => "[]interface {}",
            Value::Object(_) => "map[string]interface {}",
        },
    }
}

#[derive(Default)]
struct Flags {
    minus: bool,
    plus: bool,
    sharp: bool,
    space: bool,
    zero: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

/// Models fmt.Sprintf.
pub(super) fn printf(format: &str, arguments: &[Val<'_>]) -> String {
    let mut out = String::new();
    let mut given = arguments.iter();
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let flags = flags(&mut chars, &mut given);
        match chars.next() {
            None => out.push_str("%!(NOVERB)"),
            Some('%') => out.push('%'),
            Some(verb) => match given.next() {
                None => out.push_str(&format!("%!{verb}(MISSING)")),
                Some(value) => out.push_str(&verb_text(verb, value, &flags)),
            },
        }
    }
    let extra: Vec<String> = given
        .map(|value| match value.as_deref() {
            None | Some(Value::Null) => "<nil>".to_owned(),
            Some(inner) => format!("{}={}", type_name(value.as_ref()), sprint(inner)),
        })
        .collect();
    if !extra.is_empty() {
        out.push_str(&format!("%!(EXTRA {})", extra.join(", ")));
    }
    out
}

fn flags(chars: &mut Peekable<Chars<'_>>, given: &mut Iter<'_, Val<'_>>) -> Flags {
    let mut flags = Flags::default();
    while let Some(c) = chars.peek() {
        match c {
            '-' => flags.minus = true,
            '+' => flags.plus = true,
            '#' => flags.sharp = true,
            ' ' => flags.space = true,
            '0' => flags.zero = true,
            _ => break,
        }
        chars.next();
    }
    let mut number = |chars: &mut Peekable<Chars<'_>>| {
        if chars.next_if_eq(&'*').is_some() {
            let width = given.next().and_then(|value| value.as_deref()).and_then(Value::as_u64);
            return width.and_then(|width| usize::try_from(width).ok()).map(|width| width.min(MAX_WIDTH));
        }
        let mut digits = String::new();
        while let Some(digit) = chars.next_if(char::is_ascii_digit) {
            digits.push(digit);
        }
        if digits.is_empty() { None } else { Some(digits.parse().unwrap_or(MAX_WIDTH).min(MAX_WIDTH)) }
    };
    flags.width = number(chars);
    if chars.next_if_eq(&'.').is_some() {
        flags.precision = Some(number(chars).unwrap_or(0));
    }
    flags
}

fn verb_text(verb: char, value: &Val<'_>, flags: &Flags) -> String {
    let inner = value.as_deref().unwrap_or(&Value::Null);
    let text = match (verb, inner) {
        ('T', _) => type_name(value.as_ref()).to_owned(),
        ('v', _) if flags.sharp => match inner {
            Value::Null => "<nil>".to_owned(),
            inner => go_syntax(inner),
        },
        ('v' | 'd', Value::Number(number)) if !number.is_f64() => whole(&number.to_string(), flags),
        ('v', Value::Number(number)) => signed(&go_text::float(number.as_f64().unwrap_or(0.0)), flags),
        ('v' | 's', Value::String(text)) => cut(text, flags),
        ('v', Value::Null) => "<nil>".to_owned(),
        ('v', inner) => sprint(inner),
        ('s', Value::Array(items)) => {
            let items: Vec<String> =
                items.iter().map(|item| verb_text('s', &borrowed(item), &Flags::default())).collect();
            format!("[{}]", items.join(" "))
        }
        ('s', Value::Object(fields)) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|(name, item)| format!("{name}:{}", verb_text('s', &borrowed(item), &Flags::default())))
                .collect();
            format!("map[{}]", fields.join(" "))
        }
        ('t', Value::Bool(is)) => is.to_string(),
        ('q', Value::String(text)) => quote(&cut(text, flags)),
        ('q', Value::Number(number)) if !number.is_f64() => {
            let c = number.as_u64().and_then(|code| u32::try_from(code).ok()).and_then(char::from_u32);
            let shown = quote(&c.unwrap_or(char::REPLACEMENT_CHARACTER).to_string());
            format!("'{}'", shown.trim_matches('"'))
        }
        ('x', Value::String(text)) => text.bytes().map(|byte| format!("{byte:02x}")).collect(),
        ('X', Value::String(text)) => text.bytes().map(|byte| format!("{byte:02X}")).collect(),
        ('b' | 'o' | 'O' | 'x' | 'X' | 'c' | 'U', Value::Number(number)) if !number.is_f64() => {
            based(verb, number.as_i64().unwrap_or(0), flags)
        }
        ('e' | 'E' | 'f' | 'F' | 'g' | 'G', Value::Number(number)) if number.is_f64() => {
            signed(&float(verb, number.as_f64().unwrap_or(0.0), flags), flags)
        }
        (verb, Value::Null) => return format!("%!{verb}(<nil>)"),
        (verb, inner) => return format!("%!{verb}({}={})", type_name(value.as_ref()), sprint(inner)),
    };
    padded(text, verb, inner, flags)
}

fn borrowed(value: &Value) -> Val<'_> {
    Some(Cow::Borrowed(value))
}

fn cut(text: &str, flags: &Flags) -> String {
    text.chars().take(flags.precision.unwrap_or(usize::MAX)).collect()
}

fn signed(text: &str, flags: &Flags) -> String {
    match (text.starts_with(['-', '+']), flags.plus, flags.space) {
        (false, true, _) => format!("+{text}"),
        (false, false, true) => format!(" {text}"),
        _ => text.to_owned(),
    }
}

/// A whole number with its sign and at least as many digits as the precision says.
fn whole(text: &str, flags: &Flags) -> String {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text),
    };
    let zeros = "0".repeat(flags.precision.unwrap_or(0).saturating_sub(digits.len()));
    signed(&format!("{sign}{zeros}{digits}"), flags)
}

fn based(verb: char, number: i64, flags: &Flags) -> String {
    let size = number.unsigned_abs();
    let (prefix, digits) = match verb {
        'b' => (if flags.sharp { "0b" } else { "" }, format!("{size:b}")),
        'o' => (if flags.sharp { "0" } else { "" }, format!("{size:o}")),
        'O' => ("0o", format!("{size:o}")),
        'x' => (if flags.sharp { "0x" } else { "" }, format!("{size:x}")),
        'X' => (if flags.sharp { "0X" } else { "" }, format!("{size:X}")),
        'U' => return format!("U+{size:04X}"),
        _ => {
            let c = u32::try_from(size).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER);
            return c.to_string();
        }
    };
    whole(&format!("{}{prefix}{digits}", if number < 0 { "-" } else { "" }), flags)
}

fn float(verb: char, number: f64, flags: &Flags) -> String {
    let places = flags.precision.unwrap_or(6);
    match verb {
        'f' | 'F' => format!("{number:.places$}"),
        'e' | 'E' => {
            let text = format!("{number:.places$e}");
            let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
            let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |digits| ('-', digits));
            format!("{mantissa}{}{sign}{digits:0>2}", verb)
        }
        _ => go_text::float(number),
    }
}

fn padded(text: String, verb: char, inner: &Value, flags: &Flags) -> String {
    let space = flags.width.unwrap_or(0).saturating_sub(text.chars().count());
    if space == 0 {
        return text;
    }
    if flags.minus {
        return text + &" ".repeat(space);
    }
    let is_number = inner.is_number() && !matches!(verb, 'c' | 'q' | 'T');
    if flags.zero && (is_number && flags.precision.is_none_or(|_| inner.is_f64()) || inner.is_string()) {
        let (sign, digits) = match text.strip_prefix(['-', '+']) {
            Some(digits) if is_number => (text.get(..1).unwrap_or_default(), digits),
            _ => ("", text.as_str()),
        };
        return format!("{sign}{}{digits}", "0".repeat(space));
    }
    " ".repeat(space) + &text
}
