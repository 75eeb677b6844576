//! How endpoints are shared out among slices. Models reconcileByPortMapping of
//! staging/src/k8s.io/endpointslice/reconciler.go.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{labels, new_slice};
use crate::api::{Endpoint, EndpointSlice, Service, ServicePort};
use crate::sorting;

/// Endpoints in one slice at most. Models --max-endpoints-per-slice.
const LIMIT: usize = 100;

/// What is to be done with the slices of a service.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub create: Vec<EndpointSlice>,
    pub update: Vec<EndpointSlice>,
    pub delete: Vec<Arc<EndpointSlice>>,
}

/// Brings the slices with these ports to hold these endpoints. Endpoints stay in their slices; slices that change
/// anyway are filled first, then one that has room for all that is left, then new ones.
pub(super) fn reconcile(
    service: &Service,
    stored: &[&Arc<EndpointSlice>],
    ports: &[ServicePort],
    wanted: &[Endpoint],
    changes: &mut Changes,
) {
    // Without a map: a slice holds at most a hundred endpoints.
    let mut left: VecDeque<&Endpoint> = wanted.iter().collect();
    let mut unchanged: Vec<&Arc<EndpointSlice>> = Vec::new();
    let mut update: Vec<EndpointSlice> = Vec::new();
    for slice in stored {
        let kept: Vec<Endpoint> = slice.endpoints.iter().filter_map(|endpoint| take(&mut left, endpoint)).collect();
        let labels = labels(service);
        if kept == slice.endpoints && labels == slice.metadata.labels {
            unchanged.push(slice);
        } else if kept.is_empty() && !slice.endpoints.is_empty() {
            changes.delete.push(Arc::clone(slice));
        } else {
            let mut slice = EndpointSlice::clone(slice);
            slice.endpoints = kept;
            slice.metadata.labels = labels;
            update.push(slice);
        }
    }
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

/// Takes the wanted endpoint of the same pod and address. Models EndpointSet.Get.
fn take(left: &mut VecDeque<&Endpoint>, stored: &Endpoint) -> Option<Endpoint> {
    let is_it = |wanted: &&Endpoint| {
        wanted.address == stored.address
            && wanted.target_ref.name == stored.target_ref.name
            && wanted.target_ref.namespace == stored.target_ref.namespace
    };
    let at = left.iter().position(is_it)?;
    left.remove(at).cloned()
}

fn fill(slice: &mut EndpointSlice, left: &mut VecDeque<&Endpoint>) {
    while slice.endpoints.len() < LIMIT
        && let Some(endpoint) = left.pop_front()
    {
        slice.endpoints.push(endpoint.clone());
    }
}

/// The slice that will be fullest with so many more. Models getSliceToFill.
fn roomiest(slices: &[&Arc<EndpointSlice>], more: usize) -> Option<usize> {
    let room = |slice: &Arc<EndpointSlice>| LIMIT.checked_sub(more + slice.endpoints.len());
    let places = slices.iter().enumerate().filter_map(|(at, slice)| Some((room(slice)?, at)));
    places.filter(|(room, _)| *room < LIMIT).min().map(|(_, at)| at)
}
