//! A cache that forgets what was not used for longest. Models k8s.io/utils/lru.

use crate::sim::SharedMap;

/// What stands for a key: the keys are sentences of hundreds of letters, of which the cache holds thousands.
type Digest = [u64; 2];

/// What is used lies scattered: of a cache of thousands a checkpoint copies a few small parts.
const PART: usize = 16;

/// At most `capacity` values by key. Copies share what has not been used since: each checkpoint of the simulation holds
/// one.
#[derive(Clone, Debug)]
pub(super) struct Lru<V> {
    capacity: usize,
    values: SharedMap<Digest, (u64, V), PART>,
    by_use: SharedMap<u64, Digest, PART>,
    uses: u64,
}

impl<V: Clone> Lru<V> {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, values: SharedMap::default(), by_use: SharedMap::default(), uses: 0 }
    }

    /// The value of `key`, which counts as used.
    pub(super) fn get(&mut self, key: &str) -> Option<&V> {
        let key = digest(key);
        let entry = self.values.get_mut(&key)?;
        self.uses += 1;
        self.by_use.remove(&entry.0);
        self.by_use.insert(self.uses, key);
        entry.0 = self.uses;
        Some(&entry.1)
    }

    /// Sets the value of `key`, and forgets the longest unused one when there are too many.
    pub(super) fn add(&mut self, key: &str, value: V) {
        let key = digest(key);
        self.uses += 1;
        if let Some((last_use, _)) = self.values.insert(key, (self.uses, value)) {
            self.by_use.remove(&last_use);
        }
        self.by_use.insert(self.uses, key);
        if self.values.len() > self.capacity
            && let Some((first, oldest)) = self.by_use.first().map(|(first, oldest)| (*first, *oldest))
        {
            self.by_use.remove(&first);
            self.values.remove(&oldest);
        }
    }
}

/// 128 bits in which no two keys of a simulation agree: FNV-1a over words of eight letters, twice, and the bits of each
/// stirred at the end.
fn digest(key: &str) -> Digest {
    let mut lanes = [0xcbf2_9ce4_8422_2325_u64 ^ key.len() as u64, 0x9e37_79b9_7f4a_7c15];
    for chunk in key.as_bytes().chunks(8) {
        let word = chunk.iter().fold(0_u64, |word, byte| (word << 8) | u64::from(*byte));
        lanes[0] = (lanes[0] ^ word).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23);
        lanes[1] = (lanes[1] ^ word).wrapping_mul(0xff51_afd7_ed55_8ccd).rotate_left(31);
    }
    lanes.map(|lane| {
        let lane = (lane ^ (lane >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        lane ^ (lane >> 33)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_differ_in_a_letter_have_other_digests() {
        let mut seen = std::collections::BTreeSet::new();
        for pod in 0..300 {
            for reason in ["Pulled", "Created", "Started", "Killing", "BackOff"] {
                for length in 0..20 {
                    let key = format!("kubeletminikubePoddefaultweb-{pod}{reason}{}", "x".repeat(length));
                    assert!(seen.insert(digest(&key)), "{key}");
                }
            }
        }
        let halves = |at: usize| seen.iter().map(|digest| digest[at]).collect::<std::collections::BTreeSet<_>>();
        assert_eq!((halves(0).len(), halves(1).len()), (seen.len(), seen.len()));
    }

    #[test]
    fn what_was_not_used_for_longest_goes() {
        let mut lru = Lru::new(2);
        lru.add("a", 1);
        lru.add("b", 2);
        assert_eq!(lru.get("a"), Some(&1));
        lru.add("c", 3);
        assert_eq!(["b", "a", "c"].map(|key| lru.get(key).copied()), [None, Some(1), Some(3)]);
        lru.add("a", 4);
        lru.add("d", 5);
        assert_eq!(["a", "c", "d"].map(|key| lru.get(key).copied()), [Some(4), None, Some(5)]);
    }
}
