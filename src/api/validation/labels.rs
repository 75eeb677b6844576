//! Labels, annotations and label selectors.
//!
//! Models staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/validation and pkg/labels.

use serde_json::Value;

use super::error::{FieldError, go_json};
use super::field::Field;
use super::names;

/// Every annotation's key and value together may have so many bytes.
const ANNOTATIONS_LENGTH: usize = 256 * 1024;

/// A label's key. Models ValidateLabelName.
pub(super) fn validate_label_name(name: &Field<'_>, errors: &mut Vec<FieldError>) {
    name.check_text(names::qualified_name(name.text()), errors);
}

/// A map of labels; every complaint is about the map as a whole. Models ValidateLabels.
pub(super) fn validate_labels(labels: &Field<'_>, errors: &mut Vec<FieldError>) {
    for (key, value) in labels.entries() {
        errors.extend(names::qualified_name(key).into_iter().map(|complaint| labels.invalid(key, complaint)));
        errors.extend(names::label_value(value).into_iter().map(|complaint| labels.invalid(value, complaint)));
    }
}

/// A map of annotations: upper case does not matter. Models ValidateAnnotations.
pub(super) fn validate_annotations(annotations: &Field<'_>, errors: &mut Vec<FieldError>) {
    let mut length = 0;
    for (key, value) in annotations.entries() {
        let complaints = names::qualified_name(&key.to_lowercase());
        errors.extend(complaints.into_iter().map(|complaint| annotations.invalid(key, complaint)));
        length += key.len() + value.len();
    }
    if length > ANNOTATIONS_LENGTH {
        errors.push(annotations.too_long(ANNOTATIONS_LENGTH));
    }
}

/// A label selector. Models ValidateLabelSelector with strict label values.
pub(super) fn validate_selector(selector: &Field<'_>, errors: &mut Vec<FieldError>) {
    validate_labels(&selector.child("matchLabels"), errors);
    for requirement in selector.child("matchExpressions").items() {
        validate_requirement(&requirement, errors);
    }
}

fn validate_requirement(requirement: &Field<'_>, errors: &mut Vec<FieldError>) {
    let operator = requirement.child("operator");
    let values = requirement.child("values");
    match operator.text() {
        text if is_set_operator(text) => validate_values(text, &values, errors),
        _ => errors.push(operator.invalid(operator.text(), "not a valid selector operator")),
    }
    validate_label_name(&requirement.child("key"), errors);
    for value in values.items() {
        value.check_text(names::label_value(value.text()), errors);
    }
}

/// Whether an operator of a requirement asks for membership, or for presence: those that label and node selectors share.
pub(super) fn is_set_operator(operator: &str) -> bool {
    matches!(operator, "In" | "NotIn" | "Exists" | "DoesNotExist")
}

/// Whether such an operator has the values that it needs.
pub(super) fn validate_values(operator: &str, values: &Field<'_>, errors: &mut Vec<FieldError>) {
    match operator {
        "In" | "NotIn" if values.len() == 0 => {
            errors.push(values.required("must be specified when `operator` is 'In' or 'NotIn'"));
        }
        "Exists" | "DoesNotExist" if values.len() > 0 => {
            errors.push(values.forbidden("may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
        }
        _ => {}
    }
}

/// Whether a selector picks an object with these labels; an absent one picks nothing, an empty one everything.
///
/// `None` when the selector cannot be read. Models metav1.LabelSelectorAsSelector and its Matches.
pub(super) fn selects(selector: &Field<'_>, labels: &Field<'_>) -> Option<bool> {
    if !selector.is_set() {
        return Some(false);
    }
    let mut errors = Vec::new();
    validate_selector(selector, &mut errors);
    if !errors.is_empty() {
        return None;
    }
    let label = |key: &str| labels.value().get(key).and_then(Value::as_str);
    let mut match_labels = selector.child("matchLabels").entries();
    let holds = |requirement: Field<'_>| {
        let value = label(requirement.child("key").text());
        let listed = value.is_some_and(|value| requirement.child("values").texts().contains(&value));
        match requirement.child("operator").text() {
            "In" => listed,
            "NotIn" => !listed,
            "Exists" => value.is_some(),
            _ => value.is_none(),
        }
    };
    Some(
        match_labels.all(|(key, wanted)| label(key) == Some(wanted))
            && selector.child("matchExpressions").items().all(holds),
    )
}

/// A selector as Go writes it in an error, with its fields in Go's order.
pub(super) fn selector_json(selector: &Field<'_>) -> String {
    if !selector.is_set() {
        return "null".to_owned();
    }
    let mut parts = Vec::new();
    let match_labels = selector.child("matchLabels");
    if match_labels.len() > 0 {
        parts.push(format!("\"matchLabels\":{}", go_json(match_labels.value())));
    }
    let requirements: Vec<String> =
        selector.child("matchExpressions").items().map(|item| requirement_json(&item)).collect();
    if !requirements.is_empty() {
        parts.push(format!("\"matchExpressions\":[{}]", requirements.join(",")));
    }
    format!("{{{}}}", parts.join(","))
}

fn requirement_json(requirement: &Field<'_>) -> String {
    let text = |name: &str| go_json(&Value::from(requirement.child(name).text()));
    let values = requirement.child("values");
    let values = if values.len() > 0 { format!(",\"values\":{}", go_json(values.value())) } else { String::new() };
    format!("{{\"key\":{},\"operator\":{}{values}}}", text("key"), text("operator"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn picks(selector: &Value, labels: &Value) -> Option<bool> {
        selects(&Field::root(selector), &Field::root(labels))
    }

    #[test]
    fn an_absent_selector_picks_nothing_and_an_empty_one_everything() {
        assert_eq!(picks(&Value::Null, &json!({})), Some(false));
        assert_eq!(picks(&json!({}), &Value::Null), Some(true));
    }

    #[test]
    fn operators() {
        let requirement = |operator: &str, values: &[&str]| json!({"matchExpressions": [{"key": "a", "operator": operator, "values": values}]});
        assert_eq!(picks(&requirement("In", &["1", "2"]), &json!({"a": "2"})), Some(true));
        assert_eq!(picks(&requirement("NotIn", &["1"]), &json!({})), Some(true));
        assert_eq!(picks(&requirement("Exists", &[]), &json!({"a": ""})), Some(true));
        assert_eq!(picks(&requirement("DoesNotExist", &[]), &json!({"a": ""})), Some(false));
        assert_eq!(picks(&requirement("Like", &["1"]), &json!({})), None);
    }

    #[test]
    fn a_selectors_json_has_gos_order() {
        let selector =
            json!({"matchExpressions": [{"values": ["v"], "operator": "In", "key": "k"}], "matchLabels": {"a": "b"}});
        assert_eq!(
            selector_json(&Field::root(&selector)),
            r#"{"matchLabels":{"a":"b"},"matchExpressions":[{"key":"k","operator":"In","values":["v"]}]}"#
        );
    }
}
