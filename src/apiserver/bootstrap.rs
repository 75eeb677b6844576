//! What a fresh cluster holds before anybody applies anything.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::ApiServer;
use crate::api::well_known;
use crate::api::{
    Endpoint, EndpointSlice, Generic, Kind, KubernetesVersion, Object, ObjectMeta, Service, ServicePort, ServiceSpec,
};
use crate::sim::SimTime;

/// The first node, which runs the control plane.
pub const NODE: &str = "minikube";
/// The first node's address.
pub const NODE_IP: &str = "192.168.49.2";

impl ApiServer {
    pub(super) fn bootstrap(&mut self) {
        for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
            self.seed_object(namespace(name));
        }
        for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
            self.add_namespace_defaults(name);
        }
        for (name, value) in [("system-cluster-critical", 2_000_000_000), ("system-node-critical", 2_000_001_000)] {
            let fields = Map::from_iter([
                ("value".to_owned(), json!(value)),
                ("preemptionPolicy".to_owned(), json!("PreemptLowerPriority")),
            ]);
            self.seed_object(generic(Kind::PriorityClass, "", name, fields));
        }
        let capacity = Capacity { cpu: "2".to_owned(), memory: "8035024Ki".to_owned(), pods: 10_000 };
        self.seed_object(node(NODE, NODE_IP, 0, &capacity, SimTime::ZERO, self.version));
        self.seed_object(kubernetes_service());
        self.seed_object(kubernetes_endpoints());
        self.seed_object(standard_class());
        // Nobody watches yet: the first change that anybody sees is the user's own.
        self.store.take_changes();
    }

    /// What the controllers put into every new namespace.
    pub(crate) fn add_namespace_defaults(&mut self, namespace: &str) {
        let certificate = Map::from_iter([(
            "data".to_owned(),
            json!({"ca.crt": "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"}),
        )]);
        self.seed_object(generic(Kind::ConfigMap, namespace, "kube-root-ca.crt", certificate));
        self.seed_object(generic(Kind::ServiceAccount, namespace, "default", Map::new()));
    }

    fn seed_object(&mut self, object: Object) {
        // The names above are distinct, and a namespace that is being made again may hold them already.
        let _already_there = self.create(object);
    }
}

/// The class that minikube's addon default-storageclass makes.
fn standard_class() -> Object {
    let fields = Map::from_iter([
        ("provisioner".to_owned(), json!("k8s.io/minikube-hostpath")),
        ("reclaimPolicy".to_owned(), json!("Delete")),
        ("volumeBindingMode".to_owned(), json!("Immediate")),
    ]);
    let mut object = generic(Kind::StorageClass, "", "standard", fields);
    object.with_metadata(|metadata| {
        metadata.labels.insert("addonmanager.kubernetes.io/mode".to_owned(), "EnsureExists".to_owned());
        metadata.annotations.insert("storageclass.kubernetes.io/is-default-class".to_owned(), "true".to_owned());
    });
    object
}

fn generic(kind: Kind, namespace: &str, name: &str, fields: Map<String, Value>) -> Object {
    let metadata = ObjectMeta { name: name.to_owned(), namespace: namespace.to_owned(), ..ObjectMeta::default() };
    Object::Generic(Arc::new(Generic { kind, metadata, fields }))
}

fn namespace(name: &str) -> Object {
    let mut object = generic(
        Kind::Namespace,
        "",
        name,
        Map::from_iter([
            ("spec".to_owned(), json!({"finalizers": ["kubernetes"]})),
            ("status".to_owned(), json!({"phase": "Active"})),
        ]),
    );
    object.with_metadata(|metadata| {
        metadata.labels.insert(well_known::METADATA_NAME.to_owned(), name.to_owned());
    });
    object
}

/// What a node has for its pods, all of which is allocatable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Processors, as a quantity.
    pub cpu: String,
    /// Memory, as a quantity.
    pub memory: String,
    /// How many pods it takes. The first node takes 10,000, where a stock kubelet takes 110, so that large rollouts can
    /// be tried.
    pub pods: u32,
}

impl Capacity {
    /// As the node's status has it.
    pub fn to_value(&self) -> Value {
        json!({
            "cpu": self.cpu, "ephemeral-storage": "61202244Ki", "hugepages-2Mi": "0", "memory": self.memory,
            "pods": self.pods.to_string(),
        })
    }
}

/// A node as its kubelet registers it, with the block N of pods' addresses (10.244.N.0/24).
pub(crate) fn node(
    name: &str,
    ip: &str,
    block: u8,
    capacity: &Capacity,
    began: SimTime,
    version: KubernetesVersion,
) -> Object {
    let capacity = capacity.to_value();
    let cidr = format!("10.244.{block}.0/24");
    let node_condition =
        |kind: &str, status: &str, reason: &str, message: &str| node_condition(kind, status, reason, message, began);
    let kubelet_version = match version {
        KubernetesVersion::V1_22 => "v1.22.17",
        KubernetesVersion::V1_36 => "v1.36.2",
    };
    let mut object = generic(
        Kind::Node,
        "",
        name,
        Map::from_iter([
            ("spec".to_owned(), json!({"podCIDR": cidr, "podCIDRs": [cidr]})),
            (
                "status".to_owned(),
                json!({
                    "addresses": [{"address": ip, "type": "InternalIP"}, {"address": name, "type": "Hostname"}],
                    "allocatable": capacity,
                    "capacity": capacity,
                    "conditions": [
                        node_condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
                        node_condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
                        node_condition("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
                        node_condition("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
                    ],
                    "nodeInfo": {
                        "architecture": "amd64", "bootID": "", "containerRuntimeVersion": "containerd://2.2.0",
                        "kernelVersion": "6.12.0", "kubeProxyVersion": "", "kubeletVersion": kubelet_version, "machineID": "",
                        "operatingSystem": "linux", "osImage": "Debian GNU/Linux 12 (bookworm)", "systemUUID": "",
                    },
                }),
            ),
        ]),
    );
    object.with_metadata(|metadata| {
        for (key, value) in [
            ("beta.kubernetes.io/arch", "amd64"),
            ("beta.kubernetes.io/os", "linux"),
            ("kubernetes.io/arch", "amd64"),
            (well_known::HOSTNAME, name),
            ("kubernetes.io/os", "linux"),
            ("minikube.k8s.io/name", NODE),
            ("minikube.k8s.io/primary", if name == NODE { "true" } else { "false" }),
        ] {
            metadata.labels.insert(key.to_owned(), value.to_owned());
        }
        if name == NODE {
            metadata.labels.insert("node-role.kubernetes.io/control-plane".to_owned(), String::new());
        }
    });
    object
}

fn node_condition(kind: &str, status: &str, reason: &str, message: &str, began: SimTime) -> Value {
    let began = crate::api::Time::from_sim(began).to_string();
    json!({"type": kind, "status": status, "reason": reason, "message": message, "lastHeartbeatTime": began, "lastTransitionTime": began})
}

/// The API server's own address, behind the service `kubernetes`.
fn kubernetes_endpoints() -> Object {
    let metadata = ObjectMeta {
        name: "kubernetes".to_owned(),
        namespace: "default".to_owned(),
        labels: [(well_known::SERVICE_NAME.to_owned(), "kubernetes".to_owned())].into(),
        ..ObjectMeta::default()
    };
    let endpoint = Endpoint { address: NODE_IP.to_owned(), ready: true, serving: true, ..Endpoint::default() };
    let port =
        ServicePort { name: "https".to_owned(), protocol: "TCP".to_owned(), port: 8443, ..ServicePort::default() };
    let slice = EndpointSlice {
        metadata,
        address_type: "IPv4".to_owned(),
        endpoints: vec![Arc::new(endpoint)],
        ports: vec![port],
    };
    Object::EndpointSlice(Arc::new(slice))
}

fn kubernetes_service() -> Object {
    let metadata = ObjectMeta {
        name: "kubernetes".to_owned(),
        namespace: "default".to_owned(),
        labels: [("component", "apiserver"), ("provider", "kubernetes")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
        ..ObjectMeta::default()
    };
    let other = match json!({
        "clusterIPs": ["10.96.0.1"], "internalTrafficPolicy": "Cluster", "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack", "sessionAffinity": "None",
    }) {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    let port = ServicePort {
        name: "https".to_owned(),
        protocol: "TCP".to_owned(),
        port: 443,
        target_port: Some(crate::api::IntOrString::Int(8443)),
        ..ServicePort::default()
    };
    let spec = ServiceSpec {
        ports: vec![port],
        cluster_ip: "10.96.0.1".to_owned(),
        kind: "ClusterIP".to_owned(),
        other,
        ..ServiceSpec::default()
    };
    Object::Service(Arc::new(Service { metadata, spec }))
}
