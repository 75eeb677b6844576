//! The kubelet: back-off and conditions.

use hellok8s_lab::api::{Container, ContainerStatus, PodCondition, PodPhase, PodSpec};
use hellok8s_lab::kubelet::back_off::{BackOff, crash_back_off};
use hellok8s_lab::kubelet::status::conditions;
use hellok8s_lab::sim::SimTime;
use serde_json::{Value, json};

use crate::table::{self, same};

pub(super) fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_default()
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

#[test]
fn backoff_crash() {
    table::run("backoff_crash", |row| {
        let input = &row["in"];
        let (lag_ms, with_gc) = (number(&input["syncLagMs"]), input["gcEvery2s"] == true);
        let mut back_off = BackOff::default();
        let mut started = SimTime::ZERO;
        let mut crashes = Vec::new();
        for run in list(&input["runMs"]) {
            let finished = started + number(run);
            let mut now = finished + lag_ms;
            let mut crash = json!({"startedMs": started, "finishedMs": finished});
            if with_gc {
                back_off.housekeep(now);
            }
            let held = crash_back_off(&mut back_off, "app", finished, now);
            crash["inBackoff"] = json!(held.is_some());
            if let Some(held) = held {
                crash["backoffMs"] = json!(held.back_off_ms);
                crash["message"] = json!(held.message("app", "web-1_default(12345678-aaaa)"));
                now = held.until;
                if with_gc {
                    back_off.housekeep(now);
                }
                if crash_back_off(&mut back_off, "app", finished, now).is_some() {
                    return Err(format!("still held back at {now:?}"));
                }
            }
            crash["restartMs"] = json!(now);
            crash["nextBackoffMs"] = json!(back_off.get("app"));
            crashes.push(crash);
            started = now;
        }
        same(&json!({"crashes": crashes}), &row["out"])
    });
}

#[test]
fn backoff_image() {
    table::run("backoff_image", |row| {
        let mut back_off = BackOff::default();
        let mut attempts = Vec::new();
        for attempt in list(&row["in"]["attempts"]) {
            let now = SimTime(number(&attempt["t"]));
            attempts.push(if back_off.is_in_back_off_since_update("image", now) {
                json!({"action": "ImagePullBackOff", "backoffMs": back_off.get("image")})
            } else if attempt["pullSucceeds"] == true {
                back_off.gc(now);
                json!({"action": "pulled"})
            } else {
                back_off.next("image", now, now);
                let until = now + back_off.get("image");
                json!({"action": "ErrImagePull", "backoffMs": back_off.get("image"), "nextAllowedMs": until})
            });
        }
        same(&json!({"attempts": attempts}), &row["out"])
    });
}

#[test]
fn upstream_slow_back_off() {
    let back_off = std::cell::RefCell::new((BackOff::new(1_000, 50_000, 100_000), SimTime::ZERO));
    table::run_upstream("flowcontrol_backoff", "TestSlowBackoff", |case| {
        let (back_off, now) = &mut *back_off.borrow_mut();
        *now += 1_000;
        let ours = back_off.get("id");
        back_off.next("id", *now, *now);
        same(&json!(ours), &json!(number(case) * 1_000))
    });
}

#[test]
fn upstream_back_off_gc() {
    table::run_upstream("flowcontrol_backoff", "TestAlternateBackoffGC", |case| {
        let ms = |name: &str| number(&case[name]) / 1_000_000;
        let max_ms = ms("maxDuration");
        // The second case's own function expires from 200 s on.
        let expiry_ms = if case["name"] == "default GC" { 2 * max_ms } else { 199_999 };
        let mut back_off = BackOff::new(1_000, max_ms, expiry_ms);
        back_off.next("id", SimTime::ZERO, SimTime::ZERO);
        let mut now = SimTime::ZERO + ms("nonExpiredTime");
        back_off.gc(now);
        let kept = back_off.contains("id");
        now += ms("expiredTime");
        back_off.gc(now);
        same(&json!([kept, back_off.contains("id")]), &json!([true, false]))
    });
}

fn pod_phase(word: &str) -> PodPhase {
    serde_json::from_value(json!(word)).unwrap_or_default()
}

#[test]
fn pod_conditions() {
    table::run("pod_conditions", |row| {
        let input = &row["in"];
        let mut spec = PodSpec::default();
        let mut statuses = Vec::new();
        for (group, is_init) in [("initContainers", true), ("containers", false)] {
            for given in list(&input[group]) {
                let container = Container {
                    name: text(&given["name"]),
                    restart_policy: (given["sidecar"] == true).then(|| "Always".to_owned()),
                    ..Container::default()
                };
                if given["hasStatus"] == true {
                    statuses.push(ContainerStatus {
                        name: container.name.clone(),
                        ready: given["ready"] == true,
                        started: given["started"].as_bool(),
                        ..ContainerStatus::default()
                    });
                }
                if is_init {
                    spec.init_containers.push(container);
                } else {
                    spec.containers.push(container);
                }
            }
        }
        let mut others = Vec::new();
        for gate in list(&input["readinessGates"]) {
            spec.readiness_gates.push(text(&gate["type"]));
            if gate["status"] != "" {
                others.push(PodCondition {
                    kind: text(&gate["type"]),
                    status: text(&gate["status"]),
                    ..PodCondition::default()
                });
            }
        }
        let statuses = (input["noStatusesAtAll"] != true).then_some(statuses.as_slice());
        let phase = pod_phase(&text(&input["phase"]));
        let verdict = |verdict: conditions::ConditionValue| {
            json!({
                "status": if verdict.is_true { "True" } else { "False" },
                "reason": verdict.reason,
                "message": verdict.message,
            })
        };
        let ours = json!({
            "ContainersReady": verdict(conditions::containers_ready(&spec, statuses, phase)),
            "Ready": verdict(conditions::ready(&spec, &others, statuses, phase)),
            "Initialized": verdict(conditions::initialized(&spec, statuses, phase, false)),
        });
        same(&ours, &row["out"])
    });
}
