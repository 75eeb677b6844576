//! How many pods the measured use asks for. Models pkg/controller/podautoscaler/replica_calculator.go.

// Kubernetes decides by ratios of 64-bit floats; these four operations give the same bits everywhere.
#![allow(clippy::float_arithmetic, clippy::cast_possible_truncation, clippy::cast_precision_loss)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use crate::api::resources::{self, Missing};
use crate::api::{Pod, PodPhase, Quantity, Time};

/// For so long a pod's processor time counts only once it is ready. `--horizontal-pod-autoscaler-cpu-initialization-period`
pub const CPU_INITIALIZATION_S: i64 = 300;
/// A pod that stopped being ready sooner after its start has never been ready.
/// `--horizontal-pod-autoscaler-initial-readiness-delay`
pub const INITIAL_READINESS_DELAY_S: i64 = 30;

/// What was measured of one pod.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// How much, in thousandths.
    pub milli: i64,
    /// When.
    pub at: Time,
    /// Over how long, in seconds.
    pub window_s: i64,
}

/// What was measured, by pod.
pub type Samples = BTreeMap<String, Sample>;

/// The deviations from the target, as parts of it, at which nothing is done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerances {
    /// Below the target.
    pub down: f64,
    /// Above it.
    pub up: f64,
}

impl Default for Tolerances {
    /// `--horizontal-pod-autoscaler-tolerance`
    fn default() -> Self {
        Self { down: 0.1, up: 0.1 }
    }
}

impl Tolerances {
    fn hold(self, ratio: f64) -> bool {
        1.0 - self.down <= ratio && ratio <= 1.0 + self.up
    }
}

/// What a number of pods is asked of.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// How many pods there should be until now.
    pub current: i32,
    /// `cpu`, `memory`; empty for a metric that is no resource.
    pub resource: &'a str,
    /// The container that is looked at; empty for whole pods.
    pub container: &'a str,
    /// At which deviations nothing is done.
    pub tolerances: Tolerances,
    /// The pods that the target selects.
    pub pods: &'a [Arc<Pod>],
    /// Now.
    pub now: Time,
}

/// The answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// How many pods there should be.
    pub replicas: i32,
    /// The use in percent of the requests; 0 where nothing was asked in percent.
    pub percent: i32,
    /// The use of a pod on average, in thousandths.
    pub average_milli: i64,
}

/// The pods by what is known of them. Models groupPods.
#[derive(Default)]
struct Groups {
    ready: usize,
    unready: BTreeSet<String>,
    missing: BTreeSet<String>,
}

/// A ratio to the target, with the use in percent and on average.
type Ratio = (f64, i32, i64);

impl Question<'_> {
    /// So many pods that they use `target` percent of what they request. Models GetResourceReplicas; errors are its
    /// errors, and `samples` may be the error of the metrics' API.
    pub fn by_percent(&self, target: i32, samples: Result<Samples, String>) -> Result<Wish, String> {
        let (mut samples, groups) = self.sort_out(samples)?;
        let requests = self.requests()?;
        let ratio = |samples: &Samples| percent_ratio(samples, &requests, target);
        let first = ratio(&samples)?;
        // A pod without a measurement is believed to use what would be the least reason for a change.
        let fallback =
            |name: &String| requests.get(name).copied().unwrap_or_default() * i64::from(target.max(100)) / 100;
        self.weigh(&mut samples, &groups, first, fallback, ratio)
    }

    /// So many pods that each of them uses `target` thousandths. Models GetRawResourceReplicas and GetMetricReplicas.
    pub fn by_average(&self, target: i64, samples: Result<Samples, String>) -> Result<Wish, String> {
        let (mut samples, groups) = self.sort_out(samples)?;
        let ratio = |samples: &Samples| Ok(average_ratio(samples, target));
        let first = ratio(&samples)?;
        self.weigh(&mut samples, &groups, first, |_| target, ratio)
    }

    /// The measurements that count, and the pods that have none.
    fn sort_out(&self, samples: Result<Samples, String>) -> Result<(Samples, Groups), String> {
        let mut samples = samples?;
        if self.pods.is_empty() {
            return Err("no pods returned by selector while calculating replica count".to_owned());
        }
        let mut groups = Groups::default();
        for pod in self.pods {
            let name = &pod.metadata.name;
            if pod.metadata.deletion_timestamp.is_some() || pod.status.phase == PodPhase::Failed {
                samples.remove(name);
            } else if pod.status.phase == PodPhase::Pending {
                groups.unready.insert(name.clone());
            } else {
                match samples.get(name) {
                    None => drop(groups.missing.insert(name.clone())),
                    Some(sample) if self.resource == "cpu" && is_unready(pod, *sample, self.now) => {
                        groups.unready.insert(name.clone());
                    }
                    Some(_) => groups.ready += 1,
                }
            }
        }
        samples.retain(|name, _| !groups.unready.contains(name));
        if samples.is_empty() {
            return Err("did not receive metrics for targeted pods (pods might be unready)".to_owned());
        }
        Ok((samples, groups))
    }

    /// The wish, after what is not known was filled in so that it moves the number less. Models what
    /// GetResourceReplicas and calcPlainMetricReplicas have in common.
    fn weigh(
        &self,
        samples: &mut Samples,
        groups: &Groups,
        (first, percent, average_milli): Ratio,
        when_falling: impl Fn(&String) -> i64,
        ratio: impl Fn(&Samples) -> Result<Ratio, String>,
    ) -> Result<Wish, String> {
        let wish = |replicas| Wish { replicas, percent, average_milli };
        let rises_with_unready = !groups.unready.is_empty() && first > 1.0;
        if !rises_with_unready && groups.missing.is_empty() {
            let as_it_is = self.tolerances.hold(first);
            return Ok(wish(if as_it_is { self.current } else { (first * groups.ready as f64).ceil() as i32 }));
        }
        let with = |milli| Sample { milli, ..Sample::default() };
        for name in &groups.missing {
            if first < 1.0 {
                samples.insert(name.clone(), with(when_falling(name)));
            } else if first > 1.0 {
                samples.insert(name.clone(), with(0));
            }
        }
        if rises_with_unready {
            samples.extend(groups.unready.iter().map(|name| (name.clone(), with(0))));
        }
        let (second, ..) = ratio(samples)?;
        let turns = (first < 1.0 && second > 1.0) || (first > 1.0 && second < 1.0);
        let replicas = (second * samples.len() as f64).ceil() as i32;
        let contradicts = (second < 1.0 && replicas > self.current) || (second > 1.0 && replicas < self.current);
        let stays = self.tolerances.hold(second) || turns || contradicts;
        Ok(wish(if stays { self.current } else { replicas }))
    }

    /// What each pod requests of the resource, in thousandths. Models calculateRequests.
    fn requests(&self) -> Result<BTreeMap<String, i64>, String> {
        self.pods.iter().map(|pod| Ok((pod.metadata.name.clone(), self.request_of(pod)?))).collect()
    }

    fn request_of(&self, pod: &Pod) -> Result<i64, String> {
        let (spec, name, resource) = (pod.spec.raw(), &pod.metadata.name, self.resource);
        if self.container.is_empty() && !resources::pod_level(spec, "requests").is_empty() {
            return resources::pod_requests(spec, Missing::Nothing)
                .get(resource)
                .map(Quantity::milli_value)
                .ok_or_else(|| format!("missing pod-level request for {resource} in Pod {name}"));
        }
        let of = |list| spec.get(list).and_then(Value::as_array).into_iter().flatten();
        let is_sidecar = |container: &&Value| container.get("restartPolicy").is_some_and(|policy| policy == "Always");
        let mut sum = 0;
        for container in of("containers").chain(of("initContainers").filter(is_sidecar)) {
            let own = container.get("name").and_then(Value::as_str).unwrap_or_default();
            if !self.container.is_empty() && self.container != own {
                continue;
            }
            let requests = resources::resource_list(container.pointer("/resources/requests"));
            let Some(amount) = requests.get(resource) else {
                return Err(format!("missing request for {resource} in container {own} of Pod {name}"));
            };
            sum += amount.milli_value();
            if self.container == own {
                return Ok(sum);
            }
        }
        if self.container.is_empty() {
            Ok(sum)
        } else {
            Err(format!("container {} not found in Pod {name}", self.container))
        }
    }
}

/// Whether the processor time of a pod says nothing yet.
fn is_unready(pod: &Pod, sample: Sample, now: Time) -> bool {
    let condition = pod.condition("Ready").zip(pod.status.start_time);
    let Some((condition, started)) = condition else { return true };
    let since = condition.last_transition_time.unwrap_or_default();
    let is_false = condition.status == "False";
    if started.0 + CPU_INITIALIZATION_S > now.0 {
        is_false || sample.at.0 < since.0 + sample.window_s
    } else {
        is_false && started.0 + INITIAL_READINESS_DELAY_S > since.0
    }
}

/// Models GetResourceUtilizationRatio.
fn percent_ratio(samples: &Samples, requests: &BTreeMap<String, i64>, target: i32) -> Result<Ratio, String> {
    let known = samples.iter().filter_map(|(name, sample)| Some((sample.milli, *requests.get(name)?)));
    let (used, requested, count) = known.fold((0_i64, 0_i64, 0_i64), |(used, requested, count), (milli, request)| {
        (used.saturating_add(milli), requested.saturating_add(request), count + 1)
    });
    if requested == 0 {
        return Err("no metrics returned matched known pods".to_owned());
    }
    let percent = (used.saturating_mul(100) / requested) as i32;
    Ok((f64::from(percent) / f64::from(target), percent, used / count.max(1)))
}

/// Models GetMetricUsageRatio.
fn average_ratio(samples: &Samples, target: i64) -> Ratio {
    let used = samples.values().fold(0_i64, |sum, sample| sum.saturating_add(sample.milli));
    let average = used / i64::try_from(samples.len()).unwrap_or(i64::MAX).max(1);
    (average as f64 / target as f64, 0, average)
}
