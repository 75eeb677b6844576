//! One type for every object in the store.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{CustomKind, Deployment, EndpointSlice, Event, ObjectMeta, ObjectReference, Pod, ReplicaSet, Service};

/// The kinds that the lab knows, in the order in which `kubectl get all` and the store list them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// v1
    Namespace,
    /// v1
    Node,
    /// v1
    Pod,
    /// v1
    Service,
    /// v1
    ConfigMap,
    /// v1
    Secret,
    /// v1
    ServiceAccount,
    /// v1
    PersistentVolumeClaim,
    /// v1
    ReplicationController,
    /// v1
    Event,
    /// apps/v1
    Deployment,
    /// apps/v1
    ReplicaSet,
    /// apps/v1
    StatefulSet,
    /// apps/v1
    DaemonSet,
    /// batch/v1
    Job,
    /// batch/v1
    CronJob,
    /// autoscaling/v2
    HorizontalPodAutoscaler,
    /// policy/v1
    PodDisruptionBudget,
    /// networking.k8s.io/v1
    Ingress,
    /// networking.k8s.io/v1
    NetworkPolicy,
    /// discovery.k8s.io/v1
    EndpointSlice,
    /// v1, deprecated
    Endpoints,
    /// scheduling.k8s.io/v1
    PriorityClass,
    /// v1
    ResourceQuota,
    /// v1
    LimitRange,
    /// v1
    PersistentVolume,
    /// v1
    PodTemplate,
    /// apps/v1
    ControllerRevision,
    /// coordination.k8s.io/v1
    Lease,
    /// networking.k8s.io/v1
    IngressClass,
    /// node.k8s.io/v1
    RuntimeClass,
    /// rbac.authorization.k8s.io/v1
    ClusterRoleBinding,
    /// rbac.authorization.k8s.io/v1
    ClusterRole,
    /// rbac.authorization.k8s.io/v1
    RoleBinding,
    /// rbac.authorization.k8s.io/v1
    Role,
    /// storage.k8s.io/v1
    StorageClass,
    /// storage.k8s.io/v1
    CSIDriver,
    /// admissionregistration.k8s.io/v1
    MutatingWebhookConfiguration,
    /// admissionregistration.k8s.io/v1
    ValidatingWebhookConfiguration,
    /// admissionregistration.k8s.io/v1
    ValidatingAdmissionPolicy,
    /// admissionregistration.k8s.io/v1
    ValidatingAdmissionPolicyBinding,
    /// apiextensions.k8s.io/v1
    CustomResourceDefinition,
    /// apiregistration.k8s.io/v1
    APIService,
    /// flowcontrol.apiserver.k8s.io/v1
    FlowSchema,
    /// flowcontrol.apiserver.k8s.io/v1
    PriorityLevelConfiguration,
    /// Of a user's CustomResourceDefinition.
    Custom(&'static CustomKind),
}

/// An object of any kind, shared: a copy costs a pointer.
#[derive(Clone, Debug, PartialEq)]
pub enum Object {
    /// apps/v1 Deployment
    Deployment(Arc<Deployment>),
    /// apps/v1 ReplicaSet
    ReplicaSet(Arc<ReplicaSet>),
    /// v1 Pod
    Pod(Arc<Pod>),
    /// v1 Service
    Service(Arc<Service>),
    /// discovery.k8s.io/v1 EndpointSlice
    EndpointSlice(Arc<EndpointSlice>),
    /// v1 Event
    Event(Arc<Event>),
    /// Any other kind: kept and shown, and not acted on.
    Generic(Arc<Generic>),
}

/// An object of a kind that the lab keeps without acting on it.
#[derive(Clone, Debug, PartialEq)]
pub struct Generic {
    /// Which kind.
    pub kind: Kind,
    /// Metadata.
    pub metadata: ObjectMeta,
    /// Every other field.
    pub fields: Map<String, Value>,
}

impl Kind {
    /// Every kind of Kubernetes' own.
    pub const ALL: &'static [Self] = &[
        Self::Namespace,
        Self::Node,
        Self::Pod,
        Self::Service,
        Self::ConfigMap,
        Self::Secret,
        Self::ServiceAccount,
        Self::PersistentVolumeClaim,
        Self::ReplicationController,
        Self::Event,
        Self::Deployment,
        Self::ReplicaSet,
        Self::StatefulSet,
        Self::DaemonSet,
        Self::Job,
        Self::CronJob,
        Self::HorizontalPodAutoscaler,
        Self::PodDisruptionBudget,
        Self::Ingress,
        Self::NetworkPolicy,
        Self::EndpointSlice,
        Self::Endpoints,
        Self::PriorityClass,
        Self::ResourceQuota,
        Self::LimitRange,
        Self::PersistentVolume,
        Self::PodTemplate,
        Self::ControllerRevision,
        Self::Lease,
        Self::IngressClass,
        Self::RuntimeClass,
        Self::ClusterRoleBinding,
        Self::ClusterRole,
        Self::RoleBinding,
        Self::Role,
        Self::StorageClass,
        Self::CSIDriver,
        Self::MutatingWebhookConfiguration,
        Self::ValidatingWebhookConfiguration,
        Self::ValidatingAdmissionPolicy,
        Self::ValidatingAdmissionPolicyBinding,
        Self::CustomResourceDefinition,
        Self::APIService,
        Self::FlowSchema,
        Self::PriorityLevelConfiguration,
    ];

    /// The kind with this name in manifests and this group and version.
    pub fn parse(api_version: &str, kind: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.as_str() == kind && known.api_version() == api_version)
    }

    /// The name in manifests.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Namespace => "Namespace",
            Self::Node => "Node",
            Self::Pod => "Pod",
            Self::Service => "Service",
            Self::ConfigMap => "ConfigMap",
            Self::Secret => "Secret",
            Self::ServiceAccount => "ServiceAccount",
            Self::PersistentVolumeClaim => "PersistentVolumeClaim",
            Self::ReplicationController => "ReplicationController",
            Self::Event => "Event",
            Self::Deployment => "Deployment",
            Self::ReplicaSet => "ReplicaSet",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
            Self::Job => "Job",
            Self::CronJob => "CronJob",
            Self::HorizontalPodAutoscaler => "HorizontalPodAutoscaler",
            Self::PodDisruptionBudget => "PodDisruptionBudget",
            Self::Ingress => "Ingress",
            Self::NetworkPolicy => "NetworkPolicy",
            Self::EndpointSlice => "EndpointSlice",
            Self::Endpoints => "Endpoints",
            Self::PriorityClass => "PriorityClass",
            Self::ResourceQuota => "ResourceQuota",
            Self::LimitRange => "LimitRange",
            Self::PersistentVolume => "PersistentVolume",
            Self::PodTemplate => "PodTemplate",
            Self::ControllerRevision => "ControllerRevision",
            Self::Lease => "Lease",
            Self::IngressClass => "IngressClass",
            Self::RuntimeClass => "RuntimeClass",
            Self::ClusterRoleBinding => "ClusterRoleBinding",
            Self::ClusterRole => "ClusterRole",
            Self::RoleBinding => "RoleBinding",
            Self::Role => "Role",
            Self::StorageClass => "StorageClass",
            Self::CSIDriver => "CSIDriver",
            Self::MutatingWebhookConfiguration => "MutatingWebhookConfiguration",
            Self::ValidatingWebhookConfiguration => "ValidatingWebhookConfiguration",
            Self::ValidatingAdmissionPolicy => "ValidatingAdmissionPolicy",
            Self::ValidatingAdmissionPolicyBinding => "ValidatingAdmissionPolicyBinding",
            Self::CustomResourceDefinition => "CustomResourceDefinition",
            Self::APIService => "APIService",
            Self::FlowSchema => "FlowSchema",
            Self::PriorityLevelConfiguration => "PriorityLevelConfiguration",
            Self::Custom(custom) => custom.kind(),
        }
    }

    /// Group and version.
    pub fn api_version(self) -> &'static str {
        match self {
            Self::Deployment | Self::ReplicaSet | Self::StatefulSet | Self::DaemonSet | Self::ControllerRevision => {
                "apps/v1"
            }
            Self::Job | Self::CronJob => "batch/v1",
            Self::HorizontalPodAutoscaler => "autoscaling/v2",
            Self::PodDisruptionBudget => "policy/v1",
            Self::Ingress | Self::NetworkPolicy | Self::IngressClass => "networking.k8s.io/v1",
            Self::EndpointSlice => "discovery.k8s.io/v1",
            Self::PriorityClass => "scheduling.k8s.io/v1",
            Self::Lease => "coordination.k8s.io/v1",
            Self::RuntimeClass => "node.k8s.io/v1",
            Self::ClusterRoleBinding | Self::ClusterRole | Self::RoleBinding | Self::Role => {
                "rbac.authorization.k8s.io/v1"
            }
            Self::StorageClass | Self::CSIDriver => "storage.k8s.io/v1",
            Self::MutatingWebhookConfiguration
            | Self::ValidatingWebhookConfiguration
            | Self::ValidatingAdmissionPolicy
            | Self::ValidatingAdmissionPolicyBinding => "admissionregistration.k8s.io/v1",
            Self::CustomResourceDefinition => "apiextensions.k8s.io/v1",
            Self::APIService => "apiregistration.k8s.io/v1",
            Self::FlowSchema | Self::PriorityLevelConfiguration => "flowcontrol.apiserver.k8s.io/v1",
            Self::Custom(custom) => custom.api_version(),
            _ => "v1",
        }
    }

    /// Group, empty for the core group.
    pub fn group(self) -> &'static str {
        self.api_version().rsplit_once('/').map_or("", |(group, _)| group)
    }

    /// The name in API paths and in `kubectl`'s answers: `deployments`.
    pub fn plural(self) -> &'static str {
        match self {
            Self::Namespace => "namespaces",
            Self::Node => "nodes",
            Self::Pod => "pods",
            Self::Service => "services",
            Self::ConfigMap => "configmaps",
            Self::Secret => "secrets",
            Self::ServiceAccount => "serviceaccounts",
            Self::PersistentVolumeClaim => "persistentvolumeclaims",
            Self::ReplicationController => "replicationcontrollers",
            Self::Event => "events",
            Self::Deployment => "deployments",
            Self::ReplicaSet => "replicasets",
            Self::StatefulSet => "statefulsets",
            Self::DaemonSet => "daemonsets",
            Self::Job => "jobs",
            Self::CronJob => "cronjobs",
            Self::HorizontalPodAutoscaler => "horizontalpodautoscalers",
            Self::PodDisruptionBudget => "poddisruptionbudgets",
            Self::Ingress => "ingresses",
            Self::NetworkPolicy => "networkpolicies",
            Self::EndpointSlice => "endpointslices",
            Self::Endpoints => "endpoints",
            Self::PriorityClass => "priorityclasses",
            Self::ResourceQuota => "resourcequotas",
            Self::LimitRange => "limitranges",
            Self::PersistentVolume => "persistentvolumes",
            Self::PodTemplate => "podtemplates",
            Self::ControllerRevision => "controllerrevisions",
            Self::Lease => "leases",
            Self::IngressClass => "ingressclasses",
            Self::RuntimeClass => "runtimeclasses",
            Self::ClusterRoleBinding => "clusterrolebindings",
            Self::ClusterRole => "clusterroles",
            Self::RoleBinding => "rolebindings",
            Self::Role => "roles",
            Self::StorageClass => "storageclasses",
            Self::CSIDriver => "csidrivers",
            Self::MutatingWebhookConfiguration => "mutatingwebhookconfigurations",
            Self::ValidatingWebhookConfiguration => "validatingwebhookconfigurations",
            Self::ValidatingAdmissionPolicy => "validatingadmissionpolicies",
            Self::ValidatingAdmissionPolicyBinding => "validatingadmissionpolicybindings",
            Self::CustomResourceDefinition => "customresourcedefinitions",
            Self::APIService => "apiservices",
            Self::FlowSchema => "flowschemas",
            Self::PriorityLevelConfiguration => "prioritylevelconfigurations",
            Self::Custom(custom) => custom.plural(),
        }
    }

    /// Whether a user has defined it.
    pub fn is_custom(self) -> bool {
        matches!(self, Self::Custom(_))
    }

    /// Whether kubectl has no Go struct of it, and merges its objects as plain JSON.
    pub fn is_plain_to_kubectl(self) -> bool {
        matches!(self, Self::Custom(_) | Self::CustomResourceDefinition | Self::APIService)
    }

    /// Whether objects of this kind live outside of namespaces.
    pub fn is_cluster_scoped(self) -> bool {
        if let Self::Custom(custom) = self {
            return !custom.is_namespaced();
        }
        matches!(
            self,
            Self::Namespace
                | Self::Node
                | Self::PriorityClass
                | Self::PersistentVolume
                | Self::IngressClass
                | Self::RuntimeClass
                | Self::ClusterRoleBinding
                | Self::ClusterRole
                | Self::StorageClass
                | Self::CSIDriver
                | Self::MutatingWebhookConfiguration
                | Self::ValidatingWebhookConfiguration
                | Self::ValidatingAdmissionPolicy
                | Self::ValidatingAdmissionPolicyBinding
                | Self::CustomResourceDefinition
                | Self::APIService
                | Self::FlowSchema
                | Self::PriorityLevelConfiguration
        )
    }
}

impl Object {
    /// Which kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Deployment(_) => Kind::Deployment,
            Self::ReplicaSet(_) => Kind::ReplicaSet,
            Self::Pod(_) => Kind::Pod,
            Self::Service(_) => Kind::Service,
            Self::EndpointSlice(_) => Kind::EndpointSlice,
            Self::Event(_) => Kind::Event,
            Self::Generic(generic) => generic.kind,
        }
    }

    /// Metadata.
    pub fn metadata(&self) -> &ObjectMeta {
        match self {
            Self::Deployment(object) => &object.metadata,
            Self::ReplicaSet(object) => &object.metadata,
            Self::Pod(object) => &object.metadata,
            Self::Service(object) => &object.metadata,
            Self::EndpointSlice(object) => &object.metadata,
            Self::Event(object) => &object.metadata,
            Self::Generic(object) => &object.metadata,
        }
    }

    /// Changes the metadata; an object that others hold too is copied first.
    pub fn with_metadata(&mut self, change: impl FnOnce(&mut ObjectMeta)) {
        change(match self {
            Self::Deployment(object) => &mut Arc::make_mut(object).metadata,
            Self::ReplicaSet(object) => &mut Arc::make_mut(object).metadata,
            Self::Pod(object) => &mut Arc::make_mut(object).metadata,
            Self::Service(object) => &mut Arc::make_mut(object).metadata,
            Self::EndpointSlice(object) => &mut Arc::make_mut(object).metadata,
            Self::Event(object) => &mut Arc::make_mut(object).metadata,
            Self::Generic(object) => &mut Arc::make_mut(object).metadata,
        });
    }

    /// A reference to this object, as events and owner references use it.
    pub fn reference(&self) -> ObjectReference {
        let metadata = self.metadata();
        ObjectReference {
            kind: self.kind().as_str().to_owned(),
            namespace: metadata.namespace.clone(),
            name: metadata.name.clone(),
            uid: metadata.uid.clone(),
            api_version: self.kind().api_version().to_owned(),
            resource_version: metadata.resource_version.to_string(),
            field_path: String::new(),
        }
    }

    /// The whole object as the Kubernetes API writes it.
    pub fn to_value(&self) -> Value {
        let body = match self {
            Self::Deployment(object) => to_json(&**object),
            Self::ReplicaSet(object) => to_json(&**object),
            Self::Pod(object) => {
                let spec = object.spec_value();
                let status = object.status_value(&spec);
                json!({"metadata": to_json(&object.metadata), "spec": spec, "status": status})
            }
            Self::Service(object) => {
                let mut value = to_json(&**object);
                if let Some(fields) = value.as_object_mut() {
                    fields.insert("status".into(), json!({"loadBalancer": {}}));
                }
                value
            }
            Self::EndpointSlice(object) => endpoint_slice_value(object),
            Self::Event(object) => to_json(&**object),
            Self::Generic(object) => {
                let mut fields = object.fields.clone();
                fields.insert("metadata".into(), to_json(&object.metadata));
                Value::Object(fields)
            }
        };
        let mut fields = match body {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        fields.insert("apiVersion".into(), json!(self.kind().api_version()));
        fields.insert("kind".into(), json!(self.kind().as_str()));
        Value::Object(fields)
    }
}

fn endpoint_slice_value(slice: &EndpointSlice) -> Value {
    let endpoints: Vec<Value> = slice
        .endpoints
        .iter()
        .map(|endpoint| {
            let mut value = json!({
                "addresses": [endpoint.address],
                "conditions": {"ready": endpoint.ready, "serving": endpoint.serving, "terminating": endpoint.terminating},
            });
            if let (false, Some(fields)) = (endpoint.target_ref.name.is_empty(), value.as_object_mut()) {
                fields.insert("nodeName".into(), json!(endpoint.node_name));
                fields.insert("targetRef".into(), to_json(&endpoint.target_ref));
            }
            value
        })
        .collect();
    let ports: Vec<Value> = slice
        .ports
        .iter()
        .map(|port| json!({"name": port.name, "port": port.port, "protocol": port.protocol}))
        .collect();
    json!({"metadata": to_json(&slice.metadata), "addressType": slice.address_type, "endpoints": endpoints, "ports": ports})
}

/// Plain data without maps of other than text keys cannot fail to serialise.
fn to_json<T: serde::Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}
