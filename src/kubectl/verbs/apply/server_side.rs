//! `kubectl apply --server-side`, and the way there from `kubectl apply`.

use serde_json::{Value, json};

use super::write_options;
use crate::api::well_known::LAST_APPLIED;
use crate::api::{Kind, Object};
use crate::apiserver::{Key, Operation, WriteOptions};
use crate::kubectl::answer::Held;
use crate::kubectl::command::Call;
use crate::kubectl::failure::Failure;
use crate::kubectl::field;
use crate::kubectl::flags::DryRun;
use crate::kubectl::manifest_file::Manifest;

/// The manager without `--field-manager`; only for it the annotation is kept.
const DEFAULT_MANAGER: &str = "kubectl";
/// Who manages the annotation of `kubectl apply` once the object is applied on the server.
const ANNOTATION_MANAGER: &str = "kubectl-last-applied";

const ADVICE: &str = "
Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the `--force-conflicts` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts";

/// Models k8s.io/kubectl/pkg/cmd/apply ApplyOptions.applyOneObject with ServerSideApply.
pub(super) fn apply(call: &mut Call<'_, '_>, manifest: &Manifest, dry_run: DryRun) -> Result<(), Failure> {
    let (kind, key) = (manifest.kind, &manifest.key);
    let mut object = send(call, manifest, dry_run).map_err(|failure| match &failure {
        Failure::Refused(refusal) if refusal.status.reason == "Conflict" => {
            Failure::Plain(format!("{}{ADVICE}", failure.message()))
        }
        _ => failure,
    })?;
    let options = write_options(call, dry_run)?;
    let manager = options.field_manager.clone().unwrap_or_default();
    keep_annotation(call, kind, key, &object, &options)?;
    if dry_run == DryRun::None && call.world.client_mut().upgrade_managers(kind, key, &manager) {
        object = send(call, manifest, dry_run)?;
    }
    let object = object.to_value();
    if object.pointer("/metadata/deletionTimestamp").is_some() {
        call.warn(&super::being_deleted(&object));
    }
    call.answer(kind, object, "serverside-applied", dry_run, Held::Map)
}

/// What stands now and what would stand after `apply --server-side`, for `kubectl diff`.
pub(in crate::kubectl::verbs) fn would_be(
    call: &mut Call<'_, '_>,
    manifest: &Manifest,
) -> Result<(Option<Value>, Value), Failure> {
    let live = call.world.client().get(manifest.kind, &manifest.key).ok();
    let after = send(call, manifest, DryRun::Server)?;
    Ok((live.map(|live| live.to_value()), after.to_value()))
}

fn send(call: &mut Call<'_, '_>, manifest: &Manifest, dry_run: DryRun) -> Result<Object, Failure> {
    let mut config = manifest.value.clone();
    call.record(&mut config);
    let mut options = write_options(call, dry_run)?;
    options.to_status = call.flags.text("subresource") == Some("status");
    let force = call.flags.switch("force-conflicts");
    let result = call.world.client_mut().apply(manifest.kind, &manifest.key, &config, force, options);
    call.written(result)
}

/// Gives the annotation a manager of its own, for else the next apply would drop it.
/// Models saveLastApplyAnnotationIfNecessary.
fn keep_annotation(
    call: &mut Call<'_, '_>,
    kind: Kind,
    key: &Key,
    object: &Object,
    options: &WriteOptions,
) -> Result<(), Failure> {
    let Some(text) = object.metadata().annotations.get(LAST_APPLIED) else { return Ok(()) };
    let is_managed = || !call.world.client().managers(object).owners_of_last_applied(Operation::Apply).is_empty();
    if options.field_manager.as_deref() != Some(DEFAULT_MANAGER) || options.dry_run || is_managed() {
        return Ok(());
    }
    let mut alone = json!({"apiVersion": kind.api_version(), "kind": kind.as_str(), "metadata": {"name": &*key.name}});
    if !key.namespace.is_empty() {
        field::set(&mut alone, &["metadata", "namespace"], json!(&*key.namespace));
    }
    field::set(&mut alone, &["metadata", "annotations", LAST_APPLIED], json!(text));
    let options = WriteOptions { field_manager: Some(ANNOTATION_MANAGER.to_owned()), ..options.clone() };
    let result = call.world.client_mut().apply(kind, key, &alone, false, options);
    call.written(result).map(drop)
}
