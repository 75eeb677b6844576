//! Starting: sandbox, images, init containers, restarts and their back-off.

use serde_json::json;

use crate::node::{Node, hellok8s, liveness, node_pod, shell, with_web};

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

#[test]
fn another_image_restarts_the_container_and_keeps_the_pod() {
    for policy in ["Always", "Never"] {
        let mut node = Node::new();
        let mut spec = hellok8s("v1");
        spec["restartPolicy"] = json!(policy);
        node.bind("web", spec);
        node.run_until(10_000);
        node.set_image("web", "app", "guangzhengli/hellok8s:v2");
        node.run_until(30_000);
        assert_eq!(node.texts("Killing"), ["Container app definition changed, will be restarted"]);
        assert_eq!(node.story().last().copied(), Some("web Running ready sandbox app:running#1"), "{:#?}", node.log);
        let status = &node.pods["web"].status.container_statuses[0];
        assert!(status.image.ends_with("hellok8s:v2"), "{}", status.image);
        assert_eq!(node.decided("kubelet/definition-changed").len(), 1);
    }
}

#[test]
fn another_image_restarts_a_sidecar_alone() {
    let mut node = with_web();
    let sidecar = json!({"name": "side", "image": "me/web", "restartPolicy": "Always"});
    node.bind("both", json!({"initContainers": [sidecar], "containers": [shell("sleep 3600")]}));
    node.run_until(20_000);
    node.set_image("both", "side", "guangzhengli/hellok8s:v1");
    node.run_until(40_000);
    assert_eq!(node.texts("Killing"), ["Init container side definition changed"]);
    let last = "both Running ready sandbox side:running#1 app:running#0";
    assert_eq!(node.story().last().copied(), Some(last), "{:#?}", node.log);
}

#[test]
fn sidecars_do_not_keep_a_pod_alive() {
    let mut node = with_web();
    let sidecar = json!({"name": "side", "image": "me/web", "restartPolicy": "Always"});
    let spec = json!({"restartPolicy": "Never", "initContainers": [sidecar], "containers": [shell("sleep 3")]});
    node.bind("job", spec);
    node.run_until(30_000);
    assert_eq!(node.texts("Killing"), ["Stopping container side"]);
    let last = "job Succeeded side:Error(2)#0 app:Completed(0)#0";
    assert_eq!(node.story().last().copied(), Some(last), "{:#?}", node.log);
}
