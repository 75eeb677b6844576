//! A node without the rest of the cluster: its kubelet, and an API server that holds pods and events only.

use std::collections::BTreeMap;
use std::sync::Arc;

use hellok8s_lab::api::{
    Generic, KubernetesVersion, ObjectMeta, Pod, PodCondition, PodSpec, PodStatus, Service, StringMap, Time,
};
use hellok8s_lab::events::{EventWrite, Recorder};
use hellok8s_lab::images::{Declaration, ImageReference, Outcome, Place, Registry, Request};
use hellok8s_lab::kubelet::objects::{HostPath, ObjectReader};
use hellok8s_lab::kubelet::{Kubelet, KubeletConfig, KubeletRequest, KubeletWorld, Timings};
use hellok8s_lab::sim::SimTime;
use serde_json::{Value, json};

/// The images; there are no hosts outside of the node.
pub struct World(pub Registry);

impl ObjectReader for World {
    fn config_map(&self, _: &str, _: &str) -> Option<StringMap> {
        None
    }

    fn secret(&self, _: &str, _: &str) -> Option<StringMap> {
        None
    }

    fn host_path(&self, _: &str, _: &str) -> Option<HostPath> {
        None
    }

    fn services(&self) -> Vec<Arc<Service>> {
        Vec::new()
    }

    fn node(&self) -> Option<Arc<Generic>> {
        None
    }
}

impl KubeletWorld for World {
    fn registry(&mut self) -> &mut Registry {
        &mut self.0
    }

    fn objects(&self) -> &dyn ObjectReader {
        self
    }

    fn request(&mut self, _: SimTime, _: &str, _: u16, _: &Request) -> Outcome {
        Outcome::Unreachable
    }
}

/// A kubelet with an API server that holds pods and events only.
pub struct Node {
    pub kubelet: Kubelet,
    pub world: World,
    recorder: Recorder,
    pub pods: BTreeMap<String, Arc<Pod>>,
    pub now: SimTime,
    /// Status updates and deletions: milliseconds, pod, what.
    pub log: Vec<(u64, String)>,
    /// Events by reason, with their counts.
    pub events: BTreeMap<String, i32>,
    /// Parts of pods of which events speak.
    pub parts: std::collections::BTreeSet<String>,
    pub decisions: Vec<(u64, &'static str)>,
}

impl Node {
    pub fn new() -> Self {
        Self {
            kubelet: Kubelet::new(KubeletConfig {
                node_name: "minikube".into(),
                node_ip: "192.168.49.2".into(),
                pod_block: 0,
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
            parts: std::collections::BTreeSet::new(),
            decisions: Vec::new(),
        }
    }

    pub fn bind(&mut self, name: &str, spec: Value) {
        let mut spec = spec;
        for list in ["containers", "initContainers"] {
            for container in spec[list].as_array_mut().into_iter().flatten() {
                if container["imagePullPolicy"].is_null() {
                    container["imagePullPolicy"] = json!("IfNotPresent");
                }
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
            status: PodStatus { conditions: vec![scheduled], ..PodStatus::default() }.into(),
            ..Pod::default()
        });
        self.pods.insert(name.into(), Arc::clone(&pod));
        self.kubelet.pod_changed(&pod, self.now);
    }

    /// The API server's pod as `change` makes it, as if somebody had written it.
    pub fn change(&mut self, name: &str, change: impl FnOnce(&mut Pod)) {
        let mut pod = Pod::clone(&self.pods[name]);
        change(&mut pod);
        let pod = Arc::new(pod);
        self.pods.insert(name.into(), Arc::clone(&pod));
        self.kubelet.pod_changed(&pod, self.now);
    }

    /// Gives a container of the pod another image.
    pub fn set_image(&mut self, name: &str, container: &str, image: &str) {
        self.change(name, |pod| {
            pod.metadata.generation += 1;
            let spec = Arc::make_mut(&mut pod.spec);
            for each in spec.containers.iter_mut().chain(&mut spec.init_containers) {
                if each.name == container {
                    image.clone_into(&mut each.image);
                }
            }
        });
    }

    /// Deletes a pod at once, as `--force` does.
    pub fn remove(&mut self, name: &str) {
        let pod = self.pods.remove(name).expect("a pod");
        self.kubelet.pod_removed(&pod.metadata.uid, self.now);
    }

    /// `systemctl restart kubelet`.
    pub fn restart_kubelet(&mut self) {
        self.kubelet.stop(self.now);
        self.kubelet.start(self.now);
    }

    pub fn delete(&mut self, name: &str, grace_s: i64) {
        let mut pod = Pod::clone(&self.pods[name]);
        pod.metadata.deletion_timestamp = Some(Time(Time::from_sim(self.now).0 + grace_s));
        pod.metadata.deletion_grace_period_seconds = Some(grace_s);
        pod.metadata.generation += 1;
        let pod = Arc::new(pod);
        self.pods.insert(name.into(), Arc::clone(&pod));
        self.kubelet.pod_changed(&pod, self.now);
    }

    pub fn run_until(&mut self, until_ms: u64) {
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
            // The API server stores nothing anew when nothing is new.
            KubeletRequest::UpdatePodStatus { pod, status }
                if self.pods.get(&pod.name).is_some_and(|stored| stored.status == status) => {}
            KubeletRequest::UpdatePodStatus { pod, status } => {
                self.log.push((self.now.as_ms(), format!("{} {}", pod.name, line(&status))));
                if let Some(old) = self.pods.get(&pod.name) {
                    let new = Arc::new(Pod { status, ..Pod::clone(old) });
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
                self.parts.insert(note.object.field_path.clone());
                if let Some(EventWrite::Create(event) | EventWrite::Patch(event)) = self.recorder.record(note, self.now)
                {
                    self.events.insert(format!("{}: {}", event.reason, event.message), event.count);
                }
            }
            // There is no network here.
            KubeletRequest::Ask { .. } => {}
            KubeletRequest::Decision { reason, .. } => self.decisions.push((self.now.as_ms(), reason.rule)),
        }
    }

    /// Puts an image on the node.
    pub fn image(&mut self, declaration: Value) {
        let declaration = Declaration::from_value(&declaration).expect("a declaration");
        let reference = ImageReference::parse(&declaration.image).expect("a name");
        self.world.0.put(reference, Arc::new(declaration), Place::Node);
    }

    /// The texts of a reason's events.
    pub fn texts(&self, reason: &str) -> Vec<&str> {
        self.events.keys().filter_map(|text| text.strip_prefix(reason)?.strip_prefix(": ")).collect()
    }

    /// The log's lines without their times.
    pub fn story(&self) -> Vec<&str> {
        self.log.iter().map(|(_, line)| line.as_str()).collect()
    }

    /// The times of lines that contain a text.
    pub fn times(&self, text: &str) -> Vec<u64> {
        self.log.iter().filter(|(_, line)| line.contains(text)).map(|(at, _)| *at).collect()
    }

    /// When a rule was applied.
    pub fn decided(&self, rule: &str) -> Vec<u64> {
        self.decisions.iter().filter(|(_, decided)| *decided == rule).map(|(at, _)| *at).collect()
    }

    pub fn count(&self, reason: &str) -> Option<i32> {
        self.events.iter().find(|(text, _)| text.starts_with(reason)).map(|(_, count)| *count)
    }
}

/// Phase, readiness and container states in a line.
pub fn line(status: &PodStatus) -> String {
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

pub fn hellok8s(tag: &str) -> Value {
    json!({"containers": [{"name": "app", "image": format!("guangzhengli/hellok8s:{tag}")}]})
}

pub fn shell(script: &str) -> Value {
    json!({"name": "app", "image": "busybox", "command": ["sh", "-c", script]})
}

pub fn liveness() -> Value {
    let mut spec = hellok8s("liveness");
    spec["containers"][0]["livenessProbe"] = json!({
        "httpGet": {"path": "/healthz", "port": 3000, "scheme": "HTTP"}, "initialDelaySeconds": 3, "periodSeconds": 3,
        "timeoutSeconds": 1, "successThreshold": 1, "failureThreshold": 3,
    });
    spec
}

pub fn probe(handler: &Value) -> Value {
    let mut probe = json!({"timeoutSeconds": 1, "periodSeconds": 5, "successThreshold": 1, "failureThreshold": 3});
    for (key, value) in handler.as_object().expect("a handler") {
        probe[key] = value.clone();
    }
    probe
}

pub fn web(readiness: Value) -> Value {
    json!({"containers": [{
        "name": "app", "image": "me/web", "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
        "readinessProbe": probe(&readiness),
    }]})
}

/// An image with an answer of every kind.
pub fn with_web() -> Node {
    let mut node = Node::new();
    node.image(json!({
        "image": "me/web", "port": 8080, "grpcPort": 9090,
        "routes": [
            {"path": "/ok"},
            {"path": "/slow", "latencySeconds": 2},
            {"path": "/hang", "hangs": true},
            {"path": "/moved", "status": 302, "location": "/ok"},
            {"path": "/away", "status": 302, "location": "http://example.com/", "body": "bye"},
            {"path": "/round", "status": 302, "location": "/round"},
            {"path": "/broken", "status": 503},
        ],
    }));
    node
}

pub fn node_pod(name: &str, image: &str) -> Value {
    json!({"containers": [{"name": name, "image": image, "command": ["sleep", "3600"]}]})
}
