//! Commands that only print or decide: `echo`, `printf`, `seq`, `test` …

use super::{time, unescape};
use crate::process::{Io, World};

pub(super) fn yes(_: &[String], _: &mut World<'_>, _: &mut Io) -> i32 {
    0
}

pub(super) fn no(_: &[String], _: &mut World<'_>, _: &mut Io) -> i32 {
    1
}

pub(super) fn clear(_: &[String], _: &mut World<'_>, io: &mut Io) -> i32 {
    io.out(time::CLEAR);
    0
}

pub(super) fn working_directory(_: &[String], _: &mut World<'_>, io: &mut Io) -> i32 {
    io.out("/home/learner\n");
    0
}

/// `echo`, with `-n` and `-e`.
pub(super) fn echo(arguments: &[String], _: &mut World<'_>, io: &mut Io) -> i32 {
    let mut words = arguments.get(1..).unwrap_or_default();
    let (mut newline, mut escapes) = (true, false);
    while let Some((word, rest)) = words.split_first() {
        if word.len() < 2 || !word.starts_with('-') || !word.chars().skip(1).all(|c| "neE".contains(c)) {
            break;
        }
        newline &= !word.contains('n');
        escapes |= word.contains('e');
        words = rest;
    }
    let mut text = words.join(" ");
    if escapes {
        text = unescape(&text);
    }
    if newline {
        text.push('\n');
    }
    io.out(text);
    0
}

/// `printf FORMAT ARGUMENT …`: the format is used again while there are arguments.
pub(super) fn printf(arguments: &[String], _: &mut World<'_>, io: &mut Io) -> i32 {
    let Some((format, values)) = arguments.get(1..).and_then(<[String]>::split_first) else {
        io.err("bash: printf: usage: printf [-v var] format [arguments]\n");
        return 2;
    };
    let mut values = values.iter();
    loop {
        let before = values.len();
        io.out(printed(format, &mut values));
        if values.len() == 0 || values.len() == before {
            return 0;
        }
    }
}

/// The widest field that is padded.
const WIDEST: usize = 1000;

/// One turn of `printf`.
pub(super) fn printed<'a>(format: &str, values: &mut impl Iterator<Item = &'a String>) -> String {
    let mut out = String::new();
    let format = unescape(format);
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let (mut left, mut zero) = (false, false);
        while let Some(flag) = chars.next_if(|c| matches!(c, '-' | '0' | '+' | ' ')) {
            left |= flag == '-';
            zero |= flag == '0';
        }
        let mut width = 0_usize;
        while let Some(digit) = chars.next_if(char::is_ascii_digit).and_then(|c| c.to_digit(10)) {
            width = (width * 10 + digit as usize).min(WIDEST);
        }
        let mut precision = None;
        if chars.next_if_eq(&'.').is_some() {
            let mut digits = 0_usize;
            while let Some(digit) = chars.next_if(char::is_ascii_digit).and_then(|c| c.to_digit(10)) {
                digits = (digits * 10 + digit as usize).min(WIDEST);
            }
            precision = Some(digits);
        }
        let text = match chars.next() {
            Some('%') => "%".to_owned(),
            Some('s') => {
                let text = values.next().cloned().unwrap_or_default();
                precision.map_or_else(|| text.clone(), |length| text.chars().take(length).collect())
            }
            Some('b') => unescape(values.next().map_or("", String::as_str)),
            Some('d' | 'i') => values.next().and_then(|value| value.parse::<i64>().ok()).unwrap_or(0).to_string(),
            Some(other) => format!("%{other}"),
            None => "%".to_owned(),
        };
        let missing = width.saturating_sub(text.chars().count());
        let fill = if zero && !left { "0" } else { " " }.repeat(missing);
        if left {
            out.extend([text, fill]);
        } else {
            out.extend([fill, text]);
        }
    }
    out
}

/// The longest sequence that `seq` writes.
const LONGEST: i64 = 100_000;

/// `seq LAST`, `seq FIRST LAST`, `seq FIRST STEP LAST`.
pub(super) fn sequence(arguments: &[String], _: &mut World<'_>, io: &mut Io) -> i32 {
    let mut numbers = Vec::new();
    for word in arguments.iter().skip(1) {
        match word.parse::<i64>() {
            Ok(number) => numbers.push(number),
            Err(_) => {
                io.err(format!("seq: invalid floating point argument: '{word}'\n"));
                return 1;
            }
        }
    }
    let (first, step, last) = match numbers.as_slice() {
        [last] => (1, 1, *last),
        [first, last] => (*first, 1, *last),
        [first, step, last] if *step != 0 => (*first, *step, *last),
        _ => {
            io.err("seq: missing operand\nTry 'seq --help' for more information.\n");
            return 1;
        }
    };
    let mut at = first;
    for _ in 0..LONGEST {
        if (step > 0 && at > last) || (step < 0 && at < last) {
            break;
        }
        io.out(format!("{at}\n"));
        at = at.saturating_add(step);
    }
    0
}

/// `test EXPRESSION`, `[ EXPRESSION ]` and the common part of `[[ … ]]`.
pub(super) fn test(arguments: &[String], world: &mut World<'_>, io: &mut Io) -> i32 {
    let Some((name, rest)) = arguments.split_first() else { return 1 };
    let close = match name.as_str() {
        "[" => Some("]"),
        "[[" => Some("]]"),
        _ => None,
    };
    let rest = match (close, rest.split_last()) {
        (None, _) => rest,
        (Some(close), Some((last, inner))) if last == close => inner,
        (Some(close), _) => {
            io.err(format!("bash: {name}: missing `{close}'\n"));
            return 2;
        }
    };
    let words: Vec<&str> = rest.iter().map(String::as_str).collect();
    match either(&words, world) {
        Ok(holds) => i32::from(!holds),
        Err(text) => {
            io.err(format!("bash: {name}: {text}\n"));
            2
        }
    }
}

fn either(words: &[&str], world: &World<'_>) -> Result<bool, String> {
    for (joins, is_or) in [(["-o", "||"], true), (["-a", "&&"], false)] {
        if let Some(at) = words.iter().skip(1).position(|word| joins.contains(word)) {
            let (left, right) = words.split_at(at + 1);
            let left = either(left, world)?;
            let right = either(right.get(1..).unwrap_or_default(), world)?;
            return Ok(if is_or { left || right } else { left && right });
        }
    }
    condition(words, world)
}

fn condition(words: &[&str], world: &World<'_>) -> Result<bool, String> {
    match words {
        [] => Ok(false),
        [only] => Ok(!only.is_empty()),
        ["!", rest @ ..] => Ok(!condition(rest, world)?),
        [operator, operand] => match *operator {
            "-n" => Ok(!operand.is_empty()),
            "-z" => Ok(operand.is_empty()),
            "-e" | "-r" | "-w" => Ok(world.files.read(operand).is_some() || world.files.is_directory(operand)),
            "-f" => Ok(world.files.read(operand).is_some()),
            "-s" => Ok(world.files.read(operand).is_some_and(|text| !text.is_empty())),
            "-d" => Ok(world.files.is_directory(operand)),
            "-x" => Ok(false),
            _ => Err(format!("{operator}: unary operator expected")),
        },
        [left, operator, right] => compare(left, operator, right),
        _ => Err("too many arguments".to_owned()),
    }
}

fn compare(left: &str, operator: &str, right: &str) -> Result<bool, String> {
    let number = |text: &str| text.trim().parse::<i64>().map_err(|_| format!("{text}: integer expression expected"));
    Ok(match operator {
        "=" => left == right,
        "==" => crate::shell::run::is_pattern_match(right, left),
        "!=" => left != right,
        "<" => left < right,
        ">" => left > right,
        "-eq" => number(left)? == number(right)?,
        "-ne" => number(left)? != number(right)?,
        "-lt" => number(left)? < number(right)?,
        "-le" => number(left)? <= number(right)?,
        "-gt" => number(left)? > number(right)?,
        "-ge" => number(left)? >= number(right)?,
        _ => return Err(format!("{operator}: binary operator expected")),
    })
}
