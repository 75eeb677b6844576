//! `kubectl set image|env|resources`.

use serde_json::{Map, Value, json};

use crate::apiserver::WriteOptions;
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::field;
use crate::kubectl::flags::{DryRun, Flag};
use crate::kubectl::output::name_line_of;
use crate::kubectl::selection::{Item, Rules, select};

const SHARED: [Flag; 6] = [
    Flag::switch("all", None),
    Flag::optional("dry-run", "unchanged"),
    Flag::list("filename", Some('f')),
    Flag::text("output", Some('o')),
    Flag::switch("recursive", Some('R')),
    Flag::text("selector", Some('l')),
];

pub(super) const IMAGE: Command = Command {
    path: "set image",
    aliases: &[],
    about: "Update the image of a pod template",
    usage: "(-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 ... CONTAINER_NAME_N=CONTAINER_IMAGE_N",
    flags: &SHARED,
    run: set_image,
};

pub(super) const ENV: Command = Command {
    path: "set env",
    aliases: &[],
    about: "Update environment variables on a pod template",
    usage: "RESOURCE/NAME KEY_1=VAL_1 ... KEY_N=VAL_N",
    flags: &[
        SHARED[0],
        SHARED[1],
        SHARED[2],
        SHARED[3],
        SHARED[4],
        SHARED[5],
        Flag::text("containers", Some('c')),
        Flag::switch("list", None),
    ],
    run: set_env,
};

pub(super) const RESOURCES: Command = Command {
    path: "set resources",
    aliases: &[],
    about: "Update resource requests/limits on objects with pod templates",
    usage: "(-f FILENAME | TYPE NAME)  ([--limits=LIMITS & --requests=REQUESTS]",
    flags: &[
        SHARED[0],
        SHARED[1],
        SHARED[2],
        SHARED[3],
        SHARED[4],
        SHARED[5],
        Flag::text("containers", Some('c')),
        Flag::text("limits", None),
        Flag::text("requests", None),
    ],
    run: set_resources,
};

/// Splits `deployment/web a=b c=d` into objects and pairs. Models cmdutil.GetResourcesAndPairs.
fn split(args: &[String], what: &str, removals: bool) -> Result<(Vec<String>, Vec<String>), Failure> {
    let is_pair = |arg: &String| arg.contains('=') || (removals && arg.ends_with('-') && arg.len() > 1);
    let first = args.iter().position(is_pair).unwrap_or(args.len());
    let (objects, pairs) = args.split_at(first);
    if let Some(odd) = pairs.iter().find(|arg| !is_pair(arg)) {
        return Err(Failure::Plain(format!("all resources must be specified before {what} changes: {odd}")));
    }
    Ok((objects.to_vec(), pairs.to_vec()))
}

fn set_image(call: &mut Call<'_, '_>) -> Outcome {
    let (objects, pairs) = split(call.args(), "image", false)?;
    let mut wrong = Vec::new();
    if objects.is_empty() && !call.flags.is_set("filename") {
        wrong.push(Failure::new("one or more resources must be specified as <resource> <name> or <resource>/<name>"));
    }
    let images: Vec<(&str, &str)> = pairs.iter().filter_map(|pair| pair.split_once('=')).collect();
    if images.is_empty() {
        wrong.push(Failure::new("at least one image update is required"));
    } else if images.len() > 1 && images.iter().any(|(name, _)| *name == "*") {
        wrong.push(Failure::new(
            "all containers are already specified by *, but saw more than one container_name=container_image pairs",
        ));
    }
    let selected = if objects.is_empty() { None } else { Some(select_all(call, &objects)?) };
    if let Some(failure) = Failure::from_all(wrong) {
        return Err(failure);
    }
    let items = match selected {
        Some(items) => items,
        None => select_all(call, &objects)?,
    };
    change_templates(call, items, "image updated", "image", |spec| {
        let mut failures = Vec::new();
        for (name, image) in &images {
            let mut found = false;
            for container in containers_of(spec) {
                if *name == "*" || field::text(container, "/name") == *name {
                    found = true;
                    field::set(container, &["image"], json!(image));
                }
            }
            if !found {
                failures.push(Failure::Plain(format!("error: unable to find container named {name:?}")));
            }
        }
        failures
    })
}

fn set_env(call: &mut Call<'_, '_>) -> Outcome {
    let (objects, pairs) = split(call.args(), "environment", true)?;
    if objects.is_empty() && !call.flags.is_set("filename") {
        return Err(call.usage("one or more resources must be specified as <resource> <name> or <resource>/<name>"));
    }
    let items = select_all(call, &objects)?;
    if call.flags.switch("list") || pairs.is_empty() {
        return list_env(call, &items);
    }
    let wanted = call.flags.text("containers").unwrap_or("*").to_owned();
    change_templates(call, items, "env updated", "env", |spec| {
        for container in containers_of(spec).filter(|container| is_wanted(container, &wanted)) {
            let mut variables = field::list(container, "/env").to_vec();
            for pair in &pairs {
                let (name, value) = match pair.split_once('=') {
                    Some((name, value)) => (name, Some(value)),
                    None => (pair.trim_end_matches('-'), None),
                };
                let present = variables.iter().position(|variable| field::text(variable, "/name") == name);
                match (value, present) {
                    (Some(value), Some(at)) => {
                        variables.splice(at..=at, [json!({"name": name, "value": value})]).for_each(drop)
                    }
                    (Some(value), None) => variables.push(json!({"name": name, "value": value})),
                    (None, Some(at)) => drop(variables.remove(at)),
                    (None, None) => {}
                }
            }
            field::set(container, &["env"], json!(variables));
        }
        Vec::new()
    })
}

fn list_env(call: &mut Call<'_, '_>, items: &[Item]) -> Outcome {
    for item in items {
        let Some(value) = item.object.as_ref().map(crate::api::Object::to_value) else { continue };
        let plural = item.kind.plural();
        for container in field::list(&value, "/spec/template/spec/containers") {
            let name = field::text(container, "/name");
            call.io.out(format!("# {plural} {}, container {name}\n", item.key.name));
            for variable in field::list(container, "/env") {
                call.io.out(format!("{}={}\n", field::text(variable, "/name"), field::text(variable, "/value")));
            }
        }
    }
    Ok(Next::Done)
}

fn set_resources(call: &mut Call<'_, '_>) -> Outcome {
    let objects = call.args().to_vec();
    let (limits, requests) = (quantities(call, "limits")?, quantities(call, "requests")?);
    if limits.is_empty() && requests.is_empty() {
        return Err(Failure::new(
            "you must specify an update to requests or limits (in the form of --requests/--limits)",
        ));
    }
    let items = select_all(call, &objects)?;
    let wanted = call.flags.text("containers").unwrap_or("*").to_owned();
    change_templates(call, items, "resource requirements updated", "resources", |spec| {
        for container in containers_of(spec).filter(|container| is_wanted(container, &wanted)) {
            for (name, amounts) in [("limits", &limits), ("requests", &requests)] {
                for (resource, amount) in amounts {
                    field::set(container, &["resources", name, resource.as_str()], amount.clone());
                }
            }
        }
        Vec::new()
    })
}

fn quantities(call: &Call<'_, '_>, flag: &str) -> Result<Map<String, Value>, Failure> {
    let text = call.flags.text(flag).unwrap_or_default();
    let pair = |pair: &str| {
        let (name, amount) = pair
            .split_once('=')
            .ok_or_else(|| Failure::Plain(format!("invalid argument syntax {pair}, expected <resource>=<value>")))?;
        Ok((name.to_owned(), json!(amount)))
    };
    text.split(',').filter(|part| !part.is_empty()).map(pair).collect()
}

fn is_wanted(container: &Value, pattern: &str) -> bool {
    let name = field::text(container, "/name");
    match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => name == pattern,
    }
}

fn containers_of(spec: &mut Value) -> impl Iterator<Item = &mut Value> {
    let lists = spec.as_object_mut().into_iter().flatten();
    let lists = lists.filter(|(name, _)| *name == "containers" || *name == "initContainers");
    lists.filter_map(|(_, list)| list.as_array_mut()).flatten()
}

fn select_all(call: &mut Call<'_, '_>, objects: &[String]) -> Result<Vec<Item>, Failure> {
    let types_alone = call.flags.switch("all");
    let selection = select(call, objects, Rules { types_alone, files_as_they_are: false })?;
    match Failure::from_all(selection.failures) {
        Some(failure) => Err(failure),
        None => Ok(selection.items),
    }
}

/// Edits the pod spec of every object; those that stay the same are not spoken of.
fn change_templates(
    call: &mut Call<'_, '_>,
    items: Vec<Item>,
    done: &str,
    what: &str,
    mut edit: impl FnMut(&mut Value) -> Vec<Failure>,
) -> Outcome {
    let dry_run = call.flags.dry_run()?;
    let mut failures = Vec::new();
    for item in items {
        let Some(old) = item.object.as_ref().map(crate::api::Object::to_value) else { continue };
        let mut new = old.clone();
        let pointer = if item.kind == crate::api::Kind::Pod { "/spec" } else { "/spec/template/spec" };
        let Some(spec) = new.pointer_mut(pointer) else {
            let kind = item.kind.as_str();
            failures.push(Failure::Plain(format!(
                "error: {}/{} the object is not a pod or does not have a pod template: {kind}",
                item.kind.plural(),
                item.key.name
            )));
            continue;
        };
        failures.extend(edit(spec));
        if new == old {
            continue;
        }
        if dry_run != DryRun::Client {
            let options = WriteOptions { dry_run: dry_run == DryRun::Server, ..Default::default() };
            let result = call.world.client_mut().replace(item.kind, new, options);
            if let Err(failure) = call.written(result) {
                let why = failure.message();
                failures.push(Failure::Plain(format!("failed to patch {what} update to pod template: {why}")));
                continue;
            }
        }
        call.io.out(name_line_of(item.kind, &item.key.name, &format!("{done}{}", dry_run.suffix())));
    }
    Failure::from_all(failures).map_or(Ok(Next::Done), Err)
}
