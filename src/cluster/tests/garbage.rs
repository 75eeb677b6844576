//! Owners and what they own; namespaces and what is in them.

use serde_json::{Value, json};

use super::World;
use crate::api::{Kind, Object};
use crate::apiserver::{DeleteOptions, Key, Propagation, Status};
use crate::cluster::requests::Failure;
use crate::cluster::work::Task;

impl World {
    fn stored(&self, kind: Kind, name: &str) -> Option<Value> {
        self.0.api.get(kind, &Key::new("default", name)).ok().map(Object::to_value)
    }

    fn owner(&self, kind: Kind, name: &str, blocks: bool) -> Value {
        let uid = self.stored(kind, name).map(|object| object["metadata"]["uid"].clone());
        json!({"apiVersion": kind.api_version(), "kind": kind.as_str(), "name": name, "uid": uid,
            "blockOwnerDeletion": blocks})
    }

    fn config_map(&mut self, name: &str, owners: Vec<Value>, finalizers: &[&str]) {
        let metadata = json!({"name": name, "ownerReferences": owners, "finalizers": finalizers});
        self.create(Kind::ConfigMap, json!({"metadata": metadata}));
    }

    fn owners_of(&self, name: &str) -> Option<Vec<String>> {
        let object = self.stored(Kind::ConfigMap, name)?;
        let owners = object["metadata"]["ownerReferences"].as_array().cloned().unwrap_or_default();
        Some(owners.iter().map(|owner| owner["name"].as_str().unwrap_or_default().to_owned()).collect())
    }
}

#[test]
fn who_has_another_owner_only_forgets_the_one_that_is_deleted_first() {
    let mut world = World::new(1);
    world.config_map("keeper", vec![], &[]);
    let owners = vec![world.owner(Kind::Deployment, "web", true), world.owner(Kind::ConfigMap, "keeper", true)];
    world.config_map("owned", owners, &[]);
    world.delete(Kind::Deployment, "web", Propagation::Foreground);
    world.run(10);
    assert_eq!(world.owners_of("owned"), Some(vec!["keeper".to_owned()]));
    assert!(world.stored(Kind::Deployment, "web").is_none());
}

#[test]
fn an_owner_waits_for_those_only_that_block_its_deletion() {
    for blocks in [true, false] {
        let mut world = World::new(0);
        let owners = vec![world.owner(Kind::Deployment, "web", blocks)];
        world.config_map("held", owners, &["example.com/hold"]);
        world.delete(Kind::Deployment, "web", Propagation::Foreground);
        world.run(10);
        assert_eq!(world.stored(Kind::Deployment, "web").is_some(), blocks, "blocks: {blocks}");
        assert!(
            world
                .stored(Kind::ConfigMap, "held")
                .is_some_and(|held| held["metadata"]["deletionTimestamp"] != json!(null))
        );
        world.patch(Kind::ConfigMap, "held", json!({"metadata": {"finalizers": null}}));
        world.run(10);
        assert!(world.stored(Kind::Deployment, "web").is_none());
        assert!(world.stored(Kind::ConfigMap, "held").is_none());
    }
}

#[test]
fn an_owner_goes_on_when_its_dependent_does_not_block_it_any_more() {
    let mut world = World::new(0);
    let mut owners = vec![world.owner(Kind::Deployment, "web", true)];
    world.config_map("held", owners.clone(), &["example.com/hold"]);
    world.delete(Kind::Deployment, "web", Propagation::Foreground);
    world.run(5);
    assert!(world.stored(Kind::Deployment, "web").is_some());
    owners[0]["blockOwnerDeletion"] = json!(false);
    world.patch(Kind::ConfigMap, "held", json!({"metadata": {"ownerReferences": owners}}));
    world.run(5);
    assert!(world.stored(Kind::Deployment, "web").is_none());
}

#[test]
fn the_finalizers_that_an_object_has_say_how_it_is_collected() {
    for (finalizer, pods) in [("orphan", 2), ("foregroundDeletion", 0)] {
        let mut world = World::new(2);
        let set = world.set().metadata.name.clone();
        world.patch(Kind::ReplicaSet, &set, json!({"metadata": {"finalizers": [finalizer]}}));
        world.delete(Kind::Deployment, "web", Propagation::Background);
        world.run(10);
        assert!(world.stored(Kind::ReplicaSet, &set).is_none(), "{finalizer}");
        assert_eq!(world.pods().len(), pods, "{finalizer}");
        assert!(world.pods().iter().all(|pod| pod.metadata.owner_references.is_empty()));
    }
}

#[test]
fn an_object_whose_owner_never_was_is_collected_unless_nothing_is_known_of_its_kind() {
    let mut world = World::new(0);
    let owner = |version: &str, kind: &str, name: &str, uid: Value| json!({"apiVersion": version, "kind": kind, "name": name, "uid": uid});
    let other_uid = owner("apps/v1", "Deployment", "web", json!("another-one-of-that-name"));
    world.config_map("lost", vec![owner("v1", "ConfigMap", "nobody", json!("nobody"))], &[]);
    world.config_map("namesake", vec![other_uid], &[]);
    world.config_map("foreign", vec![owner("example.com/v1", "Widget", "w", json!("w"))], &[]);
    let of_namespace = world.0.api.get(Kind::Namespace, &Key::new("", "default")).map(|it| it.metadata().uid.clone());
    let of_namespace = owner("v1", "Namespace", "default", json!(of_namespace.unwrap_or_default()));
    world.config_map("kept", vec![of_namespace], &[]);
    world.run(5);
    let there = ["lost", "namesake", "foreign", "kept"].map(|name| world.stored(Kind::ConfigMap, name).is_some());
    assert_eq!(there, [false, false, true, true]);
}

#[test]
fn a_circle_of_owners_is_deleted() {
    let mut world = World::new(0);
    world.config_map("a", vec![], &[]);
    let owner = world.owner(Kind::ConfigMap, "a", true);
    world.config_map("b", vec![owner], &[]);
    let owner = world.owner(Kind::ConfigMap, "b", true);
    world.patch(Kind::ConfigMap, "a", json!({"metadata": {"ownerReferences": [owner]}}));
    world.run(5);
    world.delete(Kind::ConfigMap, "a", Propagation::Foreground);
    world.run(5);
    assert_eq!((world.stored(Kind::ConfigMap, "a"), world.stored(Kind::ConfigMap, "b")), (None, None));
}

#[test]
fn what_fails_fifteen_times_in_a_row_is_left_alone() {
    let mut world = World::new(0);
    world.run(60);
    let task = Task::Endpoints(Key::new("default", "gone"));
    let fail = |world: &mut World| {
        let refused = Status::conflict(Kind::Service, "gone", "no");
        world.0.finish(Err(Failure::from(refused)), &task);
        let mut tries = 0;
        while world.0.work.next_at() != crate::sim::SimTime::NEVER {
            let at = world.0.work.next_at();
            tries += usize::from(world.0.work.pop_due(at).as_ref() == Some(&task));
        }
        tries
    };
    let tries: Vec<usize> = (0..16).map(|_| fail(&mut world)).collect();
    assert_eq!(tries, [[1; 15].as_slice(), &[0]].concat());
    assert_eq!(fail(&mut world), 1, "it counts anew");
    let terminating = Status::namespace_terminating(Kind::Service, "gone", "default");
    world.0.finish(Err(Failure::from(terminating)), &task);
    assert_eq!((world.0.work.failures(&task), world.0.work.next_at()), (0, crate::sim::SimTime::NEVER));
}

#[test]
fn a_namespace_loses_its_pods_first_and_then_the_rest() {
    let mut world = World::new(0);
    world.create_in("", Kind::Namespace, json!({"metadata": {"name": "shop"}}));
    let deaf = json!({"name": "app", "image": "busybox", "command": ["sleep", "3600"]});
    let spec = json!({"containers": [deaf], "terminationGracePeriodSeconds": 3});
    world.create_in("shop", Kind::Pod, json!({"metadata": {"name": "deaf"}, "spec": spec}));
    world.create_in("shop", Kind::ConfigMap, json!({"metadata": {"name": "settings"}}));
    world.create_in("shop", Kind::ConfigMap, json!({"metadata": {"name": "held", "finalizers": ["example.com/hold"]}}));
    world.run(30);
    let key = Key::new("", "shop");
    world.0.api.delete(Kind::Namespace, &key, &DeleteOptions::default()).expect("deleted");
    let is_there = |world: &World, kind: Kind, name: &str| world.0.api.get(kind, &Key::new("shop", name)).is_ok();
    let conditions = |world: &World| -> Vec<String> {
        let namespace = world.0.api.get(Kind::Namespace, &key).map(Object::to_value).unwrap_or_default();
        assert_eq!(namespace["status"]["phase"], "Terminating");
        let list = namespace["status"]["conditions"].as_array().cloned().unwrap_or_default();
        let text = |it: &Value| format!("{} {} {}", it["status"], it["reason"], it["message"]).replace('"', "");
        list.iter().filter(|it| it["type"].as_str().is_some_and(|kind| kind.ends_with("Remaining"))).map(text).collect()
    };
    world.run(4);
    assert!(
        world
            .0
            .api
            .get(Kind::Pod, &Key::new("shop", "deaf"))
            .is_ok_and(|pod| pod.metadata().deletion_timestamp.is_none())
    );
    world.run(2);
    assert!(
        world
            .0
            .api
            .get(Kind::Pod, &Key::new("shop", "deaf"))
            .is_ok_and(|pod| pod.metadata().deletion_timestamp.is_some())
    );
    assert!(is_there(&world, Kind::ConfigMap, "settings"), "as long as there are pods nothing else goes");
    let none = [
        "False ContentRemoved All content successfully removed".to_owned(),
        "False ContentHasNoFinalizers All content-preserving finalizers finished".to_owned(),
    ];
    assert_eq!(conditions(&world), none);
    world.run(5);
    assert!(!is_there(&world, Kind::Pod, "deaf") && !is_there(&world, Kind::ConfigMap, "settings"));
    assert!(is_there(&world, Kind::ConfigMap, "held"));
    assert_eq!(
        conditions(&world),
        [
            "True SomeResourcesRemain Some resources are remaining: configmaps. has 1 resource instances",
            "True SomeFinalizersRemain Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances",
        ]
    );
    let held = Key::new("shop", "held");
    let free = json!({"metadata": {"finalizers": null}});
    let (merge, options) = (crate::apiserver::PatchType::Merge, crate::apiserver::WriteOptions::default());
    world.0.api.patch(Kind::ConfigMap, &held, &free, merge, options).expect("free");
    world.run(20);
    assert!(world.0.api.get(Kind::Namespace, &key).is_err());
    assert_eq!(world.decisions("namespace/empty").len(), 2);
}

#[test]
fn what_is_in_no_namespace_has_no_owner_in_one() {
    let mut world = World::new(0);
    let owner = world.owner(Kind::Deployment, "web", false);
    world.create(Kind::PriorityClass, json!({"metadata": {"name": "vip", "ownerReferences": [owner]}, "value": 5}));
    world.run(5);
    let is_there = |world: &World| world.0.api.get(Kind::PriorityClass, &Key::new("", "vip")).is_ok();
    assert!(is_there(&world), "its owner is not looked for");
    world.delete(Kind::Deployment, "web", Propagation::Background);
    world.run(5);
    assert!(is_there(&world));
}
