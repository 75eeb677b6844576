//! `resourceFieldRef`: a container's requests and limits. Models pkg/api/v1/resource and kubelet_resources.go.

use serde_json::{Map, Value};

use super::{list, text};
use crate::api::{Generic, Quantity};

/// The amount in units of the divisor, rounded up.
///
/// # Errors
/// When the container or the resource is unknown.
pub fn value(
    spec: &Map<String, Value>,
    container: &Map<String, Value>,
    reference: &Value,
    node: Option<&Generic>,
) -> Result<String, String> {
    let name = text(reference, "containerName");
    let (container, is_main) = if name.is_empty() {
        (container, true)
    } else {
        find(spec, "containers", name)
            .map(|found| (found, true))
            .or_else(|| find(spec, "initContainers", name).map(|found| (found, false)))
            .ok_or_else(|| format!("container {name} not found"))?
    };
    let resource = text(reference, "resource");
    let unsupported = || format!("unsupported container resource : {resource}");
    let (list, resource_name) = resource.split_once('.').ok_or_else(unsupported)?;
    let known = matches!(resource_name, "cpu" | "memory" | "ephemeral-storage");
    if !matches!(list, "limits" | "requests") || !(known || resource_name.starts_with("hugepages-")) {
        return Err(unsupported());
    }
    let given = amount(container.get("resources"), list, resource_name).filter(|amount| !amount.is_zero());
    let default = || {
        let may_default = list == "limits" && known && is_main;
        let pod = amount(spec.get("resources"), "limits", resource_name).filter(|amount| !amount.is_zero());
        let allocatable = || node?.fields.get("status")?.get("allocatable")?.get(resource_name).and_then(quantity);
        may_default.then(|| pod.filter(|_| resource_name != "ephemeral-storage").or_else(allocatable)).flatten()
    };
    let amount = given.or_else(default);
    let divisor = reference.get("divisor").and_then(quantity).filter(|divisor| !divisor.is_zero());
    let of = |quantity: &Quantity| match resource_name {
        "cpu" => quantity.milli_value(),
        _ => quantity.value(),
    };
    let divisor = divisor.map_or(if resource_name == "cpu" { 1000 } else { 1 }, |divisor| of(&divisor));
    let amount = amount.map_or(0, |amount| of(&amount));
    Ok(amount.checked_add(divisor - 1).and_then(|sum| sum.checked_div(divisor)).unwrap_or(0).to_string())
}

fn find<'a>(spec: &'a Map<String, Value>, field: &str, name: &str) -> Option<&'a Map<String, Value>> {
    list(spec, field).iter().find(|container| text(container, "name") == name).and_then(Value::as_object)
}

fn amount(resources: Option<&Value>, list: &str, name: &str) -> Option<Quantity> {
    resources?.get(list)?.get(name).and_then(quantity)
}

fn quantity(value: &Value) -> Option<Quantity> {
    Quantity::parse(&value.as_str().map_or_else(|| value.to_string(), str::to_owned)).ok()
}
