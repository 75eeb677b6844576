//! What pods ask for and what nodes have, in whole numbers. Models framework.Resource and component-helpers/resource.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Quantity;

/// Thousandths of a cpu that count for a container which asks for none. Models schedutil.DefaultMilliCPURequest.
const DEFAULT_MILLI_CPU: i64 = 100;
/// Bytes that count for a container which asks for none. Models schedutil.DefaultMemoryRequest.
const DEFAULT_MEMORY: i64 = 200 * 1024 * 1024;

/// Amounts by resource.
pub type ResourceList = BTreeMap<String, Quantity>;

/// Amounts as the scheduler counts them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resources {
    /// Thousandths of a cpu.
    pub milli_cpu: i64,
    /// Bytes.
    pub memory: i64,
    /// Bytes.
    pub ephemeral_storage: i64,
    /// Pods; only of nodes.
    pub pods: i64,
    /// Every other resource.
    pub scalars: BTreeMap<String, i64>,
}

/// Which requests count where a container asks for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// None.
    Nothing,
    /// 100m of cpu and 200 MiB of memory; what the pod as a whole asks for does not count, as where the scheduler rates
    /// a pod's own wishes.
    Default,
    /// 100m of cpu and 200 MiB of memory, but not for what the pod as a whole asks for.
    DefaultBesidePod,
}

impl Resources {
    /// Reads a list. Models Resource.Add.
    pub fn from_list(list: &ResourceList) -> Self {
        let mut resources = Self::default();
        for (name, amount) in list {
            match name.as_str() {
                "cpu" => resources.milli_cpu = amount.milli_value(),
                "memory" => resources.memory = amount.value(),
                "ephemeral-storage" => resources.ephemeral_storage = amount.value(),
                "pods" => resources.pods = amount.value(),
                other => drop(resources.scalars.insert(other.to_owned(), amount.value())),
            }
        }
        resources
    }

    /// Adds `other` so many times; pods are not counted.
    pub fn add(&mut self, other: &Self, times: i64) {
        self.milli_cpu += other.milli_cpu * times;
        self.memory += other.memory * times;
        self.ephemeral_storage += other.ephemeral_storage * times;
        for (name, amount) in &other.scalars {
            *self.scalars.entry(name.clone()).or_default() += amount * times;
        }
    }

    /// Another resource's amount.
    pub fn scalar(&self, name: &str) -> i64 {
        self.scalars.get(name).copied().unwrap_or(0)
    }
}

/// Reads a list of amounts.
pub fn resource_list(value: Option<&Value>) -> ResourceList {
    let entries = value.and_then(Value::as_object).into_iter().flatten();
    entries.filter_map(|(name, amount)| Some((name.clone(), quantity(amount)?))).collect()
}

/// Reads an amount, which JSON may hold as text or number.
pub fn quantity(value: &Value) -> Option<Quantity> {
    Quantity::parse(&value.as_str().map_or_else(|| value.to_string(), str::to_owned)).ok()
}

/// Adds up amounts. Models addResourceList.
pub fn add(list: &mut ResourceList, more: &ResourceList) {
    for (name, amount) in more {
        let sum = list.get(name).map_or_else(|| amount.clone(), |own| own.plus(amount));
        list.insert(name.clone(), sum);
    }
}

/// Keeps the larger amounts. Models maxResourceList.
pub fn keep_larger(list: &mut ResourceList, other: &ResourceList) {
    for (name, amount) in other {
        if list.get(name).is_none_or(|own| amount > own) {
            list.insert(name.clone(), amount.clone());
        }
    }
}

/// What the pod itself names, beside its containers: `requests` or `limits` of its `resources`.
pub fn pod_level(spec: &Map<String, Value>, list: &str) -> ResourceList {
    let mut given = resource_list(spec.get("resources").and_then(|resources| resources.get(list)));
    given.retain(|name, _| matches!(name.as_str(), "cpu" | "memory") || name.starts_with("hugepages-"));
    given
}

/// What a pod asks for. Models resourcehelper.PodRequests.
pub fn pod_requests(spec: &Map<String, Value>, missing: Missing) -> ResourceList {
    let pod_level = if missing == Missing::Default { ResourceList::new() } else { pod_level(spec, "requests") };
    let mut requests = container_amounts(spec, "requests", |_| ResourceList::new());
    let with_defaults = |name: &str| match missing {
        Missing::Nothing => false,
        Missing::Default => true,
        Missing::DefaultBesidePod if pod_level.is_empty() => true,
        Missing::DefaultBesidePod => !requests.contains_key(name) && !pod_level.contains_key(name),
    };
    let mut defaults = ResourceList::new();
    if with_defaults("cpu") {
        defaults.insert("cpu".to_owned(), Quantity::from_milli(DEFAULT_MILLI_CPU));
    }
    if with_defaults("memory") {
        defaults.insert("memory".to_owned(), Quantity::from_value(DEFAULT_MEMORY));
    }
    if !defaults.is_empty() {
        requests = container_amounts(spec, "requests", |own: &ResourceList| {
            let absent = defaults.iter().filter(|(name, _)| !own.contains_key(*name));
            absent.map(|(name, amount)| (name.clone(), amount.clone())).collect()
        });
    }
    requests.extend(pod_level);
    add(&mut requests, &resource_list(spec.get("overhead")));
    requests
}

/// What a pod may use at most. Models resourcehelper.PodLimits.
pub fn pod_limits(spec: &Map<String, Value>) -> ResourceList {
    let mut limits = container_amounts(spec, "limits", |_| ResourceList::new());
    limits.extend(pod_level(spec, "limits"));
    for (name, amount) in resource_list(spec.get("overhead")) {
        if let Some(limit) = limits.get_mut(&name).filter(|limit| !limit.is_zero()) {
            *limit = limit.plus(&amount);
        }
    }
    limits
}

/// The containers' amounts together: of the main ones and the sidecars the sum, or what initialization needs at its
/// widest. Models AggregateContainerRequests.
pub fn container_amounts(
    spec: &Map<String, Value>,
    list: &str,
    more: impl Fn(&ResourceList) -> ResourceList,
) -> ResourceList {
    let of = |container: &Value| {
        let mut own = resource_list(container.get("resources").and_then(|resources| resources.get(list)));
        let more = more(&own);
        own.extend(more);
        own
    };
    let containers = |field: &str| spec.get(field).and_then(Value::as_array).into_iter().flatten();
    let mut amounts = ResourceList::new();
    containers("containers").for_each(|container| add(&mut amounts, &of(container)));
    let (mut sidecars, mut widest) = (ResourceList::new(), ResourceList::new());
    for container in containers("initContainers") {
        let mut own = of(container);
        if container.get("restartPolicy").is_some_and(|policy| policy == "Always") {
            add(&mut amounts, &own);
            add(&mut sidecars, &own);
            own.clone_from(&sidecars);
        } else {
            add(&mut own, &sidecars);
        }
        keep_larger(&mut widest, &own);
    }
    keep_larger(&mut amounts, &widest);
    amounts
}
