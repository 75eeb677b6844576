//! Services and the slices of their endpoints.

use std::sync::Arc;

use serde_json::{Value, json};

use super::World;
use crate::api::{EndpointSlice, Kind, Object};
use crate::controllers::endpoints;

impl World {
    fn slices(&self, service: &str) -> Vec<Arc<EndpointSlice>> {
        let all = self.0.api.store().list(Kind::EndpointSlice, Some("default"));
        let slices = all.filter_map(|object| match object {
            Object::EndpointSlice(slice) => Some(Arc::clone(slice)),
            _ => None,
        });
        slices.filter(|slice| endpoints::is_slice_of(slice, service)).collect()
    }

    fn pod(&mut self, name: &str, labels: Value, port: i32) {
        let ports = json!([{"name": "http", "containerPort": port, "protocol": "TCP"}]);
        let container = json!({"name": "app", "image": "guangzhengli/hellok8s:v1", "ports": ports});
        self.create(
            Kind::Pod,
            json!({"metadata": {"name": name, "labels": labels}, "spec": {"containers": [container]}}),
        );
    }

    fn service(&mut self, name: &str, metadata: Value, spec: Value) {
        let mut metadata = metadata;
        metadata["name"] = json!(name);
        let mut spec = spec;
        spec["selector"] = json!({"app": "shop"});
        self.create(Kind::Service, json!({"metadata": metadata, "spec": spec}));
    }
}

/// Port, and the pods behind it with what is said of them.
fn told(slice: &EndpointSlice) -> (Vec<i32>, Vec<String>) {
    let word = |endpoint: &Arc<crate::api::Endpoint>| {
        let flags =
            [(endpoint.ready, " ready"), (endpoint.serving, " serving"), (endpoint.terminating, " terminating")];
        let flags: String = flags.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect();
        format!("{}{flags}", endpoint.target_ref.name)
    };
    (slice.ports.iter().map(|port| port.port).collect(), slice.endpoints.iter().map(word).collect())
}

#[test]
fn a_named_port_may_be_another_one_in_each_pod() {
    let mut world = World::new(0);
    world.service("shop", json!({}), json!({"ports": [{"port": 80, "targetPort": "http"}]}));
    for (name, port) in [("a", 3000), ("b", 8080), ("c", 3000)] {
        world.pod(name, json!({"app": "shop"}), port);
        world.run(5);
    }
    let mut slices: Vec<_> = world.slices("shop").iter().map(|slice| told(slice)).collect();
    slices.sort();
    let ready = |name: &str| format!("{name} ready serving");
    assert_eq!(slices, [(vec![3000], vec![ready("a"), ready("c")]), (vec![8080], vec![ready("b")])]);
    let mirrored = endpoints::mirrored(world.0.api.store(), Some("default"));
    let shop =
        mirrored.iter().find(|object| object.metadata().name == "shop").map(Object::to_value).unwrap_or_default();
    let mut ports: Vec<_> =
        shop["subsets"].as_array().into_iter().flatten().map(|it| it["ports"][0]["port"].clone()).collect();
    ports.sort_by_key(Value::to_string);
    assert_eq!(ports, [json!(3000), json!(8080)]);
    // The last pod with a port takes its slice along.
    world.delete(Kind::Pod, "b", crate::apiserver::Propagation::Background);
    world.run(10);
    assert_eq!(
        world.slices("shop").iter().map(|slice| told(slice)).collect::<Vec<_>>(),
        [(vec![3000], vec![ready("a"), ready("c")])]
    );
    for name in ["a", "c"] {
        world.delete(Kind::Pod, name, crate::apiserver::Propagation::Background);
    }
    world.run(10);
    assert_eq!(
        world.slices("shop").iter().map(|slice| told(slice)).collect::<Vec<_>>(),
        [(vec![], vec![])],
        "an empty one stays"
    );
}

#[test]
fn a_slice_has_its_service_s_labels_a_generation_and_the_time_of_the_change() {
    let mut world = World::new(0);
    let labels = json!({"labels": {"team": "blue", "kubernetes.io/service-name": "mine"}});
    world.service("shop", labels, json!({"clusterIP": "None", "ports": [{"port": 80}]}));
    world.service("plain", json!({}), json!({"ports": [{"port": 80}]}));
    world.run(1);
    let seen = |world: &World, service: &str| {
        let slice = world.slices(service).first().cloned().expect("a slice");
        let labels: Vec<String> = slice.metadata.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let time = slice.metadata.annotations.get("endpoints.kubernetes.io/last-change-trigger-time").cloned();
        (labels, slice.metadata.generation, time)
    };
    let service = |name: &str| {
        world
            .0
            .api
            .get(Kind::Service, &crate::apiserver::Key::new("default", name))
            .map(|it| it.metadata().creation_timestamp)
    };
    let created = service("shop").ok().flatten().map(|time| time.to_string());
    let own = [
        "endpointslice.kubernetes.io/managed-by=endpointslice-controller.k8s.io",
        "kubernetes.io/service-name=shop",
        "service.kubernetes.io/headless=",
        "team=blue",
    ];
    assert_eq!(seen(&world, "shop"), (own.map(str::to_owned).to_vec(), 1, created));
    assert_eq!(seen(&world, "plain").0.len(), 2);

    world.run(10);
    world.pod("a", json!({"app": "shop"}), 3000);
    world.run(10);
    let pod = world.pods().first().cloned().expect("a pod");
    let ready = pod.status.conditions.iter().find(|condition| condition.kind == "Ready");
    let ready = ready.and_then(|condition| condition.last_transition_time).map(|time| time.to_string());
    let (_, generation, time) = seen(&world, "shop");
    assert_eq!(time, ready);
    assert!(generation > 1, "{generation}");
    // Other labels make another generation, and no change of the pods: no time.
    world.patch(Kind::Service, "shop", json!({"metadata": {"labels": {"team": "red"}}}));
    world.run(2);
    let (labels, after, time) = seen(&world, "shop");
    assert_eq!((labels.last().map(String::as_str), after, time), (Some("team=red"), generation + 1, None));
}

#[test]
fn pods_that_have_ended_are_no_endpoints_and_pods_that_end_are_not_ready() {
    let mut world = World::new(0);
    world.service("shop", json!({}), json!({"ports": [{"port": 80}]}));
    let deaf = json!({"name": "app", "image": "busybox", "command": ["sleep", "3600"]});
    let done = json!({"name": "app", "image": "busybox", "command": ["sh", "-c", "sleep 10"]});
    let spec = |container: &Value| json!({"containers": [container], "restartPolicy": "Never"});
    let labels = json!({"app": "shop"});
    for (name, container) in [("deaf", &deaf), ("done", &done)] {
        world.create(Kind::Pod, json!({"metadata": {"name": name, "labels": labels}, "spec": spec(container)}));
    }
    let names = |world: &World| {
        let mut names: Vec<String> = world.slices("shop").iter().flat_map(|slice| told(slice).1).collect();
        names.sort();
        names
    };
    world.run(12);
    assert_eq!(names(&world), ["deaf ready serving", "done ready serving"]);
    world.run(20);
    assert_eq!(names(&world), ["deaf ready serving"]);
    world.delete(Kind::Pod, "deaf", crate::apiserver::Propagation::Background);
    world.run(5);
    assert_eq!(names(&world), ["deaf serving terminating"]);
    let shop = |world: &World| {
        let mirrored = endpoints::mirrored(world.0.api.store(), Some("default"));
        mirrored.iter().find(|object| object.metadata().name == "shop").map(Object::to_value).unwrap_or_default()
    };
    assert_eq!(shop(&world)["subsets"], Value::Null, "who ends is not among the v1 endpoints");
    world.patch(Kind::Service, "shop", json!({"spec": {"publishNotReadyAddresses": true}}));
    world.run(2);
    assert_eq!(names(&world), ["deaf ready serving terminating"]);
    assert_eq!(shop(&world)["subsets"][0]["addresses"][0]["targetRef"]["name"], "deaf");
}
