//! The kinds that the lab keeps without acting on them.

use std::sync::Arc;

use serde_json::Value;

use crate::api::custom::PrinterColumn;
use crate::api::{Generic, Kind, LabelSelector, Object, Time};
use crate::controllers::persistent_volumes::class_of;
use crate::kubectl::output::jsonpath::JsonPath;
use crate::kubectl::{duration::human_duration, field};
use crate::sim::SimTime;

use super::workload::template_columns;
use super::{Column, administration, age, format_label_selector, format_labels, ms, or_none};

pub(super) fn columns(kind: Kind) -> Vec<Column> {
    if let Kind::Custom(custom) = kind {
        let column = |column: &PrinterColumn| Column { name: column.name.to_uppercase(), wide: column.is_wide };
        return [Column::plain("Name")].into_iter().chain(custom.columns().iter().map(column)).collect();
    }
    if let Some(columns) = administration::columns(kind) {
        return columns;
    }
    let plain: &[&str] = match kind {
        Kind::Namespace => &["Name", "Status", "Age"],
        Kind::ConfigMap => &["Name", "Data", "Age"],
        Kind::Secret => &["Name", "Type", "Data", "Age"],
        Kind::StatefulSet => &["Name", "Ready", "Age"],
        Kind::DaemonSet => &["Name", "Desired", "Current", "Ready", "Up-to-date", "Available", "Node Selector", "Age"],
        Kind::Job => &["Name", "Status", "Completions", "Duration", "Age"],
        Kind::CronJob => &["Name", "Schedule", "Timezone", "Suspend", "Active", "Last Schedule", "Age"],
        Kind::PersistentVolumeClaim => {
            &["Name", "Status", "Volume", "Capacity", "Access Modes", "StorageClass", "VolumeAttributesClass", "Age"]
        }
        Kind::PersistentVolume => &[
            "Name",
            "Capacity",
            "Access Modes",
            "Reclaim Policy",
            "Status",
            "Claim",
            "StorageClass",
            "VolumeAttributesClass",
            "Reason",
            "Age",
        ],
        Kind::HorizontalPodAutoscaler => &["Name", "Reference", "Targets", "MinPods", "MaxPods", "Replicas", "Age"],
        Kind::PodDisruptionBudget => &["Name", "Min Available", "Max Unavailable", "Allowed Disruptions", "Age"],
        Kind::NetworkPolicy => &["Name", "Pod-Selector", "Age"],
        Kind::ResourceQuota => &["Name", "Request", "Limit", "Age"],
        Kind::LimitRange | Kind::ClusterRole | Kind::Role | Kind::CustomResourceDefinition => &["Name", "Created At"],
        Kind::StorageClass => {
            &["Name", "Provisioner", "ReclaimPolicy", "VolumeBindingMode", "AllowVolumeExpansion", "Age"]
        }
        Kind::PriorityClass => &["Name", "Value", "Global-Default", "Age", "PreemptionPolicy"],
        _ => &["Name", "Age"],
    };
    let mut columns: Vec<Column> = plain.iter().map(|name| Column::plain(name)).collect();
    match kind {
        Kind::DaemonSet | Kind::Job | Kind::CronJob => columns.extend(template_columns()),
        Kind::StatefulSet => columns.extend(template_columns().take(2)),
        Kind::PersistentVolumeClaim | Kind::PersistentVolume => columns.push(Column::wide("VolumeMode")),
        _ => {}
    }
    columns
}

pub(super) fn print(object: &Generic, now: SimTime) -> Vec<String> {
    if let Kind::Custom(custom) = object.kind {
        return custom_cells(object, custom.columns(), now);
    }
    let fields = field::as_value(&object.fields);
    let age = age(object.metadata.creation_timestamp, now);
    let mut cells = vec![object.metadata.name.clone()];
    if let Some(more) = administration::print(object, &fields, now) {
        if is_default(object, "ingressclass.kubernetes.io/is-default-class") {
            cells = vec![format!("{} (default)", object.metadata.name)];
        }
        cells.extend(more);
        return cells;
    }
    match object.kind {
        Kind::Namespace => cells.extend([field::text(&fields, "/status/phase").to_owned(), age]),
        Kind::ConfigMap => {
            let count = field::entries(&fields, "/data").count() + field::entries(&fields, "/binaryData").count();
            cells.extend([count.to_string(), age]);
        }
        Kind::Secret => {
            let kind = field::text(&fields, "/type").to_owned();
            cells.extend([kind, field::entries(&fields, "/data").count().to_string(), age]);
        }
        Kind::ReplicationController => cells.extend(replication_controller(&fields, age)),
        Kind::StatefulSet => cells.extend(stateful_set(&fields, age)),
        Kind::DaemonSet => cells.extend(daemon_set(&fields, age)),
        Kind::Job => cells.extend(job(object, &fields, age, now)),
        Kind::CronJob => cells.extend(cron_job(&fields, age, now)),
        Kind::PersistentVolumeClaim => cells.extend(volume_claim(object, &fields, age)),
        Kind::PersistentVolume => cells.extend(volume(object, &fields, age)),
        Kind::HorizontalPodAutoscaler => cells.extend(autoscaler(&fields, age)),
        Kind::PodDisruptionBudget => {
            let bound = |name: &str| match fields.pointer(&format!("/spec/{name}")) {
                None | Some(Value::Null) => "N/A".to_owned(),
                Some(bound) => field::scalar(bound),
            };
            let allowed = field::number(&fields, "/status/disruptionsAllowed").to_string();
            cells.extend([bound("minAvailable"), bound("maxUnavailable"), allowed, age]);
        }
        Kind::PriorityClass => cells.extend(priority_class(&fields, age)),
        Kind::NetworkPolicy => cells.extend([selector(&fields, "/spec/podSelector"), age]),
        Kind::ResourceQuota => cells.extend([quota(&fields, false), quota(&fields, true), age]),
        Kind::LimitRange | Kind::ClusterRole | Kind::Role | Kind::CustomResourceDefinition => {
            cells.push(object.metadata.creation_timestamp.map(|at| at.to_string()).unwrap_or_default());
        }
        Kind::StorageClass => {
            if is_default(object, "storageclass.kubernetes.io/is-default-class") {
                cells = vec![format!("{} (default)", object.metadata.name)];
            }
            let or = |pointer: &str, default: &str| match field::text(&fields, pointer) {
                "" => default.to_owned(),
                text => text.to_owned(),
            };
            let expands = field::flag(&fields, "/allowVolumeExpansion").to_string();
            let (reclaim, binding) = (or("/reclaimPolicy", "Delete"), or("/volumeBindingMode", "Immediate"));
            cells.extend([field::text(&fields, "/provisioner").to_owned(), reclaim, binding, expands, age]);
        }
        _ => cells.push(age),
    }
    cells
}

/// Whether a class is the one that is taken where none is named.
fn is_default(object: &Generic, mark: &str) -> bool {
    object.metadata.annotations.get(mark).is_some_and(|value| value == "true")
}

/// Models apiextensions-apiserver/pkg/registry/customresource/tableconvertor ConvertToTable.
fn custom_cells(object: &Generic, columns: &[PrinterColumn], now: SimTime) -> Vec<String> {
    let value = Object::Generic(Arc::new(object.clone())).to_value();
    let cell = |column: &PrinterColumn| {
        let path = JsonPath::parse(&format!("{{{}}}", column.path), true);
        let shown = path.and_then(|path| path.execute(&value)).unwrap_or_default();
        match Time::parse(&shown).filter(|_| column.is_date) {
            None => shown,
            time => age(time, now),
        }
    };
    [object.metadata.name.clone()].into_iter().chain(columns.iter().map(cell)).collect()
}

/// Used and hard amounts: those of limits, or the others. Models printResourceQuota.
fn quota(fields: &Value, of_limits: bool) -> String {
    let hard = field::entries(fields, "/status/hard");
    let shown = hard.filter(|(name, _)| name.starts_with("limits.") == of_limits).map(|(name, hard)| {
        let used = fields.get("status").and_then(|status| status.get("used")?.get(name));
        format!("{name}: {}/{}", used.map_or_else(|| "0".to_owned(), field::scalar), field::scalar(hard))
    });
    shown.collect::<Vec<_>>().join(", ")
}

fn replication_controller(fields: &Value, age: String) -> Vec<String> {
    let number = |pointer: &str| field::number(fields, pointer).to_string();
    let [names, images] = template_cells(fields, "/spec/template");
    let selector = format_labels(&field::string_map(fields, "/spec/selector"));
    vec![
        number("/spec/replicas"),
        number("/status/replicas"),
        number("/status/readyReplicas"),
        age,
        names,
        images,
        selector,
    ]
}

/// Models pkg/printers/internalversion/printers.go printPriorityClass.
fn priority_class(fields: &Value, age: String) -> [String; 4] {
    let is_default = fields.get("globalDefault").and_then(Value::as_bool) == Some(true);
    let policy = match field::text(fields, "/preemptionPolicy") {
        "" => "PreemptLowerPriority",
        policy => policy,
    };
    [field::number(fields, "/value").to_string(), is_default.to_string(), age, policy.to_owned()]
}

fn stateful_set(fields: &Value, age: String) -> Vec<String> {
    let ready = field::number(fields, "/status/readyReplicas");
    let [names, images] = template_cells(fields, "/spec/template");
    vec![format!("{ready}/{}", field::number(fields, "/spec/replicas")), age, names, images]
}

fn daemon_set(fields: &Value, age: String) -> Vec<String> {
    let counts = [
        "desiredNumberScheduled",
        "currentNumberScheduled",
        "numberReady",
        "updatedNumberScheduled",
        "numberAvailable",
    ];
    let count = |name: &str| field::number(fields, &format!("/status/{name}")).to_string();
    let mut cells: Vec<String> = counts.into_iter().map(count).collect();
    cells.push(format_labels(&field::string_map(fields, "/spec/template/spec/nodeSelector")));
    cells.push(age);
    cells.extend(template_cells(fields, "/spec/template"));
    cells.push(selector(fields, "/spec/selector"));
    cells
}

/// Models pkg/printers/internalversion/printers.go printJob.
fn job(object: &Generic, fields: &Value, age: String, now: SimTime) -> Vec<String> {
    let succeeded = field::number(fields, "/status/succeeded");
    let parallelism = field::number(fields, "/spec/parallelism");
    let completions = match fields.pointer("/spec/completions").and_then(Value::as_i64) {
        Some(completions) => format!("{succeeded}/{completions}"),
        None if parallelism > 1 => format!("{succeeded}/1 of {parallelism}"),
        None => format!("{succeeded}/1"),
    };
    let time = |name: &str| crate::api::Time::parse(field::text(fields, &format!("/status/{name}")));
    let duration = match (time("startTime"), time("completionTime")) {
        (None, _) => String::new(),
        (Some(start), None) => human_duration(ms(now) - start.as_sim_ms()),
        (Some(start), Some(end)) => human_duration((end.0 - start.0).saturating_mul(1000)),
    };
    let conditions = field::list(fields, "/status/conditions");
    let has = |kind: &str| {
        let condition = conditions.iter().find(|condition| field::text(condition, "/type") == kind);
        condition.is_some_and(|condition| field::text(condition, "/status") == "True")
    };
    let status = if has("Complete") {
        "Complete"
    } else if has("Failed") {
        "Failed"
    } else if object.metadata.deletion_timestamp.is_some() {
        "Terminating"
    } else {
        ["Suspended", "FailureTarget", "SuccessCriteriaMet"].into_iter().find(|kind| has(kind)).unwrap_or("Running")
    };
    let [names, images] = template_cells(fields, "/spec/template");
    vec![status.to_owned(), completions, duration, age, names, images, selector(fields, "/spec/selector")]
}

fn cron_job(fields: &Value, age: String, now: SimTime) -> Vec<String> {
    let last = crate::api::Time::parse(field::text(fields, "/status/lastScheduleTime"));
    let suspend = match fields.pointer("/spec/suspend").and_then(Value::as_bool) {
        None => "<unset>",
        Some(true) => "True",
        Some(false) => "False",
    };
    let template = "/spec/jobTemplate/spec";
    let [names, images] = template_cells(fields, &format!("{template}/template"));
    vec![
        field::text(fields, "/spec/schedule").to_owned(),
        or_none(field::text(fields, "/spec/timeZone")),
        suspend.to_owned(),
        field::list(fields, "/status/active").len().to_string(),
        last.map_or_else(|| "<none>".to_owned(), |last| super::age(Some(last), now)),
        age,
        names,
        images,
        selector(fields, &format!("{template}/selector")),
    ]
}

fn volume_claim(object: &Generic, fields: &Value, age: String) -> Vec<String> {
    let text = |pointer: &str| field::text(fields, pointer).to_owned();
    let or_unset = |text: String| if text.is_empty() { "<unset>".to_owned() } else { text };
    let phase =
        if object.metadata.deletion_timestamp.is_some() { "Terminating".to_owned() } else { text("/status/phase") };
    let volume = text("/spec/volumeName");
    let (capacity, modes) = if volume.is_empty() {
        (String::new(), String::new())
    } else {
        (storage(fields, "/status/capacity/storage"), access_modes(field::list(fields, "/status/accessModes")))
    };
    vec![
        phase,
        volume,
        capacity,
        modes,
        class_of(object).to_owned(),
        or_unset(text("/spec/volumeAttributesClassName")),
        age,
        or_unset(text("/spec/volumeMode")),
    ]
}

/// An amount that nobody has set is none. Models Quantity.String of Go's zero value.
pub(crate) fn storage(fields: &Value, pointer: &str) -> String {
    match field::text(fields, pointer) {
        "" => "0".to_owned(),
        amount => amount.to_owned(),
    }
}

/// Models pkg/printers/internalversion/printers.go printPersistentVolume.
fn volume(object: &Generic, fields: &Value, age: String) -> Vec<String> {
    let text = |pointer: &str| field::text(fields, pointer).to_owned();
    let or_unset = |text: String| if text.is_empty() { "<unset>".to_owned() } else { text };
    let phase =
        if object.metadata.deletion_timestamp.is_some() { "Terminating".to_owned() } else { text("/status/phase") };
    let claim = match field::text(fields, "/spec/claimRef/name") {
        "" => String::new(),
        name => format!("{}/{name}", field::text(fields, "/spec/claimRef/namespace")),
    };
    vec![
        storage(fields, "/spec/capacity/storage"),
        access_modes(field::list(fields, "/spec/accessModes")),
        text("/spec/persistentVolumeReclaimPolicy"),
        phase,
        claim,
        class_of(object).to_owned(),
        or_unset(text("/spec/volumeAttributesClassName")),
        text("/status/reason"),
        age,
        or_unset(text("/spec/volumeMode")),
    ]
}

/// Each once, in one order whatever the object's is. Models pkg/apis/core/helper GetAccessModesAsString.
pub(crate) fn access_modes(modes: &[Value]) -> String {
    const SHORT: [(&str, &str); 4] =
        [("ReadWriteOnce", "RWO"), ("ReadOnlyMany", "ROX"), ("ReadWriteMany", "RWX"), ("ReadWriteOncePod", "RWOP")];
    let given = SHORT.iter().filter(|(mode, _)| modes.iter().any(|given| given == mode));
    given.map(|(_, short)| *short).collect::<Vec<_>>().join(",")
}

fn autoscaler(fields: &Value, age: String) -> Vec<String> {
    let target = |name: &str| field::text(fields, &format!("/spec/scaleTargetRef/{name}"));
    let current = field::list(fields, "/status/currentMetrics");
    let metrics = field::list(fields, "/spec/metrics");
    let shown = metrics.iter().take(SHOWN_METRICS).enumerate();
    let targets: Vec<String> = shown.map(|(index, metric)| metric_cell(metric, current.get(index))).collect();
    let targets = match metrics.len().saturating_sub(SHOWN_METRICS) {
        0 => targets.join(", "),
        more => format!("{} + {more} more...", targets.join(", ")),
    };
    let min = fields.pointer("/spec/minReplicas").map_or_else(|| "<unset>".to_owned(), field::scalar);
    vec![
        format!("{}/{}", target("kind"), target("name")),
        or_none(&targets),
        min,
        field::number(fields, "/spec/maxReplicas").to_string(),
        field::number(fields, "/status/currentReplicas").to_string(),
        age,
    ]
}

/// How many metrics a line has.
const SHOWN_METRICS: usize = 2;

/// What is measured and what it should be. Models formatHPAMetrics.
fn metric_cell(metric: &Value, current: Option<&Value>) -> String {
    let source = match field::text(metric, "/type") {
        "External" => "external",
        "Pods" => "pods",
        "Object" => "object",
        "Resource" => "resource",
        "ContainerResource" => "containerResource",
        _ => return "<unknown type>".to_owned(),
    };
    let target = |of: &str| metric.pointer(&format!("/{source}/target/{of}")).map(field::scalar);
    let now = |of: &str| {
        let value = current.and_then(|current| current.pointer(&format!("/{source}/current/{of}")));
        value.map(field::scalar)
    };
    let unknown = || "<unknown>".to_owned();
    let average = now("averageValue").unwrap_or_else(unknown);
    if matches!(source, "resource" | "containerResource") {
        let name = field::text(metric, &format!("/{source}/name"));
        if let Some(target) = target("averageValue") {
            return format!("{name}: {average}/{target}");
        }
        let now = now("averageUtilization").map_or_else(unknown, |percent| format!("{percent}%"));
        let target = target("averageUtilization").map_or_else(|| "<auto>".to_owned(), |percent| format!("{percent}%"));
        return format!("{name}: {now}/{target}");
    }
    match target("averageValue") {
        Some(target) if source == "pods" => format!("{average}/{target}"),
        Some(target) => format!("{average}/{target} (avg)"),
        None => format!("{}/{}", now("value").unwrap_or_else(unknown), target("value").unwrap_or_default()),
    }
}

pub(super) fn template_cells(fields: &Value, template: &str) -> [String; 2] {
    let containers = field::list(fields, &format!("{template}/spec/containers"));
    let join =
        |name: &str| containers.iter().map(|container| field::text(container, name)).collect::<Vec<_>>().join(",");
    [join("/name"), join("/image")]
}

fn selector(fields: &Value, pointer: &str) -> String {
    let selector = fields.pointer(pointer).cloned().unwrap_or_default();
    let selector: LabelSelector = serde_json::from_value(selector).unwrap_or_default();
    format_label_selector(&selector)
}
