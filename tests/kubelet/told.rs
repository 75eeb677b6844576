//! What is told of containers that fail, and what makes the kubelet look at a pod again.

use serde_json::json;

use crate::node::{Node, shell, with_web};

/// The message with which the pod's container waits, at any moment.
fn waits(node: &mut Node, name: &str, reason: &str, until_ms: u64) -> Option<String> {
    for at in (0..=until_ms).step_by(100) {
        node.run_until(at);
        let waiting = node.pods[name].status.container_statuses.first().and_then(|it| it.state.waiting.clone());
        if let Some(waiting) = waiting.filter(|waiting| waiting.reason == reason) {
            return Some(waiting.message);
        }
    }
    None
}

#[test]
fn a_hook_that_failed_is_told_in_full() {
    let begin = |what: &str| format!("{what} for Container \"app\" in Pod \"hook_default(uid-hook)\" failed - error: ");
    let exec = |words: &[&str]| json!({"postStart": {"exec": {"command": words}}});
    let get = json!({"postStart": {"httpGet": {"path": "/ok", "port": 81, "scheme": "HTTP"}}});
    for (hook, told) in [
        (
            exec(&["sh", "-c", "echo no; exit 3"]),
            begin("Exec lifecycle hook ([sh -c echo no; exit 3])")
                + "command 'sh -c echo no; exit 3' exited with 3: , message: \"no\\n\"",
        ),
        (
            get,
            begin("HTTP lifecycle hook (/ok)")
                + "Get \"http://10.244.0.3:81/ok\": dial tcp 10.244.0.3:81: connect: connection refused",
        ),
    ] {
        let mut node = Node::new();
        let mut container = shell("sleep 3600");
        container["lifecycle"] = hook;
        node.bind("hook", json!({"containers": [container]}));
        assert_eq!(waits(&mut node, "hook", "PostStartHookError", 60_000), Some(told), "{:#?}", node.log);
    }
}

#[test]
fn another_image_does_not_wait_for_the_one_that_crashed() {
    let mut node = Node::new();
    let mut spec = json!({"containers": [shell("exit 1")]});
    spec["containers"][0]["name"] = json!("app");
    node.bind("loop", spec);
    node.run_until(120_000);
    let held = node.kubelet.pod_view("uid-loop", node.now).and_then(|view| view.containers[0].back_off_until);
    assert!(held.is_some_and(|until| until.as_ms() > 140_000), "{held:?}");
    node.image(json!({"image": "me/good", "port": 80, "shell": true}));
    node.change("loop", |pod| {
        pod.metadata.generation += 1;
        let spec = std::sync::Arc::make_mut(&mut pod.spec);
        "me/good".clone_into(&mut spec.containers[0].image);
    });
    node.run_until(125_000);
    let restarts = node.decided("kubelet/restart-container");
    assert!(restarts.last().is_some_and(|at| (120_000..125_000).contains(at)), "{restarts:?}");
}

#[test]
fn a_container_that_runs_again_is_not_held_back() {
    let mut node = Node::new();
    node.bind("loop", json!({"containers": [shell("sleep 5; exit 1")]}));
    let mut looks = 0;
    for at in (0..=120_000).step_by(500) {
        node.run_until(at);
        let status = node.pods["loop"].status.container_statuses.first();
        if status.is_some_and(|it| it.restart_count > 1 && it.state.running.is_some()) {
            let held = node.kubelet.pod_view("uid-loop", node.now).and_then(|view| view.containers[0].back_off_until);
            assert_eq!(held, None, "{at}");
            looks += 1;
        }
    }
    assert!(looks > 0);
}

#[test]
fn a_sidecar_that_has_ended_well_is_told_so_until_it_runs_again() {
    let mut node = with_web();
    let sidecar = |code: i32| json!({"name": "side", "image": "busybox", "command": ["sh", "-c", format!("sleep 1; exit {code}")], "restartPolicy": "Always"});
    for (name, code) in [("well", 0), ("ill", 1)] {
        node.bind(name, json!({"initContainers": [sidecar(code)], "containers": [shell("sleep 3600")]}));
    }
    node.run_until(100_000);
    let waits =
        |name: &str| node.story().iter().any(|line| line.starts_with(name) && line.contains("side:CrashLoopBackOff"));
    let ended = |name: &str, how: &str| {
        node.story().iter().any(|line| line.starts_with(name) && line.contains(&format!("side:{how}")))
    };
    assert_eq!((waits("well"), waits("ill")), (false, true), "{:#?}", node.log);
    assert!(ended("well", "Completed(0)#1") && ended("ill", "CrashLoopBackOff#1"), "{:#?}", node.log);
}

#[test]
fn labels_and_annotations_make_the_kubelet_look_and_a_status_does_not() {
    type Change = fn(&mut hellok8s_lab::api::Pod);
    let changes: [(Change, bool); 3] = [
        (|pod| drop(pod.metadata.labels.insert("tier".into(), "x".into())), true),
        (|pod| drop(pod.metadata.annotations.insert("note".into(), "x".into())), true),
        (|pod| "hand".clone_into(&mut pod.status.reason), false),
    ];
    for (change, looks) in changes {
        let mut node = Node::new();
        node.bind("loop", json!({"containers": [shell("exit 1")]}));
        node.run_until(60_000);
        let before = node.count("BackOff: Back-off restarting failed container");
        let is_held = node.kubelet.pod_view("uid-loop", node.now).and_then(|view| view.containers[0].back_off_until);
        assert!(is_held.is_some_and(|until| until.as_ms() > 62_000), "{is_held:?}");
        node.change("loop", change);
        node.run_until(61_500);
        let after = node.count("BackOff: Back-off restarting failed container");
        assert_eq!(after > before, looks, "{before:?} {after:?}");
    }
}

#[test]
fn events_name_the_list_in_which_their_container_stands() {
    let mut node = Node::new();
    let first = json!({"name": "first", "image": "busybox", "command": ["sh", "-c", "exit 0"]});
    node.bind("web", json!({"initContainers": [first], "containers": [shell("sleep 3600")]}));
    node.run_until(30_000);
    assert_eq!(node.parts.iter().collect::<Vec<_>>(), ["spec.containers{app}", "spec.initContainers{first}"]);
}
