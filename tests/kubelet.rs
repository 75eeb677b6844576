//! Pods on a node without the rest of the cluster: what the kubelet reports, and when.

use std::collections::BTreeMap;
use std::sync::Arc;

use hellok8s_lab::api::{KubernetesVersion, ObjectMeta, Pod, PodCondition, PodSpec, PodStatus, Time};
use hellok8s_lab::events::{EventWrite, Recorder};
use hellok8s_lab::images::{Outcome, Registry, Request};
use hellok8s_lab::kubelet::{Kubelet, KubeletConfig, KubeletRequest, KubeletWorld, Timings};
use hellok8s_lab::sim::SimTime;
use serde_json::{Value, json};

struct World(Registry);

impl KubeletWorld for World {
    fn registry(&mut self) -> &mut Registry {
        &mut self.0
    }

    fn request(&mut self, _: SimTime, _: &str, _: u16, _: &Request) -> Outcome {
        Outcome::Unreachable
    }
}

/// A kubelet with an API server that holds pods and events only.
struct Node {
    kubelet: Kubelet,
    world: World,
    recorder: Recorder,
    pods: BTreeMap<String, Arc<Pod>>,
    now: SimTime,
    /// Status updates and deletions: milliseconds, pod, what.
    log: Vec<(u64, String)>,
    /// Events by reason, with their counts.
    events: BTreeMap<String, i32>,
    decisions: Vec<(u64, &'static str)>,
}

impl Node {
    fn new() -> Self {
        Self {
            kubelet: Kubelet::new(KubeletConfig {
                node_name: "minikube".into(),
                node_ip: "192.168.49.2".into(),
                seed: 1,
                version: KubernetesVersion::V1_36,
                timings: Timings::default(),
                started_at: None,
            }),
            world: World(Registry::default()),
            recorder: Recorder::new(KubernetesVersion::V1_36),
            pods: BTreeMap::new(),
            now: SimTime::ZERO,
            log: Vec::new(),
            events: BTreeMap::new(),
            decisions: Vec::new(),
        }
    }

    fn bind(&mut self, name: &str, spec: Value) {
        let mut spec = spec;
        for list in ["containers", "initContainers"] {
            for container in spec[list].as_array_mut().into_iter().flatten() {
                container["imagePullPolicy"] = json!("IfNotPresent");
            }
        }
        let scheduled = PodCondition { kind: "PodScheduled".into(), status: "True".into(), ..PodCondition::default() };
        let pod = Arc::new(Pod {
            metadata: ObjectMeta {
                name: name.into(),
                namespace: "default".into(),
                uid: format!("uid-{name}"),
                generation: 1,
                ..ObjectMeta::default()
            },
            spec: Arc::new(PodSpec::from_value(spec).expect("a pod's spec")),
            node_name: "minikube".into(),
            status: PodStatus { conditions: vec![scheduled], ..PodStatus::default() },
            ..Pod::default()
        });
        self.pods.insert(name.into(), Arc::clone(&pod));
        self.kubelet.pod_changed(&pod, self.now);
    }

    fn delete(&mut self, name: &str, grace_s: i64) {
        let mut pod = Pod::clone(&self.pods[name]);
        pod.metadata.deletion_timestamp = Some(Time(Time::from_sim(self.now).0 + grace_s));
        pod.metadata.deletion_grace_period_seconds = Some(grace_s);
        pod.metadata.generation += 1;
        let pod = Arc::new(pod);
        self.pods.insert(name.into(), Arc::clone(&pod));
        self.kubelet.pod_changed(&pod, self.now);
    }

    fn run_until(&mut self, until_ms: u64) {
        while self.kubelet.next_wake() <= SimTime(until_ms) {
            self.now = self.kubelet.next_wake().max(self.now);
            for request in self.kubelet.run(self.now, &mut self.world) {
                self.take(request);
            }
        }
        self.now = SimTime(until_ms);
    }

    fn take(&mut self, request: KubeletRequest) {
        match request {
            KubeletRequest::UpdatePodStatus { pod, status } => {
                self.log.push((self.now.as_ms(), format!("{} {}", pod.name, line(&status))));
                if let Some(old) = self.pods.get(&pod.name) {
                    let new = Arc::new(Pod { status: *status, ..Pod::clone(old) });
                    self.pods.insert(pod.name, Arc::clone(&new));
                    self.kubelet.pod_changed(&new, self.now);
                }
            }
            KubeletRequest::DeletePod { pod } => {
                self.log.push((self.now.as_ms(), format!("{} gone", pod.name)));
                self.pods.remove(&pod.name);
                self.kubelet.pod_removed(&pod.uid, self.now);
            }
            KubeletRequest::RecordEvent(note) => {
                if let Some(EventWrite::Create(event) | EventWrite::Patch(event)) = self.recorder.record(note, self.now)
                {
                    self.events.insert(format!("{}: {}", event.reason, event.message), event.count);
                }
            }
            KubeletRequest::Decision { reason, .. } => self.decisions.push((self.now.as_ms(), reason.rule)),
        }
    }

    /// The log's lines without their times.
    fn story(&self) -> Vec<&str> {
        self.log.iter().map(|(_, line)| line.as_str()).collect()
    }

    /// The times of lines that contain a text.
    fn times(&self, text: &str) -> Vec<u64> {
        self.log.iter().filter(|(_, line)| line.contains(text)).map(|(at, _)| *at).collect()
    }

    fn count(&self, reason: &str) -> Option<i32> {
        self.events.iter().find(|(text, _)| text.starts_with(reason)).map(|(_, count)| *count)
    }
}

/// Phase, readiness and container states in a line.
fn line(status: &PodStatus) -> String {
    let ready = |kind: &str| status.conditions.iter().any(|c| c.kind == kind && c.status == "True");
    let mut line = format!("{}{}", status.phase.as_str(), if ready("Ready") { " ready" } else { "" });
    if ready("PodReadyToStartContainers") {
        line.push_str(" sandbox");
    }
    for container in status.init_container_statuses.iter().chain(&status.container_statuses) {
        let state = &container.state;
        let text = if state.running.is_some() {
            "running".to_owned()
        } else if let Some(ended) = &state.terminated {
            format!("{}({})", ended.reason, ended.exit_code)
        } else {
            state.waiting.as_ref().map_or(String::new(), |waiting| waiting.reason.clone())
        };
        line.push_str(&format!(" {}:{text}#{}", container.name, container.restart_count));
    }
    line
}

fn hellok8s(tag: &str) -> Value {
    json!({"containers": [{"name": "app", "image": format!("guangzhengli/hellok8s:{tag}")}]})
}

#[test]
fn a_pod_starts_and_is_deleted_as_recorded() {
    let mut node = Node::new();
    node.now = SimTime(10_000);
    node.bind("web", hellok8s("v1"));
    node.run_until(40_000);
    node.delete("web", 30);
    node.run_until(60_000);
    assert_eq!(
        node.story(),
        [
            "web Pending app:ContainerCreating#0",
            "web Pending sandbox app:ContainerCreating#0",
            "web Running ready sandbox app:running#0",
            "web Running ready sandbox app:running#0",
            "web Failed app:Error(2)#0",
            "web gone",
        ]
    );
    let started = node.times("Running")[0];
    assert!((10_560..=11_200).contains(&started), "{started}");
    let gone = node.times("gone")[0];
    assert!((40_700..=40_900).contains(&gone), "{gone}");
    let texts: Vec<&str> = node.events.keys().map(String::as_str).collect();
    assert_eq!(
        texts,
        [
            "Created: Container created",
            "Killing: Stopping container app",
            "Pulled: Container image \"guangzhengli/hellok8s:v1\" already present on machine and can be accessed by the pod",
            "Started: Container started",
        ]
    );
}

fn liveness() -> Value {
    let mut spec = hellok8s("liveness");
    spec["containers"][0]["livenessProbe"] = json!({
        "httpGet": {"path": "/healthz", "port": 3000, "scheme": "HTTP"}, "initialDelaySeconds": 3, "periodSeconds": 3,
        "timeoutSeconds": 1, "successThreshold": 1, "failureThreshold": 3,
    });
    spec
}

#[test]
fn the_liveness_story_is_the_recorded_one() {
    let mut node = Node::new();
    node.bind("live", liveness());
    node.run_until(92_000);
    let counts: Vec<Option<i32>> =
        ["Pulled", "Created", "Started", "Killing", "Unhealthy"].map(|reason| node.count(reason)).to_vec();
    node.run_until(1_500_000);
    let restarts: Vec<u64> = (0..=9).filter_map(|n| node.times(&format!("running#{n}")).first().copied()).collect();
    for pair in restarts.windows(2).take(4) {
        assert!((23_000..=25_000).contains(&(pair[1] - pair[0])), "{restarts:?}");
    }
    let mut waits: Vec<&str> = Vec::new();
    for pod in [&node] {
        waits.extend(pod.story().into_iter().filter(|line| line.contains("CrashLoopBackOff")));
    }
    assert!(waits.len() >= 4, "{:#?}", node.log);
    assert_eq!(counts, [Some(4), Some(4), Some(4), Some(3), Some(10)], "{:#?}", node.events);
}
