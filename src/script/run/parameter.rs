//! What variables, and pieces of them, give.

use std::sync::Arc;

use super::glob::{is_pattern_match, prefix_ends};
use super::{Environment, arithmetic};
use crate::script::environment::{LONGEST_TEXT, Unwind};
use crate::script::language::{Index, List, Modifier, Part, Word, is_name};

/// What a part of a word gives.
pub(super) enum Expanded {
    One(String),
    /// `"$@"`: a field each.
    Many(Vec<String>),
}

/// What substitutions have written, in the order in which they stand.
#[derive(Clone, Debug, Default)]
pub(super) struct Outputs {
    found: Vec<(Arc<List>, String)>,
    /// The one that is looked for next, most likely.
    next: usize,
}

impl Outputs {
    pub fn len(&self) -> usize {
        self.found.len()
    }

    pub fn push(&mut self, list: &Arc<List>, text: String) {
        self.found.push((Arc::clone(list), text));
    }

    fn of(&mut self, list: &Arc<List>) -> String {
        let (before, after) = self.found.split_at(self.next.min(self.found.len()));
        let mut all = after.iter().chain(before).enumerate();
        let Some((at, (_, text))) = all.find(|(_, (known, _))| Arc::ptr_eq(known, list)) else { return String::new() };
        let text = text.clone();
        self.next = (self.next + at + 1) % self.found.len().max(1);
        text
    }
}

/// The word as one text.
pub(super) fn text_of(word: &Word, environment: &mut Environment, outputs: &mut Outputs) -> Result<String, String> {
    let mut text = String::new();
    for part in &word.0 {
        match value_of(part, environment, outputs)? {
            Expanded::One(more) => text.push_str(&more),
            Expanded::Many(texts) => text.push_str(&texts.join(" ")),
        }
        if text.len() > LONGEST_TEXT {
            // Whoever asked says so.
            return Ok(text);
        }
    }
    Ok(text)
}

/// The word as a pattern: what is quoted stands for itself.
pub(super) fn pattern_of(word: &Word, environment: &mut Environment, outputs: &mut Outputs) -> Result<String, String> {
    let mut pattern = String::new();
    for part in &word.0 {
        let text = text_of(&Word(vec![part.clone()]), environment, outputs)?;
        match part {
            Part::Text { quoted: false, .. }
            | Part::Variable { quoted: false, .. }
            | Part::Substitution { quoted: false, .. } => pattern.push_str(&text),
            _ => {
                for c in text.chars() {
                    if !c.is_alphanumeric() && c.is_ascii() {
                        pattern.push('\\');
                    }
                    pattern.push(c);
                }
            }
        }
    }
    Ok(pattern)
}

/// What a part of a word gives.
pub(super) fn value_of(part: &Part, environment: &mut Environment, outputs: &mut Outputs) -> Result<Expanded, String> {
    match part {
        Part::Text { text, .. } => Ok(Expanded::One(text.clone())),
        Part::Substitution { list, .. } => Ok(Expanded::One(outputs.of(list))),
        Part::Arithmetic(word) => {
            let text = text_of(word, environment, outputs)?;
            let value = arithmetic::evaluate(&text, environment);
            value.map(|value| Expanded::One(value.to_string())).inspect_err(|text| give_up_unbound(text, environment))
        }
        Part::Array(_) => Err("syntax error near unexpected token `('".to_owned()),
        Part::Variable { name, index, modifier, quoted } => {
            let joins = *quoted && (*index == Index::Joined || (name == "*" && *index == Index::None));
            let all = name == "@" || name == "*" || matches!(index, Index::All | Index::Joined);
            if all {
                let values = all_values(name, modifier.as_deref(), environment, outputs)?;
                return Ok(match values {
                    Expanded::Many(values) if joins => {
                        let separator: String = environment.separators().chars().take(1).collect();
                        Expanded::One(values.join(&separator))
                    }
                    values => values,
                });
            }
            let value = match index {
                Index::At(word) => {
                    let text = text_of(word, environment, outputs)?;
                    let at = arithmetic::evaluate(&text, environment)?;
                    element(name, at, environment)
                }
                _ => environment.value(name),
            };
            let Some(modifier) = modifier else {
                if value.is_none() && environment.settings.nounset && name != "!" {
                    return Err(unbound(name, environment));
                }
                return Ok(Expanded::One(value.unwrap_or_default()));
            };
            modified(name, value, modifier, environment, outputs).map(Expanded::One)
        }
    }
}

/// The word that an unquoted `${x:-…}` or `${x:+…}` gives instead of the value.
pub(super) fn default_of<'a>(part: &'a Part, environment: &Environment) -> Option<&'a Word> {
    let Part::Variable { name, index: Index::None, modifier: Some(modifier), quoted: false } = part else {
        return None;
    };
    let value = if name == "@" || name == "*" { environment.value("*") } else { environment.value(name) };
    let is_missing = match value {
        None => true,
        Some(value) => value.is_empty() && modifier.operator.starts_with(':'),
    };
    match modifier.operator {
        ":-" | "-" if is_missing => Some(&modifier.word),
        ":+" | "+" if !is_missing => Some(&modifier.word),
        _ => None,
    }
}

/// `$x` of a variable that is not set, under `set -u`: the shell ends.
fn unbound(name: &str, environment: &mut Environment) -> String {
    environment.unwind = Some(Unwind::Exit(1));
    format!("{name}: unbound variable")
}

fn give_up_unbound(text: &str, environment: &mut Environment) {
    if text.ends_with(": unbound variable") {
        environment.unwind = Some(Unwind::Exit(1));
    }
}

/// What `[@]` gives.
fn all_values(
    name: &str,
    modifier: Option<&Modifier>,
    environment: &mut Environment,
    outputs: &mut Outputs,
) -> Result<Expanded, String> {
    let values = environment.values(name);
    let Some(modifier) = modifier else {
        return Ok(Expanded::Many(values.into_iter().map(|(_, value)| value).collect()));
    };
    match modifier.operator {
        "length" => Ok(Expanded::One(values.len().to_string())),
        "keys" => Ok(Expanded::Many(values.into_iter().map(|(at, _)| at.to_string()).collect())),
        ":" => {
            let (from, length) = piece(modifier, environment, outputs)?;
            let mut values = values;
            if name == "@" || name == "*" {
                values.insert(0, (0, environment.value("0").unwrap_or_default()));
            }
            let end = values.last().map_or(0, |(at, _)| i64::try_from(*at).unwrap_or(i64::MAX).saturating_add(1));
            let from = if from < 0 { end.saturating_add(from) } else { from };
            let kept = values.into_iter().filter(|(at, _)| i64::try_from(*at).is_ok_and(|at| at >= from));
            let most = length.map_or(usize::MAX, |length| usize::try_from(length).unwrap_or(0));
            Ok(Expanded::Many(kept.take(most).map(|(_, value)| value).collect()))
        }
        operator if operator.starts_with([':', '-', '=', '+', '?']) => {
            let joined = (!values.is_empty())
                .then(|| values.iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(" "));
            let is_kept = joined.as_ref().is_some_and(|text| !operator.starts_with(':') || !text.is_empty());
            if is_kept && !operator.ends_with('+') {
                return Ok(Expanded::Many(values.into_iter().map(|(_, value)| value).collect()));
            }
            modified(name, joined, modifier, environment, outputs).map(Expanded::One)
        }
        _ => {
            let texts: Result<Vec<String>, String> = values
                .into_iter()
                .map(|(_, value)| modified(name, Some(value), modifier, environment, outputs))
                .collect();
            texts.map(Expanded::Many)
        }
    }
}

/// Where a piece begins and how long it is.
fn piece(
    modifier: &Modifier,
    environment: &mut Environment,
    outputs: &mut Outputs,
) -> Result<(i64, Option<i64>), String> {
    let text = text_of(&modifier.word, environment, outputs)?;
    let from = arithmetic::evaluate(&text, environment)?;
    let length = match &modifier.second {
        None => None,
        Some(word) => {
            let text = text_of(word, environment, outputs)?;
            Some(arithmetic::evaluate(&text, environment)?)
        }
    };
    Ok((from, length))
}

/// One of an array's values; below 0 from its end.
pub(super) fn element(name: &str, at: i64, environment: &Environment) -> Option<String> {
    let at = place(name, at, environment)?;
    environment.values(name).into_iter().find(|(known, _)| *known == at).map(|(_, value)| value)
}

fn place(name: &str, at: i64, environment: &Environment) -> Option<usize> {
    let end = environment.values(name).last().map_or(0, |(at, _)| at + 1);
    let end = i64::try_from(end).ok()?;
    usize::try_from(if at < 0 { end + at } else { at }).ok()
}

/// Gives an array one of its values; below 0 from its end.
pub(super) fn assign_element(name: &str, at: i64, value: String, environment: &mut Environment) -> Result<(), String> {
    match place(name, at, environment) {
        Some(at) => environment.assign_at(name, at, value),
        None => Err(format!("{name}[{at}]: bad array subscript")),
    }
}

fn modified(
    name: &str,
    value: Option<String>,
    modifier: &Modifier,
    environment: &mut Environment,
    outputs: &mut Outputs,
) -> Result<String, String> {
    let Modifier { operator, word, second } = modifier;
    let operator = *operator;
    let is_missing =
        if operator.starts_with(':') { value.as_ref().is_none_or(String::is_empty) } else { value.is_none() };
    match operator {
        ":-" | "-" if is_missing => return text_of(word, environment, outputs),
        ":=" | "=" if is_missing => {
            let word = text_of(word, environment, outputs)?;
            environment.assign(name, word.clone())?;
            return Ok(word);
        }
        ":?" | "?" if is_missing => {
            let word = text_of(word, environment, outputs)?;
            environment.unwind = Some(Unwind::Exit(1));
            return Err(format!("{name}: {}", if word.is_empty() { "parameter null or not set" } else { &word }));
        }
        ":+" | "+" => return if is_missing { Ok(String::new()) } else { text_of(word, environment, outputs) },
        _ => {}
    }
    if value.is_none() && environment.settings.nounset && !operator.starts_with([':', '-', '=', '?']) {
        return Err(unbound(name, environment));
    }
    let value = value.unwrap_or_default();
    Ok(match operator {
        "length" => value.chars().count().to_string(),
        "indirect" if is_name(&value) || value.parse::<u32>().is_ok() => environment.value(&value).unwrap_or_default(),
        "indirect" => return Err(format!("{name}: invalid indirect expansion")),
        "#" | "##" => without(&value, &pattern_of(word, environment, outputs)?, operator == "##", true),
        "%" | "%%" => without(&value, &pattern_of(word, environment, outputs)?, operator == "%%", false),
        ":" => {
            let (from, length) = piece(modifier, environment, outputs)?;
            return part_of(&value, from, length).ok_or_else(|| format!("{name}: substring expression < 0"));
        }
        "/" | "//" | "/#" | "/%" => {
            let pattern = pattern_of(word, environment, outputs)?;
            let new = second.as_ref().map_or(Ok(String::new()), |word| text_of(word, environment, outputs))?;
            environment.charge(0, value.len() * 16);
            replaced(&value, &pattern, &new, operator)
        }
        "^^" => value.to_uppercase(),
        ",," => value.to_lowercase(),
        "^" | "," => {
            let mut chars = value.chars();
            let first = chars.next().map(String::from).unwrap_or_default();
            let first = if operator == "^" { first.to_uppercase() } else { first.to_lowercase() };
            first + chars.as_str()
        }
        _ => value,
    })
}

/// A piece of a text, in characters; below 0 from its end. None when it would end before it begins.
fn part_of(text: &str, from: i64, length: Option<i64>) -> Option<String> {
    let chars: Vec<char> = text.chars().collect();
    let count = i64::try_from(chars.len()).ok()?;
    let from = if from < 0 { count.saturating_add(from) } else { from };
    if from < 0 || from > count {
        return Some(String::new());
    }
    let end = match length {
        None => count,
        Some(length) if length < 0 => count.saturating_add(length),
        Some(length) => from.saturating_add(length).min(count),
    };
    let skipped = usize::try_from(from).ok()?;
    let taken = usize::try_from(end - from).ok()?;
    Some(chars.into_iter().skip(skipped).take(taken).collect())
}

/// `value` with what fits `pattern` replaced: the first, all (`//`), at the start (`/#`), at the end (`/%`).
fn replaced(value: &str, pattern: &str, new: &str, operator: &str) -> String {
    if pattern.is_empty() {
        return match operator {
            "/#" => format!("{new}{value}"),
            "/%" => format!("{value}{new}"),
            _ => value.to_owned(),
        };
    }
    let is_plain = !pattern.contains(['*', '?', '[', '\\']);
    match operator {
        "//" if is_plain => return value.replace(pattern, new),
        "/" if is_plain => return value.replacen(pattern, new, 1),
        _ => {}
    }
    let chars: Vec<char> = value.chars().take(LONGEST_SEARCHED).collect();
    let mut text = String::new();
    let mut at = 0;
    while let Some(c) = chars.get(at) {
        let rest = chars.get(at..).unwrap_or_default();
        let found = match operator {
            "/%" => is_pattern_match(pattern, &rest.iter().collect::<String>()).then_some(rest.len()),
            _ => prefix_ends(pattern, rest).map(|(_, longest)| longest).filter(|length| *length > 0),
        };
        match found {
            Some(length) => {
                text.push_str(new);
                at += length;
            }
            None => {
                text.push(*c);
                at += 1;
            }
        }
        if operator == "/#" || (found.is_some() && operator != "//") || text.len() > LONGEST_TEXT {
            break;
        }
    }
    text.extend(value.chars().skip(at));
    text
}

/// How far a text is searched for what a pattern of `*` and `[…]` fits.
const LONGEST_SEARCHED: usize = 4096;

/// `value` without the part at its start or end that fits `pattern`.
fn without(value: &str, pattern: &str, longest: bool, at_start: bool) -> String {
    if at_start {
        let chars: Vec<char> = value.chars().collect();
        return match prefix_ends(pattern, &chars) {
            Some((shortest, end)) => value.chars().skip(if longest { end } else { shortest }).collect(),
            None => value.to_owned(),
        };
    }
    let mut cuts: Vec<usize> = value.char_indices().map(|(at, _)| at).chain([value.len()]).collect();
    if !longest {
        cuts.reverse();
    }
    for cut in cuts {
        let (head, tail) = value.split_at(cut);
        if is_pattern_match(pattern, tail) {
            return head.to_owned();
        }
    }
    value.to_owned()
}
