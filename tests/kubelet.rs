//! Pods on a node without the rest of the cluster: what the kubelet reports, and when.

// A test that finds something else than it expects may end at once.
#![allow(clippy::indexing_slicing, clippy::expect_used)]

use std::collections::BTreeMap;
use std::sync::Arc;

use hellok8s_lab::api::{KubernetesVersion, ObjectMeta, Pod, PodCondition, PodSpec, PodStatus, Time};
use hellok8s_lab::events::{EventWrite, Recorder};
use hellok8s_lab::images::{Declaration, ImageReference, Outcome, Place, Registry, Request};
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
            status: PodStatus { conditions: vec![scheduled], ..PodStatus::default() },
            ..Pod::default()
        });
        self.pods.insert(name.into(), Arc::clone(&pod));
        self.kubelet.pod_changed(&pod);
    }

    fn delete(&mut self, name: &str, grace_s: i64) {
        let mut pod = Pod::clone(&self.pods[name]);
        pod.metadata.deletion_timestamp = Some(Time(Time::from_sim(self.now).0 + grace_s));
        pod.metadata.deletion_grace_period_seconds = Some(grace_s);
        pod.metadata.generation += 1;
        let pod = Arc::new(pod);
        self.pods.insert(name.into(), Arc::clone(&pod));
        self.kubelet.pod_changed(&pod);
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
                    self.kubelet.pod_changed(&new);
                }
            }
            KubeletRequest::DeletePod { pod } => {
                self.log.push((self.now.as_ms(), format!("{} gone", pod.name)));
                self.pods.remove(&pod.name);
                self.kubelet.pod_removed(&pod.uid);
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

    /// Puts an image on the node.
    fn image(&mut self, declaration: Value) {
        let declaration = Declaration::from_value(&declaration).expect("a declaration");
        let reference = ImageReference::parse(&declaration.image).expect("a name");
        self.world.0.put(reference, Arc::new(declaration), Place::Node);
    }

    /// The texts of a reason's events.
    fn texts(&self, reason: &str) -> Vec<&str> {
        self.events.keys().filter_map(|text| text.strip_prefix(reason)?.strip_prefix(": ")).collect()
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
    let waits = node.story().into_iter().filter(|line| line.contains("CrashLoopBackOff")).count();
    assert!(waits >= 4, "{:#?}", node.log);
    assert_eq!(counts, [Some(4), Some(4), Some(4), Some(3), Some(10)], "{:#?}", node.events);
}

#[test]
fn a_missing_image_is_pulled_with_back_off() {
    let mut node = Node::new();
    node.bind("none", hellok8s("nope"));
    node.run_until(60_000);
    let story = node.story();
    assert_eq!(
        story[..4],
        [
            "none Pending app:ContainerCreating#0",
            "none Pending sandbox app:ContainerCreating#0",
            "none Pending sandbox app:ErrImagePull#0",
            "none Pending sandbox app:ImagePullBackOff#0",
        ]
    );
    let back_off = node.times("ImagePullBackOff")[0];
    assert!((11_000..=18_000).contains(&back_off), "{:?}", node.log);
    assert!(node.count("BackOff").is_some_and(|count| count >= 2), "{:?}", node.events);
    node.delete("none", 30);
    node.run_until(70_000);
    let story = node.story();
    assert_eq!(
        story[story.len() - 4..],
        [
            "none Pending sandbox app:ContainerCreating#0",
            "none Pending app:ContainerCreating#0",
            "none Failed app:ContainerStatusUnknown(137)#0",
            "none gone",
        ]
    );
}

#[test]
fn a_command_that_does_not_exist_crashes_as_recorded() {
    let mut node = Node::new();
    let mut spec = hellok8s("v1");
    spec["containers"][0]["command"] = json!(["/nope"]);
    node.bind("crash", spec);
    node.run_until(45_000);
    let states: Vec<&str> = node.story().into_iter().filter(|line| line.contains("Running")).take(7).collect();
    assert_eq!(
        states,
        [
            "crash Running sandbox app:RunContainerError#0",
            "crash Running sandbox app:RunContainerError#1",
            "crash Running sandbox app:CrashLoopBackOff#1",
            "crash Running sandbox app:RunContainerError#2",
            "crash Running sandbox app:CrashLoopBackOff#2",
            "crash Running sandbox app:RunContainerError#3",
            "crash Running sandbox app:CrashLoopBackOff#3",
        ][..states.len()]
    );
    assert!(states.len() >= 5, "{:#?}", node.log);
}

fn shell(script: &str) -> Value {
    json!({"name": "app", "image": "busybox", "command": ["sh", "-c", script]})
}

#[test]
fn a_program_that_ignores_sigterm_is_killed_after_its_grace() {
    let mut node = Node::new();
    node.bind("deaf", json!({"containers": [shell("sleep 3600")]}));
    node.run_until(20_000);
    node.delete("deaf", 30);
    node.run_until(60_000);
    assert_eq!(
        node.story().iter().rev().take(2).copied().collect::<Vec<_>>(),
        ["deaf gone", "deaf Failed app:Error(137)#0"]
    );
    let gone = node.times("gone")[0];
    assert!((50_700..=51_000).contains(&gone), "{gone}");
    assert!(node.decisions.iter().any(|(at, rule)| *at == 50_000 && *rule == "kubelet/grace-ended"));
}

#[test]
fn restart_policies_and_init_containers() {
    let mut node = Node::new();
    let init = json!({"name": "first", "image": "busybox", "command": ["sh", "-c", "sleep 2"]});
    node.bind(
        "once",
        json!({"restartPolicy": "Never", "initContainers": [init], "containers": [shell("echo hi; sleep 3")]}),
    );
    node.bind("fails", json!({"restartPolicy": "Never", "containers": [shell("exit 3")]}));
    node.bind("retries", json!({"restartPolicy": "OnFailure", "containers": [shell("sleep 1; exit 3")]}));
    node.run_until(60_000);
    let of = |name: &str| -> Vec<&str> { node.story().into_iter().filter(|line| line.starts_with(name)).collect() };
    assert_eq!(
        of("once").last().copied(),
        Some("once Succeeded first:Completed(0)#0 app:Completed(0)#0"),
        "{:#?}",
        of("once")
    );
    assert!(of("once").contains(&"once Pending sandbox first:running#0 app:PodInitializing#0"), "{:#?}", of("once"));
    assert_eq!(of("fails").last().copied(), Some("fails Failed app:Error(3)#0"), "{:#?}", of("fails"));
    assert!(of("retries").iter().any(|line| line.contains("CrashLoopBackOff")), "{:#?}", of("retries"));
    let log = node.kubelet.logs("uid-once", "app", false, node.now).expect("a log");
    assert_eq!(log.first().map(|line| line.text.as_str()), Some("hi"));
}

#[test]
fn hooks_run_before_the_signal_and_count_towards_the_grace() {
    let mut node = Node::new();
    let mut spec = hellok8s("v1");
    spec["containers"][0]["lifecycle"] = json!({"preStop": {"sleep": {"seconds": 5}}});
    node.bind("slow", spec);
    node.run_until(10_000);
    node.delete("slow", 30);
    node.run_until(30_000);
    let gone = node.times("gone")[0];
    assert!((15_700..=15_900).contains(&gone), "{gone}");
}

#[test]
fn a_startup_probe_holds_the_others_back() {
    let mut node = Node::new();
    let mut spec = hellok8s("v1");
    let probe = |period: i32, threshold: i32| {
        json!({
            "tcpSocket": {"port": 3000}, "timeoutSeconds": 1, "periodSeconds": period, "successThreshold": 1,
            "failureThreshold": threshold,
        })
    };
    spec["containers"][0]["startupProbe"] = probe(5, 3);
    spec["containers"][0]["readinessProbe"] = probe(10, 3);
    node.bind("web", spec);
    let mut kinds: Vec<&str> = Vec::new();
    for at in (0..=30_000).step_by(20) {
        node.run_until(at);
        let view = node.kubelet.pod_view("uid-web", SimTime(at)).expect("a pod");
        for probe in view.containers.iter().flat_map(|container| &container.probes) {
            if probe.last.is_some() && !kinds.contains(&probe.kind.as_str()) {
                kinds.push(probe.kind.as_str());
            }
        }
    }
    let ready = node.times("ready")[0];
    assert!((5_000..=5_100).contains(&ready), "{:#?}", node.log);
    assert_eq!(kinds, ["Startup", "Readiness"]);
}

fn probe(handler: &Value) -> Value {
    let mut probe = json!({"timeoutSeconds": 1, "periodSeconds": 5, "successThreshold": 1, "failureThreshold": 3});
    for (key, value) in handler.as_object().expect("a handler") {
        probe[key] = value.clone();
    }
    probe
}

fn web(readiness: Value) -> Value {
    json!({"containers": [{
        "name": "app", "image": "me/web", "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
        "readinessProbe": probe(&readiness),
    }]})
}

/// An image with an answer of every kind.
fn with_web() -> Node {
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

#[test]
fn http_probes_and_their_words() {
    let get = |path: &str| json!({"httpGet": {"path": path, "port": "http", "scheme": "HTTP"}});
    let url = |path: &str| format!("Get \"http://10.244.0.3:8080{path}\"");
    let timeout = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";
    let cases = [
        (get("/ok"), String::new()),
        (get("/moved"), String::new()),
        (get("/slow"), format!("Readiness probe failed: {}: {timeout}", url("/slow"))),
        (get("/hang"), format!("Readiness probe failed: {}: {timeout}", url("/hang"))),
        (get("/round"), format!("Readiness probe failed: {}: stopped after 10 redirects", url("/round"))),
        (get("/broken"), "Readiness probe failed: HTTP probe failed with statuscode: 503".to_owned()),
        (
            json!({"httpGet": {"path": "/ok", "port": 81, "scheme": "HTTP"}}),
            "Readiness probe failed: Get \"http://10.244.0.3:81/ok\": dial tcp 10.244.0.3:81: connect: connection refused"
                .to_owned(),
        ),
        (
            json!({"httpGet": {"path": "/ok", "port": 8080, "scheme": "HTTPS"}}),
            "Readiness probe failed: Get \"https://10.244.0.3:8080/ok\": http: server gave HTTP response to HTTPS client"
                .to_owned(),
        ),
        (
            json!({"tcpSocket": {"port": 81}}),
            "Readiness probe failed: dial tcp 10.244.0.3:81: connect: connection refused".to_owned(),
        ),
        (json!({"tcpSocket": {"port": "http"}}), String::new()),
        (json!({"grpc": {"port": 9090}}), String::new()),
        (
            json!({"grpc": {"port": 8080}}),
            "Readiness probe failed: timeout: failed to connect service \"10.244.0.3:8080\" within 1s: context deadline exceeded"
                .to_owned(),
        ),
    ];
    for (handler, expected) in cases {
        let mut node = with_web();
        node.bind("web", web(handler.clone()));
        node.run_until(30_000);
        let is_ready = node.story().iter().any(|line| line.contains("ready"));
        assert_eq!(is_ready, expected.is_empty(), "{handler} {:#?}", node.log);
        let told = node.texts("Unhealthy");
        assert_eq!(told, if expected.is_empty() { vec![] } else { vec![expected.as_str()] }, "{handler}");
    }
}

#[test]
fn a_redirect_to_elsewhere_is_a_warning_and_counts_as_success() {
    let mut node = with_web();
    node.bind("web", web(json!({"httpGet": {"path": "/away", "port": 8080, "scheme": "HTTP"}})));
    node.run_until(30_000);
    assert!(node.story().iter().any(|line| line.contains("ready")), "{:#?}", node.log);
    let warnings = node.texts("ProbeWarning");
    assert_eq!(warnings, ["Readiness probe warning: Probe terminated redirects, Response body: bye"]);
}

#[test]
fn an_exec_probe_sees_the_file_vanish() {
    let mut node = Node::new();
    let mut container = shell("touch /tmp/healthy; sleep 30; rm -f /tmp/healthy; sleep 600");
    container["livenessProbe"] = probe(&json!({"exec": {"command": ["cat", "/tmp/healthy"]}}));
    node.bind("exec", json!({"containers": [container], "terminationGracePeriodSeconds": 5}));
    node.run_until(90_000);
    assert_eq!(
        node.texts("Unhealthy"),
        ["Liveness probe failed: cat: can't open '/tmp/healthy': No such file or directory\n"]
    );
    // Three failures from 30 s after the start, then five seconds of grace: the shell does not listen to SIGTERM.
    let (start, again) = (node.times("running#0")[0], node.times("running#1")[0]);
    assert!((45_000..=55_000).contains(&(again - start)), "{start} {again}");
}

#[test]
fn a_probe_s_own_grace_period_holds_when_it_kills() {
    let mut node = with_web();
    let mut container = shell("sleep 3600");
    let failing = json!({"exec": {"command": ["false"]}, "terminationGracePeriodSeconds": 4, "failureThreshold": 1});
    container["livenessProbe"] = probe(&failing);
    node.bind("deaf", json!({"containers": [container], "terminationGracePeriodSeconds": 60}));
    node.run_until(30_000);
    let killed: Vec<u64> =
        node.decisions.iter().filter(|(_, rule)| *rule == "kubelet/grace-ended").map(|(at, _)| *at).collect();
    let failed = node
        .decisions
        .iter()
        .find(|(_, rule)| *rule == "kubelet/liveness-failed")
        .map(|(at, _)| *at)
        .expect("a failure");
    assert_eq!(killed.first().map(|at| at - failed), Some(4_000), "{:?}", node.decisions);
}

#[test]
fn a_sidecar_starts_first_and_ends_last() {
    let mut node = with_web();
    let sidecar = json!({
        "name": "side", "image": "me/web", "restartPolicy": "Always",
        "startupProbe": probe(&json!({"tcpSocket": {"port": 8080}})),
    });
    node.bind("both", json!({"initContainers": [sidecar], "containers": [shell("sleep 3600")]}));
    node.run_until(40_000);
    assert_eq!(node.story().last().copied(), Some("both Running ready sandbox side:running#0 app:running#0"));
    let main = node.times("app:running")[0];
    assert!(main > node.times("side:running")[0], "{:#?}", node.log);
    node.delete("both", 5);
    node.run_until(60_000);
    assert_eq!(
        node.story().iter().rev().take(2).copied().collect::<Vec<_>>(),
        ["both gone", "both Failed side:Error(2)#0 app:Error(137)#0"]
    );
}

#[test]
fn memory_that_runs_out_is_told_as_such() {
    let mut node = Node::new();
    let exit = json!({"afterSeconds": 2, "exitCode": 137, "reason": "OOMKilled"});
    node.image(json!({"image": "me/greedy", "port": 80, "exit": exit}));
    node.bind("greedy", json!({"restartPolicy": "Never", "containers": [{"name": "app", "image": "me/greedy"}]}));
    node.run_until(20_000);
    assert_eq!(node.story().last().copied(), Some("greedy Failed app:OOMKilled(137)#0"));
}

#[test]
fn a_failed_hook_after_the_start_kills_the_container() {
    let mut node = with_web();
    let mut spec = hellok8s("v1");
    spec["containers"][0]["lifecycle"] = json!({"postStart": {"exec": {"command": ["/nope"]}}});
    node.bind("hook", spec);
    node.run_until(15_000);
    assert_eq!(node.texts("FailedPostStartHook"), ["PostStartHook failed"]);
    assert_eq!(node.texts("Killing"), ["FailedPostStartHook"]);
    assert!(node.story().iter().any(|line| line.contains("PostStartHookError")), "{:#?}", node.log);
}

#[test]
fn images_that_cannot_be_used() {
    let mut node = Node::new();
    let container = |image: &str, policy: &str| json!({"name": "app", "image": image, "imagePullPolicy": policy});
    node.bind("invalid", json!({"containers": [container("Bad_Image:", "IfNotPresent")]}));
    node.bind("never", json!({"containers": [container("busybox", "Never")]}));
    node.bind("always", json!({"containers": [container("guangzhengli/hellok8s:v1", "Always")]}));
    node.run_until(20_000);
    let states = |text: &str| node.story().iter().filter(|line| line.contains(text)).count();
    assert!(states("invalid Pending sandbox app:InvalidImageName#0") > 0, "{:#?}", node.log);
    assert!(states("never Pending sandbox app:ErrImageNeverPull#0") > 0, "{:#?}", node.log);
    assert!(states("always Running") > 0, "{:#?}", node.log);
    assert_eq!(
        node.texts("ErrImageNeverPull"),
        ["Container image \"busybox\" is not present with pull policy of Never"]
    );
    assert_eq!(node.texts("Pulling"), ["Pulling image \"guangzhengli/hellok8s:v1\""]);
    assert!(node.texts("InspectFailed")[0].starts_with("Failed to apply default image tag \"Bad_Image:\""));
}

#[test]
fn a_pod_that_is_deleted_while_its_sandbox_is_made_never_runs() {
    let mut node = Node::new();
    node.bind("early", hellok8s("v1"));
    node.run_until(150);
    node.delete("early", 30);
    node.run_until(10_000);
    assert_eq!(
        node.story(),
        [
            "early Pending app:ContainerCreating#0",
            "early Pending app:ContainerCreating#0",
            "early Failed app:ContainerStatusUnknown(137)#0",
            "early gone",
        ]
    );
    assert!(node.events.is_empty(), "{:?}", node.events);
}

#[test]
fn a_deletion_gives_up_the_pull() {
    let mut node = Node::new();
    let mut spec = hellok8s("v1");
    spec["containers"][0]["image"] = json!("busybox");
    node.bind("pulls", spec);
    node.run_until(2_000);
    node.delete("pulls", 30);
    node.run_until(4_500);
    assert_eq!(node.story().last().copied(), Some("pulls gone"));
    let failed = "Failed: Failed to pull image \"busybox\": rpc error: code = Canceled desc = context canceled";
    assert_eq!(node.events.get(failed), Some(&1), "{:?}", node.events);
}

/// From the recording: the container runs 15 s, fails three times in 9 s, and is started again. The first two waits
/// (10 s, 20 s) are over by then, for they are counted from the end of the instance before.
#[test]
fn the_liveness_story_holds_for_thirteen_minutes_in_steps_of_every_size() {
    const END_MS: u64 = 13 * 60_000;
    let run = |step_ms: u64| {
        let mut node = Node::new();
        node.bind("live", liveness());
        for at in (0..END_MS).step_by(usize::try_from(step_ms).expect("a step")) {
            node.run_until(at);
        }
        node.run_until(END_MS);
        node
    };
    let whole = run(END_MS);
    for step_ms in [1, 16, 100, 1_000, 1_013, 60_000] {
        let other = run(step_ms);
        assert_eq!(other.log, whole.log, "steps of {step_ms} ms");
        assert_eq!(other.events, whole.events, "steps of {step_ms} ms");
        assert_eq!(other.decisions, whole.decisions, "steps of {step_ms} ms");
    }
    let first = |text: &str| whole.times(text).first().copied();
    let starts: Vec<u64> = (0..=4).filter_map(|n| first(&format!("running#{n}"))).collect();
    assert_eq!(starts.len(), 5, "{:#?}", whole.log);
    for pair in starts.windows(2) {
        assert!((23_000..=25_000).contains(&(pair[1] - pair[0])), "{starts:?}");
    }
    let held: Vec<(u64, &str)> =
        whole.log.iter().filter_map(|(at, line)| Some((*at, line.split_once("CrashLoopBackOff#")?.1))).collect();
    assert_eq!(held.first().map(|(_, restarts)| *restarts), Some("4"), "{held:?}");
    for (at, restarts) in held {
        let next: u32 = restarts.parse().expect("a count");
        let Some(start) = first(&format!("running#{}", next + 1)) else { continue };
        // The wait, counted from the end of the container, and the jitter of the pod's next sync: up to a half of it,
        // at most 30 s, and the ticks of the kubelet's clocks.
        let wait_ms: u64 = [40_000, 80_000, 160_000, 300_000][(next as usize - 4).min(3)];
        let waited_ms = start - at;
        assert!((wait_ms - 2_000..=wait_ms + 33_000).contains(&waited_ms), "restart {next}: {waited_ms} ms");
    }
}

#[test]
fn a_shorter_grace_period_comes_too_late_for_a_pod_that_is_being_stopped() {
    let mut node = Node::new();
    node.bind("deaf", json!({"containers": [shell("sleep 3600")]}));
    node.run_until(20_000);
    node.delete("deaf", 30);
    node.run_until(25_000);
    node.delete("deaf", 1);
    node.run_until(60_000);
    let gone = node.times("gone")[0];
    assert!((50_700..=51_000).contains(&gone), "{gone}");
}

#[test]
fn one_big_step_and_many_small_ones_tell_the_same_story() {
    let (mut big, mut small) = (Node::new(), Node::new());
    big.bind("live", liveness());
    small.bind("live", liveness());
    big.run_until(400_000);
    for at in (0..=400_000).step_by(137) {
        small.run_until(at);
    }
    small.run_until(400_000);
    assert_eq!(big.log, small.log);
}

#[test]
fn images_are_pulled_one_after_the_other() {
    let mut node = Node::new();
    let busybox = |name: &str| node_pod(name, "busybox:latest");
    for name in ["one", "two", "three"] {
        node.bind(name, busybox(name));
    }
    node.run_until(30_000);
    let pulled = |event: &&String| event.starts_with("Pulled: Successfully pulled");
    let spans: Vec<(u64, u64)> = node
        .events
        .keys()
        .filter(pulled)
        .map(|event| {
            let ms = |text: &str| text.trim_end_matches(['s', 'm']).replace('.', "").parse::<u64>().expect("a span");
            let (_, behind) = event.split_once("\" in ").expect("how long it took");
            let (took, behind) = behind.split_once(" (").expect("how long it waited");
            (ms(took), ms(behind.split(' ').next().expect("the wait")))
        })
        .collect();
    assert_eq!(spans.len(), 3, "{:?}", node.events);
    // The first brings the image; the others wait for it, and then only ask for its manifest.
    let first = spans.iter().filter(|(took, with_wait)| took == with_wait && *took >= 3_000);
    let others = spans.iter().filter(|(took, with_wait)| *took < 1_000 && *with_wait > 3_000);
    assert_eq!((first.count(), others.count()), (1, 2), "{spans:?}");
}

fn node_pod(name: &str, image: &str) -> Value {
    json!({"containers": [{"name": name, "image": image, "command": ["sleep", "3600"]}]})
}
