//! Pods whose node is no more. Models gcOrphaned of pkg/controller/podgc/gc_controller.go.

use std::sync::Arc;

use serde_json::json;

use super::Cluster;
use super::work::Task;
use crate::api::{Kind, Pod, PodCondition, PodPhase, Time};
use crate::apiserver::{Change, ChangeType, DeleteOptions, Key};
use crate::decision::Reason;
use crate::sim::SimTime;

/// Every rule by which this component decides.
pub(super) const RULES: &[&str] = &["node/gone"];

/// The collector looks so often. Models gcCheckPeriod.
const PERIOD_MS: u64 = 20_000;
/// A node may come back for so long. Models quarantineTime.
const QUARANTINE_MS: u64 = 40_000;

impl Cluster {
    pub(super) fn route_lost_node(&mut self, change: &Change) {
        if change.kind == ChangeType::Deleted {
            let seen_ms = (self.now.as_ms() / PERIOD_MS + 1) * PERIOD_MS;
            self.work.add_later(Task::PodGarbage, SimTime(seen_ms + QUARANTINE_MS));
        }
    }

    pub(super) fn collect_pods(&mut self) {
        let store = self.api.store();
        let is_orphan = |pod: &&Arc<Pod>| {
            !pod.node_name.is_empty() && store.get(Kind::Node, &Key::new("", pod.node_name.as_str())).is_none()
        };
        let orphans: Vec<Arc<Pod>> = store.pods(None).filter(is_orphan).cloned().collect();
        for pod in orphans {
            let key = Key::of(&pod.metadata);
            let inputs = vec![("pod", json!(key.name)), ("node", json!(pod.node_name))];
            let reason = Reason { rule: "node/gone", inputs, action: format!("delete pod {}", key.name) };
            self.decide("pod-garbage-collector", &format!("Pod/{key}"), reason);
            let mut status = pod.status.clone();
            status.phase = if status.phase.is_terminal() { status.phase } else { PodPhase::Failed };
            status.conditions.retain(|condition| condition.kind != "DisruptionTarget");
            status.conditions.push(PodCondition {
                kind: "DisruptionTarget".to_owned(),
                status: "True".to_owned(),
                reason: "DeletionByPodGC".to_owned(),
                message: "PodGC: node no longer exists".to_owned(),
                last_transition_time: Some(Time::from_sim(self.now)),
                observed_generation: pod.metadata.generation,
                ..PodCondition::default()
            });
            let options = DeleteOptions {
                grace_period_seconds: Some(0),
                uid: Some(pod.metadata.uid.clone()),
                ..DeleteOptions::default()
            };
            // It may have gone by itself.
            drop(self.api.update_pod_status(&key, &pod.metadata.uid, status));
            drop(self.api.delete(Kind::Pod, &key, &options));
        }
    }
}
