//! `v1.Service` and `discovery/v1.EndpointSlice`.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{IntOrString, ObjectMeta, ObjectReference, StringMap, is_zero, meta::null_as_default};

/// `v1.Service`, defaulted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Service {
    /// Metadata.
    pub metadata: ObjectMeta,
    /// What is wanted.
    pub spec: ServiceSpec,
}

/// `v1.ServiceSpec`, as far as the lab acts on it, with the other fields kept in `other`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceSpec {
    /// Ports.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub ports: Vec<ServicePort>,
    /// Which pods answer; empty selects none.
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty", deserialize_with = "null_as_default")]
    pub selector: StringMap,
    /// The virtual address; `None` for headless services.
    #[serde(rename = "clusterIP", skip_serializing_if = "String::is_empty")]
    pub cluster_ip: String,
    /// `ClusterIP`, `NodePort`, `LoadBalancer` or `ExternalName`.
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Fields that are kept and shown, and not acted on.
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}

/// `v1.ServicePort`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServicePort {
    /// Name; needed when there are several.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// `TCP`, `UDP` or `SCTP`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub protocol: String,
    /// Application protocol.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_protocol: Option<String>,
    /// Port of the service.
    pub port: i32,
    /// Port of the pods, as number or name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_port: Option<IntOrString>,
    /// Port on the node; 0 for none.
    #[serde(skip_serializing_if = "is_zero")]
    pub node_port: i32,
}

/// `discovery/v1.EndpointSlice`: at most 100 endpoints.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EndpointSlice {
    /// Metadata; the label `kubernetes.io/service-name` names the service.
    pub metadata: ObjectMeta,
    /// `IPv4`.
    pub address_type: String,
    /// Pods behind the service. Slices are written anew for each of them that changes: the others are shared.
    pub endpoints: Vec<Arc<Endpoint>>,
    /// Their ports, with the names resolved.
    pub ports: Vec<ServicePort>,
}

/// `discovery/v1.Endpoint`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Endpoint {
    /// The pod's address.
    pub address: String,
    /// Whether new connections go there.
    pub ready: bool,
    /// Whether it would be ready if it were not terminating.
    pub serving: bool,
    /// Whether the pod is being deleted.
    pub terminating: bool,
    /// The pod.
    pub target_ref: ObjectReference,
    /// The pod's node.
    pub node_name: String,
}
