//! Services, traffic and trouble in a whole lab: what becomes of requests, and what the cluster makes of trouble.

// A test that meets what it does not expect has failed: it may panic.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

use hellok8s_lab::lab::{Lab, LabOptions};
use hellok8s_lab::network::Loss;
use hellok8s_lab::sim::SimTime;

fn deployment(image: &str, replicas: u32, rest: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: {replicas}\n  selector:\n    \
         matchLabels:\n      app: web\n  template:\n    metadata:\n      labels:\n        app: web\n    spec:\n      \
         containers:\n        - name: app\n          image: {image}\n{rest}"
    )
}

const READINESS: &str = "          readinessProbe:\n            httpGet:\n              path: /\n              port: 3000\n            periodSeconds: 1\n";
const PRE_STOP: &str = "          lifecycle:\n            preStop:\n              sleep:\n                seconds: 3\n";
const RECREATE: &str = "  strategy:\n    type: Recreate\n";

struct Terminal {
    lab: Lab,
}

impl Terminal {
    fn new() -> Self {
        Self { lab: Lab::new(&LabOptions { seed: 1, ..LabOptions::default() }) }
    }

    fn run(&mut self, line: &str) -> String {
        self.lab.command(0, line);
        while self.lab.is_busy(0) {
            self.lab.step();
        }
        self.lab.take_output(0).into_iter().map(|chunk| chunk.text).collect()
    }

    fn apply(&mut self, manifest: &str) {
        self.lab.write("web.yaml", manifest);
        let said = self.run("kubectl apply -f web.yaml");
        assert!(said.contains("created") || said.contains("configured"), "{said}");
    }

    fn sleep(&mut self, seconds: u64) {
        let until = self.lab.now() + seconds * 1000;
        self.lab.run_until(until);
    }

    fn serving(image: &str, replicas: u32, rest: &str) -> Self {
        let mut terminal = Self::new();
        terminal.apply(&deployment(image, replicas, rest));
        terminal.run("kubectl expose deployment web --port 80 --target-port 3000 --type NodePort");
        terminal.sleep(10);
        terminal
    }

    fn lost(&self, loss: Loss) -> u64 {
        self.lab.cluster().traffic().totals().lost[loss as usize]
    }

    fn pod(&mut self) -> String {
        self.run("kubectl get pods -l app=web -o name")
            .lines()
            .next()
            .expect("a pod")
            .trim_start_matches("pod/")
            .to_owned()
    }
}

#[test]
fn a_service_is_reached_by_name_address_and_node_port() {
    let mut terminal = Terminal::serving("guangzhengli/hellok8s:v2", 2, READINESS);
    let hello = "[v2] Hello, Kubernetes!";
    for host in ["web", "web.default", "web.default.svc", "web.default.svc.cluster.local"] {
        assert_eq!(terminal.run(&format!("curl -s http://{host}/")), hello, "{host}");
    }
    let ip = terminal.run("kubectl get service web -o jsonpath='{.spec.clusterIP}'");
    assert_eq!(terminal.run(&format!("curl -s http://{ip}/")), hello);
    let port = terminal.run("kubectl get service web -o jsonpath='{.spec.ports[0].nodePort}'");
    assert_eq!(terminal.run(&format!("curl -s http://192.168.49.2:{port}/")), hello);
    let pod_ip = terminal.run("kubectl get pods -o jsonpath='{.items[0].status.podIP}'");
    assert_eq!(terminal.run(&format!("curl -s http://{pod_ip}:3000/")), hello);
    assert_eq!(terminal.run("curl -sS http://nowhere/"), "curl: (6) Could not resolve host: nowhere\n");
    terminal.run("kubectl scale deployment web --replicas=0");
    terminal.sleep(10);
    let refused = terminal.run("curl -sS http://web/");
    assert!(refused.starts_with("curl: (7) Failed to connect to web port 80"), "{refused}");
}

#[test]
fn a_container_reaches_services_and_itself() {
    let mut terminal = Terminal::serving("guangzhengli/hellok8s:v2", 2, READINESS);
    terminal.run("kubectl run tool --image=nginx");
    terminal.sleep(10);
    let hello = "[v2] Hello, Kubernetes!";
    assert_eq!(terminal.run("kubectl exec tool -- curl -s http://web/"), hello);
    assert_eq!(terminal.run("kubectl exec tool -- wget -qO- http://web.default.svc.cluster.local"), hello);
    assert!(terminal.run("kubectl exec tool -- curl -s localhost").contains("Welcome to nginx!"));
    assert_eq!(
        terminal.run("kubectl exec tool -- curl -sS http://nowhere"),
        "curl: (6) Could not resolve host: nowhere\ncommand terminated with exit code 6\n"
    );
    let pod = terminal.pod();
    assert!(
        terminal.run(&format!("kubectl exec {pod} -- curl -s localhost:3000")).contains("executable file not found")
    );
}

#[test]
fn a_forwarded_port_is_lost_with_its_pod() {
    let mut terminal = Terminal::serving("guangzhengli/hellok8s:v2", 1, READINESS);
    terminal.lab.command(1, "kubectl port-forward deployment/web 3000:3000");
    terminal.sleep(1);
    assert_eq!(terminal.run("curl -s http://localhost:3000"), "[v2] Hello, Kubernetes!");
    terminal.run("kubectl delete pod --all");
    terminal.sleep(5);
    // kubectl notices with the next connection.
    drop(terminal.run("curl -s http://localhost:3000"));
    terminal.sleep(1);
    let said: String = terminal.lab.take_output(1).into_iter().map(|chunk| chunk.text).collect();
    assert!(said.ends_with("error: lost connection to pod\n"), "{said}");
    assert!(!terminal.lab.is_busy(1));
}

#[test]
fn a_rollout_with_readiness_and_draining_loses_nothing() {
    let rest = format!("{READINESS}{PRE_STOP}");
    let mut terminal = Terminal::serving("guangzhengli/hellok8s:v1", 3, &rest);
    assert_eq!(terminal.run("lab traffic web 50"), "50 requests a second to service web\n");
    let began = terminal.lab.now();
    terminal.sleep(10);
    terminal.apply(&deployment("guangzhengli/hellok8s:v2", 3, &rest));
    terminal.sleep(60);
    // 50 a second, while kubectl started as well.
    let asked = terminal.lab.now().ms_since(began) / 20;
    let traffic = terminal.lab.cluster().traffic();
    assert_eq!((traffic.totals().lost(), traffic.totals().answered), (0, asked), "{:?}", traffic.totals());
    let versions: Vec<&str> = traffic.versions().iter().map(|version| &**version).collect();
    assert_eq!(versions, ["guangzhengli/hellok8s:v1", "guangzhengli/hellok8s:v2"]);
    let last = traffic.seconds().next_back().expect("a second");
    assert!(last.answered.iter().all(|(version, _)| *version == 1), "{last:?}");
    let sum: u32 = traffic.seconds().flat_map(|second| &second.answered).map(|(_, count)| count).sum();
    assert_eq!(u64::from(sum), asked);
}

#[test]
fn sigterm_without_draining_loses_requests_until_the_node_knows() {
    let mut terminal = Terminal::serving("guangzhengli/hellok8s:v1", 3, READINESS);
    terminal.run("lab traffic web 100");
    terminal.apply(&deployment("guangzhengli/hellok8s:v2", 3, READINESS));
    terminal.sleep(60);
    let lost = terminal.lost(Loss::Refused) + terminal.lost(Loss::Unreachable);
    assert!(lost > 0, "{:?}", terminal.lab.cluster().traffic().totals());
    assert_eq!(terminal.lost(Loss::NoEndpoints), 0);
}

#[test]
fn recreate_has_a_gap() {
    let manifest = |tag: &str| deployment(&format!("guangzhengli/hellok8s:{tag}"), 2, READINESS) + RECREATE;
    let mut terminal = Terminal::new();
    terminal.apply(&manifest("v1"));
    terminal.run("kubectl expose deployment web --port 80 --target-port 3000");
    terminal.sleep(10);
    terminal.run("lab traffic web 20 /");
    terminal.apply(&manifest("v2"));
    terminal.sleep(60);
    assert!(terminal.lost(Loss::NoEndpoints) > 10, "{:?}", terminal.lab.cluster().traffic().totals());
    assert!(terminal.run("lab traffic").contains("no endpoints"));
    terminal.run("lab traffic web off");
    let before = terminal.lab.cluster().traffic().totals().clone();
    terminal.sleep(10);
    assert_eq!(*terminal.lab.cluster().traffic().totals(), before);
}

#[test]
fn a_request_in_hand_is_lost_with_its_container() {
    let mut terminal = Terminal::serving("guangzhengli/hellok8s:v1", 1, "");
    terminal.run("lab fail guangzhengli/hellok8s:v1 / hang");
    terminal.run("lab traffic web 10");
    terminal.sleep(2);
    assert_eq!(terminal.lab.cluster().traffic().in_flight(), 20);
    let pod = terminal.pod();
    terminal.run(&format!("lab kill {pod}"));
    terminal.sleep(10);
    assert!(terminal.lost(Loss::Interrupted) >= 20, "{:?}", terminal.lab.cluster().traffic().totals());
}

#[test]
fn the_same_traffic_whatever_the_steps_and_after_a_seek() {
    let play = |step_ms: u64| {
        let mut terminal = Terminal::serving("guangzhengli/hellok8s:v1", 3, READINESS);
        terminal.run("lab traffic web 30");
        terminal.apply(&deployment("guangzhengli/hellok8s:v2", 3, READINESS));
        let end = terminal.lab.now() + 30_000;
        while terminal.lab.now() < end {
            let next = (terminal.lab.now() + step_ms).min(end);
            terminal.lab.run_until(next);
        }
        terminal
    };
    let mut whole = play(30_000);
    let expected: Vec<_> = whole.lab.cluster().traffic().seconds().cloned().collect();
    assert_eq!(play(16).lab.cluster().traffic().seconds().cloned().collect::<Vec<_>>(), expected);
    let end = whole.lab.now();
    whole.lab.seek(SimTime(15_000));
    assert!(whole.lab.cluster().traffic().seconds().count() < expected.len());
    whole.lab.seek(end);
    assert_eq!(whole.lab.cluster().traffic().seconds().cloned().collect::<Vec<_>>(), expected);
}

#[test]
fn a_killed_container_is_started_again() {
    let mut terminal = Terminal::serving("guangzhengli/hellok8s:v1", 1, "");
    let pod = terminal.pod();
    assert_eq!(terminal.run(&format!("lab kill {pod} --oom")), format!("container app of pod {pod} OOMKilled\n"));
    terminal.sleep(5);
    let last = terminal.run("kubectl get pods -o jsonpath='{.items[0].status.containerStatuses[0].lastState}'");
    assert!(last.contains("\"reason\":\"OOMKilled\"") && last.contains("\"exitCode\":137"), "{last}");
    assert_eq!(terminal.run("lab kill nope"), "lab: pods \"nope\" not found\n");
}

#[test]
fn a_failing_path_is_seen_by_the_probe_until_it_is_well_again() {
    let mut terminal = Terminal::serving("guangzhengli/hellok8s:v1", 1, READINESS);
    let pod = terminal.pod();
    terminal.run(&format!("lab fail {pod} / 500"));
    terminal.sleep(6);
    assert!(terminal.run("kubectl get pods").contains("0/1"));
    assert!(terminal.run("lab status").contains("answers 500"));
    terminal.run(&format!("lab fail {pod} / ok"));
    terminal.sleep(6);
    assert!(terminal.run("kubectl get pods").contains("1/1"));
    assert_eq!(terminal.run("lab status"), "all is as it should be\n");
}

#[test]
fn status_names_every_object_that_is_not_well() {
    let mut terminal = Terminal::serving("guangzhengli/hellok8s:v1", 2, "");
    assert_eq!(terminal.run("lab status"), "all is as it should be\n");
    terminal.run("kubectl set image deployment web app=guangzhengli/hellok8s:nope");
    terminal.sleep(60);
    let pod = terminal.run("kubectl get pods | grep -v Running | tail -1 | cut -d' ' -f1");
    let status = terminal.run("lab status");
    let lines: Vec<&str> = status.lines().collect();
    assert_eq!(lines[0], "deployment web: wants 2 pods and has 3, 1 of the present template, 2 available", "{status}");
    let waits = format!("pod {}: ImagePullBackOff, 0/1 ready", pod.trim());
    assert!(lines[1] == waits || lines[1] == waits.replace("ImagePullBackOff", "ErrImagePull"), "{status}");
    assert_eq!(lines.len(), 2, "{status}");
    terminal.sleep(600);
    let status = terminal.run("lab status");
    assert!(status.contains("deployment web: Progressing is False, ProgressDeadlineExceeded\n"), "{status}");
    terminal.run("kubectl rollout undo deployment web; kubectl scale deployment web --replicas=0");
    terminal.sleep(40);
    assert_eq!(terminal.run("lab status"), "service web: no pod behind it is ready\n");
    terminal.run("kubectl delete service web; kubectl create namespace shop; kubectl cordon minikube");
    terminal.run("kubectl run alone -n shop --image=guangzhengli/hellok8s:v1");
    assert_eq!(
        terminal.run("lab status"),
        "node minikube: Ready,SchedulingDisabled\npod shop/alone: Pending, 0/1 ready\n"
    );
}

#[test]
fn a_slow_image_holds_the_rollout_up() {
    let mut terminal = Terminal::serving("guangzhengli/hellok8s:v1", 1, READINESS);
    terminal.run("lab slow guangzhengli/hellok8s:v2 20s");
    terminal.apply(&deployment("guangzhengli/hellok8s:v2", 1, READINESS));
    terminal.sleep(15);
    assert!(terminal.run("kubectl get pods").contains("0/1"));
    terminal.sleep(15);
    assert!(!terminal.run("kubectl get pods").contains("0/1"));
    assert!(terminal.run("lab slow nope:v9 20s").starts_with("lab: no such image"));
}

#[test]
fn without_a_kubelet_nothing_is_started_and_everything_runs_on() {
    let mut terminal = Terminal::serving("guangzhengli/hellok8s:v1", 1, READINESS);
    terminal.run("lab kubelet stop");
    terminal.run("kubectl scale deployment web --replicas=2");
    terminal.sleep(20);
    let pods = terminal.run("kubectl get pods");
    assert!(pods.contains("Pending") && pods.contains("Running"), "{pods}");
    assert_eq!(terminal.run("curl -s http://web/"), "[v1] Hello, Kubernetes!");
    terminal.run("lab kubelet start");
    terminal.sleep(20);
    assert!(!terminal.run("kubectl get pods").contains("Pending"));
}

#[test]
fn trouble_and_traffic_are_part_of_the_history() {
    let mut terminal = Terminal::serving("guangzhengli/hellok8s:v1", 1, READINESS);
    let pod = terminal.pod();
    terminal.run(&format!("lab fail {pod} / 500"));
    terminal.sleep(20);
    let end = terminal.lab.now();
    let log = |terminal: &Terminal| {
        terminal.lab.cluster().log().iter().map(|event| event.object.to_value().to_string()).collect::<Vec<_>>()
    };
    let expected = log(&terminal);
    terminal.lab.seek(SimTime(1_000));
    terminal.lab.seek(end);
    assert!(log(&terminal) == expected, "the history was another one");
}
