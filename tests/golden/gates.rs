//! The gates: quotas, LimitRanges, budgets and evictions.

use std::collections::BTreeMap;
use std::sync::Arc;

use hellok8s_lab::api::resources::{ResourceList, resource_list};
use hellok8s_lab::api::validation::{self, Policy};
use hellok8s_lab::api::{Kind, Object, Pod, PodCondition, PodPhase, Time, conversion, defaults};
use hellok8s_lab::apiserver::limit_range;
use hellok8s_lab::apiserver::quota::{self, Charge, Quota};
use hellok8s_lab::controllers::disruption::{self, Budget, EvictionVerdict};
use serde_json::{Map, Value, json};

use crate::table::{self, same};

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Group and kind of a resource.
fn kind_of(resource: &str) -> (&'static str, Option<Kind>) {
    match Kind::ALL.iter().find(|kind| kind.plural() == resource) {
        Some(kind) => (kind.group(), Some(*kind)),
        None => ("", None),
    }
}

fn defaulted(resource: &str, object: &Value) -> Value {
    let mut object = object.clone();
    if let (_, Some(kind)) = kind_of(resource) {
        defaults::set_defaults(kind, &mut object);
        conversion::round_trip(kind, &mut object);
    }
    object
}

fn amounts(list: &ResourceList) -> Value {
    Value::Object(list.iter().map(|(name, amount)| (name.clone(), json!(amount.to_string()))).collect())
}

#[test]
fn quota_admission() {
    table::run("quota_admission", |row| {
        let input = &row["in"];
        let mut quotas: Vec<Quota> = list(&input["quotas"])
            .iter()
            .map(|given| Quota::read(given["metadata"]["name"].as_str().unwrap(), given.as_object().unwrap()))
            .collect();
        let mut each = Vec::new();
        for request in list(&input["requests"]) {
            let resource = request["resource"].as_str().unwrap();
            let object = defaulted(resource, &request["object"]);
            let old = request.get("old").filter(|old| !old.is_null()).map(|old| defaulted(resource, old));
            let charge = Charge {
                resource,
                group: kind_of(resource).0,
                name: object["metadata"]["name"].as_str().unwrap_or_default(),
                subresource: request.get("subresource").and_then(Value::as_str).unwrap_or_default(),
                object: &object,
                old: old.as_ref(),
            };
            let result = quota::check(&mut quotas, charge, Time(1_767_226_200));
            let used: Map<String, Value> = quotas
                .iter()
                .map(|quota| (quota.name.clone(), quota.used.as_ref().map_or(Value::Null, amounts)))
                .collect();
            each.push(json!({"allowed": result.is_ok(), "message": result.err(), "used": used}));
        }
        same(&json!({"each": each}), &row["out"])
    });
}

#[test]
fn quota_usage() {
    table::run("quota_usage", |row| {
        let given = &row["in"]["quota"];
        let quota = Quota::read(given["metadata"]["name"].as_str().unwrap(), given.as_object().unwrap());
        let hard = resource_list(given["spec"].get("hard"));
        let mut objects: Vec<(&str, &str, Value)> = Vec::new();
        for (resource, given) in row["in"]["objects"].as_object().unwrap() {
            let group = kind_of(resource).0;
            objects.extend(list(given).iter().map(|object| (resource.as_str(), group, defaulted(resource, object))));
        }
        let objects: Vec<(&str, &str, &Value)> =
            objects.iter().map(|(resource, group, object)| (*resource, *group, object)).collect();
        let used = quota::recount(&quota, &hard, &objects, Time(1_767_226_200));
        let status = given.get("status").filter(|status| !status.is_null());
        let before = |field: &str| status.and_then(|status| status.get(field)).map(|list| resource_list(Some(list)));
        let written = before("hard").as_ref() != Some(&hard) || before("used").as_ref() != Some(&used);
        let column = |is_limit: bool| {
            let of = hard.iter().filter(|(name, _)| name.starts_with("limits.") == is_limit);
            let lines: Vec<String> = of
                .map(|(name, hard)| {
                    format!("{name}: {}/{hard}", used.get(name).map_or("0".to_owned(), ToString::to_string))
                })
                .collect();
            lines.join(", ")
        };
        let ours = json!({
            "written": written, "error": null, "hard": amounts(&hard), "used": amounts(&used),
            "cells": [quota.name, column(false), column(true)],
        });
        let ours = if written { ours } else { json!({"written": false, "error": null}) };
        same(&ours, &row["out"])
    });
}

#[test]
fn limitrange() {
    table::run("limitrange", |row| {
        let (input, out) = (&row["in"], &row["out"]);
        let resource = input["resource"].as_str().unwrap();
        let ranges: Vec<(String, Map<String, Value>)> = list(&input["limitRanges"])
            .iter()
            .map(|given| {
                let mut fields = given.as_object().unwrap().clone();
                limit_range::set_defaults(&mut fields);
                (text(&given["metadata"]["name"]), fields)
            })
            .collect();
        let mut object = defaulted(resource, &input["object"]);
        let mut annotation = object.pointer("/metadata/annotations/kubernetes.io~1limit-ranger").cloned();
        let (mut invalid, mut containers) = (Vec::new(), Map::new());
        if resource == "pods" {
            let spec = object["spec"].as_object_mut().unwrap();
            for (_, range) in &ranges {
                annotation = limit_range::mutate(range, spec).map(Value::from).or(annotation);
            }
            for container in list(&object["spec"]["containers"]).iter().chain(list(&object["spec"]["initContainers"])) {
                let of = |list: &str| amounts(&resource_list(container["resources"].get(list)));
                containers
                    .insert(text(&container["name"]), json!({"limits": of("limits"), "requests": of("requests")}));
            }
            let mut valid = object.clone();
            valid["metadata"]["namespace"] = json!("default");
            invalid = validation::validate_create(Kind::Pod, &valid, Policy::MINIKUBE)
                .iter()
                .map(validation::FieldError::text)
                .collect::<Vec<_>>();
            invalid.sort();
        }
        let mut ours = json!({
            "annotation": annotation, "containers": containers, "invalid": invalid, "limitRange": null, "errors": [],
            "message": null,
        });
        if resource != "pods" {
            ours = json!({"limitRange": null, "errors": [], "message": null});
        }
        for (name, range) in &ranges {
            let errors = match resource {
                "pods" => limit_range::validate_pod(range, object["spec"].as_object().unwrap()),
                _ => limit_range::validate_claim(range, &object),
            };
            if let Some(why) = limit_range::message(&errors) {
                ours["limitRange"] = json!(name);
                ours["errors"] = json!(errors);
                ours["message"] =
                    json!(format!("{resource} {:?} is forbidden: {why}", text(&object["metadata"]["name"])));
                break;
            }
        }
        same(&ours, out)
    });
}

/// The API server's side of a row of pdb_evict.
struct World {
    pods: Vec<Arc<Pod>>,
    budgets: Vec<Budget>,
    workloads: BTreeMap<String, (String, i64)>,
    now: i64,
}

fn pod(given: &Value, workloads: &BTreeMap<String, (String, i64)>) -> Pod {
    let labels = given.get("labels").cloned().unwrap_or(json!({"app": "web"}));
    let mut metadata = json!({"name": given["name"], "namespace": "default", "labels": labels, "uid": given["name"]});
    if let Some(owner) = given.get("owner").and_then(Value::as_str).filter(|owner| !owner.is_empty()) {
        let kind = workloads.get(owner).map_or("ReplicaSet", |(kind, _)| kind.as_str());
        metadata["ownerReferences"] =
            json!([{"kind": kind, "name": owner, "uid": owner, "controller": true, "apiVersion": "apps/v1"}]);
    }
    if given["terminating"] == true {
        metadata["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    }
    let value = json!({"metadata": metadata, "spec": {"containers": [{"name": "c", "image": "i"}]}});
    let Object::Pod(read) = Object::from_value(Kind::Pod, value).unwrap() else { panic!("a pod") };
    let mut pod = (*read).clone();
    pod.status.phase = match given["phase"].as_str() {
        Some("Pending") => PodPhase::Pending,
        Some("Succeeded") => PodPhase::Succeeded,
        Some("Failed") => PodPhase::Failed,
        _ => PodPhase::Running,
    };
    set_ready(&mut pod, given["ready"] == true);
    pod
}

fn set_ready(pod: &mut Pod, ready: bool) {
    pod.status.conditions.retain(|condition| condition.kind != "Ready");
    let status = if ready { "True" } else { "False" }.to_owned();
    pod.status.conditions.push(PodCondition { kind: "Ready".to_owned(), status, ..PodCondition::default() });
}

impl World {
    fn new(input: &Value) -> Self {
        let workloads: BTreeMap<String, (String, i64)> = list(&input["workloads"])
            .iter()
            .map(|given| (text(&given["name"]), (text(&given["kind"]), given["replicas"].as_i64().unwrap_or(0))))
            .collect();
        let budgets = list(&input["pdbs"])
            .iter()
            .map(|given| {
                let name = given["metadata"]["name"].as_str().unwrap();
                Budget::read("default", name, 1, given.as_object().unwrap())
            })
            .collect();
        let pods = list(&input["pods"]).iter().map(|given| Arc::new(pod(given, &workloads))).collect();
        Self { pods, budgets, workloads, now: 0 }
    }

    fn sync(&mut self) -> Vec<Value> {
        let mut events = Vec::new();
        for at in 0..self.budgets.len() {
            let workloads = &self.workloads;
            let scale = |pod: &Pod| {
                let Some(owner) = pod.metadata.controller() else { return Ok(None) };
                match workloads.get(&owner.name) {
                    Some((kind, _)) if kind == "DaemonSet" => {
                        Err("daemonsets.apps does not implement the scale subresource".to_owned())
                    }
                    Some((kind, _)) if kind == "Job" => {
                        Err("jobs.batch does not implement the scale subresource".to_owned())
                    }
                    Some((_, size)) => Ok(Some((owner.name.clone(), *size))),
                    None => Ok(None),
                }
            };
            let done = disruption::sync(&self.budgets[at], &self.pods, &scale, Time(self.now));
            let word = |kind| if kind == hellok8s_lab::api::EventType::Normal { "Normal" } else { "Warning" };
            events.extend(done.events.iter().map(|(kind, reason, message)| json!([word(*kind), reason, message])));
            events.extend(done.not_deleted.iter().map(|(_, message)| json!(["Warning", "NotDeleted", message])));
            if let Some(status) = done.status {
                self.budgets[at].status = status;
            }
        }
        events
    }

    fn evict(&mut self, op: &Value, step: &mut Value) {
        let name = text(&op["pod"]);
        let dry_run = op["dryRun"] == true;
        let Some(place) = self.pods.iter().position(|pod| pod.metadata.name == name) else {
            step["code"] = json!(404);
            step["message"] = json!(format!("pods {name:?} not found"));
            step["reason"] = json!("NotFound");
            step["causes"] = json!([]);
            return;
        };
        let verdict = disruption::judge(&self.pods[place], &self.budgets, dry_run, Time(self.now));
        match verdict {
            EvictionVerdict::TooManyRequests(message, why, retry) => {
                step["code"] = json!(429);
                step["message"] = json!(message);
                step["reason"] = json!("TooManyRequests");
                step["causes"] = json!([["DisruptionBudget", why]]);
                if let Some(seconds) = retry {
                    step["retryAfterSeconds"] = json!(seconds);
                }
            }
            EvictionVerdict::Forbidden(why) => {
                step["code"] = json!(403);
                step["message"] = json!(why);
            }
            EvictionVerdict::Unsupported(message) => {
                step["code"] = json!(500);
                step["message"] = json!(message);
            }
            EvictionVerdict::Evict(charged) => {
                step["code"] = json!(201);
                for (name, status) in charged {
                    let budget = self.budgets.iter_mut().find(|budget| budget.name == name).unwrap();
                    budget.status = status;
                }
                if !dry_run {
                    let pod = Arc::make_mut(&mut self.pods[place]);
                    pod.metadata.deletion_timestamp = Some(Time(self.now));
                    let kind = "DisruptionTarget".to_owned();
                    pod.status.conditions.push(PodCondition { kind, ..PodCondition::default() });
                }
            }
        }
        if self.pods[place].status.conditions.iter().any(|condition| condition.kind == "DisruptionTarget") {
            step["podCondition"] =
                json!(["DisruptionTarget", "True", "EvictionByEvictionAPI", "Eviction API: evicting"]);
        }
        step["podTerminating"] = json!(self.pods[place].metadata.deletion_timestamp.is_some());
    }

    fn shown(&self) -> BTreeMap<String, Value> {
        let show = |budget: &Budget, given: &Value| {
            let status = &budget.status;
            let conditions: Vec<Value> = status
                .condition
                .iter()
                .map(|found| {
                    let word = if found.is_true { "True" } else { "False" };
                    json!(["DisruptionAllowed", word, found.reason, found.message, found.observed_generation])
                })
                .collect();
            let disrupted: Map<String, Value> =
                status.disrupted.iter().map(|(name, at)| (name.clone(), json!(at.0))).collect();
            json!({
                "cells": [budget.name, given["min"], given["max"], status.allowed], "conditions": conditions,
                "currentHealthy": status.current_healthy, "desiredHealthy": status.desired_healthy,
                "disruptedPods": disrupted, "disruptionsAllowed": status.allowed, "expectedPods": status.expected,
                "observedGeneration": status.observed_generation,
            })
        };
        self.budgets
            .iter()
            .map(|budget| {
                let bound = |field: &str| budget.bound(field).map_or(json!("N/A"), |bound| json!(bound.to_string()));
                let given = json!({"min": bound("minAvailable"), "max": bound("maxUnavailable")});
                (budget.name.clone(), show(budget, &given))
            })
            .collect()
    }
}

#[test]
fn pdb_evict() {
    table::run("pdb_evict", |row| {
        let input = &row["in"];
        let mut world = World::new(input);
        let mut steps = Vec::new();
        let mut shown: BTreeMap<String, Value> = BTreeMap::new();
        for op in list(&input["ops"]) {
            let mut step = json!({"op": op["op"]});
            match op["op"].as_str().unwrap() {
                "sync" => {
                    let events = world.sync();
                    if !events.is_empty() {
                        step["events"] = json!(events);
                    }
                }
                "evict" => world.evict(op, &mut step),
                "tick" => world.now += op["seconds"].as_i64().unwrap(),
                "gone" => world.pods.retain(|pod| op["pod"] != pod.metadata.name.as_str()),
                "ready" => {
                    if let Some(pod) = world.pods.iter_mut().find(|pod| op["pod"] == pod.metadata.name.as_str()) {
                        set_ready(Arc::make_mut(pod), op["ready"] == true);
                    }
                }
                "newPod" => world.pods.push(Arc::new(pod(&op["newPod"], &world.workloads))),
                // getPodReplicationController reads the size in its lister, which the table's program fills once: a row's
                // ReplicationController keeps its first size. The lab reads the stored one.
                "scale" => {
                    let found = world.workloads.get_mut(op["name"].as_str().unwrap());
                    if let Some((_, size)) = found.filter(|(kind, _)| kind != "ReplicationController") {
                        *size = op["replicas"].as_i64().unwrap();
                    }
                }
                _ => {
                    let at = world.budgets.iter().position(|budget| op["name"] == budget.name.as_str()).unwrap();
                    let old = &world.budgets[at];
                    let fields = json!({"spec": op["spec"]});
                    let mut new = Budget::read("default", &old.name, old.generation + 1, fields.as_object().unwrap());
                    new.status = old.status.clone();
                    world.budgets[at] = new;
                }
            }
            let now = world.shown();
            if now != shown {
                step["pdbs"] = json!(now);
            }
            shown = now;
            steps.push(step);
        }
        same(&json!({"steps": steps}), &row["out"])
    });
}
