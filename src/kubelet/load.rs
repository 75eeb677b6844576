//! What the node's containers may use, and what they use. Models pkg/kubelet/server/stats.

use std::sync::Arc;

use serde_json::Value;

use super::Kubelet;
use super::objects::ObjectReader;
use crate::api::PodSpec;
use crate::api::resources::{quantity, resource_list};
use crate::images::{Limits, Usage};
use crate::sim::SimTime;

/// A node whose capacity is not known has so much: thousandths of a processor.
const NODE_MILLI: u64 = 2_000;

/// What the containers of a pod use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodUsage {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Each running container's name and what was seen of it.
    pub containers: Vec<(String, Usage)>,
}

/// What a container may use: its own limits, and what its node has.
pub(super) fn limits_of(spec: &PodSpec, container: &str, objects: &dyn ObjectReader) -> Limits {
    let lists = ["containers", "initContainers"].into_iter().filter_map(|list| spec.raw().get(list)?.as_array());
    let named = |found: &&Value| found.get("name").and_then(Value::as_str) == Some(container);
    let own = lists.flatten().find(named).and_then(|found| found.pointer("/resources/limits"));
    let own = resource_list(own);
    let amount = |name: &str| own.get(name).filter(|amount| amount.sign() > 0);
    let positive = |amount: i64| u64::try_from(amount).ok().filter(|amount| *amount > 0);
    let node = objects.node();
    let capacity = node.as_ref().and_then(|node| node.fields.get("status")?.pointer("/capacity/cpu"));
    Limits {
        cpu_milli: amount("cpu").and_then(|amount| positive(amount.milli_value())),
        memory_bytes: amount("memory").and_then(|amount| positive(amount.value())),
        node_milli: capacity.and_then(quantity).and_then(|cpus| positive(cpus.milli_value())).unwrap_or(NODE_MILLI),
    }
}

impl Kubelet {
    /// What was last seen of the node's running containers; nothing where nobody reaches the node, or where its kubelet is
    /// down.
    pub fn usage(&self, now: SimTime) -> Option<Vec<PodUsage>> {
        if self.is_stopped || self.is_cut_off {
            return None;
        }
        let pods = self.workers.values().map(|(worker, _)| PodUsage {
            namespace: worker.key.namespace.clone(),
            name: worker.key.name.clone(),
            containers: worker.runtime.usage(now),
        });
        Some(pods.filter(|pod| !pod.containers.is_empty()).collect())
    }

    /// Makes a running container use so much besides; answers whether it runs. Nothing given stays as it is.
    pub fn load_container(
        &mut self,
        uid: &str,
        container: &str,
        cpu_milli: Option<u64>,
        memory_bytes: Option<u64>,
        now: SimTime,
    ) -> bool {
        let Some((worker, _)) = self.workers.get_mut(uid) else { return false };
        let is_running = Arc::make_mut(worker).runtime.load(container, cpu_milli, memory_bytes, now);
        self.reschedule(&Arc::from(uid));
        is_running
    }
}
