//! How nodes look: what each has, what its pods ask of it, and whether it is well.

use std::collections::{BTreeMap, BTreeSet};

use hellok8s_lab::api::{Kind, Object};
use hellok8s_lab::apiserver::NODE;
use hellok8s_lab::cluster::Cluster;
use serde_json::Value;

use super::rows::Look;

/// How a node looks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeLook {
    /// Name.
    pub name: String,
    /// Whether its Ready condition holds.
    pub is_ready: bool,
    /// Whether it takes no new pods.
    pub is_cordoned: bool,
    /// Whether its kubelet is down.
    pub is_stopped: bool,
    /// Whether nobody reaches it.
    pub is_cut_off: bool,
    /// Whether the control plane runs on it, so that it cannot fail.
    pub is_first: bool,
    /// Whether there is no such node any more, only pods that name it.
    pub is_gone: bool,
    /// Thousandths of cpus: asked for, and all.
    pub milli_cpu: (i64, i64),
    /// Bytes of memory: asked for, and all.
    pub memory: (i64, i64),
    /// Pods: there, and at most.
    pub pods: (i64, i64),
}

impl Look for NodeLook {
    fn uid(&self) -> &str {
        &self.name
    }
}

/// The nodes by name, and those that are gone but that a pod still names.
pub(super) fn node_looks<'a>(cluster: &Cluster, named: impl Iterator<Item = &'a str>) -> Vec<NodeLook> {
    let ready: BTreeMap<&str, bool> = cluster
        .api
        .store()
        .list(Kind::Node, None)
        .filter_map(|object| match object {
            Object::Generic(node) => Some((node.metadata.name.as_str(), is_ready(node.fields.get("status")?))),
            _ => None,
        })
        .collect();
    let mut looks: BTreeMap<String, NodeLook> = BTreeMap::new();
    for node in cluster.counted_nodes() {
        let kubelet = cluster.fleet().of_node(&node.name);
        let look = NodeLook {
            name: node.name.clone(),
            is_ready: ready.get(node.name.as_str()).copied().unwrap_or(false),
            is_cordoned: node.unschedulable,
            is_stopped: kubelet.is_none_or(hellok8s_lab::kubelet::Kubelet::is_stopped),
            is_cut_off: kubelet.is_some_and(hellok8s_lab::kubelet::Kubelet::is_cut_off),
            is_first: node.name == NODE,
            is_gone: false,
            milli_cpu: (node.requested.milli_cpu, node.allocatable.milli_cpu),
            memory: (node.requested.memory, node.allocatable.memory),
            pods: (i64::try_from(node.pods.len()).unwrap_or(i64::MAX), node.allocatable.pods),
        };
        looks.insert(node.name.clone(), look);
    }
    let gone: BTreeSet<&str> = named.filter(|name| !name.is_empty() && !looks.contains_key(*name)).collect();
    for name in gone {
        looks.insert(name.to_owned(), NodeLook { name: name.to_owned(), is_gone: true, ..NodeLook::default() });
    }
    looks.into_values().collect()
}

fn is_ready(status: &Value) -> bool {
    let conditions = status.get("conditions").and_then(Value::as_array).into_iter().flatten();
    let mut ready = conditions.filter(|condition| condition.get("type").is_some_and(|kind| kind == "Ready"));
    ready.next().and_then(|condition| condition.get("status")).is_some_and(|status| status == "True")
}
