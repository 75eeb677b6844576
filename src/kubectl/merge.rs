//! What `apply` and `patch` make of an object: lists are merged by key, and what the last configuration had and the
//! new one has not goes away.

use serde_json::{Map, Value};

use crate::api::Kind;
use crate::api::schema::{Field, Type, of_kind};

/// What a change comes to. Models apimachinery/pkg/util/strategicpatch.
#[derive(Clone, Copy)]
struct Merge {
    /// Lists take the order of the new configuration, as `$setElementOrder` asks.
    orders_lists: bool,
}

/// The object after `kubectl apply`: `last` is the configuration that was applied before, `new` the one that is
/// applied now. Models strategicpatch.CreateThreeWayMergePatch and its application.
pub(super) fn three_way(kind: Kind, last: &Value, new: &Value, current: &Value) -> Value {
    let struct_type = Some(of_kind(kind));
    let mut result = current.clone();
    remove_missing(struct_type, &mut result, last, new);
    Merge { orders_lists: true }.values(struct_type, &mut result, new);
    result
}

/// The object after a strategic merge patch. Models strategicpatch.StrategicMergePatch.
pub(super) fn strategic(kind: Kind, current: &Value, patch: &Value) -> Value {
    let mut result = current.clone();
    Merge { orders_lists: false }.values(Some(of_kind(kind)), &mut result, patch);
    result
}

/// The object after a JSON merge patch (RFC 7386).
pub(super) fn json_merge(current: &Value, patch: &Value) -> Value {
    let Value::Object(changes) = patch else { return patch.clone() };
    let mut fields = current.as_object().cloned().unwrap_or_default();
    for (name, change) in changes {
        if change.is_null() {
            fields.remove(name);
        } else {
            let before = fields.get(name).cloned().unwrap_or_default();
            fields.insert(name.clone(), json_merge(&before, change));
        }
    }
    Value::Object(fields)
}

fn field_of(owner: Option<&'static Type>, name: &str) -> Option<&'static Field> {
    owner.and_then(|owner| owner.field(name))
}

fn struct_of(field: Option<&'static Field>) -> Option<&'static Type> {
    field.and_then(|field| field.shape.as_struct())
}

/// Takes out of `current` what `last` has and `new` has not.
fn remove_missing(owner: Option<&'static Type>, current: &mut Value, last: &Value, new: &Value) {
    let (Some(current), Some(last)) = (current.as_object_mut(), last.as_object()) else { return };
    let empty = Map::new();
    let new = new.as_object().unwrap_or(&empty);
    for (name, last) in last {
        let field = field_of(owner, name);
        match (new.get(name), current.get_mut(name)) {
            (None | Some(Value::Null), _) => {
                current.remove(name);
            }
            (Some(new @ Value::Object(_)), Some(current)) => remove_missing(struct_of(field), current, last, new),
            (Some(Value::Array(new)), Some(Value::Array(current))) => {
                if let (Some(field), Some(last)) = (field.filter(|field| field.patch.merges), last.as_array()) {
                    remove_missing_items(field, current, last, new);
                }
            }
            _ => {}
        }
    }
}

fn remove_missing_items(field: &'static Field, current: &mut Vec<Value>, last: &[Value], new: &[Value]) {
    let same = |a: &Value, b: &Value| is_same_item(field, a, b);
    current.retain(|item| {
        let was_applied = last.iter().any(|last| same(item, last));
        !was_applied || new.iter().any(|new| same(item, new))
    });
    for item in current {
        let before = last.iter().find(|last| same(item, last));
        let after = new.iter().find(|new| same(item, new));
        if let (Some(before), Some(after)) = (before, after) {
            remove_missing(field.shape.as_struct(), item, before, after);
        }
    }
}

fn is_same_item(field: &Field, a: &Value, b: &Value) -> bool {
    match field.patch.merge_key {
        Some(key) => a.get(key).is_some() && a.get(key) == b.get(key),
        None => a == b,
    }
}

impl Merge {
    fn values(self, owner: Option<&'static Type>, current: &mut Value, patch: &Value) {
        let Value::Object(changes) = patch else {
            *current = patch.clone();
            return;
        };
        match changes.get("$patch").and_then(Value::as_str) {
            Some("replace") => {
                *current = without_directives(patch);
                return;
            }
            Some("delete") => {
                *current = Value::Object(Map::new());
                return;
            }
            _ => {}
        }
        if !current.is_object() {
            *current = Value::Object(Map::new());
        }
        let Some(fields) = current.as_object_mut() else { return };
        for (name, change) in changes.iter().filter(|(name, _)| !name.starts_with('$')) {
            let field = field_of(owner, name);
            if change.is_null() {
                fields.remove(name);
                continue;
            }
            let slot = fields.entry(name.clone()).or_insert(Value::Null);
            match (change, &mut *slot) {
                (Value::Object(_), _) => self.object(field, slot, change),
                (Value::Array(items), Value::Array(list)) if field.is_some_and(|field| field.patch.merges) => {
                    if let Some(field) = field {
                        self.lists(field, list, items);
                    }
                }
                (Value::Array(items), _) => *slot = Value::Array(items.iter().map(without_directives).collect()),
                (change, _) => *slot = change.clone(),
            }
        }
    }

    fn object(self, field: Option<&'static Field>, slot: &mut Value, change: &Value) {
        let before = slot.clone();
        self.values(struct_of(field), slot, change);
        let retains = field.is_some_and(|field| field.patch.retains_keys);
        if let (true, Some(fields), Some(changes)) =
            (retains && *slot != before, slot.as_object_mut(), change.as_object())
        {
            fields.retain(|name, _| changes.contains_key(name));
        }
    }

    fn lists(self, field: &'static Field, list: &mut Vec<Value>, items: &[Value]) {
        for item in items {
            let place = list.iter().position(|present| is_same_item(field, present, item));
            let directive = item.get("$patch").and_then(Value::as_str);
            match (place, directive) {
                (Some(at), Some("delete")) => drop(list.remove(at)),
                (None, Some("delete")) => {}
                (Some(at), _) => {
                    if let Some(present) = list.get_mut(at).filter(|_| field.patch.merge_key.is_some()) {
                        self.values(field.shape.as_struct(), present, item);
                    }
                }
                (None, _) => list.push(without_directives(item)),
            }
        }
        if self.orders_lists {
            let rank = |present: &Value| items.iter().position(|item| is_same_item(field, present, item));
            list.sort_by_key(|present| rank(present).unwrap_or(usize::MAX));
        }
    }
}

/// A value that is taken over whole: its nulls and directives mean nothing.
fn without_directives(value: &Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .filter(|(name, value)| !value.is_null() && !name.starts_with("$patch") && *name != "$retainKeys")
                .map(|(name, value)| (name.clone(), without_directives(value)))
                .collect(),
        ),
        Value::Array(list) => Value::Array(list.iter().map(without_directives).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn deployment(containers: &Value, strategy: &Value) -> Value {
        json!({"spec": {"strategy": strategy, "template": {"spec": {"containers": containers}}}})
    }

    #[test]
    fn apply_removes_what_was_applied_before_and_keeps_what_others_set() {
        let last = json!({"metadata": {"labels": {"a": "1", "b": "2"}}, "spec": {"replicas": 3, "paused": true}});
        let new = json!({"metadata": {"labels": {"a": "9"}}, "spec": {"replicas": 3}});
        let current = json!({
            "metadata": {"labels": {"a": "1", "b": "2", "c": "3"}}, "spec": {"replicas": 5, "paused": true, "x": 1},
        });
        let merged = three_way(Kind::Deployment, &last, &new, &current);
        assert_eq!(merged, json!({"metadata": {"labels": {"a": "9", "c": "3"}}, "spec": {"replicas": 3, "x": 1}}));
    }

    #[test]
    fn containers_are_merged_by_name() {
        let none = json!({});
        let last = deployment(&json!([{"name": "a", "image": "a:1"}, {"name": "b", "image": "b:1"}]), &none);
        let new = deployment(&json!([{"name": "c", "image": "c:1"}, {"name": "a", "image": "a:2"}]), &none);
        let current = deployment(
            &json!([{"name": "a", "image": "a:1", "tty": true}, {"name": "b", "image": "b:1"}, {"name": "side", "image": "s"}]),
            &none,
        );
        let merged = three_way(Kind::Deployment, &last, &new, &current);
        let expected = json!([
            {"name": "c", "image": "c:1"}, {"name": "a", "image": "a:2", "tty": true}, {"name": "side", "image": "s"},
        ]);
        assert_eq!(merged, deployment(&expected, &none));
    }

    #[test]
    fn the_strategy_keeps_only_the_keys_that_are_named() {
        let current = deployment(&json!([]), &json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}));
        let patch = json!({"spec": {"strategy": {"type": "Recreate"}}});
        let merged = strategic(Kind::Deployment, &current, &patch);
        assert_eq!(merged["spec"]["strategy"], json!({"type": "Recreate"}));
        let same = json!({"spec": {"strategy": {"type": "RollingUpdate"}}});
        assert_eq!(strategic(Kind::Deployment, &current, &same), current);
    }

    #[test]
    fn merge_patches_replace_lists() {
        let merged = json_merge(&json!({"a": [1, 2], "b": {"c": 1, "d": 2}}), &json!({"a": [3], "b": {"c": null}}));
        assert_eq!(merged, json!({"a": [3], "b": {"d": 2}}));
    }
}
