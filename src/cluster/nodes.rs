//! Nodes that come, go, fail and recover.

use std::sync::Arc;

use serde_json::Value;

use super::{Cluster, ClusterConfig};
use crate::api::validation::{label_value, qualified_name};
use crate::api::{EventSource, EventType, Generic, Kind, Object, ObjectReference, Quantity, StringMap};
use crate::apiserver::{Capacity, DeleteOptions, Key, NODE, node};
use crate::events::Note;
use crate::kubelet::{Kubelet, KubeletConfig};

/// Most nodes of a cluster.
pub const MOST_NODES: usize = 50;
/// Most pods of a node that is added: its block has no more addresses.
pub const MOST_PODS: u32 = 250;

/// What a node is to have. What is not said a new node has as a minikube's has: 2 cpus, 7.7 GiB and 110 pods.
#[derive(Clone, Debug, Default)]
pub struct NodeSize {
    /// Processors, as a quantity.
    pub cpu: Option<String>,
    /// Memory, as a quantity.
    pub memory: Option<String>,
    /// How many pods it takes.
    pub pods: Option<u32>,
    /// Labels besides those that its kubelet gives it.
    pub labels: StringMap,
}

impl NodeSize {
    /// # Errors
    /// When an amount is no quantity above 0, a label is none, or there are more pods than addresses.
    fn check(&self) -> Result<(), String> {
        for (what, amount) in [("cpus", &self.cpu), ("memory", &self.memory)] {
            let Some(amount) = amount else { continue };
            if !Quantity::parse(amount).is_ok_and(|quantity| quantity.sign() > 0) {
                return Err(format!("{amount:?} is no amount of {what}: a quantity above 0, such as 2, 500m or 4Gi"));
            }
        }
        for (key, value) in &self.labels {
            let complaints = qualified_name(key).into_iter().chain(label_value(value)).next();
            if let Some(complaint) = complaints {
                return Err(format!("{key}={value} is no label: {complaint}"));
            }
        }
        match self.pods {
            Some(pods) if pods > MOST_PODS => {
                Err(format!("{pods} pods are too many for one node: at most {MOST_PODS}"))
            }
            _ => Ok(()),
        }
    }
}

pub(super) fn kubelet(config: &ClusterConfig, name: &str, block: u8) -> Kubelet {
    Kubelet::new(KubeletConfig {
        node_name: name.to_owned(),
        node_ip: address(block),
        pod_block: block,
        seed: config.seed,
        version: config.version,
        timings: config.timings.clone(),
        started_at: None,
    })
}

/// A label of the domain name system, which is stricter than the API server: the name is a label's value too.
fn is_name(text: &str) -> bool {
    let is_inner = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    (1..=63).contains(&text.len()) && text.chars().all(is_inner) && !text.starts_with('-') && !text.ends_with('-')
}

/// The address of the node with this block: the first one's is 192.168.49.2.
fn address(block: u8) -> String {
    format!("192.168.49.{}", u16::from(block) + 2)
}

impl Cluster {
    /// Adds a node, which is ready at once.
    ///
    /// # Errors
    /// When its name, an amount or a label is no good, there is such a node already, or there are too many.
    pub fn add_node(&mut self, name: &str, size: &NodeSize) -> Result<(), String> {
        if !is_name(name) {
            return Err(format!(
                "{name:?} is no name for a node: lower case letters, digits and -, at most 63, such as minikube-m02"
            ));
        }
        size.check()?;
        if self.fleet.of_node(name).is_some() || self.node(name).is_some() {
            return Err(format!("there is a node {name} already"));
        }
        let block = self.fleet.free_block().filter(|_| self.fleet.len() < MOST_NODES);
        let block = block.ok_or_else(|| format!("a cluster has at most {MOST_NODES} nodes here"))?;
        let capacity = Capacity {
            cpu: size.cpu.clone().unwrap_or_else(|| "2".to_owned()),
            memory: size.memory.clone().unwrap_or_else(|| "8035024Ki".to_owned()),
            pods: size.pods.unwrap_or(110),
        };
        let mut object = node(name, &address(block), block, &capacity, self.now, self.config.version);
        object.with_metadata(|metadata| metadata.labels.extend(size.labels.clone()));
        self.api.create(object).map_err(|status| status.message)?;
        let mut kubelet = kubelet(&self.config, name, block);
        for other in self.fleet.iter() {
            kubelet.leave_out(other.config().pod_block);
        }
        self.fleet.add(kubelet);
        self.record_registered(name);
        self.intervened();
        Ok(())
    }

    /// Changes what a node has; what runs on it stays.
    ///
    /// # Errors
    /// When an amount is no good or there is no such node.
    pub fn resize_node(&mut self, name: &str, size: &NodeSize) -> Result<(), String> {
        size.check()?;
        let found = self.node(name).ok_or_else(|| format!("there is no node {name}"))?;
        let mut changed = Generic::clone(&found);
        let status = changed.fields.get_mut("status").and_then(Value::as_object_mut);
        for list in status.into_iter().flat_map(|status| {
            status.iter_mut().filter(|(field, _)| matches!(field.as_str(), "capacity" | "allocatable"))
        }) {
            let Some(list) = list.1.as_object_mut() else { continue };
            let pods = size.pods.map(|pods| pods.to_string());
            for (resource, amount) in [("cpu", &size.cpu), ("memory", &size.memory), ("pods", &pods)] {
                if let Some(amount) = amount {
                    list.insert(resource.to_owned(), Value::String(amount.clone()));
                }
            }
        }
        self.api.update_status(Object::Generic(Arc::new(changed))).map_err(|status| status.message)?;
        self.intervened();
        Ok(())
    }

    /// Takes a node away, with all that runs on it.
    ///
    /// # Errors
    /// When there is no such node, or it is the one that runs the control plane.
    pub fn remove_node(&mut self, name: &str) -> Result<(), String> {
        self.worker(name)?;
        self.fleet.remove(name);
        self.node_watch.noticed_at.remove(name);
        // Somebody may have deleted the object before.
        drop(self.api.delete(Kind::Node, &Key::new("", name), &DeleteOptions::default()));
        self.intervened();
        Ok(())
    }

    /// Nobody hears of a node any more, nor reaches what runs on it.
    ///
    /// # Errors
    /// When there is no such node, or it is the one that runs the control plane.
    pub fn fail_node(&mut self, name: &str) -> Result<(), String> {
        self.worker(name)?.cut_off(true);
        self.stop_kubelet(name)?;
        Ok(())
    }

    /// A node that failed is back.
    ///
    /// # Errors
    /// When there is no such node, or it is the one that runs the control plane.
    pub fn recover_node(&mut self, name: &str) -> Result<(), String> {
        self.worker(name)?.cut_off(false);
        self.start_kubelet(name)?;
        Ok(())
    }

    /// Stops a node's kubelet; answers whether it ran.
    ///
    /// # Errors
    /// When there is no such node.
    pub fn stop_kubelet(&mut self, node: &str) -> Result<bool, String> {
        let now = self.now;
        let kubelet = self.fleet.of_node_mut(node).ok_or_else(|| format!("there is no node {node}"))?;
        let ran = !kubelet.is_stopped();
        kubelet.stop(now);
        if ran {
            self.kubelet_stopped(node);
        }
        self.intervened();
        Ok(ran)
    }

    /// Starts a node's kubelet; answers whether it was down.
    ///
    /// # Errors
    /// When there is no such node.
    pub fn start_kubelet(&mut self, node: &str) -> Result<bool, String> {
        let now = self.now;
        let kubelet = self.fleet.of_node_mut(node).ok_or_else(|| format!("there is no node {node}"))?;
        let was_stopped = kubelet.is_stopped();
        kubelet.start(now);
        if was_stopped {
            self.kubelet_started(node);
        }
        self.intervened();
        Ok(was_stopped)
    }

    fn worker(&mut self, name: &str) -> Result<&mut Kubelet, String> {
        if name == NODE {
            return Err(format!("{NODE} runs the control plane and stays; `lab kubelet stop` stops its kubelet alone"));
        }
        self.fleet.of_node_mut(name).ok_or_else(|| format!("there is no node {name}"))
    }

    /// Models the event of pkg/controller/nodelifecycle for a node that it has not seen before.
    fn record_registered(&mut self, name: &str) {
        let uid = self.node(name).map(|node| node.metadata.uid.clone()).unwrap_or_default();
        let object = ObjectReference {
            kind: "Node".to_owned(),
            name: name.to_owned(),
            uid,
            api_version: "v1".to_owned(),
            ..ObjectReference::default()
        };
        let source = EventSource { component: "node-controller".to_owned(), host: String::new() };
        let message = format!("Node {name} event: Registered Node {name} in Controller");
        self.record(Note { source, object, kind: EventType::Normal, reason: "RegisteredNode".to_owned(), message });
    }
}
