//! What a kubelet reads of the cluster's other objects. Models the watching managers of pkg/kubelet/configmap and
//! pkg/kubelet/secret, and the kubelet's listers of services and nodes.

use std::sync::Arc;

use crate::api::{Generic, Service, StringMap};

/// The objects beside pods that a kubelet looks up.
pub trait ObjectReader {
    /// The data of a ConfigMap; none when it does not exist.
    fn config_map(&self, namespace: &str, name: &str) -> Option<StringMap>;

    /// The decoded data of a Secret; none when it does not exist.
    fn secret(&self, namespace: &str, name: &str) -> Option<StringMap>;

    /// Every service of the cluster.
    fn services(&self) -> Vec<Arc<Service>>;

    /// The kubelet's own node.
    fn node(&self) -> Option<Arc<Generic>>;
}
