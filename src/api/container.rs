//! `v1.Container`, as far as the kubelet here acts on it, and the container's status.

use serde::{Deserialize, Serialize};

use super::{ExecAction, HttpGetAction, IntOrString, Probe, TcpSocketAction, Time, is_zero, meta::null_as_default};

/// The fields of `v1.Container` that the kubelet acts on; the pod's spec keeps the others as JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Container {
    /// Name, unique in the pod.
    pub name: String,
    /// Image reference.
    pub image: String,
    /// `Always`, `IfNotPresent` or `Never`.
    pub image_pull_policy: String,
    /// Replaces the image's entry point.
    #[serde(deserialize_with = "null_as_default")]
    pub command: Vec<String>,
    /// Replaces the image's arguments.
    #[serde(deserialize_with = "null_as_default")]
    pub args: Vec<String>,
    /// Declared ports.
    #[serde(deserialize_with = "null_as_default")]
    pub ports: Vec<ContainerPort>,
    /// Restarts the container when it fails.
    pub liveness_probe: Option<Probe>,
    /// Decides whether the container gets traffic.
    pub readiness_probe: Option<Probe>,
    /// Holds the other two back until it succeeds.
    pub startup_probe: Option<Probe>,
    /// Hooks after start and before stop.
    pub lifecycle: Option<Lifecycle>,
    /// `Always` on an init container makes it a sidecar.
    pub restart_policy: Option<String>,
}

/// `v1.ContainerPort`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerPort {
    /// Name that probes and services may use.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Port on the node; 0 for none.
    #[serde(skip_serializing_if = "is_zero")]
    pub host_port: i32,
    /// Port in the container.
    pub container_port: i32,
    /// `TCP`, `UDP` or `SCTP`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub protocol: String,
}

/// `v1.Lifecycle`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Lifecycle {
    /// Run right after the container has started.
    pub post_start: Option<LifecycleHandler>,
    /// Run before the stop signal is sent.
    pub pre_stop: Option<LifecycleHandler>,
    /// Signal sent to stop the container; the image's own when absent.
    pub stop_signal: Option<String>,
}

/// `v1.LifecycleHandler`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LifecycleHandler {
    /// Runs a command in the container.
    pub exec: Option<ExecAction>,
    /// Sends a GET request.
    pub http_get: Option<HttpGetAction>,
    /// Deprecated by Kubernetes and never run.
    pub tcp_socket: Option<TcpSocketAction>,
    /// Sleeps for a while.
    pub sleep: Option<SleepAction>,
}

/// `v1.SleepAction`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SleepAction {
    /// Seconds to sleep.
    pub seconds: i64,
}

/// `v1.ContainerStatus`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerStatus {
    /// Name.
    pub name: String,
    /// What the container does now.
    pub state: ContainerState,
    /// How the previous instance ended.
    pub last_state: ContainerState,
    /// Whether the readiness probe (or its absence) lets traffic in.
    pub ready: bool,
    /// How often the container was started again.
    pub restart_count: i32,
    /// Image reference, as the runtime resolved it.
    pub image: String,
    /// Image's digest; empty before the container exists.
    #[serde(rename = "imageID")]
    pub image_id: String,
    /// `containerd://…`; empty before the container exists.
    #[serde(rename = "containerID", skip_serializing_if = "String::is_empty")]
    pub container_id: String,
    /// Whether the startup probe has passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<bool>,
}

/// `v1.ContainerState`: at most one is set; none means waiting.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerState {
    /// Not started yet, or held back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<ContainerStateWaiting>,
    /// Runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub running: Option<ContainerStateRunning>,
    /// Has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terminated: Option<ContainerStateTerminated>,
}

/// `v1.ContainerStateWaiting`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ContainerStateWaiting {
    /// Such as `ContainerCreating` or `CrashLoopBackOff`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// More about it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// `v1.ContainerStateRunning`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerStateRunning {
    /// When this instance started.
    pub started_at: Time,
}

/// `v1.ContainerStateTerminated`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerStateTerminated {
    /// Exit code; 128 + n when signal n ended it.
    pub exit_code: i32,
    /// The signal; absent in what containerd reports.
    #[serde(skip_serializing_if = "is_zero")]
    pub signal: i32,
    /// Such as `Completed`, `Error` or `OOMKilled`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The termination message.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// When it started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Time>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Time>,
    /// `containerd://…`.
    #[serde(rename = "containerID", skip_serializing_if = "String::is_empty")]
    pub container_id: String,
}

impl Container {
    /// Whether this init container keeps running beside the others. Models podutil.IsRestartableInitContainer.
    pub fn is_sidecar(&self) -> bool {
        self.restart_policy.as_deref() == Some("Always")
    }

    /// The number behind a port that is given as number or name. Models probe.ResolveContainerPort.
    pub fn resolve_port(&self, port: &IntOrString) -> Option<i32> {
        match port {
            IntOrString::Int(number) => Some(*number),
            IntOrString::String(name) => self
                .ports
                .iter()
                .find(|declared| &declared.name == name)
                .map(|declared| declared.container_port)
                .or_else(|| name.parse().ok()),
        }
    }
}
