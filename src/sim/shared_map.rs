//! An ordered map whose copies share what has not changed since.

use std::borrow::Borrow;
use std::sync::Arc;

/// A map. A copy costs a pointer for every few dozen entries, and the first change of a part after that copies the part:
/// so each checkpoint of the simulation can hold one. A part holds `PART` entries at most: fewer where what changes lies
/// scattered among much that does not.
#[derive(Clone, Debug)]
pub struct SharedMap<K, V, const PART: usize = 64> {
    /// In order, none of them empty.
    parts: Vec<Arc<Vec<(K, V)>>>,
    len: usize,
}

impl<K, V, const PART: usize> Default for SharedMap<K, V, PART> {
    fn default() -> Self {
        Self { parts: Vec::new(), len: 0 }
    }
}

impl<K: Ord + Clone, V: Clone, const PART: usize> SharedMap<K, V, PART> {
    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The value of `key`.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let part = self.parts.get(self.part_of(key))?;
        let at = part.binary_search_by(|(known, _)| known.borrow().cmp(key)).ok()?;
        part.get(at).map(|(_, value)| value)
    }

    /// The value of `key`, to change it.
    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let at = self.part_of(key);
        let shared = self.parts.get_mut(at)?;
        let place = shared.binary_search_by(|(known, _)| known.borrow().cmp(key)).ok()?;
        Arc::make_mut(shared).get_mut(place).map(|(_, value)| value)
    }

    /// Puts `value` in, and answers the one in whose place it is now.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        // What comes behind everything else goes into the last part.
        let at = self.part_of(&key).min(self.parts.len().saturating_sub(1));
        let Some(part) = self.parts.get_mut(at) else {
            self.parts.push(Arc::new(vec![(key, value)]));
            self.len = 1;
            return None;
        };
        let part = Arc::make_mut(part);
        match part.binary_search_by(|(known, _)| known.cmp(&key)) {
            Ok(place) => part.get_mut(place).map(|(_, known)| std::mem::replace(known, value)),
            Err(place) => {
                part.insert(place, (key, value));
                if part.len() > PART {
                    let second = part.split_off(PART / 2);
                    self.parts.insert(at + 1, Arc::new(second));
                }
                self.len += 1;
                None
            }
        }
    }

    /// Takes the entry of `key` out.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let at = self.part_of(key);
        let shared = self.parts.get_mut(at)?;
        let place = shared.binary_search_by(|(known, _)| known.borrow().cmp(key)).ok()?;
        let part = Arc::make_mut(shared);
        let (_, value) = part.remove(place);
        if part.is_empty() {
            self.parts.remove(at);
        }
        self.len -= 1;
        Some(value)
    }

    /// The entries, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.parts.iter().flat_map(|part| part.iter()).map(|(key, value)| (key, value))
    }

    /// The first entry.
    pub fn first(&self) -> Option<(&K, &V)> {
        self.iter().next()
    }

    /// The keys, in order.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }

    /// The values, in their keys' order.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }

    /// The first part that ends with `key` or behind it: where it is if it is anywhere.
    fn part_of<Q: Ord + ?Sized>(&self, key: &Q) -> usize
    where
        K: Borrow<Q>,
    {
        self.parts.partition_point(|part| part.last().is_some_and(|(last, _)| last.borrow() < key))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn does_what_the_standard_library_s_map_does() {
        let mut random = crate::sim::Random::derive(1, "shared map");
        let (mut ours, mut theirs) = (SharedMap::<u32, u32>::default(), BTreeMap::new());
        let mut copies = Vec::new();
        for number in 0..6_000_u32 {
            let key = random.next_u32() % 700;
            if random.next_u32().is_multiple_of(if number < 4_000 { 3 } else { 2 }) {
                assert_eq!(ours.remove(&key), theirs.remove(&key));
            } else {
                assert_eq!(ours.insert(key, number), theirs.insert(key, number));
            }
            assert_eq!((ours.len(), ours.is_empty()), (theirs.len(), theirs.is_empty()));
            assert_eq!(ours.get(&(key / 2)), theirs.get(&(key / 2)));
            assert_eq!(ours.first(), theirs.first_key_value());
            if let (Some(ours), Some(theirs)) = (ours.get_mut(&(key / 3)), theirs.get_mut(&(key / 3))) {
                *ours += 1;
                *theirs += 1;
            }
            if number % 500 == 0 {
                assert!(ours.iter().eq(theirs.iter()), "{number}");
                copies.push((ours.clone(), theirs.clone()));
            }
        }
        theirs.keys().copied().collect::<Vec<_>>().iter().for_each(|key| assert!(ours.remove(key).is_some()));
        assert!(ours.is_empty() && ours.values().next().is_none());
        for (ours, theirs) in copies {
            assert!(ours.iter().eq(theirs.iter()), "a copy stays what it was");
        }
    }
}
