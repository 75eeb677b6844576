//! What the kubelet and the network want, carried out.

use std::sync::Arc;

use crate::api::conversion::from_base64;
use crate::api::{Generic, Kind, Object, Service, StringMap};
use crate::apiserver::{DeleteOptions, Key, Store};
use crate::controllers::persistent_volumes as volumes;
use crate::images::{Outcome, Registry, Request};
use crate::kubelet::objects::{HostPath, ObjectReader};
use crate::kubelet::{KubeletRequest, KubeletWorld, PodKey};
use crate::sim::SimTime;

use super::Cluster;

/// What lies outside of the kubelet's own pods.
struct Outside<'a> {
    registry: &'a mut Registry,
    store: &'a Store,
    node: &'a str,
}

impl ObjectReader for Outside<'_> {
    fn config_map(&self, namespace: &str, name: &str) -> Option<StringMap> {
        let found = generic(self.store, Kind::ConfigMap, namespace, name)?;
        let mut data = texts(found, "data", str::to_owned);
        data.extend(texts(found, "binaryData", from_base64));
        Some(data)
    }

    fn secret(&self, namespace: &str, name: &str) -> Option<StringMap> {
        Some(texts(generic(self.store, Kind::Secret, namespace, name)?, "data", from_base64))
    }

    fn host_path(&self, namespace: &str, claim: &str) -> Option<HostPath> {
        let claim = generic(self.store, Kind::PersistentVolumeClaim, namespace, claim)?;
        let volume = generic(self.store, Kind::PersistentVolume, "", volumes::text(claim, "/spec/volumeName"))?;
        let path = volumes::text(volume, "/spec/hostPath/path");
        let kind = volumes::text(volume, "/spec/hostPath/type").to_owned();
        (!path.is_empty()).then(|| HostPath { volume: volume.metadata.name.clone(), path: path.to_owned(), kind })
    }

    fn services(&self) -> Vec<Arc<Service>> {
        self.store.services(None).cloned().collect()
    }

    fn node(&self) -> Option<Arc<Generic>> {
        generic(self.store, Kind::Node, "", self.node).cloned()
    }
}

fn generic<'a>(store: &'a Store, kind: Kind, namespace: &str, name: &str) -> Option<&'a Arc<Generic>> {
    match store.get(kind, &Key::new(namespace, name))? {
        Object::Generic(found) => Some(found),
        _ => None,
    }
}

fn texts(object: &Generic, field: &str, read: impl Fn(&str) -> String) -> StringMap {
    let entries = object.fields.get(field).and_then(serde_json::Value::as_object).into_iter().flatten();
    entries.map(|(key, value)| (key.clone(), read(value.as_str().unwrap_or_default()))).collect()
}

impl KubeletWorld for Outside<'_> {
    fn registry(&mut self) -> &mut Registry {
        self.registry
    }

    fn objects(&self) -> &dyn ObjectReader {
        self
    }

    fn request(&mut self, _now: SimTime, _host: &str, _port: u16, _request: &Request) -> Outcome {
        // A host that is no pod of the node is none that a probe reaches here.
        Outcome::Unreachable
    }
}

impl Cluster {
    pub(super) fn run_kubelets(&mut self) {
        let Some(kubelet) = self.fleet.due(self.now) else { return };
        let node = kubelet.config().node_name.clone();
        let mut outside = Outside { registry: &mut self.registry, store: self.api.store(), node: &node };
        for request in kubelet.run(self.now, &mut outside) {
            match request {
                KubeletRequest::UpdatePodStatus { pod, status } => {
                    // A pod that has gone meanwhile needs no status.
                    drop(self.api.update_pod_status(&key(&pod), &pod.uid, status));
                }
                KubeletRequest::DeletePod { pod } => {
                    let options = DeleteOptions {
                        grace_period_seconds: Some(0),
                        uid: Some(pod.uid.clone()),
                        ..DeleteOptions::default()
                    };
                    drop(self.api.delete(crate::api::Kind::Pod, &key(&pod), &options));
                }
                KubeletRequest::Ask { pod, pod_ip, container, question } => {
                    let found = self.answer_question(&pod.namespace, &pod_ip, &question);
                    self.fleet.answer_question(&pod.uid, &container, found, self.now);
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
