//! `kubectl rollout`: what a Deployment's ReplicaSets and status tell about its rollouts.

mod history;
mod revision;
mod status;
mod undo;

pub use history::view_history;
pub use revision::{new_replica_set, oldest_first};
pub use status::{Progress, deployment_progress};
pub use undo::{Undo, undo};
