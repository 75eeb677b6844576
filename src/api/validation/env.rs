//! Environment variables and where they come from.

use super::error::FieldError;
use super::field::Field;
use super::names;
use super::pod_spec::every_container;
use super::resources;
use super::volume::validate_no_backsteps;

const ENV_FIELDS: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

/// What a volume may show of its pod.
pub(super) const VOLUME_FIELDS: [&str; 5] =
    ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];

/// Every field that the API's converter knows.
const POD_FIELDS: [&str; 14] = [
    "metadata.annotations",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.serviceAccountName",
    "spec.schedulerName",
    "status.phase",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

/// Models ValidateEnv.
pub(super) fn validate_all(variables: &Field<'_>, errors: &mut Vec<FieldError>) {
    for variable in variables.items() {
        let name = variable.child("name");
        if name.text().is_empty() {
            errors.push(name.required(""));
        } else {
            name.check_text(names::environment_variable_name(name.text()), errors);
        }
        validate_value_from(&variable, errors);
    }
}

/// Models ValidateEnvFrom; what is wrong with the number of sources is said of the list.
pub(super) fn validate_sources(sources: &Field<'_>, errors: &mut Vec<FieldError>) {
    for source in sources.items() {
        let prefix = source.child("prefix");
        if !prefix.text().is_empty() {
            prefix.check_text(names::environment_variable_name(prefix.text()), errors);
        }
        let given: Vec<Field<'_>> =
            ["configMapRef", "secretRef"].iter().map(|name| source.child(name)).filter(Field::is_set).collect();
        for reference in &given {
            let name = reference.child("name");
            if name.text().is_empty() {
                errors.push(name.required(""));
            } else {
                let complaints = names::dns1123_subdomain(&names::with_masked_trailing_dash(name.text()));
                name.check_text(complaints, errors);
            }
        }
        match given.len() {
            0 => errors.push(sources.invalid("", "must specify one of: `configMapRef` or `secretRef`")),
            1 => {}
            _ => errors.push(sources.invalid("", "may not have more than one field specified at a time")),
        }
    }
}

/// Files that variables are read from must lie in an `emptyDir`. Models validateFileKeyRefVolumes.
pub(super) fn validate_file_volumes(spec: &Field<'_>, errors: &mut Vec<FieldError>) {
    let volumes: Vec<Field<'_>> = spec.child("volumes").items().collect();
    for variable in every_container(spec).iter().flat_map(|container| container.child("env").items()) {
        let file = variable.child("valueFrom").child("fileKeyRef");
        if !file.is_set() {
            continue;
        }
        let name = file.child("volumeName");
        match volumes.iter().rfind(|volume| volume.child("name").text() == name.text()) {
            None => errors.push(name.not_found(name.text())),
            Some(volume) if !volume.child("emptyDir").is_set() => {
                errors.push(name.invalid_text("referenced volume must be of type emptyDir"));
            }
            Some(_) => {}
        }
    }
}

/// Models validateEnvVarValueFrom.
fn validate_value_from(variable: &Field<'_>, errors: &mut Vec<FieldError>) {
    let source = variable.child("valueFrom");
    if !source.is_set() {
        return;
    }
    let mut count = 0;
    for name in ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"] {
        let reference = source.child(name);
        if !reference.is_set() {
            continue;
        }
        count += 1;
        match name {
            "fieldRef" => validate_field_reference(&reference, &ENV_FIELDS, errors),
            "resourceFieldRef" => resources::validate_reference(&reference, false, errors),
            "fileKeyRef" => validate_file_reference(&reference, errors),
            _ => validate_key_reference(&reference, errors),
        }
    }
    if count == 0 {
        errors.push(source.invalid(
            "",
            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`",
        ));
    } else if !variable.child("value").text().is_empty() {
        errors.push(source.invalid("", "may not be specified when `value` is not empty"));
    } else if count > 1 {
        errors.push(source.invalid("", "may not have more than one field specified at a time"));
    }
}

/// A field of the pod. Models validateObjectFieldSelector.
pub(super) fn validate_field_reference(reference: &Field<'_>, allowed: &[&str], errors: &mut Vec<FieldError>) {
    let version = reference.child("apiVersion");
    let path = reference.child("fieldPath");
    for needed in [&version, &path] {
        if needed.text().is_empty() {
            errors.push(needed.required(""));
            return;
        }
    }
    let converting = |why: String| path.invalid_text(format!("error converting fieldPath: {why}"));
    if version.text() != "v1" {
        errors.push(converting(format!("unsupported pod version: {}", version.text())));
        return;
    }
    if let Some((map, key)) = split_subscript(path.text()) {
        let key = match map {
            "metadata.annotations" => key.to_lowercase(),
            "metadata.labels" => key.to_owned(),
            _ => {
                errors.push(converting(format!("field label does not support subscript: {}", path.text())));
                return;
            }
        };
        let complaints = names::qualified_name(&key);
        errors.extend(complaints.into_iter().map(|complaint| reference.invalid(key.as_str(), complaint)));
        return;
    }
    let label = if path.text() == "spec.host" { "spec.nodeName" } else { path.text() };
    if !POD_FIELDS.contains(&label) {
        errors.push(converting(format!("field label not supported: {label}")));
    } else if !allowed.contains(&label) {
        errors.push(path.not_supported(label, allowed));
    }
}

/// `metadata.labels['app']` is the entry `app` of `metadata.labels`. Models fieldpath.SplitMaybeSubscriptedPath.
fn split_subscript(path: &str) -> Option<(&str, &str)> {
    path.strip_suffix("']")?.split_once("['").filter(|(map, _)| !map.is_empty())
}

/// A key of a ConfigMap or a Secret. Models validateConfigMapKeySelector.
fn validate_key_reference(reference: &Field<'_>, errors: &mut Vec<FieldError>) {
    let name = reference.child("name");
    name.check_text(names::dns1123_subdomain(name.text()), errors);
    let key = reference.child("key");
    if key.text().is_empty() {
        errors.push(key.required(""));
    } else {
        key.check_text(names::config_map_key(key.text()), errors);
    }
}

/// Models validateFileKeySelector.
fn validate_file_reference(reference: &Field<'_>, errors: &mut Vec<FieldError>) {
    let key = reference.child("key");
    if key.text().is_empty() {
        errors.push(key.required(""));
    } else {
        key.check_text(names::environment_variable_name(key.text()), errors);
    }
    let volume = reference.child("volumeName");
    if volume.text().is_empty() {
        errors.push(volume.required(""));
    } else {
        volume.check_text(names::dns1123_label(volume.text()), errors);
    }
    let path = reference.child("path");
    if path.text().is_empty() {
        errors.push(path.required(""));
    } else {
        validate_no_backsteps(&path, path.text(), errors);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subscripts() {
        assert_eq!(split_subscript("metadata.labels['app']"), Some(("metadata.labels", "app")));
        assert_eq!(split_subscript("metadata.labels"), None);
        assert_eq!(split_subscript("['a']"), None);
    }
}
