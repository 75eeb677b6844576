//! `kubectl apply view-last-applied|set-last-applied`: the annotation that `apply` compares with.

use serde_json::{Value, json};

use super::with_last_applied;
use crate::api::well_known::LAST_APPLIED;
use crate::apiserver::PatchType;
use crate::kubectl::answer::Held;
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::field;
use crate::kubectl::flags::{DryRun, Flag};
use crate::kubectl::manifest_file;
use crate::kubectl::output::yaml::to_yaml;
use crate::kubectl::selection::{Rules, filenames, select};

pub(crate) const VIEW_LAST_APPLIED: Command = Command {
    path: "apply view-last-applied",
    aliases: &[],
    about: "View the latest last-applied-configuration annotations of a resource/object",
    usage: "(TYPE [NAME | -l label] | TYPE/NAME | -f FILENAME)",
    flags: &[
        Flag::switch("all", None),
        Flag::list("filename", Some('f')),
        Flag::format(),
        Flag::switch("recursive", Some('R')),
        Flag::text("selector", Some('l')),
    ],
    run: view,
};

pub(crate) const SET_LAST_APPLIED: Command = Command {
    path: "apply set-last-applied",
    aliases: &[],
    about: "Set the last-applied-configuration annotation on a live object to match the contents of a file",
    usage: "-f FILENAME",
    flags: &[
        Flag::switch("create-annotation", None),
        Flag::optional("dry-run", "unchanged"),
        Flag::list("filename", Some('f')),
        Flag::text("output", Some('o')),
        Flag::switch("recursive", Some('R')),
    ],
    run: set,
};

/// Models k8s.io/kubectl/pkg/cmd/apply ViewLastAppliedOptions.
fn view(call: &mut Call<'_, '_>) -> Outcome {
    let args = call.args().to_vec();
    let types_alone = call.has_explicit_namespace();
    let selection = select(call, &args, Rules { types_alone, files_as_they_are: false })?;
    if let Some(failure) = Failure::from_all(selection.failures) {
        return Err(failure);
    }
    let mut found = Vec::new();
    for item in &selection.items {
        let Some(value) = item.value() else { continue };
        let annotations = field::string_map(&value, "/metadata/annotations");
        let Some(text) = annotations.get(LAST_APPLIED) else {
            return Err(Failure::Plain(format!(
                "no last-applied-configuration annotation found on resource: {}\n",
                item.key.name
            )));
        };
        found.push(crate::manifest::unmarshal(text).map_err(Failure::Plain)?);
    }
    for value in found {
        let text = match call.flags.text("output") {
            None | Some("" | "yaml") => to_yaml(&value),
            Some("json") => indented(&value),
            Some(other) => {
                return Err(call.usage(&format!(
                    "Unexpected -o output mode: {other}, the flag 'output' must be one of yaml|json"
                )));
            }
        };
        call.io.out(text);
    }
    Ok(Next::Done)
}

/// JSON with two spaces, which is how this command alone writes it.
fn indented(value: &Value) -> String {
    let text = crate::kubectl::output::json::pretty(value);
    let half = |line: &str| {
        let words = line.trim_start();
        format!("{}{words}\n", " ".repeat((line.len() - words.len()) / 2))
    };
    text.lines().map(half).collect()
}

/// Models SetLastAppliedOptions.
fn set(call: &mut Call<'_, '_>) -> Outcome {
    let dry_run = call.flags.dry_run()?;
    let files = filenames(call);
    let creates = call.flags.switch("create-annotation");
    let mut changes = Vec::new();
    for manifest in manifest_file::read(call, &files)? {
        let manifest = manifest?;
        let current = call.world.client().get(manifest.kind, &manifest.key)?.to_value();
        let annotated = with_last_applied(&manifest.value, None);
        let wanted = field::string_map(&annotated, "/metadata/annotations").get(LAST_APPLIED).cloned();
        let has = field::string_map(&current, "/metadata/annotations").get(LAST_APPLIED).cloned();
        let name = manifest.key.name.to_string();
        if has.is_none() && !creates {
            return Err(Failure::Plain(format!(
                "no last-applied-configuration annotation found on resource: {name}, to create the annotation, run the \
                 command with --create-annotation"
            )));
        }
        if has == wanted {
            call.io.out(format!("set-last-applied {name}: no changes required.\n"));
            continue;
        }
        changes.push((manifest, current, json!({"metadata": {"annotations": {LAST_APPLIED: wanted}}})));
    }
    for (manifest, mut shown, patch) in changes {
        if dry_run != DryRun::Client {
            let options = call.write_options(dry_run);
            let client = call.world.client_mut();
            let result = client.patch(manifest.kind, &manifest.key, &patch, PatchType::Merge, options);
            shown = call.written(result)?.to_value();
        }
        call.answer(manifest.kind, shown, "configured", dry_run, Held::Map)?;
    }
    Ok(Next::Done)
}
