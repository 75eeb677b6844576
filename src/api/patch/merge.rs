//! JSON merge patches (RFC 7386) from what differs: for kinds that users define, whose lists nothing is known of.

use serde_json::{Map, Value};

/// The patch that turns `before` into `after`. Models evanphx/json-patch CreateMergePatch.
pub(super) fn two_way(before: &Value, after: &Value) -> Value {
    let (Value::Object(before), Value::Object(after)) = (before, after) else { return after.clone() };
    let mut patch = Map::new();
    for (name, new) in after {
        match before.get(name) {
            Some(old) if old == new => {}
            Some(old @ Value::Object(_)) if new.is_object() => {
                patch.insert(name.clone(), two_way(old, new));
            }
            _ => {
                patch.insert(name.clone(), new.clone());
            }
        }
    }
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    patch.extend(gone.map(|name| (name.clone(), Value::Null)));
    Value::Object(patch)
}

/// The patch that brings `current` to what `modified` says, and removes what `original` had and `modified` has not.
/// Models apimachinery/pkg/util/jsonmergepatch CreateThreeWayJSONMergePatch.
pub(super) fn three_way(original: &Value, modified: &Value, current: &Value) -> Value {
    let empty = Value::Object(Map::new());
    let or_empty = |value: &Value| if value.is_null() { empty.clone() } else { value.clone() };
    let additions = only(two_way(&or_empty(current), modified), false);
    let deletions = only(two_way(&or_empty(original), modified), true);
    super::json_merge_patch_of_patches(&deletions, &additions)
}

/// The patch's nulls, or all but them. Models keepOrDeleteNullInObj.
fn only(patch: Value, nulls: bool) -> Value {
    let Value::Object(fields) = patch else { return patch };
    let kept = fields.into_iter().filter_map(|(name, value)| match value {
        Value::Object(inner) if inner.is_empty() => (!nulls).then_some((name, Value::Object(inner))),
        Value::Object(_) => {
            let inner = only(value, nulls);
            let is_empty = inner.as_object().is_some_and(Map::is_empty);
            (!is_empty).then_some((name, inner))
        }
        other => (other.is_null() == nulls).then_some((name, other)),
    });
    Value::Object(kept.collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_is_replaced_and_what_is_no_longer_applied_is_removed() {
        let original = json!({"spec": {"a": 1, "b": [1], "gone": true}});
        let modified = json!({"spec": {"a": 2, "b": [1, 2]}});
        let current = json!({"spec": {"a": 1, "b": [1], "gone": true, "others": 5}, "status": {"x": 1}});
        let patch = three_way(&original, &modified, &current);
        assert_eq!(patch, json!({"spec": {"a": 2, "b": [1, 2], "gone": null}}));
        assert_eq!(three_way(&Value::Null, &modified, &modified), json!({}));
    }
}
