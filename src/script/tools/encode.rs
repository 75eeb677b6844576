//! `base64` and `envsubst`: texts in another form.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::filter::{Options, contents};
use super::{Context, usage};
use crate::script::{Io, Poll, Process, Started, World};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A program that makes one text of another.
#[derive(Clone)]
struct Transform {
    file: Option<String>,
    name: &'static str,
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    /// With lines of this width; 0 means one line.
    Encode(usize),
    Decode,
    /// With these variables, of which only some may be meant.
    Substitute(Arc<BTreeMap<String, String>>, Option<Vec<String>>),
}

/// `base64`, `base64 -d`, `base64 -w0 FILE`
pub(super) fn base64(rest: &[String], _: &Context) -> Started {
    let long = [("decode", 'd'), ("wrap", 'w'), ("ignore-garbage", 'i')];
    let options = Options::read("base64", rest, "dDi", "w", &long)?;
    let width = match options.value('w').map(str::parse) {
        None => 76,
        Some(Ok(width)) => width,
        Some(Err(_)) => {
            let value = options.value('w').unwrap_or_default();
            return Err(usage(format!("base64: invalid wrap size: '{value}'\n"), 1));
        }
    };
    let kind = if options.has('d') || options.has('D') { Kind::Decode } else { Kind::Encode(width) };
    Ok(Box::new(Transform { file: options.operands.first().cloned(), name: "base64", kind }))
}

/// `envsubst`, `envsubst '$A $B'`
pub(super) fn envsubst(rest: &[String], context: &Context) -> Started {
    let options = Options::read("envsubst", rest, "v", "", &[("variables", 'v')])?;
    let only = options.operands.first().map(|format| names(format));
    Ok(Box::new(Transform {
        file: None,
        name: "envsubst",
        kind: Kind::Substitute(Arc::clone(&context.variables), only),
    }))
}

impl Process for Transform {
    fn poll(&mut self, world: &mut World<'_>, io: &mut Io) -> Poll {
        let text = match self.file.as_deref().filter(|file| *file != "-") {
            Some(file) => match contents(self.name, file, world) {
                Ok(text) => text,
                Err(error) => {
                    io.err(error);
                    return Poll::Exited(1);
                }
            },
            None => match io.read_all() {
                Some(text) => text,
                None => return Poll::Waiting,
            },
        };
        match &self.kind {
            Kind::Encode(width) => {
                let encoded = encoded(text.as_bytes());
                if *width == 0 {
                    io.out(encoded);
                } else {
                    let characters: Vec<char> = encoded.chars().collect();
                    for line in characters.chunks(*width) {
                        io.out(line.iter().collect::<String>() + "\n");
                    }
                }
            }
            Kind::Decode => {
                let (bytes, is_whole) = decoded(&text);
                io.out(String::from_utf8_lossy(&bytes));
                if !is_whole {
                    io.err("base64: invalid input\n");
                    return Poll::Exited(1);
                }
            }
            Kind::Substitute(variables, only) => io.out(substituted(&text, variables, only.as_deref())),
        }
        Poll::Exited(0)
    }
}

fn encoded(bytes: &[u8]) -> String {
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
        let bits = (byte(0) << 16) | (byte(1) << 8) | byte(2);
        for at in 0..4_usize {
            let place = usize::try_from((bits >> (18 - 6 * at)) & 63).unwrap_or(0);
            let letter = ALPHABET.get(place).copied().unwrap_or(b'=');
            text.push(if at <= three.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

/// What a text stands for, up to where it is wrong; and whether it is right.
fn decoded(text: &str) -> (Vec<u8>, bool) {
    let (mut bytes, mut bits, mut count, mut padding) = (Vec::new(), 0_u32, 0, 0);
    for letter in text.bytes().filter(|byte| *byte != b'\n') {
        if letter == b'=' {
            padding += 1;
            continue;
        }
        let place = ALPHABET.iter().position(|known| *known == letter).and_then(|place| u32::try_from(place).ok());
        let Some(place) = place.filter(|_| padding == 0) else { return (bytes, false) };
        bits = (bits << 6) | place;
        count += 1;
        if count == 4 {
            bytes.extend(bits.to_be_bytes().into_iter().skip(1));
            (bits, count) = (0, 0);
        }
    }
    match count {
        2 => bytes.extend((bits << 12).to_be_bytes().into_iter().skip(1).take(1)),
        3 => bytes.extend((bits << 6).to_be_bytes().into_iter().skip(1).take(2)),
        _ => {}
    }
    (bytes, count != 1 && (count + padding) % 4 == 0)
}

/// The variables that a text names: `$A`, `${B}`.
fn names(text: &str) -> Vec<String> {
    text.split('$').skip(1).filter_map(|rest| name(rest).map(|(name, _)| name.to_owned())).collect()
}

/// The name that stands behind a dollar, and how long it is with its braces.
fn name(rest: &str) -> Option<(&str, usize)> {
    let inner = rest.strip_prefix('{');
    let text = inner.unwrap_or(rest);
    let length = text.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
    let name = text.get(..length).filter(|name| crate::script::language::is_name(name))?;
    match inner {
        Some(inner) => inner.get(length..)?.starts_with('}').then_some((name, length + 2)),
        None => Some((name, length)),
    }
}

fn substituted(text: &str, variables: &BTreeMap<String, String>, only: Option<&[String]>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        match name(after).filter(|(name, _)| only.is_none_or(|only| only.iter().any(|known| known == name))) {
            Some((name, length)) => {
                out.push_str(variables.get(name).map_or("", String::as_str));
                rest = after.get(length..).unwrap_or_default();
            }
            None => {
                out.push('$');
                rest = after;
            }
        }
    }
    out + rest
}
