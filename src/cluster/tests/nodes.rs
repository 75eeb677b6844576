//! Several nodes: who runs where, and what becomes of pods whose node fails or goes.

use std::collections::BTreeMap;

use serde_json::json;

use super::World;
use crate::api::Kind;
use crate::apiserver::{Key, NODE};
use crate::cluster::{MOST_NODES, NodeSize};
use crate::images::{Outcome, Request};
use crate::network::Reply;

/// A cluster with so many nodes and a Deployment of so many replicas.
fn world(nodes: usize, replicas: i32) -> World {
    let mut world = World::new(0);
    for number in 2..=nodes {
        world.0.add_node(&format!("minikube-m{number:02}"), &NodeSize::default()).expect("a node");
    }
    world.patch(Kind::Deployment, "web", json!({"spec": {"replicas": replicas}}));
    world.run(10);
    world
}

impl World {
    fn on_nodes(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for pod in self.pods() {
            *counts.entry(pod.node_name.clone()).or_default() += 1;
        }
        counts
    }

    fn field_of_node(&self, name: &str, pointer: &str) -> serde_json::Value {
        let node = self.0.node(name).expect("a node");
        json!({"status": node.fields["status"], "spec": node.fields["spec"]})
            .pointer(pointer)
            .cloned()
            .unwrap_or_default()
    }

    fn is_ready(&self, name: &str) -> bool {
        crate::controllers::node_lifecycle::is_ready(&self.0.node(name).expect("a node"))
    }
}

#[test]
fn pods_spread_over_the_nodes_with_an_address_of_their_nodes_block() {
    let world = world(3, 6);
    let even = BTreeMap::from([(NODE.to_owned(), 2), ("minikube-m02".to_owned(), 2), ("minikube-m03".to_owned(), 2)]);
    assert_eq!(world.on_nodes(), even);
    for pod in world.pods() {
        let number = match pod.node_name.as_str() {
            NODE => 0,
            "minikube-m02" => 1,
            _ => 2,
        };
        assert!(
            pod.status.pod_ip.starts_with(&format!("10.244.{number}.")),
            "{} on {}",
            pod.status.pod_ip,
            pod.node_name
        );
        assert!(pod.is_ready());
    }
    let of = |pointer| world.field_of_node("minikube-m03", pointer);
    assert_eq!(of("/spec/podCIDR"), "10.244.2.0/24");
    assert_eq!(of("/status/addresses/0/address"), "192.168.49.4");
    assert_eq!(of("/status/allocatable/pods"), "110");
}

#[test]
fn a_node_that_fails_is_noticed_and_its_pods_move_to_the_others() {
    let mut world = world(3, 6);
    let address = world.pods().iter().find(|pod| pod.node_name == "minikube-m02").expect("a pod").status.pod_ip.clone();
    let ask = |world: &mut World| {
        world.0.send(&address, 3000, &Request { method: "GET".to_owned(), path: "/".to_owned(), ..Request::default() })
    };
    assert!(matches!(ask(&mut world), Reply::From { outcome: Outcome::Answered(_), .. }));
    world.0.fail_node("minikube-m02").expect("a node");
    assert!(matches!(ask(&mut world), Reply::From { outcome: Outcome::Unreachable, .. }));
    world.run(60);
    assert!(!world.is_ready("minikube-m02") && world.is_ready(NODE) && world.is_ready("minikube-m03"));
    assert_eq!(world.field_of_node("minikube-m02", "/spec/taints/1/effect"), "NoExecute");
    assert_eq!(world.pods().len(), 6);
    world.run(310);
    // Those of the lost node cannot say that they have ended.
    assert_eq!(
        world.on_nodes(),
        BTreeMap::from([(NODE.to_owned(), 3), ("minikube-m02".to_owned(), 2), ("minikube-m03".to_owned(), 3)])
    );
    world.0.recover_node("minikube-m02").expect("a node");
    world.run(30);
    assert!(world.is_ready("minikube-m02"));
    assert_eq!(world.on_nodes(), BTreeMap::from([(NODE.to_owned(), 3), ("minikube-m03".to_owned(), 3)]));
}

#[test]
fn pods_of_a_node_that_is_gone_are_collected() {
    let mut world = world(2, 4);
    world.0.remove_node("minikube-m02").expect("a node");
    world.run(30);
    assert_eq!(world.on_nodes(), BTreeMap::from([(NODE.to_owned(), 2), ("minikube-m02".to_owned(), 2)]));
    world.run(50);
    assert_eq!(world.on_nodes(), BTreeMap::from([(NODE.to_owned(), 4)]));
    assert_eq!(world.decisions("node/gone").len(), 2);
    // Its name and its block are free again.
    world.0.add_node("minikube-m02", &NodeSize::default()).expect("a node");
    assert_eq!(world.field_of_node("minikube-m02", "/spec/podCIDR"), "10.244.1.0/24");
}

#[test]
fn a_nodes_size_decides_what_fits() {
    let mut world = world(1, 0);
    let size = NodeSize { cpu: Some("4".to_owned()), pods: Some(3), ..NodeSize::default() };
    world.0.add_node("large", &size).expect("a node");
    let container =
        json!({"name": "app", "image": "guangzhengli/hellok8s:v1", "resources": {"requests": {"cpu": "3"}}});
    world.patch(
        Kind::Deployment,
        "web",
        json!({"spec": {"replicas": 2, "template": {"spec": {"containers": [container]}}}}),
    );
    world.run(10);
    let placed: Vec<_> = world.pods().iter().map(|pod| pod.node_name.clone()).collect();
    assert!(placed.contains(&"large".to_owned()) && placed.contains(&String::new()), "{placed:?}");
    world.0.resize_node(NODE, &NodeSize { cpu: Some("4".to_owned()), ..NodeSize::default() }).expect("a size");
    world.run(10);
    assert!(world.pods().iter().all(|pod| !pod.node_name.is_empty()), "a larger node wakes the pod that waits");
}

#[test]
fn what_is_no_node_is_refused_with_the_reason() {
    let mut world = world(2, 0);
    let add = |world: &mut World, name: &str, size: NodeSize| world.0.add_node(name, &size).expect_err("a refusal");
    assert!(add(&mut world, "Upper", NodeSize::default()).contains("no name for a node"));
    assert!(add(&mut world, "", NodeSize::default()).contains("no name for a node"));
    assert!(add(&mut world, "minikube", NodeSize::default()).contains("already"));
    for amount in ["0", "-1", "many", ""] {
        let size = NodeSize { cpu: Some(amount.to_owned()), ..NodeSize::default() };
        assert!(add(&mut world, "other", size).contains("no amount of cpus"), "{amount}");
    }
    assert!(add(&mut world, "other", NodeSize { pods: Some(251), ..NodeSize::default() }).contains("at most 250"));
    let labels = [("a b".to_owned(), "c".to_owned())].into();
    assert!(add(&mut world, "other", NodeSize { labels, ..NodeSize::default() }).contains("a b"));
    assert!(world.0.remove_node(NODE).expect_err("a refusal").contains("control plane"));
    assert_eq!(world.0.fail_node("nope").expect_err("a refusal"), "there is no node nope");
    for number in 3..=MOST_NODES {
        world.0.add_node(&format!("node-{number}"), &NodeSize::default()).expect("a node");
    }
    assert!(add(&mut world, "other", NodeSize::default()).contains("at most 50"));
}

#[test]
fn a_new_node_gets_no_block_of_which_the_first_nodes_pods_have_addresses() {
    let mut world = world(1, 300);
    world.run(30);
    world.0.add_node("other", &NodeSize::default()).expect("a node");
    assert_eq!(world.field_of_node("other", "/spec/podCIDR"), "10.244.2.0/24");
    world.patch(Kind::Deployment, "web", json!({"spec": {"replicas": 600}}));
    world.run(60);
    let mut addresses: Vec<String> = world.pods().iter().map(|pod| pod.status.pod_ip.clone()).collect();
    addresses.sort();
    let all = addresses.len();
    addresses.dedup();
    assert_eq!((addresses.len(), all), (600, 600));
    let node = Key::new("", "other");
    assert!(world.0.api.store().get(Kind::Node, &node).is_some());
}

#[test]
fn where_no_node_is_ready_nobody_is_driven_away() {
    let mut world = world(2, 4);
    let drives_away = |world: &World, name: &str| {
        let taints = world.field_of_node(name, "/spec/taints");
        taints.as_array().is_some_and(|taints| taints.iter().any(|taint| taint["effect"] == "NoExecute"))
    };
    world.0.fail_node("minikube-m02").expect("a node");
    world.run(70);
    assert!(drives_away(&world, "minikube-m02"));
    world.0.stop_kubelet(NODE).expect("a node");
    world.run(70);
    assert!(!world.is_ready(NODE) && !world.is_ready("minikube-m02"));
    assert!(!drives_away(&world, NODE) && !drives_away(&world, "minikube-m02"), "the taint is taken off again");
    world.run(600);
    assert!(world.pods().iter().all(|pod| pod.metadata.deletion_timestamp.is_none()));
    world.0.start_kubelet(NODE).expect("a node");
    world.run(10);
    assert!(world.is_ready(NODE) && drives_away(&world, "minikube-m02"));
    world.run(310);
    assert_eq!(world.pods().iter().filter(|pod| pod.node_name == NODE).count(), 4);
}

#[test]
fn a_placement_says_of_each_node_its_points_or_what_refused_the_pod() {
    let mut world = world(3, 3);
    let newest = |world: &World, rule: &str| {
        let all = world.0.decisions();
        let found = (0..all.len()).rev().filter_map(|at| all.get(at)).find(|decision| decision.rule == rule);
        let inputs = &found.expect("a decision").inputs;
        inputs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect::<BTreeMap<_, _>>()
    };
    let placed = newest(&world, "scheduler/bind");
    assert_eq!(placed["nodesThatFit"], 3);
    assert_eq!(placed["scores"].as_object().expect("nodes").len(), 3);
    assert!(!placed.contains_key("refused"));
    world.patch(Kind::Node, "minikube-m02", json!({"spec": {"unschedulable": true}}));
    world.patch(Kind::Deployment, "web", json!({"spec": {"replicas": 5}}));
    world.run(5);
    let placed = newest(&world, "scheduler/bind");
    assert_eq!(placed["nodesThatFit"], 2);
    assert_eq!(placed["refused"], json!({"minikube-m02": ["node(s) were unschedulable"]}));
    for name in [NODE, "minikube-m03"] {
        world.patch(Kind::Node, name, json!({"spec": {"unschedulable": true}}));
    }
    world.patch(Kind::Deployment, "web", json!({"spec": {"replicas": 6}}));
    world.run(5);
    let waits = newest(&world, "scheduler/unschedulable");
    assert_eq!(waits["refused"].as_object().expect("nodes").len(), 3);
}
