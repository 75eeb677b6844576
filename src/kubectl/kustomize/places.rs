//! Where in an object a transformer finds its fields: paths in which lists are passed through.
//! Models api/filters/fieldspec and api/internal/konfig/builtinpluginconsts.

use serde_json::{Map, Value};

use super::resource::{Gvk, Resource};

/// A place in the objects of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place<'a> {
    pub of: Gvk<'a>,
    pub path: &'a str,
    /// Whether the maps on the way are made where they are missing.
    pub creates: bool,
}

const fn place(kind: &'static str, group: &'static str, path: &'static str, creates: bool) -> Place<'static> {
    Place { of: Gvk { group, version: "", kind }, path, creates }
}

/// Everywhere.
pub(super) const LABELS: Place<'static> = place("", "", "metadata/labels", true);

/// Labels of objects and of what they make. Models metadataLabelsFieldSpecs.
pub(super) const TEMPLATE_LABELS: [Place<'static>; 10] = [
    LABELS,
    place("ReplicationController", "", "spec/template/metadata/labels", true),
    place("Deployment", "", "spec/template/metadata/labels", true),
    place("ReplicaSet", "", "spec/template/metadata/labels", true),
    place("DaemonSet", "", "spec/template/metadata/labels", true),
    place("StatefulSet", "apps", "spec/template/metadata/labels", true),
    place("StatefulSet", "apps", "spec/volumeClaimTemplates[]/metadata/labels", true),
    place("Job", "batch", "spec/template/metadata/labels", true),
    place("CronJob", "batch", "spec/jobTemplate/metadata/labels", true),
    place("CronJob", "batch", "spec/jobTemplate/spec/template/metadata/labels", true),
];

/// Selectors. Models commonLabelFieldSpecs, but for affinity and spreading, which [`AFFINITY`] has.
pub(super) const SELECTORS: [Place<'static>; 12] = [
    place("Service", "", "spec/selector", true),
    place("ReplicationController", "", "spec/selector", true),
    place("Deployment", "", "spec/selector/matchLabels", true),
    place("ReplicaSet", "", "spec/selector/matchLabels", true),
    place("DaemonSet", "", "spec/selector/matchLabels", true),
    place("StatefulSet", "apps", "spec/selector/matchLabels", true),
    place("Job", "batch", "spec/selector/matchLabels", false),
    place("CronJob", "batch", "spec/jobTemplate/spec/selector/matchLabels", false),
    place("PodDisruptionBudget", "policy", "spec/selector/matchLabels", false),
    place("NetworkPolicy", "networking.k8s.io", "spec/podSelector/matchLabels", false),
    place("NetworkPolicy", "networking.k8s.io", "spec/ingress/from/podSelector/matchLabels", false),
    place("NetworkPolicy", "networking.k8s.io", "spec/egress/to/podSelector/matchLabels", false),
];

/// Selectors of Deployments' and StatefulSets' templates.
pub(super) const AFFINITY: [&str; 5] = [
    "spec/template/spec/affinity/podAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
    "spec/template/spec/affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
    "spec/template/spec/affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
    "spec/template/spec/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
    "spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels",
];

/// Models commonAnnotationFieldSpecs.
pub(super) const ANNOTATIONS: [Place<'static>; 9] = [
    place("", "", "metadata/annotations", true),
    place("ReplicationController", "", "spec/template/metadata/annotations", true),
    place("Deployment", "", "spec/template/metadata/annotations", true),
    place("ReplicaSet", "", "spec/template/metadata/annotations", true),
    place("DaemonSet", "", "spec/template/metadata/annotations", true),
    place("StatefulSet", "", "spec/template/metadata/annotations", true),
    place("Job", "batch", "spec/template/metadata/annotations", true),
    place("CronJob", "batch", "spec/jobTemplate/metadata/annotations", true),
    place("CronJob", "batch", "spec/jobTemplate/spec/template/metadata/annotations", true),
];

/// Models replicasFieldSpecs.
pub(super) const REPLICAS: [Place<'static>; 4] = [
    place("Deployment", "", "spec/replicas", true),
    place("ReplicationController", "", "spec/replicas", true),
    place("ReplicaSet", "", "spec/replicas", true),
    place("StatefulSet", "", "spec/replicas", true),
];

/// Calls `change` with each value that the place leads to, if the object is of its kind. With `creates_leaf` the last
/// field is made as well where it is missing, as null.
///
/// # Errors
/// When something on the way is neither a list nor a map, or `change` refuses.
pub(super) fn visit(
    resource: &mut Resource,
    place: &Place<'_>,
    change: &mut dyn FnMut(&mut Value) -> Result<(), String>,
) -> Result<(), String> {
    let id = resource.id();
    if !id.is_of(&place.of) {
        return Ok(());
    }
    let parts = split(place.path);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    walk(&mut resource.value, &parts, place.creates, change)
        .map_err(|why| format!("considering field '{}' of object {id}: {why}", place.path))
}

/// Models kyaml/utils PathSplitter: `\/` is a stroke in a name.
fn split(path: &str) -> Vec<String> {
    path.replace("\\/", "\u{0}").split('/').map(|part| part.replace('\u{0}', "/")).collect()
}

fn walk(
    value: &mut Value,
    parts: &[&str],
    creates: bool,
    change: &mut dyn FnMut(&mut Value) -> Result<(), String>,
) -> Result<(), String> {
    let Some((first, rest)) = parts.split_first() else { return change(value) };
    match value {
        Value::Null => Ok(()),
        Value::Array(list) => list.iter_mut().try_for_each(|item| walk(item, parts, creates, change)),
        Value::Object(fields) => {
            let name = first.strip_suffix("[]").unwrap_or(first);
            if creates && name == *first {
                let field = fields.entry(name).or_insert(Value::Null);
                if field.is_null() && !rest.is_empty() {
                    *field = Value::Object(Map::new());
                }
            }
            match fields.get_mut(name) {
                Some(field) => walk(field, rest, creates, change),
                None => Ok(()),
            }
        }
        _ => Err("expected sequence or mapping node".to_owned()),
    }
}

/// Sets a key of the map that the place leads to.
pub(super) fn set_entry(resource: &mut Resource, place: &Place<'_>, key: &str, text: &str) -> Result<(), String> {
    visit(resource, place, &mut |value| {
        if value.is_null() {
            *value = Value::Object(Map::new());
        }
        let Value::Object(fields) = value else { return Err("wrong node kind: expected MappingNode".to_owned()) };
        fields.insert(key.to_owned(), Value::from(text));
        Ok(())
    })
}
