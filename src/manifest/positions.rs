//! Where each value of a document stands in its file.

use std::collections::BTreeMap;

/// Line and column, both counted from one.
pub type Position = (usize, usize);

/// The places of a document's keys and values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Positions {
    pub(super) root: Place,
}

/// One value's place, and those below it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub key: Option<Position>,
    pub value: Position,
    pub children: Children,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Children {
    #[default]
    None,
    Fields(BTreeMap<String, Place>),
    Items(Vec<Place>),
}

impl Positions {
    /// Where the value at `path` begins. Paths are written as in Kubernetes' errors:
    /// `spec.template.spec.containers[0].image`, `metadata.labels[example.com/tier]`; the empty path is the document.
    pub fn of(&self, path: &str) -> Option<Position> {
        self.find(path).map(|place| place.value)
    }

    /// Where the key of the value at `path` begins; an item of a list has none.
    pub fn of_key(&self, path: &str) -> Option<Position> {
        self.find(path).and_then(|place| place.key)
    }

    /// The place to show for a complaint about `path`: its key or item, or that of the closest thing around it that
    /// was written at all (what is missing has no place of its own).
    pub fn nearest(&self, path: &str) -> Position {
        let mut place = &self.root;
        let mut rest = path;
        while let Some((child, behind)) = place.step(rest) {
            place = child;
            rest = behind;
        }
        place.key.unwrap_or(place.value)
    }

    fn find(&self, path: &str) -> Option<&Place> {
        let mut place = &self.root;
        let mut rest = path;
        while !rest.is_empty() {
            (place, rest) = place.step(rest)?;
        }
        Some(place)
    }
}

impl Place {
    /// One step down `path`: the child, and the path that remains.
    fn step<'a, 'p>(&'a self, path: &'p str) -> Option<(&'a Self, &'p str)> {
        let path = path.strip_prefix('.').unwrap_or(path);
        if let Some(bracket) = path.strip_prefix('[') {
            let (inner, rest) = bracket.split_once(']')?;
            let child = match &self.children {
                Children::Items(items) => inner.parse::<usize>().ok().and_then(|index| items.get(index)),
                Children::Fields(fields) => fields.get(inner.trim_matches('"')),
                Children::None => None,
            };
            return child.map(|child| (child, rest));
        }
        let Children::Fields(fields) = &self.children else { return None };
        // A key may itself contain dots, so the longest one that fits is meant.
        let ends = path.char_indices().filter(|(_, c)| matches!(c, '.' | '[')).map(|(at, _)| at);
        let ends: Vec<usize> = ends.chain([path.len()]).collect();
        ends.into_iter().rev().find_map(|end| fields.get(&path[..end]).map(|child| (child, &path[end..])))
    }
}
