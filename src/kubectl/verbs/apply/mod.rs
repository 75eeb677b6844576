//! `kubectl apply`.

mod last_applied;
pub(super) mod prune;
mod server_side;

pub(super) use last_applied::{SET_LAST_APPLIED, VIEW_LAST_APPLIED};
pub(super) use server_side::would_be;

use serde_json::{Value, json};

use prune::Visited;

use crate::api::patch::{json_merge_patch, strategic_merge, three_way};
use crate::api::schema::as_typed;
use crate::api::well_known::LAST_APPLIED;
use crate::api::{Kind, Object};
use crate::apiserver::{DeleteOptions, FieldValidation, PatchType, WriteOptions};
use crate::kubectl::answer::Held;
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::field;
use crate::kubectl::flags::{DryRun, Flag};
use crate::kubectl::manifest_file::{self, Manifest};
use crate::kubectl::output::json;
use crate::kubectl::selection::filenames;

pub(super) const APPLY: Command = Command {
    path: "apply",
    aliases: &[],
    about: "Apply a configuration to a resource by file name or stdin",
    usage: "(-f FILENAME | -k DIRECTORY)",
    flags: &[
        Flag::switch("all", None),
        Flag::optional("cascade", "background"),
        Flag::optional("dry-run", "unchanged"),
        Flag::list("filename", Some('f')),
        Flag::switch("force", None),
        Flag::switch("force-conflicts", None),
        Flag::number("grace-period", None),
        Flag::text("output", Some('o')),
        Flag::switch("overwrite", None),
        Flag::switch("prune", None),
        Flag::texts("prune-allowlist", None),
        Flag::switch("record", None),
        Flag::switch("recursive", Some('R')),
        Flag::text("selector", Some('l')),
        Flag::switch("server-side", None),
        Flag::text("subresource", None),
        Flag::duration("timeout"),
        Flag::optional("validate", "strict"),
        Flag::switch("wait", None),
    ],
    run: apply,
};

/// The files of `apply` and `diff`, which take nothing else.
pub(super) fn applied_files(call: &Call<'_, '_>) -> Result<Vec<String>, Failure> {
    let files = filenames(call);
    if !call.args().is_empty() {
        let args = call.args().join(" ");
        return Err(call.usage(&format!("Unexpected args: [{args}]")));
    }
    if files.is_empty() {
        return Err(Failure::new("must specify one of -f and -k"));
    }
    Ok(files)
}

fn apply(call: &mut Call<'_, '_>) -> Outcome {
    let files = applied_files(call)?;
    let dry_run = call.flags.dry_run()?;
    check_flags(call, dry_run)?;
    write_options(call, dry_run)?;
    let manifests = manifest_file::read(call, &files)?;
    if manifests.is_empty() {
        return Err(Failure::new("no objects passed to apply"));
    }
    let mut failures = Vec::new();
    // What cannot be read is known before anything is sent.
    let (good, bad): (Vec<_>, Vec<_>) = manifests.into_iter().partition(Result::is_ok);
    failures.extend(bad.into_iter().filter_map(Result::err));
    let mut visited = Visited::default();
    for manifest in good.into_iter().flatten() {
        if let Err(failure) = apply_one(call, &manifest, dry_run, &mut visited) {
            manifest.mark(call, &failure);
            failures.push(failure);
        }
    }
    if let Some(failure) = Failure::from_all(failures) {
        return Err(failure);
    }
    if call.flags.switch("prune") {
        prune::prune(call, &visited, dry_run)?;
    }
    Ok(Next::Done)
}

/// Models ApplyOptions.Validate.
fn check_flags(call: &Call<'_, '_>, dry_run: DryRun) -> Result<(), Failure> {
    let [server_side, force, force_conflicts] =
        ["server-side", "force", "force-conflicts"].map(|flag| call.flags.switch(flag));
    let has_subresource = super::patch::subresource(call)?.is_some();
    if call.flags.switch("prune") {
        prune::kinds(call)?;
    }
    let refused = [
        (force_conflicts && !server_side, "--force-conflicts only works with --server-side"),
        (
            dry_run == DryRun::Client && server_side,
            "--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)",
        ),
        (server_side && force, "--force cannot be used with --server-side"),
        (dry_run == DryRun::Server && force, "--dry-run=server cannot be used with --force"),
        (
            call.flags.switch("all") && call.flags.text("selector").is_some_and(|selector| !selector.is_empty()),
            "cannot set --all and --selector at the same time",
        ),
        (has_subresource && !server_side, "--subresource can only be specified for --server-side"),
    ];
    let found = refused.into_iter().find(|(is_refused, _)| *is_refused).map(|(_, why)| why);
    found.or_else(|| prune::refused(call)).map_or(Ok(()), |why| Err(Failure::new(why)))
}

fn apply_one(
    call: &mut Call<'_, '_>,
    manifest: &Manifest,
    dry_run: DryRun,
    visited: &mut Visited,
) -> Result<(), Failure> {
    if !manifest.kind.is_cluster_scoped() {
        visited.namespaces.insert(manifest.key.namespace.to_string());
    }
    let is_server_side = call.flags.switch("server-side");
    if manifest.key.name.is_empty() {
        let generated = manifest.value.pointer("/metadata/generateName").and_then(Value::as_str).unwrap_or_default();
        if !generated.is_empty() {
            return Err(Failure::Plain(format!("from {generated}: cannot use generate name with apply")));
        }
        if is_server_side {
            return Err(Failure::new("resource name may not be empty"));
        }
        let why = format!("from server for: {:?}: resource name may not be empty", manifest.source);
        return Err(Failure::Plain(format!(
            "error when retrieving current configuration of:\n{}\n{why}",
            identity(manifest.kind, manifest)
        )));
    }
    if is_server_side {
        return server_side::apply(call, manifest, dry_run);
    }
    let current = call.world.client().get(manifest.kind, &manifest.key).ok();
    let (object, done) = match current {
        None => create(call, manifest, dry_run)?,
        Some(current) => update(call, manifest, &current, dry_run)?,
    };
    visited.object(&object);
    call.answer(manifest.kind, object, done, dry_run, Held::Map)
}

/// What stands now and what would stand after `apply`, for `kubectl diff`.
pub(super) fn merged(call: &mut Call<'_, '_>, manifest: &Manifest) -> Result<(Option<Value>, Value), Failure> {
    let current = call.world.client().get(manifest.kind, &manifest.key).ok();
    let after = match &current {
        None => create(call, manifest, DryRun::Server)?.0,
        Some(current) => update(call, manifest, current, DryRun::Server)?.0,
    };
    Ok((current.map(|current| current.to_value()), after))
}

/// How kubectl names an object in errors.
fn identity(kind: Kind, manifest: &Manifest) -> String {
    let version = kind.api_version();
    let (resource, kind) = (kind.plural(), kind.as_str());
    let (name, namespace) = (&manifest.key.name, &manifest.key.namespace);
    format!(
        "Resource: \"{version}, Resource={resource}\", GroupVersionKind: \"{version}, Kind={kind}\"\nName: {name:?}, \
         Namespace: {namespace:?}"
    )
}

/// The manifest with itself as an annotation; in the order of the kind's Go struct when kubectl made it as such.
/// Models k8s.io/kubectl/pkg/util GetModifiedConfiguration.
pub(super) fn with_last_applied(value: &Value, typed: Option<Kind>) -> Value {
    let mut value = value.clone();
    let mut annotations = field::string_map(&value, "/metadata/annotations");
    annotations.remove(LAST_APPLIED);
    field::set(&mut value, &["metadata", "annotations"], json!(annotations));
    let text = match typed {
        Some(kind) => json::compact_typed(kind, &as_typed(kind, &value)),
        None => json::compact(&value),
    };
    let text = text + "\n";
    field::set(&mut value, &["metadata", "annotations", LAST_APPLIED], json!(text));
    value
}

/// Takes away the fields that are null, as a later `apply` of the same file would. Models apply.pruneNullsFromMap.
fn without_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            fields.iter_mut().for_each(|(_, value)| without_nulls(value));
        }
        Value::Array(list) => list.iter_mut().for_each(without_nulls),
        _ => {}
    }
}

fn create(call: &mut Call<'_, '_>, manifest: &Manifest, dry_run: DryRun) -> Result<(Value, &'static str), Failure> {
    let mut value = manifest.value.clone();
    call.record(&mut value);
    let mut value = with_last_applied(&value, None);
    without_nulls(&mut value);
    if dry_run == DryRun::Client {
        return Ok((value, "created"));
    }
    let options = write_options(call, dry_run)?;
    let result = call.world.client_mut().create(manifest.kind, &manifest.key.namespace, value, options);
    let object = call.written(result).map_err(|failure| failure.when("creating", Some(&manifest.source)))?;
    Ok((object.to_value(), "created"))
}

/// Models k8s.io/kubectl/pkg/cmd/apply ApplyOptions.applyOneObject and Patcher.Patch.
fn update(
    call: &mut Call<'_, '_>,
    manifest: &Manifest,
    current: &Object,
    dry_run: DryRun,
) -> Result<(Value, &'static str), Failure> {
    let metadata = current.metadata();
    let last = metadata.annotations.get(LAST_APPLIED).map(|text| serde_json::from_str(text).unwrap_or_default());
    // `diff` goes the same way, and says nothing of it.
    if last.is_none() && call.command.path == "apply" {
        call.warn(&format!(
            "resource {}/{} is missing the {LAST_APPLIED} annotation which is required by kubectl apply. kubectl apply \
             should only be used on resources created declaratively by either kubectl create --save-config or kubectl \
             apply. The missing annotation will be patched automatically.",
            manifest.kind.plural(),
            metadata.name
        ));
    }
    let mut new = manifest.value.clone();
    call.record(&mut new);
    let new = with_last_applied(&new, None);
    let before = current.to_value();
    let patch = three_way(&last.unwrap_or_default(), &new, &before, manifest.kind).map_err(Failure::Plain)?;
    if patch.as_object().is_some_and(serde_json::Map::is_empty) {
        return Ok((before, "unchanged"));
    }
    if dry_run == DryRun::Client {
        if manifest.kind.is_plain_to_kubectl() {
            return Ok((json_merge_patch(&before, &patch), "configured"));
        }
        return Ok((strategic_merge(&before, &patch, manifest.kind).map_err(Failure::Plain)?, "configured"));
    }
    if metadata.deletion_timestamp.is_some() {
        call.warn(&being_deleted(&before));
    }
    let options = write_options(call, dry_run)?;
    let result =
        call.world.client_mut().patch(manifest.kind, &manifest.key, &patch, PatchType::of(manifest.kind), options);
    let is_replaced = call.flags.switch("force")
        && dry_run == DryRun::None
        && result.as_ref().is_err_and(|status| matches!(status.reason, "Conflict" | "Invalid"));
    if is_replaced {
        return Ok((replace(call, manifest, new, before)?, "configured"));
    }
    let object = call.written(result).map_err(|failure| {
        let what =
            format!("applying patch:\n{}\nto:\n{}\nfor:", json::compact(&patch), identity(manifest.kind, manifest));
        failure.when(&what, Some(&manifest.source))
    })?;
    Ok((object.to_value(), "configured"))
}

/// Models apply.WarnIfDeleting.
fn being_deleted(object: &Value) -> String {
    let name = field::text(object, "/metadata/name");
    format!("Detected changes to resource {name} which is currently being deleted.")
}

/// `--force`: deletes the object and creates it anew; the old one comes back when the new one is refused.
/// Models Patcher.deleteAndCreate.
fn replace(call: &mut Call<'_, '_>, manifest: &Manifest, new: Value, old: Value) -> Result<Value, Failure> {
    let grace = call.flags.number("grace-period").filter(|seconds| *seconds >= 0).unwrap_or(0);
    let propagation = super::delete::propagation(call)?;
    let options = DeleteOptions { grace_period_seconds: Some(grace), propagation, uid: None };
    call.world.client_mut().delete(manifest.kind, &manifest.key, &options)?;
    let options = write_options(call, DryRun::None)?;
    let namespace = manifest.key.namespace.to_string();
    let result = call.world.client_mut().create(manifest.kind, &namespace, new, options.clone());
    let failure = match call.written(result) {
        Ok(object) => return Ok(object.to_value()),
        Err(failure) => failure,
    };
    let mut old = old;
    for name in ["resourceVersion", "uid", "creationTimestamp"] {
        if let Some(metadata) = old.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.remove(name);
        }
    }
    let restored = call.world.client_mut().create(manifest.kind, &namespace, old, options);
    match call.written(restored) {
        Ok(_) => Err(failure),
        Err(second) => Err(Failure::Plain(format!(
            "An error occurred force-replacing the existing object with the newly provided one:\n\n{}.\n\nAdditionally, an \
             error occurred attempting to restore the original object:\n\n{}",
            failure.message(),
            second.message()
        ))),
    }
}

/// `--dry-run` and `--validate` as the API server understands them. Models cmdutil.GetValidationDirective.
pub(super) fn write_options(call: &Call<'_, '_>, dry_run: DryRun) -> Result<WriteOptions, Failure> {
    let field_validation = match call.flags.text("validate") {
        None | Some("strict" | "true" | "True" | "TRUE" | "t" | "T" | "1") => FieldValidation::Strict,
        Some("warn") => FieldValidation::Warn,
        Some("ignore" | "false" | "False" | "FALSE" | "f" | "F" | "0") => FieldValidation::Ignore,
        Some(other) => {
            return Err(Failure::Plain(format!(
                "invalid - validate option {other:?}; must be one of: strict (or true), warn, ignore (or false)"
            )));
        }
    };
    Ok(WriteOptions { field_validation, ..call.write_options(dry_run) })
}
