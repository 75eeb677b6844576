//! `lab bring`: objects of another cluster come into this one as they are there, with their uids, ages and revisions.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::api::{Time, parse_kind};
use crate::apiserver::WriteOptions;
use crate::manifest;
use crate::process::World;
use crate::sorting;

/// What others are in, or belong to, comes first.
const FIRST: [&str; 4] = ["Namespace", "Deployment", "ReplicaSet", "Pod"];
/// Refusals that are told one by one.
const MOST_TOLD: usize = 20;

/// Creates the objects of a file, all of them at once: a controller must not see an owner without what it owns. `as_of` is the
/// moment of the other cluster that is the present here.
pub(super) fn bring(world: &mut World<'_>, file: &str, as_of: &str) -> Result<String, String> {
    let as_of = Time::parse(as_of).ok_or_else(|| format!("{as_of:?} is no time such as 2026-01-01T00:00:00Z"))?;
    let text = world.files.read(file).ok_or_else(|| format!("there is no file {file}"))?;
    let documents = manifest::parse(file, text).map_err(|error| error.text)?;
    let mut objects: Vec<Value> = documents
        .into_iter()
        .flat_map(|document| match document.value.get("items").and_then(Value::as_array) {
            Some(items) => items.clone(),
            None => vec![document.value],
        })
        .collect();
    // Stable: what is of one rank keeps its order.
    sorting::sort_by_key(&mut objects, rank);
    let (mut brought, mut refused, mut seen) = (0, Vec::new(), BTreeSet::new());
    for object in objects {
        match bring_one(world, &object, as_of, &mut seen) {
            Ok(()) => brought += 1,
            Err(why) => {
                refused.push(format!("{} {}: {why}\n", word(&object, "/kind"), word(&object, "/metadata/name")));
            }
        }
    }
    let left = refused.len().saturating_sub(MOST_TOLD);
    refused.truncate(MOST_TOLD);
    if left > 0 {
        refused.push(format!("and {left} more\n"));
    }
    Ok(format!("{brought} objects brought along\n{}", refused.concat()))
}

fn bring_one(world: &mut World<'_>, object: &Value, as_of: Time, seen: &mut BTreeSet<String>) -> Result<(), String> {
    let (api_version, kind) = (word(object, "/apiVersion"), word(object, "/kind"));
    let definitions = world.cluster.api.definitions();
    let kind = parse_kind(&definitions, api_version, kind).ok_or("the lab has no such kind")?;
    let api = &mut world.cluster.api;
    let uid = word(object, "/metadata/uid");
    // Everything that belongs to an object, or follows it, knows it by its uid.
    let is_uid = uid.len() == 36 && uid.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    let is_taken = || api.store().list(kind, None).any(|other| other.metadata().uid == uid);
    if !is_uid || seen.contains(uid) || is_taken() {
        let made = api.create_value(kind, "default", object.clone(), WriteOptions::default());
        return made.map(drop).map_err(|status| status.message);
    }
    let created = Time::parse(word(object, "/metadata/creationTimestamp")).unwrap_or(as_of);
    // What is younger than the present is as old as that.
    let age_s = as_of.0.saturating_sub(created.0).max(0);
    let created = Time(Time::from_sim(api.now()).0.saturating_sub(age_s));
    api.bring_value(kind, object.clone(), uid, created).map_err(|status| status.message)?;
    seen.insert(uid.to_owned());
    Ok(())
}

fn word<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn rank(object: &Value) -> usize {
    let kind = object.get("kind").and_then(Value::as_str).unwrap_or_default();
    // Without its definition an object of a user's kind is refused.
    if kind == "CustomResourceDefinition" {
        return 0;
    }
    // What is none of them, ConfigMaps and their like, comes behind the namespaces.
    FIRST.iter().position(|first| *first == kind).map_or(1, |at| at * 2)
}
