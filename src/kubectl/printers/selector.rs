//! Labels and selectors as text.

use crate::api::{LabelSelector, StringMap};
use crate::sorting;

/// `a=1,b=2`, or `<none>`. Models k8s.io/apimachinery/pkg/labels FormatLabels.
pub fn format_labels(labels: &StringMap) -> String {
    if labels.is_empty() {
        return "<none>".to_owned();
    }
    labels.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
}

/// The selector's text; empty for one that selects everything, `None` for an unknown operator.
/// Models metav1.LabelSelectorAsSelector and labels.Selector.String.
pub fn selector_text(selector: &LabelSelector) -> Option<String> {
    let labels = selector.match_labels.iter();
    let mut requirements: Vec<(&str, String)> =
        labels.map(|(key, value)| (key.as_str(), format!("{key}={value}"))).collect();
    for expression in &selector.match_expressions {
        let key = &expression.key;
        let values = || {
            let mut values = expression.values.clone();
            sorting::sort(&mut values);
            values.join(",")
        };
        let text = match expression.operator.as_str() {
            "In" => format!("{key} in ({})", values()),
            "NotIn" => format!("{key} notin ({})", values()),
            "Exists" => key.clone(),
            "DoesNotExist" => format!("!{key}"),
            _ => return None,
        };
        requirements.push((key, text));
    }
    sorting::sort_by(&mut requirements, |a, b| a.0.cmp(b.0));
    Some(requirements.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join(","))
}

/// As [`selector_text`], with words for nothing and for errors. Models metav1.FormatLabelSelector.
pub fn format_label_selector(selector: &LabelSelector) -> String {
    match selector_text(selector) {
        None => "<error>".to_owned(),
        Some(text) if text.is_empty() => "<none>".to_owned(),
        Some(text) => text,
    }
}
