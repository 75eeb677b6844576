//! `kubectl rollout`: what a Deployment's ReplicaSets and status tell about its rollouts, and the ControllerRevisions of
//! DaemonSets and StatefulSets.

mod history;
mod revision;
mod revisions;
mod status;
mod undo;

pub use history::view_history;
pub use revision::{new_replica_set, oldest_first};
pub use revisions::{Return, daemon_set_progress, revision_history, revision_undo, stateful_set_progress};
pub use status::{Progress, deployment_progress};
pub use undo::{Undo, undo};
