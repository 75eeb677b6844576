//! The patch between two objects. Models patch.go diffMaps and what it calls.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::list::{self, Elements};
use super::schema::Type;
use super::{
    DELETE, DELETE_FROM_PRIMITIVE_LIST, DIRECTIVE, Fields, RETAIN_KEYS, SET_ELEMENT_ORDER, lookup, same_type, text,
};

/// Which half of the difference is wanted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Options {
    pub ignores_changes: bool,
    pub ignores_deletions: bool,
    /// Whether the patch must say which keys stay.
    pub retains_keys: bool,
}

pub(super) fn maps(
    original: &Fields,
    modified: &Fields,
    owner: Option<&'static Type>,
    options: Options,
) -> Result<Fields, String> {
    let mut patch = Fields::new();
    for (key, value) in modified {
        let Some(before) = original.get(key) else {
            if !options.ignores_changes {
                patch.insert(key.clone(), value.clone());
            }
            continue;
        };
        if key == DIRECTIVE {
            if !before.is_string() || !value.is_string() {
                return Err(format!("invalid value for special key: {DIRECTIVE}"));
            }
            if before != value {
                patch.insert(key.clone(), value.clone());
            }
            continue;
        }
        match (before, value) {
            (Value::Object(before), Value::Object(value)) => {
                map_field(key, before, value, &mut patch, owner, options)?;
            }
            (Value::Array(before), Value::Array(value)) => {
                list_field(key, before, value, &mut patch, owner, options)?;
            }
            _ if !options.ignores_changes && (!same_type(before, value) || before != value) => {
                patch.insert(key.clone(), value.clone());
            }
            _ => {}
        }
    }
    if !options.ignores_deletions {
        for key in original.keys().filter(|key| !modified.contains_key(*key)) {
            patch.insert(key.clone(), Value::Null);
        }
    }
    if options.retains_keys {
        let retained: Vec<&String> =
            modified.iter().filter(|(_, value)| !value.is_null()).map(|(key, _)| key).collect();
        let loses_keys = original.iter().any(|(key, value)| !value.is_null() && !modified.contains_key(key));
        if !retained.is_empty() && (!patch.is_empty() || loses_keys) {
            patch.insert(RETAIN_KEYS.to_owned(), json!(retained));
        }
    }
    Ok(patch)
}

fn map_field(
    key: &str,
    before: &Fields,
    after: &Fields,
    patch: &mut Fields,
    owner: Option<&'static Type>,
    options: Options,
) -> Result<(), String> {
    let field = match lookup(owner, key) {
        Ok(field) => field,
        Err(_) if before == after => return Ok(()),
        Err(error) => return Err(error),
    };
    let options = Options { retains_keys: field.patch.retains_keys, ..options };
    let difference = maps(before, after, field.shape.as_struct(), options)?;
    if !difference.is_empty() {
        patch.insert(key.to_owned(), Value::Object(difference));
    }
    Ok(())
}

fn list_field(
    key: &str,
    before: &[Value],
    after: &[Value],
    patch: &mut Fields,
    owner: Option<&'static Type>,
    options: Options,
) -> Result<(), String> {
    let field = match lookup(owner, key) {
        Ok(field) => field,
        Err(_) if before == after => return Ok(()),
        Err(error) => return Err(error),
    };
    if !field.patch.merges {
        if !options.ignores_changes && before != after {
            patch.insert(key.to_owned(), json!(after));
        }
        return Ok(());
    }
    let options = Options { retains_keys: field.patch.retains_keys, ..options };
    let difference = lists(before, after, field.shape.as_struct(), field.patch.merge_key, options)?;
    for (name, list) in [
        (key.to_owned(), difference.changes),
        (format!("{DELETE_FROM_PRIMITIVE_LIST}/{key}"), difference.deletions),
        (format!("{SET_ELEMENT_ORDER}/{key}"), difference.order),
    ] {
        if !list.is_empty() {
            patch.insert(name, Value::Array(list));
        }
    }
    Ok(())
}

#[derive(Default)]
struct ListDifference {
    changes: Vec<Value>,
    /// Plain values to delete.
    deletions: Vec<Value>,
    order: Vec<Value>,
}

/// Models patch.go diffLists.
fn lists(
    original: &[Value],
    modified: &[Value],
    owner: Option<&'static Type>,
    merge_key: Option<&str>,
    options: Options,
) -> Result<ListDifference, String> {
    if original.is_empty() {
        let changes = if options.ignores_changes { Vec::new() } else { modified.to_vec() };
        return Ok(ListDifference { changes, ..ListDifference::default() });
    }
    let mut difference = ListDifference::default();
    if list::elements(&[original, modified])? == Elements::Scalars {
        let (additions, deletions) = scalars(original, modified, options);
        difference.changes = list::ordered(additions, modified, None)?;
        if (!options.ignores_deletions && !deletions.is_empty()) || (!options.ignores_changes && original != modified) {
            difference.order = modified.to_vec();
        }
        difference.deletions = deletions;
        return Ok(difference);
    }
    let merge_key = merge_key.unwrap_or_default();
    let (changes, deletions) = lists_of_maps(original, modified, owner, merge_key, options)?;
    difference.changes = list::ordered(changes, modified, Some(merge_key))?;
    difference.changes.extend(deletions);
    let keeps_order = has_same_order(original, modified, merge_key)?;
    let has_changes = !difference.changes.is_empty();
    if (!options.ignores_changes && (has_changes || !keeps_order)) || (!options.ignores_deletions && has_changes) {
        for item in modified {
            let value = item.get(merge_key).cloned().unwrap_or_default();
            difference.order.push(json!({ merge_key: value }));
        }
    }
    Ok(difference)
}

fn has_same_order(original: &[Value], modified: &[Value], merge_key: &str) -> Result<bool, String> {
    if original.len() != modified.len() {
        return Ok(false);
    }
    for (before, after) in original.iter().zip(modified) {
        if list::merge_value(before, merge_key)? != list::merge_value(after, merge_key)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Additions and deletions. Models patch.go diffListsOfScalars.
fn scalars(original: &[Value], modified: &[Value], options: Options) -> (Vec<Value>, Vec<Value>) {
    let sorted = |list: &[Value]| {
        let mut list = list.to_vec();
        list::sort_by_text(&mut list, None);
        list
    };
    let mut additions = Vec::new();
    let mut deletions = Vec::new();
    let mut before = sorted(original).into_iter().peekable();
    let mut after = sorted(modified).into_iter().peekable();
    loop {
        match compare(before.peek().map(text), after.peek().map(text)) {
            None => break,
            Some(Ordering::Equal) => {
                before.next();
                after.next();
            }
            Some(Ordering::Less) => deletions.extend(before.next()),
            Some(Ordering::Greater) => additions.extend(after.next()),
        }
    }
    if options.ignores_changes {
        additions.clear();
    }
    if options.ignores_deletions {
        deletions.clear();
    }
    list::deduplicate(&mut deletions);
    (additions, deletions)
}

/// Which of two sorted lists is behind: `Less` when the first has something that the second has not.
fn compare(before: Option<String>, after: Option<String>) -> Option<Ordering> {
    match (before, after) {
        (None, None) => None,
        (Some(_), None) => Some(Ordering::Less),
        (None, Some(_)) => Some(Ordering::Greater),
        (Some(before), Some(after)) => Some(before.cmp(&after)),
    }
}

/// Changes and additions, and deletions. Models patch.go diffListsOfMaps.
fn lists_of_maps(
    original: &[Value],
    modified: &[Value],
    owner: Option<&'static Type>,
    merge_key: &str,
    options: Options,
) -> Result<(Vec<Value>, Vec<Value>), String> {
    let sorted = |list: &[Value]| -> Result<Vec<Value>, String> {
        for item in list {
            list::merge_value(item, merge_key)?;
        }
        let mut list = list.to_vec();
        list::sort_by_text(&mut list, Some(merge_key));
        Ok(list)
    };
    let key_text = |item: &Value| item.get(merge_key).map(text).unwrap_or_default();
    let mut changes = Vec::new();
    let mut deletions = Vec::new();
    let mut before = sorted(original)?.into_iter().peekable();
    let mut after = sorted(modified)?.into_iter().peekable();
    while let Some(order) = compare(before.peek().map(key_text), after.peek().map(key_text)) {
        let old = if order == Ordering::Greater { None } else { before.next() };
        let new = if order == Ordering::Less { None } else { after.next() };
        match (old, new) {
            (Some(old), Some(new)) => {
                let mut difference = maps(list::as_map(&old)?, list::as_map(&new)?, owner, options)?;
                if !difference.is_empty() {
                    difference.insert(merge_key.to_owned(), new.get(merge_key).cloned().unwrap_or_default());
                    changes.push(Value::Object(difference));
                }
            }
            (None, Some(new)) if !options.ignores_changes => changes.push(new),
            (Some(old), None) if !options.ignores_deletions => {
                let value = old.get(merge_key).cloned().unwrap_or_default();
                deletions.push(json!({ merge_key: value, DIRECTIVE: DELETE }));
            }
            _ => {}
        }
    }
    Ok((changes, deletions))
}
