//! The scheduler: filters, scores, messages, preemption, and what wakes a pod that waits.

mod given;

use std::collections::BTreeMap;
use std::sync::Arc;

use hellok8s_lab::events::series::{FINISH_MS, REFRESH_MS, SeriesRecorder, Write};
use hellok8s_lab::scheduler::cycle::{self, Outcome};
use hellok8s_lab::scheduler::filters::Prepared;
use hellok8s_lab::scheduler::hints::{self, Action, Event};
use hellok8s_lab::scheduler::preemption::best_candidates;
use hellok8s_lab::scheduler::queue::Waiting;
use hellok8s_lab::scheduler::{NodeInfo, PodInfo, Selector, scores};
use hellok8s_lab::sim::SimTime;
use serde_json::{Map, Value, json};

use crate::table::{self, same};

use given::*;

#[test]
fn sched_filter() {
    table::run("sched_filter", |row| {
        let world = GivenCluster::new(&row["in"]);
        let pod = pod(&row["in"]["pod"]);
        let selector = default_selector(&row["in"], &pod);
        let cycle = world.cycle(&pod, &selector);
        let found = cycle::find_nodes(&cycle, &Prepared::new(&cycle));
        let mut feasible: Vec<&str> = found.feasible.iter().map(|at| world.nodes[*at].name.as_str()).collect();
        feasible.sort_unstable();
        let mut infeasible = Map::new();
        let mut put = |name: &str, rejection: &hellok8s_lab::scheduler::Rejection| {
            let value = json!({"plugin": rejection.plugin, "code": code(rejection.code), "reasons": rejection.reasons});
            infeasible.insert(name.to_owned(), value);
        };
        if found.refused.is_none() {
            found.rejected.iter().for_each(|(name, rejection)| put(name, rejection));
            if let Some(absent) = &found.absent {
                let unnamed = world
                    .nodes
                    .iter()
                    .filter(|node| !found.rejected.contains_key(&node.name) && !feasible.contains(&node.name.as_str()));
                unnamed.for_each(|node| put(&node.name, absent));
            }
        }
        let refused = found
            .refused
            .as_ref()
            .map(|refused| json!({"plugin": refused.plugin, "code": code(refused.code), "reasons": refused.reasons}));
        let ours = json!({
            "preFilter": refused, "feasible": feasible, "infeasible": infeasible,
            "unschedulablePlugins": found.plugins,
        });
        same(&ours, &row["out"])
    });
}

#[test]
fn sched_score() {
    table::run("sched_score", |row| {
        let world = GivenCluster::new(&row["in"]);
        let pod = pod(&row["in"]["pod"]);
        let selector = default_selector(&row["in"], &pod);
        same(&scored(&world, &pod, &selector), &row["out"])
    });
}

fn scored(world: &GivenCluster, pod: &PodInfo, selector: &Selector) -> Value {
    let cycle = world.cycle(pod, selector);
    let found = cycle::find_nodes(&cycle, &Prepared::new(&cycle));
    let nodes: Vec<&NodeInfo> = found.feasible.iter().map(|at| &*world.nodes[*at]).collect();
    let plugins = scores::of(&cycle, &nodes);
    let totals = cycle::totals(&plugins, nodes.len());
    let most = totals.iter().max().copied().unwrap_or(0);
    let mut best: Vec<&str> =
        nodes.iter().zip(&totals).filter(|(_, total)| **total == most).map(|(node, _)| node.name.as_str()).collect();
    best.sort_unstable();
    let of = |at: usize| plugins.iter().map(|plugin| plugin.scores[at]).collect::<Vec<_>>();
    let name = |at: usize| nodes[at].name.clone();
    json!({
        "plugins": plugins.iter().map(|plugin| plugin.plugin).collect::<Vec<_>>(),
        "scores": (0..nodes.len()).map(|at| (name(at), json!(of(at)))).collect::<Map<_, _>>(),
        "total": (0..nodes.len()).map(|at| (name(at), json!(totals[at]))).collect::<Map<_, _>>(),
        "best": best,
        "pick": name(cycle::best(&totals)),
    })
}

#[test]
fn sched_sequence() {
    table::run("sched_sequence", |row| {
        let input = &row["in"];
        let mut world = GivenCluster::new(input);
        let order: Vec<String> = list(&input["nodes"]).iter().map(|node| text(&node["name"])).collect();
        let (mut steps, mut message) = (Vec::new(), Value::Null);
        let mut placed: BTreeMap<String, u64> = order.iter().map(|name| (name.clone(), 0)).collect();
        for replica in 0..input["replicas"].as_u64().unwrap() {
            let mut pod = pod(&input["pod"]);
            pod.name = format!("{}-{replica}", pod.name);
            pod.uid = format!("{}/{}", pod.namespace, pod.name);
            let selector = default_selector(input, &pod);
            let cycle = world.cycle(&pod, &selector);
            let found = cycle::find_nodes(&cycle, &Prepared::new(&cycle));
            let feasible: Vec<String> = found.feasible.iter().map(|at| world.nodes[*at].name.clone()).collect();
            let chosen = match feasible.as_slice() {
                [] => {
                    message = json!(cycle::failure_text(world.nodes.len(), &found));
                    break;
                }
                [only] => {
                    steps.push(json!({"best": [only], "pick": only, "totals": null}));
                    only.clone()
                }
                _ => {
                    let scored = scored(&world, &pod, &selector);
                    let totals: Vec<Value> =
                        order.iter().map(|name| scored["total"].get(name).cloned().unwrap_or(Value::Null)).collect();
                    steps.push(json!({"best": scored["best"], "pick": scored["pick"], "totals": totals}));
                    text(&scored["best"][0])
                }
            };
            *placed.get_mut(&chosen).unwrap() += 1;
            pod.node_name.clone_from(&chosen);
            let node = world.nodes.iter_mut().find(|node| node.name == chosen).unwrap();
            Arc::make_mut(node).add(&Arc::new(pod));
        }
        same(&json!({"nodeOrder": order, "steps": steps, "message": message, "final": placed}), &row["out"])
    });
}

#[test]
fn sched_message() {
    table::run("sched_message", |row| {
        let (input, out) = (&row["in"], &row["out"]);
        let world = GivenCluster::new(input);
        let pod = pod(&input["pod"]);
        let selector = default_selector(input, &pod);
        let cycle = world.cycle(&pod, &selector);
        let ours = match cycle::schedule(&cycle) {
            Outcome::Scheduled(choice) => {
                let totals = cycle::totals(&choice.scores, choice.feasible.len());
                let most = totals.iter().max().copied().unwrap_or(0);
                let mut best: Vec<&String> = choice
                    .feasible
                    .iter()
                    .zip(&totals)
                    .filter(|(_, total)| **total == most)
                    .map(|(name, _)| name)
                    .collect();
                best.sort();
                let node = if best.len() > 1 { "*" } else { &choice.node };
                json!({
                    "type": "Normal", "reason": "Scheduled",
                    "note": format!("Successfully assigned {}/{} to {node}", pod.namespace, pod.name),
                    "condition": null, "conditionMessage": null, "candidates": out["candidates"],
                    "nominatedOneOf": out["nominatedOneOf"], "nominatedAfter": out["nominatedAfter"],
                    "deleted": out["deleted"], "clearedNominations": out["clearedNominations"],
                    "unschedulablePlugins": out["unschedulablePlugins"], "assignedOneOf": best,
                })
            }
            Outcome::Unschedulable(failure) => {
                let note = failure.note();
                let mut candidates = Map::new();
                let mut nominated: Vec<String> = Vec::new();
                let (mut deleted, mut cleared): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
                let full = |pod: &PodInfo| format!("{}/{}", pod.namespace, pod.name);
                if let Some(preemption) = &failure.preemption {
                    for candidate in &preemption.candidates {
                        let victims: Vec<String> = candidate.victims.iter().map(|victim| full(victim)).collect();
                        let value = json!({"victims": victims, "pdbViolations": candidate.violations});
                        candidates.insert(candidate.node.clone(), value);
                    }
                    nominated = best_candidates(&preemption.candidates).iter().map(|best| best.node.clone()).collect();
                    nominated.sort();
                    deleted = preemption.deleted().map(|victim| full(victim)).collect();
                    deleted.sort();
                    let waiting = world.nominated.get(&preemption.best.node).map_or(&[][..], Vec::as_slice);
                    cleared = preemption.cleared(&pod, waiting).map(|other| full(other)).collect();
                    cleared.sort();
                }
                let before = if failure.clears_nomination { String::new() } else { pod.nominated_node.clone() };
                let (after, deleted, cleared) = match nominated.as_slice() {
                    [] => (json!(before), json!([]), json!([])),
                    [only] => (json!(only), json!(deleted), json!(cleared)),
                    _ => (json!("*"), Value::Null, Value::Null),
                };
                json!({
                    "type": "Warning", "reason": "FailedScheduling", "note": note,
                    "condition": ["False", "Unschedulable"],
                    "conditionMessage": if note == failure.message { Value::Null } else { json!(failure.message) },
                    "candidates": candidates, "nominatedOneOf": nominated, "nominatedAfter": after, "deleted": deleted,
                    "clearedNominations": cleared, "unschedulablePlugins": failure.plugins, "assignedOneOf": null,
                })
            }
        };
        same(&loose(&ours), &loose(out))
    });
}

/// An absent list and an empty one are the same.
fn loose(value: &Value) -> Value {
    let mut value = value.clone();
    for field in
        ["candidates", "nominatedOneOf", "deleted", "clearedNominations", "nominatedAfter", "unschedulablePlugins"]
    {
        let is_empty = match &value[field] {
            Value::Array(items) => items.is_empty(),
            Value::Object(fields) => fields.is_empty(),
            Value::String(text) => text.is_empty(),
            _ => false,
        };
        if is_empty {
            value[field] = Value::Null;
        }
    }
    value
}

#[test]
fn sched_requeue() {
    table::run("sched_requeue", |row| {
        let (input, out) = (&row["in"], &row["out"]);
        let world = GivenCluster::new(input);
        let target = pod(&input["pod"]);
        let selector = default_selector(input, &target);
        let cycle = world.cycle(&target, &selector);
        let Outcome::Unschedulable(failure) = cycle::schedule(&cycle) else { return Err("scheduled".to_owned()) };
        let failed_at = SimTime(input["failedAtMs"].as_u64().unwrap_or(0));
        let now = failed_at + input["afterMs"].as_u64().unwrap_or(0);
        let event = &input["event"];
        let name = text(&event["name"]);
        let (mut changes, mut helps): (Vec<String>, bool) = (Vec::new(), false);
        let old_node = world.nodes.iter().find(|node| node.name == name).map(|node| &**node);
        let new_node = event.get("node").map(node);
        let old_pod = list(&input["pods"]).iter().map(pod).find(|pod| pod.name == name);
        let new_pod = event.get("pod").map(pod);
        let mut check = |target: &PodInfo, event: Event<'_>| {
            helps |= hints::could_help(target, &failure.plugins, &selector, event);
        };
        match event["kind"].as_str().unwrap() {
            "nodeAdd" => check(&target, Event::Node(Action::Add, None, new_node.as_ref())),
            "nodeDelete" => check(&target, Event::Node(Action::Delete, old_node, None)),
            "nodeUpdate" => {
                for action in hints::node_changes(old_node.unwrap(), new_node.as_ref().unwrap()) {
                    changes.push(format!("Node{}", label(action)));
                    check(&target, Event::Node(action, old_node, new_node.as_ref()));
                }
            }
            "podAdd" => check(&target, Event::Pod(Action::Add, None, new_pod.as_ref())),
            "podDelete" => check(&target, Event::Pod(Action::Delete, old_pod.as_ref(), None)),
            "podUpdate" => {
                for action in hints::pod_changes(old_pod.as_ref().unwrap(), new_pod.as_ref().unwrap()) {
                    changes.push(format!("AssignedPod{}", label(action)));
                    check(&target, Event::Pod(action, old_pod.as_ref(), new_pod.as_ref()));
                }
            }
            _ => {
                let target_after = new_pod.clone().unwrap();
                for action in hints::pod_changes(&target, &target_after) {
                    changes.push(format!("UnschedulablePod{}", label(action)));
                    check(&target_after, Event::Pod(action, Some(&target), Some(&target_after)));
                }
            }
        }
        let failures = u32::try_from(input["failures"].as_u64().unwrap()).unwrap();
        let waiting = Waiting::failed(Arc::new(target.clone()), failures, failed_at, failure.plugins.clone());
        let queue = match helps {
            false => "Unschedulable",
            true if waiting.is_backing_off(now) => "Backoff",
            true => "Active",
        };
        let expires = if queue == "Backoff" { json!(waiting.back_off_ends().as_ms()) } else { Value::Null };
        let ours = json!({
            "message": failure.message, "unschedulablePlugins": failure.plugins, "queueBefore": "Unschedulable",
            "queue": queue, "backoffExpiresMs": expires, "clusterEvents": changes, "feasibleAfter": out["feasibleAfter"],
        });
        same(&ours, out)
    });
}

fn label(action: Action) -> &'static str {
    match action {
        Action::Add => "Add",
        Action::Delete => "Delete",
        Action::NodeAllocatable => "UpdateNodeAllocatable",
        Action::NodeLabel => "UpdateNodeLabel",
        Action::NodeTaint => "UpdateNodeTaint",
        Action::PodLabel => "UpdatePodLabel",
        Action::PodScaleDown => "UpdatePodScaleDown",
        Action::PodToleration => "UpdatePodToleration",
        Action::PodOther => "Update",
    }
}

#[test]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    clippy::maybe_infinite_iter,
    reason = "seconds of the table, which are small"
)]
fn sched_events() {
    table::run("sched_events", |row| {
        let input = &row["in"];
        let ms = |value: &Value| SimTime((value.as_f64().unwrap() * 1000.0).round() as u64);
        let until = ms(&input["untilS"]);
        let mut recorder: SeriesRecorder<(String, String, String)> = SeriesRecorder::default();
        let mut writes = Vec::new();
        let mut write = |at: SimTime, write: Write<(String, String, String)>| {
            let seconds = |at: SimTime| {
                let ms = at.as_ms();
                if ms.is_multiple_of(1000) { json!(ms / 1000) } else { json!(ms as f64 / 1000.0) }
            };
            let (verb, event, began, repeated) = match write {
                Write::Create(event) => ("create", event, at, None),
                Write::Patch(series) => ("patch", series.event, series.began, series.repeated),
            };
            let (count, last) =
                repeated.map_or((Value::Null, Value::Null), |(count, last)| (json!(count), seconds(last)));
            writes.push(json!([seconds(at), verb, event.0, event.1, event.2, seconds(began), count, last]));
        };
        let mut events = list(&input["events"]).iter().peekable();
        let mut timers: Vec<u64> = (1..).map(|n| n * FINISH_MS).take_while(|at| *at <= until.as_ms()).collect();
        timers.extend((1..).map(|n| n * REFRESH_MS).take_while(|at| *at <= until.as_ms()));
        timers.sort_unstable();
        timers.dedup();
        let mut timers = timers.into_iter().map(SimTime).peekable();
        loop {
            let next_event = events.peek().map(|event| ms(&event[0]));
            let next_timer = timers.peek().copied();
            match (next_event, next_timer) {
                (Some(at), timer) if timer.is_none_or(|timer| at <= timer) => {
                    let event = events.next().unwrap();
                    let event = (text(&event[1]), text(&event[2]), text(&event[3]));
                    let key = format!("{}/{}", event.0, event.1);
                    recorder.record(key, event, at).into_iter().for_each(|found| write(at, found));
                }
                (_, Some(at)) => {
                    timers.next();
                    if at.as_ms().is_multiple_of(REFRESH_MS) {
                        recorder.refresh().into_iter().for_each(|found| write(at, found));
                    }
                    if at.as_ms().is_multiple_of(FINISH_MS) {
                        recorder.finish(at).into_iter().for_each(|found| write(at, found));
                    }
                }
                _ => break,
            }
        }
        same(&json!({"writes": writes}), &row["out"])
    });
}
