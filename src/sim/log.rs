//! An append-only log whose copies share what is already written.

use std::sync::Arc;

/// Entries a sealed part holds.
const PART: usize = 64;

/// A log. A copy costs a pointer for every 64 entries, so that each checkpoint of the simulation can hold one.
#[derive(Clone, Debug)]
pub struct Log<T> {
    /// Parts at the beginning that are not held any more: see [`Log::forget`].
    forgotten: usize,
    sealed: Vec<Arc<[T]>>,
    tail: Vec<T>,
}

impl<T> Default for Log<T> {
    fn default() -> Self {
        Self { forgotten: 0, sealed: Vec::new(), tail: Vec::new() }
    }
}

impl<T: Clone> Log<T> {
    /// Appends `entry`.
    pub fn push(&mut self, entry: T) {
        self.tail.push(entry);
        if self.tail.len() == PART {
            self.sealed.push(Arc::from(std::mem::take(&mut self.tail)));
        }
    }

    /// How many entries have been written.
    pub fn len(&self) -> usize {
        self.tail_begins() + self.tail.len()
    }

    /// How many entries stand before the tail.
    fn tail_begins(&self) -> usize {
        (self.forgotten + self.sealed.len()) * PART
    }

    /// Whether nothing has been written.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entry at `index`, counted from the log's beginning; none where it is not held.
    pub fn get(&self, index: usize) -> Option<&T> {
        match index.checked_sub(self.tail_begins()) {
            Some(at) => self.tail.get(at),
            None => self.sealed.get((index / PART).checked_sub(self.forgotten)?)?.get(index % PART),
        }
    }

    /// Lets go of the oldest part that is held, if nothing in it is at `index` or later. A part at a time, because the
    /// objects in it go with it, and many of them at once would take long.
    pub fn forget(&mut self, index: usize) {
        if !self.sealed.is_empty() && (self.forgotten + 1) * PART <= index {
            self.sealed.remove(0);
            self.forgotten += 1;
        }
    }

    /// Lets go of the oldest part that is held, if nothing in it is at `index` or later and its last entry is old.
    pub fn forget_while(&mut self, index: usize, is_old: impl Fn(&T) -> bool) {
        let end = (self.forgotten + 1) * PART;
        if end <= index && self.get(end - 1).is_some_and(is_old) {
            self.forget(index);
        }
    }

    /// Lets go of what `other` does not hold any more.
    pub fn forget_as(&mut self, other: &Self) {
        let spare = other.forgotten.saturating_sub(self.forgotten).min(self.sealed.len());
        self.sealed.drain(..spare);
        self.forgotten += spare;
    }

    /// Whether its beginning is not held any more.
    pub fn is_thinned(&self) -> bool {
        self.forgotten > 0
    }

    /// The entries from `index` on.
    pub fn since(&self, index: usize) -> impl Iterator<Item = &T> {
        (index..self.len()).filter_map(|at| self.get(at))
    }

    /// All entries that are held.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.sealed.iter().flat_map(|part| part.iter()).chain(self.tail.iter())
    }

    /// The number of entries at the log's beginning for which `before` holds; entries must be ordered by it.
    pub fn partition_point(&self, before: impl Fn(&T) -> bool) -> usize {
        let (mut low, mut high) = (self.forgotten * PART, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.get(middle).is_some_and(&before) { low = middle + 1 } else { high = middle }
        }
        low
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_share_and_go_their_own_ways() {
        let mut log = Log::default();
        (0..1300).for_each(|n| log.push(n));
        let mut copy = log.clone();
        copy.push(9999);
        assert_eq!((log.len(), copy.len()), (1300, 1301));
        assert_eq!(log.since(1298).copied().collect::<Vec<_>>(), [1298, 1299]);
        assert_eq!(copy.get(1300), Some(&9999));
        assert_eq!(log.iter().count(), 1300);
        assert_eq!(log.partition_point(|n| *n < 700), 700);
    }

    #[test]
    fn what_is_forgotten_leaves_the_others_where_they_were() {
        let mut log = Log::default();
        (0..200).for_each(|n| log.push(n));
        let copy = log.clone();
        log.forget(63);
        assert_eq!(log.get(0), Some(&0));
        (0..9).for_each(|_| log.forget(140));
        assert_eq!(
            (log.len(), log.get(127), log.get(128), log.get(199), log.get(200)),
            (200, None, Some(&128), Some(&199), None)
        );
        assert_eq!(log.since(0).count(), 72);
        assert_eq!(log.partition_point(|n| *n < 150), 150);
        assert_eq!(copy.get(0), Some(&0));
    }

    #[test]
    fn what_is_old_goes_by_parts() {
        let mut log = Log::default();
        (0..200).for_each(|n| log.push(n));
        log.forget_while(200, |n| *n < 63);
        assert!(!log.is_thinned());
        log.forget_while(63, |_| true);
        assert!(!log.is_thinned());
        log.forget_while(64, |n| *n < 64);
        assert!(log.is_thinned());
        assert_eq!((log.get(63), log.get(64), log.len()), (None, Some(&64), 200));
        let mut copy = log.clone();
        (0..9).for_each(|_| log.forget(150));
        copy.forget_as(&log);
        assert_eq!((copy.get(127), copy.get(128), copy.len()), (None, Some(&128), 200));
        Log::default().forget_as(&copy);
        copy.forget_as(&Log::default());
        assert_eq!(copy.iter().count(), 72);
    }
}
