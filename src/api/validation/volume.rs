//! Volumes: emptyDir, hostPath, configMap, secret, persistentVolumeClaim, downwardAPI, projected, nfs, csi, image.
//!
//! Not validated: the insides of the other sources, of volume claim templates, of cluster trust bundles and of pod
//! certificates.

use std::collections::BTreeMap;

use super::error::FieldError;
use super::field::Field;
use super::names;
use super::pod_spec::PodSource;
use super::security_context::validate_local_path;
use super::{env, resources};

/// Every source in the order in which Kubernetes looks, and the name under which a second one is reported.
const SOURCES: [(&str, &str); 30] = [
    ("emptyDir", "emptyDir"),
    ("hostPath", "hostPath"),
    ("gitRepo", "gitRepo"),
    ("gcePersistentDisk", "gcePersistentDisk"),
    ("awsElasticBlockStore", "awsElasticBlockStore"),
    ("secret", "secret"),
    ("nfs", "nfs"),
    ("iscsi", "iscsi"),
    ("glusterfs", "glusterfs"),
    ("flocker", "flocker"),
    ("persistentVolumeClaim", "persistentVolumeClaim"),
    ("rbd", "rbd"),
    ("cinder", "cinder"),
    ("cephfs", "cephFS"),
    ("quobyte", "quobyte"),
    ("downwardAPI", "downwarAPI"),
    ("fc", "fc"),
    ("flexVolume", "flexVolume"),
    ("configMap", "configMap"),
    ("azureFile", "azureFile"),
    ("vsphereVolume", "vsphereVolume"),
    ("photonPersistentDisk", "photonPersistentDisk"),
    ("portworxVolume", "portworxVolume"),
    ("azureDisk", "azureDisk"),
    ("storageos", "storageos"),
    ("projected", "projected"),
    ("scaleIO", "scaleIO"),
    ("csi", "csi"),
    ("ephemeral", "ephemeral"),
    ("image", "image"),
];

const HOST_PATH_TYPES: [&str; 8] =
    ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];

/// The volumes without faults, by name. Models ValidateVolumes.
pub(super) fn validate_all<'a>(
    volumes: &Field<'a>,
    source: &PodSource,
    errors: &mut Vec<FieldError>,
) -> BTreeMap<&'a str, Field<'a>> {
    let mut sound = BTreeMap::new();
    for volume in volumes.items() {
        let before = errors.len();
        validate_source(&volume, source, errors);
        let name = volume.child("name");
        if name.text().is_empty() {
            errors.push(name.required(""));
        } else {
            name.check_text(names::dns1123_label(name.text()), errors);
        }
        if sound.contains_key(name.text()) {
            errors.push(name.duplicate(name.text()));
        }
        if errors.len() == before {
            sound.insert(name.text(), volume);
        }
    }
    sound
}

/// Models validateVolumeSource.
fn validate_source(volume: &Field<'_>, pod: &PodSource, errors: &mut Vec<FieldError>) {
    let mut given = SOURCES.iter().filter(|(name, _)| volume.child(name).is_set());
    let Some((name, _)) = given.next() else {
        errors.push(volume.required("must specify a volume type"));
        return;
    };
    let source = volume.child(name);
    match *name {
        "emptyDir" => {
            let limit = source.child("sizeLimit");
            if resources::amount(limit.value()).is_some_and(|amount| amount.sign() < 0) {
                errors.push(limit.forbidden("SizeLimit field must be a valid resource quantity"));
            }
        }
        "hostPath" => validate_host_path(&source, errors),
        "secret" => validate_files(&source, "secretName", errors),
        "configMap" => validate_files(&source, "name", errors),
        "persistentVolumeClaim" => require(&source, "claimName", errors),
        "nfs" => validate_nfs(&source, errors),
        "downwardAPI" => {
            validate_mode(&source.child("defaultMode"), errors);
            for file in source.child("items").items() {
                validate_downward_file(&file.reported_as(source.path().to_owned()), errors);
            }
        }
        "projected" => validate_projected(&source, errors),
        "csi" => validate_csi(&source, errors),
        "ephemeral" if !source.child("volumeClaimTemplate").is_set() => {
            errors.push(source.child("volumeClaimTemplate").required(""));
        }
        "image" => {
            if *pod == PodSource::Pod {
                require(&source, "reference", errors);
            }
            source.child("pullPolicy").check_enum(&["Always", "IfNotPresent", "Never"], errors);
        }
        _ => {}
    }
    let others = given.map(|(_, reported)| volume.child(reported));
    errors.extend(others.map(|other| other.forbidden("may not specify more than 1 volume type")));
}

fn require(holder: &Field<'_>, name: &str, errors: &mut Vec<FieldError>) {
    if holder.child(name).text().is_empty() {
        errors.push(holder.child(name).required(""));
    }
}

fn validate_host_path(host_path: &Field<'_>, errors: &mut Vec<FieldError>) {
    let path = host_path.child("path");
    if path.text().is_empty() {
        errors.push(path.required(""));
        return;
    }
    validate_no_backsteps(&path, path.text(), errors);
    let kind = host_path.child("type");
    if !HOST_PATH_TYPES.contains(&kind.text()) {
        errors.push(kind.not_supported(kind.value(), &HOST_PATH_TYPES));
    }
}

fn validate_nfs(nfs: &Field<'_>, errors: &mut Vec<FieldError>) {
    require(nfs, "server", errors);
    require(nfs, "path", errors);
    let path = nfs.child("path");
    if !path.text().starts_with('/') {
        errors.push(path.invalid_text("must be an absolute path"));
    }
}

/// Models validateCSIVolumeSource.
fn validate_csi(csi: &Field<'_>, errors: &mut Vec<FieldError>) {
    let driver = csi.child("driver");
    if driver.text().is_empty() {
        errors.push(driver.required(""));
    } else {
        if driver.text().len() > 63 {
            errors.push(driver.too_long(63));
        }
        driver.check_text(names::dns1123_subdomain(&driver.text().to_lowercase()), errors);
    }
    let secret = csi.child("nodePublishSecretRef");
    if secret.is_set() {
        let name = secret.child("name");
        if name.text().is_empty() {
            errors.push(name.required(""));
        } else {
            name.reported_as(format!("{}.name", csi.path())).check_text(names::dns1123_subdomain(name.text()), errors);
        }
    }
}

/// A Secret's or a ConfigMap's files. Models validateSecretVolumeSource and validateConfigMapVolumeSource.
fn validate_files(source: &Field<'_>, name: &str, errors: &mut Vec<FieldError>) {
    require(source, name, errors);
    validate_mode(&source.child("defaultMode"), errors);
    for item in source.child("items").items() {
        validate_key_to_path(&item, errors);
    }
}

/// Models validateKeyToPath.
fn validate_key_to_path(item: &Field<'_>, errors: &mut Vec<FieldError>) {
    require(item, "key", errors);
    require(item, "path", errors);
    validate_file_path(&item.child("path"), errors);
    validate_mode(&item.child("mode"), errors);
}

fn validate_mode(mode: &Field<'_>, errors: &mut Vec<FieldError>) {
    if !(0..=0o777).contains(&mode.int()) {
        errors.push(mode.invalid(mode.int(), "must be a number between 0 and 0777 (octal), both inclusive"));
    }
}

/// Models validateDownwardAPIVolumeFile.
fn validate_downward_file(file: &Field<'_>, errors: &mut Vec<FieldError>) {
    require(file, "path", errors);
    validate_file_path(&file.child("path"), errors);
    let field = file.child("fieldRef");
    let resource = file.child("resourceFieldRef");
    if field.is_set() {
        env::validate_field_reference(&field, &env::VOLUME_FIELDS, errors);
        if resource.is_set() {
            errors.push(file.invalid("resource", "fieldRef and resourceFieldRef can not be specified simultaneously"));
        }
    } else if resource.is_set() {
        resources::validate_reference(&resource, true, errors);
    } else {
        errors.push(file.required("one of fieldRef and resourceFieldRef is required"));
    }
    validate_mode(&file.child("mode"), errors);
}

/// Models validateProjectedVolumeSource.
fn validate_projected(projected: &Field<'_>, errors: &mut Vec<FieldError>) {
    validate_mode(&projected.child("defaultMode"), errors);
    let mut paths: Vec<&str> = Vec::new();
    for source in projected.child("sources").items() {
        for name in ["secret", "configMap"] {
            let files = source.child(name);
            if files.is_set() {
                require(&files, "name", errors);
                for item in files.child("items").items() {
                    validate_key_to_path(&item, errors);
                    let owner = files.child("name").text();
                    validate_new_path(projected, item.child("path").text(), owner, &mut paths, errors);
                }
            }
        }
        let downward = source.child("downwardAPI");
        for file in downward.child("items").items() {
            validate_downward_file(&file.reported_as(downward.path().to_owned()), errors);
            let path = file.child("path").text();
            validate_new_path(projected, path, path, &mut paths, errors);
        }
        validate_token(&source.child("serviceAccountToken"), projected, errors);
        let kinds =
            ["secret", "configMap", "downwardAPI", "serviceAccountToken", "clusterTrustBundle", "podCertificate"];
        if kinds.iter().filter(|kind| source.child(kind).is_set()).count() > 1 {
            errors.push(source.forbidden("may not specify more than 1 volume type per source"));
        }
    }
}

fn validate_new_path<'a>(
    projected: &Field<'_>,
    path: &'a str,
    bad_value: &str,
    paths: &mut Vec<&'a str>,
    errors: &mut Vec<FieldError>,
) {
    if paths.contains(&path) && !path.is_empty() {
        errors.push(projected.invalid(bad_value, "conflicting duplicate paths"));
    }
    paths.push(path);
}

fn validate_token(token: &Field<'_>, projected: &Field<'_>, errors: &mut Vec<FieldError>) {
    if !token.is_set() {
        return;
    }
    let expiration = token.child("expirationSeconds");
    if expiration.int() < 600 {
        errors.push(expiration.invalid(expiration.int(), "may not specify a duration less than 10 minutes"));
    }
    if expiration.int() > 1 << 32 {
        errors.push(expiration.invalid(expiration.int(), "may not specify a duration larger than 2^32 seconds"));
    }
    let path = token.child("path").reported_as(format!("{}.path", projected.path()));
    if path.text().is_empty() {
        errors.push(path.required(""));
    } else {
        validate_file_path(&path, errors);
    }
}

/// A file's place in a volume. Models ValidateLocalNonReservedPath.
fn validate_file_path(path: &Field<'_>, errors: &mut Vec<FieldError>) {
    validate_local_path(path, path.text(), errors);
    if path.text().starts_with("..") && !path.text().starts_with("../") {
        errors.push(path.invalid_text("must not start with '..'"));
    }
}

/// Models validatePathNoBacksteps.
pub(super) fn validate_no_backsteps(field: &Field<'_>, path: &str, errors: &mut Vec<FieldError>) {
    if has_backsteps(path) {
        errors.push(field.invalid(path, "must not contain '..'"));
    }
}

/// Whether a path steps out of where it begins.
pub(super) fn has_backsteps(path: &str) -> bool {
    path.split('/').any(|part| part == "..")
}
