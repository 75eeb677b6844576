//! Expansion: what words become before a command sees them.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{Environment, Running, arithmetic};
use crate::process::{Io, Stream, World};
use crate::shell::environment::{LONGEST_TEXT, too_long};
use crate::shell::language::{List, Part, Word};

/// Words while they are expanded: their substitutions run first.
#[derive(Clone, Debug, Default)]
pub(super) struct Expansion {
    results: Vec<String>,
    running: Option<Box<(Running, Io)>>,
    /// Exit code of the last substitution.
    pub last: Option<i32>,
}

/// A field that is being put together.
#[derive(Default)]
struct Field {
    text: String,
    /// Something stands there, be it empty quotes.
    exists: bool,
    /// Holds `*`, `?` or `[` outside of quotes.
    is_pattern: bool,
}

impl Expansion {
    /// The words split into fields, with file patterns and braces expanded.
    pub fn fields(
        &mut self,
        words: &[Word],
        environment: &mut Environment,
        world: &mut World<'_>,
        io: &mut Io,
    ) -> Option<Result<Vec<String>, i32>> {
        let refs: Vec<&Word> = words.iter().collect();
        self.substitute(&refs, environment, world, io)?;
        if environment.unwind.is_some() {
            return Some(Err(1));
        }
        let mut results: VecDeque<String> = self.results.drain(..).collect();
        let mut fields = Vec::new();
        let mut bytes = 0;
        for word in words {
            for word in braces(word) {
                let mut field = Field::default();
                for part in &word.0 {
                    match add_part(part, &mut field, &mut fields, environment, &mut results) {
                        Ok(length) => bytes += length,
                        Err(text) => {
                            io.err(format!("bash: {text}\n"));
                            return Some(Err(1));
                        }
                    }
                    if bytes > LONGEST_TEXT {
                        return Some(Err(environment.give_up(&too_long(), io)));
                    }
                }
                finish(field, &mut fields);
            }
        }
        environment.charge(0, bytes);
        Some(Ok(fields.into_iter().flat_map(|field| files_of(field, world)).collect()))
    }

    /// The words as one text each.
    pub fn texts(
        &mut self,
        words: &[&Word],
        environment: &mut Environment,
        world: &mut World<'_>,
        io: &mut Io,
    ) -> Option<Result<Vec<String>, i32>> {
        self.substitute(words, environment, world, io)?;
        if environment.unwind.is_some() {
            return Some(Err(1));
        }
        let mut results: VecDeque<String> = self.results.drain(..).collect();
        let texts: Result<Vec<String>, String> =
            words.iter().map(|word| text_of(word, environment, &mut results)).collect();
        Some(match texts {
            Ok(texts) if texts.iter().any(|text| text.len() > LONGEST_TEXT) => {
                Err(environment.give_up(&too_long(), io))
            }
            Ok(texts) => Ok(texts),
            Err(text) => {
                io.err(format!("bash: {text}\n"));
                Err(1)
            }
        })
    }

    /// Runs the substitutions, one after the other.
    fn substitute(
        &mut self,
        words: &[&Word],
        environment: &mut Environment,
        world: &mut World<'_>,
        io: &mut Io,
    ) -> Option<()> {
        let mut lists = Vec::new();
        words.iter().for_each(|word| collect(word, &mut lists));
        while let Some(list) = lists.get(self.results.len()) {
            let (running, inner) = &mut **self.running.get_or_insert_with(|| {
                Box::new((Running::subshell(environment.subshell(), Running::list(list)), Io::default()))
            });
            inner.swap_input(io);
            let ended = running.poll(environment, world, inner);
            inner.swap_input(io);
            if inner.unread_bytes() > LONGEST_TEXT || inner.is_cut() {
                running.interrupt(world, &mut Io::default());
                self.running = None;
                self.results.push(String::new());
                environment.give_up(&too_long(), io);
                continue;
            }
            let code = ended?;
            let mut text = String::new();
            for chunk in inner.take_chunks() {
                match chunk.stream {
                    Stream::Out => text.push_str(&chunk.text),
                    Stream::Err => io.err(&chunk.text),
                }
            }
            text.truncate(text.trim_end_matches('\n').len());
            self.results.push(text);
            self.running = None;
            self.last = Some(code);
            environment.last_exit = code;
        }
        Some(())
    }

    pub fn interrupt(&mut self, world: &mut World<'_>, io: &mut Io) {
        if let Some(running) = &mut self.running {
            running.0.interrupt(world, io);
        }
    }
}

fn collect(word: &Word, lists: &mut Vec<Arc<List>>) {
    for part in &word.0 {
        match part {
            Part::Substitution { list, .. } => lists.push(Arc::clone(list)),
            Part::Arithmetic(word) => collect(word, lists),
            Part::Variable { modifier: Some((_, word)), .. } => collect(word, lists),
            Part::Variable { .. } | Part::Text { .. } => {}
        }
    }
}

fn text_of(word: &Word, environment: &mut Environment, results: &mut VecDeque<String>) -> Result<String, String> {
    let mut text = String::new();
    for part in &word.0 {
        text.push_str(&part_text(part, environment, results)?);
        if text.len() > LONGEST_TEXT {
            // Whoever asked says so.
            return Ok(text);
        }
    }
    Ok(text)
}

fn part_text(part: &Part, environment: &mut Environment, results: &mut VecDeque<String>) -> Result<String, String> {
    match part {
        Part::Text { text, .. } => Ok(text.clone()),
        Part::Substitution { .. } => Ok(results.pop_front().unwrap_or_default()),
        Part::Arithmetic(word) => {
            let text = text_of(word, environment, results)?;
            arithmetic::evaluate(&text, environment).map(|value| value.to_string())
        }
        Part::Variable { name, modifier: None, .. } => Ok(environment.value(name).unwrap_or_default()),
        Part::Variable { name, modifier: Some((operator, word)), .. } => {
            let word = text_of(word, environment, results)?;
            modified(name, operator, word, environment)
        }
    }
}

fn modified(name: &str, operator: &str, word: String, environment: &mut Environment) -> Result<String, String> {
    let value = environment.value(name);
    let is_missing =
        if operator.starts_with(':') { value.as_ref().is_none_or(String::is_empty) } else { value.is_none() };
    let value = value.unwrap_or_default();
    Ok(match operator {
        "length" => value.chars().count().to_string(),
        ":-" | "-" if is_missing => word,
        ":=" | "=" if is_missing => {
            environment.assign(name, word.clone())?;
            word
        }
        ":?" if is_missing => {
            return Err(format!("{name}: {}", if word.is_empty() { "parameter null or not set" } else { &word }));
        }
        ":+" | "+" => {
            if is_missing {
                String::new()
            } else {
                word
            }
        }
        "#" | "##" => without(&value, &word, operator == "##", true),
        "%" | "%%" => without(&value, &word, operator == "%%", false),
        _ => value,
    })
}

/// `value` without the part at its start or end that fits `pattern`.
fn without(value: &str, pattern: &str, longest: bool, at_start: bool) -> String {
    let mut cuts: Vec<usize> = value.char_indices().map(|(at, _)| at).chain([value.len()]).collect();
    if longest == at_start {
        cuts.reverse();
    }
    for cut in cuts {
        let (head, tail) = value.split_at(cut);
        let (cut_off, rest) = if at_start { (head, tail) } else { (tail, head) };
        if is_pattern_match(pattern, cut_off) {
            return rest.to_owned();
        }
    }
    value.to_owned()
}

/// Adds a part to a field, and the fields that it ends; how long it is.
fn add_part(
    part: &Part,
    field: &mut Field,
    fields: &mut Vec<Field>,
    environment: &mut Environment,
    results: &mut VecDeque<String>,
) -> Result<usize, String> {
    let text = part_text(part, environment, results)?;
    let (quoted, splits) = match part {
        Part::Text { quoted, .. } => (*quoted, false),
        Part::Variable { quoted, .. } | Part::Substitution { quoted, .. } => (*quoted, !quoted),
        Part::Arithmetic(_) => (true, false),
    };
    if !quoted && text.contains(['*', '?', '[']) {
        field.is_pattern = true;
    }
    if !splits {
        field.text.push_str(&text);
        field.exists |= quoted || !text.is_empty();
        return Ok(text.len());
    }
    let mut words = text.split_whitespace();
    if text.starts_with(char::is_whitespace) {
        finish(std::mem::take(field), fields);
    }
    if let Some(first) = words.next() {
        field.text.push_str(first);
        field.exists = true;
    }
    for word in words {
        let is_pattern = word.contains(['*', '?', '[']);
        let next = Field { text: word.to_owned(), exists: true, is_pattern };
        finish(std::mem::replace(field, next), fields);
    }
    if text.ends_with(char::is_whitespace) {
        finish(std::mem::take(field), fields);
    }
    Ok(text.len())
}

fn finish(field: Field, fields: &mut Vec<Field>) {
    if field.exists {
        fields.push(field);
    }
}

/// The files that fit a field; the field itself when it is no pattern or none fits.
fn files_of(field: Field, world: &World<'_>) -> Vec<String> {
    if !field.is_pattern {
        return vec![field.text];
    }
    let depth = field.text.matches('/').count();
    let found: Vec<String> = world
        .files
        .iter()
        .map(|(path, _)| path)
        .filter(|path| path.matches('/').count() == depth && is_pattern_match(&field.text, path))
        .map(str::to_owned)
        .collect();
    if found.is_empty() { vec![field.text] } else { found }
}

/// Whether `text` fits a pattern of `*`, `?` and `[…]`.
pub(crate) fn is_pattern_match(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut from) = (0, 0);
    // Where the last star stood, and how much of the text it has taken so far.
    let mut star: Option<(usize, usize)> = None;
    while from < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, from));
                at += 1;
                continue;
            }
            Some('[') => {
                if let Some(length) = class_match(pattern.get(at..).unwrap_or_default(), text.get(from).copied()) {
                    at += length;
                    from += 1;
                    continue;
                }
            }
            Some(wanted) if *wanted == '?' || Some(wanted) == text.get(from) => {
                at += 1;
                from += 1;
                continue;
            }
            _ => {}
        }
        let Some((star_at, taken)) = star else { return false };
        star = Some((star_at, taken + 1));
        at = star_at + 1;
        from = taken + 1;
    }
    pattern.get(at..).unwrap_or_default().iter().all(|c| *c == '*')
}

/// The length of the class `[…]` at the pattern's start, if the character is in it.
fn class_match(pattern: &[char], c: Option<char>) -> Option<usize> {
    let c = c?;
    let end = pattern.iter().skip(2).position(|c| *c == ']')? + 2;
    let mut inner = pattern.get(1..end)?;
    let negated = matches!(inner.first(), Some('!' | '^'));
    if negated {
        inner = inner.get(1..)?;
    }
    let mut found = false;
    let mut at = 0;
    while let Some(first) = inner.get(at) {
        match (inner.get(at + 1), inner.get(at + 2)) {
            (Some('-'), Some(last)) => {
                found |= (*first..=*last).contains(&c);
                at += 3;
            }
            _ => {
                found |= *first == c;
                at += 1;
            }
        }
    }
    (found != negated).then_some(end + 1)
}

/// A word per brace alternative: `{1..3}` and `{a,b}`, one of them a word.
fn braces(word: &Word) -> Vec<Word> {
    for (index, part) in word.0.iter().enumerate() {
        let Part::Text { text, quoted: false } = part else { continue };
        let Some((before, rest)) = text.split_once('{') else { continue };
        let Some((inner, after)) = rest.split_once('}') else { continue };
        let alternatives = alternatives(inner);
        if alternatives.is_empty() {
            continue;
        }
        return alternatives
            .into_iter()
            .map(|middle| {
                let mut parts = word.0.clone();
                if let Some(part) = parts.get_mut(index) {
                    *part = Part::Text { text: format!("{before}{middle}{after}"), quoted: false };
                }
                Word(parts)
            })
            .collect();
    }
    vec![word.clone()]
}

/// The longest sequence that braces make.
const LONGEST_SEQUENCE: u64 = 10_000;

fn alternatives(inner: &str) -> Vec<String> {
    if let Some((first, last)) = inner.split_once("..") {
        let (Ok(first), Ok(last)) = (first.parse::<i64>(), last.parse::<i64>()) else { return Vec::new() };
        if first.abs_diff(last) > LONGEST_SEQUENCE {
            return Vec::new();
        }
        if first <= last {
            return (first..=last).map(|n| n.to_string()).collect();
        }
        return (last..=first).rev().map(|n| n.to_string()).collect();
    }
    if inner.contains(',') { inner.split(',').map(str::to_owned).collect() } else { Vec::new() }
}
