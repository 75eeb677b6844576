//! LimitRanges: defaults for containers, and bounds. Models plugin/pkg/admission/limitranger.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::api::Quantity;
use crate::api::resources::{ResourceList, container_amounts, quantity, resource_list};

/// Models resource.MaxMilliValue: beyond it thousandths are not compared.
const MAX_MILLI_VALUE: i64 = i64::MAX / 1000;

/// Fills in what a LimitRange leaves open. Models SetDefaults_LimitRangeItem.
pub fn set_defaults(limit_range: &mut Map<String, Value>) {
    let limits = limit_range.get_mut("spec").and_then(|spec| spec.get_mut("limits")?.as_array_mut());
    for item in limits.into_iter().flatten().filter_map(Value::as_object_mut) {
        for list in ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"] {
            round_up(item.get_mut(list));
        }
        if item.get("type").is_none_or(|kind| kind != "Container") {
            continue;
        }
        for (from, to) in [("max", "default"), ("default", "defaultRequest"), ("min", "defaultRequest")] {
            let given = item.get(from).and_then(Value::as_object).cloned().unwrap_or_default();
            if given.is_empty() {
                continue;
            }
            if let Some(target) = item.entry(to).or_insert_with(|| json!({})).as_object_mut() {
                for (name, amount) in given {
                    target.entry(name).or_insert(amount);
                }
            }
        }
    }
}

/// Amounts are whole thousandths. Models SetDefaults_ResourceList.
fn round_up(list: Option<&mut Value>) {
    for amount in list.and_then(Value::as_object_mut).into_iter().flat_map(|list| list.values_mut()) {
        if let Some(read) = quantity(amount) {
            let rounded = read.clone().rounded_up_to_milli();
            if rounded != read {
                *amount = rounded.to_string().into();
            }
        }
    }
}

fn items(limit_range: &Map<String, Value>) -> impl Iterator<Item = (&str, &Value)> {
    let limits = limit_range.get("spec").and_then(|spec| spec.get("limits")?.as_array());
    limits.into_iter().flatten().map(|item| (item.get("type").and_then(Value::as_str).unwrap_or_default(), item))
}

/// Gives a pod's containers what they lack. Answers the text of the annotation that says so.
/// Models PodMutateLimitFunc.
pub fn mutate(limit_range: &Map<String, Value>, spec: &mut Map<String, Value>) -> Option<String> {
    let mut defaults = Map::new();
    for (_, item) in items(limit_range).filter(|(kind, _)| *kind == "Container") {
        for (from, to) in [("default", "limits"), ("defaultRequest", "requests")] {
            let given = item.get(from).and_then(Value::as_object).cloned().unwrap_or_default();
            if let Some(list) = defaults.entry(to).or_insert_with(|| json!({})).as_object_mut() {
                list.extend(given);
            }
        }
    }
    let mut notes = Vec::new();
    for (list, called) in [("containers", "container"), ("initContainers", "init container")] {
        let containers = spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten();
        for container in containers.filter_map(Value::as_object_mut) {
            let name = container.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
            for (field, word) in [("requests", "request"), ("limits", "limit")] {
                let set = fill(container, field, defaults.get(field).and_then(Value::as_object));
                if !set.is_empty() {
                    let set: Vec<String> = set.into_iter().collect();
                    notes.push(format!("{} {word} for {called} {name}", set.join(", ")));
                }
            }
        }
    }
    (!notes.is_empty()).then(|| format!("LimitRanger plugin set: {}", notes.join("; ")))
}

/// Puts in what is missing; answers the names.
fn fill(container: &mut Map<String, Value>, field: &str, defaults: Option<&Map<String, Value>>) -> BTreeSet<String> {
    let mut set = BTreeSet::new();
    let Some(defaults) = defaults.filter(|defaults| !defaults.is_empty()) else { return set };
    let resources = container.entry("resources").or_insert_with(|| json!({}));
    let Some(list) = resources.as_object_mut().map(|resources| resources.entry(field).or_insert_with(|| json!({})))
    else {
        return set;
    };
    for (name, amount) in defaults {
        if let Some(list) = list.as_object_mut().filter(|list| !list.contains_key(name)) {
            list.insert(name.clone(), amount.clone());
            set.insert(name.clone());
        }
    }
    set
}

/// Every bound that a pod breaks. Models PodValidateLimitFunc.
pub fn validate_pod(limit_range: &Map<String, Value>, spec: &Map<String, Value>) -> Vec<String> {
    let mut errors = Vec::new();
    for (kind, item) in items(limit_range) {
        match kind {
            "Container" => {
                let lists = ["containers", "initContainers"].into_iter();
                for container in lists.filter_map(|list| spec.get(list)?.as_array()).flatten() {
                    let of = |list: &str| resource_list(container.get("resources").and_then(|found| found.get(list)));
                    check_all(kind, item, &of("requests"), &of("limits"), &mut errors);
                }
            }
            "Pod" => {
                let of = |list: &str| {
                    let mut amounts = container_amounts(spec, list, |_| ResourceList::new());
                    let given = resource_list(spec.get("resources").and_then(|resources| resources.get(list)));
                    amounts.extend(given.into_iter().filter(|(name, _)| matches!(name.as_str(), "cpu" | "memory")));
                    amounts
                };
                check_all(kind, item, &of("requests"), &of("limits"), &mut errors);
            }
            _ => {}
        }
    }
    errors
}

/// Every bound that a claim breaks. Models PersistentVolumeClaimValidateLimitFunc.
pub fn validate_claim(limit_range: &Map<String, Value>, claim: &Value) -> Vec<String> {
    let mut errors = Vec::new();
    let requests = resource_list(claim.pointer("/spec/resources/requests"));
    for (kind, item) in items(limit_range).filter(|(kind, _)| *kind == "PersistentVolumeClaim") {
        for (name, bound) in resource_list(item.get("min")) {
            errors.extend(below(kind, &name, &bound, &requests, &ResourceList::new()));
        }
        for (name, bound) in resource_list(item.get("max")) {
            let begin = format!("maximum {name} usage per {kind} is {bound}");
            match requests.get(&name) {
                None => errors.push(format!("{begin}.  No request is specified")),
                Some(request) if is_less(&bound, request) => errors.push(format!("{begin}, but request is {request}")),
                Some(_) => {}
            }
        }
    }
    errors
}

/// The text of several errors. Models utilerrors.NewAggregate.
pub fn message(errors: &[String]) -> Option<String> {
    let mut distinct: Vec<&str> = Vec::new();
    for error in errors {
        if !distinct.contains(&error.as_str()) {
            distinct.push(error);
        }
    }
    match distinct.as_slice() {
        [] => None,
        [only] => Some((*only).to_owned()),
        several => Some(format!("[{}]", several.join(", "))),
    }
}

fn check_all(kind: &str, item: &Value, requests: &ResourceList, limits: &ResourceList, errors: &mut Vec<String>) {
    for (name, bound) in resource_list(item.get("min")) {
        errors.extend(below(kind, &name, &bound, requests, limits));
    }
    for (name, bound) in resource_list(item.get("max")) {
        errors.extend(above(kind, &name, &bound, requests, limits));
    }
    for (name, bound) in resource_list(item.get("maxLimitRequestRatio")) {
        errors.extend(ratio(kind, &name, &bound, requests, limits));
    }
}

/// Compares at a common precision. Models requestLimitEnforcedValues.
fn is_less(a: &Quantity, b: &Quantity) -> bool {
    if a.value() <= MAX_MILLI_VALUE && b.value() <= MAX_MILLI_VALUE {
        a.milli_value() < b.milli_value()
    } else {
        a.value() < b.value()
    }
}

/// Models minConstraint.
fn below(kind: &str, name: &str, bound: &Quantity, requests: &ResourceList, limits: &ResourceList) -> Option<String> {
    let begin = format!("minimum {name} usage per {kind} is {bound}");
    match (requests.get(name), limits.get(name)) {
        (None, _) => Some(format!("{begin}.  No request is specified")),
        (Some(request), _) if is_less(request, bound) => Some(format!("{begin}, but request is {request}")),
        (_, Some(limit)) if is_less(limit, bound) => Some(format!("{begin}, but limit is {limit}")),
        _ => None,
    }
}

/// Models maxConstraint.
fn above(kind: &str, name: &str, bound: &Quantity, requests: &ResourceList, limits: &ResourceList) -> Option<String> {
    let begin = format!("maximum {name} usage per {kind} is {bound}");
    match (requests.get(name), limits.get(name)) {
        (_, None) => Some(format!("{begin}.  No limit is specified")),
        (_, Some(limit)) if is_less(bound, limit) => Some(format!("{begin}, but limit is {limit}")),
        (Some(request), _) if is_less(bound, request) => Some(format!("{begin}, but request is {request}")),
        _ => None,
    }
}

/// Models limitRequestRatioConstraint.
#[expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "Kubernetes compares in floats; the basic operations of IEEE 754 give the same everywhere"
)]
fn ratio(kind: &str, name: &str, bound: &Quantity, requests: &ResourceList, limits: &ResourceList) -> Option<String> {
    let begin = format!("{name} max limit to request ratio per {kind} is {bound}");
    let zero = Quantity::from_value(0);
    let (request, limit) = (requests.get(name).unwrap_or(&zero), limits.get(name).unwrap_or(&zero));
    let is_precise = [request, limit, bound].iter().all(|amount| amount.value() <= MAX_MILLI_VALUE);
    let value = |amount: &Quantity| if is_precise { amount.milli_value() } else { amount.value() };
    if value(request) == 0 {
        return Some(format!("{begin}, but no request is specified or request is 0"));
    }
    if value(limit) == 0 {
        return Some(format!("{begin}, but no limit is specified or limit is 0"));
    }
    let found = value(limit) as f64 / value(request) as f64;
    let (scaled, most) = if bound.value() <= MAX_MILLI_VALUE {
        (found * 1000.0, bound.milli_value() as f64)
    } else {
        (found, bound.value() as f64)
    };
    (scaled > most).then(|| format!("{begin}, but provided ratio is {found:.6}"))
}
