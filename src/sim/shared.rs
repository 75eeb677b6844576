//! A value that its copies share until one of them changes it.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What there is one empty value of, for all.
pub trait Empty: Clone + 'static {
    /// That value.
    const EMPTY: &'static Self;
}

impl<T: Clone + 'static> Empty for Vec<T> {
    const EMPTY: &'static Self = &Self::new();
}

impl<K: Clone + 'static, V: Clone + 'static> Empty for BTreeMap<K, V> {
    const EMPTY: &'static Self = &Self::new();
}

/// A value. A copy costs a pointer, and the empty value not even that; the first change after a copy copies the value.
pub struct Shared<T>(Option<Arc<T>>);

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> From<T> for Shared<T> {
    fn from(value: T) -> Self {
        Self(Some(Arc::new(value)))
    }
}

impl<K: Ord, V, const N: usize> From<[(K, V); N]> for Shared<BTreeMap<K, V>> {
    fn from(entries: [(K, V); N]) -> Self {
        BTreeMap::from(entries).into()
    }
}

impl<T: Empty> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_deref().unwrap_or(T::EMPTY)
    }
}

impl<T: Empty> DerefMut for Shared<T> {
    fn deref_mut(&mut self) -> &mut T {
        Arc::make_mut(self.0.get_or_insert_with(|| Arc::new(T::EMPTY.clone())))
    }
}

impl<T: Empty> Shared<T> {
    /// The empty value.
    pub const fn new() -> Self {
        Self(None)
    }

    /// The value, copied where others have it too.
    pub fn into_inner(self) -> T {
        self.0.map_or_else(|| T::EMPTY.clone(), Arc::unwrap_or_clone)
    }
}

impl<T: Empty + PartialEq> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(&raw const **self, &raw const **other) || **self == **other
    }
}

impl<T: Empty + Eq> Eq for Shared<T> {}

impl<T: Empty + fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(formatter)
    }
}

impl<T: Empty + Serialize> Serialize for Shared<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Shared<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::from)
    }
}

impl<T: Empty + FromIterator<I>, I> FromIterator<I> for Shared<T> {
    fn from_iter<S: IntoIterator<Item = I>>(items: S) -> Self {
        T::from_iter(items).into()
    }
}

impl<T: Empty + IntoIterator> IntoIterator for Shared<T> {
    type Item = T::Item;
    type IntoIter = T::IntoIter;

    fn into_iter(self) -> T::IntoIter {
        self.into_inner().into_iter()
    }
}

#[expect(clippy::into_iter_without_iter, reason = "it has the `iter` of what it derefs to")]
impl<'a, T: Empty> IntoIterator for &'a Shared<T>
where
    &'a T: IntoIterator,
{
    type Item = <&'a T as IntoIterator>::Item;
    type IntoIter = <&'a T as IntoIterator>::IntoIter;

    fn into_iter(self) -> Self::IntoIter {
        (**self).into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_share_until_one_changes() {
        let mut one: Shared<Vec<u8>> = [1, 2].into_iter().collect();
        let other = one.clone();
        assert!(std::ptr::eq(one.as_ptr(), other.as_ptr()));
        one.push(3);
        assert_eq!((one.as_slice(), other.as_slice()), (&[1, 2, 3][..], &[1, 2][..]));
        assert_ne!(one, other);
        assert_eq!(Shared::<Vec<u8>>::default(), Shared::from(Vec::new()));
        assert_eq!(one.into_inner(), [1, 2, 3]);
    }
}
