//! Sentences with places that a decision's inputs fill.
//!
//! `{name}` stands for the input of that name, `{object}` for what the decision is about. `{name/s}` is an input in
//! milliseconds, said in seconds; `{name/name}` is a name, said as short as its pods' or ReplicaSet's fellows allow;
//! `{name/reasons}` is the scheduler's message, in words (see [`super::obstacle`]).
//! `{name|pod|pods}` is the first word where the input is 1, else the second. `**` stands around what is emphasised.

use serde_json::Value;

use super::caption::{Caption, MARK, short_name};
use super::{in_words, obstacle};
use crate::decision::Decision;
use crate::lang::Lang;

/// What stands for what the decision is about.
const OBJECT: &str = "object";

/// The sentence of a decision.
pub fn filled(template: &str, decision: &Decision, lang: Lang) -> Caption {
    let mut caption = Caption { spans: Vec::new(), lang };
    for (at, part) in template.split(MARK).enumerate() {
        caption.append(&part_filled(part, decision, lang), at % 2 == 1);
    }
    caption
}

fn part_filled(part: &str, decision: &Decision, lang: Lang) -> String {
    let mut text = String::new();
    let mut rest = part;
    while let Some((before, behind)) = rest.split_once('{') {
        let (place, after) = behind.split_once('}').unwrap_or((behind, ""));
        text.push_str(before);
        text.push_str(&place_filled(place, decision, lang));
        rest = after;
    }
    text.push_str(rest);
    text
}

fn place_filled(place: &str, decision: &Decision, lang: Lang) -> String {
    if place == OBJECT {
        return short_name(decision.object.rsplit('/').next().unwrap_or_default()).to_owned();
    }
    let input = |name: &str| decision.inputs.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
    if let Some((name, words)) = place.split_once('|') {
        let (one, many) = words.split_once('|').unwrap_or((words, words));
        let is_one = input(name).and_then(Value::as_i64) == Some(1);
        return if is_one { one } else { many }.to_owned();
    }
    let (name, form) = place.split_once('/').unwrap_or((place, ""));
    match (input(name), form) {
        (Some(Value::Number(ms)), "s") => seconds(ms.as_u64().unwrap_or(0)),
        (Some(Value::String(name)), "name") => short_name(name).to_owned(),
        (Some(Value::String(message)), "reasons") => obstacle::in_words(message, lang),
        (Some(value), _) => in_words(value),
        (None, _) => "–".to_owned(),
    }
}

/// The inputs that a template names.
#[cfg(test)]
pub fn inputs(template: &str) -> std::collections::BTreeSet<&str> {
    let places = template.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0));
    places.map(|place| place.split(['/', '|']).next().unwrap_or(place)).filter(|name| *name != OBJECT).collect()
}

/// `12.5` for 12500.
fn seconds(ms: u64) -> String {
    let text = format!("{}.{:03}", ms / 1000, ms % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
