//! Scheduling, carried out: pods get nodes, make room, or wait; changes wake those that wait.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::api::well_known;
use crate::api::{
    Event, EventSeries, EventSource, EventType, Generic, Kind, LabelSelector, MicroTime, Object, Pod, PodCondition,
    PodStatus, StringMap, Time,
};
use crate::apiserver::{Change, ChangeType, DeleteOptions, Key};
use crate::controllers::reference_to;
use crate::decision::Reason;
use crate::events::Note;
use crate::events::series::{FINISH_MS, REFRESH_MS, Write};
use crate::scheduler::cycle::{self, Choice, Failure, Outcome};
use crate::scheduler::hints::{Action, Event as Hint, node_changes};
use crate::scheduler::preemption::{Budget, Preemption};
use crate::scheduler::queue::{Refusal, Waiting};
use crate::scheduler::{Cycle, NodeInfo, PodInfo, Selector};
use crate::sim::{Shared, SimTime};

use super::Cluster;
use super::work::Task;

/// From a pod's creation, or from what helps it, to its node.
const SCHEDULING_MS: u64 = 10;
/// The scheduler that this is.
const NAME: &str = "default-scheduler";
/// Labels of a node that its pods get. Models the admission plugin PodTopologyLabels.
const TOPOLOGY_LABELS: [&str; 2] = [well_known::ZONE, well_known::REGION];

impl Cluster {
    /// A pod is tried, if it is its turn.
    pub(super) fn schedule(&mut self, key: &Key) {
        if let Some(pod) = self.api.store().pod(key)
            && self.scheduler.is_overdue(&pod.metadata.uid, self.now)
        {
            let pod = Arc::clone(pod);
            self.scheduler.activate(&pod.metadata.uid, key.clone(), priority(&pod), self.now);
        }
        if let Some(key) = self.scheduler.next(self.now) {
            self.attempt(&key);
        }
    }

    fn attempt(&mut self, key: &Key) {
        let Some(pod) = self.api.store().pod(key).map(Arc::clone) else { return };
        if !pod.node_name.is_empty() || pod.metadata.deletion_timestamp.is_some() {
            return;
        }
        let version = self.api.store().resource_version();
        let info = self.scheduler.read(&pod);
        if let Some(failure) = self.scheduler.known_failure(&pod, version) {
            let nodes = self.scheduler.node_count();
            self.has_no_place(key, &pod, &info, nodes, &failure, &[]);
            return;
        }
        let nodes = self.scheduler.nodes();
        let namespaces = self.namespace_labels();
        let selector = self.selector_of_copies(&info);
        let nominated = self.scheduler.nominated();
        let budgets = self.budgets();
        let claims = self.claims_of(&info);
        let cycle = Cycle {
            pod: &info,
            nodes: &nodes,
            namespaces: &namespaces,
            default_selector: &selector,
            nominated: &nominated,
            budgets: &budgets,
            claims: claims.refusal.as_deref(),
            volumes: &claims.nodes,
            exclusive: &claims.exclusive,
        };
        match cycle::schedule(&cycle) {
            // The pod is tried again when its volumes are bound.
            Outcome::Scheduled(choice) if self.reserve_volumes(&claims, &choice.node) => {}
            Outcome::Scheduled(choice) => self.bind(key, &pod, &choice),
            Outcome::Unschedulable(failure) => {
                let failure = Arc::new(failure);
                self.scheduler.refused(Refusal { pod: Arc::clone(&pod), version, failure: Arc::clone(&failure) });
                let waiting = failure.preemption.as_ref().and_then(|found| nominated.get(&found.best.node));
                let waiting = waiting.map_or(&[][..], Vec::as_slice);
                self.has_no_place(key, &pod, &info, nodes.len(), &failure, waiting);
            }
        }
    }

    fn bind(&mut self, key: &Key, pod: &Pod, choice: &Choice) {
        let mut status = scheduled(pod, "True", "", "", self.now);
        status.nominated_node_name.clear();
        let node = match self.api.store().get(Kind::Node, &Key::new("", choice.node.as_str())) {
            Some(Object::Generic(node)) => Arc::clone(node),
            _ => return,
        };
        let on_node =
            self.scheduler.nodes().iter().find(|node| node.name == choice.node).map_or(0, |node| node.pods.len());
        let labels = TOPOLOGY_LABELS.iter().filter_map(|label| node.metadata.labels.get_key_value(*label));
        let labels: StringMap = labels.map(|(key, value)| (key.clone(), value.clone())).collect();
        if self.api.bind(key, &choice.node, labels, status).is_err() {
            return;
        }
        let mut inputs = vec![
            ("node", json!(choice.node)),
            ("podsOnNode", json!(on_node)),
            ("nodesThatFit", json!(choice.feasible.len())),
        ];
        if choice.feasible.len() > 1 {
            let of_node = |at: usize| {
                let points = choice.scores.iter().filter_map(|plugin| Some((plugin.plugin, plugin.scores.get(at)?)));
                points.map(|(plugin, points)| (plugin.to_owned(), json!(points))).collect::<serde_json::Map<_, _>>()
            };
            let all = choice.feasible.iter().enumerate().map(|(at, name)| (name.clone(), Value::Object(of_node(at))));
            inputs.push(("scores", Value::Object(all.collect())));
        }
        if !choice.refused.is_empty() {
            inputs.push(("refused", json!(choice.refused)));
        }
        let action = format!("bind {} to {}", pod.metadata.name, choice.node);
        self.decide("scheduler", &format!("Pod/{key}"), Reason { rule: "scheduler/bind", inputs, action });
        let message = format!("Successfully assigned {key} to {}", choice.node);
        self.record_scheduling(pod, "Binding", EventType::Normal, "Scheduled", message);
    }

    /// Models handleSchedulingFailure.
    fn has_no_place(
        &mut self,
        key: &Key,
        pod: &Arc<Pod>,
        info: &Arc<PodInfo>,
        nodes: usize,
        failure: &Failure,
        nominated: &[Arc<PodInfo>],
    ) {
        let object = format!("Pod/{key}");
        let mut status = scheduled(pod, "False", "Unschedulable", &failure.message, self.now);
        if failure.clears_nomination {
            status.nominated_node_name.clear();
        }
        if let Some(preemption) = &failure.preemption {
            status.nominated_node_name.clone_from(&preemption.best.node);
        }
        let mut info = Arc::clone(info);
        if info.nominated_node != status.nominated_node_name {
            Arc::make_mut(&mut info).nominated_node.clone_from(&status.nominated_node_name);
        }
        let failures = self.scheduler.failures(&pod.metadata.uid) + 1;
        let plugins = failure.plugins.clone();
        let again_at = self.scheduler.failed(Waiting::failed(Arc::clone(&info), failures, self.now, plugins));
        if let Some(at) = again_at {
            self.work.add_later(Task::Schedule(key.clone()), at);
        }
        self.record_scheduling(pod, "Scheduling", EventType::Warning, "FailedScheduling", failure.note());
        if status != pod.status {
            let _still_there = self.api.update_pod_status(key, &pod.metadata.uid, status);
            let mut inputs = vec![("nodes", json!(nodes)), ("obstacle", json!(failure.message))];
            if !failure.refused.is_empty() {
                inputs.push(("refused", json!(failure.refused)));
            }
            let action = format!("{} stays Pending", pod.metadata.name);
            self.decide("scheduler", &object, Reason { rule: "scheduler/unschedulable", inputs, action });
        }
        if let Some(preemption) = &failure.preemption {
            self.make_room(&object, &info, preemption, nominated, &failure.message);
        }
    }

    /// Models pkg/scheduler/framework/preemption/executor.go.
    fn make_room(
        &mut self,
        object: &str,
        pod: &Arc<PodInfo>,
        preemption: &Preemption,
        nominated: &[Arc<PodInfo>],
        message: &str,
    ) {
        for other in preemption.cleared(pod, nominated) {
            let key = Key::new(other.namespace.as_str(), other.name.as_str());
            let Some(stored) = self.api.store().pod(&key).cloned() else { continue };
            let mut status = stored.status.clone();
            status.nominated_node_name.clear();
            let _still_there = self.api.update_pod_status(&key, &stored.metadata.uid, status);
        }
        let node = preemption.best.node.as_str();
        let victims: Vec<&Arc<PodInfo>> = preemption.deleted().collect();
        for victim in &victims {
            let key = Key::new(victim.namespace.as_str(), victim.name.as_str());
            let Some(stored) = self.api.store().pod(&key).cloned() else { continue };
            let mut status = stored.status.clone();
            status.conditions.retain(|condition| condition.kind != "DisruptionTarget");
            status.conditions.push(PodCondition {
                kind: "DisruptionTarget".to_owned(),
                status: "True".to_owned(),
                reason: "PreemptionByScheduler".to_owned(),
                message: format!("{NAME}: preempting to accommodate a higher priority pod"),
                last_transition_time: Some(Time::from_sim(self.now)),
                observed_generation: stored.metadata.generation,
                ..PodCondition::default()
            });
            let _still_there = self.api.update_pod_status(&key, &stored.metadata.uid, status);
            let _still_there = self.api.delete(Kind::Pod, &key, &DeleteOptions::default());
            let message = format!("Preempted by pod {} on node {node}", pod.uid);
            self.record_scheduling(&stored, "Preempting", EventType::Normal, "Preempted", message);
        }
        if !victims.is_empty() {
            let names: Vec<&str> = victims.iter().map(|victim| victim.name.as_str()).collect();
            let inputs = vec![
                ("pod", json!(pod.name)),
                ("priority", json!(pod.priority)),
                ("node", json!(node)),
                ("victims", json!(names)),
                ("obstacle", json!(message)),
            ];
            let action = format!("delete {}", names.join(", "));
            self.decide("scheduler", object, Reason { rule: "scheduler/preempt", inputs, action });
        }
    }

    /// The scheduler's informers: what a change of a pod means for those that wait. Models eventhandlers.go.
    #[inline(never)]
    pub(super) fn route_pod_to_scheduler(&mut self, change: &Change, pod: &Arc<Pod>) {
        let uid = pod.metadata.uid.as_str();
        if change.kind == ChangeType::Deleted || pod.status.phase.is_terminal() {
            match self.scheduler.left(uid) {
                Some(old) => self.wake(Hint::Pod(Action::Delete, Some(&old), None)),
                None => self.scheduler.forget(uid),
            }
        } else if !pod.node_name.is_empty() {
            let old = match &change.old {
                Some(Object::Pod(old)) => Some(&**old),
                _ => None,
            };
            if let Some(moved) = self.scheduler.placed(pod, old) {
                for action in moved.actions {
                    self.wake(Hint::Pod(action, moved.old.as_deref(), Some(&moved.new)));
                }
            }
        } else {
            self.route_unplaced_pod(change, pod);
        }
    }

    #[inline(never)]
    fn route_unplaced_pod(&mut self, change: &Change, pod: &Arc<Pod>) {
        let spec = pod.spec.raw();
        let is_gated = |pod: &Pod| {
            let gates = pod.spec.raw().get("schedulingGates").and_then(Value::as_array);
            gates.is_some_and(|gates| !gates.is_empty())
        };
        let is_ours =
            spec.get("schedulerName").and_then(Value::as_str).is_none_or(|name| name == NAME || name.is_empty());
        if !is_ours || pod.metadata.deletion_timestamp.is_some() {
            return;
        }
        let was_gated = match &change.old {
            Some(Object::Pod(old)) => is_gated(old),
            _ => false,
        };
        let key = Key::of(&pod.metadata);
        if is_gated(pod) {
            if change.kind == ChangeType::Added {
                let why = "Scheduling is blocked due to non-empty scheduling gates";
                let status = scheduled(pod, "False", "SchedulingGated", why, self.now);
                let _still_there = self.api.update_pod_status(&key, &pod.metadata.uid, status);
            }
        } else if change.kind == ChangeType::Added || was_gated {
            self.activate(&pod.metadata.uid, key, priority(pod));
        } else if !self.scheduler.is_idle() {
            let store = self.api.store();
            if self.scheduler.waiting_changed(pod, &|info| selector_of_copies(store, info)) {
                self.activate(&pod.metadata.uid, key, priority(pod));
            }
        }
    }

    fn activate(&mut self, uid: &str, key: Key, priority: i64) {
        let at = self.now + SCHEDULING_MS;
        self.scheduler.activate(uid, key.clone(), priority, at);
        self.work.add_later(Task::Schedule(key), at);
    }

    /// A node is new, another than before, or gone.
    pub(super) fn route_node_to_scheduler(&mut self, change: &Change, node: &Generic) {
        if change.kind == ChangeType::Deleted {
            if let Some(old) = self.scheduler.node_removed(&node.metadata.name) {
                self.wake(Hint::Node(Action::Delete, Some(&old), None));
            }
            return;
        }
        let (old, new) = self.scheduler.node_changed(node);
        match old {
            None => self.wake(Hint::Node(Action::Add, None, Some(&new))),
            Some(old) => {
                for action in node_changes(&old, &new) {
                    self.wake(Hint::Node(action, Some(&old), Some(&new)));
                }
            }
        }
    }

    fn wake(&mut self, event: Hint<'_>) {
        if self.scheduler.is_idle() {
            return;
        }
        let store = self.api.store();
        let helped = self.scheduler.helped(event, &|info| selector_of_copies(store, info));
        self.activate_all(&helped);
    }

    pub(super) fn activate_all(&mut self, pods: &[Arc<PodInfo>]) {
        for pod in pods {
            self.activate(&pod.uid, Key::new(pod.namespace.as_str(), pod.name.as_str()), pod.priority);
        }
    }

    /// The nodes as the scheduler counts them: what each has, and what its pods ask for.
    pub fn counted_nodes(&self) -> Vec<Arc<NodeInfo>> {
        self.scheduler.nodes()
    }

    fn namespace_labels(&self) -> BTreeMap<String, StringMap> {
        let namespaces = self.api.store().list(Kind::Namespace, None);
        namespaces.map(|found| (found.metadata().name.clone(), found.metadata().labels.clone())).collect()
    }

    fn selector_of_copies(&self, pod: &PodInfo) -> Selector {
        selector_of_copies(self.api.store(), pod)
    }

    fn budgets(&self) -> Vec<Budget> {
        let budgets = self.api.store().list(Kind::PodDisruptionBudget, None);
        let read = |object: &Object| {
            let Object::Generic(found) = object else { return None };
            let status = found.fields.get("status");
            Some(Budget {
                namespace: found.metadata.namespace.clone(),
                selector: Selector::read(found.fields.get("spec").and_then(|spec| spec.get("selector"))),
                allowed: status.and_then(|status| status.get("disruptionsAllowed")?.as_i64()).unwrap_or(0),
                disrupted: status
                    .and_then(|status| status.get("disruptedPods")?.as_object())
                    .map(|pods| pods.keys().cloned().collect())
                    .unwrap_or_default(),
            })
        };
        budgets.filter_map(read).collect()
    }

    /// The scheduler writes events of the new API: with `eventTime` and `action`, without a count; those that recur
    /// become a series.
    fn record_scheduling(&mut self, pod: &Pod, action: &str, kind: EventType, reason: &str, message: String) {
        let source = EventSource { component: NAME.to_owned(), host: String::new() };
        let note = Note { source, kind, reason: reason.to_owned(), message, ..Note::default() };
        let event = self.recorder.scheduling_event(reference_to(Kind::Pod, &pod.metadata), action, note, self.now);
        if reason != "FailedScheduling" {
            drop(self.api.create(Object::Event(Arc::new(event))));
            return;
        }
        if self.series.is_empty() {
            self.work.add(Task::EventSeries, next_multiple(self.now, FINISH_MS));
        }
        let write = self.series.record(pod.metadata.uid.clone(), Arc::new(event), self.now);
        write.into_iter().for_each(|write| self.write_series(write));
    }

    /// Ends series that have stopped, and writes those that go on.
    pub(super) fn tend_series(&mut self) {
        if self.now.as_ms().is_multiple_of(REFRESH_MS) {
            self.series.refresh().into_iter().for_each(|write| self.write_series(write));
        }
        self.series.finish(self.now).into_iter().for_each(|write| self.write_series(write));
        if !self.series.is_empty() {
            self.work.add(Task::EventSeries, next_multiple(self.now, FINISH_MS));
        }
    }

    fn write_series(&mut self, write: Write<Arc<Event>>) {
        match write {
            // An event that cannot be stored (its namespace is going) is lost, as in a real cluster.
            Write::Create(event) => drop(self.api.create(Object::Event(event))),
            Write::Patch(series) => {
                let Ok(Object::Event(stored)) = self.api.get(Kind::Event, &Key::of(&series.event.metadata)) else {
                    return;
                };
                let mut event = Event::clone(stored);
                event.series = series.repeated.map(|(count, last)| EventSeries {
                    count: i32::try_from(count).unwrap_or(i32::MAX),
                    last_observed_time: Some(MicroTime::from_sim(last)),
                });
                drop(self.api.update(Object::Event(Arc::new(event))));
            }
        }
    }
}

fn next_multiple(now: SimTime, period_ms: u64) -> SimTime {
    SimTime((now.as_ms() / period_ms + 1) * period_ms)
}

fn priority(pod: &Pod) -> i64 {
    pod.spec.raw().get("priority").and_then(Value::as_i64).unwrap_or(0)
}

/// Of which pods a pod is a copy. Models helper.DefaultSelector.
fn selector_of_copies(store: &crate::apiserver::Store, pod: &PodInfo) -> Selector {
    let services = store.services(Some(&pod.namespace)).map(|service| &service.spec.selector);
    let owner = pod.owner.as_ref().and_then(|owner| {
        let key = Key::new(pod.namespace.as_str(), owner.name.as_str());
        match owner.kind.as_str() {
            "ReplicaSet" => store.replica_set(&key).map(|set| set.spec.selector.clone()),
            "StatefulSet" => match store.get(Kind::StatefulSet, &key)? {
                Object::Generic(set) => {
                    serde_json::from_value::<LabelSelector>(set.fields.get("spec")?.get("selector")?.clone()).ok()
                }
                _ => None,
            },
            _ => None,
        }
    });
    Selector::of_copies(&pod.labels, services.filter(|selector| !selector.is_empty()), owner.map(Selector::Of))
}

fn scheduled(pod: &Pod, status: &str, reason: &str, message: &str, now: SimTime) -> Shared<PodStatus> {
    let mut new = pod.status.clone();
    let before = new.conditions.iter().find(|condition| condition.kind == "PodScheduled");
    let since = before.filter(|before| before.status == status).and_then(|before| before.last_transition_time);
    new.conditions.retain(|condition| condition.kind != "PodScheduled");
    new.conditions.push(PodCondition {
        kind: "PodScheduled".to_owned(),
        observed_generation: pod.metadata.generation,
        status: status.to_owned(),
        last_probe_time: None,
        last_transition_time: since.or(Some(Time::from_sim(now))),
        reason: reason.to_owned(),
        message: message.to_owned(),
    });
    new
}
