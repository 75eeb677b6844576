//! StatefulSets, DaemonSets, Jobs and CronJobs.

use serde_json::Value;

use crate::api::{Generic, LabelSelector, Time};
use crate::kubectl::duration::human_duration;
use crate::kubectl::field;
use crate::kubectl::printers::{format_label_selector, format_labels};

use super::deployment::{describe_controller, describe_pods_status};
use super::event::describe_events;
use super::{Description, Related, describe_pod_template, true_or_false};

/// Indexes of a Job that are shown, in bytes of their text.
const SHOWN_INDEXES: usize = 50;

/// Models k8s.io/kubectl/pkg/describe describeStatefulSet.
pub(super) fn describe_stateful_set(object: &Generic, related: &Related<'_>, out: &mut Description) {
    let (metadata, fields) = (&object.metadata, field::as_value(&object.fields));
    describe_names(object, out);
    let created = metadata.creation_timestamp.map(Time::rfc1123z).unwrap_or_default();
    out.line(0, &format!("CreationTimestamp:\t{created}"));
    out.line(0, &format!("Selector:\t{}", selector(&fields, "/spec/selector")));
    describe_labels(object, out);
    let number = |pointer: &str| field::number(&fields, pointer);
    out.line(0, &format!("Replicas:\t{} desired | {} total", number("/spec/replicas"), number("/status/replicas")));
    out.line(0, &format!("Update Strategy:\t{}", field::text(&fields, "/spec/updateStrategy/type")));
    let rolling = |name: &str| set(&fields, &format!("/spec/updateStrategy/rollingUpdate/{name}"));
    if let Some(partition) = rolling("partition") {
        out.line(1, &format!("Partition:\t{}", field::scalar(partition)));
        if let Some(most) = rolling("maxUnavailable") {
            out.line(1, &format!("MaxUnavailable:\t{}", field::scalar(most)));
        }
    }
    describe_pods_status(metadata, related, out);
    describe_template(&fields, "/spec/template", related, out);
    describe_claims(field::list(&fields, "/spec/volumeClaimTemplates"), out);
    if let Some(events) = related.events {
        describe_events(events, related, out);
    }
}

/// Models describeVolumeClaimTemplates.
fn describe_claims(claims: &[Value], out: &mut Description) {
    if claims.is_empty() {
        return out.line(0, "Volume Claims:\t<none>");
    }
    out.line(0, "Volume Claims:");
    for claim in claims {
        out.line(1, &format!("Name:\t{}", field::text(claim, "/metadata/name")));
        out.line(1, &format!("StorageClass:\t{}", field::text(claim, "/spec/storageClassName")));
        for (title, name) in [("Labels", "labels"), ("Annotations", "annotations")] {
            let pairs = field::string_map(claim, &format!("/metadata/{name}"));
            let lines: Vec<String> = pairs.iter().map(|(key, value)| format!("{key}={value}")).collect();
            let lines = if lines.is_empty() { "<none>".to_owned() } else { lines.join("\n  \t") };
            out.write(&format!("  {title}:\t{lines}\n"));
        }
        let capacity = set(claim, "/spec/resources/requests/storage").map_or("<default>".to_owned(), field::scalar);
        out.line(1, &format!("Capacity:\t{capacity}"));
        let modes: Vec<&str> = field::list(claim, "/spec/accessModes").iter().filter_map(Value::as_str).collect();
        out.line(1, &format!("Access Modes:\t[{}]", modes.join(" ")));
    }
}

/// Models k8s.io/kubectl/pkg/describe describeDaemonSet.
pub(super) fn describe_daemon_set(object: &Generic, related: &Related<'_>, out: &mut Description) {
    let fields = field::as_value(&object.fields);
    describe_names(object, out);
    out.line(0, &format!("Selector:\t{}", selector(&fields, "/spec/selector")));
    let nodes = format_labels(&field::string_map(&fields, "/spec/template/spec/nodeSelector"));
    out.line(0, &format!("Node-Selector:\t{nodes}"));
    describe_labels(object, out);
    for (title, name) in [
        ("Desired Number of Nodes Scheduled", "desiredNumberScheduled"),
        ("Current Number of Nodes Scheduled", "currentNumberScheduled"),
        ("Number of Nodes Scheduled with Up-to-date Pods", "updatedNumberScheduled"),
        ("Number of Nodes Scheduled with Available Pods", "numberAvailable"),
        ("Number of Nodes Misscheduled", "numberMisscheduled"),
    ] {
        out.line(0, &format!("{title}: {}", field::number(&fields, &format!("/status/{name}"))));
    }
    describe_pods_status(&object.metadata, related, out);
    describe_template(&fields, "/spec/template", related, out);
    if let Some(events) = related.events {
        describe_events(events, related, out);
    }
}

/// Models k8s.io/kubectl/pkg/describe describeJob.
pub(super) fn describe_job(object: &Generic, related: &Related<'_>, out: &mut Description) {
    let fields = field::as_value(&object.fields);
    let spec = |name: &str| set(&fields, &format!("/spec/{name}")).map(field::scalar);
    describe_names(object, out);
    out.line(0, &format!("Selector:\t{}", selector(&fields, "/spec/selector")));
    describe_labels(object, out);
    describe_controller(&object.metadata, out);
    if let Some(parallelism) = spec("parallelism") {
        out.line(0, &format!("Parallelism:\t{parallelism}"));
    }
    out.line(0, &format!("Completions:\t{}", or_unset(spec("completions"))));
    for (title, name) in [
        ("Completion Mode", "completionMode"),
        ("Suspend", "suspend"),
        ("Backoff Limit", "backoffLimit"),
        ("TTL Seconds After Finished", "ttlSecondsAfterFinished"),
    ] {
        if let Some(value) = spec(name) {
            out.line(0, &format!("{title}:\t{value}"));
        }
    }
    let time = |name: &str| Time::parse(field::text(&fields, &format!("/status/{name}")));
    let (start, end) = (time("startTime"), time("completionTime"));
    for (title, at) in [("Start Time", start), ("Completed At", end)] {
        if let Some(at) = at {
            out.line(0, &format!("{title}:\t{}", at.rfc1123z()));
        }
    }
    if let (Some(start), Some(end)) = (start, end) {
        out.line(0, &format!("Duration:\t{}", human_duration((end.0 - start.0).saturating_mul(1000))));
    }
    if let Some(seconds) = spec("activeDeadlineSeconds") {
        out.line(0, &format!("Active Deadline Seconds:\t{seconds}s"));
    }
    let count = |name: &str| field::number(&fields, &format!("/status/{name}"));
    let ready = set(&fields, "/status/ready").map(|ready| format!(" ({} Ready)", field::scalar(ready)));
    let (active, succeeded, failed) = (count("active"), count("succeeded"), count("failed"));
    let ready = ready.unwrap_or_default();
    out.line(0, &format!("Pods Statuses:\t{active} Active{ready} / {succeeded} Succeeded / {failed} Failed"));
    if field::text(&fields, "/spec/completionMode") == "Indexed" {
        out.line(0, &format!("Completed Indexes:\t{}", indexes(field::text(&fields, "/status/completedIndexes"))));
    }
    describe_template(&fields, "/spec/template", related, out);
    if let Some(events) = related.events {
        describe_events(events, related, out);
    }
}

/// Models capIndexesListOrNone.
fn indexes(text: &str) -> String {
    let comma = text.bytes().enumerate().skip(SHOWN_INDEXES).find(|(_, byte)| *byte == b',');
    match comma.and_then(|(at, _)| text.get(..=at)) {
        _ if text.is_empty() => "<none>".to_owned(),
        Some(shown) => format!("{shown}..."),
        None => text.to_owned(),
    }
}

/// Models k8s.io/kubectl/pkg/describe describeCronJob.
pub(super) fn describe_cron_job(object: &Generic, related: &Related<'_>, out: &mut Description) {
    let fields = field::as_value(&object.fields);
    let spec = |name: &str| set(&fields, &format!("/spec/{name}")).map(field::scalar);
    describe_names(object, out);
    describe_labels(object, out);
    out.line(0, &format!("Schedule:\t{}", field::text(&fields, "/spec/schedule")));
    out.line(0, &format!("Concurrency Policy:\t{}", field::text(&fields, "/spec/concurrencyPolicy")));
    let suspended = set(&fields, "/spec/suspend").and_then(Value::as_bool).map(|is_so| true_or_false(is_so).to_owned());
    out.line(0, &format!("Suspend:\t{}", or_unset(suspended)));
    out.line(0, &format!("Time Zone:\t{}", or_unset(spec("timeZone"))));
    out.line(0, &format!("Successful Job History Limit:\t{}", or_unset(spec("successfulJobsHistoryLimit"))));
    out.line(0, &format!("Failed Job History Limit:\t{}", or_unset(spec("failedJobsHistoryLimit"))));
    let deadline = spec("startingDeadlineSeconds").map(|seconds| format!("{seconds}s"));
    out.line(0, &format!("Starting Deadline Seconds:\t{}", or_unset(deadline)));
    describe_job_template(&fields, related, out);
    let last = Time::parse(field::text(&fields, "/status/lastScheduleTime")).map(Time::rfc1123z);
    out.line(0, &format!("Last Schedule Time:\t{}", or_unset(last)));
    let active: Vec<&str> =
        field::list(&fields, "/status/active").iter().map(|job| field::text(job, "/name")).collect();
    out.line(0, &format!("Active Jobs:\t{}", super::or_none(&active.join(", "))));
    if let Some(events) = related.events {
        describe_events(events, related, out);
    }
}

/// Models describeJobTemplate.
fn describe_job_template(fields: &Value, related: &Related<'_>, out: &mut Description) {
    let template = "/spec/jobTemplate/spec";
    let spec = |name: &str| set(fields, &format!("{template}/{name}"));
    let chosen = spec("selector").map(|_| selector(fields, &format!("{template}/selector")));
    out.line(0, &format!("Selector:\t{}", or_unset(chosen)));
    out.line(0, &format!("Parallelism:\t{}", or_unset(spec("parallelism").map(field::scalar))));
    out.line(0, &format!("Completions:\t{}", or_unset(spec("completions").map(field::scalar))));
    if let Some(seconds) = spec("activeDeadlineSeconds") {
        out.line(0, &format!("Active Deadline Seconds:\t{}s", field::scalar(seconds)));
    }
    describe_template(fields, &format!("{template}/template"), related, out);
}

fn describe_names(object: &Generic, out: &mut Description) {
    out.line(0, &format!("Name:\t{}", object.metadata.name));
    out.line(0, &format!("Namespace:\t{}", object.metadata.namespace));
}

fn describe_labels(object: &Generic, out: &mut Description) {
    out.labels("Labels", &object.metadata.labels);
    out.annotations("Annotations", &object.metadata.annotations);
}

fn describe_template(fields: &Value, pointer: &str, related: &Related<'_>, out: &mut Description) {
    let template = fields.pointer(pointer).cloned().unwrap_or_default();
    describe_pod_template(&serde_json::from_value(template).unwrap_or_default(), related.version, out);
}

/// What is there and not null.
fn set<'a>(value: &'a Value, pointer: &str) -> Option<&'a Value> {
    value.pointer(pointer).filter(|found| !found.is_null())
}

fn or_unset(text: Option<String>) -> String {
    text.unwrap_or_else(|| "<unset>".to_owned())
}

fn selector(fields: &Value, pointer: &str) -> String {
    let selector = fields.pointer(pointer).cloned().unwrap_or_default();
    let selector: LabelSelector = serde_json::from_value(selector).unwrap_or_default();
    format_label_selector(&selector)
}
