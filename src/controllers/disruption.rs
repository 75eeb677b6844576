//! PodDisruptionBudgets: how many pods may go, and whether one may. Models pkg/controller/disruption and
//! pkg/registry/core/pod/storage/eviction.go.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::api::{EventType, IntOrString, LabelSelector, Pod, PodPhase, Time};

/// A pod that was evicted is waited for that long. Models DeletionTimeout.
const DELETION_TIMEOUT_S: i64 = 120;
/// Evictions that a budget remembers at most. Models MaxDisruptedPodSize.
const MAX_DISRUPTED_PODS: usize = 2000;
/// The condition that a budget has.
const ALLOWED: &str = "DisruptionAllowed";
/// What a refused eviction says.
const REFUSED: &str = "Cannot evict pod as it would violate the pod's disruption budget.";

/// Uid and size of what controls a pod; none when nothing is known of it.
pub type ScaleOf<'a> = &'a dyn Fn(&Pod) -> Result<Option<(String, i64)>, String>;

/// A budget: its spec and what is known of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Budget {
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Rises with each change of the spec.
    pub generation: i64,
    /// Of which pods; none is given when it selects none.
    pub selector: Option<LabelSelector>,
    spec: Value,
    /// Its status.
    pub status: Status,
}

/// A budget's status.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Status {
    /// The generation that was counted.
    pub observed_generation: i64,
    /// How many pods may go now.
    pub allowed: i64,
    /// Ready pods.
    pub current_healthy: i64,
    /// How many must be.
    pub desired_healthy: i64,
    /// How many there should be.
    pub expected: i64,
    /// Pods that were evicted and are still there, with the moment.
    pub disrupted: BTreeMap<String, Time>,
    /// Whether disruptions are allowed; none before the first count.
    pub condition: Option<Condition>,
}

/// `metav1.Condition` of the only type that budgets have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    /// Whether it holds.
    pub is_true: bool,
    /// CamelCase word.
    pub reason: String,
    /// Sentence; may be empty.
    pub message: String,
    /// The generation that was counted.
    pub observed_generation: i64,
    /// When it last changed.
    pub since: Option<Time>,
}

/// What one pass found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sync {
    /// The new status, when it is another.
    pub status: Option<Status>,
    /// Events about the budget: type, reason, message.
    pub events: Vec<(EventType, &'static str, String)>,
    /// Events about pods that should have gone: name and message.
    pub not_deleted: Vec<(String, String)>,
    /// When to look again.
    pub recheck_at: Option<Time>,
}

/// What becomes of an eviction.
#[derive(Clone, Debug, PartialEq)]
pub enum EvictionVerdict {
    /// The pod may go; the budgets that are charged for it have these statuses now.
    Evict(Vec<(String, Status)>),
    /// It may not now: the message, why in detail, and seconds after which to ask again.
    TooManyRequests(&'static str, String, Option<u32>),
    /// It may not: the reason.
    Forbidden(&'static str),
    /// It cannot be said.
    Unsupported(&'static str),
}

impl Budget {
    /// Reads a stored budget.
    pub fn read(namespace: &str, name: &str, generation: i64, fields: &Map<String, Value>) -> Self {
        let spec = fields.get("spec").cloned().unwrap_or_default();
        let selector = spec.get("selector").filter(|selector| !selector.is_null());
        Self {
            name: name.to_owned(),
            namespace: namespace.to_owned(),
            generation,
            selector: selector.map(|selector| serde_json::from_value(selector.clone()).unwrap_or_default()),
            status: Status::read(fields.get("status")),
            spec,
        }
    }

    /// Whether it speaks of a pod.
    pub fn covers(&self, pod: &Pod) -> bool {
        pod.metadata.namespace == self.namespace
            && self.selector.as_ref().is_some_and(|selector| selector.matches(&pod.metadata.labels))
    }

    /// `minAvailable` or `maxUnavailable`.
    pub fn bound(&self, field: &str) -> Option<IntOrString> {
        let value = self.spec.get(field).filter(|value| !value.is_null())?;
        serde_json::from_value(value.clone()).ok()
    }
}

impl Status {
    fn read(value: Option<&Value>) -> Self {
        let number = |field: &str| value.and_then(|status| status.get(field)?.as_i64()).unwrap_or(0);
        let time = |value: &Value| value.as_str().and_then(Time::parse);
        let disrupted = value.and_then(|status| status.get("disruptedPods")?.as_object()).into_iter().flatten();
        let conditions = value.and_then(|status| status.get("conditions")?.as_array()).into_iter().flatten();
        let text = |value: &Value, field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self {
            observed_generation: number("observedGeneration"),
            allowed: number("disruptionsAllowed"),
            current_healthy: number("currentHealthy"),
            desired_healthy: number("desiredHealthy"),
            expected: number("expectedPods"),
            disrupted: disrupted.filter_map(|(name, at)| Some((name.clone(), time(at)?))).collect(),
            condition: conditions.into_iter().find(|given| given.get("type").is_some_and(|kind| kind == ALLOWED)).map(
                |given| Condition {
                    is_true: given.get("status").is_some_and(|status| status == "True"),
                    reason: text(given, "reason"),
                    message: text(given, "message"),
                    observed_generation: given.get("observedGeneration").and_then(Value::as_i64).unwrap_or(0),
                    since: given.get("lastTransitionTime").and_then(time),
                },
            ),
        }
    }

    /// As the API writes it.
    pub fn to_value(&self) -> Value {
        let mut value = json!({
            "currentHealthy": self.current_healthy, "desiredHealthy": self.desired_healthy,
            "disruptionsAllowed": self.allowed, "expectedPods": self.expected,
        });
        let Some(fields) = value.as_object_mut() else { return value };
        if let Some(found) = &self.condition {
            let status = if found.is_true { "True" } else { "False" };
            let mut condition = json!({
                "type": ALLOWED, "status": status, "reason": found.reason, "message": found.message,
                "lastTransitionTime": found.since.map(|since| since.to_string()),
            });
            if let Some(condition) = condition.as_object_mut().filter(|_| found.observed_generation != 0) {
                condition.insert("observedGeneration".to_owned(), json!(found.observed_generation));
            }
            fields.insert("conditions".to_owned(), json!([condition]));
        }
        if self.observed_generation != 0 {
            fields.insert("observedGeneration".to_owned(), json!(self.observed_generation));
        }
        if !self.disrupted.is_empty() {
            let pods = self.disrupted.iter().map(|(name, at)| (name.clone(), json!(at.to_string())));
            fields.insert("disruptedPods".to_owned(), Value::Object(pods.collect()));
        }
        value
    }

    /// Models apimeta.SetStatusCondition.
    fn set_condition(&mut self, is_true: bool, reason: &str, message: String, now: Time) {
        let before = self.condition.take().filter(|before| before.is_true == is_true);
        self.condition = Some(Condition {
            is_true,
            reason: reason.to_owned(),
            message,
            observed_generation: self.observed_generation,
            since: before.and_then(|before| before.since).or(Some(now)),
        });
    }

    /// Models pdbhelper.UpdateDisruptionAllowedCondition.
    fn update_condition(&mut self, now: Time) {
        let allows = self.allowed > 0;
        self.set_condition(allows, if allows { "SufficientPods" } else { "InsufficientPods" }, String::new(), now);
    }

    /// Models pdbhelper.ConditionsAreUpToDate.
    fn is_condition_current(&self) -> bool {
        let reason = if self.allowed > 0 { "SufficientPods" } else { "InsufficientPods" };
        self.condition.as_ref().is_some_and(|found| {
            found.observed_generation == self.observed_generation
                && found.is_true == (self.allowed > 0)
                && found.reason == reason
        })
    }
}

/// Counts a budget's pods. Models DisruptionController.sync.
pub fn sync(budget: &Budget, pods: &[Arc<Pod>], scale: ScaleOf<'_>, now: Time) -> Sync {
    let mut sync = Sync::default();
    let pods: Vec<&Arc<Pod>> = pods.iter().filter(|pod| budget.covers(pod)).collect();
    if pods.is_empty() {
        sync.events.push((EventType::Normal, "NoPods", "No matching pods found".to_owned()));
    }
    let (expected, desired, unmanaged) = match expectation(budget, &pods, scale) {
        Ok(found) => found,
        Err(error) => {
            let message = format!("Failed to calculate the number of expected pods: {error}");
            sync.events.push((EventType::Warning, "CalculateExpectedPodCountFailed", message));
            let mut status = Status { allowed: 0, ..budget.status.clone() };
            status.set_condition(false, "SyncFailed", error, now);
            sync.status = (status != budget.status).then_some(status);
            return sync;
        }
    };
    if unmanaged {
        let message = format!(
            "Pods selected by this PodDisruptionBudget (selector: {}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set \".spec.minAvailable\" field of the PDB to an integer value.",
            shown(budget.selector.as_ref())
        );
        sync.events.push((EventType::Warning, "UnmanagedPods", message));
    }
    let disrupted = still_disrupted(budget, &pods, now, &mut sync);
    let is_healthy = |pod: &&&Arc<Pod>| {
        let is_going = disrupted.get(&pod.metadata.name).is_some_and(|at| at.0 + DELETION_TIMEOUT_S > now.0);
        pod.metadata.deletion_timestamp.is_none() && !is_going && pod.is_ready()
    };
    let healthy = i64::try_from(pods.iter().filter(is_healthy).count()).unwrap_or(i64::MAX);
    let allowed = if expected <= 0 { 0 } else { (healthy - desired).max(0) };
    let before = &budget.status;
    let mut status = Status {
        observed_generation: budget.generation,
        allowed,
        current_healthy: healthy,
        desired_healthy: desired,
        expected,
        disrupted,
        condition: before.condition.clone(),
    };
    if status != *before || !before.is_condition_current() {
        status.update_condition(now);
        sync.status = Some(status);
    }
    sync
}

/// How many pods there should be, how many of them ready, and whether some have no controller.
/// Models getExpectedPodCount.
fn expectation(budget: &Budget, pods: &[&Arc<Pod>], scale: ScaleOf<'_>) -> Result<(i64, i64, bool), String> {
    let count = i64::try_from(pods.len()).unwrap_or(i64::MAX);
    let scaled = |bound: &IntOrString, total: i64| {
        let total = i32::try_from(total).unwrap_or(i32::MAX);
        bound.scaled(total, true)
    };
    if let Some(bound) = budget.bound("maxUnavailable") {
        let (expected, unmanaged) = expected_scale(pods, scale)?;
        return Ok((expected, (expected - scaled(&bound, expected)?).max(0), unmanaged));
    }
    match budget.bound("minAvailable") {
        None => Ok((0, 0, false)),
        Some(IntOrString::Int(number)) => Ok((count, i64::from(number), false)),
        Some(bound) => {
            let (expected, unmanaged) = expected_scale(pods, scale)?;
            Ok((expected, scaled(&bound, expected)?, unmanaged))
        }
    }
}

/// Models getExpectedScale.
fn expected_scale(pods: &[&Arc<Pod>], scale: ScaleOf<'_>) -> Result<(i64, bool), String> {
    let mut scales: BTreeMap<String, i64> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let mut unmanaged = false;
    for pod in pods {
        let Some(owner) = pod.metadata.controller() else {
            unmanaged = true;
            continue;
        };
        if !seen.insert(owner.uid.clone()) {
            continue;
        }
        let Some((uid, size)) = scale(pod)? else {
            return Err(format!("found no controllers for pod \"{}\"", pod.metadata.name));
        };
        scales.insert(uid, size);
    }
    Ok((scales.values().sum(), unmanaged))
}

/// The evicted pods that are still waited for. Models buildDisruptedPodMap.
fn still_disrupted(budget: &Budget, pods: &[&Arc<Pod>], now: Time, sync: &mut Sync) -> BTreeMap<String, Time> {
    let mut still = BTreeMap::new();
    for pod in pods.iter().filter(|pod| pod.metadata.deletion_timestamp.is_none()) {
        let name = &pod.metadata.name;
        let Some(at) = budget.status.disrupted.get(name) else { continue };
        let due = Time(at.0 + DELETION_TIMEOUT_S);
        if due < now {
            let namespace = &budget.namespace;
            let message = format!("Pod was expected by PDB {namespace}/{namespace} to be deleted but it wasn't");
            sync.not_deleted.push((name.clone(), message));
        } else {
            sync.recheck_at = Some(sync.recheck_at.map_or(due, |earlier| earlier.min(due)));
            still.insert(name.clone(), *at);
        }
    }
    still
}

/// A selector as Go prints a pointer to it.
fn shown(selector: Option<&LabelSelector>) -> String {
    let Some(selector) = selector else { return "nil".to_owned() };
    let labels: String = selector.match_labels.iter().map(|(key, value)| format!("{key}: {value},")).collect();
    let expressions: String = selector
        .match_expressions
        .iter()
        .map(|found| {
            let values = found.values.join(" ");
            format!("LabelSelectorRequirement{{Key:{},Operator:{},Values:[{values}],}},", found.key, found.operator)
        })
        .collect();
    format!(
        "&LabelSelector{{MatchLabels:map[string]string{{{labels}}},MatchExpressions:[]LabelSelectorRequirement{{{expressions}}},}}"
    )
}

/// Whether a pod may be evicted. Models EvictionREST.Create.
pub fn judge(pod: &Pod, budgets: &[Budget], dry_run: bool, now: Time) -> EvictionVerdict {
    let is_exempt = matches!(pod.status.phase, PodPhase::Succeeded | PodPhase::Failed | PodPhase::Pending);
    if is_exempt || pod.metadata.deletion_timestamp.is_some() {
        return EvictionVerdict::Evict(Vec::new());
    }
    let covering: Vec<&Budget> = budgets.iter().filter(|budget| budget.covers(pod)).collect();
    let budget = match covering.as_slice() {
        [] => return EvictionVerdict::Evict(Vec::new()),
        [only] => *only,
        _ => {
            return EvictionVerdict::Unsupported(
                "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
            );
        }
    };
    let status = &budget.status;
    if !pod.is_ready() {
        let policy = budget.spec.get("unhealthyPodEvictionPolicy").and_then(Value::as_str).unwrap_or_default();
        let has_enough = status.current_healthy >= status.desired_healthy && status.desired_healthy > 0;
        if policy == "AlwaysAllow" || has_enough {
            return EvictionVerdict::Evict(Vec::new());
        }
    }
    charge(budget, pod, dry_run, now)
}

/// Models checkAndDecrement.
fn charge(budget: &Budget, pod: &Pod, dry_run: bool, now: Time) -> EvictionVerdict {
    let (name, status) = (&budget.name, &budget.status);
    if status.observed_generation < budget.generation {
        let why = format!("The disruption budget {name} is still being processed by the server.");
        return EvictionVerdict::TooManyRequests(REFUSED, why, Some(10));
    }
    if status.disrupted.len() > MAX_DISRUPTED_PODS {
        let why = "DisruptedPods map too big - too many evictions not confirmed by PDB controller";
        return EvictionVerdict::Forbidden(why);
    }
    if status.allowed == 0 {
        let refusal = status.condition.as_ref().filter(|found| !found.is_true && !found.message.is_empty());
        let (desired, current) = (status.desired_healthy, status.current_healthy);
        let why = match refusal {
            Some(found) if found.reason == "SyncFailed" => format!(
                "The disruption budget {name} does not allow evicting pods currently because it failed sync: {}",
                found.message
            ),
            _ if current <= desired => {
                format!("The disruption budget {name} needs {desired} healthy pods and has {current} currently")
            }
            Some(found) => format!(
                "The disruption budget {name} does not allow evicting pods currently ({}): {}",
                found.reason, found.message
            ),
            None => format!("The disruption budget {name} does not allow evicting pods currently"),
        };
        return EvictionVerdict::TooManyRequests(REFUSED, why, None);
    }
    if dry_run {
        return EvictionVerdict::Evict(Vec::new());
    }
    let mut charged = status.clone();
    charged.allowed -= 1;
    if charged.allowed == 0 {
        charged.update_condition(now);
    }
    charged.disrupted.insert(pod.metadata.name.clone(), now);
    EvictionVerdict::Evict(vec![(name.clone(), charged)])
}
