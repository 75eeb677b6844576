//! `--nodes`: the nodes on which OLD runs.

use std::path::PathBuf;

use hellok8s_lab::api::Quantity;
use hellok8s_lab::api::well_known::{HOSTNAME, ZONE};
use hellok8s_lab::apiserver::NODE;
use hellok8s_lab::client::CallTimes;
use hellok8s_lab::cluster::{MOST_NODES, MOST_PODS, NodeSize};
use hellok8s_lab::lab::Lab;
use hellok8s_lab::manifest;
use serde_json::{Map, Value, json};

use super::side;

/// What a node may be said to have.
const RESOURCES: [&str; 4] = ["cpu", "memory", "pods", "ephemeral-storage"];
/// How many pods one of several nodes takes, where nothing else is said.
const USUAL_PODS: u32 = 110;
/// Holds a node's shape while it is given to the node.
const SHAPE: &str = "node-shape.json";

/// One `--nodes`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Nodes {
    /// So many nodes with the same shape.
    Alike {
        /// How many.
        count: usize,
        /// What each has.
        shape: Shape,
    },
    /// The nodes of a file that `kubectl get nodes -o yaml` has written.
    Listed(PathBuf),
}

/// What a node is to have, where that is not as a new node has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    capacity: Map<String, Value>,
    allocatable: Map<String, Value>,
    labels: Map<String, Value>,
    taints: Vec<Value>,
    is_cordoned: bool,
}

impl Nodes {
    /// Reads `cpu=4,memory=16Gi,pods=110`, `3`, `2,cpu=4,zone=a`, or the path of a file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if [".yaml", ".yml", ".json"].iter().any(|end| text.ends_with(end)) {
            return Ok(Self::Listed(PathBuf::from(text)));
        }
        let wrong = |why: String| {
            format!(
                "--nodes {text:?}: {why}; it is of the form cpu=4,memory=16Gi,pods=110 or 3,cpu=4,zone=a, or a file"
            )
        };
        let (mut count, mut shape) = (None, Shape::default());
        for part in text.split(',') {
            if let Ok(number) = part.parse::<usize>() {
                if !(1..=MOST_NODES).contains(&number) || count.replace(number).is_some() {
                    return Err(wrong(format!("one number says how many nodes there are, 1 to {MOST_NODES}")));
                }
                continue;
            }
            let (name, amount) = part.split_once('=').ok_or_else(|| wrong(format!("{part:?} has no =")))?;
            if name == "zone" {
                shape.labels.insert(ZONE.to_owned(), json!(amount));
                continue;
            }
            if !RESOURCES.contains(&name) {
                return Err(wrong(format!("{name:?} is none of {}, zone", RESOURCES.join(", "))));
            }
            let quantity = Quantity::parse(amount).map_err(|_| wrong(format!("{amount:?} is no quantity")))?;
            if quantity.milli_value() <= 0 {
                return Err(wrong(format!("{name} has to be more than 0")));
            }
            if shape.capacity.insert(name.to_owned(), json!(quantity.canonical())).is_some() {
                return Err(wrong(format!("{name} is there twice")));
            }
        }
        shape.allocatable.clone_from(&shape.capacity);
        Ok(Self::Alike { count: count.unwrap_or(1), shape })
    }

    /// The shapes of these nodes. Adds to `left_out` the names of those that are not ready.
    fn shapes(&self, left_out: &mut Vec<String>) -> Result<Vec<Shape>, String> {
        let path = match self {
            Self::Alike { count, shape } => return Ok(vec![shape.clone(); *count]),
            Self::Listed(path) => path,
        };
        let shown = path.display().to_string();
        let text = side::read_text(path)?;
        let documents = manifest::parse(&shown, &text).map_err(|error| format!("--nodes {shown}: {}", error.text))?;
        let mut objects = Vec::new();
        for document in documents {
            side::add_object(&mut objects, &shown, document);
        }
        let is_node = |object: &Value| object.get("kind").and_then(Value::as_str) == Some("Node");
        let objects = objects.into_iter().map(|object| object.document.value);
        let (there, unheard): (Vec<Value>, Vec<Value>) = objects.filter(is_node).partition(is_ready);
        left_out.extend(unheard.iter().filter_map(|node| node.pointer("/metadata/name")?.as_str().map(str::to_owned)));
        if there.is_empty() {
            return Err(format!(
                "--nodes {shown}: there is no ready Node in it; `kubectl get nodes -o yaml` writes it"
            ));
        }
        Ok(there.iter().map(Shape::of).collect())
    }
}

/// A node that tells nothing of its state is taken to be ready.
fn is_ready(node: &Value) -> bool {
    let conditions = node.pointer("/status/conditions").and_then(Value::as_array);
    let ready = conditions.into_iter().flatten().find(|condition| condition["type"] == "Ready");
    ready.is_none_or(|condition| condition["status"] == "True")
}

impl Shape {
    /// What a real node has and tells. Taints that the cluster itself sets and lifts are left to it.
    fn of(node: &Value) -> Self {
        let map = |pointer: &str| node.pointer(pointer).and_then(Value::as_object).cloned().unwrap_or_default();
        let is_own = |taint: &&Value| {
            taint.get("key").and_then(Value::as_str).is_some_and(|key| !key.starts_with("node.kubernetes.io/"))
        };
        let taints = node.pointer("/spec/taints").and_then(Value::as_array);
        let capacity = map("/status/capacity");
        let mut allocatable = map("/status/allocatable");
        if allocatable.is_empty() {
            allocatable.clone_from(&capacity);
        }
        Self {
            capacity,
            allocatable,
            labels: map("/metadata/labels"),
            taints: taints.into_iter().flatten().filter(is_own).cloned().collect(),
            is_cordoned: node.pointer("/spec/unschedulable").and_then(Value::as_bool) == Some(true),
        }
    }

    /// Gives it to a node, in kubectl's words where something of it is not possible.
    fn give(&self, lab: &mut Lab, name: &str) -> Result<(), String> {
        let mut labels = self.labels.clone();
        // A list of nodes has each one's name; what is said of several alike leaves each its own.
        labels.entry(HOSTNAME).or_insert_with(|| json!(name));
        let spec = json!({"taints": self.taints, "unschedulable": self.is_cordoned});
        patch(lab, name, "", &json!({"metadata": {"labels": labels}, "spec": spec}))?;
        let status = json!({"status": {"capacity": self.capacity, "allocatable": self.allocatable}});
        patch(lab, name, "--subresource=status", &status)
    }

    fn pods(&self) -> Option<i64> {
        let text = self.allocatable.get("pods")?.as_str()?;
        Quantity::parse(text).ok().map(|quantity| quantity.value())
    }
}

fn patch(lab: &mut Lab, node: &str, flag: &str, patch: &Value) -> Result<(), String> {
    lab.write(SHAPE, &patch.to_string());
    lab.submit(0, &format!("kubectl patch node {node} {flag} --type=merge --patch-file={SHAPE}"));
    let answer: String = lab.take_output(0).into_iter().map(|chunk| chunk.text).collect();
    if lab.exit_code(0) == 0 { Ok(()) } else { Err(format!("--nodes: {}", answer.trim_end())) }
}

/// Makes these nodes. The first of them is the lab's own one, which runs the control plane. Answers the names of those
/// that are left out, because they are not ready.
///
/// # Errors
/// When a file cannot be read, there are too many, or one of them cannot be as it is said.
pub fn make(lab: &mut Lab, nodes: &[Nodes]) -> Result<Vec<String>, String> {
    let mut left_out = Vec::new();
    let mut shapes = Vec::new();
    for group in nodes {
        shapes.extend(group.shapes(&mut left_out)?);
    }
    if shapes.len() > MOST_NODES {
        return Err(format!("--nodes: {} nodes; a cluster has at most {MOST_NODES} here", shapes.len()));
    }
    // What kubectl takes is no part of a rollout.
    lab.cluster_mut().set_call_times(CallTimes::NONE);
    let is_alone = shapes.len() == 1;
    for (number, mut shape) in shapes.into_iter().enumerate() {
        let name = if number == 0 { NODE.to_owned() } else { format!("{NODE}-m{:02}", number + 1) };
        if !is_alone {
            let pods = shape.pods().unwrap_or_else(|| i64::from(USUAL_PODS)).min(i64::from(MOST_PODS));
            for list in [&mut shape.capacity, &mut shape.allocatable] {
                list.insert("pods".to_owned(), json!(pods.to_string()));
            }
        }
        if number > 0 {
            lab.intervene(|cluster| cluster.add_node(&name, &NodeSize::default()))?;
        }
        shape.give(lab, &name)?;
    }
    Ok(left_out)
}
