//! A row's cluster: pods and nodes as the tables abbreviate them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hellok8s_lab::api::{Kind, Object, Pod, StringMap, Time, defaults};
use hellok8s_lab::scheduler::preemption::Budget;
use hellok8s_lab::scheduler::{Code, Cycle, NodeInfo, PodInfo, Selector};
use serde_json::{Map, Value, json};

pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

pub(super) fn container(given: &Value, index: usize, prefix: &str) -> Value {
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

pub(super) fn pod(given: &Value) -> PodInfo {
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

pub(super) fn node(given: &Value) -> NodeInfo {
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
pub(super) struct GivenCluster {
    pub(super) nodes: Vec<Arc<NodeInfo>>,
    pub(super) namespaces: BTreeMap<String, StringMap>,
    pub(super) nominated: BTreeMap<String, Vec<Arc<PodInfo>>>,
    pub(super) budgets: Vec<Budget>,
    volumes: BTreeMap<String, &'static str>,
}

impl GivenCluster {
    pub(super) fn new(input: &Value) -> Self {
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
        Self { nodes: snapshot_order(nodes), namespaces, nominated, budgets, volumes: BTreeMap::new() }
    }

    pub(super) fn cycle<'a>(&'a self, pod: &'a PodInfo, selector: &'a Selector) -> Cycle<'a> {
        Cycle {
            pod,
            nodes: &self.nodes,
            namespaces: &self.namespaces,
            default_selector: selector,
            nominated: &self.nominated,
            budgets: &self.budgets,
            claims: None,
            volumes: &self.volumes,
            exclusive: &[],
        }
    }
}

pub(super) fn snapshot_order(nodes: Vec<NodeInfo>) -> Vec<Arc<NodeInfo>> {
    let mut ordered = hellok8s_lab::scheduler::in_snapshot_order(nodes.into_iter().map(Arc::new).collect());
    ordered.shrink_to_fit();
    ordered
}

/// Of which pods a pod is a copy: the services' selectors and its owner's.
pub(super) fn default_selector(input: &Value, pod: &PodInfo) -> Selector {
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

pub(super) fn code(code: Code) -> &'static str {
    match code {
        Code::Unschedulable => "Unschedulable",
        Code::Unresolvable => "UnschedulableAndUnresolvable",
    }
}
