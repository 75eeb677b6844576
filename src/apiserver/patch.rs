//! Patch requests.

use serde_json::Value;

use super::rest::{defaulted, invalid};
use super::{ApiServer, Applied, FieldValidation, Key, Status, WriteOptions};
use crate::api::strict::{self, Decoded};
use crate::api::validation::{BadValue, FieldError, FieldErrorKind};
use crate::api::{Kind, patch};

/// How a patch is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatchType {
    /// Kubernetes' own: lists are merged by key.
    Strategic,
    /// RFC 7386.
    Merge,
    /// RFC 6902.
    Json,
}

/// What the strategic merge calls a patch that cannot be understood.
const BAD_FORMATS: [&str; 5] = [
    "invalid JSON document",
    "invalid patch format of primitive list",
    "invalid patch format of retainKeys",
    "invalid patch format of setElementOrder list",
    "strategic merge patch format is not supported",
];
/// What it calls a patch that can be understood and not be carried out.
const UNPROCESSABLE: [&str; 2] = ["lists of lists are not supported", "patch content doesn't match retainKeys list"];

impl PatchType {
    /// What kubectl sends where it is not told: of the lists of a user's kind nothing is known.
    pub fn of(kind: Kind) -> Self {
        if kind.is_plain_to_kubectl() { Self::Merge } else { Self::Strategic }
    }
}

impl ApiServer {
    /// Changes an object by a patch. Models apiserver/pkg/endpoints/handlers/patch.go.
    ///
    /// # Errors
    /// `NotFound`; `BadRequest` when the patch cannot be read; `Invalid` when what comes out is no valid object;
    /// `Conflict` when the patch names another resource version.
    pub fn patch(
        &mut self,
        kind: Kind,
        key: &Key,
        change: &Value,
        patch_type: PatchType,
        options: WriteOptions,
    ) -> Result<Applied, Status> {
        let current = self.get(kind, key)?.to_value();
        let (sent, mut decoded) = match patch_type {
            PatchType::Strategic if kind.is_custom() => return Err(Status::unsupported_media_type()),
            PatchType::Strategic => strategic(kind, &current, change)?,
            PatchType::Merge => merged(kind, &current, change)?,
            PatchType::Json => json_patched(kind, &current, change)?,
        };
        self.fit(kind, &mut decoded);
        if let (FieldValidation::Strict, Some(error)) = (options.field_validation, decoded.strict_error()) {
            return Err(invalid_patch(&shown(patch_type, change, &sent), &error));
        }
        let (value, warnings) = defaulted(kind, &sent, decoded, options.field_validation);
        check_name(key, &value)?;
        self.write_over(kind, value, options, warnings)
    }
}

/// Models strategicPatchObject.
fn strategic(kind: Kind, current: &Value, change: &Value) -> Result<(Value, Decoded), Status> {
    if !change.is_object() {
        return Err(Status::bad_request(not_a_map(change)));
    }
    let sent = patch::strategic_merge(current, change, kind).map_err(|error| {
        if BAD_FORMATS.contains(&error.as_str()) {
            Status::bad_request(error)
        } else if UNPROCESSABLE.contains(&error.as_str()) {
            Status::unprocessable()
        } else {
            Status::internal(error)
        }
    })?;
    let decoded = strict::decode_unstructured(kind, &sent).map_err(|error| invalid_patch(&patch::text(change), &error));
    Ok((sent, decoded?))
}

fn merged(kind: Kind, current: &Value, change: &Value) -> Result<(Value, Decoded), Status> {
    if !change.is_object() {
        return Err(Status::bad_request(format!("error decoding patch: {}", not_a_map(change))));
    }
    let sent = patch::json_merge_patch(current, change);
    let decoded = strict::decode(kind, &sent).map_err(|error| invalid_patch(&sent.to_string(), &error))?;
    Ok((sent, decoded))
}

fn json_patched(kind: Kind, current: &Value, change: &Value) -> Result<(Value, Decoded), Status> {
    let sent = patch::json_patch(current, change)
        .map_err(|error| if change.is_array() { Status::unprocessable() } else { Status::bad_request(error) })?;
    let decoded = strict::decode(kind, &sent).map_err(|error| invalid_patch(&sent.to_string(), &error))?;
    Ok((sent, decoded))
}

/// What a complaint about the patch shows: the patch itself, or the object that came out.
fn shown(patch_type: PatchType, change: &Value, sent: &Value) -> String {
    match patch_type {
        PatchType::Strategic => patch::text(change),
        PatchType::Merge | PatchType::Json => sent.to_string(),
    }
}

fn invalid_patch(shown: &str, why: &str) -> Status {
    let error = FieldError {
        field: "patch".to_owned(),
        kind: FieldErrorKind::Invalid,
        bad_value: BadValue::Text(shown.to_owned()),
        detail: why.to_owned(),
    };
    // The error names no kind and no object.
    invalid(format!(" \"\" is invalid: {}", error.text()), &[error])
}

fn not_a_map(change: &Value) -> String {
    let found = match change {
        Value::Array(_) => "array",
        Value::String(_) => "string",
        Value::Number(_) => "number",
        Value::Bool(_) => "bool",
        _ => "null",
    };
    format!("json: cannot unmarshal {found} into Go value of type map[string]interface {{}}")
}

/// Models rest.go checkName, and rest.EnsureObjectNamespaceMatchesRequestNamespace before it.
fn check_name(key: &Key, value: &Value) -> Result<(), Status> {
    let text = |name: &str| value.pointer(name).and_then(Value::as_str).unwrap_or_default();
    let (namespace, name) = (text("/metadata/namespace"), text("/metadata/name"));
    if namespace != &*key.namespace {
        let why = "the namespace of the provided object does not match the namespace sent on the request";
        return Err(Status::bad_request(why));
    }
    if name.is_empty() {
        let why =
            format!("the name of the object ({} based on URL) was undeterminable: name must be provided", key.name);
        return Err(Status::bad_request(why));
    }
    if name != &*key.name {
        let why = format!("the name of the object ({name}) does not match the name on the URL ({})", key.name);
        return Err(Status::bad_request(why));
    }
    Ok(())
}
