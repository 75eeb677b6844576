//! A field of the object under validation: what it holds and where it lies.

use serde_json::{Map, Value};

use super::error::{BadValue, FieldError, FieldErrorKind};
use crate::api::go_text::quote;

static ABSENT: Value = Value::Null;

/// A field, present or not. An absent one reads as Go's zero value.
#[derive(Clone, Debug)]
pub(super) struct Field<'a> {
    value: &'a Value,
    path: String,
}

impl<'a> Field<'a> {
    /// The object itself.
    pub(super) fn root(value: &'a Value) -> Self {
        Self { value, path: String::new() }
    }

    /// Its path.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// What it holds; null when absent.
    pub(super) fn value(&self) -> &'a Value {
        self.value
    }

    /// A field below, `.name`.
    pub(super) fn child(&self, name: &str) -> Self {
        let path = if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) };
        Self { value: self.value.get(name).unwrap_or(&ABSENT), path }
    }

    /// The value below a map's key, `[key]`.
    pub(super) fn key(&self, key: &str) -> Self {
        Self { value: self.value.get(key).unwrap_or(&ABSENT), path: format!("{}[{key}]", self.path) }
    }

    /// The item of a list, `[0]`.
    pub(super) fn index(&self, index: usize) -> Self {
        Self { value: self.value.get(index).unwrap_or(&ABSENT), path: format!("{}[{index}]", self.path) }
    }

    /// The same value reported under another name: Kubernetes' own paths are not always those of the manifest.
    pub(super) fn reported_as(&self, path: String) -> Self {
        Self { value: self.value, path }
    }

    /// A list's items.
    pub(super) fn items(&self) -> impl Iterator<Item = Field<'a>> + use<'a> {
        let this = self.clone();
        (0..self.len()).map(move |index| this.index(index))
    }

    /// A list's texts.
    pub(super) fn texts(&self) -> Vec<&'a str> {
        self.value.as_array().map(|items| items.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
    }

    /// A map's entries in the order of the keys.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        self.value
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.as_str(), value.as_str().unwrap_or_default()))
    }

    /// A map's keys in order.
    pub(super) fn keys(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.value.as_object().into_iter().flat_map(Map::keys).map(String::as_str)
    }

    /// How many items a list, or entries a map has.
    pub(super) fn len(&self) -> usize {
        match self.value {
            Value::Array(items) => items.len(),
            Value::Object(entries) => entries.len(),
            _ => 0,
        }
    }

    /// Whether it is present.
    pub(super) fn is_set(&self) -> bool {
        !self.value.is_null()
    }

    /// Its text; empty when absent.
    pub(super) fn text(&self) -> &'a str {
        self.value.as_str().unwrap_or_default()
    }

    /// Its number, when there is one.
    pub(super) fn number(&self) -> Option<i64> {
        self.value.as_i64()
    }

    /// Its number; 0 when absent.
    pub(super) fn int(&self) -> i64 {
        self.number().unwrap_or_default()
    }

    /// Its truth, when it is set.
    pub(super) fn flag(&self) -> Option<bool> {
        self.value.as_bool()
    }

    /// Whether it is set and true.
    pub(super) fn is_true(&self) -> bool {
        self.flag() == Some(true)
    }

    /// Its value is malformed or out of bounds.
    pub(super) fn invalid(&self, bad_value: impl Into<BadValue>, detail: impl Into<String>) -> FieldError {
        self.error(FieldErrorKind::Invalid, bad_value.into(), detail)
    }

    /// As [`Self::invalid`] with the field's own text as bad value.
    pub(super) fn invalid_text(&self, detail: impl Into<String>) -> FieldError {
        self.invalid(self.text(), detail)
    }

    /// As [`Self::invalid`] with the field's own value as bad value, in JSON.
    pub(super) fn invalid_value(&self, detail: impl Into<String>) -> FieldError {
        self.invalid(self.value, detail)
    }

    /// A value is missing.
    pub(super) fn required(&self, detail: impl Into<String>) -> FieldError {
        self.error(FieldErrorKind::Required, BadValue::Hidden, detail)
    }

    /// Not allowed here.
    pub(super) fn forbidden(&self, detail: impl Into<String>) -> FieldError {
        self.error(FieldErrorKind::Forbidden, BadValue::Hidden, detail)
    }

    /// The value has been there before.
    pub(super) fn duplicate(&self, bad_value: impl Into<BadValue>) -> FieldError {
        self.error(FieldErrorKind::Duplicate, bad_value.into(), "")
    }

    /// What the text names does not exist.
    pub(super) fn not_found(&self, name: &str) -> FieldError {
        self.error(FieldErrorKind::NotFound, name.into(), "")
    }

    /// None of `supported`, which are listed as given.
    pub(super) fn not_supported(&self, bad_value: impl Into<BadValue>, supported: &[&str]) -> FieldError {
        let listed: Vec<String> = supported.iter().map(|value| quote(value)).collect();
        self.error(FieldErrorKind::NotSupported, bad_value.into(), format!("supported values: {}", listed.join(", ")))
    }

    /// More than `most_bytes`.
    pub(super) fn too_long(&self, most_bytes: usize) -> FieldError {
        self.error(FieldErrorKind::TooLong, BadValue::Hidden, format!("may not be more than {most_bytes} bytes"))
    }

    /// More than `most` items.
    pub(super) fn too_many(&self, most: usize) -> FieldError {
        let count = i64::try_from(self.len()).unwrap_or(i64::MAX);
        self.error(FieldErrorKind::TooMany, count.into(), format!("must have at most {most} items"))
    }

    /// An error when the text is neither empty nor one of `supported`; `Required` when it is empty.
    pub(super) fn check_enum(&self, supported: &[&str], errors: &mut Vec<FieldError>) {
        if self.text().is_empty() {
            errors.push(self.required(""));
        } else if !supported.contains(&self.text()) {
            errors.push(self.not_supported(self.value, supported));
        }
    }

    /// An error when the number is negative. Models validation.ValidateNonnegativeField.
    pub(super) fn check_not_negative(&self, errors: &mut Vec<FieldError>) {
        if self.int() < 0 {
            errors.push(self.invalid(self.int(), "must be greater than or equal to 0"));
        }
    }

    /// One error for each complaint about the field's own text.
    pub(super) fn check_text(&self, complaints: Vec<String>, errors: &mut Vec<FieldError>) {
        errors.extend(complaints.into_iter().map(|complaint| self.invalid_text(complaint)));
    }

    fn error(&self, kind: FieldErrorKind, bad_value: BadValue, detail: impl Into<String>) -> FieldError {
        FieldError { field: self.path.clone(), kind, bad_value, detail: detail.into() }
    }
}
