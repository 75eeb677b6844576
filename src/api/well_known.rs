//! Labels, annotations and taints that Kubernetes itself gives a meaning, where more than one component reads them.

/// The taint of a node that is not ready.
pub const NOT_READY: &str = "node.kubernetes.io/not-ready";

/// Why somebody changed an object: what `--record` notes, and what `rollout history` shows.
pub const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";
/// The revision of a Deployment or of a ReplicaSet of it.
pub const DEPLOYMENT_REVISION: &str = "deployment.kubernetes.io/revision";
/// Where the class of a claim or a volume stood before it had a field.
pub const BETA_STORAGE_CLASS: &str = "volume.beta.kubernetes.io/storage-class";
/// A node's own name.
pub const HOSTNAME: &str = "kubernetes.io/hostname";
/// What `kubectl apply` sent last.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// A namespace's own name.
pub const METADATA_NAME: &str = "kubernetes.io/metadata.name";
/// Which pods of a ReplicaSet are deleted first: those that cost less.
pub const POD_DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";
/// The region that a node is in.
pub const REGION: &str = "topology.kubernetes.io/region";
/// The Service that an EndpointSlice belongs to.
pub const SERVICE_NAME: &str = "kubernetes.io/service-name";
/// When the change happened that an EndpointSlice follows.
pub const TRIGGER_TIME: &str = "endpoints.kubernetes.io/last-change-trigger-time";
/// The taint of a node that is not heard of.
pub const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
/// The taint of a node that is cordoned.
pub const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";
/// The zone that a node is in.
pub const ZONE: &str = "topology.kubernetes.io/zone";

/// The annotation of a pod that a kubelet shows of one that it has from a file.
pub const MIRROR_POD: &str = "kubernetes.io/config.mirror";
