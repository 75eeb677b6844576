//! What the kubelet tells of a pod: its status to the API server, events, and why it did what it did.

use serde_json::json;

use super::decisions::{self, reason};
use super::pod_worker::{Life, PodWorker, Turn};
use super::prober::{PodContext, ProbeResult, ProbeVerdict, Probed};
use super::probing::PodAsker;
use super::status::generate::{Given, generate};
use super::status::merge::merge;
use super::{KubeletRequest, ProbeKind};
use crate::api::{EventSource, EventType, ObjectReference, PodStatus, Time};
use crate::decision::Reason;
use crate::events::Note;
use crate::sim::Shared;

impl PodWorker {
    pub(super) fn make_status(&mut self, turn: &Turn<'_>, is_terminal: bool) -> Shared<PodStatus> {
        let is_too_old = self.deadline_at().is_some_and(|at| at <= turn.now);
        let given = Given {
            pod: self.sync.pod.as_ref().unwrap_or(&self.pod),
            old: self.status.status().unwrap_or(&self.pod.status),
            seen: &self.sync.seen,
            reasons: &self.retries.reasons,
            node_ip: &turn.config.node_ip,
            version: turn.config.version,
            is_terminal,
            ends_because: is_too_old
                .then_some(("DeadlineExceeded", "Pod was active on the node longer than the specified deadline")),
        };
        generate(&given, &mut self.prober).into()
    }

    /// Sets the status of the stopped pod and reports it, also when it was held back so far.
    pub(super) fn set_final_status(&mut self, turn: &mut Turn<'_>, status: Shared<PodStatus>) {
        let is_held = status.phase.is_terminal() && !self.pod.status.phase.is_terminal();
        if self.status.set(&self.pod, status, Time::from_sim(turn.now)) || is_held {
            self.report(turn);
        }
    }

    pub(super) fn set_status(&mut self, turn: &mut Turn<'_>, status: Shared<PodStatus>) {
        if self.status.set(&self.pod, status, Time::from_sim(turn.now)) {
            self.report(turn);
        }
    }

    /// Marks what could not be found as lost, and reports for the last time. Models statusManager.TerminatePod.
    pub(super) fn report_end(&mut self, turn: &mut Turn<'_>) {
        let before = self.status.status().cloned();
        self.status.terminate(&self.pod, Time::from_sim(turn.now));
        if before.as_ref() != self.status.status() {
            self.report(turn);
        }
    }

    /// Sends the status. A pod that may still have running containers is not reported as ended.
    fn report(&mut self, turn: &mut Turn<'_>) {
        let Some(status) = self.status.status().filter(|_| !self.is_removed) else { return };
        let mut status = merge(&self.pod, status, self.life < Life::Terminated);
        if !turn.config.version.has_sandbox_condition() {
            status.observed_generation = 0;
            status.host_ips.clear();
            status.conditions.retain(|condition| condition.kind != "PodReadyToStartContainers");
            status.conditions.iter_mut().for_each(|condition| condition.observed_generation = 0);
        }
        turn.requests.push(KubeletRequest::UpdatePodStatus { pod: self.key.clone(), status });
    }

    /// Models manager.canBeDeleted of pkg/kubelet/status.
    pub(super) fn must_request_deletion(&self) -> bool {
        self.life == Life::Finished
            && self.pod.metadata.deletion_timestamp.is_some()
            && !self.is_removed
            && !self.is_deletion_requested
    }

    pub(super) fn request_deletion(&mut self, turn: &mut Turn<'_>) {
        self.is_deletion_requested = true;
        let action = format!("remove pod {}", self.key.name);
        self.decide(turn, reason(decisions::REMOVE_POD, &[], action));
        turn.requests.push(KubeletRequest::DeletePod { pod: self.key.clone() });
    }

    pub(super) fn run_probes(&mut self, turn: &mut Turn<'_>) -> bool {
        if self.status.status().is_none() || !self.prober.is_due(turn.now) {
            return false;
        }
        let mut probed = Vec::new();
        let context = PodContext {
            spec: &self.pod.spec,
            status: self.status.status().map(|status| &**status),
            is_deleting: self.pod.metadata.deletion_timestamp.is_some(),
        };
        let mut asker = PodAsker {
            runtime: &mut self.runtime,
            world: &mut *turn.world,
            seed: turn.config.seed,
            uid: &self.key.uid,
        };
        self.prober.run(turn.now, context, &mut asker, &mut probed);
        for probed in probed {
            self.note_probe(turn, &probed);
        }
        self.take_in_results(turn);
        true
    }

    /// Models prober.probe of pkg/kubelet/prober/prober.go: the events of a probe.
    fn note_probe(&mut self, turn: &mut Turn<'_>, probed: &Probed) {
        let kind = probed.kind.as_str();
        let (reason, message) = match &probed.answer.verdict {
            ProbeVerdict::Success => return,
            ProbeVerdict::Warning(text) => ("ProbeWarning", format!("{kind} probe warning: {text}")),
            ProbeVerdict::Failure(text) => ("Unhealthy", format!("{kind} probe failed: {text}")),
            ProbeVerdict::Error(text) => ("Unhealthy", turn.config.version.probe_errored(kind, text)),
        };
        self.record(turn, &probed.container, EventType::Warning, reason, message);
    }

    /// Models the results' part of Kubelet.syncLoopIteration.
    fn take_in_results(&mut self, turn: &mut Turn<'_>) {
        let time = Time::from_sim(turn.now);
        while let Some(update) = self.prober.results.next_update() {
            let is_success = update.result == ProbeResult::Success;
            let id = update.container_id.as_str();
            let (has_changed, rule, word) = match update.kind {
                ProbeKind::Liveness if is_success => continue,
                ProbeKind::Liveness => (false, decisions::LIVENESS_FAILED, ""),
                ProbeKind::Readiness => {
                    let has_changed = self.status.set_container_readiness(&self.pod, id, is_success, time);
                    let rule = if is_success { decisions::READY } else { decisions::NOT_READY };
                    (has_changed, rule, if is_success { "ready" } else { "not ready" })
                }
                ProbeKind::Startup => {
                    let has_changed = self.status.set_container_startup(&self.pod, id, is_success, time);
                    (has_changed, decisions::STARTED, if is_success { "started" } else { "not started" })
                }
            };
            self.want_sync();
            if has_changed {
                self.report(turn);
                let inputs = [("container", json!(id)), ("result", json!(update.result.as_str()))];
                self.decide(turn, reason(rule, &inputs, format!("mark a container as {word}")));
            }
        }
    }

    pub(super) fn decide(&self, turn: &mut Turn<'_>, reason: Reason) {
        turn.requests.push(KubeletRequest::Decision { pod: self.key.clone(), reason });
    }

    /// Records an event about one of the pod's containers. Models recordContainerEvent with GenerateContainerRef.
    pub(super) fn record(&self, turn: &mut Turn<'_>, container: &str, kind: EventType, reason: &str, message: String) {
        let is_init = self.pod.spec.init_containers.iter().any(|init| init.name == container);
        let list = if is_init { "initContainers" } else { "containers" };
        self.record_about(turn, format!("spec.{list}{{{container}}}"), kind, reason, message);
    }

    /// Records an event about the pod as a whole, or about a part of it.
    pub(super) fn record_about(
        &self,
        turn: &mut Turn<'_>,
        field_path: String,
        kind: EventType,
        reason: &str,
        message: String,
    ) {
        turn.requests.push(KubeletRequest::RecordEvent(Note {
            source: EventSource { component: "kubelet".to_owned(), host: turn.config.node_name.clone() },
            object: ObjectReference {
                kind: "Pod".to_owned(),
                namespace: self.key.namespace.clone(),
                name: self.key.name.clone(),
                uid: self.key.uid.clone(),
                api_version: "v1".to_owned(),
                resource_version: self.pod.metadata.resource_version.to_string(),
                field_path,
            },
            kind,
            reason: reason.to_owned(),
            message,
        }));
    }

    /// `NAME_NAMESPACE(UID)`. Models format.Pod.
    pub(super) fn full_name(&self) -> String {
        format!("{}_{}({})", self.key.name, self.key.namespace, self.key.uid)
    }
}
