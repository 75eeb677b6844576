//! Budgets and quotas.

use serde::Deserialize;

use crate::api::resources::resource_list;
use crate::api::{Generic, LabelSelector};
use crate::kubectl::field;
use crate::kubectl::printers::format_label_selector;
use crate::sorting;

use super::event::describe_events;
use super::{Description, Related};

/// Models k8s.io/kubectl/pkg/describe describePodDisruptionBudgetV1.
pub(super) fn describe_budget(object: &Generic, related: &Related<'_>, out: &mut Description) {
    let fields = field::as_value(&object.fields);
    out.line(0, &format!("Name:\t{}", object.metadata.name));
    out.line(0, &format!("Namespace:\t{}", object.metadata.namespace));
    let bound = |name: &str| fields.pointer(name).filter(|bound| !bound.is_null()).map(field::scalar);
    if let Some(least) = bound("/spec/minAvailable") {
        out.line(0, &format!("Min available:\t{least}"));
    } else if let Some(most) = bound("/spec/maxUnavailable") {
        out.line(0, &format!("Max unavailable:\t{most}"));
    }
    let selector = fields.pointer("/spec/selector").filter(|selector| !selector.is_null());
    let selector = selector.map(|selector| LabelSelector::deserialize(selector).unwrap_or_default());
    let selector = selector.map_or_else(|| "<unset>".to_owned(), |selector| format_label_selector(&selector));
    out.line(0, &format!("Selector:\t{selector}"));
    out.line(0, "Status:");
    for (title, name) in [
        ("Allowed disruptions", "/status/disruptionsAllowed"),
        ("Current", "/status/currentHealthy"),
        ("Desired", "/status/desiredHealthy"),
        ("Total", "/status/expectedPods"),
    ] {
        out.line(2, &format!("{title}:\t{}", field::number(&fields, name)));
    }
    if let Some(events) = related.events {
        describe_events(events, related, out);
    }
}

/// Models k8s.io/kubectl/pkg/describe describeQuota.
pub(super) fn describe_quota(object: &Generic, out: &mut Description) {
    let fields = field::as_value(&object.fields);
    out.line(0, &format!("Name:\t{}", object.metadata.name));
    out.line(0, &format!("Namespace:\t{}", object.metadata.namespace));
    let mut scopes: Vec<&str> =
        field::list(&fields, "/spec/scopes").iter().filter_map(serde_json::Value::as_str).collect();
    sorting::sort(&mut scopes);
    if !scopes.is_empty() {
        out.line(0, &format!("Scopes:\t{}", scopes.join(", ")));
    }
    for text in scopes.iter().filter_map(|scope| scope_text(scope)) {
        out.line(0, &format!(" * {text}"));
    }
    out.line(0, "Resource\tUsed\tHard");
    out.line(0, "--------\t----\t----");
    let of = |name: &str| resource_list(fields.pointer(name));
    let used = of("/status/used");
    for (name, hard) in of("/status/hard") {
        let used = used.get(&name).map_or_else(|| "0".to_owned(), ToString::to_string);
        out.line(0, &format!("{name}\t{used}\t{hard}"));
    }
}

/// Models helpTextForResourceQuotaScope.
fn scope_text(scope: &str) -> Option<&'static str> {
    match scope {
        "Terminating" => Some(
            "Matches all pods that have an active deadline. These pods have a limited lifespan on a node before being actively terminated by the system.",
        ),
        "NotTerminating" => Some(
            "Matches all pods that do not have an active deadline. These pods usually include long running pods whose container command is not expected to terminate.",
        ),
        "BestEffort" => Some(
            "Matches all pods that do not have resource requirements set. These pods have a best effort quality of service.",
        ),
        "NotBestEffort" => Some(
            "Matches all pods that have at least one resource requirement set. These pods have a burstable or guaranteed quality of service.",
        ),
        _ => None,
    }
}
