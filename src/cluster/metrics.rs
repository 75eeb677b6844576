//! The metrics-server: what it has been told of pods and nodes, and what it says of them. Off, as minikube's addon is until
//! somebody turns it on.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::api::resources::quantity;
use crate::api::{Kind, Object, Time};
use crate::apiserver::Key;
use crate::client::{ContainerMetrics, MetricsApi, NodeMetrics, PodMetrics};
use crate::controllers::horizontal::usage::{Sample, Samples};
use crate::images::Usage;
use crate::kubelet::PodUsage;
use crate::sim::SimTime;

use super::Cluster;
use super::work::Task;

/// `--metric-resolution`
const RESOLUTION_MS: u64 = 15_000;
/// A container that is younger has no metrics. Models freshContainerMinMetricsResolution.
const FRESH_MS: u64 = 10_000;
/// From the addon's command until its container runs: the image is pulled.
const STARTS_MS: u64 = 6_000;
/// From then until it is asked: its readiness is looked at after 20 s, and the API server's look at the service follows.
const SERVES_MS: u64 = 22_000;
/// What a node uses by itself: its system, the kubelet, the control plane.
const NODE_NANO: u64 = 120_000_000;
const NODE_BYTES: u64 = 600 << 20;

/// What was seen of a pod's containers at one look.
type Points = BTreeMap<String, Usage>;

/// What the last look has shown, and the one before it where both together say how much was used.
#[derive(Debug, Default)]
struct Looks {
    last: BTreeMap<Key, Points>,
    before: BTreeMap<Key, Points>,
    /// The nodes that have answered, with how often in a row.
    nodes: BTreeMap<String, (u32, Time)>,
}

/// The metrics-server; nothing where it is off.
#[derive(Clone, Debug, Default)]
pub(super) struct MetricsServer(Option<Running>);

#[derive(Clone, Debug)]
struct Running {
    enabled: SimTime,
    looks: Arc<Looks>,
}

impl Cluster {
    /// `minikube addons enable|disable metrics-server`; answers whether that changes anything.
    pub fn enable_metrics(&mut self, is_on: bool) -> bool {
        if self.metrics.0.is_some() == is_on {
            return false;
        }
        self.metrics.0 = is_on.then(|| Running { enabled: self.now, looks: Arc::default() });
        if is_on {
            self.work.add_later(Task::Scrape, self.now + STARTS_MS);
        }
        self.intervened();
        true
    }

    /// Whether somebody has turned the metrics-server on.
    pub fn has_metrics(&self) -> bool {
        self.metrics.0.is_some()
    }

    /// Asks every node what its containers use. Models metrics-server's scraper and its pods' storage.
    pub(super) fn scrape(&mut self) {
        let Some(running) = &self.metrics.0 else { return };
        // A task that was queued before it was turned off and on again is not one of this server's.
        let begins = running.enabled + STARTS_MS;
        if self.now < begins || !self.now.ms_since(begins).is_multiple_of(RESOLUTION_MS) {
            return;
        }
        let old = Arc::clone(&running.looks);
        let mut new = Looks::default();
        for kubelet in self.fleet.iter() {
            let Some(pods) = kubelet.usage(self.now) else { continue };
            let node = &kubelet.config().node_name;
            let times = old.nodes.get(node).map_or(0, |(times, _)| *times) + 1;
            new.nodes.insert(node.clone(), (times, Time::from_sim(self.now)));
            pods.into_iter().for_each(|pod| keep(&old, &mut new, pod));
        }
        if let Some(running) = &mut self.metrics.0 {
            running.looks = Arc::new(new);
        }
        self.work.add_later(Task::Scrape, self.now + RESOLUTION_MS);
    }

    /// What the metrics' API answers now.
    pub(super) fn metrics_api(&self) -> MetricsApi {
        match &self.metrics.0 {
            None => MetricsApi::Absent,
            Some(running) if self.now < running.enabled + STARTS_MS + SERVES_MS => MetricsApi::Unavailable,
            Some(_) => MetricsApi::Serves,
        }
    }

    fn looks(&self) -> Option<&Looks> {
        self.metrics.0.as_ref().filter(|_| self.metrics_api() == MetricsApi::Serves).map(|running| &*running.looks)
    }

    /// The pods of a namespace, or all, of which something is known.
    pub(super) fn pod_metrics(&self, namespace: Option<&str>) -> Vec<PodMetrics> {
        let Some(looks) = self.looks() else { return Vec::new() };
        let known = looks.last.iter().filter(|(key, _)| namespace.is_none_or(|wanted| *key.namespace == *wanted));
        // A pod that is gone from the API server is not asked for any more.
        let known = known.filter(|(key, _)| self.api.store().pod(key).is_some());
        known.filter_map(|(key, last)| of_pod(key, last, looks.before.get(key)?)).collect()
    }

    /// The nodes of which something is known.
    pub(super) fn node_metrics(&self) -> Vec<NodeMetrics> {
        let Some(looks) = self.looks() else { return Vec::new() };
        let pods = self.pod_metrics(None);
        let known = looks.nodes.iter().filter(|(_, (times, _))| *times > 1);
        let of_node = |(name, (_, at)): (&String, &(u32, Time))| {
            let (mut cpu_nano, mut memory_bytes) = (NODE_NANO, NODE_BYTES);
            for pod in &pods {
                let key = Key::new(pod.namespace.as_str(), pod.name.as_str());
                if self.api.store().pod(&key).is_some_and(|pod| pod.node_name == *name) {
                    cpu_nano += pod.containers.iter().map(|container| container.cpu_nano).sum::<u64>();
                    memory_bytes += pod.containers.iter().map(|container| container.memory_bytes).sum::<u64>();
                }
            }
            // No node uses more than it has.
            let has = self.node(name).and_then(|node| quantity(node.fields.get("status")?.pointer("/capacity/cpu")?));
            let most = has.and_then(|cpus| u64::try_from(cpus.milli_value()).ok()).map_or(u64::MAX, |m| m * 1_000_000);
            NodeMetrics { name: name.clone(), at: *at, cpu_nano: cpu_nano.min(most), memory_bytes }
        };
        known.map(of_node).collect()
    }

    /// What the pods that an autoscaler looks at use of a resource: of one container, or of all. Models
    /// resourceMetricsClient.GetResourceMetric.
    pub(super) fn measure(
        &self,
        namespace: &str,
        is_meant: &dyn Fn(&str) -> bool,
        resource: &str,
        container: &str,
    ) -> Result<Samples, String> {
        let fetching = "unable to fetch metrics from resource metrics API: the server";
        match self.metrics_api() {
            MetricsApi::Absent => {
                return Err(format!("{fetching} could not find the requested resource (get pods.metrics.k8s.io)"));
            }
            MetricsApi::Unavailable => {
                return Err(format!("{fetching} is currently unable to handle the request (get pods.metrics.k8s.io)"));
            }
            MetricsApi::Serves => {}
        }
        let mut pods = self.pod_metrics(Some(namespace));
        pods.retain(|pod| is_meant(&pod.name));
        if pods.is_empty() {
            return Err("no metrics returned from resource metrics API".to_owned());
        }
        let mut samples = Samples::new();
        for pod in pods {
            let mut containers = pod.containers;
            containers.retain(|known| container.is_empty() || known.name == container);
            if containers.is_empty() {
                return Err(format!(
                    "failed to get container metrics: container {container} not present in metrics for pod {namespace}/{}",
                    pod.name
                ));
            }
            let milli = match resource {
                "cpu" => containers.iter().map(|known| known.cpu_nano.div_ceil(1_000_000)).sum::<u64>(),
                "memory" => containers.iter().map(|known| known.memory_bytes.saturating_mul(1000)).sum(),
                // Nothing else is measured: the pod has no metrics then.
                _ => continue,
            };
            let milli = i64::try_from(milli).unwrap_or(i64::MAX);
            samples.insert(pod.name, Sample { milli, at: pod.at, window_s: pod.window_s });
        }
        Ok(samples)
    }

    /// Makes a running container of a pod use more than it does by itself, until it ends; nothing given stays as it is. A
    /// pod's first container, when none is named.
    ///
    /// # Errors
    /// When there is no such pod or container, or it does not run.
    pub fn load(
        &mut self,
        pod: &Key,
        container: Option<&str>,
        cpu_milli: Option<u64>,
        memory_bytes: Option<u64>,
    ) -> Result<(), String> {
        let (uid, container) = self.container_of(pod, container)?;
        let now = self.now;
        let kubelet = self.fleet.of_pod_mut(&uid);
        if !kubelet.is_some_and(|kubelet| kubelet.load_container(&uid, &container, cpu_milli, memory_bytes, now)) {
            return Err(format!("container {container} of pod {} does not run", pod.name));
        }
        self.intervened();
        Ok(())
    }

    /// The pods of a Deployment, by name.
    pub fn pods_of_deployment(&self, key: &Key) -> Option<Vec<Key>> {
        let Some(Object::Deployment(found)) = self.api.store().get(Kind::Deployment, key) else { return None };
        let pods = self.api.store().pods(Some(&key.namespace));
        let own = pods.filter(|pod| found.spec.selector.matches(&pod.metadata.labels));
        Some(own.map(|pod| Key::of(&pod.metadata)).collect())
    }
}

/// Keeps what was seen of a pod, and what was seen before where the two can be compared. Models podStorage.Store.
fn keep(old: &Looks, new: &mut Looks, pod: PodUsage) {
    let key = Key::new(pod.namespace, pod.name);
    let known = |looks: &BTreeMap<Key, Points>, name: &str| looks.get(&key)?.get(name).copied();
    let (mut last, mut before) = (Points::new(), Points::new());
    for (name, point) in pod.containers {
        let age_ms = point.at.ms_since(point.started);
        if (FRESH_MS..RESOLUTION_MS).contains(&age_ms) {
            before.insert(name.clone(), Usage { at: point.started, cpu_us: 0, ..point });
        } else if let Some(stored) = known(&old.last, &name).filter(|stored| point.started < stored.at) {
            let earlier = if point.at > stored.at { Some(stored) } else { known(&old.before, &name) };
            before.extend(earlier.filter(|earlier| earlier.at < point.at).map(|earlier| (name.clone(), earlier)));
        }
        last.insert(name, point);
    }
    if !before.is_empty() {
        new.before.insert(key.clone(), before);
    }
    new.last.insert(key, last);
}

/// What two looks say together; nothing when one of the containers was not seen twice. Models podStorage.GetMetrics.
fn of_pod(key: &Key, last: &Points, before: &Points) -> Option<PodMetrics> {
    let mut containers = Vec::new();
    let mut earliest: Option<(SimTime, u64)> = None;
    for (name, last) in last {
        let before = before.get(name)?;
        let window_ms = last.at.ms_since(before.at);
        let Some(used_us) = last.cpu_us.checked_sub(before.cpu_us).filter(|_| last.started >= before.started) else {
            continue;
        };
        containers.push(ContainerMetrics {
            name: name.clone(),
            cpu_nano: used_us.saturating_mul(1_000_000) / window_ms.max(1),
            memory_bytes: last.memory_bytes,
        });
        if earliest.is_none_or(|(at, _)| at > last.at) {
            earliest = Some((last.at, window_ms));
        }
    }
    let (at, window_ms) = earliest?;
    Some(PodMetrics {
        namespace: key.namespace.to_string(),
        name: key.name.to_string(),
        at: Time::from_sim(at),
        window_s: i64::try_from(window_ms / 1000).unwrap_or_default(),
        containers,
    })
}
