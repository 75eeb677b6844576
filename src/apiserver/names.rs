//! Uids and generated names: drawn from streams that depend on what is made and when, not on what was made before.

use std::collections::BTreeMap;

use super::Key;
use crate::api::Kind;
use crate::sim::{Random, SimTime};

/// The letters of generated names. Models apimachinery/pkg/util/rand: no vowels, and nothing that looks like one.
const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
/// Length of a generated suffix.
const SUFFIX: usize = 5;
/// The longest prefix that is kept before the suffix. Models apiserver/pkg/storage/names/generate.go.
const MAX_PREFIX: usize = 63 - SUFFIX;

/// Makes uids and names.
#[derive(Clone, Debug)]
pub struct Names {
    seed: u64,
    /// How often each stream was used within the present millisecond.
    used: (SimTime, BTreeMap<String, u32>),
}

impl Names {
    /// The names of the world with this seed.
    pub fn new(seed: u64) -> Self {
        Self { seed, used: (SimTime::ZERO, BTreeMap::new()) }
    }

    /// A uid for the object that is created now.
    pub fn uid(&mut self, kind: Kind, key: &Key, now: SimTime) -> String {
        let mut random = self.stream(format!("uid/{}/{key}", kind.as_str()), now);
        let mut bytes = [0_u8; 16];
        for chunk in bytes.chunks_mut(4) {
            chunk.copy_from_slice(&random.next_u32().to_be_bytes());
        }
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        let mut uid = String::with_capacity(36);
        for (at, byte) in bytes.iter().enumerate() {
            if matches!(at, 4 | 6 | 8 | 10) {
                uid.push('-');
            }
            uid.extend([byte >> 4, byte & 0x0f].into_iter().filter_map(|digit| char::from_digit(u32::from(digit), 16)));
        }
        uid
    }

    /// `prefix` with five random letters. Models apiserver/pkg/storage/names SimpleNameGenerator.
    pub fn generate(&mut self, kind: Kind, prefix: &str, now: SimTime) -> String {
        let random = &mut self.stream(format!("name/{}/{prefix}", kind.as_str()), now);
        let end = (0..=prefix.len().min(MAX_PREFIX)).rev().find(|end| prefix.is_char_boundary(*end)).unwrap_or(0);
        format!("{}{}", &prefix[..end], suffix(random))
    }

    /// Five random letters for a volume or the like that belongs to `owner`.
    pub fn suffix_for(&mut self, owner: &str, now: SimTime) -> String {
        suffix(&mut self.stream(format!("suffix/{owner}"), now))
    }

    fn stream(&mut self, name: String, now: SimTime) -> Random {
        if self.used.0 != now {
            self.used = (now, BTreeMap::new());
        }
        let stream = format!("{name}/{}", now.as_ms());
        let uses = self.used.1.entry(name).or_default();
        *uses += 1;
        Random::derive(self.seed, &format!("{stream}/{uses}"))
    }
}

fn suffix(random: &mut Random) -> String {
    (0..SUFFIX).filter_map(|_| LETTERS.get(random.below(27) as usize)).map(|letter| char::from(*letter)).collect()
}
