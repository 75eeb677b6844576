//! What has to be true once nothing has happened for a while: what is told is what is there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Seen;
use crate::api::{Kind, Pod, ReplicaSet, Service};
use crate::apiserver::{Key, Store};
use crate::cluster::Cluster;
use crate::controllers::endpoints;
use crate::controllers::replica_set::availability::is_available;

/// All of it.
pub(super) fn check(cluster: &Cluster) -> Result<(), Seen> {
    let store = cluster.api.store();
    sets(cluster)?;
    deployments(store)?;
    services(store)?;
    addresses(store)?;
    ownership(store)
}

fn owned_pods(store: &Store, uid: &str) -> Vec<Arc<Pod>> {
    store.pods(None).filter(|pod| pod.metadata.is_controlled_by(uid)).cloned().collect()
}

/// pkg/controller/replicaset/replica_set_utils.go calculateStatus.
fn sets(cluster: &Cluster) -> Result<(), Seen> {
    let store = cluster.api.store();
    for set in store.replica_sets(None).filter(|set| set.metadata.deletion_timestamp.is_none()) {
        let own = owned_pods(store, &set.metadata.uid);
        let count = |is: &dyn Fn(&Pod) -> bool| i32::try_from(own.iter().filter(|pod| is(pod)).count()).unwrap_or(0);
        let minimum = set.spec.min_ready_seconds;
        let there = [
            count(&Pod::is_active),
            count(&|pod| pod.is_active() && pod.is_ready()),
            count(&|pod| pod.is_active() && is_available(pod, minimum, cluster.now())),
        ];
        let status = &set.status;
        let told = [status.replicas, status.ready_replicas, status.available_replicas];
        if told != there || status.observed_generation != set.metadata.generation {
            let what =
                format!("{} tells {told:?} of pods, ready, available, where {there:?} are there", set.metadata.name);
            return Err(("a ReplicaSet tells what is there", what));
        }
    }
    Ok(())
}

/// pkg/controller/deployment/sync.go calculateStatus.
fn deployments(store: &Store) -> Result<(), Seen> {
    for deployment in store.deployments(None).filter(|known| known.metadata.deletion_timestamp.is_none()) {
        let owned: Vec<&Arc<ReplicaSet>> =
            store.replica_sets(None).filter(|set| set.metadata.is_controlled_by(&deployment.metadata.uid)).collect();
        let sum = |of: &dyn Fn(&ReplicaSet) -> i32| owned.iter().map(|set| of(set)).sum::<i32>();
        let status = &deployment.status;
        let there = [
            sum(&|set| set.status.replicas),
            sum(&|set| set.status.ready_replicas),
            sum(&|set| set.status.available_replicas),
        ];
        let told = [status.replicas, status.ready_replicas, status.available_replicas];
        if told != there || status.observed_generation != deployment.metadata.generation {
            let what =
                format!("{} tells {told:?} of pods, ready, available, its sets {there:?}", deployment.metadata.name);
            return Err(("a Deployment tells what its ReplicaSets tell", what));
        }
    }
    Ok(())
}

/// Models nothing of its own: endpointslice/utils.go podToEndpoint says when an endpoint is ready.
fn services(store: &Store) -> Result<(), Seen> {
    let services = store.list(Kind::Service, None).filter_map(|object| match object {
        crate::api::Object::Service(service) => Some(service),
        _ => None,
    });
    for service in services.filter(|service| is_watched(service)) {
        let namespace = &service.metadata.namespace;
        let selects = |pod: &Pod| service.spec.selector.iter().all(|(key, value)| pod.labels().get(key) == Some(value));
        let there: BTreeSet<&str> = store
            .pods(Some(namespace))
            .filter(|pod| selects(pod) && pod.is_ready() && pod.metadata.deletion_timestamp.is_none())
            .filter(|pod| !pod.status.pod_ip.is_empty() && !pod.status.phase.is_terminal())
            .map(|pod| pod.status.pod_ip.as_str())
            .collect();
        let slices = store.list(Kind::EndpointSlice, Some(namespace)).filter_map(|object| match object {
            crate::api::Object::EndpointSlice(slice) => Some(slice),
            _ => None,
        });
        let told: BTreeSet<&str> = slices
            .filter(|slice| endpoints::is_slice_of(slice, &service.metadata.name))
            .flat_map(|slice| &slice.endpoints)
            .filter(|endpoint| endpoint.ready)
            .map(|endpoint| endpoint.address.as_str())
            .collect();
        if told != there {
            let what = format!("{} tells {told:?}, where {there:?} are ready", service.metadata.name);
            return Err(("a service leads to the ready pods", what));
        }
    }
    Ok(())
}

fn is_watched(service: &Service) -> bool {
    let publishes = service.spec.other.get("publishNotReadyAddresses").is_some();
    endpoints::is_managed(service) && !publishes && service.metadata.deletion_timestamp.is_none()
}

/// No two services share an address (registry/core/service/ipallocator), and no two pods that have not ended.
fn addresses(store: &Store) -> Result<(), Seen> {
    let mut taken: BTreeMap<&str, &str> = BTreeMap::new();
    let pods = store.pods(None).filter(|pod| pod.is_active() && !is_on_host(pod));
    let mut taken_by = |address, name| match taken.insert(address, name) {
        Some(other) => Err(("an address is one's own", format!("{address} is of {other} and of {name}"))),
        None => Ok(()),
    };
    for pod in pods.filter(|pod| !pod.status.pod_ip.is_empty()) {
        taken_by(&pod.status.pod_ip, &pod.metadata.name)?;
    }
    for object in store.list(Kind::Service, None) {
        if let crate::api::Object::Service(service) = object
            && !matches!(service.spec.cluster_ip.as_str(), "" | "None")
        {
            taken_by(&service.spec.cluster_ip, &service.metadata.name)?;
        }
    }
    Ok(())
}

fn is_on_host(pod: &Pod) -> bool {
    pod.spec.raw().get("hostNetwork").is_some()
}

/// Nothing is left of an owner that is gone (pkg/controller/garbagecollector), and nothing stands in a namespace that is
/// not there.
fn ownership(store: &Store) -> Result<(), Seen> {
    for pod in store.pods(None).filter(|pod| pod.metadata.deletion_timestamp.is_none()) {
        if let Some(owner) = pod.metadata.controller()
            && owner.kind == "ReplicaSet"
            && !store.has_uid(
                Kind::ReplicaSet,
                &Key::new(pod.metadata.namespace.as_str(), owner.name.as_str()),
                &owner.uid,
            )
        {
            return Err(("what an owner leaves goes with it", format!("pod {} has lost its owner", pod.metadata.name)));
        }
    }
    for kind in Kind::ALL.iter().filter(|kind| !kind.is_cluster_scoped()) {
        for object in store.list(*kind, None) {
            let namespace = &object.metadata().namespace;
            if store.get(Kind::Namespace, &Key::new("", namespace.as_str())).is_none() {
                let what = format!("{} {} in {namespace}", kind.as_str(), object.metadata().name);
                return Err(("an object's namespace is there", what));
            }
        }
    }
    Ok(())
}
