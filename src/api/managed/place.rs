//! Where in the schema a value stands, and what that says of it.

use serde_json::Value;

use super::Step;
use super::fields::Atomic;
use crate::api::Kind;
use crate::api::schema::{self, Relation, Shape, Type};

static GRANULAR: Relation = Relation::Granular;
static ATOMIC: Relation = Relation::Atomic;

/// A place in the schema. Models schema.TypeRef.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// A struct's.
    Struct(&'static Type),
    /// A field's or an element's.
    Shape(&'static Shape, &'static Relation),
    /// Of which the schema says nothing: the value says what it is.
    Unknown,
}

/// What a place holds. Models schema.Atom.
pub(super) enum Atom {
    Scalar,
    List { items: Items, element: Place },
    Map { is_atomic: bool, entries: Entries },
}

/// How the elements of a list are told apart.
#[derive(Clone, Copy)]
pub(super) enum Items {
    Atomic,
    Set,
    Keys(&'static [&'static str]),
}

/// What the entries of a map are.
#[derive(Clone, Copy)]
pub(super) enum Entries {
    /// A struct's fields.
    Fields(&'static Type),
    /// All of them the same.
    All(Place),
}

impl Place {
    pub(super) fn of_kind(kind: Kind) -> Self {
        if kind.is_custom() {
            return Self::Unknown;
        }
        let found = schema::of_kind(kind);
        if found.name == kind.as_str() { Self::Struct(found) } else { Self::Unknown }
    }

    /// What a value at this place is.
    pub(super) fn atom(self, value: &Value) -> Atom {
        match self {
            Self::Struct(of) => Atom::Map { is_atomic: of.is_atomic, entries: Entries::Fields(of) },
            Self::Unknown => deduced(value),
            Self::Shape(shape, relation) => match shape.pointee() {
                Shape::Struct(id) => {
                    let is_atomic = id.get().is_atomic || *relation == Relation::Atomic;
                    Atom::Map { is_atomic, entries: Entries::Fields(id.get()) }
                }
                Shape::Slice(inner) => {
                    let items = match relation {
                        Relation::Set => Items::Set,
                        Relation::Keys(keys) => Items::Keys(keys),
                        Relation::Atomic | Relation::Granular => Items::Atomic,
                    };
                    Atom::List { items, element: Self::inner(inner) }
                }
                Shape::Map(_, inner) => {
                    Atom::Map { is_atomic: *relation == Relation::Atomic, entries: Entries::All(Self::inner(inner)) }
                }
                Shape::ResourceList => Atom::Map { is_atomic: false, entries: Entries::All(Self::Unknown) },
                Shape::Raw => deduced(value),
                _ => Atom::Scalar,
            },
        }
    }

    fn inner(shape: &'static Shape) -> Self {
        let relation = if matches!(shape.pointee(), Shape::Slice(_)) { &ATOMIC } else { &GRANULAR };
        Self::Shape(shape, relation)
    }

    /// What the entries are where this place holds a map.
    pub(super) fn entries(self) -> Option<Entries> {
        match self.atom(&Value::Null) {
            Atom::Map { entries, .. } => Some(entries),
            _ => None,
        }
    }

    /// The place that one step leads to.
    pub(super) fn at(self, step: &Step) -> Self {
        match (self.atom(&Value::Null), step) {
            (Atom::Map { entries, .. }, Step::Field(name)) => entries.place(name),
            (Atom::List { element, .. }, _) => element,
            _ => Self::Unknown,
        }
    }

    /// The scalar that the schema has here.
    pub(super) fn scalar(self) -> Option<&'static Shape> {
        match self {
            Self::Shape(shape, _) => Some(shape.pointee()),
            _ => None,
        }
    }
}

fn deduced(value: &Value) -> Atom {
    match value {
        Value::Array(_) => Atom::List { items: Items::Atomic, element: Place::Unknown },
        Value::Object(_) => Atom::Map { is_atomic: false, entries: Entries::All(Place::Unknown) },
        _ => Atom::Scalar,
    }
}

impl Entries {
    pub(super) fn place(self, name: &str) -> Place {
        match self {
            Self::Fields(of) => {
                of.field(name).map_or(Place::Unknown, |field| Place::Shape(&field.shape, &field.relation))
            }
            Self::All(place) => place,
        }
    }

    /// Whether it is a struct with this field.
    pub(super) fn declares(self, name: &str) -> bool {
        matches!(self, Self::Fields(of) if of.field(name).is_some())
    }
}

/// The only key of a list that has a default.
const DEFAULT_KEY: (&str, &str) = ("protocol", "TCP");

impl Items {
    /// What tells an element from the others; none where a key is missing. Models typed/helpers.go listItemToPathElement.
    pub(super) fn step(self, item: &Value) -> Option<Step> {
        match self {
            Self::Atomic => None,
            Self::Set => Some(Step::Value(Atomic::of(item))),
            Self::Keys(keys) => {
                let key = |name: &&'static str| match item.get(*name) {
                    Some(value) => Some(((*name).to_owned(), Atomic::of(value))),
                    None if *name == DEFAULT_KEY.0 => {
                        Some(((*name).to_owned(), Atomic::Text(DEFAULT_KEY.1.to_owned())))
                    }
                    None => None,
                };
                keys.iter().map(key).collect::<Option<Vec<_>>>().map(Step::Key)
            }
        }
    }
}
