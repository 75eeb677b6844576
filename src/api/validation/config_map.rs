//! ConfigMaps and Secrets.
//!
//! Not validated: that a Secret's docker configuration is JSON.

use super::equality;
use super::error::FieldError;
use super::field::Field;
use super::names;
use super::object_meta::{self, Scope};

/// All values of one object together may have so many bytes.
const DATA_LENGTH: usize = 1024 * 1024;

/// Models ValidateConfigMap.
pub(super) fn validate(config_map: &Field<'_>, errors: &mut Vec<FieldError>) {
    object_meta::validate(&config_map.child("metadata"), Scope::Namespaced, names::dns1123_subdomain, errors);
    let data = config_map.child("data");
    let binary_data = config_map.child("binaryData");
    for key in data.keys() {
        let field = data.key(key);
        validate_key(&field, key, errors);
        if binary_data.key(key).is_set() {
            errors.push(field.invalid(key, "duplicate of key present in binaryData"));
        }
    }
    for key in binary_data.keys() {
        validate_key(&binary_data.key(key), key, errors);
    }
    let length: usize = data.entries().map(|(_, value)| value.len()).sum::<usize>() + decoded_length(&binary_data);
    if length > DATA_LENGTH {
        errors.push(config_map.too_long(DATA_LENGTH));
    }
}

/// Models ValidateConfigMapUpdate.
pub(super) fn validate_update(config_map: &Field<'_>, old: &Field<'_>, errors: &mut Vec<FieldError>) {
    object_meta::validate_update(&config_map.child("metadata"), &old.child("metadata"), errors);
    validate_frozen(config_map, old, &["data", "binaryData"], errors);
    validate(config_map, errors);
}

/// Models ValidateSecret.
pub(super) fn validate_secret(secret: &Field<'_>, errors: &mut Vec<FieldError>) {
    object_meta::validate(&secret.child("metadata"), Scope::Namespaced, names::dns1123_subdomain, errors);
    let data = secret.child("data");
    for key in data.keys() {
        validate_key(&data.key(key), key, errors);
    }
    if decoded_length(&data) > DATA_LENGTH {
        errors.push(data.too_long(DATA_LENGTH));
    }
    let needed: &[&str] = match secret.child("type").text() {
        "kubernetes.io/service-account-token" => {
            let account = secret.child("metadata").child("annotations").key("kubernetes.io/service-account.name");
            if account.text().is_empty() {
                errors.push(account.required(""));
            }
            &[]
        }
        "kubernetes.io/dockercfg" => &[".dockercfg"],
        "kubernetes.io/dockerconfigjson" => &[".dockerconfigjson"],
        "kubernetes.io/basic-auth" if !data.key("username").is_set() && !data.key("password").is_set() => {
            &["username", "password"]
        }
        "kubernetes.io/ssh-auth" => &["ssh-privatekey"],
        "kubernetes.io/tls" => &["tls.crt", "tls.key"],
        _ => &[],
    };
    errors.extend(needed.iter().map(|key| data.key(key)).filter(|key| !key.is_set()).map(|key| key.required("")));
}

/// Models ValidateSecretUpdate.
pub(super) fn validate_secret_update(secret: &Field<'_>, old: &Field<'_>, errors: &mut Vec<FieldError>) {
    object_meta::validate_update(&secret.child("metadata"), &old.child("metadata"), errors);
    object_meta::validate_immutable(&secret.child("type"), old.child("type").value(), errors);
    validate_frozen(secret, old, &["data"], errors);
    validate_secret(secret, errors);
}

/// What has been made immutable stays as it is.
fn validate_frozen(object: &Field<'_>, old: &Field<'_>, fields: &[&str], errors: &mut Vec<FieldError>) {
    const DETAIL: &str = "field is immutable when `immutable` is set";
    if !old.child("immutable").is_true() {
        return;
    }
    if !object.child("immutable").is_true() {
        errors.push(object.child("immutable").forbidden(DETAIL));
    }
    for name in fields {
        if !equality::is_equal(object.child(name).value(), old.child(name).value()) {
            errors.push(object.child(name).forbidden(DETAIL));
        }
    }
}

fn validate_key(field: &Field<'_>, key: &str, errors: &mut Vec<FieldError>) {
    errors.extend(names::config_map_key(key).into_iter().map(|complaint| field.invalid(key, complaint)));
}

/// How many bytes the base64 texts stand for.
fn decoded_length(data: &Field<'_>) -> usize {
    data.entries().map(|(_, text)| text.trim_end_matches('=').len() * 3 / 4).sum()
}
