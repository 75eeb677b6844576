//! A node: what is known of its kubelet, and which of its pods the controllers of taints must look at.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Cluster;
use super::work::Task;
use crate::api::{EventSource, EventType, Generic, Kind, Object, ObjectReference, Pod};
use crate::apiserver::{Change, ChangeType, Key};
use crate::controllers::node_lifecycle as lifecycle;
use crate::controllers::taint_eviction::Evictions;
use crate::controllers::taints;
use crate::decision::Reason;
use crate::events::Note;
use crate::sim::SimTime;

/// What is known of nodes besides their objects.
#[derive(Clone, Debug, Default)]
pub(super) struct NodeWatch {
    /// When the controller notices that nothing is heard of a kubelet that is down, by node.
    pub(super) noticed_at: BTreeMap<String, SimTime>,
    /// The pods that are to go.
    pub(super) evictions: Evictions,
}

impl NodeWatch {
    /// Whether nothing has been heard of a node for too long.
    pub(super) fn is_lost(&self, node: &str, now: SimTime) -> bool {
        self.noticed_at.get(node).is_some_and(|noticed| *noticed <= now)
    }
}

impl Cluster {
    pub(super) fn node(&self, name: &str) -> Option<Arc<Generic>> {
        match self.api.store().get(Kind::Node, &Key::new("", name)) {
            Some(Object::Generic(node)) => Some(Arc::clone(node)),
            _ => None,
        }
    }

    pub(super) fn pods_of_node(&self, name: &str) -> Vec<Arc<Pod>> {
        self.api.store().pods(None).filter(|pod| pod.node_name == name).cloned().collect()
    }

    pub(super) fn kubelet_stopped(&mut self, name: &str) {
        let noticed_at = lifecycle::noticed_at(self.now, self.config.version);
        self.node_watch.noticed_at.insert(name.to_owned(), noticed_at);
        self.work.add_later(Task::NodeHealth(Key::new("", name)), noticed_at);
    }

    /// The kubelet reports at once; the controller sees it at its next look.
    pub(super) fn kubelet_started(&mut self, name: &str) {
        self.node_watch.noticed_at.remove(name);
        let Some(node) = self.node(name).filter(|node| !lifecycle::is_ready(node)) else { return };
        let ready = lifecycle::with_health(&node, true, self.now);
        let _nobody_else_writes = self.api.update_status(Object::Generic(Arc::new(ready)));
        let grace_s = lifecycle::grace_ms(self.config.version) / 1000;
        let inputs = vec![("node", name.into()), ("graceSeconds", grace_s.into())];
        let action = "the node is ready".to_owned();
        self.decide("node", &format!("Node/{name}"), Reason { rule: "node/ready", inputs, action });
        // The kubelet names its node by name where others name it by uid.
        let object = ObjectReference {
            kind: "Node".to_owned(),
            name: name.to_owned(),
            uid: name.to_owned(),
            ..ObjectReference::default()
        };
        let source = EventSource { component: "kubelet".to_owned(), host: String::new() };
        let message = format!("Node {name} status is now: NodeReady");
        self.record(Note { source, object, kind: EventType::Normal, reason: "NodeReady".to_owned(), message });
        self.work.add_later(Task::NodeHealth(Key::new("", name)), lifecycle::looks_at(self.now));
    }

    pub(super) fn is_any_node_ready_but(&self, name: &str) -> bool {
        self.api.store().list(Kind::Node, None).any(|object| match object {
            Object::Generic(node) => node.metadata.name != name && lifecycle::is_ready(node),
            _ => false,
        })
    }

    /// A node is ready now, or is not any more, or is gone: where it was the only ready one, or is the first again, the
    /// others' taints change too, at the controller's next look.
    pub(super) fn route_readiness(&mut self, change: &Change) {
        let is_ready = |object: &Object| matches!(object, Object::Generic(node) if lifecycle::is_ready(node));
        let is_gone = change.kind == ChangeType::Deleted;
        if !is_gone && change.old.as_ref().is_some_and(|old| is_ready(old) == is_ready(&change.object)) {
            return;
        }
        let name = &change.object.metadata().name;
        let others = self.api.store().list(Kind::Node, None).filter(|node| node.metadata().name != *name);
        let lost: Vec<Key> = others.filter(|node| !is_ready(node)).map(|node| Key::of(node.metadata())).collect();
        for key in lost {
            self.work.add_later(Task::NodeHealth(key), lifecycle::looks_at(self.now));
        }
    }

    /// A node's taints that drive pods away are others now. Models NodeUpdated of pkg/controller/tainteviction.
    pub(super) fn route_taints(&mut self, change: &Change) {
        let evicting = |object: &Object| match object {
            Object::Generic(node) => taints::evicting(node).into_iter().cloned().collect::<Vec<_>>(),
            _ => Vec::new(),
        };
        if change.old.as_ref().map(evicting).unwrap_or_default() == evicting(&change.object) {
            return;
        }
        let pods = self.pods_of_node(&change.object.metadata().name);
        pods.iter().for_each(|pod| self.enqueue(Task::Evict(Key::of(&pod.metadata))));
    }

    /// A pod has come to a node, has other tolerations, or is gone. Models PodUpdated of pkg/controller/tainteviction.
    #[inline(never)]
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
        let drives_away = || self.node(&pod.node_name).is_some_and(|node| !taints::evicting(&node).is_empty());
        if !self.node_watch.evictions.is_empty() || drives_away() {
            self.enqueue(Task::Evict(Key::of(&pod.metadata)));
        }
    }
}
