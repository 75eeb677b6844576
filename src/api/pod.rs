//! `v1.Pod` and `v1.PodTemplateSpec`.

use std::sync::Arc;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::{Container, ContainerStatus, ObjectMeta, StringMap, Time, is_zero, meta::null_as_default};
use crate::sim::{Empty, Shared};

/// `v1.PodTemplateSpec`, defaulted. Only labels and annotations of its metadata are acted on; `metadata` is kept whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PodTemplateSpec {
    /// Labels and annotations that the pods get.
    pub metadata: ObjectMeta,
    /// What the pods run; shared with every pod made from this template.
    pub spec: Arc<PodSpec>,
}

/// `v1.PodSpec`: typed where the kubelet acts on it, whole as JSON beside that.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PodSpec {
    raw: Map<String, Value>,
    /// Containers, at least one in a valid pod.
    pub containers: Vec<Container>,
    /// Containers that run first, one after another.
    pub init_containers: Vec<Container>,
    /// What happens when a container ends.
    pub restart_policy: RestartPolicy,
    /// Seconds between the stop signal and the kill.
    pub termination_grace_period_seconds: i64,
    /// Condition types that must be true for the pod to be ready.
    pub readiness_gates: Vec<String>,
    /// Seconds after which the pod is ended, counted from its start.
    pub active_deadline_seconds: Option<i64>,
}

impl Eq for PodSpec {}

/// `v1.RestartPolicy`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RestartPolicy {
    /// Start again whatever the exit code; the only one that Deployments allow.
    #[default]
    Always,
    /// Start again after a failure.
    OnFailure,
    /// Never start again.
    Never,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct TypedPodSpec {
    #[serde(deserialize_with = "null_as_default")]
    containers: Vec<Container>,
    #[serde(deserialize_with = "null_as_default")]
    init_containers: Vec<Container>,
    #[serde(deserialize_with = "null_as_default")]
    restart_policy: RestartPolicy,
    termination_grace_period_seconds: Option<i64>,
    #[serde(deserialize_with = "null_as_default")]
    readiness_gates: Vec<ReadinessGate>,
    active_deadline_seconds: Option<i64>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ReadinessGate {
    condition_type: String,
}

impl PodSpec {
    /// Reads a defaulted spec.
    ///
    /// # Errors
    /// When `value` is no object, or a field that the kubelet acts on has the wrong type.
    pub fn from_value(value: Value) -> Result<Self, serde_json::Error> {
        let typed = TypedPodSpec::deserialize(&value)?;
        let Value::Object(raw) = value else {
            return Err(serde_json::Error::custom("a pod's spec must be an object"));
        };
        Ok(Self {
            raw,
            containers: typed.containers,
            init_containers: typed.init_containers,
            restart_policy: typed.restart_policy,
            termination_grace_period_seconds: typed.termination_grace_period_seconds.unwrap_or(30),
            readiness_gates: typed.readiness_gates.into_iter().map(|gate| gate.condition_type).collect(),
            active_deadline_seconds: typed.active_deadline_seconds,
        })
    }

    /// Every field, as the API would write it.
    pub fn raw(&self) -> &Map<String, Value> {
        &self.raw
    }
}

impl Serialize for PodSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.raw.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for PodSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_value(Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// `v1.Pod`.
///
/// What the API server adds to a single pod (its node, the service account's token volume, the default
/// tolerations) is kept beside the shared spec and put into it when the pod is written: see [`Pod::spec_value`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pod {
    /// Metadata.
    pub metadata: ObjectMeta,
    /// Shared with the template that the pod was made from.
    pub spec: Arc<PodSpec>,
    /// The node that the scheduler chose; empty before.
    pub node_name: String,
    /// Name of the volume with the service account's token, `kube-api-access-…`; empty for none.
    pub token_volume: String,
    /// What the kubelet reports.
    pub status: Shared<PodStatus>,
}

impl Pod {
    /// The spec as the API writes it: the shared spec with this pod's node, token volume and admission defaults.
    /// Models plugin/pkg/admission/{serviceaccount,defaulttolerationseconds,priority}.
    pub fn spec_value(&self) -> Value {
        let mut spec = self.spec.raw.clone();
        if !self.node_name.is_empty() {
            spec.insert("nodeName".into(), json!(self.node_name));
        }
        if !self.token_volume.is_empty() {
            self.add_token_volume(&mut spec);
        }
        Value::Object(spec)
    }

    fn add_token_volume(&self, spec: &mut Map<String, Value>) {
        let mount = json!({
            "name": self.token_volume, "readOnly": true, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
        });
        for list in ["initContainers", "containers"] {
            for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
                let Some(container) = container.as_object_mut() else { continue };
                if let Some(mounts) = container.entry("volumeMounts").or_insert_with(|| json!([])).as_array_mut() {
                    mounts.push(mount.clone());
                }
            }
        }
        let volume = json!({
            "name": self.token_volume,
            "projected": {
                "defaultMode": 420,
                "sources": [
                    {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
                    {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
                    {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}]}},
                ],
            },
        });
        if let Some(volumes) = spec.entry("volumes").or_insert_with(|| json!([])).as_array_mut() {
            volumes.push(volume);
        }
    }

    /// The status as the API writes it: what the kubelet repeats from the spec (mounts and resources) is put in here.
    /// Models convertToAPIContainerStatuses of pkg/kubelet/kubelet_pods.go. A kubelet that repeats them also writes
    /// `observedGeneration`.
    pub fn status_value(&self, spec: &Value) -> Value {
        let mut status = json!(self.status);
        if self.status.observed_generation == 0 || self.status.host_ip.is_empty() {
            return status;
        }
        for (statuses, containers) in [("initContainerStatuses", "initContainers"), ("containerStatuses", "containers")]
        {
            let containers = spec.get(containers).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            for status in status.get_mut(statuses).and_then(Value::as_array_mut).into_iter().flatten() {
                let container = containers.iter().find(|container| container.get("name") == status.get("name"));
                if let (Some(status), Some(container)) = (status.as_object_mut(), container) {
                    repeat_spec(status, container);
                }
            }
        }
        if let Some(status) = status.as_object_mut() {
            let resources = spec.get("resources").cloned().unwrap_or_else(|| json!({}));
            status.insert("resources".into(), resources);
        }
        status
    }

    /// Labels.
    pub fn labels(&self) -> &StringMap {
        &self.metadata.labels
    }

    /// The condition of this type.
    pub fn condition(&self, kind: &str) -> Option<&PodCondition> {
        self.status.conditions.iter().find(|condition| condition.kind == kind)
    }

    /// Whether the pod is ready for traffic. Models podutil.IsPodReady.
    pub fn is_ready(&self) -> bool {
        self.condition("Ready").is_some_and(|condition| condition.status == "True")
    }

    /// Since when the pod is ready; nothing when it is not, and no moment when nobody wrote down since when.
    pub fn ready_since(&self) -> Option<Option<Time>> {
        let condition = self.condition("Ready").filter(|condition| condition.status == "True")?;
        Some(condition.last_transition_time)
    }

    /// Whether the pod has neither ended nor is being deleted. Models controller.IsPodActive.
    pub fn is_active(&self) -> bool {
        !self.status.phase.is_terminal() && self.metadata.deletion_timestamp.is_none()
    }
}

/// Puts a container's mounts, and once it exists its resources, into its status.
fn repeat_spec(status: &mut Map<String, Value>, container: &Value) {
    if let Some(mounts) = container.get("volumeMounts").and_then(Value::as_array) {
        let mounts: Vec<Value> = mounts.iter().map(mount_status).collect();
        status.insert("volumeMounts".into(), Value::Array(mounts));
    }
    if status.contains_key("containerID") {
        let resources = container.get("resources").cloned().unwrap_or_else(|| json!({}));
        if let Some(requests) = resources.get("requests") {
            status.insert("allocatedResources".into(), requests.clone());
        }
        status.insert("resources".into(), resources);
    }
}

fn mount_status(mount: &Value) -> Value {
    let mut fields: Map<String, Value> = Map::new();
    for name in ["name", "mountPath", "readOnly"] {
        fields.extend(mount.get(name).map(|value| (name.to_owned(), value.clone())));
    }
    if mount.get("readOnly") == Some(&Value::Bool(true)) {
        fields.insert("recursiveReadOnly".into(), json!("Disabled"));
    }
    Value::Object(fields)
}

/// `v1.PodPhase`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PodPhase {
    /// Accepted; not all containers have been started yet.
    #[default]
    Pending,
    /// Bound to a node; at least one container runs or is being restarted.
    Running,
    /// All containers ended with exit code 0 and will not be restarted.
    Succeeded,
    /// All containers ended, at least one of them with a failure.
    Failed,
    /// The kubelet does not answer.
    Unknown,
}

impl PodPhase {
    /// Whether the pod's containers will never run again.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed)
    }

    /// The API's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Running => "Running",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Unknown => "Unknown",
        }
    }
}

/// `v1.PodStatus`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodStatus {
    /// The pod's generation that the kubelet acted on.
    #[serde(skip_serializing_if = "is_zero")]
    pub observed_generation: i64,
    /// Phase.
    pub phase: PodPhase,
    /// Conditions, in the kubelet's order.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub conditions: Vec<PodCondition>,
    /// More about the reason.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// Such as `Evicted` or `DeadlineExceeded`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The node that is to be freed for this pod by preemption; the lab's scheduler preempts nobody.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub nominated_node_name: String,
    /// The node's address.
    #[serde(rename = "hostIP", skip_serializing_if = "String::is_empty")]
    pub host_ip: String,
    /// The node's addresses.
    #[serde(rename = "hostIPs", skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub host_ips: Vec<PodIp>,
    /// The pod's address; empty before its sandbox exists.
    #[serde(rename = "podIP", skip_serializing_if = "String::is_empty")]
    pub pod_ip: String,
    /// The pod's addresses.
    #[serde(rename = "podIPs", skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub pod_ips: Vec<PodIp>,
    /// When the kubelet first saw the pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Time>,
    /// Init containers, in the spec's order.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub init_container_statuses: Shared<Vec<ContainerStatus>>,
    /// Containers, ordered by name as the kubelet writes them.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub container_statuses: Shared<Vec<ContainerStatus>>,
    /// `BestEffort`, `Burstable` or `Guaranteed`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub qos_class: String,
}

impl Empty for PodStatus {
    const EMPTY: &'static Self = &Self {
        observed_generation: 0,
        phase: PodPhase::Pending,
        conditions: Vec::new(),
        message: String::new(),
        reason: String::new(),
        nominated_node_name: String::new(),
        host_ip: String::new(),
        host_ips: Vec::new(),
        pod_ip: String::new(),
        pod_ips: Vec::new(),
        start_time: None,
        init_container_statuses: Shared::new(),
        container_statuses: Shared::new(),
        qos_class: String::new(),
    };
}

/// `v1.PodIP`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PodIp {
    /// The address.
    pub ip: String,
}

/// `v1.PodCondition`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodCondition {
    /// Such as `Ready`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The pod's generation that this condition speaks of.
    #[serde(skip_serializing_if = "is_zero")]
    pub observed_generation: i64,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// Always null in what the kubelet writes.
    pub last_probe_time: Option<Time>,
    /// When `status` last changed.
    pub last_transition_time: Option<Time>,
    /// Why.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// More about it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
}
