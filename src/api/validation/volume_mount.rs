//! Where a container mounts the pod's volumes.

use std::collections::BTreeMap;

use super::error::FieldError;
use super::field::Field;
use super::security_context::validate_local_path;
use super::volume::has_backsteps;

/// Models ValidateVolumeMounts; complaints about some fields name the list and not the item.
pub(super) fn validate_all(container: &Field<'_>, volumes: &BTreeMap<&str, Field<'_>>, errors: &mut Vec<FieldError>) {
    let mounts = container.child("volumeMounts");
    let devices = container.child("volumeDevices");
    let mut seen = Vec::new();
    for mount in mounts.items() {
        let name = mount.child("name");
        let path = mount.child("mountPath");
        if name.text().is_empty() {
            errors.push(name.required(""));
        }
        if !volumes.contains_key(name.text()) {
            errors.push(name.not_found(name.text()));
        }
        if path.text().is_empty() {
            errors.push(path.required(""));
        }
        if seen.contains(&path.text()) {
            errors.push(path.invalid_text("must be unique"));
        }
        seen.push(path.text());
        if devices.items().any(|device| device.child("name").text() == name.text()) {
            errors.push(name.invalid_text("must not already exist in volumeDevices"));
        }
        if devices.items().any(|device| device.child("devicePath").text() == path.text()) {
            errors.push(path.invalid_text("must not already exist as a path in volumeDevices"));
        }
        validate_sub_path(&mount, &mounts, errors);
        validate_propagation(&mount, &mounts, container, errors);
        validate_recursive_read_only(&mount, &mounts, errors);
    }
}

/// Models ValidateVolumeDevices.
pub(super) fn validate_devices(
    container: &Field<'_>,
    volumes: &BTreeMap<&str, Field<'_>>,
    errors: &mut Vec<FieldError>,
) {
    let mounts = container.child("volumeMounts");
    let mut names = Vec::new();
    let mut paths = Vec::new();
    for device in container.child("volumeDevices").items() {
        let name = device.child("name");
        let path = device.child("devicePath");
        if name.text().is_empty() {
            errors.push(name.required(""));
        }
        if names.contains(&name.text()) {
            errors.push(name.invalid_text("must be unique"));
        }
        match volumes.get(name.text()) {
            None => errors.push(name.not_found(name.text())),
            Some(volume) if volume.child("persistentVolumeClaim").is_set() || volume.child("ephemeral").is_set() => {}
            Some(_) => {
                errors.push(name.invalid_text(
                    "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode",
                ))
            }
        }
        if path.text().is_empty() {
            errors.push(path.required(""));
        }
        if paths.contains(&path.text()) {
            errors.push(path.invalid_text("must be unique"));
        }
        if has_backsteps(path.text()) {
            errors.push(path.invalid_text("can not contain backsteps ('..')"));
        } else {
            paths.push(path.text());
        }
        if mounts.items().any(|mount| mount.child("name").text() == name.text()) {
            errors.push(name.invalid_text("must not already exist in volumeMounts"));
        }
        if mounts.items().any(|mount| mount.child("mountPath").text() == path.text()) {
            errors.push(path.invalid_text("must not already exist as a path in volumeMounts"));
        }
        if !name.text().is_empty() {
            names.push(name.text());
        }
    }
}

fn validate_sub_path(mount: &Field<'_>, mounts: &Field<'_>, errors: &mut Vec<FieldError>) {
    let sub_path = mount.child("subPath").text();
    let expression = mount.child("subPathExpr");
    if !sub_path.is_empty() {
        validate_local_path(&mounts.child("subPath"), sub_path, errors);
    }
    if !expression.text().is_empty() {
        if !sub_path.is_empty() {
            errors.push(expression.invalid_text("subPathExpr and subPath are mutually exclusive"));
        }
        validate_local_path(&mounts.child("subPathExpr"), expression.text(), errors);
    }
}

/// Models validateMountPropagation.
fn validate_propagation(mount: &Field<'_>, mounts: &Field<'_>, container: &Field<'_>, errors: &mut Vec<FieldError>) {
    let supported = ["Bidirectional", "HostToContainer", "None"];
    let propagation = mount.child("mountPropagation").reported_as(format!("{}.mountPropagation", mounts.path()));
    if !propagation.is_set() {
        return;
    }
    if !supported.contains(&propagation.text()) {
        errors.push(propagation.not_supported(propagation.value(), &supported));
    }
    let is_privileged = container.child("securityContext").child("privileged").is_true();
    if propagation.text() == "Bidirectional" && !is_privileged {
        errors
            .push(propagation.forbidden("Bidirectional mount propagation is available only to privileged containers"));
    }
}

/// Models validateMountRecursiveReadOnly.
fn validate_recursive_read_only(mount: &Field<'_>, mounts: &Field<'_>, errors: &mut Vec<FieldError>) {
    let field = mount.child("recursiveReadOnly").reported_as(format!("{}.recursiveReadOnly", mounts.path()));
    match field.text() {
        "Disabled" => {}
        "Enabled" | "IfPossible" => {
            if !mount.child("readOnly").is_true() {
                errors.push(field.forbidden("may only be specified when readOnly is true"));
            }
            if !["", "None"].contains(&mount.child("mountPropagation").text()) {
                errors.push(field.forbidden("may only be specified when mountPropagation is None or not specified"));
            }
        }
        _ if field.is_set() => {
            errors.push(field.not_supported(field.value(), &["Disabled", "Enabled", "IfPossible"]));
        }
        _ => {}
    }
}
