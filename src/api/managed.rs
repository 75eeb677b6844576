//! Which fields a manager has set, and how objects are merged field by field: what server-side apply is made of.
//!
//! Models sigs.k8s.io/structured-merge-diff/v6. Its schema is [`super::schema`]: which lists are maps, by which keys, and what
//! is taken as a whole.
//!
//! ```
//! use hellok8s_lab::api::{Kind, managed};
//! use serde_json::json;
//!
//! let config = json!({"spec": {"replicas": 2, "template": {"spec": {"containers": [{"name": "web", "image": "nginx"}]}}}});
//! let fields = managed::fields_of(Kind::Deployment, &config);
//! let paths: Vec<String> = fields.paths().iter().map(|path| managed::path_text(path)).collect();
//! assert!(paths.contains(&r#".spec.template.spec.containers[name="web"].image"#.to_owned()));
//! ```

mod check;
mod compare;
mod fields;
mod merge;
mod place;

#[cfg(test)]
mod tests;

pub use check::undeclared;
pub use compare::{Comparison, compare};
pub use fields::{FieldSet, Path, Step, path_text};
pub use merge::{merge, without};

use serde_json::Value;

use super::Kind;
use place::{Atom, Items, Place};

/// The fields that `value` says something about. Models typed/tofieldset.go.
pub fn fields_of(kind: Kind, value: &Value) -> FieldSet {
    below(Place::of_kind(kind), value).1
}

/// `fields` with the structs on the way to each of them. Models fieldpath/set.go EnsureNamedFieldsAreMembers.
pub fn with_structs(kind: Kind, fields: &FieldSet) -> FieldSet {
    named(Place::of_kind(kind), fields)
}

/// Whether a value is a field of its own, and the fields in it.
fn below(place: Place, value: &Value) -> (bool, FieldSet) {
    let mut fields = FieldSet::default();
    match place.atom(value) {
        Atom::Scalar | Atom::List { items: Items::Atomic, .. } | Atom::Map { is_atomic: true, .. } => {
            return (true, fields);
        }
        Atom::List { items, element } => {
            for item in value.as_array().into_iter().flatten() {
                if let Some(step) = items.step(item) {
                    fields.put(step, true, below(element, item).1);
                }
            }
        }
        Atom::Map { entries, .. } => {
            for (name, entry) in value.as_object().into_iter().flatten() {
                let (is_field, inner) = below(entries.place(name), entry);
                let is_empty = entry.is_null() || entry.as_object().is_some_and(serde_json::Map::is_empty);
                let is_field = is_field || is_empty || !entries.declares(name);
                fields.put(Step::Field(name.clone()), is_field, inner);
            }
        }
    }
    (false, fields)
}

fn named(place: Place, fields: &FieldSet) -> FieldSet {
    let mut all = FieldSet::default();
    for (step, is_member, inner) in fields.entries() {
        let is_struct = matches!((step, place.entries()), (Step::Field(name), Some(entries)) if entries.declares(name));
        let has_inner = !inner.is_empty();
        all.put(step.clone(), is_member || is_struct && has_inner, named(place.at(step), inner));
    }
    all
}
