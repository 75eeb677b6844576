//! A cache that forgets what was not used for longest. Models k8s.io/utils/lru.

use std::sync::Arc;

use crate::sim::SharedMap;

/// At most `capacity` values by key. Copies share what has not been used since: each checkpoint of the simulation holds
/// one.
#[derive(Clone, Debug)]
pub(super) struct Lru<V> {
    capacity: usize,
    values: SharedMap<Arc<str>, (u64, V)>,
    by_use: SharedMap<u64, Arc<str>>,
    uses: u64,
}

impl<V: Clone> Lru<V> {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, values: SharedMap::default(), by_use: SharedMap::default(), uses: 0 }
    }

    /// The value of `key`, which counts as used.
    pub(super) fn get(&mut self, key: &str) -> Option<&V> {
        let entry = self.values.get_mut(key)?;
        self.uses += 1;
        if let Some(name) = self.by_use.remove(&entry.0) {
            self.by_use.insert(self.uses, name);
        }
        entry.0 = self.uses;
        Some(&entry.1)
    }

    /// Sets the value of `key`, and forgets the longest unused one when there are too many.
    pub(super) fn add(&mut self, key: &str, value: V) {
        self.uses += 1;
        if let Some(entry) = self.values.get_mut(key) {
            let (last_use, _) = std::mem::replace(entry, (self.uses, value));
            if let Some(name) = self.by_use.remove(&last_use) {
                self.by_use.insert(self.uses, name);
            }
            return;
        }
        let name: Arc<str> = Arc::from(key);
        self.values.insert(Arc::clone(&name), (self.uses, value));
        self.by_use.insert(self.uses, name);
        if self.values.len() > self.capacity
            && let Some(first) = self.by_use.first().map(|(use_number, _)| *use_number)
            && let Some(oldest) = self.by_use.remove(&first)
        {
            self.values.remove(&oldest);
        }
    }
}
