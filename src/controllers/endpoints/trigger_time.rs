//! When the change happened that slices follow. Models TriggerTimeTracker of
//! staging/src/k8s.io/endpointslice/util/trigger_time_tracker.go.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::api::{Pod, Service, Time};
use crate::apiserver::Key;
use crate::sim::SharedMap;

/// What was seen at the last pass, by service.
#[derive(Clone, Debug, Default)]
pub struct TriggerTimes(BTreeMap<Key, Seen>);

#[derive(Clone, Debug)]
struct Seen {
    /// Since when each pod is as ready as it is, by its name; those are left out that do not say so.
    pods: SharedMap<Arc<str>, Time>,
    created: Option<Time>,
}

impl TriggerTimes {
    /// The service is gone.
    pub fn forget(&mut self, service: &Key) {
        self.0.remove(service);
    }

    /// The earliest of the changes since the last pass; none when there was none. A new service counts from its
    /// creation. `pods` stand in the order of their names. Models ComputeEndpointLastChangeTriggerTime.
    pub fn changed(&mut self, service: &Service, pods: &[Arc<Pod>]) -> Option<Time> {
        let created = service.metadata.creation_timestamp;
        let last = self.0.remove(&Key::of(&service.metadata));
        let mut seen = Seen { pods: SharedMap::default(), created };
        let mut earliest = match &last {
            None => created,
            Some(last) => created.filter(|time| Some(*time) > last.created),
        };
        for pod in pods {
            let name = pod.metadata.name.as_str();
            let Some(now) = readiness_time(pod) else { continue };
            if let Some(last) = &last {
                earliest = earlier(earliest, now, last.pods.get(name).copied());
            }
            seen.pods.insert(Arc::from(name), now);
        }
        self.0.insert(Key::of(&service.metadata), seen);
        earliest
    }

    /// As [`TriggerTimes::changed`] for a service that was seen before and is still the same, where no other pods than
    /// these have changed: each by its name, and as it is if the service selects it.
    pub(super) fn changed_among<'a>(
        &mut self,
        service: &Key,
        pods: impl Iterator<Item = (&'a Arc<str>, Option<&'a Pod>)>,
    ) -> Option<Time> {
        let seen = self.0.get_mut(service)?;
        let mut earliest = None;
        for (name, pod) in pods {
            match pod.and_then(readiness_time) {
                Some(now) => {
                    let then = seen.pods.insert(Arc::clone(name), now);
                    earliest = earlier(earliest, now, then);
                }
                None => drop(seen.pods.remove(name)),
            }
        }
        earliest
    }
}

/// The earlier one of what was found so far and a pod's change, if it has changed.
fn earlier(earliest: Option<Time>, now: Time, then: Option<Time>) -> Option<Time> {
    if Some(now) > then { Some(earliest.map_or(now, |earliest| now.min(earliest))) } else { earliest }
}

/// Models getPodTriggerTime.
fn readiness_time(pod: &Pod) -> Option<Time> {
    pod.status.conditions.iter().find(|condition| condition.kind == "Ready")?.last_transition_time
}
