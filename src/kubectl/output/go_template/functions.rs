//! The functions of templates. Models text/template funcs.go, and kubectl's `exists` and `base64decode`.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::{Value, json};

use super::printf::{printf, sprint_all, type_name};
use super::run::{Val, is_true};
use crate::kubectl::output::go_syntax::sprint;

/// The functions' names.
pub(super) const NAMES: &[&str] = &[
    "and",
    "base64decode",
    "eq",
    "exists",
    "ge",
    "gt",
    "html",
    "index",
    "le",
    "len",
    "lt",
    "ne",
    "not",
    "or",
    "print",
    "printf",
    "println",
    "slice",
    "urlquery",
];

/// What a function is given.
pub(super) type Argument<'d> = Val<'d>;

/// A function's value.
///
/// # Errors
/// In Go's words: for the wrong number of arguments as they are, else with the function's name.
pub(super) fn call<'d>(name: &str, arguments: Vec<Argument<'d>>) -> Result<Val<'d>, String> {
    let given = arguments.len();
    let least = match name {
        "print" | "println" | "html" | "urlquery" => 0,
        _ => 1,
    };
    let exact = matches!(name, "not" | "len" | "base64decode");
    if exact && given != 1 {
        return Err(format!("wrong number of args for {name}: want 1 got {given}"));
    }
    if matches!(name, "ne" | "lt" | "le" | "gt" | "ge") && given != 2 {
        return Err(format!("wrong number of args for {name}: want 2 got {given}"));
    }
    if given < least {
        return Err(format!("wrong number of args for {name}: want at least {least} got {given}"));
    }
    value(name, arguments).map_err(|what| match what.strip_prefix('=') {
        Some(what) => what.to_owned(),
        None => format!("error calling {name}: {what}"),
    })
}

/// An error that is told without the function's name begins with `=`.
fn value<'d>(name: &str, mut arguments: Vec<Argument<'d>>) -> Result<Val<'d>, String> {
    let owned = |value: Value| Ok(Some(Cow::Owned(value)));
    let first = arguments.first().cloned().flatten();
    let first = first.as_deref();
    match name {
        "and" | "or" => Ok(arguments.pop().flatten()),
        "not" => owned(json!(!is_true(first))),
        "len" => match first {
            Some(Value::Array(items)) => owned(json!(items.len())),
            Some(Value::Object(fields)) => owned(json!(fields.len())),
            Some(Value::String(text)) => owned(json!(text.len())),
            None => Err("reflect: call of reflect.Value.Type on zero Value".to_owned()),
            Some(Value::Null) => Err("len of nil pointer".to_owned()),
            Some(_) => Err(format!("len of type {}", type_name(arguments.first().and_then(Option::as_ref)))),
        },
        "index" => index(arguments),
        "exists" => {
            let found = index(arguments);
            owned(json!(found.is_ok_and(|found| found.is_some_and(|found| !found.is_null()))))
        }
        "slice" => slice(&arguments),
        "eq" => equal(&arguments).and_then(|is| owned(json!(is))),
        "ne" => equal(&arguments).and_then(|is| owned(json!(!is))),
        "lt" | "le" | "gt" | "ge" => {
            let order = compare(first, arguments.get(1).and_then(Option::as_deref))?;
            owned(json!(match name {
                "lt" => order == Some(Ordering::Less),
                "le" => matches!(order, Some(Ordering::Less | Ordering::Equal)),
                "gt" => order == Some(Ordering::Greater),
                _ => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
            }))
        }
        "print" => owned(json!(sprint_all(&arguments))),
        "println" => {
            let texts: Vec<String> = arguments.iter().map(|argument| sprint(argument_value(argument))).collect();
            owned(json!(texts.join(" ") + "\n"))
        }
        "printf" => match first {
            Some(Value::String(format)) => owned(json!(printf(format, arguments.get(1..).unwrap_or_default()))),
            other => Err(wrong_type(other, &arguments)),
        },
        "html" => owned(json!(html(&sprint_all(&arguments)))),
        "urlquery" => owned(json!(query(&sprint_all(&arguments)))),
        // base64decode
        _ => match first {
            Some(Value::String(text)) => decode(text).map(|text| Some(Cow::Owned(json!(text)))),
            other => Err(wrong_type(other, &arguments)),
        },
    }
}

fn argument_value<'a>(argument: &'a Argument<'_>) -> &'a Value {
    argument.as_deref().unwrap_or(&Value::Null)
}

/// Models exec.go validateType.
fn wrong_type(found: Option<&Value>, arguments: &[Argument<'_>]) -> String {
    match found {
        None | Some(Value::Null) => "=invalid value; expected string".to_owned(),
        Some(_) => {
            let found = type_name(arguments.first().and_then(Option::as_ref));
            format!("=wrong type for value; expected string; got {found}")
        }
    }
}

fn index(arguments: Vec<Argument<'_>>) -> Result<Val<'_>, String> {
    let mut arguments = arguments.into_iter();
    let mut item = arguments.next().flatten().filter(|item| !item.is_null()).ok_or("index of untyped nil")?;
    for key in arguments {
        if item.is_null() {
            return Err("index of nil pointer".to_owned());
        }
        let next = match (item.as_ref(), key.as_deref()) {
            (Value::Array(items), key_value) => {
                let at = place(key_value, key.as_ref(), items.len())?;
                if at == items.len() {
                    return Err("reflect: slice index out of range".to_owned());
                }
                step(&item, |value| value.get(at))
            }
            (Value::String(text), key_value) => {
                let at = place(key_value, key.as_ref(), text.len())?;
                let byte = text.as_bytes().get(at).ok_or("reflect: string index out of range")?;
                Some(Cow::Owned(json!(byte)))
            }
            (Value::Object(_), Some(Value::String(name))) => step(&item, |value| value.get(name)),
            (Value::Object(_), None | Some(Value::Null)) => return Err("value is nil; should be string".to_owned()),
            (Value::Object(_), Some(_)) => {
                return Err(format!("value has type {}; should be string", type_name(key.as_ref())));
            }
            _ => return Err(format!("can't index item of type {}", type_name(Some(&item)))),
        };
        item = next.unwrap_or(Cow::Owned(Value::Null));
    }
    Ok(Some(item))
}

/// A part of a value, borrowed where the whole is.
fn step<'d>(whole: &Cow<'d, Value>, part: impl Fn(&Value) -> Option<&Value>) -> Val<'d> {
    match whole {
        Cow::Borrowed(whole) => part(whole).map(Cow::Borrowed),
        Cow::Owned(whole) => part(whole).cloned().map(Cow::Owned),
    }
}

/// Models funcs.go indexArg.
fn place(key: Option<&Value>, whole: Option<&Cow<'_, Value>>, length: usize) -> Result<usize, String> {
    match key {
        None | Some(Value::Null) => Err("cannot index slice/array with nil".to_owned()),
        Some(Value::Number(number)) if !number.is_f64() => {
            let at = number.as_u64().and_then(|at| usize::try_from(at).ok()).filter(|at| *at <= length);
            at.ok_or_else(|| format!("index out of range: {number}"))
        }
        Some(_) => Err(format!("cannot index slice/array with type {}", type_name(whole))),
    }
}

fn slice<'d>(arguments: &[Argument<'d>]) -> Result<Val<'d>, String> {
    let Some((Some(item), bounds)) = arguments.split_first() else { return Err("slice of untyped nil".to_owned()) };
    let length = match item.as_ref() {
        Value::Array(items) => items.len(),
        Value::String(text) => text.len(),
        _ => return Err(format!("can't slice item of type {}", type_name(Some(item)))),
    };
    let mut ends = [0, length];
    for (end, bound) in ends.iter_mut().zip(bounds) {
        *end = place(bound.as_deref(), bound.as_ref(), length)?;
    }
    let [from, to] = ends;
    if from > to {
        return Err(format!("invalid slice index: {from} > {to}"));
    }
    Ok(Some(Cow::Owned(match item.as_ref() {
        Value::Array(items) => json!(items.get(from..to).unwrap_or_default()),
        Value::String(text) => json!(String::from_utf8_lossy(text.as_bytes().get(from..to).unwrap_or_default())),
        _ => Value::Null,
    })))
}

/// What Go compares with what: booleans, whole numbers, floats, texts, and the rest.
fn basic_kind(value: &Value) -> u8 {
    match value {
        Value::Bool(_) => 1,
        Value::Number(number) if number.is_f64() => 2,
        Value::Number(_) => 3,
        Value::String(_) => 4,
        Value::Null | Value::Array(_) | Value::Object(_) => 0,
    }
}

fn equal(arguments: &[Argument<'_>]) -> Result<bool, String> {
    let Some((first, others)) = arguments.split_first() else { return Ok(false) };
    if others.is_empty() {
        return Err("missing argument for comparison".to_owned());
    }
    let present = |argument: &Argument<'_>| argument.as_deref().filter(|value| !value.is_null()).cloned();
    let first = present(first);
    for other in others {
        let other = present(other);
        let is_equal = match (&first, &other) {
            (None, None) => true,
            (Some(a), Some(b)) if basic_kind(a) != basic_kind(b) => {
                return Err("incompatible types for comparison".to_owned());
            }
            (Some(a), Some(_)) if basic_kind(a) == 0 => {
                return Err(format!("non-comparable type {}: {}", sprint(a), type_name(Some(&Cow::Borrowed(a)))));
            }
            (a, b) => a == b,
        };
        if is_equal {
            return Ok(true);
        }
    }
    Ok(false)
}

fn compare(a: Option<&Value>, b: Option<&Value>) -> Result<Option<Ordering>, String> {
    let kind = |value: Option<&Value>| {
        value.map(basic_kind).filter(|kind| *kind != 0).ok_or_else(|| "invalid type for comparison".to_owned())
    };
    if kind(a)? != kind(b)? {
        return Err("incompatible types for comparison".to_owned());
    }
    match (a, b) {
        (Some(Value::Number(a)), Some(Value::Number(b))) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => Ok(Some(a.cmp(&b))),
            _ => Ok(a.as_f64().zip(b.as_f64()).and_then(|(a, b)| a.partial_cmp(&b))),
        },
        (Some(Value::String(a)), Some(Value::String(b))) => Ok(Some(a.cmp(b))),
        _ => Err("invalid type for comparison".to_owned()),
    }
}

/// Models funcs.go HTMLEscapeString.
fn html(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\0' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// Models url.QueryEscape.
fn query(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// Models base64.StdEncoding.DecodeString.
fn decode(text: &str) -> Result<String, String> {
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for (at, letter) in text.trim_end_matches('=').bytes().enumerate() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'\n' | b'\r' => continue,
            _ => return Err(format!("base64 decode failed: illegal base64 data at input byte {at}")),
        };
        bits = (bits << 6 | u32::from(value)) & 0x00ff_ffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).unwrap_or(0));
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
