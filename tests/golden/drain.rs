//! `kubectl drain` against a node whose pods go as the rows say.

use std::sync::Arc;

use hellok8s_lab::api::{Kind, Object, Pod, PodPhase, Time};
use hellok8s_lab::apiserver::{DeleteOptions, Key, LabelQuery, Status};
use hellok8s_lab::kubectl::DryRun;
use hellok8s_lab::kubectl::drain::{Drain, Line, Nodes, Options};
use hellok8s_lab::sim::SimTime;
use serde_json::{Value, json};

use crate::table::{self, same};

/// The row's clock begins in the middle of nowhere, so that pods may have been deleted before.
const BEGIN_MS: u64 = 1_000_000;
const SEVERAL: &str =
    "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
const MANY_REQUESTS: &str = "Cannot evict pod as it would violate the pod's disruption budget.";

struct Node {
    now_ms: u64,
    pods: Vec<(Value, Arc<Pod>, Option<u64>)>,
    query: LabelQuery,
}

fn pod(given: &Value) -> Arc<Pod> {
    let mut metadata = json!({
        "name": given["name"], "namespace": given["namespace"], "labels": {"app": given["app"]}, "uid": given["name"],
    });
    let owner = given["owner"].as_str().unwrap_or_default();
    if !owner.is_empty() {
        let kind = owner.trim_start_matches("Missing");
        let group = if kind == "Job" { "batch/v1" } else { "apps/v1" };
        metadata["ownerReferences"] =
            json!([{"kind": kind, "name": owner.to_lowercase(), "uid": "u", "controller": true, "apiVersion": group}]);
    }
    if given["mirror"] == true {
        metadata["annotations"] = json!({"kubernetes.io/config.mirror": "x"});
    }
    let mut spec = json!({"containers": [{"name": "c", "image": "i"}], "nodeName": "n1"});
    if given["emptyDir"] == true {
        spec["volumes"] = json!([{"name": "v", "emptyDir": {}}]);
    }
    let Object::Pod(read) = Object::from_value(Kind::Pod, json!({"metadata": metadata, "spec": spec})).unwrap() else {
        panic!("a pod")
    };
    let mut pod = (*read).clone();
    pod.status.phase = match given["phase"].as_str().unwrap_or_default() {
        "Pending" => PodPhase::Pending,
        "Succeeded" => PodPhase::Succeeded,
        "Failed" => PodPhase::Failed,
        _ => PodPhase::Running,
    };
    if let Some(seconds) = given["deletedAgo"].as_i64() {
        pod.metadata.deletion_timestamp = Some(Time(Time::from_sim(SimTime(BEGIN_MS)).0 - seconds));
    }
    Arc::new(pod)
}

impl Node {
    fn is_there(&self, at: &(Value, Arc<Pod>, Option<u64>)) -> bool {
        at.2.is_none_or(|gone| gone > self.now_ms)
    }

    fn take(&mut self, key: &Key, dry_run: bool) {
        let now = self.now_ms;
        for (given, pod, gone) in self.pods.iter_mut().filter(|found| Key::of(&found.1.metadata) == *key && !dry_run) {
            let seconds = given["terminationSeconds"].as_i64().unwrap();
            *gone = u64::try_from(seconds).ok().map(|seconds| gone.unwrap_or(now + seconds * 1000));
            let pod = Arc::make_mut(pod);
            // With the pods' grace period.
            pod.metadata.deletion_timestamp.get_or_insert(Time::from_sim(SimTime(now + 30_000)));
        }
    }

    fn refusal(&self, key: &Key) -> Option<Status> {
        let (given, ..) = self.pods.iter().find(|found| Key::of(&found.1.metadata) == *key)?;
        let (name, namespace) = (&*key.name, &*key.namespace);
        let mut status = Status::not_found(Kind::Pod, name);
        if given["refusedUntil"].as_u64().is_some_and(|until| self.now_ms < BEGIN_MS + until * 1000) {
            status.code = 429;
            MANY_REQUESTS.clone_into(&mut status.message);
            return Some(status);
        }
        match given["evictError"].as_str()? {
            "403" => {
                status.code = 403;
                status.message = format!(
                    "pods {name:?} is forbidden: User \"dev\" cannot create resource \"pods/eviction\" in API group \"\" in the namespace {namespace:?}"
                );
            }
            _ => {
                status.code = 500;
                SEVERAL.clone_into(&mut status.message);
            }
        }
        Some(status)
    }
}

impl Nodes for Node {
    fn now(&self) -> SimTime {
        SimTime(self.now_ms)
    }

    fn pods(&self, _: &str) -> Vec<Arc<Pod>> {
        let found = self.pods.iter().filter(|found| self.is_there(found));
        found.map(|(_, pod, _)| pod.clone()).filter(|pod| self.query.matches(&pod.metadata.labels)).collect()
    }

    fn pod(&self, key: &Key) -> Option<Arc<Pod>> {
        let found = self.pods.iter().find(|found| Key::of(&found.1.metadata) == *key && self.is_there(found));
        found.map(|(_, pod, _)| pod.clone())
    }

    fn has_daemon_set(&self, key: &Key) -> bool {
        self.pods.iter().any(|(given, pod, _)| {
            pod.metadata.namespace == *key.namespace && *key.name == *"daemonset" && given["owner"] == "DaemonSet"
        })
    }

    fn evict(&mut self, key: &Key, _: &DeleteOptions, dry_run: bool) -> Result<(), Status> {
        if self.pod(key).is_none() {
            return Err(Status::not_found(Kind::Pod, &key.name));
        }
        self.refusal(key).map_or(Ok(()), Err)?;
        self.take(key, dry_run);
        Ok(())
    }

    fn delete(&mut self, key: &Key, _: &DeleteOptions, dry_run: bool) -> Result<(), Status> {
        self.take(key, dry_run);
        Ok(())
    }
}

fn options(flags: &Value) -> Options {
    let is = |name: &str| flags[name] == true;
    Options {
        force: is("force"),
        ignore_daemon_sets: is("ignoreDaemonsets"),
        delete_empty_dir_data: is("deleteEmptydirData"),
        disable_eviction: is("disableEviction"),
        skip_deleted_s: flags["skipWaitForDeleteTimeout"].as_i64().unwrap_or(0),
        dry_run: match flags["dryRun"].as_str() {
            Some("client") => DryRun::Client,
            Some("server") => DryRun::Server,
            _ => DryRun::None,
        },
        delete: DeleteOptions::default(),
        timeout_ms: flags["timeoutMs"].as_u64(),
    }
}

/// Whether a line is one of those that the pods' goroutines print when they come to it.
fn is_of_a_pod(text: &str) -> bool {
    text.starts_with("evicting pod ")
        || text.starts_with("error when evicting pod")
        || text.starts_with("pod \"")
        || text.starts_with("pod/")
}

/// Sorts what is random in Go: lists in brackets, and the pods' lines of one moment.
fn ordered(lines: &[Value]) -> Vec<Value> {
    let sorted_list = |text: &str| match (text.find('['), text.rfind(']')) {
        (Some(from), Some(to)) if from < to => {
            let mut items: Vec<&str> = text[from + 1..to].split(", error when ").collect();
            let first = items[0].trim_start_matches("error when ").to_owned();
            items[0] = &first;
            items.sort_unstable();
            format!("{}[{}]{}", &text[..from], items.join(", error when "), &text[to + 1..])
        }
        _ => text.to_owned(),
    };
    let mut lines: Vec<Value> =
        lines.iter().map(|line| json!([line[0], line[1], sorted_list(line[2].as_str().unwrap())])).collect();
    let key = |line: &Value| (line[1].as_str().unwrap().to_owned(), line[2].as_str().unwrap().to_owned());
    lines
        .chunk_by_mut(|a, b| a[0] == b[0] && is_of_a_pod(a[2].as_str().unwrap()) && is_of_a_pod(b[2].as_str().unwrap()))
        .for_each(|chunk| chunk.sort_by_key(key));
    lines
}

/// As the table's program writes a time, which is a float.
#[allow(clippy::cast_precision_loss, clippy::float_arithmetic, reason = "the table's own form")]
fn seconds(ms: u64) -> Value {
    if ms.is_multiple_of(1000) { json!(ms / 1000) } else { json!(ms as f64 / 1000.0) }
}

#[test]
fn kubectl_drain() {
    table::run("kubectl_drain", |row| {
        let (input, out) = (&row["in"], &row["out"]);
        let options = options(&input["flags"]);
        let query = LabelQuery::parse(input["flags"]["podSelector"].as_str().unwrap_or_default()).unwrap();
        let given = input["pods"].as_array().unwrap();
        let pods = given.iter().map(|given| (given.clone(), pod(given), None)).collect();
        let mut node = Node { now_ms: BEGIN_MS, pods, query };
        let mut lines: Vec<Value> = Vec::new();
        let word = if input["cordoned"] == true { "already cordoned" } else { "cordoned" };
        lines.push(json!([0, "out", format!("node/n1 {word}{}", options.dry_run.suffix())]));
        let told = |lines: &mut Vec<Value>, new: Vec<Line>, now_ms: u64| {
            let ms = now_ms - BEGIN_MS;
            let at = seconds(ms);
            lines.extend(new.into_iter().map(|line| match line {
                Line::Out(text) => json!([at, "out", text]),
                Line::Err(text) => json!([at, "err", text]),
            }));
        };
        let mut drain = Drain::new(options, vec!["n1".to_owned()]);
        loop {
            let mut new = Vec::new();
            let next = drain.go_on(&mut node, &mut new);
            told(&mut lines, new, node.now_ms);
            let Some(next) = next else { break };
            node.now_ms = next.as_ms();
        }
        let mut last = Vec::new();
        let exit = drain.finish(&mut last);
        let heads = last.iter().position(|line| matches!(line, Line::Err(text) if text.starts_with(" n1")));
        let fatal = last.split_off(heads.map_or(last.len(), |at| at + 1));
        told(&mut lines, last, node.now_ms);
        let fatal: Vec<String> = fatal
            .into_iter()
            .map(|line| match line {
                Line::Out(text) | Line::Err(text) => text,
            })
            .collect();
        let left: Vec<String> = node
            .pods
            .iter()
            .filter(|found| node.is_there(found))
            .map(|(_, pod, _)| format!("{}/{}", pod.metadata.namespace, pod.metadata.name))
            .collect();
        let ms = node.now_ms - BEGIN_MS;
        let mut fatal_lines = fatal;
        fatal_lines.sort();
        let mut their_fatal: Vec<&str> = out["fatal"].as_str().unwrap().lines().collect();
        their_fatal.sort_unstable();
        // What becomes of the node itself is cordon's, and the table's server takes no notice of a dry run.
        let ours = json!({
            "lines": ordered(&lines), "exit": exit, "fatal": fatal_lines, "podsLeft": left,
            "seconds": seconds(ms),
        });
        let theirs = json!({
            "lines": ordered(out["lines"].as_array().unwrap()), "exit": out["exit"], "fatal": their_fatal,
            "podsLeft": out["podsLeft"], "seconds": out["seconds"],
        });
        same(&ours, &theirs)
    });
}
