//! Lists in patches: their element types, their order, and which element of one list is meant by that of another.

use serde_json::Value;

use super::{DELETE, DIRECTIVE, Fields, bad_type, no_merge_key, same_type, text};
use crate::sorting;

/// What a list holds. Lists of lists are not supported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Elements {
    Maps,
    Scalars,
}

/// Longer lists than this are not sorted as Go sorts short ones; no object has them.
const INSERTION_SORT_LIMIT: usize = 64;

/// Models patch.go sliceElementType.
pub(super) fn elements(lists: &[&[Value]]) -> Result<Elements, String> {
    let mut items = lists.iter().flat_map(|list| list.iter());
    let first = items.next().ok_or("no elements in any of the given slices")?;
    if items.any(|item| !same_type(first, item)) {
        let lists: Vec<Value> = lists.iter().map(|list| Value::Array(list.to_vec())).collect();
        return Err(format!("list element types are not identical: {}", text(&Value::Array(lists))));
    }
    match first {
        Value::Array(_) => Err("lists of lists are not supported".to_owned()),
        Value::Object(_) => Ok(Elements::Maps),
        _ => Ok(Elements::Scalars),
    }
}

pub(super) fn as_map(item: &Value) -> Result<&Fields, String> {
    item.as_object().ok_or_else(|| bad_type("map[string]interface {}", item))
}

/// The value of an element's merge key.
pub(super) fn merge_value<'a>(item: &'a Value, merge_key: &str) -> Result<&'a Value, String> {
    let fields = as_map(item)?;
    fields.get(merge_key).ok_or_else(|| no_merge_key(fields, merge_key))
}

/// Where the element with this merge key's value is. Models patch.go findMapInSliceBasedOnKeyValue.
pub(super) fn find(list: &[Value], merge_key: &str, value: &Value) -> Result<Option<usize>, String> {
    for (index, item) in list.iter().enumerate() {
        let fields = item.as_object().ok_or_else(|| format!("value for key {index} is not a map"))?;
        if fields.get(merge_key) == Some(value) {
            return Ok(Some(index));
        }
    }
    Ok(None)
}

/// Models patch.go index: what identifies an element is its merge key's value, or itself when it is a plain value.
fn index(list: &[Value], item: &Value, merge_key: Option<&str>) -> Option<usize> {
    let identity = |item: &Value| match merge_key {
        Some(key) => item.get(key).cloned().unwrap_or_default(),
        None => item.clone(),
    };
    let wanted = identity(item);
    list.iter().position(|other| identity(other) == wanted)
}

fn insertion_sort(list: &mut [Value], less: impl Fn(&Value, &Value) -> bool) {
    for end in 1..list.len() {
        let mut at = end;
        while at > 0 && list.get(at).zip(list.get(at - 1)).is_some_and(|(item, before)| less(item, before)) {
            list.swap(at, at - 1);
            at -= 1;
        }
    }
}

/// Sorts by text. Go compares with "not greater", so that its sort turns the order of equal elements around: two
/// ports of the same number and different protocols change places.
pub(super) fn sort_by_text(list: &mut [Value], merge_key: Option<&str>) {
    let key = |item: &Value| match merge_key {
        Some(key) => text(item.get(key).unwrap_or(&Value::Null)),
        None => text(item),
    };
    if list.len() > INSERTION_SORT_LIMIT {
        sorting::sort_by_key(list, key);
    } else {
        insertion_sort(list, |item, before| key(item) <= key(before));
    }
}

/// Models patch.go deduplicateScalars: the last element takes the place of one that is dropped.
pub(super) fn deduplicate(list: &mut Vec<Value>) {
    let mut at = 0;
    while at < list.len() {
        let mut other = at + 1;
        while other < list.len() {
            if list.get(at) == list.get(other) {
                list.swap_remove(other);
            } else {
                other += 1;
            }
        }
        at += 1;
    }
}

/// The elements without and with `$patch: delete`. Models patch.go extractToDeleteItems.
pub(super) fn split_deletions(list: Vec<Value>) -> Result<(Vec<Value>, Vec<Value>), String> {
    for item in &list {
        as_map(item)?;
    }
    Ok(list.into_iter().partition(|item| item.get(DIRECTIVE).and_then(Value::as_str) != Some(DELETE)))
}

/// `list` in the order of `order`. Models patch.go normalizeSliceOrder.
pub(super) fn ordered(list: Vec<Value>, order: &[Value], merge_key: Option<&str>) -> Result<Vec<Value>, String> {
    let mut deletions = Vec::new();
    let mut list = list;
    if let Some(key) = merge_key {
        for item in list.iter().chain(order) {
            merge_value(item, key)?;
        }
        (list, deletions) = split_deletions(list)?;
    }
    let places: Vec<Option<usize>> = list.iter().map(|item| index(order, item, merge_key)).collect();
    let mut paired: Vec<(Option<usize>, Value)> = places.into_iter().zip(list).collect();
    for end in 1..paired.len() {
        let mut at = end;
        while at > 0 {
            // An element that the order does not name goes before any other.
            let goes_before = match (paired.get(at).and_then(|pair| pair.0), paired.get(at - 1).and_then(|pair| pair.0))
            {
                (Some(place), Some(before)) => place < before,
                _ => true,
            };
            if !goes_before {
                break;
            }
            paired.swap(at, at - 1);
            at -= 1;
        }
    }
    Ok(paired.into_iter().map(|(_, item)| item).chain(deletions).collect())
}

/// The patch's elements in the patch's order and the server's own in the live order, interleaved by the live order.
/// Models patch.go normalizeElementOrder and mergeSortedSlice.
pub(super) fn interleaved(
    patch: Vec<Value>,
    server_only: Vec<Value>,
    patch_order: &[Value],
    server_order: &[Value],
    merge_key: Option<&str>,
) -> Result<Vec<Value>, String> {
    let mut right = ordered(patch, patch_order, merge_key)?.into_iter().peekable();
    let mut left = ordered(server_only, server_order, merge_key)?.into_iter().peekable();
    let mut merged = Vec::new();
    loop {
        let takes_left = match (left.peek(), right.peek()) {
            (None, None) => return Ok(merged),
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (Some(left), Some(right)) => {
                let places = index(server_order, left, merge_key).zip(index(server_order, right, merge_key));
                places.is_some_and(|(left, right)| left < right)
            }
        };
        merged.extend(if takes_left { left.next() } else { right.next() });
    }
}

/// The elements that `by` names, and the others. Models patch.go partitionMapsByPresentInList and its sister.
pub(super) fn partition(
    list: Vec<Value>,
    by: &[Value],
    merge_key: Option<&str>,
) -> Result<(Vec<Value>, Vec<Value>), String> {
    let mut present = Vec::new();
    let mut others = Vec::new();
    for item in list {
        let is_present = match merge_key {
            Some(key) => find(by, key, merge_value(&item, key)?)?.is_some(),
            None => by.contains(&item),
        };
        if is_present { present.push(item) } else { others.push(item) }
    }
    Ok((present, others))
}
