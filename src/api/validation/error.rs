//! What is wrong with one field, and the API's message about all of them.

use serde_json::Value;

use crate::api::Kind;
use crate::api::go_text::quote;

/// What kind of wrong; the `reason` of a cause in the API's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldErrorKind {
    /// Something that the field refers to does not exist.
    NotFound,
    /// A value is missing.
    Required,
    /// A value must occur once only.
    Duplicate,
    /// The value is malformed or out of bounds.
    Invalid,
    /// Not one of the listed values.
    NotSupported,
    /// Fine in itself, not allowed here.
    Forbidden,
    /// A text with too many bytes.
    TooLong,
    /// A list with too many items.
    TooMany,
}

/// The value that is complained about. Go prints its own strings with `%q` and everything else as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadValue {
    /// The kind of error does not show it.
    Hidden,
    /// A Go `string`.
    Text(String),
    /// JSON as Go writes it.
    Json(String),
}

/// What is wrong with one field. Models field.Error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Where: `spec.template.spec.containers[0].image`.
    pub field: String,
    /// What kind of wrong.
    pub kind: FieldErrorKind,
    /// The value found there.
    pub bad_value: BadValue,
    /// The explanation; may be empty.
    pub detail: String,
}

impl FieldErrorKind {
    /// The name in the API: `FieldValueInvalid`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "FieldValueNotFound",
            Self::Required => "FieldValueRequired",
            Self::Duplicate => "FieldValueDuplicate",
            Self::Invalid => "FieldValueInvalid",
            Self::NotSupported => "FieldValueNotSupported",
            Self::Forbidden => "FieldValueForbidden",
            Self::TooLong => "FieldValueTooLong",
            Self::TooMany => "FieldValueTooMany",
        }
    }

    /// The words in a message: `Invalid value`.
    fn words(self) -> &'static str {
        match self {
            Self::NotFound => "Not found",
            Self::Required => "Required value",
            Self::Duplicate => "Duplicate value",
            Self::Invalid => "Invalid value",
            Self::NotSupported => "Unsupported value",
            Self::Forbidden => "Forbidden",
            Self::TooLong => "Too long",
            Self::TooMany => "Too many",
        }
    }
}

impl FieldError {
    /// The message without the field. Models field.Error.ErrorBody.
    pub fn body(&self) -> String {
        let mut text = self.kind.words().to_owned();
        match &self.bad_value {
            BadValue::Hidden => {}
            BadValue::Text(value) => {
                text.push_str(": ");
                text.push_str(&quote(value));
            }
            BadValue::Json(value) => {
                text.push_str(": ");
                text.push_str(value);
            }
        }
        if !self.detail.is_empty() {
            text.push_str(": ");
            text.push_str(&self.detail);
        }
        text
    }

    /// The whole message. Models field.Error.Error.
    pub fn text(&self) -> String {
        format!("{}: {}", self.field, self.body())
    }
}

impl From<&str> for BadValue {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<i64> for BadValue {
    fn from(value: i64) -> Self {
        Self::Json(value.to_string())
    }
}

impl From<&Value> for BadValue {
    fn from(value: &Value) -> Self {
        Self::Json(go_json(value))
    }
}

/// The API's message for an object with errors; equal ones are told once. Models errors.NewInvalid.
pub fn invalid_message(kind: Kind, name: &str, errors: &[FieldError]) -> String {
    let mut texts: Vec<String> = Vec::new();
    for error in errors {
        let text = error.text();
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    let group = kind.group();
    let qualified = if group.is_empty() { kind.as_str().to_owned() } else { format!("{}.{group}", kind.as_str()) };
    let subject = format!("{qualified} {} is invalid", quote(name));
    match texts.as_slice() {
        [] => subject,
        [text] => format!("{subject}: {text}"),
        texts => format!("{subject}: [{}]", texts.join(", ")),
    }
}

/// Go's `json.Marshal`: as JSON everywhere, and `<`, `>`, `&` are escaped.
pub(super) fn go_json(value: &Value) -> String {
    let mut text = String::new();
    for c in value.to_string().chars() {
        match c {
            '<' => text.push_str("\\u003c"),
            '>' => text.push_str("\\u003e"),
            '&' => text.push_str("\\u0026"),
            '\u{2028}' => text.push_str("\\u2028"),
            '\u{2029}' => text.push_str("\\u2029"),
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(field: &str, bad_value: BadValue, detail: &str) -> FieldError {
        FieldError { field: field.into(), kind: FieldErrorKind::Invalid, bad_value, detail: detail.into() }
    }

    #[test]
    fn equal_errors_are_told_once() {
        let errors = [error("a", 1.into(), "x"), error("b", "q\"".into(), ""), error("a", 1.into(), "x")];
        assert_eq!(
            invalid_message(Kind::Deployment, "web", &errors),
            r#"Deployment.apps "web" is invalid: [a: Invalid value: 1: x, b: Invalid value: "q\""]"#
        );
        assert_eq!(invalid_message(Kind::Pod, "p", &errors[..1]), r#"Pod "p" is invalid: a: Invalid value: 1: x"#);
    }

    #[test]
    fn json_is_escaped_as_go_escapes_it() {
        assert_eq!(go_json(&serde_json::json!({"a": "<b>"})), r#"{"a":"\u003cb\u003e"}"#);
    }
}
