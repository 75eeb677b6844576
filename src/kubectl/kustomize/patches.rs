//! Patches of a kustomization: strategic merges and JSON patches, by name or by a target's patterns.
//! Models api/internal/builtins PatchTransformer, PatchStrategicMergeTransformer and PatchJson6902Transformer.

use serde_json::Value;

use super::merge::merged;
use super::resource::{Resource, read};
use super::source::Folder;
use crate::api::patch::json_patch;
use crate::apiserver::LabelQuery;
use crate::kubectl::field;
use crate::kubectl::output::yaml::to_yaml;
use crate::script::Pattern;

/// `patchesStrategicMerge`: each a file, or the patch itself.
///
/// # Errors
/// When a patch cannot be read, or names no object.
pub(super) fn strategic(found: &mut Vec<Resource>, paths: &[&str], folder: &Folder<'_>) -> Result<(), String> {
    let mut patches = Vec::new();
    for path in paths {
        let inline = if path.contains('\n') || path.starts_with('{') { read(path) } else { Err(String::new()) };
        let loaded = inline.or_else(|_| {
            let text = folder.load(path)?;
            read(text).map_err(|why| if why.starts_with("Malformed") { format!("{why} in File: {path}") } else { why })
        });
        patches.extend(loaded.map_err(|why| {
            let paths: String = paths.iter().map(|path| format!("- {path}\n")).collect();
            format!(
                "trouble configuring builtin PatchStrategicMergeTransformer with config: `\npaths:\n{paths}`: {why}"
            )
        })?);
    }
    patches.iter().try_for_each(|patch| by_name(found, patch))
}

/// One of `patches`. Models PatchTransformerPlugin.
///
/// # Errors
/// When it cannot be read, or does not fit.
pub(super) fn any(found: &mut Vec<Resource>, arguments: &Value, folder: &Folder<'_>) -> Result<(), String> {
    let (patch, path) = (field::text(arguments, "/patch").trim(), field::text(arguments, "/path"));
    let config = config(arguments);
    let loaded = match (patch, path) {
        ("", "") => Err(format!("must specify one of patch and path in\n{config}")),
        ("", path) => match folder.load(path) {
            Ok(text) => Ok((text, format!("[path: {path:?}]"))),
            Err(why) => Err(format!("failed to get the patch file from path({path}): {why}")),
        },
        (patch, "") => Ok((patch, format!("[patch: {patch:?}]"))),
        _ => Err(format!("patch and path can't be set at the same time\n{config}")),
    };
    let parsed = loaded.and_then(|(text, source)| match (read(text), operations(text)) {
        (Ok(patches), _) => Ok((patches, None, source)),
        (Err(_), Some(operations)) => Ok((Vec::new(), Some(operations), source)),
        (Err(_), None) => Err(format!("unable to parse SM or JSON patch from {source}")),
    });
    let (patches, operations, source) = parsed
        .map_err(|why| format!("trouble configuring builtin PatchTransformer with config: `\n{config}`: {why}"))?;
    let target = arguments.get("target").filter(|target| !target.is_null());
    let Some(target) = target else {
        if operations.is_some() {
            return Err(format!("must specify a target for JSON patch {source}"));
        }
        return patches.iter().try_for_each(|patch| {
            let id = patch.id();
            by_name(found, patch).map_err(|why| format!("no resource matches strategic merge patch \"{id}\": {why}"))
        });
    };
    let places = selected(found, target)?;
    if let Some(operations) = operations {
        return patch_by_operations(found, &places, &operations, true);
    }
    let [patch] = patches.as_slice() else {
        return Err(format!(
            "Multiple Strategic-Merge Patches in one `patches` entry is not allowed to set `patches.target` field: {source}"
        ));
    };
    let option = |name: &str| field::flag(arguments, &format!("/options/{name}"));
    let (renames, changes_kind) = (option("allowNameChange"), option("allowKindChange"));
    let mut gone = Vec::new();
    for place in places {
        let Some(resource) = found.get_mut(place) else { continue };
        if renames || changes_kind {
            resource.note_name();
        }
        if !apply(resource, patch, renames, changes_kind) {
            gone.push(place);
        }
    }
    remove(found, &gone);
    Ok(())
}

/// One of `patchesJson6902`. Models PatchJson6902TransformerPlugin.
///
/// # Errors
/// When it cannot be read, or does not apply.
pub(super) fn json(found: &mut [Resource], arguments: &Value, folder: &Folder<'_>) -> Result<(), String> {
    let (patch, path) = (field::text(arguments, "/patch"), field::text(arguments, "/path"));
    let text = match (patch, path) {
        _ if field::text(arguments, "/target/name").is_empty() => Err("must specify the target name".to_owned()),
        ("", "") => Err("empty file path and empty jsonOp".to_owned()),
        ("", path) => match folder.load(path) {
            Ok("") => Err(format!("patch file '{path}' empty seems to be empty")),
            loaded => loaded,
        },
        (patch, "") => Ok(patch),
        _ => Err("must specify a file path or jsonOp, not both".to_owned()),
    };
    let operations = text.and_then(|text| {
        operations(text)
            .filter(|operations| operations.as_array().is_some_and(|list| !list.is_empty()))
            .ok_or_else(|| format!("patch appears to be empty; file={path}, JsonOp={}", text.trim()))
    });
    let operations = operations.map_err(|why| {
        let config = config(arguments).replace("patch: ", "jsonOp: ");
        format!("trouble configuring builtin PatchJson6902Transformer with config: `\n{config}`: {why}")
    })?;
    let places = selected(found, arguments.get("target").unwrap_or(&Value::Null))?;
    patch_by_operations(found, &places, &operations, false)
}

fn patch_by_operations(
    found: &mut [Resource],
    places: &[usize],
    operations: &Value,
    notes_name: bool,
) -> Result<(), String> {
    for place in places {
        let Some(resource) = found.get_mut(*place) else { continue };
        if notes_name {
            resource.note_name();
        }
        resource.value = json_patch(&resource.value, operations)?;
    }
    Ok(())
}

/// A list of operations in YAML or JSON; none when it is something else.
fn operations(text: &str) -> Option<Value> {
    let document = crate::manifest::parse("", text).ok()?.into_iter().next()?;
    let is_list = document.value.as_array().is_some_and(|list| list.iter().all(Value::is_object));
    is_list.then_some(document.value)
}

/// Patches the one object that the patch names. Models resWrangler.GetById.
fn by_name(found: &mut Vec<Resource>, patch: &Resource) -> Result<(), String> {
    let id = patch.id();
    let places: Vec<usize> = found
        .iter()
        .enumerate()
        .filter(|(_, resource)| resource.was_called(|name| name.equals(&id)))
        .map(|(place, _)| place)
        .collect();
    let [place] = places.as_slice() else {
        let how = if places.is_empty() { "no matches" } else { "multiple matches" };
        return Err(format!("{how} for Id {id}; failed to find unique target for patch {id}"));
    };
    let stays = found.get_mut(*place).is_none_or(|resource| apply(resource, patch, false, false));
    if !stays {
        remove(found, &[*place]);
    }
    Ok(())
}

/// Merges a patch into an object; whether there is still one. Models Resource.ApplySmPatch.
fn apply(resource: &mut Resource, patch: &Resource, renames: bool, changes_kind: bool) -> bool {
    let id = resource.id();
    let mut patch = patch.value.clone();
    if let (Some(fields), Some(api_version)) = (patch.as_object_mut(), resource.value.get("apiVersion")) {
        fields.insert("apiVersion".to_owned(), api_version.clone());
    }
    let Some(after) = merged(&resource.value, &patch) else { return false };
    resource.value = after;
    if !changes_kind {
        field::set(&mut resource.value, &["kind"], Value::from(id.kind.as_str()));
    }
    if !renames {
        resource.set_name(&id.name);
    }
    resource.set_namespace(&id.namespace);
    true
}

fn remove(found: &mut Vec<Resource>, places: &[usize]) {
    let mut at = 0;
    found.retain(|_| {
        at += 1;
        !places.contains(&(at - 1))
    });
}

/// Which objects a target means. Models resWrangler.Select.
fn selected(found: &[Resource], target: &Value) -> Result<Vec<usize>, String> {
    let pattern = |name: &str| match field::text(target, &format!("/{name}")) {
        "" => Ok(None),
        text => Pattern::parse(&format!("^({text})$"), true, false)
            .map(Some)
            .map_err(|why| format!("error parsing regexp: {why}: `^(?:{text})$`")),
    };
    let (group, version, kind) = (pattern("group")?, pattern("version")?, pattern("kind")?);
    let (name, namespace) = (pattern("name")?, pattern("namespace")?);
    let labels = LabelQuery::parse(field::text(target, "/labelSelector"))?;
    let annotations = LabelQuery::parse(field::text(target, "/annotationSelector"))?;
    let fits = |pattern: &Option<Pattern>, text: &str| pattern.as_ref().is_none_or(|pattern| pattern.is_match(text));
    let is_meant = |resource: &Resource| {
        let (now, first) = (resource.id(), resource.first_id());
        (fits(&namespace, first.effective_namespace()) || fits(&namespace, now.effective_namespace()))
            && (fits(&name, &first.name) || fits(&name, &now.name))
            && fits(&group, &now.group)
            && fits(&version, &now.version)
            && fits(&kind, &now.kind)
            && labels.matches(&field::string_map(&resource.value, "/metadata/labels"))
            && annotations.matches(&field::string_map(&resource.value, "/metadata/annotations"))
    };
    Ok(found.iter().enumerate().filter(|(_, resource)| is_meant(resource)).map(|(place, _)| place).collect())
}

/// What a transformer is configured with, as errors quote it.
fn config(arguments: &Value) -> String {
    let mut text = String::new();
    let mut add = |indent: &str, name: &str, value: Option<&Value>| match value {
        Some(Value::String(value)) if !value.is_empty() => {
            let written = to_yaml(&serde_json::json!({ name: value }));
            written.lines().for_each(|line| text.push_str(&format!("{indent}{line}\n")));
        }
        Some(Value::Object(_)) => text.push_str(&format!("{indent}{name}:\n")),
        _ => {}
    };
    for name in ["path", "patch"] {
        add("", name, arguments.get(name));
    }
    if let Some(target) = arguments.get("target") {
        add("", "target", Some(target));
        for name in ["group", "version", "kind", "name", "namespace", "annotationSelector", "labelSelector"] {
            add("  ", name, target.get(name));
        }
    }
    text
}
