//! The node, carried out: its health, its taints, and the pods that they drive away.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::api::{EventSource, EventType, Generic, Kind, Object, ObjectReference, Pod, PodCondition, Time};
use crate::apiserver::{DeleteOptions, Key, NODE};
use crate::controllers::{node_lifecycle as lifecycle, reference_to};
use crate::events::Note;
use crate::sim::SimTime;

use super::Cluster;
use super::work::Task;
use crate::decision::Reason;

/// What is known of the node besides its object.
#[derive(Clone, Debug)]
pub(super) struct NodeWatch {
    /// When the controller notices that nothing is heard of the kubelet; never while it runs.
    noticed_at: SimTime,
    /// When pods are to be evicted.
    evictions: BTreeMap<Key, SimTime>,
    /// Whether the node has taints that drive pods away.
    drives_away: bool,
}

impl Default for NodeWatch {
    fn default() -> Self {
        Self { noticed_at: SimTime::NEVER, evictions: BTreeMap::new(), drives_away: false }
    }
}

impl Cluster {
    fn node(&self) -> Option<Arc<Generic>> {
        match self.api.store().get(Kind::Node, &Key::new("", NODE)) {
            Some(Object::Generic(node)) => Some(Arc::clone(node)),
            _ => None,
        }
    }

    pub(super) fn kubelet_stopped(&mut self) {
        self.node_watch.noticed_at = lifecycle::noticed_at(self.now, self.config.version);
        self.work.add_later(Task::NodeHealth, self.node_watch.noticed_at);
    }

    /// The kubelet reports at once; the controller sees it at its next look.
    pub(super) fn kubelet_started(&mut self) {
        self.node_watch.noticed_at = SimTime::NEVER;
        let Some(node) = self.node().filter(|node| !lifecycle::is_ready(node)) else { return };
        self.set_health(&node, true);
        self.node_event("kubelet", "NodeReady", format!("Node {NODE} status is now: NodeReady"));
        self.work.add_later(Task::NodeHealth, lifecycle::looks_at(self.now));
    }

    fn set_health(&mut self, node: &Generic, is_heard_of: bool) {
        let node = lifecycle::with_health(node, is_heard_of, self.now);
        let _nobody_else_writes = self.api.update_status(Object::Generic(Arc::new(node)));
        let (rule, action) =
            if is_heard_of { ("node/ready", "the node is ready") } else { ("node/not-ready", "the node is not ready") };
        let grace = lifecycle::grace_ms(self.config.version) / 1000;
        let inputs = vec![("node", NODE.into()), ("graceSeconds", grace.into())];
        self.decide("node", &format!("Node/{NODE}"), Reason { rule, inputs, action: action.to_owned() });
    }

    /// Models Controller.monitorNodeHealth.
    pub(super) fn sync_node_health(&mut self) {
        let Some(node) = self.node() else { return };
        if self.kubelet.is_stopped() && self.now >= self.node_watch.noticed_at && lifecycle::is_ready(&node) {
            self.set_health(&node, false);
            self.node_event("node-controller", "NodeNotReady", format!("Node {NODE} status is now: NodeNotReady"));
            self.mark_pods_not_ready();
        }
        self.taint_node();
        self.taints_changed();
    }

    /// Models pkg/controller/util/node MarkPodsNotReady.
    fn mark_pods_not_ready(&mut self) {
        for pod in self.pods_on_node() {
            let mut status = pod.status.clone();
            let ready = status.conditions.iter_mut().find(|condition| condition.kind == "Ready");
            let Some(ready) = ready.filter(|ready| ready.status == "True") else { continue };
            "False".clone_into(&mut ready.status);
            ready.last_transition_time = Some(Time::from_sim(self.now));
            if self.api.update_pod_status(&Key::of(&pod.metadata), &pod.metadata.uid, status).is_ok() {
                let message = "Node is not ready".to_owned();
                self.pod_event(&pod, "node-controller", EventType::Warning, "NodeNotReady", message);
            }
        }
    }

    fn pods_on_node(&self) -> Vec<Arc<Pod>> {
        self.api.store().pods(None).filter(|pod| pod.node_name == NODE).cloned().collect()
    }

    /// Gives the node the taints that follow from its state.
    fn taint_node(&mut self) {
        let Some(node) = self.node() else { return };
        let wanted = lifecycle::wanted_taints(&node, self.now);
        if wanted != lifecycle::taints(&node) {
            let _nobody_else_writes = self.api.update(Object::Generic(Arc::new(lifecycle::with_taints(&node, wanted))));
        }
    }

    /// The node's taints may be others now. Models pkg/controller/tainteviction handleNodeUpdate.
    fn taints_changed(&mut self) {
        let Some(node) = self.node() else { return };
        self.node_watch.drives_away = lifecycle::taints(&node).iter().any(|taint| taint["effect"] == "NoExecute");
        if self.node_watch.drives_away || !self.node_watch.evictions.is_empty() {
            self.pods_on_node().iter().for_each(|pod| self.plan_eviction(pod, &node));
        }
    }

    /// A pod has come to the node.
    pub(super) fn pod_came(&mut self, pod: &Pod) {
        if self.node_watch.drives_away
            && let Some(node) = self.node()
        {
            self.plan_eviction(pod, &node);
        }
    }

    /// Models processPodOnNode.
    fn plan_eviction(&mut self, pod: &Pod, node: &Generic) {
        let key = Key::of(&pod.metadata);
        let planned = self.node_watch.evictions.get(&key).copied();
        match (lifecycle::eviction_ms(pod, lifecycle::taints(node)), planned) {
            (Some(ms), None) if pod.metadata.deletion_timestamp.is_none() => {
                let at = self.now + ms;
                self.node_watch.evictions.insert(key.clone(), at);
                self.work.add_later(Task::Evict(key), at);
            }
            (None, Some(at)) => {
                self.node_watch.evictions.remove(&key);
                if at > self.now {
                    let message = format!("Cancelling deletion of Pod {key}");
                    self.pod_event(
                        pod,
                        "taint-eviction-controller",
                        EventType::Normal,
                        "TaintManagerEviction",
                        message,
                    );
                }
            }
            _ => {}
        }
    }

    /// Models addConditionAndDeletePod.
    pub(super) fn evict(&mut self, key: &Key) {
        if self.node_watch.evictions.get(key).is_none_or(|at| *at > self.now) {
            return;
        }
        self.node_watch.evictions.remove(key);
        let Some(pod) = self.api.store().pod(key).cloned() else { return };
        if pod.metadata.deletion_timestamp.is_some() {
            return;
        }
        let message = format!("Marking for deletion Pod {key}");
        self.pod_event(&pod, "taint-eviction-controller", EventType::Normal, "TaintManagerEviction", message);
        let mut status = pod.status.clone();
        status.conditions.retain(|condition| condition.kind != "DisruptionTarget");
        status.conditions.push(PodCondition {
            kind: "DisruptionTarget".to_owned(),
            status: "True".to_owned(),
            reason: "DeletionByTaintManager".to_owned(),
            message: "Taint manager: deleting due to NoExecute taint".to_owned(),
            last_transition_time: Some(Time::from_sim(self.now)),
            observed_generation: pod.metadata.generation,
            ..PodCondition::default()
        });
        let _still_there = self.api.update_pod_status(key, &pod.metadata.uid, status);
        let _still_there = self.api.delete(Kind::Pod, key, &DeleteOptions::default());
        let inputs = vec![("pod", (&*key.name).into()), ("node", NODE.into())];
        let action = format!("delete pod {}", key.name);
        self.decide("node", &format!("Pod/{key}"), Reason { rule: "node/evict", inputs, action });
    }

    fn node_event(&mut self, component: &str, reason: &str, message: String) {
        let uid = if component == "kubelet" {
            Some(NODE.to_owned())
        } else {
            self.node().map(|node| node.metadata.uid.clone())
        };
        let about = ObjectReference {
            kind: "Node".to_owned(),
            name: NODE.to_owned(),
            uid: uid.unwrap_or_default(),
            ..ObjectReference::default()
        };
        self.note(about, component, EventType::Normal, reason, message);
    }

    fn pod_event(&mut self, pod: &Pod, component: &str, kind: EventType, reason: &str, message: String) {
        self.note(reference_to(Kind::Pod, &pod.metadata), component, kind, reason, message);
    }

    fn note(&mut self, object: ObjectReference, component: &str, kind: EventType, reason: &str, message: String) {
        let source = EventSource { component: component.to_owned(), host: String::new() };
        self.record(Note { object, source, kind, reason: reason.to_owned(), message });
    }
}
