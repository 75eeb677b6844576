//! How endpoints are shared out among slices. Models reconcileByPortMapping of
//! staging/src/k8s.io/endpointslice/reconciler.go.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::{Tracked, labels, new_slice};
use crate::api::{Endpoint, EndpointSlice, Service, ServicePort};
use crate::sorting;

/// Endpoints in one slice at most. Models --max-endpoints-per-slice.
pub(super) const LIMIT: usize = 100;

/// What is to be done with the slices of a service.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub create: Vec<EndpointSlice>,
    pub update: Vec<EndpointSlice>,
    pub delete: Vec<Arc<EndpointSlice>>,
}

/// Brings the slices with these ports to hold these endpoints. Endpoints stay in their slices; slices that change
/// anyway are filled first, then one that has room for all that is left, then new ones.
///
/// With `tracked`, `stored` are the slices that it knows, `wanted` are the endpoints of the pods that have changed, and all others stay as they are.
pub(super) fn reconcile(
    service: &Service,
    stored: &[&Arc<EndpointSlice>],
    ports: &[ServicePort],
    wanted: &[Arc<Endpoint>],
    tracked: Option<&Tracked>,
    changes: &mut Changes,
) {
    let mut left = Left::new(wanted);
    let mut unchanged: Vec<&Arc<EndpointSlice>> = Vec::new();
    let mut update: Vec<EndpointSlice> = Vec::new();
    let labels = labels(service);
    let touched = tracked.map(Tracked::touched);
    let changed = tracked.map(Tracked::changed_endpoints);
    for (at, slice) in stored.iter().enumerate() {
        if touched.as_ref().is_some_and(|touched| !touched.contains(&at)) {
            unchanged.push(slice);
            continue;
        }
        let stays = |endpoint: &Arc<Endpoint>| {
            changed.as_ref().is_some_and(|changed| !changed.iter().any(|other| Arc::ptr_eq(other, endpoint)))
        };
        let mut keep = |endpoint: &Arc<Endpoint>| {
            if stays(endpoint) { Some(Arc::clone(endpoint)) } else { left.take(endpoint) }
        };
        let kept: Vec<Arc<Endpoint>> = slice.endpoints.iter().filter_map(&mut keep).collect();
        if kept == slice.endpoints && labels == slice.metadata.labels {
            unchanged.push(slice);
        } else if kept.is_empty() && !slice.endpoints.is_empty() {
            changes.delete.push(Arc::clone(slice));
        } else {
            let mut slice = EndpointSlice::clone(slice);
            slice.endpoints = kept;
            slice.metadata.labels.clone_from(&labels);
            update.push(slice);
        }
    }
    let mut left: VecDeque<&Arc<Endpoint>> = left.in_order.into_iter().flatten().collect();
    // The fullest first.
    sorting::sort_by_key(&mut update, |slice| std::cmp::Reverse(slice.endpoints.len()));
    update.iter_mut().for_each(|slice| fill(slice, &mut left));
    while !left.is_empty() {
        let place = if left.len() < LIMIT { roomiest(&unchanged, left.len()) } else { None };
        match place.map(|at| unchanged.remove(at)) {
            Some(slice) => {
                let mut slice = EndpointSlice::clone(slice);
                fill(&mut slice, &mut left);
                update.push(slice);
            }
            None => {
                let mut slice = new_slice(service, ports);
                fill(&mut slice, &mut left);
                changes.create.push(slice);
            }
        }
    }
    changes.update.append(&mut update);
}

/// The wanted endpoints that are in no slice yet.
struct Left<'a> {
    /// Those that were taken have left a hole.
    in_order: Vec<Option<&'a Arc<Endpoint>>>,
    places: BTreeMap<(&'a str, &'a str, &'a str), usize>,
}

impl<'a> Left<'a> {
    fn new(wanted: &'a [Arc<Endpoint>]) -> Self {
        let places = wanted.iter().enumerate().map(|(at, endpoint)| (identity(endpoint), at));
        Self { in_order: wanted.iter().map(Some).collect(), places: sorting::map(places) }
    }

    /// Takes the wanted endpoint of the same pod and address. Models EndpointSet.Get.
    fn take(&mut self, stored: &Endpoint) -> Option<Arc<Endpoint>> {
        let at = *self.places.get(&identity(stored))?;
        self.in_order.get_mut(at)?.take().cloned()
    }
}

fn identity(endpoint: &Endpoint) -> (&str, &str, &str) {
    (&endpoint.target_ref.name, &endpoint.target_ref.namespace, &endpoint.address)
}

fn fill(slice: &mut EndpointSlice, left: &mut VecDeque<&Arc<Endpoint>>) {
    while slice.endpoints.len() < LIMIT
        && let Some(endpoint) = left.pop_front()
    {
        slice.endpoints.push(Arc::clone(endpoint));
    }
}

/// The slice that will be fullest with so many more. Models getSliceToFill.
fn roomiest(slices: &[&Arc<EndpointSlice>], more: usize) -> Option<usize> {
    let room = |slice: &Arc<EndpointSlice>| LIMIT.checked_sub(more + slice.endpoints.len());
    let places = slices.iter().enumerate().filter_map(|(at, slice)| Some((room(slice)?, at)));
    places.filter(|(room, _)| *room < LIMIT).min().map(|(_, at)| at)
}
