//! `printf`, and what awk makes of its formats.

use super::unescape;
use crate::script::{Io, World};

/// `printf FORMAT ARGUMENT …`: the format is used again while there are arguments.
pub(super) fn printf(arguments: &[String], _: &mut World<'_>, io: &mut Io) -> i32 {
    let (text, code) = formatted(arguments.get(1..).unwrap_or_default(), io);
    io.out(text);
    code
}

/// What `printf` makes of a format and its arguments, and its exit code.
pub(crate) fn formatted(words: &[String], io: &mut Io) -> (String, i32) {
    let words = if words.first().is_some_and(|word| word == "--") { words.get(1..).unwrap_or_default() } else { words };
    let Some((format, values)) = words.split_first() else {
        io.err("bash: printf: usage: printf [-v var] format [arguments]\n");
        return (String::new(), 2);
    };
    let mut values = values.iter();
    let mut text = String::new();
    let mut code = 0;
    loop {
        let before = values.len();
        let (more, wrong) = turn(format, &mut values);
        text.push_str(&more);
        for what in wrong {
            io.err(format!("bash: printf: {what}\n"));
            code = 1;
        }
        if values.len() == 0 || values.len() == before || text.len() > LONGEST {
            return (text, code);
        }
    }
}

/// How long a text may become.
const LONGEST: usize = 4 << 20;

/// The widest field that is padded.
const WIDEST: usize = 1000;

/// One turn of a format.
pub(super) fn printed<'a>(format: &str, values: &mut impl Iterator<Item = &'a String>) -> String {
    turn(format, values).0
}

/// One turn of a format, and what is wrong with the values.
fn turn<'a>(format: &str, values: &mut impl Iterator<Item = &'a String>) -> (String, Vec<String>) {
    let mut out = String::new();
    let mut wrong = Vec::new();
    let format = unescape(&format.replace("\\\"", "\""));
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let mut field = Field::default();
        while let Some(flag) = chars.next_if(|c| matches!(c, '-' | '0' | '+' | ' ' | '#' | '\'')) {
            field.left |= flag == '-';
            field.zero |= flag == '0';
            field.alternate |= flag == '#';
            match flag {
                '+' => field.sign = "+",
                ' ' if field.sign.is_empty() => field.sign = " ",
                _ => {}
            }
        }
        let mut number = |values: &mut dyn Iterator<Item = &'a String>| {
            if chars.next_if_eq(&'*').is_some() {
                return values.next().and_then(|value| value.parse::<i64>().ok()).unwrap_or(0);
            }
            let mut width = 0;
            while let Some(digit) = chars.next_if(char::is_ascii_digit).and_then(|c| c.to_digit(10)) {
                width = (width * 10 + i64::from(digit)).min(100_000);
            }
            width
        };
        let width = number(values);
        field.left |= width < 0;
        field.width = usize::try_from(width.unsigned_abs()).unwrap_or(WIDEST).min(WIDEST);
        let mut precision = None;
        if chars.next_if_eq(&'.').is_some() {
            let mut digits = 0_usize;
            if chars.next_if_eq(&'*').is_some() {
                digits = values.next().and_then(|value| value.parse().ok()).unwrap_or(0);
            }
            while let Some(digit) = chars.next_if(char::is_ascii_digit).and_then(|c| c.to_digit(10)) {
                digits = digits * 10 + digit as usize;
                digits = digits.min(WIDEST);
            }
            precision = Some(digits.min(WIDEST));
        }
        field.precision = precision;
        match chars.next() {
            None => out.push('%'),
            Some('%') => out.push('%'),
            Some(kind) => field.put(kind, values, &mut out, &mut wrong),
        }
    }
    (out, wrong)
}

/// A field of a format.
#[derive(Default)]
struct Field {
    left: bool,
    zero: bool,
    alternate: bool,
    sign: &'static str,
    width: usize,
    precision: Option<usize>,
}

impl Field {
    fn put(&self, kind: char, values: &mut dyn Iterator<Item = &String>, out: &mut String, wrong: &mut Vec<String>) {
        let cut = |text: String| match self.precision {
            Some(length) => text.chars().take(length).collect(),
            None => text,
        };
        let (sign, text) = match kind {
            's' => ("", cut(values.next().cloned().unwrap_or_default())),
            'b' => ("", cut(unescape(values.next().map_or("", String::as_str)))),
            'q' => ("", quoted(values.next().map_or("", String::as_str))),
            'c' => ("", values.next().and_then(|value| value.chars().next()).map(String::from).unwrap_or_default()),
            'd' | 'i' => {
                let value = whole(values.next(), wrong);
                (if value < 0 { "-" } else { self.sign }, self.digits(value.unsigned_abs().to_string()))
            }
            'u' => ("", self.digits(whole(values.next(), wrong).cast_unsigned().to_string())),
            'x' => self.based(format!("{:x}", whole(values.next(), wrong)), "0x"),
            'X' => self.based(format!("{:X}", whole(values.next(), wrong)), "0X"),
            'o' => self.based(format!("{:o}", whole(values.next(), wrong)), "0"),
            'f' | 'F' | 'e' | 'E' | 'g' | 'G' => {
                let value = fraction(values.next(), wrong);
                let text = match kind {
                    'f' | 'F' => format!("{:.*}", self.precision.unwrap_or(6), value.abs()),
                    'e' | 'E' => scientific(value.abs(), self.precision.unwrap_or(6)),
                    _ => shortest(value.abs(), self.precision.unwrap_or(6).max(1)),
                };
                let text = if kind.is_uppercase() { text.to_uppercase() } else { text };
                (if value.is_sign_negative() { "-" } else { self.sign }, text)
            }
            other => {
                wrong.push(format!("`{other}': invalid format character"));
                return;
            }
        };
        let missing = self.width.saturating_sub(text.chars().count() + sign.len());
        let is_number = !matches!(kind, 's' | 'b' | 'q' | 'c');
        let zeros = self.zero && !self.left && is_number && (self.precision.is_none() || "fFeEgG".contains(kind));
        match (self.left, zeros) {
            (true, _) => out.extend([sign, &text, &" ".repeat(missing)]),
            (false, true) => out.extend([sign, &"0".repeat(missing), &text]),
            (false, false) => out.extend([&" ".repeat(missing), sign, &text]),
        }
    }

    /// At least as many digits as the precision says.
    fn digits(&self, text: String) -> String {
        let missing = self.precision.unwrap_or(0).saturating_sub(text.len());
        "0".repeat(missing) + &text
    }

    fn based(&self, text: String, prefix: &'static str) -> (&'static str, String) {
        let text = self.digits(text);
        (if self.alternate && text != "0" { prefix } else { "" }, text)
    }
}

/// A whole number as `printf` reads it: `12`, `0x1f`, `017`, `'a`.
fn whole(value: Option<&String>, wrong: &mut Vec<String>) -> i64 {
    let Some(text) = value else { return 0 };
    let text = text.trim_start();
    if let Some(rest) = text.strip_prefix(['\'', '"']) {
        return rest.chars().next().map_or(0, |c| i64::from(u32::from(c)));
    }
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (base, digits) =
        match (digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")), digits.strip_prefix('0')) {
            (Some(digits), _) => (16, digits),
            (None, Some(rest)) if !rest.is_empty() => (8, rest),
            _ => (10, digits),
        };
    let length = digits.chars().take_while(|c| c.is_digit(base)).count();
    if length < digits.len() || (length == 0 && !text.is_empty()) {
        wrong.push(format!("{text}: invalid number"));
    }
    let number = i64::from_str_radix(digits.get(..length).unwrap_or_default(), base).unwrap_or(if length == 0 {
        0
    } else {
        i64::MAX
    });
    if is_negative { number.wrapping_neg() } else { number }
}

fn fraction(value: Option<&String>, wrong: &mut Vec<String>) -> f64 {
    let Some(text) = value.map(|text| text.trim()).filter(|text| !text.is_empty()) else { return 0.0 };
    text.parse().unwrap_or_else(|_| {
        wrong.push(format!("{text}: invalid number"));
        let length = text.chars().take_while(|c| c.is_ascii_digit() || ".-".contains(*c)).count();
        text.get(..length).and_then(|text| text.parse().ok()).unwrap_or(0.0)
    })
}

/// `1.500000e+03`
fn scientific(value: f64, precision: usize) -> String {
    let text = format!("{value:.precision$e}");
    let Some((digits, exponent)) = text.split_once('e') else { return text };
    let (sign, exponent) = exponent.strip_prefix('-').map_or(("+", exponent), |exponent| ("-", exponent));
    format!("{digits}e{sign}{exponent:0>2}")
}

/// As `%g`: without zeros at the end, in scientific form when it is large or small.
fn shortest(value: f64, precision: usize) -> String {
    let form = format!("{value:.*e}", precision - 1);
    let exponent: i64 = form.split_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or(0);
    let limit = i64::try_from(precision).unwrap_or(6);
    let stripped = |text: &str| {
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text.to_owned() }
    };
    if exponent < -4 || exponent >= limit {
        let text = scientific(value, precision - 1);
        return match text.split_once('e') {
            Some((digits, exponent)) => format!("{}e{exponent}", stripped(digits)),
            None => text,
        };
    }
    let decimals = usize::try_from(limit - 1 - exponent).unwrap_or(0);
    stripped(&format!("{value:.decimals$}"))
}

/// `%q`: as a shell would read it back.
fn quoted(text: &str) -> String {
    if text.is_empty() {
        return "''".to_owned();
    }
    let mut out = String::new();
    for c in text.chars() {
        if !(c.is_alphanumeric() || "_-./:=@%+,".contains(c)) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
