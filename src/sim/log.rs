//! An append-only log whose copies share what is already written.

use std::sync::Arc;

/// Entries a sealed part holds.
const PART: usize = 64;

/// A log. A copy costs a pointer for every 64 entries, so that each checkpoint of the simulation can hold one.
#[derive(Clone, Debug)]
pub struct Log<T> {
    sealed: Vec<Arc<[T]>>,
    tail: Vec<T>,
}

impl<T> Default for Log<T> {
    fn default() -> Self {
        Self { sealed: Vec::new(), tail: Vec::new() }
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
        self.sealed.len() * PART + self.tail.len()
    }

    /// Whether nothing has been written.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entry at `index`, counted from the log's beginning.
    pub fn get(&self, index: usize) -> Option<&T> {
        match self.sealed.get(index / PART) {
            Some(part) => part.get(index % PART),
            None => self.tail.get(index - self.sealed.len() * PART),
        }
    }

    /// The entries from `index` on.
    pub fn since(&self, index: usize) -> impl Iterator<Item = &T> {
        (index..self.len()).filter_map(|at| self.get(at))
    }

    /// All entries.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.sealed.iter().flat_map(|part| part.iter()).chain(self.tail.iter())
    }

    /// The number of entries at the log's beginning for which `before` holds; entries must be ordered by it.
    pub fn partition_point(&self, before: impl Fn(&T) -> bool) -> usize {
        let (mut low, mut high) = (0, self.len());
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
}
