//! Autoscaling, and the words for a pod that its node drives away.

use std::sync::Arc;

use hellok8s_lab::api::{Kind, KubernetesVersion, Object, Pod, Quantity, Time, defaults};
use hellok8s_lab::controllers::horizontal::pace::{Behavior, Memory, Range};
use hellok8s_lab::controllers::horizontal::reconcile::{NoScale, Pass, Scale};
use hellok8s_lab::controllers::horizontal::status::Status;
use hellok8s_lab::controllers::horizontal::usage::{Question, Sample, Samples, Tolerances};
use hellok8s_lab::kubectl::printers;
use hellok8s_lab::kubelet::pressure::{Shortage, eviction_message as message};
use hellok8s_lab::sim::SimTime;
use serde_json::{Map, Value, json};

use crate::table::{self, same};

const NOW: Time = Time(1_767_229_200);

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn count(value: &Value) -> i32 {
    value.as_i64().and_then(|count| i32::try_from(count).ok()).unwrap_or_default()
}

fn ago(seconds: &Value) -> Value {
    seconds.as_i64().map_or(Value::Null, |seconds| json!(Time(NOW.0 - seconds).to_string()))
}

fn read_pod(mut value: Value) -> Pod {
    defaults::set_defaults(Kind::Pod, &mut value);
    let Object::Pod(pod) = Object::from_value(Kind::Pod, value).unwrap() else { panic!("a pod") };
    (*pod).clone()
}

fn pod(given: &Value) -> Arc<Pod> {
    let containers: Vec<Value> = given["requests"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, requests)| json!({"name": name, "image": "i", "resources": {"requests": requests}}))
        .collect();
    let mut value = json!({
        "metadata": {"name": given["name"], "namespace": "default"},
        "spec": {"containers": containers},
        "status": {"phase": given["phase"]},
    });
    if given["deleting"] == true {
        value["metadata"]["deletionTimestamp"] = ago(&json!(0));
    }
    if !given["podRequests"].is_null() {
        value["spec"]["resources"] = json!({"requests": given["podRequests"]});
    }
    if !given["startedAgo"].is_null() {
        value["status"]["startTime"] = ago(&given["startedAgo"]);
    }
    if given["ready"] != "" {
        let since = ago(&given["readyChangedAgo"]);
        value["status"]["conditions"] =
            json!([{"type": "Ready", "status": given["ready"], "lastTransitionTime": since}]);
    }
    Arc::new(read_pod(value))
}

#[test]
fn hpa_replicas() {
    table::run("hpa_replicas", |row| {
        let input = &row["in"];
        let metric = input["metric"].as_str().unwrap();
        let (resource, _) = metric.split_once(' ').unwrap_or(("", metric));
        let mut samples = Samples::new();
        for (name, sample) in input["metrics"].as_object().unwrap() {
            let at = Time(NOW.0 - sample["ageSeconds"].as_i64().unwrap());
            let (milli, window_s) = (sample["value"].as_i64().unwrap(), sample["window"].as_i64().unwrap());
            samples.insert(name.clone(), Sample { milli, at, window_s });
        }
        let what =
            if resource.is_empty() { "metric rps".to_owned() } else { format!("metrics for resource {resource}") };
        let samples = if samples.is_empty() {
            Err(format!("unable to get {what}: no metrics returned from resource metrics API"))
        } else {
            Ok(samples)
        };
        let pods: Vec<Arc<Pod>> = list(&input["pods"]).iter().map(pod).collect();
        let question = Question {
            current: count(&input["currentReplicas"]),
            resource,
            container: input["container"].as_str().unwrap_or_default(),
            tolerances: Tolerances {
                down: input["toleranceDown"].as_f64().unwrap(),
                up: input["toleranceUp"].as_f64().unwrap(),
            },
            pods: &pods,
            now: NOW,
        };
        let is_percent = metric.ends_with("utilization");
        let answer = if is_percent {
            question.by_percent(count(&input["target"]), samples)
        } else {
            question.by_average(input["target"].as_i64().unwrap(), samples)
        };
        let ours = match answer {
            Err(error) if list(&row["out"]["errorAnyOf"]).contains(&json!(error)) => return Ok(()),
            Err(error) => json!({"error": error}),
            Ok(wish) if is_percent => json!({
                "error": null, "replicas": wish.replicas, "utilization": wish.percent,
                "rawAverageMilli": wish.average_milli,
            }),
            Ok(wish) => json!({"error": null, "replicas": wish.replicas, "averageMilli": wish.average_milli}),
        };
        same(&ours, &row["out"])
    });
}

#[test]
fn hpa_normalize() {
    table::run("hpa_normalize", |row| {
        let input = &row["in"];
        let mut hpa = json!({"spec": {"behavior": input["behavior"]}});
        defaults::set_defaults(Kind::HorizontalPodAutoscaler, &mut hpa);
        let behavior = Behavior::read(hpa["spec"].as_object().unwrap());
        let (min, max) = (count(&input["minReplicas"]), count(&input["maxReplicas"]));
        let mut current = count(&input["replicas"]);
        let mut now = SimTime(1_000_000_000);
        let mut memory = Memory::default();
        let mut steps = Vec::new();
        for step in list(&input["steps"]) {
            now = SimTime(now.as_ms() + step[0].as_u64().unwrap() * 1000);
            memory.begin(current, now);
            let paced = memory.pace(count(&step[1]), Range { current, min, max }, behavior.as_ref(), now);
            if paced.replicas != current {
                memory.scaled(current, paced.replicas, behavior.as_ref(), now);
            }
            current = paced.replicas;
            let is_limited = if paced.is_limited { "True" } else { "False" };
            steps.push(json!({"replicas": current, "conditions": [
                ["AbleToScale", "True", paced.able.0, paced.able.1],
                ["ScalingLimited", is_limited, paced.limited.0, paced.limited.1],
            ]}));
        }
        same(&json!({"steps": steps}), &row["out"])
    });
}

/// A threshold is an amount, or a part of what there is, kept as a float of 32 bits.
fn threshold(given: &Value) -> Quantity {
    let quantity = |field: &str| Quantity::parse(given[field].as_str().unwrap()).unwrap();
    match given["percentage"].as_f64() {
        None => quantity("quantity"),
        #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::float_arithmetic)]
        Some(part) => Quantity::from_bytes((quantity("capacity").value() as f64 * f64::from(part as f32)) as i64),
    }
}

#[test]
fn eviction_message() {
    table::run("eviction_message", |row| {
        let input = &row["in"];
        let resource = input["resource"].as_str().unwrap();
        let pod = read_pod(input["pod"].clone());
        let measured = input
            .get("threshold")
            .filter(|threshold| threshold["signal"].is_string())
            .map(|given| (threshold(given), Quantity::parse(given["available"].as_str().unwrap()).unwrap()));
        let mut used = Vec::new();
        for container in ["containers", "initContainers"].iter().flat_map(|of| list(&input["pod"]["spec"][of])) {
            let name = container["name"].as_str().unwrap();
            let own = &input["usedBytes"][name];
            let bytes = if resource == "memory" {
                own["memory"].as_i64()
            } else {
                own["rootfs"].as_i64().zip(own["logs"].as_i64()).map(|(rootfs, logs)| rootfs + logs)
            };
            used.extend(bytes.map(|bytes| (name.to_owned(), bytes)));
        }
        let shortage = Shortage { resource: resource.to_owned(), measured };
        let (message, annotations) = message(&pod, &shortage, &used, None);
        let annotations: Map<String, Value> =
            annotations.into_iter().map(|(name, text)| (name.to_owned(), json!(text))).collect();
        let status = json!({"phase": "Failed", "reason": "Evicted", "message": message});
        same(&json!({"annotations": annotations, "message": message, "status": status}), &row["out"])
    });
}

/// The pods of a fake Deployment, the oldest first: name and second of birth.
struct Fake {
    pods: Vec<(String, i64)>,
    born: usize,
}

impl Fake {
    fn resize(&mut self, replicas: i32, now: i64) {
        let wanted = usize::try_from(replicas).unwrap();
        self.pods.truncate(wanted);
        while self.pods.len() < wanted {
            self.born += 1;
            self.pods.push((format!("web-{}", self.born), now));
        }
    }
}

/// A pod that is named in an error is any of those that it could name.
fn any_pod(text: &str) -> String {
    text.split_once(" of Pod ").map_or_else(|| text.to_owned(), |(before, _)| format!("{before} of Pod {{pod}}"))
}

#[test]
fn hpa_steps() {
    table::run("hpa_steps", |row| {
        let input = &row["in"];
        let number = |field: &str| input[field].as_i64().unwrap();
        let mut hpa = input["hpa"].clone();
        hpa["metadata"]["namespace"] = json!("default");
        defaults::set_defaults(Kind::HorizontalPodAutoscaler, &mut hpa);
        let mut fake = Fake { pods: Vec::new(), born: 0 };
        let (mut replicas, mut load, mut mode) = (count(&input["replicas"]), 0, "ok".to_owned());
        let (mut status, mut memory) = (Status::default(), Memory::default());
        let mut last: Map<String, Value> = Map::new();
        last.insert("error".to_owned(), Value::Null);
        last.insert("events".to_owned(), json!([]));
        let mut steps = Vec::new();
        for tick in 0..=number("ticks") {
            let t = tick * 15;
            for op in list(&input["ops"]).iter().filter(|op| op["t"] == t) {
                for (what, value) in op.as_object().unwrap() {
                    match what.as_str() {
                        "loadMilli" => load = value.as_i64().unwrap(),
                        "metrics" => mode = value.as_str().unwrap().to_owned(),
                        "scaleTo" => replicas = count(value),
                        "t" => {}
                        bound => hpa["spec"][bound] = value.clone(),
                    }
                }
            }
            fake.resize(replicas, t);
            let time = |seconds: i64| Time(Time::from_sim(SimTime(0)).0 + seconds);
            let is_ready = |born: i64| t >= born + number("readyDelaySeconds");
            let ready = i64::try_from(fake.pods.iter().filter(|(_, born)| is_ready(*born)).count()).unwrap();
            let mut requests = Map::new();
            for (name, given) in [("cpu", &input["cpuRequest"]), ("memory", &input["memoryRequest"])] {
                if given.as_str().is_some_and(|given| !given.is_empty()) {
                    requests.insert(name.to_owned(), given.clone());
                }
            }
            let pods = fake.pods.iter().map(|(name, born)| {
                let (word, since) =
                    if is_ready(*born) { ("True", born + number("readyDelaySeconds")) } else { ("False", *born) };
                Arc::new(read_pod(json!({
                    "metadata": {"name": name, "namespace": "default"},
                    "spec": {"containers": [{"name": "app", "image": "i", "resources": {"requests": requests}}]},
                    "status": {"phase": "Running", "startTime": time(*born).to_string(), "conditions": [
                        {"type": "Ready", "status": word, "lastTransitionTime": time(since).to_string()},
                    ]},
                })))
            });
            let api = "unable to fetch metrics from resource metrics API: the server";
            let measure = |resource: &str, _: &str| {
                let mut samples = Samples::new();
                for (name, born) in fake.pods.iter().filter(|(_, born)| t >= born + number("metricsDelaySeconds")) {
                    let milli = match resource {
                        "memory" => Quantity::parse(input["memoryUsage"].as_str().unwrap()).unwrap().milli_value(),
                        _ if is_ready(*born) => (load / ready).min(number("podCPUCapMilli")),
                        _ => number("startupCPUMilli"),
                    };
                    samples.insert(name.clone(), Sample { milli, at: time(t), window_s: 30 });
                }
                match mode.as_str() {
                    "404" => Err(format!("{api} could not find the requested resource (get pods.metrics.k8s.io)")),
                    "503" => Err(format!("{api} is currently unable to handle the request (get pods.metrics.k8s.io)")),
                    "ok" if !samples.is_empty() => Ok(samples),
                    _ => Err("no metrics returned from resource metrics API".to_owned()),
                }
            };
            let kind = hpa["spec"]["scaleTargetRef"]["kind"].as_str().unwrap();
            let scale = if kind != "Deployment" {
                Err(NoScale::UnknownKind(format!("no matches for kind {kind:?} in group \"apps\"")))
            } else if input["noTarget"] == true {
                Err(NoScale::NotFound("deployments.apps \"web\" not found".to_owned()))
            } else {
                Ok(Scale { replicas, pods: pods.collect() })
            };
            let spec = hpa["spec"].as_object().unwrap();
            let now = SimTime(u64::try_from(t).unwrap() * 1000);
            let done =
                Pass { spec, namespace: "default", scale, measure: &measure, now }.run(status.clone(), &mut memory);
            let after = done.scale_to.unwrap_or(replicas);
            status = done.status;
            let second = |at: Time| at.as_sim_ms() / 1000;
            let metrics: Vec<Value> = status
                .metrics
                .iter()
                .map(|metric| match metric {
                    None => json!([""]),
                    Some(metric) => json!([metric.resource, metric.percent, metric.average]),
                })
                .collect();
            let mut shown = Map::new();
            if input["noTarget"] != true {
                shown.insert("replicas".to_owned(), json!([replicas, after]));
            }
            let value = json!({
                "currentMetrics": metrics, "currentReplicas": status.current, "desiredReplicas": status.desired,
                "lastScaleTime": status.last_scale.map(second),
            });
            shown.insert("status".to_owned(), value);
            for condition in &status.conditions {
                let word = if condition.is_true { "True" } else { "False" };
                let message = any_pod(&condition.message);
                let value = json!([word, condition.reason, message, second(condition.since)]);
                shown.insert(condition.kind.clone(), value);
            }
            let events: Vec<Value> = done
                .events
                .iter()
                .map(|(kind, reason, message)| json!([kind.as_str(), reason, any_pod(message)]))
                .collect();
            shown.insert("events".to_owned(), json!(events));
            shown.insert("error".to_owned(), json!(done.error.as_deref().map(any_pod)));
            let mut stored = hpa.clone();
            stored["status"] = status.to_value();
            let object = Object::from_value(Kind::HorizontalPodAutoscaler, stored).unwrap();
            let cells = printers::cells(&object, now, KubernetesVersion::default());
            let counts = |at: usize| json!(cells[at].parse::<i64>().unwrap());
            let cells = json!([cells[0], cells[1], cells[2], cells[3], counts(4), counts(5)]);
            shown.insert("cells".to_owned(), cells);
            let mut step: Map<String, Value> = shown
                .iter()
                .filter(|(name, value)| last.get(*name) != Some(value))
                .map(|(n, v)| (n.clone(), v.clone()))
                .collect();
            if !step.is_empty() {
                step.insert("t".to_owned(), json!(t));
                steps.push(Value::Object(step));
            }
            last.extend(shown);
            replicas = after;
        }
        same(&json!({"steps": steps}), &row["out"])
    });
}
