//! `kubectl replace`.

use crate::api::Kind;
use crate::api::well_known::LAST_APPLIED;
use crate::apiserver::{DeleteOptions, Status};
use crate::kubectl::answer::Held;
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::field;
use crate::kubectl::flags::{DryRun, Flag};
use crate::kubectl::manifest_file::{self, Manifest};
use crate::kubectl::raw::{self, Method};
use crate::kubectl::resource_type::kind_prefix;
use crate::kubectl::selection::filenames;

use super::apply::{with_last_applied, write_options};

pub(super) const REPLACE: Command = Command {
    path: "replace",
    aliases: &[],
    about: "Replace a resource by file name or stdin",
    usage: "-f FILENAME",
    flags: &[
        Flag::optional("cascade", "background"),
        Flag::optional("dry-run", "unchanged"),
        Flag::list("filename", Some('f')),
        Flag::switch("force", None),
        Flag::number("grace-period", None),
        Flag::text("output", Some('o')),
        Flag::text("raw", None),
        Flag::switch("recursive", Some('R')),
        Flag::switch("save-config", None),
        Flag::duration("timeout"),
        Flag::optional("validate", "strict"),
        Flag::switch("wait", None),
    ],
    run: replace,
};

fn replace(call: &mut Call<'_, '_>) -> Outcome {
    if call.flags.text("raw").is_some_and(|path| !path.is_empty()) {
        return raw::run(call, Method::Put).map(|()| Next::Done);
    }
    let files = filenames(call);
    if !call.args().is_empty() {
        let args = call.args().join(" ");
        return Err(call.usage(&format!("Unexpected args: [{args}]")));
    }
    if files.is_empty() {
        return Err(call.usage("Must specify --filename to replace"));
    }
    let dry_run = call.flags.dry_run()?;
    let forces = call.flags.switch("force");
    if call.flags.number("grace-period").is_some_and(|seconds| seconds >= 0) && !forces {
        return Err(Failure::new("--grace-period must have --force specified"));
    }
    if call.flags.duration_ms("timeout").is_some_and(|ms| ms != 0) && !forces {
        return Err(Failure::new("--timeout must have --force specified"));
    }
    let manifests = manifest_file::read(call, &files)?;
    if manifests.is_empty() {
        return Err(Failure::new("no objects passed to replace"));
    }
    let mut failures = Vec::new();
    for manifest in manifests {
        failures.extend(manifest.and_then(|manifest| replace_one(call, &manifest, dry_run, forces)).err());
    }
    Failure::from_all(failures).map_or(Ok(Next::Done), Err)
}

/// Models k8s.io/kubectl/pkg/cmd/replace ReplaceOptions.Run and forceReplace.
fn replace_one(call: &mut Call<'_, '_>, manifest: &Manifest, dry_run: DryRun, forces: bool) -> Result<(), Failure> {
    let kind = manifest.kind;
    let mut value = manifest.value.clone();
    let annotated = field::string_map(&value, "/metadata/annotations").contains_key(LAST_APPLIED);
    if call.flags.switch("save-config") || annotated {
        value = with_last_applied(&value, None);
    }
    let options = write_options(call, dry_run)?;
    let shown = if dry_run == DryRun::Client {
        value
    } else if forces {
        delete_first(call, manifest)?;
        let result = call.world.client_mut().create(kind, &manifest.key.namespace, value, options);
        call.written(result).map_err(|failure| failure.when("replacing", Some(&manifest.source)))?.to_value()
    } else {
        let current = call.world.client().get(kind, &manifest.key);
        let current = current.map_err(|status| Failure::from(status).when("replacing", Some(&manifest.source)))?;
        keep_addresses(kind, &current.to_value(), &mut value);
        let result = call.world.client_mut().replace(kind, value, options);
        let failed = |failure: Failure| failure.when("replacing", Some(&manifest.source));
        call.written(result).map_err(failed).inspect_err(|failure| manifest.mark(call, failure))?.to_value()
    };
    call.answer(kind, shown, "replaced", dry_run, Held::Map)
}

/// A Service keeps the address that it was given.
fn keep_addresses(kind: Kind, current: &serde_json::Value, value: &mut serde_json::Value) {
    if kind != Kind::Service {
        return;
    }
    for name in ["clusterIP", "clusterIPs"] {
        if let (Some(address), None) =
            (current.pointer(&format!("/spec/{name}")), value.pointer(&format!("/spec/{name}")))
        {
            field::set(value, &["spec", name], address.clone());
        }
    }
}

fn delete_first(call: &mut Call<'_, '_>, manifest: &Manifest) -> Result<(), Failure> {
    let grace = call.flags.number("grace-period").filter(|seconds| *seconds >= 0).unwrap_or(0);
    let propagation = super::delete::propagation(call)?;
    let options = DeleteOptions { grace_period_seconds: Some(grace), propagation, uid: None };
    match call.world.client_mut().delete(manifest.kind, &manifest.key, &options) {
        Ok(_) => {}
        Err(Status { reason: "NotFound", .. }) => return Ok(()),
        Err(status) => return Err(status.into()),
    }
    let (name, namespace) = (&manifest.key.name, &manifest.key.namespace);
    let place = if namespace.is_empty() { String::new() } else { format!(" from {namespace} namespace") };
    call.io.out(format!("{} \"{name}\" deleted{place}\n", kind_prefix(manifest.kind)));
    Ok(())
}
