//! Tests of the status that the kubelet reports of a pod.

use std::sync::Arc;

use serde_json::json;

use super::generate::{Given, Reasons, generate};
use super::manager::StatusManager;
use super::merge::merge;
use crate::api::{KubernetesVersion, Pod, PodCondition, PodPhase, PodSpec, PodStatus, Time};
use crate::kubelet::prober::Prober;
use crate::kubelet::runtime::RuntimeStatus;
use crate::sim::Shared;

fn pod(spec: serde_json::Value, status: serde_json::Value) -> Pod {
    Pod {
        spec: Arc::new(PodSpec::from_value(spec).unwrap_or_default()),
        status: serde_json::from_value(status).unwrap_or_default(),
        ..Pod::default()
    }
}

fn one_container() -> serde_json::Value {
    json!({"containers": [{"name": "app", "image": "web"}]})
}

fn generated(pod: &Pod, old: &PodStatus) -> PodStatus {
    let given = Given {
        pod,
        old,
        seen: &RuntimeStatus::default(),
        reasons: &Reasons::default(),
        node_ip: "192.168.49.2",
        version: KubernetesVersion::V1_36,
        is_terminal: false,
        ends_because: None,
    };
    generate(&given, &mut Prober::default())
}

fn status(phase: PodPhase, reason: &str, message: &str) -> PodStatus {
    PodStatus { phase, reason: reason.to_owned(), message: message.to_owned(), ..PodStatus::default() }
}

#[test]
fn the_reason_and_the_message_of_a_phase_stay_with_it_and_fall_back_to_the_api_server_s() {
    let pod = pod(one_container(), json!({"phase": "Pending", "reason": "Theirs", "message": "their words"}));
    let of = |old: &PodStatus| {
        let new = generated(&pod, old);
        (new.phase, new.reason, new.message)
    };
    let pending = |reason: &str, message: &str| (PodPhase::Pending, reason.to_owned(), message.to_owned());
    assert_eq!(of(&status(PodPhase::Pending, "Ours", "our words")), pending("Ours", "our words"));
    assert_eq!(of(&status(PodPhase::Pending, "", "our words")), pending("Theirs", "our words"));
    assert_eq!(of(&status(PodPhase::Pending, "Ours", "")), pending("Ours", "their words"));
    assert_eq!(of(&status(PodPhase::Running, "Ours", "our words")), pending("", ""));
}

#[test]
fn a_phase_that_has_ended_stays_what_the_api_server_has() {
    let ended = pod(one_container(), json!({"phase": "Succeeded"}));
    assert_eq!(generated(&ended, &status(PodPhase::Failed, "", "")).phase, PodPhase::Succeeded);
    assert_eq!(generated(&ended, &status(PodPhase::Running, "", "")).phase, PodPhase::Succeeded);
    let running = pod(one_container(), json!({"phase": "Running"}));
    assert_eq!(generated(&running, &status(PodPhase::Failed, "", "")).phase, PodPhase::Failed);
}

#[test]
fn an_end_is_not_told_while_containers_may_run() {
    let pod = pod(one_container(), json!({"phase": "Running", "reason": "R", "message": "m"}));
    let ended = status(PodPhase::Failed, "Evicted", "gone");
    let told = |may_run| {
        let told = merge(&pod, &ended.clone().into(), may_run);
        (told.phase, told.reason.clone(), told.message.clone())
    };
    assert_eq!(told(true), (PodPhase::Running, "R".to_owned(), "m".to_owned()));
    assert_eq!(told(false), (PodPhase::Failed, "Evicted".to_owned(), "gone".to_owned()));
    let known = Pod { status: status(PodPhase::Succeeded, "", "").into(), ..pod.clone() };
    assert_eq!(merge(&known, &ended.clone().into(), true).phase, PodPhase::Failed);
    assert_eq!(merge(&pod, &status(PodPhase::Pending, "", "").into(), true).phase, PodPhase::Pending);
}

#[test]
fn what_has_ended_is_not_ready_and_others_conditions_are_the_api_server_s() {
    let condition = |kind: &str, status: &str| PodCondition {
        kind: kind.to_owned(),
        status: status.to_owned(),
        ..PodCondition::default()
    };
    let mut pod = pod(one_container(), json!({"phase": "Running"}));
    pod.status.conditions = vec![condition("Ready", "True"), condition("theirs", "now")];
    let mut ended = status(PodPhase::Succeeded, "", "");
    ended.conditions =
        vec![condition("theirs", "before"), condition("Ready", "True"), condition("PodScheduled", "True")];
    let told = |status: &PodStatus, may_run| -> Vec<(String, String, String)> {
        let conditions = merge(&pod, &status.clone().into(), may_run).into_inner().conditions.into_iter();
        conditions.map(|condition| (condition.kind, condition.status, condition.reason)).collect()
    };
    let text = |kind: &str, status: &str, reason: &str| (kind.to_owned(), status.to_owned(), reason.to_owned());
    let (theirs, scheduled) = (text("theirs", "now", ""), text("PodScheduled", "True", ""));
    assert_eq!(told(&ended, true), [theirs.clone(), text("Ready", "True", ""), scheduled.clone()]);
    let not_ready = |reason| {
        vec![
            theirs.clone(),
            text("Ready", "False", reason),
            scheduled.clone(),
            text("ContainersReady", "False", reason),
        ]
    };
    assert_eq!(told(&ended, false), not_ready("PodCompleted"));
    ended.phase = PodPhase::Failed;
    assert_eq!(told(&ended, false), not_ready("PodFailed"));
}

#[test]
fn the_start_time_is_set_once() {
    let pod = pod(one_container(), json!({}));
    let mut manager = StatusManager::default();
    let start = |manager: &StatusManager| manager.status().and_then(|status| status.start_time);
    assert!(manager.set(&pod, Shared::new(), Time(100)));
    assert_eq!(start(&manager), Some(Time(100)));
    manager.set(&pod, status(PodPhase::Running, "", "").into(), Time(200));
    assert_eq!(start(&manager), Some(Time(100)));
    let known = Pod { status: PodStatus { start_time: Some(Time(50)), ..PodStatus::default() }.into(), ..pod };
    let mut anew = StatusManager::default();
    anew.set(&known, status(PodPhase::Running, "", "").into(), Time(200));
    assert_eq!(start(&anew), Some(Time(50)));
}

fn with_init(init: serde_json::Value, status: serde_json::Value) -> Pod {
    pod(json!({"initContainers": [init], "containers": [{"name": "app", "image": "web"}]}), status)
}

/// The words of the containers' states after the last report.
fn last_words(pod: &Pod, cached: Option<serde_json::Value>) -> (PodPhase, Vec<String>) {
    let mut manager = StatusManager::default();
    if let Some(cached) = cached {
        manager.set(pod, serde_json::from_value(cached).unwrap_or_default(), Time(0));
    }
    manager.terminate(pod, Time(1));
    let status = manager.status().cloned().unwrap_or_default();
    let all = status.init_container_statuses.iter().chain(&status.container_statuses);
    let words = all.map(|container| {
        let state = &container.state;
        let ended = state.terminated.as_ref().map(|ended| format!("{}({})", ended.reason, ended.exit_code));
        ended.unwrap_or_else(|| if state.running.is_some() { "running".to_owned() } else { "waiting".to_owned() })
    });
    (status.phase, words.collect())
}

#[test]
fn containers_are_lost_once_the_pod_has_come_to_them() {
    const LOST: &str = "ContainerStatusUnknown(137)";
    let plain = json!({"name": "first", "image": "web"});
    let sidecar = json!({"name": "first", "image": "web", "restartPolicy": "Always"});
    let waits = json!({"waiting": {}});
    let runs = json!({"running": {"startedAt": "2026-01-01T00:00:00Z"}});
    let done = |code: i32| json!({"terminated": {"exitCode": code, "reason": "Ended"}});
    let of = |first: serde_json::Value, app: serde_json::Value| {
        let started = first.get("running").is_some();
        json!({"phase": "Pending",
            "initContainerStatuses": [{"name": "first", "state": first, "started": started}],
            "containerStatuses": [{"name": "app", "state": app}]})
    };
    // The init container, its state, the container's state; the words of both in the end.
    for (init, first, app, words) in [
        (&plain, &waits, &waits, [LOST, "waiting"]),
        (&plain, &runs, &waits, [LOST, "waiting"]),
        (&plain, &done(1), &waits, ["Ended(1)", "waiting"]),
        (&plain, &done(0), &waits, ["Ended(0)", LOST]),
        (&plain, &waits, &runs, [LOST, LOST]),
        (&sidecar, &runs, &waits, [LOST, LOST]),
        (&sidecar, &waits, &waits, [LOST, "waiting"]),
        (&sidecar, &done(0), &waits, ["Ended(0)", "waiting"]),
    ] {
        let pod = with_init(init.clone(), of(first.clone(), app.clone()));
        assert_eq!(
            last_words(&pod, None),
            (PodPhase::Failed, words.map(str::to_owned).to_vec()),
            "{init} {first} {app}"
        );
    }
    // A sidecar that runs has to have started as well.
    let mut status = of(runs.clone(), waits.clone());
    status["initContainerStatuses"][0]["started"] = json!(false);
    assert_eq!(last_words(&with_init(sidecar, status), None).1, [LOST, "waiting"]);
    // It is the API server's status that tells whether the pod has come to its containers.
    let pod = with_init(plain.clone(), of(waits.clone(), waits.clone()));
    assert_eq!(last_words(&pod, Some(of(done(0), waits.clone()))).1, ["Ended(0)", "waiting"]);
    let pod = with_init(plain, of(done(0), waits.clone()));
    assert_eq!(last_words(&pod, Some(of(waits.clone(), waits))).1, [LOST, LOST]);
}

#[test]
fn init_containers_that_never_began_are_not_lost_but_for_the_first() {
    let inits = json!([{"name": "a", "image": "web"}, {"name": "b", "image": "web"}, {"name": "c", "image": "web"}]);
    let spec = json!({"initContainers": inits, "containers": [{"name": "app", "image": "web"}]});
    let waits = json!({"waiting": {}});
    let of = |states: [serde_json::Value; 3]| {
        let statuses: Vec<_> =
            ["a", "b", "c"].iter().zip(states).map(|(name, state)| json!({"name": name, "state": state})).collect();
        json!({"phase": "Pending", "initContainerStatuses": statuses})
    };
    let lost = |count: usize| -> Vec<String> {
        (0..3).map(|at| if at < count { "ContainerStatusUnknown(137)" } else { "waiting" }.to_owned()).collect()
    };
    let runs = json!({"running": {}});
    assert_eq!(last_words(&pod(spec.clone(), of([waits.clone(), waits.clone(), waits.clone()])), None).1, lost(1));
    assert_eq!(last_words(&pod(spec.clone(), of([waits.clone(), runs.clone(), waits.clone()])), None).1, lost(2));
    assert_eq!(last_words(&pod(spec, of([waits.clone(), waits, runs])), None).1, lost(3));
}
