//! Names that Kubernetes makes: the alphabet without vowels, the hash behind `pod-template-hash`, and suffixes.

use crate::sim::Random;

/// What names are made of. No vowels, so that no words come out; nothing that looks like another character.
const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
/// Longest base to which a suffix is added: 63 less the suffix.
const MAX_BASE_LENGTH: usize = 58;
/// What FNV-1a starts from.
pub(crate) const FNV_OFFSET: u32 = 0x811c_9dc5;
const SUFFIX_LENGTH: usize = 5;

/// Writes `text` with the alphabet of names, character by character. Models rand.SafeEncodeString.
pub fn safe_encode(text: &str) -> String {
    let mut encoded: String = text.chars().map(|char| letter(u32::from(char) % 27)).collect();
    // Go sizes the result by bytes and fills it by characters.
    encoded.extend(std::iter::repeat_n('\0', text.len() - text.chars().count()));
    encoded
}

/// 32-bit FNV-1a: Go's fnv.New32a.
pub fn fnv32a(bytes: impl IntoIterator<Item = u8>) -> u32 {
    fnv32a_on(FNV_OFFSET, bytes)
}

/// Goes on with a hash that has seen other bytes.
pub(crate) fn fnv32a_on(hash: u32, bytes: impl IntoIterator<Item = u8>) -> u32 {
    bytes.into_iter().fold(hash, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// `base` and a random suffix of five characters. Models names.SimpleNameGenerator.
pub fn generate_name(base: &str, random: &mut Random) -> String {
    let mut end = base.len().min(MAX_BASE_LENGTH);
    while !base.is_char_boundary(end) {
        end -= 1;
    }
    let mut name = base.get(..end).unwrap_or_default().to_owned();
    name.extend((0..SUFFIX_LENGTH).map(|_| letter(random.below(27))));
    name
}

fn letter(index: u32) -> char {
    usize::try_from(index).ok().and_then(|index| ALPHABET.get(index)).map_or('b', |byte| char::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_base_is_cut_to_leave_room_for_the_suffix() {
        let mut random = Random::derive(1, "names");
        let name = generate_name(&"a".repeat(70), &mut random);
        assert_eq!(name.len(), 63);
        assert!(name.bytes().skip(58).all(|byte| ALPHABET.contains(&byte)), "{name}");
        assert_ne!(generate_name("web-", &mut random), generate_name("web-", &mut random));
    }
}
