//! Reads the table of types: every struct that the lab's kinds reach in k8s.io/api 0.36.2, in Go's order.
//!
//! A line is a type: `[package.]Name field;field;…`. A field is `json[=Go]`, a mark for Go's `json` tag (`:` none,
//! `?` omitempty, `!` omitzero), a shape, `~` with the patch strategy, and `@` when it is newer than 1.22.
//! `^Name` is an inline struct. How server-side apply merges lists and maps is in lists.txt, taken from the OpenAPI schema of
//! 1.36: `Type !` is atomic, as is a map `field!`; `field=` is a set, `field=a,b` a list with these keys; other lists are atomic.
//! Shapes: nothing for `string`, `'Name` for a type made of it, `*` pointer,
//! `[` list, `{` map (`{Key:` with a named key), a capital for a struct, and the letters of [`letter`].

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::{Field, Omit, Patch, Relation, Shape, Type, TypeId};
use crate::api::Kind;

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::read(include_str!("types.txt"), include_str!("lists.txt")));

struct Table {
    types: Vec<Type>,
    none: Type,
    by_name: BTreeMap<&'static str, TypeId>,
}

pub(super) fn get(id: TypeId) -> &'static Type {
    // Ids are only made for lines of the table.
    TABLE.types.get(usize::from(id.0)).unwrap_or(&TABLE.none)
}

pub(super) fn find(name: &str) -> Option<TypeId> {
    TABLE.by_name.get(name).copied()
}

pub(super) fn of_kind(kind: Kind) -> &'static Type {
    // A user's kind may have the name of one of Kubernetes' own.
    let name = if kind.is_custom() { "CustomResource" } else { kind.as_str() };
    get(find(name).unwrap_or(TypeId(0)))
}

impl Table {
    fn read(text: &'static str, lists: &'static str) -> Self {
        let lists: BTreeMap<_, _> = lists.lines().filter_map(|line| line.split_once(' ')).collect();
        let mut by_name = BTreeMap::new();
        for (line, id) in text.lines().zip(0_u16..) {
            by_name.insert(split_name(line).1, TypeId(id));
        }
        let types = text.lines().map(|line| {
            let (package, name) = split_name(line);
            Reader { by_name: &by_name, package, lists: lists.get(name).copied().unwrap_or_default() }.line(line)
        });
        Self {
            types: types.collect(),
            none: Type { name: "", package: "", fields: Vec::new(), is_atomic: false },
            by_name,
        }
    }
}

/// Package and name of a line's type.
fn split_name(line: &'static str) -> (&'static str, &'static str) {
    let name = line.split(' ').next().unwrap_or_default();
    name.split_once('.').unwrap_or(("v1", name))
}

struct Reader<'a> {
    by_name: &'a BTreeMap<&'static str, TypeId>,
    package: &'static str,
    /// What lists.txt says of the type.
    lists: &'static str,
}

impl Reader<'_> {
    fn line(&self, line: &'static str) -> Type {
        let (package, name) = split_name(line);
        let fields = line.split_once(' ').map_or("", |(_, fields)| fields);
        let fields = fields.split(';').filter(|field| !field.is_empty()).map(|field| self.field(field));
        Type { name, package, fields: fields.collect(), is_atomic: self.lists == "!" }
    }

    fn field(&self, text: &'static str) -> Field {
        if let Some(name) = text.strip_prefix('^') {
            return Field {
                name: "",
                go_name: name.to_owned(),
                shape: self.shape(name),
                omit: Omit::Never,
                patch: Patch::default(),
                is_recent: false,
                relation: Relation::Granular,
            };
        }
        let (text, is_recent) = text.strip_suffix('@').map_or((text, false), |text| (text, true));
        let (text, patch) = text.split_once('~').map_or((text, None), |(text, patch)| (text, Some(patch)));
        let (names, rest) = text.split_at(text.find([':', '?', '!']).unwrap_or(text.len()));
        let (name, go_name) = names.split_once('=').unwrap_or((names, ""));
        let omit = match rest.get(..1) {
            Some("?") => Omit::Empty,
            Some("!") => Omit::Zero,
            _ => Omit::Never,
        };
        let shape = self.shape(rest.get(1..).unwrap_or_default());
        Field {
            name,
            relation: self.relation(name, &shape),
            go_name: if go_name.is_empty() { capitalised(name) } else { go_name.to_owned() },
            shape,
            omit,
            patch: patch.map(read_patch).unwrap_or_default(),
            is_recent,
        }
    }

    fn relation(&self, name: &str, shape: &Shape) -> Relation {
        let said =
            self.lists.split(' ').filter_map(|item| item.strip_prefix(name)).find(|rest| rest.starts_with(['=', '!']));
        match said.and_then(|said| said.strip_prefix('=')) {
            Some("") => Relation::Set,
            Some(keys) => Relation::Keys(keys.split(',').collect()),
            None if said == Some("!") || matches!(shape.pointee(), Shape::Slice(_)) => Relation::Atomic,
            None => Relation::Granular,
        }
    }

    fn shape(&self, text: &'static str) -> Shape {
        let mut chars = text.chars();
        let boxed = |rest| Box::new(self.shape(rest));
        match chars.next() {
            None => Shape::String(None),
            Some('*') => Shape::Pointer(boxed(chars.as_str())),
            Some('[') => Shape::Slice(boxed(chars.as_str())),
            Some('{') => match chars.as_str().split_once(':') {
                Some((key, value)) => Shape::Map(Some(key), boxed(value)),
                None => Shape::Map(None, boxed(chars.as_str())),
            },
            Some('\'') => Shape::String(Some(chars.as_str().split_once('.').unwrap_or((self.package, chars.as_str())))),
            Some('A'..='Z') => Shape::Struct(self.by_name.get(text).copied().unwrap_or(TypeId(u16::MAX))),
            Some(other) => letter(other),
        }
    }
}

fn letter(code: char) -> Shape {
    match code {
        'b' => Shape::Bool,
        'i' => Shape::Int32,
        'l' => Shape::Int64,
        'f' => Shape::Float,
        'y' => Shape::Bytes,
        'q' => Shape::Quantity,
        'o' => Shape::IntOrString,
        't' => Shape::Time,
        'u' => Shape::MicroTime,
        '%' => Shape::ResourceList,
        _ => Shape::Raw,
    }
}

/// `+` retains keys; behind it the merge key, or `.` for lists of plain values.
fn read_patch(text: &'static str) -> Patch {
    let (retains_keys, key) = text.strip_prefix('+').map_or((false, text), |key| (true, key));
    Patch { retains_keys, merges: !key.is_empty(), merge_key: Some(key).filter(|key| !matches!(*key, "" | ".")) }
}

fn capitalised(name: &str) -> String {
    let mut chars = name.chars();
    let first = chars.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}
