//! Patterns of `*`, `?` and `[…]`, and braces.

use crate::script::language::{Part, Word};

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
            Some('\\') if at + 1 < pattern.len() && pattern.get(at + 1) == text.get(from) => {
                at += 2;
                from += 1;
                continue;
            }
            Some('\\') if at + 1 < pattern.len() => {}
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
    let end = class_end(pattern)?;
    let mut inner = pattern.get(1..end)?;
    let negated = matches!(inner.first(), Some('!' | '^'));
    if negated {
        inner = inner.get(1..)?;
    }
    let mut found = false;
    let mut at = 0;
    while let Some(first) = inner.get(at) {
        if let Some((length, fits)) = named_class(inner.get(at..).unwrap_or_default(), c) {
            found |= fits;
            at += length;
            continue;
        }
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

/// Where the `]` stands that ends a class.
fn class_end(pattern: &[char]) -> Option<usize> {
    let mut at = if matches!(pattern.get(1), Some('!' | '^')) { 3 } else { 2 };
    loop {
        match pattern.get(at)? {
            ']' if pattern.get(at - 1) != Some(&':') || at < 4 => return Some(at),
            ']' if pattern.get(..at)?.windows(2).filter(|two| **two == ['[', ':']).count() == 0 => return Some(at),
            _ => at += 1,
        }
    }
}

/// `[:digit:]` and its like at the beginning of `inner`: how long it is, and whether `c` is in it.
fn named_class(inner: &[char], c: char) -> Option<(usize, bool)> {
    let text: String = inner.iter().take(12).collect();
    let (name, _) = text.strip_prefix("[:")?.split_once(":]")?;
    let fits = match name {
        "alpha" => c.is_alphabetic(),
        "digit" => c.is_ascii_digit(),
        "alnum" => c.is_alphanumeric(),
        "upper" => c.is_uppercase(),
        "lower" => c.is_lowercase(),
        "space" => c.is_whitespace(),
        "blank" => c == ' ' || c == '\t',
        "punct" => c.is_ascii_punctuation(),
        "xdigit" => c.is_ascii_hexdigit(),
        _ => return None,
    };
    Some((name.len() + 4, fits))
}

/// Where the shortest and the longest beginning of `text` end that fit the pattern, in characters.
pub(super) fn prefix_ends(pattern: &str, text: &[char]) -> Option<(usize, usize)> {
    let pattern: Vec<char> = pattern.chars().collect();
    // The places in the pattern at which a beginning may have arrived.
    let mut places = vec![false; pattern.len() + 1];
    if let Some(first) = places.first_mut() {
        *first = true;
    }
    let mut found: Option<(usize, usize)> = None;
    for end in 0..=text.len() {
        for at in 0..pattern.len() {
            if pattern.get(at) == Some(&'*') && places.get(at) == Some(&true) {
                places.iter_mut().skip(at + 1).take(1).for_each(|place| *place = true);
            }
        }
        if places.last() == Some(&true) {
            found = Some((found.map_or(end, |(shortest, _)| shortest), end));
        }
        let mut next = vec![false; pattern.len() + 1];
        for at in (0..pattern.len()).filter(|at| places.get(*at) == Some(&true)) {
            let taken = match (pattern.get(at), text.get(end)) {
                (_, None) | (None, _) => continue,
                (Some('*'), _) => Some(0),
                (Some('?'), _) => Some(1),
                (Some('['), c) if class_end(pattern.get(at..).unwrap_or_default()).is_some() => {
                    class_match(pattern.get(at..).unwrap_or_default(), c.copied())
                }
                (Some('\\'), c) if at + 1 < pattern.len() => (pattern.get(at + 1) == c).then_some(2),
                (wanted, c) => (wanted == c).then_some(1),
            };
            if let Some(place) = taken.and_then(|length| next.get_mut(at + length)) {
                *place = true;
            }
        }
        if !next.contains(&true) {
            break;
        }
        places = next;
    }
    found
}

/// A piece of a word: a character outside of quotes, or what is no such character.
#[derive(Clone, Copy)]
enum Atom<'a> {
    Plain(char),
    Other(&'a Part),
}

/// A word for each alternative of its braces: `{1..3}` and `{a,b}`.
pub(super) fn braces(word: &Word) -> Vec<Word> {
    let is_candidate =
        word.0.iter().any(|part| matches!(part, Part::Text { text, quoted: false } if text.contains('{')));
    if !is_candidate {
        return vec![word.clone()];
    }
    let mut atoms = Vec::new();
    for part in &word.0 {
        match part {
            Part::Text { text, quoted: false } => atoms.extend(text.chars().map(Atom::Plain)),
            other => atoms.push(Atom::Other(other)),
        }
    }
    let mut left = MOST_WORDS;
    expanded(&atoms, &mut left, 0).into_iter().map(|atoms| word_of(&atoms)).collect()
}

/// How many words braces make at most.
const MOST_WORDS: usize = 10_001;

/// How deep braces may stand in one another.
const DEEPEST: usize = 20;

fn is_plain(atom: &Atom<'_>, wanted: char) -> bool {
    matches!(atom, Atom::Plain(c) if *c == wanted)
}

fn expanded<'a>(atoms: &[Atom<'a>], left: &mut usize, depth: usize) -> Vec<Vec<Atom<'a>>> {
    for (open, _) in atoms.iter().enumerate().filter(|(_, atom)| is_plain(atom, '{')) {
        if depth > DEEPEST {
            break;
        }
        let Some(alternatives) = alternatives(atoms.get(open + 1..).unwrap_or_default()) else { continue };
        let (close, alternatives) = alternatives;
        let before = atoms.get(..open).unwrap_or_default();
        let after = expanded(atoms.get(open + 2 + close..).unwrap_or_default(), left, depth + 1);
        let mut words = Vec::new();
        for alternative in alternatives {
            for middle in expanded(&alternative, left, depth + 1) {
                for after in &after {
                    if words.len() >= *left {
                        return vec![atoms.to_vec()];
                    }
                    words.push([before, &middle, after].concat());
                }
            }
        }
        return words;
    }
    vec![atoms.to_vec()]
}

/// Where the brace closes, and what stands between its commas.
fn alternatives<'a>(atoms: &[Atom<'a>]) -> Option<(usize, Vec<Vec<Atom<'a>>>)> {
    let mut parts = vec![Vec::new()];
    let mut depth = 0_usize;
    for (at, atom) in atoms.iter().enumerate() {
        match atom {
            Atom::Plain('}') if depth == 0 => {
                if let [only] = parts.as_slice() {
                    return Some((at, sequence(only)?));
                }
                return Some((at, parts));
            }
            Atom::Plain(',') if depth == 0 => {
                parts.push(Vec::new());
                continue;
            }
            Atom::Plain('{') => depth += 1,
            Atom::Plain('}') => depth -= 1,
            _ => {}
        }
        parts.last_mut()?.push(*atom);
    }
    None
}

/// `1..9`, `09..1`, `a..e`, `1..9..2`
fn sequence<'a>(atoms: &[Atom<'a>]) -> Option<Vec<Vec<Atom<'a>>>> {
    let text: String = atoms.iter().map(|atom| if let Atom::Plain(c) = atom { *c } else { '{' }).collect();
    let mut ends = text.split("..");
    let (first, last, step) = (ends.next()?, ends.next()?, ends.next());
    if ends.next().is_some() {
        return None;
    }
    let step = step.map_or(Some(1), |step| step.parse::<i64>().ok())?.unsigned_abs().max(1);
    let letter = |text: &str| {
        let mut chars = text.chars();
        chars
            .next()
            .filter(char::is_ascii_alphabetic)
            .filter(|_| chars.next().is_none())
            .map(|c| i64::from(u32::from(c)))
    };
    let is_padded =
        |text: &str| text.trim_start_matches('-').starts_with('0') && text.trim_start_matches('-').len() > 1;
    let (from, to, width) = match (first.parse::<i64>(), last.parse::<i64>()) {
        (Ok(from), Ok(to)) => {
            let width = if is_padded(first) || is_padded(last) { first.len().max(last.len()) } else { 0 };
            (from, to, Some(width))
        }
        _ => (letter(first)?, letter(last)?, None),
    };
    let count = usize::try_from(from.abs_diff(to) / step).ok().filter(|count| *count < MOST_WORDS)?;
    let step = i64::try_from(step).ok()?;
    let step = if from <= to { step } else { -step };
    let value = |at: usize| {
        let number = from.saturating_add(step.saturating_mul(i64::try_from(at).unwrap_or(0)));
        match width {
            Some(width) => format!("{number:0width$}"),
            None => u32::try_from(number).ok().and_then(char::from_u32).map(String::from).unwrap_or_default(),
        }
    };
    Some((0..=count).map(|at| value(at).chars().map(Atom::Plain).collect()).collect())
}

fn word_of(atoms: &[Atom<'_>]) -> Word {
    let mut parts: Vec<Part> = Vec::new();
    for atom in atoms {
        match (atom, parts.last_mut()) {
            (Atom::Plain(c), Some(Part::Text { text, quoted: false })) => text.push(*c),
            (Atom::Plain(c), _) => parts.push(Part::Text { text: c.to_string(), quoted: false }),
            (Atom::Other(part), _) => parts.push((*part).clone()),
        }
    }
    Word(parts)
}
