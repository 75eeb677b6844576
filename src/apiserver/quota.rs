//! ResourceQuotas: what objects use, and whether they may be created. Models the admission plugin ResourceQuota and
//! pkg/quota/v1.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::api::Time;
use crate::api::resources::{
    Missing, ResourceList, add, keep_larger, pod_limits, pod_requests, quantity, resource_list,
};
use crate::api::{Quantity, go_text, well_known};

/// Names that every container must give when a quota has them.
const MUST_BE_GIVEN: [&str; 6] = ["cpu", "limits.cpu", "limits.memory", "memory", "requests.cpu", "requests.memory"];
/// Counts that have an older name.
const ALIASES: [&str; 4] = ["configmaps", "replicationcontrollers", "resourcequotas", "secrets"];

/// A quota as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Its name.
    pub name: String,
    /// What may be used.
    pub hard: ResourceList,
    /// What is used; none before it was counted.
    pub used: Option<ResourceList>,
    scopes: Vec<Scope>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Scope {
    name: String,
    operator: String,
    values: Vec<String>,
}

/// A request that quotas may refuse.
#[derive(Clone, Copy, Debug)]
pub struct Charge<'a> {
    /// The resource's plural: `pods`.
    pub resource: &'a str,
    /// Its group; empty for the core group.
    pub group: &'a str,
    /// The name that is spoken of.
    pub name: &'a str,
    /// `resize`, or nothing.
    pub subresource: &'a str,
    /// The object.
    pub object: &'a Value,
    /// The object before, for an update.
    pub old: Option<&'a Value>,
}

impl Quota {
    /// Reads a stored quota.
    pub fn read(name: &str, fields: &Map<String, Value>) -> Self {
        let of = |holder: &str, field: &str| fields.get(holder).and_then(|holder| holder.get(field));
        let text = |value: &Value, field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        let plain = of("spec", "scopes").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let mut scopes: Vec<Scope> = plain
            .map(|name| Scope { name: name.to_owned(), operator: "Exists".to_owned(), values: Vec::new() })
            .collect();
        let selectors = of("spec", "scopeSelector").and_then(|selector| selector.get("matchExpressions")?.as_array());
        scopes.extend(selectors.into_iter().flatten().map(|given| {
            Scope {
                name: text(given, "scopeName"),
                operator: text(given, "operator"),
                values: given
                    .get("values")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                    .filter_map(|value| value.as_str().map(str::to_owned))
                    .collect(),
            }
        }));
        Self {
            name: name.to_owned(),
            hard: resource_list(of("status", "hard")),
            used: of("status", "used").map(|used| resource_list(Some(used))),
            scopes,
        }
    }

    fn covers(&self, resource: &str, object: &Value) -> bool {
        self.scopes.iter().all(|scope| scope.matches(resource, object))
    }

    /// Whether it speaks of such an object. Models generic.Matches.
    fn matches(&self, resource: &str, group: &str, object: &Value) -> bool {
        self.hard.keys().any(|name| is_of(resource, group, name)) && self.covers(resource, object)
    }
}

/// Charges the quotas for a request, or refuses it. Models CheckRequest.
///
/// # Errors
/// The API server's text.
pub fn check(quotas: &mut [Quota], charge: Charge<'_>, now: Time) -> Result<(), String> {
    let Charge { resource, group, .. } = charge;
    if !is_handled(charge) {
        return Ok(());
    }
    let full = if group.is_empty() { resource.to_owned() } else { format!("{resource}.{group}") };
    let refuse = |why: String| Err(format!("{full} {} is forbidden: {why}", go_text::quote(charge.name)));
    let mut matching = Vec::new();
    for (place, quota) in quotas.iter().enumerate() {
        if !quota.matches(resource, group, charge.object) {
            continue;
        }
        let names: BTreeSet<&String> = quota.hard.keys().filter(|name| is_of(resource, group, name)).collect();
        if let Some(missing) = missing_requests(resource, charge.object, &names) {
            return refuse(format!("failed quota: {}: {missing}", quota.name));
        }
        let is_counted = |name: &&String| quota.used.as_ref().is_some_and(|used| used.contains_key(*name));
        if !names.iter().all(is_counted) {
            let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
            return refuse(format!("status unknown for quota: {}, resources: {}", quota.name, names.join(",")));
        }
        matching.push(place);
    }
    let usage = usage(resource, group, charge.object, now);
    let negative: Vec<&str> =
        usage.iter().filter(|(_, amount)| amount.sign() < 0).map(|(name, _)| name.as_str()).collect();
    if !negative.is_empty() {
        return refuse(format!("quota usage is negative for resource(s): {}", negative.join(",")));
    }
    let mut charged = quotas.to_vec();
    for place in matching {
        let Some(quota) = charged.get_mut(place) else { continue };
        let before = charge.old.filter(|old| quota.matches(resource, group, old));
        let mut delta = match before {
            Some(old) => subtract(&usage, &self::usage(resource, group, old, now)),
            None => usage.clone(),
        };
        delta.retain(|name, amount| !amount.is_zero() && quota.hard.contains_key(name));
        let mut used = quota.used.clone().unwrap_or_default();
        add(&mut used, &delta);
        let is_too_much =
            |name: &&String| used.get(*name).zip(quota.hard.get(*name)).is_some_and(|(used, hard)| used > hard);
        let exceeded: Vec<&String> = delta.keys().filter(is_too_much).collect();
        if !exceeded.is_empty() {
            let before = quota.used.clone().unwrap_or_default();
            let shown = |list: &ResourceList| {
                let of = |name: &&&String| list.get(**name).map(|amount| format!("{name}={amount}"));
                exceeded.iter().filter_map(|name| of(&name)).collect::<Vec<_>>().join(",")
            };
            let (name, requested) = (&quota.name, shown(&delta));
            return refuse(format!(
                "exceeded quota: {name}, requested: {requested}, used: {}, limited: {}",
                shown(&before),
                shown(&quota.hard)
            ));
        }
        quota.used = Some(used);
    }
    quotas.clone_from_slice(&charged);
    Ok(())
}

/// What is used of a quota's resources, counted afresh; `objects` are those of its namespace, with resource and group.
/// Models quota.CalculateUsage and Controller.syncResourceQuota.
pub fn recount(quota: &Quota, hard: &ResourceList, objects: &[(&str, &str, &Value)], now: Time) -> ResourceList {
    let mut used = quota.used.clone().unwrap_or_default();
    used.retain(|name, _| hard.contains_key(name));
    let kinds: BTreeSet<(&str, &str)> = objects.iter().map(|(resource, group, _)| (*resource, *group)).collect();
    for name in hard.keys() {
        let is_tracked = KNOWN.iter().chain(&kinds).any(|(resource, group)| is_of(resource, group, name));
        if is_tracked {
            used.insert(name.clone(), Quantity::from_value(0));
        }
    }
    for (resource, group, object) in objects {
        if quota.covers(resource, object) {
            let mut usage = usage(resource, group, object, now);
            usage.retain(|name, _| hard.contains_key(name) && is_of(resource, group, name));
            add(&mut used, &usage);
        }
    }
    used
}

/// The resources that every cluster counts.
const KNOWN: &[(&str, &str)] = &[
    ("pods", ""),
    ("services", ""),
    ("persistentvolumeclaims", ""),
    ("configmaps", ""),
    ("secrets", ""),
    ("serviceaccounts", ""),
    ("replicationcontrollers", ""),
    ("resourcequotas", ""),
    ("limitranges", ""),
    ("endpoints", ""),
    ("podtemplates", ""),
    ("deployments", "apps"),
    ("replicasets", "apps"),
    ("statefulsets", "apps"),
    ("daemonsets", "apps"),
    ("controllerrevisions", "apps"),
    ("jobs", "batch"),
    ("cronjobs", "batch"),
    ("horizontalpodautoscalers", "autoscaling"),
    ("poddisruptionbudgets", "policy"),
    ("ingresses", "networking.k8s.io"),
    ("networkpolicies", "networking.k8s.io"),
    ("endpointslices", "discovery.k8s.io"),
    ("leases", "coordination.k8s.io"),
    ("roles", "rbac.authorization.k8s.io"),
    ("rolebindings", "rbac.authorization.k8s.io"),
];

/// Models the evaluators' Handles.
fn is_handled(charge: Charge<'_>) -> bool {
    let is_update = charge.old.is_some();
    match (charge.resource, charge.group, charge.subresource) {
        ("events", ..) => false,
        ("pods", "", "") => {
            !is_update || charge.old.is_some_and(|old| has_deadline(old) != has_deadline(charge.object))
        }
        ("pods", "", "resize") => is_update,
        ("services" | "persistentvolumeclaims", "", "") => true,
        (_, _, "") => !is_update,
        _ => false,
    }
}

/// Whether a quota's resource speaks of a kind of objects. Models the evaluators' MatchingResources.
fn is_of(resource: &str, group: &str, name: &str) -> bool {
    let count = if group.is_empty() { format!("count/{resource}") } else { format!("count/{resource}.{group}") };
    if name == count {
        return true;
    }
    match (resource, group) {
        ("pods", "") => {
            let bare = name.strip_prefix("requests.").or_else(|| name.strip_prefix("limits.")).unwrap_or(name);
            let is_compute = matches!(bare, "cpu" | "memory" | "ephemeral-storage") || name == "pods";
            let is_pages = name.starts_with("hugepages-") || name.starts_with("requests.hugepages-");
            let is_extended = name.starts_with("requests.") && name.contains('/') && !name.contains("kubernetes.io/");
            is_compute || is_pages || is_extended
        }
        ("services", "") => matches!(name, "services" | "services.nodeports" | "services.loadbalancers"),
        ("persistentvolumeclaims", "") => {
            let bare = name.split_once(".storageclass.storage.k8s.io/").map_or(name, |(_, bare)| bare);
            matches!(bare, "persistentvolumeclaims" | "requests.storage")
        }
        (resource, "") => ALIASES.contains(&resource) && name == resource,
        _ => false,
    }
}

/// What an object uses. Models the evaluators' Usage.
fn usage(resource: &str, group: &str, object: &Value, now: Time) -> ResourceList {
    let one = || Quantity::from_value(1);
    let mut used = ResourceList::new();
    let count = if group.is_empty() { format!("count/{resource}") } else { format!("count/{resource}.{group}") };
    used.insert(count, one());
    match (resource, group) {
        ("pods", "") if counts(object, now) => add(&mut used, &pod_usage(object)),
        ("pods", "") => {}
        ("services", "") => service_usage(object, &mut used),
        ("persistentvolumeclaims", "") => claim_usage(object, &mut used),
        (resource, "") if ALIASES.contains(&resource) => drop(used.insert(resource.to_owned(), one())),
        _ => {}
    }
    used
}

/// Whether a pod is charged: it has not ended, nor been gone for long. Models QuotaV1Pod.
fn counts(pod: &Value, now: Time) -> bool {
    let phase = pod.pointer("/status/phase").and_then(Value::as_str).unwrap_or_default();
    let deleted = pod.pointer("/metadata/deletionTimestamp").and_then(Value::as_str).and_then(Time::parse);
    let grace = pod.pointer("/metadata/deletionGracePeriodSeconds").and_then(Value::as_i64);
    let is_overdue = deleted.zip(grace).is_some_and(|(deleted, grace)| now.0 > deleted.0 + grace);
    !matches!(phase, "Succeeded" | "Failed") && !is_overdue
}

fn pod_usage(pod: &Value) -> ResourceList {
    let empty = Map::new();
    let mut spec = pod.get("spec").and_then(Value::as_object).unwrap_or(&empty).clone();
    for (list, statuses) in [("containers", "containerStatuses"), ("initContainers", "initContainerStatuses")] {
        let is_sidecar = |container: &Value| container.get("restartPolicy").is_some_and(|policy| policy == "Always");
        let statuses = pod.get("status").and_then(|status| status.get(statuses)?.as_array());
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            let status = statuses.into_iter().flatten().find(|status| status.get("name") == container.get("name"));
            if let Some(status) = status.filter(|_| list == "containers" || is_sidecar(container)) {
                resize(container, status, is_infeasible(pod));
            }
        }
    }
    compute_usage(&pod_requests(&spec, Missing::Nothing), &pod_limits(&spec))
}

/// Models IsPodResizeInfeasible.
fn is_infeasible(pod: &Value) -> bool {
    let conditions = pod.pointer("/status/conditions").and_then(Value::as_array).into_iter().flatten();
    let mut pending =
        conditions.filter(|condition| condition.get("type").is_some_and(|kind| kind == "PodResizePending"));
    pending.next().is_some_and(|pending| pending.get("reason").is_some_and(|reason| reason == "Infeasible"))
}

/// A container that is resized counts with what it has, too. Models determineEffectiveRequests and
/// determineEffectiveLimits.
fn resize(container: &mut Value, status: &Value, is_infeasible: bool) {
    let Some(actual) = status.get("resources").filter(|actual| !actual.is_null()) else { return };
    for field in ["requests", "limits"] {
        let wanted = container.get("resources").and_then(|resources| resources.get(field));
        let mut amounts = if is_infeasible { ResourceList::new() } else { resource_list(wanted) };
        keep_larger(&mut amounts, &resource_list(actual.get(field)));
        if field == "requests" {
            keep_larger(&mut amounts, &resource_list(status.get("allocatedResources")));
        }
        let texts: Map<String, Value> =
            amounts.into_iter().map(|(name, amount)| (name, amount.to_string().into())).collect();
        let resources = container.as_object_mut().map(|container| container.entry("resources").or_insert(Value::Null));
        if let Some(resources) = resources {
            if !resources.is_object() {
                *resources = Value::Object(Map::new());
            }
            if let Some(resources) = resources.as_object_mut() {
                resources.insert(field.to_owned(), Value::Object(texts));
            }
        }
    }
}

/// Models podComputeUsageHelper.
fn compute_usage(requests: &ResourceList, limits: &ResourceList) -> ResourceList {
    let mut used = ResourceList::from([("pods".to_owned(), Quantity::from_value(1))]);
    for (name, amount) in requests {
        let is_compute = matches!(name.as_str(), "cpu" | "memory" | "ephemeral-storage");
        if is_compute || name.starts_with("hugepages-") {
            used.insert(name.clone(), amount.clone());
        }
        if is_compute || name.starts_with("hugepages-") || name.contains('/') && !name.contains("kubernetes.io/") {
            used.insert(format!("requests.{name}"), amount.clone());
        }
    }
    for (name, amount) in limits {
        if matches!(name.as_str(), "cpu" | "memory" | "ephemeral-storage") {
            used.insert(format!("limits.{name}"), amount.clone());
        }
    }
    used
}

fn service_usage(service: &Value, used: &mut ResourceList) {
    let spec = service.get("spec");
    let ports = spec.and_then(|spec| spec.get("ports")?.as_array()).map_or(&[][..], Vec::as_slice);
    let kind = spec.and_then(|spec| spec.get("type")?.as_str()).unwrap_or_default();
    let allocates = spec.and_then(|spec| spec.get("allocateLoadBalancerNodePorts")) != Some(&Value::Bool(false));
    let count = |ports: usize| Quantity::from_value(i64::try_from(ports).unwrap_or(i64::MAX));
    let given = ports.iter().filter(|port| port.get("nodePort").and_then(Value::as_i64).unwrap_or(0) != 0).count();
    let (node_ports, balancers) = match kind {
        "NodePort" => (ports.len(), 0),
        "LoadBalancer" => (if allocates { ports.len() } else { given }, 1),
        _ => (0, 0),
    };
    used.insert("services".to_owned(), count(1));
    used.insert("services.nodeports".to_owned(), count(node_ports));
    used.insert("services.loadbalancers".to_owned(), count(balancers));
}

fn claim_usage(claim: &Value, used: &mut ResourceList) {
    let annotated = claim.pointer("/metadata/annotations").and_then(|all| all.get(well_known::BETA_STORAGE_CLASS));
    let class = annotated.or_else(|| claim.pointer("/spec/storageClassName")).and_then(Value::as_str);
    let class = class.filter(|class| !class.is_empty());
    let mut insert = |name: &str, amount: Quantity| {
        if let Some(class) = class {
            used.insert(format!("{class}.storageclass.storage.k8s.io/{name}"), amount.clone());
        }
        used.insert(name.to_owned(), amount);
    };
    insert("persistentvolumeclaims", Quantity::from_value(1));
    let asked = claim.pointer("/spec/resources/requests/storage").and_then(quantity);
    let allocated = claim.pointer("/status/allocatedResources/storage").and_then(quantity);
    if let Some(asked) = asked {
        let larger = allocated.filter(|allocated| *allocated > asked);
        insert("requests.storage", larger.unwrap_or(asked).rounded_up());
    }
}

/// Models SubtractWithNonNegativeResult.
fn subtract(list: &ResourceList, other: &ResourceList) -> ResourceList {
    let rest = |(name, amount): (&String, &Quantity)| {
        let rest = other.get(name).map_or_else(|| amount.clone(), |other| amount.minus(other));
        (name.clone(), if rest.sign() > 0 { rest } else { Quantity::from_value(0) })
    };
    list.iter().map(rest).collect()
}

/// Which containers lack a request or limit that a quota asks for. Models podEvaluator.Constraints.
fn missing_requests(resource: &str, pod: &Value, names: &BTreeSet<&String>) -> Option<String> {
    let is_pod_level = ["requests", "limits"].iter().any(|list| {
        let given = pod.pointer(&format!("/spec/resources/{list}")).and_then(Value::as_object).into_iter().flatten();
        given.into_iter().any(|(name, _)| matches!(name.as_str(), "cpu" | "memory") || name.starts_with("hugepages-"))
    });
    if resource != "pods" || is_pod_level {
        return None;
    }
    let lists = ["/spec/containers", "/spec/initContainers"].into_iter();
    let containers: Vec<&Value> =
        lists.filter_map(|list| pod.pointer(list).and_then(Value::as_array)).flatten().collect();
    let lacking = |name: &str| {
        let lacks = |container: &&&Value| {
            let of = |list: &str| resource_list(container.get("resources").and_then(|resources| resources.get(list)));
            !compute_usage(&of("requests"), &of("limits")).contains_key(name)
        };
        let found: BTreeSet<&str> =
            containers.iter().filter(lacks).filter_map(|container| container.get("name")?.as_str()).collect();
        (!found.is_empty()).then(|| format!("{name} for: {}", found.into_iter().collect::<Vec<_>>().join(",")))
    };
    let asked = names.iter().map(|name| name.as_str()).filter(|name| MUST_BE_GIVEN.contains(name));
    let missing: Vec<String> = asked.filter_map(lacking).collect();
    (!missing.is_empty()).then(|| format!("must specify {}", missing.join("; ")))
}

fn has_deadline(pod: &Value) -> bool {
    pod.pointer("/spec/activeDeadlineSeconds").and_then(Value::as_i64).is_some_and(|seconds| seconds >= 0)
}

/// Models qos.GetPodQOS for the class BestEffort.
fn is_best_effort(pod: &Value) -> bool {
    if let Some(class) = pod.pointer("/status/qosClass").and_then(Value::as_str).filter(|class| !class.is_empty()) {
        return class == "BestEffort";
    }
    let asks = |resources: Option<&Value>| {
        ["requests", "limits"].iter().any(|list| {
            let given = resource_list(resources.and_then(|resources| resources.get(*list)));
            given.iter().any(|(name, amount)| matches!(name.as_str(), "cpu" | "memory") && amount.sign() > 0)
        })
    };
    let lists = ["/spec/containers", "/spec/initContainers"].into_iter();
    let mut containers = lists.filter_map(|list| pod.pointer(list).and_then(Value::as_array)).flatten();
    let is_pod_level = |list: &str| {
        pod.pointer(list).and_then(Value::as_object).is_some_and(|given| {
            given.keys().any(|name| matches!(name.as_str(), "cpu" | "memory") || name.starts_with("hugepages-"))
        })
    };
    if is_pod_level("/spec/resources/requests") || is_pod_level("/spec/resources/limits") {
        return !asks(pod.pointer("/spec/resources"));
    }
    !containers.any(|container| asks(container.get("resources")))
}

impl Scope {
    /// Models podMatchesScopeFunc and MatchesNoScopeFunc.
    fn matches(&self, resource: &str, object: &Value) -> bool {
        if resource == "persistentvolumeclaims" && self.name == "VolumeAttributesClass" {
            let class = object.pointer("/spec/volumeAttributesClassName").and_then(Value::as_str);
            return self.selects(class.filter(|class| !class.is_empty()));
        }
        if resource != "pods" {
            return false;
        }
        match self.name.as_str() {
            "Terminating" => has_deadline(object),
            "NotTerminating" => !has_deadline(object),
            "BestEffort" => is_best_effort(object),
            "NotBestEffort" => !is_best_effort(object),
            "PriorityClass" => {
                let class = object.pointer("/spec/priorityClassName").and_then(Value::as_str);
                self.selects(class.filter(|class| !class.is_empty()))
            }
            "CrossNamespacePodAffinity" => reaches_other_namespaces(object),
            _ => false,
        }
    }

    fn selects(&self, value: Option<&str>) -> bool {
        let is_listed = value.is_some_and(|value| self.values.iter().any(|listed| listed == value));
        match self.operator.as_str() {
            "In" => is_listed,
            "NotIn" => !is_listed,
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            _ => false,
        }
    }
}

/// Models usesCrossNamespacePodAffinity.
fn reaches_other_namespaces(pod: &Value) -> bool {
    let is_given = |value: Option<&Value>| match value {
        Some(Value::Array(names)) => !names.is_empty(),
        Some(Value::Null) | None => false,
        Some(_) => true,
    };
    let reaches = |term: &Value| is_given(term.get("namespaces")) || is_given(term.get("namespaceSelector"));
    ["podAffinity", "podAntiAffinity"].iter().any(|kind| {
        let of = |list: &str| {
            let path = format!("/spec/affinity/{kind}/{list}DuringSchedulingIgnoredDuringExecution");
            pod.pointer(&path).and_then(Value::as_array).into_iter().flatten()
        };
        of("required").any(reaches) || of("preferred").filter_map(|term| term.get("podAffinityTerm")).any(reaches)
    })
}
