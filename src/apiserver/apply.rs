//! Server-side apply: a patch that says what its sender wants to be so, and what it no longer wants.

use serde_json::Value;

use super::managers::{
    Managed, Manager, Managers, Operation, conflict_message, empty, manager_text, stripped, writable,
};
use super::{ApiServer, Applied, Cause, FieldValidation, Key, Status, WriteOptions};
use crate::api::managed::{self, FieldSet, Path, path_text};
use crate::api::schema::as_typed;
use crate::api::well_known::LAST_APPLIED;
use crate::api::{Kind, Object, Time};

/// The manager for which the server keeps the annotation of `kubectl apply` up to date.
const KUBECTL: &str = "kubectl";
/// Who has set what stood in an object before anybody managed it.
const BEFORE: &str = "before-first-apply";

/// What a merge makes of an object.
struct Merged {
    value: Value,
    managers: Managers,
    is_changed: bool,
}

impl ApiServer {
    /// Applies a configuration for the manager of `options`; the object is created when there is none.
    /// Models managedfields/internal's managers and apiserver/pkg/endpoints/handlers/patch.go applyPatcher.
    ///
    /// # Errors
    /// `Conflict` when others manage fields that would change, unless `force` is set; a server's error when the configuration
    /// does not fit the kind; else as [`ApiServer::create_value`] and [`ApiServer::patch`].
    pub fn apply(
        &mut self,
        kind: Kind,
        key: &Key,
        config: &Value,
        force: bool,
        options: WriteOptions,
    ) -> Result<Applied, Status> {
        if config.pointer("/metadata/managedFields").is_some_and(|fields| !fields.is_null()) {
            return Err(Status::bad_request("metadata.managedFields must be nil"));
        }
        if let Some(why) = managed::undeclared(kind, config) {
            let version = match kind.api_version() {
                core if kind.group().is_empty() => format!("/{core}"),
                other => other.to_owned(),
            };
            let name = kind.as_str();
            return Err(Status::internal(format!(
                "failed to create typed patch object ({}/{}; {version}, Kind={name}): {why}",
                key.namespace, key.name
            )));
        }
        let live = self.store.get(kind, key).cloned();
        if live.is_none() && options.to_status {
            return Err(Status::not_found(kind, &key.name));
        }
        let name = options.field_manager.as_deref().unwrap_or(KUBECTL).to_owned();
        let subresource = options.subresource();
        let manager = Manager { name, operation: Operation::Apply, subresource };
        let Merged { mut value, mut managers, is_changed } =
            self.merged(kind, live.as_ref(), config, &manager, force)?;
        if let (true, Some(managed)) = (is_changed, managers.0.get_mut(&manager)) {
            managed.time = Some(Time::from_sim(self.now));
        }
        let is_annotated = last_applied(&value).is_some_and(|text| !text.is_empty());
        if manager.name == KUBECTL && is_annotated && subresource.is_empty() {
            annotate(&mut value, config);
        }
        let dry_run = options.dry_run;
        // Who manages what is known already, and what does not fit has been refused.
        let options = WriteOptions { field_manager: None, field_validation: FieldValidation::Ignore, ..options };
        let applied = match live {
            None => self.create_value(kind, &key.namespace, value, options)?,
            Some(live) if !is_changed && last_applied(&value) == last_applied(&live.to_value()) => {
                Applied { object: live, warnings: Vec::new() }
            }
            Some(_) => self.replace(kind, value, options)?,
        };
        if !dry_run {
            self.note_managers(managers, &applied.object);
        }
        Ok(applied)
    }

    /// Models lastappliedmanager.go: what kubectl applied by itself is no conflict when it applies on the server.
    fn merged(
        &self,
        kind: Kind,
        live: Option<&Object>,
        config: &Value,
        manager: &Manager,
        force: bool,
    ) -> Result<Merged, Status> {
        let before = live.map_or_else(|| empty(kind), |live| as_typed(kind, &live.to_value()));
        let managers = live.map(|live| self.managers(live)).unwrap_or_default();
        let merged = merge(kind, (&before, managers.clone()), config, manager, force);
        let conflicts = match merged {
            Ok(merged) => return Ok(merged),
            Err(conflicts) => conflicts,
        };
        let allowed = if manager.name == KUBECTL { allowed(kind, &before) } else { None };
        let left: Vec<_> = match allowed {
            None => conflicts,
            Some(allowed) => conflicts.into_iter().filter(|(_, path)| !allowed.has(path)).collect(),
        };
        if left.is_empty() {
            return merge(kind, (&before, managers), config, manager, true).map_err(|left| conflict(kind, &left));
        }
        Err(conflict(kind, &left))
    }
}

/// Models conflict.go NewConflictError.
fn conflict(kind: Kind, conflicts: &[(Manager, Path)]) -> Status {
    let cause = |(manager, path): &(Manager, Path)| Cause {
        field: path_text(path).trim_start_matches('.').to_owned(),
        message: format!("conflict with {}", manager_text(kind, manager)),
    };
    Status {
        code: 409,
        reason: "Conflict",
        message: conflict_message(kind, conflicts),
        causes: conflicts.iter().map(cause).collect(),
    }
}

/// Models Updater.Apply. Conflicts are the error.
fn merge(
    kind: Kind,
    (live, mut managers): (&Value, Managers),
    config: &Value,
    manager: &Manager,
    force: bool,
) -> Result<Merged, Vec<(Manager, Path)>> {
    if managers.is_empty() {
        let before = Manager { name: BEFORE.to_owned(), operation: Operation::Update, subresource: "" };
        managers.update(before, &managed::compare(kind, &empty(kind), live), None);
    }
    let is_written = |name: &str| writable(manager.subresource, name);
    let mut value = managed::merge(kind, live, config);
    let last = managers.0.remove(manager);
    let fields = managed::fields_of(kind, config).top(is_written);
    let time = last.as_ref().and_then(|last| last.time);
    let is_new = last.is_none();
    managers.0.insert(manager.clone(), Managed { fields, time });
    if let Some(last) = last.filter(|last| !last.fields.is_empty()) {
        value = pruned(kind, &value, &managers, &last.fields);
    }
    let changed = managed::compare(kind, live, &value).top(is_written);
    if !force {
        let conflicts = managers.conflicts(&changed, manager);
        if !conflicts.is_empty() {
            return Err(conflicts);
        }
    }
    managers.take_away(&changed, Some(manager));
    if let Some(managed) = managers.0.get_mut(manager) {
        managed.fields = stripped(&managed.fields);
    }
    managers.0.retain(|_, managed| !managed.fields.is_empty());
    let is_changed = is_new || *live != value;
    Ok(Merged { value, managers, is_changed })
}

/// Takes out what the manager applied last time, does not apply now, and nobody else manages. Models Updater.prune.
fn pruned(kind: Kind, merged: &Value, managers: &Managers, last: &FieldSet) -> Value {
    let structs = |fields: &FieldSet| managed::with_structs(kind, fields);
    let last = structs(last);
    let all = structs(&managed::fields_of(kind, merged));
    let first = managed::without(kind, merged, &last);
    let owned = managers.0.values().fold(FieldSet::default(), |all, managed| all.union(&managed.fields));
    let kept = structs(&managed::fields_of(kind, &first)).union(&structs(&owned));
    let second = managed::without(kind, merged, &all.difference(&kept));
    let gone = all.difference(&structs(&managed::fields_of(kind, &second))).intersection(&last);
    managed::without(kind, merged, &gone)
}

/// What the annotation of `kubectl apply` says as the object does. Models allowedConflictsFromLastApplied.
fn allowed(kind: Kind, live: &Value) -> Option<FieldSet> {
    let config: Value = serde_json::from_str(last_applied(live)?).ok()?;
    if config.get("apiVersion").and_then(Value::as_str) != Some(kind.api_version()) {
        return None;
    }
    let changed = managed::compare(kind, &config, live);
    let others = changed.written().union(&changed.removed);
    Some(managed::fields_of(kind, &config).difference(&others))
}

fn last_applied(value: &Value) -> Option<&str> {
    value.pointer("/metadata/annotations")?.get(LAST_APPLIED)?.as_str()
}

/// Models lastappliedupdater.go.
fn annotate(value: &mut Value, config: &Value) {
    let mut config = config.clone();
    if let Some(annotations) = config.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        annotations.remove(LAST_APPLIED);
    }
    if let Some(annotations) = value.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        annotations.insert(LAST_APPLIED.to_owned(), Value::String(format!("{config}\n")));
    }
}
