//! Requests with JSON bodies: what kubectl sends.

use std::collections::BTreeMap;

use serde_json::Value;

use super::admission::admit_spec;
use super::definitions;
use super::write::carry_over;
use super::{ApiServer, Cause, Key, Status};
use crate::api::strict::{self, Decoded};
use crate::api::validation::{self, FieldError, Policy};
use crate::api::{Kind, Object, ObjectMeta, Time, conversion, defaults, not_simulated};

/// How a write is to be handled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriteOptions {
    /// Answer as if, and store nothing.
    pub dry_run: bool,
    /// What happens when the object has unknown fields.
    pub field_validation: FieldValidation,
    /// The request goes to the subresource `status`: only the status is written.
    pub to_status: bool,
    /// The request goes to the subresource `scale`; what it writes is the same.
    pub to_scale: bool,
    /// The request goes to a pod's subresource `ephemeralcontainers`: only these are written.
    pub to_ephemeral_containers: bool,
    /// Under which name the fields are managed; nobody's without one.
    pub field_manager: Option<String>,
}

impl WriteOptions {
    /// The subresource that the request goes to; empty for the object itself.
    pub(super) fn subresource(&self) -> &'static str {
        match self {
            Self { to_status: true, .. } => "status",
            Self { to_scale: true, .. } => "scale",
            Self { to_ephemeral_containers: true, .. } => "ephemeralcontainers",
            _ => "",
        }
    }
}

/// What the API server does about unknown and duplicate fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FieldValidation {
    /// Refuses: what `kubectl apply` and `create` ask for.
    #[default]
    Strict,
    /// Drops them and warns: when the client asks for nothing, as `kubectl patch` does.
    Warn,
    /// Drops them.
    Ignore,
}

/// What a successful write answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Applied {
    /// The object as it is now.
    pub object: Object,
    /// Warnings for the user, as kubectl prints them behind `Warning: `.
    pub warnings: Vec<String>,
}

/// Fields of users' objects that are accepted and not simulated, by kind and object: paths as
/// [`not_simulated`] writes them.
pub(super) type NotSimulated = BTreeMap<(Kind, Key), Vec<String>>;

impl ApiServer {
    /// Creates an object from JSON.
    /// Models apiserver/pkg/registry/generic/registry/store.go Create.
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
        refuse_other_kind(kind, &value)?;
        let (mut value, mut warnings) = self.decoded(kind, &value, options.field_validation)?;
        fill_namespace(kind, namespace, &mut value)?;
        let without_effect = not_simulated(kind, &value);
        let metadata = metadata_of(&value)?;
        self.check_namespace(kind, &metadata)?;
        let given = options.field_manager.as_ref().map(|manager| (manager, value.clone()));
        if kind == Kind::Pod
            && let Some(spec) = value.get_mut("spec").and_then(Value::as_object_mut)
        {
            let admitting = self.admissible(spec, &metadata)?;
            admit_spec(spec, &admitting);
            if let Some((key, note)) = self.apply_limit_ranges(&metadata.namespace, spec) {
                set_annotation(&mut value, key, note);
            }
        }
        if metadata.name.is_empty() && !metadata.generate_name.is_empty() {
            let name = self.fresh_name(kind, &metadata);
            set_metadata(&mut value, "name", name.into());
        }
        validation::prepare_for_create(kind, &mut value);
        let mut errors = validation::validate_create(kind, &value, Policy::MINIKUBE);
        errors.extend(self.misfits(kind, &value));
        if kind == Kind::CustomResourceDefinition {
            errors.extend(definitions::validate(&value));
            definitions::establish(&mut value, None, Time::from_sim(self.now));
        } else if kind.is_custom()
            && self.keeps_status(kind)
            && let Some(fields) = value.as_object_mut()
        {
            fields.remove("status");
        }
        refuse_invalid(kind, &value, &errors)?;
        warnings.extend(validation::warnings(kind, &value, None));
        let of_security = self.pod_security_warnings(kind, &value);
        let object = read(kind, value)?;
        if kind == Kind::Namespace {
            let metadata = object.metadata();
            self.check_namespace_labels(&metadata.name, &metadata.labels, None)?;
        }
        let object = if options.dry_run { self.prepare_create(object)? } else { self.create(object)? };
        warnings.extend(of_security);
        if options.dry_run {
            return Ok(Applied { object, warnings });
        }
        self.note_not_simulated(kind, &object, without_effect);
        if let Some((manager, given)) = given {
            self.note_write(manager, "", (None, &given), &object);
        }
        Ok(Applied { object, warnings })
    }

    /// Creates an object that another cluster has given, under the uid and with the creation time that it has there.
    ///
    /// # Errors
    /// As [`ApiServer::create_value`].
    pub fn bring_value(&mut self, kind: Kind, value: Value, uid: &str, created: Time) -> Result<Applied, Status> {
        self.identity = Some((uid.to_owned(), created));
        let options = WriteOptions { field_validation: FieldValidation::Ignore, ..WriteOptions::default() };
        let brought = self.create_value(kind, "default", value, options);
        self.identity = None;
        brought
    }

    /// Replaces an object by JSON.
    ///
    /// # Errors
    /// As [`ApiServer::create_value`] and [`ApiServer::update`].
    pub fn replace(&mut self, kind: Kind, value: Value, options: WriteOptions) -> Result<Applied, Status> {
        let (value, warnings) = self.decoded(kind, &value, options.field_validation)?;
        let key = Key::of(&metadata_of(&value)?);
        self.get(kind, &key)?;
        self.write_over(kind, value, options, warnings)
    }

    /// Puts `value`, decoded and defaulted, in the place of the stored object.
    /// Models apiserver/pkg/registry/rest/update.go BeforeUpdate.
    pub(super) fn write_over(
        &mut self,
        kind: Kind,
        mut value: Value,
        options: WriteOptions,
        mut warnings: Vec<String>,
    ) -> Result<Applied, Status> {
        self.check_subresource(kind, options.subresource())?;
        let old = self.current(kind, &metadata_of(&value)?)?;
        let old_value = old.to_value();
        keep_system_metadata(&mut value, &old_value);
        let given = options.field_manager.as_ref().map(|manager| (manager, value.clone()));
        let errors = if options.to_status {
            validation::prepare_for_status_update(kind, &mut value, &old_value);
            let mut errors = validation::validate_status_update(kind, &value, &old_value);
            errors.extend(self.misfits(kind, &value));
            errors
        } else if options.to_ephemeral_containers {
            validation::prepare_for_ephemeral_update(&mut value, &old_value);
            validation::validate_ephemeral_update(&value, &old_value, Policy::MINIKUBE)
        } else {
            let status = value.get("status").filter(|_| !self.keeps_status(kind)).cloned();
            validation::prepare_for_update(kind, &mut value, &old_value);
            if let (false, Some(fields)) = (self.keeps_status(kind), value.as_object_mut()) {
                match status {
                    Some(status) => fields.insert("status".to_owned(), status),
                    None => fields.remove("status"),
                };
            }
            let mut errors = validation::validate_metadata_update(kind, &value, &old_value);
            errors.extend(validation::validate_update(kind, &value, &old_value, Policy::MINIKUBE));
            errors.extend(self.misfits(kind, &value));
            if kind == Kind::CustomResourceDefinition {
                errors.extend(definitions::validate(&value));
                definitions::establish(&mut value, Some(&old_value), Time::from_sim(self.now));
            }
            errors
        };
        refuse_invalid(kind, &value, &errors)?;
        if !options.to_status {
            warnings.extend(validation::warnings(kind, &value, Some(&old_value)));
        }
        let without_effect = not_simulated(kind, &value);
        let object = read(kind, value)?;
        let object = if options.to_status {
            with_status(object, &old)
        } else {
            let generation = object.metadata().generation;
            let status = self.status_of_write(&object);
            let mut object = carry_over(object, &old);
            if let (Object::Generic(generic), Some(status)) = (&mut object, status) {
                let fields = &mut std::sync::Arc::make_mut(generic).fields;
                match status {
                    serde_json::Value::Null => drop(fields.remove("status")),
                    status => drop(fields.insert("status".to_owned(), status)),
                }
            }
            object.with_metadata(|metadata| metadata.generation = generation);
            self.with_addresses(&mut object)?;
            warnings.extend(self.check_security_of_update(&object, &old)?);
            object
        };
        if options.dry_run {
            return Ok(Applied { object, warnings });
        }
        let object = self.store_update(object, &old);
        self.redefine(&object);
        // A pod's spec cannot be changed, and what admission added to it is not the user's.
        if kind != Kind::Pod {
            self.note_not_simulated(kind, &object, without_effect);
        }
        if let Some((manager, given)) = given {
            self.note_write(manager, options.subresource(), (Some(&old), &given), &object);
        }
        Ok(Applied { object, warnings })
    }

    /// The status of an object whose writes take it along: null where it has none now.
    fn status_of_write(&self, object: &Object) -> Option<Value> {
        let takes = object.kind() == Kind::CustomResourceDefinition || !self.keeps_status(object.kind());
        match object {
            Object::Generic(generic) if takes => Some(generic.fields.get("status").cloned().unwrap_or_default()),
            _ => None,
        }
    }

    /// Decodes an object of a kind, a user's own by its definition's schema.
    ///
    /// # Errors
    /// As [`strict::decode`].
    pub fn decode(&self, kind: Kind, value: &Value) -> Result<Decoded, String> {
        let mut decoded = strict::decode(kind, value)?;
        self.fit(kind, &mut decoded);
        Ok(decoded)
    }

    /// Reads JSON as the API server does and fills in the defaults; with it the warnings about unknown fields.
    fn decoded(&self, kind: Kind, value: &Value, validation: FieldValidation) -> Result<(Value, Vec<String>), Status> {
        let refuse = |why: String| {
            let (version, kind) = (kind.api_version().rsplit('/').next().unwrap_or("v1"), kind.as_str());
            Status::bad_request(format!("{kind} in version {version:?} cannot be handled as a {kind}: {why}"))
        };
        let decoded = self.decode(kind, value).map_err(refuse)?;
        if let (FieldValidation::Strict, Some(error)) = (validation, decoded.strict_error()) {
            return Err(refuse(error));
        }
        Ok(defaulted(kind, value, decoded, validation))
    }

    /// What users' objects contain that is accepted and not simulated: kind, object and the paths of the fields, each
    /// object as it was written last.
    pub fn not_simulated(&self) -> impl Iterator<Item = (Kind, &Key, &[String])> {
        self.not_simulated.iter().map(|((kind, key), paths)| (*kind, key, paths.as_slice()))
    }

    fn note_not_simulated(&mut self, kind: Kind, object: &Object, paths: Vec<String>) {
        let place = (kind, Key::of(object.metadata()));
        if paths.is_empty() || self.store.get(kind, &place.1).is_none() {
            self.not_simulated.remove(&place);
        } else {
            self.not_simulated.insert(place, paths);
        }
    }
}

/// kubectl finds a kind in small letters, and the API server does not.
/// Models apiserver/pkg/endpoints/handlers/rest.go transformDecodeError.
fn refuse_other_kind(kind: Kind, value: &Value) -> Result<(), Status> {
    match value.get("kind").and_then(Value::as_str) {
        Some(named) if named != kind.as_str() && !named.is_empty() => {
            let version = kind.api_version();
            let number = version.rsplit('/').next().unwrap_or(version);
            Err(Status::bad_request(format!(
                "{named} in version {number:?} cannot be handled as a {}: no kind {named:?} is registered for version \
                 {version:?} in scheme \"pkg/api/legacyscheme/scheme.go:30\"",
                kind.as_str()
            )))
        }
        _ => Ok(()),
    }
}

/// The decoded object with its defaults, and the warnings about unknown fields.
pub(super) fn defaulted(
    kind: Kind,
    sent: &Value,
    decoded: Decoded,
    field_validation: FieldValidation,
) -> (Value, Vec<String>) {
    let mut value = decoded.value;
    validation::restore_empty_labels(sent, &mut value);
    defaults::set_defaults(kind, &mut value);
    if kind == Kind::LimitRange
        && let Some(fields) = value.as_object_mut()
    {
        super::limit_range::set_defaults(fields);
    }
    conversion::round_trip(kind, &mut value);
    let warnings = if field_validation == FieldValidation::Ignore { Vec::new() } else { decoded.strict_errors };
    (value, warnings)
}

/// Models rest.EnsureObjectNamespaceMatchesRequestNamespace.
fn fill_namespace(kind: Kind, namespace: &str, value: &mut Value) -> Result<(), Status> {
    let named = value.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or_default();
    if kind.is_cluster_scoped() {
        if let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.remove("namespace");
        }
    } else if named.is_empty() {
        set_metadata(value, "namespace", namespace.into());
    } else if named != namespace && !namespace.is_empty() {
        let why = "the namespace of the provided object does not match the namespace sent on the request";
        return Err(Status::bad_request(why));
    }
    Ok(())
}

fn set_annotation(value: &mut Value, key: String, text: String) {
    let metadata = value.get_mut("metadata").and_then(Value::as_object_mut);
    let annotations = metadata.map(|metadata| metadata.entry("annotations").or_insert_with(|| serde_json::json!({})));
    if let Some(annotations) = annotations.and_then(Value::as_object_mut) {
        annotations.insert(key, text.into());
    }
}

fn set_metadata(value: &mut Value, name: &str, field: Value) {
    if let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.insert(name.to_owned(), field);
    }
}

/// What nobody may change is as it was; a uid may be given, and must be the object's own then.
fn keep_system_metadata(value: &mut Value, old: &Value) {
    for name in ["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"] {
        if let Some(field) = old.pointer(&format!("/metadata/{name}")) {
            set_metadata(value, name, field.clone());
        }
    }
}

/// Validates an object that did not come as JSON.
pub(super) fn check_valid(object: &Object) -> Result<(), Status> {
    let value = object.to_value();
    refuse_invalid(object.kind(), &value, &validation::validate_create(object.kind(), &value, Policy::MINIKUBE))
}

fn refuse_invalid(kind: Kind, value: &Value, errors: &[FieldError]) -> Result<(), Status> {
    let name = value.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
    match errors {
        [] => Ok(()),
        errors => Err(invalid(validation::invalid_message(kind, name, errors), errors)),
    }
}

/// A refusal with its causes. Models errors.NewInvalid.
pub(super) fn invalid(message: String, errors: &[FieldError]) -> Status {
    let causes = errors.iter().map(|error| Cause { field: error.field.clone(), message: error.body() });
    Status::invalid(message, causes.collect())
}

/// The stored object with the status of the one that was sent; a Deployment's annotations travel with it.
fn with_status(sent: Object, old: &Object) -> Object {
    let mut object = old.clone();
    super::write::take_status(&mut object, sent);
    object
}

fn metadata_of(value: &Value) -> Result<ObjectMeta, Status> {
    let metadata = value.get("metadata").cloned().unwrap_or_else(|| Value::Object(serde_json::Map::new()));
    serde_json::from_value(metadata).map_err(|error| Status::bad_request(error.to_string()))
}

fn read(kind: Kind, value: Value) -> Result<Object, Status> {
    Object::from_value(kind, value).map_err(Status::bad_request)
}
