//! Requests with JSON bodies: what kubectl sends.

use serde_json::Value;

use super::{ApiServer, Status, write::prepare_update};
use crate::api::{Kind, Object, defaults, strict};

/// How a write is to be handled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WriteOptions {
    /// Answer as if, and store nothing.
    pub dry_run: bool,
}

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

/// What a successful write answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Applied {
    /// The object as it is now.
    pub object: Object,
    /// Warnings for the user, as kubectl prints them behind `Warning: `.
    pub warnings: Vec<String>,
}

impl ApiServer {
    /// Creates an object from JSON.
    ///
    /// # Errors
    /// `BadRequest` when the JSON does not fit the kind, `Invalid` when a value is wrong, else as [`ApiServer::create`].
    pub fn create_value(
        &mut self,
        kind: Kind,
        namespace: &str,
        value: Value,
        options: WriteOptions,
    ) -> Result<Applied, Status> {
        let value = decoded(kind, namespace, &value)?;
        let object = read(kind, value)?;
        let object = if options.dry_run { self.prepare_create(object)? } else { self.create(object)? };
        Ok(Applied { object, warnings: Vec::new() })
    }

    /// Replaces an object by JSON.
    ///
    /// # Errors
    /// As [`ApiServer::create_value`] and [`ApiServer::update`].
    pub fn replace(&mut self, kind: Kind, value: Value, options: WriteOptions) -> Result<Applied, Status> {
        let value = decoded(kind, "", &value)?;
        let object = read(kind, value)?;
        let old = self.current(&object)?;
        let object = prepare_update(object, &old);
        let object = if options.dry_run { object } else { self.store_update(object, &old) };
        Ok(Applied { object, warnings: Vec::new() })
    }
}

/// Reads JSON as the API server does, under strict field validation, and fills in the defaults. An object without a
/// namespace gets that of the request.
fn decoded(kind: Kind, namespace: &str, value: &Value) -> Result<Value, Status> {
    let refuse = |why: String| {
        let (version, kind) = (kind.api_version().rsplit('/').next().unwrap_or("v1"), kind.as_str());
        Status::bad_request(format!("{kind} in version {version:?} cannot be handled as a {kind}: {why}"))
    };
    let decoded = strict::decode(kind, value).map_err(refuse)?;
    if let Some(error) = decoded.strict_error() {
        return Err(refuse(error));
    }
    let mut value = decoded.value;
    let metadata = value.get_mut("metadata").and_then(Value::as_object_mut);
    if let Some(metadata) = metadata.filter(|_| !kind.is_cluster_scoped() && !namespace.is_empty()) {
        metadata.entry("namespace").or_insert_with(|| Value::from(namespace));
    }
    defaults::set_defaults(kind, &mut value);
    Ok(value)
}

fn read(kind: Kind, value: Value) -> Result<Object, Status> {
    Object::from_value(kind, value).map_err(Status::bad_request)
}
