//! What the controller knows of the services' slices since its last pass, so that the next one looks at no more than what
//! has changed.
//!
//! Models staging/src/k8s.io/endpointslice/util/endpointslice_tracker.go in purpose.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::port_key;
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
    /// The slice in which each pod has its endpoint, by the pod's name.
    places: SharedMap<Arc<str>, Arc<str>>,
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

    /// What was known of a service, if nobody else has changed it or its slices.
    pub fn take(&mut self, service: &Arc<Service>, slices: &[Arc<EndpointSlice>]) -> Option<Tracked> {
        let tracked = self.0.remove(&Key::of(&service.metadata))?;
        let is_same = Arc::ptr_eq(&tracked.service, service)
            && tracked.slices.len() == slices.len()
            && tracked.slices.iter().zip(slices).all(|(known, slice)| Arc::ptr_eq(known, slice));
        is_same.then_some(tracked)
    }

    /// A pass has left these slices; `before` is what was known until then.
    pub fn keep(&mut self, service: &Arc<Service>, slices: Vec<Arc<EndpointSlice>>, before: Option<Tracked>) {
        let ports = slices.first().map(|slice| port_key(&slice.ports));
        let is_own = |slice: &Arc<EndpointSlice>| {
            slice.metadata.is_controlled_by(&service.metadata.uid) && Some(port_key(&slice.ports)) == ports
        };
        if !slices.iter().all(is_own) {
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

    /// The slices that hold an endpoint of a pod which has changed, by name.
    pub(super) fn touched(&self) -> BTreeSet<Arc<str>> {
        self.changed.iter().filter_map(|pod| self.places.get(pod)).cloned().collect()
    }

    /// A pod's endpoint as it is stored.
    pub(super) fn endpoint_of(&self, pod: &str) -> Option<&Arc<Endpoint>> {
        let place = self.places.get(pod)?;
        let at = self.slices.binary_search_by(|slice| slice.metadata.name.as_str().cmp(place)).ok()?;
        self.slices.get(at)?.endpoints.iter().find(|endpoint| endpoint.target_ref.name == pod)
    }

    /// Takes over the slices that are others than before.
    fn renew(&mut self, slices: Vec<Arc<EndpointSlice>>) {
        let before = std::mem::replace(&mut self.slices, slices);
        let is_in = |slice: &Arc<EndpointSlice>, others: &[Arc<EndpointSlice>]| {
            let at = others.binary_search_by(|other| other.metadata.name.cmp(&slice.metadata.name));
            at.ok().and_then(|at| others.get(at)).is_some_and(|other| Arc::ptr_eq(other, slice))
        };
        for slice in before.iter().filter(|slice| !is_in(slice, &self.slices)) {
            for endpoint in &slice.endpoints {
                self.places.remove(endpoint.target_ref.name.as_str());
                self.standing.count(endpoint, false);
            }
        }
        for slice in self.slices.iter().filter(|slice| !is_in(slice, &before)) {
            let place: Arc<str> = Arc::from(slice.metadata.name.as_str());
            for endpoint in &slice.endpoints {
                self.places.insert(Arc::from(endpoint.target_ref.name.as_str()), Arc::clone(&place));
                self.standing.count(endpoint, true);
            }
        }
    }
}
