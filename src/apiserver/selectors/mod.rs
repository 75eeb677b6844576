//! Which objects of a kind a list or a watch means: label and field selectors, as text.

mod fields;
mod labels;

pub use fields::FieldSelector;
pub use labels::LabelQuery;

use crate::api::{Kind, Object};

/// Both selectors of a request; the default selects everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selectors {
    /// By labels.
    pub labels: LabelQuery,
    /// By fields.
    pub fields: FieldSelector,
}

impl Selectors {
    /// Reads the selectors of a request for objects of a kind.
    ///
    /// # Errors
    /// What the API server says about the first one that it cannot read.
    pub fn parse(kind: Kind, labels: &str, fields: &str) -> Result<Self, String> {
        Ok(Self { labels: LabelQuery::parse(labels)?, fields: FieldSelector::parse(fields, kind)? })
    }

    /// Whether both select the object.
    pub fn matches(&self, object: &Object) -> bool {
        self.labels.matches(&object.metadata().labels) && self.fields.matches(object)
    }
}
