//! Kubernetes' objects, as plain values.
//!
//! Typed structs hold what the lab acts on. A pod's spec also keeps the whole JSON that the user gave, because
//! every field of the real API is accepted, shown and hashed even where the lab does not act on it.

pub mod autoscaling_v1;
mod container;
pub mod conversion;
pub mod custom;
pub mod defaults;
mod deployment;
pub mod encode;
mod event;
pub mod go_text;
pub mod image_reference;
mod int_or_string;
pub mod managed;
mod meta;
mod object;
mod object_json;
pub mod patch;
mod pod;
mod probe;
mod quantity;
mod replica_set;
pub mod resources;
pub mod schema;
mod service;
mod simulated;
pub mod strict;
pub mod structural;
pub mod taints;
pub mod template_hash;
mod time;
pub mod validation;
mod version;
pub mod well_known;

pub use container::{
    Container, ContainerPort, ContainerState, ContainerStateRunning, ContainerStateTerminated, ContainerStateWaiting,
    ContainerStatus, Lifecycle, LifecycleHandler, SleepAction,
};
pub use custom::{CustomKind, Definition, parse_kind};
pub use deployment::{
    Deployment, DeploymentCondition, DeploymentSpec, DeploymentStatus, DeploymentStrategy, RollingUpdateDeployment,
    StrategyType,
};
pub use event::{Event, EventSeries, EventSource, EventType};
pub use int_or_string::IntOrString;
pub use meta::{LabelSelector, LabelSelectorRequirement, ObjectMeta, ObjectReference, OwnerReference, StringMap};
pub use object::{Generic, Kind, Object};
pub use pod::{Pod, PodCondition, PodIp, PodPhase, PodSpec, PodStatus, PodTemplateSpec, RestartPolicy};
pub use probe::{ExecAction, GrpcAction, HttpGetAction, HttpHeader, Probe, ProbeHandler, TcpSocketAction};
pub use quantity::{Quantity, QuantityError, QuantityFormat};
pub use replica_set::{ReplicaSet, ReplicaSetCondition, ReplicaSetSpec, ReplicaSetStatus};
pub use service::{Endpoint, EndpointSlice, Service, ServicePort, ServiceSpec};
pub use simulated::{Consequence, consequence, not_simulated};
pub use time::{EPOCH_UNIX_S, MicroTime, Time};
pub use version::KubernetesVersion;

/// Serde's predicate for Go's `omitempty` on numbers.
pub(crate) fn is_zero<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
