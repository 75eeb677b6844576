//! `kubectl patch`.

use serde_json::Value;

use crate::api::Kind;
use crate::api::patch::{json_merge_patch, json_patch, strategic_merge};
use crate::apiserver::{FieldValidation, PatchType, Status, WriteOptions};
use crate::kubectl::answer::Held;
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::{DryRun, Flag};
use crate::kubectl::output::go_syntax::quote;
use crate::kubectl::selection::{Item, Rules, select};
use crate::manifest;

pub(super) const PATCH: Command = Command {
    path: "patch",
    aliases: &[],
    about: "Update fields of a resource",
    usage: "(-f FILENAME | TYPE NAME) [-p PATCH|--patch-file FILE]",
    flags: &[
        Flag::optional("dry-run", "unchanged"),
        Flag::list("filename", Some('f')),
        Flag::switch("local", None),
        Flag::text("output", Some('o')),
        Flag::text("patch", Some('p')),
        Flag::text("patch-file", None),
        Flag::switch("record", None),
        Flag::switch("recursive", Some('R')),
        Flag::text("subresource", None),
        Flag::text("type", None),
    ],
    run: patch,
};

fn patch(call: &mut Call<'_, '_>) -> Outcome {
    let kind = call.flags.text("type").unwrap_or("strategic").to_lowercase();
    if !["strategic", "merge", "json"].contains(&kind.as_str()) {
        return Err(Failure::Plain(format!("--type must be one of [json merge strategic], not {kind:?}")));
    }
    let text = match (call.flags.text("patch"), call.flags.text("patch-file")) {
        (None | Some(""), None | Some("")) => {
            return Err(Failure::new("must specify --patch or --patch-file containing the contents of the patch"));
        }
        (Some(_), Some(_)) => return Err(Failure::new("cannot specify --patch and --patch-file together")),
        (Some(text), None) => text.to_owned(),
        (None, Some(path)) => match call.world.files.read(path) {
            Some(text) => text.to_owned(),
            None => {
                return Err(Failure::Plain(format!(
                    "unable to read patch file: open {path}: no such file or directory"
                )));
            }
        },
    };
    let change = parsed(&text, &kind)?;
    let dry_run = call.flags.dry_run()?;
    let args = call.args().to_vec();
    let selection = select(call, &args, Rules::default())?;
    let mut failures = selection.failures;
    for item in &selection.items {
        failures.extend(match &change {
            Ok(change) => patch_one(call, item, &kind, change, dry_run).err(),
            Err(refused) => Some(refused.clone().into()),
        });
    }
    Failure::from_all(failures).map_or(Ok(Next::Done), Err)
}

/// `--subresource`: of those that kubectl knows the lab's API server has one.
pub(super) fn subresource(call: &Call<'_, '_>) -> Result<Option<String>, Failure> {
    match call.flags.text("subresource") {
        None | Some("") => Ok(None),
        Some("status") => Ok(Some("status".to_owned())),
        Some(name @ ("scale" | "resize")) => {
            Err(Failure::Plain(format!("the lab's API server has no subresource {name} that objects are sent to")))
        }
        Some(other) => {
            let mut status = Status::not_found(Kind::Pod, other);
            "the server could not find the requested resource".clone_into(&mut status.message);
            Err(status.into())
        }
    }
}

fn patch_one(call: &mut Call<'_, '_>, item: &Item, kind: &str, change: &Value, dry_run: DryRun) -> Result<(), Failure> {
    let Some(before) = item.value() else { return Ok(()) };
    let patch_type = match kind {
        "json" => PatchType::Json,
        "merge" => PatchType::Merge,
        _ => PatchType::Strategic,
    };
    if call.flags.switch("local") {
        let after = match patch_type {
            PatchType::Json => json_patch(&before, change),
            PatchType::Merge => Ok(json_merge_patch(&before, change)),
            PatchType::Strategic if item.kind.is_custom() => Err(format!(
                "strategic merge patch is not supported for {}, Kind={} locally, try --type merge",
                item.kind.api_version(),
                item.kind.as_str()
            )),
            PatchType::Strategic => strategic_merge(&before, change, item.kind),
        }?;
        let done = if after == before { "patched (no change)" } else { "patched" };
        return call.answer(item.kind, after, done, dry_run, Held::Map);
    }
    // A patch that is only tried here is tried by the same rules.
    let options = WriteOptions {
        dry_run: dry_run != DryRun::None,
        field_validation: FieldValidation::Warn,
        to_status: subresource(call)?.is_some_and(|name| name == "status"),
        ..call.write_options(dry_run)
    };
    let result = call.world.client_mut().patch(item.kind, &item.key, change, patch_type, options);
    let mut after = call.written(result)?.to_value();
    if call.flags.switch("record") && dry_run == DryRun::None {
        let mut noted = serde_json::json!({});
        call.record(&mut noted);
        let options = call.write_options(dry_run);
        let result = call.world.client_mut().patch(item.kind, &item.key, &noted, PatchType::Merge, options);
        after = call.written(result)?.to_value();
    }
    let done = if after == before { "patched (no change)" } else { "patched" };
    call.answer(item.kind, after, done, dry_run, Held::Map)
}

/// The patch, which may be written in YAML; what the server says of one that begins as JSON and is none.
fn parsed(text: &str, kind: &str) -> Result<Result<Value, Status>, Failure> {
    // What begins like an object is sent as it is. Models apimachinery pkg/util/yaml ToJSON.
    if text.trim_start().starts_with('{') {
        let decoding = if kind == "strategic" { "" } else { "error decoding patch: " };
        return Ok(manifest::unmarshal(text).map_err(|why| Status::bad_request(format!("{decoding}{why}"))));
    }
    let documents = manifest::parse("patch", text).map_err(|error| {
        let why = error.text.strip_prefix("error parsing patch: ").unwrap_or(&error.text);
        let why = why.strip_prefix("error converting YAML to JSON: ").unwrap_or(why);
        Failure::Plain(format!("unable to parse {}: {why}", quote(text)))
    })?;
    Ok(Ok(documents.into_iter().next().map(|document| document.value).unwrap_or_default()))
}
