//! In which order the objects come out. Models api/internal/builtins SortOrderTransformer.

use serde_json::Value;

use super::Order;
use super::fields::texts;
use super::resource::{Id, Resource};
use crate::kubectl::field;
use crate::sorting;

const FIRST: [&str; 22] = [
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];
const LAST: [&str; 2] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// Sorts as the kustomization says, or by kinds.
///
/// # Errors
/// When `sortOptions` holds what does not fit.
pub(super) fn sort(resources: &mut [Resource], fields: &Value, default: Order) -> Result<(), String> {
    let options = fields.get("sortOptions");
    let default = if default == Order::ByKind { "legacy" } else { "fifo" };
    let order = options.map_or(default, |options| field::text(options, "/order"));
    let legacy = options.and_then(|options| options.get("legacySortOptions")).filter(|value| !value.is_null());
    match order {
        "fifo" if legacy.is_some() => {
            Err("the field 'sortOptions.legacySortOptions' is set but the selected sort order \
                                           is 'fifo', not 'legacy'"
                .to_owned())
        }
        "fifo" => Ok(()),
        "legacy" => {
            let (first, last) = match legacy {
                Some(legacy) => (texts(legacy, "/orderFirst"), texts(legacy, "/orderLast")),
                None => (FIRST.to_vec(), LAST.to_vec()),
            };
            sorting::sort_by_key(resources, |resource| key(&resource.id(), &first, &last));
            Ok(())
        }
        _ => Err("the field 'sortOptions.order' must be one of [fifo, legacy]".to_owned()),
    }
}

/// Models legacyIDSorter.Less.
fn key(id: &Id, first: &[&str], last: &[&str]) -> (usize, String, String) {
    let place = |list: &[&str]| list.iter().position(|kind| *kind == id.kind);
    let rank = match (place(last), place(first)) {
        (Some(at), _) => first.len() + 1 + at,
        (None, Some(at)) => at,
        (None, None) => first.len(),
    };
    let or = |text: &str, none: &str| if text.is_empty() { none.to_owned() } else { text.to_owned() };
    let kind = format!("{}_{}_{}", or(&id.group, "~G"), or(&id.version, "~V"), or(&id.kind, "~K"));
    let name = format!("{}|{}", or(&id.namespace, "~X"), or(&id.name, "~N"));
    (rank, kind, name)
}
