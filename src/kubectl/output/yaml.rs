//! YAML as sigs.k8s.io/yaml (go-yaml 2) writes it: block style, sequences not indented, lines folded at 80.

use std::cmp::Ordering;
use std::fmt::Write as _;

use crate::sorting;
use serde_json::{Map, Value};

/// A plain or quoted text is broken at the first space after this column. Models the emitter's best_width.
const WIDTH: usize = 80;
const INDENT: usize = 2;

/// The whole document, with a line break at the end. Models sigs.k8s.io/yaml Marshal.
pub fn to_yaml(value: &Value) -> String {
    let mut emitter = Emitter { out: String::new(), column: 0 };
    match value {
        Value::Object(fields) if !fields.is_empty() => emitter.mapping(fields, 0),
        Value::Array(list) if !list.is_empty() => emitter.sequence(list, 0),
        scalar => emitter.scalar(scalar, INDENT),
    }
    emitter.new_line();
    emitter.out
}

struct Emitter {
    out: String,
    /// Characters on the present line.
    column: usize,
}

/// What a text's characters allow. Models go-yaml yaml_emitter_analyze_scalar.
#[derive(Clone, Copy)]
struct Allowed {
    plain: bool,
    single_quoted: bool,
    literal: bool,
}

impl Emitter {
    fn put(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += text.chars().count();
    }

    fn line_break(&mut self) {
        self.out.push('\n');
        self.column = 0;
    }

    /// Ends the line unless it is empty; a literal text may have ended it.
    fn new_line(&mut self) {
        if self.column > 0 {
            self.line_break();
        }
    }

    fn indented_line(&mut self, indent: usize) {
        self.new_line();
        self.put(&" ".repeat(indent));
    }

    fn mapping(&mut self, fields: &Map<String, Value>, indent: usize) {
        let mut fields: Vec<(&String, &Value)> = fields.iter().collect();
        sorting::sort_by(&mut fields, |a, b| compare_keys(a.0, b.0));
        for (at, (name, value)) in fields.into_iter().enumerate() {
            if at > 0 {
                self.indented_line(indent);
            }
            self.key(name);
            self.put(":");
            match value {
                Value::Object(inner) if !inner.is_empty() => {
                    self.indented_line(indent + INDENT);
                    self.mapping(inner, indent + INDENT);
                }
                Value::Array(list) if !list.is_empty() => {
                    self.indented_line(indent);
                    self.sequence(list, indent);
                }
                scalar => {
                    self.put(" ");
                    self.scalar(scalar, indent + INDENT);
                }
            }
        }
    }

    fn sequence(&mut self, list: &[Value], indent: usize) {
        for (at, item) in list.iter().enumerate() {
            if at > 0 {
                self.indented_line(indent);
            }
            self.put("- ");
            match item {
                Value::Object(fields) if !fields.is_empty() => self.mapping(fields, indent + INDENT),
                Value::Array(inner) if !inner.is_empty() => self.sequence(inner, indent + INDENT),
                scalar => self.scalar(scalar, indent + INDENT),
            }
        }
    }

    fn key(&mut self, name: &str) {
        let allowed = analyze(name);
        if name.is_empty() || name.contains('\n') || !is_string(name) {
            self.double_quoted(name, None);
        } else if allowed.plain {
            self.put(name);
        } else if allowed.single_quoted {
            self.single_quoted(name, None);
        } else {
            self.double_quoted(name, None);
        }
    }

    /// Models go-yaml encoder.stringv and yaml_emitter_select_scalar_style; `indent` is where folded lines begin.
    fn scalar(&mut self, value: &Value, indent: usize) {
        let text = match value {
            Value::String(text) => text,
            Value::Object(_) => return self.put("{}"),
            Value::Array(_) => return self.put("[]"),
            other => return self.put(&other.to_string()),
        };
        let allowed = analyze(text);
        if text.contains('\n') {
            if allowed.literal { self.literal(text, indent) } else { self.double_quoted(text, Some(indent)) }
        } else if !is_string(text) {
            self.double_quoted(text, Some(indent));
        } else if allowed.plain {
            self.folded(text, indent, |_, _| true);
        } else if allowed.single_quoted {
            self.single_quoted(text, Some(indent));
        } else {
            self.double_quoted(text, Some(indent));
        }
    }

    fn single_quoted(&mut self, text: &str, fold: Option<usize>) {
        self.put("'");
        let text = text.replace('\'', "''");
        let inner = text.len();
        match fold {
            Some(indent) => self.folded(&text, indent, |at, _| at > 0 && at + 1 < inner),
            None => self.put(&text),
        }
        self.put("'");
    }

    /// Writes `text`, broken at single spaces once the line is full where `may_break` allows it.
    fn folded(&mut self, text: &str, indent: usize, may_break: impl Fn(usize, char) -> bool) {
        let mut after_space = false;
        for (at, character) in text.char_indices() {
            let next_is_space = text.get(at + 1..).is_some_and(|rest| rest.starts_with(' '));
            if character == ' ' && !after_space && self.column > WIDTH && !next_is_space && may_break(at, character) {
                self.indented_line(indent);
            } else {
                self.put(character.encode_utf8(&mut [0; 4]));
            }
            after_space = character == ' ';
        }
    }

    /// Models go-yaml yaml_emitter_write_double_quoted_scalar.
    fn double_quoted(&mut self, text: &str, fold: Option<usize>) {
        self.put("\"");
        let mut after_space = false;
        for (at, character) in text.char_indices() {
            let is_inner = at > 0 && at + 1 < text.len();
            match fold {
                _ if needs_escape(character) => self.put(&escaped(character)),
                Some(indent) if character == ' ' && !after_space && self.column > WIDTH && is_inner => {
                    self.indented_line(indent);
                    if text.get(at + 1..).is_some_and(|rest| rest.starts_with(' ')) {
                        self.put("\\");
                    }
                }
                _ => self.put(character.encode_utf8(&mut [0; 4])),
            }
            after_space = character == ' ';
        }
        self.put("\"");
    }

    /// Models go-yaml yaml_emitter_write_literal_scalar.
    fn literal(&mut self, text: &str, indent: usize) {
        self.put("|");
        if text.starts_with([' ', '\n']) {
            self.put("2");
        }
        if !text.ends_with('\n') {
            self.put("-");
        } else if text == "\n" || text.ends_with("\n\n") {
            self.put("+");
        }
        self.line_break();
        for line in text.split_inclusive('\n') {
            if line != "\n" {
                self.put(&" ".repeat(indent));
                self.put(line.trim_end_matches('\n'));
            }
            if line.ends_with('\n') {
                self.line_break();
            }
        }
    }
}

/// Models go-yaml yaml_emitter_analyze_scalar, for block context.
fn analyze(text: &str) -> Allowed {
    let (mut indicators, mut special) = (text.starts_with("---") || text.starts_with("..."), false);
    let (mut break_space, mut space_break) = (false, false);
    let mut previous = None;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let before_blank = characters.peek().is_none_or(|next| is_blank(*next) || is_break(*next));
        indicators |= match (previous, character) {
            (None, '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`') => {
                true
            }
            (None, '?' | '-') | (_, ':') => before_blank,
            (Some(previous), '#') => is_blank(previous) || is_break(previous),
            _ => false,
        };
        special |= !is_printable(character);
        break_space |= character == ' ' && previous.is_some_and(is_break);
        space_break |= is_break(character) && previous == Some(' ');
        previous = Some(character);
    }
    let edge = |character: Option<char>| character.is_some_and(|character| character == ' ' || is_break(character));
    let open_edges = edge(text.chars().next()) || edge(previous);
    let breaks = text.contains(is_break);
    Allowed {
        plain: !(indicators || special || break_space || space_break || open_edges || breaks),
        single_quoted: !(special || break_space || space_break),
        literal: !(special || space_break || text.ends_with(' ')),
    }
}

fn is_blank(character: char) -> bool {
    character == ' ' || character == '\t'
}

fn is_break(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Models go-yaml is_printable, which knows no characters beyond the basic plane.
fn is_printable(character: char) -> bool {
    matches!(character, '\n' | ' '..='~' | '\u{a0}'..='\u{fffd}') && character != '\u{feff}'
}

fn needs_escape(character: char) -> bool {
    !is_printable(character) || is_break(character) || matches!(character, '"' | '\\')
}

fn escaped(character: char) -> String {
    let mut text = "\\".to_owned();
    let code = u32::from(character);
    // Writing to a String cannot fail.
    let _ = match character {
        '\0' => write!(text, "0"),
        '\u{7}' => write!(text, "a"),
        '\u{8}' => write!(text, "b"),
        '\t' => write!(text, "t"),
        '\n' => write!(text, "n"),
        '\u{b}' => write!(text, "v"),
        '\u{c}' => write!(text, "f"),
        '\r' => write!(text, "r"),
        '\u{1b}' => write!(text, "e"),
        '"' | '\\' => write!(text, "{character}"),
        '\u{85}' => write!(text, "N"),
        '\u{2028}' => write!(text, "L"),
        '\u{2029}' => write!(text, "P"),
        _ if code <= 0xff => write!(text, "x{code:02X}"),
        _ if code <= 0xffff => write!(text, "u{code:04X}"),
        _ => write!(text, "U{code:08X}"),
    };
    text
}

/// Whether a reader would take the unquoted text as a text. Models go-yaml resolve and isBase60Float.
fn is_string(text: &str) -> bool {
    const WORDS: [&str; 34] = [
        "", "~", "null", "Null", "NULL", "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON", "n",
        "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF", ".nan", ".NaN", ".NAN", ".inf", ".Inf",
        ".INF", "-.inf",
    ];
    const MORE_WORDS: [&str; 5] = ["-.Inf", "-.INF", "+.inf", "+.Inf", "+.INF"];
    if WORDS.contains(&text) || MORE_WORDS.contains(&text) {
        return false;
    }
    match text.as_bytes().first() {
        Some(b'.') => !is_float(text),
        Some(b'0'..=b'9' | b'+' | b'-') => {
            let plain = text.replace('_', "");
            !(is_timestamp(text) || is_integer(&plain) || is_float(&plain) || is_base_60(text))
        }
        _ => true,
    }
}

/// Models strconv.ParseInt with base 0.
fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let lower = digits.to_ascii_lowercase();
    let in_base = |prefix: &str, radix: u32| {
        lower
            .strip_prefix(prefix)
            .is_some_and(|rest| !rest.starts_with('+') && u64::from_str_radix(rest, radix).is_ok())
    };
    in_base("0x", 16) || in_base("0b", 2) || in_base("0o", 8)
}

/// Models go-yaml yamlStyleFloat; every decimal integer is one too.
fn is_float(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (number, exponent) = match text.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, Some(exponent)),
        None => (text, None),
    };
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let exponent_ok = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !digits.is_empty() && all_digits(digits)
    });
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    exponent_ok && all_digits(whole) && all_digits(fraction) && !(whole.is_empty() && fraction.is_empty())
}

/// Numbers such as `12:30`. Models go-yaml base60float.
fn is_base_60(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (text, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let mut parts = text.split(':');
    let first = parts.next().unwrap_or_default();
    let mut rest = parts.peekable();
    rest.peek().is_some()
        && first.starts_with(|character: char| character.is_ascii_digit())
        && digits(first)
        && digits(fraction)
        && rest.all(|part| part.len() <= 2 && part.parse::<u8>().is_ok_and(|part| part < 60) && !part.starts_with('+'))
}

/// Models go-yaml parseTimestamp.
fn is_timestamp(text: &str) -> bool {
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at..)),
        None => (text, None),
    };
    let number = |text: &str, digits: usize, low: u32, high: u32| {
        let fits = !text.is_empty() && text.len() <= digits && text.bytes().all(|byte| byte.is_ascii_digit());
        fits && text.parse::<u32>().is_ok_and(|number| (low..=high).contains(&number))
    };
    let parts: Vec<&str> = date.split('-').collect();
    let date_ok = matches!(parts.as_slice(), [year, month, day]
        if year.len() == 4 && number(year, 4, 0, 9999) && number(month, 2, 1, 12) && number(day, 2, 1, 31));
    let time_ok = time.is_none_or(|time| {
        let zoned = !time.starts_with(' ');
        let clock = time.get(1..).unwrap_or_default();
        let (clock, zone) = match clock.find(['Z', '+', '-']) {
            Some(at) => (clock.get(..at).unwrap_or_default(), clock.get(at..).unwrap_or_default()),
            None => (clock, ""),
        };
        let zone_ok = if zoned { zone == "Z" || zone.len() == 6 } else { zone.is_empty() };
        let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
        let parts: Vec<&str> = clock.split(':').collect();
        zone_ok
            && fraction.bytes().all(|byte| byte.is_ascii_digit())
            && matches!(parts.as_slice(), [hour, minute, second]
                if number(hour, 2, 0, 23) && number(minute, 2, 0, 59) && number(second, 2, 0, 59))
    });
    date_ok && time_ok
}

/// Letters after other characters, numbers by value. Models go-yaml keyList.Less.
fn compare_keys(a: &str, b: &str) -> Ordering {
    let (left, right): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let Some(at) = left.iter().zip(&right).position(|(a, b)| a != b) else {
        return left.len().cmp(&right.len());
    };
    let (Some(&l), Some(&r)) = (left.get(at), right.get(at)) else { return Ordering::Equal };
    match (l.is_alphabetic(), r.is_alphabetic()) {
        (true, true) => return l.cmp(&r),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    let inside_number = left.iter().take(at).rev().take_while(|c| c.is_ascii_digit()).any(|c| *c != '0');
    let base = u64::from((l == '0' || r == '0') && inside_number);
    let number = |characters: &[char]| {
        let digits: Vec<u32> = characters.iter().skip(at).map_while(|c| c.to_digit(10)).collect();
        let value = digits.iter().fold(base, |value, digit| value.saturating_mul(10).saturating_add(u64::from(*digit)));
        (value, digits.len())
    };
    number(&left).cmp(&number(&right)).then(l.cmp(&r))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::to_yaml;

    #[test]
    fn quotes_what_would_read_as_something_else() {
        let value = json!({
            "a": "1", "b": "true", "c": "25%", "d": "2026-11-23T07:30:15Z", "e": "", "f": "a: b", "g": "1e3", "h": "0x1f",
            "i": "1.2.3", "j": "- x", "k": "it's", "l": "'q'", "m": "yes", "nn": "12:30", "o": null, "p": {}, "q": [], "r": "a\tb",
            "s": "08", "t": "8Gi", "u": "1_000", "v": " x", "w": "x #y", "x": "\u{1f600}",
        });
        assert_eq!(
            to_yaml(&value),
            "a: \"1\"\nb: \"true\"\nc: 25%\nd: \"2026-11-23T07:30:15Z\"\ne: \"\"\nf: 'a: b'\ng: \"1e3\"\nh: \"0x1f\"\ni: 1.2.3\n\
             j: '- x'\nk: it's\nl: '''q'''\nm: \"yes\"\nnn: \"12:30\"\no: null\np: {}\nq: []\nr: \"a\\tb\"\ns: \"08\"\nt: 8Gi\n\
             u: \"1_000\"\nv: ' x'\nw: 'x #y'\nx: \"\\U0001F600\"\n"
        );
    }

    #[test]
    fn nests_and_folds() {
        let value = json!({
            "list": [{"b": 1, "a": ["x", ["y"]]}, []],
            "text": "{\"a\":1}\n",
            "more": "one\n\ntwo",
            "message": "Back-off pulling image \"guangzhengli/hellok8s:nope\": ErrImagePull: rpc error: code = NotFound desc",
        });
        assert_eq!(
            to_yaml(&value),
            "list:\n- a:\n  - x\n  - - \"y\"\n  b: 1\n- []\nmessage: 'Back-off pulling image \"guangzhengli/hellok8s:nope\": ErrImagePull: rpc error:\n  \
             code = NotFound desc'\nmore: |-\n  one\n\n  two\ntext: |\n  {\"a\":1}\n"
        );
    }

    #[test]
    fn sorts_keys_as_people_do() {
        let value = json!({"a10": 1, "a2": 1, "a.b": 1, "ab": 1, "kubernetes.io/name": 1, "A": 1});
        assert_eq!(to_yaml(&value), "A: 1\na.b: 1\na2: 1\na10: 1\nab: 1\nkubernetes.io/name: 1\n");
    }
}
