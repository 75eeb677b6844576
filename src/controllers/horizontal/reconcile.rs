//! One pass of the controller over one autoscaler. Models reconcileAutoscaler of
//! pkg/controller/podautoscaler/horizontal.go.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::pace::{Behavior, Memory, Range};
use super::status::{Current, Status};
use super::usage::{Question, Samples, Tolerances, Wish};
use crate::api::{EventType, Pod, Quantity, Time};
use crate::sim::SimTime;

/// What is scaled: how many pods it should have, and those that it selects.
#[derive(Clone, Debug)]
pub struct Scale {
    /// `spec.replicas`
    pub replicas: i32,
    /// The pods of its selector.
    pub pods: Vec<Arc<Pod>>,
}

/// Why a target cannot be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoScale {
    /// Nothing in the cluster is of this kind.
    UnknownKind(String),
    /// The API server's answer.
    NotFound(String),
}

/// What one pass found.
#[derive(Clone, Debug, Default)]
pub struct Done {
    /// The status afterwards.
    pub status: Status,
    /// Events about the autoscaler: type, reason, message.
    pub events: Vec<(EventType, &'static str, String)>,
    /// The number of pods that the target gets.
    pub scale_to: Option<i32>,
    /// What the controller logs.
    pub error: Option<String>,
}

/// The autoscaler and its surroundings.
pub struct Pass<'a> {
    /// `spec`
    pub spec: &'a Map<String, Value>,
    /// Its namespace.
    pub namespace: &'a str,
    /// Its target, or why it cannot be had.
    pub scale: Result<Scale, NoScale>,
    /// What the metrics' API answers about a resource of the target's pods, or of one of their containers when it is named.
    pub measure: &'a dyn Fn(&str, &str) -> Result<Samples, String>,
    /// Now.
    pub now: SimTime,
}

/// The wish of all metrics, the one that it is of, and the error of those that failed.
type Proposal = (i32, String, Option<String>);

impl Pass<'_> {
    /// Looks at the target and decides. `status` is the one before.
    pub fn run(&self, status: Status, memory: &mut Memory) -> Done {
        let mut done = Done { status, ..Done::default() };
        let now = Time::from_sim(self.now);
        let reference = self.spec.get("scaleTargetRef").cloned().unwrap_or_default();
        let of = |field: &str| reference.get(field).and_then(Value::as_str).unwrap_or_default();
        let target = format!("{}/{}/{}", of("kind"), self.namespace, of("name"));
        let scale = match &self.scale {
            Ok(scale) => scale,
            Err(error) => {
                let (error, said) = match error {
                    NoScale::UnknownKind(error) => {
                        (error, format!("unable to determine resource for scale target reference: {error}"))
                    }
                    NoScale::NotFound(error) => {
                        (error, format!("failed to query scale subresource for {target}: {error}"))
                    }
                };
                done.events.push((EventType::Warning, "FailedGetScale", error.clone()));
                let message = format!("the HPA controller was unable to get the target's current scale: {error}");
                done.status.set("AbleToScale", false, "FailedGetScale", message, now);
                done.error = Some(said);
                return done;
            }
        };
        let message = "the HPA controller was able to get the target's current scale".to_owned();
        done.status.set("AbleToScale", true, "SucceededGetScale", message, now);
        let current = scale.replicas;
        memory.begin(current, self.now);
        let number = |field: &str| self.spec.get(field).and_then(Value::as_i64).and_then(|n| i32::try_from(n).ok());
        let range =
            Range { current, min: number("minReplicas").unwrap_or(1), max: number("maxReplicas").unwrap_or_default() };
        let behavior = Behavior::read(self.spec);
        let mut metrics = Vec::new();
        let (desired, reason) = if current == 0 {
            let message = "scaling is disabled since the replica count of the target is zero".to_owned();
            done.status.set("ScalingActive", false, "ScalingDisabled", message, now);
            (0, String::new())
        } else if current > range.max {
            (range.max, "Current number of replicas above Spec.MaxReplicas".to_owned())
        } else if current < range.min {
            (range.min, "Current number of replicas below Spec.MinReplicas".to_owned())
        } else {
            match self.propose(scale, behavior.as_ref(), &mut metrics, &mut done) {
                Err(error) => {
                    done.status.current = current;
                    done.status.metrics = metrics;
                    done.events.push((EventType::Warning, "FailedComputeMetricsReplicas", error.clone()));
                    done.error = Some(format!(
                        "failed to compute desired number of replicas based on listed metrics for {target}: {error}"
                    ));
                    return done;
                }
                Ok((wish, metric, error)) => {
                    done.error = error;
                    let wish = wish.max(0);
                    let metric = if wish > 0 { metric } else { String::new() };
                    let reason = match wish.cmp(&current) {
                        std::cmp::Ordering::Greater => format!("{metric} above target"),
                        std::cmp::Ordering::Less => "All metrics below target".to_owned(),
                        std::cmp::Ordering::Equal => String::new(),
                    };
                    let paced = memory.pace(wish, range, behavior.as_ref(), self.now);
                    done.status.set("AbleToScale", true, paced.able.0, paced.able.1.to_owned(), now);
                    let (why, message) = paced.limited;
                    done.status.set("ScalingLimited", paced.is_limited, why, message.to_owned(), now);
                    (paced.replicas, reason)
                }
            }
        };
        if desired != current {
            let message = format!("the HPA controller was able to update the target scale to {desired}");
            done.status.set("AbleToScale", true, "SucceededRescale", message, now);
            let message = format!("New size: {desired}; reason: {reason}");
            done.events.push((EventType::Normal, "SuccessfulRescale", message));
            memory.scaled(current, desired, behavior.as_ref(), self.now);
            done.status.last_scale = Some(now);
            done.scale_to = Some(desired);
        }
        done.status.current = current;
        done.status.desired = desired;
        done.status.metrics = metrics;
        done
    }

    /// Asks every metric. Models computeReplicasForMetrics.
    fn propose(
        &self,
        scale: &Scale,
        behavior: Option<&Behavior>,
        metrics: &mut Vec<Option<Current>>,
        done: &mut Done,
    ) -> Result<Proposal, String> {
        let specs = self.spec.get("metrics").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let now = Time::from_sim(self.now);
        let mut best: Option<(i32, String)> = None;
        let mut failures: Vec<(&'static str, String, String)> = Vec::new();
        for spec in specs {
            match self.of_metric(spec, scale, behavior) {
                Ok((wish, name, current)) => {
                    metrics.push(Some(current));
                    if best.as_ref().is_none_or(|(most, _)| *most == 0 || wish > *most) {
                        best = Some((wish, name));
                    }
                }
                Err((reason, what, error)) => {
                    metrics.push(None);
                    done.events.push((EventType::Warning, reason, error.clone()));
                    failures.push((reason, what, error));
                }
            }
        }
        let (wish, name) = best.unwrap_or_default();
        let first = failures.first().map(|(_, what, error)| {
            let (failed, all) = (failures.len(), specs.len());
            format!("invalid metrics ({failed} invalid out of {all}), first error is: failed to get {what}: {error}")
        });
        if let Some(((reason, _, error), message)) = failures.first().zip(first.clone())
            && (failures.len() >= specs.len() || wish < scale.replicas)
        {
            let said = format!("the HPA was unable to compute the replica count: {error}");
            done.status.set("ScalingActive", false, reason, said, now);
            return Err(message);
        }
        let message = format!("the HPA was able to successfully calculate a replica count from {name}");
        done.status.set("ScalingActive", true, "ValidMetricFound", message, now);
        Ok((wish, name, first))
    }

    /// One metric: the wish, what it is called and its value now; or the condition's reason, what could not be had, and
    /// why. Models computeReplicasForMetric.
    #[allow(clippy::type_complexity, reason = "used here alone")]
    fn of_metric(
        &self,
        metric: &Value,
        scale: &Scale,
        behavior: Option<&Behavior>,
    ) -> Result<(i32, String, Current), (&'static str, String, String)> {
        let text = |path: &str| metric.pointer(path).and_then(Value::as_str).unwrap_or_default();
        let missing = |api: &str| format!("no {api} metrics API ({api}.metrics.k8s.io) registered");
        let (source, reason, container) = match text("/type") {
            "Resource" => ("/resource", "FailedGetResourceMetric", ""),
            "ContainerResource" => {
                ("/containerResource", "FailedGetContainerResourceMetric", text("/containerResource/container"))
            }
            "Pods" => {
                let error = format!("unable to get metric {}: {}", text("/pods/metric/name"), missing("custom"));
                return Err(("FailedGetPodsMetric", "pods metric value".to_owned(), error));
            }
            "Object" => {
                let error = format!("unable to get metric {}: {}", text("/object/metric/name"), missing("custom"));
                return Err(("FailedGetObjectMetric", "object metric value".to_owned(), error));
            }
            _ => {
                let name = text("/external/metric/name");
                let error = format!("unable to get external metric {}/{name}: {}", self.namespace, missing("external"));
                return Err(("FailedGetExternalMetric", format!("{name} external metric value"), error));
            }
        };
        let spec = metric.pointer(source).cloned().unwrap_or_default();
        let resource = spec.get("name").and_then(Value::as_str).unwrap_or_default();
        let samples = (self.measure)(resource, container)
            .map_err(|error| format!("unable to get metrics for resource {resource}: {error}"));
        let question = Question {
            current: scale.replicas,
            resource,
            container,
            tolerances: behavior.map_or_else(Tolerances::default, Behavior::tolerances),
            pods: &scale.pods,
            now: Time::from_sim(self.now),
        };
        let average = spec.pointer("/target/averageValue").and_then(Value::as_str);
        let answer = if let Some(target) = average.and_then(|target| Quantity::parse(target).ok()) {
            let answer = question.by_average(target.milli_value(), samples);
            answer.map(|wish| (wish, None)).map_err(|error| format!("failed to get {resource} usage: {error}"))
        } else {
            let target = spec.pointer("/target/averageUtilization").and_then(Value::as_i64).unwrap_or_default();
            let answer = question.by_percent(i32::try_from(target).unwrap_or(i32::MAX), samples);
            let answer = answer.map(|wish| (wish, Some(wish.percent)));
            answer.map_err(|error| format!("failed to get {resource} utilization: {error}"))
        };
        let (Wish { replicas, average_milli, .. }, percent) = answer.map_err(|error| {
            let what = if container.is_empty() {
                format!("{resource} resource metric value")
            } else {
                format!("{container} container metric value")
            };
            (reason, what, error)
        })?;
        let kind = if container.is_empty() { "resource" } else { "container resource" };
        let name = match percent {
            Some(_) => format!("{resource} {kind} utilization (percentage of request)"),
            None => format!("{resource} {kind}"),
        };
        let average = if resource == "memory" && average_milli % 1000 == 0 {
            Quantity::from_bytes(average_milli / 1000)
        } else {
            Quantity::from_milli(average_milli)
        };
        let current = Current {
            resource: resource.to_owned(),
            container: container.to_owned(),
            percent,
            average: average.canonical(),
        };
        Ok((replicas, name, current))
    }
}
