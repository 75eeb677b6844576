//! What the parts come to together.

mod endpoints;
mod garbage;
mod nodes;

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Cluster, ClusterConfig, RULES};
use crate::api::{Kind, KubernetesVersion, Object, Pod, ReplicaSet};
use crate::apiserver::{ChangeType, DeleteOptions, Key, PatchType, Propagation, WriteOptions};
use crate::decision::Decision;

/// A cluster with a Deployment `web`.
struct World(Cluster);

fn deployment(replicas: i32) -> Value {
    let labels = json!({"app": "web"});
    let container = json!({"name": "app", "image": "guangzhengli/hellok8s:v1"});
    json!({
        "metadata": {"name": "web"},
        "spec": {
            "replicas": replicas, "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    })
}

impl World {
    fn new(replicas: i32) -> Self {
        let mut world = Self(Cluster::new(ClusterConfig::default()));
        world.apply(replicas);
        world.run(10);
        world
    }

    fn apply(&mut self, replicas: i32) {
        self.create(Kind::Deployment, deployment(replicas));
    }

    fn create(&mut self, kind: Kind, value: Value) {
        self.create_in("default", kind, value);
    }

    fn create_in(&mut self, namespace: &str, kind: Kind, value: Value) {
        let created = self.0.api.create_value(kind, namespace, value, WriteOptions::default());
        assert!(created.is_ok(), "{created:?}");
    }

    fn patch(&mut self, kind: Kind, name: &str, change: Value) {
        let key = Key::new(if kind == Kind::Node { "" } else { "default" }, name);
        let options = WriteOptions::default();
        let patched = self.0.api.patch(kind, &key, &change, PatchType::Merge, options);
        assert!(patched.is_ok(), "{patched:?}");
    }

    fn delete(&mut self, kind: Kind, name: &str, propagation: Propagation) {
        let options = DeleteOptions { propagation, ..DeleteOptions::default() };
        let deleted = self.0.api.delete(kind, &Key::new("default", name), &options);
        assert!(deleted.is_ok(), "{deleted:?}");
    }

    fn run(&mut self, seconds: u64) {
        let until = self.0.now() + seconds * 1000;
        self.0.run_until(until);
    }

    fn pods(&self) -> Vec<Arc<Pod>> {
        self.0.api.store().pods(Some("default")).cloned().collect()
    }

    fn owned_pods(&self, owner: &str) -> usize {
        self.pods().iter().filter(|pod| pod.metadata.is_controlled_by(owner)).count()
    }

    fn set(&self) -> Arc<ReplicaSet> {
        self.0.api.store().replica_sets(Some("default")).next().cloned().expect("a ReplicaSet")
    }

    fn decisions(&self, rule: &str) -> Vec<Decision> {
        self.0.decisions().iter().filter(|decision| decision.rule == rule).cloned().collect()
    }

    fn events(&self, reason: &str) -> usize {
        let events = self.0.api.store().list(Kind::Event, None);
        events.filter(|event| matches!(event, Object::Event(event) if event.reason == reason)).count()
    }
}

#[test]
fn a_pod_that_loses_its_label_is_released_and_replaced_and_taken_back() {
    let mut world = World::new(2);
    let set = world.set();
    let name = world.pods()[0].metadata.name.clone();
    world.patch(Kind::Pod, &name, json!({"metadata": {"labels": {"app": "other"}}}));
    world.run(10);
    assert_eq!((world.pods().len(), world.owned_pods(&set.metadata.uid)), (3, 2));
    assert_eq!(world.decisions("replicaset/release-pod").len(), 1);
    world.patch(Kind::Pod, &name, json!({"metadata": {"labels": {"app": "web"}}}));
    world.run(10);
    assert_eq!((world.pods().len(), world.owned_pods(&set.metadata.uid)), (2, 2));
    assert_eq!(world.decisions("replicaset/adopt-pod").len(), 1);
    assert_eq!(world.set().status.replicas, 2);
}

#[test]
fn a_pod_that_was_there_before_is_adopted() {
    let mut world = World(Cluster::new(ClusterConfig::default()));
    let container = json!({"name": "app", "image": "guangzhengli/hellok8s:v1"});
    let pod = json!({"metadata": {"name": "early", "labels": {"app": "web"}}, "spec": {"containers": [container]}});
    world.create(Kind::Pod, pod);
    let template = json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}});
    let spec = json!({"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": template});
    world.create(Kind::ReplicaSet, json!({"metadata": {"name": "web"}, "spec": spec}));
    world.run(10);
    assert_eq!((world.pods().len(), world.owned_pods(&world.set().metadata.uid)), (2, 2));
}

#[test]
fn replica_sets_are_left_behind_and_adopted_with_their_pods() {
    let mut world = World::new(2);
    let names: Vec<String> = world.pods().iter().map(|pod| pod.metadata.name.clone()).collect();
    world.delete(Kind::Deployment, "web", Propagation::Orphan);
    world.run(10);
    assert!(world.0.api.store().deployments(None).next().is_none());
    assert_eq!(*world.set().metadata.owner_references, []);
    world.apply(2);
    world.run(10);
    let deployment = world.0.api.store().deployments(None).next().cloned().expect("a Deployment");
    assert!(world.set().metadata.is_controlled_by(&deployment.metadata.uid));
    assert_eq!(world.decisions("deployment/adopt-replica-set").len(), 1);
    assert_eq!(world.pods().iter().map(|pod| pod.metadata.name.clone()).collect::<Vec<_>>(), names);
    assert_eq!(deployment.status.ready_replicas, 2);
}

#[test]
fn a_replica_set_that_loses_its_labels_is_released() {
    let mut world = World::new(2);
    let released = world.set().metadata.name.clone();
    world.patch(Kind::ReplicaSet, &released, json!({"metadata": {"labels": {"app": "other"}}}));
    world.run(20);
    assert_eq!(world.decisions("deployment/release-replica-set").len(), 1);
    let sets: Vec<_> = world.0.api.store().replica_sets(Some("default")).cloned().collect();
    let left = sets.iter().find(|set| set.metadata.name == released).expect("it stays");
    assert_eq!((left.metadata.owner_references.len(), left.status.replicas), (0, 2));
    // Its name is that of the template's hash: the new one has to take another.
    assert_eq!((sets.len(), world.decisions("deployment/hash-collision").len()), (2, 1));
}

#[test]
fn a_recreate_counts_the_pods_of_its_replica_sets_whatever_their_labels() {
    let mut world = World::new(1);
    world.patch(Kind::Deployment, "web", json!({"spec": {"strategy": {"type": "Recreate", "rollingUpdate": null}}}));
    world.run(5);
    let name = world.pods()[0].metadata.name.clone();
    // Nobody releases a pod that is going, so that it stays its ReplicaSet's.
    world.patch(Kind::Pod, &name, json!({"metadata": {"finalizers": ["example.com/hold"]}}));
    let image = json!([{"name": "app", "image": "guangzhengli/hellok8s:v2"}]);
    world.patch(Kind::Deployment, "web", json!({"spec": {"template": {"spec": {"containers": image}}}}));
    world.0.run_until(world.0.now() + 100);
    world.patch(Kind::Pod, &name, json!({"metadata": {"labels": {"app": "other"}}}));
    world.0.run_until(world.0.now() + 300);
    assert_eq!(world.pods().len(), 1, "the old pod has not gone yet");
    world.patch(Kind::Pod, &name, json!({"metadata": {"finalizers": null}}));
    world.run(10);
    assert_eq!(world.pods().len(), 1);
    assert_ne!(world.pods()[0].metadata.name, name);
}

#[test]
fn a_pod_that_somebody_else_deletes_at_the_same_moment_gets_no_event() {
    let mut world = World::new(3);
    let names: Vec<String> = world.pods().iter().map(|pod| pod.metadata.name.clone()).collect();
    world.patch(Kind::Deployment, "web", json!({"spec": {"replicas": 0}}));
    for name in &names[..2] {
        let options = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() };
        assert!(world.0.api.delete(Kind::Pod, &Key::new("default", name.as_str()), &options).is_ok());
    }
    world.run(10);
    assert_eq!((world.pods().len(), world.events("SuccessfulDelete")), (0, 1));
}

#[test]
fn a_decision_is_told_once_though_its_first_write_met_a_conflict() {
    let mut world = World::new(2);
    let image = json!([{"name": "app", "image": "guangzhengli/hellok8s:v2"}]);
    world.patch(Kind::Deployment, "web", json!({"spec": {"template": {"spec": {"containers": image}}}}));
    world.run(30);
    for rule in ["deployment/create-new-replica-set", "deployment/complete"] {
        let decisions = world.decisions(rule);
        let mut told: Vec<_> = decisions.iter().map(|decision| (&decision.action, &decision.inputs)).collect();
        told.dedup();
        assert_eq!(told.len(), decisions.len(), "{rule}");
    }
    let scaled = world.decisions("rolling/scale-down-old");
    assert_eq!(scaled.len(), 2, "{scaled:?}");
}

#[test]
fn what_does_not_happen_is_told_again_when_it_ceases_and_recurs() {
    let mut world = World::new(1);
    for _ in 0..2 {
        world.patch(Kind::Deployment, "web", json!({"spec": {"paused": true}}));
        world.run(5);
        world.patch(Kind::Deployment, "web", json!({"spec": {"paused": false}}));
        world.run(5);
    }
    assert_eq!(world.decisions("deployment/paused").len(), 2);
}

#[test]
fn controllers_leave_a_namespace_that_is_going_alone() {
    let mut world = World::new(0);
    world.create_in("", Kind::Namespace, json!({"metadata": {"name": "shop"}}));
    world.create_in("shop", Kind::Deployment, deployment(2));
    world.run(10);
    assert_eq!(world.0.api.store().pods(Some("shop")).count(), 2);
    world.0.api.delete(Kind::Namespace, &Key::new("", "shop"), &DeleteOptions::default()).expect("deleted");
    world.run(60);
    assert_eq!(world.events("FailedCreate") + world.events("ReplicaSetCreateError"), 0);
    assert_eq!(world.0.api.store().pods(Some("shop")).count(), 0);
    assert!(world.0.api.get(Kind::Namespace, &Key::new("", "shop")).is_err());
}

/// The kinds of the objects of `web`, in the order in which they went.
fn order_of_going(propagation: Propagation) -> Vec<Kind> {
    let mut world = World::new(2);
    let before = world.0.log().len();
    world.delete(Kind::Deployment, "web", propagation);
    world.run(60);
    let gone = world.0.log().iter().skip(before).filter(|event| event.kind == ChangeType::Deleted);
    let kinds: Vec<Kind> = gone.map(|event| event.object.kind()).collect();
    kinds.into_iter().filter(|kind| [Kind::Deployment, Kind::ReplicaSet, Kind::Pod].contains(kind)).collect()
}

#[test]
fn owners_go_first_or_last_as_it_is_asked() {
    let (deployment, set, pod) = (Kind::Deployment, Kind::ReplicaSet, Kind::Pod);
    assert_eq!(order_of_going(Propagation::Background), [deployment, set, pod, pod]);
    assert_eq!(order_of_going(Propagation::Foreground), [pod, pod, set, deployment]);
    assert_eq!(order_of_going(Propagation::Orphan), [deployment]);
}

#[test]
fn what_has_another_owner_only_forgets_the_one_that_goes() {
    let mut world = World::new(1);
    world.create(Kind::ConfigMap, json!({"metadata": {"name": "keeper"}}));
    let uid = |world: &World, kind: Kind, name: &str| {
        world
            .0
            .api
            .get(kind, &Key::new("default", name))
            .map(|object| object.metadata().uid.clone())
            .unwrap_or_default()
    };
    let owner = |kind: &str, version: &str, name: &str, uid: String| json!({"apiVersion": version, "kind": kind, "name": name, "uid": uid});
    let owners = json!([
        owner("Deployment", "apps/v1", "web", uid(&world, Kind::Deployment, "web")),
        owner("ConfigMap", "v1", "keeper", uid(&world, Kind::ConfigMap, "keeper")),
    ]);
    world.create(Kind::ConfigMap, json!({"metadata": {"name": "owned", "ownerReferences": owners}}));
    let owners_of = |world: &World| {
        let found = world.0.api.get(Kind::ConfigMap, &Key::new("default", "owned"));
        found
            .map(|object| object.metadata().owner_references.iter().map(|owner| owner.name.clone()).collect::<Vec<_>>())
    };
    world.delete(Kind::Deployment, "web", Propagation::Background);
    world.run(5);
    assert_eq!(owners_of(&world), Ok(vec!["keeper".to_owned()]));
    world.delete(Kind::ConfigMap, "keeper", Propagation::Background);
    world.run(5);
    assert!(owners_of(&world).is_err());
}

#[test]
fn replica_sets_have_the_names_of_a_real_cluster() {
    let template = |tag: &str| json!([{"image": format!("guangzhengli/hellok8s:{tag}"), "name": "hellok8s-container"}]);
    let names = |version: KubernetesVersion| {
        let mut world = World(Cluster::new(ClusterConfig { version, ..ClusterConfig::default() }));
        let labels = json!({"app": "hellok8s"});
        let spec = json!({"replicas": 1, "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": template("v1")}}});
        world.create(Kind::Deployment, json!({"metadata": {"name": "hellok8s-deployment"}, "spec": spec}));
        world.run(5);
        let mut bad = template("bad");
        bad[0]["readinessProbe"] = json!({"httpGet": {"path": "/healthz", "port": 3000},
            "initialDelaySeconds": 1, "successThreshold": 5});
        for containers in [template("v2"), bad] {
            let change = json!({"spec": {"template": {"spec": {"containers": containers}}}});
            world.patch(Kind::Deployment, "hellok8s-deployment", change);
            world.run(20);
        }
        let store = world.0.api.store();
        let deployment = store.deployments(None).next().cloned().expect("the Deployment");
        let mut sets: Vec<_> = store.replica_sets(Some("default")).cloned().collect();
        sets.sort_by_key(|set| set.metadata.creation_timestamp);
        let hash = |set: &Arc<ReplicaSet>| set.metadata.name.rsplit('-').next().unwrap_or_default().to_owned();
        (sets.iter().map(hash).collect::<Vec<_>>(), deployment.status.terminating_replicas)
    };
    let old = ["77bffb88c5", "66799848c4", "9c57c7f56"].map(str::to_owned).to_vec();
    let new = ["574b6cc557", "6cbdd75c98", "57d5987557"].map(str::to_owned).to_vec();
    assert_eq!(names(KubernetesVersion::V1_22), (old, None));
    assert_eq!(names(KubernetesVersion::V1_36), (new, Some(0)));
}

#[test]
fn terminating_pods_are_counted_apart() {
    let mut world = World::new(2);
    world.patch(Kind::Deployment, "web", json!({"spec": {"replicas": 0}}));
    world.0.run_until(world.0.now() + 50);
    let counts = |world: &World| {
        let deployment = world.0.api.store().deployments(None).next().cloned().expect("the Deployment");
        let (set, status) = (world.set(), &deployment.status);
        ((set.status.replicas, set.status.terminating_replicas), (status.replicas, status.terminating_replicas))
    };
    assert_eq!(counts(&world), ((0, Some(2)), (0, Some(2))));
    world.run(10);
    assert_eq!(counts(&world), ((0, Some(0)), (0, Some(0))));
}

#[test]
fn every_decision_names_a_listed_rule() {
    let mut world = World::new(2);
    world.create(
        Kind::Service,
        json!({"metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}}),
    );
    world.create_in("", Kind::Namespace, json!({"metadata": {"name": "shop"}}));
    world.run(10);
    world.0.api.delete(Kind::Namespace, &Key::new("", "shop"), &DeleteOptions::default()).expect("deleted");
    world.delete(Kind::Deployment, "web", Propagation::Foreground);
    world.run(30);
    let mut told: Vec<&str> = world.0.decisions().iter().map(|decision| decision.rule).collect();
    told.sort_unstable();
    told.dedup();
    let unlisted: Vec<&&str> = told.iter().filter(|rule| !RULES.iter().any(|rules| rules.contains(rule))).collect();
    assert!(unlisted.is_empty(), "{unlisted:?}");
    for rule in
        ["endpoints/update", "namespace/empty", "garbage/dependents-first", "scheduler/bind", "kubelet/stop-pod"]
    {
        assert!(told.contains(&rule), "{rule} is not among {told:?}");
    }
}

#[test]
fn a_pod_without_a_place_waits_for_a_change_of_the_node() {
    let mut world = World::new(0);
    let selector = json!({"spec": {"template": {"spec": {"nodeSelector": {"disk": "ssd"}}}, "replicas": 1}});
    world.patch(Kind::Deployment, "web", selector);
    world.run(10);
    assert_eq!(world.pods()[0].node_name, "");
    assert_eq!(world.events("FailedScheduling"), 1);
    let label = json!({"metadata": {"labels": {"disk": "ssd"}}});
    let node = Key::new("", crate::apiserver::NODE);
    world.0.api.patch(Kind::Node, &node, &label, PatchType::Merge, WriteOptions::default()).expect("a label");
    world.run(10);
    assert!(world.pods()[0].is_ready());
}

#[test]
fn a_rollout_without_progress_says_that_it_waits_for_it() {
    let mut world = World::new(1);
    let containers = json!([{"name": "app", "image": "guangzhengli/hellok8s:nope"}]);
    world.patch(Kind::Deployment, "web", json!({"spec": {"template": {"spec": {"containers": containers}}}}));
    world.run(30);
    assert!(!world.decisions("deployment/waits-for-progress").is_empty());
}

#[test]
fn a_replica_set_looks_again_only_for_pods_that_are_not_available_yet() {
    let mut world = World::new(0);
    world.patch(Kind::Deployment, "web", json!({"spec": {"minReadySeconds": 5, "replicas": 1}}));
    world.run(30);
    let waits = world.decisions("replicaset/waits-for-min-ready").len();
    assert_eq!((world.set().status.available_replicas, waits), (1, 1));
}
