//! Tab behind `kubectl`: verbs, flags, types, names of objects, files.

use crate::api::Kind;
use crate::process::World;
use crate::sorting;

use super::command::Command;
use super::flags::{self, GLOBAL, Takes};
use super::resource_type::{listed, parse_type};
use super::{config, verbs};

const FORMATS: [&str; 8] =
    ["custom-columns=", "go-template=", "json", "jsonpath=", "jsonpath-as-json=", "name", "wide", "yaml"];
/// Verbs whose first argument is a pod, or another object with its type in front.
const OF_PODS: [&str; 4] = ["exec", "logs", "port-forward", "attach"];
/// Verbs whose first argument is a type.
const OF_TYPES: [&str; 11] =
    ["annotate", "delete", "describe", "edit", "explain", "expose", "get", "label", "patch", "scale", "wait"];
/// Verbs whose argument is a node.
const OF_NODES: [&str; 4] = ["cordon", "uncordon", "drain", "top node"];

/// What `begun`, the word behind `words`, could become. `words` does not hold `kubectl` itself.
pub fn complete(words: &[&str], begun: &str, world: &World<'_>) -> Vec<String> {
    let mut found = candidates(words, begun, world);
    found.retain(|candidate| candidate.starts_with(begun));
    sorting::sort(&mut found);
    found.dedup();
    found
}

fn candidates(words: &[&str], begun: &str, world: &World<'_>) -> Vec<String> {
    let namespace = namespace_of(words, world);
    match words.last() {
        Some(&("-n" | "--namespace")) => return names(Kind::Namespace, "", world),
        Some(&("-o" | "--output")) => return FORMATS.map(str::to_owned).into(),
        Some(&("-f" | "--filename")) => return files(world),
        _ => {}
    }
    if let Some((flag, _)) = begun.split_once('=').filter(|(flag, _)| ["-n", "--namespace"].contains(flag)) {
        return names(Kind::Namespace, "", world).into_iter().map(|name| format!("{flag}={name}")).collect();
    }
    let arguments = arguments(words);
    let (count, path) = path_of(&arguments);
    let behind = arguments.get(count..).unwrap_or_default();
    let group = (path.is_empty() || verbs::group(path).is_some()) && behind.is_empty();
    let mut found = if group { members(path) } else { Vec::new() };
    let Some(command) = verbs::command(path) else { return found };
    if begun.starts_with('-') {
        return flag_names(command);
    }
    found.extend(objects(command.path, behind, begun, &namespace, world));
    found
}

fn objects(path: &str, behind: &[&str], begun: &str, namespace: &str, world: &World<'_>) -> Vec<String> {
    if let Some((kind, _)) = begun.split_once('/') {
        let Ok(parsed) = parse_type(world.client(), kind) else { return Vec::new() };
        return names(parsed, namespace, world).into_iter().map(|name| format!("{kind}/{name}")).collect();
    }
    let verb = path.split(' ').next().unwrap_or(path);
    let workloads = || {
        let kinds = [(Kind::Deployment, "deployment"), (Kind::ReplicaSet, "replicaset")];
        let named = |(kind, word): (Kind, &str)| {
            names(kind, namespace, world).into_iter().map(|name| format!("{word}/{name}")).collect::<Vec<_>>()
        };
        kinds.into_iter().flat_map(named).collect::<Vec<String>>()
    };
    match behind {
        [] if OF_NODES.contains(&path) => names(Kind::Node, "", world),
        [] if OF_PODS.contains(&path) || path == "top pod" => {
            let mut found = names(Kind::Pod, namespace, world);
            found.extend(workloads());
            found
        }
        [] if verb == "rollout" || verb == "set" => {
            let mut found = vec!["deployment".to_owned()];
            found.extend(workloads());
            found
        }
        [] if OF_TYPES.contains(&path) => types(world),
        [kind] if OF_TYPES.contains(&path) || verb == "rollout" || verb == "set" => {
            let kind = kind.rsplit(',').next().unwrap_or(kind);
            parse_type(world.client(), kind).map(|kind| names(kind, namespace, world)).unwrap_or_default()
        }
        [kind, ..] if ["delete", "describe", "get"].contains(&path) => {
            parse_type(world.client(), kind).map(|kind| names(kind, namespace, world)).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

/// The words that are neither flags nor their values.
fn arguments<'w>(words: &[&'w str]) -> Vec<&'w str> {
    let mut found = Vec::new();
    let mut skips = false;
    for word in words {
        if std::mem::take(&mut skips) {
            continue;
        }
        if let Some(flag) = word.strip_prefix('-') {
            let takes_next = ["n", "o", "f", "l", "c", "p", "-namespace", "-output", "-filename", "-selector"];
            skips = takes_next.contains(&flag);
        } else {
            found.push(*word);
        }
    }
    found
}

/// How many of the words name the command, and its path.
fn path_of(arguments: &[&str]) -> (usize, &'static str) {
    let (mut count, mut path) = (0, "");
    while let Some(found) = arguments.get(count).and_then(|word| verbs::child(path, word)) {
        (count, path) = (count + 1, found);
        if verbs::group(path).is_none() {
            break;
        }
    }
    (count, path)
}

fn members(group: &str) -> Vec<String> {
    let paths = verbs::children(group).into_iter().map(|(path, ..)| path);
    let names = paths.filter_map(|path| path.rsplit(' ').next()).map(str::to_owned);
    if group.is_empty() { names.chain(["help".to_owned()]).collect() } else { names.collect() }
}

fn flag_names(command: &Command) -> Vec<String> {
    let mut all = flags::of_command(command.flags);
    all.extend(GLOBAL);
    all.iter().map(|flag| format!("--{}{}", flag.name, if flag.takes == Takes::Switch { "" } else { "=" })).collect()
}

fn types(world: &World<'_>) -> Vec<String> {
    listed(world.client()).into_iter().map(|(kind, _)| kind.plural().to_owned()).chain(["all".to_owned()]).collect()
}

fn names(kind: Kind, namespace: &str, world: &World<'_>) -> Vec<String> {
    let namespace = (!kind.is_cluster_scoped()).then_some(namespace);
    world.client().list(kind, namespace).iter().map(|object| object.metadata().name.clone()).collect()
}

fn files(world: &World<'_>) -> Vec<String> {
    world.files.iter().map(|(path, _)| path.to_owned()).collect()
}

fn namespace_of(words: &[&str], world: &World<'_>) -> String {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if let Some(name) = word.strip_prefix("--namespace=").or(word.strip_prefix("-n=")) {
            return name.to_owned();
        }
        if ["-n", "--namespace"].contains(word)
            && let Some(name) = words.next()
        {
            return (*name).to_owned();
        }
    }
    config::current_namespace(world.files)
}
