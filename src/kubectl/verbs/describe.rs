//! `kubectl describe`.

use std::sync::Arc;

use crate::api::well_known;
use crate::api::{EndpointSlice, Event, Kind, Object, Pod, ReplicaSet};
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::describe::{Related, describe_with};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flag;
use crate::kubectl::selection::{Rules, select};

pub(super) const DESCRIBE: Command = Command {
    path: "describe",
    aliases: &[],
    about: "Show details of a specific resource or group of resources",
    usage: "(-f FILENAME | TYPE [NAME_PREFIX | -l label] | TYPE/NAME)",
    flags: &[
        Flag::switch("all-namespaces", Some('A')),
        Flag::number("chunk-size", None),
        Flag::list("filename", Some('f')),
        Flag::switch("recursive", Some('R')),
        Flag::text("selector", Some('l')),
        Flag::switch("show-events", None),
    ],
    run: describe,
};

fn describe(call: &mut Call<'_, '_>) -> Outcome {
    let args = call.args().to_vec();
    if args.is_empty() && !call.has_files() {
        return Err(Failure::new(
            "You must specify the type of resource to describe. Use \"kubectl api-resources\" for a complete list of \
             supported resources.\n",
        ));
    }
    let rules = Rules { types_alone: true, files_as_they_are: false };
    let selection = select(call, &args, rules)?;
    let mut with_events = call.flags.switch_or("show-events", true);
    if !call.flags.is_set("show-events") && (selection.items.len() > 1 || !selection.failures.is_empty()) {
        with_events = false;
    }
    if args.len() == 2 && selection.failures.iter().any(Failure::is_not_found) {
        return describe_matching(call, &args, selection.failures, with_events);
    }
    let objects: Vec<Object> = selection.items.into_iter().filter_map(|item| item.object).collect();
    for (at, object) in objects.iter().enumerate() {
        if at > 0 {
            call.io.out("\n\n");
        }
        let text = describe_one(call, object, with_events);
        call.io.out(text);
    }
    match Failure::from_all(selection.failures) {
        Some(failure) => Err(failure),
        None => {
            if objects.is_empty() {
                let namespace = call.namespace();
                let all = call.flags.switch("all-namespaces");
                call.io.err(if all {
                    "No resources found\n".to_owned()
                } else {
                    format!("No resources found in {namespace} namespace.\n")
                });
            }
            Ok(Next::Done)
        }
    }
}

/// A name that is none may be the beginning of names. Models DescribeOptions.DescribeMatchingResources.
fn describe_matching(call: &mut Call<'_, '_>, args: &[String], failures: Vec<Failure>, with_events: bool) -> Outcome {
    let (kind, prefix) = args.split_first().ok_or(Failure::Exit(1))?;
    let prefix = prefix.first().map_or("", String::as_str);
    let kind = crate::kubectl::resource_type::parse_type(call.world.client(), kind)?;
    let namespace = call.namespace();
    let namespace = (!kind.is_cluster_scoped()).then_some(namespace.as_str());
    let objects = call.world.client().list(kind, namespace);
    let mut found = false;
    for object in objects.iter().filter(|object| object.metadata().name.starts_with(prefix)) {
        found = true;
        let text = describe_one(call, object, with_events);
        call.io.out(text + "\n");
    }
    match Failure::from_all(failures) {
        Some(failure) if !found => Err(failure),
        _ => Ok(Next::Done),
    }
}

fn describe_one(call: &Call<'_, '_>, object: &Object, with_events: bool) -> String {
    let client = call.world.client();
    let metadata = object.metadata();
    let namespace = Some(metadata.namespace.as_str());
    let events: Vec<Arc<Event>> =
        client.list(Kind::Event, None).iter().filter_map(event).filter(|e| is_about(e, object)).collect();
    let replica_sets: Vec<Arc<ReplicaSet>> = match object {
        Object::Deployment(_) => {
            let mut owned = client.replica_sets(&metadata.namespace);
            owned.retain(|set| set.metadata.is_controlled_by(&metadata.uid));
            owned
        }
        _ => Vec::new(),
    };
    let mut pods: Vec<Arc<Pod>> = Vec::new();
    match object {
        Object::ReplicaSet(_) | Object::Generic(_) if is_controller(object) => {
            pods = client.pods(namespace);
            pods.retain(|pod| pod.metadata.is_controlled_by(&metadata.uid));
        }
        Object::Generic(node) if node.kind == Kind::Node => {
            pods = client.pods(None);
            pods.retain(|pod| pod.node_name == metadata.name);
        }
        Object::Generic(claim) if claim.kind == Kind::PersistentVolumeClaim => {
            pods = client.pods(namespace);
            pods.retain(|pod| crate::scheduler::claims_of(pod.spec.raw()).contains(&metadata.name));
        }
        _ => {}
    }
    let endpoint_slices: Vec<Arc<EndpointSlice>> = match object {
        Object::Service(_) => client
            .list(Kind::EndpointSlice, namespace)
            .into_iter()
            .filter_map(|object| match object {
                Object::EndpointSlice(slice) => Some(slice),
                _ => None,
            })
            .filter(|slice| slice.metadata.labels.get(well_known::SERVICE_NAME) == Some(&metadata.name))
            .collect(),
        Object::Generic(ingress) if ingress.kind == Kind::Ingress => client
            .list(Kind::EndpointSlice, namespace)
            .into_iter()
            .filter_map(|object| match object {
                Object::EndpointSlice(slice) => Some(slice),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    };
    let others: Vec<Object> = match object.kind() {
        Kind::Namespace => [Kind::ResourceQuota, Kind::LimitRange]
            .into_iter()
            .flat_map(|kind| client.list(kind, Some(metadata.name.as_str())))
            .collect(),
        Kind::Ingress => client.list(Kind::Service, namespace),
        _ => Vec::new(),
    };
    let related = Related {
        now: call.world.client().now(),
        version: call.world.client().version(),
        events: with_events.then_some(&events),
        replica_sets: &replica_sets,
        pods: &pods,
        endpoint_slices: &endpoint_slices,
    };
    describe_with(object, &others, &related)
}

fn is_controller(object: &Object) -> bool {
    matches!(object.kind(), Kind::ReplicaSet | Kind::ReplicationController | Kind::StatefulSet | Kind::DaemonSet)
}

fn event(object: &Object) -> Option<Arc<Event>> {
    match object {
        Object::Event(event) => Some(Arc::clone(event)),
        _ => None,
    }
}

/// Models k8s.io/kubectl/pkg/describe searchEvents; a node's events carry its name in place of its uid.
fn is_about(event: &Event, object: &Object) -> bool {
    let (about, metadata) = (&event.involved_object, object.metadata());
    let same_uid = about.uid == metadata.uid
        || (object.kind() == Kind::Node && about.uid == metadata.name)
        || about.uid.is_empty();
    about.name == metadata.name
        && about.kind == object.kind().as_str()
        && same_uid
        && (object.kind().is_cluster_scoped() || about.namespace == metadata.namespace)
}
