//! Claims, volumes and storage classes.

use serde_json::Value;

use crate::api::{Generic, StringMap};
use crate::controllers::persistent_volumes::class_of;
use crate::kubectl::field;
use crate::kubectl::printers::{access_modes, storage};

use super::event::describe_events;
use super::{Description, Related, or_none};

fn finalizers(object: &Generic) -> String {
    format!("[{}]", object.metadata.finalizers.join(" "))
}

fn status(object: &Generic, fields: &Value, related: &Related<'_>) -> String {
    match object.metadata.deletion_timestamp {
        Some(at) => {
            let lasts = crate::kubectl::printers::age(Some(at), related.now);
            format!("Terminating (lasts {lasts})")
        }
        None => field::text(fields, "/status/phase").to_owned(),
    }
}

/// Models k8s.io/kubectl/pkg/describe describePersistentVolumeClaim.
pub(super) fn describe_claim(object: &Generic, related: &Related<'_>, out: &mut Description) {
    let fields = field::as_value(&object.fields);
    let text = |pointer: &str| field::text(&fields, pointer);
    out.line(0, &format!("Name:\t{}", object.metadata.name));
    out.line(0, &format!("Namespace:\t{}", object.metadata.namespace));
    out.line(0, &format!("StorageClass:\t{}", class_of(object)));
    out.line(0, &format!("Status:\t{}", status(object, &fields, related)));
    out.line(0, &format!("Volume:\t{}", text("/spec/volumeName")));
    out.labels("Labels", &object.metadata.labels);
    out.annotations("Annotations", &object.metadata.annotations);
    out.line(0, &format!("Finalizers:\t{}", finalizers(object)));
    let (capacity, modes) = if text("/spec/volumeName").is_empty() {
        (String::new(), String::new())
    } else {
        (storage(&fields, "/status/capacity/storage"), access_modes(field::list(&fields, "/status/accessModes")))
    };
    out.line(0, &format!("Capacity:\t{capacity}"));
    out.line(0, &format!("Access Modes:\t{modes}"));
    if let Some(mode) = fields.pointer("/spec/volumeMode") {
        out.line(0, &format!("VolumeMode:\t{}", field::scalar(mode)));
    }
    if let Some(source) = fields.pointer("/spec/dataSource").filter(|source| source.is_object()) {
        out.line(0, "DataSource:");
        if let Some(group) = source.get("apiGroup").filter(|group| !group.is_null()) {
            out.line(1, &format!("APIGroup:\t{}", field::scalar(group)));
        }
        out.line(1, &format!("Kind:\t{}", field::text(source, "/kind")));
        out.line(1, &format!("Name:\t{}", field::text(source, "/name")));
    }
    let names: Vec<&str> = related.pods.iter().map(|pod| pod.metadata.name.as_str()).collect();
    out.write(&format!("Used By:\t{}\n", or_none(&names.join("\n\t"))));
    if let Some(events) = related.events {
        describe_events(events, related, out);
    }
}

/// Models k8s.io/kubectl/pkg/describe describePersistentVolume.
pub(super) fn describe_volume(object: &Generic, related: &Related<'_>, out: &mut Description) {
    let fields = field::as_value(&object.fields);
    let text = |pointer: &str| field::text(&fields, pointer);
    out.line(0, &format!("Name:\t{}", object.metadata.name));
    out.labels("Labels", &object.metadata.labels);
    out.annotations("Annotations", &object.metadata.annotations);
    out.line(0, &format!("Finalizers:\t{}", finalizers(object)));
    out.line(0, &format!("StorageClass:\t{}", class_of(object)));
    out.line(0, &format!("Status:\t{}", status(object, &fields, related)));
    let claim = match text("/spec/claimRef/name") {
        "" => String::new(),
        name => format!("{}/{name}", text("/spec/claimRef/namespace")),
    };
    out.line(0, &format!("Claim:\t{claim}"));
    out.line(0, &format!("Reclaim Policy:\t{}", text("/spec/persistentVolumeReclaimPolicy")));
    out.line(0, &format!("Access Modes:\t{}", access_modes(field::list(&fields, "/spec/accessModes"))));
    if let Some(mode) = fields.pointer("/spec/volumeMode") {
        out.line(0, &format!("VolumeMode:\t{}", field::scalar(mode)));
    }
    out.line(0, &format!("Capacity:\t{}", storage(&fields, "/spec/capacity/storage")));
    describe_affinity(&fields, out);
    out.line(0, &format!("Message:\t{}", text("/status/message")));
    out.line(0, "Source:");
    describe_source(&fields, out);
    if let Some(events) = related.events {
        describe_events(events, related, out);
    }
}

/// Models printVolumeNodeAffinity.
fn describe_affinity(fields: &Value, out: &mut Description) {
    let terms = fields.pointer("/spec/nodeAffinity/required/nodeSelectorTerms").and_then(Value::as_array);
    let Some(terms) = terms else {
        return out.line(0, "Node Affinity:\t<none>");
    };
    out.line(0, "Node Affinity:\t");
    if terms.is_empty() {
        return out.line(1, "Required Terms:\t<none>");
    }
    out.line(1, "Required Terms:\t");
    for (at, term) in terms.iter().enumerate() {
        let requirements = field::list(term, "/matchExpressions").iter().map(|requirement| {
            let values: Vec<String> = field::list(requirement, "/values").iter().map(field::scalar).collect();
            let text = |name: &str| field::text(requirement, name).to_owned();
            let operator = text("/operator").to_lowercase();
            if values.is_empty() {
                format!("{} {operator}", text("/key"))
            } else {
                format!("{} {operator} [{}]", text("/key"), values.join(", "))
            }
        });
        let requirements: Vec<String> = requirements.collect();
        let lines = requirements.join("\n    \t         ");
        out.line(2, &format!("Term {at}:\t{}", or_none(&lines)));
    }
}

/// The sources that are common; others are named by their field.
fn describe_source(fields: &Value, out: &mut Description) {
    let text = |pointer: &str| field::text(fields, pointer);
    let has = |source: &str| fields.pointer(&format!("/spec/{source}")).is_some_and(Value::is_object);
    if has("hostPath") {
        out.line(2, "Type:\tHostPath (bare host directory volume)");
        out.line(2, &format!("Path:\t{}", text("/spec/hostPath/path")));
        out.line(2, &format!("HostPathType:\t{}", text("/spec/hostPath/type")));
    } else if has("nfs") {
        let is_read_only = field::flag(fields, "/spec/nfs/readOnly");
        out.line(2, "Type:\tNFS (an NFS mount that lasts the lifetime of a pod)");
        out.line(2, &format!("Server:\t{}", text("/spec/nfs/server")));
        out.line(2, &format!("Path:\t{}", text("/spec/nfs/path")));
        out.line(2, &format!("ReadOnly:\t{is_read_only}"));
    } else if has("local") {
        out.line(2, "Type:\tLocalVolume (a persistent volume backed by local storage on a node)");
        out.line(2, &format!("Path:\t{}", text("/spec/local/path")));
    } else if has("csi") {
        let is_read_only = field::flag(fields, "/spec/csi/readOnly");
        out.line(2, "Type:\tCSI (a Container Storage Interface (CSI) volume source)");
        out.line(2, &format!("Driver:\t{}", text("/spec/csi/driver")));
        out.line(2, &format!("FSType:\t{}", text("/spec/csi/fsType")));
        out.line(2, &format!("VolumeHandle:\t{}", text("/spec/csi/volumeHandle")));
        out.line(2, &format!("ReadOnly:\t{is_read_only}"));
        out.line(2, &format!("VolumeAttributes:\t{}", pairs(fields, "/spec/csi/volumeAttributes")));
    } else {
        out.line(1, "<unknown>");
    }
}

/// `a=1,b=2`. Models labels.FormatLabels.
fn pairs(fields: &Value, pointer: &str) -> String {
    let all: StringMap = field::string_map(fields, pointer);
    let all: Vec<String> = all.iter().map(|(key, value)| format!("{key}={value}")).collect();
    or_none(&all.join(",")).to_owned()
}

/// Models k8s.io/kubectl/pkg/describe describeStorageClass.
pub(super) fn describe_class(object: &Generic, related: &Related<'_>, out: &mut Description) {
    let fields = field::as_value(&object.fields);
    let is_default = object
        .metadata
        .annotations
        .get("storageclass.kubernetes.io/is-default-class")
        .is_some_and(|value| value == "true");
    let annotations: Vec<String> =
        object.metadata.annotations.iter().map(|(key, value)| format!("{key}={value}")).collect();
    out.line(0, &format!("Name:\t{}", object.metadata.name));
    out.line(0, &format!("IsDefaultClass:\t{}", if is_default { "Yes" } else { "No" }));
    out.line(0, &format!("Annotations:\t{}", or_none(&annotations.join(","))));
    out.line(0, &format!("Provisioner:\t{}", field::text(&fields, "/provisioner")));
    out.line(0, &format!("Parameters:\t{}", pairs(&fields, "/parameters")));
    let expands = match fields.get("allowVolumeExpansion").and_then(Value::as_bool) {
        None => "<unset>",
        Some(true) => "True",
        Some(false) => "False",
    };
    out.line(0, &format!("AllowVolumeExpansion:\t{expands}"));
    let options = field::list(&fields, "/mountOptions");
    if options.is_empty() {
        out.line(0, "MountOptions:\t<none>");
    } else {
        out.line(0, "MountOptions:");
        options.iter().for_each(|option| out.line(1, &field::scalar(option)));
    }
    for (title, name) in [("ReclaimPolicy", "/reclaimPolicy"), ("VolumeBindingMode", "/volumeBindingMode")] {
        let value = field::text(&fields, name);
        if !value.is_empty() {
            out.line(0, &format!("{title}:\t{value}"));
        }
    }
    if let Some(events) = related.events {
        describe_events(events, related, out);
    }
}
