//! The scheduler: filters, scores, messages, preemption, and what wakes a pod that waits.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hellok8s_lab::api::{Kind, Object, Pod, StringMap, Time, defaults};
use hellok8s_lab::events::series::{FINISH_MS, REFRESH_MS, SeriesRecorder, Write};
use hellok8s_lab::scheduler::cycle::{self, Outcome};
use hellok8s_lab::scheduler::filters::Prepared;
use hellok8s_lab::scheduler::hints::{self, Action, Event};
use hellok8s_lab::scheduler::preemption::{Budget, best_candidates};
use hellok8s_lab::scheduler::queue::Waiting;
use hellok8s_lab::scheduler::{Code, Cycle, NodeInfo, PodInfo, Selector, scores};
use hellok8s_lab::sim::SimTime;
use serde_json::{Map, Value, json};

use crate::table::{self, same};

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn container(given: &Value, index: usize, prefix: &str) -> Value {
    let mut container =
        json!({"name": format!("{prefix}{index}"), "image": given.get("image").cloned().unwrap_or(json!("img"))});
    if let Some(requests) = given.get("req") {
        container["resources"] = json!({"requests": requests});
    }
    let ports: Vec<Value> = list(&given["ports"])
        .iter()
        .map(|port| {
            let mut port = port.clone();
            port["containerPort"] = port["hostPort"].clone();
            port
        })
        .collect();
    if !ports.is_empty() {
        container["ports"] = json!(ports);
    }
    if given["sidecar"] == true {
        container["restartPolicy"] = json!("Always");
    }
    container
}

fn pod(given: &Value) -> PodInfo {
    let of = |field: &str| given.get(field).cloned();
    let namespace = of("ns").unwrap_or(json!("default"));
    let uid = format!("{}/{}", text(&namespace), text(&given["name"]));
    let mut metadata = json!({"name": given["name"], "namespace": namespace, "uid": uid});
    let mut spec = Map::new();
    let containers: Vec<Value> = match list(&given["containers"]) {
        [] => vec![container(&json!({}), 0, "c")],
        given => given.iter().enumerate().map(|(index, given)| container(given, index, "c")).collect(),
    };
    spec.insert("containers".into(), json!(containers));
    let init: Vec<Value> =
        list(&given["init"]).iter().enumerate().map(|(index, given)| container(given, index, "i")).collect();
    if !init.is_empty() {
        spec.insert("initContainers".into(), json!(init));
    }
    for (from, to) in [
        ("node", "nodeName"),
        ("priority", "priority"),
        ("preemptionPolicy", "preemptionPolicy"),
        ("overhead", "overhead"),
        ("nodeSelector", "nodeSelector"),
        ("affinity", "affinity"),
        ("tolerations", "tolerations"),
        ("topologySpreadConstraints", "topologySpreadConstraints"),
    ] {
        if let Some(value) = of(from) {
            spec.insert(to.into(), value);
        }
    }
    if let Some(requests) = of("podReq") {
        spec.insert("resources".into(), json!({"requests": requests}));
    }
    if let Some(labels) = of("labels") {
        metadata["labels"] = labels;
    }
    if let Some(owner) = of("owner") {
        let version = if owner["kind"] == "ReplicationController" { "v1" } else { "apps/v1" };
        metadata["ownerReferences"] = json!([{"apiVersion": version, "kind": owner["kind"], "name": owner["name"], "uid": "o", "controller": true}]);
    }
    let mut value = json!({"metadata": metadata, "spec": spec});
    defaults::set_defaults(Kind::Pod, &mut value);
    let Object::Pod(read) = Object::from_value(Kind::Pod, value).unwrap() else { panic!("a pod") };
    let pod: Pod = (*read).clone();
    let mut info = PodInfo::read(&pod);
    info.nominated_node = of("nominated").map(|node| text(&node)).unwrap_or_default();
    info.start = given.get("start").and_then(Value::as_i64).map(Time);
    info.is_terminating = given.get("terminating").is_some();
    info.is_preempted = given["terminating"] == "preempted";
    info
}

fn node(given: &Value) -> NodeInfo {
    let mut labels: StringMap =
        given.get("labels").map(|labels| serde_json::from_value(labels.clone()).unwrap()).unwrap_or_default();
    if given["noHostname"] != true {
        labels.insert("kubernetes.io/hostname".into(), text(&given["name"]));
    }
    if let Some(zone) = given.get("zone") {
        labels.insert("topology.kubernetes.io/zone".into(), text(zone));
    }
    let mut allocatable = given["alloc"].as_object().cloned().unwrap_or_default();
    allocatable.entry("pods").or_insert(json!("110"));
    let images: Vec<Value> = list(&given["images"])
        .iter()
        .map(|image| json!({"names": image["names"], "sizeBytes": image["size"]}))
        .collect();
    let value = json!({
        "metadata": {"name": given["name"], "labels": labels},
        "spec": {"taints": given.get("taints").cloned().unwrap_or(json!([])), "unschedulable": given["unschedulable"] == true},
        "status": {"allocatable": allocatable, "images": images},
    });
    match Object::from_value(Kind::Node, value).unwrap() {
        Object::Generic(node) => NodeInfo::read(&node),
        _ => panic!("a node"),
    }
}

/// A row's cluster.
struct World {
    nodes: Vec<Arc<NodeInfo>>,
    namespaces: BTreeMap<String, StringMap>,
    nominated: BTreeMap<String, Vec<Arc<PodInfo>>>,
    budgets: Vec<Budget>,
}

impl World {
    fn new(input: &Value) -> Self {
        let mut nodes: Vec<NodeInfo> = list(&input["nodes"]).iter().map(node).collect();
        let mut nominated: BTreeMap<String, Vec<Arc<PodInfo>>> = BTreeMap::new();
        let mut names: BTreeSet<String> = BTreeSet::from(["default".to_owned()]);
        for given in list(&input["pods"]) {
            let info = Arc::new(pod(given));
            names.insert(info.namespace.clone());
            if matches!(given["phase"].as_str(), Some("Succeeded" | "Failed")) {
                continue;
            }
            if !info.node_name.is_empty() {
                if let Some(node) = nodes.iter_mut().find(|node| node.name == info.node_name) {
                    node.add(&info);
                }
            } else if !info.nominated_node.is_empty() {
                nominated.entry(info.nominated_node.clone()).or_default().push(info);
            }
        }
        names.insert(pod(&input["pod"]).namespace);
        let mut namespaces: BTreeMap<String, StringMap> = BTreeMap::new();
        let extra = input.get("namespaces").and_then(Value::as_object).cloned().unwrap_or_default();
        names.extend(extra.keys().cloned());
        for name in names {
            let mut labels: StringMap =
                extra.get(&name).map(|labels| serde_json::from_value(labels.clone()).unwrap()).unwrap_or_default();
            labels.insert("kubernetes.io/metadata.name".into(), name.clone());
            namespaces.insert(name, labels);
        }
        let budgets = list(&input["pdbs"])
            .iter()
            .map(|given| Budget {
                namespace: given.get("ns").map_or("default".to_owned(), text),
                selector: Selector::read(given.get("selector")),
                allowed: given["allowed"].as_i64().unwrap_or(0),
                disrupted: list(&given["disrupted"]).iter().map(text).collect(),
            })
            .collect();
        Self { nodes: snapshot_order(nodes), namespaces, nominated, budgets }
    }

    fn cycle<'a>(&'a self, pod: &'a PodInfo, selector: &'a Selector) -> Cycle<'a> {
        Cycle {
            pod,
            nodes: &self.nodes,
            namespaces: &self.namespaces,
            default_selector: selector,
            nominated: &self.nominated,
            budgets: &self.budgets,
            claims: None,
        }
    }
}

fn snapshot_order(nodes: Vec<NodeInfo>) -> Vec<Arc<NodeInfo>> {
    let mut ordered = hellok8s_lab::scheduler::in_snapshot_order(nodes.into_iter().map(Arc::new).collect());
    ordered.shrink_to_fit();
    ordered
}

/// Of which pods a pod is a copy: the services' selectors and its owner's.
fn default_selector(input: &Value, pod: &PodInfo) -> Selector {
    let services = list(&input["owners"]).iter().filter(|owner| owner["kind"] == "Service");
    let services: Vec<StringMap> = services
        .filter(|owner| owner.get("ns").map_or("default".to_owned(), text) == pod.namespace)
        .filter_map(|owner| serde_json::from_value(owner["selector"]["matchLabels"].clone()).ok())
        .collect();
    let owner = list(&input["owners"]).iter().find(|owner| {
        pod.owner.as_ref().is_some_and(|own| owner["kind"] == own.kind.as_str() && owner["name"] == own.name.as_str())
            && owner.get("ns").map_or("default".to_owned(), text) == pod.namespace
    });
    Selector::of_copies(&pod.labels, services.iter(), owner.map(|owner| Selector::read(owner.get("selector"))))
}

fn code(code: Code) -> &'static str {
    match code {
        Code::Unschedulable => "Unschedulable",
        Code::Unresolvable => "UnschedulableAndUnresolvable",
    }
}

#[test]
fn sched_filter() {
    table::run("sched_filter", |row| {
        let world = World::new(&row["in"]);
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
        let world = World::new(&row["in"]);
        let pod = pod(&row["in"]["pod"]);
        let selector = default_selector(&row["in"], &pod);
        same(&scored(&world, &pod, &selector), &row["out"])
    });
}

fn scored(world: &World, pod: &PodInfo, selector: &Selector) -> Value {
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
        let mut world = World::new(input);
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
        let world = World::new(input);
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
        let world = World::new(input);
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
