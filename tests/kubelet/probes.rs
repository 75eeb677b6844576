//! Probes: what they ask, what is told of them, and what follows.

use hellok8s_lab::sim::SimTime;
use serde_json::json;

use crate::node::{Node, hellok8s, liveness, probe, shell, web, with_web};

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
fn a_failed_probe_ends_a_pod_whose_containers_run_once() {
    let mut node = with_web();
    let mut container = shell("sleep 3600");
    container["livenessProbe"] = probe(&json!({"exec": {"command": ["false"]}, "failureThreshold": 1}));
    let spec = json!({"restartPolicy": "Never", "containers": [container], "terminationGracePeriodSeconds": 4});
    node.bind("once", spec);
    node.run_until(40_000);
    // Nothing is kept and nothing is to start, so that the whole pod is killed.
    assert_eq!(node.texts("Killing"), ["Stopping container app"]);
    assert_eq!(node.story().last().copied(), Some("once Failed app:Error(137)#0"), "{:#?}", node.log);
}

/// The liveness image answers for 15 s. Its third failure would come at 24 s; a kubelet that is started anew at 22 s has
/// seen none.
#[test]
fn a_kubelet_that_starts_anew_counts_its_probes_anew() {
    let mut node = Node::new();
    node.bind("live", liveness());
    node.run_until(22_000);
    assert!(node.count("Unhealthy").is_some_and(|count| count == 2), "{:?}", node.events);
    node.restart_kubelet();
    node.run_until(40_000);
    let failed = node.decided("kubelet/liveness-failed")[0];
    assert!((28_000..=31_100).contains(&failed), "{failed}");
}

#[test]
fn the_probes_of_a_kubelet_that_starts_anew_have_a_new_phase() {
    let phase_of = |name: &str| {
        let mut node = with_web();
        node.bind(name, web(json!({"httpGet": {"path": "/ok", "port": 8080, "scheme": "HTTP"}})));
        node.run_until(30_000);
        let phase = |node: &Node| {
            let view = node.kubelet.pod_view(&format!("uid-{name}"), node.now).expect("a pod");
            view.containers[0].probes[0].next_at.map(|at| at.as_ms() % 5_000)
        };
        let before = phase(&node);
        node.restart_kubelet();
        node.run_until(40_000);
        (before, phase(&node))
    };
    let phases: Vec<_> = ["a", "b", "c"].map(phase_of).to_vec();
    assert!(phases.iter().all(|(before, after)| before != after), "{phases:?}");
    assert!(phases[0].1 != phases[1].1 && phases[1].1 != phases[2].1, "{phases:?}");
}

/// What ran before the kubelet stays ready until its probe says otherwise, or somebody has marked the pod meanwhile.
#[test]
fn a_container_that_was_ready_stays_so_when_the_kubelet_starts_anew() {
    let get = |path: &str| web(json!({"httpGet": {"path": path, "port": 8080, "scheme": "HTTP"}}));
    let mut node = with_web();
    node.bind("web", get("/ok"));
    node.run_until(30_000);
    node.log.clear();
    node.restart_kubelet();
    node.run_until(60_000);
    assert_eq!(node.story(), Vec::<&str>::new());

    node.kubelet.stop(node.now);
    node.change("web", |pod| {
        let ready = pod.status.conditions.iter_mut().find(|condition| condition.kind == "Ready");
        "False".clone_into(&mut ready.expect("a condition").status);
    });
    node.kubelet.start(node.now);
    node.run_until(90_000);
    assert_eq!(
        node.story(),
        ["web Running sandbox app:running#0", "web Running ready sandbox app:running#0"],
        "not ready until it is asked"
    );
}
