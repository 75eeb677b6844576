//! What a kubelet reads of the cluster's other objects. Models the watching managers of pkg/kubelet/configmap and
//! pkg/kubelet/secret, and the kubelet's listers of services and nodes.

use std::sync::Arc;

use crate::api::{Generic, Service, StringMap};

/// A place of a node that is a volume.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostPath {
    /// What the volume is called where it cannot be mounted.
    pub volume: String,
    /// The place.
    pub path: String,
    /// What must lie there: `Directory`, or nothing.
    pub kind: String,
}

/// The objects beside pods that a kubelet looks up.
pub trait ObjectReader {
    /// The data of a ConfigMap; none when it does not exist.
    fn config_map(&self, namespace: &str, name: &str) -> Option<StringMap>;

    /// The decoded data of a Secret; none when it does not exist.
    fn secret(&self, namespace: &str, name: &str) -> Option<StringMap>;

    /// The directory of the node that a claim's volume is; none when it is none, or the claim has no volume.
    fn host_path(&self, namespace: &str, claim: &str) -> Option<HostPath>;

    /// Every service of the cluster.
    fn services(&self) -> Vec<Arc<Service>>;

    /// The kubelet's own node.
    fn node(&self) -> Option<Arc<Generic>>;
}
