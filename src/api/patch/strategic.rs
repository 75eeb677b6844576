//! Applying a strategic merge patch, to an object or to another patch. Models patch.go mergeMap and what it calls.

use serde_json::Value;

use super::list::{self, Elements};
use super::schema::Type;
use super::{
    DELETE, DELETE_FROM_PRIMITIVE_LIST, DIRECTIVE, Fields, REPLACE, RETAIN_KEYS, SET_ELEMENT_ORDER, bad_type, lookup,
    no_merge_key, same_type, text,
};

/// What the patch is applied to decides what becomes of its directives.
#[derive(Clone, Copy, Debug)]
pub(super) struct Options {
    /// An object: directives are carried out. Otherwise a patch: they are kept.
    pub merges_parallel_lists: bool,
    /// Whether null for what is not there is dropped.
    pub ignores_unmatched_nulls: bool,
}

pub(super) fn merge(
    mut original: Fields,
    mut patch: Fields,
    owner: Option<&'static Type>,
    options: Options,
) -> Result<Fields, String> {
    if let Some(directive) = patch.remove(DIRECTIVE) {
        return match directive.as_str() {
            Some(REPLACE) => Ok(patch),
            Some(DELETE) => Ok(Fields::new()),
            _ => {
                patch.insert(DIRECTIVE.to_owned(), directive.clone());
                Err(unknown_directive(&directive, &patch))
            }
        };
    }
    retain_keys(&mut original, &mut patch, options)?;
    order_lists(&mut original, &mut patch, owner, options)?;
    for (key, change) in patch {
        merge_field(&mut original, key, change, owner, options)?;
    }
    Ok(original)
}

fn unknown_directive(directive: &Value, patch: &Fields) -> String {
    format!("unknown patch type: {} in map: {}", text(directive), text(&Value::Object(patch.clone())))
}

fn merge_field(
    original: &mut Fields,
    key: String,
    mut change: Value,
    owner: Option<&'static Type>,
    options: Options,
) -> Result<(), String> {
    let mut key = key;
    let mut deletes = false;
    if key.starts_with(DELETE_FROM_PRIMITIVE_LIST) {
        if !options.merges_parallel_lists {
            original.insert(key, change);
            return Ok(());
        }
        let name = directive_target(&key, DELETE_FROM_PRIMITIVE_LIST);
        key = name.map(str::to_owned).ok_or("invalid patch format of primitive list")?;
        deletes = true;
    }
    if change.is_null() {
        original.remove(&key);
        if options.ignores_unmatched_nulls {
            return Ok(());
        }
    }
    let merged = match (original.get_mut(&key), change) {
        (Some(Value::Object(before)), Value::Object(change)) => {
            let field = lookup(owner, &key)?;
            Value::Object(merge(std::mem::take(before), change, field.shape.as_struct(), options)?)
        }
        (Some(Value::Array(before)), Value::Array(change)) => {
            let field = lookup(owner, &key)?;
            if field.patch.merges || deletes {
                let before = std::mem::take(before);
                let target = Target { owner: field.shape.as_struct(), merge_key: field.patch.merge_key };
                Value::Array(merge_lists(before, change, target, options, deletes)?)
            } else {
                Value::Array(change)
            }
        }
        _ if deletes => return Ok(()),
        (before, taken) => {
            change = taken;
            let is_other = before.is_none_or(|before| !same_type(before, &change));
            if is_other && options.ignores_unmatched_nulls {
                discard_nulls(&mut change);
            }
            match without_directives(change) {
                Some(value) => value,
                None => {
                    original.remove(&key);
                    return Ok(());
                }
            }
        }
    };
    original.insert(key, merged);
    Ok(())
}

fn directive_target<'a>(key: &'a str, directive: &str) -> Option<&'a str> {
    key.split_once('/').filter(|(prefix, _)| *prefix == directive).map(|(_, name)| name)
}

/// Models patch.go applyRetainKeysDirective.
fn retain_keys(original: &mut Fields, patch: &mut Fields, options: Options) -> Result<(), String> {
    let Some(retained) = patch.remove(RETAIN_KEYS) else { return Ok(()) };
    if !options.merges_parallel_lists {
        let before = original.entry(RETAIN_KEYS).or_insert_with(|| retained.clone());
        if *before != retained {
            let (before, retained) = (text(before), text(&retained));
            return Err(format!(
                "{before} and {retained} are not deep equal: this may happen when calculating the 3-way diff patch"
            ));
        }
        return Ok(());
    }
    let problem = "invalid patch format of retainKeys";
    let Value::Array(retained) = retained else { return Err(problem.to_owned()) };
    let is_retained = |key: &str| retained.iter().any(|name| name.as_str() == Some(key));
    let is_list_directive =
        |key: &str| key.starts_with(DELETE_FROM_PRIMITIVE_LIST) || key.starts_with(SET_ELEMENT_ORDER);
    if patch.iter().any(|(key, value)| !value.is_null() && !is_list_directive(key) && !is_retained(key)) {
        return Err(problem.to_owned());
    }
    original.retain(|key, _| is_retained(key));
    Ok(())
}

/// Merges the lists whose order the patch gives. Models patch.go mergePatchIntoOriginal.
fn order_lists(
    original: &mut Fields,
    patch: &mut Fields,
    owner: Option<&'static Type>,
    options: Options,
) -> Result<(), String> {
    let directives: Vec<String> = patch.keys().filter(|key| key.starts_with(SET_ELEMENT_ORDER)).cloned().collect();
    for directive in directives {
        let Some(order) = patch.remove(&directive) else { continue };
        let bad_format = "invalid patch format of setElementOrder list";
        if !options.merges_parallel_lists {
            let before = original.entry(directive.clone()).or_insert_with(|| order.clone());
            if *before != order {
                return Err(bad_format.to_owned());
            }
        }
        let order = typed_list(&order)?;
        let key = directive_target(&directive, SET_ELEMENT_ORDER).ok_or(bad_format)?;
        let before = original.get(key).map(typed_list).transpose()?;
        let changes = patch.get(key).map(typed_list).transpose()?;
        let field = lookup(owner, key)?;
        let merge_key = field.patch.merge_key;
        check_order(changes.unwrap_or_default(), order, merge_key)?;
        let merged = match (before, changes) {
            (None, None) => continue,
            (Some(before), None) => before.to_vec(),
            (None, Some(changes)) => changes.iter().cloned().filter_map(without_directives).collect(),
            (Some(before), Some(changes)) if field.patch.merges => {
                let target = Target { owner: field.shape.as_struct(), merge_key };
                merge_lists(before.to_vec(), changes.to_vec(), target, options, false)?
            }
            (Some(_), Some(changes)) => changes.to_vec(),
        };
        let (patched, server_only) = list::partition(merged, order, merge_key)?;
        let before = before.unwrap_or_default();
        list::elements(&[before, changes.unwrap_or_default()])?;
        let merged = list::interleaved(patched, server_only, order, before, merge_key)?;
        patch.remove(key);
        original.insert(key.to_owned(), Value::Array(merged));
    }
    Ok(())
}

fn typed_list(value: &Value) -> Result<&[Value], String> {
    value.as_array().map(Vec::as_slice).ok_or_else(|| bad_type("[]interface {}", value))
}

/// Every element of the patch must be in the order, in that order. Models patch.go validatePatchWithSetOrderList.
fn check_order(changes: &[Value], order: &[Value], merge_key: Option<&str>) -> Result<(), String> {
    if changes.is_empty() || order.is_empty() {
        return Ok(());
    }
    let kept = match merge_key {
        Some(_) => list::split_deletions(changes.to_vec())?.0,
        None => changes.to_vec(),
    };
    let mut places = order.iter();
    for item in kept.iter().filter(|item| item.get(DIRECTIVE).is_none()) {
        loop {
            let Some(place) = places.next() else {
                let (changes, order) = (text(&Value::Array(changes.to_vec())), text(&Value::Array(order.to_vec())));
                return Err(format!(
                    "The order in patch list:\n{changes}\n doesn't match {SET_ELEMENT_ORDER} list:\n{order}\n"
                ));
            };
            let is_same = match merge_key {
                Some(key) => list::merge_value(item, key)? == list::merge_value(place, key)?,
                None => item == place,
            };
            if is_same {
                break;
            }
        }
    }
    Ok(())
}

/// How the elements of a list are told apart, and what they are.
#[derive(Clone, Copy)]
struct Target<'a> {
    owner: Option<&'static Type>,
    merge_key: Option<&'a str>,
}

/// Models patch.go mergeSlice.
fn merge_lists(
    original: Vec<Value>,
    patch: Vec<Value>,
    target: Target<'_>,
    options: Options,
    deletes: bool,
) -> Result<Vec<Value>, String> {
    if original.is_empty() && patch.is_empty() {
        return Ok(original);
    }
    if list::elements(&[&original, &patch])? == Elements::Scalars {
        if options.merges_parallel_lists && deletes {
            return Ok(original.into_iter().filter(|item| !patch.contains(item)).collect());
        }
        let mut merged = original.clone();
        merged.extend(patch.iter().cloned());
        list::deduplicate(&mut merged);
        let (patched, server_only) = list::partition(merged, &patch, None)?;
        return list::interleaved(patched, server_only, &patch, &original, None);
    }
    let Some(merge_key) = target.merge_key else {
        let name = target.owner.map_or("", |owner| owner.name);
        return Err(format!("cannot merge lists without merge key for {name}"));
    };
    let (original, patch) = carry_out_directives(original, patch, merge_key)?;
    let mut merged = original.clone();
    for change in &patch {
        let value = list::merge_value(change, merge_key)?;
        let Some(index) = list::find(&merged, merge_key, value)? else {
            merged.push(change.clone());
            continue;
        };
        if let Some(item) = merged.get_mut(index) {
            let before = list::as_map(item)?.clone();
            *item = Value::Object(merge(before, list::as_map(change)?.clone(), target.owner, options)?);
        }
    }
    let (patched, server_only) = list::partition(merged, &patch, Some(merge_key))?;
    list::interleaved(patched, server_only, &patch, &original, Some(merge_key))
}

/// The list without what the patch deletes, and the patch's other elements. Models patch.go
/// mergeSliceWithSpecialElements.
fn carry_out_directives(
    mut original: Vec<Value>,
    patch: Vec<Value>,
    merge_key: &str,
) -> Result<(Vec<Value>, Vec<Value>), String> {
    let mut changes = Vec::new();
    let mut replaces = false;
    for item in patch {
        let Some(directive) = item.get(DIRECTIVE) else {
            changes.push(item);
            continue;
        };
        let fields = list::as_map(&item)?;
        match directive.as_str() {
            Some(DELETE) => {
                let value = fields.get(merge_key).ok_or_else(|| no_merge_key(fields, merge_key))?;
                while let Some(index) = list::find(&original, merge_key, value)? {
                    original.remove(index);
                }
            }
            Some(REPLACE) => replaces = true,
            Some("merge") => return Err("merging lists cannot yet be specified in the patch".to_owned()),
            _ => return Err(unknown_directive(directive, fields)),
        }
    }
    Ok(if replaces { (changes, Vec::new()) } else { (original, changes) })
}

/// Models patch.go removeDirectives: nothing is left of what is itself a directive.
fn without_directives(value: Value) -> Option<Value> {
    match value {
        Value::Object(fields) if fields.contains_key(DIRECTIVE) => None,
        Value::Object(fields) => {
            let kept = fields.into_iter().filter_map(|(key, value)| Some((key, without_directives(value)?)));
            Some(Value::Object(kept.collect()))
        }
        Value::Array(items) => Some(Value::Array(items.into_iter().filter_map(without_directives).collect())),
        value => Some(value),
    }
}

/// Models patch.go discardNullValuesFromPatch.
fn discard_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(discard_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(discard_nulls),
        _ => {}
    }
}
