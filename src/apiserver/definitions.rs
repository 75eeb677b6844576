//! CustomResourceDefinitions: which kinds they serve, and what becomes of the objects of those kinds.

use serde_json::{Map, Value, json};

use super::{ApiServer, Key, Status, Store, WriteOptions};
use crate::api::strict::Decoded;
use crate::api::validation::{BadValue, FieldError, FieldErrorKind};
use crate::api::{Definition, Kind, Object, OwnerReference, Time, custom, structural};

impl ApiServer {
    /// What users' definitions serve, by name.
    pub fn definitions(&self) -> Vec<Definition> {
        let definitions = self.store.list(Kind::CustomResourceDefinition, None);
        definitions.filter_map(|object| Definition::read(fields_of(object)?)).collect()
    }

    /// Names and resource versions of users' definitions: they differ when what is known of a kind may differ.
    pub fn definition_versions(&self) -> Vec<(String, String)> {
        let definitions = self.store.list(Kind::CustomResourceDefinition, None).map(Object::metadata);
        definitions.map(|metadata| (metadata.name.clone(), metadata.resource_version.to_string())).collect()
    }

    /// Every kind that may have objects: Kubernetes' own, and those that users have defined.
    pub fn kinds(&self) -> Vec<Kind> {
        Kind::ALL.iter().copied().chain(self.definitions().into_iter().map(|definition| definition.kind)).collect()
    }

    /// A fresh server that knows this one's kinds, has a namespace of this name, and no other object of this one.
    pub fn emptied(&self, namespace: &str) -> Self {
        let mut fresh = Self::new(0, self.version);
        for definition in self.store.list(Kind::CustomResourceDefinition, None) {
            fresh.store.put(definition.clone());
        }
        // One that a fresh cluster has, or a name that none can have: then the object's own errors tell.
        let namespace = json!({"metadata": {"name": namespace}});
        drop(fresh.create_value(Kind::Namespace, "", namespace, WriteOptions::default()));
        fresh
    }

    /// The spec of the definition of a user's kind.
    fn spec_of(&self, kind: Kind) -> Option<&Value> {
        if !kind.is_custom() {
            return None;
        }
        let name = format!("{}.{}", kind.plural(), kind.group());
        fields_of(self.store.get(Kind::CustomResourceDefinition, &Key::new("", name))?)?.get("spec")
    }

    /// The version that the kind's objects have, as its definition describes it.
    fn version_of(&self, kind: Kind) -> Option<&Value> {
        let version = kind.api_version().rsplit('/').next()?;
        custom::version_of(self.spec_of(kind)?, version)
    }

    /// Takes out of a decoded object of a user's kind what its schema does not know, and fills in its defaults.
    pub(super) fn fit(&self, kind: Kind, decoded: &mut Decoded) {
        let Some(schema) = self.version_of(kind).and_then(schema) else { return };
        let unknown = structural::prune(schema, &mut decoded.value);
        decoded.strict_errors.extend(unknown.iter().map(|path| format!("unknown field \"{path}\"")));
        structural::fill(schema, &mut decoded.value);
        if let Some(fields) = decoded.value.as_object_mut() {
            fields.insert("apiVersion".to_owned(), kind.api_version().into());
        }
    }

    /// What the schema of a user's kind refuses.
    pub(super) fn misfits(&self, kind: Kind, value: &Value) -> Vec<FieldError> {
        self.version_of(kind).and_then(schema).map(|schema| structural::validate(schema, value)).unwrap_or_default()
    }

    /// Whether a write of an object leaves its status alone.
    pub(super) fn keeps_status(&self, kind: Kind) -> bool {
        !kind.is_custom() || self.has_subresource(kind, "status")
    }

    fn has_subresource(&self, kind: Kind, name: &str) -> bool {
        let subresources = self.version_of(kind).and_then(|version| version.get("subresources"));
        subresources.and_then(|subresources| subresources.get(name)).is_some()
    }

    /// Refuses requests for a subresource that a user's kind does not have.
    pub(super) fn check_subresource(&self, kind: Kind, name: &str) -> Result<(), Status> {
        if name == "ephemeralcontainers" && kind != Kind::Pod {
            return Err(Status::no_such_path());
        }
        if kind.is_custom() && matches!(name, "status" | "scale") && !self.has_subresource(kind, name) {
            return Err(Status::no_such_path());
        }
        Ok(())
    }

    /// The objects of a definition that has changed are of its newest version from now on.
    pub(super) fn redefine(&mut self, definition: &Object) {
        if definition.kind() != Kind::CustomResourceDefinition {
            return;
        }
        if let Some(now) = fields_of(definition).and_then(Definition::read) {
            self.store.relabel(now.kind);
        }
    }

    /// The objects of a definition go with it. Models apiextensions-apiserver/pkg/controller/finalizer.
    pub(super) fn delete_instances(&mut self, definition: &Object) {
        let Some(spec) = fields_of(definition).and_then(|fields| fields.get("spec")) else { return };
        let Some(kind) = Definition::of_spec(spec).map(|definition| definition.kind) else { return };
        let objects: Vec<Object> = self.store.list(kind, None).cloned().collect();
        for object in objects {
            self.store.remove(object);
        }
    }
}

/// The kind of an owner, which a user may have defined.
pub fn owner_kind(store: &Store, owner: &OwnerReference) -> Option<Kind> {
    Kind::parse(&owner.api_version, &owner.kind).or_else(|| {
        let definitions = store.list(Kind::CustomResourceDefinition, None);
        let mut definitions = definitions.filter_map(|object| Definition::read(fields_of(object)?));
        let is_meant = |known: &Definition| known.kind.as_str() == owner.kind && known.serves(&owner.api_version);
        definitions.find(is_meant).map(|known| known.kind)
    })
}

fn fields_of(object: &Object) -> Option<&Map<String, Value>> {
    match object {
        Object::Generic(generic) => Some(&generic.fields),
        _ => None,
    }
}

fn schema(version: &Value) -> Option<&Value> {
    version.get("schema")?.get("openAPIV3Schema")
}

/// Names that are not given, and the status that the definition has once it is served. The controllers that accept the
/// names and see to it that the server knows them need less than a moment.
/// Models apiextensions/v1/defaults.go and pkg/controller/status and establish.
pub(super) fn establish(value: &mut Value, old: Option<&Value>, now: Time) {
    let Some(spec) = value.get_mut("spec").and_then(Value::as_object_mut) else { return };
    spec.entry("conversion").or_insert_with(|| json!({"strategy": "None"}));
    if let Some(names) = spec.get_mut("names").and_then(Value::as_object_mut) {
        let kind = names.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
        names.entry("singular").or_insert_with(|| kind.to_lowercase().into());
        names.entry("listKind").or_insert_with(|| format!("{kind}List").into());
    }
    let names = spec.get("names").cloned().unwrap_or_default();
    let versions = spec.get("versions").and_then(Value::as_array).into_iter().flatten();
    let mut stored: Vec<Value> = Vec::new();
    if let Some(before) = old.and_then(|old| old.pointer("/status/storedVersions")?.as_array()) {
        stored.extend(before.iter().cloned());
    }
    for version in versions.filter(|version| version.get("storage").and_then(Value::as_bool) == Some(true)) {
        let name = version.get("name").cloned().unwrap_or_default();
        if !stored.contains(&name) {
            stored.push(name);
        }
    }
    let conditions = old.and_then(|old| old.pointer("/status/conditions").cloned());
    let condition = |kind: &str, reason: &str, message: &str| json!({"lastTransitionTime": now, "message": message, "reason": reason, "status": "True", "type": kind});
    let conditions = conditions.unwrap_or_else(|| {
        json!([
            condition("NamesAccepted", "NoConflicts", "no conflicts found"),
            condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
        ])
    });
    let status = json!({"acceptedNames": names, "conditions": conditions, "storedVersions": stored});
    if let Some(fields) = value.as_object_mut() {
        fields.insert("status".to_owned(), status);
    }
}

/// What is wrong with a definition itself: the little without which nothing could be served.
/// Models apiextensions/validation ValidateCustomResourceDefinition.
pub(super) fn validate(value: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let mut wrong = |field: String, kind, bad_value: BadValue, detail: &str| {
        errors.push(FieldError { field, kind, bad_value, detail: detail.to_owned() });
    };
    let name = text("/metadata/name");
    if name != format!("{}.{}", text("/spec/names/plural"), text("/spec/group")) {
        let detail = "must be spec.names.plural+\".\"+spec.group";
        wrong("metadata.name".to_owned(), FieldErrorKind::Invalid, name.into(), detail);
    }
    for required in ["spec.group", "spec.scope", "spec.names.plural", "spec.names.kind"] {
        if text(&format!("/{}", required.replace('.', "/"))).is_empty() {
            wrong(required.to_owned(), FieldErrorKind::Required, BadValue::Hidden, "");
        }
    }
    let scope = text("/spec/scope");
    if !matches!(scope, "" | "Cluster" | "Namespaced") {
        let detail = "supported values: \"Cluster\", \"Namespaced\"";
        wrong("spec.scope".to_owned(), FieldErrorKind::NotSupported, scope.into(), detail);
    }
    let versions = value.pointer("/spec/versions").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let stored = versions.iter().filter(|version| version.get("storage").and_then(Value::as_bool) == Some(true));
    if stored.count() != 1 {
        let found = value.pointer("/spec/versions").unwrap_or(&Value::Null);
        let detail = "must have exactly one version marked as storage version";
        wrong("spec.versions".to_owned(), FieldErrorKind::Invalid, found.into(), detail);
    }
    for (at, _) in versions.iter().enumerate().filter(|(_, version)| schema(version).is_none()) {
        let field = format!("spec.versions[{at}].schema.openAPIV3Schema");
        wrong(field, FieldErrorKind::Required, BadValue::Hidden, "schemas are required");
    }
    errors
}
