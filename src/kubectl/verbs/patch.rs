//! `kubectl patch`.

use serde_json::Value;

use crate::apiserver::WriteOptions;
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::{DryRun, Flag};
use crate::kubectl::merge::{json_merge, strategic};
use crate::kubectl::output::{Printer, name_line_of};
use crate::kubectl::selection::{Item, Rules, select};

pub(super) const PATCH: Command = Command {
    path: "patch",
    aliases: &[],
    about: "Update fields of a resource",
    usage: "(-f FILENAME | TYPE NAME) [-p PATCH|--patch-file FILE]",
    flags: &[
        Flag::optional("dry-run", "unchanged"),
        Flag::list("filename", Some('f')),
        Flag::text("output", Some('o')),
        Flag::text("patch", Some('p')),
        Flag::text("patch-file", None),
        Flag::switch("recursive", Some('R')),
        Flag::text("type", None),
    ],
    run: patch,
};

fn patch(call: &mut Call<'_, '_>) -> Outcome {
    let kind = call.flags.text("type").unwrap_or("strategic").to_lowercase();
    if !["strategic", "merge", "json"].contains(&kind.as_str()) {
        return Err(call.usage(&format!("--type must be one of [json merge strategic], not {kind:?}")));
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
    let change: Value = serde_yaml::from_str(&text)
        .map_err(|error| Failure::Plain(format!("unable to parse {text:?}: yaml: {error}")))?;
    let dry_run = call.flags.dry_run()?;
    let args = call.args().to_vec();
    let selection = select(call, &args, Rules::default())?;
    let mut failures = selection.failures;
    for item in &selection.items {
        failures.extend(patch_one(call, item, &kind, &change, dry_run).err());
    }
    Failure::from_all(failures).map_or(Ok(Next::Done), Err)
}

fn patch_one(call: &mut Call<'_, '_>, item: &Item, kind: &str, change: &Value, dry_run: DryRun) -> Result<(), Failure> {
    let Some(before) = item.object.as_ref().map(crate::api::Object::to_value) else { return Ok(()) };
    let after = match kind {
        "json" => operations(&before, change)?,
        "merge" => json_merge(&before, change),
        _ => strategic(item.kind, &before, change),
    };
    let mut shown = after.clone();
    if dry_run != DryRun::Client {
        let options = WriteOptions { dry_run: dry_run == DryRun::Server, ..Default::default() };
        let result = call.world.cluster.api.replace(item.kind, after.clone(), options);
        shown = call.written(result)?.to_value();
    }
    let done = if after == before { "patched (no change)" } else { "patched" };
    let text = match call.flags.text("output") {
        None | Some("") => name_line_of(item.kind, &item.key.name, &format!("{done}{}", dry_run.suffix())),
        Some(format) => Printer::parse(format, false, false, |_| None)?.print(vec![shown], true)?,
    };
    call.io.out(text);
    Ok(())
}

/// RFC 6902. Models evanphx/json-patch's errors.
fn operations(object: &Value, change: &Value) -> Result<Value, Failure> {
    let Some(operations) = change.as_array() else {
        return Err(Failure::new("json: cannot unmarshal object into Go value of type jsonpatch.Patch"));
    };
    let mut object = object.clone();
    for operation in operations {
        let part = |name: &str| operation.get(name).and_then(Value::as_str).unwrap_or_default();
        let (name, path, value) = (part("op"), part("path"), operation.get("value").cloned().unwrap_or_default());
        let done = match name {
            "add" => put(&mut object, path, value, false),
            "replace" => put(&mut object, path, value, true),
            "remove" => take(&mut object, path).map(drop),
            "move" => take(&mut object, part("from")).and_then(|value| put(&mut object, path, value, false)),
            "copy" => {
                let copied = object.pointer(part("from")).cloned();
                copied.and_then(|value| put(&mut object, path, value, false))
            }
            "test" => (object.pointer(path) == Some(&value)).then_some(()),
            _ => None,
        };
        if done.is_none() {
            return Err(Failure::from(crate::apiserver::Status::invalid(
                "the server rejected our request due to an error in our request".to_owned(),
                Vec::new(),
            )));
        }
    }
    Ok(object)
}

/// The place that holds what `path` leads to, and the last word of the path.
fn parent<'v>(object: &'v mut Value, path: &str) -> Option<(&'v mut Value, String)> {
    let (parent, last) = path.rsplit_once('/')?;
    Some((object.pointer_mut(parent)?, last.replace("~1", "/").replace("~0", "~")))
}

fn put(object: &mut Value, path: &str, value: Value, must_exist: bool) -> Option<()> {
    let (place, last) = parent(object, path)?;
    match place {
        Value::Object(fields) => {
            if must_exist && !fields.contains_key(&last) {
                return None;
            }
            fields.insert(last, value);
        }
        Value::Array(list) if last == "-" && !must_exist => list.push(value),
        Value::Array(list) => {
            let at: usize = last.parse().ok()?;
            if must_exist {
                *list.get_mut(at)? = value;
            } else if at <= list.len() {
                list.insert(at, value);
            } else {
                return None;
            }
        }
        _ => return None,
    }
    Some(())
}

fn take(object: &mut Value, path: &str) -> Option<Value> {
    let (place, last) = parent(object, path)?;
    match place {
        Value::Object(fields) => fields.remove(&last),
        Value::Array(list) => {
            let at: usize = last.parse().ok()?;
            (at < list.len()).then(|| list.remove(at))
        }
        _ => None,
    }
}
