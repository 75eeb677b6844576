//! What the kubelet and the network want, carried out.

use crate::apiserver::{DeleteOptions, Key};
use crate::images::{Outcome, Registry, Request};
use crate::kubelet::{KubeletRequest, KubeletWorld, PodKey};
use crate::sim::SimTime;

use super::Cluster;

/// What lies outside of the kubelet's own pods.
struct Outside<'a> {
    registry: &'a mut Registry,
}

impl KubeletWorld for Outside<'_> {
    fn registry(&mut self) -> &mut Registry {
        self.registry
    }

    fn request(&mut self, _now: SimTime, _host: &str, _port: u16, _request: &Request) -> Outcome {
        // The lab has no hosts outside of its one node.
        Outcome::Unreachable
    }
}

impl Cluster {
    pub(super) fn run_kubelet(&mut self) {
        let mut outside = Outside { registry: &mut self.registry };
        for request in self.kubelet.run(self.now, &mut outside) {
            match request {
                KubeletRequest::UpdatePodStatus { pod, status } => {
                    // A pod that has gone meanwhile needs no status.
                    drop(self.api.update_pod_status(&key(&pod), &pod.uid, *status));
                }
                KubeletRequest::DeletePod { pod } => {
                    let options = DeleteOptions {
                        grace_period_seconds: Some(0),
                        uid: Some(pod.uid.clone()),
                        ..DeleteOptions::default()
                    };
                    drop(self.api.delete(crate::api::Kind::Pod, &key(&pod), &options));
                }
                KubeletRequest::RecordEvent(note) => self.record(note),
                KubeletRequest::Decision { pod, reason } => {
                    self.decide("kubelet", &format!("Pod/{}", key(&pod)), reason);
                }
            }
        }
    }
}

fn key(pod: &PodKey) -> Key {
    Key::new(pod.namespace.as_str(), pod.name.as_str())
}
