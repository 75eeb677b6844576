//! What the controller knows of the services' slices since its last pass, so that the next one looks at no more than what
//! has changed.
//!
//! Models staging/src/k8s.io/endpointslice/util/endpointslice_tracker.go in purpose.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{is_slice_of, port_key};
use crate::api::{Endpoint, EndpointSlice, Pod, Service, ServicePort};
use crate::apiserver::Key;
use crate::sim::SharedMap;

/// What is known of each service.
#[derive(Clone, Debug, Default)]
pub struct Trackers(BTreeMap<Key, Tracked>);

/// What is known of a service whose slices all have the same ports.
#[derive(Clone, Debug)]
pub struct Tracked {
    service: Arc<Service>,
    /// By name.
    pub(super) slices: Vec<Arc<EndpointSlice>>,
    /// Each pod's endpoint with the name of the slice in which it is, by the pod's name.
    places: SharedMap<Arc<str>, (Arc<str>, Arc<Endpoint>)>,
    pub(super) standing: Standing,
    /// The pods that have changed since, by name.
    changed: BTreeSet<Arc<str>>,
}

/// How many pods stand behind a service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Standing {
    pub pods: usize,
    pub ready: usize,
}

impl Standing {
    /// Counts an endpoint, or counts it no more.
    pub fn count(&mut self, endpoint: &Endpoint, comes: bool) {
        let by = |number: usize| if comes { number + 1 } else { number.saturating_sub(1) };
        self.pods = by(self.pods);
        if endpoint.ready {
            self.ready = by(self.ready);
        }
    }
}

impl Trackers {
    /// A pod that the service selects, or has selected, has changed.
    pub fn pod_changed(&mut self, service: &Key, pod: &Pod) {
        if let Some(tracked) = self.0.get_mut(service) {
            tracked.changed.insert(Arc::from(pod.metadata.name.as_str()));
        }
    }

    /// Which of the slices that are labelled with a service's name are its own and stay. Of those that were at the last pass
    /// that is known.
    pub fn own(&self, service: &Key, labelled: impl Iterator<Item = Arc<EndpointSlice>>) -> Vec<Arc<EndpointSlice>> {
        let known = self.0.get(service).map(|tracked| tracked.slices.as_slice()).unwrap_or_default();
        own(service, known, labelled)
    }

    /// What was known of a service, if nobody else has changed it or its slices.
    pub fn take(&mut self, service: &Arc<Service>, slices: &[Arc<EndpointSlice>]) -> Option<Tracked> {
        let tracked = self.0.remove(&Key::of(&service.metadata))?;
        let is_same = Arc::ptr_eq(&tracked.service, service)
            && tracked.slices.len() == slices.len()
            && tracked.slices.iter().zip(slices).all(|(known, slice)| Arc::ptr_eq(known, slice));
        is_same.then_some(tracked)
    }

    /// A pass has left these slices; `before` is what was known until then.
    pub fn keep(
        &mut self,
        service: &Arc<Service>,
        labelled: impl Iterator<Item = Arc<EndpointSlice>>,
        before: Option<Tracked>,
    ) {
        let known = before.as_ref().map(|tracked| tracked.slices.as_slice()).unwrap_or_default();
        let slices = own(&Key::of(&service.metadata), known, labelled);
        let ports = known.first().or(slices.first()).map(|slice| port_key(&slice.ports));
        let is_like_others = |slice: &Arc<EndpointSlice>| {
            slice.metadata.is_controlled_by(&service.metadata.uid) && Some(port_key(&slice.ports)) == ports
        };
        if !unshared(&slices, known).all(is_like_others) {
            return;
        }
        let mut tracked = before.unwrap_or_else(|| Tracked {
            service: Arc::clone(service),
            slices: Vec::new(),
            places: SharedMap::default(),
            standing: Standing::default(),
            changed: BTreeSet::new(),
        });
        tracked.changed.clear();
        tracked.renew(slices);
        self.0.insert(Key::of(&service.metadata), tracked);
    }

    /// The service is gone.
    pub fn forget(&mut self, service: &Key) {
        self.0.remove(service);
    }
}

impl Tracked {
    /// The ports of its slices.
    pub(super) fn ports(&self) -> &[ServicePort] {
        self.slices.first().map(|slice| slice.ports.as_slice()).unwrap_or_default()
    }

    /// The pods that have changed since the last pass, by name.
    pub fn changed(&self) -> impl Iterator<Item = &Arc<str>> {
        self.changed.iter()
    }

    pub(super) fn has_changed(&self, pod: &str) -> bool {
        self.changed.contains(pod)
    }

    /// The endpoints, as they are stored, of the pods that have changed.
    pub(super) fn changed_endpoints(&self) -> Vec<&Arc<Endpoint>> {
        self.changed.iter().filter_map(|pod| self.endpoint_of(pod)).collect()
    }

    /// The places of the slices that hold an endpoint of a pod which has changed.
    pub(super) fn touched(&self) -> BTreeSet<usize> {
        let slices = self.changed.iter().filter_map(|pod| self.places.get(pod));
        let place = |name: &str| self.slices.binary_search_by(|slice| slice.metadata.name.as_str().cmp(name)).ok();
        slices.filter_map(|(slice, _)| place(slice)).collect()
    }

    /// A pod's endpoint as it is stored.
    pub(super) fn endpoint_of(&self, pod: &str) -> Option<&Arc<Endpoint>> {
        self.places.get(pod).map(|(_, endpoint)| endpoint)
    }

    /// Takes over the slices that are others than before.
    fn renew(&mut self, slices: Vec<Arc<EndpointSlice>>) {
        let before = std::mem::replace(&mut self.slices, slices);
        let gone: Vec<&Arc<EndpointSlice>> = unshared(&before, &self.slices).collect();
        let new: Vec<&Arc<EndpointSlice>> = unshared(&self.slices, &before).collect();
        for slice in &gone {
            for endpoint in unshared(&slice.endpoints, version_of(slice, &new)) {
                self.places.remove(endpoint.target_ref.name.as_str());
                self.standing.count(endpoint, false);
            }
        }
        for slice in &new {
            let place: Arc<str> = Arc::from(slice.metadata.name.as_str());
            for endpoint in unshared(&slice.endpoints, version_of(slice, &gone)) {
                let pod = Arc::from(endpoint.target_ref.name.as_str());
                self.places.insert(pod, (Arc::clone(&place), Arc::clone(endpoint)));
                self.standing.count(endpoint, true);
            }
        }
    }
}

/// The endpoints of another version of a slice; none where it has none among `others`.
fn version_of<'a>(slice: &EndpointSlice, others: &[&'a Arc<EndpointSlice>]) -> &'a [Arc<Endpoint>] {
    let version = others.iter().find(|other| other.metadata.name == slice.metadata.name);
    version.map(|other| other.endpoints.as_slice()).unwrap_or_default()
}

/// Those of the items that are not among `others`. What both hold stands in the same order in both, so the next one that is
/// shared is looked for behind the last one.
fn unshared<'a, T>(items: &'a [Arc<T>], others: &'a [Arc<T>]) -> impl Iterator<Item = &'a Arc<T>> {
    let mut at = 0;
    items.iter().filter(move |item| !is_next(item, others, &mut at))
}

/// Whether an item is among those from `at` on, which then stands behind it.
fn is_next<T>(item: &Arc<T>, others: &[Arc<T>], at: &mut usize) -> bool {
    let step = others.iter().skip(*at).position(|other| Arc::ptr_eq(other, item));
    *at += step.map_or(0, |step| step + 1);
    step.is_some()
}

fn own(
    service: &Key,
    known: &[Arc<EndpointSlice>],
    labelled: impl Iterator<Item = Arc<EndpointSlice>>,
) -> Vec<Arc<EndpointSlice>> {
    let mut at = 0;
    let is_own =
        |slice: &EndpointSlice| is_slice_of(slice, &service.name) && slice.metadata.deletion_timestamp.is_none();
    labelled.filter(|slice| is_next(slice, known, &mut at) || is_own(slice)).collect()
}
