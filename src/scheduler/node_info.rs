//! A node as the scheduler sees it: what it has, and what is on it. Models framework.NodeInfo.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::pod_info::{HostPort, PodInfo};
use crate::api::resources::{Resources, resource_list};
use crate::api::taints::Taint;
use crate::api::{Generic, StringMap};
use crate::sim::SharedMap;

/// The node.
#[derive(Clone, Debug, Default)]
pub struct NodeInfo {
    /// Name.
    pub name: String,
    /// Labels.
    pub labels: StringMap,
    /// Taints.
    pub taints: Vec<Taint>,
    /// Whether it takes no new pods.
    pub unschedulable: bool,
    /// What it has.
    pub allocatable: Resources,
    /// Sizes of its images by name.
    pub images: BTreeMap<String, i64>,
    /// Its pods, in the order in which they came.
    pub pods: Vec<Arc<PodInfo>>,
    /// Where each pod stands among them, by uid.
    pub(super) places: SharedMap<Arc<str>, usize>,
    /// What its pods ask for.
    pub requested: Resources,
    /// The same with defaults: cpu and memory.
    pub counted: (i64, i64),
    /// Ports in use.
    pub ports: BTreeSet<HostPort>,
    /// How many of its pods have affinities, and how many required ones against others.
    pub with_affinity: usize,
    /// How many of its pods must not be near some others.
    pub with_anti_affinity: usize,
    /// How many of its pods have each priority.
    pub(super) priorities: BTreeMap<i64, usize>,
}

impl NodeInfo {
    /// Reads a node, without pods.
    pub fn read(node: &Generic) -> Self {
        let spec = node.fields.get("spec");
        let status = node.fields.get("status");
        let list = |holder: Option<&Value>, field: &str| {
            holder.and_then(|holder| holder.get(field)?.as_array()).cloned().unwrap_or_default()
        };
        let mut images = BTreeMap::new();
        for image in list(status, "images") {
            let size = image.get("sizeBytes").and_then(Value::as_i64).unwrap_or(0);
            let names = image.get("names").and_then(Value::as_array).into_iter().flatten();
            images.extend(names.filter_map(|name| Some((name.as_str()?.to_owned(), size))));
        }
        Self {
            name: node.metadata.name.clone(),
            labels: node.metadata.labels.clone(),
            taints: list(spec, "taints").iter().map(Taint::read).collect(),
            unschedulable: spec.and_then(|spec| spec.get("unschedulable")) == Some(&Value::Bool(true)),
            allocatable: Resources::from_list(&resource_list(status.and_then(|status| status.get("allocatable")))),
            images,
            ..Self::default()
        }
    }

    /// Takes over the object's part of a newer reading; the pods stay.
    pub fn renew(&mut self, read: Self) {
        let Self { pods, places, requested, counted, ports, with_affinity, with_anti_affinity, priorities, .. } =
            std::mem::take(self);
        *self = Self { pods, places, requested, counted, ports, with_affinity, with_anti_affinity, priorities, ..read };
    }

    /// Puts a pod on it. Models NodeInfo.AddPodInfo.
    pub fn add(&mut self, pod: &Arc<PodInfo>) {
        self.count(pod, 1);
        self.ports.extend(pod.host_ports.iter().cloned());
        self.with_affinity += usize::from(pod.has_affinity());
        self.with_anti_affinity += usize::from(!pod.required_anti_affinity.is_empty());
        *self.priorities.entry(pod.priority).or_default() += 1;
        self.places.insert(Arc::from(pod.uid.as_str()), self.pods.len());
        self.pods.push(Arc::clone(pod));
    }

    /// Takes a pod from it; the last one takes its place. Models NodeInfo.RemovePod.
    pub fn remove(&mut self, uid: &str) -> Option<Arc<PodInfo>> {
        let place = self.places.remove(uid)?;
        let pod = self.pods.swap_remove(place);
        if let Some(moved) = self.pods.get(place) {
            self.places.insert(Arc::from(moved.uid.as_str()), place);
        }
        self.count(&pod, -1);
        if let Some(of_priority) = self.priorities.get_mut(&pod.priority) {
            *of_priority -= 1;
            if *of_priority == 0 {
                self.priorities.remove(&pod.priority);
            }
        }
        for port in &pod.host_ports {
            self.ports.remove(port);
        }
        self.with_affinity -= usize::from(pod.has_affinity());
        self.with_anti_affinity -= usize::from(!pod.required_anti_affinity.is_empty());
        Some(pod)
    }

    /// Whether one of its pods is less important than that.
    pub fn has_pods_below(&self, priority: i64) -> bool {
        self.priorities.first_key_value().is_some_and(|(least, _)| *least < priority)
    }

    fn count(&mut self, pod: &PodInfo, times: i64) {
        self.requested.add(&pod.requests, times);
        self.counted.0 += pod.counted.0 * times;
        self.counted.1 += pod.counted.1 * times;
    }

    /// Whether a port is in use. Models HostPortInfo.CheckConflict.
    pub fn has_port_conflict(&self, wanted: &HostPort) -> bool {
        const ALL: &str = "0.0.0.0";
        self.ports.iter().any(|used| {
            let is_same = used.port == wanted.port && used.protocol == wanted.protocol;
            is_same && (wanted.ip == ALL || used.ip == ALL || used.ip == wanted.ip)
        })
    }
}
