//! How the things look that bound what may run: quotas, limit ranges, disruption budgets, and autoscalers.

use hellok8s_lab::api::resources::{ResourceList, resource_list};
use hellok8s_lab::api::{Generic, Kind, Object, Quantity};
use hellok8s_lab::cluster::Cluster;
use serde_json::Value;

use super::rows::Look;

/// How one of them looks.
#[derive(Clone, Debug, PartialEq)]
pub struct BoundLook {
    /// Uid.
    pub uid: String,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// What it bounds, and how it stands.
    pub bound: Bound,
    /// Whether it lets nothing more happen.
    pub is_tight: bool,
}

/// What is bounded.
#[derive(Clone, Debug, PartialEq)]
pub enum Bound {
    /// A ResourceQuota: its amount that is nearest to its end, and how many others it has.
    Quota {
        /// Such as `pods`, `requests.cpu`.
        resource: String,
        /// What is used.
        used: String,
        /// What may be used.
        hard: String,
        /// The one of the other in thousandths.
        permille: i64,
        /// Amounts besides this one.
        others: usize,
    },
    /// A LimitRange: its first amount, as `Container cpu 100m … 500m`.
    Limits(String),
    /// A PodDisruptionBudget.
    Budget {
        /// Pods that must stay.
        desired: i64,
        /// Pods that there are to be.
        expected: i64,
        /// Pods that may go now.
        allowed: i64,
    },
    /// A HorizontalPodAutoscaler.
    Autoscaler {
        /// Such as `cpu`; empty when none is known.
        metric: String,
        /// What is measured; none where there is nothing to measure.
        now: Option<String>,
        /// What is aimed at.
        target: String,
        /// Pods that there are, and that it wants.
        replicas: (i64, i64),
        /// The fewest and the most that it may want.
        range: (i64, i64),
    },
}

impl BoundLook {
    /// Its kind as in manifests.
    pub fn kind(&self) -> &'static str {
        match self.bound {
            Bound::Quota { .. } => "ResourceQuota",
            Bound::Limits(_) => "LimitRange",
            Bound::Budget { .. } => "PodDisruptionBudget",
            Bound::Autoscaler { .. } => "HorizontalPodAutoscaler",
        }
    }
}

impl Look for BoundLook {
    fn uid(&self) -> &str {
        &self.uid
    }
}

/// Reads one of a kind: what it bounds, and whether it is tight.
type Reader = fn(&Generic) -> Option<(Bound, bool)>;

/// All of them: those that are tight first.
pub(super) fn bound_looks(cluster: &Cluster) -> Vec<BoundLook> {
    let kinds: [(Kind, Reader); 4] = [
        (Kind::ResourceQuota, quota),
        (Kind::LimitRange, limits),
        (Kind::PodDisruptionBudget, budget),
        (Kind::HorizontalPodAutoscaler, autoscaler),
    ];
    let mut looks = Vec::new();
    for (kind, read) in kinds {
        for object in cluster.api.store().list(kind, None) {
            let Object::Generic(object) = object else { continue };
            let Some((bound, is_tight)) = read(object) else { continue };
            let metadata = &object.metadata;
            let (uid, namespace, name) = (metadata.uid.clone(), metadata.namespace.clone(), metadata.name.clone());
            looks.push(BoundLook { uid, namespace, name, bound, is_tight });
        }
    }
    let (mut tight, loose): (Vec<_>, Vec<_>) = looks.into_iter().partition(|look| look.is_tight);
    tight.extend(loose);
    tight
}

fn field<'a>(object: &'a Generic, path: &[&str]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(object.fields.get(*first)?, |value, name| value.get(name))
}

fn number(object: &Generic, path: &[&str]) -> Option<i64> {
    field(object, path)?.as_i64()
}

fn quota(object: &Generic) -> Option<(Bound, bool)> {
    // Before it has been counted for the first time nothing is used, as far as anybody knows.
    let hard = resource_list(field(object, &["spec", "hard"]));
    let used: ResourceList = resource_list(field(object, &["status", "used"]));
    let share = |name: &String, hard: &Quantity| {
        let (used, hard) = (used.get(name).map_or(0, Quantity::milli_value), hard.milli_value());
        if hard <= 0 { 1000 } else { i64::try_from(i128::from(used) * 1000 / i128::from(hard)).unwrap_or(1000) }
    };
    let mut nearest: Option<(i64, &String, &Quantity)> = None;
    for (name, amount) in &hard {
        let share = share(name, amount);
        if nearest.is_none_or(|(most, ..)| share > most) {
            nearest = Some((share, name, amount));
        }
    }
    let (permille, resource, amount) = nearest?;
    let used = used.get(resource).map_or_else(|| "0".to_owned(), ToString::to_string);
    let bound = Bound::Quota {
        resource: resource.clone(),
        used,
        hard: amount.to_string(),
        permille,
        others: hard.len().saturating_sub(1),
    };
    Some((bound, permille >= 1000))
}

fn limits(object: &Generic) -> Option<(Bound, bool)> {
    let first = field(object, &["spec", "limits"])?.as_array()?.first()?;
    let list = |name: &str| resource_list(first.get(name));
    let (min, max, default) = (list("min"), list("max"), list("default"));
    let resource = max.keys().chain(default.keys()).chain(min.keys()).next()?;
    let kind = first.get("type").and_then(Value::as_str).unwrap_or_default();
    let mut text = format!("{kind} {resource}");
    let bounds = [(&min, "≥ "), (&max, "≤ "), (&default, "= ")];
    for (list, sign) in bounds {
        if let Some(amount) = list.get(resource) {
            text.push_str(&format!(" {sign}{amount}"));
        }
    }
    Some((Bound::Limits(text), false))
}

fn budget(object: &Generic) -> Option<(Bound, bool)> {
    let number = |name: &str| number(object, &["status", name]).unwrap_or(0);
    let (desired, expected, allowed) = (number("desiredHealthy"), number("expectedPods"), number("disruptionsAllowed"));
    Some((Bound::Budget { desired, expected, allowed }, expected > 0 && allowed <= 0))
}

fn autoscaler(object: &Generic) -> Option<(Bound, bool)> {
    let number = |path: &[&str]| number(object, path);
    let metric = field(object, &["spec", "metrics"]).and_then(|metrics| metrics.as_array()?.first());
    let resource = metric.and_then(|metric| metric.get("resource"));
    let name = resource.and_then(|resource| resource.get("name")?.as_str()).unwrap_or_default();
    let target = resource.and_then(|resource| resource.get("target"));
    let current = field(object, &["status", "currentMetrics"]).and_then(|metrics| metrics.as_array()?.first());
    let current = current.and_then(|metric| metric.get("resource")?.get("current"));
    let said = |value: Option<&Value>| {
        let value = value?;
        let percent = value.get("averageUtilization").and_then(Value::as_i64).map(|percent| format!("{percent} %"));
        percent.or_else(|| value.get("averageValue").and_then(Value::as_str).map(str::to_owned))
    };
    let most = number(&["spec", "maxReplicas"]).unwrap_or(0);
    let now = number(&["status", "currentReplicas"]).unwrap_or(0);
    let wanted = number(&["status", "desiredReplicas"]).unwrap_or(0);
    let bound = Bound::Autoscaler {
        metric: name.to_owned(),
        now: said(current),
        target: said(target).unwrap_or_default(),
        replicas: (now, wanted),
        range: (number(&["spec", "minReplicas"]).unwrap_or(1), most),
    };
    Some((bound, most > 0 && wanted >= most))
}
