//! Which Kubernetes the lab is. Every difference between the profiles is decided by a method here.

use serde::{Deserialize, Serialize};

/// The profiles: the present release, and the one that the hellok8s tutorial shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum KubernetesVersion {
    /// The release that the tutorial's outputs were made with.
    #[serde(rename = "1.22")]
    V1_22,
    /// The default.
    #[default]
    #[serde(rename = "1.36")]
    V1_36,
}

impl KubernetesVersion {
    /// `1.36`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1_22 => "1.22",
            Self::V1_36 => "1.36",
        }
    }

    /// Reads `1.36` or `1.22`.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::V1_22, Self::V1_36].into_iter().find(|version| version.as_str() == text)
    }

    /// The kubelet's event when a container has been created (`Created container X` before 1.35).
    pub fn container_created(self, container: &str) -> String {
        match self {
            Self::V1_22 => format!("Created container {container}"),
            Self::V1_36 => "Container created".to_owned(),
        }
    }

    /// The kubelet's event when a container has been started.
    pub fn container_started(self, container: &str) -> String {
        match self {
            Self::V1_22 => format!("Started container {container}"),
            Self::V1_36 => "Container started".to_owned(),
        }
    }

    /// The kubelet's event when the image is on the node already.
    pub fn image_present(self, image: &str) -> String {
        match self {
            Self::V1_22 => format!("Container image \"{image}\" already present on machine"),
            Self::V1_36 => {
                format!("Container image \"{image}\" already present on machine and can be accessed by the pod")
            }
        }
    }

    /// The kubelet's event when a container is held back after a crash; `pod` is `NAME_NAMESPACE(UID)`.
    pub fn back_off_restarting(self, container: &str, pod: &str) -> String {
        match self {
            Self::V1_22 => "Back-off restarting failed container".to_owned(),
            Self::V1_36 => format!("Back-off restarting failed container {container} in pod {pod}"),
        }
    }

    /// Whether the recorder's spam filter counts normal events and warnings apart (since 1.32).
    pub fn spam_filter_tells_types_apart(self) -> bool {
        self == Self::V1_36
    }

    /// Whether a pod in crash back-off is synced when the back-off ends (since 1.33), not just every 10–15 s.
    pub fn syncs_at_end_of_back_off(self) -> bool {
        self == Self::V1_36
    }

    /// Whether `kubectl get pods` says how a pod ended that is being deleted, instead of `Terminating` (since 1.27).
    pub fn shows_how_deleted_pods_ended(self) -> bool {
        self == Self::V1_36
    }

    /// Whether `kubectl describe` puts the part of the object before an event's message (since 1.35).
    pub fn describes_event_field_path(self) -> bool {
        self == Self::V1_36
    }

    /// Whether `kubectl describe` shows a pod's service account, and a template's node selectors and tolerations
    /// (since 1.24 and 1.31).
    pub fn describes_scheduling(self) -> bool {
        self == Self::V1_36
    }

    /// The Deployment controller's event when it has sized a ReplicaSet (`to N` before 1.25, `to N from M` before 1.32).
    pub fn scaled_replica_set(self, name: &str, from: i32, to: i32) -> String {
        let direction = if from < to { "up" } else { "down" };
        match self {
            Self::V1_22 => format!("Scaled {direction} replica set {name} to {to}"),
            Self::V1_36 => format!("Scaled {direction} replica set {name} from {from} to {to}"),
        }
    }

    /// Whether ReplicaSets and Deployments count their terminating pods (`DeploymentReplicaSetTerminatingReplicas`).
    pub fn reports_terminating_replicas(self) -> bool {
        match self {
            Self::V1_22 => false,
            Self::V1_36 => true,
        }
    }

    /// Whether a running container is reported as started until its probes say otherwise (since 1.35), so that a
    /// restart of the kubelet changes nothing.
    pub fn keeps_container_status_on_kubelet_restart(self) -> bool {
        self == Self::V1_36
    }

    /// Whether pods have the condition `PodReadyToStartContainers`, observed generations and `hostIPs`.
    pub fn has_sandbox_condition(self) -> bool {
        self == Self::V1_36
    }

    /// Whether the state `ImagePullBackOff` repeats why the pull failed (since 1.33).
    pub fn repeats_pull_error(self) -> bool {
        self == Self::V1_36
    }

    /// The kubelet's event when an image has been pulled; `took` as Go writes durations.
    pub fn image_pulled(self, image: &str, took: &str, with_wait: &str, size_bytes: u64) -> String {
        match self {
            Self::V1_22 => format!("Successfully pulled image \"{image}\" in {with_wait}"),
            Self::V1_36 => format!(
                "Successfully pulled image \"{image}\" in {took} ({with_wait} including waiting). Image size: {size_bytes} bytes."
            ),
        }
    }

    /// The kubelet's event when a probe could not be made.
    pub fn probe_errored(self, kind: &str, error: &str) -> String {
        match self {
            Self::V1_22 => format!("{kind} probe errored: {error}"),
            Self::V1_36 => format!("{kind} probe errored and resulted in unknown state: {error}"),
        }
    }

    /// Whether `kubectl delete` says from which namespace (since 1.34).
    pub fn says_where_it_deleted(self) -> bool {
        self == Self::V1_36
    }

    /// Whether `kubectl rollout undo` warns about objects that were applied (since 1.36).
    pub fn warns_of_undo(self) -> bool {
        self == Self::V1_36
    }

    /// Whether `kubectl logs` says in which namespace there is no such pod (since 1.32).
    pub fn names_namespace_of_missing_logs(self) -> bool {
        self == Self::V1_36
    }

    /// The release of `kubectl` itself.
    pub fn client_release(self) -> &'static str {
        match self {
            Self::V1_22 => "v1.22.17",
            Self::V1_36 => "v1.36.4",
        }
    }

    /// The release, as `kubectl version` and the node tell it.
    pub fn release(self) -> &'static str {
        match self {
            Self::V1_22 => "v1.22.17",
            Self::V1_36 => "v1.36.2",
        }
    }
}
