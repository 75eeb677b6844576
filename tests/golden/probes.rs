//! The kubelet's probes: one worker, and probers with restarts and readiness.

use hellok8s_lab::api::{
    Container, ContainerState, ContainerStateRunning, ContainerStateTerminated, ContainerStateWaiting, ContainerStatus,
    Pod, PodPhase, PodSpec, PodStatus, Probe, Time,
};
use hellok8s_lab::kubelet::ProbeKind;
use hellok8s_lab::kubelet::prober::{
    Answer, Asker, PodContext, ProbeResult, ProbeVerdict, Prober, Results, Ticked, Worker,
};
use hellok8s_lab::kubelet::status::manager::StatusManager;
use hellok8s_lab::sim::SimTime;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::kubelet::{list, number, text};
use crate::table::{self, same};

/// Answers what the row says, and counts.
struct Scripted {
    outcome: String,
    attempts: u32,
}

impl Asker for Scripted {
    fn ask(&mut self, _: SimTime, _: ProbeKind, _: &Container, _: &Probe) -> Answer {
        self.attempts += 1;
        Answer { verdict: verdict(&self.outcome), latency_ms: 0, status_code: None }
    }
}

fn verdict(outcome: &str) -> ProbeVerdict {
    match outcome {
        "success" => ProbeVerdict::Success,
        "failure" => ProbeVerdict::Failure(String::new()),
        _ => ProbeVerdict::Error(String::new()),
    }
}

fn kind_of(word: &str) -> ProbeKind {
    [ProbeKind::Liveness, ProbeKind::Readiness, ProbeKind::Startup]
        .into_iter()
        .find(|kind| kind.as_str() == word)
        .unwrap_or(ProbeKind::Liveness)
}

fn with_probe(mut container: Container, kind: ProbeKind, probe: &Value) -> Container {
    let probe: Option<Probe> = serde_json::from_value(probe.clone()).unwrap_or_default();
    match kind {
        ProbeKind::Liveness => container.liveness_probe = probe,
        ProbeKind::Readiness => container.readiness_probe = probe,
        ProbeKind::Startup => container.startup_probe = probe,
    }
    container
}

#[test]
fn prober_worker() {
    table::run("prober_worker", |row| {
        let input = &row["in"];
        let kind = kind_of(&text(&input["type"]));
        let container = with_probe(Container { name: "c".into(), ..Container::default() }, kind, &input["probe"]);
        let mut spec = PodSpec::default();
        spec.containers.push(container);
        spec.restart_policy = serde_json::from_value(input["restartPolicy"].clone()).unwrap_or_default();
        let mut pod = Pod { spec: Arc::new(spec), ..Pod::default() };
        let mut manager = StatusManager::default();
        let mut worker = Worker::new(kind, "c");
        let mut results = Results::default();
        let mut calls = Vec::new();
        for call in list(&input["calls"]) {
            if call["event"] == "podDeleting" {
                pod.metadata.deletion_timestamp = Some(Time::default());
            }
            let id = format!("test://{}", call["container"]);
            let state = match call["state"].as_str() {
                Some("running") => ContainerState {
                    running: Some(ContainerStateRunning { started_at: Time::from_sim(SimTime::ZERO) }),
                    ..ContainerState::default()
                },
                Some("terminated") => ContainerState {
                    terminated: Some(ContainerStateTerminated {
                        exit_code: i32::try_from(number(&call["exitCode"])).unwrap_or_default(),
                        ..ContainerStateTerminated::default()
                    }),
                    ..ContainerState::default()
                },
                _ => ContainerState { waiting: Some(ContainerStateWaiting::default()), ..ContainerState::default() },
            };
            let status = PodStatus {
                phase: PodPhase::Running,
                container_statuses: vec![ContainerStatus {
                    name: "c".into(),
                    container_id: id.clone(),
                    started: call["started"].as_bool(),
                    state,
                    ..ContainerStatus::default()
                }]
                .into(),
                ..PodStatus::default()
            };
            manager.set(&pod, status.into(), Time::from_sim(SimTime::ZERO));
            let is_deleting = pod.metadata.deletion_timestamp.is_some();
            let context = PodContext { spec: &pod.spec, status: manager.status().map(|status| &**status), is_deleting };
            let mut asker = Scripted { outcome: text(&call["outcome"]), attempts: 0 };
            let turn = worker.turn(SimTime(number(&call["sinceStartMs"])), context, &mut results, &mut asker);
            let keeps_going = turn != Ticked::Ends;
            calls.push(json!({
                "attempts": asker.attempts,
                "keepGoing": keeps_going,
                "onHold": worker.is_on_hold(),
                "result": results.get(kind, &id).map_or("none", ProbeResult::as_str),
                "resultRun": worker.result_run(),
            }));
            if !keeps_going {
                break;
            }
        }
        same(&json!({"calls": calls}), &row["out"])
    });
}

/// The small kubelet around the prober that the table describes.
struct SmallKubelet<'a> {
    input: &'a Value,
    pod: Pod,
    prober: Prober,
    manager: StatusManager,
    incarnation: usize,
    is_running: bool,
    /// When the latest container started.
    started: SimTime,
    exits_at: SimTime,
    starts_at: SimTime,
    timeline: Vec<(u64, String)>,
}

/// Answers what the row's behaviour says for the age of the container.
struct Behaviour<'a> {
    of: &'a Value,
    started: SimTime,
    log: &'a mut Vec<(u64, String)>,
}

impl Asker for Behaviour<'_> {
    fn ask(&mut self, now: SimTime, kind: ProbeKind, _: &Container, _: &Probe) -> Answer {
        let word = kind.as_str().to_lowercase();
        let age_ms = now.ms_since(self.started);
        let outcome = list(&self.of[&word])
            .iter()
            .rev()
            .find(|entry| number(&entry["fromMs"]) <= age_ms)
            .map_or_else(|| "success".to_owned(), |entry| text(&entry["outcome"]));
        self.log.push((now.as_ms(), format!("probe {word} {outcome}")));
        Answer { verdict: verdict(&outcome), latency_ms: 0, status_code: None }
    }
}

impl<'a> SmallKubelet<'a> {
    fn new(input: &'a Value) -> Self {
        let mut container = Container { name: "c".into(), ..Container::default() };
        for kind in ["Liveness", "Readiness", "Startup"] {
            container = with_probe(container, kind_of(kind), &input[kind.to_lowercase()]);
        }
        let mut spec = PodSpec::default();
        spec.containers.push(container);
        let mut kubelet = Self {
            input,
            pod: Pod { spec: Arc::new(spec), ..Pod::default() },
            prober: Prober::default(),
            manager: StatusManager::default(),
            incarnation: 0,
            is_running: false,
            started: SimTime::ZERO,
            exits_at: SimTime::NEVER,
            starts_at: SimTime(number(&input["containerStartMs"])),
            timeline: Vec::new(),
        };
        kubelet.prober.add_pod(&kubelet.pod.spec, SimTime::ZERO, |_| 0);
        kubelet
    }

    /// At the moments in `one_by_one` the results of a worker are taken in before the next worker runs.
    fn run(mut self, one_by_one: &BTreeSet<u64>) -> Vec<(u64, String)> {
        let end = SimTime(number(&self.input["endMs"]));
        loop {
            let now = self.prober.next_at().min(self.exits_at).min(self.starts_at);
            if now >= end {
                break;
            }
            while one_by_one.contains(&now.as_ms()) && self.run_next_worker(now) {
                self.take_updates(now);
            }
            self.run_workers(now);
            self.take_updates(now);
            self.change_container(now);
            self.run_workers(now);
            self.take_updates(now);
        }
        self.timeline.sort();
        self.timeline
    }

    fn change_container(&mut self, now: SimTime) {
        let word = if self.exits_at <= now {
            self.exits_at = SimTime::NEVER;
            self.is_running = false;
            self.starts_at = now + number(&self.input["restartDelayMs"]);
            "containerExited"
        } else if self.starts_at <= now {
            self.starts_at = SimTime::NEVER;
            self.incarnation += usize::from(self.manager.status().is_some());
            self.is_running = true;
            self.started = now;
            "containerStarted"
        } else {
            return;
        };
        self.timeline.push((now.as_ms(), format!("{word} c{}", self.incarnation)));
        for _ in 0..number(&self.input["syncsPerChange"]) {
            self.sync(now);
            self.take_updates(now);
        }
    }

    fn run_workers(&mut self, now: SimTime) {
        while self.run_next_worker(now) {}
    }

    fn run_next_worker(&mut self, now: SimTime) -> bool {
        let behaviour = list(&self.input["behaviour"]);
        let of = behaviour.get(self.incarnation).or(behaviour.last()).unwrap_or(&Value::Null);
        let mut asker = Behaviour { of, started: self.started, log: &mut self.timeline };
        let pod = PodContext {
            spec: &self.pod.spec,
            status: self.manager.status().map(|status| &**status),
            is_deleting: false,
        };
        self.prober.run_next(now, pod, &mut asker, &mut Vec::new())
    }

    /// Takes in all changed results, and syncs once for them; this may change results again.
    fn take_updates(&mut self, now: SimTime) {
        while self.take_in_updates(now) {
            self.sync(now);
        }
    }

    fn take_in_updates(&mut self, now: SimTime) -> bool {
        let mut must_sync = false;
        while let Some(update) = self.prober.results.next_update() {
            let word = update.kind.as_str().to_lowercase();
            let line = format!("result {word} {} {}", update.result.as_str(), update.container_id);
            self.timeline.push((now.as_ms(), line));
            let is_success = update.result == ProbeResult::Success;
            let (pod, id, time) = (&self.pod, update.container_id.as_str(), Time::from_sim(now));
            let before = self.flags();
            match update.kind {
                ProbeKind::Liveness if update.result != ProbeResult::Failure => continue,
                ProbeKind::Liveness => false,
                ProbeKind::Readiness => self.manager.set_container_readiness(pod, id, is_success, time),
                ProbeKind::Startup => self.manager.set_container_startup(pod, id, is_success, time),
            };
            self.note_flags(now, before);
            must_sync = true;
        }
        must_sync
    }

    fn sync(&mut self, now: SimTime) {
        let id = format!("c{}", self.incarnation);
        let ended = ContainerStateTerminated { exit_code: 2, ..ContainerStateTerminated::default() };
        let running = ContainerStateRunning { started_at: Time::from_sim(self.started) };
        let state = ContainerState {
            running: self.is_running.then_some(running),
            terminated: (!self.is_running).then_some(ended),
            ..ContainerState::default()
        };
        let container =
            ContainerStatus { name: "c".into(), container_id: id.clone(), state, ..ContainerStatus::default() };
        let mut status =
            PodStatus { phase: PodPhase::Running, container_statuses: vec![container].into(), ..PodStatus::default() };
        self.prober.update_pod_status(&self.pod, &mut status);
        self.run_workers(now);
        let before = self.flags();
        self.manager.set(&self.pod, status.into(), Time::from_sim(now));
        self.note_flags(now, before);
        if !self.is_running || self.exits_at != SimTime::NEVER {
            return;
        }
        for kind in [ProbeKind::Liveness, ProbeKind::Startup] {
            if self.prober.results.get(kind, &id) == Some(ProbeResult::Failure) {
                self.timeline.push((now.as_ms(), format!("kill {} {id}", kind.as_str().to_lowercase())));
                self.exits_at = now + number(&self.input["stopMs"]);
                return;
            }
        }
    }

    /// Whether the container is reported as ready, and as started.
    fn flags(&self) -> (bool, bool) {
        let container = self.manager.status().and_then(|status| status.container_statuses.first());
        container.map_or((false, false), |container| (container.ready, container.started == Some(true)))
    }

    fn note_flags(&mut self, now: SimTime, before: (bool, bool)) {
        let after = self.flags();
        if before.0 != after.0 {
            self.timeline.push((now.as_ms(), format!("ready {}", after.0)));
        }
        if before.1 != after.1 {
            self.timeline.push((now.as_ms(), format!("started {}", after.1)));
        }
    }
}

/// Workers whose ticks fall on one moment are goroutines that Go may run before or after the kubelet's loop takes the
/// first one's result. The loop is taken to come last; at a moment where that differs, the other order is tried.
#[test]
fn prober_full() {
    table::run("prober_full", |row| {
        let theirs = list(&row["out"]["timeline"]);
        let mut one_by_one = BTreeSet::new();
        loop {
            let ours = SmallKubelet::new(&row["in"]).run(&one_by_one);
            let ours = json!(ours);
            let ours = list(&ours);
            if ours == theirs {
                return Ok(());
            }
            let at = ours.iter().zip(theirs).position(|(a, b)| a != b).unwrap_or(ours.len().min(theirs.len()));
            let moment = ours.get(at).into_iter().chain(theirs.get(at)).map(|entry| number(&entry[0])).min();
            if !one_by_one.insert(moment.unwrap_or_default()) {
                let part = |of: &[Value]| json!(of.iter().skip(at.saturating_sub(3)).take(8).collect::<Vec<_>>());
                return Err(format!("ours   {}\n  theirs {}", part(ours), part(theirs)));
            }
        }
    });
}

/// The worker's decisions for Kubernetes' own states of a pod, for each kind of probe in turn as its test does.
#[test]
fn upstream_do_probe() {
    let row = std::cell::Cell::new(0_usize);
    table::run_upstream("kubelet_prober", "TestDoProbe", |case| {
        let kinds = [ProbeKind::Liveness, ProbeKind::Readiness, ProbeKind::Startup];
        let kind = kinds[row.replace(row.get() + 1) / 8 % kinds.len()];
        let name = "cOnTaInEr_NaMe";
        let mut probe = case["probe"].clone();
        probe["exec"] = json!({});
        for threshold in ["successThreshold", "failureThreshold"] {
            probe[threshold] = json!(1);
        }
        let container = with_probe(Container { name: name.into(), ..Container::default() }, kind, &probe);
        let mut spec = PodSpec::default();
        spec.containers.push(container);
        spec.restart_policy = hellok8s_lab::api::RestartPolicy::Never;
        let status: Option<PodStatus> = serde_json::from_value(case["podStatus"].clone()).unwrap_or_default();
        let started = status
            .iter()
            .flat_map(|status| &status.container_statuses)
            .find_map(|container| container.state.running)
            .map_or(SimTime::ZERO, |running| running.started_at.to_sim());
        let mut worker = Worker::new(kind, name);
        let mut results = Results::default();
        let is_deleting = case["setDeletionTimestamp"] == true;
        let context = PodContext { spec: &spec, status: status.as_ref(), is_deleting };
        let mut asker = Scripted { outcome: "success".into(), attempts: 0 };
        let turn = worker.turn(started, context, &mut results, &mut asker);
        let result = results.get(kind, "test://cOnTaInEr_Id");
        let number = match result {
            Some(ProbeResult::Unknown) => -1,
            Some(ProbeResult::Failure) => 1,
            _ => 0,
        };
        let theirs = &case["expectContinue"][kind.as_str()];
        same(
            &json!([turn != Ticked::Ends, result.is_some(), number]),
            &json!([theirs.as_bool().unwrap_or_default(), case["expectSet"], case["expectedResult"]]),
        )
    });
}
