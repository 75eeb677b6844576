//! The node: what is known of its kubelet, and which of its pods the controllers of taints must look at.

use std::sync::Arc;

use super::Cluster;
use super::work::Task;
use crate::api::{EventSource, EventType, Generic, Kind, Object, ObjectReference, Pod};
use crate::apiserver::{Change, ChangeType, Key, NODE};
use crate::controllers::node_lifecycle as lifecycle;
use crate::controllers::taint_eviction::Evictions;
use crate::controllers::taints;
use crate::decision::Reason;
use crate::events::Note;
use crate::sim::SimTime;

/// What is known of the node besides its object.
#[derive(Clone, Debug)]
pub(super) struct NodeWatch {
    /// When the controller notices that nothing is heard of the kubelet; never while it runs.
    pub(super) noticed_at: SimTime,
    /// The pods that are to go.
    pub(super) evictions: Evictions,
}

impl Default for NodeWatch {
    fn default() -> Self {
        Self { noticed_at: SimTime::NEVER, evictions: Evictions::default() }
    }
}

impl Cluster {
    pub(super) fn node(&self) -> Option<Arc<Generic>> {
        match self.api.store().get(Kind::Node, &Key::new("", NODE)) {
            Some(Object::Generic(node)) => Some(Arc::clone(node)),
            _ => None,
        }
    }

    pub(super) fn pods_of_node(&self) -> Vec<Arc<Pod>> {
        self.api.store().pods(None).filter(|pod| pod.node_name == NODE).cloned().collect()
    }

    pub(super) fn kubelet_stopped(&mut self) {
        self.node_watch.noticed_at = lifecycle::noticed_at(self.now, self.config.version);
        self.work.add_later(Task::NodeHealth, self.node_watch.noticed_at);
    }

    /// The kubelet reports at once; the controller sees it at its next look.
    pub(super) fn kubelet_started(&mut self) {
        self.node_watch.noticed_at = SimTime::NEVER;
        let Some(node) = self.node().filter(|node| !lifecycle::is_ready(node)) else { return };
        let ready = lifecycle::with_health(&node, true, self.now);
        let _nobody_else_writes = self.api.update_status(Object::Generic(Arc::new(ready)));
        let grace_s = lifecycle::grace_ms(self.config.version) / 1000;
        let inputs = vec![("node", NODE.into()), ("graceSeconds", grace_s.into())];
        let action = "the node is ready".to_owned();
        self.decide("node", &format!("Node/{NODE}"), Reason { rule: "node/ready", inputs, action });
        // The kubelet names its node by name where others name it by uid.
        let object = ObjectReference {
            kind: "Node".to_owned(),
            name: NODE.to_owned(),
            uid: NODE.to_owned(),
            ..ObjectReference::default()
        };
        let source = EventSource { component: "kubelet".to_owned(), host: String::new() };
        let message = format!("Node {NODE} status is now: NodeReady");
        self.record(Note { source, object, kind: EventType::Normal, reason: "NodeReady".to_owned(), message });
        self.work.add_later(Task::NodeHealth, lifecycle::looks_at(self.now));
    }

    /// The node's taints that drive pods away are others now. Models NodeUpdated of pkg/controller/tainteviction.
    pub(super) fn route_taints(&mut self, change: &Change) {
        let evicting = |object: &Object| match object {
            Object::Generic(node) => taints::evicting(node).into_iter().cloned().collect::<Vec<_>>(),
            _ => Vec::new(),
        };
        if change.old.as_ref().map(evicting).unwrap_or_default() == evicting(&change.object) {
            return;
        }
        let pods = self.pods_of_node();
        pods.iter().for_each(|pod| self.enqueue(Task::Evict(Key::of(&pod.metadata))));
    }

    /// A pod has come to the node, has other tolerations, or is gone. Models PodUpdated of pkg/controller/tainteviction.
    pub(super) fn route_pod_to_taints(&mut self, change: &Change, pod: &Pod) {
        let is_known = match &change.old {
            Some(Object::Pod(old)) if change.kind != ChangeType::Deleted => {
                old.node_name == pod.node_name
                    && (Arc::ptr_eq(&old.spec, &pod.spec) || taints::tolerations(old) == taints::tolerations(pod))
            }
            _ => false,
        };
        if is_known || pod.node_name.is_empty() {
            return;
        }
        let drives_away = || self.node().is_some_and(|node| !taints::evicting(&node).is_empty());
        if !self.node_watch.evictions.is_empty() || drives_away() {
            self.enqueue(Task::Evict(Key::of(&pod.metadata)));
        }
    }
}
