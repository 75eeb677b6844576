//! Why the kubelet did what it did: the rules, each with the numbers that went in.

use serde_json::{Value, json};

use crate::decision::Reason;

/// Every rule of the kubelet.
pub const RULES: [&str; 25] = [
    REFUSE_POD,
    START_CONTAINER,
    RESTART_CONTAINER,
    START_FAILED,
    LIVENESS_FAILED,
    STARTUP_FAILED,
    DEFINITION_CHANGED,
    BACK_OFF,
    IMAGE_PRESENT,
    PULL_IMAGE,
    PULL_FAILED,
    IMAGE_BACK_OFF,
    IMAGE_NEVER_PULLED,
    INVALID_IMAGE_NAME,
    READY,
    NOT_READY,
    STARTED,
    HOOK_FAILED,
    CONFIG_ERROR,
    MOUNT_FAILED,
    MOUNTED,
    STOP_POD,
    GRACE_ENDED,
    POD_ENDED,
    REMOVE_POD,
];

/// The node does not take a pod that it was given.
pub const REFUSE_POD: &str = "kubelet/refuse-pod";
/// A container that never ran is started.
pub const START_CONTAINER: &str = "kubelet/start-container";
/// A container that ended is started again.
pub const RESTART_CONTAINER: &str = "kubelet/restart-container";
/// The runtime could not start a container.
pub const START_FAILED: &str = "kubelet/start-failed";
/// A container is killed because its liveness probe failed.
pub const LIVENESS_FAILED: &str = "kubelet/liveness-failed";
/// A container is killed because its startup probe failed.
pub const STARTUP_FAILED: &str = "kubelet/startup-failed";
/// A container is killed because the pod has another image for it.
pub const DEFINITION_CHANGED: &str = "kubelet/definition-changed";
/// A container is held back after a crash.
pub const BACK_OFF: &str = "kubelet/back-off";
/// The image is on the node.
pub const IMAGE_PRESENT: &str = "kubelet/image-present";
/// The image is pulled.
pub const PULL_IMAGE: &str = "kubelet/pull-image";
/// The pull failed.
pub const PULL_FAILED: &str = "kubelet/pull-failed";
/// The next pull is held back.
pub const IMAGE_BACK_OFF: &str = "kubelet/image-back-off";
/// The image is not on the node and must not be pulled.
pub const IMAGE_NEVER_PULLED: &str = "kubelet/image-never-pulled";
/// The image's name is none.
pub const INVALID_IMAGE_NAME: &str = "kubelet/invalid-image-name";
/// The readiness probe has succeeded often enough.
pub const READY: &str = "kubelet/ready";
/// The readiness probe has failed often enough.
pub const NOT_READY: &str = "kubelet/not-ready";
/// The startup probe has succeeded.
pub const STARTED: &str = "kubelet/started";
/// A hook failed.
pub const HOOK_FAILED: &str = "kubelet/hook-failed";
/// A container's environment or user cannot be as its pod asks.
pub const CONFIG_ERROR: &str = "kubelet/config-error";
/// A volume cannot be mounted; it is tried again.
pub const MOUNT_FAILED: &str = "kubelet/mount-failed";
/// A volume that could not be mounted is mounted now.
pub const MOUNTED: &str = "kubelet/mounted";
/// The pod's containers are stopped.
pub const STOP_POD: &str = "kubelet/stop-pod";
/// A container is killed because its grace period has ended.
pub const GRACE_ENDED: &str = "kubelet/grace-ended";
/// The pod has run to its end.
pub const POD_ENDED: &str = "kubelet/pod-ended";
/// The pod is removed from the API server.
pub const REMOVE_POD: &str = "kubelet/remove-pod";

/// A reason from its rule, inputs and action.
pub fn reason(rule: &'static str, inputs: &[(&'static str, Value)], action: String) -> Reason {
    Reason { rule, inputs: inputs.to_vec(), action }
}

/// An input that is a text.
pub fn text(value: &str) -> Value {
    json!(value)
}
