//! `kubectl label` and `kubectl annotate`.

use serde_json::json;

use crate::api::validation::label_value;
use crate::api::well_known::CHANGE_CAUSE;
use crate::kubectl::answer::Held;
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::field;
use crate::kubectl::flags::{DryRun, Flag};
use crate::kubectl::selection::{Item, Rules, select};

const FLAGS: [Flag; 13] = [
    Flag::switch("all", None),
    Flag::switch("all-namespaces", Some('A')),
    Flag::optional("dry-run", "unchanged"),
    Flag::text("field-selector", None),
    Flag::list("filename", Some('f')),
    Flag::switch("list", None),
    Flag::switch("local", None),
    Flag::text("output", Some('o')),
    Flag::switch("overwrite", None),
    Flag::switch("record", None),
    Flag::switch("recursive", Some('R')),
    Flag::text("resource-version", None),
    Flag::text("selector", Some('l')),
];

pub(super) const LABEL: Command = Command {
    path: "label",
    aliases: &[],
    about: "Update the labels on a resource",
    usage: "[--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N",
    flags: &FLAGS,
    run: label,
};

pub(super) const ANNOTATE: Command = Command {
    path: "annotate",
    aliases: &[],
    about: "Update the annotations on a resource",
    usage: "[--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N",
    flags: &FLAGS,
    run: annotate,
};

/// What the two commands differ in.
struct Words {
    /// The field of the metadata.
    field: &'static str,
    one: &'static str,
    added: &'static str,
    removed: &'static str,
    nothing: &'static str,
}

fn label(call: &mut Call<'_, '_>) -> Outcome {
    let words = Words { field: "labels", one: "label", added: "labeled", removed: "unlabeled", nothing: "not labeled" };
    update(call, &words)
}

fn annotate(call: &mut Call<'_, '_>) -> Outcome {
    let words = Words {
        field: "annotations",
        one: "annotation",
        added: "annotated",
        removed: "annotated",
        nothing: "annotated",
    };
    update(call, &words)
}

fn update(call: &mut Call<'_, '_>, words: &Words) -> Outcome {
    let args = call.args().to_vec();
    let is_change = |arg: &String| arg.contains('=') || (arg.ends_with('-') && arg.len() > 1);
    let first = args.iter().position(is_change).unwrap_or(args.len());
    let (objects, changes) = args.split_at(first);
    if objects.is_empty() && !call.has_files() {
        return Err(Failure::new("one or more resources must be specified as <resource> <name> or <resource>/<name>"));
    }
    if changes.is_empty() && !call.flags.switch("list") {
        return Err(Failure::Plain(format!("at least one {} update is required", words.one)));
    }
    if let Some(odd) = changes.iter().find(|arg| !is_change(arg)) {
        return Err(Failure::Plain(format!("unknown {} spec: {odd}", words.one)));
    }
    let values = changes.iter().filter_map(|change| Some((change, change.split_once('=')?.1)));
    for (change, value) in values.filter(|_| words.field == "labels") {
        let complaints = label_value(value);
        if !complaints.is_empty() {
            let complaints = complaints.join(";");
            return Err(Failure::new(format!("invalid label value: {change:?}: {complaints}")));
        }
    }
    if call.flags.switch("list") && call.flags.is_set("output") {
        return Err(Failure::new("--list and --output may not be specified together"));
    }
    for selector in ["selector", "field-selector"] {
        if call.flags.switch("all") && call.flags.is_set(selector) {
            return Err(Failure::Plain(format!("cannot set --all and --{selector} at the same time")));
        }
    }
    let dry_run = call.flags.dry_run()?;
    let types_alone = call.flags.switch("all");
    let selection = select(call, objects, Rules { types_alone, files_as_they_are: false })?;
    let mut failures = selection.failures;
    if !selection.single && call.flags.text("resource-version").is_some_and(|version| !version.is_empty()) {
        return Err(Failure::new("--resource-version may only be used with a single resource"));
    }
    for item in &selection.items {
        let result = if call.flags.switch("list") {
            list(call, item, words);
            Ok(())
        } else {
            update_one(call, item, changes, words, dry_run)
        };
        failures.extend(result.err());
    }
    Failure::from_all(failures).map_or(Ok(Next::Done), Err)
}

fn list(call: &mut Call<'_, '_>, item: &Item, words: &Words) {
    let Some(value) = item.value() else { return };
    for (key, value) in field::entries(&value, &format!("/metadata/{}", words.field)) {
        call.io.out(format!("{key}={}\n", field::scalar(value)));
    }
}

fn update_one(
    call: &mut Call<'_, '_>,
    item: &Item,
    changes: &[String],
    words: &Words,
    dry_run: DryRun,
) -> Result<(), Failure> {
    let Some(mut value) = item.value() else { return Ok(()) };
    let mut pairs = field::string_map(&value, &format!("/metadata/{}", words.field));
    let (mut added, mut removed) = (false, false);
    let mut refused = Vec::new();
    let overwrites = call.flags.switch("overwrite");
    for change in changes {
        match change.split_once('=') {
            Some((key, new)) => match pairs.get(key) {
                Some(old) if old == new => {}
                // What caused a change may always be written over.
                Some(old) if !overwrites && (words.field == "labels" || key != CHANGE_CAUSE) => {
                    refused.push(Failure::Plain(if words.field == "labels" {
                        format!("'{key}' already has a value ({old}), and --overwrite is false")
                    } else {
                        format!("--overwrite is false but found the following declared annotation(s): '{key}' already has a value ({old})")
                    }));
                }
                _ => {
                    pairs.insert(key.to_owned(), new.to_owned());
                    added = true;
                }
            },
            None => {
                let key = change.trim_end_matches('-');
                let gone = pairs.remove(key);
                if gone.is_none() && words.field == "labels" {
                    call.io.out(format!("label {key:?} not found.\n"));
                }
                removed |= gone.is_some();
            }
        }
    }
    if let Some(failure) = Failure::from_all(refused) {
        return Err(failure);
    }
    field::set(&mut value, &["metadata", words.field], json!(pairs));
    call.record(&mut value);
    if let Some(version) = call.flags.text("resource-version").filter(|version| !version.is_empty()) {
        let version = json!(version);
        field::set(&mut value, &["metadata", "resourceVersion"], version);
    }
    if (added || removed) && dry_run != DryRun::Client && !call.flags.switch("local") {
        let options = call.write_options(dry_run);
        let result = call.world.client_mut().replace(item.kind, value, options);
        value = call.written(result)?.to_value();
    }
    let done = match (added, removed) {
        (true, true) if words.field == "labels" => "modified",
        (true, _) => words.added,
        (false, true) => words.removed,
        (false, false) => words.nothing,
    };
    call.answer(item.kind, value, done, dry_run, Held::Map)
}
