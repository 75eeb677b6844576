//! Ending: hooks, signals, grace periods, and what is reported last.

use hellok8s_lab::sim::SimTime;
use serde_json::json;

use crate::node::{Node, hellok8s, probe, shell, with_web};

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
