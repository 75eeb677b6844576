//! What a kustomization changes in all of its objects. Models api/internal/builtins and api/filters.

use serde_json::{Map, Value};

use super::fields::texts;
use super::patches;
use super::places::{AFFINITY, ANNOTATIONS, LABELS, Place, REPLICAS, SELECTORS, TEMPLATE_LABELS, set_entry, visit};
use super::resource::{Gvk, Resource, gvk_text};
use super::source::Folder;
use crate::kubectl::field;
use crate::script::Pattern;

/// Everything, in kustomize's order. Models configureBuiltinTransformers.
///
/// # Errors
/// At the first one that fails.
pub(super) fn all(found: &mut Vec<Resource>, fields: &Value, folder: &Folder<'_>) -> Result<(), String> {
    patches::strategic(found, &texts(fields, "/patchesStrategicMerge"), folder)?;
    for patch in field::list(fields, "/patches") {
        patches::any(found, patch, folder)?;
    }
    set_namespace(found, field::text(fields, "/namespace"))?;
    let (prefix, suffix) = (field::text(fields, "/namePrefix"), field::text(fields, "/nameSuffix"));
    for (end, is_prefix) in [(prefix, true), (suffix, false)] {
        if !end.is_empty() {
            found.iter_mut().for_each(|resource| rename(resource, end, is_prefix));
        }
    }
    for label in field::list(fields, "/labels") {
        set_labels(found, label)?;
    }
    let common = serde_json::json!({"pairs": fields.get("commonLabels"), "includeSelectors": true});
    set_labels(found, &common)?;
    for (key, value) in field::string_map(fields, "/commonAnnotations") {
        for resource in found.iter_mut() {
            ANNOTATIONS.iter().try_for_each(|place| set_entry(resource, place, &key, &value))?;
        }
    }
    for patch in field::list(fields, "/patchesJson6902") {
        patches::json(found, patch, folder)?;
    }
    for replica in field::list(fields, "/replicas") {
        set_replicas(found, replica)?;
    }
    for image in field::list(fields, "/images") {
        set_images(found, image);
    }
    Ok(())
}

/// Models NamespaceTransformerPlugin and namespace.Filter.
fn set_namespace(found: &mut [Resource], namespace: &str) -> Result<(), String> {
    if namespace.is_empty() {
        return Ok(());
    }
    for at in 0..found.len() {
        let Some(resource) = found.get_mut(at) else { continue };
        resource.note_name();
        let id = resource.id();
        if !id.is_cluster_scoped() {
            resource.set_namespace(namespace);
        }
        let is_binding = matches!(id.kind.as_str(), "RoleBinding" | "ClusterRoleBinding");
        if let Some(Value::Array(subjects)) = resource.value.get_mut("subjects").filter(|_| is_binding) {
            for subject in subjects.iter_mut().filter(|subject| field::text(subject, "/name") == "default") {
                field::set(subject, &["namespace"], Value::from(namespace));
            }
        }
        let place = match (id.kind.as_str(), id.group.as_str()) {
            ("Namespace", "") if id.version == "v1" => Some(("metadata/name", true)),
            ("APIService", "apiregistration.k8s.io") => Some(("spec/service/namespace", true)),
            ("CustomResourceDefinition", "apiextensions.k8s.io") => {
                Some(("spec/conversion/webhook/clientConfig/service/namespace", false))
            }
            _ => None,
        };
        if let Some((path, creates)) = place {
            visit(resource, &Place { of: Gvk::default(), path, creates }, &mut |value| {
                *value = Value::from(namespace);
                Ok(())
            })?;
        }
        let id = resource.id();
        let same: Vec<String> =
            found.iter().map(Resource::id).filter(|other| other.equals(&id)).map(|id| id.to_string()).collect();
        if same.len() != 1 {
            return Err(format!("namespace transformation produces ID conflict: [{}]", same.join(" ")));
        }
    }
    Ok(())
}

/// Models PrefixTransformerPlugin and SuffixTransformerPlugin.
fn rename(resource: &mut Resource, end: &str, is_prefix: bool) {
    let first = resource.first_id();
    if matches!(first.kind.as_str(), "CustomResourceDefinition" | "Namespace")
        || first.kind == "APIService" && first.group == "apiregistration.k8s.io"
    {
        return;
    }
    resource.note_name();
    let name = resource.id().name;
    if is_prefix {
        resource.prefixes.push(end.to_owned());
        resource.set_name(&format!("{end}{name}"));
    } else {
        resource.suffixes.push(end.to_owned());
        resource.set_name(&format!("{name}{end}"));
    }
}

/// Models the LabelTransformer with its field specs.
fn set_labels(found: &mut [Resource], label: &Value) -> Result<(), String> {
    let pairs = field::string_map(label, "/pairs");
    if pairs.is_empty() {
        return Ok(());
    }
    let mut places: Vec<Place<'_>> = field::list(label, "/fields")
        .iter()
        .map(|spec| {
            let text = |name: &str| field::text(spec, name);
            let of = Gvk { group: text("/group"), version: text("/version"), kind: text("/kind") };
            Place { of, path: text("/path"), creates: field::flag(spec, "/create") }
        })
        .collect();
    if field::flag(label, "/includeSelectors") {
        places.extend(SELECTORS);
        for kind in ["Deployment", "StatefulSet"] {
            let of = Gvk { group: "apps", version: "", kind };
            places.extend(AFFINITY.map(|path| Place { of, path, creates: false }));
        }
        places.extend(TEMPLATE_LABELS);
    } else if field::flag(label, "/includeTemplates") {
        places.extend(TEMPLATE_LABELS);
    }
    places.push(LABELS);
    for resource in found {
        for (key, value) in &pairs {
            places.iter().try_for_each(|place| set_entry(resource, place, key, value))?;
        }
    }
    Ok(())
}

/// Models ReplicaCountTransformerPlugin.
fn set_replicas(found: &mut [Resource], replica: &Value) -> Result<(), String> {
    let name = field::text(replica, "/name");
    let count = field::number(replica, "/count");
    let mut is_found = false;
    for place in REPLICAS {
        let is_meant = |resource: &&mut Resource| resource.was_called(|id| id.name == name && id.is_of(&place.of));
        for resource in found.iter_mut().filter(is_meant) {
            is_found = true;
            visit(resource, &place, &mut |value| {
                *value = Value::from(count);
                Ok(())
            })?;
        }
    }
    if is_found {
        return Ok(());
    }
    let kinds: Vec<String> = REPLICAS.iter().map(|place| gvk_text(&place.of)).collect();
    Err(format!("resource with name {name} does not match a config with the following GVK [{}]", kinds.join(" ")))
}

/// Models imagesFieldSpecs.
const IMAGES: [&str; 6] = [
    "spec/containers/image",
    "spec/initContainers/image",
    "spec/volumes/image/reference",
    "spec/template/spec/containers/image",
    "spec/template/spec/initContainers/image",
    "spec/template/spec/volumes/image/reference",
];

/// Models ImageTagTransformerPlugin: containers wherever they stand, then where pods and templates have images.
fn set_images(found: &mut [Resource], image: &Value) {
    let name = field::text(image, "/name");
    let pattern = format!("^{name}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?$");
    let Ok(pattern) = Pattern::parse(&pattern, true, false) else { return };
    let change = |value: &mut Value| {
        if let Value::String(text) = value
            && pattern.is_match(text)
        {
            *text = with_tag(text, image);
        }
    };
    for resource in found.iter_mut().filter(|resource| resource.id().kind != "CustomResourceDefinition") {
        in_containers(&mut resource.value, &change);
        for path in IMAGES {
            let place = Place { of: Gvk::default(), path, creates: false };
            // What is no list of containers has no image.
            let _ = visit(resource, &place, &mut |value| {
                change(value);
                Ok(())
            });
        }
    }
}

/// Models imagetag.LegacyFilter.
fn in_containers(value: &mut Value, change: &dyn Fn(&mut Value)) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields.iter_mut() {
                in_containers(value, change);
                if let Value::Array(containers) = value
                    && matches!(name.as_str(), "containers" | "initContainers")
                {
                    let containers = containers.iter_mut().filter_map(Value::as_object_mut);
                    containers.filter_map(|fields: &mut Map<String, Value>| fields.get_mut("image")).for_each(change);
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|item| in_containers(item, change)),
        _ => {}
    }
}

/// Models imageTagUpdater.SetImageValue.
fn with_tag(text: &str, image: &Value) -> String {
    let (name, mut tag, mut digest) = split(text);
    let given = |field: &str| field::text(image, field);
    let (new_tag, new_digest, suffix) = (given("/newTag"), given("/digest"), given("/tagSuffix"));
    let name = if given("/newName").is_empty() { name } else { given("/newName") };
    let with_suffix;
    if !new_tag.is_empty() || !new_digest.is_empty() {
        (tag, digest) = (new_tag, new_digest);
    } else if !suffix.is_empty() {
        with_suffix = format!("{tag}{suffix}");
        (tag, digest) = (&with_suffix, "");
    }
    let tag = if tag.is_empty() { String::new() } else { format!(":{tag}") };
    let digest = if digest.is_empty() { String::new() } else { format!("@{digest}") };
    format!("{name}{tag}{digest}")
}

/// Name, tag and digest. Models image.Split: a colon before the first stroke is a port's.
fn split(text: &str) -> (&str, &str, &str) {
    let from = text.find('/').unwrap_or(0);
    let (before, digest) = match text.get(from..).and_then(|rest| rest.find('@')) {
        Some(at) => (text.get(..from + at).unwrap_or(text), text.get(from + at + 1..).unwrap_or_default()),
        None => (text, ""),
    };
    match before.get(from..).and_then(|rest| rest.find(':')) {
        Some(at) => {
            (before.get(..from + at).unwrap_or(before), before.get(from + at + 1..).unwrap_or_default(), digest)
        }
        None => (before, "", digest),
    }
}
