//! Budgets, quotas and limit ranges.

use serde::Deserialize;
use serde_json::Value;

use crate::api::resources::resource_list;
use crate::api::{Generic, Kind, LabelSelector, Object};
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
    describe_usage(&fields, 0, out);
}

/// What a quota is for, and what is used of it: of one that stands alone, or in a namespace's description.
fn describe_usage(fields: &Value, level: usize, out: &mut Description) {
    let mut scopes: Vec<&str> = field::list(fields, "/spec/scopes").iter().filter_map(Value::as_str).collect();
    sorting::sort(&mut scopes);
    if !scopes.is_empty() {
        out.line(level, &format!("Scopes:\t{}", scopes.join(", ")));
    }
    let mark = if level == 0 { " *" } else { "*" };
    for text in scopes.iter().filter_map(|scope| scope_text(scope)) {
        out.line(level, &format!("{mark} {text}"));
    }
    out.line(level, "Resource\tUsed\tHard");
    out.line(level, if level == 0 { "--------\t----\t----" } else { "--------\t---\t---" });
    let of = |name: &str| resource_list(fields.pointer(name));
    let used = of("/status/used");
    for (name, hard) in of("/status/hard") {
        let used = used.get(&name).map_or_else(|| "0".to_owned(), ToString::to_string);
        out.line(level, &format!("{name}\t{used}\t{hard}"));
    }
}

/// Models k8s.io/kubectl/pkg/describe describeLimitRange.
pub(super) fn describe_limit_range(object: &Generic, out: &mut Description) {
    out.line(0, &format!("Name:\t{}", object.metadata.name));
    out.line(0, &format!("Namespace:\t{}", object.metadata.namespace));
    out.line(0, &LIMITS.join("\t"));
    out.line(0, &LIMITS.map(|title| "-".repeat(title.len())).join("\t"));
    describe_limits(object, "", out);
}

/// The heads of a table of limits.
const LIMITS: [&str; 7] =
    ["Type", "Resource", "Min", "Max", "Default Request", "Default Limit", "Max Limit/Request Ratio"];

/// Each resource that an item bounds, on a line. Models describeLimitRangeSpec; Go's order is the map's, by chance.
fn describe_limits(object: &Generic, indent: &str, out: &mut Description) {
    let fields = field::as_value(&object.fields);
    for item in field::list(&fields, "/spec/limits") {
        let lists = ["min", "max", "defaultRequest", "default", "maxLimitRequestRatio"]
            .map(|name| resource_list(item.get(name)));
        let mut names: Vec<&String> = lists.iter().flat_map(|list| list.keys()).collect();
        sorting::sort(&mut names);
        names.dedup();
        for name in names {
            let amounts =
                lists.each_ref().map(|list| list.get(name).map_or_else(|| "-".to_owned(), ToString::to_string));
            out.line(0, &format!("{indent}{}\t{name}\t{}", field::text(item, "/type"), amounts.join("\t")));
        }
    }
}

/// A namespace's quotas and limit ranges. Models DescribeResourceQuotas and DescribeLimitRanges.
pub(super) fn describe_gates(objects: &[Object], out: &mut Description) {
    let of = |kind: Kind| {
        let generics = objects.iter().filter_map(move |object| match object {
            Object::Generic(generic) if generic.kind == kind => Some(generic),
            _ => None,
        });
        generics.collect::<Vec<_>>()
    };
    let mut quotas = of(Kind::ResourceQuota);
    sorting::sort_by_key(&mut quotas, |quota| quota.metadata.name.clone());
    out.write("\n");
    out.line(0, if quotas.is_empty() { "No resource quota." } else { "Resource Quotas" });
    for quota in quotas {
        let fields = field::as_value(&quota.fields);
        out.line(1, &format!("Name:\t{}", quota.metadata.name));
        describe_usage(&fields, 1, out);
    }
    let ranges = of(Kind::LimitRange);
    out.write("\n");
    if ranges.is_empty() {
        return out.line(0, "No LimitRange resource.");
    }
    out.line(0, "Resource Limits");
    out.line(0, &format!(" {}", LIMITS.join("\t")));
    out.line(0, &format!(" {}", LIMITS.map(|title| "-".repeat(title.len())).join("\t")));
    ranges.into_iter().for_each(|range| describe_limits(range, " ", out));
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
