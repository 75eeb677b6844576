//! Commands that only print or decide: `echo`, `printf`, `seq`, `test` …

use super::{time, unescape};
use crate::script::{Io, World};

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

/// The longest sequence that `seq` writes.
const LONGEST: i64 = 100_000;

/// `seq LAST`, `seq FIRST LAST`, `seq FIRST STEP LAST`, with `-s` and `-w`.
pub(super) fn sequence(arguments: &[String], _: &mut World<'_>, io: &mut Io) -> i32 {
    let mut numbers = Vec::new();
    let (mut between, mut equal_width) = ("\n".to_owned(), false);
    let mut decimals = 0;
    let mut words = arguments.iter().skip(1);
    while let Some(word) = words.next() {
        if word == "-w" || word == "--equal-width" {
            equal_width = true;
        } else if word == "-s" {
            between = unescape(words.next().map_or("", String::as_str));
        } else if let Some(text) = word.strip_prefix("-s").or_else(|| word.strip_prefix("--separator=")) {
            between = unescape(text);
        } else if let Some(number) = millionths(word) {
            numbers.push(number);
            decimals = decimals.max(word.split_once('.').map_or(0, |(_, digits)| digits.len()));
        } else {
            io.err(format!("seq: invalid floating point argument: '{word}'\n"));
            return 1;
        }
    }
    let (first, step, last) = match numbers.as_slice() {
        [last] => (MILLION, MILLION, *last),
        [first, last] => (*first, MILLION, *last),
        [first, step, last] if *step != 0 => (*first, *step, *last),
        _ => {
            io.err("seq: missing operand\nTry 'seq --help' for more information.\n");
            return 1;
        }
    };
    let shown = |value: i64| {
        let (sign, size) = if value < 0 { ("-", value.unsigned_abs()) } else { ("", value.unsigned_abs()) };
        let (whole, rest) = (size / MILLION.unsigned_abs(), size % MILLION.unsigned_abs());
        let fraction = format!("{rest:06}");
        let fraction = fraction.get(..decimals.min(6)).unwrap_or_default();
        if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
    };
    let width = if equal_width { shown(first).len().max(shown(last).len()) } else { 0 };
    let mut at = first;
    let mut is_first = true;
    for _ in 0..LONGEST {
        if (step > 0 && at > last) || (step < 0 && at < last) {
            break;
        }
        if !is_first {
            io.out(&between);
        }
        is_first = false;
        io.out(format!("{:0>width$}", shown(at)));
        at = at.saturating_add(step);
    }
    if !is_first {
        io.out("\n");
    }
    0
}

const MILLION: i64 = 1_000_000;

/// `1`, `-2.5` in millionths.
fn millionths(text: &str) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() || !(whole.to_owned() + fraction).bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let fraction: i64 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
    Some(sign * (whole.parse::<i64>().ok()?.checked_mul(MILLION)? + fraction))
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

pub(crate) fn condition(words: &[&str], world: &World<'_>) -> Result<bool, String> {
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
        "==" => crate::script::run::is_pattern_match(right, left),
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
