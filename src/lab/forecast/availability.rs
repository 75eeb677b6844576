//! Who is without anything that answers, and for how long: Deployments without an available pod, Services without a
//! ready address.

use std::collections::BTreeMap;

use crate::api::{EndpointSlice, Kind, Object, well_known};
use crate::apiserver::ChangeType;
use crate::cluster::{Cluster, WatchEvent};
use crate::sim::SimTime;
use crate::sorting;

/// Somebody who had something that answers, and then had not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// A Deployment's or a Service's.
    pub kind: Kind,
    /// Namespace and name of it, with a slash between.
    pub name: String,
    /// How long in all, in simulated milliseconds, as far as the forecast looks.
    pub length_ms: u64,
    /// Whether something answers again at the end.
    pub ends: bool,
}

/// How many answer for each, read from the watch log.
#[derive(Clone, Debug)]
pub(super) struct Availability {
    levels: BTreeMap<(Kind, String), Level>,
    /// Ready addresses by slice, with the service that each is of.
    slices: BTreeMap<String, (String, usize)>,
    /// Entries of the watch log that were read.
    read: usize,
}

#[derive(Clone, Debug, Default)]
struct Level {
    /// Whether something answered at the beginning.
    had_any: bool,
    empty_since: Option<SimTime>,
    gap_ms: u64,
}

impl Availability {
    /// As it is now: what is empty from the beginning has no gap.
    pub fn of(cluster: &Cluster) -> Self {
        let mut availability = Self { levels: BTreeMap::new(), slices: BTreeMap::new(), read: cluster.log().len() };
        let store = cluster.api.store();
        let known = [Kind::Deployment, Kind::EndpointSlice];
        let objects = known.into_iter().flat_map(|kind| store.list(kind, None));
        objects.for_each(|object| availability.note(object, false, cluster.now()));
        for level in availability.levels.values_mut() {
            level.had_any = level.empty_since.is_none();
        }
        availability
    }

    /// Reads what the watch log has since the last time.
    pub fn read(&mut self, cluster: &Cluster) {
        for WatchEvent { at, kind, object } in cluster.log().since(self.read) {
            self.note(object, *kind == ChangeType::Deleted, *at);
        }
        self.read = cluster.log().len();
    }

    fn note(&mut self, object: &Object, is_gone: bool, at: SimTime) {
        match object {
            Object::Deployment(deployment) => {
                let available = if is_gone { 0 } else { deployment.status.available_replicas };
                let name = format!("{}/{}", deployment.metadata.namespace, deployment.metadata.name);
                self.level(Kind::Deployment, name, available > 0, at);
            }
            Object::EndpointSlice(slice) => {
                let Some(service) = service_of(slice) else { return };
                let ready = slice.endpoints.iter().filter(|endpoint| endpoint.ready && !is_gone).count();
                self.slices.insert(slice.metadata.uid.clone(), (service.clone(), ready));
                let any = self.slices.values().any(|(of, ready)| *of == service && *ready > 0);
                self.level(Kind::Service, service, any, at);
            }
            _ => {}
        }
    }

    fn level(&mut self, kind: Kind, name: String, any: bool, at: SimTime) {
        let level = self.levels.entry((kind, name)).or_default();
        if any {
            let since = level.empty_since.take();
            level.gap_ms += since.map_or(0, |since| at.ms_since(since));
        } else if level.empty_since.is_none() {
            level.empty_since = Some(at);
        }
    }

    /// The gaps of those that had something in the beginning; one that has not ended lasts until `now`.
    pub fn gaps(&self, now: SimTime) -> Vec<Gap> {
        let of = |((kind, name), level): (&(Kind, String), &Level)| Gap {
            kind: *kind,
            name: name.clone(),
            length_ms: level.gap_ms + level.empty_since.map_or(0, |since| now.ms_since(since)),
            ends: level.empty_since.is_none(),
        };
        let had = self.levels.iter().filter(|(_, level)| level.had_any);
        had.map(of).filter(|gap| gap.length_ms > 0).collect()
    }
}

/// Of several runs, the longest gap of each.
pub(super) fn longest(gaps: impl IntoIterator<Item = Gap>) -> Vec<Gap> {
    let mut longest: Vec<Gap> = Vec::new();
    for gap in gaps {
        match longest.iter_mut().find(|known| (known.kind, &known.name) == (gap.kind, &gap.name)) {
            Some(known) => {
                known.length_ms = known.length_ms.max(gap.length_ms);
                known.ends &= gap.ends;
            }
            None => longest.push(gap),
        }
    }
    sorting::sort(&mut longest);
    longest
}

fn service_of(slice: &EndpointSlice) -> Option<String> {
    let name = slice.metadata.labels.get(well_known::SERVICE_NAME)?;
    Some(format!("{}/{name}", slice.metadata.namespace))
}
