//! Tests of the endpoint slices that a Service's pods come down to.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::slices::{Changes, reconcile};
use super::{Input, Plan, Request, Time, Trackers, TriggerTimes, sync, sync_changed};
use crate::api::{
    Endpoint, EndpointSlice, Object, ObjectMeta, ObjectReference, Pod, PodCondition, PodStatus, Service, ServicePort,
};
use crate::apiserver::Key;
use crate::sim::Random;

fn endpoints(numbers: impl IntoIterator<Item = usize>) -> Vec<Arc<Endpoint>> {
    let endpoint = |number: usize| Endpoint {
        address: format!("10.244.0.{number}"),
        target_ref: ObjectReference { name: format!("pod-{number}"), ..ObjectReference::default() },
        ..Endpoint::default()
    };
    numbers.into_iter().map(|number| Arc::new(endpoint(number))).collect()
}

fn service() -> Service {
    Service { metadata: ObjectMeta { name: "web".to_owned(), ..ObjectMeta::default() }, ..Service::default() }
}

fn stored(name: &str, numbers: impl IntoIterator<Item = usize>) -> Arc<EndpointSlice> {
    let mut slice = super::new_slice(&service(), &[]);
    slice.metadata.name = name.to_owned();
    slice.endpoints = endpoints(numbers);
    Arc::new(slice)
}

/// Lengths of new slices, names and lengths of changed ones, names of deleted ones.
fn told(slices: &[&Arc<EndpointSlice>], wanted: &[Arc<Endpoint>]) -> (Vec<usize>, Vec<(String, usize)>, Vec<String>) {
    let mut changes = Changes::default();
    reconcile(&service(), slices, &[ServicePort::default()], wanted, None, &mut changes);
    (
        changes.create.iter().map(|slice| slice.endpoints.len()).collect(),
        changes.update.iter().map(|slice| (slice.metadata.name.clone(), slice.endpoints.len())).collect(),
        changes.delete.iter().map(|slice| slice.metadata.name.clone()).collect(),
    )
}

#[test]
fn endpoints_fill_slices_of_a_hundred() {
    assert_eq!(told(&[], &endpoints(0..1)), (vec![1], vec![], vec![]));
    assert_eq!(told(&[], &endpoints(0..100)), (vec![100], vec![], vec![]));
    assert_eq!(told(&[], &endpoints(0..250)), (vec![100, 100, 50], vec![], vec![]));
    let named = |name: &str, length: usize| (name.to_owned(), length);
    let (full, half, few) = (stored("full", 0..100), stored("half", 100..150), stored("few", 150..160));
    let all = [&full, &half, &few];
    assert_eq!(told(&all, &endpoints(0..160)), (vec![], vec![], vec![]), "nothing has changed");
    // One more goes where it leaves the least room.
    assert_eq!(told(&all, &endpoints(0..161)), (vec![], vec![named("half", 51)], vec![]));
    assert_eq!(told(&all, &endpoints(0..215)), (vec![], vec![named("few", 65)], vec![]));
    assert_eq!(told(&all, &endpoints(0..255)), (vec![95], vec![], vec![]), "none has room for all");
    // Slices that lose some are filled first, the fullest of them before the others.
    let without = endpoints((1..140).chain(150..160).chain(160..165));
    assert_eq!(told(&all, &without), (vec![], vec![named("full", 100), named("half", 44)], vec![]));
    assert_eq!(told(&all, &endpoints(0..150)), (vec![], vec![], vec!["few".to_owned()]));
}

#[test]
fn an_endpoint_that_changes_stays_in_its_slice() {
    let slice = stored("web", 0..3);
    let mut wanted = endpoints(0..3);
    Arc::make_mut(&mut wanted[1]).ready = true;
    let mut changes = Changes::default();
    reconcile(&service(), &[&slice], &[], &wanted, None, &mut changes);
    let changed: Vec<_> = changes.update.iter().flat_map(|slice| slice.endpoints.clone()).collect();
    assert_eq!(changed, wanted);
    assert!(changes.create.is_empty() && changes.delete.is_empty());
}

#[test]
fn the_earliest_change_since_the_last_pass_is_the_time() {
    let pod = |name: &str, at: i64| {
        let ready =
            PodCondition { kind: "Ready".to_owned(), last_transition_time: Some(Time(at)), ..Default::default() };
        Arc::new(Pod {
            metadata: ObjectMeta { name: name.to_owned(), ..ObjectMeta::default() },
            status: PodStatus { conditions: vec![ready], ..PodStatus::default() }.into(),
            ..Pod::default()
        })
    };
    let mut service = service();
    service.metadata.creation_timestamp = Some(Time(50));
    let mut times = TriggerTimes::default();
    assert_eq!(times.changed(&service, &[pod("a", 70)]), Some(Time(50)), "a new service counts from its creation");
    assert_eq!(times.changed(&service, &[pod("a", 70)]), None);
    assert_eq!(times.changed(&service, &[pod("a", 90), pod("b", 80), pod("c", 95)]), Some(Time(80)));
    assert_eq!(times.changed(&service, &[pod("a", 90), pod("c", 99)]), Some(Time(99)));
    assert_eq!(times.changed(&service, &[pod("c", 98)]), None, "time does not run back");
    service.metadata.creation_timestamp = Some(Time(97));
    assert_eq!(times.changed(&service, &[pod("c", 99)]), Some(Time(97)), "another service of that name");
    times.forget(&Key::of(&service.metadata));
    assert_eq!(times.changed(&service, &[]), Some(Time(97)));
}

#[test]
fn the_empty_slice_of_a_service_without_pods_stays_as_it_is() {
    let mut service = service();
    service.spec.selector = [("app".to_owned(), "web".to_owned())].into();
    service.metadata.uid = "uid".to_owned();
    let mut times = TriggerTimes::default();
    let plan = |service: &Service, slices: &[Arc<EndpointSlice>], times: &mut TriggerTimes| {
        super::sync(&super::Input { service, pods: &[], slices }, times)
    };
    let first = plan(&service, &[], &mut times);
    assert_eq!(first.steps.len(), 1);
    let mut empty = super::new_slice(&service, &[]);
    empty.metadata.name = "web-x".to_owned();
    let stored = [Arc::new(empty)];
    assert_eq!(plan(&service, &stored, &mut times).steps, []);
    service.metadata.labels = [("team".to_owned(), "red".to_owned())].into();
    assert_eq!(plan(&service, &stored, &mut times).steps.len(), 1, "with other labels it is another one");
    // Another service's of that name goes.
    let mut other = super::new_slice(&service, &[]);
    other.metadata.owner_references.clear();
    other.endpoints = endpoints(0..1);
    let wanted = plan(&service, &[Arc::new(other)], &mut times);
    assert_eq!(wanted.steps.len(), 2, "{wanted:?}");
}

/// A pod of a drawn state, behind the service.
fn drawn(name: &str, random: &mut Random) -> Pod {
    let mut draw = |bound: u32| i64::from(random.below(bound));
    let status = if draw(3) > 0 { "True" } else { "False" };
    let ready = PodCondition {
        kind: "Ready".to_owned(),
        status: status.to_owned(),
        last_transition_time: Some(Time(draw(500))),
        ..PodCondition::default()
    };
    let has_address = draw(8) > 0;
    Pod {
        metadata: ObjectMeta {
            name: name.to_owned(),
            creation_timestamp: Some(Time(draw(20))),
            deletion_timestamp: (draw(6) == 0).then_some(Time(900)),
            ..ObjectMeta::default()
        },
        status: PodStatus {
            pod_ip: if has_address { format!("10.244.{}.{name}", draw(2)) } else { String::new() },
            conditions: vec![ready],
            ..PodStatus::default()
        }
        .into(),
        ..Pod::default()
    }
}

/// What the API server makes of a plan's requests: the slices by name.
fn carried_out(plan: Plan, slices: &mut BTreeMap<String, Arc<EndpointSlice>>, random: &mut Random) {
    for step in plan.steps {
        match step.request {
            Request::Create(Object::EndpointSlice(slice)) => {
                let mut slice = EndpointSlice::clone(&slice);
                slice.metadata.name = format!("web-{:08x}", random.next_u32());
                slices.insert(slice.metadata.name.clone(), Arc::new(slice));
            }
            Request::Update(Object::EndpointSlice(slice)) => drop(slices.insert(slice.metadata.name.clone(), slice)),
            Request::Delete { key, .. } => drop(slices.remove(&*key.name)),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_pass_over_what_has_changed_asks_for_the_same_as_a_pass_over_all() {
    let mut service = service();
    service.metadata.uid = "uid".to_owned();
    service.spec.selector = [("app".to_owned(), "web".to_owned())].into();
    service.spec.ports = vec![ServicePort { port: 80, ..ServicePort::default() }];
    let service = Arc::new(service);
    let key = Key::of(&service.metadata);
    let mut random = Random::derive(1, "endpoints");
    let mut pods: BTreeMap<String, Arc<Pod>> = BTreeMap::new();
    let mut slices: BTreeMap<String, Arc<EndpointSlice>> = BTreeMap::new();
    let (mut times, mut trackers, mut short_passes) = (TriggerTimes::default(), Trackers::default(), 0);
    for round in 0..600_u32 {
        // The service grows, and shrinks until nobody is left.
        let goes = if round % 300 < 200 { 5 } else { 1 };
        for _ in 0..random.below(14) {
            let name = random.below(260).to_string();
            let pod = drawn(&name, &mut random);
            trackers.pod_changed(&key, &pod);
            if random.below(goes) == 0 {
                pods.remove(&name)
            } else {
                pods.insert(name, Arc::new(pod))
            };
        }
        let stored: Vec<_> = slices.values().cloned().collect();
        let tracked = trackers.take(&service, &stored);
        let all: Vec<_> = pods.values().cloned().collect();
        let mut times_of_all = times.clone();
        let whole = sync(&Input { service: &service, pods: &all, slices: &stored }, &mut times_of_all);
        let find = |name: &str| pods.get(name).cloned();
        let short = tracked.as_ref().and_then(|tracked| sync_changed(&service, tracked, &find, &mut times));
        match short {
            Some(short) => {
                assert_eq!(short.steps, whole.steps, "round {round}");
                short_passes += 1;
            }
            None => times = times_of_all,
        }
        carried_out(whole, &mut slices, &mut random);
        trackers.keep(&service, slices.values().cloned(), tracked);
    }
    assert!(short_passes > 500, "{short_passes}");
}
