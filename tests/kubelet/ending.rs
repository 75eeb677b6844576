//! Ending: hooks, signals, grace periods, and what is reported last.

use hellok8s_lab::api::PodPhase;
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

/// A container with a hook before its end, and a program that does not listen to SIGTERM.
fn hooked(hook: serde_json::Value, grace_s: i64) -> serde_json::Value {
    let mut container = shell("sleep 3600");
    container["lifecycle"] = json!({"preStop": hook});
    json!({"containers": [container], "terminationGracePeriodSeconds": grace_s})
}

#[test]
fn the_hook_s_whole_seconds_are_taken_from_the_grace_period() {
    let mut node = Node::new();
    node.bind("slow", hooked(json!({"sleep": {"seconds": 7}}), 30));
    node.run_until(20_000);
    node.delete("slow", 10);
    node.run_until(60_000);
    assert_eq!(node.decided("kubelet/grace-ended"), [30_000]);
}

#[test]
fn a_hook_that_outlives_the_grace_period_leaves_two_seconds() {
    let mut node = Node::new();
    let exec = json!({"exec": {"command": ["sh", "-c", "sleep 60; exit 1"]}});
    for (name, hook, failures) in [("sleeps", json!({"sleep": {"seconds": 60}}), 0), ("runs", exec, 1)] {
        node.bind(name, hooked(hook, 30));
        node.run_until(node.now.as_ms() + 20_000);
        let (from, before) = (node.now.as_ms(), node.decided("kubelet/grace-ended").len());
        node.delete(name, 5);
        node.run_until(from + 6_000);
        // Nobody waits for the hook any more, and it has not failed yet.
        assert_eq!(node.count("FailedPreStopHook"), None, "{name}");
        node.run_until(from + 60_000);
        assert_eq!(node.decided("kubelet/grace-ended")[before..], [from + 7_000], "{name}");
        // The command breaks off with its container.
        assert_eq!(node.count("FailedPreStopHook"), (failures > 0).then_some(failures), "{name}");
    }
}

#[test]
fn without_a_grace_period_the_hook_has_a_second() {
    let mut node = Node::new();
    node.bind("hard", hooked(json!({"sleep": {"seconds": 5}}), 0));
    node.run_until(20_000);
    node.remove("hard");
    node.run_until(40_000);
    // One second for the hook, two for the program.
    assert_eq!(node.decided("kubelet/grace-ended"), [23_000]);
}

#[test]
fn a_container_that_is_killed_without_a_grace_period_has_no_hook() {
    for (grace_s, fails) in [(0, false), (1, true)] {
        let mut node = with_web();
        let mut spec = hooked(json!({"exec": {"command": ["false"]}}), grace_s);
        spec["containers"][0]["livenessProbe"] = probe(&json!({"exec": {"command": ["false"]}, "failureThreshold": 1}));
        node.bind("hasty", spec);
        node.run_until(30_000);
        assert!(!node.decided("kubelet/liveness-failed").is_empty(), "{grace_s}: {:?}", node.log);
        assert_eq!(node.count("FailedPreStopHook").is_some(), fails, "{grace_s}");
    }
}

#[test]
fn a_pod_that_somebody_has_declared_as_ended_is_stopped() {
    let mut node = Node::new();
    node.bind("web", hellok8s("v1"));
    node.run_until(10_000);
    node.change("web", |pod| {
        pod.status.phase = PodPhase::Failed;
        "Evicted".clone_into(&mut pod.status.reason);
        "somebody's words".clone_into(&mut pod.status.message);
    });
    node.run_until(30_000);
    let status = &node.pods["web"].status;
    assert_eq!(
        (status.phase, status.reason.as_str(), status.message.as_str()),
        (PodPhase::Failed, "Evicted", "somebody's words"),
    );
    assert!(status.container_statuses[0].state.terminated.is_some(), "{:#?}", node.log);
    assert!(status.conditions.iter().all(|condition| condition.kind != "Ready" || condition.status == "False"));
}

#[test]
fn an_end_is_reported_when_nothing_runs_any_more() {
    let mut node = Node::new();
    let spec = json!({"activeDeadlineSeconds": 10, "containers": [shell("sleep 3600")],
        "terminationGracePeriodSeconds": 5});
    node.bind("late", spec);
    node.run_until(60_000);
    let failed = node.times("Failed")[0];
    let killed = node.decided("kubelet/grace-ended")[0];
    assert!(failed > killed, "{failed} {killed} {:#?}", node.log);
    let status = &node.pods["late"].status;
    assert_eq!((status.phase, status.reason.as_str()), (PodPhase::Failed, "DeadlineExceeded"));
}

#[test]
fn a_pod_that_is_removed_while_its_grace_runs_is_stopped_all_the_same() {
    let mut node = Node::new();
    node.bind("deaf", json!({"containers": [shell("sleep 3600")]}));
    node.run_until(20_000);
    node.delete("deaf", 30);
    node.run_until(25_000);
    node.remove("deaf");
    let told = node.log.len();
    node.run_until(49_900);
    assert!(node.kubelet.has_shell("uid-deaf", "app"), "it runs on");
    node.run_until(60_000);
    assert_eq!(node.decided("kubelet/grace-ended"), [50_000]);
    // Nobody is left to tell, and nothing to ask for.
    assert_eq!(node.log.len(), told, "{:#?}", node.log);
    assert!(node.decided("kubelet/remove-pod").is_empty());
    assert!(node.kubelet.pod_view("uid-deaf", node.now).is_none(), "it is forgotten");
}
