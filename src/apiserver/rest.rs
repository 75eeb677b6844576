//! Requests with JSON bodies: what kubectl sends.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{ApiServer, Status, write::prepare_update};
use crate::api::{Generic, Kind, Object, ObjectMeta, Pod};

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
        let mut object = read(kind, value)?;
        object.with_metadata(|metadata| {
            if metadata.namespace.is_empty() && !kind.is_cluster_scoped() {
                namespace.clone_into(&mut metadata.namespace);
            }
        });
        let object = if options.dry_run { self.prepare_create(object)? } else { self.create(object)? };
        Ok(Applied { object, warnings: Vec::new() })
    }

    /// Replaces an object by JSON.
    ///
    /// # Errors
    /// As [`ApiServer::create_value`] and [`ApiServer::update`].
    pub fn replace(&mut self, kind: Kind, value: Value, options: WriteOptions) -> Result<Applied, Status> {
        let object = read(kind, value)?;
        let old = self.current(&object)?;
        let object = prepare_update(object, &old);
        let object = if options.dry_run { object } else { self.store_update(object, &old) };
        Ok(Applied { object, warnings: Vec::new() })
    }
}

fn read(kind: Kind, value: Value) -> Result<Object, Status> {
    from_value(kind, value).map_err(|error| Status::bad_request(error.to_string()))
}

fn from_value(kind: Kind, mut value: Value) -> Result<Object, serde_json::Error> {
    Ok(match kind {
        Kind::Deployment => Object::Deployment(serde_json::from_value(value)?),
        Kind::ReplicaSet => Object::ReplicaSet(serde_json::from_value(value)?),
        Kind::Service => Object::Service(serde_json::from_value(value)?),
        Kind::Pod => Object::Pod(Arc::new(Pod {
            metadata: serde_json::from_value(take(&mut value, "metadata"))?,
            spec: serde_json::from_value(take(&mut value, "spec"))?,
            ..Pod::default()
        })),
        _ => {
            let metadata: ObjectMeta = serde_json::from_value(take(&mut value, "metadata"))?;
            let mut fields: Map<String, Value> = serde_json::from_value(value)?;
            for field in ["metadata", "kind", "apiVersion"] {
                fields.remove(field);
            }
            Object::Generic(Arc::new(Generic { kind, metadata, fields }))
        }
    })
}

fn take(value: &mut Value, field: &str) -> Value {
    value.get_mut(field).map(Value::take).unwrap_or_default()
}
