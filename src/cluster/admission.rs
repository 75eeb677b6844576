//! Whether a node's kubelet takes a pod that it is given. Models Kubelet.HandlePodAdditions and rejectPod.

use std::sync::Arc;

use serde_json::json;

use crate::api::{EventSource, EventType, Kind, Pod, PodPhase, PodStatus, Time};
use crate::apiserver::{Change, ChangeType, Key};
use crate::controllers::reference_to;
use crate::decision::Reason;
use crate::events::Note;
use crate::kubelet::REFUSE_POD;
use crate::scheduler::admission::{self, Refusal};

use super::Cluster;
use super::work::Task;

/// Until a kubelet has looked at a pod that was given to it past the scheduler, and its answer has arrived. A Deployment
/// whose pods no kubelet takes makes new ones for ever, and this is what slows it.
const ANSWERS_MS: u64 = 100;

impl Cluster {
    /// A pod of a node is new or has changed. What the scheduler has chosen the node for fits beside its other pods:
    /// only where the pod itself names its node these have to be looked at.
    pub(super) fn give_to_kubelet(&mut self, change: &Change, pod: &Arc<Pod>) {
        if !self.must_be_admitted(pod) {
            return self.take_pod(pod);
        }
        if change.kind == ChangeType::Added {
            return self.work.add(Task::Admit(Key::of(&pod.metadata)), self.now + ANSWERS_MS);
        }
        if self.work.awaits(&Task::Admit(Key::of(&pod.metadata))) {
            return;
        }
        match self.refusal(pod) {
            Some(refusal) => self.refuse_pod(pod, refusal),
            None => self.take_pod(pod),
        }
    }

    /// Why the node's kubelet does not take a pod, whatever its other pods are. The one that was taken last is remembered:
    /// another of the same spec is taken as well.
    fn refusal(&mut self, pod: &Arc<Pod>) -> Option<Refusal> {
        let node = self.node(&pod.node_name)?;
        let is_like_last = self.admitted.as_ref().is_some_and(|(known, last)| {
            Arc::ptr_eq(known, &node)
                && Arc::ptr_eq(&last.spec, &pod.spec)
                && last.metadata.labels == pod.metadata.labels
        });
        if is_like_last {
            return None;
        }
        let refusal = admission::refusal(pod, &node, &[]);
        self.admitted = refusal.is_none().then(|| (node, Arc::clone(pod)));
        refusal
    }

    fn take_pod(&mut self, pod: &Arc<Pod>) {
        if let Some(kubelet) = self.fleet.of_node_mut(&pod.node_name) {
            kubelet.pod_changed(pod, self.now);
        }
    }

    fn must_be_admitted(&self, pod: &Pod) -> bool {
        let is_ending = pod.metadata.deletion_timestamp.is_some() || pod.status.phase.is_terminal();
        let kubelet = self.fleet.of_node(&pod.node_name);
        !is_ending && kubelet.is_some_and(|kubelet| !kubelet.is_stopped() && !kubelet.has_pod(&pod.metadata.uid))
    }

    /// Looks at a pod that names its node itself, beside the node's other pods.
    pub(super) fn admit_pod(&mut self, key: &Key) {
        let Some(pod) = self.api.store().pod(key).cloned() else { return };
        if !self.must_be_admitted(&pod) {
            return self.take_pod(&pod);
        }
        let kubelet = self.fleet.of_node(&pod.node_name);
        let is_other = |other: &Arc<Pod>| {
            other.metadata.uid != pod.metadata.uid
                && !other.status.phase.is_terminal()
                && kubelet.is_some_and(|kubelet| kubelet.has_pod(&other.metadata.uid))
        };
        let others: Vec<Arc<Pod>> = self.pods_of_node(&pod.node_name).into_iter().filter(is_other).collect();
        match self.node(&pod.node_name).and_then(|node| admission::refusal(&pod, &node, &others)) {
            Some(refusal) => self.refuse_pod(&pod, refusal),
            None => self.take_pod(&pod),
        }
    }

    fn refuse_pod(&mut self, pod: &Arc<Pod>, Refusal { reason, message }: Refusal) {
        let source = EventSource { component: "kubelet".to_owned(), host: pod.node_name.clone() };
        let object = reference_to(Kind::Pod, &pod.metadata);
        let event = Note { object, source, kind: EventType::Warning, reason: reason.clone(), message: message.clone() };
        self.record(event);
        let inputs = vec![("reason", json!(reason)), ("message", json!(message))];
        let key = Key::of(&pod.metadata);
        let action = format!("{} fails", key.name);
        self.decide("kubelet", &format!("Pod/{key}"), Reason { rule: REFUSE_POD, inputs, action });
        let status = PodStatus {
            phase: PodPhase::Failed,
            reason,
            message: format!("Pod was rejected: {message}"),
            qos_class: pod.status.qos_class.clone(),
            start_time: Some(Time::from_sim(self.now)),
            ..PodStatus::default()
        };
        // A pod that has gone meanwhile needs no status.
        drop(self.api.update_pod_status(&key, &pod.metadata.uid, status.into()));
    }
}
