//! When the change happened that slices follow. Models TriggerTimeTracker of
//! staging/src/k8s.io/endpointslice/util/trigger_time_tracker.go.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::api::{Pod, Service, Time};
use crate::apiserver::Key;

/// What was seen at the last pass, by service.
#[derive(Clone, Debug, Default)]
pub struct TriggerTimes(BTreeMap<Key, Arc<Seen>>);

#[derive(Clone, Debug)]
struct Seen {
    /// By name.
    pods: Vec<Arc<Pod>>,
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
        let seen = Arc::new(Seen { pods: pods.to_vec(), created });
        let Some(last) = self.0.insert(Key::of(&service.metadata), seen) else { return created };
        let mut before = last.pods.iter().peekable();
        let mut earliest = created.filter(|time| Some(*time) > last.created);
        for pod in pods {
            while before.next_if(|known| known.metadata.name < pod.metadata.name).is_some() {}
            let known = before.peek().filter(|known| known.metadata.name == pod.metadata.name);
            let (now, then) = (readiness_time(pod), known.and_then(|known| readiness_time(known)));
            if now > then {
                earliest = earliest.map_or(now, |earliest| now.map(|now| earliest.min(now)));
            }
        }
        earliest
    }
}

/// Models getPodTriggerTime.
fn readiness_time(pod: &Pod) -> Option<Time> {
    pod.status.conditions.iter().find(|condition| condition.kind == "Ready")?.last_transition_time
}
